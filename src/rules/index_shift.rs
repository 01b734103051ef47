//! One element taken out of the middle of a `count`: every later object takes the place of the one before it.

use std::collections::BTreeMap;

use super::{Needs, Rule, Switch};
use crate::address::{Address, Key, block};
use crate::catalog::Grade;
use crate::facts::{Facts, Guess, guess};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{Action, ByName, ReadError, ResourceChange, Shape, Value};
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "index-shift",
    title: "the objects of a count shift by one because an earlier element was removed",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let mut blocks: BTreeMap<&str, BTreeMap<u64, &ResourceChange<'_>>> = BTreeMap::new();
    for change in facts
        .plan
        .managed()
        .filter(|change| change.deposed().is_none() && change.action != Action::NoOp)
    {
        let holds = || {
            facts.catalog.of(change).map_or_else(
                || guess(&change.kind) != Guess::Harmless,
                |row| row.destroy >= Grade::Medium,
            )
        };
        // Parsed only when it ends like a number: a plan of all for_each has none.
        let counted = change.address.ends_with(']') && !change.address.ends_with("\"]");
        if counted
            && holds()
            && let Some(Key::Number(index)) =
                Address::parse(&change.address).and_then(|address| address.key)
        {
            blocks
                .entry(block(&change.address))
                .or_default()
                .insert(index, change);
        }
    }
    for (address, members) in blocks {
        let dropped = members
            .values()
            .filter(|change| change.action == Action::Delete)
            .count();
        if dropped == 0 {
            continue;
        }
        let mut shifted = 0;
        for (index, change) in &members {
            let moves = matches!(
                change.action,
                Action::Update | Action::DeleteCreate | Action::CreateDelete
            );
            if moves && let Some(next) = index.checked_add(1).and_then(|next| members.get(&next)) {
                shifted += usize::from(takes_place_of(change, next)?);
            }
        }
        if shifted > 0 {
            let mut finding = Finding::about_plan(
                RULE.id,
                Severity::Medium,
                format!(
                    "{} {} what the next index is now, and the last one is destroyed",
                    plural(shifted, "object"),
                    if shifted == 1 { "becomes" } else { "become" }
                ),
            );
            finding.address = Some(address.to_owned());
            finding.resource_type = members
                .values()
                .next()
                .map(|change| change.kind.to_string());
            finding.loss = Some(
                "the plan changes or destroys more objects than the one removed from the list"
                    .to_owned(),
            );
            finding.evidence.push(Evidence::Note(
                "after the change each object has the attributes of the next index".to_owned(),
            ));
            finding.help = Some(
                "use for_each with stable keys, and moved blocks from each index to its key"
                    .to_owned(),
            );
            findings.push(finding);
        }
    }
    Ok(())
}

/// Whether every attribute that changes becomes what the next one has now, and at least one says so with a known value.
fn takes_place_of(
    change: &ResourceChange<'_>,
    next: &ResourceChange<'_>,
) -> Result<bool, ReadError> {
    let (before, after, theirs) = (
        change.before().members()?,
        change.after().members()?,
        next.before().members()?,
    );
    let (before, theirs) = (ByName::new(&before), ByName::new(&theirs));
    let mut evidence = false;
    for (at, (name, new)) in after.iter().enumerate() {
        let is_new = |there: &ByName<'_, '_>| {
            let value = there.get(at, name).unwrap_or(&Value::ABSENT);
            value.same_text(new)
        };
        if matches!(new.shape()?, Shape::Unknown | Shape::Null) || is_new(&before) {
            continue;
        }
        if !is_new(&theirs) {
            return Ok(false);
        }
        evidence = true;
    }
    Ok(evidence)
}
