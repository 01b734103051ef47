//! Databases, object stores, disks, file systems, caches, registries, secrets, queues, logs and machines that go with what they hold.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

pub(super) static RULE: Rule = rule! {
    "stateful-destroy",
    title: "something that holds data is destroyed or replaced",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: |facts, findings| speak(RULE.id, Speaker::Stateful, facts, findings),
};
