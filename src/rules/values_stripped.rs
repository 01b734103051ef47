//! An update that takes most of the values out of something that lives: an import with an incomplete configuration, or a lost variable file.

use super::destroyed::about;
use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "values-stripped",
    title: "an update removes most of the values of a live resource",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    for stripped in &facts.stripped {
        let mut finding = about(RULE.id, Severity::Medium, stripped.change);
        finding.message = "most of the values of a live resource are removed".to_owned();
        finding.loss = Some("settings that somebody may have made by hand, or that came from a variable file that is missing now".to_owned());
        finding.evidence.push(Evidence::Note(format!(
            "{}: {} values before, {} after",
            stripped.name, stripped.had, stripped.has
        )));
        finding.help = Some("read the full diff (terraform show), and check that this environment's variables were given".to_owned());
        findings.push(finding);
    }
    Ok(())
}
