//! Restarts, resizes, forced upgrades, scale to zero, disabled keys, other networks.

use super::updated::{Words, speak};
use super::{Needs, Rule, Switch};
use crate::catalog::ChangeRule;
use crate::finding::Severity;

pub(super) static RULE: Rule = rule! {
    "disruptive-update",
    title: "an update restarts, stops, disables or moves something that runs",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: |facts, findings| speak(&WORDS, facts, findings),
};

static WORDS: Words = Words {
    rule: RULE.id,
    speaks: ChangeRule::DisruptiveUpdate,
    message: "this change causes an outage",
    milder: Some("this change interrupts something that runs"),
    help: "apply it in a maintenance window, or build the new one next to the old one",
    loses: true,
};
