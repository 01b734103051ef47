//! A state or a plan comes into the repository: it has every value in plain text.

use super::{Needs, Rule, Switch};
use crate::facts::source::At;
use crate::finding::{Finding, Severity};
use crate::plan::kept_out::KeptOut;

pub(super) static RULE: Rule = rule! {
    "state-in-git",
    title: "a state or a plan is added to the repository",
    severity: Severity::High,
    needs: Needs::Change,
    switch: Switch::Free,
    check: |_, _| Ok(()),
};

pub(super) fn finding(at: &At, what: KeptOut) -> Finding {
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::High,
        format!(
            "{} comes into the repository, which does not belong in Git",
            what.what()
        ),
    );
    finding.loss = Some(what.why().to_owned());
    finding.help = Some(format!(
        "{}; of what was pushed already, change every password, key and token",
        what.instead()
    ));
    finding.place = Some(super::change::at(at, ""));
    finding
}
