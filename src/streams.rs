//! Where a run writes to: given from outside, so that commands can be run without a process.

use std::cell::Cell;
use std::io::Write;

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
}

impl std::fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams").field("width", &self.width).finish_non_exhaustive()
    }
}
