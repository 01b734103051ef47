//! What may be printed of a plan beside its findings: counts, digest, versions.

use std::path::Path;

use serde::Serialize;

use crate::facts::changes::Listed;
use crate::facts::commands;
use crate::plan::saved::{PlanMode, Saved};
use crate::plan::{Action, Plan, Pulled, Writer};

/// How many objects get which action. Managed resources only; deposed objects count as deletes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Created.
    pub(crate) create: usize,
    /// Changed in place.
    pub(crate) update: usize,
    /// Destroyed, without those that are replaced.
    pub delete: usize,
    /// Replaced: destroyed and created.
    pub(crate) replace: usize,
    /// Dropped from the state.
    pub(crate) forget: usize,
    /// Left as they are.
    pub no_op: usize,
    /// Moved to another address, whatever else happens to them.
    #[serde(rename = "move")]
    pub(crate) moved: usize,
    /// Imported, whatever else happens to them.
    pub(crate) import: usize,
    /// Data sources read during apply.
    pub(crate) read: usize,
    /// Outputs that change.
    pub(crate) outputs: usize,
    /// Actions that are not known.
    pub(crate) unknown: usize,
    /// Actions that the apply runs beside its changes.
    pub(crate) invoke: usize,
}

impl Counts {
    /// Counts the changes of a plan.
    #[must_use]
    pub(crate) fn of(plan: &Plan<'_>) -> Self {
        let mut counts = Self {
            outputs: plan.output_changes,
            invoke: plan.invocations.len(),
            ..Self::default()
        };
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
                Action::Forget | Action::CreateForget | Action::ForgetCreate => {
                    counts.create += usize::from(change.action.leaves_old());
                    &mut counts.forget
                }
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
    pub(crate) source: String,
    /// SHA-256 of the file's bytes, 64 hexadecimal digits.
    pub(crate) sha256: String,
    /// Version of the Terraform or OpenTofu that wrote it.
    pub(crate) terraform_version: Option<String>,
    /// Which of the two that was.
    pub(crate) writer: Writer,
    /// Whether it covers the whole configuration; `None` where that is not told.
    pub(crate) complete: Option<bool>,
    /// Version of the plan's format.
    pub(crate) format_version: String,
    /// Counts by action.
    pub counts: Counts,
    /// Objects that refresh found changed or gone.
    pub(crate) drift: usize,
    /// Those of them that it no longer found.
    pub(crate) gone: usize,
    /// Commands that run: the object and what it runs.
    pub(crate) runs: Vec<(String, String)>,
    /// Checks that did not hold.
    pub(crate) failed_checks: usize,
    /// What a reader should know about the input.
    pub(crate) notes: Vec<String>,
    /// Which state the plan is for; only a saved plan tells.
    pub(crate) state: Option<StateLine>,
    /// The change to the sources that it is about, where it is no plan.
    pub(crate) change: Option<ChangeLine>,
    /// What a revision explains of it, where somebody asks.
    pub(crate) explained: Option<Explanation>,
    /// Everything that changes, where a report lists it.
    pub(crate) changes: Option<Vec<Listed>>,
}

/// A change to the sources, in texts that may be printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ChangeLine {
    /// What it starts from: a revision, or nothing.
    pub(crate) from: String,
    /// What it comes to: a revision, what is staged, or what is on disk.
    pub(crate) to: String,
    /// Source files that differ.
    pub(crate) files: usize,
    /// Modules that were compared.
    pub(crate) modules: usize,
    /// Whether nothing was graded above medium.
    pub(crate) capped: bool,
}

/// What the change since a revision explains of a plan: the addresses of what is destroyed or lowered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Explanation {
    /// As it was named.
    pub(crate) revision: String,
    /// Something that it depends on is another in the revision.
    pub(crate) explained: Vec<String>,
    /// Everything that it depends on is the same.
    pub(crate) not_explained: Vec<String>,
    /// Nobody can tell from the text.
    pub(crate) cannot_be_told: Vec<Untold>,
}

/// Why nobody can tell of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Untold {
    pub(crate) address: String,
    pub(crate) why: &'static str,
}

impl Summary {
    /// The commands that run, an object and what it runs.
    #[must_use]
    pub fn runs(&self) -> Vec<String> {
        let runs = self.runs.iter();
        runs.map(|(address, what)| format!("{address} {what}"))
            .collect()
    }

    /// Of a change to the sources.
    pub(crate) fn of_change(change: ChangeLine, notes: Vec<String>) -> Self {
        Self {
            writer: Writer::Unknown,
            complete: Some(true),
            source: format!("{} -> {}", change.from, change.to),
            sha256: String::new(),
            terraform_version: None,
            format_version: String::new(),
            counts: Counts::default(),
            drift: 0,
            gone: 0,
            runs: Vec::new(),
            failed_checks: 0,
            notes,
            state: None,
            change: Some(change),
            explained: None,
            changes: None,
        }
    }
}

/// Which state a plan was made against, in texts that may be printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct StateLine {
    /// How the plan was made: `normal`, `destroy` or `refresh-only`.
    pub(crate) mode: &'static str,
    /// Type of the backend or state store.
    pub(crate) backend: Option<String>,
    /// Where the state is kept: `s3://bucket/key`.
    pub(crate) place: Option<String>,
    /// The full path of a state on the disk, where the directory of the plan is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// The server that is asked for it instead of the cloud's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<String>,
    /// The workspace.
    pub(crate) workspace: String,
    /// The lineage; `None` when there was no state.
    pub(crate) lineage: Option<String>,
    /// The serial; `None` when there was no state.
    pub(crate) serial: Option<u64>,
    /// Managed objects in it.
    pub(crate) managed: usize,
    /// Number of `-target` addresses.
    pub(crate) targets: usize,
}

impl StateLine {
    /// In one line: `s3://bucket/key · workspace prod · serial 42 · 84 objects`.
    #[must_use]
    pub(crate) fn words(&self) -> String {
        let place = self
            .place
            .as_deref()
            .or(self.backend.as_deref())
            .unwrap_or("place unknown");
        let serial = self.serial.map_or_else(
            || "no state yet".to_owned(),
            |serial| {
                format!(
                    "serial {serial} · {}",
                    crate::ui::words::plural(self.managed, "object")
                )
            },
        );
        let mode = if self.mode == "normal" {
            String::new()
        } else {
            format!(" · {} plan", self.mode)
        };
        let targets = if self.targets > 0 {
            format!(" · {} by -target", self.targets)
        } else {
            String::new()
        };
        let server = self
            .server
            .as_ref()
            .map_or_else(String::new, |server| format!(" at {server}"));
        format!(
            "{place}{server} · workspace {} · {serial}{mode}{targets}",
            self.workspace
        )
    }

    /// Notes where on the disk a local state is, for a plan of this directory.
    pub(crate) fn found_in(&mut self, dir: &Path) {
        let Some(path) = self
            .place
            .as_deref()
            .filter(|_| self.backend.as_deref() == Some("local"))
            .and_then(|place| place.strip_prefix("local "))
        else {
            return;
        };
        let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        let path = dir.join(path);
        let path = path.canonicalize().unwrap_or(path);
        self.path = Some(path.display().to_string());
    }

    /// Of a state that was pulled: the plan's own mode and targets are not told then.
    fn of_pulled(pulled: &Pulled) -> Self {
        let (backend, state) = (&pulled.backend, &pulled.state);
        let none = state.lineage.is_empty() && state.serial == 0;
        Self {
            mode: "normal",
            backend: Some(backend.kind.clone()),
            place: Some(backend.place(&pulled.workspace)),
            path: None,
            server: backend.server().map(str::to_owned),
            workspace: pulled.workspace.clone(),
            lineage: (!none).then(|| state.lineage.clone()),
            serial: (!none).then_some(state.serial),
            managed: state.objects.len(),
            targets: 0,
        }
    }

    fn of(saved: &Saved<'_>) -> Self {
        Self {
            mode: match saved.mode {
                PlanMode::Normal => "normal",
                PlanMode::Destroy => "destroy",
                PlanMode::RefreshOnly => "refresh-only",
            },
            backend: saved
                .backend
                .as_ref()
                .map(|backend| backend.kind.clone())
                .or_else(|| saved.state_store.map(str::to_owned)),
            place: saved
                .backend
                .as_ref()
                .map(|backend| backend.place(saved.workspace)),
            path: None,
            server: saved
                .backend
                .as_ref()
                .and_then(|backend| backend.server().map(str::to_owned)),
            workspace: saved.workspace.to_owned(),
            lineage: (!saved.no_state()).then(|| saved.lineage.to_owned()),
            serial: (!saved.no_state()).then_some(saved.serial),
            managed: saved.objects.len(),
            targets: saved.targets.len(),
        }
    }
}

impl Summary {
    /// The summary of a plan.
    #[must_use]
    pub(crate) fn of(plan: &Plan<'_>, source: String, sha256: String, notes: Vec<String>) -> Self {
        Self {
            source,
            sha256,
            terraform_version: plan.terraform_version.clone(),
            format_version: plan.format_version.clone(),
            counts: Counts::of(plan),
            drift: plan.drift.len(),
            gone: plan.gone().len(),
            // The rule tells what cannot be read.
            runs: commands::find(plan)
                .unwrap_or_default()
                .into_iter()
                .map(|command| (command.address, command.what))
                .collect(),
            failed_checks: plan.failed_checks,
            notes,
            state: match (plan.saved.as_deref(), plan.pulled.as_deref()) {
                (Some(saved), _) => Some(StateLine::of(saved)),
                (None, pulled) => pulled.map(StateLine::of_pulled),
            },
            writer: plan.writer,
            complete: plan.complete.or(plan.saved.as_ref().map(|_| true)),
            change: None,
            explained: None,
            changes: None,
        }
    }
}
