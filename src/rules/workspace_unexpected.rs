//! The plan is for a workspace that the pin file does not know.

use super::{Needs, Rule, Switch};
use crate::finding::{Evidence, Finding, Severity};
use crate::judge::Facts;
use crate::plan::ReadError;

/// `workspace-unexpected`.
pub(super) static RULE: Rule = Rule {
    id: "workspace-unexpected",
    title: "the plan is for a workspace that is not pinned",
    severity: Severity::Critical,
    needs: Needs::Saved,
    switch: Switch::Always,
    docs: include_str!("../../rules/workspace-unexpected.md"),
    check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let (Some(identity), Some(pin)) = (&facts.state.identity, &facts.state.pin) else { return Ok(()) };
    if pin.state(&identity.workspace).is_some() {
        return Ok(());
    }
    let mut finding = Finding::about_plan(
        "workspace-unexpected",
        Severity::Critical,
        format!("the plan is for workspace {}, which is not pinned for this directory", identity.workspace),
    );
    let known: Vec<&str> = pin.states.iter().map(|state| state.workspace.as_str()).collect();
    finding.evidence.push(Evidence::Note(if known.is_empty() { "no workspace is pinned".to_owned() } else { format!("pinned: {}", known.join(", ")) }));
    finding.loss = Some("whatever the plan does, it does it in another environment than the ones that are known".to_owned());
    finding.help =
        Some("terraform workspace show, and TF_WORKSPACE, say which one is selected; a wanted new one is pinned with: applygate pin PLAN".to_owned());
    findings.push(finding);
    Ok(())
}
