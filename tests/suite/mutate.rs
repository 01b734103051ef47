//! Changes to the fields of a protobuf message that keep it one: what a forger would try, at random. The fuzzer uses it, too.

/// Numbers without any claim to be random beyond that they differ.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        // <https://prng.di.unimi.it/splitmix64.c>
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        number ^ (number >> 31)
    }

    /// One of so many, at least one.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }
}

/// One field: its number, and what it holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Number(u64),
    Bytes(Vec<u8>),
    Eight([u8; 8]),
    Four([u8; 4]),
}

pub(crate) type Field = (u64, Content);

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for at in 0..10 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The fields of a message; `None` when it is none.
pub(crate) fn parse(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        if key >> 3 == 0 || key >> 3 >= 1 << 29 {
            return None;
        }
        let content = match key & 7 {
            0 => Content::Number(varint(&mut bytes)?),
            1 => {
                let (taken, rest) = bytes.split_first_chunk()?;
                bytes = rest;
                Content::Eight(*taken)
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (taken, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Content::Bytes(taken.to_vec())
            }
            5 => {
                let (taken, rest) = bytes.split_first_chunk()?;
                bytes = rest;
                Content::Four(*taken)
            }
            _ => return None,
        };
        fields.push((key >> 3, content));
    }
    Some(fields)
}

fn write_varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

pub(crate) fn encode(fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, content) in fields {
        match content {
            Content::Number(value) => {
                write_varint(number << 3, &mut bytes);
                write_varint(*value, &mut bytes);
            }
            Content::Eight(eight) => {
                write_varint(number << 3 | 1, &mut bytes);
                bytes.extend(eight);
            }
            Content::Bytes(content) => {
                write_varint(number << 3 | 2, &mut bytes);
                write_varint(content.len() as u64, &mut bytes);
                bytes.extend(content);
            }
            Content::Four(four) => {
                write_varint(number << 3 | 5, &mut bytes);
                bytes.extend(four);
            }
        }
    }
    bytes
}

/// Texts that may be read in two ways.
const TEXTS: &[&str] = &[
    "",
    " ",
    "/**/",
    "//",
    "#",
    "\u{feff}",
    "e\u{301}",
    "\u{212b}",
    "[0]",
    "[00]",
    "[1.0]",
    "[\"a\"]",
    "[\"\\u0061\"]",
    "[\"e\u{301}\"]",
    "[*]",
    ".b",
    "data.",
    "module.a.",
    "resource.",
    "ephemeral.",
    "list.",
    "\r\n",
    "\\u0061",
    "terraform_data.a",
    "default",
    "deposed0",
];

/// Changes one thing in a message, or in a message within it.
pub(crate) fn mutate(message: &[u8], dice: &mut Dice, depth: usize) -> Vec<u8> {
    let Some(mut fields) = parse(message).filter(|fields| !fields.is_empty()) else {
        return bytes(message, dice);
    };
    let at = dice.below(fields.len());
    // Mostly further in: that is where the addresses and the values are.
    if depth < 6
        && dice.below(4) > 0
        && let Some((_, Content::Bytes(inner))) = fields.get_mut(at)
    {
        *inner = mutate(inner, dice, depth + 1);
        return encode(&fields);
    }
    let other = dice.below(fields.len());
    match dice.below(11) {
        0 => drop(fields.remove(at)),
        1 => {
            let again = fields[at].clone();
            fields.insert(other, again);
        }
        2 => fields.swap(at, other),
        3 => fields[at].0 = 1 + dice.below(33) as u64,
        4 => {
            let number = fields[at].0;
            let numbers = [
                0,
                1,
                2,
                3,
                5,
                6,
                7,
                8,
                9,
                10,
                1 << 32,
                (1 << 32) + 5,
                u64::MAX,
                1 << 31,
            ];
            fields[at] = (number, Content::Number(numbers[dice.below(numbers.len())]));
        }
        5 => fields[at].1 = Content::Bytes(TEXTS[dice.below(TEXTS.len())].into()),
        6 => fields[at].1 = Content::Eight([dice.below(3) as u8; 8]),
        7 => {
            let content = fields[other].1.clone();
            fields[at].1 = content;
        }
        // The same message in two halves, which a reader may put together.
        8 => {
            if let Content::Bytes(inner) = &fields[at].1
                && let Some(parts) = parse(inner)
                && parts.len() > 1
            {
                let number = fields[at].0;
                let (one, two) = parts.split_at(1 + dice.below(parts.len() - 1));
                fields[at].1 = Content::Bytes(encode(one));
                fields.insert(at + 1, (number, Content::Bytes(encode(two))));
            }
        }
        9 => {
            let mut again = fields[at].clone();
            if let Content::Bytes(inner) = &mut again.1 {
                *inner = mutate(inner, dice, depth + 1);
            }
            fields.push(again);
        }
        _ => {
            if let Content::Bytes(inner) = &mut fields[at].1 {
                *inner = bytes(inner, dice);
            }
        }
    }
    encode(&fields)
}

/// Changes a text, or bytes.
fn bytes(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut text = text.to_vec();
    let at = dice.below(text.len() + 1);
    match dice.below(6) {
        0 => drop(text.splice(at..at, TEXTS[dice.below(TEXTS.len())].bytes())),
        1 if at < text.len() => text[at] = dice.next() as u8,
        2 if at < text.len() => drop(text.remove(at)),
        3 => text.insert(at, b" .[]\"/*\\\0a0-_"[dice.below(13)]),
        4 => text.truncate(at),
        _ => text.extend(TEXTS[dice.below(TEXTS.len())].bytes()),
    }
    text
}
