//! Msgpack as Terraform writes values (formats 2.5), walked where it lies: one level at a time, never a tree. Lengths are believed only as far as bytes
//! are there.

use std::borrow::Cow;

use rmp::Marker;

use crate::plan::ReadError;

/// Elements of one level that are taken without a look at their size; beyond that they must hold something, or a list of nils would grow a hundredfold.
const MANY: usize = 100_000;
/// What an element takes at least on average when there are many.
const LEAST: usize = 32;

const BROKEN: ReadError = ReadError("a value of the saved plan is broken");

/// One level of a value.
pub(crate) enum Level<'p> {
    /// Null.
    Nil,
    /// Known only after apply, refined or not.
    Unknown,
    /// A truth value.
    Bool(bool),
    /// A number as text.
    Number(Cow<'static, str>),
    /// A string; a number that no machine word holds is one too.
    Text(&'p str),
    /// List, set or tuple.
    List(Vec<&'p [u8]>),
    /// Object or map.
    Map(Vec<(&'p str, &'p [u8])>),
}

/// What comes next in the bytes.
enum Head<'p> {
    Nil,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(&'p [u8]),
    Binary,
    List(usize),
    Map(usize),
    Extension,
}

fn take<'p>(bytes: &mut &'p [u8], length: usize) -> Result<&'p [u8], ReadError> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or(BROKEN)?;
    *bytes = rest;
    Ok(taken)
}

fn number(bytes: &mut &[u8], length: usize) -> Result<u64, ReadError> {
    Ok(take(bytes, length)?
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn length(bytes: &mut &[u8], width: usize) -> Result<usize, ReadError> {
    usize::try_from(number(bytes, width)?).map_err(|_| BROKEN)
}

/// A number of elements, each of which takes at least `least` bytes.
fn count(bytes: &[u8], count: usize, least: usize) -> Result<usize, ReadError> {
    if count
        .checked_mul(least)
        .is_some_and(|needed| needed <= bytes.len())
    {
        Ok(count)
    } else {
        Err(BROKEN)
    }
}

fn head<'p>(bytes: &mut &'p [u8]) -> Result<Head<'p>, ReadError> {
    let marker = Marker::from_u8(*take(bytes, 1)?.first().ok_or(BROKEN)?);
    let text = |bytes: &mut &'p [u8], length: usize| take(bytes, length).map(Head::Text);
    let skip =
        |bytes: &mut &'p [u8], length: usize, head: Head<'p>| take(bytes, length).map(|_| head);
    Ok(match marker {
        Marker::Null => Head::Nil,
        Marker::True => Head::Bool(true),
        Marker::False => Head::Bool(false),
        Marker::FixPos(number) => Head::Unsigned(number.into()),
        Marker::FixNeg(number) => Head::Signed(number.into()),
        Marker::U8 => Head::Unsigned(number(bytes, 1)?),
        Marker::U16 => Head::Unsigned(number(bytes, 2)?),
        Marker::U32 => Head::Unsigned(number(bytes, 4)?),
        Marker::U64 => Head::Unsigned(number(bytes, 8)?),
        Marker::I8 => Head::Signed(i64::from(number(bytes, 1)? as u8 as i8)),
        Marker::I16 => Head::Signed(i64::from(number(bytes, 2)? as u16 as i16)),
        Marker::I32 => Head::Signed(i64::from(number(bytes, 4)? as u32 as i32)),
        Marker::I64 => Head::Signed(number(bytes, 8)? as i64),
        Marker::F32 => Head::Float(f64::from(f32::from_bits(number(bytes, 4)? as u32))),
        Marker::F64 => Head::Float(f64::from_bits(number(bytes, 8)?)),
        Marker::FixStr(length) => text(bytes, length.into())?,
        Marker::Str8 => {
            let length = length(bytes, 1)?;
            text(bytes, length)?
        }
        Marker::Str16 => {
            let length = length(bytes, 2)?;
            text(bytes, length)?
        }
        Marker::Str32 => {
            let length = length(bytes, 4)?;
            text(bytes, length)?
        }
        Marker::Bin8 => {
            let length = length(bytes, 1)?;
            skip(bytes, length, Head::Binary)?
        }
        Marker::Bin16 => {
            let length = length(bytes, 2)?;
            skip(bytes, length, Head::Binary)?
        }
        Marker::Bin32 => {
            let length = length(bytes, 4)?;
            skip(bytes, length, Head::Binary)?
        }
        Marker::FixArray(length) => Head::List(count(bytes, length.into(), 1)?),
        Marker::Array16 => {
            let length = length(bytes, 2)?;
            Head::List(count(bytes, length, 1)?)
        }
        Marker::Array32 => {
            let length = length(bytes, 4)?;
            Head::List(count(bytes, length, 1)?)
        }
        Marker::FixMap(length) => Head::Map(count(bytes, length.into(), 2)?),
        Marker::Map16 => {
            let length = length(bytes, 2)?;
            Head::Map(count(bytes, length, 2)?)
        }
        Marker::Map32 => {
            let length = length(bytes, 4)?;
            Head::Map(count(bytes, length, 2)?)
        }
        // An extension is a kind byte and its body.
        Marker::FixExt1 => skip(bytes, 2, Head::Extension)?,
        Marker::FixExt2 => skip(bytes, 3, Head::Extension)?,
        Marker::FixExt4 => skip(bytes, 5, Head::Extension)?,
        Marker::FixExt8 => skip(bytes, 9, Head::Extension)?,
        Marker::FixExt16 => skip(bytes, 17, Head::Extension)?,
        Marker::Ext8 => extension(bytes, 1)?,
        Marker::Ext16 => extension(bytes, 2)?,
        Marker::Ext32 => extension(bytes, 4)?,
        Marker::Reserved => return Err(BROKEN),
    })
}

fn extension<'p>(bytes: &mut &'p [u8], width: usize) -> Result<Head<'p>, ReadError> {
    let length = length(bytes, width)?;
    take(bytes, length.checked_add(1).ok_or(BROKEN)?).map(|_| Head::Extension)
}

/// Takes one whole value off the bytes, without recursion, and tells whether it or a part of it is unknown.
fn value<'p>(bytes: &mut &'p [u8]) -> Result<(&'p [u8], bool), ReadError> {
    let start = *bytes;
    let (mut pending, mut unknown) = (1_usize, false);
    while pending > 0 {
        pending -= 1;
        let more = match head(bytes)? {
            Head::List(count) => count,
            Head::Map(count) => count.checked_mul(2).ok_or(BROKEN)?,
            Head::Extension => {
                unknown = true;
                0
            }
            _ => 0,
        };
        pending = pending.checked_add(more).ok_or(BROKEN)?;
        // Each value takes a byte at least.
        if pending > bytes.len() {
            return Err(BROKEN);
        }
    }
    let taken = start.len() - bytes.len();
    start
        .get(..taken)
        .map(|taken| (taken, unknown))
        .ok_or(BROKEN)
}

/// Checks that the bytes are exactly one value.
pub(crate) fn check(bytes: &[u8]) -> Result<(), ReadError> {
    let mut rest = bytes;
    value(&mut rest)?;
    if rest.is_empty() { Ok(()) } else { Err(BROKEN) }
}

/// Whether a value or a part of it is unknown; broken bytes count as unknown.
pub(crate) fn has_unknown(mut bytes: &[u8]) -> bool {
    value(&mut bytes).map_or(true, |(_, unknown)| unknown)
}

/// Takes off `[type, value]`, in which values of any type come; a binary stands for nothing else.
pub(crate) fn unwrapped(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    if matches!(head(&mut rest), Ok(Head::List(2))) && matches!(head(&mut rest), Ok(Head::Binary)) {
        rest
    } else {
        bytes
    }
}

/// Reads one level of a value.
pub(crate) fn level(bytes: &[u8]) -> Result<Level<'_>, ReadError> {
    let bytes = unwrapped(bytes);
    let mut rest = bytes;
    let level = match head(&mut rest)? {
        Head::Nil => Level::Nil,
        Head::Bool(value) => Level::Bool(value),
        Head::Signed(number) => Level::Number(Cow::Owned(number.to_string())),
        Head::Unsigned(number) => Level::Number(Cow::Owned(number.to_string())),
        Head::Float(number) => Level::Number(if number.is_finite() {
            Cow::Owned(number.to_string())
        } else {
            Cow::Borrowed("1e999")
        }),
        Head::Text(text) => Level::Text(std::str::from_utf8(text).map_err(|_| BROKEN)?),
        Head::Binary => return Err(BROKEN),
        Head::Extension => Level::Unknown,
        Head::List(count) => {
            bounded(bytes, count)?;
            let mut items = Vec::with_capacity(count);
            for _ in 0..count {
                items.push(value(&mut rest)?.0);
            }
            Level::List(items)
        }
        Head::Map(count) => {
            bounded(bytes, count)?;
            let mut members = Vec::with_capacity(count);
            for _ in 0..count {
                let Head::Text(key) = head(&mut rest)? else {
                    return Err(ReadError(
                        "an object of the saved plan has a key that is no text",
                    ));
                };
                members.push((
                    std::str::from_utf8(key).map_err(|_| BROKEN)?,
                    value(&mut rest)?.0,
                ));
            }
            if twice(&members) {
                return Err(ReadError(
                    "an object of the saved plan has the same key twice",
                ));
            }
            Level::Map(members)
        }
    };
    if rest.is_empty() {
        Ok(level)
    } else {
        Err(BROKEN)
    }
}

fn bounded(bytes: &[u8], count: usize) -> Result<(), ReadError> {
    if count <= MANY || bytes.len() / count >= LEAST {
        Ok(())
    } else {
        Err(ReadError("a value of the saved plan has too many elements"))
    }
}

fn twice(members: &[(&str, &[u8])]) -> bool {
    // Terraform writes keys in order: then one look at each neighbour tells.
    if members
        .iter()
        .zip(members.iter().skip(1))
        .all(|((a, _), (b, _))| a < b)
    {
        return false;
    }
    let mut seen = std::collections::HashSet::with_capacity(members.len());
    !members.iter().all(|(key, _)| seen.insert(*key))
}
