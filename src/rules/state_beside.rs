//! What lies in the working directory says that the state is elsewhere, or that a run did not end well.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;
use crate::state::Sign;

pub(super) static RULE: Rule = rule! {
    "state-beside",
    title: "files in the working directory show that the state is elsewhere, or that a run did not end well",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    // With a plan that creates everything they are evidence of create-everything. A state file of another lineage or of 0 bytes
    // beside a state that is there says nothing: it is what a migration leaves.
    let told = findings.iter().any(|finding| {
        finding.rule == "create-everything" && finding.severity == Severity::Critical
    });
    let speaks = |sign: &&Sign| match sign {
        Sign::OtherBackend(_)
        | Sign::NotInitialized(..)
        | Sign::ErroredState(_)
        | Sign::LeftBehind(_) => !told,
        Sign::Lock(_) => true,
        Sign::StateWithResources(..) | Sign::EmptiedState => false,
    };
    let signs: Vec<&Sign> = facts.state.beside.signs.iter().filter(speaks).collect();
    if signs.is_empty() {
        return Ok(());
    }
    let severity = if signs.iter().all(|sign| matches!(sign, Sign::Lock(_))) {
        Severity::Low
    } else {
        Severity::Medium
    };
    let mut finding = Finding::about_plan(
        RULE.id,
        severity,
        "files in the working directory do not match the plan's state",
    );
    finding.evidence = signs
        .into_iter()
        .map(|sign| Evidence::Note(sign.words()))
        .collect();
    finding.help =
        Some("check that the plan was made here and now, with the right backend; finish an unfinished terraform init -migrate-state first".to_owned());
    findings.push(finding);
    Ok(())
}
