//! A call of a module that is not in the repository is taken away: what it made is not known, and goes.

use super::{Needs, Rule, Switch};
use crate::facts::source::CallGone;
use crate::finding::{Finding, Severity};

pub(super) static RULE: Rule = rule! {
    "module-removed",
    title: "a module from elsewhere is not called any more",
    severity: Severity::Medium,
    needs: Needs::Change,
    switch: Switch::Free,
    check: |_, _| Ok(()),
};

pub(super) fn finding(call: &CallGone) -> Finding {
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::Medium,
        "the module is not called any more: the next plan destroys all that it made",
    );
    finding.address = Some(call.address.clone());
    finding.loss = Some("not known: its blocks are not in this repository".to_owned());
    finding.help = Some(
        "if it only has another name, add a moved block; if what it made is to stay, a removed block with destroy = false"
            .to_owned(),
    );
    finding.place = Some(super::change::at(&call.at, ""));
    finding
}
