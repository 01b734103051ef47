//! The exit codes: a contract that pipelines are built on, so they are written down once.

use std::process::ExitCode;

/// How a run of `applygate` ended.
///
/// 1 is never used for a failure to judge and 2 never for a finding: a gate that cannot tell the two apart gets wrapped in `|| true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: every plan was let through, the plan was applied, or the command did its job.
    Through,
    /// 1: at least one plan is blocked, or an apply was declined: nothing was run.
    Blocked,
    /// 2: something could not be judged or started, or the command line was wrong: nothing was run.
    CouldNotJudge,
    /// 3: Terraform ran and did not succeed.
    NotApplied,
}

impl Exit {
    /// The number that the process ends with.
    #[must_use]
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Through => 0,
            Self::Blocked => 1,
            Self::CouldNotJudge => 2,
            Self::NotApplied => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
