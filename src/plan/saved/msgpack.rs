//! Msgpack as Terraform writes values (docs/plan-format.md), walked where it lies: one level at a time, never a tree. Lengths are believed only as far as bytes
//! are there.

use std::borrow::Cow;

use crate::plan::ReadError;

/// Elements of one level that are taken without a look at their size; beyond that they must hold something, or a list of nils would grow a hundredfold.
const MANY: usize = 100_000;
/// What an element takes at least on average when there are many.
const LEAST: usize = 32;

const BROKEN: ReadError = ReadError("a value of the saved plan is broken");

/// One level of a value, with what is made of its elements or members.
pub(crate) enum Level<'p, T = &'p [u8]> {
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
    List(Vec<T>),
    /// Object or map.
    Map(Vec<(Cow<'p, str>, T)>),
}

/// What comes next in the bytes.
enum Head<'p> {
    Nil,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(&'p [u8]),
    Binary(&'p [u8]),
    List(usize),
    Map(usize),
    /// Its kind and its body.
    Extension(u8, &'p [u8]),
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

/// By the first byte: <https://github.com/msgpack/msgpack/blob/master/spec.md#overview>.
fn head<'p>(bytes: &mut &'p [u8]) -> Result<Head<'p>, ReadError> {
    let first = *take(bytes, 1)?.first().ok_or(BROKEN)?;
    let text = |bytes: &mut &'p [u8], length: usize| take(bytes, length).map(Head::Text);
    let binary = |bytes: &mut &'p [u8], length: usize| take(bytes, length).map(Head::Binary);
    Ok(match first {
        0xC0 => Head::Nil,
        0xC3 => Head::Bool(true),
        0xC2 => Head::Bool(false),
        0x00..=0x7F => Head::Unsigned(first.into()),
        0xE0..=0xFF => Head::Signed(i64::from(first as i8)),
        0xCC => Head::Unsigned(number(bytes, 1)?),
        0xCD => Head::Unsigned(number(bytes, 2)?),
        0xCE => Head::Unsigned(number(bytes, 4)?),
        0xCF => Head::Unsigned(number(bytes, 8)?),
        0xD0 => Head::Signed(i64::from(number(bytes, 1)? as u8 as i8)),
        0xD1 => Head::Signed(i64::from(number(bytes, 2)? as u16 as i16)),
        0xD2 => Head::Signed(i64::from(number(bytes, 4)? as u32 as i32)),
        0xD3 => Head::Signed(number(bytes, 8)? as i64),
        0xCA => Head::Float(f64::from(f32::from_bits(number(bytes, 4)? as u32))),
        0xCB => Head::Float(f64::from_bits(number(bytes, 8)?)),
        0xA0..=0xBF => text(bytes, usize::from(first & 0x1F))?,
        0xD9 => {
            let length = length(bytes, 1)?;
            text(bytes, length)?
        }
        0xDA => {
            let length = length(bytes, 2)?;
            text(bytes, length)?
        }
        0xDB => {
            let length = length(bytes, 4)?;
            text(bytes, length)?
        }
        0xC4 => {
            let length = length(bytes, 1)?;
            binary(bytes, length)?
        }
        0xC5 => {
            let length = length(bytes, 2)?;
            binary(bytes, length)?
        }
        0xC6 => {
            let length = length(bytes, 4)?;
            binary(bytes, length)?
        }
        0x90..=0x9F => Head::List(count(bytes, usize::from(first & 0x0F), 1)?),
        0xDC => {
            let length = length(bytes, 2)?;
            Head::List(count(bytes, length, 1)?)
        }
        0xDD => {
            let length = length(bytes, 4)?;
            Head::List(count(bytes, length, 1)?)
        }
        0x80..=0x8F => Head::Map(count(bytes, usize::from(first & 0x0F), 2)?),
        0xDE => {
            let length = length(bytes, 2)?;
            Head::Map(count(bytes, length, 2)?)
        }
        0xDF => {
            let length = length(bytes, 4)?;
            Head::Map(count(bytes, length, 2)?)
        }
        // An extension is a kind byte and its body.
        0xD4 => extension(bytes, 1)?,
        0xD5 => extension(bytes, 2)?,
        0xD6 => extension(bytes, 4)?,
        0xD7 => extension(bytes, 8)?,
        0xD8 => extension(bytes, 16)?,
        0xC7 => {
            let length = length(bytes, 1)?;
            extension(bytes, length)?
        }
        0xC8 => {
            let length = length(bytes, 2)?;
            extension(bytes, length)?
        }
        0xC9 => {
            let length = length(bytes, 4)?;
            extension(bytes, length)?
        }
        0xC1 => return Err(BROKEN),
    })
}

fn extension<'p>(bytes: &mut &'p [u8], length: usize) -> Result<Head<'p>, ReadError> {
    let all = take(bytes, length.checked_add(1).ok_or(BROKEN)?)?;
    let (kind, body) = all.split_first().ok_or(BROKEN)?;
    Ok(Head::Extension(*kind, body))
}

/// Checks that an extension stands for what is not known: a bare one, or one with what is known about it. Terraform takes the one for a known value
/// where that leaves nothing open: null, a number between itself and itself, no element at all
/// (<https://github.com/zclconf/go-cty/blob/main/cty/unknown_refinement.go>).
fn unknown(kind: u8, mut body: &[u8]) -> Result<(), ReadError> {
    const FORM: ReadError =
        ReadError("a value of the saved plan is unknown in a form that nothing writes");
    match (kind, body) {
        (0, [0]) => return Ok(()),
        (12, _) => {}
        _ => return Err(FORM),
    }
    let Head::Map(count @ 0..=6) = head(&mut body)? else {
        return Err(FORM);
    };
    let mut bounds = [None; 7];
    for _ in 0..count {
        let Head::Unsigned(key @ 1..=6) = head(&mut body)? else {
            return Err(FORM);
        };
        let told = match (key, head(&mut body)?) {
            // It is not null.
            (1, Head::Bool(false)) | (2, Head::Text(_)) => 0.0,
            (3 | 4, Head::List(2)) => {
                let number = match head(&mut body)? {
                    Head::Signed(number) => number as f64,
                    Head::Unsigned(number) => number as f64,
                    Head::Float(number) => number,
                    Head::Text(text) => std::str::from_utf8(text)
                        .ok()
                        .and_then(|text| text.parse().ok())
                        .ok_or(FORM)?,
                    _ => return Err(FORM),
                };
                let Head::Bool(_) = head(&mut body)? else {
                    return Err(FORM);
                };
                number
            }
            (5 | 6, Head::Unsigned(length)) => length as f64,
            _ => return Err(FORM),
        };
        let slot = usize::try_from(key)
            .ok()
            .and_then(|key| bounds.get_mut(key));
        if slot.ok_or(FORM)?.replace(told).is_some() {
            return Err(FORM);
        }
    }
    let [.., least, most, _, longest] = bounds;
    let open = match (least, most) {
        (Some(least), Some(most)) => least < most,
        _ => true,
    };
    if body.is_empty() && open && longest != Some(0.0) {
        Ok(())
    } else {
        Err(FORM)
    }
}

/// Whether bytes name a type, in the JSON that stands before a value of any type
/// (<https://github.com/zclconf/go-cty/blob/main/cty/json/type.go>).
fn is_type(bytes: &[u8]) -> bool {
    fn named(json: &serde_json::Value) -> bool {
        use serde_json::Value as Json;
        match json {
            Json::String(name) => {
                matches!(name.as_str(), "string" | "number" | "bool" | "dynamic")
            }
            Json::Array(parts) => match parts.as_slice() {
                [Json::String(name), of] if matches!(name.as_str(), "list" | "set" | "map") => {
                    named(of)
                }
                [Json::String(name), Json::Array(of)] if name == "tuple" => of.iter().all(named),
                [Json::String(name), Json::Object(of)] if name == "object" => {
                    of.values().all(named)
                }
                [Json::String(name), Json::Object(of), Json::Array(optional)]
                    if name == "object" =>
                {
                    of.values().all(named) && optional.iter().all(Json::is_string)
                }
                _ => false,
            },
            _ => false,
        }
    }
    serde_json::from_slice(bytes).is_ok_and(|json| named(&json))
}

/// How deep a value may be nested: what is deeper no rule reads, and each level that is read costs a walk over all below it. A value of any type takes two.
const MAX_DEPTH: usize = 2 * 96;

/// Takes one whole value off the bytes, without recursion, and tells whether it or a part of it is unknown.
fn value<'p>(bytes: &mut &'p [u8]) -> Result<(&'p [u8], bool), ReadError> {
    let start = *bytes;
    let (mut pending, mut open) = (1_usize, false);
    while pending > 0 {
        pending -= 1;
        let more = match head(bytes)? {
            // A type stands only before a value of any type.
            Head::List(2) if starts_binary(bytes) => {
                let Head::Binary(kind) = head(bytes)? else {
                    return Err(BROKEN);
                };
                if !is_type(kind) {
                    return Err(BROKEN);
                }
                1
            }
            Head::Binary(_) => return Err(BROKEN),
            Head::List(count) => count,
            Head::Map(count) => count.checked_mul(2).ok_or(BROKEN)?,
            Head::Extension(kind, body) => {
                unknown(kind, body)?;
                open = true;
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
    start.get(..taken).map(|taken| (taken, open)).ok_or(BROKEN)
}

fn starts_binary(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0xC4..=0xC6))
}

/// Checks that the bytes are exactly one value, not nested too deep, and tells whether it or a part of it is unknown.
pub(crate) fn check(bytes: &[u8]) -> Result<bool, ReadError> {
    let mut rest = bytes;
    let (_, unknown) = value(&mut rest)?;
    if !rest.is_empty() {
        return Err(BROKEN);
    }
    // How many values are left of each level.
    let (mut rest, mut left) = (bytes, vec![1_usize]);
    while let Some(last) = left.last_mut() {
        let Some(fewer) = last.checked_sub(1) else {
            left.pop();
            continue;
        };
        *last = fewer;
        let more = match head(&mut rest)? {
            Head::List(count) => count,
            Head::Map(count) => count.checked_mul(2).ok_or(BROKEN)?,
            _ => 0,
        };
        if more > 0 {
            left.push(more);
        }
        if left.len() > MAX_DEPTH {
            return Err(ReadError("a value is nested too deep"));
        }
    }
    Ok(unknown)
}

/// Whether a value or a part of it is unknown; broken bytes count as unknown.
pub(crate) fn has_unknown(mut bytes: &[u8]) -> bool {
    value(&mut bytes).map_or(true, |(_, unknown)| unknown)
}

/// Whether it is a list, by its first bytes.
pub(crate) fn is_list(bytes: &[u8]) -> bool {
    matches!(head(&mut unwrapped(bytes)), Ok(Head::List(_)))
}

/// Takes off `[type, value]`, in which values of any type come; a binary stands for nothing else.
pub(crate) fn unwrapped(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    if matches!(head(&mut rest), Ok(Head::List(2)))
        && matches!(head(&mut rest), Ok(Head::Binary(_)))
    {
        rest
    } else {
        bytes
    }
}

/// Reads one level of a value.
pub(crate) fn level(bytes: &[u8]) -> Result<Level<'_>, ReadError> {
    level_of(bytes, |_, bytes| bytes, |_, bytes| bytes)
}

/// Reads one level of a value; an element comes with its place, a member with its key.
pub(crate) fn level_of<'p, T>(
    bytes: &'p [u8],
    mut element: impl FnMut(usize, &'p [u8]) -> T,
    mut member: impl FnMut(&'p str, &'p [u8]) -> T,
) -> Result<Level<'p, T>, ReadError> {
    let bytes = unwrapped(bytes);
    let mut rest = bytes;
    let level = match head(&mut rest)? {
        Head::Nil => Level::Nil,
        Head::Bool(value) => Level::Bool(value),
        Head::Signed(number) => Level::Number(Cow::Owned(number.to_string())),
        Head::Unsigned(number) => Level::Number(Cow::Owned(number.to_string())),
        // Terraform ends over one.
        Head::Float(number) if number.is_nan() => return Err(BROKEN),
        Head::Float(number) => Level::Number(if number.is_finite() {
            Cow::Owned(number.to_string())
        } else {
            Cow::Borrowed("1e999")
        }),
        Head::Text(text) => Level::Text(std::str::from_utf8(text).map_err(|_| BROKEN)?),
        Head::Binary(_) => return Err(BROKEN),
        Head::Extension(..) => Level::Unknown,
        Head::List(count) => {
            bounded(bytes, count)?;
            let mut items = Vec::with_capacity(count);
            for at in 0..count {
                items.push(element(at, value(&mut rest)?.0));
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
                let key = std::str::from_utf8(key).map_err(|_| BROKEN)?;
                members.push((Cow::Borrowed(key), member(key, value(&mut rest)?.0)));
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

/// A key of a path.
pub(crate) enum Scalar<'p> {
    /// The bytes of a string.
    Text(&'p [u8]),
    /// A whole number from zero up.
    Index(u64),
}

/// Reads a string or an index by its first bytes; `None` is anything else, of which no more is looked at.
pub(crate) fn scalar(bytes: &[u8]) -> Option<Scalar<'_>> {
    let mut rest = unwrapped(bytes);
    let found = match head(&mut rest).ok()? {
        Head::Text(text) => Scalar::Text(text),
        Head::Unsigned(number) => Scalar::Index(number),
        Head::Signed(number) => Scalar::Index(number.try_into().ok()?),
        Head::Float(number) => Scalar::Index(number.to_string().parse().ok()?),
        _ => return None,
    };
    rest.is_empty().then_some(found)
}

fn bounded(bytes: &[u8], count: usize) -> Result<(), ReadError> {
    if count <= MANY || bytes.len() / count >= LEAST {
        Ok(())
    } else {
        Err(ReadError("a value of the saved plan has too many elements"))
    }
}

fn twice<T>(members: &[(Cow<'_, str>, T)]) -> bool {
    // Terraform writes keys in order: then one look at each neighbour tells.
    !members.is_sorted_by(|(a, _), (b, _)| a < b) && {
        let mut keys: Vec<&str> = members.iter().map(|(key, _)| key.as_ref()).collect();
        keys.sort_unstable();
        !keys.is_sorted_by(|a, b| a < b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &[u8]) -> Result<String, ReadError> {
        Ok(match level(bytes)? {
            Level::Nil => "nil".to_owned(),
            Level::Unknown => "unknown".to_owned(),
            Level::Bool(value) => value.to_string(),
            Level::Number(number) => number.into_owned(),
            Level::Text(text) => format!("{text:?}"),
            Level::List(items) => format!("list of {}", items.len()),
            Level::Map(members) => format!("map of {}", members.len()),
        })
    }

    /// A value with its first byte, its length, and what it holds.
    fn with(head: &[u8], length: usize, byte: u8) -> Vec<u8> {
        [head, &vec![byte; length]].concat()
    }

    #[test]
    fn numbers_and_words() {
        for (bytes, expected) in [
            (&[0xC0][..], "nil"),
            (&[0xC2], "false"),
            (&[0xC3], "true"),
            (&[0x00], "0"),
            (&[0x7F], "127"),
            (&[0xE0], "-32"),
            (&[0xFF], "-1"),
            (&[0xCC, 0xFF], "255"),
            (&[0xCD, 1, 0], "256"),
            (&[0xCE, 0xFF, 0xFF, 0xFF, 0xFF], "4294967295"),
            (&with(&[0xCF], 8, 0xFF), "18446744073709551615"),
            (&[0xD0, 0x80], "-128"),
            (&[0xD1, 0x80, 0], "-32768"),
            (&[0xD2, 0x80, 0, 0, 0], "-2147483648"),
            (&with(&[0xD3], 8, 0xFF), "-1"),
            (&[0xCA, 0x3F, 0x80, 0, 0], "1"),
            (&[0xCB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0], "1.5"),
        ] {
            assert_eq!(told(bytes).as_deref(), Ok(expected), "{bytes:x?}");
        }
    }

    #[test]
    fn what_has_a_length() {
        let text = |length| format!("{:?}", "a".repeat(length));
        for (bytes, expected) in [
            (with(&[0xA0], 0, b'a'), text(0)),
            (with(&[0xBF], 31, b'a'), text(31)),
            (with(&[0xD9, 32], 32, b'a'), text(32)),
            (with(&[0xDA, 1, 0], 256, b'a'), text(256)),
            (with(&[0xDB, 0, 1, 0, 0], 65536, b'a'), text(65536)),
            (vec![0x90], "list of 0".to_owned()),
            (with(&[0x9F], 15, 0xC0), "list of 15".to_owned()),
            (with(&[0xDC, 0, 16], 16, 0xC0), "list of 16".to_owned()),
            (with(&[0xDD, 0, 0, 0, 1], 1, 0xC0), "list of 1".to_owned()),
            (vec![0x80], "map of 0".to_owned()),
            (vec![0x81, 0xA1, b'k', 0xC0], "map of 1".to_owned()),
            (vec![0xDE, 0, 1, 0xA1, b'k', 0xC0], "map of 1".to_owned()),
            (vec![0xDF, 0, 0, 0, 1, 0xA0, 0xC0], "map of 1".to_owned()),
        ] {
            assert_eq!(told(&bytes), Ok(expected), "{:x?}", bytes.get(..4));
        }
        // Binary stands for a type alone, and says nothing as a value.
        for head in [&[0xC4, 2][..], &[0xC5, 0, 2], &[0xC6, 0, 0, 0, 2]] {
            let binary = with(head, 2, b'x');
            assert_eq!(told(&binary), Err(BROKEN), "{head:x?}");
            let typed = [&[0x92][..], &binary, &[0x07]].concat();
            assert_eq!(told(&typed).as_deref(), Ok("7"), "{head:x?}");
            assert_eq!(check(&typed), Err(BROKEN), "xx is no type");
        }
    }

    /// Terraform takes a binary for a text wherever one may stand: what is read as a type here must be one.
    #[test]
    fn types_before_values() {
        let typed = |kind: &str| {
            let length = u8::try_from(kind.len()).expect("it is short");
            [&[0x92, 0xC4, length], kind.as_bytes(), &[0x07]].concat()
        };
        for kind in [
            r#""number""#,
            r#""dynamic""#,
            r#"["list","string"]"#,
            r#"["map",["set","bool"]]"#,
            r#"["tuple",["string",["list","number"]]]"#,
            r#"["object",{"a":"string"}]"#,
            r#"["object",{"a":"string"},["a"]]"#,
        ] {
            assert_eq!(check(&typed(kind)), Ok(false), "{kind}");
        }
        for kind in [
            "0.0.0.0/0",
            r#""0.0.0.0/0""#,
            "[]",
            r#"["list"]"#,
            "{}",
            "7",
            "",
        ] {
            assert_eq!(check(&typed(kind)), Err(BROKEN), "{kind}");
        }
        // Not as one of three, nor as a key.
        assert_eq!(check(&[0x93, 0xC4, 1, b'x', 1, 1]), Err(BROKEN));
        assert_eq!(check(&[0x81, 0xC4, 1, b'x', 1]), Err(BROKEN));
    }

    #[test]
    fn unknown_values() {
        // As it is, not null, with a prefix, from 1 on, between 1 and 2, of one element at least.
        for bytes in [
            &[0xD4, 0, 0][..],
            &[0xC7, 3, 12, 0x81, 1, 0xC2],
            &[0xC7, 7, 12, 0x82, 1, 0xC2, 2, 0xA2, b'i', b'-'],
            &[0xC7, 5, 12, 0x81, 3, 0x92, 1, 0xC3],
            &[0xC7, 9, 12, 0x82, 3, 0x92, 1, 0xC3, 4, 0x92, 2, 0xC3],
            &[0xC7, 3, 12, 0x81, 5, 1],
        ] {
            assert_eq!(told(bytes).as_deref(), Ok("unknown"), "{bytes:x?}");
            assert_eq!(check(bytes), Ok(true), "{bytes:x?}");
            assert!(has_unknown(&[&[0x91][..], bytes].concat()), "{bytes:x?}");
        }
        assert!(!has_unknown(&[0x91, 0xC0]));
    }

    /// Terraform takes these for values that it knows, or nothing writes them.
    #[test]
    fn unknown_values_that_are_known() {
        for bytes in [
            // Null; 7; no element; a key twice; another key; another kind; another body.
            &[0xC7, 3, 12, 0x81, 1, 0xC3][..],
            &[0xC7, 9, 12, 0x82, 3, 0x92, 7, 0xC3, 4, 0x92, 7, 0xC3],
            &[0xC7, 3, 12, 0x81, 6, 0],
            &[0xC7, 5, 12, 0x82, 1, 0xC2, 1, 0xC2],
            &[0xC7, 3, 12, 0x81, 7, 0xC2],
            &[0xD4, 1, 0],
            &[0xD4, 0, 1],
            &[0xD5, 0, 0, 0],
            &[0xC7, 4, 12, 0x81, 1, 0xC2, 0],
        ] {
            assert!(check(bytes).is_err(), "{bytes:x?}");
        }
    }

    /// Each form, cut off or with a byte more, and the byte that is never used.
    #[test]
    fn what_is_no_value() {
        for bytes in [
            &[][..],
            &[0xC1],
            &[0xCC],
            &[0xCD, 1],
            &[0xCF, 0, 0, 0, 0, 0, 0, 0],
            &[0xCB, 0, 0, 0, 0],
            &[0xA2, b'a'],
            &[0xD9, 2, b'a'],
            &[0xDB, 0xFF, 0xFF, 0xFF, 0xFF, b'a'],
            &[0x91],
            &[0xDD, 0xFF, 0xFF, 0xFF, 0xFF, 0xC0],
            &[0x81, 0xA1, b'k'],
            &[0xD4, 0],
            &[0xC9, 0xFF, 0xFF, 0xFF, 0xFF, 0],
            &[0xC0, 0xC0],
        ] {
            assert_eq!(told(bytes), Err(BROKEN), "{bytes:x?}");
            assert_eq!(check(bytes), Err(BROKEN), "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_nested() {
        let nested = |depth: usize| [vec![0x91; depth], vec![0xC0]].concat();
        assert_eq!(check(&nested(190)), Ok(false));
        assert_eq!(
            check(&nested(200)),
            Err(ReadError("a value is nested too deep"))
        );
        // Many beside each other are not deep.
        assert_eq!(
            check(&[&[0xDC, 1, 0][..], &[0x91, 0xC0].repeat(256)].concat()),
            Ok(false)
        );
    }
}
