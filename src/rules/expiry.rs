//! Life-cycle rules of buckets that let every current object expire: the one retention cut that no single attribute shows.
//! Sources: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>, <https://cloud.google.com/storage/docs/lifecycle>.

use std::collections::{HashMap, HashSet};

use super::destroyed::about;
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity, Shown};
use crate::plan::{Action, ReadError, Shape, Value};

/// Where a type keeps its rules; `None` when it has none.
fn attribute(kind: &str) -> Option<&'static str> {
    match kind {
        "aws_s3_bucket_lifecycle_configuration" => Some("rule"),
        "aws_s3_bucket" | "google_storage_bucket" => Some("lifecycle_rule"),
        _ => None,
    }
}

/// Finds the rules that are new or sharper than before.
pub(super) fn check(
    rule: &'static str,
    facts: &Facts<'_, '_>,
    findings: &mut Vec<Finding>,
) -> Result<(), ReadError> {
    let mut buckets = None;
    // What was told already, by its address.
    let mut told: HashMap<Option<String>, usize> = HashMap::new();
    for (at, other) in findings.iter().enumerate() {
        if other.rule == rule {
            told.entry(other.address.clone()).or_insert(at);
        }
    }
    for change in facts.plan.managed() {
        let Some(attribute) = attribute(&change.kind) else {
            continue;
        };
        let separate = attribute == "rule";
        let applies =
            change.action == Action::Update || (separate && change.action == Action::Create);
        if !applies {
            continue;
        }
        let Some(days) = soonest(change.after().get(attribute)?)? else {
            continue;
        };
        if soonest(change.before().get(attribute)?)?.is_some_and(|before| before <= days) {
            continue;
        }
        let bucket = change.after().get("bucket")?.text()?;
        let bucket = bucket.as_deref();
        if buckets.is_none() {
            buckets = Some(Buckets::of(facts)?);
        }
        let Some(buckets) = &buckets else { continue };
        if separate && bucket.is_none_or(|bucket| buckets.new.contains(bucket)) {
            continue;
        }
        let versioned = is_versioned(change.after())?
            || bucket.is_some_and(|bucket| buckets.versioned.contains(bucket));
        let mut finding = about(
            rule,
            if versioned {
                Severity::Medium
            } else {
                Severity::High
            },
            change,
        );
        finding.message = "a rule for the whole bucket lets current objects expire".to_owned();
        finding.loss = Some(
            "every object that is older than the rule allows, within a day or two of the apply"
                .to_owned(),
        );
        finding.recovery =
            versioned.then(|| "versioning keeps what expires as an older version".to_owned());
        finding.evidence.push(Evidence::Attribute {
            path: format!("{attribute}.expiration"),
            value: if change.after().get(attribute)?.has_sensitive() {
                Shown::Sensitive
            } else {
                Shown::Number(format!("{days}"))
            },
            says: Some(
                "days until an object goes; the rule has no prefix, tag or other filter".to_owned(),
            ),
        });
        finding.help =
            Some("give the rule a prefix, or count what it would delete first".to_owned());
        // A shorter number of days was already told by its row: one finding an object.
        let there = told.get(&finding.address);
        match there.and_then(|at| findings.get_mut(*at)) {
            Some(other) => {
                other.severity = other.severity.max(finding.severity);
                other.evidence.append(&mut finding.evidence);
            }
            None => {
                told.insert(finding.address.clone(), findings.len());
                findings.push(finding);
            }
        }
    }
    Ok(())
}

/// The fewest days after which an enabled rule without a filter deletes current objects.
fn soonest(rules: Value<'_>) -> Result<Option<f64>, ReadError> {
    let Shape::List(rules) = rules.shape()? else {
        return Ok(None);
    };
    let mut soonest: Option<f64> = None;
    for rule in rules {
        if let Some(days) = expires_all(rule)? {
            soonest = Some(soonest.map_or(days, |least| least.min(days)));
        }
    }
    Ok(soonest)
}

fn expires_all(rule: Value<'_>) -> Result<Option<f64>, ReadError> {
    let disabled = matches!(rule.get("enabled")?.shape()?, Shape::Bool(false))
        || rule
            .get("status")?
            .text()?
            .is_some_and(|status| status != "Enabled");
    if disabled {
        return Ok(None);
    }
    for narrowing in ["prefix", "filter", "tags"] {
        if narrows(rule.get(narrowing)?, 0)? {
            return Ok(None);
        }
    }
    let mut days = None;
    for value in rule.at(&path(["expiration", "days"]))? {
        days = days.or(value.number()?.filter(|days| *days > 0.0));
    }
    for value in rule.at(&path(["expiration", "date"]))? {
        if value.is_set()? {
            days = Some(0.0);
        }
    }
    // Google: an action and a condition of its own.
    for action in rule.at(&path(["action", "type"]))? {
        if action.text()?.is_some_and(|action| action == "Delete") {
            days = google(rule.get("condition")?)?;
        }
    }
    Ok(days)
}

fn google(conditions: Value<'_>) -> Result<Option<f64>, ReadError> {
    let Shape::List(conditions) = conditions.shape()? else {
        return Ok(None);
    };
    let Some(condition) = conditions.first() else {
        return Ok(None);
    };
    for (name, value) in condition.members()? {
        let narrowing = match name.as_ref() {
            "with_state" => value.text()?.is_some_and(|state| state == "ARCHIVED"),
            "age" | "send_age_if_zero" | "no_age" => false,
            "created_before" => value.is_set()?,
            name if name.starts_with("send_") => false,
            _ => narrows(value, 0)?,
        };
        if narrowing {
            return Ok(None);
        }
    }
    condition.get("age")?.number()
}

/// Whether a filter has anything set.
fn narrows(value: Value<'_>, depth: u8) -> Result<bool, ReadError> {
    Ok(match value.shape()? {
        Shape::Absent | Shape::Null | Shape::Bool(false) => false,
        Shape::Text(text) => !text.is_empty(),
        Shape::Number(text) => text != "0",
        _ if depth > 8 => true,
        Shape::List(items) => {
            for item in items {
                if narrows(item, depth + 1)? {
                    return Ok(true);
                }
            }
            false
        }
        Shape::Object(members) => {
            for (_, member) in members {
                if narrows(member, depth + 1)? {
                    return Ok(true);
                }
            }
            false
        }
        // Unknown counts as the worse: it may narrow nothing.
        Shape::Unknown | Shape::Bool(true) => false,
    })
}

fn path(steps: [&str; 2]) -> [String; 2] {
    steps.map(str::to_owned)
}

/// What the plan says of buckets, by name.
#[derive(Default)]
struct Buckets {
    /// Those that it creates: they have no objects yet.
    new: HashSet<String>,
    /// Those that keep older versions after it.
    versioned: HashSet<String>,
}

impl Buckets {
    fn of(facts: &Facts<'_, '_>) -> Result<Self, ReadError> {
        let mut buckets = Self::default();
        for change in facts.plan.managed() {
            let is_bucket = change.kind == "aws_s3_bucket";
            if !is_bucket && change.kind != "aws_s3_bucket_versioning" {
                continue;
            }
            if is_bucket
                && change.action == Action::Create
                && let Some(name) = change.after().get("bucket")?.text()?
            {
                buckets.new.insert(name.into_owned());
            }
            let value = if change.action == Action::NoOp {
                change.before()
            } else {
                change.after()
            };
            if let Some(name) = value.get("bucket")?.text()?
                && (is_enabled(value)? || is_versioned(value)?)
            {
                buckets.versioned.insert(name.into_owned());
            }
        }
        Ok(buckets)
    }
}

/// The block of a bucket.
fn is_versioned(value: Value<'_>) -> Result<bool, ReadError> {
    for enabled in value.at(&path(["versioning", "enabled"]))? {
        if matches!(enabled.shape()?, Shape::Bool(true)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The resource beside it.
fn is_enabled(value: Value<'_>) -> Result<bool, ReadError> {
    for status in value.at(&path(["versioning_configuration", "status"]))? {
        if status.text()?.is_some_and(|status| status == "Enabled") {
            return Ok(true);
        }
    }
    Ok(false)
}
