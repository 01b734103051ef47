//! Which version of a provider a plan was made with: the lock file in a saved plan says it, else the constraints in the configuration bound it from below.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Configuration, Plan, Text};

/// Major, minor, patch.
pub(crate) type Version = (u64, u64, u64);

/// A version as it is written, without what comes after the patch.
pub(crate) fn version(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches('v');
    let text = text.split(['-', '+']).next().unwrap_or_default();
    let mut numbers = text.split('.').map(|part| part.trim().parse().ok());
    let mut next = || numbers.next().unwrap_or(Some(0));
    Some((next()?, next()?, next()?))
}

/// The lowest version that a constraint lets in; `None` when it has no lower end.
fn lowest(constraint: &str) -> Option<Version> {
    constraint
        .split(',')
        .filter_map(|term| {
            let term = term.trim();
            let number = term.trim_start_matches(['=', '>', '<', '~', '!', ' ']);
            let operator = term.get(..term.len() - number.len())?.trim();
            matches!(operator, "" | "=" | ">" | ">=" | "~>")
                .then(|| version(number))
                .flatten()
        })
        .max()
}

/// The version of a provider in a lock file.
fn locked(lock: &str, provider: &str) -> Option<Version> {
    version(&crate::config::locked_version(lock, provider)?)
}

impl Plan<'_> {
    /// The version of a change's provider, or the lowest that it may be; `None` when nothing says it.
    pub(crate) fn provider_version(&self, provider: Option<&str>, prefix: &str) -> Option<Version> {
        match self.configuration {
            Configuration::Nowhere => None,
            Configuration::Json(text) => constrained(text, provider, prefix),
            Configuration::Source(config) => locked(&config.lock()?, provider?),
        }
    }
}

fn constrained(text: &str, provider: Option<&str>, prefix: &str) -> Option<Version> {
    #[derive(Deserialize)]
    struct Configuration<'p> {
        #[serde(borrow, default)]
        provider_config: BTreeMap<Cow<'p, str>, Block<'p>>,
    }
    #[derive(Deserialize)]
    struct Block<'p> {
        #[serde(borrow, default)]
        name: Option<Text<'p>>,
        #[serde(borrow, default)]
        full_name: Option<Text<'p>>,
        #[serde(borrow, default)]
        version_constraint: Option<Text<'p>>,
    }
    let configuration: Configuration<'_> = serde_json::from_str(text).ok()?;
    let fits = |block: &Block<'_>| match (&block.full_name, provider) {
        (Some(full), Some(provider)) if provider.contains('/') => full.0 == provider,
        _ => block.name.as_ref().is_some_and(|name| name.0 == prefix),
    };
    configuration
        .provider_config
        .values()
        .filter(|block| fits(block))
        .filter_map(|block| lowest(&block.version_constraint.as_ref()?.0))
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_ends() {
        for (constraint, end) in [
            ("~> 2.99", Some((2, 99, 0))),
            (">= 3.0, < 4.0", Some((3, 0, 0))),
            ("4.1.2", Some((4, 1, 2))),
            ("= v3.0.1-beta1", Some((3, 0, 1))),
            ("< 4.0", None),
            ("!= 3.1", None),
            (">= 2.0, ~> 3.5", Some((3, 5, 0))),
            ("nonsense", None),
        ] {
            assert_eq!(lowest(constraint), end, "{constraint}");
        }
    }

    #[test]
    fn of_a_lock_file() {
        let lock = "# made by\nprovider \"registry.terraform.io/hashicorp/aws\" {\n  version = \"5.1.0\"\n}\n\nprovider \"registry.terraform.io/hashicorp/azurerm\" {\n  version     = \"2.99.0\"\n  constraints = \"~> 2.0\"\n}\n";
        let of = |name: &str| locked(lock, &format!("registry.terraform.io/hashicorp/{name}"));
        assert_eq!(of("azurerm"), Some((2, 99, 0)));
        assert_eq!(of("aws"), Some((5, 1, 0)));
        assert_eq!(of("google"), None);
    }
}
