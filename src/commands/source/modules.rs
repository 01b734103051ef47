//! The modules of both sides: which differ, and what is in them. Each content is read and parsed once, on all cores.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::config::written::{
    self, Folder, Form, LOCK, Source, is_taken, is_terragrunt, is_values,
};
use crate::config::{MAX_SOURCE, is_source};
use crate::facts::source::local;
use crate::finding::Side;
use crate::git::side::{Entry, Files, Repository};
use crate::rules::source::some;
use crate::ui::refusal::{Refusal, Why};
use crate::ui::words::plural;

/// Whether a file is a part of a module.
pub(super) fn is_wanted(path: &str) -> bool {
    let name = name(path);
    let wanted = is_source(name) || name == LOCK || is_values(name) || is_terragrunt(name);
    wanted
        && !path
            .split('/')
            .any(|step| matches!(step, ".terraform" | ".terragrunt-cache"))
}

pub(super) fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The directory of a file; empty at the top.
pub(super) fn dir(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// Both sides.
pub(super) struct Modules<'r> {
    repository: &'r Repository,
    before: Files,
    after: Files,
    within: &'r [String],
    /// By content, and how it is read.
    parsed: HashMap<(String, Form), Arc<Source>>,
    /// By path: what is on disk has no hash.
    disk: HashMap<String, Arc<Source>>,
    loaded: BTreeSet<String>,
    folders: HashMap<(String, Side), Arc<Folder>>,
    changed: BTreeSet<String>,
    /// Whether values that Terraform takes by itself stand in the place of their variables.
    fill: bool,
}

impl<'r> Modules<'r> {
    pub(super) fn new(
        repository: &'r Repository,
        before: Files,
        after: Files,
        within: &'r [String],
    ) -> Self {
        Self {
            repository,
            before,
            after,
            within,
            parsed: HashMap::new(),
            disk: HashMap::new(),
            loaded: BTreeSet::new(),
            folders: HashMap::new(),
            changed: BTreeSet::new(),
            fill: false,
        }
    }

    /// With values that Terraform takes by itself in the place of their variables.
    pub(super) fn filled_in(self) -> Self {
        Self { fill: true, ..self }
    }

    /// The files of a side.
    pub(super) const fn files(&self, side: Side) -> &Files {
        match side {
            Side::Before => &self.before,
            Side::After => &self.after,
        }
    }

    pub(super) const fn repository(&self) -> &'r Repository {
        self.repository
    }

    /// Whether a path is among those that were asked for.
    pub(super) fn is_within(&self, path: &str) -> bool {
        self.within.is_empty()
            || self.within.iter().any(|dir| {
                dir.is_empty()
                    || path
                        .strip_prefix(dir.as_str())
                        .is_some_and(|rest| rest.starts_with('/'))
            })
    }

    /// The paths that differ, of all kinds.
    pub(super) fn differing(&self) -> BTreeSet<String> {
        let paths = self.before.keys().chain(self.after.keys());
        paths
            .filter(|path| self.is_within(path) && self.before.get(*path) != self.after.get(*path))
            .cloned()
            .collect()
    }

    /// The directories of modules that differ. All of their files are parsed.
    pub(super) fn touched(&mut self) -> Result<BTreeSet<String>, Refusal> {
        let differing = self.differing();
        let sources = differing.iter().filter(|path| is_wanted(path));
        self.changed = sources.cloned().collect();
        self.without_same()?;
        let touched: BTreeSet<String> = self
            .changed
            .iter()
            .map(|path| dir(path).to_owned())
            .collect();
        self.load(&touched)?;
        Ok(touched)
    }

    /// Takes out what is on disk as it was.
    fn without_same(&mut self) -> Result<(), Refusal> {
        let disk: Vec<&String> = self
            .changed
            .iter()
            .filter(|path| self.after.get(*path) == Some(&Entry::Disk))
            .collect();
        if disk.is_empty() {
            return Ok(());
        }
        let most = usize::try_from(MAX_SOURCE).unwrap_or(usize::MAX);
        let entries = |files: &Files| -> Vec<(String, Entry)> {
            disk.iter()
                .filter_map(|path| Some(((*path).clone(), files.get(*path)?.clone())))
                .collect()
        };
        let read = |entries: &[(String, Entry)]| {
            let borrowed: Vec<(&str, &Entry)> = entries
                .iter()
                .map(|(path, entry)| (path.as_str(), entry))
                .collect();
            self.repository.read(&borrowed, most)
        };
        let (before, after) = (entries(&self.before), entries(&self.after));
        let (before, after) = (read(&before)?, read(&after)?);
        let same: Vec<String> = disk
            .into_iter()
            .filter(|path| {
                matches!((before.get(*path), after.get(*path)), (Some(Some(old)), Some(Some(new))) if old == new)
            })
            .cloned()
            .collect();
        for path in same {
            self.changed.remove(&path);
        }
        Ok(())
    }

    /// How many source files differ.
    pub(super) fn changed_files(&self) -> usize {
        self.changed.len()
    }

    /// Reads and parses the files of these directories, of both sides.
    fn load(&mut self, dirs: &BTreeSet<String>) -> Result<(), Refusal> {
        let most = usize::try_from(MAX_SOURCE).unwrap_or(usize::MAX);
        let mut jobs: Vec<(Key, Option<Vec<u8>>)> = Vec::new();
        for side in [Side::Before, Side::After] {
            let files = self.files(side);
            let entries: Vec<(&str, &Entry)> = dirs
                .iter()
                .filter(|dir| !self.loaded.contains(*dir))
                .flat_map(|at| inside(files, at))
                .filter(|(path, _)| is_wanted(path))
                .filter(|(path, entry)| match entry {
                    Entry::Blob(hash) => !self.parsed.contains_key(&(hash.clone(), Form::of(path))),
                    Entry::Disk => !self.disk.contains_key(*path),
                    _ => false,
                })
                .map(|(path, entry)| (path.as_str(), entry))
                .collect();
            let mut contents = self.repository.read(&entries, most)?;
            for (path, entry) in entries {
                let key = match entry {
                    Entry::Blob(hash) => Key::Content(hash.clone(), Form::of(path)),
                    _ => Key::Disk(path.to_owned()),
                };
                jobs.push((key, contents.remove(path).flatten()));
            }
        }
        self.loaded.extend(dirs.iter().cloned());
        jobs.sort_by(|a, b| a.0.cmp(&b.0));
        jobs.dedup_by(|a, b| a.0 == b.0);
        for (key, source) in parse(&jobs) {
            match key {
                Key::Content(hash, form) => self.parsed.insert((hash, form), source),
                Key::Disk(path) => self.disk.insert(path, source),
            };
        }
        Ok(())
    }

    /// The module of a directory on a side; an empty one where there is none.
    pub(super) fn folder(&mut self, at: &str, side: Side) -> Result<Arc<Folder>, Refusal> {
        let key = (at.to_owned(), side);
        if let Some(folder) = self.folders.get(&key) {
            return Ok(Arc::clone(folder));
        }
        self.load(&BTreeSet::from([at.to_owned()]))?;
        let mut sources: BTreeMap<&str, &Source> = BTreeMap::new();
        for (path, entry) in inside(self.files(side), at) {
            let name = name(path);
            let source = match entry {
                Entry::Blob(hash) => self.parsed.get(&(hash.clone(), Form::of(path))),
                Entry::Disk => self.disk.get(path),
                _ => None,
            };
            if let Some(source) = source.filter(|_| is_wanted(path)) {
                sources.insert(name, source);
            }
        }
        let mut folder = Folder::of(at, &sources);
        if self.fill {
            folder.fill_in();
        }
        let folder = Arc::new(folder);
        self.folders.insert(key, Arc::clone(&folder));
        Ok(folder)
    }

    /// Whether a file of a module that differs cannot be read.
    pub(super) fn hides(&self, folder: &Folder) -> bool {
        folder.unread.iter().any(|path| self.changed.contains(path))
    }

    /// What differs and cannot be understood. At commit, what could not be read before is only noted: the commit may be what mends it.
    pub(super) fn unread(&self, capped: bool) -> (Option<Refusal>, Vec<String>) {
        let (mut refused, mut notes) = (BTreeSet::new(), Vec::new());
        for ((_, side), folder) in &self.folders {
            for path in folder
                .unread
                .iter()
                .filter(|path| self.changed.contains(*path))
            {
                match side {
                    Side::Before if capped => notes.push(format!(
                        "{path} could not be read before the change: what goes from there is unknown"
                    )),
                    Side::Before => {
                        refused.insert(format!("{path}, before the change"));
                    }
                    Side::After => {
                        refused.insert(path.clone());
                    }
                }
            }
        }
        notes.sort();
        let refusal = refused.first().map(|first| {
            let more = match refused.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Refusal::new(Why::NoSource).with(format!("{first}{more}"))
        });
        (refusal, notes)
    }

    /// Who called these directories before the change.
    pub(super) fn callers(
        &mut self,
        dirs: &BTreeSet<String>,
    ) -> Result<HashMap<String, Vec<(String, String)>>, Refusal> {
        if dirs.is_empty() {
            return Ok(HashMap::new());
        }
        let ends: BTreeSet<&str> = dirs.iter().map(|dir| name(dir)).collect();
        if ends.iter().all(|end| end.is_empty()) {
            return Ok(HashMap::new());
        }
        let most = usize::try_from(MAX_SOURCE).unwrap_or(usize::MAX);
        let entries: Vec<(&str, &Entry)> = self
            .before
            .iter()
            .filter(|(path, entry)| {
                matches!(entry, Entry::Blob(_)) && is_source(name(path)) && is_wanted(path)
            })
            .map(|(path, entry)| (path.as_str(), entry))
            .collect();
        let contents = self.repository.read(&entries, most)?;
        let mut asking: BTreeSet<String> = BTreeSet::new();
        for (path, content) in &contents {
            let Some(text) = content
                .as_deref()
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
            else {
                continue;
            };
            // Most files call nothing: only those that may are parsed.
            let may = text.contains("module")
                && ends.iter().any(|end| {
                    !end.is_empty()
                        && (text.contains(&format!("/{end}\""))
                            || text.contains(&format!("/{end}/")))
                });
            if may {
                asking.insert(dir(path).to_owned());
            }
        }
        let mut found: HashMap<String, Vec<(String, String)>> = HashMap::new();
        for from in asking {
            let folder = self.folder(&from, Side::Before)?;
            for (call, placed) in &folder.calls {
                let source = placed.block.body.text(&["source"]);
                let to = source.and_then(|source| local(&from, source));
                if let Some(to) = to.filter(|to| dirs.contains(to)) {
                    let callers = found.entry(to).or_default();
                    callers.push((from.clone(), format!("module.{call}")));
                }
            }
        }
        Ok(found)
    }

    /// Of directories that are gone, those that were called and are called no more: what goes with them is told where the calls were.
    pub(super) fn left_by_callers(
        &mut self,
        gone: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, Refusal> {
        let mut left = BTreeSet::new();
        for (dir, callers) in self.callers(gone)? {
            let mut calls = false;
            for (from, call) in &callers {
                let folder = self.folder(from, Side::After)?;
                let name = call.strip_prefix("module.").unwrap_or(call);
                let source = folder
                    .calls
                    .get(name)
                    .and_then(|placed| placed.block.body.text(&["source"]));
                calls |=
                    source.and_then(|source| local(from, source)).as_deref() == Some(dir.as_str());
            }
            if !calls {
                left.insert(dir);
            }
        }
        Ok(left)
    }

    /// Files with values that differ, and that Terraform takes only when somebody names them.
    pub(super) fn named_values(&self) -> Option<String> {
        let differing = self.changed.iter();
        let named = differing.filter(|path| is_values(name(path)) && !is_taken(name(path)));
        some(named.map(String::as_str))
    }

    /// Links and submodules that differ: nothing of them was read.
    pub(super) fn passed_over(&self) -> Vec<String> {
        let differing = self.differing();
        let is = |path: &str, wanted: &Entry| {
            [&self.before, &self.after]
                .iter()
                .any(|files| files.get(path) == Some(wanted))
        };
        let count = |wanted: &Entry| differing.iter().filter(|path| is(path, wanted)).count();
        let mut notes = Vec::new();
        let links = count(&Entry::Link);
        if links > 0 {
            notes.push(format!("{} not followed", plural(links, "symbolic link")));
        }
        let modules = differing
            .iter()
            .filter(|path| is(path, &Entry::Submodule))
            .cloned()
            .collect::<Vec<_>>();
        if let Some(first) = modules.first() {
            notes.push(format!(
                "not read: the submodule {first}{}",
                match modules.len() - 1 {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                }
            ));
        }
        notes
    }
}

/// The files of a directory, without those of directories in it: from one of these to the next it is one step, however many there are below.
fn inside<'f>(files: &'f Files, at: &str) -> Vec<(&'f String, &'f Entry)> {
    let start = if at.is_empty() {
        String::new()
    } else {
        format!("{at}/")
    };
    let mut found = Vec::new();
    let mut from = start.clone();
    while let Some((path, entry)) = files.range(from.clone()..).next() {
        let Some(rest) = path.strip_prefix(&start) else {
            break;
        };
        from = match rest.split_once('/') {
            // What comes after everything in that directory: the character after `/`.
            Some((below, _)) => format!("{start}{below}0"),
            None => {
                found.push((path, entry));
                format!("{path}\0")
            }
        };
    }
    found
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Content(String, Form),
    Disk(String),
}

/// Parses on all cores.
fn parse(jobs: &[(Key, Option<Vec<u8>>)]) -> Vec<(Key, Arc<Source>)> {
    let one = |(key, content): &(Key, Option<Vec<u8>>)| {
        let form = match key {
            Key::Content(_, form) => *form,
            Key::Disk(path) => Form::of(path),
        };
        let source = written::read_as(form, content.as_deref());
        (key.clone(), Arc::new(source))
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if jobs.len() < 16 || cores == 1 {
        return jobs.iter().map(one).collect();
    }
    let part = jobs.len().div_ceil(cores);
    std::thread::scope(|scope| {
        let running: Vec<_> = jobs
            .chunks(part)
            .map(|jobs| scope.spawn(move || jobs.iter().map(one).collect::<Vec<_>>()))
            .collect();
        running
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_default())
            .collect()
    })
}
