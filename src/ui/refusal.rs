//! Why an input is not judged. Every text here is fixed: nothing is quoted from the input but numbers and names of keys.

use crate::ui::mistaken::Mistaken;
use crate::ui::position::Place;
use crate::ui::problem::Problem;

/// What an input is instead of a plan that can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nothing in it.
    Empty,
    /// Not JSON and not a plan file.
    NotJson,
    /// JSON that ends too early.
    Truncated,
    /// JSON that is broken.
    Malformed,
    /// JSON with something of another kind than a plan has there.
    WrongShape,
    /// JSON that is no plan.
    NotAPlan,
    /// `null` where a list belongs.
    NullList,
    /// `show -json` of a state.
    StateShown,
    /// A raw state file.
    RawState,
    /// The log of `plan -json`.
    Stream,
    /// A saved plan file whose zip is damaged or not as Terraform writes it.
    BrokenArchive,
    /// A saved plan file whose zip can be read in two ways.
    ForgedArchive,
    /// A saved plan file whose zip is in a form that a newer Terraform may write.
    NewerArchive,
    /// A saved plan file with a broken plan, state or value in a sound zip.
    BrokenPlan,
    /// A zip that is no plan.
    OtherZip,
    /// A plan of Terraform 0.11 or older.
    OldPlan,
    /// Encrypted by OpenTofu.
    Encrypted,
    /// A bookmark of a run in HCP Terraform.
    Bookmark,
    /// A format version that is not known.
    UnknownFormat,
    /// Planning ended with an error.
    Errored,
    /// An action that is not known.
    UnknownAction,
    /// A value that a rule needs cannot be read.
    Unreadable,
    /// Too large to be a plan, or too large to hold.
    TooLarge,
    /// Text around the plan that is not just a wrapper's log.
    Surrounded,
    /// The file could not be read at all.
    Io,
    /// A directory without plans.
    NoPlans,
    /// A link of a directory to something outside of it.
    LinkOut,
    /// The pin file is broken.
    BrokenPin,
    /// A pin needs what this input does not tell.
    NothingToPin,
    /// A pin of a state that holds nothing, without the word that it is meant to.
    PinOfNothing,
    /// A pin would take a lower serial, another lineage or less data than what is pinned.
    PinGoesBack,
    /// `--new` for a state that holds something.
    NotNew,
    /// Older than the configuration that it was made from.
    Stale,
    /// `--first-apply` on a state that holds something.
    NotFirstApply,
    /// A revision is asked for, and there is no git.
    NoGit,
    /// A revision is asked for outside the work tree of a repository.
    NoRepository,
    /// A repository that git refuses because it is another user's.
    ForeignOwner,
    /// A revision is asked for within a submodule.
    InSubmodule,
    /// Not the name of one commit.
    BadRevision,
    /// A name that means several things.
    SeveralRevisions,
    /// A revision that is not in the clone.
    NoRevision,
    /// Part of a revision cannot be read.
    Unreachable,
    /// Something else than a file where a file of a revision is read, or one that is too large.
    NoPlainFile,
    /// The policy has two environments for it.
    TwoEnvironments,
    /// What is staged has conflicts.
    Conflicts,
    /// A source file of a change that cannot be understood.
    NoSource,
    /// There is no such file.
    Missing,
    /// Another file of those that lie around where plans are made.
    Mistaken(Mistaken),
}

impl Why {
    /// What it is, as the start of a sentence after the file's name.
    #[must_use]
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::NotJson => "is neither a JSON plan nor a saved plan file",
            Self::Truncated => "ends in the middle of the JSON: it is cut off",
            Self::Malformed => "is not valid JSON",
            Self::WrongShape => "is JSON, but has something here that a plan does not have",
            Self::NotAPlan => "is JSON, but not a Terraform plan",
            Self::NullList => "has null instead of a list, so what changes is unknown",
            Self::StateShown => "is a state (show -json of a state), not a plan",
            Self::RawState => "is a raw state file, not a plan",
            Self::Stream => "is the log of plan -json, which has no values and cannot be judged",
            Self::BrokenArchive => "is a zip archive, but damaged or cut off",
            Self::ForgedArchive => {
                "is a zip archive that can be read in two ways: what is judged may not be what is applied"
            }
            Self::NewerArchive => {
                "is a zip archive in a form that is newer than this version of applygate"
            }
            Self::BrokenPlan => "is a saved plan file, but part of it is broken",
            Self::OtherZip => "is a zip archive, but not a saved plan",
            Self::OldPlan => "is a plan of Terraform 0.11 or older, which cannot be read",
            Self::Encrypted => {
                "is a plan that OpenTofu has encrypted: it cannot be read without its key"
            }
            Self::Bookmark => {
                "is only a bookmark of a run in HCP Terraform: the plan itself is there"
            }
            Self::UnknownFormat => {
                "has a format version that this version of applygate does not know"
            }
            Self::Errored => {
                "is the plan of a run that ended with an error: it lists deletes that will not happen, and hides others"
            }
            Self::UnknownAction => "has an action that this version of applygate does not know",
            Self::Unreadable => "has a value that a rule needs, but it cannot be read",
            Self::TooLarge => "is too large",
            Self::Surrounded => "has text around the plan that is not just a wrapper's log",
            Self::Io => "cannot be read",
            Self::NoPlans => "holds no plan",
            Self::LinkOut => "is a link to a place outside the directory",
            Self::BrokenPin => "is next to a pin file that cannot be read",
            Self::NothingToPin => "does not say which state it is for",
            Self::PinOfNothing => "is for an empty state",
            Self::PinGoesBack => "is for an older or another state than the one that is pinned",
            Self::NotNew => "is for a state that is not new",
            Self::Stale => "is older than the configuration",
            Self::NotFirstApply => "is not a first apply: its state already has resources",
            Self::NoGit => "needs git, but no directory of the PATH has it",
            Self::NoRepository => "needs a git repository, and this is none",
            Self::ForeignOwner => {
                "needs git, and git does not open this repository, because another user owns it"
            }
            Self::InSubmodule => {
                "cannot be used in a submodule: the change itself decides which revisions it has"
            }
            Self::BadRevision => "is not the name of one commit",
            Self::SeveralRevisions => {
                "means several things: whoever can create a branch or a tag could choose which one is read"
            }
            Self::NoRevision => "is not in this clone",
            Self::Unreachable => "cannot be read from the revision",
            Self::NoPlainFile => "is no plain file of at most 4 MiB in the revision",
            Self::TwoEnvironments => "fits two environments of the policy",
            Self::Conflicts => "has unresolved conflicts",
            Self::NoSource => {
                "has a file that is not readable Terraform source, so what goes is unknown"
            }
            Self::Missing => "does not exist",
            Self::Mistaken(mistaken) => mistaken.what(),
        }
    }

    /// What to do or type instead.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Empty | Self::NotJson | Self::NotAPlan => {
                "use the file that terraform plan -out tfplan writes"
            }
            Self::Truncated => {
                "was the disk full, or the command that wrote it stopped? Write it again: terraform show -json tfplan > plan.json"
            }
            Self::Malformed | Self::WrongShape | Self::NullList => {
                "write it again and leave it as it is: terraform show -json tfplan > plan.json"
            }
            Self::StateShown | Self::RawState => {
                "use the plan instead: terraform plan -out tfplan && applygate check tfplan"
            }
            Self::Stream => {
                "save the plan and use that file: terraform plan -out tfplan && applygate check tfplan"
            }
            Self::BrokenArchive | Self::BrokenPlan => {
                "plan again: terraform plan -out tfplan; copy the file in binary mode and leave it as it is"
            }
            Self::ForgedArchive => {
                "do not apply it; find out who changed it, and make a new plan: terraform plan -out tfplan"
            }
            Self::NewerArchive => {
                "update applygate; until then read the plan yourself: terraform show tfplan"
            }
            Self::OtherZip => "use the file that terraform plan -out wrote, or its JSON",
            Self::OldPlan => "plan again with Terraform 0.12 or newer",
            Self::Encrypted => {
                "run this where the key is: tofu show -json tfplan | applygate check -; applygate apply lets OpenTofu decrypt it and applies the same bytes"
            }
            Self::Bookmark => {
                "in the directory that is connected to the organization: terraform show -json tfplan > plan.json"
            }
            Self::UnknownFormat => {
                "update applygate; until then read the plan yourself: terraform show tfplan"
            }
            Self::Errored => {
                "fix the error that terraform plan printed and plan again; Terraform itself refuses to apply this plan"
            }
            Self::UnknownAction => {
                "update applygate; until then read the plan yourself: terraform show tfplan"
            }
            Self::Unreadable => {
                "write the JSON again: terraform show -json tfplan > plan.json; if that does not help, please report the Terraform version"
            }
            Self::TooLarge => "check the plans one by one, or split the stack",
            Self::Surrounded => "keep only what terraform show -json printed",
            Self::Io => "check the path and its permissions",
            Self::NoPlans => {
                "name the directory with the plans, such as: terragrunt run --all --json-out-dir DIR -- plan"
            }
            Self::LinkOut => "name its target as well as the directory",
            Self::BrokenPin => {
                "fix applygate.pin.toml, restore it from the repository, or write a new one: applygate pin PLAN"
            }
            Self::NothingToPin => {
                "use the saved plan file: terraform plan -out tfplan && applygate pin tfplan"
            }
            Self::PinOfNothing => {
                "if the stack exists, find its state first; if it is a new stack, add --new"
            }
            Self::PinGoesBack => {
                "make a new plan and pin that; if the older or other state is right, add --replace"
            }
            Self::NotNew => "remove --new: it is only for a state that starts empty",
            Self::Stale => "plan again: terraform plan -out tfplan",
            Self::NotFirstApply => {
                "remove --first-apply: it is only for a state that should be empty"
            }
            Self::NoGit => "install git, such as apt-get install git or apk add git",
            Self::NoRepository => {
                "run it in the clone; in GitHub Actions use actions/checkout, which needs git in the image to make one"
            }
            Self::ForeignOwner => {
                "if you trust this clone: git config --global --add safe.directory \"$PWD\" (in the top of the clone)"
            }
            Self::InSubmodule => "run it in a clone of the repository itself, not in a submodule",
            Self::BadRevision => "give a branch, a tag or a hash, such as origin/main",
            Self::SeveralRevisions => "give the full name, such as refs/remotes/origin/main",
            Self::NoRevision => {
                "fetch it first: in GitHub Actions give actions/checkout fetch-depth: 0; elsewhere git fetch --unshallow, or git fetch origin main"
            }
            Self::Unreachable => {
                "fetch all of it: in GitHub Actions give actions/checkout fetch-depth: 0 and no filter; elsewhere git fetch --refetch --no-filter"
            }
            Self::NoPlainFile => "commit the file itself there: links are not followed",
            Self::Missing => {
                "make the plan first: terraform plan -out tfplan && applygate check tfplan"
            }
            Self::Mistaken(mistaken) => mistaken.help(),
            Self::TwoEnvironments => {
                "change their patterns so that a plan fits only one, or choose one: --env NAME"
            }
            Self::Conflicts => "resolve them, then git add the files",
            Self::NoSource => "run terraform validate; a source file has at most 1 MiB",
        }
    }
}

/// An input that is not judged, or only in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The kind.
    pub why: Why,
    /// Where in the JSON.
    pub(crate) place: Option<Place>,
    /// More, in fixed words or numbers.
    pub detail: Option<String>,
}

impl Refusal {
    /// A refusal without a place.
    #[must_use]
    pub(crate) const fn new(why: Why) -> Self {
        Self {
            why,
            place: None,
            detail: None,
        }
    }

    /// With more in fixed words or numbers: never text of the input but for names of keys and addresses.
    #[must_use]
    pub(crate) fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// As a problem with what it is about.
    #[must_use]
    pub(crate) fn about(&self, name: impl std::fmt::Display) -> Problem {
        Problem::new(self.to_string(), self.why.help()).about(name)
    }

    /// With a place.
    #[must_use]
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.why.what())?;
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        if let Some(place) = &self.place {
            write!(f, ", {place}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
