//! A destroy, or a protection that is lowered, that nothing in the change asks for.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::facts::explain::Told;
use crate::finding::{Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "not-explained",
    title: "the change does not explain a destroy or a lowered protection (--explain-from)",
    severity: Severity::Medium,
    needs: Needs::Saved,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let Some(explained) = &facts.explained else {
        return Ok(());
    };
    let destroys = facts.destroys.iter().map(|destroy| destroy.change);
    let alters = facts.alters.iter().map(|alter| alter.change);
    let mut last = None;
    for change in destroys.chain(alters) {
        let address = change.address.as_ref();
        if last == Some(address)
            || !facts.counts(change)
            || explained.objects.get(address) != Some(&Told::NotExplained)
        {
            continue;
        }
        last = Some(address);
        let mut finding = super::destroyed::about(RULE.id, Severity::Medium, change);
        finding.message = format!(
            "nothing that it depends on differs from {}, but the plan changes it",
            explained.name
        );
        finding.loss = Some(
            "the review of the change did not show this: something was changed outside Terraform, the branch is old, or this is the wrong state"
                .to_owned(),
        );
        finding.help = Some(
            "find the cause first: merge the main branch and plan again; check workspace, backend and what refresh found changed"
                .to_owned(),
        );
        findings.push(finding);
    }
    Ok(())
}
