//! Protobuf as it lies in the file: fields one after the other, borrowed, nothing decoded into owned messages. A plan of eight megabytes of empty
//! changes would take a hundred times as much as owned messages. Field numbers and their clashes between Terraform and OpenTofu: formats 2.2.

use prost::encoding::{WireType, decode_key, decode_varint};

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

    /// A number, as for enums and truth values.
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

    fn field(&mut self) -> Result<(u32, Content<'p>), ReadError> {
        let (tag, kind) = decode_key(&mut self.0).map_err(|_| BROKEN)?;
        let content = match kind {
            WireType::Varint => Content::Number(decode_varint(&mut self.0).map_err(|_| BROKEN)?),
            WireType::SixtyFourBit => self.take(8).map(|_| Content::Fixed)?,
            WireType::ThirtyTwoBit => self.take(4).map(|_| Content::Fixed)?,
            WireType::LengthDelimited => {
                let length = decode_varint(&mut self.0).map_err(|_| BROKEN)?;
                Content::Bytes(self.take(length)?)
            }
            WireType::StartGroup | WireType::EndGroup => return Err(BROKEN),
        };
        Ok((tag, content))
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

/// The bytes of a `DynamicValue`: msgpack in field 1.
pub(crate) fn dynamic(message: &[u8]) -> Result<&[u8], ReadError> {
    let mut found: &[u8] = &[];
    for field in fields(message) {
        if let (1, content) = field? {
            found = content.bytes()?;
        }
    }
    Ok(found)
}
