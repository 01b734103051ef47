//! Whether what an object is about is made in the same plan: then nobody had access to it yet, and nothing in it can be lost.
//! Only a thing of the right kind counts: what else is new, and what merely hangs on the same target, says nothing.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use crate::facts::kinds::{beginnings, stem, wanted, words};
use crate::facts::{Facts, is_helper};
use crate::plan::{ReadError, ResourceChange, Shape};

/// Attributes by which others name an object of any kind.
const NAMES: [&str; 3] = ["id", "name", "arn"];

/// Attributes by which others name an object whose kind ends in that word: a bucket by `bucket`, a project by `project_id`.
const OWN_NAMES: [&str; 6] = [
    "bucket",
    "project_id",
    "account_id",
    "secret_id",
    "service",
    "login",
];

/// What a plan makes, looked up when somebody asks.
pub(super) struct Made<'f, 'a, 'p> {
    facts: &'f Facts<'a, 'p>,
    index: OnceCell<Index>,
}

#[derive(Default)]
struct Index {
    /// All of what is made.
    all: Kinds,
    /// What has a name: its kinds, and the words that they are known by.
    named: HashMap<String, Kinds>,
}

#[derive(Default)]
struct Kinds {
    kinds: HashSet<String>,
    words: HashSet<String>,
}

impl Kinds {
    fn add(&mut self, kind: &str) {
        if self.kinds.insert(kind.to_owned()) {
            self.words.extend(words(kind).map(str::to_owned));
        }
    }

    /// Whether one of them may be what `target` of a `kind` names, as [`crate::facts::kinds::is_for`] has it.
    fn are_for(&self, kind: &str, target: &str) -> bool {
        wanted(target).any(|word| self.words.contains(word))
            || beginnings(kind).any(|kind| self.kinds.contains(kind))
    }
}

impl<'f, 'a, 'p> Made<'f, 'a, 'p> {
    pub(super) const fn new(facts: &'f Facts<'a, 'p>) -> Self {
        Self {
            facts,
            index: OnceCell::new(),
        }
    }

    fn index(&self) -> Result<&Index, ReadError> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let index = Index::of(self.facts)?;
        Ok(self.index.get_or_init(|| index))
    }

    /// Whether one of these attributes is only known after the apply while a thing of its kind is made, or is the name of such a thing.
    /// Types are not compared whole: a policy of one type may be about a newer type of the same thing.
    pub(super) fn is_target<'t>(
        &self,
        change: &ResourceChange<'_>,
        targets: impl Iterator<Item = &'t str>,
    ) -> Result<bool, ReadError> {
        let index = self.index()?;
        let after = change.after();
        for target in targets {
            let value = after.get(target)?;
            let made = match value.shape()? {
                Shape::Unknown => index.all.are_for(&change.kind, target),
                Shape::Text(text) => {
                    // The last part of a path names the thing too: projects/p/secrets/NAME.
                    let last = text.rsplit('/').next().unwrap_or(&text);
                    [text.as_ref(), last]
                        .into_iter()
                        .filter_map(|name| index.named.get(name))
                        .any(|named| named.are_for(&change.kind, target))
                }
                _ => false,
            };
            if made {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Index {
    fn of(facts: &Facts<'_, '_>) -> Result<Self, ReadError> {
        let mut index = Self::default();
        let made = facts
            .creates()
            .filter(|other| !is_helper(&other.kind) && !hangs_on_another(&other.kind));
        for other in made {
            let kind = other.kind.as_ref();
            index.all.add(kind);
            let after = other.after();
            let own = OWN_NAMES
                .into_iter()
                .filter(|name| words(kind).any(|word| word == stem(name)));
            for name in NAMES.into_iter().chain(own) {
                if let Some(name) = after.get(name)?.text()?.filter(|name| !name.is_empty()) {
                    index.named.entry(name.into_owned()).or_default().add(kind);
                }
            }
        }
        Ok(index)
    }
}

/// What is made for something else is never the target of a policy on it.
fn hangs_on_another(kind: &str) -> bool {
    kind.contains("_iam_binding")
        || kind.contains("_iam_member")
        || (kind.starts_with("google_") && kind.ends_with("_iam_policy"))
}
