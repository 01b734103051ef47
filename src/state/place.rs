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
        .or_else(|| Some(unit(&folder(origin.file?))))
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
        .filter(|dir| is_of(plan, dir, origin))
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
    if own.join(super::PIN_FILE).exists() {
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

/// The directory that lasts: Terragrunt copies a unit into `.terragrunt-cache` below it, and wipes the copy; CDKTF writes `cdktf.out/stacks/NAME`.
pub(crate) fn unit(dir: &Path) -> PathBuf {
    if let Some(root) = of_cdktf(dir) {
        return root;
    }
    let parts: Vec<_> = dir.components().collect();
    let cache = parts
        .iter()
        .position(|part| part.as_os_str() == ".terragrunt-cache");
    let whole = || dir.canonicalize().ok().filter(|whole| *whole != *dir);
    let Some(at) = cache else {
        // The plan may be named from within the copy.
        return whole()
            .filter(|whole| {
                whole
                    .components()
                    .any(|part| part.as_os_str() == ".terragrunt-cache")
            })
            .map_or_else(|| dir.to_owned(), |whole| unit(&whole));
    };
    let unit: PathBuf = parts.iter().take(at).collect();
    if unit.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        unit
    }
}

/// The directory beside `cdktf.json`, for the only stack that is written below it: a pin file is for one stack, so several keep their own.
fn of_cdktf(dir: &Path) -> Option<PathBuf> {
    let whole = dir.canonicalize().ok()?;
    let stacks = whole
        .parent()
        .filter(|dir| dir.ends_with("cdktf.out/stacks"))?;
    let root = stacks.parent()?.parent()?;
    let others = std::fs::read_dir(stacks).ok()?.flatten().take(2).count();
    if others != 1 || !root.join("cdktf.json").is_file() {
        return None;
    }
    // As it was named, where the name goes that far up.
    let named = dir.parent().and_then(Path::parent).and_then(Path::parent);
    Some(match named {
        Some(named) if same(named, root) => {
            if named.as_os_str().is_empty() {
                PathBuf::from(".")
            } else {
                named.to_owned()
            }
        }
        _ => root.to_owned(),
    })
}

fn same(one: &Path, other: &Path) -> bool {
    one == other
        || one
            .canonicalize()
            .ok()
            .zip(other.canonicalize().ok())
            .is_some_and(|(one, other)| one == other)
}

/// Whether the sources that a plan was made of are those of a directory, or of the copy that Terragrunt made of it.
fn is_of(plan: &Plan<'_>, dir: &Path, origin: &PlanFile<'_>) -> bool {
    let copy = origin
        .file
        .map(folder)
        .filter(|copy| !same(copy, dir) && same(&unit(copy), dir));
    [Some(dir.to_owned()), copy]
        .into_iter()
        .flatten()
        .any(|dir| has_the_sources(plan, &dir))
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
