//! Types that no catalogue knows: not known is never nothing. Judged by their name and by what the plan shows, and labelled as a guess.

use super::destroyed::{self, Speaker, speaker};
use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Finding, Severity};
use crate::plan::ReadError;

/// Its id.
pub(crate) const ID: &str = "unlisted-destroy";

/// `unlisted-destroy`.
pub(super) static RULE: Rule = Rule {
    id: ID,
    title: "a type that is in no catalogue is destroyed or replaced",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    docs: include_str!("../../rules/unlisted-destroy.md"),
    check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    for destroy in &facts.destroys {
        if speaker(facts, destroy) == Speaker::Unlisted
            && let Some(severity) = destroy.severity()
        {
            let mut finding = destroyed::finding(ID, severity, destroy)?;
            finding.loss = Some("unknown: this type is in no catalogue".to_owned());
            finding.guess = true;
            findings.push(finding);
        }
    }
    Ok(())
}
