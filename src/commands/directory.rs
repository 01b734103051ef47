//! From a path of the command line to the files that are judged: a file, `-`, or everything in a directory that may be a plan. What a file is, is
//! decided by reading it and not by its name: whatever `check FILE` would judge is judged, and what is left out is named.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::inputs::{GZIP, Job, MAX_DEPTH, io_words};
use crate::report::LeftOut;
use crate::ui::refusal::{Refusal, Why};

/// How much of a file is looked at to tell text from anything else, in bytes.
const HEAD: usize = 4 << 10;

/// How much of a text is looked at for the start of a plan, in bytes: the most text of a wrapper, twice for UTF-16, and a first key.
const START: u64 = 132 << 10;

/// The end of an archive with its list of members, in bytes: the list of a plan names `tfplan` first.
const ARCHIVE_END: u64 = 66 << 10;

/// The longest list of members that is looked through, in bytes.
const MAX_LIST: u64 = 16 << 20;

/// Directories that hold no plans but a great many files.
const NOT_ENTERED: [&str; 2] = [".git", "node_modules"];

/// Directories that Terraform fills with what it downloads.
const DOWNLOADED: [&str; 2] = ["providers", "modules"];

/// A file to judge, and how sure it is that it is meant as a plan.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) job: Job,
    /// The directory that stands for the one that it lies in, where plans are kept apart from their sources.
    pub(super) instead: Option<PathBuf>,
    /// Named on the command line, or by its own name meant as a plan: whatever is wrong with it is said.
    pub(super) certain: bool,
}

/// What was found under one path of the command line.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What to judge, in order.
    pub(super) candidates: Vec<Candidate>,
    /// What cannot be judged, with its name.
    pub(super) refused: Vec<(String, Refusal)>,
    /// What was passed over, and why.
    pub(super) left_out: LeftOut,
}

/// What a path of the command line stands for: a file, everything in a directory that may be a plan, or `-`.
/// With `live`, the plans of a directory are from directories of the same names below that one.
pub(super) fn find(path: &Path, live: Option<&Path>) -> Result<Found, Refusal> {
    let mut found = Found::default();
    if path.as_os_str() == "-" || !path.is_dir() {
        let job = if path.as_os_str() == "-" {
            Job::Stdin
        } else {
            Job::File(path.to_owned())
        };
        found.candidates.push(Candidate {
            job,
            instead: None,
            certain: true,
        });
        return Ok(found);
    }
    let io = |error: io::Error| Refusal::new(Why::Io).with(io_words(&error));
    let mut search = Search {
        root: path.canonicalize().map_err(io)?,
        linked: BTreeSet::new(),
        found,
    };
    search.directory(path, 0).map_err(io)?;
    let mut found = search.found;
    for candidate in found.candidates.iter_mut().filter(|_| live.is_some()) {
        let Job::File(file) = &candidate.job else {
            continue;
        };
        let below = file.parent().and_then(|dir| dir.strip_prefix(path).ok());
        candidate.instead = below
            .filter(|below| !below.as_os_str().is_empty())
            .zip(live)
            .map(|(below, live)| live.join(below));
    }
    Ok(found)
}

struct Search {
    /// Where the search began, without links: nothing outside of it is read.
    root: PathBuf,
    /// Where links have led to: none is followed twice.
    linked: BTreeSet<PathBuf>,
    found: Found,
}

impl Search {
    fn directory(&mut self, dir: &Path, depth: usize) -> io::Result<()> {
        if depth > MAX_DEPTH {
            return Err(io::Error::other("directories are nested too deep"));
        }
        let mut entries = std::fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let kind = entry.file_type()?;
            let path = entry.path();
            if kind.is_symlink() {
                self.link(&path, depth)?;
            } else if kind.is_dir() {
                self.enter(&path, depth)?;
            } else if kind.is_file() {
                self.file(&path)?;
            } else {
                self.found.left_out.others += 1;
            }
        }
        Ok(())
    }

    fn enter(&mut self, path: &Path, depth: usize) -> io::Result<()> {
        let name = path.file_name().unwrap_or_default();
        let above = path.parent().and_then(Path::file_name);
        let downloaded = above.is_some_and(|above| above == ".terraform")
            && DOWNLOADED.iter().any(|known| name == *known);
        if downloaded || NOT_ENTERED.iter().any(|known| name == *known) {
            let name = path.display().to_string();
            self.found.left_out.not_entered.push(name);
            return Ok(());
        }
        self.directory(path, depth + 1)
    }

    /// A link is followed where it stays within the tree. One that leads out is refused when there is a plan or a directory behind it.
    fn link(&mut self, path: &Path, depth: usize) -> io::Result<()> {
        let Ok(target) = path.canonicalize() else {
            if has_a_plans_name(path) {
                let refusal = Refusal::new(Why::Io).with("it is a broken link");
                self.refuse(path, refusal);
            } else {
                self.found.left_out.others += 1;
            }
            return Ok(());
        };
        let inside = target.starts_with(&self.root);
        if target.is_dir() {
            if !inside {
                self.refuse(path, Refusal::new(Why::LinkOut));
            } else if !self.root.starts_with(&target) && self.linked.insert(target) {
                self.enter(path, depth)?;
            }
        } else if target.is_file() {
            if inside {
                self.file(path)?;
            } else if may_be_plan(path)? || has_a_plans_name(path) {
                self.refuse(path, Refusal::new(Why::LinkOut));
            } else {
                self.found.left_out.others += 1;
            }
        } else {
            self.found.left_out.others += 1;
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> io::Result<()> {
        let certain = has_a_plans_name(path);
        if certain || may_be_plan(path)? {
            let job = Job::File(path.to_owned());
            self.found.candidates.push(Candidate {
                job,
                instead: None,
                certain,
            });
        } else {
            self.found.left_out.others += 1;
        }
        Ok(())
    }

    fn refuse(&mut self, path: &Path, refusal: Refusal) {
        self.found
            .refused
            .push((path.display().to_string(), refusal));
    }
}

/// Whether a file is meant as a plan by its name, so that an empty or a broken one is not passed over.
pub(super) fn has_a_plans_name(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name == "plan.json"
        || name == "tfplan"
        || name.ends_with("tfplan.json")
        || name.ends_with(".plan.json")
        || name.ends_with(".tfplan")
}

/// Whether reading it as a plan is worth a try.
pub(super) fn may_be_plan(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    (&mut file).take(HEAD as u64).read_to_end(&mut head)?;
    if head.starts_with(b"PK") {
        return names_a_plan(&mut file);
    }
    if head.starts_with(GZIP) {
        file.seek(SeekFrom::Start(0))?;
        let mut start = Vec::new();
        // What cannot be unpacked is no plan that anything could read.
        let _ = flate2::read::MultiGzDecoder::new(file)
            .take(START)
            .read_to_end(&mut start);
        return Ok(start.starts_with(b"PK") && contains(&start, b"tfplan") || starts_a_plan(&start));
    }
    let wide = matches!(
        head.as_slice(),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [b'{', 0, ..] | [0, b'{', ..]
    );
    if !wide && head.contains(&0) {
        return Ok(head.starts_with(b"tfplan"));
    }
    file.take(START - head.len() as u64)
        .read_to_end(&mut head)?;
    if wide {
        head.retain(|byte| *byte != 0);
    }
    Ok(starts_a_plan(&head))
}

/// Whether text starts with an object, or has one in it that starts like a plan.
fn starts_a_plan(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let text = match text {
        [0xFF, 0xFE, rest @ ..] | [0xFE, 0xFF, rest @ ..] => rest,
        text => text,
    };
    text.trim_ascii_start().starts_with(b"{")
        || text.starts_with(b"tfplan")
        || crate::plan::STARTS
            .iter()
            .any(|start| contains(text, start.as_bytes()))
}

/// Whether an archive has a member that is named `tfplan`.
fn names_a_plan(file: &mut File) -> io::Result<bool> {
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(size.saturating_sub(ARCHIVE_END)))?;
    let mut end = Vec::new();
    file.take(ARCHIVE_END).read_to_end(&mut end)?;
    if has_member(&end) {
        return Ok(true);
    }
    let Some(at) = end
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .and_then(|at| end.get(at + 16..at + 20))
    else {
        // Its end is gone: what is left may still have been a plan.
        file.seek(SeekFrom::Start(0))?;
        let mut head = Vec::new();
        file.take(ARCHIVE_END).read_to_end(&mut head)?;
        return Ok(contains(&head, b"tfplan"));
    };
    let start = at
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    file.seek(SeekFrom::Start(start.min(size)))?;
    let mut list = Vec::new();
    file.take(MAX_LIST).read_to_end(&mut list)?;
    Ok(has_member(&list))
}

/// Whether a list of an archive's members has one that is named `tfplan`, in whatever case.
fn has_member(list: &[u8]) -> bool {
    list.windows(52).any(|entry| {
        entry.starts_with(b"PK\x01\x02")
            && entry.get(28..30) == Some(&[6, 0])
            && entry
                .get(46..52)
                .is_some_and(|name| name.eq_ignore_ascii_case(b"tfplan"))
    })
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Keys that nothing but a plan has.
const KEYS_OF_PLANS: [&str; 3] = [
    "\"resource_changes\"",
    "\"planned_values\"",
    "\"plan_format_version\"",
];

/// Whether something in a file speaks of a plan, in whatever encoding.
fn speaks_of_a_plan(bytes: &[u8]) -> bool {
    let says = |bytes: &[u8]| {
        KEYS_OF_PLANS
            .iter()
            .any(|key| contains(bytes, key.as_bytes()))
    };
    // UTF-16 has a zero beside each letter.
    says(bytes) || (bytes.contains(&0) && says(&without_zeros(bytes)))
}

fn without_zeros(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| *byte != 0).collect()
}

/// What a file is that turned out to be no plan; `None` when it may be one that cannot be judged, which is never passed over.
pub(super) fn no_plan(refusal: &Refusal, bytes: &[u8]) -> Option<&'static str> {
    let head = bytes.get(..HEAD.min(bytes.len())).unwrap_or_default();
    match refusal.why {
        Why::StateShown | Why::RawState => Some("a state"),
        Why::Stream => Some("a log of Terraform"),
        Why::Encrypted if contains(bytes, b"\"lineage\"") => Some("an encrypted state"),
        Why::NotAPlan
        | Why::NotJson
        | Why::Empty
        | Why::Malformed
        | Why::Truncated
        | Why::WrongShape
        | Why::Surrounded
            if speaks_of_a_plan(bytes) =>
        {
            None
        }
        Why::NotAPlan if contains(head, b"\"provider_schemas\"") => Some("provider schemas"),
        Why::NotAPlan if contains(head, b"\"function_signatures\"") => Some("function signatures"),
        Why::NotAPlan if contains(head, b"\"error_count\"") => Some("output of validate"),
        Why::NotAPlan | Why::NotJson | Why::Empty | Why::OtherZip => Some(""),
        // A file that is cut off before its first such key still starts like one.
        Why::Malformed | Why::Truncated | Why::WrongShape | Why::Surrounded
            if !contains(&without_zeros(head), b"\"format_version\"") =>
        {
            Some("")
        }
        _ => None,
    }
}
