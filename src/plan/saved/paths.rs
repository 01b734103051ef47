//! Paths into a value as a saved plan has them (docs/plan-format.md): which parts are sensitive, and which attributes force a replace.
//! They are compared where they lie; what is kept while going down is which of them still fit.

use std::borrow::Cow;

use super::msgpack::{self, Level};
use super::protobuf::{Fields, dynamic, fields, singular};
use crate::plan::{Mask, PathStep, ReadError};

/// More paths than a set of bits holds are not told apart: then all of the value is marked.
const MOST: usize = 64;
/// More fields than this no change of Terraform has.
const MOST_FIELDS: usize = 1024;

/// The list of paths in one field of a message, as far as they lead through the value at hand.
#[derive(Clone, Copy)]
pub(crate) struct Paths<'p> {
    message: &'p [u8],
    /// Which of the paths lead here, by their place in the list.
    alive: u64,
    field: u8,
    depth: u8,
}

/// One step of a path.
enum Step<'p> {
    Name(&'p str),
    Index(u64),
    /// An element of a set, or something broken: may be any.
    Any,
}

impl<'p> Paths<'p> {
    /// The mask that the paths in this field of a message make. What cannot be read marks everything.
    pub(crate) fn mask(message: &'p [u8], field: u8) -> Mask<'p> {
        let all = Self {
            message,
            alive: u64::MAX,
            field,
            depth: 0,
        };
        let mut alive = 0;
        // The message is walked again for each member: one stuffed with fields that nobody knows must not make that slow.
        if fields(message).nth(MOST_FIELDS).is_some() {
            return Mask::All;
        }
        for (at, path) in all.list().enumerate() {
            match path
                .and_then(|path| path.map_or(Ok(true), |path| Ok(fields(path).next().is_none())))
            {
                Ok(false) if at < MOST => alive |= 1 << at,
                _ => return Mask::All,
            }
        }
        if alive == 0 {
            Mask::Nothing
        } else {
            Mask::Paths(Self { alive, ..all })
        }
    }

    /// The paths of the list, `None` for one that is no message.
    fn list(self) -> impl Iterator<Item = Result<Option<&'p [u8]>, ReadError>> {
        let wanted = u32::from(self.field);
        fields(self.message).filter_map(move |field| match field {
            Ok((number, content)) if number == wanted => Some(content.bytes().map(Some)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    fn descend(self, fits: impl Fn(&Step<'p>) -> bool) -> Mask<'p> {
        let (mut alive, depth) = (0, usize::from(self.depth));
        for (at, path) in self.list().enumerate().take(MOST) {
            let Ok(Some(path)) = path else {
                return Mask::All;
            };
            if self.alive & (1 << at) == 0 {
                continue;
            }
            let mut rest = steps(path).skip(depth);
            match rest.next() {
                Some(step) if !fits(&step) => {}
                Some(_) if rest.next().is_some() => alive |= 1 << at,
                _ => return Mask::All,
            }
        }
        match self.depth.checked_add(1) {
            _ if alive == 0 => Mask::Nothing,
            Some(depth) => Mask::Paths(Self {
                alive,
                depth,
                ..self
            }),
            None => Mask::All,
        }
    }

    /// The mask of a member.
    pub(crate) fn key(self, key: &str) -> Mask<'p> {
        self.descend(|step| match step {
            Step::Name(name) => *name == key,
            Step::Index(_) => false,
            Step::Any => true,
        })
    }

    /// The mask of an element. An index into a tuple or list fits; a name where the value has a list does not lead anywhere known, so it fits too.
    pub(crate) fn index(self, index: usize) -> Mask<'p> {
        self.descend(|step| match step {
            Step::Index(at) => usize::try_from(*at) == Ok(index),
            Step::Name(_) | Step::Any => true,
        })
    }
}

/// The steps of a path.
fn steps(path: &[u8]) -> impl Iterator<Item = Step<'_>> {
    let steps: Fields<'_> = fields(path);
    steps.filter_map(|field| match field {
        Ok((1, content)) => Some(content.bytes().map_or(Step::Any, step)),
        Ok(_) => None,
        Err(_) => Some(Step::Any),
    })
}

fn step(message: &[u8]) -> Step<'_> {
    let mut found = Step::Any;
    for (at, field) in singular(message, &[1, 2]).enumerate() {
        if at > 0 {
            return Step::Any;
        }
        found = match field {
            Ok((1, content)) => content.text().map_or(Step::Any, Step::Name),
            Ok((2, content)) => match content.bytes().and_then(dynamic).and_then(msgpack::level) {
                Ok(Level::Text(key)) => Step::Name(key),
                Ok(Level::Number(number)) => number.parse().map_or(Step::Any, Step::Index),
                _ => Step::Any,
            },
            Ok(_) => found,
            Err(_) => return Step::Any,
        };
    }
    found
}

/// The attributes that force a replace: field 11 of a change.
pub(crate) fn required_replace(message: &[u8]) -> Result<Vec<Vec<PathStep<'_>>>, ReadError> {
    let mut paths = Vec::new();
    for field in fields(message) {
        if let (11, content) = field? {
            paths.push(
                steps(content.bytes()?)
                    .map(|step| match step {
                        Step::Name(name) => PathStep::Name(Cow::Borrowed(name)),
                        Step::Index(index) => PathStep::Index(index),
                        Step::Any => PathStep::Other(serde::de::IgnoredAny),
                    })
                    .collect(),
            );
        }
    }
    Ok(paths)
}
