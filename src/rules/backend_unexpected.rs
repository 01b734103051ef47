//! The plan's state is kept in a place that is not expected.

use super::{Needs, Rule, Switch};
use crate::facts::{Facts, setting};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "backend-unexpected",
    title: "the state is in another backend than the policy expects",
    severity: Severity::Critical,
    needs: Needs::Saved,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let expected = facts.limits.expect.names(&setting::BACKEND);
    if expected.is_empty() {
        return Ok(());
    }
    let Some(saved) = facts.plan.saved.as_deref() else {
        super::untold(facts, RULE.id, "backend", expected, findings);
        return Ok(());
    };
    let place = saved
        .backend
        .as_ref()
        .map(|backend| backend.place(saved.workspace));
    let kind = saved
        .backend
        .as_ref()
        .map(|backend| backend.kind.as_str())
        .or(saved.state_store)
        .unwrap_or_default();
    if expected.iter().any(|pattern| {
        pattern.covers(kind) || place.as_ref().is_some_and(|place| pattern.covers(place))
    }) {
        return Ok(());
    }
    let shown = place.as_deref().unwrap_or(kind);
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::Critical,
        format!("the state is in another backend than expected: {shown}"),
    );
    finding
        .evidence
        .push(Evidence::Note(format!("type of the backend: {kind}")));
    finding
        .evidence
        .push(Evidence::Note(super::listed(expected)));
    finding.loss =
        Some("the plan is computed against another state than the expected one".to_owned());
    finding.help = Some("check -backend-config, the backend block and terraform init -reconfigure; if the place is right, add it to the policy".to_owned());
    findings.push(finding);
    Ok(())
}
