//! The pin says that there is a state, and the plan was computed against none: the night of the incident, seen before the first apply.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "state-missing",
    title: "the state that was pinned is missing or emptied",
    severity: Severity::Critical,
    needs: Needs::Saved,
    switch: Switch::Always,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let (Some(identity), Some(pinned)) = (&facts.state.identity, facts.state.pinned()) else {
        return Ok(());
    };
    if pinned.empty
        || pinned.is_pattern()
        || pinned.objects == 0
        || (!identity.is_missing() && identity.objects > 0)
    {
        return Ok(());
    }
    let what = if identity.is_missing() {
        "the plan was computed without a state"
    } else {
        "the plan was computed against an empty state"
    };
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::Critical,
        format!(
            "the state is missing: {what}, but the pin has {}",
            plural(pinned.objects, "object")
        ),
    );
    finding.loss = Some(
        "the apply builds a second stack, and the clean-up afterwards often destroys the first"
            .to_owned(),
    );
    finding.evidence.push(Evidence::Note(format!(
        "pinned for workspace {}: serial {} or higher",
        identity.workspace, pinned.serial
    )));
    if !identity.is_missing() && identity.lineage == pinned.lineage {
        finding.evidence.push(Evidence::Note(format!(
            "it is the pinned state with serial {}, empty since a destroy or terraform state rm",
            identity.serial
        )));
    }
    finding.recovery = Some("older versions of the state in its bucket, terraform.tfstate.backup, or the machine that applied last".to_owned());
    finding.help =
        Some("find the state before you apply anything; if the stack was destroyed on purpose, pin the empty state: applygate pin --new PLAN".to_owned());
    findings.push(finding);
    Ok(())
}
