//! What a change has beside sources: states and plans that come along, and lines of the gate itself.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::{Modules, dir};
use crate::commands::kept_out;
use crate::facts::source::{At, Delta};
use crate::finding::Side;
use crate::git::MAX_BYTES;
use crate::git::side::Entry;
use crate::plan::kept_out::may_be;
use crate::policy::POLICY_FILE;
use crate::state::is_pin_file;
use crate::ui::refusal::Refusal;

/// Files of CI systems and hooks, in which a line may run the gate.
const RUNNERS: [&str; 8] = [
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    "Jenkinsfile",
    "Makefile",
    "atlantis.yaml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "buildspec.yml",
];

/// Flags that let more through.
const WEAKER: [&str; 5] = [
    "--allow",
    "--exit-zero",
    "--no-config",
    "--block-at critical",
    "|| true",
];

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a file may say something here.
pub(super) fn is_wanted(path: &str) -> bool {
    may_be(path) || is_policy(path) || is_runner(path)
}

fn is_policy(path: &str) -> bool {
    name(path) == POLICY_FILE || is_pin_file(name(path))
}

fn is_runner(path: &str) -> bool {
    RUNNERS.contains(&name(path))
        || path.starts_with(".github/workflows/")
        || path.starts_with(".circleci/")
}

/// New files whose content is looked at together.
const TOGETHER: usize = 100;

/// Adds what is found to the module of its directory.
pub(super) fn look(modules: &Modules<'_>, deltas: &mut Vec<Delta>) -> Result<(), Refusal> {
    let differing = modules.differing();
    let mut found: BTreeMap<String, Delta> = BTreeMap::new();
    gate(modules, &differing, &mut found)?;
    states(modules, &differing, &mut found)?;
    deltas.extend(found.into_values());
    Ok(())
}

fn of<'d>(found: &'d mut BTreeMap<String, Delta>, path: &str) -> &'d mut Delta {
    found.entry(dir(path).to_owned()).or_insert_with(|| Delta {
        dir: dir(path).to_owned(),
        ..Delta::default()
    })
}

fn at(path: &str, side: Side, line: usize) -> At {
    At {
        side,
        file: path.to_owned(),
        line,
    }
}

/// States and plans that are new. What they hold is not kept: there may be many.
fn states(
    modules: &Modules<'_>,
    differing: &BTreeSet<String>,
    found: &mut BTreeMap<String, Delta>,
) -> Result<(), Refusal> {
    let (before, after) = (modules.files(Side::Before), modules.files(Side::After));
    let new: Vec<(&str, &Entry)> = differing
        .iter()
        .filter(|path| may_be(path) && !is_policy(path) && !before.contains_key(*path))
        .filter_map(|path| Some((path.as_str(), after.get(path)?)))
        .filter(|(_, entry)| matches!(entry, Entry::Blob(_) | Entry::Disk))
        .collect();
    for part in new.chunks(TOGETHER) {
        let contents = modules.repository().read(part, MAX_BYTES)?;
        for (path, _) in part {
            let content = contents.get(*path).and_then(Option::as_deref);
            if let Some(what) = kept_out::of_blob(path, content) {
                of(found, path)
                    .states
                    .push((at(path, Side::After, 1), what));
            }
        }
    }
    Ok(())
}

/// Policy, pin, and the lines that run the gate.
fn gate(
    modules: &Modules<'_>,
    differing: &BTreeSet<String>,
    found: &mut BTreeMap<String, Delta>,
) -> Result<(), Refusal> {
    let paths: Vec<&String> = differing
        .iter()
        .filter(|path| is_policy(path) || is_runner(path))
        .collect();
    let read = |side: Side| {
        let files = modules.files(side);
        let entries: Vec<(&str, &Entry)> = paths
            .iter()
            .filter_map(|path| Some((path.as_str(), files.get(*path)?)))
            .collect();
        modules.repository().read(&entries, MAX_BYTES)
    };
    let (old, new) = (read(Side::Before)?, read(Side::After)?);
    let (before, after) = (modules.files(Side::Before), modules.files(Side::After));
    for path in paths {
        let was = old.get(path).and_then(Option::as_deref);
        let now = new.get(path).and_then(Option::as_deref);
        if was == now && now.is_some() {
            continue;
        }
        let told = if is_policy(path) {
            // The first one weakens nothing.
            match (before.contains_key(path), after.contains_key(path)) {
                (true, true) => vec![(
                    at(path, Side::After, 1),
                    format!("{path} is changed"),
                    false,
                )],
                (true, false) => {
                    vec![(
                        at(path, Side::Before, 1),
                        format!("{path} is removed"),
                        true,
                    )]
                }
                _ => Vec::new(),
            }
        } else {
            runner(path, was, now)
        };
        if !told.is_empty() {
            of(found, path).gate.extend(told);
        }
    }
    Ok(())
}

/// A place, a clause, and whether it is gone.
type Told = (At, String, bool);

/// Lines that ran the gate and do not any more, or that let more through.
fn runner(path: &str, was: Option<&[u8]>, now: Option<&[u8]>) -> Vec<Told> {
    fn lines(bytes: Option<&[u8]>) -> Vec<(usize, String)> {
        let text = bytes.map(String::from_utf8_lossy).unwrap_or_default();
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| {
            line.contains("applygate") && !line.trim_start().starts_with(['#', '/'])
        });
        lines
            .map(|(at, line)| (at + 1, line.trim().to_owned()))
            .collect()
    }
    let (old, new) = (lines(was), lines(now));
    let gone = old
        .iter()
        .find(|(_, line)| !new.iter().any(|(_, other)| other == line));
    if new.len() < old.len()
        && let Some((line, _)) = gone
    {
        return vec![(
            at(path, Side::Before, *line),
            "a line that runs applygate is removed".to_owned(),
            true,
        )];
    }
    let mut told = Vec::new();
    for (line, text) in &new {
        if old.iter().any(|(_, other)| other == text) {
            continue;
        }
        for flag in WEAKER {
            if text.contains(flag) && !old.iter().any(|(_, other)| other.contains(flag)) {
                told.push((
                    at(path, Side::After, *line),
                    format!("a line that runs applygate now has {flag}"),
                    !old.is_empty(),
                ));
            }
        }
    }
    told
}
