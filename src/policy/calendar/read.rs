//! Windows and freezes as they are written in a policy file. An error names its key, so that whoever has the file can point there.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::policy::calendar::{DAY, Freeze, Window};

/// The longest text of a field, in bytes.
const LONGEST: usize = 200;

/// `[[window]]` as it is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct WindowInput {
    /// Days or spans of days, such as `mon-thu`; none is every day.
    pub(crate) days: Option<Vec<String>>,
    /// Such as `09:00-16:00`; none is the whole day.
    pub(crate) hours: Option<String>,
    /// Such as `Europe/Berlin`.
    pub(crate) zone: Option<String>,
}

/// `[[freeze]]` as it is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct FreezeInput {
    /// The first day, or the first moment.
    pub(crate) from: Option<Moment>,
    /// The last day, or the first moment that is open again.
    pub(crate) to: Option<Moment>,
    /// Why.
    pub(crate) reason: Option<String>,
    /// Zone of the days; none is UTC.
    pub(crate) zone: Option<String>,
}

/// A day or a moment as it is written.
#[derive(Debug, Clone)]
pub(crate) struct Moment(pub(crate) String);

/// A value, or the key that is wrong and what is wrong with it.
type Field<T> = Result<T, (&'static str, String)>;

/// A value, or everything that is wrong with it: the key and what is wrong.
pub(crate) type Fields<T> = Result<T, Vec<(&'static str, String)>>;

impl Window {
    /// One window.
    ///
    /// # Errors
    /// Every field that is wrong: its key (or the one that is missing), and what is wrong in words that quote nothing.
    pub(crate) fn read(input: &WindowInput) -> Fields<Self> {
        window(input)
    }
}

impl Freeze {
    /// One freeze.
    ///
    /// # Errors
    /// As for a window.
    pub(crate) fn read(input: &FreezeInput) -> Fields<Self> {
        freeze(input)
    }
}

fn window(input: &WindowInput) -> Fields<Window> {
    let mut wrong = Vec::new();
    if input.days.is_none() && input.hours.is_none() {
        wrong.push((
            "days",
            "a window needs days, hours, or both: days = [\"mon-thu\"], hours = \"09:00-16:00\""
                .to_owned(),
        ));
    }
    let missing = || {
        (
            "zone",
            "a window needs a time zone, such as zone = \"Europe/Berlin\" or \"UTC\"".to_owned(),
        )
    };
    let name = input.zone.as_deref().ok_or_else(missing);
    let zone = name.and_then(zone).map_err(|error| wrong.push(error));
    let times = input.hours.as_deref().map_or(Ok((0, DAY)), hours);
    let times = times.map_err(|error| wrong.push(error));
    let days = input.days.as_deref().map_or(Ok([true; 7]), days);
    let days = days.map_err(|error| wrong.push(error));
    match (zone, times, days) {
        (Ok(zone), Ok((from, to)), Ok(days)) if wrong.is_empty() => Ok(Window {
            days,
            from,
            to,
            zone,
        }),
        _ => Err(wrong),
    }
}

fn freeze(input: &FreezeInput) -> Fields<Freeze> {
    let mut wrong = Vec::new();
    let zone = input.zone.as_deref().map_or(Ok(TimeZone::UTC), zone);
    // What else is wrong is told beside it.
    let zone = zone.unwrap_or_else(|error| {
        wrong.push(error);
        TimeZone::UTC
    });
    let needs = |key: &'static str| {
        (
            key,
            format!(
                "a freeze needs {key}: a day such as \"2026-12-20\", or a moment such as \"2026-12-20T18:00:00+01:00\""
            ),
        )
    };
    let read = |key: &'static str, written: &Option<Moment>, last: bool| {
        let written = written.as_ref().ok_or_else(|| needs(key))?;
        moment(key, &written.0, &zone, last)
    };
    let from = read("from", &input.from, false).map_err(|error| wrong.push(error));
    let to = read("to", &input.to, true).map_err(|error| wrong.push(error));
    if let (Ok(from), Ok(to)) = (from, to)
        && to <= from
    {
        wrong.push(("to", "it ends before it begins".to_owned()));
    }
    let reason = input
        .reason
        .as_deref()
        .map(str::trim)
        .filter(|reason| !reason.is_empty());
    if reason.is_none() {
        wrong.push((
            "reason",
            "a freeze needs a reason: whoever it stops reads it".to_owned(),
        ));
    }
    match (from, to, reason) {
        (Ok(from), Ok(to), Some(reason)) if wrong.is_empty() => Ok(Freeze {
            from,
            to,
            zone,
            reason: reason.to_owned(),
        }),
        _ => Err(wrong),
    }
}

/// Only names of the data that is built in: the machine's own zone or a file would make the answer differ from machine to machine.
fn zone(name: &str) -> Field<TimeZone> {
    let known = if name.len() > LONGEST || name.eq_ignore_ascii_case("Etc/Unknown") {
        None
    } else {
        TimeZone::get(name).ok()
    };
    known.ok_or_else(|| ("zone", "there is no time zone of this name; give one such as \"Europe/Berlin\", \"America/New_York\" or \"UTC\"".to_owned()))
}

const NAMES: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

fn day(name: &str) -> Option<usize> {
    let name = name.trim().to_ascii_lowercase();
    NAMES
        .iter()
        .position(|full| name == *full || full.get(..3) == Some(name.as_str()))
}

fn days(spans: &[String]) -> Field<[bool; 7]> {
    let wrong = || {
        (
            "days",
            "a day is one of mon, tue, wed, thu, fri, sat, sun, or a span of them such as mon-thu"
                .to_owned(),
        )
    };
    if spans.is_empty() {
        return Err((
            "days",
            "it has no day, so the window never opens".to_owned(),
        ));
    }
    let mut found = [false; 7];
    for span in spans {
        let (first, last) = span.split_once('-').unwrap_or((span, span));
        let (first, last) = (day(first).ok_or_else(wrong)?, day(last).ok_or_else(wrong)?);
        // A span may pass the end of the week: sat-mon.
        let length = (last + 7 - first) % 7;
        for at in first..=first + length {
            if let Some(day) = found.get_mut(at % 7) {
                *day = true;
            }
        }
    }
    Ok(found)
}

fn hours(text: &str) -> Field<(u16, u16)> {
    let wrong = || {
        (
            "hours",
            "write from and to as in \"09:00-16:00\"; it may pass midnight, as in \"22:00-02:00\""
                .to_owned(),
        )
    };
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    let (from, to) = (
        minutes(from).ok_or_else(wrong)?,
        minutes(to).ok_or_else(wrong)?,
    );
    if from == to || from == DAY {
        return Err((
            "hours",
            "it begins where it ends; for whole days remove hours, or write \"00:00-24:00\""
                .to_owned(),
        ));
    }
    Ok((from, to))
}

/// Minutes of the day of `HH:MM`; 24:00 is its end.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |digits: &str| {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse::<u16>().ok())?
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    (minute < 60 && (hour < 24 || (hour == 24 && minute == 0))).then_some(hour * 60 + minute)
}

/// A moment, or the start of a day in a zone; for the last day that counts, the start of the one after it.
fn moment(key: &'static str, text: &str, zone: &TimeZone, last: bool) -> Field<Timestamp> {
    let wrong = || {
        (key, "give a day such as \"2026-12-20\", or a moment with its offset such as \"2026-12-20T18:00:00+01:00\"".to_owned())
    };
    let text = text.trim();
    if text.len() > LONGEST {
        return Err(wrong());
    }
    // The form is looked at first: the parser also takes what RFC 3339 does not know.
    let dashes = |text: &str| {
        text.bytes().zip(b"dddd-dd-dd").all(|(byte, form)| {
            if *form == b'd' {
                byte.is_ascii_digit()
            } else {
                byte == *form
            }
        })
    };
    let (date, time) = text
        .split_at_checked(10)
        .filter(|(date, _)| dashes(date))
        .ok_or_else(wrong)?;
    if time.is_empty() {
        let date: Date = date
            .parse()
            .map_err(|_| (key, "there is no such day".to_owned()))?;
        let day = if last {
            date.tomorrow().map_err(|_| wrong())?
        } else {
            date
        };
        return day
            .to_zoned(zone.clone())
            .map(|start| start.timestamp())
            .map_err(|_| wrong());
    }
    if time.contains('[') {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}
