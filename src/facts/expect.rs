//! What a team expects of a plan, as rules read it: plain data, built by settings. Nothing given means that nothing is expected.

use crate::address::Pattern;
use crate::address::glob::Glob;

/// What is expected. An empty list expects nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectations {
    /// Workspaces.
    pub workspace: Vec<Glob>,
    /// Types of backend, or places of the state such as `s3://bucket/*`.
    pub backend: Vec<Glob>,
    /// Accounts of AWS, projects of Google Cloud, subscriptions of Azure.
    pub account: Vec<Glob>,
    /// Regions.
    pub region: Vec<Glob>,
    /// Source addresses of providers: `hashicorp/*`.
    pub providers: Vec<Glob>,
    /// No more than one region and one account of a cloud at once.
    pub one_region: bool,
    /// The directory has a pin for the plan's state.
    pub pin: bool,
    /// The addresses that may change.
    pub addresses: Vec<Pattern>,
    /// The most objects that may be destroyed, those that are replaced among them.
    pub max_destroy: Option<usize>,
    /// The most objects that may change.
    pub max_changes: Option<usize>,
}

impl Expectations {
    /// Whether it matters which accounts and regions a plan touches.
    #[must_use]
    pub(crate) const fn asks_for_places(&self) -> bool {
        !self.account.is_empty() || !self.region.is_empty() || self.one_region
    }
}

/// Whether a pattern covers the name of an account or region, which no cloud tells apart by case or blanks: `West Europe` is `westeurope`.
#[must_use]
pub(crate) fn covers_place(pattern: &Glob, name: &str) -> bool {
    let folded = |text: &str| -> String {
        text.chars()
            .filter(|c| *c != ' ')
            .flat_map(char::to_lowercase)
            .collect()
    };
    Glob::new(&folded(&pattern.to_string())).covers(&folded(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_places() {
        let covers = |pattern: &str, name: &str| {
            covers_place(
                &Glob::parse(pattern).unwrap_or_else(|error| panic!("{error}")),
                name,
            )
        };
        assert!(
            covers("WestEurope", "westeurope")
                && covers("westeurope", "West Europe")
                && covers("0A-*", "0a-1")
                && covers("*", "x")
        );
        assert!(!covers("eu-*", "us-1") && !covers("west", "westeurope"));
    }
}
