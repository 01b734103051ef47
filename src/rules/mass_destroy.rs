//! Everything that is in the state goes, or a large part of it.

use super::{Needs, Rule, Switch};
use crate::catalog::Grade;
use crate::facts::{Facts, setting};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::saved::PlanMode;
use crate::plan::{Action, ReadError};
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "mass-destroy",
    title: "everything in the state, or a large part of it, is destroyed",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

/// Fewer objects than this are no stack.
const LEAST: usize = 3;

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let shown = facts
        .current()
        .filter(|change| facts.counts(change))
        .count();
    // What destroys nothing by its own setting, and what is only dropped from the state, is on neither side.
    let forgotten = facts
        .current()
        .filter(|change| facts.counts(change) && change.action == Action::Forget)
        .count();
    let destroys: Vec<_> = facts
        .destroys
        .iter()
        .filter(|destroy| destroy.change.deposed().is_none() && facts.counts(destroy.change))
        .collect();
    let kept = destroys.iter().filter(|destroy| destroy.kept).count();
    // With -target the plan shows less than the state holds.
    let current = shown.max(facts.stated()).saturating_sub(kept + forgotten);
    let every: Vec<_> = destroys
        .into_iter()
        .filter(|destroy| !destroy.kept && facts.renamed(destroy.change).is_none())
        .collect();
    let everything = current >= LEAST && every.len() == current;
    let replaced = every
        .iter()
        .filter(|destroy| destroy.change.action.replaces())
        .count();
    // A part of the state counts by what goes without a successor.
    let gone: Vec<_> = every
        .into_iter()
        .filter(|destroy| everything || destroy.change.action == Action::Delete)
        .collect();
    let share = if current == 0 {
        0.0
    } else {
        count(gone.len()) / count(current)
    };
    let mode = destroy_mode(facts);
    if !everything
        && (gone.len() < facts.limits.numbers.count(&setting::MASS_COUNT)
            || share < facts.limits.numbers.share(&setting::MASS_SHARE))
    {
        if let Some(mode) = mode {
            // Helpers among them: what is said is what Terraform says.
            let deleted = facts
                .plan
                .managed()
                .filter(|change| change.action == Action::Delete)
                .count();
            findings.push(named(deleted, mode));
        }
        return Ok(());
    }
    let weighty = gone
        .iter()
        .filter(|destroy| {
            destroy
                .row
                .is_some_and(|row| row.category.weighty() && destroy.grade > Grade::Medium)
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
    let mut finding = Finding::about_plan(RULE.id, severity, message);
    finding.loss = match weighty {
        0 => None,
        1 => Some("1 of them is a store, backup, network or cluster".to_owned()),
        _ => Some(format!(
            "{weighty} of them are stores, backups, networks or clusters"
        )),
    };
    if replaced > 0 && everything {
        finding.evidence.push(Evidence::Note(format!(
            "{replaced} of them replaced: a replace destroys the existing object"
        )));
    }
    if let Some(mode) = mode {
        finding.evidence.push(Evidence::Note(mode.to_owned()));
    } else if facts.creates().next().is_none() && everything && replaced == 0 {
        finding.evidence.push(Evidence::Note(
            "the configuration has none of them: check directory, branch and workspace".to_owned(),
        ));
    }
    finding.help = Some(
        "check that stack, workspace and account are right; first take a backup outside this stack"
            .to_owned(),
    );
    findings.push(finding);
    Ok(())
}

/// Whether the plan was made in destroy mode, in words. The JSON does not say so, but in no other mode a delete has no reason (Terraform 1.1 and newer).
fn destroy_mode(facts: &Facts<'_, '_>) -> Option<&'static str> {
    if let Some(saved) = facts.plan.saved.as_deref() {
        return (saved.mode == PlanMode::Destroy)
            .then_some("this is a destroy plan (plan -destroy)");
    }
    let mut deletes = facts
        .current()
        .filter(|change| change.action == Action::Delete)
        .peekable();
    let only = facts
        .plan
        .managed()
        .all(|change| matches!(change.action, Action::Delete | Action::Forget));
    (only && deletes.peek().is_some() && deletes.all(|change| change.reason().is_none())).then_some(
        "no delete has a reason, as in a destroy plan (terraform destroy, plan -destroy)",
    )
}

/// A destroy plan of little: said all the same, since nothing else in the report does.
fn named(deleted: usize, mode: &str) -> Finding {
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::Low,
        format!(
            "a plan in destroy mode: {}",
            match deleted {
                0 => "it finds nothing to destroy".to_owned(),
                deleted => format!("{} destroyed", plural(deleted, "object")),
            }
        ),
    );
    finding.evidence.push(Evidence::Note(mode.to_owned()));
    finding
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of objects are far below 2^52"
)]
fn count(number: usize) -> f64 {
    number as f64
}
