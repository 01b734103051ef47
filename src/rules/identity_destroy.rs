//! User directories, clients, service accounts and access.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

/// `identity-destroy`.
pub(super) static RULE: Rule = Rule {
    id: "identity-destroy",
    title: "a user directory, client or access is destroyed or replaced",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    docs: include_str!("../../rules/identity-destroy.md"),
    check: |facts, findings| speak(RULE_ID, Speaker::Identity, facts, findings),
};

const RULE_ID: &str = "identity-destroy";
