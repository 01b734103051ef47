//! Systems where the terminal and signals are not supported yet: there is no terminal to ask on, and nothing is run.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use super::Event;

/// A terminal that is never there.
#[derive(Debug)]
pub enum Terminal {}

impl Terminal {
    /// None.
    #[must_use]
    pub const fn open() -> Option<Self> {
        None
    }

    /// Never called.
    #[must_use]
    pub const fn is_in_front(&self) -> bool {
        match *self {}
    }

    /// Never called.
    pub const fn forget(&mut self) {
        match *self {}
    }
}

impl Read for Terminal {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }
}

impl Write for Terminal {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match *self {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match *self {}
    }
}

/// Signals that cannot be waited for.
#[derive(Debug)]
pub enum Signals {}

impl Signals {
    /// Refuses: an apply that cannot be kept from being interrupted is not begun.
    ///
    /// # Errors
    /// Always.
    pub fn take() -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "applygate apply does not work on this system yet",
        ))
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn wait(&mut self, _: Option<&Terminal>) -> io::Result<Event> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn pending(&mut self) -> io::Result<Option<Event>> {
        match *self {}
    }
}

/// Does nothing.
pub const fn ask_to_stop(_: &Child) {}

/// Does nothing.
pub const fn own_group(_: &mut Command) {}

/// The command as it is.
#[must_use]
pub fn shielded(program: &Path) -> Command {
    Command::new(program)
}

/// Not known.
#[must_use]
pub const fn ended_by(_: ExitStatus) -> Option<i32> {
    None
}

/// Not known.
#[must_use]
pub const fn user() -> Option<u32> {
    None
}

/// From the environment.
#[must_use]
pub fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

/// Not known, so no.
#[must_use]
pub const fn is_mine(_: &Path) -> bool {
    false
}

/// Not known, so no.
///
/// # Errors
/// Never.
pub const fn lock(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// Makes files and directories.
pub mod private {
    use super::{DirBuilder, File, OpenOptions, Path, io};

    /// Makes a directory that is not there yet.
    ///
    /// # Errors
    /// Those of the system.
    pub fn dir(path: &Path) -> io::Result<()> {
        DirBuilder::new().create(path)
    }

    /// Makes a file that is not there yet.
    ///
    /// # Errors
    /// Those of the system.
    pub fn file(path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path)
    }
}
