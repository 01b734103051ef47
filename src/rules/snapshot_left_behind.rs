//! A final snapshot will be taken: it stays, costs, and its name must be free.

use super::destroyed::about;
use super::{Needs, Rule, Switch};
use crate::catalog::Grade;
use crate::facts::Facts;
use crate::finding::{Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "snapshot-left-behind",
    title: "a final snapshot stays behind, and costs money until somebody deletes it",
    severity: Severity::Low,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    for destroy in facts
        .destroys
        .iter()
        .filter(|destroy| destroy.grade > Grade::None && !destroy.refused && !destroy.kept)
    {
        let Some((says, name)) = &destroy.copy else {
            continue;
        };
        if !says.contains("final") {
            continue;
        }
        let mut finding = about(RULE.id, Severity::Low, destroy.change);
        let named = name
            .as_ref()
            .map_or_else(String::new, |name| format!(" ({name})"));
        finding.message = format!(
            "the final snapshot{named} stays outside Terraform; the apply stops if one with that name exists"
        );
        finding.help = Some("note who deletes it, and when".to_owned());
        findings.push(finding);
    }
    Ok(())
}
