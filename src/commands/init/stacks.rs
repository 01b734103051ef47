//! The directories of a repository that plans are made in: one policy above them holds for all.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use crate::config::Module;
use crate::policy::POLICY_FILE;
use crate::state::{data_dir, directory};

/// The most steps down: `live/ACCOUNT/REGION/ENVIRONMENT/UNIT` are five.
const DEEPEST: usize = 6;

/// The most directories that are looked into, and the most stacks that are taken.
const MOST: (usize, usize) = (5000, 200);

/// What lies in directories of these names is called, tried or brought along, and no plan of its own is made there.
const NO_STACKS: [&str; 11] = [
    "module",
    "modules",
    "_modules",
    "example",
    "examples",
    "test",
    "tests",
    "testdata",
    "fixtures",
    "vendor",
    "node_modules",
];

/// What lies directly in directories of these names is a stack, even if nothing else tells.
const STACKS: [&str; 9] = [
    "stacks",
    "stack",
    "live",
    "environments",
    "environment",
    "envs",
    "deployments",
    "roots",
    "accounts",
];

/// The stacks of a directory.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    /// As seen from it, sorted; `.` is the directory itself.
    pub(super) dirs: Vec<String>,
    /// Whether these are all of them.
    pub(super) all: bool,
}

/// A directory that is still to be looked into.
struct Next {
    path: PathBuf,
    /// As seen from where the search started.
    name: String,
    depth: usize,
    /// Whether a directory above it has sources: those below may well be its modules.
    below_sources: bool,
    /// Whether the directory above it has a name that says what lies in it.
    in_stacks: bool,
}

/// Looks for stacks from a directory down. One with a policy or a repository of its own is left out, with all below it: what is written further up does not
/// hold there.
#[must_use]
pub(super) fn below(top: &Path) -> Stacks {
    let mut found = Stacks {
        all: true,
        ..Stacks::default()
    };
    let mut open = VecDeque::from([Next {
        path: top.to_owned(),
        name: ".".to_owned(),
        depth: 0,
        below_sources: false,
        in_stacks: false,
    }]);
    let mut units = Vec::new();
    let mut looked = 0;
    while let Some(next) = open.pop_front() {
        looked += 1;
        if looked > MOST.0 || found.dirs.len() + units.len() >= MOST.1 {
            found.all = false;
            break;
        }
        let there = |name: &str| std::fs::symlink_metadata(next.path.join(name)).is_ok();
        if next.depth > 0 && (there(".git") || there(POLICY_FILE)) {
            continue;
        }
        let sources = directory::sources(&next.path);
        let has_sources = sources.as_ref().is_none_or(|sources| !sources.is_empty());
        if is_stack(&next, &sources.unwrap_or_default(), has_sources) {
            found.dirs.push(next.name.clone());
        } else if next.path.join("terragrunt.hcl").is_file() {
            units.push(next.name.clone());
        }
        let subdirectories = subdirectories(&next.path);
        if next.depth == DEEPEST {
            found.all &= subdirectories.is_empty();
            continue;
        }
        let in_stacks = next
            .path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| STACKS.contains(&name));
        open.extend(subdirectories.into_iter().map(|name| Next {
            path: next.path.join(&name),
            name: if next.depth == 0 {
                name
            } else {
                format!("{}/{name}", next.name)
            },
            depth: next.depth + 1,
            below_sources: next.below_sources || has_sources,
            in_stacks,
        }));
    }
    // What other units of Terragrunt include lies above them, and is no unit.
    let is_above = |unit: &str| {
        let below = format!("{unit}/");
        unit == "." || units.iter().any(|other| other.starts_with(&below))
    };
    let mut dirs: Vec<String> = units
        .iter()
        .filter(|unit| !is_above(unit))
        .cloned()
        .collect();
    dirs.append(&mut found.dirs);
    dirs.sort();
    Stacks { dirs, ..found }
}

/// The directories in one that stacks may lie in, sorted. Links are not followed: they may lead in a circle, or out of the repository.
fn subdirectories(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.') && !NO_STACKS.contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

/// Whether plans are made here: it was set up once, keeps its state somewhere, or is the only configuration on the way down and has providers.
fn is_stack(next: &Next, sources: &BTreeMap<String, String>, has_sources: bool) -> bool {
    let there = |path: PathBuf| std::fs::symlink_metadata(path).is_ok();
    // TF_DATA_DIR may be one place for all.
    let data = Some(data_dir(&next.path)).filter(|data| data.starts_with(&next.path));
    if there(next.path.join("terraform.tfstate"))
        || data.is_some_and(|data| {
            there(data.join("terraform.tfstate")) || there(data.join("environment"))
        })
    {
        return true;
    }
    if !has_sources {
        return false;
    }
    let module = Module::of_files(sources);
    next.in_stacks
        || there(next.path.join(".terraform.lock.hcl"))
        || module.backend.is_some()
        || (!next.below_sources && !module.providers.is_empty())
}
