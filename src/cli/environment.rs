//! What surrounds a run and is read once, at its start: environment variables of our own and the clock. Nothing else that judges looks at
//! either of them.

use std::ffi::OsString;

use jiff::Timestamp;

use crate::os::program;

/// Set to its directory for the programs that an apply starts, so that a wrapper of Terraform's name which calls the gate again is noticed. A provisioner
/// may well apply in another directory.
pub(crate) const RUNNING: &str = "APPLYGATE_RUNNING";

/// Variables and the time.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `APPLYGATE_CONFIG`: the policy file.
    pub(crate) config: Option<OsString>,
    /// `APPLYGATE_POLICY_FROM`: the revision that policy and pin are read from.
    pub(crate) policy_from: Option<OsString>,
    /// `APPLYGATE_ENV`: the environment of the policy.
    pub(crate) env: Option<OsString>,
    /// `APPLYGATE_BLOCK_AT`: block from this severity on.
    pub(crate) block_at: Option<OsString>,
    /// `APPLYGATE_TERRAFORM`: the program that applies.
    pub(crate) terraform: Option<OsString>,
    /// `APPLYGATE_LOG`: the record of applies.
    pub(crate) log: Option<OsString>,
    /// `PRE_COMMIT_FROM_REF`: what the change starts from that pre-commit looks at.
    pub(crate) change_from: Option<OsString>,
    /// `PRE_COMMIT_TO_REF`: what it comes to.
    pub(crate) change_to: Option<OsString>,
    /// `GIT_INDEX_FILE`: the index that `git commit` tells its hooks.
    pub(crate) index: Option<OsString>,
    /// [`RUNNING`]: the directory of the run that has started the program that started this one.
    pub(crate) running: Option<OsString>,
    /// `GITHUB_STEP_SUMMARY`: a file to which every command of a step adds.
    pub(crate) summary: Option<OsString>,
    /// Now.
    pub(crate) now: Timestamp,
}

impl Environment {
    /// Of this process. A variable that is empty is not set.
    #[must_use]
    pub fn read() -> Self {
        let variable = |name| std::env::var_os(name).filter(|text| !text.is_empty());
        Self {
            config: variable("APPLYGATE_CONFIG"),
            policy_from: variable("APPLYGATE_POLICY_FROM"),
            env: variable("APPLYGATE_ENV"),
            block_at: variable("APPLYGATE_BLOCK_AT"),
            terraform: variable("APPLYGATE_TERRAFORM"),
            log: variable("APPLYGATE_LOG"),
            change_from: variable("PRE_COMMIT_FROM_REF"),
            change_to: variable("PRE_COMMIT_TO_REF"),
            index: variable("GIT_INDEX_FILE"),
            running: variable(RUNNING),
            summary: variable("GITHUB_STEP_SUMMARY"),
            now: Timestamp::now(),
        }
    }

    /// Whether the program of this machine is OpenTofu: the one that was named, or the only one on the PATH.
    #[must_use]
    pub fn means_tofu(&self) -> bool {
        match &self.terraform {
            Some(named) => std::path::Path::new(named)
                .file_name()
                .is_some_and(|name| name.to_string_lossy().contains("tofu")),
            None => program::find("terraform").is_none() && program::find("tofu").is_some(),
        }
    }

    /// At another time, where one was named.
    #[must_use]
    pub fn at(&self, now: Option<Timestamp>) -> Self {
        Self {
            now: now.unwrap_or(self.now),
            ..self.clone()
        }
    }
}
