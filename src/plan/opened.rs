//! A value whose outer level was parsed, for those who ask it more than one question.

use std::borrow::Cow;

use super::{ReadError, Value, member};

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
