//! Policies that let indexes of a search engine go after a while, kept as JSON text in one attribute.
//! Sources: <https://docs.opensearch.org/latest/im-plugin/ism/policies/>,
//! <https://www.elastic.co/docs/reference/elasticsearch/index-lifecycle-actions/ilm-delete>

use std::collections::BTreeSet;

use super::destroyed::about;
use crate::catalog::Scalar;
use crate::facts::Facts;
use crate::facts::number_of;
use crate::facts::outline;
use crate::finding::{Evidence, Finding, Severity, Shown};
use crate::plan::{Action, ReadError, Value};

fn is_policy(kind: &str) -> bool {
    matches!(
        kind,
        "opensearch_ism_policy"
            | "elasticsearch_opensearch_ism_policy"
            | "elasticsearch_opendistro_ism_policy"
            | "elasticsearch_index_lifecycle_policy"
            | "elasticsearch_xpack_index_lifecycle_policy"
    )
}

/// After how many seconds an index goes, at the soonest; `None` when none does, or it cannot be read.
fn soonest(body: Value<'_>) -> Result<Option<f64>, ReadError> {
    let Some(text) = body
        .text()?
        .filter(|text| text.trim_start().starts_with('{'))
    else {
        return Ok(None);
    };
    let leaves = outline::read(&text).unwrap_or_default();
    let age = |text: &str| number_of(&Scalar::Text(text.to_owned()));
    // Elasticsearch: a phase of its own.
    let mut ages: Vec<f64> = leaves
        .iter()
        .filter(|leaf| leaf.ends(&["phases", "delete", "min_age"]))
        .filter_map(|leaf| age(&leaf.value))
        .collect();
    // OpenSearch: states by name, of which one deletes, and ways into it.
    if let Ok(Ism { policy }) = serde_json::from_str::<Ism>(&text) {
        let deletes: BTreeSet<&str> = policy
            .states
            .iter()
            .filter(|state| {
                state
                    .actions
                    .iter()
                    .any(|action| action.contains_key("delete"))
            })
            .map(|state| state.name.as_str())
            .collect();
        for transition in policy.states.iter().flat_map(|state| &state.transitions) {
            if deletes.contains(transition.state_name.as_str()) {
                let conditions = transition.conditions.as_ref();
                let text =
                    conditions.and_then(|conditions| conditions.get("min_index_age")?.as_str());
                ages.extend(text.map_or(Some(0.0), age));
            }
        }
    }
    Ok(ages.into_iter().reduce(f64::min))
}

#[derive(serde::Deserialize)]
struct Ism {
    policy: Policy,
}

#[derive(serde::Deserialize)]
struct Policy {
    #[serde(default)]
    states: Vec<State>,
}

type Object = serde_json::Map<String, serde_json::Value>;

#[derive(serde::Deserialize)]
struct State {
    name: String,
    #[serde(default)]
    actions: Vec<Object>,
    #[serde(default)]
    transitions: Vec<Transition>,
}

#[derive(serde::Deserialize)]
struct Transition {
    state_name: String,
    #[serde(default)]
    conditions: Option<Object>,
}

pub(super) fn check(
    rule: &'static str,
    facts: &Facts<'_, '_>,
    findings: &mut Vec<Finding>,
) -> Result<(), ReadError> {
    let policies = facts
        .plan
        .managed()
        .filter(|change| change.action == Action::Update && is_policy(&change.kind));
    for change in policies {
        let (old, new) = (change.before().get("body")?, change.after().get("body")?);
        let Some(after) = soonest(new)? else { continue };
        let before = soonest(old)?;
        if before.is_some_and(|before| before <= after) {
            continue;
        }
        let severity = if before.is_none_or(|before| after * 2.0 < before) {
            Severity::High
        } else {
            Severity::Medium
        };
        let mut finding = about(rule, severity, change);
        "the policy lets indexes go sooner".clone_into(&mut finding.message);
        finding.loss = Some(
            "every index that the policy is for and that is older than it allows, without another apply"
                .to_owned(),
        );
        finding.evidence.push(Evidence::Attribute {
            path: "body".to_owned(),
            value: if new.has_sensitive() {
                Shown::Sensitive
            } else {
                Shown::Number(format!("{}", after / 86_400.0))
            },
            says: Some("days until an index goes".to_owned()),
        });
        finding.help =
            Some("take a snapshot of the older indexes first, or keep the old age".to_owned());
        findings.push(finding);
    }
    Ok(())
}
