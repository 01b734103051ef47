//! Single values of a policy file: each is read as what it must be, or becomes a mistake that points at it.

use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::Mistake;
use super::{At, RuleGrade};
use crate::address::glob::Glob;
use crate::finding::Severity;
use crate::policy::calendar::Moment;
use crate::rules::{RULES, Switch};
use crate::ui::near::nearest;

/// A value with its place.
pub(super) type Cell<'i> = Spanned<DeValue<'i>>;

/// The longest pattern over names, and over addresses.
pub(super) const MAX_PATTERN: usize = 128;
pub(super) const MAX_ADDRESS: usize = 1024;
/// The longest text for people: it is repeated with every finding that it is about.
const MAX_WORDS: usize = 1000;
/// The most patterns of a list.
const MAX_LIST: usize = 64;

/// The severities as words.
const GRADES: [&str; 5] = ["critical", "high", "medium", "low", "off"];

/// What reads the cells of a file.
#[derive(Debug)]
pub(super) struct Cells {
    starts: Vec<usize>,
    pub(super) mistakes: Vec<Mistake>,
}

impl Cells {
    pub(super) fn new(text: &str) -> Self {
        Self {
            starts: text.match_indices('\n').map(|(at, _)| at + 1).collect(),
            mistakes: Vec::new(),
        }
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at) + 1
    }

    pub(super) fn at<T>(&self, place: &Range<usize>, value: T) -> At<T> {
        At {
            value,
            line: self.line(place.start),
        }
    }

    /// Notes a mistake.
    pub(super) fn wrong(
        &mut self,
        place: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let help = Some(help.into()).filter(|help| !help.is_empty());
        self.mistakes.push(Mistake {
            message: message.into(),
            help,
            places: vec![(place, String::new())],
        });
    }

    fn wrong_kind(&mut self, key: &str, cell: &Cell<'_>, wanted: &str) {
        self.wrong(
            cell.span(),
            format!(
                "{key} must be {wanted}, and this is {}",
                kind(cell.get_ref())
            ),
            "",
        );
    }

    /// A key that nobody knows, with the one that was most likely meant.
    fn unknown(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, place: &str, known: &[&str]) {
        let help = match nearest(key.get_ref(), known.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("known here: {}", known.join(", ")),
        };
        self.wrong(
            key.span(),
            format!("{place} has no key {:?}", key.get_ref()),
            help,
        );
    }

    pub(super) fn table<'a, 'i>(
        &mut self,
        key: &str,
        cell: &'a Cell<'i>,
    ) -> Option<&'a DeTable<'i>> {
        let table = cell.get_ref().as_table();
        if table.is_none() {
            self.wrong_kind(key, cell, "a table");
        }
        table
    }

    /// An array of tables: `[[key]]`.
    pub(super) fn tables<'a, 'i>(
        &mut self,
        key: &str,
        cell: &'a Cell<'i>,
    ) -> Vec<(Range<usize>, &'a DeTable<'i>, &'a Cell<'i>)> {
        let Some(array) = cell.get_ref().as_array() else {
            self.wrong_kind(
                key,
                cell,
                &format!("a list of tables, each under [[{key}]]"),
            );
            return Vec::new();
        };
        array
            .iter()
            .filter_map(|cell| {
                self.table(key, cell)
                    .map(|table| (cell.span(), table, cell))
            })
            .collect()
    }

    pub(super) fn text<'a>(&mut self, key: &str, cell: &'a Cell<'_>) -> Option<&'a str> {
        let text = cell.get_ref().as_str();
        if text.is_none() {
            self.wrong_kind(key, cell, "text in quotes");
        }
        text
    }

    /// Text that says something: blanks, dots and characters that nobody sees do not.
    pub(super) fn words(&mut self, key: &str, cell: &Cell<'_>) -> Option<String> {
        let text = self.text(key, cell)?;
        // Letters by their class, but nobody sees them: the fillers of Hangul.
        let blank = |c: char| matches!(c, '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}');
        if !text.chars().any(|c| c.is_alphanumeric() && !blank(c)) {
            self.wrong(
                cell.span(),
                format!("{key} says nothing"),
                "write a reason in words",
            );
            return None;
        }
        if text.chars().count() > MAX_WORDS {
            self.wrong(
                cell.span(),
                format!("{key} is longer than {MAX_WORDS} characters"),
                "write one sentence, and link the page that says more",
            );
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn flag(&mut self, key: &str, cell: &Cell<'_>) -> Option<At<bool>> {
        let flag = cell.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_kind(key, cell, "true or false");
        }
        Some(self.at(&cell.span(), flag?))
    }

    /// A whole number from `least` to `most`.
    pub(super) fn count(
        &mut self,
        key: &str,
        cell: &Cell<'_>,
        least: usize,
        most: usize,
    ) -> Option<At<usize>> {
        let number = cell.get_ref().as_integer();
        if number.is_none() {
            self.wrong_kind(key, cell, "a whole number");
        }
        let number = number?;
        match usize::from_str_radix(number.as_str(), number.radix())
            .ok()
            .filter(|number| (least..=most).contains(number))
        {
            Some(number) => Some(self.at(&cell.span(), number)),
            None => {
                self.wrong(
                    cell.span(),
                    format!("{key} must be from {least} to {most}"),
                    "",
                );
                None
            }
        }
    }

    /// A share: more than 0, at most 1.
    pub(super) fn share(&mut self, key: &str, cell: &Cell<'_>) -> Option<At<f64>> {
        let value = cell.get_ref();
        let text = value
            .as_float()
            .map(|float| float.as_str())
            .or_else(|| value.as_integer().map(|number| number.as_str()));
        if text.is_none() {
            self.wrong_kind(key, cell, "a number");
        }
        match text?
            .parse::<f64>()
            .ok()
            .filter(|share| *share > 0.0 && *share <= 1.0)
        {
            Some(share) => Some(self.at(&cell.span(), share)),
            None => {
                self.wrong(
                    cell.span(),
                    format!("{key} must be more than 0 and at most 1"),
                    "0.3 is 30 %",
                );
                None
            }
        }
    }

    pub(super) fn severity(&mut self, key: &str, cell: &Cell<'_>) -> Option<At<Severity>> {
        let text = self.text(key, cell)?;
        let found = Severity::WORST_FIRST
            .into_iter()
            .find(|severity| severity.word() == text);
        if found.is_none() {
            self.wrong_grade(key, text, cell, "critical, high, medium or low");
        }
        Some(self.at(&cell.span(), found?))
    }

    fn wrong_grade(&mut self, key: &str, text: &str, cell: &Cell<'_>, known: &str) {
        let near = nearest(text, GRADES).map(|near| format!("did you mean {near:?}?"));
        self.wrong(
            cell.span(),
            format!("{key} must be {known}"),
            near.unwrap_or_default(),
        );
    }

    /// What a team makes of a rule.
    pub(super) fn grade(&mut self, rule: &str, cell: &Cell<'_>) -> Option<At<RuleGrade>> {
        let text = self.text(rule, cell)?;
        let grade = match Severity::WORST_FIRST
            .into_iter()
            .find(|severity| severity.word() == text)
        {
            Some(severity) => RuleGrade::To(severity),
            None if text == "off" => RuleGrade::Off,
            None => {
                self.wrong_grade(rule, text, cell, "critical, high, medium, low or off");
                return None;
            }
        };
        let switch = crate::rules::find(rule).map_or(Switch::Free, |rule| rule.switch);
        if switch == Switch::Never {
            self.wrong(
                cell.span(),
                format!("{rule} cannot be turned off or graded"),
                "the plan is older than the state that it would be applied to: make a new plan",
            );
            return None;
        }
        if switch == Switch::Always
            && !matches!(grade, RuleGrade::To(Severity::Critical | Severity::High))
        {
            self.wrong(
                cell.span(),
                format!("{rule} cannot be turned off or graded below high"),
                "it says that the plan is for another state than the pinned one, and then the rest of the report cannot be trusted; pin the new state (applygate pin PLAN), or waive this case: a [[waiver]] with address = \"**\", a reason and an end",
            );
            return None;
        }
        Some(self.at(&cell.span(), grade))
    }

    /// The id of a rule.
    pub(super) fn rule(&mut self, text: &str, place: Range<usize>) -> Option<&'static str> {
        let found = crate::rules::find(text).map(|rule| rule.id);
        if found.is_none() {
            let near = nearest(text, RULES.iter().map(|rule| rule.id))
                .map(|near| format!("did you mean {near}?"));
            self.wrong(
                place,
                format!("there is no rule {text:?}"),
                near.unwrap_or_else(|| "applygate rules lists all".to_owned()),
            );
        }
        found
    }

    /// One text or a list of texts, never none.
    pub(super) fn texts<'a>(
        &mut self,
        key: &str,
        cell: &'a Cell<'_>,
    ) -> Vec<(&'a str, Range<usize>)> {
        if let Some(text) = cell.get_ref().as_str() {
            return vec![(text, cell.span())];
        }
        let Some(list) = cell.get_ref().as_array() else {
            self.wrong_kind(key, cell, "text in quotes or a list of such");
            return Vec::new();
        };
        if list.is_empty() || list.len() > MAX_LIST {
            self.wrong(
                cell.span(),
                format!("{key} must have from 1 to {MAX_LIST} entries"),
                "remove the key instead",
            );
            return Vec::new();
        }
        list.iter()
            .filter_map(|cell| self.text(key, cell).map(|text| (text, cell.span())))
            .collect()
    }

    /// One pattern or several.
    pub(super) fn patterns<T>(
        &mut self,
        key: &str,
        cell: &Cell<'_>,
        most: usize,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> At<Vec<T>> {
        let mut all = Vec::new();
        for (text, place) in self.texts(key, cell) {
            match if text.len() > most {
                Err(format!("a pattern has at most {most} bytes"))
            } else {
                parse(text)
            } {
                Ok(pattern) => all.push(pattern),
                Err(error) => self.wrong(place, format!("{key} has an invalid pattern"), error),
            }
        }
        self.at(&cell.span(), all)
    }

    pub(super) fn globs(&mut self, key: &str, cell: &Cell<'_>) -> At<Vec<Glob>> {
        self.patterns(key, cell, MAX_PATTERN, Glob::parse)
    }

    /// The same for names that have blanks in them.
    pub(super) fn spaced(&mut self, key: &str, cell: &Cell<'_>) -> At<Vec<Glob>> {
        self.patterns(key, cell, MAX_PATTERN, Glob::spaced)
    }

    /// The days of a window: a list, and nothing else.
    pub(super) fn days(&mut self, cell: &Cell<'_>) -> Option<Vec<String>> {
        let value = cell.get_ref();
        let texts = value.as_array().and_then(|list| {
            let texts = list.iter().map(|day| day.get_ref().as_str());
            texts.map(|day| day.map(str::to_owned)).collect()
        });
        if texts.is_none() {
            let quoted = |text: &str| {
                let days: Vec<_> = text
                    .split(',')
                    .map(|day| format!("{:?}", day.trim()))
                    .collect();
                days.join(", ")
            };
            let form = value
                .as_str()
                .map_or_else(|| "\"mon-fri\"".to_owned(), quoted);
            self.wrong_form("days", cell, "a list of texts", format!("days = [{form}]"));
        }
        texts
    }

    pub(super) fn hours(&mut self, cell: &Cell<'_>) -> Option<String> {
        self.form("hours", cell, "hours = \"09:00-16:00\"")
    }

    pub(super) fn zone(&mut self, cell: &Cell<'_>) -> Option<String> {
        self.form("zone", cell, "zone = \"Europe/Berlin\"")
    }

    /// The start or the end of a freeze: a day or a moment, which TOML has as text and as a kind of its own.
    pub(super) fn moment(&mut self, key: &str, cell: &Cell<'_>) -> Option<Moment> {
        match cell.get_ref() {
            DeValue::String(text) => return Some(Moment(text.to_string())),
            DeValue::Datetime(stamp) => return Some(Moment(stamp.to_string())),
            _ => {}
        }
        let form = format!("{key} = 2026-12-20, or {key} = 2026-12-20T18:00:00+01:00");
        self.wrong_form(key, cell, "a day or a moment", form);
        None
    }

    /// Text in quotes, with the form to write instead of anything else.
    pub(super) fn form(&mut self, key: &str, cell: &Cell<'_>, form: &str) -> Option<String> {
        let text = cell.get_ref().as_str();
        if text.is_none() {
            self.wrong_form(key, cell, "text in quotes", form.to_owned());
        }
        text.map(str::to_owned)
    }

    fn wrong_form(&mut self, key: &str, cell: &Cell<'_>, wanted: &str, form: String) {
        let message = format!(
            "{key} must be {wanted}, and this is {}",
            kind(cell.get_ref())
        );
        self.wrong(cell.span(), message, form);
    }

    /// A day: `2026-12-01`, with or without quotes.
    pub(super) fn date(&mut self, key: &str, cell: &Cell<'_>) -> Option<Date> {
        let found = match cell.get_ref() {
            DeValue::String(text) => text
                .parse::<Date>()
                .ok()
                .filter(|date| date.to_string() == text.as_ref()),
            DeValue::Datetime(stamp) => match (stamp.date, stamp.time, stamp.offset) {
                (Some(day), None, None) => {
                    let parts = (
                        i16::try_from(day.year),
                        i8::try_from(day.month),
                        i8::try_from(day.day),
                    );
                    if let (Ok(year), Ok(month), Ok(day)) = parts {
                        Date::new(year, month, day).ok()
                    } else {
                        None
                    }
                }
                _ => None,
            },
            _ => None,
        };
        if found.is_none() {
            self.wrong(
                cell.span(),
                format!("{key} must be a day of the calendar"),
                format!("such as {key} = 2026-12-01: the last day, in UTC"),
            );
        }
        found
    }
}

/// The keys of a table, each taken by the name under which it is read: what nobody takes is a mistake, and what was taken is what is known there.
pub(super) struct Keys<'a, 'i> {
    table: &'a DeTable<'i>,
    known: Vec<&'static str>,
}

impl<'a, 'i> Keys<'a, 'i> {
    pub(super) const fn of(table: &'a DeTable<'i>) -> Self {
        Self {
            table,
            known: Vec::new(),
        }
    }

    /// What stands at a key.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'a Cell<'i>> {
        self.known.push(key);
        self.table.get(key)
    }

    /// Whether something stands there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where the value of a key stands.
    pub(super) fn place(&self, key: &str) -> Option<Range<usize>> {
        self.table.get(key).map(Spanned::span)
    }

    /// Notes every key that was not taken; `true` when there is one.
    pub(super) fn rest(&self, cells: &mut Cells, place: &str) -> bool {
        let keys = self.table.iter().map(|(key, _)| key);
        let mut strange = keys
            .filter(|key| !self.known.contains(&key.get_ref().as_ref()))
            .peekable();
        let any = strange.peek().is_some();
        strange.for_each(|key| cells.unknown(key, place, &self.known));
        any
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
