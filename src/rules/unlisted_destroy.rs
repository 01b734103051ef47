//! Types that no catalogue knows but whose name says that they hold something. A guess, and labelled as one.

use super::destroyed::{self, Speaker, speaker};
use super::{Needs, Rule, Switch};
use crate::facts::{Facts, guess};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

/// `unlisted-destroy`.
pub(super) static RULE: Rule = Rule {
    id: "unlisted-destroy",
    title: "a type that is in no catalogue, but whose name says that it holds data, is destroyed or replaced",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    docs: include_str!("../../rules/unlisted-destroy.md"),
    check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    for destroy in &facts.destroys {
        if speaker(facts, destroy) == Speaker::Unlisted
            && let Some(word) = guess(&destroy.change.kind)
        {
            let mut finding = destroyed::finding("unlisted-destroy", Severity::Medium, destroy)?;
            finding.loss = Some("not known: this type is in no catalogue".to_owned());
            finding
                .evidence
                .push(Evidence::Note(format!("a guess by its name: \"{word}\"")));
            finding.guess = true;
            findings.push(finding);
        }
    }
    Ok(())
}
