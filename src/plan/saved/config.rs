//! The configuration within a saved plan (`tfconfig/`, docs/plan-format.md): read only when somebody asks, and never a reason to refuse. What cannot be parsed is
//! not known. The JSON of a plan has none of it: where in the sources a block stands.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::OnceLock;

use super::Writer;
use super::exact::{Exact, Keys};
use super::zip::Container;
use crate::config::written::{self, Folder, Source};
use crate::config::{self, MAX_SOURCE, Module, Tree};
use crate::ui::refusal::{Refusal, Why};

/// The most that is read of all files, in bytes: the parsed form takes many times as much.
const MAX_ALL: u64 = 16 << 20;

/// The name of the lock file, in a plan as in a directory.
const LOCK: &str = ".terraform.lock.hcl";

/// The configuration of a saved plan.
pub struct Config<'b> {
    container: Container<'b>,
    tree: OnceLock<Tree<'static>>,
    /// The first module of each directory.
    dirs: OnceLock<HashMap<String, String>>,
}

impl fmt::Debug for Config<'_> {
    /// Shows nothing of the sources.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Config(..)")
    }
}

impl<'b> Config<'b> {
    pub(super) const fn new(container: Container<'b>) -> Self {
        Self {
            container,
            tree: OnceLock::new(),
            dirs: OnceLock::new(),
        }
    }

    /// The lock file of the providers; `None` when there is none, or it is too large or no text.
    #[must_use]
    pub fn lock(&self) -> Option<String> {
        text(&self.container, LOCK)
    }

    /// Its modules.
    pub(crate) fn tree(&self) -> &Tree<'static> {
        self.tree.get_or_init(|| read(&self.container))
    }

    /// Its modules, if anybody has asked for them.
    pub(crate) fn asked(&self) -> Option<&Tree<'static>> {
        self.tree.get()
    }

    /// Its modules as they are written, by the paths of their calls.
    pub(crate) fn written(&self) -> BTreeMap<String, Folder> {
        let dirs: BTreeMap<String, String> = listed(&self.container)
            .into_iter()
            .map(|listed| (listed.key, listed.dir))
            .collect();
        let mut sources: BTreeMap<&str, BTreeMap<&str, Source>> = BTreeMap::new();
        let mut left = MAX_ALL;
        for member in self.container.names() {
            let Some((key, name)) = member
                .strip_prefix("tfconfig/m-")
                .and_then(|member| member.split_once('/'))
            else {
                continue;
            };
            let size = self.container.size(member).unwrap_or(u64::MAX);
            let content = (size <= left)
                .then(|| text(&self.container, member))
                .flatten();
            left = left.saturating_sub(size);
            let read = written::read(name, content.as_deref().map(str::as_bytes));
            sources.entry(key).or_default().insert(name, read);
        }
        if let Some(lock) = self.lock() {
            let read = written::read(written::LOCK, Some(lock.as_bytes()));
            sources.entry("").or_default().insert(written::LOCK, read);
        }
        sources
            .into_iter()
            .map(|(key, files)| {
                let dir = dirs.get(key).map_or("", String::as_str);
                let borrowed = files.iter().map(|(name, source)| (*name, source));
                let dir = dir.trim_end_matches('/');
                (
                    key.to_owned(),
                    Folder::of(if dir == "." { "" } else { dir }, &borrowed.collect()),
                )
            })
            .collect()
    }

    /// The source addresses of the providers that `init` chose; `None` when the plan does not have them.
    pub(crate) fn locked_providers(&self) -> Option<BTreeSet<String>> {
        config::locked_providers(&self.lock()?)
    }

    /// The root module's source files with their texts; `None` when one is too large or no text.
    #[must_use]
    pub(crate) fn root_files(&self) -> Option<BTreeMap<String, String>> {
        let mut files = BTreeMap::new();
        for file in self.root_names() {
            let text = text(&self.container, &format!("tfconfig/m-/{file}"))?;
            files.insert(file, text);
        }
        Some(files)
    }

    /// The names of the root module's source files.
    pub(crate) fn root_names(&self) -> impl Iterator<Item = String> {
        self.container
            .names()
            .filter_map(|name| name.strip_prefix("tfconfig/m-/"))
            .filter(|name| !name.contains('/') && config::is_source(name))
            .map(str::to_owned)
    }

    /// The directory of the root module, as seen from where Terraform ran.
    pub(crate) fn root_dir(&self) -> String {
        let root = listed(&self.container)
            .into_iter()
            .find(|listed| listed.key.is_empty());
        root.map(|listed| listed.dir).unwrap_or_default()
    }

    /// A source file as it is: for snippets of it, never for printing whole.
    #[must_use]
    pub fn source(&self, file: &str) -> Option<String> {
        let dirs = self.dirs.get_or_init(|| {
            let mut dirs = HashMap::new();
            for (key, module) in &self.tree().modules {
                dirs.entry(prefix(&module.dir))
                    .or_insert_with(|| key.clone());
            }
            dirs
        });
        let (dir, name) = file.split_at_checked(file.rfind('/').map_or(0, |at| at + 1))?;
        let key = dirs.get(dir)?;
        text(&self.container, &format!("tfconfig/m-{key}/{name}"))
    }
}

/// The start of the paths of files in a directory.
fn prefix(dir: &str) -> String {
    if matches!(dir, "" | ".") {
        String::new()
    } else {
        format!("{}/", dir.trim_end_matches('/'))
    }
}

fn text(container: &Container<'_>, member: &str) -> Option<String> {
    container.size(member).filter(|size| *size <= MAX_SOURCE)?;
    String::from_utf8(container.read(member).ok()??).ok()
}

/// One line of `tfconfig/modules.json`.
#[derive(serde::Deserialize)]
struct Listed {
    #[serde(rename = "Key", default)]
    key: String,
    #[serde(rename = "Dir", default)]
    dir: String,
}

impl Keys for Listed {
    const KEYS: &'static [&'static str] = &["Key", "Source", "Version", "Dir"];
}

const MODULES: &str = "tfconfig/modules.json";

fn listed(container: &Container<'_>) -> Vec<Listed> {
    text(container, MODULES)
        .and_then(|text| serde_json::from_str::<Vec<Exact<Listed>>>(&text).ok())
        .unwrap_or_default()
        .into_iter()
        .map(|Exact(listed)| listed)
        .collect()
}

/// Checks that Terraform takes the same files for the sources of the same modules. What is in them may be anything.
///
/// # Errors
/// When one lies where two programs look for different modules, is one that the writer does not read, or the list of modules can be read in two ways.
pub(super) fn check(container: &Container<'_>, writer: Writer) -> Result<(), Refusal> {
    let forged = |detail: &'static str| Refusal::new(Why::ForgedArchive).with(detail);
    for member in container.names() {
        let Some(rest) = member.strip_prefix("tfconfig/m-") else {
            continue;
        };
        // Terraform takes what is before the last slash for the module, and a module's name has none.
        if rest.matches('/').count() > 1 {
            return Err(forged(
                "a source file lies below the directory of its module",
            ));
        }
        let tofu = [".tofu", ".tofu.json"]
            .iter()
            .any(|end| rest.ends_with(end));
        if tofu && writer != Writer::OpenTofu {
            return Err(forged("it has a source file that Terraform does not read"));
        }
        if writer == Writer::OpenTofu
            && config::instead_of(member).is_some_and(|other| container.has(&other))
        {
            return Err(forged("it has a source file in two forms"));
        }
    }
    if !container.has(MODULES) {
        return Ok(());
    }
    let broken = || Refusal::new(Why::BrokenPlan).with("its list of modules cannot be read");
    let text = text(container, MODULES).ok_or_else(broken)?;
    let list = serde_json::from_str::<Vec<Exact<Listed>>>(&text).map_err(|_| broken())?;
    let mut seen = HashSet::with_capacity(list.len());
    if !list
        .iter()
        .all(|Exact(listed)| seen.insert(listed.key.as_str()))
    {
        return Err(Refusal::new(Why::BrokenPlan).with("its list of modules has one twice"));
    }
    let mut sources: HashMap<&str, BTreeMap<&str, &str>> = HashMap::new();
    for member in container.names() {
        if let Some((key, name)) = of_module(member) {
            if !seen.contains(key) {
                return Err(forged("it has sources of a module that is not listed"));
            }
            sources.entry(key).or_default().insert(name, member);
        }
    }
    // Terraform looks for a directory among the modules in any order: those of one directory are one module to it.
    let mut first: HashMap<String, &str> = HashMap::new();
    for Exact(listed) in &list {
        let other = match first.entry(cleaned(&listed.dir)) {
            Entry::Occupied(other) => *other.get(),
            Entry::Vacant(free) => {
                free.insert(&listed.key);
                continue;
            }
        };
        let (ours, theirs) = (sources.get(listed.key.as_str()), sources.get(other));
        if !same_sources(container, ours, theirs) {
            return Err(forged("two of its modules lie in one directory"));
        }
    }
    Ok(())
}

/// The key of a module and the name of a file of it.
fn of_module(member: &str) -> Option<(&str, &str)> {
    member.strip_prefix("tfconfig/m-")?.split_once('/')
}

/// Whether two modules have the same files.
fn same_sources(
    container: &Container<'_>,
    ours: Option<&BTreeMap<&str, &str>>,
    theirs: Option<&BTreeMap<&str, &str>>,
) -> bool {
    let (ours, theirs) = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours, theirs),
        (None, None) => return true,
        _ => return false,
    };
    ours.len() == theirs.len()
        && ours
            .iter()
            .zip(theirs)
            .all(|((name, ours), (other, theirs))| name == other && container.same(ours, theirs))
}

/// A directory in one spelling, as Go's `filepath.Clean` gives it.
fn cleaned(dir: &str) -> String {
    let dir = dir.replace('\\', "/");
    let mut steps: Vec<&str> = Vec::new();
    for step in dir.split('/') {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => {
                steps.pop();
            }
            // Nothing is above the root.
            ".." if dir.starts_with('/') => {}
            step => steps.push(step),
        }
    }
    let root = if dir.starts_with('/') { "/" } else { "" };
    format!("{root}{}", steps.join("/"))
}

fn read(container: &Container<'_>) -> Tree<'static> {
    let listed = listed(container).into_iter();
    let mut modules: BTreeMap<String, Module<'static>> = listed
        .map(|listed| (listed.key, Module::new(listed.dir)))
        .collect();
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for member in container.names() {
        if let Some((key, name)) = member
            .strip_prefix("tfconfig/m-")
            .and_then(|member| member.split_once('/'))
        {
            files.entry(key).or_default().push(name);
        }
    }
    let mut left = MAX_ALL;
    for (key, names) in files {
        let module = modules
            .entry(key.to_owned())
            .or_insert_with(|| Module::new(String::new()));
        let prefix = prefix(&module.dir);
        for name in config::in_order(names) {
            let member = format!("tfconfig/m-{key}/{name}");
            let size = container.size(&member).unwrap_or(u64::MAX);
            let source = (size <= left).then(|| text(container, &member)).flatten();
            left = left.saturating_sub(size);
            module.add(name, &format!("{prefix}{name}"), source.as_deref());
        }
    }
    Tree { modules }
}
