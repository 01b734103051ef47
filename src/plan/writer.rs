//! Which of the two programs wrote a plan: they read different parts of a configuration, and what a person is told to type is for one of them.

use std::borrow::Cow;

use crate::ui::words::for_tofu;

/// Who wrote a plan, as far as it can be told (docs/plan-format.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Writer {
    /// Terraform.
    Terraform,
    /// OpenTofu.
    OpenTofu,
    /// Nothing tells.
    #[default]
    Unknown,
}

impl Writer {
    /// Tells it by what a JSON plan says: the version, whether it has `complete`, and the providers of its objects.
    pub(super) fn of_json<'a>(
        version: Option<&str>,
        complete: bool,
        mut providers: impl Iterator<Item = &'a str>,
    ) -> Self {
        if complete {
            return Self::Terraform;
        }
        let minor = version
            .and_then(|version| version.strip_prefix("1."))
            .and_then(|rest| rest.split(['.', '-']).next()?.parse::<u32>().ok());
        match (version, minor) {
            // OpenTofu starts with 1.6.
            (Some(version), None) if version.starts_with("0.") => return Self::Terraform,
            (_, Some(minor)) if minor < 6 => return Self::Terraform,
            _ => {}
        }
        // Builtin providers have the same address in both.
        match providers.find(|provider| provider.starts_with("registry.")) {
            Some(provider) if provider.starts_with("registry.opentofu.org/") => Self::OpenTofu,
            Some(_) => Self::Unknown,
            // Terraform from 1.8 on writes `complete`; but others cut JSON down.
            None => Self::Unknown,
        }
    }

    /// Its name in a sentence.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Terraform => "Terraform",
            Self::OpenTofu => "OpenTofu",
            Self::Unknown => "Terraform or OpenTofu",
        }
    }

    /// Its name in the JSON of a report, where it is known.
    pub(crate) const fn id(self) -> Option<&'static str> {
        match self {
            Self::Terraform => Some("terraform"),
            Self::OpenTofu => Some("opentofu"),
            Self::Unknown => None,
        }
    }

    /// A text of our own with the commands to type as they are called there.
    pub(crate) fn spell(self, text: &str) -> Cow<'_, str> {
        if self == Self::OpenTofu {
            for_tofu(text)
        } else {
            Cow::Borrowed(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wrote_a_json_plan() {
        let aws = |host: &str| format!("registry.{host}/hashicorp/aws");
        let (terraform, tofu) = (aws("terraform.io"), aws("opentofu.org"));
        let builtin = "terraform.io/builtin/terraform";
        for (version, complete, providers, expected) in [
            ("1.15.5", true, vec![terraform.as_str()], Writer::Terraform),
            ("1.12.6", false, vec![tofu.as_str()], Writer::OpenTofu),
            (
                "1.12.6",
                false,
                vec![builtin, tofu.as_str()],
                Writer::OpenTofu,
            ),
            ("1.12.6", false, vec![builtin], Writer::Unknown),
            ("1.12.6", false, vec![terraform.as_str()], Writer::Unknown),
            ("1.7.0", false, vec![builtin], Writer::Unknown),
            ("1.5.7", false, vec![builtin], Writer::Terraform),
            ("0.12.31", false, vec![], Writer::Terraform),
        ] {
            let found = Writer::of_json(Some(version), complete, providers.iter().copied());
            assert_eq!(found, expected, "{version} {providers:?}");
        }
        assert_eq!(
            Writer::of_json(None, false, std::iter::empty()),
            Writer::Unknown
        );
    }
}
