//! The JSON report: a versioned contract, described by `schema/report.schema.json`. Its structs are its own, so that inner types can change.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::escape::JsonFormatter;
use crate::finding::Severity;
use crate::refusal::Refusal;
use crate::summary::{Counts, StateLine};
use crate::verdict::{Verdict, Weighed};

/// Name and version of the contract. The number grows when a reader of the old one could be misled.
pub const SCHEMA: &str = "applygate-report/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool,
    verdict: Verdict,
    plans: Vec<Plan<'a>>,
    errors: Vec<Error<'a>>,
    other_files: usize,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Plan<'a> {
    source: &'a str,
    sha256: &'a str,
    terraform_version: Option<&'a str>,
    format_version: &'a str,
    verdict: Verdict,
    refused: Option<Reason<'a>>,
    state: Option<&'a StateLine>,
    counts: &'a Counts,
    drift: usize,
    failed_checks: usize,
    notes: &'a [String],
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    severity: Severity,
    address: Option<&'a str>,
    deposed: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    actions: &'a [&'static str],
    message: &'a str,
    loss: Option<&'a str>,
    recovery: Option<&'a str>,
    help: Option<&'a str>,
    evidence: Vec<String>,
    snippet: Option<&'a str>,
    location: Option<Location<'a>>,
    guess: bool,
    allowed: bool,
    fingerprint: String,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: usize,
    attribute_line: Option<usize>,
}

#[derive(Serialize)]
struct Error<'a> {
    source: &'a str,
    #[serde(flatten)]
    reason: Reason<'a>,
}

#[derive(Serialize)]
struct Reason<'a> {
    message: String,
    help: &'a str,
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    line: usize,
    column: usize,
    offset: usize,
    path: &'a str,
}

fn reason(refusal: &Refusal) -> Reason<'_> {
    Reason {
        message: refusal.to_string(),
        help: refusal.why.help(),
        place: refusal.place.as_ref().map(|place| Place { line: place.line, column: place.column, offset: place.offset, path: &place.path }),
    }
}

fn finding(weighed: &Weighed) -> Finding<'_> {
    let finding = &weighed.finding;
    Finding {
        rule: finding.rule,
        severity: finding.severity,
        address: finding.address.as_deref(),
        deposed: finding.deposed.as_deref(),
        kind: finding.resource_type.as_deref(),
        actions: finding.actions,
        message: &finding.message,
        loss: finding.loss.as_deref(),
        recovery: finding.recovery.as_deref(),
        help: finding.help.as_deref(),
        evidence: finding.evidence.iter().map(ToString::to_string).collect(),
        snippet: finding.snippet.as_deref(),
        location: finding.place.as_ref().map(|place| Location {
            file: &place.file,
            line: place.head.line,
            attribute_line: place.attribute.as_ref().map(|at| at.line),
        }),
        guess: finding.guess,
        allowed: weighed.allowed,
        fingerprint: finding.fingerprint(),
    }
}

/// Writes the report.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        verdict: report.verdict(),
        plans: report
            .plans
            .iter()
            .map(|plan| Plan {
                source: &plan.summary.source,
                sha256: &plan.summary.sha256,
                terraform_version: plan.summary.terraform_version.as_deref(),
                format_version: &plan.summary.format_version,
                verdict: if plan.decision.refusal.is_some() { Verdict::Block } else { plan.decision.verdict },
                refused: plan.decision.refusal.as_ref().map(reason),
                state: plan.summary.state.as_ref(),
                counts: &plan.summary.counts,
                drift: plan.summary.drift,
                failed_checks: plan.summary.failed_checks,
                notes: &plan.summary.notes,
                findings: plan.decision.findings.iter().map(finding).collect(),
            })
            .collect(),
        errors: report.errors.iter().map(|error| Error { source: &error.source, reason: reason(&error.refusal) }).collect(),
        other_files: report.other_files,
    };
    let mut to = serde_json::Serializer::with_formatter(&mut *out, JsonFormatter::default());
    document.serialize(&mut to)?;
    writeln!(out)
}
