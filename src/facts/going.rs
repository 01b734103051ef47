//! What goes in the same plan, as far as guards ask for it: a recovery that hangs on something that goes is none, and what is emptied refuses nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::catalog::{Catalog, TypeRow};
use crate::facts::condition;
use crate::facts::hosts::Hosts;
use crate::plan::{Opened, Plan, ReadError, ResourceChange, Shape, Value};

/// What goes.
#[derive(Default)]
pub(super) struct Going<'a, 'p> {
    /// Address of the destroyed object that each name stands for.
    named: HashMap<String, String>,
    /// By type and by the name of what it stands in: how many go, and how many stay.
    held: BTreeMap<String, HashMap<String, (usize, usize)>>,
    /// In what others stand.
    pub(super) hosts: Hosts<'a, 'p>,
}

/// Attributes by which others name an object.
const NAMES: &[&str] = &[
    "id",
    "arn",
    "self_link",
    "identifier",
    "cluster_identifier",
    "fully_qualified_name",
];

impl<'a, 'p> Going<'a, 'p> {
    /// Looks for it; nothing is read where no row of a destroyed object asks.
    pub(super) fn read(plan: &'a Plan<'p>, catalog: &Catalog) -> Result<Self, ReadError> {
        let mut going = Self {
            hosts: Hosts::read(plan, catalog)?,
            ..Self::default()
        };
        let (mut asks, mut content) = (false, BTreeSet::new());
        let destroyed = || plan.managed().filter(|change| change.action.destroys());
        let mut seen = HashSet::new();
        for change in destroyed() {
            if !seen.insert(change.kind.as_ref()) {
                continue;
            }
            let Some(row) = catalog.of(change) else {
                continue;
            };
            asks = asks
                || !row.recovery_needs.is_empty()
                || row
                    .guard
                    .iter()
                    .any(|guard| guard.condition.set == Some(true));
            content.extend(row.guard.iter().flat_map(|guard| &guard.content));
        }
        if asks {
            for change in destroyed().filter(|change| change.deposed().is_none()) {
                for name in names(change.before())? {
                    going.named.insert(name, change.address.to_string());
                }
            }
        }
        if !content.is_empty() {
            for change in plan
                .managed()
                .filter(|change| change.action.has_before() && change.deposed().is_none())
                .filter(|change| content.contains(&change.kind.to_string()))
            {
                let goes = change.action.destroys();
                let held = going.held.entry(change.kind.to_string()).or_default();
                let mut within = HashSet::new();
                for (name, value) in change.before().members()? {
                    if !matches!(name.as_ref(), "id" | "name" | "arn")
                        && let Shape::Text(text) = value.shape()?
                        && !text.is_empty()
                    {
                        within.insert(text.into_owned());
                    }
                }
                for name in within {
                    let (gone, stay) = held.entry(name).or_default();
                    *(if goes { gone } else { stay }) += 1;
                }
            }
        }
        Ok(going)
    }

    /// The address of the destroyed object of this name, other than the change itself.
    pub(super) fn named(&self, name: &str, but: &ResourceChange<'_>) -> Option<&str> {
        self.named
            .get(name)
            .map(String::as_str)
            .filter(|address| *address != but.address && !name.is_empty())
    }

    /// The names by which what it holds speaks of an object.
    pub(super) fn names(
        &self,
        row: &TypeRow,
        value: &Opened<'_>,
    ) -> Result<BTreeSet<String>, ReadError> {
        let mut all = BTreeSet::new();
        for (name, value) in value.members() {
            if (NAMES.contains(&name.as_ref()) || name == "name")
                && let Shape::Text(text) = value.shape()?
                && !text.is_empty()
            {
                all.insert(text.into_owned());
            }
        }
        for path in &row.identity {
            all.extend(condition::texts(std::slice::from_ref(path), value)?.unwrap_or_default());
        }
        Ok(all)
    }

    /// Whether everything that an object of these names holds goes: something does, nothing that the plan knows stays, and as many as it counts itself.
    pub(super) fn empties(
        &self,
        content: &[String],
        names: &BTreeSet<String>,
        count: Option<f64>,
    ) -> bool {
        let (mut gone, mut stay) = (0_usize, 0_usize);
        for kind in content {
            let Some(held) = self.held.get(kind) else {
                continue;
            };
            // Each of what it holds names it at most by a few of its names: the name that most use is counted.
            let (most, left) = names
                .iter()
                .filter_map(|name| held.get(name))
                .fold((0, 0), |(most, left): (usize, usize), (gone, stay)| {
                    (most.max(*gone), left.max(*stay))
                });
            gone += most;
            stay += left;
        }
        let enough = count
            .is_none_or(|count| u32::try_from(gone).is_ok_and(|gone| f64::from(gone) >= count));
        gone > 0 && stay == 0 && enough
    }
}

fn names(value: Value<'_>) -> Result<Vec<String>, ReadError> {
    let mut all = Vec::new();
    for (name, value) in value.members()? {
        if NAMES.contains(&name.as_ref())
            && let Shape::Text(text) = value.shape()?
            && !text.is_empty()
        {
            all.push(text.into_owned());
        }
    }
    Ok(all)
}
