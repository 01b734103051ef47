//! From the bytes of a policy file to the model. Every mistake is collected, so that a file is mended in one go; with one of them nothing is judged.

use std::ops::Range;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::cell::{Cell, Cells, Keys, MAX_ADDRESS, MAX_PATTERN};
use super::env::{Directory, Env};
use super::mistake::{Mistake, Mistakes};
use super::waiver::{WaivedAction, Waiver};
use super::{At, Layer, MAX_WAIVER_DAYS, Policy};
use crate::address::Pattern;
use crate::catalog::{ActionRow, ChangeRow, OwnRows, TypeRow};
use crate::facts::setting::{self, ADDRESSES, EXPECT, Kind, LIMITS, Setting, Value};
use crate::policy::calendar::{self, Fields, Freeze, FreezeInput, Window, WindowInput};
use crate::ui::near::nearest;

/// The largest policy file that is read, in bytes.
pub(super) const MAX_BYTES: usize = 1 << 20;
/// The longest line of one: nobody reviews more.
const MAX_LINE: usize = 4 << 10;
/// The most environments and waivers of one.
const MAX_ENVS: usize = 32;
const MAX_WAIVERS: usize = 1000;
/// The most patterns that choose environments: each is held against each.
const MAX_CHOICES: usize = 256;
/// The most that a count can be.
const MOST: usize = 1_000_000_000;
/// The longest that `max_waiver_days` may make a waiver: longer is for ever.
const MOST_DAYS: usize = 3660;

/// Reads a policy file. `today` is the day on which it is read, in UTC: a waiver may not end too far after it.
///
/// # Errors
/// All its mistakes.
pub fn read(file: &str, bytes: &[u8], today: Date) -> Result<Policy, Mistakes> {
    const PLAIN: &str = "a policy is a short TOML file that people can read";
    if bytes.len() > MAX_BYTES {
        return Err(Mistakes::whole(file, "it is larger than 1 MiB", PLAIN));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Mistakes::whole(
            file,
            format!("byte {} is not UTF-8 text", error.valid_up_to()),
            "save it as UTF-8",
        )
    })?;
    if let Some(row) = text.split('\n').position(|row| row.len() > MAX_LINE) {
        return Err(Mistakes::whole(
            file,
            format!("line {} is longer than 4 KiB", row + 1),
            PLAIN,
        ));
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let list = errors.iter().map(|error| Mistake {
            message: format!("this is not TOML: {}", error.message()),
            help: None,
            places: vec![(error.span().unwrap_or(0..0), String::new())],
        });
        return Err(Mistakes::within(file, text, list.collect()));
    }
    let mut reader = Reader {
        cells: Cells::new(text),
        text,
        today,
        last: None,
        max_days: MAX_WAIVER_DAYS,
        waivers: 0,
    };
    let policy = reader.top(file, table.get_ref());
    if reader.cells.mistakes.is_empty() {
        Ok(policy)
    } else {
        Err(Mistakes::within(file, text, reader.cells.mistakes))
    }
}

struct Reader<'t> {
    cells: Cells,
    text: &'t str,
    today: Date,
    /// The last day on which a waiver may end.
    last: Option<Date>,
    max_days: u32,
    waivers: usize,
}

impl Reader<'_> {
    fn top(&mut self, file: &str, table: &DeTable<'_>) -> Policy {
        let mut keys = Keys::of(table);
        let mut policy = Policy {
            file: file.to_owned(),
            ..Policy::default()
        };
        // Before the waivers: it says how far ahead they may end.
        if let Some(cell) = keys.take("max_waiver_days") {
            let days = self.cells.count("max_waiver_days", cell, 1, MOST_DAYS);
            policy.max_waiver_days = days.and_then(|days| {
                Some(At {
                    value: u32::try_from(days.value).ok()?,
                    line: days.line,
                })
            });
            self.max_days = policy
                .max_waiver_days
                .as_ref()
                .map_or(MAX_WAIVER_DAYS, |days| days.value);
        }
        self.last = self.today.checked_add(i64::from(self.max_days).days()).ok();
        policy.base = self.layer(&mut keys);
        if let Some(cell) = keys.take("env") {
            policy.envs = self.envs(cell);
        }
        let mut own = OwnRows::default();
        if let Some(cell) = keys.take("type") {
            own.types = self.types(cell);
        }
        if let Some(cell) = keys.take("change") {
            own.changes = self.changes(cell);
        }
        if let Some(cell) = keys.take("action") {
            own.actions = self.action_rows(cell);
        }
        keys.rest(&mut self.cells, "the top level");
        policy.own = Arc::new(own);
        policy
    }

    /// The keys that the top level and environments have in common.
    fn layer(&mut self, keys: &mut Keys<'_, '_>) -> Layer {
        let mut layer = Layer::default();
        if let Some(cell) = keys.take("block_at") {
            layer.block_at = self.cells.severity("block_at", cell);
        }
        if let Some(cell) = keys.take("rules") {
            self.rules(cell, &mut layer);
        }
        if let Some(cell) = keys.take("limits") {
            self.table_of("limits", cell, LIMITS, &mut layer);
        }
        match keys.take("expect") {
            // Patterns alone are the scope; then the budget has its place beside it.
            Some(cell) if cell.get_ref().is_array() || cell.get_ref().is_str() => {
                self.setting(&ADDRESSES, "expect", cell, &mut layer);
            }
            Some(cell) => self.table_of("expect", cell, EXPECT, &mut layer),
            None => {}
        }
        for budget in setting::budgets() {
            if let Some(cell) = keys.take(budget.key) {
                self.setting(budget, budget.key, cell, &mut layer);
            }
        }
        if let Some(cell) = keys.take("window") {
            layer.windows = self.times("window", cell, window);
        }
        if let Some(cell) = keys.take("freeze") {
            layer.freezes = self.times("freeze", cell, freeze);
        }
        if let Some(cell) = keys.take("waiver") {
            for (place, table, _) in self.cells.tables("waiver", cell) {
                let waiver = self.waiver(&place, table);
                layer.waivers.extend(waiver.map(Arc::new));
            }
        }
        layer
    }

    fn rules(&mut self, cell: &Cell<'_>, layer: &mut Layer) {
        let Some(table) = self.cells.table("rules", cell) else {
            return;
        };
        for (key, cell) in table.iter() {
            let (rule, grade) = (
                self.cells.rule(key.get_ref(), key.span()),
                self.cells.grade(key.get_ref(), cell),
            );
            if let (Some(rule), Some(grade)) = (rule, grade) {
                layer.rules.insert(rule, grade);
            }
        }
    }

    /// `[limits]` or `[expect]`.
    fn table_of(
        &mut self,
        name: &str,
        cell: &Cell<'_>,
        settings: &[&'static Setting],
        layer: &mut Layer,
    ) {
        let Some(table) = self.cells.table(name, cell) else {
            return;
        };
        let mut keys = Keys::of(table);
        for setting in settings {
            if let Some(cell) = keys.take(setting.key) {
                self.setting(setting, setting.key, cell, layer);
            }
        }
        keys.rest(&mut self.cells, &format!("[{name}]"));
    }

    /// The value of a setting, which stands under its own key or, for the scope alone, under another.
    fn setting(
        &mut self,
        setting: &'static Setting,
        key: &str,
        cell: &Cell<'_>,
        layer: &mut Layer,
    ) {
        let cells = &mut self.cells;
        let value = match setting.kind {
            Kind::Count { .. } => cells
                .count(key, cell, 1, MOST)
                .map(|at| at.map(Value::Count)),
            Kind::Budget => cells
                .count(key, cell, 0, MOST)
                .map(|at| at.map(Value::Count)),
            Kind::Share { .. } => cells.share(key, cell).map(|at| at.map(Value::Share)),
            Kind::Flag => cells.flag(key, cell).map(|at| at.map(Value::Flag)),
            Kind::Names => Some(cells.globs(key, cell).map(Value::Names)),
            Kind::Spaced => Some(cells.spaced(key, cell).map(Value::Names)),
            Kind::Addresses => {
                let all = cells.patterns(key, cell, MAX_ADDRESS, Pattern::parse);
                Some(all.map(Value::Addresses))
            }
        };
        let before = match value {
            Some(value) => layer.settings.insert(setting.key, value),
            None => layer.settings.remove(setting.key),
        };
        if before.is_some() {
            cells.wrong(
                cell.span(),
                format!("{key} is there twice"),
                "keep one: in [expect] or outside of it",
            );
        }
    }

    fn waiver(&mut self, place: &Range<usize>, table: &DeTable<'_>) -> Option<Waiver> {
        self.waivers += 1;
        if self.waivers > MAX_WAIVERS {
            if self.waivers == MAX_WAIVERS + 1 {
                self.cells.wrong(
                    place.clone(),
                    format!("more than {MAX_WAIVERS} waivers"),
                    "too many exceptions: turn the rule off, or grade it lower",
                );
            }
            return None;
        }
        let before = self.cells.mistakes.len();
        let mut keys = Keys::of(table);
        let rules = keys.take("rules").map(|cell| self.waived_rules(cell));
        let address = keys.take("address").and_then(|cell| {
            let text = self.cells.text("address", cell)?;
            self.address(text, cell.span())
        });
        let actions = keys.take("actions").map(|cell| self.actions(cell));
        let workspace = keys.take("workspace").and_then(|cell| {
            self.cells.text("workspace", cell)?;
            self.cells.globs("workspace", cell).value.pop()
        });
        let mut words = |key| {
            let cell = keys.take(key)?;
            self.cells.words(key, cell)
        };
        let (reason, owner) = (words("reason"), words("owner"));
        let expires = keys.take("expires").and_then(|cell| {
            let date = self.cells.date("expires", cell)?;
            self.near(date, cell).then_some(date)
        });
        keys.rest(&mut self.cells, "[[waiver]]");
        for (key, help) in [
            (
                "rules",
                "rules = [\"stateful-destroy\"]: the rules whose findings are accepted",
            ),
            (
                "address",
                "address = \"aws_db_instance.old\": where; \"**\" is everywhere, findings about the whole plan included",
            ),
            (
                "reason",
                "reason = \"...\": why this is wanted; every report shows it",
            ),
            (
                "expires",
                "expires = 2026-12-01: the last day on which it holds, in UTC",
            ),
        ] {
            if !keys.has(key) {
                self.cells.wrong(
                    self.first_line(place),
                    format!("a waiver without {key}"),
                    help,
                );
            }
        }
        if self.cells.mistakes.len() > before {
            return None;
        }
        let line = self.cells.line(place.start);
        Some(Waiver {
            rules: rules?,
            address: address?,
            actions: actions.unwrap_or_default(),
            workspace,
            reason: reason?,
            owner,
            expires: expires?,
            line,
        })
    }

    fn waived_rules(&mut self, cell: &Cell<'_>) -> Vec<&'static str> {
        if cell.get_ref().as_array().is_none() {
            self.cells.wrong(
                cell.span(),
                "rules must be a list",
                "rules = [\"stateful-destroy\"]",
            );
            return Vec::new();
        }
        let mut rules = Vec::new();
        for (text, place) in self.cells.texts("rules", cell) {
            match self.cells.rule(text, place.clone()) {
                Some(rule) if rules.contains(&rule) => self.cells.wrong(
                    place,
                    format!("{rule} is there twice"),
                    "was another rule meant?",
                ),
                rule => rules.extend(rule),
            }
        }
        rules
    }

    fn address(&mut self, text: &str, place: Range<usize>) -> Option<Pattern> {
        Pattern::parse(text)
            .map_err(|error| {
                self.cells
                    .wrong(place, "address is not a valid address pattern", error)
            })
            .ok()
    }

    fn actions(&mut self, cell: &Cell<'_>) -> Vec<WaivedAction> {
        let mut actions = Vec::new();
        for (text, place) in self.cells.texts("actions", cell) {
            match WaivedAction::ALL
                .into_iter()
                .find(|(word, _)| *word == text)
            {
                Some((_, action)) => actions.push(action),
                None => {
                    let near = nearest(text, WaivedAction::ALL.map(|(word, _)| word))
                        .map(|near| format!("did you mean {near}?"));
                    self.cells.wrong(
                        place,
                        format!("there is no action {text:?}"),
                        near.unwrap_or_else(|| {
                            "create, update, delete, replace or forget".to_owned()
                        }),
                    );
                }
            }
        }
        actions
    }

    fn near(&mut self, date: Date, cell: &Cell<'_>) -> bool {
        let Some(last) = self.last.filter(|last| date > *last) else {
            return true;
        };
        let help = format!(
            "at most {} days (max_waiver_days): {last} today; a waiver without an end is a rule turned off in silence",
            self.max_days
        );
        self.cells
            .wrong(cell.span(), "expires is too far in the future", help);
        false
    }

    fn envs(&mut self, cell: &Cell<'_>) -> Vec<Env> {
        let Some(table) = self.cells.table("env", cell) else {
            return Vec::new();
        };
        let mut envs: Vec<(Env, Range<usize>)> = Vec::new();
        for (key, cell) in table.iter() {
            let name = key.get_ref().as_ref();
            let plain = !name.is_empty()
                && name.len() <= 64
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if !plain {
                self.cells.wrong(
                    key.span(),
                    "the name of an environment is letters, digits, -, _ and .",
                    "such as [env.prod]",
                );
            }
            if envs.len() == MAX_ENVS {
                self.cells.wrong(
                    key.span(),
                    format!("more than {MAX_ENVS} environments"),
                    "one pattern can match many names: workspace = \"preview-*\"",
                );
                break;
            }
            if let Some(table) = self.cells.table(&format!("env.{name}"), cell) {
                envs.push((self.env(name, &key.span(), table), key.span()));
            }
        }
        let choices: usize = envs
            .iter()
            .map(|(env, _)| env.workspace.len() + env.directory.len())
            .sum();
        if choices > MAX_CHOICES {
            self.cells.wrong(
                cell.span(),
                format!("more than {MAX_CHOICES} patterns choose environments"),
                "one pattern can match many names: \"preview-*\"",
            );
            return Vec::new();
        }
        for (at, (one, place)) in envs.iter().enumerate() {
            for (other, there) in envs
                .iter()
                .skip(at + 1)
                .filter(|(other, _)| one.overlaps(other))
            {
                self.cells.mistakes.push(Mistake {
                    message: format!(
                        "env.{} and env.{} can both fit one plan",
                        one.name, other.name
                    ),
                    help: Some(
                        "change their workspace or directory patterns so that a plan fits only one"
                            .to_owned(),
                    ),
                    places: vec![
                        (place.clone(), String::new()),
                        (there.clone(), String::new()),
                    ],
                });
            }
        }
        envs.into_iter().map(|(env, _)| env).collect()
    }

    fn env(&mut self, name: &str, place: &Range<usize>, table: &DeTable<'_>) -> Env {
        let mut keys = Keys::of(table);
        let workspace = keys
            .take("workspace")
            .map(|cell| self.cells.globs("workspace", cell).value);
        let directory = keys.take("directory").map(|cell| {
            let all = self
                .cells
                .patterns("directory", cell, MAX_PATTERN, Directory::parse);
            all.value
        });
        let env = Env {
            name: name.to_owned(),
            line: self.cells.line(place.start),
            workspace: workspace.unwrap_or_default(),
            directory: directory.unwrap_or_default(),
            layer: self.layer(&mut keys),
        };
        keys.rest(&mut self.cells, "[env.NAME]");
        env
    }

    /// Windows or freezes, each with its line.
    fn times<T>(
        &mut self,
        name: &str,
        cell: &Cell<'_>,
        read: fn(&mut Cells, &mut Keys<'_, '_>) -> Fields<T>,
    ) -> Vec<At<T>> {
        let mut times = Vec::new();
        for (place, table, _) in self.cells.tables(name, cell) {
            if times.len() == calendar::MOST {
                self.cells.wrong(
                    self.first_line(&place),
                    format!("more than {} of [[{name}]]", calendar::MOST),
                    "use fewer and wider ones",
                );
                break;
            }
            let before = self.cells.mistakes.len();
            let mut keys = Keys::of(table);
            let value = read(&mut self.cells, &mut keys);
            // What is well formed is read all the same, so that every mistake is told at once.
            let told = self.cells.mistakes.len();
            let strange = keys.rest(&mut self.cells, &format!("[[{name}]]"));
            let wrong = match value {
                Ok(value) if self.cells.mistakes.len() == before => {
                    times.push(self.cells.at(&place, value));
                    continue;
                }
                Ok(_) => continue,
                Err(wrong) => wrong,
            };
            for (key, message) in wrong {
                let there = keys.place(key);
                let said = there.as_ref().is_some_and(|there| {
                    let said = self.cells.mistakes.get(before..told).unwrap_or_default();
                    said.iter()
                        .any(|mistake| mistake.places.iter().any(|(place, _)| place == there))
                });
                match there {
                    // It was said already, or it is what the strange key was meant to be.
                    Some(_) if said => {}
                    None if strange => {}
                    Some(there) => self.cells.wrong(there, message, ""),
                    None => self.cells.wrong(self.first_line(&place), message, ""),
                }
            }
        }
        times
    }

    /// Rows of the catalogue, read as the catalogue reads its own.
    fn types(&mut self, cell: &Cell<'_>) -> Vec<TypeRow> {
        let mut rows: Vec<TypeRow> = Vec::new();
        for (place, table, cell) in self.cells.tables("type", cell) {
            let label = row_label("type", "name", table);
            match self.row::<TypeRow>(&label, &place, table, cell, TYPE_NEEDS) {
                Some(row) if rows.iter().any(|there| there.name == row.name) => {
                    self.cells.wrong(
                        self.first_line(&place),
                        format!("there are two rows of {}", row.name),
                        "",
                    );
                }
                row => rows.extend(row),
            }
        }
        rows
    }

    /// A row of the catalogue, or all of its mistakes: a value that is wrong is taken out and a key that is missing is put in, until nothing else is wrong.
    fn row<R: DeserializeOwned>(
        &mut self,
        label: &str,
        place: &Range<usize>,
        table: &DeTable<'_>,
        cell: &Cell<'_>,
        needs: &[(&str, &str)],
    ) -> Option<R> {
        let mut kept = table.clone();
        let mut wrong = 0;
        loop {
            let mut tried = cell.clone();
            *tried.get_mut() = DeValue::Table(kept.clone());
            let error = match R::deserialize(ValueDeserializer::from(tried)) {
                Ok(row) => return (wrong == 0).then_some(row),
                Err(error) => error,
            };
            wrong += 1;
            let span = error
                .span()
                .filter(|span| !span.is_empty() && span.start > place.start);
            let (message, help) = own_words(error.message());
            let at = span.clone().unwrap_or_else(|| self.first_line(place));
            // The key that it is about: one of this row, or one that is missing in it.
            let about = kept.iter().find_map(|(key, cell)| {
                let within = |span: &Range<usize>| {
                    (key.span().contains(&span.start)) || cell.span().contains(&span.start)
                };
                span.as_ref()
                    .is_some_and(within)
                    .then(|| key.get_ref().to_string())
            });
            let missing = missing(error.message())
                .filter(|_| about.is_none())
                .and_then(|key| needs.iter().find(|(name, _)| *name == key));
            let of = about
                .as_ref()
                .map_or_else(String::new, |key| format!(", {key}"));
            self.cells
                .wrong(at, format!("{label}{of}: {message}"), help);
            let filled = match (&about, missing) {
                (Some(key), _) => {
                    kept.remove(key.as_str());
                    needs.iter().find(|(name, _)| name == key)
                }
                (None, Some(need)) => Some(need),
                (None, None) => return None,
            };
            if let Some((key, value)) = filled {
                let fill = DeTable::parse(value).ok()?;
                let (_, value) = fill.get_ref().iter().next()?;
                let key = toml::Spanned::new(0..0, std::borrow::Cow::Borrowed(*key));
                kept.insert(key, value.clone());
            }
            if wrong > MAX_OF_ROW {
                return None;
            }
        }
    }

    /// Rows about changes in place, read as the catalogue reads its own.
    fn changes(&mut self, cell: &Cell<'_>) -> Vec<ChangeRow> {
        let mut rows: Vec<ChangeRow> = Vec::new();
        for (place, table, cell) in self.cells.tables("change", cell) {
            let at = |key: &str| {
                table
                    .iter()
                    .find(|(there, _)| there.get_ref() == key)
                    .map(|(_, cell)| cell.span())
            };
            let label = row_label("change", "attribute", table);
            match self.row::<ChangeRow>(&label, &place, table, cell, CHANGE_NEEDS) {
                Some(row) if row.types.is_empty() => {
                    self.cells.wrong(
                        at("types").unwrap_or_else(|| self.first_line(&place)),
                        "a change without types",
                        "types = [\"aws_db_instance\"]: the resource types that it is about",
                    );
                }
                Some(row) => match row.mistake() {
                    Some(mistake) => self.cells.wrong(
                        self.first_line(&place),
                        mistake,
                        "rules/catalog/README.md of applygate says what each key means",
                    ),
                    None => rows.push(row),
                },
                None => {}
            }
        }
        rows
    }

    /// Rows about actions, read as the catalogue reads its own.
    fn action_rows(&mut self, cell: &Cell<'_>) -> Vec<ActionRow> {
        let mut rows: Vec<ActionRow> = Vec::new();
        for (place, table, cell) in self.cells.tables("action", cell) {
            let label = row_label("action", "name", table);
            match self.row::<ActionRow>(&label, &place, table, cell, ACTION_NEEDS) {
                Some(row) if rows.iter().any(|there| there.name == row.name) => {
                    self.cells.wrong(
                        self.first_line(&place),
                        format!("there are two rows of {}", row.name),
                        "",
                    );
                }
                Some(row) => match row.mistake() {
                    Some(mistake) => self.cells.wrong(
                        self.first_line(&place),
                        mistake,
                        "rules/catalog/work/actions.toml of applygate says what each key means",
                    ),
                    None => rows.push(row),
                },
                None => {}
            }
        }
        rows
    }

    /// A place, cut where its first line ends.
    fn first_line(&self, place: &Range<usize>) -> Range<usize> {
        let length = self
            .text
            .get(place.clone())
            .and_then(|text| text.find('\n'))
            .unwrap_or_else(|| place.len());
        place.start..place.start + length
    }
}

/// One `[[window]]`.
fn window(cells: &mut Cells, keys: &mut Keys<'_, '_>) -> Fields<Window> {
    Window::read(&WindowInput {
        days: keys.take("days").and_then(|cell| cells.days(cell)),
        hours: keys.take("hours").and_then(|cell| cells.hours(cell)),
        zone: keys.take("zone").and_then(|cell| cells.zone(cell)),
    })
}

/// One `[[freeze]]`.
fn freeze(cells: &mut Cells, keys: &mut Keys<'_, '_>) -> Fields<Freeze> {
    Freeze::read(&FreezeInput {
        from: keys
            .take("from")
            .and_then(|cell| cells.moment("from", cell)),
        to: keys.take("to").and_then(|cell| cells.moment("to", cell)),
        reason: keys
            .take("reason")
            .and_then(|cell| cells.form("reason", cell, "reason = \"...\"")),
        zone: keys.take("zone").and_then(|cell| cells.zone(cell)),
    })
}

/// The most mistakes of one row that are told.
const MAX_OF_ROW: usize = 20;

/// Keys that a row must have, each with a line to go on with.
const TYPE_NEEDS: &[(&str, &str)] = &[
    ("name", "name = \"x\""),
    ("category", "category = \"helper\""),
    ("destroy", "destroy = \"none\""),
    ("loss", "loss = \"x\""),
    ("source", "source = \"x\""),
];
const ACTION_NEEDS: &[(&str, &str)] = &[
    ("name", "name = \"x\""),
    ("does", "does = \"stops\""),
    ("says", "says = \"x\""),
    ("source", "source = \"x\""),
];
const CHANGE_NEEDS: &[(&str, &str)] = &[
    ("attribute", "attribute = \"x\""),
    ("rule", "rule = \"protection-lowered\""),
    ("grade", "grade = \"low\""),
    ("says", "says = \"x\""),
    ("source", "source = \"x\""),
];

/// A row by the name that it has: `[[type]] "acme_db"`.
fn row_label(kind: &str, key: &str, table: &DeTable<'_>) -> String {
    let name = table.iter().find(|(there, _)| there.get_ref() == key);
    match name.and_then(|(_, cell)| cell.get_ref().as_str()) {
        Some(name) => format!("[[{kind}]] {name:?}"),
        None => format!("[[{kind}]]"),
    }
}

/// The key that is missing, where a message of the reader says so.
fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

/// What the reader of TOML says, in the words of this program, and what to write instead.
fn own_words(message: &str) -> (String, String) {
    const PAGE: &str = "rules/catalog/README.md of applygate says what each key means";
    if let Some(key) = missing(message) {
        return (format!("{key} is missing"), PAGE.to_owned());
    }
    let quoted = |text: &str| -> Vec<String> {
        text.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    let (first, known) = message.split_once(", expected ").unwrap_or((message, ""));
    let known = quoted(known);
    let word = quoted(first).into_iter().next().unwrap_or_default();
    let help = || match nearest(&word, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => PAGE.to_owned(),
        None => format!("known here: {}", known.join(", ")),
    };
    if first.starts_with("unknown variant") {
        (format!("there is no {word:?}"), help())
    } else if first.starts_with("unknown field") {
        (format!("there is no key {word:?}"), help())
    } else if let Some((_, wanted)) = message
        .strip_prefix("invalid type: ")
        .and_then(|rest| rest.split_once(", expected "))
    {
        let wanted = match wanted {
            "a sequence" => "a list",
            "a string" => "text in quotes",
            "a boolean" => "true or false",
            "a map" | "struct Condition" | "struct GuardRow" => "a table",
            other if other.starts_with("struct") || other.starts_with("enum") => {
                "another kind of value"
            }
            other => other,
        };
        (format!("this must be {wanted}"), PAGE.to_owned())
    } else if message.starts_with("data did not match any variant") {
        (
            "this must be text, a number, true or false, or a list of these".to_owned(),
            PAGE.to_owned(),
        )
    } else {
        (message.to_owned(), PAGE.to_owned())
    }
}
