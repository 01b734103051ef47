//! Protobuf as it lies in the file: fields one after the other, borrowed, nothing decoded into owned messages. A plan of eight megabytes of empty
//! changes would take a hundred times as much as owned messages. Field numbers and their clashes between Terraform and OpenTofu: docs/plan-format.md.

use crate::plan::ReadError;

/// What a field holds.
#[derive(Clone, Copy)]
pub(crate) enum Content<'p> {
    /// A varint.
    Number(u64),
    /// Something with a length: a string, bytes or a message.
    Bytes(&'p [u8]),
    /// Four or eight bytes: nothing that a plan has.
    Fixed,
}

impl<'p> Content<'p> {
    /// A message or bytes.
    pub(crate) fn bytes(self) -> Result<&'p [u8], ReadError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(ReadError(
                "a field of the plan has another kind than it should",
            )),
        }
    }

    /// A string.
    pub(crate) fn text(self) -> Result<&'p str, ReadError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| ReadError("a text of the plan is not UTF-8"))
    }

    /// The number of an enum. Go cuts what is larger to 32 bits, so that 2³² + 5 is 5 for it.
    pub(crate) fn choice(self) -> Result<u64, ReadError> {
        self.number()
            .and_then(|number| u32::try_from(number).map_err(|_| BROKEN).map(u64::from))
    }

    /// A number, as for versions and truth values.
    pub(crate) fn number(self) -> Result<u64, ReadError> {
        match self {
            Self::Number(number) => Ok(number),
            _ => Err(ReadError(
                "a field of the plan has another kind than it should",
            )),
        }
    }

    /// A truth value.
    pub(crate) fn flag(self) -> Result<bool, ReadError> {
        self.number().map(|number| number != 0)
    }
}

/// The fields of a message, in the order of the file. After an error there are no more.
#[derive(Clone)]
pub(crate) struct Fields<'p>(&'p [u8]);

/// The fields of a message.
pub(crate) const fn fields(message: &[u8]) -> Fields<'_> {
    Fields(message)
}

const BROKEN: ReadError = ReadError("the plan's own encoding is broken");

impl<'p> Fields<'p> {
    fn take(&mut self, length: u64) -> Result<&'p [u8], ReadError> {
        let (taken, rest) = usize::try_from(length)
            .ok()
            .and_then(|length| self.0.split_at_checked(length))
            .ok_or(BROKEN)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Seven bits a byte, the lowest first, and a bit that says whether there are more: <https://protobuf.dev/programming-guides/encoding/#varints>.
    fn varint(&mut self) -> Result<u64, ReadError> {
        let mut number = 0;
        for at in 0..10 {
            let (byte, rest) = self.0.split_first().ok_or(BROKEN)?;
            self.0 = rest;
            // The tenth byte has room for the last bit.
            if at == 9 && *byte > 1 {
                break;
            }
            number |= u64::from(byte & 0x7F) << (7 * at);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(BROKEN)
    }

    fn field(&mut self) -> Result<(u32, Content<'p>), ReadError> {
        let key = u32::try_from(self.varint()?).map_err(|_| BROKEN)?;
        let (number, kind) = (key >> 3, key & 7);
        // There is no field 0.
        if number == 0 {
            return Err(BROKEN);
        }
        let content = match kind {
            0 => Content::Number(self.varint()?),
            1 => self.take(8).map(|_| Content::Fixed)?,
            2 => {
                let length = self.varint()?;
                Content::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Content::Fixed)?,
            // Groups, which no plan has, and what is not in use.
            _ => return Err(BROKEN),
        };
        Ok((number, content))
    }
}

impl<'p> Iterator for Fields<'p> {
    type Item = Result<(u32, Content<'p>), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// The fields of a message of which those named may be there once only: of two Terraform takes the last, or puts messages together.
/// What is not named may be repeated, or is not known and read by nobody.
pub(crate) fn singular<'p>(
    message: &'p [u8],
    once: &'static [u32],
) -> impl Iterator<Item = Result<(u32, Content<'p>), ReadError>> {
    let mut seen = 0_u64;
    fields(message).map(move |field| {
        let (number, content) = field?;
        if let Some(at) = once.iter().position(|once| *once == number) {
            let bit = u32::try_from(at)
                .ok()
                .and_then(|at| 1_u64.checked_shl(at))
                .ok_or(BROKEN)?;
            if seen & bit != 0 {
                return Err(ReadError("a field is there twice that belongs there once"));
            }
            seen |= bit;
        }
        Ok((number, content))
    })
}

/// The bytes of a `DynamicValue`: msgpack in field 1.
pub(crate) fn dynamic(message: &[u8]) -> Result<&[u8], ReadError> {
    let mut found: &[u8] = &[];
    for field in singular(message, &[1]) {
        if let (1, content) = field? {
            found = content.bytes()?;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> Result<(u32, String, usize), ReadError> {
        let mut fields = fields(bytes);
        let (number, content) = fields.next().unwrap_or(Err(BROKEN))?;
        let told = match content {
            Content::Number(number) => number.to_string(),
            Content::Bytes(bytes) => format!("{bytes:?}"),
            Content::Fixed => "fixed".to_owned(),
        };
        Ok((number, told, fields.count()))
    }

    #[test]
    fn fields_of_each_kind() {
        let long = [&[0xFF; 9][..], &[1]].concat();
        for (bytes, number, told, more) in [
            (&[0x08, 0x96, 0x01][..], 1, "150", 0),
            // Longer than it has to be, as Go reads it too.
            (&[0x08, 0x80, 0x00], 1, "0", 0),
            (&[&[0x08], &long[..]].concat(), 1, "18446744073709551615", 0),
            (&[0x12, 2, 7, 8, 0x08, 1], 2, "[7, 8]", 1),
            (&[0x12, 0], 2, "[]", 0),
            (&[0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x08, 1], 3, "fixed", 1),
            (&[0x1D, 1, 2, 3, 4], 3, "fixed", 0),
            (&[0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 0], (1 << 29) - 1, "0", 0),
        ] {
            assert_eq!(one(bytes), Ok((number, told.to_owned(), more)), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_field() {
        for (what, bytes) in [
            ("no number", &[0x08][..]),
            ("a number without an end", &[0x08, 0x80]),
            (
                "a number of eleven bytes",
                &[&[0x08][..], &[0x80; 10], &[0]].concat(),
            ),
            (
                "more than 64 bits",
                &[&[0x08][..], &[0xFF; 9], &[2]].concat(),
            ),
            ("field 0", &[0x00, 1]),
            (
                "a field number of more than 29 bits",
                &[0x80, 0x80, 0x80, 0x80, 0x10, 1],
            ),
            ("a group", &[0x0B, 0x0C]),
            ("a kind that is not in use", &[0x0E, 1]),
            ("bytes that are cut off", &[0x12, 3, 1, 2]),
            (
                "a length that no machine has",
                &[&[0x12][..], &[0xFF; 9], &[1]].concat(),
            ),
            ("eight bytes that are cut off", &[0x19, 1, 2, 3]),
        ] {
            assert_eq!(one(bytes), Err(BROKEN), "{what}");
            assert_eq!(fields(bytes).count(), 1, "after {what} there is nothing");
        }
    }
}
