//! Life-cycle rules of buckets that let every current object expire: the one retention cut that no single attribute shows.
//! Sources: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>, <https://cloud.google.com/storage/docs/lifecycle>.

use std::collections::{HashMap, HashSet};

use super::destroyed::about;
use super::images;
use super::made::Made;
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity, Shown};
use crate::plan::{Action, Opened, ReadError, Shape, Value};

/// Where a type keeps its rules; `None` when it has none.
fn attribute(kind: &str) -> Option<&'static str> {
    match kind {
        "aws_s3_bucket_lifecycle_configuration" => Some("rule"),
        "aws_s3_bucket"
        | "google_storage_bucket"
        | "alicloud_oss_bucket"
        | "digitalocean_spaces_bucket"
        | "linode_object_storage_bucket"
        | "scaleway_object_bucket"
        | "yandex_storage_bucket" => Some("lifecycle_rule"),
        "azurerm_storage_management_policy" => Some("rule"),
        "cloudflare_r2_bucket_lifecycle" => Some("rules"),
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
    let made = Made::new(facts);
    images::check(rule, facts, &made, findings)?;
    for change in facts.plan.managed() {
        let Some(attribute) = attribute(&change.kind) else {
            continue;
        };
        let separate = attribute != "lifecycle_rule";
        let applies =
            change.action == Action::Update || (separate && change.action == Action::Create);
        if !applies {
            continue;
        }
        // First what takes current objects, then what takes older versions of them.
        let mut cuts = Vec::new();
        for takes in [Takes::Current, Takes::Older, Takes::Part] {
            // Of a part of a bucket a plan does not tell how much it holds; other providers' rules for a prefix are routine.
            if takes == Takes::Part && change.kind != "azurerm_storage_management_policy" {
                continue;
            }
            let Some(days) = soonest(change.after().get(attribute)?, takes)? else {
                continue;
            };
            let before = soonest(change.before().get(attribute)?, takes)?;
            if before.is_none_or(|before| before > days) {
                cuts.push((takes, days, before));
            }
        }
        if cuts.is_empty() {
            continue;
        }
        let bucket = ["bucket", "bucket_name", "storage_account_id"]
            .into_iter()
            .map(|name| change.after().get(name)?.text())
            .find_map(Result::transpose)
            .transpose()?;
        if change.action == Action::Create
            && (bucket.is_none()
                || made.is_target(
                    change,
                    ["bucket", "bucket_name", "storage_account_id"].into_iter(),
                )?)
        {
            continue;
        }
        if buckets.is_none() {
            buckets = Some(Buckets::of(facts)?);
        }
        let Some(buckets) = &buckets else { continue };
        let versioned = is_versioned(change.after())?
            || bucket
                .as_deref()
                .is_some_and(|bucket| buckets.versioned.contains(bucket));
        // A rule of Google's that is not for live objects alone takes the versions too.
        let versioned = versioned && !takes_archived(change.after().get(attribute)?)?;
        let weighed = cuts.into_iter().map(|(takes, days, before)| {
            let kept = versioned && takes == Takes::Current;
            // A rule that was there and takes half of what it left, or less, is a smaller step.
            let small = before.is_some_and(|before| days * 2.0 >= before);
            let severity = if kept || small || takes == Takes::Part {
                Severity::Medium
            } else {
                Severity::High
            };
            (severity, takes, days)
        });
        // Of equal ones the first.
        let worst = weighed.reduce(|worst, other| if other.0 > worst.0 { other } else { worst });
        let Some((severity, takes, days)) = worst else {
            continue;
        };
        let versioned = versioned && takes == Takes::Current;
        let mut finding = about(rule, severity, change);
        let (message, loss, what) = match takes {
            Takes::Current => (
                "a rule for the whole bucket deletes current objects",
                "every object older than the rule allows, one or two days after the apply",
                "days until an object goes; the rule has no prefix, tag or other filter",
            ),
            Takes::Part => (
                "a rule deletes current objects below a prefix",
                "every object below the prefix that is older than the rule allows, one or two days after the apply",
                "days until an object goes; the rule has a filter",
            ),
            Takes::Older => (
                "a rule for the whole bucket deletes older versions of objects",
                "every older version that is older than the rule allows, one or two days after the apply",
                "days, or newer versions, after which an older version goes; the rule has no prefix, tag or other filter",
            ),
        };
        finding.message = message.to_owned();
        finding.loss = Some(loss.to_owned());
        finding.recovery =
            versioned.then(|| "versioning keeps what expires as an older version".to_owned());
        finding.evidence.push(Evidence::Attribute {
            path: match attribute {
                "rules" => attribute.to_owned(),
                _ if takes == Takes::Part || change.kind.starts_with("azurerm_") => {
                    format!("{attribute}.actions")
                }
                _ if change.kind == "google_storage_bucket" => format!("{attribute}.condition"),
                _ if takes == Takes::Older => format!("{attribute}.noncurrent_version_expiration"),
                _ => format!("{attribute}.expiration"),
            },
            value: if change.after().get(attribute)?.has_sensitive() {
                Shown::Sensitive
            } else {
                Shown::Number(format!("{days}"))
            },
            says: Some(what.to_owned()),
        });
        finding.help =
            Some("limit the rule to a prefix, or first count what it would delete".to_owned());
        // A shorter number of days was already told by its row: one finding an object.
        let there = told.get(&finding.address);
        match there.and_then(|at| findings.get_mut(*at)) {
            Some(other) => {
                other.severity = other.severity.max(finding.severity);
                if said_in(&other.evidence, &finding.evidence) {
                    other.evidence.push(Evidence::Note(
                        "the rule has no prefix, tag or other filter".to_owned(),
                    ));
                } else {
                    other.evidence.append(&mut finding.evidence);
                }
            }
            None => {
                told.insert(finding.address.clone(), findings.len());
                findings.push(finding);
            }
        }
    }
    Ok(())
}

/// Whether a change of what the new evidence is about is among the old.
fn said_in(old: &[Evidence], new: &[Evidence]) -> bool {
    new.iter().any(|new| {
        let Evidence::Attribute { path, .. } = new else {
            return false;
        };
        old.iter().any(|old| {
            matches!(old, Evidence::Change { path: there, .. } if there.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.')))
        })
    })
}

/// Which objects a rule takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Current,
    Older,
    Part,
}

/// The fewest days after which an enabled rule without a filter deletes such objects.
fn soonest(rules: Value<'_>, takes: Takes) -> Result<Option<f64>, ReadError> {
    let mut soonest: Option<f64> = None;
    rules.each(|rule| {
        if let Some(days) = expires_all(rule, takes)? {
            soonest = Some(soonest.map_or(days, |least| least.min(days)));
        }
        Ok(())
    })?;
    Ok(soonest)
}

/// Where providers keep the days of a rule: Amazon, Azure; for R2 in seconds.
fn places(takes: Takes) -> &'static [&'static [&'static str]] {
    match takes {
        Takes::Current | Takes::Part => &[
            &["expiration", "days"],
            &[
                "actions",
                "base_blob",
                "delete_after_days_since_modification_greater_than",
            ],
            &[
                "actions",
                "base_blob",
                "delete_after_days_since_creation_greater_than",
            ],
            &[
                "actions",
                "base_blob",
                "delete_after_days_since_last_access_time_greater_than",
            ],
        ],
        Takes::Older => &[
            &["actions", "version", "delete_after_days_since_creation"],
            &[
                "actions",
                "snapshot",
                "delete_after_days_since_creation_greater_than",
            ],
            &["noncurrent_version_expiration", "noncurrent_days"],
            &["noncurrent_version_expiration", "days"],
        ],
    }
}

fn expires_all(rule: Value<'_>, takes: Takes) -> Result<Option<f64>, ReadError> {
    // Read once for all that is asked of it.
    let rule = Opened::new(rule)?;
    let disabled = matches!(rule.get("enabled")?.shape()?, Shape::Bool(false))
        || rule
            .get("status")?
            .text()?
            .is_some_and(|status| status != "Enabled");
    if disabled {
        return Ok(None);
    }
    let mut narrowed = false;
    for narrowing in ["prefix", "filter", "tags"] {
        if narrows(rule.get(narrowing)?, 0)? {
            narrowed = true;
        }
    }
    // Azure: kinds of blobs narrow nothing, prefixes and tags do.
    for narrowing in [
        ["filters", "prefix_match"],
        ["filters", "match_blob_index_tag"],
        ["conditions", "prefix"],
    ] {
        for value in rule.at(&path(&narrowing))? {
            if narrows(value, 0)? {
                narrowed = true;
            }
        }
    }
    if narrowed != (takes == Takes::Part) {
        return Ok(None);
    }
    let mut days: Option<f64> = None;
    for place in places(takes) {
        for value in rule.at(&path(place))? {
            let here = value.number()?.filter(|days| *days > 0.0);
            days = days.or(here);
        }
    }
    if takes == Takes::Current {
        for value in rule.at(&path(&["expiration", "date"]))? {
            if value.is_set()? {
                days = Some(0.0);
            }
        }
        let age = path(&["delete_objects_transition", "condition", "max_age"]);
        for value in rule.at(&age)? {
            let here = value.number()?.filter(|seconds| *seconds > 0.0);
            days = days.or(here.map(|seconds| seconds / 86_400.0));
        }
    }
    // Google: an action and a condition of its own.
    for action in rule.at(&path(&["action", "type"]))? {
        if action.text()?.is_some_and(|action| action == "Delete") {
            days = google(rule.get("condition")?, takes)?;
        }
    }
    Ok(days)
}

fn google(conditions: Value<'_>, takes: Takes) -> Result<Option<f64>, ReadError> {
    let Shape::List(conditions) = conditions.shape()? else {
        return Ok(None);
    };
    let Some(condition) = conditions.first() else {
        return Ok(None);
    };
    // Only an older version has newer ones.
    let newer = condition
        .get("num_newer_versions")?
        .number()?
        .filter(|newer| *newer > 0.0);
    let archived = newer.is_some()
        || condition
            .get("with_state")?
            .text()?
            .is_some_and(|state| state == "ARCHIVED");
    if archived != (takes == Takes::Older) {
        return Ok(None);
    }
    let age = condition.get("age")?.number()?;
    let mut age = age.filter(|age| *age > 0.0 || newer.is_none()).or(newer);
    for (name, value) in condition.members()? {
        let narrowing = match name.as_ref() {
            "with_state" | "age" | "no_age" | "num_newer_versions" => false,
            "created_before" => value.is_set()?,
            "days_since_noncurrent_time" if archived => {
                let days = value.number()?.filter(|days| *days > 0.0);
                age = days.or(age);
                false
            }
            name if name.starts_with("send_") => false,
            _ => narrows(value, 0)?,
        };
        if narrowing {
            return Ok(None);
        }
    }
    Ok(age)
}

/// Whether a rule of Google's for current objects takes older versions as well: any that is not for live ones alone does.
fn takes_archived(rules: Value<'_>) -> Result<bool, ReadError> {
    let Shape::List(rules) = rules.shape()? else {
        return Ok(false);
    };
    for rule in rules {
        let deletes = rule
            .at(&path(&["action", "type"]))?
            .iter()
            .any(|action| matches!(action.text(), Ok(Some(action)) if action == "Delete"));
        if deletes && google(rule.get("condition")?, Takes::Current)?.is_some() {
            for state in rule.at(&path(&["condition", "with_state"]))? {
                if state.text()?.is_none_or(|state| state != "LIVE") {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
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

fn path(steps: &[&str]) -> Vec<String> {
    steps.iter().map(|step| (*step).to_owned()).collect()
}

/// What the plan says of buckets, by name.
#[derive(Default)]
struct Buckets {
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
    for enabled in value.at(&path(&["versioning", "enabled"]))? {
        if matches!(enabled.shape()?, Shape::Bool(true)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The resource beside it.
fn is_enabled(value: Value<'_>) -> Result<bool, ReadError> {
    for status in value.at(&path(&["versioning_configuration", "status"]))? {
        if status.text()?.is_some_and(|status| status == "Enabled") {
            return Ok(true);
        }
    }
    Ok(false)
}
