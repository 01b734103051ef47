//! The picture of what is destroyed and what hangs on it as Mermaid, which GitHub, GitLab and Azure draw in Markdown. Only where it is small.
//! Of a name only letters, digits and a few signs are written as they are; the rest as numbers, which are text to whoever draws it.

use std::fmt::Write as _;

use super::PlanReport;
use super::graph::{self, Kind};
use crate::finding::Severity;
use crate::ui::escape::line;
use crate::ui::markup::middle_out;

/// Nodes of a picture that is still one.
const MOST: usize = 20;
/// Characters of a name.
const WIDE: usize = 48;

/// The fenced block; `None` where nothing hangs on anything, or it would be too large.
pub(super) fn block(plan: &PlanReport) -> Option<String> {
    let graph = graph::of(plan, MOST);
    if graph.edges.is_empty() || graph.left_out > 0 {
        return None;
    }
    let mut text = "```mermaid\nflowchart LR\n".to_owned();
    for (number, node) in graph.nodes.iter().enumerate() {
        let (class, what) = match node.kind {
            Kind::Lost(severity) => (severity.word(), severity.word()),
            Kind::Goes => ("goes", "destroyed"),
            Kind::Stays => ("stays", "stays"),
        };
        let name = label(&middle_out(&line(node.address), WIDE));
        // Writing to a String cannot go wrong.
        let _ = writeln!(text, "  n{number}[\"{name}<br/>{what}\"]:::{class}");
    }
    for (from, to) in &graph.edges {
        let _ = writeln!(text, "  n{from} --> n{to}");
    }
    for severity in Severity::WORST_FIRST {
        let colour = match severity {
            Severity::Critical => "#b3261e",
            Severity::High => "#c2570c",
            Severity::Medium => "#8a6d00",
            Severity::Low => "#5b6470",
        };
        let word = severity.word();
        let _ = writeln!(
            text,
            "  classDef {word} fill:{colour},stroke:{colour},color:#fff"
        );
    }
    text.push_str("  classDef goes stroke-dasharray:4 3\n  classDef stays stroke-width:2px\n```\n");
    Some(text)
}

/// A name within quotes: an entity is its number between `#` and `;`.
fn label(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 16);
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | ' ' | '/') {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_is_made_of_a_name() {
        for (name, wanted) in [
            ("aws_x.y[\"a\"]", "aws_x.y#91;#34;a#34;#93;"),
            ("<script>`%%{init", "#60;script#62;#96;#37;#37;#123;init"),
            ("a;b#35;\"]", "a#59;b#35;35#59;#34;#93;"),
        ] {
            assert_eq!(super::label(name), wanted);
        }
    }
}
