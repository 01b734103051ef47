//! A state or a plan comes into the repository: it has every value in plain text.

use super::{Needs, Rule, Switch};
use crate::facts::source::At;
use crate::finding::{Finding, Severity};

pub(super) static RULE: Rule = rule! {
    "state-in-git",
    title: "a state or a plan is added to the repository",
    severity: Severity::High,
    needs: Needs::Change,
    switch: Switch::Free,
    check: |_, _| Ok(()),
};

pub(super) fn finding(at: &At, what: &str) -> Finding {
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::High,
        format!("{what} comes into the repository"),
    );
    finding.loss = Some(
        "secrets: it has every value in plain text, and git keeps them for ever; a state in git is also soon out of date"
            .to_owned(),
    );
    finding.help = Some(
        "git rm --cached FILE, and a line in .gitignore; what was pushed already has to be changed: passwords, keys, tokens"
            .to_owned(),
    );
    finding.place = Some(super::change::at(at, ""));
    finding
}
