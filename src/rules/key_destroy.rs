//! A key that goes takes everything with it that was encrypted with it.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

pub(super) static RULE: Rule = rule! {
    "key-destroy",
    title: "an encryption key or certificate authority is destroyed or replaced",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: |facts, findings| speak(RULE.id, Speaker::Key, facts, findings),
};
