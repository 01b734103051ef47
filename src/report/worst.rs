//! What every format does with many findings: the worst first, alike ones together, as many as its place holds, and a count of the rest.

use std::collections::HashMap;

use super::words::{policy_words, rule};
use super::{PlanReport, Report};
use crate::finding::Severity;
use crate::verdict::Weighed;

/// A finding of one of the plans.
#[derive(Clone, Copy)]
pub(super) struct Entry<'r> {
    /// The plan.
    pub(super) plan: &'r PlanReport,
    /// The finding.
    pub(super) weighed: &'r Weighed,
}

/// The findings of all plans: those that count first, then the worst first, then in the order of the plans.
pub(super) fn worst_first(report: &Report) -> Vec<Entry<'_>> {
    let mut all: Vec<Entry<'_>> = report
        .plans
        .iter()
        .flat_map(|plan| {
            let findings = plan.decision.findings.iter();
            findings.map(move |weighed| Entry { plan, weighed })
        })
        .collect();
    all.sort_by_key(|entry| {
        let weighed = entry.weighed;
        (!weighed.counts(), std::cmp::Reverse(weighed.severity))
    });
    all
}

/// As many as fit, and how many are left.
pub(super) fn capped<T>(all: &[T], most: usize) -> (&[T], usize) {
    let shown = all.get(..most).unwrap_or(all);
    (shown, all.len() - shown.len())
}

/// Findings that say the same about different addresses: those that count first.
pub(super) fn groups(findings: &[Weighed]) -> Vec<Vec<&Weighed>> {
    let mut groups: Vec<Vec<&Weighed>> = Vec::new();
    let mut places: HashMap<
        (
            &str,
            Severity,
            String,
            Option<&str>,
            &str,
            Option<&str>,
            String,
        ),
        usize,
    > = HashMap::new();
    for weighed in findings
        .iter()
        .filter(|weighed| weighed.counts())
        .chain(findings.iter().filter(|weighed| !weighed.counts()))
    {
        let finding = &weighed.finding;
        // Texts that name an address of their own stand alone.
        let key = (
            finding.rule,
            weighed.severity,
            format!("{} {:?}", rule(weighed), policy_words(weighed)),
            finding.resource_type.as_deref(),
            finding.message.as_str(),
            finding.recovery.as_deref(),
            finding
                .evidence
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
                + finding.snippet.as_deref().unwrap_or_default(),
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
