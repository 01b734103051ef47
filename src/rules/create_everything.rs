//! Everything is created though the stack may well exist: the state is missing, empty, or another one. The plan that began the incident.

use std::collections::HashSet;

use super::{Needs, Rule, Switch};
use crate::catalog::Grade;
use crate::facts::{Facts, setting};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{Gone, ReadError};
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "create-everything",
    title: "everything is created: the state may be missing, empty or the wrong one",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    // A first plan that was applied already is out of date, and nothing else.
    if facts.state.stale().is_some() {
        return Ok(());
    }
    let limits = facts.limits;
    let creates: Vec<_> = facts
        .creates()
        .filter(|change| facts.builds(change))
        .collect();
    let shown = facts
        .current()
        .filter(|change| facts.counts(change))
        .count();
    let held = shown.max(facts.stated());
    let left: Vec<Gone> = facts
        .plan
        .gone()
        .into_iter()
        .filter(|gone| facts.kind_counts(&gone.kind))
        .collect();
    let gone: HashSet<&str> = left.iter().map(|gone| gone.address.as_str()).collect();
    let again = creates
        .iter()
        .filter(|change| gone.contains(change.address.as_ref()))
        .count();
    if creates.len() < limits.numbers.count(&setting::CREATE_LEAST) {
        return Ok(());
    }
    if held > 0 {
        let vanished =
            again >= limits.numbers.count(&setting::CREATE_LEAST) && left.len() >= 9 * held;
        nearly(
            facts,
            creates.len(),
            held,
            vanished.then_some(left.len()),
            findings,
        );
        return Ok(());
    }
    let heavy =
        |row: &crate::catalog::TypeRow| row.category.weighty() && row.destroy > Grade::Medium;
    let weighty = creates
        .iter()
        .filter(|change| facts.catalog.of(change).is_some_and(heavy))
        .count();
    let signs: Vec<_> = facts
        .state
        .beside
        .signs
        .iter()
        .filter(|sign| sign.shows_that_it_exists())
        .collect();
    let pinned = facts.state.pinned();
    let meant = limits.first_apply || pinned.is_some_and(|pinned| pinned.empty);
    let known =
        pinned.is_some_and(|pinned| !pinned.empty && !pinned.is_pattern() && pinned.objects > 0);
    // What lies in the directory may be left of another workspace or of a migration: a word that the state is meant to be empty counts more, but is questioned.
    let severity = if again >= limits.numbers.count(&setting::CREATE_LEAST)
        || known
        || (!signs.is_empty() && !meant)
    {
        Severity::Critical
    } else if !signs.is_empty() {
        Severity::Medium
    } else if meant {
        Severity::Low
    } else if creates.len() >= limits.numbers.count(&setting::CREATE_HIGH)
        || (weighty > 0 && creates.len() >= limits.numbers.count(&setting::CREATE_HIGH_WEIGHTY))
    {
        Severity::High
    } else {
        Severity::Medium
    };
    let mut finding = Finding::about_plan(
        RULE.id,
        severity,
        format!(
            "everything is created ({}), and the state is empty",
            plural(creates.len(), "object")
        ),
    );
    if again > 0 {
        finding
            .evidence
            .push(Evidence::Note(format!("refresh no longer found {} of the state: the account or region is wrong, or they were deleted outside Terraform", plural(again, "object"))));
    }
    if facts.plan.prior.is_none() {
        finding
            .evidence
            .push(Evidence::Note("the plan has no prior state".to_owned()));
    } else {
        finding.evidence.push(Evidence::Note(
            "the prior state has no managed resource".to_owned(),
        ));
    }
    for sign in signs {
        finding.evidence.push(Evidence::Note(sign.words()));
    }
    if let Some(pinned) = pinned.filter(|pinned| !pinned.empty && !pinned.is_pattern()) {
        finding.evidence.push(Evidence::Note(format!(
            "the pin file has this state with {}",
            plural(pinned.objects, "object")
        )));
    } else if pinned.is_some_and(|pinned| pinned.empty) {
        finding.evidence.push(Evidence::Note(
            "pinned as new: this state starts empty".to_owned(),
        ));
    }
    if limits.first_apply {
        finding.evidence.push(Evidence::Note(
            "--first-apply: this state should be empty".to_owned(),
        ));
    }
    if severity > Severity::Low {
        finding.loss = Some(
            "if the stack already runs, the apply builds a second one, and the clean-up afterwards often destroys the first".to_owned(),
        );
        const FIND: &str = "if the stack exists, stop and find its state: check backend, workspace and the machine that applied last; terraform state list must show the stack";
        // Whoever has said already that it is new is not asked to say so.
        finding.help = Some(if meant {
            format!("{FIND}; the signs above do not fit a new stack")
        } else {
            format!(
                "{FIND}; if the stack is new: applygate pin --new PLAN (or --first-apply for this run)"
            )
        });
    }
    findings.push(finding);
    Ok(())
}

/// Nearly everything is new though the state is not quite empty: an old state, or the wrong one.
fn nearly(
    facts: &Facts<'_, '_>,
    creates: usize,
    held: usize,
    vanished: Option<usize>,
    findings: &mut Vec<Finding>,
) {
    let many = creates >= facts.limits.numbers.count(&setting::CREATE_HIGH) && creates >= 9 * held;
    if !many && vanished.is_none() {
        return;
    }
    let severity = if vanished.is_some() {
        Severity::High
    } else {
        Severity::Medium
    };
    let mut finding = Finding::about_plan(
        RULE.id,
        severity,
        format!(
            "nearly everything is created ({}), and the state has only {held}",
            plural(creates, "object")
        ),
    );
    if let Some(gone) = vanished {
        finding.evidence.push(Evidence::Note(format!(
            "refresh no longer found {} of the state",
            plural(gone, "object")
        )));
    }
    finding.help = Some("check that this is the current state and not an old copy: terraform state list must show what runs".to_owned());
    findings.push(finding);
}
