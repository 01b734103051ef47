//! Access that opens: to the whole internet, or to everybody.

use super::updated::{Words, speak};
use super::{Needs, Rule, Switch};
use crate::catalog::ChangeRule;
use crate::finding::Severity;

pub(super) static RULE: Rule = rule! {
    "access-opened",
    title: "an existing object is opened to everybody, or a new store is public",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: |facts, findings| speak(&WORDS, facts, findings),
};

static WORDS: Words = Words {
    rule: RULE.id,
    speaks: ChangeRule::AccessOpened,
    message: "access is opened to everybody",
    help: "allow only the networks or people that need it; if everybody is meant, say so in the change",
    loses: false,
};
