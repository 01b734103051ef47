//! The plan touches more than one region or account of a cloud at once, where changes are meant to go out in waves.

use std::collections::BTreeMap;

use super::{Needs, Rule, Switch, unplaced};
use crate::facts::{Cloud, Facts, Place, setting};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "several-regions",
    title: "the plan touches more than one region or account at once",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

/// Places that are named.
const NAMED: usize = 8;

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let Some(places) = facts
        .places
        .as_ref()
        .filter(|_| facts.limits.expect.flag(&setting::ONE_REGION))
    else {
        return Ok(());
    };
    let (regions, accounts) = (several(&places.regions), several(&places.accounts));
    let mut finding = match (regions.len(), accounts.len()) {
        (0, 0) => {
            // Of two changes the one that is not shown may be in a second one.
            let several = facts
                .plan
                .managed()
                .filter(|change| facts.acts(change))
                .nth(1)
                .is_some();
            let Some(address) = places.regions_unshown.first().filter(|_| several) else {
                return Ok(());
            };
            let mut finding = Finding::about_plan(
                RULE.id,
                Severity::Medium,
                "the plan does not show which regions it touches",
            );
            finding.evidence.push(Evidence::Note(format!(
                "no ARN, location or readable provider block shows it: {address}"
            )));
            finding.help = Some("set the region in the provider block".to_owned());
            findings.push(finding);
            return Ok(());
        }
        (regions, 0) => Finding::about_plan(
            RULE.id,
            Severity::Medium,
            format!("the plan touches {} at once", plural(regions, "region")),
        ),
        (0, accounts) => Finding::about_plan(
            RULE.id,
            Severity::Medium,
            format!("the plan touches {} at once", plural(accounts, "account")),
        ),
        (regions, accounts) => Finding::about_plan(
            RULE.id,
            Severity::Medium,
            format!(
                "the plan touches {} and {} at once",
                plural(regions, "region"),
                plural(accounts, "account")
            ),
        ),
    };
    let all: Vec<&Place> = regions.into_iter().chain(accounts).collect();
    finding.evidence = all
        .iter()
        .take(NAMED)
        .map(|place| Evidence::Note(unplaced::line(place)))
        .collect();
    if let Some(more) = all.len().checked_sub(NAMED).filter(|more| *more > 0) {
        finding
            .evidence
            .push(Evidence::Note(format!("and {more} more")));
    }
    finding.loss = Some("a mistake hits every region at once, not only the first".to_owned());
    finding.help = Some(
        "plan and apply one region after the other, with a state or a -target for each".to_owned(),
    );
    findings.push(finding);
    Ok(())
}

/// The places that the plan changes something in, of each cloud that has more than one of them.
fn several(places: &[Place]) -> Vec<&Place> {
    let changing: Vec<&Place> = places.iter().filter(|place| place.changing > 0).collect();
    let mut counts: BTreeMap<Cloud, usize> = BTreeMap::new();
    changing
        .iter()
        .for_each(|place| *counts.entry(place.cloud).or_default() += 1);
    changing
        .into_iter()
        .filter(|place| counts.get(&place.cloud).is_some_and(|count| *count > 1))
        .collect()
}
