//! Environments: which part of a policy holds for which plans, and whether two parts could hold for the same one.

use super::Layer;
use crate::address::glob::Glob;

/// One `[env.NAME]`.
#[derive(Debug, Clone)]
pub struct Env {
    /// Its name.
    pub(crate) name: String,
    /// Its line in the policy file.
    pub(crate) line: usize,
    /// It is for plans of these workspaces.
    pub(crate) workspace: Vec<Glob>,
    /// And in these directories.
    pub(crate) directory: Vec<Directory>,
    /// What it says.
    pub(crate) layer: Layer,
}

/// Why an environment was chosen, in texts that may be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its name.
    pub(crate) env: String,
    /// What chose it: `workspace prod-eu`, `--env`.
    pub by: String,
}

impl Env {
    /// What about a plan chooses this environment. Where both a workspace and a directory are asked for, both must fit; what is not known fits nothing.
    #[must_use]
    pub(crate) fn fits(&self, workspace: Option<&str>, directory: Option<&str>) -> Option<String> {
        let by_workspace =
            workspace.filter(|name| self.workspace.iter().any(|glob| glob.covers(name)));
        let by_directory =
            directory.filter(|path| self.directory.iter().any(|glob| glob.covers(path)));
        match (
            self.workspace.is_empty(),
            by_workspace,
            self.directory.is_empty(),
            by_directory,
        ) {
            (false, Some(name), true, _) => Some(format!("workspace {name}")),
            (true, _, false, Some(path)) => Some(format!("directory {path}")),
            (false, Some(name), false, Some(path)) => {
                Some(format!("workspace {name}, directory {path}"))
            }
            _ => None,
        }
    }

    /// Whether some plan could choose both.
    #[must_use]
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let by_name_only = |env: &Self| env.workspace.is_empty() && env.directory.is_empty();
        if by_name_only(self) || by_name_only(other) {
            return false;
        }
        let workspaces = self.workspace.is_empty()
            || other.workspace.is_empty()
            || self
                .workspace
                .iter()
                .any(|one| other.workspace.iter().any(|other| one.meets(other)));
        let directories = self.directory.is_empty()
            || other.directory.is_empty()
            || self
                .directory
                .iter()
                .any(|one| other.directory.iter().any(|other| one.meets(other)));
        workspaces && directories
    }
}

/// A pattern over directories: steps joined by `/`, with `*` within one step and `**` for any number of them. `.` is the policy file's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directory {
    text: String,
    /// `None` is `**`.
    steps: Vec<Option<Glob>>,
}

impl Directory {
    /// Reads a pattern.
    ///
    /// # Errors
    /// In words for the user.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        let path = text.strip_prefix("./").unwrap_or(text);
        let path = path.strip_suffix('/').unwrap_or(path);
        if text.starts_with('/') {
            return Err(
                "a directory is relative to the policy file, so it does not start with /"
                    .to_owned(),
            );
        }
        for step in path.split('/').filter(|_| path != ".") {
            steps.push(match step {
                "**" => None,
                "" => return Err("a step between two / is empty".to_owned()),
                "." | ".." => {
                    return Err("a directory must not contain . or ..".to_owned());
                }
                step if step.contains("**") => {
                    return Err("** is a step of its own: a/**/b".to_owned());
                }
                step => Some(Glob::parse(step)?),
            });
        }
        Ok(Self {
            text: text.to_owned(),
            steps,
        })
    }

    /// Whether it covers a directory, as seen from the policy file: steps joined by `/`, or `.`.
    #[must_use]
    pub(crate) fn covers(&self, path: &str) -> bool {
        let steps: Vec<Option<Glob>> = path
            .split('/')
            .filter(|_| path != ".")
            .map(|step| Some(Glob::exactly(step)))
            .collect();
        meet(&self.steps, &steps)
    }

    fn meets(&self, other: &Self) -> bool {
        meet(&self.steps, &other.steps)
    }
}

impl std::fmt::Display for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether two lists of steps, in which `None` stands for any number of them, can stand for the same path.
fn meet(one: &[Option<Glob>], other: &[Option<Glob>]) -> bool {
    // reached[j]: the steps up to here can stand for the other's first j.
    let mut reached = vec![false; other.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    spread(&mut reached, other, false);
    for step in one {
        let mut next = vec![false; reached.len()];
        for (at, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
            match (step, other.get(at)) {
                // `**` ends here, or goes on below; one of the other takes this step.
                (None, _) | (Some(_), Some(None)) => set(&mut next, at),
                (Some(step), Some(Some(there))) if step.meets(there) => set(&mut next, at + 1),
                _ => {}
            }
        }
        spread(&mut next, other, step.is_none());
        reached = next;
    }
    reached.last().is_some_and(|reached| *reached)
}

fn set(list: &mut [bool], at: usize) {
    if let Some(place) = list.get_mut(at) {
        *place = true;
    }
}

/// Goes on where the other list moves alone: over its `**`, which may stand for nothing, and over any step while the first list is at a `**`.
fn spread(reached: &mut [bool], other: &[Option<Glob>], at_any: bool) {
    let mut open = false;
    for (at, place) in reached.iter_mut().enumerate() {
        *place = *place || open;
        open = *place && (at_any || matches!(other.get(at), Some(None)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(workspace: &[&str], directory: &[&str]) -> Env {
        Env {
            name: "x".to_owned(),
            line: 1,
            workspace: workspace
                .iter()
                .map(|text| Glob::parse(text).unwrap_or_else(|error| panic!("{error}")))
                .collect(),
            directory: directory
                .iter()
                .map(|text| Directory::parse(text).unwrap_or_else(|error| panic!("{error}")))
                .collect(),
            layer: Layer::default(),
        }
    }

    #[test]
    fn directories() {
        for (pattern, path, expected) in [
            ("stacks/db", "stacks/db", true),
            ("./stacks/db/", "stacks/db", true),
            ("stacks/db", "stacks/db/x", false),
            ("stacks/*", "stacks/db", true),
            ("stacks/*", "stacks/db/x", false),
            ("stacks/**", "stacks/db/x", true),
            ("stacks/**", "stacks", true),
            ("**/prod", "prod", true),
            ("**/prod", "a/b/prod", true),
            ("**/prod", "a/b/preprod", false),
            ("**/prod-*/**", "a/prod-eu/b", true),
            (".", ".", true),
            (".", "a", false),
            ("**", ".", true),
            ("*", ".", false),
            ("*", "a", true),
        ] {
            assert_eq!(
                Directory::parse(pattern).is_ok_and(|directory| directory.covers(path)),
                expected,
                "{pattern} and {path}"
            );
        }
        for text in ["", "/a", "a//b", "../a", "a/./b", "a**/b", "a/[b]"] {
            assert!(Directory::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn directories_that_meet() {
        for (one, other, expected) in [
            ("a/**", "**/b", true),
            ("a/**/c", "b/**", false),
            ("a/*", "a/b/c", false),
            ("a/*/c", "**/b/c", true),
            ("**/x/**", "a/b", false),
            ("**/b-*/**", "a/*-c", true),
            (".", "**", true),
            (".", "*", false),
        ] {
            let parse = |text| Directory::parse(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(
                (
                    parse(one).meets(&parse(other)),
                    parse(other).meets(&parse(one))
                ),
                (expected, expected),
                "{one} and {other}"
            );
        }
    }

    #[test]
    fn choosing() {
        assert_eq!(
            env(&["prod*"], &[]).fits(Some("prod-eu"), None).as_deref(),
            Some("workspace prod-eu")
        );
        assert_eq!(
            env(&["prod*"], &[]).fits(None, Some("a")),
            None,
            "JSON does not tell the workspace"
        );
        assert_eq!(
            env(&[], &["a"]).fits(None, Some("a")).as_deref(),
            Some("directory a")
        );
        assert_eq!(env(&[], &["a"]).fits(None, None), None);
        assert_eq!(
            env(&["prod"], &["a"]).fits(Some("prod"), Some("b")),
            None,
            "both must fit"
        );
        assert_eq!(
            env(&["prod"], &["a"])
                .fits(Some("prod"), Some("a"))
                .as_deref(),
            Some("workspace prod, directory a")
        );
        assert_eq!(
            env(&[], &[]).fits(Some("prod"), Some("a")),
            None,
            "only by its name"
        );
    }

    #[test]
    fn overlaps() {
        for (one, other, expected) in [
            (
                (&["prod*"][..], &[][..]),
                (&["preview-*"][..], &[][..]),
                false,
            ),
            ((&["prod*"], &[]), (&["*-eu"], &[]), true),
            ((&["prod*"], &[]), (&[], &["a"]), true),
            ((&["prod*"], &["a"]), (&["prod"], &["b"]), false),
            ((&["prod*"], &["**/a"]), (&["prod"], &["b/**"]), true),
            ((&[], &[]), (&["*"], &[]), false),
        ] {
            let (one, other) = (env(one.0, one.1), env(other.0, other.1));
            assert_eq!(
                (one.overlaps(&other), other.overlaps(&one)),
                (expected, expected),
                "{one:?} {other:?}"
            );
        }
    }
}
