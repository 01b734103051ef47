//! Text patterns in which only `*` is special: what they cover, and whether two of them can cover the same text.

/// Text in which `*` stands for any text: the literal pieces between the stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<String>);

impl Glob {
    /// Reads a part of an address pattern: `\*` is a star itself.
    pub(crate) fn new(text: &str) -> Self {
        let mut pieces = vec![String::new()];
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if c == '*' {
                pieces.push(String::new());
            } else if let Some(piece) = pieces.last_mut() {
                match (c, chars.peek()) {
                    ('\\', Some('*')) => piece.extend(chars.next()),
                    // An escape of HCL keeps its second character, so that `\\*` is a backslash and a star.
                    ('\\', Some(_)) => {
                        piece.push(c);
                        piece.extend(chars.next());
                    }
                    _ => piece.push(c),
                }
            }
        }
        Self(pieces)
    }

    /// Reads a pattern of a policy file. What other tools take for special is no pattern here, so that nobody believes in it.
    ///
    /// # Errors
    /// In words for the user.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.chars().find(|c| matches!(c, '?' | '[' | ']' | '{' | '}' | '\\' | '!') || c.is_whitespace() || c.is_control()) {
            _ if text.is_empty() => Err("an empty pattern covers nothing".to_owned()),
            Some(c) => Err(format!("{c:?} has no place in a pattern: only * is special and stands for any text")),
            None => Ok(Self::new(text)),
        }
    }

    /// One text and no other.
    pub(crate) fn exactly(text: &str) -> Self {
        Self(vec![text.to_owned()])
    }

    /// Whether it covers a text.
    #[must_use]
    pub fn covers(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_first() else { return false };
        let Some((last, middle)) = rest.split_last() else { return text == first };
        let Some(mut text) = text.strip_prefix(first.as_str()).and_then(|text| text.strip_suffix(last.as_str())) else { return false };
        for piece in middle {
            match text.split_once(piece.as_str()) {
                Some((_, after)) => text = after,
                None => return false,
            }
        }
        true
    }

    /// Whether there is a text that both cover.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        meet(&self.letters(), &other.letters(), |a, b| a == b)
    }

    /// Letter by letter; `None` is a star.
    fn letters(&self) -> Vec<Option<char>> {
        let mut letters = Vec::new();
        for (at, piece) in self.0.iter().enumerate() {
            if at > 0 {
                letters.push(None);
            }
            letters.extend(piece.chars().map(Some));
        }
        letters
    }
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("*"))
    }
}

/// Whether two lists, in which `None` stands for any number of items, can stand for the same one. Exact; as long as the product of both lengths.
pub(crate) fn meet<T>(one: &[Option<T>], other: &[Option<T>], same: impl Fn(&T, &T) -> bool) -> bool {
    // reached[j]: both are used up to here, the first up to the item that is looked at, the other up to j.
    let mut reached = vec![false; other.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    spread(&mut reached, other, false);
    for item in one {
        let mut next = vec![false; reached.len()];
        for (at, from) in reached.iter().enumerate() {
            if !*from {
                continue;
            }
            let (here, there) = (item.as_ref(), other.get(at));
            match (here, there) {
                // A star of the first list ends here, or goes on below; a star of the other takes this item.
                (None, _) | (Some(_), Some(None)) => set(&mut next, at),
                (Some(a), Some(Some(b))) if same(a, b) => set(&mut next, at + 1),
                _ => {}
            }
        }
        spread(&mut next, other, item.is_none());
        reached = next;
    }
    reached.last().is_some_and(|reached| *reached)
}

fn set(list: &mut [bool], at: usize) {
    if let Some(place) = list.get_mut(at) {
        *place = true;
    }
}

/// Goes on where the other list moves alone: over its stars, which may stand for nothing, and over anything while the first list is at a star.
fn spread<T>(reached: &mut [bool], other: &[Option<T>], at_star: bool) {
    let mut open = false;
    for (at, place) in reached.iter_mut().enumerate() {
        *place = *place || open;
        open = *place && (at_star || matches!(other.get(at), Some(None)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn glob(text: &str) -> Glob {
        Glob::parse(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn meeting() {
        for (one, other, expected) in [
            ("prod", "prod", true),
            ("prod", "preview", false),
            ("prod*", "prod-eu", true),
            ("prod*", "*-eu", true),
            ("prod*", "pre*", false),
            ("pr*", "pre*", true),
            ("*a*", "*b*", true),
            ("a*b", "b*a", false),
            ("a*b", "a", false),
            ("a*a", "a", false),
            ("*", "**", true),
            ("aa*aa", "aaa", false),
            ("x*yz", "xy*z", true),
        ] {
            assert_eq!(glob(one).meets(&glob(other)), expected, "{one} and {other}");
            assert_eq!(glob(other).meets(&glob(one)), expected, "{other} and {one}");
        }
    }

    #[test]
    fn what_is_no_pattern() {
        for text in ["", "a b", "prod-?", "[ab]", "{a,b}", "!prod", "a\\*", "a\u{7}"] {
            assert!(Glob::parse(text).is_err(), "{text}");
        }
    }

    /// Every text of up to this many letters.
    fn texts(length: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..length {
            last = last.iter().flat_map(|text| ["a", "b"].map(|letter| format!("{text}{letter}"))).collect();
            all.extend(last.clone());
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        /// Two patterns of up to four letters that meet do so in a text of up to eight.
        #[test]
        fn meeting_is_exact(one in "[ab*]{1,4}", other in "[ab*]{1,4}") {
            let (one, other) = (glob(&one), glob(&other));
            let common = texts(8).into_iter().any(|text| one.covers(&text) && other.covers(&text));
            prop_assert_eq!(one.meets(&other), common);
        }
    }
}
