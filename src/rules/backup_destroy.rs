//! Backups and snapshots: worse when what they were taken of goes too, or is not in the state.

use super::destroyed::{Speaker, speak};
use super::{Needs, Rule, Switch};
use crate::finding::Severity;

/// `backup-destroy`.
pub(super) static RULE: Rule = Rule {
    id: "backup-destroy",
    title: "a backup or snapshot is destroyed",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    docs: include_str!("../../rules/backup-destroy.md"),
    check: |facts, findings| speak(RULE_ID, Speaker::Backup, facts, findings),
};

const RULE_ID: &str = "backup-destroy";
