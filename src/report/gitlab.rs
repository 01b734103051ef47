//! What GitLab shows in a merge request: a Code Quality report, and the counts of its Terraform widget.

use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::location;
use super::words::{address, used_by};
use super::worst::{Entry, capped, worst_first};
use crate::finding::Severity;
use crate::rules::loss_label;
use crate::ui::escape::{JsonFormatter, line};
use crate::ui::markup::middle_out;
use crate::ui::words::plural;

/// Entries of the report: more than anybody reads, and less than the widget chokes on.
const MOST: usize = 1000;
/// Characters of a description.
const WIDE: usize = 1000;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// Writes the Code Quality report (docs.gitlab.com, "Code Quality report format"). It knows no finding that does not count, so there is none in it.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut all: Vec<Entry<'_>> = worst_first(report);
    all.retain(|entry| entry.weighed.counts());
    let (shown, more) = capped(&all, MOST);
    let mut issues: Vec<Issue> = report
        .refusals()
        .map(|(source, refusal)| Issue {
            description: format!(
                "not judged: {}: {refusal}. {}",
                line(source),
                refusal.why.help()
            ),
            check_name: "not-judged",
            fingerprint: super::fingerprint(&["not-judged", source]),
            severity: "blocker",
            location: at(line(source).into_owned(), 1),
        })
        .collect();
    issues.extend(shown.iter().map(issue));
    if more > 0 {
        issues.push(Issue {
            description: format!(
                "{} are not in this report: it holds the worst {MOST}",
                plural(more, "finding")
            ),
            check_name: "more",
            fingerprint: super::fingerprint(&["more", &report.key()]),
            severity: "info",
            location: at("applygate".to_owned(), 1),
        });
    }
    let mut to = serde_json::Serializer::with_formatter(&mut *out, JsonFormatter::default());
    issues.serialize(&mut to)?;
    writeln!(out)
}

fn issue(entry: &Entry<'_>) -> Issue {
    let finding = &entry.weighed.finding;
    let mut text = format!(
        "{}: {}",
        middle_out(&address(finding), WIDE / 2),
        line(&finding.message)
    );
    for (label, words) in [
        (loss_label(finding), &finding.loss),
        ("recovery", &finding.recovery),
        ("used by", &used_by(finding)),
    ] {
        if let Some(words) = words {
            text.push_str(&format!("; {label}: {}", line(words)));
        }
    }
    Issue {
        description: middle_out(&text, WIDE),
        check_name: finding.rule,
        fingerprint: entry.plan.fingerprint(finding),
        severity: match entry.weighed.severity {
            Severity::Critical => "blocker",
            Severity::High => "critical",
            Severity::Medium => "major",
            Severity::Low => "minor",
        },
        location: match location::of(entry.plan, finding) {
            Some(place) => at(place.file, place.line),
            None => at(location::of_plan(entry.plan), 1),
        },
    }
}

fn at(path: String, begin: usize) -> Location {
    Location {
        path,
        lines: Lines { begin },
    }
}

#[derive(Serialize)]
struct Widget {
    create: usize,
    update: usize,
    delete: usize,
}

/// Writes the Terraform report (docs.gitlab.com, `artifacts:reports:terraform`). A replace is a create and a delete, as in the command that GitLab documents.
///
/// # Errors
/// Those of the writer.
pub fn write_terraform(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut widget = Widget {
        create: 0,
        update: 0,
        delete: 0,
    };
    for plan in &report.plans {
        let counts = &plan.summary.counts;
        widget.create += counts.create + counts.replace;
        widget.update += counts.update;
        widget.delete += counts.delete + counts.replace;
    }
    serde_json::to_writer(&mut *out, &widget)?;
    writeln!(out)
}
