//! A waiver: one danger that a team accepts at some addresses, with a reason and an end.

use jiff::civil::Date;

use crate::address::Pattern;
use crate::address::glob::Glob;
use crate::address::pattern::Target;
use crate::finding::Finding;

/// What a team accepts for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    /// The rules whose findings it covers.
    pub(crate) rules: Vec<&'static str>,
    /// Where.
    pub(crate) address: Pattern,
    /// Only when this is done there; empty for whatever is done.
    pub(crate) actions: Vec<WaivedAction>,
    /// Only in these workspaces.
    pub(crate) workspace: Option<Glob>,
    /// Why it is wanted.
    pub(crate) reason: String,
    /// Who answers for it.
    pub(crate) owner: Option<String>,
    /// The last day on which it holds, in UTC.
    pub(crate) expires: Date,
    /// Its line in the policy file.
    pub(crate) line: usize,
}

/// What a waiver may be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of the file")]
pub(crate) enum WaivedAction {
    Create,
    Update,
    Delete,
    Replace,
    Forget,
}

impl WaivedAction {
    /// All of them, with their words.
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("create", Self::Create),
        ("update", Self::Update),
        ("delete", Self::Delete),
        ("replace", Self::Replace),
        ("forget", Self::Forget),
    ];

    /// What a finding's actions come to: to destroy and create is to replace, and a create beside a forget is a forget.
    fn of(actions: &[&str]) -> Option<Self> {
        let has = |word| actions.contains(&word);
        match (has("delete"), has("create"), has("forget")) {
            (_, _, true) => Some(Self::Forget),
            (true, true, _) => Some(Self::Replace),
            (true, false, _) => Some(Self::Delete),
            (false, true, _) => Some(Self::Create),
            _ => has("update").then_some(Self::Update),
        }
    }
}

/// Whether a waiver holds for a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Covered {
    /// It does.
    Yes,
    /// It did until its last day.
    Expired,
    /// It is about something else.
    No,
}

impl Waiver {
    /// Whether it holds for a finding at `target` of a plan in this workspace on this day. A workspace that is not known fits no pattern.
    #[must_use]
    pub(crate) fn covers_at(
        &self,
        target: &Target<'_>,
        finding: &Finding,
        workspace: Option<&str>,
        today: Date,
    ) -> Covered {
        let about = self.rules.contains(&finding.rule)
            && self
                .workspace
                .as_ref()
                .is_none_or(|glob| workspace.is_some_and(|name| glob.covers(name)))
            && (self.actions.is_empty()
                || WaivedAction::of(finding.actions)
                    .is_some_and(|action| self.actions.contains(&action)))
            && self.address.covers(target);
        match about {
            false => Covered::No,
            true if self.is_expired(today) => Covered::Expired,
            true => Covered::Yes,
        }
    }

    /// What it covers, only where, and until when.
    #[must_use]
    pub(crate) fn words(&self, today: Date) -> String {
        let words: Vec<&str> = WaivedAction::ALL
            .iter()
            .filter(|(_, action)| self.actions.contains(action))
            .map(|(word, _)| *word)
            .collect();
        let actions = if words.is_empty() {
            String::new()
        } else {
            format!(", only {}", words.join(" or "))
        };
        let workspace = self
            .workspace
            .as_ref()
            .map_or_else(String::new, |glob| format!(", only in workspace {glob}"));
        let end = if self.is_expired(today) {
            "expired on"
        } else {
            "until"
        };
        format!("{self}{actions}{workspace}, {end} {}", self.expires)
    }

    /// Whether its last day is over.
    #[must_use]
    pub(crate) fn is_expired(&self, today: Date) -> bool {
        self.expires < today
    }
}

impl std::fmt::Display for Waiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.rules.join(", "), self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use jiff::civil::date;

    impl Waiver {
        fn covers(&self, finding: &Finding, workspace: Option<&str>, today: Date) -> Covered {
            let target = Target::of(finding.address.as_deref());
            self.covers_at(&target, finding, workspace, today)
        }
    }

    fn waiver(address: &str) -> Waiver {
        Waiver {
            rules: vec!["stateful-destroy"],
            address: Pattern::parse(address).unwrap_or_else(|error| panic!("{error}")),
            actions: Vec::new(),
            workspace: None,
            reason: "x".to_owned(),
            owner: None,
            expires: date(2026, 10, 1),
            line: 1,
        }
    }

    fn finding(
        rule: &'static str,
        address: Option<&str>,
        actions: &'static [&'static str],
    ) -> Finding {
        Finding {
            address: address.map(str::to_owned),
            actions,
            ..Finding::about_plan(rule, Severity::Critical, "")
        }
    }

    const TODAY: Date = date(2026, 9, 30);

    #[test]
    fn rule_and_address() {
        let destroyed = finding("stateful-destroy", Some("a_b.c[0]"), &["delete"]);
        assert_eq!(
            waiver("a_b.c").covers(&destroyed, None, TODAY),
            Covered::Yes
        );
        assert_eq!(waiver("a_b.d").covers(&destroyed, None, TODAY), Covered::No);
        assert_eq!(
            waiver("a_b.c").covers(
                &finding("key-destroy", Some("a_b.c"), &["delete"]),
                None,
                TODAY
            ),
            Covered::No
        );
        let whole = finding("stateful-destroy", None, &[]);
        assert_eq!(waiver("**").covers(&whole, None, TODAY), Covered::Yes);
        assert_eq!(waiver("**.*").covers(&whole, None, TODAY), Covered::No);
    }

    #[test]
    fn through_its_last_day() {
        let destroyed = finding("stateful-destroy", Some("a_b.c"), &["delete"]);
        for (day, expected) in [
            (TODAY, Covered::Yes),
            (date(2026, 10, 1), Covered::Yes),
            (date(2026, 10, 2), Covered::Expired),
        ] {
            assert_eq!(
                waiver("a_b.c").covers(&destroyed, None, day),
                expected,
                "{day}"
            );
        }
    }

    #[test]
    fn actions() {
        for (actions, word) in [
            (&["delete"][..], "delete"),
            (&["delete", "create"], "replace"),
            (&["create", "delete"], "replace"),
            (&["create"], "create"),
            (&["update"], "update"),
            (&["forget"], "forget"),
            (&["create", "forget"], "forget"),
            (&[], ""),
        ] {
            for (name, action) in WaivedAction::ALL {
                let waiver = Waiver {
                    actions: vec![action],
                    ..waiver("**")
                };
                let covered = waiver.covers(
                    &finding("stateful-destroy", Some("a_b.c"), actions),
                    None,
                    TODAY,
                );
                assert_eq!(
                    covered == Covered::Yes,
                    name == word,
                    "{name} for {actions:?}"
                );
            }
        }
    }

    #[test]
    fn workspace() {
        let waiver = Waiver {
            workspace: Some(Glob::new("preview-*")),
            ..waiver("**")
        };
        let destroyed = finding("stateful-destroy", Some("a_b.c"), &["delete"]);
        assert_eq!(
            waiver.covers(&destroyed, Some("preview-7"), TODAY),
            Covered::Yes
        );
        assert_eq!(waiver.covers(&destroyed, Some("prod"), TODAY), Covered::No);
        assert_eq!(
            waiver.covers(&destroyed, None, TODAY),
            Covered::No,
            "JSON does not tell the workspace"
        );
    }
}
