//! Which directory a plan is from: its pin, the memory of the last apply and Terraform's own files count only there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Where, directory};
use crate::config::{instead_of, is_source, overrides};
use crate::plan::Plan;

/// Where a plan was found, and with it where it may be from.
pub(crate) struct PlanFile<'a> {
    /// Its file; `None` for standard input.
    pub(crate) file: Option<&'a Path>,
    /// The directory that stands for the file's own, when plans are kept apart from their sources.
    pub(crate) instead: Option<PathBuf>,
}

/// The directory of a plan, when nobody named one: the one that its file lies in, else the current one, if the root module there has the
/// plan's files. One that has other files may still hold the pin: then that alone is compared.
pub(crate) fn of(plan: &Plan<'_>, origin: &PlanFile<'_>) -> Where {
    let here = PathBuf::from(".");
    let own = origin
        .instead
        .clone()
        .or_else(|| Some(folder(origin.file?)))
        .unwrap_or_else(|| here.clone());
    let mut candidates = vec![own.clone()];
    if !same(&own, &here) {
        candidates.push(here.clone());
    }
    let backend = |dir: &Path| {
        super::Identity::place_of(plan).is_none_or(|place| directory::is_set_up_for(dir, &place))
    };
    let theirs: Vec<&PathBuf> = candidates
        .iter()
        .filter(|dir| has_the_sources(plan, dir))
        .collect();
    // One that is set up for another backend is taken only where no other fits: that it is, is then a finding.
    let best = theirs.iter().find(|dir| backend(dir)).or(theirs.first());
    if let Some(dir) = best {
        return Where::Found {
            dir: (*dir).clone(),
            counts: true,
        };
    }
    if plan.saved.is_none() && !names(&own).is_empty() {
        return Where::Found {
            dir: own,
            counts: false,
        };
    }
    let found = |dir: PathBuf| Where::Found { dir, counts: false };
    if same(&own, &here) {
        return found(here);
    }
    if Home::of(&own).pin().exists() {
        return found(own);
    }
    // A folder of plans has neither sources nor a pin: then the pin of the current directory is as near as any.
    Where::Unknown {
        pin_here: names(&own).is_empty(),
        beside: own,
    }
}

/// Files of the root module that differ from those that the plan was made of; line ends apart. Empty when nothing differs or it cannot be told.
pub(crate) fn changed(plan: &Plan<'_>, dir: &Path) -> Vec<String> {
    let Some(planned) = plan
        .saved
        .as_deref()
        .and_then(|saved| saved.config.root_files())
    else {
        return Vec::new();
    };
    let here = directory::sources(dir).unwrap_or_default();
    let lines = |text: &str| text.replace("\r\n", "\n");
    let differs = |(name, text): &(&String, &String)| {
        here.get(*name)
            .is_some_and(|there| lines(there) != lines(text))
    };
    let names = planned.iter().filter(differs).map(|(name, _)| name.clone());
    names.collect()
}

/// The directory that a path lies in.
fn folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// What lasts of the directory that Terraform runs in: where its pin is kept, and its policy from there upward. The directory itself, but for those that a tool
/// writes anew each time: a copy in `.terragrunt-cache` (the unit), a unit in `.terragrunt-stack` and a stack of CDKTF. Several of the last two share a
/// directory that lasts, so that each has a pin file of its own name there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    /// The directory.
    pub(crate) dir: PathBuf,
    /// Name of the pin file in it.
    pub(crate) pin_file: String,
}

impl Home {
    /// Of a directory.
    pub(crate) fn of(dir: &Path) -> Self {
        let dir = unit(dir);
        let shared = of_stack(&dir).or_else(|| of_cdktf(&dir));
        match shared {
            Some((home, name)) => Self {
                dir: home,
                pin_file: super::pin::file_of(&name),
            },
            None => Self {
                dir,
                pin_file: super::PIN_FILE.to_owned(),
            },
        }
    }

    /// The pin file.
    pub(crate) fn pin(&self) -> PathBuf {
        self.dir.join(&self.pin_file)
    }

    /// Whether it is that of this directory alone.
    pub(crate) fn is_own(&self) -> bool {
        self.pin_file == super::PIN_FILE
    }
}

/// The unit that Terragrunt copied into `.terragrunt-cache` below it; the directory itself where it is no such copy.
fn unit(dir: &Path) -> PathBuf {
    let above = |dir: &Path| {
        let parts = || dir.components();
        let at = parts().position(|part| part.as_os_str() == ".terragrunt-cache")?;
        Some(named(parts().take(at).collect()))
    };
    above(dir)
        // It may be named from within the copy.
        .or_else(|| above(&dir.canonicalize().ok()?))
        .unwrap_or_else(|| dir.to_owned())
}

/// For a unit that Terragrunt wrote into `.terragrunt-stack`: the directory above, which has `terragrunt.stack.hcl`, and the name of the unit there.
fn of_stack(dir: &Path) -> Option<(PathBuf, String)> {
    let within = |dir: &Path| {
        let parts = || dir.components().map(|part| part.as_os_str());
        let at = parts().position(|part| part == ".terragrunt-stack")?;
        let name: Option<Vec<&str>> = parts()
            .skip(at + 1)
            .filter(|part| *part != ".terragrunt-stack")
            .map(|part| part.to_str())
            .collect();
        let name = name?.join(".");
        (!name.is_empty()).then(|| (named(dir.components().take(at).collect()), name))
    };
    within(dir).or_else(|| within(&dir.canonicalize().ok()?))
}

/// For a stack that CDKTF wrote: the directory of `cdktf.json`, and the name of the stack.
fn of_cdktf(dir: &Path) -> Option<(PathBuf, String)> {
    let whole = dir.canonicalize().ok()?;
    let name = whole.file_name()?.to_str()?.to_owned();
    let stacks = whole
        .parent()
        .filter(|dir| dir.ends_with("cdktf.out/stacks"))?;
    let root = stacks.parent()?.parent()?;
    if !root.join("cdktf.json").is_file() {
        return None;
    }
    // As it was named, where the name goes that far up.
    let above = dir.ancestors().nth(3).map(|dir| named(dir.to_owned()));
    let root = above
        .filter(|dir| same(dir, root))
        .unwrap_or_else(|| root.to_owned());
    Some((root, name))
}

/// The current directory has a name, too.
fn named(dir: PathBuf) -> PathBuf {
    if dir.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        dir
    }
}

fn same(one: &Path, other: &Path) -> bool {
    one == other
        || one
            .canonicalize()
            .ok()
            .zip(other.canonicalize().ok())
            .is_some_and(|(one, other)| one == other)
}

/// Whether the root module of a directory has the files of a saved plan, by name; JSON has no files, so there its resource blocks count.
pub(crate) fn has_the_sources(plan: &Plan<'_>, dir: &Path) -> bool {
    let Some(saved) = plan.saved.as_deref() else {
        return directory::has_the_blocks(plan, dir);
    };
    let planned = without_overrides(saved.config.root_names());
    let there = names(&dir.join(saved.config.root_dir()));
    !planned.is_empty() && are_of(&planned, &there)
}

/// Whether a plan of these files is one of a directory with those: as Terraform reads it, or as OpenTofu does.
pub(crate) fn are_of(planned: &BTreeSet<String>, there: &BTreeSet<String>) -> bool {
    let of_terraform = there.iter().filter(|name| !is_tofu(name));
    // It takes `x.tofu` in the place of `x.tf`, and so with JSON.
    let of_tofu = there
        .iter()
        .filter(|name| instead_of(name).is_none_or(|instead| !there.contains(&instead)));
    planned.iter().eq(of_terraform) || planned.iter().eq(of_tofu)
}

fn is_tofu(name: &str) -> bool {
    name.ends_with(".tofu") || name.ends_with(".tofu.json")
}

/// The source files of a directory, but for override files.
pub(crate) fn names(dir: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    // Links count: Terraform follows them.
    let files = entries.filter(|entry| !entry.file_type().is_ok_and(|kind| kind.is_dir()));
    without_overrides(
        files
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| is_source(name)),
    )
}

/// Override files are made for one run and removed again: `backend_override.tf` in a pipeline.
pub(crate) fn without_overrides(names: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    names.into_iter().filter(|name| !overrides(name)).collect()
}
