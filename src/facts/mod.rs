//! What the plan does, worked out once for all rules: which destroys lose what, which changes in place hurt, what is a rename of what.
//! Rules only look at [`Facts`]; they never walk the plan's values for the same question twice.

mod alter;
mod apis;
pub(crate) mod changes;
pub(crate) mod commands;
mod condition;
mod copy;
pub(crate) mod dependents;
mod destroy;
mod difference;
mod everybody;
pub(crate) mod explain;
mod going;
mod hosts;
pub(crate) mod kinds;
mod name;
mod neighbours;
pub(crate) mod outline;
mod places;
mod providers;
mod rename;
mod rotation;
pub mod setting;
pub(crate) mod source;
mod state_store;
mod stripped;
pub(crate) mod summary;
mod unlisted;
mod wards;
mod words;

use std::collections::HashMap;

use crate::catalog::{Catalog, Category, Grade};
use crate::plan::{Action, Opened, Plan, ReadError, ResourceChange};
use crate::state::StateFacts;
use setting::Values;

pub(crate) use alter::Alter;
pub(crate) use alter::gone;
pub(crate) use condition::condition_holds;
pub(crate) use condition::number_of;
pub(crate) use destroy::Destroy;
pub(crate) use everybody::lets_everybody_in;
pub(crate) use name::Guess;
pub(crate) use name::guess;
pub(crate) use neighbours::Source;
pub(crate) use places::Cloud;
pub(crate) use places::Place;
pub(crate) use places::Places;
pub(crate) use rename::Rename;
pub(crate) use setting::covers_place;
pub(crate) use state_store::StateStore;
pub(crate) use stripped::Stripped;
pub(crate) use wards::is_no_target;
pub(crate) use words::how;
pub(crate) use words::remedy;
pub(crate) use words::why;

/// Numbers and expectations that rules read: built by the policy's settings, plain data here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// The numbers of [`setting::LIMITS`].
    pub numbers: Values,
    /// The user says: this state is meant to be empty.
    pub(crate) first_apply: bool,
    /// What the plan is expected to be, of [`setting::EXPECT`].
    pub expect: Values,
}

/// What rules know.
pub(crate) struct Facts<'a, 'p> {
    /// The plan.
    pub(crate) plan: &'a Plan<'p>,
    /// What is known about its types.
    pub(crate) catalog: &'a Catalog,
    /// Numbers and expectations.
    pub(crate) limits: &'a Limits,
    /// Which state the plan is for.
    pub(crate) state: &'a StateFacts,
    /// Every managed object that is destroyed or replaced, judged.
    pub(crate) destroys: Vec<Destroy<'a, 'p>>,
    /// Every change in place that the catalogue knows as harmful.
    pub(crate) alters: Vec<Alter<'a, 'p>>,
    /// Every change in place that takes most of the values out of an attribute.
    pub(crate) stripped: Vec<Stripped<'a, 'p>>,
    /// The accounts and regions that it touches, if an expectation asks.
    pub(crate) places: Option<Places>,
    /// Which of it the change explains, where somebody asks.
    pub(crate) explained: Option<explain::Explained>,
    /// Deletes and creates that are the same thing.
    pub(crate) renames: Vec<Rename<'a, 'p>>,
    rename_of: HashMap<&'a str, usize>,
}

impl<'a, 'p> Facts<'a, 'p> {
    /// Works out the facts of a plan.
    ///
    /// # Errors
    /// When a value that is needed cannot be read; the address of the change is named.
    pub(crate) fn new(
        plan: &'a Plan<'p>,
        catalog: &'a Catalog,
        limits: &'a Limits,
        state: &'a StateFacts,
    ) -> Result<Self, Unreadable> {
        let mut destroys = Vec::new();
        let (mut alters, mut stripped) = (Vec::new(), Vec::new());
        let mut providers = providers::Providers::new(plan);
        let going = going::Going::read(plan, catalog).map_err(|error| Unreadable {
            address: None,
            error,
        })?;
        for change in plan.managed() {
            let at = |error: ReadError| Unreadable {
                address: Some(change.address.to_string()),
                error,
            };
            if change.action.destroys() {
                destroys.push(Destroy::judge(catalog, change, &mut providers, &going).map_err(at)?);
            } else if change.action == Action::Update
                || change.action == Action::Create
                    && catalog
                        .category(&change.kind)
                        .is_some_and(Category::is_store)
            {
                let (before, after) = (
                    Opened::new(change.before()).map_err(at)?,
                    Opened::new(change.after()).map_err(at)?,
                );
                let differences = difference::between(&before, &after);
                alter::judge(catalog, change, &differences, &after, &mut alters).map_err(at)?;
                if change.action == Action::Update {
                    stripped.extend(stripped::judge(change, &differences).map_err(at)?);
                }
            }
        }
        let nowhere = |error| Unreadable {
            address: None,
            error,
        };
        let renames = rename::find(plan, catalog).map_err(nowhere)?;
        alter::weigh_routes(plan, &mut alters).map_err(nowhere)?;
        neighbours::weigh_backups(plan, catalog, &mut destroys).map_err(nowhere)?;
        apis::weigh(plan, &mut destroys).map_err(nowhere)?;
        wards::release(&mut destroys).map_err(nowhere)?;
        wards::release_rest(plan, &mut destroys).map_err(nowhere)?;
        wards::note_content(plan, &mut destroys).map_err(nowhere)?;
        rotation::weigh(plan, &mut destroys).map_err(nowhere)?;
        rotation::weigh_accounts(plan, &mut destroys).map_err(nowhere)?;
        rotation::weigh_authorities(plan, &mut destroys).map_err(nowhere)?;
        state_store::mark(state, &mut destroys).map_err(nowhere)?;
        let places = if limits.expect.ask_for_places() {
            Some(Places::read(plan, &state.sources).map_err(nowhere)?)
        } else {
            None
        };
        let explained = match &state.past {
            Some(past) => {
                explain::Explained::of(plan, past, &destroys, &alters).map_err(nowhere)?
            }
            None => None,
        };
        let rename_of = renames
            .iter()
            .enumerate()
            .map(|(at, rename)| (rename.from.address.as_ref(), at))
            .collect();
        Ok(Self {
            plan,
            catalog,
            limits,
            state,
            destroys,
            alters,
            stripped,
            places,
            explained,
            renames,
            rename_of,
        })
    }

    /// The rename that takes this object away, if it is one.
    #[must_use]
    pub(crate) fn renamed(&self, change: &ResourceChange<'_>) -> Option<&Rename<'a, 'p>> {
        let at = self
            .rename_of
            .get(change.address.as_ref())
            .filter(|_| change.deposed().is_none())?;
        self.renames.get(*at)
    }

    /// Whether a change is about something that counts: not a helper such as `null_resource`.
    #[must_use]
    pub(crate) fn counts(&self, change: &ResourceChange<'_>) -> bool {
        change.managed()
            && !is_helper(&change.kind)
            && self.catalog.of(change).map(|row| row.category) != Some(Category::Helper)
    }

    /// Whether a type is more than a helper.
    #[must_use]
    pub(crate) fn kind_counts(&self, kind: &str) -> bool {
        !is_helper(kind) && self.catalog.category(kind) != Some(Category::Helper)
    }

    /// Objects of the prior state that count, whatever the plan shows of them.
    #[must_use]
    pub(crate) fn stated(&self) -> usize {
        let managed = self.plan.prior.iter().flat_map(|prior| &prior.managed);
        managed
            .filter(|(kind, _)| self.kind_counts(kind))
            .map(|(_, count)| count)
            .sum()
    }

    /// Whether a created object is one more of the stack: no helper, and no association, rule or alias that stands for nothing by itself.
    #[must_use]
    pub(crate) fn builds(&self, change: &ResourceChange<'_>) -> bool {
        self.counts(change)
            && match self.catalog.of(change) {
                Some(row) => row.destroy > Grade::None || row.category.weighty(),
                None => !is_harmless(&change.kind),
            }
    }

    /// Whether a change does something that counts: not to a helper.
    #[must_use]
    pub(crate) fn acts(&self, change: &ResourceChange<'_>) -> bool {
        self.counts(change) && is_change(change)
    }

    /// The current managed objects before the change, deposed ones left out.
    pub(crate) fn current(&self) -> impl Iterator<Item = &'a ResourceChange<'p>> {
        let plan: &'a Plan<'p> = self.plan;
        plan.changes.iter().filter(|change| {
            change.managed() && change.deposed().is_none() && change.action.has_before()
        })
    }

    /// Managed objects that the plan creates where none was.
    pub(crate) fn creates(&self) -> impl Iterator<Item = &'a ResourceChange<'p>> {
        let plan: &'a Plan<'p> = self.plan;
        plan.changes
            .iter()
            .filter(|change| change.managed() && change.action == Action::Create)
    }
}

/// Attributes whose words may be shown because they name an engine or a size.
#[must_use]
pub fn shown_sizes() -> &'static [&'static str] {
    alter::SIZES
}

/// Whether something is changed at all, a helper too, since what a provisioner runs may be anything. A move and an import are changes.
#[must_use]
pub(crate) fn is_change(change: &ResourceChange<'_>) -> bool {
    !matches!(change.action, Action::NoOp | Action::Read | Action::Open)
        || change.previous_address().is_some()
        || change.importing()
}

/// Types that hold nothing of their own, whatever the catalogue says.
#[must_use]
pub(crate) fn is_helper(kind: &str) -> bool {
    matches!(kind, "null_resource" | "terraform_data")
        || ["random_", "time_", "local_", "tls_", "modtm_"]
            .iter()
            .any(|prefix| kind.starts_with(prefix))
}

/// Types that only tie others together, by the end of their names.
fn is_harmless(kind: &str) -> bool {
    [
        "_policy",
        "_policy_attachment",
        "_rule",
        "_attachment",
        "_association",
        "_alias",
        "_parameter_group",
    ]
    .iter()
    .any(|end| kind.ends_with(end))
}

/// A value that a rule needs and that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The change it belongs to.
    pub(crate) address: Option<String>,
    /// What is wrong with it.
    pub(crate) error: ReadError,
}
