//! Something that holds data leaves Terraform's state. Nothing is destroyed: say exactly that.

use super::destroyed::about;
use super::{Needs, Rule, Switch};
use crate::catalog::Grade;
use crate::facts::{Facts, why};
use crate::finding::{Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "stateful-forget",
    title: "something that holds data is dropped from the state",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    for change in facts
        .plan
        .managed()
        .filter(|change| change.action.forgets())
    {
        let row = facts.catalog.of(change);
        if row.is_some_and(|row| row.category.holds_data() && row.destroy > Grade::Medium) {
            let mut finding = about(RULE.id, Severity::Medium, change);
            if change.action.leaves_old() {
                finding.message = "replaced by a new, empty one: the old object stays as it is, but Terraform no longer manages it".to_owned();
                finding.loss = Some("no data; what uses this address gets the empty one, and the old one is no longer in any plan".to_owned());
                finding.recovery = Some("the old object still exists: its data can be copied over, or it can be imported in the place of the new one".to_owned());
                finding.evidence.extend(why(change)?);
                finding.help = Some("go on if the data is moved by hand; if not, keep the attribute that forces the replace as it is".to_owned());
            } else {
                finding.message = "dropped from the state: the object stays as it is, nothing is destroyed, but Terraform no longer manages it".to_owned();
                finding.loss = Some("no data; it is no longer in any plan, and the same block put back later would create a second one".to_owned());
                finding.recovery =
                    Some("terraform import, or an import block, takes it back".to_owned());
                finding.help = Some("go on if another stack or a person takes it over".to_owned());
            }
            findings.push(finding);
        }
    }
    Ok(())
}
