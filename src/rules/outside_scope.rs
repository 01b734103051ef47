//! A change of something that was not announced: the plan was meant to change these addresses, and changes others too.

use std::collections::BTreeMap;

use super::{Needs, Rule, Switch};
use crate::address::pattern::{Index, Target};
use crate::facts::{Facts, is_change, setting};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{Action, ReadError, ResourceChange};

pub(super) static RULE: Rule = rule! {
    "outside-scope",
    title: "something changes outside the expected scope",
    severity: Severity::High,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

/// Patterns that are named.
const NAMED: usize = 5;

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let expected = facts.limits.expect.addresses(&setting::ADDRESSES);
    if expected.is_empty() {
        return Ok(());
    }
    let more = expected.len().saturating_sub(NAMED);
    let mut scope = expected
        .iter()
        .take(NAMED)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if more > 0 {
        scope = format!("{scope}, and {more} more");
    }
    let mut index = Index::default();
    for (number, pattern) in expected.iter().enumerate() {
        index.add(number, pattern);
    }
    // One of each address: the object itself rather than what an earlier replace left behind.
    let mut outside: BTreeMap<&str, &ResourceChange<'_>> = BTreeMap::new();
    let is_expected = |address: &str| {
        let target = Target::of(Some(address));
        index
            .candidates(&target)
            .into_iter()
            .filter_map(|number| expected.get(number))
            .any(|pattern| pattern.covers(&target))
    };
    for change in facts.plan.managed().filter(|change| is_change(change)) {
        if !is_expected(&change.address) {
            let entry = outside.entry(&change.address).or_insert(change);
            if change.deposed().is_none() {
                *entry = change;
            }
        }
    }
    for change in outside.into_values() {
        findings.push(Finding {
            address: Some(change.address.to_string()),
            deposed: change.deposed().map(str::to_owned),
            resource_type: Some(change.kind.to_string()),
            actions: change.action.words(),
            evidence: vec![Evidence::Note(format!("expected: {scope}"))],
            help: Some("if it is intended, add it to the scope; if not, find out why the configuration changes it".to_owned()),
            ..Finding::about_plan(RULE.id, Severity::High, format!("{}, outside the expected scope", what(change)))
        });
    }
    let actions: BTreeMap<&str, &str> = facts
        .plan
        .invocations
        .iter()
        .map(|invocation| (invocation.address.as_ref(), invocation.kind.as_ref()))
        .filter(|(address, _)| !is_expected(address))
        .collect();
    for (address, kind) in actions {
        findings.push(Finding {
            address: Some(address.to_owned()),
            resource_type: Some(kind.to_owned()),
            evidence: vec![Evidence::Note(format!("expected: {scope}"))],
            help: Some(
                "if it is intended, add it to the scope; if not, find out what triggers it"
                    .to_owned(),
            ),
            ..Finding::about_plan(
                RULE.id,
                Severity::High,
                "an action runs outside the expected scope",
            )
        });
    }
    if !facts.plan.unknown_work.is_empty() {
        let mut finding = Finding::about_plan(
            RULE.id,
            Severity::High,
            "the plan lists unknown work, so nobody can tell whether it is expected",
        );
        finding
            .evidence
            .push(Evidence::Note(format!("expected: {scope}")));
        findings.push(finding);
    }
    Ok(())
}

/// What happens to the object.
fn what(change: &ResourceChange<'_>) -> &'static str {
    match change.action {
        _ if change.deposed().is_some() => "the rest of an earlier replace is destroyed",
        Action::Create => "created",
        Action::Update => "changed in place",
        Action::Delete => "destroyed",
        Action::DeleteCreate | Action::CreateDelete => "replaced",
        Action::Forget | Action::CreateForget | Action::ForgetCreate => {
            "removed from Terraform's state"
        }
        Action::NoOp if change.importing() => "imported",
        Action::NoOp => "moved to this address",
        Action::Read | Action::Open | Action::Other => "changed in an unknown way",
    }
}
