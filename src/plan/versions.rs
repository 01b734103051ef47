//! Which version of a provider a plan was made with: the lock file in a saved plan says it, else the constraints in the configuration bound it from below.

use super::{Configuration, Plan};
use crate::config::{FullName, Tree};

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
        match &self.configuration {
            Configuration::Nowhere => None,
            Configuration::Json(planned) => constrained(planned.tree()?, provider, prefix),
            Configuration::Source(config) => locked(&config.lock()?, provider?),
        }
    }
}

fn constrained(tree: &Tree<'_>, provider: Option<&str>, prefix: &str) -> Option<Version> {
    let blocks = tree.modules.values().flat_map(|module| &module.providers);
    blocks
        .filter(|block| match (&block.full, provider) {
            (FullName::Said(full), Some(provider)) if provider.contains('/') => full == provider,
            _ => block.name == prefix,
        })
        .filter_map(|block| lowest(block.constraint.as_ref()?))
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
