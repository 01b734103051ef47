//! Patterns over addresses, for what a team lets through or expects: matched part by part, so that a dot or a star in a key is never taken for structure.
//!
//! `*` stands for any text within one name or quoted key, `\*` for a star itself, `[*]` for any key, `**` for any number of parts; everything else is literal.
//! A pattern that ends without a key covers every instance, and one that ends with a module everything in it, as `-target` does
//! (<https://developer.hashicorp.com/terraform/cli/commands/plan#target-address>). `**` alone covers everything, findings about the whole plan included.

use std::collections::HashMap;

use super::{Address, Key};
use crate::address::glob::Glob;

/// The most parts of a pattern: an address has few.
const MAX_PARTS: usize = 64;

/// A pattern over addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// `**`
    Any,
    /// `module.NAME[KEY]`
    Module(Glob, Option<KeyPattern>),
    /// `data`, a type, or a name with its key.
    Word(Glob, Option<KeyPattern>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum KeyPattern {
    Any,
    Number(u64),
    Text(Glob),
}

impl KeyPattern {
    fn covers(&self, key: &Key<'_>) -> bool {
        match (self, key) {
            (Self::Any, _) => true,
            (Self::Number(wanted), Key::Number(number)) => wanted == number,
            (Self::Text(glob), Key::Text(text)) => glob.covers(text),
            _ => false,
        }
    }
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// In words for the user, when it could never cover an address.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            // A type alone is what most people write first.
            let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if text.contains('_') && text.chars().all(word) {
                return format!(
                    "\"{text}\" is only a type; all of that type: {text}.*, in every module: **.{text}.*"
                );
            }
            format!(
                "\"{text}\" is not an address pattern; such as aws_db_instance.old, module.net.**, **.aws_s3_bucket.logs[\"eu-*\"]"
            )
        };
        let mut parts = Vec::new();
        let mut rest = text;
        loop {
            let (part, after) = part(rest).ok_or_else(wrong)?;
            // Two in a row say no more than one.
            if !(part == Part::Any && parts.last() == Some(&Part::Any)) {
                parts.push(part);
            }
            if after.is_empty() {
                break;
            }
            rest = after.strip_prefix('.').ok_or_else(wrong)?;
        }
        let keyed_type = parts.windows(2).any(|pair| {
            matches!(
                pair,
                [Part::Word(_, Some(_)), Part::Module(..) | Part::Word(..)]
            )
        });
        if keyed_type || parts.len() > MAX_PARTS || !possible(&parts) {
            return Err(wrong());
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// Whether it covers everything, findings about the whole plan included.
    #[must_use]
    pub(crate) fn is_everything(&self) -> bool {
        self.parts == [Part::Any]
    }

    /// Whether it covers what was taken apart.
    #[must_use]
    pub(crate) fn covers(&self, target: &Target<'_>) -> bool {
        // What cannot be taken apart is only covered by what covers everything.
        self.is_everything()
            || target
                .steps
                .as_ref()
                .is_some_and(|steps| self.matches(steps))
    }

    /// Which ends of the address the pattern's parts can reach, a bit for each, one part after the other: linear in the product of both lengths.
    fn matches(&self, steps: &[Step<'_>]) -> bool {
        let mut reached = 1_u128;
        for (at, part) in self.parts.iter().enumerate() {
            let last = at + 1 == self.parts.len();
            let mut next = 0;
            if *part == Part::Any {
                next = u128::MAX << reached.trailing_zeros();
            } else {
                for (from, step) in steps.iter().enumerate() {
                    if (reached >> from) & 1 == 1 && part.covers(step, last) {
                        next |= 1 << (from + 1);
                    }
                }
            }
            if next == 0 {
                return false;
            }
            reached = next;
        }
        // A module at the end stands for everything in it.
        matches!(self.parts.last(), Some(Part::Module(..))) || (reached >> steps.len()) & 1 == 1
    }

    /// Type, name and key, where the pattern ends in them without a star.
    fn end(&self) -> Option<String> {
        let [.., Part::Word(kind, None), Part::Word(name, key)] = self.parts.as_slice() else {
            return None;
        };
        let key = match key {
            None => None,
            Some(KeyPattern::Number(number)) => Some(Key::Number(*number)),
            Some(KeyPattern::Text(glob)) => Some(Key::Text(glob.text()?.into())),
            Some(KeyPattern::Any) => return None,
        };
        Some(end(kind.text()?, name.text()?, key.as_ref()))
    }
}

fn end(kind: &str, name: &str, key: Option<&Key<'_>>) -> String {
    match key {
        None => format!("{kind}.{name}"),
        Some(Key::Number(number)) => format!("{kind}.{name}[{number}]"),
        Some(Key::Text(text)) => format!("{kind}.{name}[\"{text}\"]"),
        Some(Key::Open) => format!("{kind}.{name}[*]"),
    }
}

/// The most steps of an address: one of more is covered by nothing but `**`.
const MAX_STEPS: usize = 120;

/// What patterns are held against, taken apart once.
pub(crate) struct Target<'a> {
    /// `None` for the whole plan, and for what cannot be taken apart.
    steps: Option<Vec<Step<'a>>>,
    /// Its end with and without its key.
    ends: Vec<String>,
}

impl<'a> Target<'a> {
    /// An address; `None` is the whole plan.
    #[must_use]
    pub(crate) fn of(address: Option<&'a str>) -> Self {
        let action = address.and_then(super::action);
        let word = if action.is_some() { "action" } else { "data" };
        let read = action.is_some();
        let Some(address) = action.or_else(|| address.and_then(Address::parse)) else {
            return Self {
                steps: None,
                ends: Vec::new(),
            };
        };
        let mut ends = vec![end(address.kind, address.name, None)];
        if address.key.is_some() {
            ends.push(end(address.kind, address.name, address.key.as_ref()));
        }
        let steps = address
            .module
            .into_iter()
            .map(|step| Step::Module(step.name, step.key));
        let steps: Vec<Step<'a>> = steps
            .chain((read || address.data).then_some(Step::Word(word, None)))
            .chain([
                Step::Word(address.kind, None),
                Step::Word(address.name, address.key),
            ])
            .collect();
        Self {
            steps: Some(steps).filter(|steps| steps.len() <= MAX_STEPS),
            ends,
        }
    }
}

/// Many patterns, found by the end of an address: those that name one object are only looked at for that object.
#[derive(Debug, Default)]
pub(crate) struct Index {
    by_end: HashMap<String, Vec<usize>>,
    others: Vec<usize>,
}

impl Index {
    /// Adds a pattern under a number. Numbers grow.
    pub(crate) fn add(&mut self, number: usize, pattern: &Pattern) {
        match pattern.end() {
            Some(end) => self.by_end.entry(end).or_default().push(number),
            None => self.others.push(number),
        }
    }

    /// The numbers of the patterns that may cover a target, in order.
    pub(crate) fn candidates(&self, target: &Target<'_>) -> Vec<usize> {
        let mut found = self.others.clone();
        for end in &target.ends {
            found.extend(self.by_end.get(end).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// One part of an address.
enum Step<'a> {
    Module(&'a str, Option<Key<'a>>),
    Word(&'a str, Option<Key<'a>>),
}

impl Part {
    fn covers(&self, step: &Step<'_>, last: bool) -> bool {
        let (glob, wanted, name, key) = match (self, step) {
            (Self::Module(glob, wanted), Step::Module(name, key))
            | (Self::Word(glob, wanted), Step::Word(name, key)) => (glob, wanted, name, key),
            _ => return false,
        };
        glob.covers(name)
            && match (wanted, key) {
                (None, None) => true,
                (None, Some(_)) => last,
                (Some(_), None) => false,
                (Some(wanted), Some(key)) => wanted.covers(key),
            }
    }
}

/// Whether an address could look like this: modules, then nothing or a type and a name. `**` may stand for what is missing.
fn possible(parts: &[Part]) -> bool {
    if parts.contains(&Part::Any) {
        return true;
    }
    let modules = parts
        .iter()
        .take_while(|part| matches!(part, Part::Module(..)))
        .count();
    let words = parts.get(modules..).unwrap_or_default();
    match words {
        [] => modules > 0,
        [Part::Word(..), Part::Word(..)] => true,
        [Part::Word(word, None), Part::Word(..), Part::Word(..)] => {
            word.covers("data") || word.covers("action")
        }
        _ => false,
    }
}

/// The first part of a pattern, and what comes after it.
fn part(text: &str) -> Option<(Part, &str)> {
    let (name, rest) = word(text)?;
    match name {
        "**" => Some((Part::Any, rest)),
        "module" => {
            let (name, rest) = word(rest.strip_prefix('.')?)?;
            let (key, rest) = key(rest)?;
            (!name.contains("**")).then(|| (Part::Module(Glob::new(name), key), rest))
        }
        name => {
            let (key, rest) = key(rest)?;
            (!name.contains("**")).then(|| (Part::Word(Glob::new(name), key), rest))
        }
    }
}

fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let plain = !name.is_empty()
        && !name.chars().any(|c| {
            c.is_whitespace()
                || c.is_control()
                || matches!(c, '"' | ']' | '\\' | '?' | '{' | '}' | '@')
        });
    plain.then_some((name, rest))
}

fn key(text: &str) -> Option<(Option<KeyPattern>, &str)> {
    if let Some(rest) = text.strip_prefix("[*]") {
        return Some((Some(KeyPattern::Any), rest));
    }
    let (key, rest) = super::key(text)?;
    Some(match key {
        None => (None, rest),
        Some(Key::Number(number)) => (Some(KeyPattern::Number(number)), rest),
        Some(Key::Text(text)) => (Some(KeyPattern::Text(Glob::new(&text))), rest),
        Some(Key::Open) => (Some(KeyPattern::Any), rest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, address: &str) -> bool {
        let pattern = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{error}"));
        let target = Target::of(Some(address));
        let covers = pattern.covers(&target);
        let mut index = Index::default();
        index.add(0, &pattern);
        // The index never hides a pattern that covers.
        assert!(!covers || index.candidates(&target) == [0], "{address}");
        covers
    }

    #[test]
    fn found_by_the_end() {
        let mut index = Index::default();
        for (number, pattern) in [
            "a.b",
            "a.b[1]",
            "**",
            "a.b[\"k\"]",
            "a.*",
            "**.a.b",
            "a.c",
            "a.b[\"k*\"]",
        ]
        .iter()
        .enumerate()
        {
            index.add(
                number,
                &Pattern::parse(pattern).unwrap_or_else(|error| panic!("{error}")),
            );
        }
        for (address, expected) in [
            (Some("a.b"), &[0, 2, 4, 5, 7][..]),
            (Some("a.b[1]"), &[0, 1, 2, 4, 5, 7]),
            (Some("module.m.a.b[\"k\"]"), &[0, 2, 3, 4, 5, 7]),
            (Some("a.d"), &[2, 4, 7]),
            (None, &[2, 4, 7]),
        ] {
            assert_eq!(
                index.candidates(&Target::of(address)),
                expected,
                "{address:?}"
            );
        }
    }

    #[test]
    fn more_steps_than_an_address_has() {
        let deep = |count| format!("{}a_b.c", "module.m.".repeat(count));
        assert!(covers("**.a_b.c", &deep(64)) && covers("module.m", &deep(64)));
        assert!(!covers("**.a_b.c", &deep(65)) && covers("**", &deep(65)));
    }

    #[test]
    fn what_a_pattern_covers() {
        for (pattern, address) in [
            ("a_b.c", "a_b.c"),
            ("action.a_b.c", "action.a_b.c"),
            ("module.m", "module.m.action.a_b.c"),
            ("action.a_b.*", "action.a_b.c[0]"),
            ("a_b.c", "a_b.c[0]"),
            ("a_b.c", "a_b.c[\"x\"]"),
            ("a_b.*", "a_b.c[\"x.y\"]"),
            ("a_*.c", "a_b.c"),
            ("*.*", "a_b.c"),
            ("a_b.c[*]", "a_b.c[7]"),
            ("a_b.c[\"eu-*\"]", "a_b.c[\"eu-west\"]"),
            ("a_b.c[\"x\\*\"]", "a_b.c[\"x*\"]"),
            ("a_b.c[\"a\\\"]b\"]", "a_b.c[\"a\\\"]b\"]"),
            ("module.m", "module.m.a_b.c"),
            ("module.m", "module.m[0].module.n.a_b.c[1]"),
            ("module.m[0]", "module.m[0].a_b.c"),
            ("module.m.**", "module.m.module.n.a_b.c"),
            ("module.m[*].a_b.c", "module.m[\"k\"].a_b.c"),
            ("module.*.a_b.c", "module.m.a_b.c"),
            ("**.a_b.c", "a_b.c"),
            ("**.a_b.c", "module.m[0].module.n.a_b.c[0]"),
            ("**.module.n.**", "module.m.module.n.a_b.c"),
            ("**", "a_b.c"),
            ("**", "what is no address"),
            ("data.a_b.c", "data.a_b.c"),
            ("module.m.data.a_b.*", "module.m.data.a_b.c[0]"),
        ] {
            assert!(covers(pattern, address), "{pattern} covers {address}");
        }
    }

    #[test]
    fn what_it_does_not() {
        for (pattern, address) in [
            ("a_b.c", "a_b.cd"),
            ("a_b.c", "module.m.a_b.c"),
            ("a_b.c[0]", "a_b.c"),
            ("a_b.c[0]", "a_b.c[\"0\"]"),
            ("a_b.c[0]", "a_b.c[00]x"),
            ("a_b.c[*]", "a_b.c"),
            ("a_b.c[\"eu-*\"]", "a_b.c[\"us-1\"]"),
            ("a_b.c[\"x\\*\"]", "a_b.c[\"xy\"]"),
            ("a_b.c[\"x?\"]", "a_b.c[\"xy\"]"),
            ("a_b.c[\"[ab]\"]", "a_b.c[\"a\"]"),
            ("a_b.c[\"x\"]", "a_b.c[\"x.d[\\\"x\"]"),
            ("module.m", "module.mm.a_b.c"),
            ("module.m", "module.o.module.m.a_b.c"),
            ("module.m[0]", "module.m[1].a_b.c"),
            ("module.m.a_b.c", "module.m[0].a_b.c"),
            ("module.m.*.*", "module.m.module.n.a_b.c"),
            ("*.*", "module.m.a_b.c"),
            ("*.*.c", "data.a_b.d"),
            ("*.a_b.c", "module.m.a_b.c"),
            ("a_b.*", "data.a_b.c"),
            ("a_b.c.**.d", "a_b.c"),
            ("a_b.c", "what is no address"),
            ("a_b.aa*aa", "a_b.aaa"),
        ] {
            assert!(
                !covers(pattern, address),
                "{pattern} does not cover {address}"
            );
        }
        assert!(
            !Pattern::parse("**.*").is_ok_and(|pattern| pattern.covers(&Target::of(None))),
            "only ** alone is about the whole plan"
        );
        assert!(Pattern::parse("**").is_ok_and(|pattern| pattern.covers(&Target::of(None))));
    }

    #[test]
    fn what_is_no_pattern() {
        for text in [
            "",
            "*",
            "a",
            ".",
            "a.",
            ".a",
            "a..b",
            "a.b[",
            "a.b[x]",
            "a.b]",
            "a[0].b",
            "a.b c",
            "a**b.c",
            "module",
            "module.",
            "a.b[\"x]",
            "a?.b",
            "a.b{c}",
            "x@a.b",
            "module.m.a_b",
            "a.b.c",
            "a.module.b",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
        assert!(Pattern::parse(&vec!["a"; 200].join(".")).is_err());
    }
}
