//! What may be printed of a plan beside its findings: counts, digest, versions.

use serde::Serialize;

use crate::plan::{Action, Plan};

/// How many objects get which action. Managed resources only; deposed objects count as deletes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Created.
    pub create: usize,
    /// Changed in place.
    pub update: usize,
    /// Destroyed, without those that are replaced.
    pub delete: usize,
    /// Replaced: destroyed and created.
    pub replace: usize,
    /// Dropped from the state.
    pub forget: usize,
    /// Left as they are.
    pub no_op: usize,
    /// Moved to another address, whatever else happens to them.
    #[serde(rename = "move")]
    pub moved: usize,
    /// Imported, whatever else happens to them.
    pub import: usize,
    /// Data sources read during apply.
    pub read: usize,
    /// Outputs that change.
    pub outputs: usize,
    /// Actions that are not known.
    pub unknown: usize,
}

impl Counts {
    /// Counts the changes of a plan.
    #[must_use]
    pub fn of(plan: &Plan<'_>) -> Self {
        let mut counts = Self { outputs: plan.output_changes, ..Self::default() };
        for change in &plan.changes {
            if !change.managed() {
                counts.read += usize::from(change.action == Action::Read);
                continue;
            }
            let slot = match change.action {
                Action::NoOp => &mut counts.no_op,
                Action::Create => &mut counts.create,
                Action::Read | Action::Open => &mut counts.read,
                Action::Update => &mut counts.update,
                Action::Delete => &mut counts.delete,
                Action::DeleteCreate | Action::CreateDelete => &mut counts.replace,
                Action::Forget | Action::CreateForget | Action::ForgetCreate => &mut counts.forget,
                Action::Other => &mut counts.unknown,
            };
            *slot += 1;
            counts.moved += usize::from(change.previous_address().is_some());
            counts.import += usize::from(change.importing());
        }
        counts
    }
}

/// One plan, without its values.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Where it was read from.
    pub source: String,
    /// SHA-256 of the file's bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// Version of the Terraform or OpenTofu that wrote it.
    pub terraform_version: Option<String>,
    /// Version of the plan's format.
    pub format_version: String,
    /// Counts by action.
    pub counts: Counts,
    /// Objects that refresh found changed or gone.
    pub drift: usize,
    /// Checks that did not hold.
    pub failed_checks: usize,
    /// What a reader should know about the input.
    pub notes: Vec<String>,
}

impl Summary {
    /// The summary of a plan.
    #[must_use]
    pub fn of(plan: &Plan<'_>, source: String, sha256: String, notes: Vec<String>) -> Self {
        Self {
            source,
            sha256,
            terraform_version: plan.terraform_version.clone(),
            format_version: plan.format_version.clone(),
            counts: Counts::of(plan),
            drift: plan.drift.len(),
            failed_checks: plan.failed_checks,
            notes,
        }
    }
}
