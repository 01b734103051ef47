//! JUnit XML, as Jenkins, Azure Pipelines and GitLab read it: a suite a plan, a test a finding. What blocks is a failure, what does not count is skipped.

use std::io::{self, Write};

use super::words::{Standings, address, found, outcome, policy_words, rule, used_by};
use super::worst::capped;
use super::{PlanReport, Report};
use crate::rules::loss_label;
use crate::ui::escape::line;
use crate::ui::markup::text;
use crate::ui::words::plural;
use crate::verdict::Weighed;

/// Tests of one suite.
const MOST: usize = 5000;

/// Writes the suites.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let failures: usize = report.plans.iter().map(failures).sum();
    let errors = report.refusals().count();
    let tests: usize = report.plans.iter().map(tests).sum::<usize>() + report.errors.len();
    writeln!(
        out,
        "<testsuites name=\"applygate\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">"
    )?;
    for error in &report.errors {
        let name = text(&error.source);
        writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">"
        )?;
        writeln!(
            out,
            "    <testcase classname=\"applygate\" name=\"the plan is judged\">"
        )?;
        not_judged(&error.refusal, out)?;
        writeln!(out, "    </testcase>\n  </testsuite>")?;
    }
    for plan in &report.plans {
        suite(plan, out)?;
    }
    writeln!(out, "</testsuites>")
}

/// The findings that a suite holds.
fn shown(plan: &PlanReport) -> (&[Weighed], usize) {
    capped(&plan.decision.findings, MOST)
}

fn tests(plan: &PlanReport) -> usize {
    let (shown, more) = shown(plan);
    shown.len() + 1 + usize::from(more > 0)
}

fn failures(plan: &PlanReport) -> usize {
    let (shown, _) = shown(plan);
    shown
        .iter()
        .filter(|weighed| plan.decision.blocks(weighed))
        .count()
}

fn not_judged(refusal: &crate::ui::refusal::Refusal, out: &mut dyn Write) -> io::Result<()> {
    let message = text(&refusal.to_string());
    let help = text(refusal.why.help());
    writeln!(
        out,
        "      <error type=\"not-judged\" message=\"{message}\">{help}</error>"
    )
}

fn suite(plan: &PlanReport, out: &mut dyn Write) -> io::Result<()> {
    let decision = &plan.decision;
    let (shown, more) = shown(plan);
    let skipped = shown.iter().filter(|weighed| !weighed.counts()).count();
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{skipped}\">",
        text(&plan.summary.source),
        tests(plan),
        failures(plan),
        usize::from(decision.refusal.is_some()),
    )?;
    // A plan in which nothing is found has a test that passes.
    writeln!(
        out,
        "    <testcase classname=\"applygate\" name=\"the plan is judged\">"
    )?;
    if let Some(refusal) = &decision.refusal {
        not_judged(refusal, out)?;
    }
    let what = found(decision).map_or_else(String::new, |found| format!(": {found}"));
    let words = Standings::of(decision).words(plan);
    let verdict = text(&format!("{}{what} ({words})", outcome(decision)));
    let changes: String = super::changes::lines(plan)
        .iter()
        .take(MOST)
        .map(|line| format!("\n{}", text(line)))
        .collect();
    writeln!(
        out,
        "      <system-out>{verdict}{changes}</system-out>\n    </testcase>"
    )?;
    for weighed in shown {
        test(plan, weighed, out)?;
    }
    if more > 0 {
        let more = plural(more, "more finding");
        writeln!(
            out,
            "    <testcase classname=\"applygate\" name=\"and {more}\"/>"
        )?;
    }
    writeln!(out, "  </testsuite>")
}

fn test(plan: &PlanReport, weighed: &Weighed, out: &mut dyn Write) -> io::Result<()> {
    let finding = &weighed.finding;
    writeln!(
        out,
        "    <testcase classname=\"applygate.{}\" name=\"{}\">",
        text(finding.rule),
        text(&address(finding))
    )?;
    let message = text(&format!("{}: {}", weighed.severity, finding.message));
    let mut lines = vec![rule(weighed)];
    for (label, words) in [
        (loss_label(finding), &finding.loss),
        ("recovery", &finding.recovery),
        ("used by", &used_by(finding)),
        ("instead", &finding.help),
        ("copy first", &finding.copy_first),
    ] {
        if let Some(words) = words {
            lines.push(format!("{label}: {}", line(words)));
        }
    }
    if let Some((label, words)) = policy_words(weighed) {
        lines.push(format!("{label}: {}", line(&words)));
    }
    let body: Vec<String> = lines.iter().map(|line| text(line)).collect();
    let body = body.join("\n");
    if plan.decision.blocks(weighed) {
        let kind = text(finding.rule);
        writeln!(
            out,
            "      <failure type=\"{kind}\" message=\"{message}\">{body}</failure>"
        )?;
    } else if weighed.counts() {
        writeln!(out, "      <system-out>{message}\n{body}</system-out>")?;
    } else {
        writeln!(
            out,
            "      <skipped message=\"{}: {message}\">{body}</skipped>",
            weighed.standing.word()
        )?;
    }
    writeln!(out, "    </testcase>")
}
