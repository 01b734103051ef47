//! Which attributes of an object a change in place touches: mostly very few of many, so they are found once for all who ask.

use std::borrow::Cow;

use crate::plan::{ByName, Opened, Value};

/// An attribute whose value is not the same afterwards.
pub(super) struct Difference<'p> {
    pub(super) name: Cow<'p, str>,
    pub(super) old: Value<'p>,
    pub(super) new: Value<'p>,
}

/// The attributes that differ: those of `before` in its order, then those that are new.
pub(super) fn between<'p>(before: &Opened<'p>, after: &Opened<'p>) -> Vec<Difference<'p>> {
    let (old, new) = (ByName::new(before.members()), ByName::new(after.members()));
    let mut found = Vec::new();
    for (at, (name, old)) in before.members().iter().enumerate() {
        let new = new.get(at, name).unwrap_or(Value::ABSENT);
        if !old.same_text(&new) {
            found.push(Difference {
                name: name.clone(),
                old: *old,
                new,
            });
        }
    }
    for (at, (name, new)) in after.members().iter().enumerate() {
        if old.get(at, name).is_none() {
            found.push(Difference {
                name: name.clone(),
                old: Value::ABSENT,
                new: *new,
            });
        }
    }
    found
}
