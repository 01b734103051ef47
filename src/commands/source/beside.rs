//! What a change has beside sources: states and plans that come along, and lines of the gate itself.

use std::collections::BTreeMap;

use super::modules::{Modules, dir};
use crate::facts::source::{At, Delta};
use crate::finding::Side;
use crate::git::MAX_BYTES;
use crate::git::side::Entry;
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
    is_state(path) || is_policy(path) || is_runner(path)
}

fn is_state(path: &str) -> bool {
    let name = name(path);
    name.ends_with(".tfstate")
        || name.contains(".tfstate.")
        || name.ends_with(".tfplan")
        || matches!(
            name,
            "tfplan" | "plan.out" | "tfplan.json" | "plan.json" | "planfile"
        )
}

fn is_policy(path: &str) -> bool {
    name(path) == POLICY_FILE || is_pin_file(name(path))
}

fn is_runner(path: &str) -> bool {
    RUNNERS.contains(&name(path))
        || path.starts_with(".github/workflows/")
        || path.starts_with(".circleci/")
}

/// Adds what is found to the module of its directory.
pub(super) fn look(modules: &Modules<'_>, deltas: &mut Vec<Delta>) -> Result<(), Refusal> {
    let (before, after) = (modules.files(Side::Before), modules.files(Side::After));
    let paths: Vec<String> = modules
        .differing()
        .into_iter()
        .filter(|path| is_wanted(path))
        .collect();
    let read = |side: Side| {
        let files = modules.files(side);
        let entries: Vec<(&str, &Entry)> = paths
            .iter()
            .filter_map(|path| Some((path.as_str(), files.get(path)?)))
            .collect();
        modules.repository().read(&entries, MAX_BYTES)
    };
    let (old, new) = (read(Side::Before)?, read(Side::After)?);
    let mut found: BTreeMap<String, Delta> = BTreeMap::new();
    for path in &paths {
        let at = |side, line| At {
            side,
            file: path.clone(),
            line,
        };
        let was = old.get(path).and_then(Option::as_deref);
        let now = new.get(path).and_then(Option::as_deref);
        if was == now && now.is_some() {
            continue;
        }
        let mut delta = Delta {
            dir: dir(path).to_owned(),
            ..Delta::default()
        };
        if is_state(path) {
            if !before.contains_key(path)
                && let Some(what) = now.and_then(state)
            {
                delta.states.push((at(Side::After, 1), what));
            }
        } else if is_policy(path) {
            // The first one weakens nothing.
            match (before.contains_key(path), after.contains_key(path)) {
                (true, true) => {
                    delta
                        .gate
                        .push((at(Side::After, 1), format!("{path} is changed"), false))
                }
                (true, false) => {
                    delta
                        .gate
                        .push((at(Side::Before, 1), format!("{path} is removed"), true));
                }
                _ => {}
            }
        } else {
            runner(path, was, now, &mut delta);
        }
        if delta.is_quiet() {
            continue;
        }
        let there = found.entry(delta.dir.clone()).or_insert_with(|| Delta {
            dir: delta.dir.clone(),
            ..Delta::default()
        });
        there.states.append(&mut delta.states);
        there.gate.append(&mut delta.gate);
    }
    deltas.extend(found.into_values());
    Ok(())
}

/// What a file is that has no place in a repository.
fn state(bytes: &[u8]) -> Option<&'static str> {
    let has = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    if bytes.starts_with(b"PK") && has("tfplan") {
        return Some("a saved plan");
    }
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    if has("\"lineage\"") && has("\"serial\"") {
        return Some("a state");
    }
    (has("\"resource_changes\"") && has("\"format_version\"")).then_some("a plan as JSON")
}

/// Lines that ran the gate and do not any more, or that let more through.
fn runner(path: &str, was: Option<&[u8]>, now: Option<&[u8]>, delta: &mut Delta) {
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
    let at = |side, line| At {
        side,
        file: path.to_owned(),
        line,
    };
    let gone = old
        .iter()
        .find(|(_, line)| !new.iter().any(|(_, other)| other == line));
    if new.len() < old.len()
        && let Some((line, _)) = gone
    {
        delta.gate.push((
            at(Side::Before, *line),
            "a line that runs applygate is removed".to_owned(),
            true,
        ));
        return;
    }
    for (line, text) in &new {
        if old.iter().any(|(_, other)| other == text) {
            continue;
        }
        for flag in WEAKER {
            if text.contains(flag) && !old.iter().any(|(_, other)| other.contains(flag)) {
                delta.gate.push((
                    at(Side::After, *line),
                    format!("a line that runs applygate now has {flag}"),
                    !old.is_empty(),
                ));
            }
        }
    }
}
