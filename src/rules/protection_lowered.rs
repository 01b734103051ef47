//! Deletion protection off, versioning suspended, final snapshots skipped: nothing is lost yet, but the next plan can lose it.

use super::updated::{Words, speak};
use super::{Needs, Rule, Switch};
use crate::catalog::ChangeRule;
use crate::finding::Severity;

pub(super) static RULE: Rule = rule! {
    "protection-lowered",
    title: "an update removes a protection",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: |facts, findings| speak(&WORDS, facts, findings),
};

static WORDS: Words = Words {
    rule: RULE.id,
    speaks: ChangeRule::ProtectionLowered,
    message: "a protection is removed",
    milder: None,
    help: "nothing is lost yet; if this is the first step of a removal, say so in the change and restore it afterwards",
    loses: false,
};
