//! Retention, backups and point-in-time recovery: lowering them deletes what was kept.

use super::updated::{Words, speak};
use super::{Needs, Rule, Switch, expiry, indexes, inside};
use crate::catalog::ChangeRule;
use crate::finding::Severity;

pub(super) static RULE: Rule = rule! {
    "retention-cut",
    title: "an update deletes existing data or restore points",
    severity: Severity::High,
    needs: Needs::Either,
    switch: Switch::Free,
    check: |facts, findings| {
        speak(&WORDS, facts, findings)?;
        expiry::check(WORDS.rule, facts, findings)?;
        indexes::check(WORDS.rule, facts, findings)?;
        inside::check(WORDS.rule, facts, findings)
    },
};

static WORDS: Words = Words {
    rule: RULE.id,
    speaks: ChangeRule::RetentionCut,
    message: "this change deletes existing data or restore points, without another apply",
    milder: None,
    help: "keep the old value, or first copy what is still needed",
    loses: true,
};
