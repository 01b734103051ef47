//! applygate is the last gate before `terraform apply`: it reads a plan, says what would be lost for good, and stops it.
//!
//! The library is there for the program, its tests and the fuzzer: it is no interface for others.
//! Data flows one way: words and files (`commands`) → `plan` with `config` → `facts` with `catalog` and `state` →
//! findings (`rules`) → `verdict` by the `policy` → `report`. `judge` has that way on one page.
#![doc(hidden)]

pub(crate) mod address;
pub(crate) mod catalog;
pub(crate) mod cli;
pub(crate) mod commands;
pub(crate) mod config;
pub(crate) mod facts;
pub(crate) mod finding;
pub(crate) mod git;
pub(crate) mod judge;
pub(crate) mod os;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod report;
pub(crate) mod rules;
pub(crate) mod state;
pub(crate) mod ui;
pub(crate) mod verdict;

pub use cli::environment::Environment;
pub use cli::{Color, ColorArgs, parse};
pub use commands::run;
pub use ui::escape::without_commands;
pub use ui::exit::Exit;
pub use ui::problem::Problem;
pub use ui::streams::Streams;
pub use ui::style::Styles;

/// What the tests and the fuzzer look into, by name.
pub mod testing {
    pub use crate::address::Pattern;
    pub use crate::address::glob::Glob;
    pub use crate::catalog::{Catalog, TypeRow};
    pub use crate::config::written::Past;
    pub use crate::facts::{setting, shown_sizes};
    pub use crate::finding::Severity;
    pub use crate::git::{MAX_BYTES, Revision};
    pub use crate::plan::saved::PlanMode;
    pub use crate::plan::{
        Document, PathStep, Plan, Plans, ReadError, ResourceChange, Shape, Value,
    };
    pub use crate::policy::settings::{Files, Origin, Settings};
    pub use crate::report::{ErrorReport, PlanReport, Report};
    pub use crate::rules::{Needs, RULES, Switch, find as find_rule};
    pub use crate::state::Where;
    pub use crate::ui::refusal::{Refusal, Why};
    pub use crate::verdict::{Verdict, Weighed};

    /// The same, with everything that changes.
    ///
    /// # Errors
    /// When it holds no plan, or something beside plans.
    pub fn judge_and_list(
        bytes: &[u8],
        source: &str,
        settings: &Settings,
    ) -> Result<Vec<PlanReport>, Refusal> {
        let document = Document::open(bytes)?;
        let settings = std::sync::Arc::new(settings.clone());
        let plans = document.plans()?;
        let mut reports = crate::judge::judge(&plans, (source, None), |_| Ok(settings.clone()))?;
        crate::judge::list_changes(&plans, &mut reports);
        Ok(reports)
    }

    /// The way of one input: opened, read, judged.
    ///
    /// # Errors
    /// When it holds no plan, or something beside plans.
    pub fn judge_bytes(
        bytes: &[u8],
        source: &str,
        settings: &Settings,
    ) -> Result<Vec<PlanReport>, Refusal> {
        let document = Document::open(bytes)?;
        let settings = std::sync::Arc::new(settings.clone());
        crate::judge::judge(&document.plans()?, (source, None), |_| Ok(settings.clone()))
    }

    /// What the change from some files of a module to others takes away.
    ///
    /// # Panics
    /// When the catalogue that is built in is broken.
    #[must_use]
    pub fn judge_sources(
        before: &std::collections::BTreeMap<String, Vec<u8>>,
        after: &std::collections::BTreeMap<String, Vec<u8>>,
    ) -> PlanReport {
        crate::commands::judge_sources(before, after)
    }

    /// The root module of a stack as a revision has it.
    #[must_use]
    pub fn past(
        revision: &str,
        files: &std::collections::BTreeMap<String, String>,
    ) -> std::sync::Arc<Past> {
        std::sync::Arc::new(Past::of_files(revision, files))
    }

    /// The policy file.
    pub mod policy {
        pub use crate::policy::{At, Layer, Mistakes, Policy, read};
    }

    /// The report for people.
    pub mod human {
        pub use crate::report::human::{Layout, write, write_changes};
    }

    /// The report for programs.
    pub mod json {
        pub use crate::report::json::write;
    }

    /// The reports for the places where teams look.
    pub mod formats {
        pub use crate::report::atlantis::write as atlantis;
        pub use crate::report::azure::write as azure;
        pub use crate::report::github::write as github;
        pub use crate::report::gitlab::{write as gitlab, write_terraform as gitlab_terraform};
        pub use crate::report::html::write as html;
        pub use crate::report::junit::write as junit;
        pub use crate::report::markdown::write as markdown;
        pub use crate::report::sarif::write as sarif;
    }

    /// Escaping.
    pub mod escape {
        pub use crate::ui::escape::is_invisible;
    }

    /// Programs on the PATH.
    pub mod program {
        pub use crate::os::program::find;
    }
}
