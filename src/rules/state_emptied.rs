//! Objects leave the state without being deleted: refresh no longer found them, and the apply writes that down. With the wrong credentials that is all of them.

use std::collections::HashSet;

use super::{Needs, Rule, Switch};
use crate::catalog::Grade;
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{Gone, ReadError};
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "state-emptied",
    title: "objects leave the state without being deleted",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

/// Fewer objects than this are no stack.
const LEAST: usize = 3;
/// Objects that are named.
const NAMED: usize = 5;

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let gone: Vec<Gone> = facts
        .plan
        .gone()
        .into_iter()
        .filter(|gone| facts.kind_counts(&gone.kind))
        .collect();
    let left = facts.stated();
    if gone.len() >= LEAST && left == 0 {
        findings.push(everything(&gone));
        return Ok(());
    }
    // What is created again at once is told by deleted-outside.
    let again: HashSet<&str> = facts
        .creates()
        .map(|change| change.address.as_ref())
        .collect();
    for gone in gone
        .iter()
        .filter(|gone| !again.contains(gone.address.as_str()))
    {
        let Some(row) = facts
            .catalog
            .get(&gone.kind)
            .filter(|row| row.category.holds_data() && row.destroy > Grade::Medium)
        else {
            continue;
        };
        findings.push(Finding {
            address: Some(gone.address.clone()),
            resource_type: Some(gone.kind.clone()),
            loss: Some("Terraform no longer knows the object; the same block would create a second, empty one".to_owned()),
            recovery: Some("if it still exists: terraform import, or an import block".to_owned()),
            evidence: vec![Evidence::Note(format!(
                "refresh no longer found this {}",
                row.category.word()
            ))],
            help: Some("find out whether it was deleted, or whether the plan has other credentials or another region".to_owned()),
            ..Finding::about_plan(
                RULE.id,
                Severity::Medium,
                "leaves the state without being deleted: refresh did not find it, and the apply records that",
            )
        });
    }
    untold(facts, left, findings);
    Ok(())
}

fn everything(gone: &[Gone]) -> Finding {
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::Critical,
        format!(
            "the state is emptied without a delete: refresh found none of its {}",
            plural(gone.len(), "object")
        ),
    );
    finding.loss = Some(
        "Terraform forgets everything that runs: the next plan creates all of it again".to_owned(),
    );
    let named = gone
        .iter()
        .take(NAMED)
        .map(|gone| gone.address.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    finding
        .evidence
        .push(Evidence::Note(match gone.len().saturating_sub(NAMED) {
            0 => format!("not found: {named}"),
            more => format!("not found: {named} and {more} more"),
        }));
    finding.recovery = Some("before the apply none is needed, the state still has them; afterwards an older version of the state".to_owned());
    finding.help = Some("do not apply; check account, region and credentials, and make a new plan with the right ones".to_owned());
    finding
}

/// The JSON of a destroy plan that finds nothing says neither what is gone nor that it was there.
fn untold(facts: &Facts<'_, '_>, left: usize, findings: &mut Vec<Finding>) {
    let plan = facts.plan;
    if plan.gone.is_some() || left > 0 || plan.managed().next().is_some() || !plan.drift.is_empty()
    {
        return;
    }
    let blocks = plan.planned_blocks();
    if blocks == 0 {
        return;
    }
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::Medium,
        format!(
            "the configuration has {}, and the plan and the state have none of them",
            plural(blocks, "resource")
        ),
    );
    finding.evidence.push(Evidence::Note(
        "such a plan finds nothing any more, in destroy mode or with other credentials; the JSON does not say which".to_owned(),
    ));
    finding.help = Some(
        "use the saved plan file, which has the state from before: terraform plan -out tfplan"
            .to_owned(),
    );
    findings.push(finding);
}
