//! Windows and whatever else is no Unix: nothing is applied there yet, so nobody takes signals.

use std::convert::Infallible;
use std::io;

use super::Event;

/// The signals of this process, which nobody takes here.
#[derive(Debug)]
pub(crate) struct Signals(Infallible);

impl Signals {
    /// Waits for one.
    pub(crate) fn wait(&mut self, _: Option<Infallible>) -> io::Result<Event> {
        match self.0 {}
    }
}
