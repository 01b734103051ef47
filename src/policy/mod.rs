//! What a team agrees on, read from `applygate.toml`: this room knows the file, its form and its mistakes. What it means for a plan is decided in
//! `settings` (which value holds) and `verdict` (what becomes of a finding).

mod cell;
mod discover;
mod env;
mod mistake;
mod read;
mod waiver;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Pattern;
use crate::calendar::{Freeze, Window};
use crate::catalog::TypeRow;
use crate::finding::Severity;
use crate::glob::Glob;

pub use discover::{Found, POLICY_FILE, Source, Start, Tree, Unread, discover, named, named_in};
pub use env::{Chosen, Directory, Env};
pub use mistake::{Mistake, Mistakes, nearest};
pub use read::{
    ENV_KEYS, EXPECT_KEYS, FREEZE_KEYS, LIMIT_KEYS, TOP_KEYS, WAIVER_KEYS, WINDOW_KEYS, read,
};
pub use waiver::{Covered, WaivedAction, Waiver};

/// How many days ahead a waiver may end when the file does not say.
pub const MAX_WAIVER_DAYS: u32 = 90;

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
    /// Resource types of the team's own, or graded anew.
    pub types: Arc<[TypeRow]>,
}

/// A value with the line on which it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// The line, from 1.
    pub line: usize,
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
    pub limits: LimitKeys,
    pub expect: ExpectKeys,
    pub windows: Vec<At<Window>>,
    pub freezes: Vec<At<Freeze>>,
}

/// The numbers of the rules about the whole plan: `[limits]`.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of judge::Limits")]
pub struct LimitKeys {
    pub create_high: Option<At<usize>>,
    pub create_high_weighty: Option<At<usize>>,
    pub create_least: Option<At<usize>>,
    pub mass_count: Option<At<usize>>,
    pub mass_share: Option<At<f64>>,
}

/// What is expected of a plan: `[expect]`.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of judge::Expectations")]
pub struct ExpectKeys {
    pub workspace: Option<At<Vec<Glob>>>,
    pub backend: Option<At<Vec<Glob>>>,
    pub account: Option<At<Vec<Glob>>>,
    pub region: Option<At<Vec<Glob>>>,
    pub providers: Option<At<Vec<Glob>>>,
    pub one_region: Option<At<bool>>,
    pub addresses: Option<At<Vec<Pattern>>>,
    pub max_destroy: Option<At<usize>>,
    pub max_changes: Option<At<usize>>,
}

impl Policy {
    /// The environment with this name.
    #[must_use]
    pub fn env(&self, name: &str) -> Option<&Env> {
        self.envs.iter().find(|env| env.name == name)
    }

    /// Every waiver of the file.
    pub fn waivers(&self) -> impl Iterator<Item = &Arc<Waiver>> {
        self.base
            .waivers
            .iter()
            .chain(self.envs.iter().flat_map(|env| &env.layer.waivers))
    }
}
