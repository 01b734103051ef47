//! Refresh found that something with data is gone from the cloud, and the plan creates it anew: empty.

use std::collections::HashSet;

use super::destroyed::about;
use super::{Needs, Rule, Switch};
use crate::catalog::Grade;
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{Action, ReadError};

pub(super) static RULE: Rule = rule! {
    "deleted-outside",
    title: "something with data was deleted outside Terraform and is created again, empty",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let gone: HashSet<&str> = facts
        .plan
        .drift
        .iter()
        .filter(|drift| drift.managed() && drift.action == Action::Delete)
        .map(|drift| drift.address.as_ref())
        .collect();
    for change in facts
        .creates()
        .filter(|change| gone.contains(change.address.as_ref()))
    {
        let Some(row) = facts
            .catalog
            .get(&change.kind)
            .filter(|row| row.category.holds_data() && row.destroy > Grade::Medium)
        else {
            continue;
        };
        let mut finding = about(RULE.id, Severity::Medium, change);
        finding.message = "it no longer exists, and the plan creates it again, empty".to_owned();
        finding.loss =
            Some("its data went when it was deleted outside Terraform; a new object with the same name can hide that, and can end a restore window".to_owned());
        finding.evidence.push(Evidence::Note(format!(
            "refresh no longer found this {}",
            row.category.word()
        )));
        finding.help = Some("find out who deleted it and restore it before you apply; then import the restored object".to_owned());
        findings.push(finding);
    }
    Ok(())
}
