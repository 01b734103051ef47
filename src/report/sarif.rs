//! SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0), as GitHub code scanning takes it: an archive of what was found, for the tools that read it.
//! What is destroyed has mostly no line that a pull request could show: its block is gone.

use std::io::{self, Write};

use serde::Serialize;

use super::location;
use super::words::{address, policy_words, told};
use super::worst::{Entry, capped, worst_first};
use super::{PlanReport, Report};
use crate::finding::Severity;
use crate::rules::RULES;
use crate::ui::escape::{JsonFormatter, line};
use crate::ui::markup::middle_out;
use crate::ui::words::plural;
use crate::verdict::Standing;

/// Results that GitHub keeps of a run.
const MOST: usize = 5000;
/// Characters that GitHub takes of a description.
const WIDE: usize = 1000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    automation_details: AutomationDetails,
    invocations: [Invocation; 1],
    original_uri_base_ids: BaseIds,
    column_kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<RunProperties>,
    results: Vec<Outcome>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: &'static str,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: [&'static str; 2],
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

#[derive(Serialize)]
struct AutomationDetails {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
struct BaseIds {
    #[serde(rename = "%SRCROOT%")]
    root: BaseId,
}

#[derive(Serialize)]
struct BaseId {
    description: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    properties: Properties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fingerprints {
    /// The one that GitHub goes by. It would come from the line, which a block that is gone does not have.
    primary_location_line_hash: String,
    #[serde(rename = "applygate/v1")]
    own: String,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

/// Everything that changes, where it is listed.
#[derive(Serialize)]
struct RunProperties {
    changes: Vec<String>,
}

#[derive(Serialize)]
struct Properties {
    severity: Severity,
    standing: &'static str,
    plan: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    loss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery: Option<String>,
}

/// Writes the log.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let all = worst_first(report);
    let (shown, more) = capped(&all, MOST);
    let mut notifications: Vec<Notification> = report
        .refusals()
        .map(|(source, refusal)| {
            let text = format!("{}: {refusal}. {}", line(source), refusal.why.help());
            notification("error", text)
        })
        .collect();
    if more > 0 {
        let text = format!(
            "{} are not in this file: it holds the worst {MOST}",
            plural(more, "finding")
        );
        notifications.push(notification("warning", text));
    }
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: env!("CARGO_PKG_NAME"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: RULES.iter().map(|known| rule(known)).collect(),
                },
            },
            automation_details: AutomationDetails {
                id: format!("applygate/{}/", report.key()),
            },
            invocations: [Invocation {
                execution_successful: report.all_judged(),
                tool_execution_notifications: notifications,
            }],
            original_uri_base_ids: BaseIds {
                root: BaseId {
                    description: Text {
                        text: "the root of the repository".to_owned(),
                    },
                },
            },
            column_kind: "unicodeCodePoints",
            properties: run_properties(report),
            results: shown.iter().map(outcome).collect(),
        }],
    };
    let mut to = serde_json::Serializer::with_formatter(&mut *out, JsonFormatter::default());
    log.serialize(&mut to)?;
    writeln!(out)
}

fn run_properties(report: &Report) -> Option<RunProperties> {
    let listed = report
        .plans
        .iter()
        .any(|plan| plan.summary.changes.is_some());
    listed.then(|| RunProperties {
        changes: report
            .plans
            .iter()
            .flat_map(super::changes::lines)
            .take(MOST)
            .collect(),
    })
}

fn notification(level: &'static str, text: String) -> Notification {
    Notification {
        level,
        message: Text { text },
    }
}

fn rule(rule: &crate::rules::Rule) -> Rule {
    let paragraphs = rule.docs.split("\n\n").skip(1);
    let first = paragraphs
        .map(str::trim)
        .find(|text| !text.is_empty() && !text.starts_with('#'));
    let full = first
        .unwrap_or(rule.title)
        .split('\n')
        .collect::<Vec<_>>()
        .join(" ");
    Rule {
        id: rule.id,
        short_description: Text {
            text: rule.title.to_owned(),
        },
        full_description: Text {
            text: middle_out(&full, WIDE),
        },
        help: Help {
            text: rule.docs,
            markdown: rule.docs,
        },
        default_configuration: Configuration {
            level: level(rule.severity),
        },
        properties: RuleProperties {
            tags: ["terraform", "security"],
            security_severity: match rule.severity {
                Severity::Critical => "9.5",
                Severity::High => "8.0",
                Severity::Medium => "5.0",
                Severity::Low => "2.0",
            },
        },
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

fn outcome(entry: &Entry<'_>) -> Outcome {
    let Entry { plan, weighed } = *entry;
    let finding = &weighed.finding;
    let mut text = format!("{}: {}.", address(finding), line(&finding.message));
    for (label, words) in told(finding) {
        text.push_str(&format!(" {label}: {}.", words));
    }
    let own = plan.fingerprint(finding);
    Outcome {
        rule_id: finding.rule,
        rule_index: RULES.iter().position(|known| known.id == finding.rule),
        level: level(weighed.severity),
        message: Text { text },
        locations: [place(plan, entry)],
        partial_fingerprints: Fingerprints {
            primary_location_line_hash: format!("{own}:1"),
            own,
        },
        suppressions: suppression(entry).into_iter().collect(),
        properties: Properties {
            severity: weighed.severity,
            standing: weighed.standing.word(),
            plan: line(&plan.summary.source).into_owned(),
            loss: finding.loss.as_deref().map(|text| line(text).into_owned()),
            recovery: finding
                .recovery
                .as_deref()
                .map(|text| line(text).into_owned()),
        },
    }
}

fn place(plan: &PlanReport, entry: &Entry<'_>) -> Location {
    let finding = &entry.weighed.finding;
    let (file, start_line) = match location::of(plan, finding) {
        Some(place) => (place.file, place.line),
        None => (location::of_plan(plan), 1),
    };
    let absolute = file.starts_with('/');
    let uri = if absolute {
        format!("file://{}", uri(&file))
    } else {
        uri(&file)
    };
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation {
                uri,
                uri_base_id: (!absolute).then_some("%SRCROOT%"),
            },
            region: Region { start_line },
        },
        logical_locations: finding
            .address
            .iter()
            .map(|_| LogicalLocation {
                fully_qualified_name: address(finding),
                kind: "resource",
            })
            .collect(),
    }
}

/// A path as a URI: RFC 3986.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn suppression(entry: &Entry<'_>) -> Option<Suppression> {
    let justification = match &entry.weighed.standing {
        Standing::Counts => return None,
        Standing::Allowed => "allowed by --allow".to_owned(),
        Standing::Off => "the policy turns its rule off".to_owned(),
        Standing::Waived(_) => {
            let (_, words) = policy_words(entry.weighed)?;
            line(&words).into_owned()
        }
    };
    Some(Suppression {
        kind: "external",
        status: "accepted",
        justification,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_as_uris() {
        assert_eq!(
            super::uri("infra/prod db/ü.tf"),
            "infra/prod%20db/%C3%BC.tf"
        );
        assert_eq!(super::uri("a:b#c?d"), "a%3Ab%23c%3Fd");
    }
}
