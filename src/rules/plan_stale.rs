//! The plan was made before the state that it would be applied to: something was applied since. Nothing is wrong but the plan.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;
use crate::state::Stale;
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "plan-stale",
    title: "the plan is older than the state that it would be applied to",
    severity: Severity::High,
    needs: Needs::Saved,
    switch: Switch::Never,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let (Some(stale), Some(identity)) = (facts.state.stale(), &facts.state.identity) else {
        return Ok(());
    };
    let made = if identity.is_missing() {
        "when there was no state yet".to_owned()
    } else {
        format!("against serial {}", identity.serial)
    };
    let now = match stale {
        Stale::Lies { serial, .. } => format!("the state here now has serial {serial}"),
        Stale::Left { serial } => {
            format!("the last apply or pin from this directory had serial {serial}")
        }
    };
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::High,
        format!("the plan is out of date: it was made {made}, and {now}"),
    );
    finding.loss =
        Some("the plan no longer shows what would happen; Terraform would refuse it".to_owned());
    if let Stale::Lies { objects, .. } = stale {
        finding.evidence.push(Evidence::Note(format!(
            "the state here has {}",
            plural(objects, "object")
        )));
    }
    finding.help = Some(match stale {
        Stale::Lies { .. } => "make a new plan: terraform plan -out tfplan".to_owned(),
        Stale::Left { .. } => "make a new plan: terraform plan -out tfplan; if the new one says the same, the state itself went back: restore its newest version, or, if the old one is right, applygate pin --replace PLAN".to_owned(),
    });
    findings.push(finding);
    Ok(())
}
