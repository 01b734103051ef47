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
        match text.chars().find(|c| {
            matches!(c, '?' | '[' | ']' | '{' | '}' | '\\' | '!')
                || c.is_whitespace()
                || c.is_control()
        }) {
            _ if text.is_empty() => Err("an empty pattern matches nothing".to_owned()),
            Some(c) => Err(format!(
                "{c:?} cannot be used in a pattern: only * is special, for any text"
            )),
            None => Ok(Self::new(text)),
        }
    }

    /// The same for names that have blanks in them, such as `West Europe` or `azurerm account/container/key`.
    ///
    /// # Errors
    /// In words for the user.
    pub(crate) fn spaced(text: &str) -> Result<Self, String> {
        match text.split(' ').find(|word| word.is_empty()) {
            Some(_) if !text.is_empty() => {
                Err("a space is allowed only between two words".to_owned())
            }
            _ => Self::parse(&text.replace(' ', "")).map(|_| Self::new(text)),
        }
    }

    /// One text and no other.
    pub(crate) fn exactly(text: &str) -> Self {
        Self(vec![text.to_owned()])
    }

    /// The only text that it covers, if there is no star in it.
    #[must_use]
    pub(crate) fn text(&self) -> Option<&str> {
        match self.0.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// Whether it covers a text.
    #[must_use]
    pub(crate) fn covers(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_first() else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return text == first;
        };
        let Some(mut text) = text
            .strip_prefix(first.as_str())
            .and_then(|text| text.strip_suffix(last.as_str()))
        else {
            return false;
        };
        for piece in middle {
            match text.split_once(piece.as_str()) {
                Some((_, after)) => text = after,
                None => return false,
            }
        }
        true
    }

    /// Whether there is a text that both cover. Where both have a star, such a text starts and ends as both ask and holds the pieces of one after those of
    /// the other, so only their starts and ends can be at odds.
    #[must_use]
    pub(crate) fn meets(&self, other: &Self) -> bool {
        match (self.0.as_slice(), other.0.as_slice()) {
            ([one], [other]) => one == other,
            ([text], _) => other.covers(text),
            (_, [text]) => self.covers(text),
            ([start, .., end], [other_start, .., other_end]) => {
                (start.starts_with(other_start.as_str()) || other_start.starts_with(start.as_str()))
                    && (end.ends_with(other_end.as_str()) || other_end.ends_with(end.as_str()))
            }
            ([], _) | (_, []) => false,
        }
    }
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("*"))
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
        for text in [
            "", "a b", "prod-?", "[ab]", "{a,b}", "!prod", "a\\*", "a\u{7}",
        ] {
            assert!(Glob::parse(text).is_err(), "{text}");
        }
    }

    /// Every text of up to this many letters.
    fn texts(length: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..length {
            last = last
                .iter()
                .flat_map(|text| ["a", "b"].map(|letter| format!("{text}{letter}")))
                .collect();
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
