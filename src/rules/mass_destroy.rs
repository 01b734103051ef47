//! Everything that is in the state goes, or a large part of it.

use super::{Needs, Rule, Switch};
use crate::catalog::{Category, Grade};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::saved::PlanMode;
use crate::plan::{Action, ReadError};
use crate::ui::words::plural;

/// `mass-destroy`.
pub(super) static RULE: Rule = Rule {
    id: "mass-destroy",
    title: "everything in the state, or a large part of it, is destroyed",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    docs: include_str!("../../rules/mass-destroy.md"),
    check,
};

/// Fewer objects than this are no stack.
const LEAST: usize = 3;

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let shown = facts
        .current()
        .filter(|change| facts.counts(change))
        .count();
    let stated = facts.plan.prior.as_ref().map_or(0, |prior| {
        let counts = |kind: &str| {
            !crate::facts::is_helper(kind) && facts.catalog.category(kind) != Some(Category::Helper)
        };
        prior
            .managed
            .iter()
            .filter(|(kind, _)| counts(kind))
            .map(|(_, count)| count)
            .sum()
    });
    // With -target the plan shows less than the state holds.
    let current = shown.max(stated);
    let gone: Vec<_> = facts
        .destroys
        .iter()
        .filter(|destroy| {
            destroy.change.action == Action::Delete
                && destroy.change.deposed().is_none()
                && facts.counts(destroy.change)
                && !destroy.kept
        })
        .filter(|destroy| facts.renamed(destroy.change).is_none())
        .collect();
    let everything = current >= LEAST && gone.len() == current;
    let share = if current == 0 {
        0.0
    } else {
        count(gone.len()) / count(current)
    };
    if !everything && (gone.len() < facts.limits.mass_count || share < facts.limits.mass_share) {
        return Ok(());
    }
    let weighty = gone
        .iter()
        .filter(|destroy| {
            destroy
                .row
                .is_some_and(|row| row.category.weighty() && row.destroy > Grade::Medium)
        })
        .count();
    let worst = gone
        .iter()
        .map(|destroy| destroy.grade)
        .max()
        .unwrap_or(Grade::None)
        .severity()
        .unwrap_or(Severity::Medium)
        .max(Severity::Medium);
    let severity = if everything && weighty > 0 {
        Severity::Critical
    } else {
        worst
    };
    let message = if everything {
        format!(
            "everything in the state is destroyed: {}",
            plural(current, "object")
        )
    } else {
        format!(
            "{} of {} in the state are destroyed ({:.0} %)",
            gone.len(),
            plural(current, "object"),
            share * 100.0
        )
    };
    let mut finding = Finding::about_plan("mass-destroy", severity, message);
    finding.loss = (weighty > 0)
        .then(|| format!("{weighty} of them are stores, backups, networks or clusters"));
    if facts
        .plan
        .saved
        .as_deref()
        .is_some_and(|saved| saved.mode == PlanMode::Destroy)
    {
        finding.evidence.push(Evidence::Note(
            "this is a destroy plan (plan -destroy)".to_owned(),
        ));
    } else if gone.iter().all(|destroy| destroy.change.reason().is_none()) {
        finding.evidence.push(Evidence::Note("no delete has a reason: this is what a destroy plan looks like (terraform destroy, plan -destroy)".to_owned()));
    } else if facts.creates().next().is_none() && everything {
        finding.evidence.push(Evidence::Note(
            "the configuration has none of it: is this the right directory, branch and workspace?"
                .to_owned(),
        ));
    }
    finding.help =
        Some("make sure that this is the stack, the workspace and the account that you mean; take a backup that lives outside this stack first".to_owned());
    findings.push(finding);
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of objects are far below 2^52"
)]
fn count(number: usize) -> f64 {
    number as f64
}
