//! A value whose outer level was parsed, for those who ask it more than one question.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{ReadError, Value, member};

/// With more members than this an index is worth it.
const MANY: usize = 32;

/// Members, found by name: where many are looked for among many.
pub(crate) struct ByName<'m, 'p> {
    members: &'m [(Cow<'p, str>, Value<'p>)],
    index: Option<HashMap<&'m str, usize>>,
}

impl<'m, 'p> ByName<'m, 'p> {
    pub(crate) fn new(members: &'m [(Cow<'p, str>, Value<'p>)]) -> Self {
        let index = (members.len() > MANY).then(|| {
            let names = members.iter().enumerate();
            names.map(|(at, (name, _))| (name.as_ref(), at)).collect()
        });
        Self { members, index }
    }

    /// The member of this name. The two sides of a change mostly have the same names in the same order, so it is looked for at a place first.
    pub(crate) fn get(&self, at: usize, name: &str) -> Option<Value<'p>> {
        let here = self.members.get(at).filter(|(there, _)| there == name);
        let found = here.or_else(|| match &self.index {
            Some(index) => self.members.get(*index.get(name)?),
            None => self.members.iter().find(|(there, _)| there == name),
        });
        found.map(|(_, value)| *value)
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
