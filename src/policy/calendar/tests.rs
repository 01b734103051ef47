//! Both directions of every rule of the calendar, and that no open minute is passed over.

use crate::policy::calendar::*;
use proptest::prelude::*;

const BERLIN: &str = "Europe/Berlin";

/// What is wrong with one field.
#[derive(Debug)]
struct Wrong {
    table: &'static str,
    index: usize,
    key: &'static str,
    message: String,
}

fn calendar(text: &str) -> Result<Calendar, Wrong> {
    let file: toml::Table = toml::from_str(text).unwrap_or_else(|error| panic!("{error}"));
    let tables = |name: &str| -> Vec<toml::Value> {
        let all = file.get(name).and_then(toml::Value::as_array);
        all.cloned().unwrap_or_default()
    };
    let text = |table: &toml::Value, key: &str| match table.get(key)? {
        toml::Value::Datetime(date) => Some(date.to_string()),
        value => Some(value.as_str().expect("a text").to_owned()),
    };
    let days = |table: &toml::Value| -> Option<Vec<String>> {
        let list = table.get("days")?.as_array().expect("a list").iter();
        Some(
            list.map(|day| day.as_str().expect("a text").to_owned())
                .collect(),
        )
    };
    let windows = tables("window");
    let windows = windows.iter().map(|table| WindowInput {
        days: days(table),
        hours: text(table, "hours"),
        zone: text(table, "zone"),
    });
    let freezes = tables("freeze");
    let freezes = freezes.iter().map(|table| FreezeInput {
        from: text(table, "from").map(Moment),
        to: text(table, "to").map(Moment),
        reason: text(table, "reason"),
        zone: text(table, "zone"),
    });
    let wrong = |table, index| {
        move |all: Vec<(&'static str, String)>| {
            let (key, message) = all.into_iter().next().expect("at least one");
            Wrong {
                table,
                index,
                key,
                message,
            }
        }
    };
    Ok(Calendar::new(
        windows
            .enumerate()
            .map(|(index, input)| Window::read(&input).map_err(wrong("window", index)))
            .collect::<Result<_, _>>()?,
        freezes
            .enumerate()
            .map(|(index, input)| Freeze::read(&input).map_err(wrong("freeze", index)))
            .collect::<Result<_, _>>()?,
    ))
}

fn good(text: &str) -> Calendar {
    calendar(text).unwrap_or_else(|wrong| panic!("{wrong:?}"))
}

fn at(text: &str) -> Timestamp {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn open(calendar: &Calendar, moment: &str) -> bool {
    calendar.at(at(moment)) == State::Open
}

fn closed(calendar: &Calendar, moment: &str) -> Closed {
    match calendar.at(at(moment)) {
        State::Open => panic!("open at {moment}"),
        State::Closed(closed) => closed,
    }
}

const OFFICE: &str = "[[window]]\ndays = [\"mon-thu\", \"fri\"]\nhours = \"09:00-16:00\"\nzone = \"Europe/Berlin\"\n";
const HOLIDAYS: &str = "[[freeze]]\nfrom = \"2026-12-20\"\nto = \"2027-01-06\"\nreason = \"end of the year\"\nzone = \"Europe/Berlin\"\n";

#[test]
fn nothing_given_is_always_open() {
    assert!(open(&Calendar::default(), "2026-12-25T00:00:00Z"));
}

#[test]
fn inside_and_outside_a_window() {
    let office = good(OFFICE);
    for moment in [
        "2026-11-23T08:00:00Z",
        "2026-11-23T14:59:59.9Z",
        "2026-11-27T12:00:00Z",
        "2026-07-01T07:00:00Z",
    ] {
        assert!(open(&office, moment), "{moment}");
    }
    for moment in [
        "2026-11-23T07:59:59.999Z",
        "2026-11-23T15:00:00Z",
        "2026-11-28T12:00:00Z",
        "2026-07-01T14:00:00Z",
    ] {
        assert!(!open(&office, moment), "{moment}");
    }
    let sunday = closed(&office, "2026-11-22T10:00:00Z");
    assert_eq!(
        (sunday.reason.as_str(), sunday.next().as_str()),
        (
            "now is outside all apply windows",
            "next open: Mon 2026-11-23 09:00 CET"
        )
    );
    assert_eq!(
        closed(&office, "2026-07-03T20:00:00Z").next(),
        "next open: Mon 2026-07-06 09:00 CEST"
    );
    assert_eq!(
        closed(&office, "2026-11-23T07:59:59Z").next(),
        "next open: Mon 2026-11-23 09:00 CET"
    );
}

#[test]
fn past_midnight() {
    let night = good("[[window]]\ndays = [\"fri\"]\nhours = \"22:00-02:00\"\nzone = \"UTC\"\n");
    for moment in [
        "2026-11-27T22:00:00Z",
        "2026-11-27T23:59:00Z",
        "2026-11-28T00:00:00Z",
        "2026-11-28T01:59:00Z",
    ] {
        assert!(open(&night, moment), "{moment}");
    }
    for moment in [
        "2026-11-27T21:59:00Z",
        "2026-11-27T01:00:00Z",
        "2026-11-28T02:00:00Z",
        "2026-11-28T22:30:00Z",
    ] {
        assert!(!open(&night, moment), "{moment}");
    }
    let until_midnight = good("[[window]]\nhours = \"20:00-00:00\"\nzone = \"UTC\"\n");
    assert!(
        open(&until_midnight, "2026-11-27T23:59:59Z")
            && !open(&until_midnight, "2026-11-28T00:00:00Z")
    );
}

#[test]
fn days_and_hours_may_be_left_out() {
    let weekend = good("[[window]]\ndays = [\"Sat-mon\"]\nzone = \"UTC\"\n");
    for (moment, expected) in [
        ("2026-11-27T23:59:59Z", false),
        ("2026-11-28T00:00:00Z", true),
        ("2026-11-30T23:59:59Z", true),
        ("2026-12-01T00:00:00Z", false),
    ] {
        assert_eq!(open(&weekend, moment), expected, "{moment}");
    }
    let mornings = good("[[window]]\nhours = \"08:00-24:00\"\nzone = \"UTC\"\n");
    assert!(open(&mornings, "2026-11-29T23:59:00Z") && !open(&mornings, "2026-11-30T07:00:00Z"));
    let both = good(&format!(
        "{OFFICE}[[window]]\ndays = [\"sunday\"]\nzone = \"UTC\"\n"
    ));
    assert!(
        open(&both, "2026-11-22T00:00:00Z")
            && open(&both, "2026-11-23T09:00:00Z")
            && !open(&both, "2026-11-28T09:00:00Z")
    );
}

#[test]
fn a_freeze_closes_what_a_window_opens() {
    let frozen = good(&format!("{OFFICE}{HOLIDAYS}"));
    let friday = closed(&frozen, "2026-12-25T12:00:00+01:00");
    assert_eq!(
        friday.reason,
        "closed by the freeze until 2027-01-07 00:00 Europe/Berlin: end of the year"
    );
    assert_eq!(friday.next(), "next open: Thu 2027-01-07 09:00 CET");
    assert!(open(&frozen, "2026-12-18T12:00:00+01:00"));
    assert_eq!(
        closed(&frozen, "2026-12-19T12:00:00+01:00").next(),
        "next open: Thu 2027-01-07 09:00 CET",
        "a weekend before a freeze"
    );
    assert!(
        !open(&frozen, "2027-01-06T15:59:59+01:00") && open(&frozen, "2027-01-07T09:00:00+01:00")
    );
}

#[test]
fn a_freeze_without_windows() {
    let days = good(HOLIDAYS);
    for (moment, expected) in [
        ("2026-12-19T23:59:59+01:00", true),
        ("2026-12-20T00:00:00+01:00", false),
        ("2027-01-06T23:59:59+01:00", false),
        ("2027-01-07T00:00:00+01:00", true),
    ] {
        assert_eq!(open(&days, moment), expected, "{moment}");
    }
    assert_eq!(
        closed(&days, "2026-12-24T00:00:00Z").next(),
        "next open: Thu 2027-01-07 00:00 CET"
    );
    let one_day = good("[[freeze]]\nfrom = 2026-12-24\nto = 2026-12-24\nreason = \"x\"\n");
    assert!(!open(&one_day, "2026-12-24T23:59:59Z") && open(&one_day, "2026-12-25T00:00:00Z"));
    assert!(
        closed(&one_day, "2026-12-24T10:00:00Z")
            .reason
            .contains("2026-12-25 00:00 UTC: x")
    );
    let moments = good(
        "[[freeze]]\nfrom = 2026-12-24T18:00:00+01:00\nto = \"2026-12-24T20:30:00Z\"\nreason = \"x\"\n",
    );
    for (moment, expected) in [
        ("2026-12-24T16:59:59Z", true),
        ("2026-12-24T17:00:00Z", false),
        ("2026-12-24T20:29:59Z", false),
        ("2026-12-24T20:30:00Z", true),
    ] {
        assert_eq!(open(&moments, moment), expected, "{moment}");
    }
}

#[test]
fn freezes_that_touch_are_passed_over_together() {
    let text = "[[freeze]]\nfrom = \"2026-12-01\"\nto = \"2026-12-10\"\nreason = \"a\"\n[[freeze]]\nfrom = \"2026-12-11\"\nto = \"2026-12-12\"\nreason = \"b\"\n";
    let both = good(text);
    assert_eq!(
        closed(&both, "2026-12-05T00:00:00Z").next(),
        "next open: Sun 2026-12-13 00:00 UTC"
    );
    let forever =
        good("[[freeze]]\nfrom = \"2026-01-01\"\nto = \"9000-01-01\"\nreason = \"sold\"\n");
    let never = closed(&forever, "2026-12-05T00:00:00Z");
    assert_eq!(
        (never.next_open.is_none(), never.next().as_str()),
        (true, "next open: not within a year")
    );
}

/// 2026-03-29, 02:00 → 03:00.
#[test]
fn clocks_put_forward() {
    let night =
        good("[[window]]\ndays = [\"sun\"]\nhours = \"02:30-05:00\"\nzone = \"Europe/Berlin\"\n");
    assert!(!open(&night, "2026-03-29T00:59:59Z"));
    assert!(
        open(&night, "2026-03-29T01:00:00Z"),
        "the clock shows 03:00"
    );
    assert!(open(&night, "2026-03-29T02:59:59Z") && !open(&night, "2026-03-29T03:00:00Z"));
    assert_eq!(
        closed(&night, "2026-03-28T23:00:00Z").next(),
        "next open: Sun 2026-03-29 03:00 CEST"
    );
    let gone = good("[[window]]\nhours = \"02:15-02:45\"\nzone = \"Europe/Berlin\"\n");
    assert_eq!(
        closed(&gone, "2026-03-28T12:00:00Z").next(),
        "next open: Mon 2026-03-30 02:15 CEST",
        "all of it is passed over"
    );
}

/// 2026-10-25, 03:00 → 02:00.
#[test]
fn clocks_put_back() {
    let night =
        good("[[window]]\ndays = [\"sun\"]\nhours = \"02:30-05:00\"\nzone = \"Europe/Berlin\"\n");
    for (moment, expected) in [
        ("2026-10-25T00:29:59Z", false),
        ("2026-10-25T00:30:00Z", true),
        ("2026-10-25T01:00:00Z", false),
        ("2026-10-25T01:30:00Z", true),
        ("2026-10-25T04:00:00Z", false),
    ] {
        assert_eq!(open(&night, moment), expected, "{moment}");
    }
    assert_eq!(
        closed(&night, "2026-10-24T12:00:00Z").next(),
        "next open: Sun 2026-10-25 02:30 CEST"
    );
    assert_eq!(
        closed(&night, "2026-10-25T01:10:00Z").next(),
        "next open: Sun 2026-10-25 02:30 CET"
    );
    let early = good("[[window]]\nhours = \"01:00-02:30\"\nzone = \"Europe/Berlin\"\n");
    assert_eq!(
        closed(&early, "2026-10-25T00:45:00Z").next(),
        "next open: Sun 2026-10-25 02:00 CET",
        "opened by the change itself"
    );
}

#[test]
fn a_wrong_field_is_named() {
    let window = |body: &str| calendar(&format!("{OFFICE}[[window]]\n{body}")).err();
    for (body, key, says) in [
        ("zone = \"UTC\"", "days", "days, hours, or both"),
        ("days = [\"mon\"]", "zone", "needs a time zone"),
        (
            "days = [\"mon\"]\nzone = \"Berlin\"",
            "zone",
            "no time zone of this name",
        ),
        (
            "days = [\"mon\"]\nzone = \"../../etc/passwd\"",
            "zone",
            "no time zone",
        ),
        (
            "days = [\"mon\"]\nzone = \"/etc/localtime\"",
            "zone",
            "no time zone",
        ),
        (
            "days = [\"mon\"]\nzone = \"Etc/Unknown\"",
            "zone",
            "no time zone",
        ),
        ("days = [\"mon\"]\nzone = \"\"", "zone", "no time zone"),
        ("days = []\nzone = \"UTC\"", "days", "never opens"),
        ("days = [\"mo\"]\nzone = \"UTC\"", "days", "mon-thu"),
        ("days = [\"mon-\"]\nzone = \"UTC\"", "days", "mon-thu"),
        (
            "days = [\"mon-tue-wed\"]\nzone = \"UTC\"",
            "days",
            "mon-thu",
        ),
        (
            "hours = \"9:00-16:00\"\nzone = \"UTC\"",
            "hours",
            "09:00-16:00",
        ),
        ("hours = \"09:00\"\nzone = \"UTC\"", "hours", "09:00-16:00"),
        (
            "hours = \"09:60-16:00\"\nzone = \"UTC\"",
            "hours",
            "09:00-16:00",
        ),
        (
            "hours = \"09:00-24:01\"\nzone = \"UTC\"",
            "hours",
            "09:00-16:00",
        ),
        (
            "hours = \"+9:00-16:00\"\nzone = \"UTC\"",
            "hours",
            "09:00-16:00",
        ),
        (
            "hours = \"09:00-09:00\"\nzone = \"UTC\"",
            "hours",
            "begins where it ends",
        ),
        (
            "hours = \"24:00-09:00\"\nzone = \"UTC\"",
            "hours",
            "begins where it ends",
        ),
    ] {
        let wrong = window(body).unwrap_or_else(|| panic!("{body}"));
        assert_eq!(
            (wrong.table, wrong.index, wrong.key),
            ("window", 1, key),
            "{body}"
        );
        assert!(wrong.message.contains(says), "{body}: {wrong:?}");
    }
    for (body, key, says) in [
        ("to = \"2027-01-06\"\nreason = \"x\"", "from", "needs from"),
        ("from = \"2027-01-06\"\nreason = \"x\"", "to", "needs to"),
        (
            "from = \"2026-12-20\"\nto = \"2027-01-06\"",
            "reason",
            "needs a reason",
        ),
        (
            "from = \"2026-12-20\"\nto = \"2027-01-06\"\nreason = \" \"",
            "reason",
            "needs a reason",
        ),
        (
            "from = \"2026-12-20\"\nto = \"2026-12-19\"\nreason = \"x\"",
            "to",
            "before it begins",
        ),
        (
            "from = \"20.12.2026\"\nto = \"2027-01-06\"\nreason = \"x\"",
            "from",
            "2026-12-20",
        ),
        (
            "from = \"2026-12-20\"\nto = \"2027-02-30\"\nreason = \"x\"",
            "to",
            "no such day",
        ),
        (
            "from = \"2026-12-20T10:00:00\"\nto = \"2027-01-06\"\nreason = \"x\"",
            "from",
            "offset",
        ),
        (
            "from = \"2026-12-20T10:00:00+01:00[Europe/Berlin]\"\nto = \"2027-01-06\"\nreason = \"x\"",
            "from",
            "offset",
        ),
        (
            "from = \"2026-12-20x\"\nto = \"2027-01-06\"\nreason = \"x\"",
            "from",
            "offset",
        ),
        (
            "from = \"2026-12-20\"\nto = \"9999-12-31\"\nreason = \"x\"",
            "to",
            "a day such as",
        ),
        (
            "from = \"+002026-12-20\"\nto = \"2027-01-06\"\nreason = \"x\"",
            "from",
            "a day such as",
        ),
        (
            "from = \"2026-12-20\"\nto = \"2027-01-06\"\nreason = \"x\"\nzone = \"CETX\"",
            "zone",
            "no time zone",
        ),
    ] {
        let wrong = calendar(&format!("{HOLIDAYS}[[freeze]]\n{body}"))
            .err()
            .unwrap_or_else(|| panic!("{body}"));
        assert_eq!(
            (wrong.table, wrong.index, wrong.key),
            ("freeze", 1, key),
            "{body}"
        );
        assert!(wrong.message.contains(says), "{body}: {wrong:?}");
    }
}

/// Asking at the ends of time goes well.
#[test]
fn the_ends_of_time() {
    let both = good(&format!("{OFFICE}{HOLIDAYS}"));
    for moment in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
        let _ = both.at(moment);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// The next open moment is open, and no minute before it is. Zones with odd changes of their clocks are among them.
    #[test]
    fn the_next_open_moment_is_the_first(
        start in 0_i64..366 * 24 * 60,
        near in prop::option::of(0_usize..5),
        windows in prop::collection::vec((1_u8..128, 0_u16..1440, 1_u16..1440, 0_usize..7), 0..3),
        freezes in prop::collection::vec((0_i64..6 * 24 * 60, 1_i64..3 * 24 * 60), 0..3),
    ) {
        let zones = [BERLIN, "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana", "Asia/Kathmandu", "UTC"];
        let zone = |at: usize| TimeZone::get(zones[at]).unwrap();
        // Around a change of the clocks, where there is one.
        let now = near
            .and_then(|at| zone(at).following(at_start()).nth(usize::try_from(start % 2).unwrap()).map(|change| change.timestamp()))
            .map_or(at_start(), |change| change - 30.hours());
        let now = now + if near.is_some() { start % (36 * 60) } else { start }.minutes() + 20.seconds();
        let calendar = Calendar {
            windows: windows
                .iter()
                .map(|(days, from, length, at)| Window {
                    days: std::array::from_fn(|day| days >> day & 1 == 1),
                    from: *from,
                    to: (from + length) % DAY,
                    zone: zone(*at),
                })
                .collect(),
            freezes: freezes
                .iter()
                .map(|(from, length)| Freeze {
                    from: now + (from - 24 * 60).minutes(),
                    to: now + (from - 24 * 60 + length).minutes(),
                    zone: TimeZone::UTC,
                    reason: String::new(),
                })
                .collect(),
        };
        let State::Closed(closed) = calendar.at(now) else { return Ok(()) };
        let next = closed.next_open.map(|next| next.timestamp());
        prop_assert!(next.is_some(), "every week has an open minute in it");
        let next = next.unwrap();
        prop_assert_eq!(calendar.at(next), State::Open);
        for minute in 0..9 * 24 * 60 {
            // Changes of clocks and windows are at whole minutes.
            let at = now + minute.minutes();
            if at >= next {
                break;
            }
            prop_assert!(calendar.at_is_closed(at), "{at} is open, before {next}");
        }
    }
}

fn at_start() -> Timestamp {
    at("2026-01-01T00:00:00Z")
}

impl Calendar {
    /// Without the search for the next open moment.
    fn at_is_closed(&self, at: Timestamp) -> bool {
        self.freezes.iter().any(|freeze| freeze.covers(at)) || !self.in_a_window(at)
    }
}
