//! What a rule has to say: a [`Finding`] with its evidence. Only what is in here can reach a report, so nothing else can leak.

use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

/// How bad a finding is. The order is from harmless to worst.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A note.
    Low,
    /// Worth a look. Does not block.
    Medium,
    /// An outage or a loss that is hard to undo.
    High,
    /// Data, or the last means to get it back, is gone for good; a whole stack goes; or the plan was computed against the wrong state.
    Critical,
}

impl Severity {
    /// All severities, the worst first.
    pub(crate) const WORST_FIRST: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The word used in reports and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// A value as it may be shown. Made by [`crate::plan::Value::shown`] alone, which knows the masks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A truth value.
    Bool(bool),
    /// A number, as the plan writes it.
    Number(String),
    /// A word from a closed list in the catalogue, or an identifier that a rule names.
    Word(String),
    /// Null or not there.
    Absent,
    /// Known only after apply.
    Unknown,
    /// Marked as sensitive in the plan.
    Sensitive,
    /// There, but not on any allow-list.
    Hidden,
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(text) => f.write_str(text),
            Self::Word(text) => write!(f, "\"{text}\""),
            Self::Absent => f.write_str("not set"),
            Self::Unknown => f.write_str("not known until apply"),
            Self::Sensitive => f.write_str("(sensitive)"),
            Self::Hidden => f.write_str("(not shown)"),
        }
    }
}

/// One thing in the plan that a finding rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// An attribute of the resource as it is now: `skip_final_snapshot = true`.
    Attribute {
        /// The path, names joined by dots.
        path: String,
        /// Its value before the change.
        value: Shown,
        /// What it means, a clause.
        says: Option<String>,
    },
    /// An attribute that the plan changes: `backup_retention_period: 14 -> 0`.
    Change {
        /// The path, names joined by dots.
        path: String,
        /// Its value before.
        before: Shown,
        /// Its value after.
        after: Shown,
        /// What it means, a clause.
        says: Option<String>,
    },
    /// Something said in words, with nothing taken from a value.
    Note(String),
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let says = match self {
            Self::Attribute { path, value, says } => {
                write!(f, "{path} = {value}")?;
                says
            }
            Self::Change {
                path,
                before,
                after,
                says,
            } => {
                write!(f, "{path}: {before} -> {after}")?;
                says
            }
            Self::Note(text) => {
                f.write_str(text)?;
                &None
            }
        };
        says.as_ref().map_or(Ok(()), |says| write!(f, " ({says})"))
    }
}

/// One line of a source, masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceLine {
    /// Its number, from 1.
    pub(crate) line: usize,
    /// What may be shown of it.
    pub(crate) text: String,
}

/// One line of a version of the sources, masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SideLine {
    pub(crate) side: Side,
    pub(crate) line: SourceLine,
}

/// Which version of the sources something stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// What a change starts from.
    Before,
    /// What it comes to.
    After,
}

/// Where in the sources a finding is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourcePlace {
    /// The file, as seen from where Terraform ran.
    pub(crate) file: String,
    /// The version of the file, of a finding about a change to the sources.
    pub(crate) side: Option<Side>,
    /// The head of the resource's block.
    pub(crate) head: SourceLine,
    /// The attribute that the finding rests on, if it stands there.
    pub(crate) attribute: Option<SourceLine>,
    /// Of a change to the sources: the lines that it takes away and those in their place, as much of them as may be shown.
    pub(crate) lines: Vec<SideLine>,
}

/// What refers to an object in the configuration, directly or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Dependents {
    /// What the plan does not destroy.
    pub(crate) stay: Referring,
    /// What it destroys as well.
    pub(crate) go: Referring,
}

/// Some objects that refer to another one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Referring {
    /// How many.
    pub(crate) count: usize,
    /// Whether there may be more.
    pub(crate) more: bool,
    /// The first of them, the nearest first.
    pub(crate) shown: Vec<Dependent>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Dependent {
    /// Its address.
    pub(crate) address: String,
    /// What is between the two: local values, data sources, inputs and outputs of modules, from the object on.
    pub(crate) through: Vec<String>,
}

/// One danger found in one plan, at one address or about the plan as a whole.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Id of the rule, such as `stateful-destroy`.
    pub rule: &'static str,
    /// How bad it is by the rules alone: nothing that a user allows changes it.
    pub severity: Severity,
    /// The resource's address; `None` when the finding is about the whole plan.
    pub address: Option<String>,
    /// Key of the deposed object, when it is about one that an earlier replace left behind.
    pub(crate) deposed: Option<String>,
    /// The resource type.
    pub(crate) resource_type: Option<String>,
    /// The actions as the plan names them, such as `["delete", "create"]`.
    pub(crate) actions: &'static [&'static str],
    /// What happens: one sentence without the address.
    pub message: String,
    /// What is gone afterwards.
    pub(crate) loss: Option<String>,
    /// The recovery, if there is one.
    pub(crate) recovery: Option<String>,
    /// What to do instead.
    pub help: Option<String>,
    /// The command that takes a copy of what would be lost.
    pub(crate) copy_first: Option<String>,
    /// What in the plan it rests on.
    pub evidence: Vec<Evidence>,
    /// Ready Terraform to paste, such as a `moved` block.
    pub(crate) snippet: Option<String>,
    /// Where in the sources it is, if they are known.
    pub(crate) place: Option<SourcePlace>,
    /// What refers to the object that is destroyed; `None` when nothing does, or the configuration does not tell.
    pub(crate) dependents: Option<Arc<Dependents>>,
    /// Rests on a guess (a name, or a fact that was inferred and not read).
    pub(crate) guess: bool,
}

impl Finding {
    /// A finding about the whole plan.
    #[must_use]
    pub(crate) fn about_plan(
        rule: &'static str,
        severity: Severity,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            severity,
            address: None,
            deposed: None,
            resource_type: None,
            actions: &[],
            message: message.into(),
            loss: None,
            recovery: None,
            help: None,
            copy_first: None,
            evidence: Vec::new(),
            snippet: None,
            place: None,
            dependents: None,
            guess: false,
        }
    }

    /// What names this finding across runs and orders of the plan: 16 hexadecimal digits of a SHA-256 over rule, address, deposed key and actions.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for part in [
            self.rule,
            self.address.as_deref().unwrap_or("*"),
            self.deposed.as_deref().unwrap_or(""),
        ] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        for action in self.actions {
            hash.update(action.as_bytes());
            hash.update([0]);
        }
        crate::os::digest::hex(&hash.finalize(), 8)
    }

    /// The order in reports: the worst first, then whole-plan findings, then by address and rule.
    #[must_use]
    pub(crate) fn order(&self, other: &Self) -> std::cmp::Ordering {
        other
            .severity
            .cmp(&self.severity)
            .then_with(|| self.address.is_some().cmp(&other.address.is_some()))
            .then_with(|| self.address.cmp(&other.address))
            .then_with(|| self.deposed.cmp(&other.deposed))
            .then_with(|| self.rule.cmp(other.rule))
    }
}

/// The most characters of an address that another finding speaks of.
const BRIEF: usize = 300;

/// The address of something else, for a note: many findings may name the same one, and it may be of any length.
pub(crate) fn brief(address: &str) -> String {
    if address.chars().nth(BRIEF).is_none() {
        return address.to_owned();
    }
    // Counted from both ends: it may be long, and asked for often.
    let mut tail: Vec<char> = address.chars().rev().take(BRIEF * 2 / 3).collect();
    tail.reverse();
    let head = address.chars().take(BRIEF / 3);
    head.chain(['…']).chain(tail).collect()
}
