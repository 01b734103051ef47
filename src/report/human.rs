//! The report for people: one screen, the worst first. Alike findings are told once with all their addresses; what does not fit is counted.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::escape::line;
use super::{PlanReport, Report, tally};
use crate::finding::{Finding, Severity};
use crate::summary::Counts;
use crate::verdict::{Verdict, Weighed};

/// How the report is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// Columns of the terminal.
    pub width: usize,
    /// Show everything.
    pub verbose: bool,
}

/// Blocks that are shown in full before the rest is only named.
const FULL: usize = 6;
/// Blocks that are named in one line each after those.
const NAMED: usize = 10;
/// Addresses that are named in one block.
const ADDRESSES: usize = 4;
/// Columns of the labels.
const LABEL: usize = 11;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

const fn colour(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold(),
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Cyan.on_default(),
    }
}

const fn verdict_colour(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Block => AnsiColor::Red.on_default().bold(),
        Verdict::Warn => AnsiColor::Yellow.on_default().bold(),
        Verdict::Pass => AnsiColor::Green.on_default().bold(),
    }
}

/// Writes the report. Refused inputs are not in it: they are errors, told on standard error.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    for (at, plan) in report.plans.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        write_plan(plan, layout, out)?;
    }
    if report.plans.len() + report.errors.len() > 1 {
        let of = |verdict| report.plans.iter().filter(|plan| plan.decision.refusal.is_none() && plan.decision.verdict == verdict).count();
        let refused = report.errors.len() + report.plans.iter().filter(|plan| plan.decision.refusal.is_some()).count();
        writeln!(out)?;
        write!(
            out,
            "{} plans: {} blocked, {} to look at, {} passed",
            report.plans.len() + report.errors.len(),
            of(Verdict::Block),
            of(Verdict::Warn),
            of(Verdict::Pass)
        )?;
        writeln!(out, "{}", if refused > 0 { format!(", {refused} could not be judged") } else { String::new() })?;
    }
    if report.other_files > 0 {
        writeln!(out, "{DIM}{} other files were left out: they do not look like plans{DIM:#}", report.other_files)?;
    }
    Ok(())
}

fn write_plan(plan: &PlanReport, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let (summary, decision) = (&plan.summary, &plan.decision);
    headline(plan, out)?;
    let groups = groups(&decision.findings);
    let mut told = HashSet::new();
    let full = if layout.verbose { groups.len() } else { FULL.min(groups.len()) };
    for (at, group) in groups.iter().enumerate() {
        // What blocks is always told in full as long as it fits on a few screens.
        if at < full {
            writeln!(out)?;
            write_group(group, layout, &mut told, out)?;
            continue;
        }
        if at == full {
            writeln!(out)?;
        }
        if at >= full + NAMED {
            let left: usize = groups.iter().skip(at).map(|group| group.len()).sum();
            writeln!(out, "{DIM}and {left} more: --verbose shows all{DIM:#}")?;
            break;
        }
        write_named(group, layout, out)?;
    }
    if !groups.is_empty() {
        writeln!(out)?;
    }
    paragraph(out, layout, "changes:", &counts(&summary.counts), Style::new())?;
    if summary.failed_checks > 0 {
        paragraph(
            out,
            layout,
            "checks:",
            &format!("{} in the configuration did not hold", crate::judge::plural(summary.failed_checks, "check")),
            Style::new(),
        )?;
    }
    for note in &summary.notes {
        paragraph(out, layout, "note:", note, DIM)?;
    }
    paragraph(out, layout, "not seen:", "backend, workspace and lineage are not in the JSON of a plan", DIM)?;
    verdict(plan, layout, out)
}

fn headline(plan: &PlanReport, out: &mut dyn Write) -> io::Result<()> {
    let summary = &plan.summary;
    let version = summary.terraform_version.as_deref().map_or_else(|| "version not said".to_owned(), |version| format!("terraform {}", line(version)));
    let digest: String = summary.sha256.chars().take(12).collect();
    let tally: Vec<String> = tally(&plan.decision).iter().filter(|(_, count)| *count > 0).map(|(severity, count)| format!("{count} {severity}")).collect();
    let word = if plan.decision.refusal.is_some() && plan.decision.verdict != Verdict::Block {
        "NOT JUDGED".to_owned()
    } else {
        plan.decision.verdict.word().to_uppercase()
    };
    let style = if word == "NOT JUDGED" { verdict_colour(Verdict::Block) } else { verdict_colour(plan.decision.verdict) };
    let what = if tally.is_empty() { String::new() } else { format!(": {}", tally.join(", ")) };
    writeln!(out, "{style}{word}{style:#}{what}")?;
    writeln!(out, "{BOLD}{}{BOLD:#}", line(&summary.source))?;
    writeln!(out, "{DIM}{version} · sha256 {digest}{DIM:#}")
}

/// Findings that say the same about different addresses.
fn groups(findings: &[Weighed]) -> Vec<Vec<&Weighed>> {
    let mut groups: Vec<Vec<&Weighed>> = Vec::new();
    let mut places: HashMap<(&str, Severity, bool, Option<&str>, &str, Option<&str>, String), usize> = HashMap::new();
    for weighed in findings {
        let finding = &weighed.finding;
        // Texts that name an address of their own stand alone.
        let key = (
            finding.rule,
            finding.severity,
            weighed.allowed,
            finding.resource_type.as_deref(),
            finding.message.as_str(),
            finding.recovery.as_deref(),
            finding.evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") + finding.snippet.as_deref().unwrap_or_default(),
        );
        match places.get(&key).and_then(|at| groups.get_mut(*at)) {
            Some(group) => group.push(weighed),
            None => {
                places.insert(key, groups.len());
                groups.push(vec![weighed]);
            }
        }
    }
    groups
}

fn write_group(group: &[&Weighed], layout: Layout, told: &mut HashSet<String>, out: &mut dyn Write) -> io::Result<()> {
    let Some(Weighed { finding, allowed }) = group.first() else { return Ok(()) };
    let style = colour(finding.severity);
    let severity = finding.severity.word().to_uppercase();
    let allowed = if *allowed { " (allowed)" } else { "" };
    let guess = if finding.guess { " (a guess)" } else { "" };
    let rule = finding.rule;
    let many = if group.len() > 1 { format!(" {} of {}", group.len(), line(finding.resource_type.as_deref().unwrap_or("resources"))) } else { String::new() };
    if group.len() > 1 {
        writeln!(out, "{style}{severity:<9}{style:#}{BOLD}{}{BOLD:#}  {DIM}{rule}{guess}{allowed}{DIM:#}", many.trim_start())?;
        let shown = if layout.verbose { group.len() } else { ADDRESSES.min(group.len()) };
        for weighed in group.iter().take(shown) {
            writeln!(out, "         {BOLD}{}{BOLD:#}", address(&weighed.finding))?;
        }
        if group.len() > shown {
            writeln!(out, "         {DIM}and {} more{DIM:#}", group.len() - shown)?;
        }
    } else {
        let address = address(finding);
        let wide = 9 + address.chars().count() + 2 + rule.len() + guess.len() + allowed.len() > layout.width;
        let gap = if wide { "\n         " } else { "  " };
        writeln!(out, "{style}{severity:<9}{style:#}{BOLD}{address}{BOLD:#}{gap}{DIM}{rule}{guess}{allowed}{DIM:#}")?;
    }
    paragraph(out, layout, "", &finding.message, Style::new())?;
    if let Some(loss) = &finding.loss {
        paragraph(out, layout, "lost:", loss, Style::new())?;
    }
    for (at, evidence) in finding.evidence.iter().enumerate() {
        paragraph(out, layout, if at == 0 { "because:" } else { MORE }, &evidence.to_string(), Style::new())?;
    }
    if let Some(recovery) = &finding.recovery {
        paragraph(out, layout, "way back:", recovery, Style::new())?;
    }
    // Advice that was given above is not given again.
    if let Some(help) = finding.help.as_deref().filter(|help| told.insert((*help).to_owned())) {
        paragraph(out, layout, "instead:", help, Style::new())?;
    }
    if let Some(snippet) = &finding.snippet {
        for text in snippet.lines() {
            writeln!(out, "{:>20}{}", "", line(text))?;
        }
    }
    Ok(())
}

fn write_named(group: &[&Weighed], layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let Some(Weighed { finding, allowed }) = group.first() else { return Ok(()) };
    let style = colour(finding.severity);
    let allowed = if *allowed { " (allowed)" } else { "" };
    let more = if group.len() > 1 { format!(" and {} more", group.len() - 1) } else { String::new() };
    let address = address(finding);
    let rule = finding.rule;
    let wide = 9 + address.chars().count() + more.len() + 2 + rule.len() + allowed.len() > layout.width;
    let gap = if wide { "\n         " } else { "  " };
    writeln!(out, "{style}{:<9}{style:#}{address}{DIM}{more}{gap}{rule}{allowed}{DIM:#}", finding.severity.word())
}

fn address(finding: &Finding) -> String {
    match (&finding.address, &finding.deposed) {
        (None, _) => "the whole plan".to_owned(),
        (Some(address), None) => line(address).into_owned(),
        (Some(address), Some(deposed)) => format!("{} (deposed {})", line(address), line(deposed)),
    }
}

fn counts(counts: &Counts) -> String {
    let all = [
        (counts.create, "create"),
        (counts.update, "update"),
        (counts.replace, "replace"),
        (counts.delete, "destroy"),
        (counts.forget, "forget"),
        (counts.moved, "move"),
        (counts.import, "import"),
        (counts.read, "read"),
        (counts.outputs, "output"),
        (counts.unknown, "unknown"),
        (counts.no_op, "unchanged"),
    ];
    let shown: Vec<String> = all.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

fn verdict(plan: &PlanReport, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    let decision = &plan.decision;
    let allowed = decision.findings.iter().filter(|weighed| weighed.allowed).count();
    let text = match (decision.verdict, &decision.refusal) {
        (Verdict::Block, None) => "blocked: do not apply this plan as it is",
        (Verdict::Block, Some(_)) => "blocked, and judged only in part",
        (_, Some(_)) => "could not be judged as a whole: not let through",
        (Verdict::Warn, None) => "let through, with something to look at first",
        (Verdict::Pass, None) => "nothing dangerous found in this plan",
    };
    let allowed = if allowed > 0 { format!("; {} let through by --allow", crate::judge::plural(allowed, "finding")) } else { String::new() };
    let style = if decision.refusal.is_some() { verdict_colour(Verdict::Block) } else { verdict_colour(decision.verdict) };
    paragraph(out, layout, "verdict:", &format!("{text}{allowed}"), style)?;
    if let Some(weighed) = decision.findings.first() {
        paragraph(out, layout, "more:", &format!("applygate rules explain {}", weighed.finding.rule), DIM)?;
    }
    Ok(())
}

/// The label of a line that goes on with the one above.
const MORE: &str = " ";

/// A labelled text, wrapped.
fn paragraph(out: &mut dyn Write, layout: Layout, label: &str, text: &str, style: Style) -> io::Result<()> {
    let indent = if matches!(label, "changes:" | "checks:" | "note:" | "not seen:" | "verdict:" | "more:") { 0 } else { 9 };
    let text = line(text);
    let first = if label.is_empty() && indent > 0 { indent } else { indent + LABEL };
    let at = if label.is_empty() { first } else { indent + LABEL };
    let lines = textwrap::wrap(&text, textwrap::Options::new(layout.width.saturating_sub(at).max(30)).break_words(false));
    for (number, part) in lines.iter().enumerate() {
        if number == 0 && !label.is_empty() {
            writeln!(out, "{:indent$}{DIM}{label:<LABEL$}{DIM:#}{style}{part}{style:#}", "")?;
        } else {
            writeln!(out, "{:at$}{style}{part}{style:#}", "")?;
        }
    }
    Ok(())
}
