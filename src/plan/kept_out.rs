//! What must not be kept in Git: one list, and one text for the hook that refuses it and the rule that finds it.

/// A file that has the values of a state in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeptOut {
    State,
    SavedPlan,
    PlanJson,
}

impl KeptOut {
    /// What it is: `a state`.
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::State => "a state",
            Self::SavedPlan => "a saved plan",
            Self::PlanJson => "a plan as JSON",
        }
    }

    /// Why it does not belong there.
    pub(crate) const fn why(self) -> &'static str {
        match self {
            Self::State => {
                "it has secrets in plain text, git keeps them for ever, and an old state makes Terraform destroy or create the wrong objects"
            }
            Self::SavedPlan => {
                "it has the state and the variables, with secrets in plain text, and git keeps them for ever"
            }
            Self::PlanJson => {
                "it has the values of the state, with secrets in plain text, and git keeps them for ever"
            }
        }
    }

    /// What to do instead.
    pub(crate) const fn instead(self) -> &'static str {
        match self {
            Self::State => {
                "git rm --cached it, and add *.tfstate and *.tfstate.* to .gitignore; use a remote backend, such as s3 with use_lockfile = true"
            }
            Self::SavedPlan => {
                "git rm --cached it, and add tfplan to .gitignore; make the plan where it is checked and applied"
            }
            Self::PlanJson => {
                "git rm --cached it, and add it to .gitignore; make it where it is checked"
            }
        }
    }
}

/// Whether Terraform writes a state under this name: terraform.tfstate, errored.tfstate, terraform.tfstate.backup, terraform.tfstate.1700000000.backup.
pub(crate) fn is_states_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.ends_with(".tfstate") || (name.contains(".tfstate.") && name.ends_with(".backup"))
}

/// Whether a file of this name may hold one of them: plans have any name, but not the ending of another format.
pub(crate) fn may_be(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.trim_start_matches('.').rsplit_once('.');
    is_states_name(path)
        || ending.is_none_or(|(_, end)| {
            matches!(
                end.to_ascii_lowercase().as_str(),
                "json"
                    | "tfplan"
                    | "plan"
                    | "out"
                    | "bin"
                    | "zip"
                    | "gz"
                    | "backup"
                    | "bak"
                    | "old"
            )
        })
}
