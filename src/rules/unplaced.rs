//! What `account-unexpected` and `region-unexpected` say alike: of places that are not expected, and of those that a plan does not show.

use crate::address::glob::Glob;
use crate::facts::{Place, covers_place};
use crate::finding::{Evidence, Finding, Severity};
use crate::ui::words::plural;

/// Places that are named.
const NAMED: usize = 5;

/// What is asked about.
pub(super) struct Asked<'a> {
    /// The rule.
    pub(crate) rule: &'static str,
    /// `account`, `region`.
    pub(crate) what: &'static str,
    /// `is for`, `acts in`.
    pub(crate) verb: &'static str,
    /// What is expected.
    pub(crate) expected: &'a [Glob],
    /// What the plan touches.
    pub(crate) places: &'a [Place],
    /// Changes that do not tell.
    pub(crate) unshown: &'a [String],
    /// One of a provider that is not known: no excuse where nothing at all is told.
    pub(crate) elsewhere: Option<&'a String>,
    /// What happens otherwise.
    pub(crate) loss: &'static str,
    /// What to do.
    pub(crate) help: &'static str,
}

/// A place in one line: how many objects, and one of them.
pub(super) fn line(place: &Place) -> String {
    let objects = plural(place.objects, "object");
    format!(
        "{} {}: {objects}, {}",
        place.cloud.word(),
        place.shown(),
        place.example
    )
}

/// The places that are not expected; without one, that it cannot be told.
pub(super) fn check(asked: &Asked<'_>, findings: &mut Vec<Finding>) {
    if asked.expected.is_empty() {
        return;
    }
    let known = |place: &&Place| {
        asked
            .expected
            .iter()
            .any(|pattern| covers_place(pattern, place.name()))
    };
    let wrong: Vec<&Place> = asked.places.iter().filter(|place| !known(place)).collect();
    let mut finding = match wrong.as_slice() {
        [] => {
            // Where any is expected, none needs to be shown.
            if asked
                .expected
                .iter()
                .any(|pattern| pattern.to_string().chars().all(|c| c == '*'))
            {
                return;
            }
            let (why, help) = match (
                asked.unshown.first(),
                asked.elsewhere.filter(|_| asked.places.is_empty()),
            ) {
                (Some(address), _) => (
                    format!("no id, ARN or readable provider block shows it: {address}"),
                    format!(
                        "set the {} in the provider block, or check it yourself before you apply",
                        asked.what
                    ),
                ),
                (None, Some(address)) => (
                    format!(
                        "only AWS, Google Cloud and Azure can be checked, and the changes are of none of them: {address}"
                    ),
                    format!(
                        "check it yourself before you apply; where that is always so, set {} = \"*\" in an [env] of the policy",
                        asked.what
                    ),
                ),
                (None, None) => return,
            };
            let mut finding = Finding::about_plan(
                asked.rule,
                Severity::Medium,
                format!(
                    "the plan does not show which {} it {}",
                    asked.what, asked.verb
                ),
            );
            finding.evidence.push(Evidence::Note(why));
            finding.help = Some(help);
            finding
        }
        [one] => Finding::about_plan(
            asked.rule,
            Severity::Critical,
            format!(
                "the plan {} another {} than expected: {}",
                asked.verb,
                asked.what,
                one.shown()
            ),
        ),
        several => Finding::about_plan(
            asked.rule,
            Severity::Critical,
            format!(
                "the plan {} {} {}s that are not expected",
                asked.verb,
                several.len(),
                asked.what
            ),
        ),
    };
    finding.evidence.extend(
        wrong
            .iter()
            .take(NAMED)
            .map(|place| Evidence::Note(line(place))),
    );
    if let Some(more) = wrong.len().checked_sub(NAMED).filter(|more| *more > 0) {
        finding
            .evidence
            .push(Evidence::Note(format!("and {more} more")));
    }
    finding
        .evidence
        .push(Evidence::Note(super::listed(asked.expected)));
    if !wrong.is_empty() {
        finding.loss = Some(asked.loss.to_owned());
        finding.help = Some(asked.help.to_owned());
    }
    findings.push(finding);
}
