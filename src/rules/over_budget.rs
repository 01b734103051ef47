//! More is destroyed or changed than was announced.

use super::{Needs, Rule, Switch};
use crate::facts::{Facts, is_change, setting};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "over-budget",
    title: "more is destroyed or changed than the policy allows in one plan",
    severity: Severity::High,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let expect = &facts.limits.expect;
    let over = |count: usize, most: Option<usize>| most.filter(|most| count > *most);
    let changes: Vec<_> = facts
        .plan
        .managed()
        .filter(|change| is_change(change))
        .collect();
    let replaced = changes
        .iter()
        .filter(|change| change.action.replaces())
        .count();
    let destroyed = changes
        .iter()
        .filter(|change| change.action.destroys())
        .count();
    let (mut says, mut evidence) = (Vec::new(), Vec::new());
    if let Some(most) = over(destroyed, expect.most(&setting::MAX_DESTROY)) {
        says.push(format!(
            "{} destroyed, but at most {most} are allowed",
            are(destroyed)
        ));
        if replaced > 0 {
            evidence.push(Evidence::Note(format!(
                "{} replaced among them: a replace destroys the existing object",
                plural(replaced, "object")
            )));
        }
    }
    let actions = facts.plan.invocations.len();
    let unknown: usize = facts
        .plan
        .unknown_work
        .iter()
        .map(|work| work.entries)
        .sum();
    if let Some(most) = over(
        changes.len() + actions + unknown,
        expect.most(&setting::MAX_CHANGES),
    ) {
        says.push(format!(
            "{} changed, but at most {most} are allowed",
            are(changes.len() + actions + unknown)
        ));
        evidence.push(Evidence::Note(
            "creates, updates, destroys, forgets, moves and imports count".to_owned(),
        ));
        if actions > 0 {
            evidence.push(Evidence::Note(format!(
                "{} among them",
                plural(actions, "action")
            )));
        }
        if unknown > 0 {
            evidence.push(Evidence::Note(format!(
                "{unknown} among them of an unknown kind"
            )));
        }
    }
    if says.is_empty() {
        return Ok(());
    }
    let mut finding = Finding::about_plan(RULE.id, Severity::High, says.join("; "));
    finding.evidence = evidence;
    finding.help = Some("find what you did not expect; if all of it is intended, raise the limit for this plan, or apply in parts".to_owned());
    findings.push(finding);
    Ok(())
}

fn are(count: usize) -> String {
    format!(
        "{} {}",
        plural(count, "object"),
        if count == 1 { "is" } else { "are" }
    )
}
