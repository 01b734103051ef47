//! What stands beside the resources: where the state is kept, providers, modules from elsewhere, and what does not belong into a repository.

use crate::facts::source::Delta;
use crate::finding::{Evidence, Finding, Severity, SourcePlace};
use crate::rules::{
    backend_changed, backend_unsafe, gate_weakened, module_removed, provider_changed, state_in_git,
};

pub(super) fn look(delta: &Delta, findings: &mut Vec<Finding>) {
    for backend in &delta.backends {
        if !backend.moves.is_empty() {
            let severity = if backend.added {
                Severity::Medium
            } else {
                Severity::High
            };
            let mut finding = Finding::about_plan(
                backend_changed::RULE.id,
                severity,
                "the state moves to another place",
            );
            finding.loss = Some(
                "without a migration the next plan finds no state and creates everything again"
                    .to_owned(),
            );
            let moves = backend.moves.iter().cloned().map(Evidence::Note);
            finding.evidence.extend(moves);
            finding.help = Some(
                "migrate the state before anything is applied: terraform init -migrate-state; say so in the change"
                    .to_owned(),
            );
            finding.place = Some(SourcePlace {
                lines: super::shown(&backend.lines),
                ..super::at(&backend.at, "")
            });
            findings.push(finding);
        }
        if !backend.lowers.is_empty() {
            let mut finding = Finding::about_plan(
                backend_unsafe::RULE.id,
                Severity::Medium,
                "the state is stored less safely",
            );
            let lowers = backend.lowers.iter().cloned().map(Evidence::Note);
            finding.evidence.extend(lowers);
            finding.help = Some("restore the setting, or say in the change why it goes".to_owned());
            finding.place = Some(SourcePlace {
                lines: super::shown(&backend.lowered),
                ..super::at(&backend.at, "")
            });
            findings.push(finding);
        }
    }
    for call in &delta.calls_gone {
        findings.push(module_removed::finding(call));
    }
    for change in &delta.providers {
        findings.push(provider_changed::finding(change));
    }
    for (at, what) in &delta.states {
        findings.push(state_in_git::finding(at, *what));
    }
    for (at, what, gone) in &delta.gate {
        findings.push(gate_weakened::finding(at, what, *gone));
    }
}
