//! What a team agrees on, read from `applygate.toml`: this room knows the file, its form and its mistakes. What it means for a plan is decided in
//! `settings` (which value holds) and `verdict` (what becomes of a finding).

pub(crate) mod calendar;
mod cell;
mod discover;
mod env;
mod mistake;
mod read;
pub(crate) mod reviewed;
pub(crate) mod settings;
mod waiver;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::OwnRows;
use crate::facts::setting::Value;
use crate::finding::Severity;
use crate::policy::calendar::{Freeze, Window};

pub(crate) use discover::Found;
pub(crate) use discover::POLICY_FILE;
pub(crate) use discover::Source;
pub(crate) use discover::Start;
pub(crate) use discover::Tree;
pub(crate) use discover::discover;
pub(crate) use discover::folder;
pub(crate) use discover::named;
pub(crate) use discover::named_in;
pub(crate) use env::Chosen;
pub(crate) use env::Env;
pub use mistake::Mistakes;
pub use read::read;
pub(crate) use waiver::Covered;
pub(crate) use waiver::Waiver;

/// How many days ahead a waiver may end when the file does not say.
pub(crate) const MAX_WAIVER_DAYS: u32 = 90;

/// A policy file.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Its name in reports.
    pub file: String,
    /// How many days ahead a waiver may end.
    pub max_waiver_days: Option<At<u32>>,
    /// What holds for every plan.
    pub base: Layer,
    /// What holds for some.
    pub envs: Vec<Env>,
    /// Rows of the catalogue of the team's own, or graded anew.
    pub own: Arc<OwnRows>,
}

/// A value with the line on which it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// The line, from 1.
    pub line: usize,
}

impl<T> At<T> {
    /// The same line with what is made of the value.
    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U) -> At<U> {
        At {
            value: make(self.value),
            line: self.line,
        }
    }
}

/// What a team makes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleGrade {
    /// Every finding of it has this severity.
    To(Severity),
    /// Its findings are shown and do not count.
    Off,
}

impl RuleGrade {
    /// The word in files and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::To(severity) => severity.word(),
            Self::Off => "off",
        }
    }
}

/// What the top level and an environment can both say.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the keys of the file")]
pub struct Layer {
    pub block_at: Option<At<Severity>>,
    pub rules: BTreeMap<&'static str, At<RuleGrade>>,
    pub waivers: Vec<Arc<Waiver>>,
    /// Of `[limits]` and `[expect]`, by key.
    pub settings: BTreeMap<&'static str, At<Value>>,
    pub windows: Vec<At<Window>>,
    pub freezes: Vec<At<Freeze>>,
}

impl Policy {
    /// The environment with this name.
    #[must_use]
    pub(crate) fn env(&self, name: &str) -> Option<&Env> {
        self.envs.iter().find(|env| env.name == name)
    }

    /// Every waiver of the file.
    pub(crate) fn waivers(&self) -> impl Iterator<Item = &Arc<Waiver>> {
        self.base
            .waivers
            .iter()
            .chain(self.envs.iter().flat_map(|env| &env.layer.waivers))
    }
}
