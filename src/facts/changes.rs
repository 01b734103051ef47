//! Everything that a plan changes, a line each: where, what happens, why. No value of it.

use serde::Serialize;

use super::{difference, words};
use crate::address::module;
use crate::finding::Evidence;
use crate::plan::{Action, Opened, Plan, ReadError, ResourceChange, Shape};

/// One thing that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Listed {
    /// Its address.
    pub(crate) address: String,
    /// Key of the deposed object, when it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deposed: Option<String>,
    /// The address of its module; empty for the root.
    #[serde(skip)]
    pub(crate) module: String,
    /// What happens, in a word.
    pub(crate) what: &'static str,
    /// The actions as the plan names them.
    pub(crate) actions: &'static [&'static str],
    /// The attributes that an update touches, by name alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) attributes: Vec<Touched>,
    /// Why, where the plan says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// The address that it has been at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) moved_from: Option<String>,
    /// Whether it is imported.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) import: bool,
}

/// An attribute that an update touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Touched {
    /// Its name.
    pub(crate) name: String,
    /// How many members of it differ, where it is a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) members: Option<usize>,
}

/// The attributes that an update touches. Names of the outermost level alone: a key of a map may be somebody's data.
fn touched(change: &ResourceChange<'_>) -> Result<Vec<Touched>, ReadError> {
    if change.action != Action::Update {
        return Ok(Vec::new());
    }
    let (before, after) = (Opened::new(change.before())?, Opened::new(change.after())?);
    let mut found: Vec<Touched> = Vec::new();
    for difference in difference::between(&before, &after) {
        let (old, new) = (difference.old, difference.new);
        if !words::is_attribute(difference.name) || (old.is_nothing() && new.is_nothing()) {
            continue;
        }
        let members = match (old.shape()?, new.shape()?) {
            (Shape::Object(_), Shape::Object(_)) => {
                let (old, new) = (Opened::new(*old)?, Opened::new(*new)?);
                Some(difference::between(&old, &new).len())
            }
            _ => None,
        };
        found.push(Touched {
            name: difference.name.to_string(),
            members,
        });
    }
    // What the provider makes of the tags says nothing more.
    if found.iter().any(|one| one.name == "tags") {
        found.retain(|one| one.name != "tags_all");
    }
    Ok(found)
}

/// What changes, by module; in each what is destroyed comes first. Data that is only read and outputs are not in it.
pub(crate) fn list(plan: &Plan<'_>) -> Vec<Listed> {
    let mut all: Vec<(u8, Listed)> = plan
        .changes
        .iter()
        .filter(|change| change.managed())
        .filter(|change| {
            change.action != Action::NoOp
                || change.previous_address().is_some()
                || change.importing()
        })
        .map(|change| {
            let (rank, what) = word(change);
            (rank, listed(change, what))
        })
        .collect();
    all.extend(plan.invocations.iter().map(|invocation| {
        let why = match (&invocation.trigger, invocation.deferred) {
            (_, true) => Some("deferred to a later plan".to_owned()),
            (Some(trigger), _) => Some(format!("triggered by {trigger}")),
            (None, _) => None,
        };
        let listed = Listed {
            module: module(&invocation.address).to_owned(),
            address: invocation.address.to_string(),
            deposed: None,
            what: "run",
            actions: &["invoke"],
            attributes: Vec::new(),
            why,
            moved_from: None,
            import: false,
        };
        (4, listed)
    }));
    all.sort_by(|(rank, one), (other_rank, other)| {
        one.module
            .cmp(&other.module)
            .then_with(|| rank.cmp(other_rank))
            .then_with(|| one.address.cmp(&other.address))
    });
    all.into_iter().map(|(_, listed)| listed).collect()
}

/// What happens, the worst first.
fn word(change: &ResourceChange<'_>) -> (u8, &'static str) {
    match change.action {
        Action::Delete => (0, "destroy"),
        Action::DeleteCreate | Action::CreateDelete => (1, "replace"),
        Action::Forget => (2, "forget"),
        Action::CreateForget | Action::ForgetCreate => (2, "forget and create"),
        Action::Other => (3, "unknown"),
        Action::Update => (5, "update"),
        Action::Create => (6, "create"),
        Action::Read | Action::Open => (7, "read"),
        Action::NoOp if change.previous_address().is_some() => (8, "move"),
        Action::NoOp => (8, "import"),
    }
}

fn listed(change: &ResourceChange<'_>, what: &'static str) -> Listed {
    let why = match words::why(change) {
        Ok(Some(Evidence::Note(text))) => Some(text),
        Ok(_) => None,
        Err(_) => Some("the reason cannot be read".to_owned()),
    };
    Listed {
        address: change.address.to_string(),
        deposed: change.deposed().map(str::to_owned),
        module: module(&change.address).to_owned(),
        what,
        actions: change.action.words(),
        attributes: touched(change).unwrap_or_default(),
        why,
        moved_from: change.previous_address().map(str::to_owned),
        import: change.importing(),
    }
}
