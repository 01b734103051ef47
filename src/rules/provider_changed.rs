//! A provider is another one, acts in another place, or goes over a major version.

use super::{Needs, Rule, Switch};
use crate::facts::source::ProviderChange;
use crate::finding::{Evidence, Finding, Severity, SourcePlace};

pub(super) static RULE: Rule = rule! {
    "provider-changed",
    title: "a provider or module changes its source, its place or its major version",
    severity: Severity::Medium,
    needs: Needs::Change,
    switch: Switch::Free,
    check: |_, _| Ok(()),
};

pub(super) fn finding(change: &ProviderChange) -> Finding {
    let mut finding = if change.major {
        let mut finding = Finding::about_plan(RULE.id, Severity::Low, "a new major version");
        finding.help = Some("read its changelog: which resources does it replace?".to_owned());
        finding
    } else {
        let mut finding = Finding::about_plan(
            RULE.id,
            Severity::Medium,
            "a provider has another source, or works in another place",
        );
        finding.loss = Some(
            "the next plan may not find what it created before, and create all of it again"
                .to_owned(),
        );
        finding.help = Some(
            "use a provider with a separate alias for the new place, and keep this one until the old place is empty"
                .to_owned(),
        );
        finding
    };
    finding.evidence.push(Evidence::Note(change.what.clone()));
    finding.place = Some(SourcePlace {
        lines: super::change::shown(&change.lines),
        ..super::change::at(&change.at, "")
    });
    finding
}
