//! Which attributes of an object a change in place touches: mostly very few of many, so they are found once for all who ask.

use std::borrow::Cow;

use crate::plan::{Opened, Value};

/// An attribute whose value is not the same afterwards.
pub(super) struct Difference<'p> {
    pub(super) name: Cow<'p, str>,
    pub(super) old: Value<'p>,
    pub(super) new: Value<'p>,
}

/// The attributes that differ: those of `before` in its order, then those that are new.
pub(super) fn between<'p>(before: &Opened<'p>, after: &Opened<'p>) -> Vec<Difference<'p>> {
    let mut found = Vec::new();
    for (at, (name, old)) in before.members().iter().enumerate() {
        let new = beside(after, at, name).unwrap_or(Value::ABSENT);
        if !old.same_text(&new) {
            found.push(Difference {
                name: name.clone(),
                old: *old,
                new,
            });
        }
    }
    for (at, (name, new)) in after.members().iter().enumerate() {
        if beside(before, at, name).is_none() {
            found.push(Difference {
                name: name.clone(),
                old: Value::ABSENT,
                new: *new,
            });
        }
    }
    found
}

/// The member of this name. Both sides of an update mostly have the same names in the same order, so it is looked for at the same place first.
fn beside<'p>(other: &Opened<'p>, at: usize, name: &str) -> Option<Value<'p>> {
    let members = other.members();
    members
        .get(at)
        .filter(|(there, _)| there == name)
        .or_else(|| members.iter().find(|(there, _)| there == name))
        .map(|(_, value)| *value)
}
