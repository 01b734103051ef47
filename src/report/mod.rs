//! Reports: one file per format, each a pure function from [`Report`] to a `Write`. This room never sees a plan, so what is not in here cannot leak.

mod annotations;
pub(crate) mod atlantis;
pub(crate) mod azure;
pub(crate) mod changes;
pub(crate) mod github;
pub(crate) mod gitlab;
mod graph;
pub(crate) mod html;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod junit;
mod location;
pub(crate) mod markdown;
mod mermaid;
pub(crate) mod sarif;
mod table;
mod words;
mod worst;

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::facts::summary::Summary;
use crate::finding::{Finding, Severity};
use crate::os::digest;
use crate::policy::reviewed::Reviewed;
use crate::policy::settings::PolicyLine;
use crate::rules::unlisted_destroy;
use crate::state::{Identity, Where};
use crate::ui::refusal::Refusal;
use crate::verdict::weaker::Weaker;
use crate::verdict::{Decision, Verdict};

/// What the state of a plan was compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Compared {
    /// With the pin of this directory: its serial.
    Pin(String, u64),
    /// The plan is from this directory, and there is no pin for it.
    NoPin(String),
    /// With nothing: the directory of the plan is not known, or the form does not tell the state.
    Nothing(Option<String>),
}

impl Compared {
    /// For a plan of this place.
    pub(crate) fn of(place: &Where, identity: Option<&Identity>, pinned: Option<u64>) -> Self {
        let known = place.counts() || pinned.is_some();
        let dir = known.then(|| place.dir().display().to_string());
        match (identity, pinned, dir) {
            (Some(_), Some(serial), Some(dir)) => Self::Pin(dir, serial),
            (Some(_), None, Some(dir)) if place.counts() => Self::NoPin(dir),
            (_, _, dir) => Self::Nothing(dir),
        }
    }

    /// For the headline, with the serial of the plan: `serial 41 = pin`.
    pub(crate) fn words(&self, serial: Option<u64>) -> String {
        let own = serial.map_or_else(|| "no state yet".to_owned(), |own| format!("serial {own}"));
        match self {
            Self::Pin(_, pin) if serial == Some(*pin) => format!("{own} = pin"),
            Self::Pin(_, pin) => format!("{own}, pin {pin}"),
            Self::NoPin(_) => format!("{own} · no pin"),
            Self::Nothing(_) => "place not checked".to_owned(),
        }
    }

    /// The directory.
    pub(crate) fn dir(&self) -> Option<&str> {
        match self {
            Self::Pin(dir, _) | Self::NoPin(dir) => Some(dir),
            Self::Nothing(dir) => dir.as_deref(),
        }
    }
}

/// One judged plan.
#[derive(Debug)]
pub struct PlanReport {
    /// The plan without its values.
    pub summary: Summary,
    /// The directory that it is from, as seen from the root of the repository (or as it was named, where there is none); `None` where it is not known.
    pub(crate) folder: Option<String>,
    /// What was decided.
    pub decision: Decision,
    /// The state that it was computed against; none where that is not told, or was not asked for.
    pub(crate) identity: Option<Identity>,
    /// What its state was compared with.
    pub(crate) compared: Compared,
    /// The policy that it was judged by.
    pub policy: Option<PolicyLine>,
    /// What a flag or a variable made looser than the policy, or the defaults, have it.
    pub(crate) overruled: Vec<String>,
    /// The revision that policy and pin come from.
    pub(crate) from: Option<PolicyFrom>,
}

impl PlanReport {
    /// The types in no catalogue of which something is destroyed or replaced, each once.
    #[must_use]
    pub(crate) fn unlisted(&self) -> Vec<&str> {
        let types: std::collections::BTreeSet<&str> = self
            .decision
            .findings
            .iter()
            .filter(|weighed| weighed.finding.rule == unlisted_destroy::ID)
            .filter_map(|weighed| weighed.finding.resource_type.as_deref())
            .collect();
        types.into_iter().collect()
    }
}

impl PlanReport {
    /// What names a finding of this plan among those of all stacks, from run to run.
    fn fingerprint(&self, finding: &Finding) -> String {
        let (folder, workspace) = self.stack();
        // Addresses of a change are those within a module, of which there are many.
        let change = self.summary.change.is_some();
        let file = finding.place.as_ref().filter(|_| change);
        let file = file.map_or("", |place| place.file.as_str());
        fingerprint(&[folder, workspace, file, &finding.fingerprint()])
    }

    /// Directory and workspace: which of the stacks of a repository this is.
    fn stack(&self) -> (&str, &str) {
        if self.summary.change.is_some() {
            return ("change", "");
        }
        let state = self.summary.state.as_ref();
        (
            self.folder.as_deref().unwrap_or(&self.summary.source),
            state.map_or("", |state| state.workspace.as_str()),
        )
    }
}

/// 16 hexadecimal digits of a SHA-256 over texts.
fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    digest::hex(&hash.finalize(), 8)
}

/// The directory that all of these are in.
fn common<'a>(mut sources: impl Iterator<Item = &'a str>) -> String {
    let dirs = |source: &'a str| {
        source
            .rsplit_once('/')
            .map_or("", |(dir, _)| dir)
            .split('/')
    };
    let Some(first) = sources.next() else {
        return String::new();
    };
    let mut common: Vec<&str> = dirs(first).collect();
    for source in sources {
        let same = common
            .iter()
            .zip(dirs(source))
            .take_while(|(a, b)| **a == *b)
            .count();
        common.truncate(same);
    }
    common.join("/")
}

/// The revision that policy and pin come from, for one plan.
#[derive(Debug)]
pub(crate) struct PolicyFrom {
    /// The revision, and what is set aside for it.
    pub(crate) reviewed: Arc<Reviewed>,
    /// Whether what is judged is of the same commit.
    pub(crate) same: bool,
    /// What the working tree would say of this plan, where that is less.
    pub(crate) weaker: Option<Weaker>,
}

impl PolicyFrom {
    /// That the revision is no other one than that of the plan.
    fn same_words(&self) -> Option<String> {
        let words = self.reviewed.words();
        self.same.then(|| {
            format!("{words} is the commit that is checked out: policy and pin come from the same commit as what is judged")
        })
    }
}

/// An input that could not be judged.
#[derive(Debug)]
pub struct ErrorReport {
    /// Where it was read from.
    pub source: String,
    /// Why.
    pub refusal: Refusal,
}

/// Everything that a report is made of.
#[derive(Debug, Default)]
pub struct Report {
    /// The plans that were judged, in order.
    pub plans: Vec<PlanReport>,
    /// What could not be judged.
    pub errors: Vec<ErrorReport>,
    /// Files of directories that are no plans.
    pub left_out: LeftOut,
}

/// What was passed over in directories.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Files that look a little like plans, with what they are.
    pub(crate) named: Vec<(String, &'static str)>,
    /// The others, counted.
    pub(crate) others: usize,
    /// Directories that were not looked into.
    pub(crate) not_entered: Vec<String>,
}

impl LeftOut {
    /// How many files there are.
    pub(crate) fn files(&self) -> usize {
        self.named.len() + self.others
    }

    /// Adds what was passed over elsewhere.
    pub(crate) fn add(&mut self, other: Self) {
        self.named.extend(other.named);
        self.others += other.others;
        self.not_entered.extend(other.not_entered);
    }
}

impl Report {
    /// The verdict over all plans. What could not be judged counts as blocked for whoever reads only this word; the exit code tells the two apart.
    #[must_use]
    pub(crate) fn verdict(&self) -> Verdict {
        if !self.all_judged() {
            return Verdict::Block;
        }
        self.plans
            .iter()
            .map(|plan| plan.decision.verdict)
            .max()
            .unwrap_or(Verdict::Block)
    }

    /// What was not judged, or not as a whole: where it was read from, and why.
    fn refusals(&self) -> impl Iterator<Item = (&str, &Refusal)> {
        let errors = self.errors.iter();
        let errors = errors.map(|error| (error.source.as_str(), &error.refusal));
        errors.chain(self.plans.iter().filter_map(|plan| {
            let refusal = plan.decision.refusal.as_ref()?;
            Some((plan.summary.source.as_str(), refusal))
        }))
    }

    /// What tells this report from those of other stacks in the same pull request: a digest of directory and workspace. It stays the same from run to run.
    fn key(&self) -> String {
        if let ([plan], true) = (self.plans.as_slice(), self.errors.is_empty()) {
            let (folder, workspace) = plan.stack();
            return fingerprint(&[folder, workspace]);
        }
        if self.plans.iter().any(|plan| plan.summary.change.is_some()) {
            return fingerprint(&["change", ""]);
        }
        // Which plans there are may change from run to run: where they are does not.
        let plans = self.plans.iter().map(|plan| plan.summary.source.as_str());
        let errors = self.errors.iter().map(|error| error.source.as_str());
        fingerprint(&[&common(plans.chain(errors)), "*"])
    }

    /// Whether a plan is blocked by its findings.
    #[must_use]
    pub(crate) fn blocked(&self) -> bool {
        self.plans
            .iter()
            .any(|plan| plan.decision.verdict == Verdict::Block)
    }

    /// Whether every input was judged as a whole.
    #[must_use]
    pub(crate) fn all_judged(&self) -> bool {
        self.errors.is_empty()
            && self
                .plans
                .iter()
                .all(|plan| plan.decision.refusal.is_none())
            && !self.plans.is_empty()
    }
}

/// The allowances that are about a finding of these plans, as numbers of their list.
pub(crate) fn allowances<'a>(plans: impl IntoIterator<Item = &'a PlanReport>) -> BTreeSet<usize> {
    plans
        .into_iter()
        .flat_map(|plan| &plan.decision.findings)
        .flat_map(|weighed| weighed.allowances.iter().copied())
        .collect()
}

/// How many findings count, by severity.
pub(crate) fn tally(decision: &Decision) -> [(Severity, usize); 4] {
    Severity::WORST_FIRST.map(|severity| {
        (
            severity,
            decision
                .findings
                .iter()
                .filter(|weighed| weighed.counts() && weighed.severity == severity)
                .count(),
        )
    })
}
