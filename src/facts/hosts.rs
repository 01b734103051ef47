//! The objects in which others stand, as far as guards ask for them: the account of a container may keep it when it goes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::catalog::{Catalog, Condition, Host};
use crate::facts::condition;
use crate::finding::{Shown, brief};
use crate::plan::{Action, Opened, Plan, ReadError, ResourceChange, Value};

/// How many hosts of one name are looked at: with more of them nobody knows which is meant.
const MOST: usize = 16;

/// What the plan has of them.
#[derive(Default)]
pub(super) struct Hosts<'a, 'p> {
    all: Vec<Object<'a, 'p>>,
    /// By the text of an attribute: places in `all`.
    named: HashMap<String, Vec<usize>>,
}

/// One of them. Each is read once for a question, however many stand in it: it may be large.
pub(super) struct Object<'a, 'p> {
    change: &'a ResourceChange<'p>,
    names: BTreeMap<String, String>,
    seen: RefCell<Vec<(Condition, Seen)>>,
}

/// What came of looking at one.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Whether the condition holds before the plan and after it.
    pub(super) holds: bool,
    /// The value that decides, as far as it may be shown.
    pub(super) shown: Shown,
}

impl<'a, 'p> Hosts<'a, 'p> {
    /// Looks for them; nothing is read where no row of a destroyed object asks.
    pub(super) fn read(plan: &'a Plan<'p>, catalog: &Catalog) -> Result<Self, ReadError> {
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut seen = HashSet::new();
        for change in plan.managed().filter(|change| change.action.destroys()) {
            if !seen.insert(change.kind.as_ref()) {
                continue;
            }
            let guards = catalog.of(change).map_or(&[][..], |row| &row.guard);
            for host in guards.iter().filter_map(|guard| guard.host.as_ref()) {
                for kind in &host.types {
                    let names = host.by.iter().map(|(_, there)| there.as_str());
                    wanted.entry(kind).or_default().extend(names);
                }
            }
        }
        let mut hosts = Self::default();
        if wanted.is_empty() {
            return Ok(hosts);
        }
        let there = plan
            .managed()
            .filter(|change| change.action.has_before() && change.deposed().is_none());
        for change in there {
            let Some(wanted) = wanted.get(change.kind.as_ref()) else {
                continue;
            };
            let mut names = BTreeMap::new();
            for (name, value) in change.before().members()? {
                if wanted.contains(name.as_ref())
                    && let Some(text) = value.text()?.filter(|text| !text.is_empty())
                {
                    names.insert(name.into_owned(), text.into_owned());
                }
            }
            for text in names.values().collect::<BTreeSet<_>>() {
                let places = hosts.named.entry(text.clone()).or_default();
                if places.len() <= MOST {
                    places.push(hosts.all.len());
                }
            }
            hosts.all.push(Object {
                change,
                names,
                seen: RefCell::default(),
            });
        }
        Ok(hosts)
    }

    /// The one object of the plan in which this one stands.
    pub(super) fn of(
        &self,
        host: &Host,
        value: &Opened<'_>,
    ) -> Result<Option<&Object<'a, 'p>>, ReadError> {
        let mut named = Vec::new();
        for (own, there) in &host.by {
            for value in value.at(std::slice::from_ref(own))? {
                if let Some(text) = value.text()?.filter(|text| !text.is_empty()) {
                    named.push((text.into_owned(), there));
                }
            }
        }
        let places = named.first().and_then(|(text, _)| self.named.get(text));
        let Some(places) = places.filter(|places| places.len() <= MOST) else {
            return Ok(None);
        };
        let mut fitting = places
            .iter()
            .filter_map(|place| self.all.get(*place))
            .filter(|object| host.types.iter().any(|kind| object.change.kind == *kind))
            .filter(|object| {
                named
                    .iter()
                    .all(|(text, there)| object.names.get(*there) == Some(text))
            });
        let first = fitting.next();
        Ok(first.filter(|_| fitting.next().is_none()))
    }
}

impl Object<'_, '_> {
    /// Its address, for a note.
    pub(super) fn address(&self) -> String {
        brief(&self.change.address)
    }

    /// Whether it goes in the same plan.
    pub(super) fn goes(&self) -> bool {
        self.change.action.destroys()
    }

    /// Looks at it as it is now, and as the plan leaves it.
    pub(super) fn look(&self, condition: &Condition) -> Result<Seen, ReadError> {
        let known = self.seen.borrow();
        if let Some((_, seen)) = known.iter().find(|(asked, _)| asked == condition) {
            return Ok(seen.clone());
        }
        drop(known);
        let mut seen = Self::at(condition, self.change.before_to_name())?;
        if seen.holds && self.change.action == Action::Update {
            let after = Self::at(condition, self.change.after())?;
            // Of what holds before and after, what it is now is what counts for what goes.
            if !after.holds {
                seen = after;
            }
        }
        self.seen
            .borrow_mut()
            .push((condition.clone(), seen.clone()));
        Ok(seen)
    }

    fn at(condition: &Condition, side: Value<'_>) -> Result<Seen, ReadError> {
        let look = condition::look_at(condition, &Opened::new(side)?)?;
        Ok(Seen {
            holds: look.holds,
            shown: look.shown,
        })
    }
}
