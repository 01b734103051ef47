//! The two sides of a change: commits, what is staged, or what is on disk. Which files each has, and what is in them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::command::Git;
use super::{base_of, is_hash, one_line, resolve, work_tree};
use crate::ui::refusal::{Refusal, Why};

/// The longest list of files that is read, in bytes: about a million names.
const MAX_LIST: usize = 128 << 20;

/// The most that is read of all files of both sides, in bytes.
const MAX_ALL: usize = 512 << 20;

/// One side of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Side {
    /// Nothing: before the first commit.
    Empty,
    /// A commit, by its full hash.
    Commit(String),
    /// What the next commit will have.
    Index,
    /// What is on disk, without what git ignores.
    WorkTree,
}

/// What a side has in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A file, by the hash of its content.
    Blob(String),
    /// A file on disk.
    Disk,
    /// A symbolic link.
    Link,
    /// A submodule.
    Submodule,
}

/// A repository with a work tree.
#[derive(Debug)]
pub(crate) struct Repository {
    git: Git,
    root: PathBuf,
}

/// The files of a side by their paths below the top, joined by `/`.
pub(crate) type Files = BTreeMap<String, Entry>;

impl Repository {
    /// The one that a directory is in. `index` is the one that `git commit` tells its hooks.
    ///
    /// # Errors
    /// Without git, or outside of the work tree of a repository.
    pub(crate) fn open(dir: &Path, index: Option<&OsStr>) -> Result<Self, Refusal> {
        let dir = dir.canonicalize().map_err(|error| {
            Refusal::new(Why::Io).with(format!("the directory: {}", error.kind()))
        })?;
        let git = Git::find(&dir)?;
        let (root, _) = work_tree(&git, &dir)?;
        let git = git.within(&root).with_index(index.map(PathBuf::from));
        Ok(Self { git, root })
    }

    /// The top of the work tree.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A directory as it is below the top, joined by `/`.
    ///
    /// # Errors
    /// When it is in another repository, or its name is no text.
    pub(crate) fn below(&self, dir: &Path) -> Result<String, Refusal> {
        let outside = || Refusal::new(Why::NoRepository);
        let dir = dir.canonicalize().map_err(|_| outside())?;
        let below = dir.strip_prefix(&self.root).map_err(|_| outside())?;
        let steps: Option<Vec<&str>> = below.iter().map(|step| step.to_str()).collect();
        Ok(steps.ok_or_else(outside)?.join("/"))
    }

    /// The commit that is checked out; `None` before the first one.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub(crate) fn head(&self) -> Result<Option<String>, Refusal> {
        if let Some(hash) = self.hash("HEAD^{commit}")? {
            return Ok(Some(hash));
        }
        let unborn = self.git.ask(&["symbolic-ref", "-q", "HEAD"])?;
        let name = one_line(&unborn.out).and_then(|name| std::str::from_utf8(name).ok());
        let known = match name.filter(|_| unborn.success) {
            Some(name) => self.git.ask(&["show-ref", "--verify", name])?.success,
            None => true,
        };
        if known {
            return Err(Refusal::new(Why::Unreachable).with("HEAD"));
        }
        Ok(None)
    }

    /// The commit that a name means, and nothing else can.
    ///
    /// # Errors
    /// When it means none, or several.
    pub(crate) fn commit(&self, rev: &str) -> Result<String, Refusal> {
        resolve(&self.git, rev, base_of(rev)?)
    }

    /// The first parent of a commit; `None` of the first one.
    ///
    /// # Errors
    /// When it has one that is not here.
    pub(crate) fn first_parent(&self, commit: &str) -> Result<Option<String>, Refusal> {
        let lacking = || Refusal::new(Why::NoRevision).with("what came before it");
        let answer = self.git.ask(&["cat-file", "commit", commit])?;
        let text = answer.out.split(|byte| *byte == b'\n');
        let mut heads = text.take_while(|line| !line.is_empty());
        let parent = heads.find_map(|line| line.strip_prefix(b"parent "));
        let Some(parent) = parent.and_then(|line| std::str::from_utf8(line).ok()) else {
            return answer.success.then_some(None).ok_or_else(lacking);
        };
        let here = self.hash(&format!("{parent}^{{commit}}"))?;
        here.map(Some).ok_or_else(lacking)
    }

    /// Where two commits parted.
    ///
    /// # Errors
    /// When that is not known, as in a shallow clone.
    pub(crate) fn merge_base(&self, one: &str, other: &str) -> Result<String, Refusal> {
        let answer = self.git.ask(&["merge-base", one, other])?;
        hash_of(&answer.out)
            .filter(|_| answer.success)
            .ok_or_else(|| {
                Refusal::new(Why::NoRevision).with("the commit at which the two sides parted")
            })
    }

    fn hash(&self, name: &str) -> Result<Option<String>, Refusal> {
        let words = ["rev-parse", "--verify", "-q", "--end-of-options", name];
        let answer = self.git.ask(&words)?;
        Ok(hash_of(&answer.out).filter(|_| answer.success))
    }

    /// The files of a side whose names are wanted. A name that is not UTF-8 is no source file of anything.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub(crate) fn files(
        &self,
        side: &Side,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Files, Refusal> {
        let staged = ["ls-files", "-s", "-z", "--full-name"];
        let untracked = ["ls-files", "-o", "-z", "--exclude-standard", "--full-name"];
        let mut files = match side {
            Side::Empty => Files::new(),
            Side::Commit(hash) => {
                self.listed(&["ls-tree", "-r", "-z", "--full-tree", hash], wanted)?
            }
            Side::Index => self.listed(&staged, wanted)?,
            Side::WorkTree => {
                let mut files = self.listed(&staged, wanted)?;
                let answer = self.git.ask_for(&untracked, MAX_LIST)?;
                if !answer.success {
                    return Err(Refusal::new(Why::Unreachable).with("the files of the work tree"));
                }
                let names = answer.out.split(|byte| *byte == 0);
                let names = names.filter_map(|name| std::str::from_utf8(name).ok());
                let names = names.filter(|name| !name.is_empty() && wanted(name));
                files.extend(names.map(|name| (name.to_owned(), Entry::Disk)));
                files
            }
        };
        if *side == Side::WorkTree {
            let kept = self.not_checked_out()?;
            files.retain(
                |path, entry| match std::fs::symlink_metadata(self.root.join(path)) {
                    Ok(meta) if meta.is_symlink() => {
                        *entry = Entry::Link;
                        true
                    }
                    Ok(meta) if meta.is_file() => {
                        *entry = Entry::Disk;
                        true
                    }
                    Ok(_) => *entry == Entry::Submodule,
                    // A sparse checkout leaves it out of the directory, and it is there as it was.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                        kept.contains(path)
                    }
                    // What cannot be looked at is not passed over: reading it says why.
                    Err(_) => true,
                },
            );
        }
        Ok(files)
    }

    /// The files of the index that are not to be on disk.
    fn not_checked_out(&self) -> Result<HashSet<String>, Refusal> {
        let answer = self
            .git
            .ask_for(&["ls-files", "-t", "-z", "--full-name"], MAX_LIST)?;
        if !answer.success {
            return Err(Refusal::new(Why::Unreachable).with("its list of files"));
        }
        let lines = answer.out.split(|byte| *byte == 0);
        let names = lines.filter_map(|line| line.strip_prefix(b"S "));
        let names = names.filter_map(|name| std::str::from_utf8(name).ok());
        Ok(names.map(str::to_owned).collect())
    }

    /// `MODE [KIND] HASH [STAGE]\tPATH`, each ended by a zero.
    fn listed(&self, words: &[&str], wanted: &dyn Fn(&str) -> bool) -> Result<Files, Refusal> {
        let answer = self.git.ask_for(words, MAX_LIST)?;
        if !answer.success {
            return Err(Refusal::new(Why::Unreachable).with("its list of files"));
        }
        let odd = || Refusal::new(Why::Unreachable).with("git gives an unknown answer");
        let mut files = Files::new();
        let lines = answer.out.split(|byte| *byte == 0);
        for line in lines.filter(|line| !line.is_empty()) {
            let tab = line
                .iter()
                .position(|byte| *byte == b'\t')
                .ok_or_else(odd)?;
            let (about, name) = line.split_at_checked(tab).ok_or_else(odd)?;
            let Ok(name) = std::str::from_utf8(name.get(1..).unwrap_or_default()) else {
                continue;
            };
            let about = std::str::from_utf8(about).map_err(|_| odd())?;
            let mut words = about.split(' ');
            let mode = words.next().unwrap_or_default();
            let hash = words.clone().find(|word| is_hash(word)).ok_or_else(odd)?;
            let stage = words.next_back().unwrap_or_default();
            if !wanted(name) && mode != "160000" {
                continue;
            }
            if matches!(stage, "1" | "2" | "3") {
                return Err(Refusal::new(Why::Conflicts));
            }
            let entry = match mode {
                "120000" => Entry::Link,
                "160000" => Entry::Submodule,
                _ => Entry::Blob(hash.to_owned()),
            };
            files.insert(name.to_owned(), entry);
        }
        Ok(files)
    }

    /// What is in these files of a side, by their paths; `None` for what is larger than `most`.
    ///
    /// # Errors
    /// When one of them cannot be read, or all of them are too much.
    pub(crate) fn read(
        &self,
        files: &[(&str, &Entry)],
        most: usize,
    ) -> Result<HashMap<String, Option<Vec<u8>>>, Refusal> {
        let mut hashes: Vec<&str> = files
            .iter()
            .filter_map(|(_, entry)| match entry {
                Entry::Blob(hash) => Some(hash.as_str()),
                _ => None,
            })
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        let blobs = if hashes.is_empty() {
            HashMap::new()
        } else {
            self.git.blobs(&hashes, most, MAX_ALL)?
        };
        let mut found = HashMap::with_capacity(files.len());
        let mut sum = 0_usize;
        for (path, entry) in files {
            let content = match entry {
                Entry::Blob(hash) => blobs.get(hash).cloned(),
                Entry::Disk => {
                    let io = |error: std::io::Error| {
                        Refusal::new(Why::Io).with(format!("{path}: {}", error.kind()))
                    };
                    let file = std::fs::File::open(self.root.join(path)).map_err(io)?;
                    let mut bytes = Vec::new();
                    std::io::Read::read_to_end(
                        &mut std::io::Read::take(file, most as u64 + 1),
                        &mut bytes,
                    )
                    .map_err(io)?;
                    (bytes.len() <= most).then_some(bytes)
                }
                Entry::Link | Entry::Submodule => continue,
            };
            sum = sum.saturating_add(content.as_ref().map_or(0, Vec::len));
            if sum > MAX_ALL {
                return Err(Refusal::new(Why::TooLarge).with("the files of the change"));
            }
            found.insert((*path).to_owned(), content);
        }
        Ok(found)
    }
}

fn hash_of(out: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(one_line(out)?).ok()?;
    is_hash(line).then(|| line.to_owned())
}
