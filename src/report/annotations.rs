//! Annotations of a CI system: one a finding, the worst first, no more than it shows. What they say is the same everywhere; how they are written is not.

use super::Report;
use super::location::{self, Location};
use super::words::{address, rule, told};
use super::worst::{Entry, capped, worst_first};
use crate::finding::Severity;
use crate::ui::escape::line;
use crate::ui::markup::middle_out;
use crate::ui::words::plural;

/// What GitHub and Azure show of one kind in a step; the rest is dropped without a word.
pub(super) const MOST: usize = 10;
/// Characters of a message.
const WIDE: usize = 1000;
/// Characters of an address in a title.
const TITLE: usize = 200;

/// How loud it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It blocks.
    Error,
    /// It is worth a look.
    Warning,
    /// A note.
    Notice,
}

/// What stands in one annotation: escaped for one line (the text has several), not yet for its place.
pub(super) struct Annotation {
    pub(super) kind: Kind,
    pub(super) place: Option<Location>,
    /// Id of the rule.
    pub(super) code: &'static str,
    pub(super) title: String,
    pub(super) text: String,
}

/// All that are shown: of each kind the worst, and the last one counts the rest.
pub(super) fn of(report: &Report) -> Vec<Annotation> {
    let refused = report.refusals().map(|(source, refusal)| Annotation {
        kind: Kind::Error,
        place: None,
        code: "not-judged",
        title: format!("not judged: {}", middle_out(&line(source), TITLE)),
        text: format!("{}. {}", line(&refusal.to_string()), refusal.why.help()),
    });
    let mut all: Vec<Annotation> = refused.collect();
    let findings = worst_first(report);
    all.extend(
        findings
            .iter()
            .filter(|entry| entry.weighed.counts())
            .map(annotation),
    );
    let mut shown = Vec::new();
    for kind in [Kind::Error, Kind::Warning, Kind::Notice] {
        let (same, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.kind == kind);
        all = others;
        let most = if same.len() > MOST { MOST - 1 } else { MOST };
        let more = capped(&same, most).1;
        shown.extend(same.into_iter().take(most));
        if more > 0 {
            shown.push(Annotation {
                kind,
                place: None,
                code: "more",
                title: "applygate".to_owned(),
                text: format!(
                    "and {} like these: see the report",
                    plural(more, "more finding")
                ),
            });
        }
    }
    shown
}

fn annotation(entry: &Entry<'_>) -> Annotation {
    let finding = &entry.weighed.finding;
    let mut text = vec![line(&finding.message).into_owned()];
    for (label, words) in told(finding) {
        text.push(format!("{label}: {}", words));
    }
    let source = line(&entry.plan.summary.source);
    text.push(format!("{} · {source}", rule(entry.weighed)));
    Annotation {
        kind: if entry.plan.decision.blocks(entry.weighed) {
            Kind::Error
        } else if entry.weighed.severity == Severity::Low {
            Kind::Notice
        } else {
            Kind::Warning
        },
        place: location::of(entry.plan, finding),
        code: finding.rule,
        title: format!(
            "{}: {}",
            entry.weighed.severity,
            middle_out(&address(finding), TITLE)
        ),
        text: middle_out(&text.join("\n"), WIDE),
    }
}
