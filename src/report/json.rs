//! The JSON report: a versioned contract, described by `schema/report.schema.json`. Its structs are its own, so that inner types can change.

use std::io::{self, Write};

use serde::Serialize;

use super::{PlanReport, Report};
use crate::facts::changes::Listed;
use crate::facts::summary::{ChangeLine, Counts, Explanation, StateLine};
use crate::finding::{self, Dependent, Severity, Side};
use crate::policy;
use crate::policy::settings::PolicyLine;
use crate::ui::escape::JsonFormatter;
use crate::ui::refusal::Refusal;
use crate::verdict::weaker;
use crate::verdict::{Standing, Verdict, Weighed};

/// Name and version of the contract. The number grows when a reader of the old one could be misled.
pub(crate) const SCHEMA: &str = "applygate-report/1";

#[derive(Serialize)]
struct LeftOutFile<'a> {
    file: &'a str,
    what: &'a str,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool,
    verdict: Verdict,
    plans: Vec<Plan<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change<'a>>,
    errors: Vec<Error<'a>>,
    other_files: usize,
    left_out: Vec<LeftOutFile<'a>>,
    not_entered: &'a [String],
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
    program: Option<&'static str>,
    terraform_version: Option<&'a str>,
    complete: Option<bool>,
    format_version: &'a str,
    verdict: Verdict,
    refused: Option<Reason<'a>>,
    state: Option<&'a StateLine>,
    compared: Compared<'a>,
    policy: Option<Policy<'a>>,
    overruled: &'a [String],
    closed: Option<Closed<'a>>,
    policy_from: Option<PolicyFrom<'a>>,
    counts: &'a Counts,
    drift: usize,
    gone: usize,
    failed_checks: usize,
    notes: &'a [String],
    not_known: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<&'a Explanation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<&'a [Listed]>,
    findings: Vec<Finding<'a>>,
}

/// A change to the sources.
#[derive(Serialize)]
struct Change<'a> {
    #[serde(flatten)]
    change: &'a ChangeLine,
    verdict: Verdict,
    refused: Option<Reason<'a>>,
    policy: Option<Policy<'a>>,
    overruled: &'a [String],
    policy_from: Option<PolicyFrom<'a>>,
    notes: &'a [String],
    findings: Vec<Finding<'a>>,
}

/// What the state was compared with.
#[derive(Serialize)]
struct Compared<'a> {
    with: &'static str,
    directory: Option<&'a str>,
    pinned_serial: Option<u64>,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity_by_rule: Option<Severity>,
    address: Option<&'a str>,
    deposed: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    actions: &'a [&'static str],
    message: &'a str,
    loss: Option<&'a str>,
    recovery: Option<&'a str>,
    help: Option<&'a str>,
    copy_first: Option<&'a str>,
    evidence: Vec<String>,
    snippet: Option<&'a str>,
    location: Option<Location<'a>>,
    dependents: Option<Dependents<'a>>,
    guess: bool,
    allowed: bool,
    standing: &'static str,
    waiver: Option<Waiver<'a>>,
    fingerprint: String,
}

/// What refers to the object that is destroyed.
#[derive(Serialize)]
struct Dependents<'a> {
    stay: Referring<'a>,
    go: Referring<'a>,
}

#[derive(Serialize)]
struct Referring<'a> {
    count: usize,
    more: bool,
    resources: &'a [Dependent],
}

/// The waiver that covers a finding, or one that is over and would have.
#[derive(Serialize)]
struct Waiver<'a> {
    reason: &'a str,
    owner: Option<&'a str>,
    expires: String,
    expired: bool,
    line: usize,
}

#[derive(Serialize)]
struct Closed<'a> {
    reason: &'a str,
    next_open: Option<String>,
}

#[derive(Serialize)]
struct Policy<'a> {
    file: &'a str,
    env: Option<&'a str>,
    chosen_by: Option<&'a str>,
    own_types: usize,
    looser: &'a [String],
}

/// The revision that policy and pin come from.
#[derive(Serialize)]
struct PolicyFrom<'a> {
    revision: &'a str,
    commit: &'a str,
    checked_out: bool,
    ignored: Vec<Ignored<'a>>,
    weaker: Option<Weaker<'a>>,
}

#[derive(Serialize)]
struct Ignored<'a> {
    file: &'a str,
    change: &'static str,
    usable: bool,
}

/// What the working tree would say, where that is less.
#[derive(Serialize)]
struct Weaker<'a> {
    verdict: Verdict,
    lets_through: Vec<LetThrough<'a>>,
}

#[derive(Serialize)]
struct LetThrough<'a> {
    rule: &'a str,
    address: Option<&'a str>,
    deposed: Option<&'a str>,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<Side>,
    line: usize,
    attribute_line: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<ShownLine<'a>>,
}

/// A line of a change to the sources, masked.
#[derive(Serialize)]
struct ShownLine<'a> {
    side: Side,
    line: usize,
    text: &'a str,
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
        place: refusal.place.as_ref().map(|place| Place {
            line: place.line,
            column: place.column,
            offset: place.offset,
            path: &place.path,
        }),
    }
}

fn told(waiver: &policy::Waiver, expired: bool) -> Waiver<'_> {
    Waiver {
        reason: &waiver.reason,
        owner: waiver.owner.as_deref(),
        expires: waiver.expires.to_string(),
        expired,
        line: waiver.line,
    }
}

fn policy_from(from: &super::PolicyFrom) -> PolicyFrom<'_> {
    fn through(through: &weaker::LetThrough) -> LetThrough<'_> {
        LetThrough {
            rule: through.rule,
            address: through.address.as_deref(),
            deposed: through.deposed.as_deref(),
        }
    }
    PolicyFrom {
        revision: &from.reviewed.name,
        commit: &from.reviewed.commit,
        checked_out: from.same,
        ignored: from
            .reviewed
            .ignored
            .iter()
            .map(|there| Ignored {
                file: &there.file,
                change: there.change.word(),
                usable: there.usable,
            })
            .collect(),
        weaker: from.weaker.as_ref().map(|weaker| Weaker {
            verdict: weaker.verdict,
            lets_through: weaker.lets_through.iter().map(through).collect(),
        }),
    }
}

fn told_policy(policy: &PolicyLine) -> Policy<'_> {
    Policy {
        file: &policy.file,
        env: policy.chosen.as_ref().map(|chosen| chosen.env.as_str()),
        chosen_by: policy.chosen.as_ref().map(|chosen| chosen.by.as_str()),
        own_types: policy.types.len(),
        looser: &policy.looser,
    }
}

fn change<'a>(plan: &'a PlanReport, line: &'a ChangeLine) -> Change<'a> {
    Change {
        change: line,
        verdict: if plan.decision.refusal.is_some() {
            Verdict::Block
        } else {
            plan.decision.verdict
        },
        refused: plan.decision.refusal.as_ref().map(reason),
        policy: plan.policy.as_ref().map(told_policy),
        overruled: &plan.overruled,
        policy_from: plan.from.as_ref().map(policy_from),
        notes: &plan.summary.notes,
        findings: plan.decision.findings.iter().map(finding).collect(),
    }
}

fn referring(referring: &finding::Referring) -> Referring<'_> {
    Referring {
        count: referring.count,
        more: referring.more,
        resources: &referring.shown,
    }
}

fn finding(weighed: &Weighed) -> Finding<'_> {
    let finding = &weighed.finding;
    Finding {
        rule: finding.rule,
        severity: weighed.severity,
        severity_by_rule: weighed.by_rule(),
        address: finding.address.as_deref(),
        deposed: finding.deposed.as_deref(),
        kind: finding.resource_type.as_deref(),
        actions: finding.actions,
        message: &finding.message,
        loss: finding.loss.as_deref(),
        recovery: finding.recovery.as_deref(),
        help: finding.help.as_deref(),
        copy_first: finding.copy_first.as_deref(),
        evidence: finding.evidence.iter().map(ToString::to_string).collect(),
        snippet: finding.snippet.as_deref(),
        location: finding.place.as_ref().map(|place| Location {
            file: &place.file,
            side: place.side,
            line: place.head.line,
            attribute_line: place.attribute.as_ref().map(|at| at.line),
            lines: place
                .lines
                .iter()
                .map(|there| ShownLine {
                    side: there.side,
                    line: there.line.line,
                    text: &there.line.text,
                })
                .collect(),
        }),
        dependents: finding.dependents.as_ref().map(|dependents| Dependents {
            stay: referring(&dependents.stay),
            go: referring(&dependents.go),
        }),
        guess: finding.guess,
        allowed: weighed.standing == Standing::Allowed,
        standing: weighed.standing.word(),
        waiver: match (&weighed.standing, &weighed.expired) {
            (Standing::Waived(waiver), _) => Some(told(waiver, false)),
            (_, Some(waiver)) => Some(told(waiver, true)),
            _ => None,
        },
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
        tool: Tool {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        },
        verdict: report.verdict(),
        changes: report
            .plans
            .iter()
            .filter_map(|plan| Some((plan, plan.summary.change.as_ref()?)))
            .map(|(plan, line)| change(plan, line))
            .collect(),
        plans: report
            .plans
            .iter()
            .filter(|plan| plan.summary.change.is_none())
            .map(|plan| Plan {
                source: &plan.summary.source,
                sha256: &plan.summary.sha256,
                program: plan.summary.writer.id(),
                terraform_version: plan.summary.terraform_version.as_deref(),
                complete: plan.summary.complete,
                format_version: &plan.summary.format_version,
                verdict: if plan.decision.refusal.is_some() {
                    Verdict::Block
                } else {
                    plan.decision.verdict
                },
                refused: plan.decision.refusal.as_ref().map(reason),
                state: plan.summary.state.as_ref(),
                closed: plan.decision.closed.as_ref().map(|closed| Closed {
                    reason: &closed.reason,
                    next_open: closed
                        .next_open
                        .as_ref()
                        .map(|next| next.timestamp().to_string()),
                }),
                compared: Compared {
                    with: match &plan.compared {
                        super::Compared::Pin(..) => "pin",
                        super::Compared::NoPin(_) => "no pin",
                        super::Compared::Nothing(_) => "nothing",
                    },
                    directory: plan.compared.dir(),
                    pinned_serial: match &plan.compared {
                        super::Compared::Pin(_, serial) => Some(*serial),
                        _ => None,
                    },
                },
                overruled: &plan.overruled,
                policy: plan.policy.as_ref().map(told_policy),
                policy_from: plan.from.as_ref().map(policy_from),
                counts: &plan.summary.counts,
                drift: plan.summary.drift,
                gone: plan.summary.gone,
                failed_checks: plan.summary.failed_checks,
                notes: &plan.summary.notes,
                not_known: plan.unlisted(),
                explained: plan.summary.explained.as_ref(),
                changes: plan.summary.changes.as_deref(),
                findings: plan.decision.findings.iter().map(finding).collect(),
            })
            .collect(),
        errors: report
            .errors
            .iter()
            .map(|error| Error {
                source: &error.source,
                reason: reason(&error.refusal),
            })
            .collect(),
        other_files: report.left_out.files(),
        left_out: report
            .left_out
            .named
            .iter()
            .map(|(file, what)| LeftOutFile { file, what })
            .collect(),
        not_entered: &report.left_out.not_entered,
    };
    let mut to = serde_json::Serializer::with_formatter(&mut *out, JsonFormatter::default());
    document.serialize(&mut to)?;
    writeln!(out)
}
