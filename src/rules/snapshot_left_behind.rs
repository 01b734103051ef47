//! A final snapshot will be taken: it stays, costs, and its name must be free.

use super::destroyed::about;
use super::{Needs, Rule, Switch};
use crate::catalog::{Effect, Grade};
use crate::facts::{Destroy, Facts};
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
        finding.message = match name {
            Some(name) => format!(
                "the final snapshot ({name}) stays outside Terraform; the apply stops if one with that name exists"
            ),
            // Nobody names it, or its name may not be shown.
            None if named(destroy) => {
                "the final snapshot stays outside Terraform; the apply stops if one with its name exists"
                    .to_owned()
            }
            None => "the final snapshot stays outside Terraform".to_owned(),
        };
        finding.help = Some("note who deletes it, and when".to_owned());
        findings.push(finding);
    }
    Ok(())
}

/// Whether whoever asks for a final snapshot of such an object names it.
fn named(destroy: &Destroy<'_, '_>) -> bool {
    destroy.row.is_some_and(|row| {
        let mut copies = row
            .guard
            .iter()
            .filter(|guard| guard.effect == Effect::Copy);
        copies.any(|guard| guard.names.is_some())
    })
}
