//! A create that makes nothing: it takes over what exists, and removes everything that its block does not list.

use std::collections::HashMap;

use super::destroyed::about;
use super::made::Made;
use super::{Needs, Rule, Switch};
use crate::catalog::{Category, Path};
use crate::facts::{Facts, condition_holds};
use crate::finding::{Evidence, Finding, Severity, brief};
use crate::plan::{ReadError, ResourceChange, Shape};

pub(super) static RULE: Rule = rule! {
    "takes-over",
    title: "a create takes over something that exists and removes what it does not list",
    severity: Severity::High,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let made = Made::new(facts);
    let mut routes = None;
    for change in facts.creates() {
        let Some((row, grade)) = facts
            .catalog
            .get(&change.kind)
            .and_then(|row| Some((row, row.creates?)))
            .filter(|(row, _)| row.category != Category::Identity)
        else {
            continue;
        };
        let after = change.after();
        let mut holds = true;
        for condition in &row.creates_when {
            holds = holds && condition_holds(condition, after)?;
        }
        if !holds {
            continue;
        }
        if made.is_target(change, row.target.iter().map(Path::text))? {
            continue;
        }
        let (severity, because) = match needed(facts, &mut routes, change)? {
            Some(because) => (grade.max(Severity::High), because),
            None => (
                grade,
                if row.creates_says.is_some() {
                    "the object that it acts on exists already"
                } else {
                    "it is created only in the state: the real object exists already"
                }
                .to_owned(),
            ),
        };
        let mut finding = about(RULE.id, severity, change);
        finding.message =
            "takes over what exists, and removes everything that its block does not list"
                .to_owned();
        finding.loss = Some("rules, routes or entries that somebody else created there".to_owned());
        finding.evidence.push(Evidence::Note(because));
        if let Some(says) = &row.creates_says {
            finding.message.clone_from(says);
            finding.loss = None;
            finding.help =
                Some("leave it out of the configuration, unless this is intended".to_owned());
            findings.push(finding);
            continue;
        }
        finding.help = Some("import it first, and read in the plan what would go; or leave it out of the configuration".to_owned());
        findings.push(finding);
    }
    Ok(())
}

/// What in the plan shows that the old content is needed.
/// Sources: <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/default_network_acl>,
/// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/default_route_table>
fn needed(
    facts: &Facts<'_, '_>,
    routes: &mut Option<Routes>,
    change: &ResourceChange<'_>,
) -> Result<Option<String>, ReadError> {
    match change.kind.as_ref() {
        "aws_default_network_acl" => {
            let subnets = change.after().get("subnet_ids")?;
            let some = match subnets.shape()? {
                Shape::Unknown => true,
                Shape::List(items) => !items.is_empty(),
                _ => false,
            };
            Ok(some.then(|| "subnets get only the rules of this block".to_owned()))
        }
        "aws_default_route_table" => {
            let Some(table) = change.after().get("default_route_table_id")?.text()? else {
                return Ok(None);
            };
            let routes = match routes {
                Some(routes) => routes,
                None => routes.insert(staying(facts)?),
            };
            let route = routes.get(table.as_ref());
            Ok(route.map(|route| format!("this table has a separate route: {route}")))
        }
        // Source: <https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_default_service_accounts>
        "google_project_default_service_accounts" => {
            let action = change.after().get("action")?.text()?;
            Ok(action
                .is_some_and(|action| action == "DELETE")
                .then(|| "action = DELETE: running ones stop".to_owned()))
        }
        _ => Ok(None),
    }
}

/// The first route that stays in each table, by its address.
type Routes = HashMap<String, String>;

fn staying(facts: &Facts<'_, '_>) -> Result<Routes, ReadError> {
    let mut routes = Routes::new();
    for route in facts
        .current()
        .filter(|other| other.kind == "aws_route" && !other.action.destroys())
    {
        if let Some(table) = route.before().get("route_table_id")?.text()? {
            let first = routes.entry(table.into_owned());
            first.or_insert_with(|| brief(&route.address));
        }
    }
    Ok(routes)
}
