//! A sign of life while something takes long: one line on a terminal's standard error, gone before anything else is written there.

use std::io::{self, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the line is written anew.
const PACE: Duration = Duration::from_millis(250);

/// Shows that work goes on, until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Starts it, where standard error is a terminal of this width. `what` is our own text or escaped.
    #[must_use]
    pub(crate) fn start(what: String, width: Option<usize>) -> Self {
        let Some(width) = width else {
            return Self(None);
        };
        let (end, ended) = channel();
        let started = Instant::now();
        let show = move || {
            let mut shown = 0;
            let mut wait = PATIENCE;
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let text = format!("{what}, {} s", started.elapsed().as_secs());
                let text: String = text.chars().take(width.saturating_sub(1)).collect();
                if write(&format!("\r{text}")).is_ok() {
                    shown = text.chars().count();
                }
                wait = PACE;
            }
            if shown > 0 {
                // Blanks, which every terminal knows.
                let _ = write(&format!("\r{:shown$}\r", ""));
            }
        };
        // Without a thread there is no line, and the work goes on.
        let thread = std::thread::Builder::new().spawn(show);
        Self(thread.ok().map(|thread| (end, thread)))
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut err = io::stderr().lock();
    err.write_all(text.as_bytes())?;
    err.flush()
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.0.take() {
            drop(end);
            let _ = thread.join();
        }
    }
}
