//! Life-cycle policies of image registries that let images expire, kept as JSON text in one attribute.
//! Source: <https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html>.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::destroyed::about;
use super::made::Made;
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity, Shown};
use crate::plan::{Action, ReadError, Shape, Value};

/// Which images a rule takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Takes {
    All,
    Tagged,
    Untagged,
}

#[derive(Deserialize)]
struct Policy {
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    selection: Selection,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Selection {
    #[serde(default)]
    tag_status: String,
    #[serde(default)]
    tag_prefix_list: Vec<String>,
    #[serde(default)]
    tag_pattern_list: Vec<String>,
    #[serde(default)]
    count_type: String,
    #[serde(default)]
    count_number: f64,
}

impl Selection {
    fn takes(&self) -> Takes {
        let all = |word: &String| word.is_empty() || word == "*";
        match self.tag_status.as_str() {
            "untagged" => Takes::Untagged,
            "tagged"
                if !self
                    .tag_prefix_list
                    .iter()
                    .chain(&self.tag_pattern_list)
                    .any(all) =>
            {
                Takes::Tagged
            }
            _ => Takes::All,
        }
    }
}

/// The fewest images or days that are left of each kind, by how they are counted.
type Left = BTreeMap<(Takes, String), f64>;

fn left(policy: Value<'_>) -> Result<Option<Left>, ReadError> {
    let Shape::Text(text) = policy.shape()? else {
        return Ok(None);
    };
    let Ok(policy) = serde_json::from_str::<Policy>(&text) else {
        return Ok(None);
    };
    let mut left = Left::new();
    for Rule { selection } in policy.rules {
        let number = selection.count_number;
        left.entry((selection.takes(), selection.count_type))
            .and_modify(|least| *least = least.min(number))
            .or_insert(number);
    }
    Ok(Some(left))
}

pub(super) fn check<'p>(
    rule: &'static str,
    facts: &Facts<'_, 'p>,
    made: &Made<'_, '_, '_>,
    findings: &mut Vec<Finding>,
) -> Result<(), ReadError> {
    let policies = facts.plan.managed().filter(|change| {
        match change.kind.as_ref() {
            "aws_ecr_lifecycle_policy" => {
                matches!(change.action, Action::Create | Action::Update)
            }
            // A repository of Cloud Control has its policy in itself.
            "awscc_ecr_repository" => change.action == Action::Update,
            _ => false,
        }
    });
    for change in policies {
        if change.action == Action::Create
            && made.is_target(change, std::iter::once("repository"))?
        {
            continue;
        }
        let of = |value: Value<'p>| -> Result<Value<'p>, ReadError> {
            if change.kind == "aws_ecr_lifecycle_policy" {
                return value.get("policy");
            }
            value.get("lifecycle_policy")?.get("lifecycle_policy_text")
        };
        let (old, policy) = (of(change.before())?, of(change.after())?);
        let before = left(old)?.unwrap_or_default();
        let mut worst: Option<(Severity, Takes, f64)> = None;
        match left(policy)? {
            Some(after) => {
                for ((takes, by), number) in after {
                    let there = before.get(&(takes, by)).copied();
                    if there.is_some_and(|there| there <= number) {
                        continue;
                    }
                    let deep = there.is_none_or(|there| number * 2.0 < there);
                    let severity = match (takes, deep, there.is_some()) {
                        (Takes::All, true, _) => Severity::High,
                        (Takes::All, false, _) | (Takes::Tagged, true, true) => Severity::Medium,
                        _ => Severity::Low,
                    };
                    if worst.is_none_or(|(there, ..)| there < severity) {
                        worst = Some((severity, takes, number));
                    }
                }
            }
            None if change.action == Action::Update && !policy.same_text(&old) => {
                worst = Some((Severity::Medium, Takes::All, 0.0));
            }
            None => {}
        }
        let Some((severity, takes, number)) = worst else {
            continue;
        };
        let mut finding = about(rule, severity, change);
        "a rule deletes images".clone_into(&mut finding.message);
        finding.loss = Some(
            match takes {
                Takes::All => "every image that the rule does not keep, within a day of the apply",
                Takes::Tagged => "images with a tag that the rule names and does not keep, within a day of the apply",
                Takes::Untagged => "images without a tag that the rule does not keep; images used only by digest are among them",
            }
            .to_owned(),
        );
        finding.evidence.push(Evidence::Attribute {
            path: "policy".to_owned(),
            value: if policy.has_sensitive() {
                Shown::Sensitive
            } else if matches!(policy.shape()?, Shape::Unknown) {
                Shown::Unknown
            } else {
                Shown::Number(format!("{number}"))
            },
            says: Some("images or days that the rule keeps".to_owned()),
        });
        if severity > Severity::Low {
            finding.help =
                Some("keep more, or look at a lifecycle policy preview first".to_owned());
        }
        findings.push(finding);
    }
    Ok(())
}
