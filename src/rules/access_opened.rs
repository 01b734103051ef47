//! Access that opens: to the whole internet, or to everybody.

use super::updated::{Words, speak};
use super::{Needs, Rule, Switch};
use crate::catalog::ChangeRule;
use crate::finding::Severity;

pub(super) static RULE: Rule = rule! {
    "access-opened",
    title: "something that was there before is opened to everybody, or a new store is public",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: |facts, findings| speak(&WORDS, facts, findings),
};

static WORDS: Words = Words {
    rule: RULE.id,
    speaks: ChangeRule::AccessOpened,
    message: "access is opened to everybody",
    help: "name the networks or the people that need it; if it is meant for everybody, say so in the change",
    loses: false,
};
