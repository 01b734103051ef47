//! Saved plans made by hand: protobuf, msgpack and zip as bytes, so that a test can break any of them.
#![allow(clippy::expect_used, reason = "tests may fail loudly")]

use flate2::Crc;

/// Seven bits a byte, the lowest first.
fn encode_varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A field with a length.
pub(crate) fn field(number: u64, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_varint(number << 3 | 2, &mut bytes);
    encode_varint(content.len() as u64, &mut bytes);
    bytes.extend_from_slice(content);
    bytes
}

/// A field with a number.
pub(crate) fn number(number: u64, value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_varint(number << 3, &mut bytes);
    encode_varint(value, &mut bytes);
    bytes
}

/// A change of one resource with these msgpack values.
pub(crate) fn change(address: &str, action: u64, values: &[&[u8]]) -> Vec<u8> {
    let mut change = if action == 0 {
        Vec::new()
    } else {
        number(1, action)
    };
    for value in values {
        change.extend(field(2, &field(1, value)));
    }
    let provider = br#"provider["registry.terraform.io/hashicorp/aws"]"#;
    field(
        3,
        &[
            field(8, provider),
            field(9, &change),
            field(13, address.as_bytes()),
        ]
        .concat(),
    )
}

/// A plan message around these fields.
pub(crate) fn plan(fields: &[Vec<u8>]) -> Vec<u8> {
    plan_of("local", &[0x80], fields)
}

/// The same for a state that is kept elsewhere: the type of the backend, and its configuration in msgpack.
pub(crate) fn plan_of(kind: &str, config: &[u8], fields: &[Vec<u8>]) -> Vec<u8> {
    let backend = [
        field(1, kind.as_bytes()),
        field(2, &field(1, config)),
        field(3, b"default"),
    ]
    .concat();
    [
        number(1, 3),
        field(14, b"1.15.5"),
        field(13, &backend),
        fields.concat(),
    ]
    .concat()
}

pub(crate) const STATE: &[u8] = br#"{"version":4,"terraform_version":"1.15.5","serial":3,"lineage":"l","outputs":{},"resources":[]}"#;

/// A member of a zip, with everything that may be lied about.
#[derive(Clone)]
pub(crate) struct Member<'a> {
    pub name: &'a str,
    pub local_name: Option<&'a str>,
    pub content: Vec<u8>,
    pub flags: u16,
    pub method: u16,
    pub crc: Option<u32>,
    pub size: Option<u32>,
    pub deflate: bool,
    /// Of the directory.
    pub comment: Vec<u8>,
    pub extra: Vec<u8>,
    /// Behind the content.
    pub behind: Vec<u8>,
    pub needs: u16,
}

impl<'a> Member<'a> {
    pub(crate) fn new(name: &'a str, content: &[u8]) -> Self {
        Self {
            name,
            local_name: None,
            content: content.to_vec(),
            flags: 0,
            method: 0,
            crc: None,
            size: None,
            deflate: false,
            comment: Vec::new(),
            extra: Vec::new(),
            behind: Vec::new(),
            needs: 20,
        }
    }

    pub(crate) fn deflated(name: &'a str, content: &[u8]) -> Self {
        Self {
            method: 8,
            deflate: true,
            ..Self::new(name, content)
        }
    }
}

/// A zip of these members.
pub(crate) fn zip(members: &[Member<'_>]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let mut crc = Crc::new();
        crc.update(&member.content);
        let data = if member.deflate {
            let mut encoder =
                flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut encoder, &member.content).expect("packed");
            encoder.finish().expect("packed")
        } else {
            member.content.clone()
        };
        let at = bytes.len() as u32;
        let head = |name: &str| {
            let mut head = Vec::new();
            head.extend(
                [member.needs, member.flags, member.method, 0, 0]
                    .iter()
                    .flat_map(|number| number.to_le_bytes()),
            );
            head.extend(member.crc.unwrap_or(crc.sum()).to_le_bytes());
            head.extend((data.len() as u32).to_le_bytes());
            head.extend(
                member
                    .size
                    .unwrap_or(member.content.len() as u32)
                    .to_le_bytes(),
            );
            head.extend((name.len() as u16).to_le_bytes());
            head
        };
        let local = member.local_name.unwrap_or(member.name);
        bytes.extend(
            [
                b"PK\x03\x04".to_vec(),
                head(local),
                vec![0; 2],
                local.as_bytes().to_vec(),
                data.clone(),
                member.behind.clone(),
            ]
            .concat(),
        );
        directory.extend(
            [
                b"PK\x01\x02\x14\x00".to_vec(),
                head(member.name),
                (member.extra.len() as u16).to_le_bytes().to_vec(),
                (member.comment.len() as u16).to_le_bytes().to_vec(),
                vec![0; 8],
                at.to_le_bytes().to_vec(),
                member.name.as_bytes().to_vec(),
                member.extra.clone(),
                member.comment.clone(),
            ]
            .concat(),
        );
    }
    let (start, size, count) = (
        bytes.len() as u32,
        directory.len() as u32,
        (members.len() as u16).to_le_bytes(),
    );
    bytes.extend(directory);
    bytes.extend(
        [
            b"PK\x05\x06\0\0\0\0".to_vec(),
            count.to_vec(),
            count.to_vec(),
            size.to_le_bytes().to_vec(),
            start.to_le_bytes().to_vec(),
            vec![0, 0],
        ]
        .concat(),
    );
    bytes
}

/// A saved plan around this plan message.
pub(crate) fn saved(plan: &[u8]) -> Vec<u8> {
    zip(&[
        Member::deflated("tfplan", plan),
        Member::deflated("tfstate", STATE),
    ])
}
