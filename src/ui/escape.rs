//! The only home of escaping. Everything from a plan is hostile text: an address can hold terminal controls, text that runs backwards,
//! or a command for the CI system that prints it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters that change how text is shown and not what it says: Unicode classes Cc, Cf, Zl and Zp.
/// Source: <https://www.unicode.org/Public/17.0.0/ucd/extracted/DerivedGeneralCategory.txt>; a test compares with a crate's tables.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c as u32,
            0x00AD
                | 0x0600..=0x0605
                | 0x061C
                | 0x06DD
                | 0x070F
                | 0x0890..=0x0891
                | 0x08E2
                | 0x180E
                | 0x200B..=0x200F
                | 0x2028..=0x202E
                | 0x2060..=0x2064
                | 0x2066..=0x206F
                | 0xFEFF
                | 0xFFF9..=0xFFFB
                | 0x1_10BD
                | 0x1_10CD
                | 0x1_3430..=0x1_343F
                | 0x1_BCA0..=0x1_BCA3
                | 0x1_D173..=0x1_D17A
                | 0xE_0001
                | 0xE_0020..=0xE_007F
        )
}

/// Text for a terminal or a CI log: one line, nothing invisible, no workflow command (`::`, `##[`, `##vso[`) anywhere.
#[must_use]
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    let harmless = !text.chars().any(is_invisible)
        && !text.contains("::")
        && !text.contains("##[")
        && !text.contains("##vso[");
    if harmless {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = '\0';
    for (at, c) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        let command = (c == ':' && before == ':')
            || (c == '#' && (rest.starts_with("#[") || rest.starts_with("#vso[")) && before == '#');
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_invisible(c) || command => {
                // Writing to a String cannot go wrong.
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
        before = c;
    }
    Cow::Owned(out)
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
        if is_invisible(c) {
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
        for (at, c) in fragment.char_indices() {
            let rest = fragment.get(at..).unwrap_or_default();
            let command = (c == ':' && before == ':')
                || (c == '#'
                    && before == '#'
                    && (rest.starts_with("#[") || rest.starts_with("#vso[")));
            if is_invisible(c) || command {
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
            );
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
            ":::",
            "###[x",
            "fe80::1",
        ] {
            let shown = line(text);
            assert!(
                !shown.contains("::") && !shown.contains("##[") && !shown.contains("##vso["),
                "{text} -> {shown}"
            );
            let mut out = Vec::new();
            let mut to = serde_json::Serializer::with_formatter(&mut out, JsonFormatter::default());
            serde::Serialize::serialize(text, &mut to).unwrap_or_else(|error| panic!("{error}"));
            let json = String::from_utf8_lossy(&out);
            assert!(
                !json.contains("::") && !json.contains("##[") && !json.contains("##vso["),
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
    fn plain_text_stays_as_it_is() {
        assert!(matches!(
            line("aws_s3_bucket.team[\"über/Ω\"]"),
            Cow::Borrowed(_)
        ));
        assert_eq!(
            line("a\u{1b}[31mb\nc\u{202e}d"),
            "a\\u{1b}[31mb\\nc\\u{202e}d"
        );
    }
}
