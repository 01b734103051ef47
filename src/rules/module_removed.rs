//! A call of a module that is not in the repository is taken away: what it made is not known, and goes.

use super::{Needs, Rule, Switch};
use crate::facts::source::CallGone;
use crate::finding::{Finding, Severity};

pub(super) static RULE: Rule = rule! {
    "module-removed",
    title: "a module from another repository is no longer called",
    severity: Severity::Medium,
    needs: Needs::Change,
    switch: Switch::Free,
    check: |_, _| Ok(()),
};

pub(super) fn finding(call: &CallGone) -> Finding {
    let Some(address) = &call.address else {
        return unit(call);
    };
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::Medium,
        "the module is no longer called: the next plan destroys everything that it created",
    );
    finding.address = Some(address.clone());
    finding.loss = Some("unknown: its blocks are not in this repository".to_owned());
    finding.help = Some(
        "if only its name changed, add a moved block; to keep what it created, add a removed block with destroy = false"
            .to_owned(),
    );
    finding.place = Some(super::change::at(&call.at, ""));
    finding
}

/// A unit of Terragrunt: nothing destroys what it made, and nothing looks after it.
fn unit(call: &CallGone) -> Finding {
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::Medium,
        "the Terragrunt unit is removed: no plan shows what it created",
    );
    finding.loss = Some(
        "nothing yet: what it made goes on running, and its state stays where it is".to_owned(),
    );
    finding.help = Some(
        "to get rid of it, run terragrunt destroy in its directory first; if only the directory has another name, move its state along: its key mostly follows the path"
            .to_owned(),
    );
    finding.place = Some(super::change::at(&call.at, ""));
    finding
}
