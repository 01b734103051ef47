//! Paths into a value as a saved plan has them (docs/plan-format.md): which parts are sensitive, and which attributes force a replace.
//! They are compared where they lie; what is kept while going down is which of them still fit.

use std::borrow::Cow;

use super::msgpack::{self, Scalar};
use super::protobuf::{Content, dynamic, fields, singular};
use crate::plan::{Mask, PathStep, ReadError};

/// More paths than a set of bits holds are not told apart: then all of the value is marked.
const MOST: usize = 64;
/// More fields than this no change of Terraform has, and its paths together no more steps.
const MOST_FIELDS: usize = 1024;
/// More fields than this the key of a step has not.
const FEW: usize = 4;

/// The list of paths in one field of a message, as far as they lead through the value at hand.
#[derive(Clone, Copy)]
pub(crate) struct Paths<'p> {
    message: &'p [u8],
    /// Which of the paths lead here, by their place in the list.
    alive: u64,
    side: Side,
    depth: u8,
}

/// Whose paths they are, by the number of their field.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    /// Of the value before the change.
    Before = 3,
    /// Of the value after it.
    After = 4,
}

/// One step of a path.
enum Step<'p> {
    /// Compared as bytes: whether they are text was looked at once, in [`Paths::mask`].
    Name(&'p [u8]),
    Index(u64),
    /// An element of a set, or something broken: may be any.
    Any,
}

impl<'p> Paths<'p> {
    /// The mask that the paths of this side in a message make. What cannot be read marks everything.
    pub(crate) fn mask(message: &'p [u8], side: Side) -> Mask<'p> {
        let all = Self {
            message,
            alive: u64::MAX,
            side,
            depth: 0,
        };
        let (mut alive, mut all_steps) = (0, 0);
        // The message is walked again for each level: one stuffed with fields that nobody knows must not make that slow.
        if fields(message).nth(MOST_FIELDS).is_some() {
            return Mask::All;
        }
        for (at, path) in all.list().enumerate() {
            let Ok(Some(path)) = path else {
                return Mask::All;
            };
            let mut empty = true;
            for field in fields(path) {
                all_steps += 1;
                if all_steps > MOST_FIELDS || !field.is_ok_and(|(_, content)| is_plain(content)) {
                    return Mask::All;
                }
                empty = false;
            }
            if at >= MOST || empty {
                return Mask::All;
            }
            alive |= 1 << at;
        }
        if alive == 0 {
            Mask::Nothing
        } else {
            Mask::Paths(Self { alive, ..all })
        }
    }

    /// The paths of the list, `None` for one that is no message.
    fn list(self) -> impl Iterator<Item = Result<Option<&'p [u8]>, ReadError>> {
        let wanted = self.side as u32;
        fields(self.message).filter_map(move |field| match field {
            Ok((number, content)) if number == wanted => Some(content.bytes().map(Some)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// The steps that lead from here, read once for all members.
    pub(crate) fn open(self) -> Level<'p> {
        let (mut found, depth) = (Vec::new(), usize::from(self.depth));
        for (at, path) in self.list().enumerate().take(MOST) {
            let Ok(Some(path)) = path else {
                return Level {
                    paths: self,
                    steps: None,
                };
            };
            if self.alive & (1 << at) == 0 {
                continue;
            }
            let mut rest = contents(path).skip(depth);
            let Some(content) = rest.next() else {
                return Level {
                    paths: self,
                    steps: None,
                };
            };
            found.push((at, step(content), rest.next().is_some()));
        }
        Level {
            paths: self,
            steps: Some(found),
        }
    }
}

/// One level of paths.
pub(crate) struct Level<'p> {
    paths: Paths<'p>,
    /// The place of each path, its step, and whether there are more after it; `None` when all is marked.
    steps: Option<Vec<(usize, Step<'p>, bool)>>,
}

impl<'p> Level<'p> {
    fn descend(&self, fits: impl Fn(&Step<'p>) -> bool) -> Mask<'p> {
        let Some(steps) = &self.steps else {
            return Mask::All;
        };
        let mut alive = 0;
        for (at, step, more) in steps {
            match (fits(step), more) {
                (false, _) => {}
                (true, true) => alive |= 1 << at,
                (true, false) => return Mask::All,
            }
        }
        match self.paths.depth.checked_add(1) {
            _ if alive == 0 => Mask::Nothing,
            Some(depth) => Mask::Paths(Paths {
                alive,
                depth,
                ..self.paths
            }),
            None => Mask::All,
        }
    }

    /// The mask of a member.
    pub(crate) fn key(&self, key: &str) -> Mask<'p> {
        self.descend(|step| match step {
            Step::Name(name) => *name == key.as_bytes(),
            Step::Index(_) => false,
            Step::Any => true,
        })
    }

    /// The mask of an element. An index into a tuple or list fits; a name where the value has a list does not lead anywhere known, so it fits too.
    pub(crate) fn index(&self, index: usize) -> Mask<'p> {
        self.descend(|step| match step {
            Step::Index(at) => usize::try_from(*at) == Ok(index),
            Step::Name(_) | Step::Any => true,
        })
    }
}

/// What stands for each step of a path; `None` for what is broken.
fn contents(path: &[u8]) -> impl Iterator<Item = Option<Content<'_>>> {
    fields(path).filter_map(|field| match field {
        Ok((1, content)) => Some(Some(content)),
        Ok(_) => None,
        Err(_) => Some(None),
    })
}

/// Whether a step can be read again and again: its name is text, and nothing is stuffed into it.
fn is_plain(content: Content<'_>) -> bool {
    let Ok(message) = content.bytes() else {
        return true;
    };
    fields(message).take(2).all(|field| match field {
        Ok((1, content)) => content.text().is_ok(),
        Ok((2, content)) => content
            .bytes()
            .is_ok_and(|key| fields(key).nth(FEW).is_none() && is_text(key)),
        _ => true,
    })
}

fn is_text(key: &[u8]) -> bool {
    match dynamic(key).map(msgpack::scalar) {
        Ok(Some(Scalar::Text(text))) => std::str::from_utf8(text).is_ok(),
        _ => true,
    }
}

fn step(content: Option<Content<'_>>) -> Step<'_> {
    let Some(Ok(message)) = content.map(Content::bytes) else {
        return Step::Any;
    };
    let mut found = Step::Any;
    for (at, field) in singular(message, &[1, 2]).enumerate() {
        if at > 0 {
            return Step::Any;
        }
        found = match field {
            Ok((1, content)) => content.bytes().map_or(Step::Any, Step::Name),
            // Only a set has anything but a string or a number as a key: an element of it, as long as it likes.
            Ok((2, content)) => match content.bytes().and_then(dynamic).map(msgpack::scalar) {
                Ok(Some(Scalar::Text(key))) => Step::Name(key),
                Ok(Some(Scalar::Index(index))) => Step::Index(index),
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
                contents(content.bytes()?)
                    .map(|content| match step(content) {
                        Step::Name(name) => std::str::from_utf8(name)
                            .map_or(PathStep::Other(serde::de::IgnoredAny), |name| {
                                PathStep::Name(Cow::Borrowed(name))
                            }),
                        Step::Index(index) => PathStep::Index(index),
                        Step::Any => PathStep::Other(serde::de::IgnoredAny),
                    })
                    .collect(),
            );
        }
    }
    Ok(paths)
}
