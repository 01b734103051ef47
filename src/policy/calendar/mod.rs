//! When an apply may happen: windows that are open, freezes that are not. There is no clock in here: the time is handed in.
//!
//! The clock on the wall of the window's zone decides, also on the nights when it is put forward or back: 02:30 that is passed over opens at 03:00,
//! and 02:30 that comes twice opens twice.

mod read;

use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

pub(crate) use read::Fields;
pub(crate) use read::{FreezeInput, Moment, WindowInput};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// How far ahead the next open time is looked for.
const DAYS_AHEAD: i32 = 366;

/// The most windows, and the most freezes: they bound the search.
pub(crate) const MOST: usize = 64;

/// Days and hours when an apply may happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// From Monday on.
    days: [bool; 7],
    /// Minutes of the day: the first that is open, and the first that is closed again. When the second is not the greater, it is on the day after.
    from: u16,
    to: u16,
    zone: TimeZone,
}

/// A time when no apply may happen, whatever the windows say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    from: Timestamp,
    /// The first moment after it.
    to: Timestamp,
    zone: TimeZone,
    reason: String,
}

/// All windows and freezes. The default is always open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Calendar {
    windows: Vec<Window>,
    freezes: Vec<Freeze>,
}

/// What a calendar says of a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// Inside a window, or there is none, and in no freeze.
    Open,
    /// Closed.
    Closed(Closed),
}

/// Why it is closed, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closed {
    /// In words. The reason of a freeze is the user's text: escape it before it is printed.
    pub(crate) reason: String,
    /// The first moment that is open again; `None` when there is none within a year.
    pub(crate) next_open: Option<Zoned>,
    /// Why it is applied all the same.
    pub(crate) broken: Option<String>,
}

impl Closed {
    /// The next open time in words.
    #[must_use]
    pub(crate) fn next(&self) -> String {
        self.next_open.as_ref().map_or_else(
            || "next open: not within a year".to_owned(),
            |next| format!("next open: {}", next.strftime("%a %Y-%m-%d %H:%M %Z")),
        )
    }
}

impl Window {
    /// Whether it is open when the clock of its zone shows this.
    fn shows_open(&self, clock: DateTime) -> bool {
        let minute =
            u16::from(clock.hour().unsigned_abs()) * 60 + u16::from(clock.minute().unsigned_abs());
        let today = clock.weekday();
        if self.from < self.to {
            self.has(today) && (self.from..self.to).contains(&minute)
        } else {
            (self.has(today) && minute >= self.from)
                || (self.has(today.previous()) && minute < self.to)
        }
    }

    fn is_open(&self, at: Timestamp) -> bool {
        self.shows_open(self.zone.to_datetime(at))
    }

    fn has(&self, day: Weekday) -> bool {
        self.days
            .get(usize::from(day.to_monday_zero_offset().unsigned_abs()))
            .copied()
            .unwrap_or(false)
    }

    /// Every moment from `now` to `until` at which it could open: the clock comes to its first minute, or is put forward or back.
    fn moments(&self, now: Timestamp, until: Timestamp) -> Vec<Timestamp> {
        let mut found: Vec<Timestamp> = self
            .zone
            .following(now)
            .take(MOST)
            .map(|change| change.timestamp())
            .take_while(|at| *at <= until)
            .collect();
        let hour = |minutes: u16| i8::try_from(minutes / 60).unwrap_or(0);
        let start = Time::new(
            hour(self.from),
            i8::try_from(self.from % 60).unwrap_or(0),
            0,
            0,
        )
        .unwrap_or(Time::MIN);
        let today = self.zone.to_datetime(now).date();
        for day in -1..=DAYS_AHEAD + 1 {
            let Ok(date) = today.checked_add(day.days()) else {
                continue;
            };
            let clock = self.zone.to_ambiguous_timestamp(date.to_datetime(start));
            found.extend([clock.earlier(), clock.later()].into_iter().flatten());
        }
        found
    }
}

impl Freeze {
    fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    fn words(&self) -> String {
        let end = self.to.to_zoned(self.zone.clone());
        let zone = self.zone.iana_name().unwrap_or("UTC");
        format!(
            "closed by the freeze until {} {zone}: {}",
            end.strftime("%Y-%m-%d %H:%M"),
            self.reason
        )
    }
}

impl std::fmt::Display for Window {
    /// As it is written in the file: `mon tue wed thu 09:00-16:00 Europe/Berlin`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.days != [true; 7] {
            for (name, _) in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
                .iter()
                .zip(&self.days)
                .filter(|(_, open)| **open)
            {
                write!(f, "{name} ")?;
            }
        }
        let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        write!(
            f,
            "{}-{} {}",
            clock(self.from),
            clock(self.to),
            self.zone.iana_name().unwrap_or("UTC")
        )
    }
}

impl std::fmt::Display for Freeze {
    /// Its first moment and the first one after it, in its own zone, and why.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = |moment: Timestamp| {
            moment
                .to_zoned(self.zone.clone())
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        };
        write!(
            f,
            "{} to {} {}: {}",
            at(self.from),
            at(self.to),
            self.zone.iana_name().unwrap_or("UTC"),
            self.reason
        )
    }
}

impl Calendar {
    /// Of these windows and freezes; whoever reads them sees to it that there are at most [`MOST`] of each.
    #[must_use]
    pub(crate) const fn new(windows: Vec<Window>, freezes: Vec<Freeze>) -> Self {
        Self { windows, freezes }
    }

    /// What it says of this moment.
    #[must_use]
    pub(crate) fn at(&self, now: Timestamp) -> State {
        let frozen = self
            .freezes
            .iter()
            .filter(|freeze| freeze.covers(now))
            .max_by_key(|freeze| freeze.to);
        let reason = match frozen {
            Some(freeze) => freeze.words(),
            None if self.in_a_window(now) => return State::Open,
            None => "now is outside all apply windows".to_owned(),
        };
        State::Closed(Closed {
            reason,
            next_open: self.next_open(now),
            broken: None,
        })
    }

    fn in_a_window(&self, at: Timestamp) -> bool {
        self.windows.is_empty() || self.windows.iter().any(|window| window.is_open(at))
    }

    /// The first open moment after one that is closed. It can only be where a window opens, a clock is changed, or a freeze ends.
    fn next_open(&self, now: Timestamp) -> Option<Zoned> {
        let until = now
            .checked_add((i64::from(DAYS_AHEAD) * 24).hours())
            .unwrap_or(Timestamp::MAX);
        let mut moments: Vec<Timestamp> = self
            .windows
            .iter()
            .flat_map(|window| window.moments(now, until))
            .collect();
        moments.extend(self.freezes.iter().map(|freeze| freeze.to));
        moments.retain(|at| *at > now && *at <= until);
        moments.sort_unstable();
        moments.dedup();
        let at = moments.into_iter().find(|at| {
            !self.freezes.iter().any(|freeze| freeze.covers(*at)) && self.in_a_window(*at)
        })?;
        let zone = match self.windows.iter().find(|window| window.is_open(at)) {
            Some(window) => window.zone.clone(),
            None => self
                .freezes
                .iter()
                .find(|freeze| freeze.to == at)
                .map_or(TimeZone::UTC, |freeze| freeze.zone.clone()),
        };
        Some(at.to_zoned(zone))
    }
}

#[cfg(test)]
mod tests;
