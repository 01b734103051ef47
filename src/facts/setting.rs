//! What a team can set by number or expect of a plan. Each is one row here, and nothing else is written about it: the reader of the policy, precedence,
//! `config show`, the schema and docs/policy.md take key, default, range and meaning from these tables.

use std::collections::BTreeMap;
use std::fmt;

use crate::address::Pattern;
use crate::address::glob::Glob;

/// One key of `[limits]` or `[expect]`.
#[derive(Debug)]
pub struct Setting {
    /// The key in the file.
    pub key: &'static str,
    /// What can stand there.
    pub kind: Kind,
    /// What it means, as editors and docs/policy.md say it.
    pub doc: &'static str,
}

/// What can stand at a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A number of objects, at least one. A larger one lets more through.
    Count {
        /// Without the key.
        default: usize,
    },
    /// A share of the state, more than 0 and at most 1. A larger one lets more through.
    Share {
        /// Without the key.
        default: f64,
    },
    /// The most objects of one plan, none without the key.
    Budget,
    /// Patterns over names without blanks.
    Names,
    /// Patterns over names that may have blanks, such as `West Europe`.
    Spaced,
    /// Patterns over addresses.
    Addresses,
    /// `true` or `false`, the default.
    Flag,
}

/// What stands at a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of a count or a budget.
    Count(usize),
    /// Of a share.
    Share(f64),
    /// Of names, with blanks or without.
    Names(Vec<Glob>),
    /// Of addresses.
    Addresses(Vec<Pattern>),
    /// Of a flag.
    Flag(bool),
}

impl Value {
    /// Whether it is a larger number than another.
    #[must_use]
    pub(crate) fn exceeds(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Count(one), Self::Count(other)) => one > other,
            (Self::Share(one), Self::Share(other)) => one > other,
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<T: fmt::Display>(all: &[T]) -> String {
            let all: Vec<String> = all.iter().map(ToString::to_string).collect();
            all.join(", ")
        }
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Share(share) => write!(f, "{share}"),
            Self::Names(names) => f.write_str(&list(names)),
            Self::Addresses(all) => f.write_str(&list(all)),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

/// A row of one of the tables.
const fn row(key: &'static str, kind: Kind, doc: &'static str) -> Setting {
    Setting { key, kind, doc }
}

impl Setting {
    /// What holds when nobody says anything; none where nothing is expected then.
    #[must_use]
    pub(crate) const fn default(&self) -> Option<Value> {
        match self.kind {
            Kind::Count { default } => Some(Value::Count(default)),
            Kind::Share { default } => Some(Value::Share(default)),
            _ => None,
        }
    }
}

/// From how many creates on an empty state a plan that creates everything is high.
pub static CREATE_HIGH: Setting = row(
    "create_high",
    Kind::Count { default: 10 },
    "From how many creates on an empty state create-everything is high.",
);
/// The same when a store, a network or a cluster is among them.
pub static CREATE_HIGH_WEIGHTY: Setting = row(
    "create_high_weighty",
    Kind::Count { default: 5 },
    "The same with a store, a network or a cluster among them.",
);
/// Fewer creates than this on an empty state are nothing.
pub static CREATE_LEAST: Setting = row(
    "create_least",
    Kind::Count { default: 3 },
    "Fewer creates than this on an empty state are no finding.",
);
/// From how many pure deletes a plan is a mass destroy.
pub static MASS_COUNT: Setting = row(
    "mass_count",
    Kind::Count { default: 10 },
    "From how many deletes a plan is a mass-destroy.",
);
/// And from which share of the state.
pub static MASS_SHARE: Setting = row(
    "mass_share",
    Kind::Share { default: 0.30 },
    "And from which share of the state.",
);

/// The keys of `[limits]`, in the order in which they are shown.
pub static LIMITS: &[&Setting] = &[
    &CREATE_HIGH,
    &CREATE_HIGH_WEIGHTY,
    &CREATE_LEAST,
    &MASS_COUNT,
    &MASS_SHARE,
];

/// Workspaces.
pub static WORKSPACE: Setting = row("workspace", Kind::Names, "Workspaces: `prod`, `prod-*`.");
/// Types of backend, or places of the state.
pub static BACKEND: Setting = row(
    "backend",
    Kind::Spaced,
    "A type of backend, or a place of the state such as `s3://states/*`.",
);
/// Accounts of AWS, projects of Google Cloud, subscriptions of Azure.
pub static ACCOUNT: Setting = row(
    "account",
    Kind::Names,
    "AWS accounts, Google Cloud projects, Azure subscriptions.",
);
/// Regions.
pub static REGION: Setting = row("region", Kind::Spaced, "Regions: `eu-*`, `West Europe`.");
/// Source addresses of providers.
pub static PROVIDERS: Setting = row(
    "providers",
    Kind::Names,
    "Sources of providers: `hashicorp/*`.",
);
/// No more than one region and one account of a cloud at once.
pub static ONE_REGION: Setting = row(
    "one_region",
    Kind::Flag,
    "A plan touches one region and one account at most.",
);
/// The directory has a pin for the plan's state.
pub static PIN: Setting = row(
    "pin",
    Kind::Flag,
    "The plan's directory has a pin for its state: a missing pin is high.",
);
/// The addresses that may change.
pub static ADDRESSES: Setting = row(
    "addresses",
    Kind::Addresses,
    "The scope: only these addresses change.",
);
/// The most objects that may be destroyed, those that are replaced among them.
pub static MAX_DESTROY: Setting = row(
    "max_destroy",
    Kind::Budget,
    "The most objects that one plan destroys or replaces.",
);
/// The most objects that may change.
pub static MAX_CHANGES: Setting = row(
    "max_changes",
    Kind::Budget,
    "The most objects that one plan changes.",
);

/// The keys of `[expect]`, in the order in which they are shown.
pub static EXPECT: &[&Setting] = &[
    &WORKSPACE,
    &BACKEND,
    &ACCOUNT,
    &REGION,
    &PROVIDERS,
    &ONE_REGION,
    &PIN,
    &ADDRESSES,
    &MAX_DESTROY,
    &MAX_CHANGES,
];

/// The budgets of `[expect]`, which may also stand beside it.
pub(crate) fn budgets() -> impl Iterator<Item = &'static Setting> {
    let all = EXPECT.iter().copied();
    all.filter(|setting| setting.kind == Kind::Budget)
}

/// What was said of each setting; what was not has its default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// The same with this setting.
    #[must_use]
    pub fn with(mut self, setting: &'static Setting, value: Value) -> Self {
        self.0.insert(setting.key, value);
        self
    }

    /// All that was said, in the order of their keys.
    pub fn said(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    /// A count; its default when nothing was said.
    #[must_use]
    pub fn count(&self, setting: &Setting) -> usize {
        match (self.0.get(setting.key), setting.kind) {
            (Some(Value::Count(count)), _) => *count,
            (_, Kind::Count { default }) => default,
            _ => 0,
        }
    }

    /// A share, from 0 to 1; its default when nothing was said.
    #[must_use]
    pub fn share(&self, setting: &Setting) -> f64 {
        match (self.0.get(setting.key), setting.kind) {
            (Some(Value::Share(share)), _) => *share,
            (_, Kind::Share { default }) => default,
            _ => 0.0,
        }
    }

    /// A budget, if there is one.
    #[must_use]
    pub fn most(&self, setting: &Setting) -> Option<usize> {
        match self.0.get(setting.key) {
            Some(Value::Count(count)) => Some(*count),
            _ => None,
        }
    }

    /// The names that are expected; none expects nothing.
    #[must_use]
    pub fn names(&self, setting: &Setting) -> &[Glob] {
        match self.0.get(setting.key) {
            Some(Value::Names(names)) => names,
            _ => &[],
        }
    }

    /// The addresses that are expected; none expects nothing.
    #[must_use]
    pub fn addresses(&self, setting: &Setting) -> &[Pattern] {
        match self.0.get(setting.key) {
            Some(Value::Addresses(all)) => all,
            _ => &[],
        }
    }

    /// Whether a flag is set.
    #[must_use]
    pub fn flag(&self, setting: &Setting) -> bool {
        self.0.get(setting.key) == Some(&Value::Flag(true))
    }

    /// Whether it matters which accounts and regions a plan touches.
    #[must_use]
    pub(crate) fn ask_for_places(&self) -> bool {
        !self.names(&ACCOUNT).is_empty()
            || !self.names(&REGION).is_empty()
            || self.flag(&ONE_REGION)
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

    /// A layer of the policy keeps both tables in one map.
    #[test]
    fn no_key_is_in_both_tables() {
        let mut keys: Vec<_> = LIMITS.iter().chain(EXPECT).map(|row| row.key).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }
}
