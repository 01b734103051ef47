//! For a custom policy check of Atlantis, which looks for the text `fail` in what a step prints and for nothing else. So nothing of a plan is printed unless it is
//! refused: an address may hold that text. When it is refused, there is one line a finding, which stays the same from run to run as long as the finding does.

use std::io::{self, Write};

use super::words::{address, outcome, told};
use super::worst::{capped, worst_first};
use super::{Report, tally};
use crate::ui::escape::line;
use crate::ui::words::plural;
use crate::verdict::Verdict;

/// Lines: Atlantis puts the output into one comment, and a longer one into several.
const MOST: usize = 100;

/// Writes the lines.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.verdict() != Verdict::Block {
        for plan in &report.plans {
            write!(out, "applygate: {}", outcome(&plan.decision))?;
            for (severity, count) in tally(&plan.decision) {
                if count > 0 {
                    write!(out, ", {count} {severity}")?;
                }
            }
            writeln!(out)?;
        }
        return Ok(());
    }
    for (source, refusal) in report.refusals() {
        writeln!(
            out,
            "fail: not judged: {}: {}",
            line(source),
            line(&refusal.to_string())
        )?;
    }
    let several = report.plans.len() > 1;
    let all: Vec<_> = worst_first(report)
        .into_iter()
        .filter(|entry| entry.plan.decision.blocks(entry.weighed))
        .collect();
    let (shown, more) = capped(&all, MOST);
    for entry in shown {
        let finding = &entry.weighed.finding;
        let plan = if several {
            format!("{}: ", line(&entry.plan.summary.source))
        } else {
            String::new()
        };
        writeln!(
            out,
            "fail: {plan}{} {} {}",
            entry.weighed.severity,
            finding.rule,
            address(finding)
        )?;
    }
    if more > 0 {
        writeln!(out, "fail: {} that block", plural(more, "more finding"))?;
    }
    if let Some(entry) = shown.first() {
        let finding = &entry.weighed.finding;
        for (label, words) in told(finding) {
            writeln!(out, "worst: {label}: {}", words)?;
        }
    }
    Ok(())
}
