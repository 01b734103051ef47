//! Networks, DNS, clusters and services that others stand on.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

pub(super) static RULE: Rule = rule! {
    "foundation-destroy",
    title: "a network, zone, cluster or service that others need is destroyed or replaced",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: |facts, findings| speak(RULE.id, Speaker::Foundation, facts, findings),
};
