//! All that the state holds is deleted and all that the configuration has is created: the state belongs to another configuration.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{Action, ReadError};
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "foreign-state",
    title: "everything in the state is deleted and everything in the configuration created: the state is another stack's",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

/// Fewer than this on either side are a small change, not another stack.
const LEAST: usize = 3;

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let creates = facts
        .creates()
        .filter(|change| facts.counts(change))
        .count();
    let mut deletes = 0;
    for change in facts.current().filter(|change| facts.counts(change)) {
        if change.action != Action::Delete {
            return Ok(());
        }
        deletes += 1;
    }
    // A stack whose modules were all renamed looks alike, but its objects find each other again.
    if deletes < LEAST || creates < LEAST || facts.renames.len() * 2 >= deletes {
        return Ok(());
    }
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::Critical,
        format!(
            "the state seems to be another stack's: all {} in it are destroyed, and {} of this configuration are created",
            plural(deletes, "object"),
            plural(creates, "object")
        ),
    );
    finding.loss = Some("the whole stack that the state belongs to".to_owned());
    finding.evidence.push(Evidence::Note(
        "the state and the configuration have no address in common".to_owned(),
    ));
    finding.help = Some(
        "check the backend (bucket, key, prefix) and the workspace of this directory: terraform init -backend-config may point at the wrong one".to_owned(),
    );
    findings.push(finding);
    Ok(())
}
