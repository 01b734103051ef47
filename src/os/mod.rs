//! What differs between systems when a program is run in front of a person: the terminal, signals, and who the user is. Nothing else in the project does.

pub(crate) mod atomic;
pub(crate) mod digest;
pub(crate) mod program;
#[cfg(unix)]
mod unix;

#[cfg(unix)]
pub(crate) use unix::{
    Signals, Terminal, ask_to_stop, ended_by, host, is_mine, is_safe, lock, open_log, open_plain,
    own_group, private, sealed, shielded, user,
};

/// Something that the gate waits for.
#[cfg(unix)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The terminal has something to read.
    Typed,
    /// An interrupt from the keyboard (Ctrl-C).
    Interrupt,
    /// Ctrl-\.
    Quit,
    /// Somebody asks the process to end.
    Terminate,
    /// The terminal or the session is gone.
    HangUp,
    /// The child may have ended.
    Child,
}
