//! A value whose outer level was parsed, for those who ask it more than one question.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::{ReadError, Value, member};

/// With more members than this their order is worth it.
const MANY: usize = 32;

/// Members, found by name: where many are looked for among many.
pub(crate) struct ByName<'m, 'p> {
    members: &'m [(Cow<'p, str>, Value<'p>)],
    /// Their places in the order of their names, once one stood elsewhere than it was looked for.
    order: OnceCell<Vec<usize>>,
}

impl<'m, 'p> ByName<'m, 'p> {
    pub(crate) const fn new(members: &'m [(Cow<'p, str>, Value<'p>)]) -> Self {
        Self {
            members,
            order: OnceCell::new(),
        }
    }

    /// The member of this name. The two sides of a change mostly have the same names in the same order, so it is looked for at a place first.
    pub(crate) fn get(&self, at: usize, name: &str) -> Option<&'m Value<'p>> {
        let here = self.members.get(at).filter(|(there, _)| there == name);
        let found = here.or_else(|| {
            if self.members.len() <= MANY {
                return self.members.iter().find(|(there, _)| there == name);
            }
            let named = |at: &usize| self.members.get(*at).map(|(there, _)| there.as_ref());
            let order = self.order.get_or_init(|| {
                let mut order: Vec<usize> = (0..self.members.len()).collect();
                order.sort_unstable_by_key(|at| named(at));
                order
            });
            let found = order
                .binary_search_by(|at| named(at).cmp(&Some(name)))
                .ok()?;
            self.members.get(*order.get(found)?)
        });
        found.map(|(_, value)| value)
    }
}

/// A value with its members.
#[derive(Debug)]
pub(crate) struct Opened<'p> {
    value: Value<'p>,
    members: Vec<(Cow<'p, str>, Value<'p>)>,
}

impl<'p> Opened<'p> {
    /// Parses the outer level of a value.
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn new(value: Value<'p>) -> Result<Self, ReadError> {
        Ok(Self {
            value,
            members: value.members()?,
        })
    }

    /// The members; none when it is no object.
    #[must_use]
    pub(crate) fn members(&self) -> &[(Cow<'p, str>, Value<'p>)] {
        &self.members
    }

    /// As [`Value::get`].
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn get(&self, key: &str) -> Result<Value<'p>, ReadError> {
        if self.members.is_empty() {
            self.value.get(key)
        } else {
            Ok(member(&self.members, key))
        }
    }

    /// As [`Value::at`].
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn at(&self, path: &[String]) -> Result<Vec<Value<'p>>, ReadError> {
        match path.split_first() {
            Some((first, rest)) if self.members.iter().any(|(name, _)| name == first) => {
                member(&self.members, first).at(rest)
            }
            Some(_) if !self.members.is_empty() => Ok(vec![Value::ABSENT]),
            _ => self.value.at(path),
        }
    }
}
