//! The short form that the files are written in: the page from the head of the file, guards by name, harmless types as lists. What comes out are whole rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use toml::{Table, Value};

use super::embedded;
use super::row::{Category, ChangeRow, Grade, TypeRow};

/// The head of a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// Where the pages of its types are: the rest of the address is the type's name without the provider.
    #[serde(default)]
    pages: Option<String>,
    /// Endings of names, and what stands for them in the address of a page that several types share.
    #[serde(default)]
    page_endings: BTreeMap<String, String>,
    /// Guards that several rows share.
    #[serde(default)]
    guards: Table,
}

/// What the rows of one file are completed with.
pub(super) struct Form<'a> {
    file: &'a str,
    head: Head,
    /// The guards that the rows of all files may name.
    common: Table,
}

/// Rows as they are judged by.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) types: Vec<Arc<TypeRow>>,
    pub(super) changes: Vec<Arc<ChangeRow>>,
}

/// Rows as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, rename = "type")]
    types: Vec<Table>,
    #[serde(default)]
    harmless: Vec<Harmless>,
    #[serde(default, rename = "change")]
    changes: Vec<Table>,
}

/// Types that were looked at and lose nothing, by what goes with them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Harmless {
    category: Category,
    #[serde(default)]
    guess: bool,
    types: BTreeMap<String, Vec<String>>,
}

/// What stands before the first table of rows.
fn head(text: &str) -> &str {
    if text.starts_with("[[") {
        return "";
    }
    text.split_once("\n[[").map_or(text, |(head, _)| head)
}

fn read(text: &str) -> Result<Head, String> {
    toml::from_str(head(text)).map_err(|error| error.message().to_owned())
}

impl<'a> Form<'a> {
    pub(super) fn of(file: &'a str, text: &str) -> Result<Self, String> {
        let common = match embedded::FILES.iter().find(|(name, _)| *name == "common") {
            Some((name, text)) if *name != file => read(text)?.guards,
            _ => Table::new(),
        };
        Ok(Self {
            file,
            head: read(text)?,
            common,
        })
    }

    /// The rows of a part of the file that begins with a heading.
    pub(super) fn rows(&self, text: &str) -> Result<Rows, String> {
        let written: Written = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let types = written.types.into_iter();
        let changes = written.changes.into_iter();
        let mut rows = Rows {
            types: types
                .map(|row| self.whole_type(row).map(Arc::new))
                .collect::<Result<_, _>>()?,
            changes: changes
                .map(|row| self.whole_change(row).map(Arc::new))
                .collect::<Result<_, _>>()?,
        };
        for list in written.harmless {
            for (loss, names) in list.types {
                for name in names {
                    rows.types.push(Arc::new(TypeRow {
                        source: self.page(&name)?,
                        loss: loss.clone(),
                        guess: list.guess,
                        ..TypeRow::new(name, list.category, Grade::None)
                    }));
                }
            }
        }
        Ok(rows)
    }

    fn whole_type(&self, mut row: Table) -> Result<TypeRow, String> {
        let name = text(&row, "name").to_owned();
        if !row.contains_key("source") {
            row.insert("source".to_owned(), Value::String(self.page(&name)?));
        }
        if let Some(Value::Array(guards)) = row.get_mut("guard") {
            for guard in guards {
                if let Value::String(shared) = guard {
                    *guard = self
                        .head
                        .guards
                        .get(shared)
                        .or_else(|| self.common.get(shared))
                        .ok_or_else(|| format!("{name}: there is no guard \"{shared}\""))?
                        .clone();
                }
            }
        }
        TypeRow::deserialize(row).map_err(|error| format!("{name}: {}", error.message()))
    }

    fn whole_change(&self, mut row: Table) -> Result<ChangeRow, String> {
        let attribute = text(&row, "attribute").to_owned();
        if !row.contains_key("source") {
            let kind = row
                .get("types")
                .and_then(Value::as_array)
                .and_then(|types| types.first()?.as_str())
                .unwrap_or_default();
            row.insert("source".to_owned(), Value::String(self.page(kind)?));
        }
        ChangeRow::deserialize(row).map_err(|error| format!("{attribute}: {}", error.message()))
    }

    /// The page of a type: the address that the file begins with, and the type's name without the provider.
    fn page(&self, kind: &str) -> Result<String, String> {
        let name = kind
            .strip_prefix(self.file)
            .and_then(|rest| rest.strip_prefix('_'));
        match (&self.head.pages, name) {
            (Some(pages), Some(name)) => {
                let shared = self.head.page_endings.iter().find_map(|(ending, page)| {
                    Some(format!("{pages}{}{page}", name.strip_suffix(ending)?))
                });
                Ok(shared.unwrap_or_else(|| format!("{pages}{name}")))
            }
            _ => Err(format!("\"{kind}\": the row names no source")),
        }
    }
}

fn text<'t>(row: &'t Table, key: &str) -> &'t str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}
