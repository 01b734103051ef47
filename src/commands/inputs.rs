//! From a path, a directory or standard input to the files that may be plans.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::wrong_file;
use crate::plan::saved::swells;
use crate::ui::mistaken::Mistaken;
use crate::ui::refusal::{Refusal, Why};

/// The largest input, in bytes: a plan of this size has millions of resources.
const MAX_BYTES: u64 = 2 << 30;

/// How deep directories are searched.
pub(super) const MAX_DEPTH: usize = 32;

/// How a file starts that gzip wrote.
pub(super) const GZIP: &[u8] = b"\x1f\x8b";

/// As much is read before somebody looks at it, in bytes.
const PIECE: u64 = 64 << 20;

/// Something to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Job {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Job {
    /// The name in reports.
    #[must_use]
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "(standard input)".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// The file; `None` for standard input.
    #[must_use]
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdin => None,
            Self::File(path) => Some(path),
        }
    }

    /// How many bytes it has, as far as the file system says.
    #[must_use]
    pub(crate) fn size(&self) -> u64 {
        let size = |path| std::fs::metadata(path).map_or(0, |about| about.len());
        self.path().map_or(0, size)
    }

    /// Reads all of it, once.
    ///
    /// # Errors
    /// When it cannot be read or is too large.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        let read = match self {
            Self::Stdin => whole(io::stdin().lock(), &mut bytes),
            Self::File(path) => File::open(path).and_then(|file| {
                let size = file.metadata().map_or(0, |meta| meta.len()).min(MAX_BYTES);
                bytes.reserve_exact(usize::try_from(size).unwrap_or(0).saturating_add(1));
                whole(file, &mut bytes)
            }),
        };
        read.map_err(|error| match self {
            Self::File(path) if error.kind() == io::ErrorKind::NotFound => {
                wrong_file::missing(path)
            }
            Self::File(path) if path.is_dir() => Refusal::new(Why::Mistaken(Mistaken::Directory)),
            _ if error.kind() == io::ErrorKind::InvalidData => {
                Refusal::new(Why::NotJson).with("it has zero bytes in it")
            }
            _ => Refusal::new(Why::Io).with(io_words(&error)),
        })?;
        if u64::try_from(bytes.len()).is_ok_and(|size| size > MAX_BYTES) {
            return Err(Refusal::new(Why::TooLarge).with("more than 2 GiB"));
        }
        if bytes.starts_with(GZIP) {
            return unpacked(&bytes);
        }
        Ok(bytes)
    }
}

/// Reads a source to its end, or to where it is certainly no plan: `/dev/zero` has no end.
fn whole(source: impl Read, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let mut source = source.take(MAX_BYTES + 1);
    let mut read = source.by_ref().take(PIECE).read_to_end(bytes)?;
    // A text has no zero bytes; what tells by its first ones what it is, is told so.
    let known = [b"PK".as_slice(), GZIP, b"tfplan", b"\xff\xfe", b"\xfe\xff"];
    let told = known.iter().any(|start| bytes.starts_with(start));
    if read as u64 >= PIECE && !told && bytes.iter().take(1 << 16).any(|byte| *byte == 0) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    read += source.read_to_end(bytes)?;
    Ok(read)
}

/// What gzip packed, or the bytes as they are.
///
/// # Errors
/// When they cannot be unpacked.
pub(super) fn unzipped(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Refusal> {
    Ok(if bytes.starts_with(GZIP) {
        Cow::Owned(unpacked(bytes)?)
    } else {
        Cow::Borrowed(bytes)
    })
}

/// What gzip packed, if it is whole and not too large.
fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut plain = Vec::new();
    let mut unpacked = flate2::read::MultiGzDecoder::new(bytes).take(MAX_BYTES + 1);
    let packed = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    loop {
        let read = unpacked.by_ref().take(PIECE).read_to_end(&mut plain);
        let read = read.map_err(|_| Refusal::new(Why::Malformed).with("gzip cannot unpack it"))?;
        if read == 0 {
            break;
        }
        if swells(packed, u64::try_from(plain.len()).unwrap_or(u64::MAX)) {
            return Err(Refusal::new(Why::TooLarge)
                .with("it grows more than a hundred times when unpacked"));
        }
    }
    if u64::try_from(plain.len()).is_ok_and(|size| size > MAX_BYTES) {
        return Err(Refusal::new(Why::TooLarge).with("more than 2 GiB when unpacked"));
    }
    Ok(plain)
}

/// What went wrong, in the system's words: they name no content.
pub(crate) fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        kind => kind.to_string(),
    }
}

/// Refuses a file that was written before a configuration file below `dir`: it is not the plan of what is there now.
/// Times of files are all there is to go by: a fresh checkout makes every plan look old, which errs on the right side.
///
/// # Errors
/// When it is older, or when times cannot be told.
pub(crate) fn newer_than(job: &Job, dir: &Path) -> Result<(), Refusal> {
    let Job::File(path) = job else {
        return Err(Refusal::new(Why::Stale).with("standard input has no time; name the file"));
    };
    let io = |error: io::Error| Refusal::new(Why::Io).with(io_words(&error));
    let made = std::fs::metadata(path)
        .and_then(|meta| meta.modified())
        .map_err(io)?;
    let mut open = vec![(dir.to_owned(), 0)];
    while let Some((dir, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            return Err(Refusal::new(Why::Io).with("directories are nested too deep"));
        }
        for entry in std::fs::read_dir(&dir).map_err(io)? {
            let entry = entry.map_err(io)?;
            let (kind, name) = (entry.file_type().map_err(io)?, entry.file_name());
            let name = name.to_string_lossy();
            if kind.is_dir() && !matches!(name.as_ref(), ".terraform" | ".git") {
                open.push((entry.path(), depth + 1));
            } else if kind.is_file()
                && is_configuration(&name)
                && entry
                    .metadata()
                    .and_then(|meta| meta.modified())
                    .map_err(io)?
                    > made
            {
                return Err(Refusal::new(Why::Stale).with(format!(
                    "{} changed after it was made",
                    entry.path().display()
                )));
            }
        }
    }
    Ok(())
}

fn is_configuration(name: &str) -> bool {
    crate::config::is_source(name)
        || name.ends_with(".tfvars")
        || name.ends_with(".tfvars.json")
        || name == ".terraform.lock.hcl"
}
