//! The plan lists work of a kind that this version does not know. What was not read was not judged.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;
use crate::ui::words::plural;

/// `work-unknown`.
pub(super) static RULE: Rule = Rule {
    id: RULE_ID,
    title: "the plan lists work that this version does not know",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    docs: include_str!("../../rules/work-unknown.md"),
    check,
};

/// The id: `--yes` does not answer for it.
pub(crate) const RULE_ID: &str = "work-unknown";

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let work = &facts.plan.unknown_work;
    if work.is_empty() {
        return Ok(());
    }
    let entries: usize = work.iter().map(|work| work.entries).sum();
    let form = if facts.plan.saved.is_some() {
        "the saved plan"
    } else {
        "the JSON of the plan"
    };
    let mut finding = Finding::about_plan(
        RULE_ID,
        Severity::Medium,
        format!(
            "{form} lists {} of a kind that this version does not know: not judged",
            plural(entries, "thing")
        ),
    );
    finding.loss = Some("unknown: it may be anything that an apply can do".to_owned());
    finding.evidence = work
        .iter()
        .map(|work| Evidence::Note(format!("{}: {}", work.name, plural(work.entries, "thing"))))
        .collect();
    finding.help = Some("update applygate; until then read the plan itself (terraform show) before you apply: --yes does not cover it".to_owned());
    findings.push(finding);
    Ok(())
}
