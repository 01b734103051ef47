//! Actions that the apply runs beside its changes (Terraform 1.14 and newer): they stop machines and run functions, and no change shows them.

use std::collections::BTreeMap;

use super::{Needs, Rule, Switch};
use crate::catalog::work::{self, Does};
use crate::catalog::{ActionRow, Catalog, Grade, TypeRow};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{Invocation, ReadError};
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "action-runs",
    title: "an action runs that stops, wipes or runs something",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

/// Objects that set an action off and are named.
const NAMED: usize = 3;

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let invocations = &facts.plan.invocations;
    if invocations.is_empty() {
        return Ok(());
    }
    let broken = |_| ReadError("the catalogue of actions is broken");
    let rows = work::actions().map_err(broken)?;
    // A team's own row takes the place of the built-in one.
    let row = |kind: &str| -> Option<&ActionRow> {
        facts.catalog.own_action(kind).or_else(|| rows.get(kind))
    };
    let known = Catalog::for_types(
        invocations
            .iter()
            .filter_map(|invocation| row(invocation.kind.as_ref())?.of.as_deref()),
    )
    .map_err(broken)?;
    let wiped = |row: &ActionRow| -> Option<&TypeRow> {
        let kind = row.of.as_deref()?;
        facts.catalog.get(kind).or_else(|| known.get(kind))
    };
    // One action may be set off by many objects.
    let mut by_address: BTreeMap<&str, Vec<&Invocation<'_>>> = BTreeMap::new();
    for invocation in invocations {
        by_address
            .entry(invocation.address.as_ref())
            .or_default()
            .push(invocation);
    }
    for (address, runs) in by_address {
        let Some(first) = runs.first() else { continue };
        let row = row(first.kind.as_ref());
        let grade = match row {
            None => Severity::Medium,
            Some(row) if row.does == Does::Wipes => wiped(row)
                .map_or(Grade::High, |row| row.destroy)
                .severity()
                .map_or(Severity::Medium, |severity| severity.max(Severity::Medium)),
            Some(row) if row.does.harmless() => Severity::Low,
            Some(_) => Severity::Medium,
        };
        let says = row.map_or("an action runs that is in no catalogue", |row| {
            row.says.as_str()
        });
        let mut finding = Finding {
            address: Some(address.to_owned()),
            resource_type: Some(first.kind.to_string()),
            loss: row
                .filter(|row| row.does == Does::Wipes)
                .and_then(wiped)
                .map(|row| row.loss.clone()),
            guess: row.is_none(),
            ..Finding::about_plan(RULE.id, grade, says)
        };
        if runs.len() > 1 {
            finding.evidence.push(Evidence::Note(format!(
                "it runs {}",
                plural(runs.len(), "time")
            )));
        }
        finding.evidence.push(Evidence::Note(because(&runs)));
        if grade > Severity::Low {
            finding.help = Some("an action cannot be undone and leaves no trace in the state: apply only if it should run now".to_owned());
        }
        findings.push(finding);
    }
    Ok(())
}

/// What sets it off.
fn because(runs: &[&Invocation<'_>]) -> String {
    if runs.iter().all(|run| run.deferred) {
        return "it is deferred to a later plan".to_owned();
    }
    let triggers: Vec<&str> = runs
        .iter()
        .filter_map(|run| run.trigger.as_deref())
        .collect();
    if triggers.is_empty() {
        return "requested with -invoke".to_owned();
    }
    let named = triggers
        .iter()
        .take(NAMED)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    match triggers.len().saturating_sub(NAMED) {
        0 => format!("triggered by the change of {named}"),
        more => format!("triggered by the change of {named} and {more} more"),
    }
}
