//! Text for people that is broken between words.

use std::io::{self, Write};

use owo_colors::Style;

/// Writes an escaped text behind a label, folded at a width if there is one. A terminal would break it in the middle of a word.
///
/// # Errors
/// Those of the writer.
pub(super) fn folded(
    label: &str,
    style: Style,
    text: &str,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(width) = width else {
        return writeln!(out, "{}{text}", style.style(label));
    };
    let options =
        textwrap::Options::new(width.saturating_sub(label.len()).max(30)).break_words(false);
    let options = options
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    for (number, part) in textwrap::wrap(text, options).iter().enumerate() {
        if number == 0 {
            writeln!(out, "{}{part}", style.style(label))?;
        } else {
            writeln!(out, "{:at$}{part}", "", at = label.len())?;
        }
    }
    Ok(())
}
