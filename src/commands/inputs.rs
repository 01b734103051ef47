//! From a path, a directory or standard input to the files that may be plans.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::ui::refusal::{Refusal, Why};

/// The largest input, in bytes: a plan of this size has millions of resources.
const MAX_BYTES: u64 = 2 << 30;

/// How much of a file in a directory is looked at to tell whether it is a plan, in bytes.
const HEAD: u64 = 4 << 10;

/// How deep directories are searched.
const MAX_DEPTH: usize = 32;

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

    /// Reads all of it, once.
    ///
    /// # Errors
    /// When it cannot be read or is too large.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        let read = match self {
            Self::Stdin => io::stdin()
                .lock()
                .take(MAX_BYTES + 1)
                .read_to_end(&mut bytes),
            Self::File(path) => File::open(path).and_then(|file| {
                let size = file.metadata().map_or(0, |meta| meta.len()).min(MAX_BYTES);
                bytes.reserve_exact(usize::try_from(size).unwrap_or(0).saturating_add(1));
                file.take(MAX_BYTES + 1).read_to_end(&mut bytes)
            }),
        };
        read.map_err(|error| Refusal::new(Why::Io).with(io_words(&error)))?;
        if u64::try_from(bytes.len()).is_ok_and(|size| size > MAX_BYTES) {
            return Err(Refusal::new(Why::TooLarge).with("more than 2 GiB"));
        }
        Ok(bytes)
    }
}

/// What went wrong, in the system's words: they name no content.
pub(crate) fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        kind => kind.to_string(),
    }
}

/// What was found under one path of the command line.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What to judge, in order.
    pub(crate) jobs: Vec<Job>,
    /// Files of a directory that do not look like plans.
    pub(crate) others: usize,
}

/// What a path of the command line stands for: a file, all plans of a directory, or `-`.
///
/// # Errors
/// When there is nothing, or nothing that looks like a plan in a directory.
pub(crate) fn find(path: &Path) -> Result<Found, Refusal> {
    if path.as_os_str() == "-" {
        return Ok(Found {
            jobs: vec![Job::Stdin],
            others: 0,
        });
    }
    if !path.is_dir() {
        return Ok(Found {
            jobs: vec![Job::File(path.to_owned())],
            others: 0,
        });
    }
    let mut found = Found::default();
    search(path, 0, &mut found).map_err(|error| Refusal::new(Why::Io).with(io_words(&error)))?;
    if found.jobs.is_empty() {
        return Err(Refusal::new(Why::NoPlans).with(format!("{} other files", found.others)));
    }
    Ok(found)
}

fn search(dir: &Path, depth: usize, found: &mut Found) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::other("directories are nested too deep"));
    }
    let mut entries = std::fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        // The type of the entry itself: a symbolic link is neither file nor directory, and is not followed.
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() {
            if !matches!(entry.file_name().to_str(), Some(".terraform" | ".git")) {
                search(&path, depth + 1, found)?;
            }
        } else if kind.is_file() && looks_like_plan(&path)? {
            found.jobs.push(Job::File(path));
        } else {
            found.others += 1;
        }
    }
    Ok(())
}

/// Whether a file of a directory is meant as a plan: by how it starts, or by its name, so that an empty or broken one is not passed over.
fn looks_like_plan(path: &Path) -> io::Result<bool> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
        .to_ascii_lowercase();
    if name == "plan.json"
        || name == "tfplan"
        || name.ends_with("tfplan.json")
        || name.ends_with(".plan.json")
        || name.ends_with(".tfplan")
    {
        return Ok(true);
    }
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    if head.starts_with(b"PK\x03\x04") {
        return Ok(contains(&head, b"tfplan"));
    }
    let head: Vec<u8> = head
        .into_iter()
        .filter(|byte| *byte != 0 && !byte.is_ascii_whitespace())
        .collect();
    let Some(at) = position(&head, b"{\"format_version\"") else {
        return Ok(false);
    };
    // A state has the same start, but its values come at once.
    let rest = head.get(at..).unwrap_or_default();
    let state = contains(rest, b"\"values\":{") && !contains(rest, b"\"planned_values\"");
    Ok(at <= 3 && !state)
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
    [
        ".tf",
        ".tf.json",
        ".tofu",
        ".tofu.json",
        ".tfvars",
        ".tfvars.json",
    ]
    .iter()
    .any(|ending| name.ends_with(ending))
        || name == ".terraform.lock.hcl"
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    position(bytes, part).is_some()
}

fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
