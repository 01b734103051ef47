//! Where a run writes to: given from outside, so that commands can be run without a process.

use std::cell::Cell;
use std::io::{self, Write};

/// Where a run writes to.
pub struct Streams<'a> {
    /// Reports.
    pub out: &'a mut dyn Write,
    /// Whether whoever read the reports has gone.
    pub closed: &'a Cell<bool>,
    /// Errors.
    pub err: &'a mut dyn Write,
    /// Columns for people.
    pub width: usize,
    /// Columns for errors: none where they go to a file or a log, in which a message is found by its line.
    pub err_width: Option<usize>,
}

impl Streams<'_> {
    /// Says what is wrong, and what to type instead.
    ///
    /// # Errors
    /// Those of the stream.
    pub(crate) fn refuse(&mut self, what: &str, help: &str) -> io::Result<()> {
        self.folded("error: ", what)?;
        self.folded("  help: ", help)
    }

    /// Says what the gate does, between the lines of the program that it runs.
    ///
    /// # Errors
    /// Those of the stream.
    pub(crate) fn tell(&mut self, text: &str) -> io::Result<()> {
        self.folded("applygate: ", text)
    }

    /// An escaped text behind a label. A terminal would break it in the middle of a word.
    fn folded(&mut self, label: &str, text: &str) -> io::Result<()> {
        let Some(width) = self.err_width else {
            return writeln!(self.err, "{label}{text}");
        };
        let options =
            textwrap::Options::new(width.saturating_sub(label.len()).max(30)).break_words(false);
        let options = options
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        for (number, part) in textwrap::wrap(text, options).iter().enumerate() {
            writeln!(
                self.err,
                "{:at$}{part}",
                if number == 0 { label } else { "" },
                at = label.len()
            )?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams")
            .field("width", &self.width)
            .finish_non_exhaustive()
    }
}
