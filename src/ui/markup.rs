//! Escaping for Markdown, HTML and XML: what comes from a plan is text there and nothing else. Built on [`super::escape::line`], so that nothing invisible
//! and no command of a CI system is left either.

use std::fmt::Write as _;

use super::escape::line;

/// Text between tags of HTML or XML, and in a quoted attribute.
#[must_use]
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No characters of XML.
            '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// A name in Markdown: an address, a command. It is code, so that no mention, link, reference or emphasis is made of it; it holds in a table as well.
#[must_use]
pub(crate) fn code(name: &str) -> String {
    let name = line(name);
    // In a span of backticks these end the span, a cell of a table, or an HTML block around it; the last is what a blank at the edges is taken for.
    let plain = !name.contains(['`', '|', '\\', '<', '&'])
        && !name.starts_with(' ')
        && !name.ends_with(' ')
        && !name.is_empty();
    if plain {
        return format!("`{name}`");
    }
    let mut out = String::with_capacity(name.len() * 2 + 13);
    out.push_str("<code>");
    for c in name.chars() {
        if c.is_ascii_punctuation() {
            // Writing to a String cannot go wrong.
            let _ = write!(out, "&#{};", c as u32);
        } else {
            out.push(c);
        }
    }
    out.push_str("</code>");
    out
}

/// A sentence in Markdown: words as they are, and as code whatever Markdown, or the site that shows it, could make something of.
#[must_use]
pub(crate) fn prose(sentence: &str) -> String {
    let sentence = line(sentence);
    let mut out = String::with_capacity(sentence.len() + 16);
    for (at, word) in sentence.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let name = word.trim_start_matches(['(', '"']);
        let start = word.get(..word.len() - name.len()).unwrap_or_default();
        let name_only = name.trim_end_matches([')', '"', ',', '.', ';', ':', '?']);
        let end = name.get(name_only.len()..).unwrap_or_default();
        if name_only == "->" {
            out.push('→');
        } else if is_word(name_only) {
            out.push_str(word);
        } else {
            let _ = write!(out, "{start}{}{end}", code(name_only));
        }
    }
    out
}

/// Whether nothing is made of it: letters and digits, with a few signs between them.
fn is_word(name: &str) -> bool {
    let plain = |c: char| {
        c.is_alphanumeric() || matches!(c, '-' | '/' | '.' | ',' | '\'' | '=' | '·' | '…' | '×')
    };
    let edge = name.starts_with(['/', '.']) || name.to_ascii_lowercase().contains("www.");
    name.is_empty()
        || matches!(name, "=" | "-" | "·" | "/" | "%")
        || (!edge && name.chars().all(plain) && !(name.contains('.') && name.contains('/')))
        || name
            .strip_suffix('%')
            .is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
}

/// The start and the end of a text that is longer than this, with a mark between them: the end of an address is what it is about.
#[must_use]
pub(crate) fn middle_out(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let start = most / 3;
    let end = most.saturating_sub(start + 1);
    let head: String = text.chars().take(start).collect();
    let tail: String = text.chars().skip(count - end).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_made_of_a_name() {
        for (name, wanted) in [
            (
                "module.a[\"x\"].aws_s3_bucket.b",
                "`module.a[\"x\"].aws_s3_bucket.b`",
            ),
            ("a`b", "<code>a&#96;b</code>"),
            ("a|b", "<code>a&#124;b</code>"),
            ("<script>", "<code>&#60;script&#62;</code>"),
            (" a", "<code> a</code>"),
            ("", "<code></code>"),
            ("\u{202e}", "<code>&#92;u&#123;202e&#125;</code>"),
            ("a\nb", "<code>a&#92;nb</code>"),
        ] {
            assert_eq!(code(name), wanted);
        }
    }

    #[test]
    fn words_stay_and_the_rest_is_code() {
        for (sentence, wanted) in [
            (
                "the database with all its data, and 30 % of it (for good)",
                "the database with all its data, and 30 % of it (for good)",
            ),
            ("skip_final_snapshot = true", "`skip_final_snapshot` = true"),
            ("retention: 14 -> 0", "retention: 14 → 0"),
            ("see @team, or #12", "see `@team`, or `#12`"),
            ("at https://x.example.", "at `https://x.example`."),
            ("at www.example.org", "at `www.example.org`"),
            ("at x.example/a", "at `x.example/a`"),
            (
                "[a](b) **c** `d`",
                "`[a](b`) `**c**` <code>&#96;d&#96;</code>",
            ),
            (
                ":tada: a:b !1 $2 ~x /close",
                "`:tada`: `a:b` `!1` `$2` `~x` `/close`",
            ),
            ("- 1. x", "- 1. x"),
        ] {
            assert_eq!(prose(sentence), wanted);
        }
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(middle_out("abcdefghij", 10), "abcdefghij");
        assert_eq!(middle_out("abcdefghij", 7), "ab…ghij");
    }

    #[test]
    fn text_of_html() {
        assert_eq!(
            text("<a b='c'>&\"]]>"),
            "&lt;a b=&#39;c&#39;&gt;&amp;&quot;]]&gt;"
        );
    }
}
