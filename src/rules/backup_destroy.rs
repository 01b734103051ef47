//! Backups and snapshots: worse when what they were taken of goes too, or is not in the state.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

pub(super) static RULE: Rule = rule! {
    "backup-destroy",
    title: "a backup or snapshot is destroyed",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: |facts, findings| speak(RULE.id, Speaker::Backup, facts, findings),
};
