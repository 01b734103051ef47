//! A state without a lock, without encryption, or on one machine's disk. A note as long as it was always so, and more when it was lost.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "backend-unsafe",
    title: "the state has no lock, no encryption, or is only on one machine",
    severity: Severity::Medium,
    needs: Needs::Saved,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let Some(identity) = &facts.state.identity else {
        return Ok(());
    };
    let pinned = facts.state.pinned();
    let (mut lost, mut never) = (Vec::new(), Vec::new());
    if identity.place.locking == Some(false) {
        let had = pinned.is_some_and(|pinned| pinned.locking == Some(true));
        let list = if had { &mut lost } else { &mut never };
        list.push("two runs can write it at the same time: use_lockfile and dynamodb_table are both not set".to_owned());
    }
    if identity.place.encrypted == Some(false)
        && pinned.is_some_and(|pinned| pinned.encrypted == Some(true))
    {
        lost.push("encrypt is no longer set".to_owned());
    }
    if identity.place.kind == "local" {
        if pinned.is_some_and(|pinned| pinned.backend != "local" && !pinned.backend.is_empty()) {
            lost.push("it moved from a remote backend to a file on this machine".to_owned());
        } else if !identity.data.is_empty() {
            never.push(format!(
                "the state file is only on this machine; objects in it with data: {}",
                identity.data.len()
            ));
        }
    }
    if identity.place.dynamodb && lost.is_empty() && never.is_empty() {
        never.push("its lock is a DynamoDB table, which Terraform has deprecated: use_lockfile = true replaces it".to_owned());
    }
    if lost.is_empty() && never.is_empty() {
        return Ok(());
    }
    let severity = if lost.is_empty() {
        Severity::Low
    } else {
        Severity::Medium
    };
    let message = if lost.is_empty() {
        "the state could be stored more safely"
    } else {
        "the state is stored less safely than when it was pinned"
    };
    let mut finding = Finding::about_plan(RULE.id, severity, message);
    finding.evidence = lost.into_iter().chain(never).map(Evidence::Note).collect();
    finding.help =
        Some("use a remote backend with versioning, encryption and use_lockfile = true".to_owned());
    findings.push(finding);
    Ok(())
}
