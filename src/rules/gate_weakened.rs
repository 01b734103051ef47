//! The same change takes something away from the gate that judges it.

use super::{Needs, Rule, Switch};
use crate::facts::source::At;
use crate::finding::{Evidence, Finding, Severity};

pub(super) static RULE: Rule = rule! {
    "gate-weakened",
    title: "the policy, the pin or the line that runs the gate is changed in the same change",
    severity: Severity::Medium,
    needs: Needs::Change,
    switch: Switch::Free,
    check: |_, _| Ok(()),
};

pub(super) fn finding(at: &At, what: &str, gone: bool) -> Finding {
    let severity = if gone {
        Severity::Medium
    } else {
        Severity::Low
    };
    let mut finding = Finding::about_plan(
        RULE.id,
        severity,
        "this change also changes the gate that judges it",
    );
    finding.evidence.push(Evidence::Note(what.to_owned()));
    finding.help = Some(
        "make it a change of its own; with --policy-from the reviewed policy and pin judge whatever a change has".to_owned(),
    );
    finding.place = Some(super::change::at(at, ""));
    finding
}
