//! A value of a plan, read where it lies: one level at a time, only when a rule asks, together with the masks that say what is unknown or sensitive.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::saved::msgpack::{self, Level};
use super::saved::paths::{self, Paths};
use crate::config::secrets::is_secret;
use crate::finding::Shown;

/// A value that should have been readable is not: the plan is refused, a finding is never silently missing.
///
/// It carries no text of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub(crate) &'static str);

/// How deep a value may be nested before it is refused: far more than any provider's schema, little enough for the stack.
const MAX_DEPTH: u8 = 96;

/// The longest identifier that is ever shown, in characters.
const MAX_SHOWN: usize = 120;

/// Which parts of a value are marked (as unknown, or as sensitive), in the shape that the JSON plan has.
#[derive(Clone, Copy)]
pub(crate) enum Mask<'p> {
    /// Nothing at or below here.
    Nothing,
    /// All of it.
    All,
    /// Some of it: `true` at the marked leaves (docs/plan-format.md).
    Some(&'p str),
    /// What the paths of a saved plan lead to.
    Paths(Paths<'p>),
}

impl<'p> Mask<'p> {
    pub(crate) fn from_json(raw: Option<&'p RawValue>) -> Self {
        raw.map_or(Self::Nothing, |raw| Self::from_text(raw.get()))
    }

    fn from_text(text: &'p str) -> Self {
        match text {
            "true" => Self::All,
            // Empty containers mirror the value's shape and mark nothing.
            text if !text.contains("true") => Self::Nothing,
            text => Self::Some(text),
        }
    }

    fn members(self) -> Result<MaskLevel<'p>, ReadError> {
        Ok(match self {
            Self::Nothing => MaskLevel::Same(Self::Nothing),
            Self::All => MaskLevel::Same(Self::All),
            Self::Paths(paths) => MaskLevel::Paths(paths.open()),
            Self::Some(text) if text.starts_with('{') => {
                let mut marks = entries(text, |_, raw| Self::from_text(raw))?;
                marks.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
                MaskLevel::Object(marks)
            }
            Self::Some(text) if text.starts_with('[') => {
                // Only what is marked takes anything: a mask mostly has two bytes for each element.
                let (most, mut marked) = (MANY.max(text.len() / LEAST), 0);
                let marks = elements(text, 0, |at, raw| match Self::from_text(raw) {
                    Self::Nothing => None,
                    mask => {
                        marked += 1;
                        (marked <= most).then_some((at, mask))
                    }
                })?;
                if marked > most {
                    return Err(TOO_MANY);
                }
                MaskLevel::List(marks)
            }
            // Neither true nor a container: not a mask that is known, so nothing below it may be shown or trusted.
            Self::Some(_) => {
                return Err(ReadError(
                    "a mask of unknown or sensitive values has an unknown shape",
                ));
            }
        })
    }
}

/// One level of a mask.
enum MaskLevel<'p> {
    Same(Mask<'p>),
    /// By key.
    Object(Vec<(Cow<'p, str>, Mask<'p>)>),
    /// Those of the elements that are marked, with their places.
    List(Vec<(usize, Mask<'p>)>),
    Paths(paths::Level<'p>),
}

impl<'p> MaskLevel<'p> {
    fn key(&self, key: &str) -> Mask<'p> {
        match self {
            Self::Same(mask) => *mask,
            Self::Object(entries) => entries
                .binary_search_by(|(name, _)| name.as_ref().cmp(key))
                .ok()
                .and_then(|at| entries.get(at))
                .map_or(Mask::Nothing, |(_, mask)| *mask),
            // A list where the value has an object (or the other way round): the mask does not fit, so all of it counts as marked.
            Self::List(_) => Mask::All,
            Self::Paths(paths) => paths.key(key),
        }
    }

    fn index(&self, index: usize) -> Mask<'p> {
        match self {
            Self::Same(mask) => *mask,
            Self::List(marks) => marks
                .binary_search_by_key(&index, |(at, _)| *at)
                .ok()
                .and_then(|at| marks.get(at))
                .map_or(Mask::Nothing, |(_, mask)| *mask),
            Self::Object(_) => Mask::All,
            Self::Paths(paths) => paths.index(index),
        }
    }
}

/// Where the bytes of a value are.
#[derive(Clone, Copy)]
pub(crate) enum Raw<'p> {
    /// Nowhere.
    Absent,
    /// A JSON text.
    Json(&'p str),
    /// One msgpack value, in which unknowns stand inline.
    Pack(&'p [u8]),
}

/// A value of a plan with its masks. Cheap to copy; nothing is parsed before [`Value::shape`] is asked for.
#[derive(Clone, Copy)]
pub struct Value<'p>(Held<'p>);

/// A value as it is kept: a list has one of these for each element, which may be two bytes long in the file.
#[derive(Clone, Copy)]
enum Held<'p> {
    Json {
        depth: u8,
        text: Option<&'p str>,
        unknown: Marks<'p>,
        sensitive: Marks<'p>,
    },
    /// Unknowns stand in the value.
    Pack {
        depth: u8,
        bytes: Option<&'p [u8]>,
        sensitive: Mask<'p>,
    },
}

/// The mask of a JSON plan as its text: `true` is all of it.
type Marks<'p> = Option<&'p str>;

const ALL: &str = "true";

const fn marks(mask: Mask<'_>) -> Marks<'_> {
    match mask {
        Mask::Nothing => None,
        Mask::All | Mask::Paths(_) => Some(ALL),
        Mask::Some(text) => Some(text),
    }
}

fn mask(marks: Marks<'_>) -> Mask<'_> {
    match marks {
        None => Mask::Nothing,
        Some(ALL) => Mask::All,
        Some(text) => Mask::Some(text),
    }
}

impl fmt::Debug for Value<'_> {
    /// Never shows the value: debug output is output.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(..)")
    }
}

/// One level of a value.
pub enum Shape<'p> {
    /// Not there.
    Absent,
    /// Null.
    Null,
    /// Known only after apply.
    Unknown,
    /// A truth value.
    Bool(bool),
    /// A number, as written.
    Number(Cow<'p, str>),
    /// A string.
    Text(Cow<'p, str>),
    /// A list, set or tuple.
    List(Vec<Value<'p>>),
    /// An object or map.
    Object(Vec<(Cow<'p, str>, Value<'p>)>),
}

/// Which values of an attribute may be shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Show<'a> {
    /// Also these words.
    Words(&'a [String]),
    /// Also an identifier: the attribute is on the allow-list of a rule.
    Identifier,
}

impl<'p> Value<'p> {
    /// A value that does not exist.
    pub const ABSENT: Self = Self::new(Raw::Absent, Mask::Nothing, Mask::Nothing, 0);

    /// A value that is known only after apply.
    pub(crate) const UNKNOWN: Self = Self::new(Raw::Absent, Mask::All, Mask::Nothing, 0);

    const fn new(raw: Raw<'p>, unknown: Mask<'p>, sensitive: Mask<'p>, depth: u8) -> Self {
        let bytes = match (raw, sensitive) {
            (Raw::Pack(bytes), _) => Some(bytes),
            (Raw::Absent, Mask::Paths(_)) => None,
            (Raw::Absent, _) => return Self::held(None, unknown, sensitive, depth),
            (Raw::Json(text), _) => return Self::held(Some(text), unknown, sensitive, depth),
        };
        Self(Held::Pack {
            depth,
            bytes,
            sensitive,
        })
    }

    const fn held(
        text: Option<&'p str>,
        unknown: Mask<'p>,
        sensitive: Mask<'p>,
        depth: u8,
    ) -> Self {
        Self(Held::Json {
            depth,
            text,
            unknown: marks(unknown),
            sensitive: marks(sensitive),
        })
    }

    fn raw(&self) -> Raw<'p> {
        match self.0 {
            Held::Json { text, .. } => text.map_or(Raw::Absent, Raw::Json),
            Held::Pack { bytes, .. } => bytes.map_or(Raw::Absent, Raw::Pack),
        }
    }

    fn unknown(&self) -> Mask<'p> {
        match self.0 {
            Held::Json { unknown, .. } => mask(unknown),
            Held::Pack { .. } => Mask::Nothing,
        }
    }

    fn sensitive(&self) -> Mask<'p> {
        match self.0 {
            Held::Json { sensitive, .. } => mask(sensitive),
            Held::Pack { sensitive, .. } => sensitive,
        }
    }

    const fn depth(&self) -> u8 {
        match self.0 {
            Held::Json { depth, .. } | Held::Pack { depth, .. } => depth,
        }
    }

    /// The value of an expression of the configuration (docs/plan-format.md): a constant, or unknown when it refers to something.
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn expression(&self) -> Result<Self, ReadError> {
        match self.shape()? {
            Shape::Object(members) => Ok(members
                .into_iter()
                .find(|(name, _)| name == "constant_value")
                .map_or(Self::UNKNOWN, |(_, value)| value)),
            _ => Ok(*self),
        }
    }

    /// A value of a JSON plan with its masks.
    pub(crate) fn json(raw: Option<&'p RawValue>, unknown: Mask<'p>, sensitive: Mask<'p>) -> Self {
        let raw = raw.map_or(Raw::Absent, |raw| Raw::Json(raw.get()));
        Self::new(raw, unknown, sensitive, 0)
    }

    /// A JSON text without masks.
    pub(crate) const fn of_json(text: &'p str) -> Self {
        Self::unmarked(Raw::Json(text))
    }

    /// A value of a saved plan; what is unknown stands in the value itself.
    pub(crate) const fn pack(raw: Raw<'p>, sensitive: Mask<'p>) -> Self {
        Self::new(raw, Mask::Nothing, sensitive, 0)
    }

    /// A value whose masks were not kept: all of it counts as sensitive, so none of it can be shown.
    pub(crate) const fn unshown(raw: Raw<'p>) -> Self {
        Self::new(raw, Mask::Nothing, Mask::All, 0)
    }

    /// A value of which nothing is marked.
    pub(crate) const fn unmarked(raw: Raw<'p>) -> Self {
        Self::new(raw, Mask::Nothing, Mask::Nothing, 0)
    }

    /// The same value, marked as sensitive.
    pub(crate) fn marked(self) -> Self {
        Self::new(self.raw(), self.unknown(), Mask::All, self.depth())
    }

    /// Whether nothing at all is there (missing or null), told without parsing.
    #[must_use]
    pub(crate) fn is_nothing(&self) -> bool {
        matches!(
            self.raw(),
            Raw::Absent | Raw::Json("null") | Raw::Pack([0xC0])
        ) && !matches!(self.unknown(), Mask::All)
    }

    /// Whether the whole value is marked sensitive.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        matches!(self.sensitive(), Mask::All)
    }

    /// Whether it or a part of it is marked sensitive.
    #[must_use]
    pub(crate) fn has_sensitive(&self) -> bool {
        !matches!(self.sensitive(), Mask::Nothing)
    }

    /// Whether both are the same JSON, blanks apart; what is no JSON is not told apart.
    pub(crate) fn same_json(&self, other: &Self) -> bool {
        /// Longer ones, in bytes, are only the same if they are byte for byte.
        const MAX_COMPARED: usize = 1 << 16;
        let (Raw::Json(one), Raw::Json(other)) = (self.raw(), other.raw()) else {
            return true;
        };
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        let short = one.len().max(other.len()) <= MAX_COMPARED;
        one == other || (short && parsed(one) == parsed(other))
    }

    /// Whether both are the same bytes with the same unknowns: what one writer wrote twice is equal.
    #[must_use]
    pub(crate) fn same_text(&self, other: &Self) -> bool {
        matches!(
            (self.unknown(), other.unknown()),
            (Mask::Nothing, Mask::Nothing)
        ) && match (self.raw(), other.raw()) {
            (Raw::Absent, Raw::Absent) => true,
            (Raw::Json(a), Raw::Json(b)) => a == b,
            (Raw::Pack(a), Raw::Pack(b)) => {
                msgpack::unwrapped(a) == msgpack::unwrapped(b) && !msgpack::has_unknown(a)
            }
            _ => false,
        }
    }

    /// What two values have in common that are the same by [`Value::same_text`]: for looking for one among many. `None` is like no other.
    pub(crate) fn text_key(&self) -> Option<&'p [u8]> {
        match (self.unknown(), self.raw()) {
            (Mask::Nothing, Raw::Absent) => Some(&[]),
            (Mask::Nothing, Raw::Json(text)) => Some(text.as_bytes()),
            (Mask::Nothing, Raw::Pack(bytes)) => {
                let bytes = msgpack::unwrapped(bytes);
                (!msgpack::has_unknown(bytes)).then_some(bytes)
            }
            _ => None,
        }
    }

    /// Parses one level.
    ///
    /// # Errors
    /// When the bytes are not what they should be, or nested too deep.
    pub fn shape(&self) -> Result<Shape<'p>, ReadError> {
        if self.depth() > MAX_DEPTH {
            return Err(ReadError("a value is nested too deep"));
        }
        if matches!(self.unknown(), Mask::All) {
            return Ok(Shape::Unknown);
        }
        match self.raw() {
            Raw::Absent => Ok(match self.unknown().members()? {
                // An object or list of which only unknown parts exist.
                MaskLevel::Object(_) | MaskLevel::List(_) => Shape::Unknown,
                MaskLevel::Same(_) | MaskLevel::Paths(_) => Shape::Absent,
            }),
            Raw::Json(text) => self.json_shape(text),
            Raw::Pack(bytes) => self.pack_shape(bytes),
        }
    }

    fn pack_shape(&self, bytes: &'p [u8]) -> Result<Shape<'p>, ReadError> {
        // Only read for what has elements or members.
        let level = OnceCell::new();
        let sensitive = || {
            level.get_or_init(|| {
                let read = self.sensitive().members();
                read.unwrap_or(MaskLevel::Same(Mask::All))
            })
        };
        let child = |bytes, sensitive| self.child(Raw::Pack(bytes), Mask::Nothing, sensitive);
        let element = |at, bytes| child(bytes, sensitive().index(at));
        // Without the provider's schema the paths may miss what it marks (docs/plan-format.md), so names that speak of secrets count as marks too.
        let member = |key: &'p str, bytes| {
            let mask = if is_secret(key) {
                Mask::All
            } else {
                sensitive().key(key)
            };
            child(bytes, mask)
        };
        Ok(match msgpack::level_of(bytes, element, member)? {
            Level::Nil => Shape::Null,
            Level::Unknown => Shape::Unknown,
            Level::Bool(value) => Shape::Bool(value),
            Level::Number(text) => Shape::Number(text),
            Level::Text(text) => Shape::Text(Cow::Borrowed(text)),
            Level::List(items) => Shape::List(items),
            Level::Map(members) => Shape::Object(members),
        })
    }

    fn json_shape(&self, text: &'p str) -> Result<Shape<'p>, ReadError> {
        Ok(match text.as_bytes().first() {
            Some(b'n') => Shape::Null,
            Some(b't') => Shape::Bool(true),
            Some(b'f') => Shape::Bool(false),
            Some(b'"') => Shape::Text(
                serde_json::from_str::<Text<'p>>(text)
                    .map_err(|_| ReadError("a string has a broken escape"))?
                    .0,
            ),
            Some(b'[') => {
                let (unknown, sensitive) = (self.unknown().members()?, self.sensitive().members()?);
                let count = bounded(text)?;
                Shape::List(elements(text, count, |at, raw| {
                    Some(self.child(Raw::Json(raw), unknown.index(at), sensitive.index(at)))
                })?)
            }
            Some(b'{') => {
                let (unknown, sensitive) = (self.unknown().members()?, self.sensitive().members()?);
                let mut members = entries(text, |key, raw| {
                    self.child(Raw::Json(raw), unknown.key(key), sensitive.key(key))
                })?;
                // Unknown attributes are left out of the object and only stand in the mask (docs/plan-format.md).
                if let MaskLevel::Object(mut marks) = unknown {
                    marks.retain(|(_, mask)| !matches!(mask, Mask::Nothing));
                    let known: std::collections::HashSet<&str> = if marks.is_empty() {
                        std::collections::HashSet::new()
                    } else {
                        members.iter().map(|(name, _)| name.as_ref()).collect()
                    };
                    marks.retain(|(key, _)| !known.contains(key.as_ref()));
                    for (key, mask) in marks {
                        let sensitive = sensitive.key(&key);
                        members.push((key, self.child(Raw::Absent, mask, sensitive)));
                    }
                }
                Shape::Object(members)
            }
            Some(_) => Shape::Number(Cow::Borrowed(text)),
            None => return Err(ReadError("a value is empty")),
        })
    }

    /// Hands over the elements of a list one after the other, without a list of them, and tells whether it is one.
    ///
    /// # Errors
    /// See [`Value::shape`], and the first of `each`.
    pub(crate) fn each(
        &self,
        mut each: impl FnMut(Self) -> Result<(), ReadError>,
    ) -> Result<bool, ReadError> {
        if self.depth() > MAX_DEPTH || matches!(self.unknown(), Mask::All) {
            return Ok(false);
        }
        let mut error = None;
        let mut hand = |element| {
            if error.is_none() {
                error = each(element).err();
            }
        };
        match self.raw() {
            Raw::Json(text) if text.starts_with('[') => {
                bounded(text)?;
                let (unknown, sensitive) = (self.unknown().members()?, self.sensitive().members()?);
                elements(text, 0, |at, raw| {
                    hand(self.child(Raw::Json(raw), unknown.index(at), sensitive.index(at)));
                    None::<()>
                })?;
            }
            Raw::Pack(bytes) if msgpack::is_list(bytes) => {
                let sensitive = self.sensitive().members()?;
                msgpack::level_of(
                    bytes,
                    |at, bytes| {
                        hand(self.child(Raw::Pack(bytes), Mask::Nothing, sensitive.index(at)))
                    },
                    |_, _| (),
                )?;
            }
            _ => return Ok(false),
        }
        error.map_or(Ok(true), Err)
    }

    fn child(&self, raw: Raw<'p>, unknown: Mask<'p>, sensitive: Mask<'p>) -> Self {
        Self::new(raw, unknown, sensitive, self.depth().saturating_add(1))
    }

    /// The members of an object; none when it is anything else.
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn members(&self) -> Result<Vec<(Cow<'p, str>, Self)>, ReadError> {
        Ok(match self.shape()? {
            Shape::Object(members) => members,
            _ => Vec::new(),
        })
    }

    /// The value under one key of an object, [`Value::ABSENT`] when there is none. Of something unknown every part is unknown.
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn get(&self, key: &str) -> Result<Self, ReadError> {
        Ok(match self.shape()? {
            Shape::Object(members) => members
                .into_iter()
                .find(|(name, _)| name == key)
                .map_or(Self::ABSENT, |(_, value)| value),
            Shape::Unknown => *self,
            _ => Self::ABSENT,
        })
    }

    /// Every value at a path of names; lists on the way are walked through. Never empty: nothing found is one [`Value::ABSENT`].
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn at(&self, path: &[String]) -> Result<Vec<Self>, ReadError> {
        let mut found = Vec::new();
        self.collect(path, &mut found)?;
        if found.is_empty() {
            found.push(Self::ABSENT);
        }
        Ok(found)
    }

    fn collect(&self, path: &[String], found: &mut Vec<Self>) -> Result<(), ReadError> {
        if !path.is_empty() && self.each(|element| element.collect(path, found))? {
            return Ok(());
        }
        let shape = self.shape()?;
        match (shape, path.split_first()) {
            (Shape::Object(members), Some((key, rest))) => {
                match members.iter().find(|(name, _)| name == key) {
                    Some((_, value)) => value.collect(rest, found),
                    None => Ok(()),
                }
            }
            (Shape::Unknown, _) | (_, None) => {
                found.push(*self);
                Ok(())
            }
            (_, Some(_)) => Ok(()),
        }
    }

    /// The text of a string.
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn text(&self) -> Result<Option<Cow<'p, str>>, ReadError> {
        Ok(match self.shape()? {
            Shape::Text(text) => Some(text),
            _ => None,
        })
    }

    /// A number, also when it is written as a string.
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn number(&self) -> Result<Option<f64>, ReadError> {
        Ok(match self.shape()? {
            Shape::Number(text) | Shape::Text(text) => {
                number(&text).filter(|number: &f64| number.is_finite())
            }
            _ => None,
        })
    }

    /// Whether it is there, not null, not empty, and known.
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn is_set(&self) -> Result<bool, ReadError> {
        Ok(match self.shape()? {
            Shape::Absent | Shape::Null | Shape::Unknown => false,
            Shape::Bool(_) | Shape::Number(_) => true,
            Shape::Text(text) => !text.is_empty(),
            Shape::List(items) => !items.is_empty(),
            Shape::Object(members) => !members.is_empty(),
        })
    }

    /// The value as it may be shown: the only way from a plan's value to a report.
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn shown(&self, show: Show<'_>) -> Result<Shown, ReadError> {
        if self.has_sensitive() {
            return Ok(Shown::Sensitive);
        }
        Ok(match self.shape()? {
            Shape::Absent | Shape::Null => Shown::Absent,
            Shape::Unknown => Shown::Unknown,
            Shape::Bool(value) => Shown::Bool(value),
            Shape::Number(text) if text.len() <= 24 => Shown::Number(text.into_owned()),
            Shape::Text(text) if text.is_empty() => Shown::Absent,
            Shape::Text(text) => match show {
                Show::Words(_) if text.len() <= 20 && is_plain_number(&text) => {
                    Shown::Number(text.into_owned())
                }
                Show::Words(words) if words.iter().any(|word| word.eq_ignore_ascii_case(&text)) => {
                    Shown::Word(text.into_owned())
                }
                Show::Identifier if text.chars().count() <= MAX_SHOWN => {
                    Shown::Word(text.into_owned())
                }
                _ => Shown::Hidden,
            },
            _ => Shown::Hidden,
        })
    }
}

/// A number as Terraform reads one from a text of a saved plan: the exponent may be one of two, behind a `p`
/// (<https://pkg.go.dev/math/big#Float.Parse>).
fn number(text: &str) -> Option<f64> {
    let Some((mantissa, exponent)) = text.split_once(['p', 'P']) else {
        return text.parse().ok();
    };
    let mantissa: f64 = mantissa.parse().ok()?;
    Some(mantissa * f64::exp2(f64::from(exponent.parse::<i32>().ok()?)))
}

/// Digits with at most a sign and a point.
fn is_plain_number(text: &str) -> bool {
    // A duration has its unit behind it: 604800s, 7d.
    let digits = text
        .strip_prefix('-')
        .unwrap_or(text)
        .trim_end_matches(['s', 'm', 'h', 'd']);
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.parse::<f64>().is_ok()
}

/// A string or key that borrows where it has no escapes.
#[derive(serde::Deserialize)]
pub(crate) struct Text<'p>(#[serde(borrow)] pub(crate) Cow<'p, str>);

/// The member of this name, [`Value::ABSENT`] when there is none.
#[must_use]
pub(crate) fn member<'p>(members: &[(Cow<'p, str>, Value<'p>)], name: &str) -> Value<'p> {
    members
        .iter()
        .find(|(key, _)| key == name)
        .map_or(Value::ABSENT, |(_, value)| *value)
}

/// Elements or members of one level that are taken without a look at their size; beyond that they must take some bytes, or a list of zeros would grow
/// thirtyfold.
const MANY: usize = 100_000;
/// What each takes at least on average when there are many, its comma included.
const LEAST: usize = 12;

const TOO_MANY: ReadError = ReadError("a value has too many elements");

/// Counts the elements or members of a text that may have very many before anything is made of them: what grows step by step takes half as much again.
fn bounded(text: &str) -> Result<usize, ReadError> {
    struct Count;
    impl<'p> Visitor<'p> for Count {
        type Value = usize;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list or an object")
        }
        fn visit_seq<A: SeqAccess<'p>>(self, mut list: A) -> Result<usize, A::Error> {
            let mut count = 0;
            while list.next_element::<IgnoredAny>()?.is_some() {
                count += 1;
            }
            Ok(count)
        }
        fn visit_map<A: MapAccess<'p>>(self, mut map: A) -> Result<usize, A::Error> {
            let mut count = 0;
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                count += 1;
            }
            Ok(count)
        }
    }
    // Each has a comma at least.
    if text.len() / 2 <= MANY {
        return Ok(0);
    }
    let count = serde_json::Deserializer::from_str(text)
        .deserialize_any(Count)
        .map_err(|_| ReadError("a list or an object cannot be read"))?;
    if count > MANY && text.len() / count < LEAST {
        return Err(TOO_MANY);
    }
    Ok(count)
}

/// The members of a JSON object, each with what is made of it; a key that is there twice is refused, since readers differ in which one they take.
fn entries<'p, T>(
    text: &'p str,
    each: impl FnMut(&str, &'p str) -> T,
) -> Result<Vec<(Cow<'p, str>, T)>, ReadError> {
    struct Entries<'v, 'p, T, F> {
        each: F,
        found: &'v mut Vec<(Cow<'p, str>, T)>,
    }
    impl<'p, T, F: FnMut(&str, &'p str) -> T> Visitor<'p> for Entries<'_, 'p, T, F> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'p>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some((Text(key), raw)) = map.next_entry::<Text<'p>, &'p RawValue>()? {
                let made = (self.each)(&key, raw.get());
                self.found.push((key, made));
            }
            Ok(())
        }
    }
    let mut found = Vec::with_capacity(bounded(text)?);
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader.deserialize_map(Entries {
        each,
        found: &mut found,
    });
    read.and_then(|()| reader.end())
        .map_err(|_| ReadError("an object cannot be read"))?;
    // Terraform writes keys in order: then a look at the neighbours is enough.
    let twice = !found.is_sorted_by(|(a, _), (b, _)| a < b) && {
        let mut keys: Vec<&str> = found.iter().map(|(key, _)| key.as_ref()).collect();
        keys.sort_unstable();
        !keys.is_sorted_by(|a, b| a < b)
    };
    if twice {
        Err(ReadError("an object has the same key twice"))
    } else {
        Ok(found)
    }
}

/// What is made of the elements of a JSON array, each with its place; there will be about as many as `count`.
fn elements<'p, T>(
    text: &'p str,
    count: usize,
    each: impl FnMut(usize, &'p str) -> Option<T>,
) -> Result<Vec<T>, ReadError> {
    struct Elements<'v, T, F> {
        each: F,
        found: &'v mut Vec<T>,
    }
    impl<'p, T, F: FnMut(usize, &'p str) -> Option<T>> Visitor<'p> for Elements<'_, T, F> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'p>>(mut self, mut list: A) -> Result<(), A::Error> {
            let mut at = 0;
            while let Some(raw) = list.next_element::<&'p RawValue>()? {
                self.found.extend((self.each)(at, raw.get()));
                at += 1;
            }
            Ok(())
        }
    }
    let mut found = Vec::with_capacity(count);
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader.deserialize_seq(Elements {
        each,
        found: &mut found,
    });
    read.and_then(|()| reader.end())
        .map_err(|_| ReadError("a list cannot be read"))?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_small() {
        assert!(size_of::<Value<'_>>() <= 56, "{}", size_of::<Value<'_>>());
    }

    #[test]
    fn many_elements_must_hold_something() {
        let told = |text: &str| Value::of_json(text).shape().err();
        let list = |element: &str, count: usize| format!("[{}]", vec![element; count].join(","));
        assert_eq!(told(&list("0", MANY)), None);
        assert_eq!(told(&list("0", MANY + 1)), Some(TOO_MANY));
        assert_eq!(told(&list("\"10.0.0.0/24 x\"", 2 * MANY)), None);
        let object = |count: usize| {
            let members: Vec<String> = (0..count).map(|at| format!("\"{at:06}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert_eq!(told(&object(MANY)), None);
        assert_eq!(told(&object(MANY + 1)), Some(TOO_MANY));
        // A mask has two bytes for each element.
        let mask = format!("[{},true]", vec!["{}"; 2 * MANY].join(","));
        let text = list("\"10.0.0.0/24 x\"", 2 * MANY + 1);
        let value = Value::new(Raw::Json(&text), Mask::from_text(&mask), Mask::Nothing, 0);
        let Ok(Shape::List(items)) = value.shape() else {
            panic!("a list");
        };
        assert!(matches!(
            items.last().map(Value::shape),
            Some(Ok(Shape::Unknown))
        ));
        assert!(matches!(
            items.first().map(Value::shape),
            Some(Ok(Shape::Text(_)))
        ));
    }
}
