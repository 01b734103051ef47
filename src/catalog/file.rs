//! The files of the catalogue, each taken apart once in a run: which of its tables tell of a type, and their rows as soon as they were asked for. Many plans
//! of one report share them.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};

use super::RowError;
use super::embedded::FILES;
use super::form::{Form, Rows};

/// One file.
pub(super) struct File {
    name: &'static str,
    form: Form<'static>,
    tables: Vec<Table>,
    /// How often it was searched for types.
    searches: AtomicUsize,
    /// The tables in which each type is named.
    index: OnceLock<HashMap<&'static str, Vec<usize>>>,
}

/// So many searches go through the text: an index takes as long as several of them, and one plan needs one or two.
const BEFORE_INDEX: usize = 8;

/// One `[[type]]`, `[[harmless]]` or `[[change]]` table, as text and as what it says.
struct Table {
    text: &'static str,
    rows: OnceLock<Result<Rows, String>>,
}

static TAKEN_APART: LazyLock<Vec<OnceLock<Result<File, RowError>>>> =
    LazyLock::new(|| FILES.iter().map(|_| OnceLock::new()).collect());

/// The file of a provider, or the one that all share; `None` when there is none by that name.
///
/// # Errors
/// When its head is broken.
pub(super) fn file(name: &str) -> Result<Option<&'static File>, RowError> {
    let found = FILES
        .iter()
        .zip(TAKEN_APART.iter())
        .find(|((file, _), _)| *file == name);
    let Some(((name, text), once)) = found else {
        return Ok(None);
    };
    once.get_or_init(|| File::of(name, text))
        .as_ref()
        .map(Some)
        .map_err(Clone::clone)
}

impl File {
    fn of(name: &'static str, text: &'static str) -> Result<Self, RowError> {
        let form = Form::of(name, text).map_err(|reason| RowError::new(name, reason))?;
        let tables = tables(text).map(|text| Table {
            text,
            rows: OnceLock::new(),
        });
        Ok(Self {
            name,
            form,
            tables: tables.collect(),
            searches: AtomicUsize::new(0),
            index: OnceLock::new(),
        })
    }

    /// The rows of the tables in which one of these types, which are sorted, is named. They keep the order of the file; rows of other types may be among them.
    ///
    /// # Errors
    /// When a table is broken.
    pub(super) fn about(&self, kinds: &[&str]) -> Result<Vec<&Rows>, RowError> {
        let wanted = if self.searches.fetch_add(1, Ordering::Relaxed) < BEFORE_INDEX {
            self.searched(kinds)
        } else {
            self.looked_up(kinds)
        };
        let tables = wanted.into_iter().filter_map(|at| self.tables.get(at));
        tables.map(|table| self.rows(table)).collect()
    }

    /// The tables in which one of these types is named, found in the text.
    pub(super) fn searched(&self, kinds: &[&str]) -> BTreeSet<usize> {
        let named = |text| names(text).any(|name| kinds.binary_search(&name).is_ok());
        let tables = self.tables.iter().enumerate();
        tables
            .filter(|(_, table)| named(table.text))
            .map(|(at, _)| at)
            .collect()
    }

    /// The same, found in the index.
    pub(super) fn looked_up(&self, kinds: &[&str]) -> BTreeSet<usize> {
        let index = self.index.get_or_init(|| {
            let mut index: HashMap<&str, Vec<usize>> = HashMap::new();
            for (at, table) in self.tables.iter().enumerate() {
                for name in names(table.text).filter(is_name) {
                    index.entry(name).or_default().push(at);
                }
            }
            index
        });
        let named = kinds.iter().filter_map(|kind| index.get(kind));
        named.flatten().copied().collect()
    }

    /// All rows, in the order of the file.
    ///
    /// # Errors
    /// When a table is broken.
    pub(super) fn all(&self) -> Result<Vec<&Rows>, RowError> {
        self.tables.iter().map(|table| self.rows(table)).collect()
    }

    fn rows<'a>(&self, table: &'a Table) -> Result<&'a Rows, RowError> {
        table
            .rows
            .get_or_init(|| self.form.rows(table.text))
            .as_ref()
            .map_err(|reason| RowError::new(self.name, reason.clone()))
    }
}

/// The types that a table may be about: that of a row, which is named first, else whatever stands in quotes.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let own = text
        .strip_prefix("[[type]]")
        .and_then(|rest| rest.trim_start().strip_prefix("name = \""))
        .and_then(|rest| rest.split_once('"'))
        .map(|(name, _)| name);
    // A name in quotes is a piece between two of them, whatever else is.
    let any = own.is_none().then(|| text.split('"'));
    own.into_iter().chain(any.into_iter().flatten())
}

/// Whether a piece can be a type's name: what stands between two names is none.
fn is_name(piece: &&str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !piece.is_empty() && piece.bytes().all(word)
}

/// Splits a file at its table headings. Headings stand at the start of a line and nothing else in these files does with `[[`: a test compares with the whole.
fn tables(text: &str) -> impl Iterator<Item = &str> {
    let mut starts: Vec<usize> = text.match_indices("\n[[").map(|(at, _)| at + 1).collect();
    if text.starts_with("[[") {
        starts.insert(0, 0);
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts
        .into_iter()
        .zip(ends)
        .filter_map(|(from, to)| text.get(from..to))
}
