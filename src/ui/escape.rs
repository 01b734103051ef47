//! The only home of escaping. Everything from a plan is hostile text: an address can hold terminal controls, text that runs backwards,
//! or a command for the CI system that prints it.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization;
use unicode_script::{Script, UnicodeScript};
use unicode_security::{MixedScript, skeleton};

/// Characters that nobody sees, or that change how text is shown and not what it says: Unicode classes Cc, Cf, Zl, Zp and Zs but for the space itself, the
/// property Default_Ignorable_Code_Point, and the empty pattern of Braille.
/// Sources: <https://www.unicode.org/Public/17.0.0/ucd/extracted/DerivedGeneralCategory.txt> (a test compares with a crate's tables) and
/// <https://www.unicode.org/Public/17.0.0/ucd/DerivedCoreProperties.txt>.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c as u32,
            0x00A0
                | 0x00AD
                | 0x034F
                | 0x0600..=0x0605
                | 0x061C
                | 0x06DD
                | 0x070F
                | 0x0890..=0x0891
                | 0x08E2
                | 0x115F..=0x1160
                | 0x1680
                | 0x17B4..=0x17B5
                | 0x180B..=0x180F
                | 0x2000..=0x200F
                | 0x2028..=0x202F
                | 0x205F..=0x206F
                | 0x2800
                | 0x3000
                | 0x3164
                | 0xFE00..=0xFE0F
                | 0xFEFF
                | 0xFFA0
                | 0xFFF0..=0xFFFB
                | 0x1_10BD
                | 0x1_10CD
                | 0x1_3430..=0x1_343F
                | 0x1_BCA0..=0x1_BCA3
                | 0x1_D173..=0x1_D17A
                | 0xE_0000..=0xE_0FFF
        )
}

/// Marks that are set over a Latin letter: `e` and U+0301 look like U+00E9, and are another key.
const fn is_mark(c: char) -> bool {
    matches!(
        c as u32,
        0x0300..=0x036F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F
    )
}

/// Whether a character is shown as its number: it is not seen, or together with the one before it looks like another.
fn is_hidden(c: char) -> bool {
    is_invisible(c) || is_mark(c)
}

/// Letters of the languages that are written with Latin ones: each looks like no other, but for those left out.
const fn is_familiar(c: char) -> bool {
    matches!(c, '\u{c0}'..='\u{17e}')
        && !matches!(
            c,
            '\u{d7}' | '\u{f7}' | '\u{131}'
                ..='\u{133}' | '\u{138}' | '\u{13f}' | '\u{140}' | '\u{149}'
        )
}

/// Whether a character is drawn like another: it has a model that both are drawn after
/// (`skeleton` of <https://www.unicode.org/reports/tr39/#Confusable_Detection>), it is a form of another (full width, in a circle), or it is a Latin
/// letter of phonetics and the like, which are the models of many.
fn is_look_alike(c: char) -> bool {
    if c.is_ascii() || is_familiar(c) {
        return false;
    }
    let mut bytes = [0; 4];
    let text: &str = c.encode_utf8(&mut bytes);
    // Our own texts have these two, and they are told from three dots and from an x.
    if matches!(c, '…' | '×') {
        return false;
    }
    c.script() == Script::Latin || !skeleton(text).eq(text.nfd()) || !text.nfkd().eq(text.nfd())
}

/// Whether a letter shows that a word is of another script: nothing that is shown looks like it.
fn is_foreign(c: char) -> bool {
    let mut bytes = [0; 4];
    let text: &str = c.encode_utf8(&mut bytes);
    // Of letters that share a Latin model which is never shown, those of one script may be.
    let model = |c: char| !c.is_ascii() && !is_familiar(c) && c.script() == Script::Latin;
    c.is_alphabetic()
        && !c.is_ascii()
        && !is_familiar(c)
        && (!is_look_alike(c) || (c.script() == Script::Cyrillic && skeleton(text).all(model)))
}

/// Whether a character after this one makes a command of a CI system: `::` (GitHub Actions), `##[` and `##vso[` (Azure Pipelines), `##teamcity[`.
const fn is_command(before: char, c: char) -> bool {
    matches!((before, c), (':', ':') | ('#', '#'))
}

/// Text for a terminal or a CI log: one line, nothing invisible, no command of a CI system (`::`, `##`) anywhere.
#[must_use]
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    let plain = text.is_ascii() || !text.chars().any(|c| is_hidden(c) || is_look_alike(c));
    if plain && !text.chars().any(char::is_control) && !text.contains("::") && !text.contains("##")
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = '\0';
    let mut alike = true;
    for (at, c) in text.char_indices() {
        // At the start of each word, and for what is in none.
        if c.is_alphanumeric() && !before.is_alphanumeric() {
            alike = may_be_misread(text.get(at..).unwrap_or_default());
        } else if !c.is_alphanumeric() {
            alike = true;
        }
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_hidden(c) || is_command(before, c) || (alike && is_look_alike(c)) => {
                // Writing to a String cannot go wrong.
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
        before = c;
    }
    Cow::Owned(out)
}

/// A text with colours and line ends of its own, in which words that were typed stand: no command of a CI system is left in it.
#[must_use]
pub fn without_commands(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = '\0';
    for c in text.chars() {
        if is_command(before, c) {
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

/// Whether the word at the start of a text may be taken for another one. It is read for what it is only if all of it is of one script that is not ours, and
/// a letter in it looks like no other: `база` is, `оса` may be the Latin one.
fn may_be_misread(text: &str) -> bool {
    let end = text
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default();
    word.contains(|c: char| c.is_ascii_alphabetic() || is_familiar(c))
        || !word.is_single_script()
        || !word.contains(is_foreign)
}

/// JSON on one line, with the same characters escaped: for a log, one entry a line.
///
/// # Errors
/// When the value is no JSON.
pub(crate) fn json_line(value: &impl serde::Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string(value)?;
    let mut out = String::with_capacity(text.len() + 1);
    let mut units = [0; 2];
    for c in text.chars() {
        // Outside of strings there are none of them.
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot go wrong.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    Ok(out)
}

/// Writes JSON strings with the same characters escaped: the value is the same for every reader, but the text on a CI log is harmless.
#[derive(Debug, Default)]
pub(crate) struct JsonFormatter {
    pretty: serde_json::ser::PrettyFormatter<'static>,
}

impl serde_json::ser::Formatter for JsonFormatter {
    fn write_string_fragment<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        let mut before = '\0';
        let mut units = [0; 2];
        for c in fragment.chars() {
            if is_hidden(c) || is_command(before, c) {
                for unit in c.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                write!(writer, "{c}")?;
            }
            before = c;
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.pretty.begin_array(writer)
    }

    fn end_array<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
    ) -> std::io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.pretty.begin_object(writer)
    }

    fn end_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
    ) -> std::io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
    ) -> std::io::Result<()> {
        self.pretty.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_general_category::{GeneralCategory, get_general_category};

    /// Default_Ignorable_Code_Point, line by line, and the one that is drawn without a dot.
    const IGNORABLE: [std::ops::RangeInclusive<char>; 18] = [
        '\u{ad}'..='\u{ad}',
        '\u{34f}'..='\u{34f}',
        '\u{61c}'..='\u{61c}',
        '\u{115f}'..='\u{1160}',
        '\u{17b4}'..='\u{17b5}',
        '\u{180b}'..='\u{180f}',
        '\u{200b}'..='\u{200f}',
        '\u{202a}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{3164}'..='\u{3164}',
        '\u{fe00}'..='\u{fe0f}',
        '\u{feff}'..='\u{feff}',
        '\u{ffa0}'..='\u{ffa0}',
        '\u{fff0}'..='\u{fff8}',
        '\u{1bca0}'..='\u{1bca3}',
        '\u{1d173}'..='\u{1d17a}',
        '\u{e0000}'..='\u{e0fff}',
        '\u{2800}'..='\u{2800}',
    ];

    #[test]
    fn keys_that_look_alike_are_told_apart() {
        for (one, other) in [
            ("prod", "prod\u{fe0f}"),
            (
                "prod",
                "prod\u{34f}\u{115f}\u{3164}\u{e0101}\u{2800}\u{17b4}",
            ),
            ("a b", "a\u{a0}b"),
            ("a b", "a\u{2003}b"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("prod", "pr\u{43e}d"),
            ("prod", "\u{ff50}rod"),
            ("paypal", "р\u{430}у\u{440}\u{430}l"),
            ("paypal", "\u{440}\u{430}\u{443}\u{440}\u{430}\u{4cf}"),
            ("cop", "\u{441}\u{43e}\u{440}"),
            ("a-b", "a\u{2010}b"),
            ("a/b", "a\u{2044}b"),
            ("prod.eu", "prod\u{a4f8}eu"),
            ("\u{393}", "\u{413}"),
            ("\u{3c1}", "\u{440}"),
            ("1", "\u{661}"),
            ("IV", "\u{2163}"),
            ("\u{431}\u{430}\u{437}\u{430}", "6a\u{25c}a"),
            ("\u{43a}\u{43e}\u{434}", "\u{3ba}\u{3bf}\u{434}"),
            ("\u{43a}\u{43e}", "\u{3ba}\u{3bf}"),
            ("\u{3c0}\u{3bf}", "\u{43f}\u{43e}"),
        ] {
            let seen = |text: &str| {
                line(text)
                    .chars()
                    .filter(|c| !is_invisible(*c) && !is_mark(*c))
                    .collect::<String>()
            };
            let drawn = |text: &str| skeleton(&line(text)).collect::<String>();
            assert_ne!(seen(one), seen(other), "{one:?} {other:?}");
            assert_ne!(drawn(one), drawn(other), "{one:?} {other:?}");
            assert_eq!(
                seen(other),
                line(other),
                "nothing of it is left that is not seen"
            );
        }
    }

    #[test]
    fn invisible_is_what_unicode_says() {
        for c in '\0'..=char::MAX {
            let class = get_general_category(c);
            let expected = matches!(
                class,
                GeneralCategory::Control
                    | GeneralCategory::Format
                    | GeneralCategory::LineSeparator
                    | GeneralCategory::ParagraphSeparator
                    | GeneralCategory::SpaceSeparator
            );
            let expected =
                (expected && c != ' ') || IGNORABLE.iter().any(|range| range.contains(&c));
            assert_eq!(is_invisible(c), expected, "U+{:04X}", c as u32);
        }
    }

    #[test]
    fn commands_of_ci_systems_are_broken_up() {
        for text in [
            "::error::x",
            "a ::add-mask::b",
            "##[error]x",
            "##vso[task.setvariable]",
            "##teamcity[setParameter name='env.X' value='y']",
            "x ##teamcity[",
            "#####teamcity[",
            ":::",
            "###[x",
            "fe80::1",
        ] {
            let shown = line(text);
            assert!(
                !shown.contains("::") && !shown.contains("##"),
                "{text} -> {shown}"
            );
            let mut out = Vec::new();
            let mut to = serde_json::Serializer::with_formatter(&mut out, JsonFormatter::default());
            serde::Serialize::serialize(text, &mut to).unwrap_or_else(|error| panic!("{error}"));
            let json = String::from_utf8_lossy(&out);
            assert!(
                !json.contains("::") && !json.contains("##"),
                "{text} -> {json}"
            );
            assert_eq!(
                serde_json::from_str::<String>(&json).ok().as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn one_entry_a_line() {
        let text = json_line(&["a\n\u{202e}\u{2028}\u{e0001}\"b"])
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(text, "[\"a\\n\\u202e\\u2028\\udb40\\udc01\\\"b\"]\n");
        assert_eq!(
            serde_json::from_str::<Vec<String>>(&text).ok(),
            Some(vec!["a\n\u{202e}\u{2028}\u{e0001}\"b".to_owned()])
        );
    }

    #[test]
    fn words_of_other_scripts_stay_as_they_are() {
        for text in [
            "база данных",
            "team-база",
            "код",
            "πρόδος a",
            "über/Ω",
            "København",
            "Łódź",
            "データベース",
            "数据库",
            "데이터",
            "straße",
        ] {
            assert_eq!(line(text), text);
        }
        assert_eq!(line("pr\u{43e}d база"), "pr\\u{43e}d база");
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        assert!(matches!(
            line("aws_s3_bucket.team[\"über/x\"]"),
            Cow::Borrowed(_)
        ));
        assert_eq!(
            line("a\u{1b}[31mb\nc\u{202e}d"),
            "a\\u{1b}[31mb\\nc\\u{202e}d"
        );
    }
}
