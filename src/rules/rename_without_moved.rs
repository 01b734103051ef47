//! A delete and a create of the same thing: Terraform does not know that only the address changed. Told once, with the block that mends it.

use super::destroyed;
use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "rename-without-moved",
    title: "something is destroyed and created again because only its address changed",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    for destroy in &facts.destroys {
        let Some(rename) = facts.renamed(destroy.change) else {
            continue;
        };
        let guessed = destroy.row.is_none();
        let Some(severity) = destroy.severity() else {
            continue;
        };
        let mut finding = destroyed::finding(RULE.id, severity, destroy)?;
        finding.message = format!("destroyed and created again as {}", rename.to.address);
        finding.evidence.push(Evidence::Note(
            if rename.same_identity {
                "both have the same name"
            } else {
                "both are the same block under another address"
            }
            .to_owned(),
        ));
        finding.help = Some("if only the address changed, add the moved block and plan again: then nothing is destroyed".to_owned());
        finding.copy_first = None;
        finding.snippet = Some(format!(
            "moved {{\n  from = {}\n  to   = {}\n}}",
            rename.from.address, rename.to.address
        ));
        finding.guess = finding.guess || guessed || !rename.same_identity;
        findings.push(finding);
    }
    Ok(())
}
