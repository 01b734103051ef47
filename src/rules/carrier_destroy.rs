//! Resource groups, namespaces, projects, stacks: one delete in the plan, many losses outside it.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

/// `carrier-destroy`.
pub(super) static RULE: Rule = Rule {
    id: "carrier-destroy",
    title: "one delete takes many others along",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    docs: include_str!("../../rules/carrier-destroy.md"),
    check: |facts, findings| speak(RULE_ID, Speaker::Carrier, facts, findings),
};

const RULE_ID: &str = "carrier-destroy";
