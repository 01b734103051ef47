//! Look-up of what is known about resource types. The facts are in `rules/catalog/*.toml`; this room only reads them.

mod carried;
mod embedded;
mod file;
mod form;
mod row;
pub(crate) mod work;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::plan::ResourceChange;

use form::Rows;

pub(crate) use carried::Carried;
pub(crate) use carried::{carried, cloud_formation};
pub(crate) use row::Category;
pub(crate) use row::ChangeRow;
pub(crate) use row::ChangeRule;
pub(crate) use row::Condition;
pub(crate) use row::Effect;
pub(crate) use row::Grade;
pub(crate) use row::Guard;
pub(crate) use row::Host;
pub(crate) use row::Path;
pub(crate) use row::Scalar;
pub use row::TypeRow;
pub(crate) use row::When;
pub(crate) use work::ActionRow;

/// What is known about the types of one plan.
#[derive(Debug, Default)]
pub struct Catalog {
    types: HashMap<String, Arc<TypeRow>>,
    changes: HashMap<String, Vec<Arc<ChangeRow>>>,
    common: Vec<Arc<ChangeRow>>,
    /// A team's own rows about actions.
    actions: HashMap<String, ActionRow>,
}

/// Rows of a team's own.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct OwnRows {
    /// About types.
    pub(crate) types: Vec<TypeRow>,
    /// About changes in place.
    pub(crate) changes: Vec<ChangeRow>,
    /// About actions.
    pub(crate) actions: Vec<ActionRow>,
}

impl OwnRows {
    /// What they are about, for a line of the report.
    pub(crate) fn names(&self) -> Vec<String> {
        let types = self.types.iter().map(|row| row.name.clone());
        let changes = self.changes.iter().flat_map(|row| {
            let attribute = row.attribute.text();
            row.types
                .iter()
                .map(move |kind| format!("{kind}.{attribute}"))
        });
        let actions = self
            .actions
            .iter()
            .map(|row| format!("action {}", row.name));
        types.chain(changes).chain(actions).collect()
    }
}

/// A row that cannot be read: a defect of the project, or a mistake in a user's row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct RowError {
    /// The file.
    pub(crate) file: String,
    /// What is wrong with it.
    pub(crate) reason: String,
}

impl RowError {
    fn new(file: &str, reason: String) -> Self {
        let file = format!("{file}.toml");
        Self { file, reason }
    }
}

impl Catalog {
    /// The rows for these types. Only the tables of these types are parsed, and once in a run, so that a small plan starts fast and many cost little.
    ///
    /// # Errors
    /// When a row is broken.
    pub(crate) fn for_types<'a>(
        types: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, RowError> {
        let mut by_provider: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for kind in types {
            by_provider.entry(provider(kind)).or_default().push(kind);
        }
        let mut catalog = Self::default();
        for (name, mut kinds) in by_provider {
            kinds.sort_unstable();
            if let Some(file) = file::file(name)? {
                let wanted = |kind: &str| kinds.binary_search(&kind).is_ok();
                for rows in file.about(&kinds)? {
                    catalog.add(rows, wanted);
                }
            }
        }
        if let Some(file) = file::file("common")? {
            for rows in file.all()? {
                catalog.add(rows, |_| true);
            }
        }
        Ok(catalog)
    }

    /// Puts a team's own rows in the place of those of the same types, or of the same types and attributes.
    pub(crate) fn own(&mut self, rows: &OwnRows) {
        for row in &rows.types {
            self.types.insert(row.name.clone(), Arc::new(row.clone()));
        }
        self.actions.extend(
            rows.actions
                .iter()
                .map(|row| (row.name.clone(), row.clone())),
        );
        for row in &rows.changes {
            for kind in &row.types {
                let there = self.changes.entry(kind.clone()).or_default();
                there.retain(|other| {
                    other.attribute != row.attribute || rows.changes.contains(other)
                });
                there.push(Arc::new(row.clone()));
            }
        }
    }

    /// All rows of all files.
    ///
    /// # Errors
    /// When a row is broken.
    pub fn whole() -> Result<Self, RowError> {
        let mut catalog = Self::default();
        for (name, _) in embedded::FILES {
            if let Some(file) = file::file(name)? {
                for rows in file.all()? {
                    catalog.add(rows, |_| true);
                }
            }
        }
        Ok(catalog)
    }

    /// Adds rows: of those about types, the wanted ones.
    fn add(&mut self, rows: &Rows, wanted: impl Fn(&str) -> bool) {
        for row in rows.types.iter().filter(|row| wanted(&row.name)) {
            self.types.insert(row.name.clone(), Arc::clone(row));
        }
        for row in &rows.changes {
            if row.types.is_empty() {
                self.common.push(Arc::clone(row));
            }
            for kind in &row.types {
                let there = self.changes.entry(kind.clone()).or_default();
                there.push(Arc::clone(row));
            }
        }
    }

    /// The row of a type.
    #[must_use]
    pub(crate) fn get(&self, kind: &str) -> Option<&TypeRow> {
        self.types.get(kind).map(Arc::as_ref)
    }

    /// The row that an object is judged by: that of what it carries, where its type is a generic one, else that of its type.
    #[must_use]
    pub(crate) fn of(&self, change: &ResourceChange<'_>) -> Option<&TypeRow> {
        let own = self.get(&change.kind);
        match carried(change).and_then(|carried| carried.kind) {
            // A row of its own says more than the one that its name leads to.
            Some(kind) if own.is_none() || !change.kind.starts_with("awscc_") => {
                self.get(&kind).or(own)
            }
            _ => own,
        }
    }

    /// The row of an action in a team's own rows.
    pub(crate) fn own_action(&self, kind: &str) -> Option<&ActionRow> {
        self.actions.get(kind)
    }

    /// The category of a type, if it is known.
    #[must_use]
    pub(crate) fn category(&self, kind: &str) -> Option<Category> {
        self.get(kind).map(|row| row.category)
    }

    /// All types, sorted by name.
    #[must_use]
    pub fn types(&self) -> Vec<&TypeRow> {
        let mut rows: Vec<&TypeRow> = self.types.values().map(Arc::as_ref).collect();
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        rows
    }

    /// The rows about changes in place of a type: its own first, then those that hold for every type and that no row of its own is about.
    pub(crate) fn changes<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a ChangeRow> {
        let own = self.changes.get(kind).map_or(&[][..], Vec::as_slice);
        let common = self
            .common
            .iter()
            .filter(move |row| !own.iter().any(|mine| mine.attribute == row.attribute));
        own.iter().chain(common).map(Arc::as_ref)
    }
}

/// The part of a type's name that names its provider's file.
#[must_use]
pub(crate) fn provider(kind: &str) -> &str {
    kind.split_once('_').map_or(kind, |(provider, _)| provider)
}

#[cfg(test)]
mod tests;
