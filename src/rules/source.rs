//! Where in the sources a finding is: file and line of the resource's block and of the attribute that it rests on, as masked text.
//! Nothing of a source is shown but names and literals that are truth values or numbers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::config::{Module, Resource, is_json};
use crate::finding::{Evidence, Finding, Shown, SourceLine, SourcePlace};
use crate::plan::Plan;

/// The longest line that is shown, in characters.
const MAX_LINE: usize = 160;

/// The sources of a plan: within a saved plan, or the files of its directory.
pub(crate) struct Sources<'a, 'p> {
    plan: &'a Plan<'p>,
    root: Option<(Module<'static>, &'a BTreeMap<String, String>)>,
    /// The lines of files that were asked for: many findings may be about one file.
    lines: HashMap<String, Vec<String>>,
}

impl<'a, 'p> Sources<'a, 'p> {
    /// The sources within the plan, or else these files of its root module.
    pub(crate) fn new(plan: &'a Plan<'p>, files: &'a BTreeMap<String, String>) -> Self {
        let root =
            (plan.saved.is_none() && !files.is_empty()).then(|| (Module::of_files(files), files));
        Self {
            plan,
            root,
            lines: HashMap::new(),
        }
    }

    fn block(&self, address: &str) -> Option<&Resource> {
        self.root.as_ref().map_or_else(
            || self.plan.block(address),
            |(module, _)| module.block(address),
        )
    }

    /// What could not be read as a whole of the sources that somebody asked for: a text each for what was found by blocks alone, and for what was not at all.
    pub(crate) fn notes(&self) -> Vec<String> {
        type Of<'m> = &'m Module<'static>;
        let modules: Vec<Of<'_>> = match (&self.root, self.plan.saved.as_deref()) {
            (Some((module, _)), _) => vec![module],
            (None, Some(saved)) => {
                let tree = saved.config.asked().into_iter();
                tree.flat_map(|tree| tree.modules.values()).collect()
            }
            (None, None) => Vec::new(),
        };
        fn named(modules: &[Of<'_>], files: fn(Of<'_>) -> &Vec<String>) -> Option<String> {
            let all = modules.iter().flat_map(|module| files(module).iter());
            let all: BTreeSet<&str> = all.map(String::as_str).collect();
            some(all.into_iter())
        }
        let in_part = named(&modules, |module| &module.in_part);
        let unread = named(&modules, |module| &module.unread);
        in_part
            .map(|files| in_part_words(&files))
            .into_iter()
            .chain(unread.map(|files| format!("sources that cannot be read: {files}")))
            .collect()
    }

    /// The lines of a file.
    fn lines(&mut self, file: &str) -> &[String] {
        if !self.lines.contains_key(file) {
            let text = match (&self.root, self.plan.saved.as_deref()) {
                (Some((_, files)), _) => files.get(file).cloned(),
                (None, Some(saved)) => saved.config.source(file),
                (None, None) => None,
            };
            let text = text.unwrap_or_default();
            let lines = text.lines().map(str::to_owned).collect();
            self.lines.insert(file.to_owned(), lines);
        }
        self.lines.get(file).map_or(&[], Vec::as_slice)
    }

    /// Gives a finding its place, if the sources are known and have a block for its address.
    pub(crate) fn locate(&mut self, finding: &mut Finding) {
        let Some(address) = finding.address.as_deref() else {
            return;
        };
        let Some(block) = self.block(address) else {
            return;
        };
        let Some(parsed) = crate::address::Address::parse(address) else {
            return;
        };
        let head = format!("resource \"{}\" \"{}\" {{", parsed.kind, parsed.name);
        let (file, start) = (block.file.clone(), block.line);
        let wanted = finding.evidence.iter().find_map(|evidence| {
            let (path, hidden) = match evidence {
                Evidence::Attribute { path, value, .. } => (path, *value == Shown::Sensitive),
                Evidence::Change {
                    path,
                    before,
                    after,
                    ..
                } => (path, [before, after].contains(&&Shown::Sensitive)),
                Evidence::Note(_) => return None,
            };
            Some((block.line_of(path)?, path.clone(), hidden))
        });
        let attribute = wanted.and_then(|(line, path, hidden)| {
            let name = path.rsplit('.').next().unwrap_or(&path);
            let text = self.lines(&file).get(line.checked_sub(1)?)?;
            Some(SourceLine {
                line,
                text: cut(&format!(
                    "  {name} = {}",
                    if hidden {
                        "…"
                    } else if is_json(&file) {
                        masked_json(text, name)
                    } else {
                        masked(text)
                    }
                )),
            })
        });
        finding.place = Some(SourcePlace {
            file,
            side: None,
            head: SourceLine {
                line: start,
                text: cut(&head),
            },
            attribute,
            lines: Vec::new(),
        });
    }
}

/// Said of files that a fall-back has read.
pub(crate) fn in_part_words(files: &str) -> String {
    format!("read by blocks alone, as something in it is not understood: {files}")
}

/// The first of some names, and how many more there are.
pub(crate) fn some<'n>(mut names: impl Iterator<Item = &'n str>) -> Option<String> {
    let first = names.next()?;
    Some(match names.count() {
        0 => first.to_owned(),
        more => format!("{first} and {more} more"),
    })
}

/// What stands after the first `=` of a line, if it is a truth value or a number; else an ellipsis.
fn masked(line: &str) -> &str {
    let value = line.split_once('=').map_or("", |(_, value)| value);
    let value = value.split('#').next().unwrap_or_default();
    plain(value.split("//").next().unwrap_or_default().trim())
}

/// The same of a line of JSON that has nothing but one member.
fn masked_json<'l>(line: &'l str, name: &str) -> &'l str {
    let member = line
        .trim()
        .strip_prefix('"')
        .and_then(|rest| rest.strip_prefix(name)?.strip_prefix('"'));
    let value = member.and_then(|rest| rest.trim_start().strip_prefix(':'));
    plain(value.unwrap_or_default().trim_end_matches(',').trim())
}

/// A truth value or a number, or else an ellipsis.
fn plain(value: &str) -> &str {
    let number = !value.is_empty()
        && value.len() <= 12
        && value
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
    if matches!(value, "true" | "false" | "null") || number {
        value
    } else {
        "…"
    }
}

pub(super) fn cut(text: &str) -> String {
    if text.chars().count() <= MAX_LINE {
        text.to_owned()
    } else {
        text.chars().take(MAX_LINE - 1).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{masked, masked_json};

    #[test]
    fn only_plain_literals_are_shown() {
        for (line, shown) in [
            ("  skip_final_snapshot = true", "true"),
            ("  backup_retention_period=0 # was 14", "0"),
            ("  password = \"hunter2\"", "…"),
            ("  password = var.password", "…"),
            ("  enabled = var.x ? true : false", "…"),
            ("  pin = 1234567890123456", "…"),
            ("  a = true // because", "true"),
            ("no assignment", "…"),
        ] {
            assert_eq!(masked(line), shown, "{line}");
        }
        for (line, shown) in [
            ("  \"a\": true,", "true"),
            ("\"a\" : 7", "7"),
            ("  \"a\": \"x = true\",", "…"),
            ("  \"a\": true, \"b\": \"x\"", "…"),
            ("  \"b\": 7", "…"),
            ("  \"a\": 1234567890123456", "…"),
        ] {
            assert_eq!(masked_json(line, "a"), shown, "{line}");
        }
    }
}
