//! Something that holds data leaves Terraform's state. Nothing is destroyed: say exactly that.

use super::destroyed::about;
use super::{Needs, Rule, Switch};
use crate::catalog::Grade;
use crate::facts::{Facts, why};
use crate::finding::{Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "stateful-forget",
    title: "something that holds data is removed from the state without being destroyed",
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
                finding.message = "replaced by a new, empty one: the old object stays, but Terraform no longer manages it".to_owned();
                finding.loss = Some("what uses this address gets the empty object; the old one is in no plan any more".to_owned());
                finding.recovery = Some("the old object still exists: copy its data, or import it in place of the new one".to_owned());
                finding.evidence.extend(why(change)?);
                finding.help = Some("continue if you move the data by hand; if not, keep the old value of the attribute that forces the replace".to_owned());
            } else {
                finding.message =
                    "removed from the state: the object stays, but Terraform no longer manages it"
                        .to_owned();
                finding.loss = Some(
                    "it is in no plan any more; the same block would later create a second one"
                        .to_owned(),
                );
                finding.recovery = Some("terraform import, or an import block".to_owned());
                finding.help =
                    Some("continue if another stack or a person takes it over".to_owned());
            }
            findings.push(finding);
        }
    }
    Ok(())
}
