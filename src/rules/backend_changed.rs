//! The plan's state is kept in another place than the pinned one.

use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "backend-changed",
    title: "the state is in another place than the pinned one",
    severity: Severity::Critical,
    needs: Needs::Saved,
    switch: Switch::Always,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let (Some(identity), Some(pinned)) = (&facts.state.identity, facts.state.pinned()) else {
        return Ok(());
    };
    let differences = pinned.differences(identity);
    if differences.is_empty() {
        return Ok(());
    }
    // The same state, or one that holds all that was pinned, was moved on purpose.
    let moved = (identity.lineage == pinned.lineage
        && !identity.is_missing()
        && facts.state.came_along().1 == 0)
        || facts.state.migrated();
    let new = pinned.empty && identity.objects == 0;
    let server = pinned.has_new_server(identity);
    let severity = match (moved || new, server) {
        (true, false) => Severity::Low,
        // Whoever has the state can serve a copy of it, so that everything seems to have come along.
        (true, true) => Severity::High,
        (false, _) => Severity::Critical,
    };
    let mut finding = Finding::about_plan(
        RULE.id,
        severity,
        "the state is in another place than the pinned one",
    );
    for (name, there, here) in differences {
        finding.evidence.push(Evidence::Note(format!(
            "{name}: \"{there}\" is pinned, \"{here}\" is in the plan"
        )));
    }
    if moved && server {
        finding.evidence.push(Evidence::Note(
            "everything pinned is there: a migration, or a copy of the state".to_owned(),
        ));
        finding.loss = Some(
            "the apply sends the new state, with all its secrets, to a server that is not pinned"
                .to_owned(),
        );
        finding.help = Some(
            "if this server is right, pin it and commit the pin: applygate pin PLAN".to_owned(),
        );
    } else if moved {
        finding.evidence.push(Evidence::Note(
            "everything pinned is in the new place".to_owned(),
        ));
        finding.help = Some("pin the new place and commit it: applygate pin PLAN".to_owned());
    } else {
        finding.loss =
            Some("the plan changes another state; the pinned one is no longer used".to_owned());
        finding.help =
            Some("check -backend-config and the backend block; after an intended migration (terraform init -migrate-state) pin again".to_owned());
    }
    findings.push(finding);
    Ok(())
}
