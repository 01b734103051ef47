//! Several plans at a glance: a line for each, the worst first, and what would be lost in more than one of them.

use std::collections::BTreeMap;

use super::words::{address, aside, aside_of, counts};
use super::{PlanReport, Report, tally};
use crate::finding::Severity;
use crate::ui::escape::line;
use crate::ui::markup::middle_out;
use crate::ui::words::plural;
use crate::verdict::{Verdict, Weighed};

/// The most lines of what nothing was found in.
const QUIET: usize = 20;
/// The most lines of the rest.
const MOST: usize = 200;
/// The most losses that are named as being in several plans.
const SHARED: usize = 5;
/// The widest name of a plan, in columns.
const NAME: usize = 36;

/// A line of the table.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// `None` where the plan could not be judged.
    pub(super) verdict: Option<Verdict>,
    /// Its number among the plans.
    pub(super) number: Option<usize>,
    /// Where it was read from.
    pub(super) source: &'a str,
    /// The worst that counts.
    pub(super) worst: Option<&'a Weighed>,
    /// Findings that count, by severity, and how many do not.
    pub(super) found: String,
    /// What changes.
    pub(super) changes: String,
}

impl Row<'_> {
    pub(super) const fn word(&self) -> &'static str {
        match self.verdict {
            None => "NOT JUDGED",
            Some(Verdict::Block) => "BLOCK",
            Some(Verdict::Warn) => "WARN",
            Some(Verdict::Pass) => "PASS",
        }
    }

    /// The order: blocked, not judged, to look at, passed.
    const fn rank(&self) -> u8 {
        match self.verdict {
            Some(Verdict::Block) => 0,
            None => 1,
            Some(Verdict::Warn) => 2,
            Some(Verdict::Pass) => 3,
        }
    }
}

fn row((number, plan): (usize, &PlanReport)) -> Row<'_> {
    let decision = &plan.decision;
    let refused = decision.refusal.is_some() && decision.verdict != Verdict::Block;
    let counted = decision.findings.iter().filter(|weighed| weighed.counts());
    let mut found: Vec<String> = tally(decision)
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    found.extend(aside(plan));
    Row {
        verdict: (!refused).then_some(decision.verdict),
        number: Some(number),
        source: &plan.summary.source,
        // The first of the worst, as everywhere.
        worst: counted.min_by_key(|weighed| std::cmp::Reverse(weighed.severity)),
        found: found.join(", "),
        changes: counts(&plan.summary.counts),
    }
}

/// All plans, the worst first.
pub(super) fn rows(report: &Report) -> Vec<Row<'_>> {
    let refused = report.errors.iter().map(|error| Row {
        verdict: None,
        number: None,
        source: &error.source,
        worst: None,
        found: String::new(),
        changes: String::new(),
    });
    let mut rows: Vec<Row<'_>> = report
        .plans
        .iter()
        .enumerate()
        .map(row)
        .chain(refused)
        .collect();
    let severity = |row: &Row<'_>| row.worst.map(|weighed| weighed.severity);
    rows.sort_by(|a, b| {
        a.rank()
            .cmp(&b.rank())
            .then_with(|| severity(b).cmp(&severity(a)))
    });
    rows
}

/// How many plans there are, and what became of them.
pub(super) fn totals(report: &Report) -> String {
    let rows = rows(report);
    let of = |wanted| rows.iter().filter(|row| row.verdict == wanted).count();
    let refused = match of(None) {
        0 => String::new(),
        refused => format!(", {refused} could not be judged"),
    };
    let change = |plan: &PlanReport| plan.summary.change.is_some();
    let word = if report.plans.iter().any(change) {
        "part"
    } else {
        "plan"
    };
    format!(
        "{}: {} blocked, {} with warnings, {} passed{refused}{}",
        plural(rows.len(), word),
        of(Some(Verdict::Block)),
        of(Some(Verdict::Warn)),
        of(Some(Verdict::Pass)),
        aside_of(&report.plans)
    )
}

/// What would be lost in several plans alike: the rule and the address, and in how many.
pub(super) fn shared(report: &Report) -> Vec<(&'static str, &str, usize)> {
    let mut seen: BTreeMap<(&str, &'static str), usize> = BTreeMap::new();
    for plan in &report.plans {
        let mut here: Vec<(&str, &'static str)> = plan
            .decision
            .findings
            .iter()
            .filter(|weighed| weighed.counts() && weighed.severity >= Severity::High)
            .filter_map(|weighed| Some((weighed.finding.address.as_deref()?, weighed.finding.rule)))
            .collect();
        here.sort_unstable();
        here.dedup();
        for key in here {
            *seen.entry(key).or_default() += 1;
        }
    }
    let mut shared: Vec<_> = seen
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|((address, rule), count)| (rule, address, count))
        .collect();
    shared.sort_by_key(|(_, _, count)| std::cmp::Reverse(*count));
    shared
}

/// The table for people, as lines of at most `width` columns: the verdict, the plan, what was found, what changes, and the worst below it.
pub(super) fn lines(report: &Report, width: usize) -> Vec<(Option<Verdict>, String)> {
    let rows = rows(report);
    let names: Vec<String> = rows
        .iter()
        .map(|row| middle_out(&line(row.source), NAME))
        .collect();
    let wide = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let cut = |text: String| {
        if text.chars().count() <= width {
            return text;
        }
        let kept: String = text.chars().take(width.saturating_sub(1)).collect();
        format!("{kept}…")
    };
    let (mut told, mut left, mut quiet) = (Vec::new(), 0, 0);
    for (row, name) in rows.iter().zip(&names) {
        let passed = row.verdict == Some(Verdict::Pass);
        quiet += usize::from(passed);
        if told.len() >= MOST || (passed && quiet > QUIET) {
            left += 1;
            continue;
        }
        let fill = " ".repeat(wide - name.chars().count());
        let what = [row.found.as_str(), row.changes.as_str()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" · ");
        let text = format!("{:<10}  {name}{fill}  {what}", row.word());
        told.push((row.verdict, cut(text.trim_end().to_owned())));
        if let Some(worst) = row.worst.filter(|worst| worst.severity >= Severity::Medium) {
            let text = format!(
                "{:<10}  {} {}",
                "",
                worst.finding.rule,
                address(&worst.finding)
            );
            told.push((None, cut(text)));
        }
    }
    if left > 0 {
        told.push((None, format!("{:<10}  and {left} more", "")));
    }
    let shared = shared(report);
    for (rule, address, count) in shared.iter().take(SHARED) {
        let text = format!("in {count} plans  {rule} {}", line(address));
        told.push((None, cut(text)));
    }
    if shared.len() > SHARED {
        let more = shared.len() - SHARED;
        told.push((None, format!("and {more} more in several plans")));
    }
    told
}
