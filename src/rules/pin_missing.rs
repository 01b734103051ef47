//! The policy wants a pin, and there is none to compare the plan's state with: whoever deletes one does not get past the gate.

use super::{Needs, Rule, Switch};
use crate::facts::{Facts, setting};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "pin-missing",
    title: "the policy expects a pin, and there is none for the plan's state",
    severity: Severity::High,
    needs: Needs::Saved,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    if !facts.limits.expect.flag(&setting::PIN) || facts.state.pinned().is_some() {
        return Ok(());
    }
    if facts.plan.saved.is_none() {
        // JSON does not tell the state. What changes nothing is not held up for it.
        if facts.plan.managed().any(|change| facts.acts(change)) {
            let mut finding = Finding::about_plan(
                RULE.id,
                Severity::Medium,
                "the JSON of a plan does not show the state, so no pin was compared",
            );
            finding.help = Some("use the saved plan file: terraform plan -out tfplan".to_owned());
            findings.push(finding);
        }
        return Ok(());
    }
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::High,
        "there is no pin for this state, so nobody can tell whether it is the right one",
    );
    let why = match (&facts.state.pin, &facts.state.identity) {
        (Some(_), Some(identity)) => {
            format!(
                "the pin file has no entry for workspace {}",
                identity.workspace
            )
        }
        (Some(_), None) | (None, _) => "no applygate.pin.toml was found for this plan".to_owned(),
    };
    finding.evidence.push(Evidence::Note(why));
    finding.help = Some(
        "if a pin was deleted, restore it from the repository; for a new stack: applygate pin PLAN"
            .to_owned(),
    );
    findings.push(finding);
    Ok(())
}
