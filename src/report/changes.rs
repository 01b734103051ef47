//! Everything that changes, a line each and by module: the same words in every format.

use std::io::{self, Write};

use super::worst::capped;
use super::{PlanReport, Report};
use crate::facts::changes::Listed;
use crate::ui::escape::line;

/// Names of attributes that an update touches.
const ATTRIBUTES: usize = 8;

/// The changes of one plan by module: its address (empty for the root), and what is in it.
pub(super) fn by_module(plan: &PlanReport) -> Vec<(&str, &[Listed])> {
    let all = plan.summary.changes.as_deref().unwrap_or_default();
    all.chunk_by(|one, other| one.module == other.module)
        .filter_map(|chunk| Some((chunk.first()?.module.as_str(), chunk)))
        .collect()
}

/// The title of a module.
pub(super) fn title(module: &str) -> String {
    if module.is_empty() {
        "the root module".to_owned()
    } else {
        line(module).into_owned()
    }
}

/// The address, with the key of a deposed object.
pub(super) fn address(listed: &Listed) -> String {
    match &listed.deposed {
        None => line(&listed.address).into_owned(),
        Some(deposed) => format!("{} (deposed {})", line(&listed.address), line(deposed)),
    }
}

/// Why, and where it comes from; escaped.
pub(super) fn why(listed: &Listed) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    if let Some(from) = &listed.moved_from {
        parts.push(format!("moved from {}", line(from)));
    }
    if listed.import {
        parts.push("imported".to_owned());
    }
    if !listed.attributes.is_empty() {
        let (shown, more) = capped(&listed.attributes, ATTRIBUTES);
        let mut names: Vec<String> = shown
            .iter()
            .map(|touched| match touched.members {
                Some(members) => format!("{} ({members})", line(&touched.name)),
                None => line(&touched.name).into_owned(),
            })
            .collect();
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        parts.push(names.join(", "));
    }
    if let Some(why) = &listed.why {
        parts.push(line(why).into_owned());
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Lines of text, the modules as titles.
pub(super) fn lines(plan: &PlanReport) -> Vec<String> {
    let mut lines = Vec::new();
    for (module, listed) in by_module(plan) {
        lines.push(title(module));
        for one in listed {
            let why = why(one).map_or_else(String::new, |why| format!("  ({why})"));
            lines.push(format!("  {:<8}  {}{why}", one.what, address(one)));
        }
    }
    lines
}

/// In a log that folds what is between two commands.
///
/// # Errors
/// Those of the writer.
pub(crate) fn write_folded(
    report: &Report,
    start: &str,
    end: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    for plan in report
        .plans
        .iter()
        .filter(|plan| plan.summary.changes.is_some())
    {
        writeln!(
            out,
            "{start}everything that changes in {}",
            line(&plan.summary.source)
        )?;
        for line in lines(plan) {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "{end}")?;
    }
    Ok(())
}
