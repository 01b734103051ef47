//! Running Terraform: its output is its own, and nothing that happens to the gate cuts an apply short.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::os::{self, Event, Signals};
use crate::ui::streams::Streams;

/// Stops that come this close together are one: `timeout` tells the process and then its whole group, and a service manager sends SIGHUP after SIGTERM.
const TOGETHER: Duration = Duration::from_secs(2);

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Ended {
    pub(super) fn well(self) -> bool {
        self == Self::Code(0)
    }

    pub(super) const fn code(self) -> Option<i32> {
        match self {
            Self::Code(code) => Some(code),
            Self::Signal(_) => None,
        }
    }

    pub(super) const fn signal(self) -> Option<i32> {
        match self {
            Self::Code(_) => None,
            Self::Signal(signal) => Some(signal),
        }
    }

    pub(super) fn words(self) -> String {
        match self {
            Self::Code(code) => format!("ended with exit code {code}"),
            Self::Signal(signal) => format!("was ended by signal {signal}"),
        }
    }
}

/// What Terraform is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// Making a plan: nothing is changed.
    Plan,
    /// Applying it.
    Apply,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) ended: Ended,
    /// Whether somebody asked for a stop in the meantime.
    pub(super) stopped: bool,
}

/// Starts a program and waits for its end, however long that takes.
///
/// In front of a terminal it stays in the gate's process group: Ctrl-C reaches it from the terminal itself. Without one it gets a group of its own, so that a stop
/// that is sent to the whole group reaches it once, handed on by the gate: a second one makes Terraform abort.
///
/// # Errors
/// When it cannot be started.
pub(super) fn run(
    command: &mut Command,
    doing: Doing,
    at_terminal: bool,
    signals: &mut Signals,
    streams: &mut Streams<'_>,
) -> std::io::Result<Run> {
    if !at_terminal {
        os::own_group(command);
    }
    let mut child = command.spawn()?;
    let (mut stopped, mut asked) = (false, None::<Instant>);
    loop {
        // It may have ended before its signal could be seen.
        if let Ok(Some(status)) = child.try_wait() {
            return Ok(Run {
                ended: ended(status),
                stopped,
            });
        }
        let event = match signals.wait(None) {
            Ok(event) => event,
            // Nothing can be waited for but the end.
            Err(_) => {
                return Ok(Run {
                    ended: child.wait().map_or(Ended::Code(-1), ended),
                    stopped,
                });
            }
        };
        let said = match event {
            Event::Child | Event::Typed => continue,
            // A closed terminal hangs up whoever writes to it, again and again.
            Event::HangUp if asked.is_some() => continue,
            Event::Terminate if asked.is_some_and(|asked| asked.elapsed() < TOGETHER) => continue,
            Event::Interrupt if at_terminal && doing == Doing::Plan => "Terraform stops planning",
            Event::Interrupt if !at_terminal => {
                "an interrupt is not passed on: send SIGTERM to stop"
            }
            Event::Interrupt if stopped => {
                "Terraform was interrupted again and aborts: check the state before anything else"
            }
            Event::Interrupt => {
                "Terraform stops as soon as it is safe. Wait: a second Ctrl-C aborts it, with the state half written"
            }
            Event::Quit => {
                "Terraform got a quit signal from the terminal; applygate waits until it ends"
            }
            Event::Terminate => "asked Terraform to stop: it finishes the current resources",
            Event::HangUp => {
                "the terminal is closed: asked Terraform to stop; it finishes the current resources"
            }
        };
        stopped = stopped || event != Event::Quit;
        if matches!(event, Event::Terminate | Event::HangUp) {
            asked = Some(Instant::now());
            os::ask_to_stop(&child);
        }
        let _ = writeln!(streams.err);
        let said = if streams.tofu {
            said.replace("Terraform", "OpenTofu")
        } else {
            said.to_owned()
        };
        let _ = streams.tell(&said);
        let _ = streams.err.flush();
    }
}

fn ended(status: std::process::ExitStatus) -> Ended {
    match (status.code(), os::ended_by(status)) {
        (Some(code), _) => Ended::Code(code),
        (None, Some(signal)) => Ended::Signal(signal),
        (None, None) => Ended::Code(-1),
    }
}
