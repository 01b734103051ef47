//! The zip around a saved plan, read through its central directory and only if nothing in it is open to two readings: what this reader does not see,
//! Terraform must not see either. Layout: PKWARE APPNOTE 4.3; what Terraform writes: docs/plan-format.md. No archive crate, since those settle doubtful cases
//! (of two members with one name they take the last, Terraform the first) where this one has to refuse.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::ui::refusal::{Refusal, Why};

/// The most members: one for each source file of the configuration, and a few more.
const MAX_MEMBERS: usize = 20_000;
/// The largest inflated `tfplan`, in bytes.
const MAX_PLAN: u64 = 1 << 30;
/// The largest sum of all inflated members, in bytes.
const MAX_SUM: u64 = 3 << 30;
/// No deflate stream grows more than this (zlib's documentation: 1032 to 1), so no more is set aside on a header's word.
const MAX_RATIO: u64 = 1032;

/// Below this size what is unpacked may have grown by any factor, in bytes.
const SMALL: u64 = 256 << 20;
/// Above it by no more than this: plans grow some ten times.
const GROWTH: u64 = 100;

/// Whether unpacked bytes are many, and far more than a plan makes of so few packed ones: they would take memory to no end.
pub(crate) const fn swells(packed: u64, size: u64) -> bool {
    size > SMALL && size / GROWTH > packed
}

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const LOCATOR: u32 = 0x0706_4b50;

/// The newest version of the format that is needed to unpack what Terraform writes: 4.5 is zip64.
const VERSION: usize = 20;

/// Members that are there at most once under any spelling.
const ONCE: [&str; 5] = [
    "tfplan",
    "tfstate",
    "tfstate-prev",
    "tfconfig/modules.json",
    ".terraform.lock.hcl",
];

/// One member.
#[derive(Clone, Copy)]
struct Member<'b> {
    name: &'b str,
    deflated: bool,
    crc: u32,
    size: u64,
    data: &'b [u8],
}

/// A zip whose directory fits its bytes exactly.
pub(super) struct Container<'b> {
    members: Vec<Member<'b>>,
    by_name: HashMap<&'b str, usize>,
}

fn broken(detail: &'static str) -> Refusal {
    Refusal::new(Why::BrokenArchive).with(detail)
}

fn forged(detail: &'static str) -> Refusal {
    Refusal::new(Why::ForgedArchive).with(detail)
}

/// A form that no Terraform writes today, and a newer one might.
fn newer(detail: &'static str) -> Refusal {
    Refusal::new(Why::NewerArchive).with(detail)
}

/// A cursor over little-endian numbers.
struct Cursor<'b>(&'b [u8]);

impl<'b> Cursor<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], Refusal> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| broken("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, length: usize) -> Result<u32, Refusal> {
        Ok(self
            .take(length)?
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    fn short(&mut self) -> Result<usize, Refusal> {
        Ok(self.number(2)? as usize)
    }
}

/// Where programs look for a zip's end, in bytes from the back: 22 and the longest comment by the format, and Go looks at 65 KiB and takes one
/// that anything comes after (`readDirectoryEnd` in <https://go.dev/src/archive/zip/reader.go>).
const LOOKED_AT: usize = 128 << 10;

/// Whether a text may also be a zip: it holds the mark of a zip's end where programs look for it (a zip may have anything before it).
pub(crate) fn ends_like_zip(bytes: &[u8]) -> bool {
    let tail = bytes
        .get(bytes.len().saturating_sub(LOOKED_AT)..)
        .unwrap_or_default();
    tail.windows(4).any(|window| window == END.to_le_bytes())
}

impl<'b> Container<'b> {
    /// Reads the directory.
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, Refusal> {
        let end_at = bytes
            .len()
            .checked_sub(22)
            .ok_or_else(|| broken("it ends too early"))?;
        let mut end = Cursor(bytes.get(end_at..).unwrap_or_default());
        if end.number(4)? != END {
            // A mark further up means that something was put behind the archive; none at all that its end is missing.
            return Err(if ends_like_zip(bytes) {
                forged("there are bytes behind the archive")
            } else {
                broken("its end is missing: it is cut off")
            });
        }
        let (disk, directory_disk, here, all) =
            (end.short()?, end.short()?, end.short()?, end.short()?);
        let (size, start, comment) = (
            end.number(4)? as usize,
            end.number(4)? as usize,
            end.short()?,
        );
        if comment != 0 || disk != 0 || directory_disk != 0 || here != all {
            return Err(forged("its end is not as Terraform writes it"));
        }
        // Go's reader looks for a second, larger end as soon as one of these numbers is the largest that its field holds; of the directory's
        // size, which has four bytes, it takes the largest of two for that.
        let located = bytes
            .get(end_at.saturating_sub(20)..)
            .is_some_and(|tail| tail.starts_with(&LOCATOR.to_le_bytes()));
        if start == u32::MAX as usize {
            return Err(newer("zip64"));
        }
        if located {
            return Err(forged("it has a second end before its end"));
        }
        if here == 0xFFFF || size == 0xFFFF || size == u32::MAX as usize {
            return Err(forged("its end may point to another one"));
        }
        if here > MAX_MEMBERS {
            return Err(
                Refusal::new(Why::TooLarge).with(format!("more than {MAX_MEMBERS} members"))
            );
        }
        if start.checked_add(size) != Some(end_at) {
            return Err(forged(
                "its directory is not where it says, or bytes were put before the archive",
            ));
        }
        let mut directory = Cursor(bytes.get(start..end_at).unwrap_or_default());
        let mut members = Vec::with_capacity(here);
        let mut spans = Vec::with_capacity(here);
        for _ in 0..here {
            let (member, span) = member(&mut directory, bytes.get(..start).unwrap_or_default())?;
            members.push(member);
            spans.push(span);
        }
        if !directory.0.is_empty() {
            return Err(forged("its directory holds more than it says"));
        }
        tiled(&mut spans, start)?;
        let mut container = Self {
            members,
            by_name: HashMap::new(),
        };
        container.check_names()?;
        if container
            .members
            .iter()
            .map(|member| member.size)
            .sum::<u64>()
            > MAX_SUM
        {
            return Err(Refusal::new(Why::TooLarge).with("more than 3 GiB when unpacked"));
        }
        Ok(container)
    }

    fn check_names(&mut self) -> Result<(), Refusal> {
        self.by_name.reserve(self.members.len());
        for (at, member) in self.members.iter().enumerate() {
            let plain = plain(member.name);
            if ONCE.contains(&plain.as_ref()) && plain != member.name {
                return Err(forged(
                    "a member has the name of the plan, the state or the like in another spelling",
                ));
            }
            let outside = |part: &str| matches!(part, "" | "." | "..");
            if member.name.split('/').any(outside)
                || member.name.contains(|c: char| c == '\\' || c.is_control())
                || matches!(member.name.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic())
            {
                return Err(forged("a member has a name that may lead elsewhere"));
            }
            // Two sources may differ in case alone: Terraform reads both.
            if self.by_name.insert(member.name, at).is_some() {
                return Err(forged("two members have the same name"));
            }
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&Member<'b>> {
        self.by_name.get(name).and_then(|at| self.members.get(*at))
    }

    /// Whether a member of this name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All names, as they stand in the directory.
    pub(super) fn names(&self) -> impl Iterator<Item = &'b str> {
        self.members.iter().map(|member| member.name)
    }

    /// The inflated size of a member.
    pub(super) fn size(&self, name: &str) -> Option<u64> {
        self.get(name).map(|member| member.size)
    }

    /// Whether two members hold the same. One writer packs the same in the same way.
    pub(super) fn same(&self, a: &str, b: &str) -> bool {
        let (Some(one), Some(other)) = (self.get(a), self.get(b)) else {
            return false;
        };
        one.size == other.size
            && (one.data == other.data
                || matches!((self.read(a), self.read(b)), (Ok(Some(a)), Ok(Some(b))) if a == b))
    }

    /// A member as a stream; the caller reads to the end, where size and checksum are checked.
    pub(super) fn stream(&self, name: &str) -> Option<Stream<'b>> {
        self.get(name).map(Stream::new)
    }

    /// Unpacks what is not needed at once, to no other end than its checksum: a damaged file is refused whole.
    pub(super) fn check_others(&self) -> Result<(), Refusal> {
        for member in self
            .members
            .iter()
            .filter(|member| !matches!(member.name, "tfplan" | "tfstate"))
        {
            io::copy(&mut Stream::new(member), &mut io::sink())
                .map_err(|_| broken("a member cannot be unpacked, or its checksum is wrong"))?;
        }
        Ok(())
    }

    /// A whole member.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(member) = self.get(name) else {
            return Ok(None);
        };
        if member.size > MAX_PLAN {
            return Err(
                Refusal::new(Why::TooLarge).with("a member is larger than 1 GiB when unpacked")
            );
        }
        let packed = u64::try_from(member.data.len()).unwrap_or(u64::MAX);
        if swells(packed, member.size) {
            return Err(Refusal::new(Why::TooLarge)
                .with("a member grows more than a hundred times when unpacked"));
        }
        let most = packed.saturating_mul(MAX_RATIO).saturating_add(64);
        let mut bytes = Vec::with_capacity(usize::try_from(member.size.min(most)).unwrap_or(0));
        Stream::new(member)
            .read_to_end(&mut bytes)
            .map_err(|_| broken("a member cannot be unpacked, or its checksum is wrong"))?;
        Ok(Some(bytes))
    }
}

/// Reads one entry of the directory, and tells which bytes its data takes with header and descriptor.
fn member<'b>(
    directory: &mut Cursor<'b>,
    bytes: &'b [u8],
) -> Result<(Member<'b>, (usize, usize, bool)), Refusal> {
    if directory.number(4)? != CENTRAL {
        return Err(broken("its directory is broken"));
    }
    directory.take(2)?;
    let version = directory.short()?;
    let (flags, method) = (directory.short()?, directory.short()?);
    directory.take(4)?;
    let (crc, packed, size) = (
        directory.number(4)?,
        directory.number(4)?,
        directory.number(4)?,
    );
    let (name, extra, comment, disk) = (
        directory.short()?,
        directory.short()?,
        directory.short()?,
        directory.short()?,
    );
    directory.take(6)?;
    let at = directory.number(4)?;
    let name = directory.take(name)?;
    known_extras(directory.take(extra)?)?;
    // Nobody reads it, but all of it is in the directory, where another archive's end may lie.
    if comment != 0 {
        return Err(forged("a member has a comment"));
    }
    if flags & 0x2041 != 0 {
        return Err(newer("a member is encrypted"));
    }
    if packed == u32::MAX || size == u32::MAX || at == u32::MAX || version & 0xFF > VERSION {
        return Err(newer(
            "a member needs a newer version of the format, such as zip64",
        ));
    }
    // Bits 1 and 2 are hints of deflate, 3 is the data descriptor, 11 says that names are UTF-8.
    if flags & !0x080E != 0 || disk != 0 {
        return Err(broken(
            "a member is packed in a way that Terraform does not use",
        ));
    }
    let deflated = match method {
        0 if packed == size => false,
        8 => true,
        0 => return Err(forged("a member that is not packed has two sizes")),
        _ => return Err(newer("a member is packed by a method that is not known")),
    };
    let mut local = Cursor(
        bytes
            .get(at as usize..)
            .ok_or_else(|| broken("a member is not where the directory says"))?,
    );
    if local.number(4)? != LOCAL {
        return Err(broken("a member is not where the directory says"));
    }
    local.take(2)?;
    let same = local.short()? == flags && local.short()? == method;
    local.take(4)?;
    let (local_crc, local_packed, local_size) =
        (local.number(4)?, local.number(4)?, local.number(4)?);
    let (local_name, local_extra) = (local.short()?, local.short()?);
    let described = flags & 8 != 0;
    let numbers = (local_crc, local_packed, local_size);
    if !same
        || local.take(local_name)? != name
        || !(numbers == (crc, packed, size) || described && numbers == (0, 0, 0))
    {
        return Err(forged(
            "a member's own header says something else than the directory",
        ));
    }
    known_extras(local.take(local_extra)?)?;
    let data = local.take(packed as usize)?;
    let name = std::str::from_utf8(name)
        .ok()
        .filter(|name| !name.is_empty() && !name.contains('\0'))
        .ok_or_else(|| forged("a member has a name that is no text"))?;
    let end = bytes.len() - local.0.len();
    let descriptor = descriptor(local.0, described, crc, packed, size).ok_or_else(|| {
        forged("what stands behind a member says something else than the directory")
    })?;
    Ok((
        Member {
            name,
            deflated,
            crc,
            size: u64::from(size),
            data,
        },
        (at as usize, end + descriptor, described),
    ))
}

/// The length of the data descriptor: with or without its mark (APPNOTE 4.3.9).
fn descriptor(bytes: &[u8], described: bool, crc: u32, packed: u32, size: u32) -> Option<usize> {
    if !described {
        return Some(0);
    }
    let numbers = [crc, packed, size].map(u32::to_le_bytes).concat();
    let marked = [&DESCRIPTOR.to_le_bytes()[..], &numbers].concat();
    [marked, numbers]
        .iter()
        .find(|expected| bytes.starts_with(expected))
        .map(Vec::len)
}

/// Extra fields (APPNOTE 4.5): times, which Go's writer adds, and owners, which Info-ZIP adds. Others may say something else than the entry does.
fn known_extras(bytes: &[u8]) -> Result<(), Refusal> {
    let mut rest = Cursor(bytes);
    let mut seen = [false; 2];
    while !rest.0.is_empty() {
        let (id, length) = (rest.short()?, rest.short()?);
        rest.take(length)?;
        let at = match (id, length) {
            (0x5455, 1..=13) => 0,
            (0x7875, 0..=32) => 1,
            (1, _) => return Err(newer("zip64")),
            (0x9901 | 0x0017, _) => return Err(newer("a member is encrypted")),
            _ => return Err(forged("a member has a field that is not known")),
        };
        match seen.get_mut(at) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(forged("a member has a field twice")),
        }
    }
    Ok(())
}

/// Members must follow each other without overlap or gap up to the directory.
fn tiled(spans: &mut [(usize, usize, bool)], start: usize) -> Result<(), Refusal> {
    spans.sort_unstable();
    let mut at = 0;
    for (from, to, _) in spans {
        if *from < at {
            return Err(forged("members overlap"));
        }
        if *from > at {
            return Err(forged(if at == 0 {
                "there are bytes before the archive"
            } else {
                "there are bytes between the members"
            }));
        }
        at = *to;
    }
    if at == start {
        Ok(())
    } else {
        Err(forged("there are bytes between the members"))
    }
}

/// A name as a careless program may see it: case, `./`, backslashes, doubled slashes, dots and blanks at its end.
fn plain(name: &str) -> Cow<'_, str> {
    let parts = name
        .split(['/', '\\'])
        .map(|part| if part == "." { "" } else { part })
        .filter(|part| !part.is_empty());
    let joined = parts
        .map(|part| {
            part.trim_matches(|c: char| c.is_whitespace() || c.is_control())
                .trim_end_matches('.')
        })
        .collect::<Vec<_>>()
        .join("/");
    let plain: String = joined
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}'))
        .collect();
    Cow::Owned(plain.to_lowercase())
}

enum Source<'b> {
    Stored(&'b [u8]),
    Deflated(Box<DeflateDecoder<&'b [u8]>>),
}

/// A member as it is unpacked; at its end size and checksum must be right.
pub(super) struct Stream<'b> {
    source: Source<'b>,
    packed: u64,
    left: u64,
    crc: Crc,
    expected: u32,
}

impl<'b> Stream<'b> {
    fn new(member: &Member<'b>) -> Self {
        let source = if member.deflated {
            Source::Deflated(Box::new(DeflateDecoder::new(member.data)))
        } else {
            Source::Stored(member.data)
        };
        Self {
            source,
            packed: member.data.len() as u64,
            left: member.size,
            crc: Crc::new(),
            expected: member.crc,
        }
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let (count, consumed) = match &mut self.source {
            Source::Stored(bytes) => (bytes.read(buffer)?, self.packed),
            Source::Deflated(decoder) => (decoder.read(buffer)?, decoder.total_in()),
        };
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or(io::ErrorKind::InvalidData)?;
        self.crc.update(buffer.get(..count).unwrap_or_default());
        if count == 0
            && (self.left != 0 || self.crc.sum() != self.expected || consumed != self.packed)
        {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(count)
    }
}
