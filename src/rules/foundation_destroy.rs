//! Networks, DNS, clusters and services that others stand on.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

/// `foundation-destroy`.
pub(super) static RULE: Rule = Rule {
    id: "foundation-destroy",
    title: "a network, zone, cluster or service that others stand on is destroyed or replaced",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    docs: include_str!("../../rules/foundation-destroy.md"),
    check: |facts, findings| speak(RULE_ID, Speaker::Foundation, facts, findings),
};

const RULE_ID: &str = "foundation-destroy";
