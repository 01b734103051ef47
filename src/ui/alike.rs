//! Names that are two and look like one: `web-1` and `web-l`. What is drawn like another character of another script is escaped (`escape.rs`); what is
//! drawn alike within one script is ordinary text, and is only told apart where both names stand in one report.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use unicode_security::skeleton;

use super::escape::line;

/// The most pairs that are named.
const MOST: usize = 5;

/// A text as it is drawn: equal for two that look alike (`skeleton` of <https://www.unicode.org/reports/tr39/#Confusable_Detection>).
fn drawn(text: &str, mut with: impl FnMut(char)) {
    for c in text.chars() {
        match c {
            '1' | 'I' | '|' => with('l'),
            '0' => with('O'),
            '`' => with('\''),
            '"' => {
                with('\'');
                with('\'');
            }
            'm' => {
                with('r');
                with('n');
            }
            c if c.is_ascii() => with(c),
            c => skeleton(c.encode_utf8(&mut [0; 4])).for_each(&mut with),
        }
    }
}

fn shape(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    drawn(text, |c| c.hash(&mut hasher));
    hasher.finish()
}

fn look_alike(one: &str, other: &str) -> bool {
    let whole = |text: &str| {
        let mut whole = String::with_capacity(text.len() + 8);
        drawn(text, |c| whole.push(c));
        whole
    };
    one != other && whole(one) == whole(other)
}

/// A character in a word or two, for the name that has it.
fn described(c: Option<char>) -> String {
    match c {
        Some('0' | '1') => format!("digit {}", c.unwrap_or_default()),
        Some('l') => "small L".to_owned(),
        Some('I') => "capital i".to_owned(),
        Some('O') => "capital o".to_owned(),
        Some('|') => "a bar".to_owned(),
        Some('r') => "r and n".to_owned(),
        Some('m') => "m".to_owned(),
        Some(c) => format!("U+{:04X}", c as u32),
        None => "shorter".to_owned(),
    }
}

/// A note for each pair of names that look alike. Names are written as they are shown.
pub(crate) fn notes<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen: HashMap<u64, &str> = HashMap::new();
    let (mut notes, mut more) = (Vec::new(), 0);
    for name in names {
        let Some(other) = seen.insert(shape(&line(name)), name) else {
            continue;
        };
        if !look_alike(&line(other), &line(name)) {
            continue;
        }
        if notes.len() >= MOST {
            more += 1;
            continue;
        }
        let (mut one, mut two) = (other.chars(), name.chars());
        let (mut a, mut b) = (one.next(), two.next());
        while a.is_some() && a == b {
            (a, b) = (one.next(), two.next());
        }
        notes.push(format!(
            "two names look alike: {other} ({}) and {name} ({})",
            described(a),
            described(b)
        ));
    }
    if more > 0 {
        notes.push(format!("{more} more names look like another"));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_script_that_look_alike() {
        for (one, other, told) in [
            ("a.web-1", "a.web-l", "(digit 1) and a.web-l (small L)"),
            ("a.I", "a.l", "(capital i) and a.l (small L)"),
            (
                "a.x[\"O\"]",
                "a.x[\"0\"]",
                "(capital o) and a.x[\"0\"] (digit 0)",
            ),
            ("a.corn", "a.com", "(r and n) and a.com (m)"),
            ("a.x[\"über1\"]", "a.x[\"überl\"]", "(small L)"),
        ] {
            let notes = notes([one, "a.other", other, one].into_iter());
            assert!(notes[0].contains(told), "{notes:?}");
            assert_eq!(notes.len(), 2, "{notes:?}");
        }
    }

    #[test]
    fn names_that_are_told_apart() {
        let names = [
            "a.web-1",
            "a.web-2",
            "a.web-1",
            "a.кот",
            "a.kot",
            "a.код",
            "a.x[1]",
            "a.x[\"1\"]",
            "a.x[10]",
            "a.x[11]",
            "a.n",
            "a.rn1",
        ];
        assert_eq!(notes(names.into_iter()), [] as [String; 0]);
        assert_eq!(line("a.кот"), "a.кот", "an ordinary word is shown as it is");
    }

    /// Within ASCII as Unicode has it.
    #[test]
    fn drawn_as_unicode_says() {
        for one in '!'..='~' {
            for other in '!'..one {
                let (one, other) = (one.to_string(), other.to_string());
                let same = skeleton(&one).eq(skeleton(&other));
                assert_eq!(look_alike(&one, &other), same, "{one} {other}");
            }
        }
    }

    #[test]
    fn few_are_named() {
        let names: Vec<String> = (0..100)
            .flat_map(|at| [format!("a.n{at}-0"), format!("a.n{at}-O")])
            .collect();
        let notes = notes(names.iter().map(String::as_str));
        assert_eq!(notes.len(), MOST + 1);
        assert!(notes[MOST].starts_with("95 more"), "{notes:?}");
    }
}
