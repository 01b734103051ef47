//! A plan that says of itself that it does not cover everything: `-target`, or deferred changes.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "partial-plan",
    title: "the plan covers only part of the configuration",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

/// Addresses of `-target` that are named.
const NAMED: usize = 5;

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let deferred = facts.plan.deferred.len();
    // An errored plan is incomplete as well, and refused for that.
    if (facts.plan.complete == Some(false) && !facts.plan.errored) || deferred > 0 {
        let mut finding = Finding::about_plan(
            RULE.id,
            Severity::Medium,
            "the plan covers only part of the configuration",
        );
        finding.loss =
            Some("the rest is not shown: the next plan has it, destroys included".to_owned());
        finding.evidence.push(Evidence::Note(if deferred > 0 {
            format!("{} deferred to a later plan", plural(deferred, "change"))
        } else {
            "the plan says complete = false: -target or -exclude was used, or changes were deferred"
                .to_owned()
        }));
        if let Some(saved) = facts.plan.saved.as_deref() {
            for (flag, addresses) in [("-target", &saved.targets), ("-exclude", &saved.excludes)] {
                let more = addresses.len().saturating_sub(NAMED);
                let named = addresses
                    .iter()
                    .take(NAMED)
                    .map(|address| format!("{flag}={address}"))
                    .collect::<Vec<_>>()
                    .join(" ");
                if !named.is_empty() {
                    finding.evidence.push(Evidence::Note(if more > 0 {
                        format!("{named} and {more} more")
                    } else {
                        named
                    }));
                }
            }
        }
        let help = if deferred > 0 {
            "apply this part only if it can stand alone, then make a new plan and read the rest"
        } else {
            "before you apply, make a plan without -target and read it too"
        };
        finding.help = Some(help.to_owned());
        findings.push(finding);
    }
    Ok(())
}
