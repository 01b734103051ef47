//! An old state was put in place: its serial is lower than what was seen, or objects that hold data are no longer in it.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "state-rolled-back",
    title: "the state is older than the pinned one",
    severity: Severity::Critical,
    needs: Needs::Saved,
    switch: Switch::Always,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let Some(identity) = facts
        .state
        .identity
        .as_ref()
        .filter(|identity| !identity.is_missing())
    else {
        return Ok(());
    };
    // A plan that is only out of date says nothing of the state.
    if facts.state.stale().is_some() {
        return Ok(());
    }
    let pinned = facts
        .state
        .pinned()
        .filter(|pinned| !pinned.is_pattern() && pinned.lineage == identity.lineage);
    let floor = pinned
        .map(|pinned| pinned.serial)
        .into_iter()
        .chain(facts.state.seen_serial)
        .max();
    let gone = pinned.map_or(0, |_| facts.state.came_along().1);
    let back = floor.filter(|floor| identity.serial < *floor);
    // An emptied state is told by state-missing.
    if back.is_none() && (gone == 0 || identity.objects == 0) {
        return Ok(());
    }
    let severity = if back.is_some() {
        Severity::Critical
    } else {
        Severity::High
    };
    let message = match back {
        Some(floor) => format!(
            "the plan was made against serial {}, but serial {floor} has been seen: the plan is out of date, or an old state was put back",
            identity.serial
        ),
        None => format!("the state no longer has these pinned objects with data: {gone}"),
    };
    let mut finding = Finding::about_plan(RULE.id, severity, message);
    finding.loss =
        Some("with an old state Terraform does not know what was created since: it creates it again, or leaves it out".to_owned());
    if back.is_some() && gone > 0 {
        finding.evidence.push(Evidence::Note(format!(
            "pinned objects with data that are not in it: {gone}"
        )));
    }
    finding.evidence.push(Evidence::Note(
        "the lineage is the pinned one: the same state at another time".to_owned(),
    ));
    if pinned.is_none() {
        finding.evidence = vec![Evidence::Note(
            "the higher serial was seen in this working directory".to_owned(),
        )];
    }
    finding.help = Some(
        if back.is_some() {
            "make a new plan first: terraform plan -out tfplan; if it says the same, restore the newest version of the state; if the old one is right, pin it: applygate pin --replace PLAN"
        } else {
            "if they were destroyed or moved on purpose, pin the state again: applygate pin --replace PLAN"
        }
        .to_owned(),
    );
    findings.push(finding);
    Ok(())
}
