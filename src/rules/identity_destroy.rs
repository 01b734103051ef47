//! User directories, clients, service accounts and access.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

pub(super) static RULE: Rule = rule! {
    "identity-destroy",
    title: "a user directory, client or access is destroyed or replaced",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: |facts, findings| speak(RULE.id, Speaker::Identity, facts, findings),
};
