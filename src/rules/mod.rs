//! The rules: one file each, and the table that everything else is rendered from (`rules list`, `rules explain`, the docs, tests).

/// A rule: its id, which is also the name of its page `rules/ID.md` and, with underscores, of its file; then what it finds.
macro_rules! rule {
    ($id:literal, $($field:ident: $value:expr),* $(,)?) => {
        Rule {
            id: $id,
            docs: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/", $id, ".md")),
            $($field: $value),*
        }
    };
}

mod access_opened;
mod access_overwrite;
mod account_unexpected;
mod action_runs;
pub(crate) mod all;
mod aws_auth;
mod backend_changed;
mod backend_unexpected;
mod backend_unsafe;
mod backup_destroy;
mod carrier_destroy;
pub(crate) mod change;
mod cluster_with_network;
mod command_runs;
mod create_everything;
mod deleted_outside;
mod destroyed;
mod disruptive_update;
mod egress_lost;
mod expiry;
mod foreign_state;
mod foundation_destroy;
mod gate_weakened;
mod identity_destroy;
mod images;
mod index_shift;
mod indexes;
mod inside;
mod key_destroy;
mod made;
mod mass_destroy;
mod module_removed;
mod not_explained;
mod outside_scope;
mod over_budget;
mod partial_plan;
mod pin_missing;
mod plan_stale;
mod protection_lowered;
mod provider_changed;
mod provider_unexpected;
mod region_unexpected;
mod rename_without_moved;
mod retention_cut;
mod several_regions;
mod snapshot_left_behind;
pub(crate) mod source;
mod state_beside;
mod state_emptied;
mod state_in_git;
mod state_missing;
mod state_rolled_back;
mod state_store_destroy;
mod state_swapped;
mod stateful_destroy;
mod stateful_forget;
mod takes_over;
pub(crate) mod unlisted_destroy;
mod unplaced;
mod updated;
mod values_stripped;
mod work_unknown;
mod workspace_unexpected;

pub(crate) use work_unknown::RULE_ID as UNREAD;

use crate::address::glob::Glob;
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

/// Which form of a plan a rule needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// JSON and saved plan tell it the same.
    Either,
    /// Only a saved plan knows what it looks at.
    Saved,
    /// No plan: a change to the sources.
    Change,
}

impl Needs {
    /// The word in lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Either => "json or saved",
            Self::Saved => "saved",
            Self::Change => "source",
        }
    }
}

/// Whether a team may switch a rule off or take it down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// It may.
    Free,
    /// It may not: the rule says that the plan is for another state than the one that was pinned, and then nothing else in the report can be believed.
    /// A single case is waived, with a reason and an end.
    Always,
    /// It may not, and no single case is let through either: Terraform would refuse the plan as well, and a new one is made in a minute.
    Never,
}

/// A rule: what it is called, how bad it can get, its prose, and the function that looks.
#[derive(Debug)]
pub struct Rule {
    /// Its id: names the danger, and reads well after "waive".
    pub id: &'static str,
    /// One line: what it finds.
    pub title: &'static str,
    /// The worst that it reports.
    pub severity: Severity,
    /// The form of a plan that it needs.
    pub needs: Needs,
    /// Whether it may be turned off.
    pub switch: Switch,
    /// The prose: `rules/<id>.md`.
    pub docs: &'static str,
    /// Looks at the facts and adds what it finds.
    pub(crate) check: fn(&Facts<'_, '_>, &mut Vec<Finding>) -> Result<(), ReadError>,
}

/// Every rule, in the order of the documentation: what is destroyed, what is changed, the plan as a whole, its state, what is expected,
/// and what only a change to the sources shows.
pub static RULES: &[&Rule] = &[
    &stateful_destroy::RULE,
    &key_destroy::RULE,
    &backup_destroy::RULE,
    &foundation_destroy::RULE,
    &identity_destroy::RULE,
    &carrier_destroy::RULE,
    &state_store_destroy::RULE,
    &unlisted_destroy::RULE,
    &rename_without_moved::RULE,
    &index_shift::RULE,
    &stateful_forget::RULE,
    &snapshot_left_behind::RULE,
    &cluster_with_network::RULE,
    &egress_lost::RULE,
    &protection_lowered::RULE,
    &retention_cut::RULE,
    &disruptive_update::RULE,
    &access_overwrite::RULE,
    &access_opened::RULE,
    &takes_over::RULE,
    &values_stripped::RULE,
    &plan_stale::RULE,
    &create_everything::RULE,
    &mass_destroy::RULE,
    &state_emptied::RULE,
    &action_runs::RULE,
    &command_runs::RULE,
    &work_unknown::RULE,
    &foreign_state::RULE,
    &deleted_outside::RULE,
    &partial_plan::RULE,
    &state_missing::RULE,
    &state_rolled_back::RULE,
    &state_swapped::RULE,
    &backend_changed::RULE,
    &workspace_unexpected::RULE,
    &backend_unsafe::RULE,
    &state_beside::RULE,
    &account_unexpected::RULE,
    &region_unexpected::RULE,
    &several_regions::RULE,
    &backend_unexpected::RULE,
    &pin_missing::RULE,
    &provider_unexpected::RULE,
    &outside_scope::RULE,
    &over_budget::RULE,
    &not_explained::RULE,
    &module_removed::RULE,
    &provider_changed::RULE,
    &state_in_git::RULE,
    &gate_weakened::RULE,
];

/// The rule with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

/// What the loss of a finding is called: `lost` where it goes with the apply, `risk` where it may follow.
pub(crate) fn loss_label(finding: &Finding) -> &'static str {
    const RISKS: &[&Rule] = &[
        &account_unexpected::RULE,
        &backend_changed::RULE,
        &backend_unexpected::RULE,
        &cluster_with_network::RULE,
        &create_everything::RULE,
        &egress_lost::RULE,
        &index_shift::RULE,
        &not_explained::RULE,
        &partial_plan::RULE,
        &plan_stale::RULE,
        &provider_changed::RULE,
        &provider_unexpected::RULE,
        &region_unexpected::RULE,
        &several_regions::RULE,
        &state_emptied::RULE,
        &state_in_git::RULE,
        &state_missing::RULE,
        &state_rolled_back::RULE,
        &state_swapped::RULE,
        &stateful_forget::RULE,
        &work_unknown::RULE,
        &workspace_unexpected::RULE,
    ];
    let risk = RISKS.iter().any(|rule| rule.id == finding.rule);
    if risk { "risk" } else { "lost" }
}

/// An expectation that the JSON of a plan cannot answer is not passed over, unless nothing changes.
fn untold(
    facts: &Facts<'_, '_>,
    rule: &'static str,
    what: &str,
    expected: &[Glob],
    findings: &mut Vec<Finding>,
) {
    if expected.is_empty() || !facts.plan.managed().any(|change| facts.acts(change)) {
        return;
    }
    let mut finding = Finding::about_plan(
        rule,
        Severity::Medium,
        format!("the JSON of a plan does not show the {what}, so the expectation was not checked"),
    );
    finding.evidence.push(Evidence::Note(listed(expected)));
    finding.help = Some("use the saved plan file: terraform plan -out tfplan".to_owned());
    findings.push(finding);
}

/// Patterns in one line.
fn listed(patterns: &[Glob]) -> String {
    format!(
        "expected: {}",
        patterns
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    )
}
