//! Authoritative access policies: one resource that replaces every binding there is, also those that Terraform never knew.

use std::collections::{BTreeSet, HashSet};

use super::destroyed::about;
use super::updated::{Words, speak};
use super::{Needs, Rule, Switch};
use crate::catalog::ChangeRule;
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{Action, ReadError, ResourceChange, Shape, Value};

/// `access-overwrite`.
pub(super) static RULE: Rule = Rule {
    id: "access-overwrite",
    title: "an authoritative access policy is created or narrowed: every binding that is not in it goes",
    severity: Severity::High,
    needs: Needs::Either,
    switch: Switch::Free,
    docs: include_str!("../../rules/access-overwrite.md"),
    check,
};

static WORDS: Words = Words {
    rule: "access-overwrite",
    speaks: ChangeRule::AccessOverwrite,
    message: "access that others may rely on is taken away",
    help: "give access with additive members instead, or make sure that everybody who needs it is in the list",
    loses: true,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    speak(&WORDS, facts, findings)?;
    let policies: Vec<_> = facts
        .plan
        .managed()
        .filter(|change| is_authoritative(&change.kind))
        .collect();
    if policies.is_empty() {
        return Ok(());
    }
    let made: HashSet<&str> = facts.creates().map(|change| change.kind.as_ref()).collect();
    for change in policies {
        let note = match change.action {
            Action::Create
                if !made.contains(change.kind.trim_end_matches("_iam_policy"))
                    || !made_with_its_target(facts, change)? =>
            {
                "it is created: what the service has now is not in the plan and will be replaced"
            }
            Action::Update => match narrowed(change)? {
                None => continue,
                Some(note) => note,
            },
            _ => continue,
        };
        let mut finding = about("access-overwrite", Severity::High, change);
        finding.message = "replaces every access binding there is".to_owned();
        finding.loss =
            Some("the access of every person, service account and service agent that is not in the new policy, your own perhaps included".to_owned());
        finding.evidence.push(Evidence::Note(note.to_owned()));
        finding.recovery = Some(
            "only somebody with access from above (organization or folder) can repair it"
                .to_owned(),
        );
        finding.help = Some("use the additive resource (…_iam_member), or export the current policy and put every binding into the new one".to_owned());
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
fn made_with_its_target(
    facts: &Facts<'_, '_>,
    change: &ResourceChange<'_>,
) -> Result<bool, ReadError> {
    let target = change.kind.trim_end_matches("_iam_policy");
    let mut names = Vec::new();
    for created in facts.creates().filter(|created| created.kind == target) {
        for name in ["name", "project_id", "account_id", "secret_id", "id"] {
            names.extend(created.after().get(name)?.text()?);
        }
        names.push("".into());
    }
    if names.is_empty() {
        return Ok(false);
    }
    for (name, value) in change.after().members()? {
        let names_it = match value.shape()? {
            // A reference to something that is only being made.
            Shape::Unknown => !matches!(name.as_ref(), "id" | "etag" | "policy_data"),
            Shape::Text(text) => name != "policy_data" && !text.is_empty() && names.contains(&text),
            _ => false,
        };
        if names_it {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Why an update takes access away; `None` when it only adds.
fn narrowed(change: &ResourceChange<'_>) -> Result<Option<&'static str>, ReadError> {
    let (before, after) = (bindings(change.before())?, bindings(change.after())?);
    Ok(match (before, after) {
        (Some(before), Some(after)) if before.is_subset(&after) => None,
        (Some(_), Some(_)) => Some("bindings that are there now are not in the new policy"),
        (None, Some(_)) => Some("what the policy holds now is not in the plan"),
        (_, None) => Some("the new policy is not known until apply"),
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
