//! A provider is another one, acts in another place, or goes over a major version.

use super::{Needs, Rule, Switch};
use crate::facts::source::ProviderChange;
use crate::finding::{Evidence, Finding, Severity};

pub(super) static RULE: Rule = rule! {
    "provider-changed",
    title: "a provider or module is another one, acts elsewhere, or goes over a major version",
    severity: Severity::Medium,
    needs: Needs::Change,
    switch: Switch::Free,
    check: |_, _| Ok(()),
};

pub(super) fn finding(change: &ProviderChange) -> Finding {
    let mut finding = if change.major {
        let mut finding = Finding::about_plan(RULE.id, Severity::Low, "a new major version");
        finding.help = Some("read what its changelog says of replaced resources".to_owned());
        finding
    } else {
        let mut finding = Finding::about_plan(
            RULE.id,
            Severity::Medium,
            "a provider is another one, or acts in another place",
        );
        finding.loss = Some(
            "what it made before may not be found there, so that the next plan makes all of it anew"
                .to_owned(),
        );
        finding.help = Some(
            "for another place use a provider with an alias of its own, and keep this one until nothing is left in the old place"
                .to_owned(),
        );
        finding
    };
    finding.evidence.push(Evidence::Note(change.what.clone()));
    finding.place = Some(super::change::at(&change.at, ""));
    finding
}
