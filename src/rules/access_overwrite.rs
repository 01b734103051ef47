//! Authoritative access policies: one resource that replaces every binding there is, also those that Terraform never knew.

use std::collections::BTreeSet;

use super::aws_auth;
use super::destroyed::about;
use super::made::Made;
use super::updated::{Words, speak};
use super::{Needs, Rule, Switch};
use crate::catalog::{Category, ChangeRule, Path};
use crate::facts::{Facts, gone, is_no_target};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{Action, ReadError, ResourceChange, Shape, Value};

pub(super) static RULE: Rule = rule! {
    "access-overwrite",
    title: "an authoritative access policy is created or narrowed: it removes every binding that it does not list",
    severity: Severity::High,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

static WORDS: Words = Words {
    rule: RULE.id,
    speaks: ChangeRule::AccessOverwrite,
    message: "access that others may rely on is removed",
    milder: None,
    help: "grant access with additive members instead, or check that the list has everybody who needs it",
    loses: true,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    speak(&WORDS, facts, findings)?;
    let made = Made::new(facts);
    let new_cluster = facts.creates().any(|other| other.kind == "aws_eks_cluster");
    for change in facts.plan.managed() {
        one_role(facts, &made, change, findings)?;
        if let Some((severity, note)) = aws_auth::weigh(change, new_cluster)? {
            findings.push(Finding {
                message: "access to a cluster is removed".to_owned(),
                loss: Some(
                    "the access of nodes, roles and people that are not in the new map".to_owned(),
                ),
                evidence: vec![Evidence::Note(note)],
                help: Some("grant access with aws_eks_access_entry, or check that the map has everybody who needs it".to_owned()),
                ..about(RULE.id, severity, change)
            });
        }
    }
    let policies = facts
        .plan
        .managed()
        .filter(|change| is_authoritative(&change.kind));
    for change in policies {
        let note = match change.action {
            Action::Create if !made_with_its_target(&made, change)? => {
                "it is created: the plan does not show what the service has now, and the new policy replaces it"
            }
            Action::Update => match narrowed(change)? {
                None => continue,
                Some(note) => note,
            },
            _ => continue,
        };
        let mut finding = about(RULE.id, Severity::High, change);
        finding.message = "replaces every access binding there is".to_owned();
        finding.loss =
            Some("the access of every person, service account and service agent that the new policy does not list, perhaps your own".to_owned());
        finding.evidence.push(Evidence::Note(note.to_owned()));
        finding.recovery = Some(
            "only somebody with access at the organization or folder can repair it".to_owned(),
        );
        finding.help = Some("use the additive resource (…_iam_member), or export the current policy and copy every binding into the new one".to_owned());
        findings.push(finding);
    }
    Ok(())
}

/// Policies that replace all bindings of what they are about: `google_*_iam_policy`.
/// Source: <https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_iam>
fn is_authoritative(kind: &str) -> bool {
    kind.starts_with("google_") && kind.ends_with("_iam_policy")
}

/// A policy on something that this plan creates as well takes nothing from anybody.
pub(super) fn made_with_its_target(
    made: &Made<'_, '_, '_>,
    change: &ResourceChange<'_>,
) -> Result<bool, ReadError> {
    let members = change.after().members()?;
    let targets = members
        .iter()
        .map(|(name, _)| name.as_ref())
        .filter(|name| !is_no_target(&change.kind, name));
    made.is_target(change, targets)
}

/// Lists that are authoritative for one role, policy, app or repository: what they do when they are created over members that are there already,
/// and, for bindings, when they are narrowed. Their destroy is told by `identity-destroy`.
fn one_role(
    facts: &Facts<'_, '_>,
    made: &Made<'_, '_, '_>,
    change: &ResourceChange<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(), ReadError> {
    let binding = change.kind.starts_with("google_") && change.kind.ends_with("_iam_binding");
    let listed = facts.catalog.get(&change.kind);
    let created = if binding {
        Some(Severity::Medium)
    } else {
        listed
            .filter(|row| row.category == Category::Identity)
            .and_then(|row| row.creates)
    };
    let (mut severity, note) = match (change.action, created) {
        (Action::Create, Some(grade)) => {
            let made = match listed.filter(|row| !row.target.is_empty()) {
                Some(row) => made.is_target(change, row.target.iter().map(Path::text))?,
                None => made_with_its_target(made, change)?,
            };
            if made {
                return Ok(());
            }
            (
                grade,
                "it is created: the plan does not show who has access now, and they lose it",
            )
        }
        (Action::Update, _) if binding => {
            let gone = gone(change, &["members".to_owned()])?;
            if gone.is_empty() {
                return Ok(());
            }
            match change.after().get("members")?.shape()? {
                Shape::List(members) if members.is_empty() => {
                    (Severity::High, "nobody is left in the list")
                }
                _ => (Severity::Medium, "current members are not in the new list"),
            }
        }
        _ => return Ok(()),
    };
    let role = change.after().get("role")?.text()?.unwrap_or_default();
    if binding && owns(&role) {
        severity = Severity::High;
    }
    let mut finding = about(RULE.id, severity, change);
    // Policies of one role or user, not members.
    let policies = change.kind.starts_with("aws_iam_") && change.kind.ends_with("_exclusive");
    let (message, loss, note, help) = if policies {
        (
            "takes away every policy that is not in its list",
            "what the policies that are not in the new list allow, also those added outside Terraform",
            "it is created: the plan does not show which policies there are now, and those that are not listed go",
            "attach policies with additive resources instead, or check that the list has every policy that is needed",
        )
    } else {
        (
            "replaces every member of this one role or list",
            "the access of everybody who is not in the new list, also of those added outside Terraform",
            note,
            WORDS.help,
        )
    };
    finding.message = message.to_owned();
    finding.loss = Some(loss.to_owned());
    finding.evidence.push(Evidence::Note(note.to_owned()));
    finding.help = Some(help.to_owned());
    findings.push(finding);
    Ok(())
}

/// Whether who loses this role may not be able to give it back.
fn owns(role: &str) -> bool {
    let name = role.rsplit('/').next().unwrap_or(role).to_ascii_lowercase();
    name == "owner" || name == "admin" || name.ends_with(".admin")
}

/// Why an update takes access away; `None` when it only adds.
fn narrowed(change: &ResourceChange<'_>) -> Result<Option<&'static str>, ReadError> {
    let (before, after) = (bindings(change.before())?, bindings(change.after())?);
    Ok(match (before, after) {
        (Some(before), Some(after)) if before.is_subset(&after) => None,
        (Some(_), Some(_)) => Some("current bindings are not in the new policy"),
        (None, Some(_)) => Some("the plan does not show what the policy has now"),
        (_, None) => Some("the new policy is known only after the apply"),
    })
}

/// Role and member of every binding in `policy_data`.
fn bindings(value: Value<'_>) -> Result<Option<BTreeSet<(String, String)>>, ReadError> {
    #[derive(serde::Deserialize)]
    struct Policy {
        #[serde(default)]
        bindings: Vec<Binding>,
    }
    #[derive(serde::Deserialize)]
    struct Binding {
        role: String,
        #[serde(default)]
        members: Vec<String>,
    }
    let Some(text) = value.get("policy_data")?.text()? else {
        return Ok(None);
    };
    let policy: Option<Policy> = serde_json::from_str(&text).ok();
    Ok(policy.map(|policy| {
        policy
            .bindings
            .into_iter()
            .flat_map(|binding| {
                binding
                    .members
                    .into_iter()
                    .map(move |member| (binding.role.clone(), member))
            })
            .collect()
    }))
}
