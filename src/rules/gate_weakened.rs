//! The same change takes something away from the gate that judges it.

use super::{Needs, Rule, Switch};
use crate::facts::source::At;
use crate::finding::{Evidence, Finding, Severity};

pub(super) static RULE: Rule = rule! {
    "gate-weakened",
    title: "the change also changes the policy, the pin or the line that runs the gate",
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
        "make it a separate change; with --policy-from the reviewed policy and pin judge every change".to_owned(),
    );
    finding.place = Some(super::change::at(at, ""));
    finding
}
