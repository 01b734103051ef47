//! Resource groups, namespaces, projects, stacks: one delete in the plan, many losses outside it.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

pub(super) static RULE: Rule = rule! {
    "carrier-destroy",
    title: "one delete removes many other objects too",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: |facts, findings| speak(RULE.id, Speaker::Carrier, facts, findings),
};
