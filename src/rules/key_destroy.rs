//! A key that goes takes everything with it that was encrypted with it.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

/// `key-destroy`.
pub(super) static RULE: Rule = Rule {
    id: "key-destroy",
    title: "an encryption key or certificate authority is destroyed or replaced",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    docs: include_str!("../../rules/key-destroy.md"),
    check: |facts, findings| speak(RULE_ID, Speaker::Key, facts, findings),
};

const RULE_ID: &str = "key-destroy";
