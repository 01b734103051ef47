//! Commands that the apply runs: provisioners, external programs, types whose job it is to run something. Named and counted, never judged by their text.

use super::{Needs, Rule, Switch};
use crate::facts::{Facts, commands};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "command-runs",
    title: "the apply runs a command that no change shows",
    severity: Severity::Low,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    for command in commands::find(facts.plan)? {
        // Several provisioners of one object are one finding.
        if let Some(last) = findings.last_mut().filter(|last| {
            last.rule == RULE.id && last.address.as_deref() == Some(command.address.as_str())
        }) {
            last.evidence.push(Evidence::Note(command.what));
            continue;
        }
        let mut finding = Finding {
            address: Some(command.address),
            resource_type: Some(command.kind),
            actions: command.action.words(),
            ..Finding::about_plan(
                RULE.id,
                Severity::Low,
                if command.certain {
                    "a command runs, and the plan does not show what it does"
                } else {
                    "a command runs when it is created or destroyed; the JSON does not say which"
                },
            )
        };
        finding.evidence.push(Evidence::Note(command.what));
        findings.push(finding);
    }
    Ok(())
}
