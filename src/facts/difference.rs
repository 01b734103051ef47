//! Which attributes of an object a change in place touches: mostly very few of many, so they are found once for all who ask.

use std::borrow::Cow;

use crate::plan::{ByName, Opened, Value};

/// An attribute whose value is not the same afterwards: of an object with very many it is only pointed to.
pub(super) struct Difference<'o, 'p> {
    pub(super) name: &'o Cow<'p, str>,
    pub(super) old: &'o Value<'p>,
    pub(super) new: &'o Value<'p>,
}

/// The attributes that differ: those of `before` in its order, then those that are new.
pub(super) fn between<'o, 'p>(
    before: &'o Opened<'p>,
    after: &'o Opened<'p>,
) -> Vec<Difference<'o, 'p>> {
    const ABSENT: &Value<'_> = &Value::ABSENT;
    let (old, new) = (ByName::new(before.members()), ByName::new(after.members()));
    let mut found = Vec::new();
    for (at, (name, old)) in before.members().iter().enumerate() {
        let new = new.get(at, name).unwrap_or(ABSENT);
        if !old.same_text(new) {
            found.push(Difference { name, old, new });
        }
    }
    for (at, (name, new)) in after.members().iter().enumerate() {
        if old.get(at, name).is_none() {
            found.push(Difference {
                name,
                old: ABSENT,
                new,
            });
        }
    }
    found
}
