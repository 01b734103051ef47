//! What the rules about changes in place share: one finding for all harmful changes of one object that one rule speaks about.

use super::destroyed::about;
use crate::catalog::ChangeRule;
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;

/// The words of one rule about changes in place.
pub(super) struct Words {
    pub(super) rule: &'static str,
    pub(super) speaks: ChangeRule,
    pub(super) message: &'static str,
    /// Other words for what is no more than medium, where those above say too much.
    pub(super) milder: Option<&'static str>,
    pub(super) help: &'static str,
    /// Whether what each row says is lost with the apply, not only at risk later.
    pub(super) loses: bool,
}

pub(super) fn speak(
    words: &Words,
    facts: &Facts<'_, '_>,
    findings: &mut Vec<Finding>,
) -> Result<(), ReadError> {
    let mut at = 0;
    while let Some(first) = facts.alters.get(at) {
        // The harmful changes of one object stand together.
        let end = facts
            .alters
            .iter()
            .skip(at)
            .position(|alter| !std::ptr::eq(alter.change, first.change))
            .map_or(facts.alters.len(), |count| at + count);
        let mine: Vec<_> = facts
            .alters
            .get(at..end)
            .unwrap_or_default()
            .iter()
            .filter(|alter| alter.row.rule == words.speaks)
            .collect();
        at = end;
        let Some(severity) = mine.iter().map(|alter| alter.severity).max() else {
            continue;
        };
        let mut finding = about(words.rule, severity, first.change);
        let milder = words.milder.filter(|_| severity <= Severity::Medium);
        finding.message = milder.unwrap_or(words.message).to_owned();
        if words.loses {
            let mut losses: Vec<&str> = mine.iter().map(|alter| alter.row.says.as_str()).collect();
            losses.dedup();
            finding.loss = Some(losses.join("; "));
        }
        finding.guess = mine.iter().any(|alter| alter.row.guess);
        for alter in mine {
            finding.evidence.push(Evidence::Change {
                path: alter.row.attribute.text().to_owned(),
                before: alter.before.clone(),
                after: alter.after.clone(),
                says: (!words.loses).then(|| alter.row.says.clone()),
            });
        }
        finding.help = Some(words.help.to_owned());
        if severity == Severity::Low {
            finding.help = None;
        }
        findings.push(finding);
    }
    Ok(())
}
