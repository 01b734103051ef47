//! The plan is for a workspace that the pin file does not know, or that the policy does not expect.

use super::{Needs, Rule, Switch};
use crate::facts::{Facts, setting};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "workspace-unexpected",
    title: "the plan is for a workspace that is not pinned, or not one that the policy expects",
    severity: Severity::Critical,
    needs: Needs::Saved,
    switch: Switch::Always,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let wanted = facts.limits.expect.names(&setting::WORKSPACE);
    let Some(identity) = &facts.state.identity else {
        super::untold(facts, RULE.id, "workspace", wanted, findings);
        return Ok(());
    };
    let unpinned = facts
        .state
        .pin
        .as_ref()
        .filter(|pin| pin.state(&identity.workspace).is_none());
    let unexpected = !wanted.is_empty()
        && !wanted
            .iter()
            .any(|pattern| pattern.covers(&identity.workspace));
    let which = match (unpinned, unexpected) {
        (None, false) => return Ok(()),
        (Some(_), false) => "which is not pinned for this directory",
        (None, true) => "which is not expected",
        (Some(_), true) => "which is neither expected nor pinned for this directory",
    };
    let message = format!("the plan is for workspace {}, {which}", identity.workspace);
    let mut finding = Finding::about_plan(RULE.id, Severity::Critical, message);
    if let Some(pin) = unpinned {
        let known: Vec<&str> = pin
            .states
            .iter()
            .map(|state| state.workspace.as_str())
            .collect();
        finding.evidence.push(Evidence::Note(if known.is_empty() {
            "no workspace is pinned".to_owned()
        } else {
            format!("pinned: {}", known.join(", "))
        }));
    }
    if unexpected {
        finding.evidence.push(Evidence::Note(super::listed(wanted)));
    }
    finding.loss = Some("the plan changes an environment that is not known here".to_owned());
    let new = match (unexpected, identity.objects) {
        (true, _) => "add an intended new one to the policy",
        (false, 0) => "pin an intended new one with an empty state: applygate pin --new PLAN",
        (false, _) => "pin an intended one: applygate pin PLAN",
    };
    finding.help = Some(format!(
        "terraform workspace show and TF_WORKSPACE say which one is selected; {new}"
    ));
    findings.push(finding);
    Ok(())
}
