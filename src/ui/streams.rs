//! Where a run writes to: given from outside, so that commands can be run without a process.

use std::cell::Cell;
use std::io::{self, Write};

use owo_colors::Style;

use super::problem::Problem;
use super::style::Styles;
use super::words::for_tofu;
use super::wrap::folded;

/// Where a run writes to.
pub struct Streams<'a> {
    /// Reports.
    pub out: &'a mut dyn Write,
    /// Whether whoever read the reports has gone.
    pub closed: &'a Cell<bool>,
    /// Errors.
    pub err: &'a mut dyn Write,
    /// How reports look.
    pub styles: Styles,
    /// How errors look.
    pub err_styles: Styles,
    /// Columns for people.
    pub width: usize,
    /// Columns for errors: none where they go to a file or a log, in which a message is found by its line.
    pub err_width: Option<usize>,
    /// Whether the program of this run is OpenTofu: its commands have another name.
    pub tofu: bool,
}

impl Streams<'_> {
    /// Says what is wrong, and what to do instead.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn refuse(&mut self, problem: &Problem) -> io::Result<()> {
        let spelled = self.tofu.then(|| problem.clone().spelled(for_tofu));
        let problem = spelled.as_ref().unwrap_or(problem);
        problem.write(self.width, self.err_width, &self.err_styles, self.err)
    }

    /// Says what the gate does, between the lines of the program that it runs.
    ///
    /// # Errors
    /// Those of the stream.
    pub(crate) fn tell(&mut self, text: &str) -> io::Result<()> {
        let text = if self.tofu {
            for_tofu(text)
        } else {
            text.into()
        };
        let mut whole = Vec::new();
        folded(
            "applygate: ",
            Style::new(),
            &text,
            self.err_width,
            &mut whole,
        )?;
        // At once: the program that runs writes to the same terminal.
        self.err.write_all(&whole)
    }
}

impl std::fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams")
            .field("width", &self.width)
            .finish_non_exhaustive()
    }
}
