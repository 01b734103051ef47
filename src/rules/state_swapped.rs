//! Another lineage than the pinned one: another stack's state, or an honest migration, which is told by the objects that came along.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "state-swapped",
    title: "the state has another lineage than the pinned one",
    severity: Severity::Critical,
    needs: Needs::Saved,
    switch: Switch::Always,
    check: check,
};

/// Addresses that are named as having come along.
const NAMED: usize = 5;

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let (Some(identity), Some(pinned)) = (&facts.state.identity, facts.state.pinned()) else {
        return Ok(());
    };
    // A missing or emptied state is told by state-missing.
    if pinned.is_pattern()
        || pinned.lineage.is_empty()
        || identity.lineage == pinned.lineage
        || identity.objects == 0
    {
        return Ok(());
    }
    let (here, gone) = facts.state.came_along();
    let migrated = facts.state.migrated();
    let message = if migrated {
        "the state has another lineage, but has everything that was pinned: a migration"
    } else {
        "this is another state: its lineage is not the pinned one, and it does not have everything that was pinned"
    };
    let mut finding = Finding::about_plan(
        RULE.id,
        if migrated {
            Severity::Low
        } else {
            Severity::Critical
        },
        message,
    );
    if !here.is_empty() {
        let more = if here.len() > NAMED {
            format!(" and {} more", here.len() - NAMED)
        } else {
            String::new()
        };
        let named: Vec<&str> = here.iter().take(NAMED).copied().collect();
        finding.evidence.push(Evidence::Note(format!(
            "still there: {}{more}",
            named.join(", ")
        )));
    }
    if gone > 0 {
        finding.evidence.push(Evidence::Note(format!(
            "pinned objects with data that are not in it: {gone}"
        )));
    }
    if !migrated {
        finding.loss =
            Some("the plan changes the objects of that state, not of the pinned one".to_owned());
    }
    finding.help = Some(
        if migrated {
            "pin the new state and commit it: applygate pin --replace PLAN"
        } else {
            "check bucket, key and workspace of the backend before you apply anything"
        }
        .to_owned(),
    );
    findings.push(finding);
    Ok(())
}
