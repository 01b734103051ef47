//! The plan was made before the state that it would be applied to: something was applied since. Nothing is wrong but the plan.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;
use crate::state::Stale;
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "plan-stale",
    title: "the plan was made before the state that it would be applied to",
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
        Stale::Lies { serial, .. } => format!("serial {serial} lies here now"),
        Stale::Left { serial } => {
            format!("the last apply or pin from this directory left serial {serial}")
        }
    };
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::High,
        format!("the plan is out of date: it was made {made}, and {now}"),
    );
    finding.loss = Some(
        "nothing; Terraform would refuse it, and what it shows is no longer what would happen"
            .to_owned(),
    );
    if let Stale::Lies { objects, .. } = stale {
        finding.evidence.push(Evidence::Note(format!(
            "the state that lies here holds {}",
            plural(objects, "object")
        )));
    }
    finding.help = Some(match stale {
        Stale::Lies { .. } => "make a new plan: terraform plan -out tfplan".to_owned(),
        Stale::Left { .. } => "make a new plan: terraform plan -out tfplan; if that one says the same, the state itself went back: put its newest version back, or, if the old one is right, applygate pin --replace PLAN".to_owned(),
    });
    findings.push(finding);
    Ok(())
}
