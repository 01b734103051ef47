//! The place where Terraform keeps its own state, or the lock of it: without it the next plan creates everything.

use super::destroyed::{self, Speaker, speaker};
use super::{Needs, Rule, Switch};
use crate::facts::{Facts, StateStore};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "state-store-destroy",
    title: "Terraform's own state store or lock table is destroyed or replaced",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    for destroy in &facts.destroys {
        let Some(severity) = destroy.severity() else {
            continue;
        };
        if speaker(facts, destroy) != Speaker::StateStore {
            continue;
        }
        let mut finding = destroyed::finding(RULE.id, severity, destroy)?;
        finding.copy_first = None;
        let lost = finding.loss.as_deref().unwrap_or("Terraform's state");
        match destroy.state_store {
            Some(StateStore::Locks) => {
                finding.loss = Some(
                    "the locks of Terraform's states: until the table is there again, no plan or apply of them gets one"
                        .to_owned(),
                );
                finding.recovery = None;
            }
            Some(StateStore::State) => {
                finding.evidence.insert(
                    0,
                    Evidence::Note("the plan's own backend keeps its state in there".to_owned()),
                );
                finding.loss = Some(without(lost));
            }
            None => finding.loss = Some(without(lost)),
        }
        findings.push(finding);
    }
    Ok(())
}

fn without(lost: &str) -> String {
    format!("{lost}; without the state the next plan creates everything again")
}
