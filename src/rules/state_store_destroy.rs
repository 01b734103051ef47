//! The place where Terraform keeps its own state, or the lock of it: without it the next plan creates everything.

use super::destroyed::{self, Speaker, speaker};
use super::{Needs, Rule, Switch};
use crate::facts::Facts;
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
        let name = destroy.state_store.as_deref();
        let severity = match name {
            // A full bucket will not go, but what asks for this has lost its way.
            Some(_) if destroy.refused || destroy.kept => Severity::High,
            Some(_) => Severity::Critical,
            None => severity,
        };
        let mut finding = destroyed::finding(RULE.id, severity, destroy)?;
        if let Some(name) = name.filter(|_| !destroy.change.before().has_sensitive()) {
            finding.evidence.insert(
                0,
                Evidence::Note(format!(
                    "its name says that it holds Terraform's state or lock: {name}"
                )),
            );
        }
        finding.copy_first = None;
        finding.guess =
            finding.guess || destroy.category() != Some(crate::catalog::Category::State);
        finding.loss = Some(format!(
            "{}; without the state the next plan creates everything again",
            finding.loss.as_deref().unwrap_or("Terraform's state")
        ));
        findings.push(finding);
    }
    Ok(())
}
