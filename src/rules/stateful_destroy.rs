//! Databases, object stores, disks, file systems, caches, registries, secrets, queues, logs and machines that go with what they hold.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

/// `stateful-destroy`.
pub(super) static RULE: Rule = Rule {
    id: "stateful-destroy",
    title: "something that holds data is destroyed or replaced",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    docs: include_str!("../../rules/stateful-destroy.md"),
    check: |facts, findings| speak(RULE_ID, Speaker::Stateful, facts, findings),
};

const RULE_ID: &str = "stateful-destroy";
