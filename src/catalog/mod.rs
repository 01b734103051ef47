//! Look-up of what is known about resource types. The facts are in `rules/catalog/*.toml`; this room only reads them.

mod carried;
mod embedded;
mod form;
mod row;
pub(crate) mod work;

use std::collections::{BTreeMap, HashMap};

use crate::plan::ResourceChange;

use form::Form;

pub(crate) use carried::Carried;
pub(crate) use carried::{carried, cloud_formation};
pub(crate) use row::Category;
pub(crate) use row::ChangeRow;
pub(crate) use row::ChangeRule;
pub(crate) use row::Condition;
pub(crate) use row::Effect;
pub(crate) use row::Grade;
pub(crate) use row::Guard;
pub(crate) use row::Path;
pub(crate) use row::Scalar;
pub use row::TypeRow;
pub(crate) use row::When;
pub(crate) use work::ActionRow;

/// What is known about the types of one plan.
#[derive(Debug, Default)]
pub struct Catalog {
    types: HashMap<String, TypeRow>,
    changes: HashMap<String, Vec<ChangeRow>>,
    common: Vec<ChangeRow>,
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

impl Catalog {
    /// The rows for these types. Only the tables of these types are parsed, so that a small plan starts fast.
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
            if let Some((file, text)) = embedded::FILES.iter().find(|(file, _)| *file == name) {
                catalog.add(file, text, Some(&kinds))?;
            }
        }
        if let Some((file, text)) = embedded::FILES.iter().find(|(file, _)| *file == "common") {
            catalog.add(file, text, None)?;
        }
        Ok(catalog)
    }

    /// Puts a team's own rows in the place of those of the same types, or of the same types and attributes.
    pub(crate) fn own(&mut self, rows: &OwnRows) {
        for row in &rows.types {
            self.types.insert(row.name.clone(), row.clone());
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
                there.push(row.clone());
            }
        }
    }

    /// All rows of all files.
    ///
    /// # Errors
    /// When a row is broken.
    pub fn whole() -> Result<Self, RowError> {
        let mut catalog = Self::default();
        for (file, text) in embedded::FILES {
            catalog.add(file, text, None)?;
        }
        Ok(catalog)
    }

    fn add(&mut self, file: &str, text: &str, only: Option<&[&str]>) -> Result<(), RowError> {
        let wrong = |reason: String| RowError {
            file: format!("{file}.toml"),
            reason,
        };
        let form = Form::of(file, text).map_err(wrong)?;
        for table in tables(text) {
            if only.is_some_and(|only| !table.is_about(only)) {
                continue;
            }
            let rows = form.rows(table.text).map_err(wrong)?;
            let wanted = |kind: &str| only.is_none_or(|only| only.binary_search(&kind).is_ok());
            for row in rows.types.into_iter().filter(|row| wanted(&row.name)) {
                self.types.insert(row.name.clone(), row);
            }
            for row in rows.changes {
                if row.types.is_empty() {
                    self.common.push(row);
                } else {
                    for kind in &row.types {
                        self.changes
                            .entry(kind.clone())
                            .or_default()
                            .push(row.clone());
                    }
                }
            }
        }
        Ok(())
    }

    /// The row of a type.
    #[must_use]
    pub(crate) fn get(&self, kind: &str) -> Option<&TypeRow> {
        self.types.get(kind)
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
        let mut rows: Vec<_> = self.types.values().collect();
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
        own.iter().chain(common)
    }
}

/// The part of a type's name that names its provider's file.
#[must_use]
pub(crate) fn provider(kind: &str) -> &str {
    kind.split_once('_').map_or(kind, |(provider, _)| provider)
}

/// One `[[type]]`, `[[harmless]]` or `[[change]]` table of a file, as text.
struct Table<'a> {
    text: &'a str,
}

impl Table<'_> {
    /// Whether the table is the row of one of these types, or names one of them. They are sorted.
    fn is_about(&self, kinds: &[&str]) -> bool {
        let name = self
            .text
            .strip_prefix("[[type]]")
            .and_then(|rest| rest.trim_start().strip_prefix("name = \""))
            .and_then(|rest| rest.split_once('"'));
        match name {
            Some((name, _)) => kinds.binary_search(&name).is_ok(),
            // A name in quotes is a piece between two of them, whatever else is.
            None => self
                .text
                .split('"')
                .any(|piece| kinds.binary_search(&piece).is_ok()),
        }
    }
}

/// Splits a file at its table headings. Headings stand at the start of a line and nothing else in these files does with `[[`: a test compares with the whole.
fn tables(text: &str) -> impl Iterator<Item = Table<'_>> {
    let mut starts: Vec<usize> = text.match_indices("\n[[").map(|(at, _)| at + 1).collect();
    if text.starts_with("[[") {
        starts.insert(0, 0);
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts
        .into_iter()
        .zip(ends)
        .filter_map(|(from, to)| text.get(from..to))
        .map(|text| Table { text })
}

#[cfg(test)]
mod tests;
