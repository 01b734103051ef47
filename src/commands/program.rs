//! Terraform or OpenTofu as a program: which one is run, and what it says when it is asked.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, ExitStatus, Stdio};

use crate::os::program;
use crate::os::{Event, Signals};
use crate::plan::saved::{Backend, State, is_saved, read_state};
use crate::plan::{Document, Pulled, Writer};
use crate::state::{directory, selected_workspace};
use crate::ui::problem::Problem;
use crate::ui::refusal::Why;

/// The largest state, and the largest plan that is shown, in bytes.
const MOST: u64 = 2 << 30;

/// Whether it is a plan that only OpenTofu can read, with a key.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    !is_saved(bytes)
        && Document::open(bytes)
            .and_then(|document| document.plans().map(|_| ()))
            .is_err_and(|refusal| refusal.why == Why::Encrypted)
}

/// Where a program was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Flag,
    Variable,
}

impl Named {
    const fn word(self) -> &'static str {
        match self {
            Self::Flag => "--terraform",
            Self::Variable => "APPLYGATE_TERRAFORM",
        }
    }
}

/// The program as an absolute path: the one that the user named, or the one on the PATH that fits who wrote the plan.
///
/// # Errors
/// When there is none.
pub(super) fn locate(named: Option<(&Path, Named)>, writer: Writer) -> Result<PathBuf, Problem> {
    let help = "give its path: --terraform /usr/local/bin/terraform";
    match named {
        Some((path, by)) if path.components().count() > 1 => {
            // A link keeps its name: version managers tell by it what they stand for.
            let found = std::path::absolute(path).ok().filter(|path| path.is_file());
            found.ok_or_else(|| {
                let what = format!("{}: there is no file {}", by.word(), path.display());
                Problem::new(what, help)
            })
        }
        Some((name, by)) => {
            let found = name.to_str().and_then(program::find);
            found.ok_or_else(|| {
                let what = format!("{}: there is no {} on the PATH", by.word(), name.display());
                Problem::new(what, help)
            })
        }
        None => {
            let names = if writer == Writer::OpenTofu {
                ["tofu", "terraform"]
            } else {
                ["terraform", "tofu"]
            };
            names.into_iter().find_map(program::find).ok_or_else(|| {
                Problem::new("there is neither terraform nor tofu on the PATH", help)
            })
        }
    }
}

/// Which of the two a program is, by its name; a wrapper's tells nothing.
pub(super) fn kind(program: &Path) -> Writer {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    if name.contains("tofu") {
        Writer::OpenTofu
    } else if name.contains("terraform") {
        Writer::Terraform
    } else {
        Writer::Unknown
    }
}

/// What a program is called in a message of ours, as it is.
pub(super) fn name(program: &Path) -> String {
    let name = program.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// How a question to a program ended.
enum Answer<T> {
    /// It ended by itself.
    Ended(ExitStatus, T),
    /// It does not start, or its end cannot be seen.
    Failed,
    /// Somebody asked for an end.
    Interrupted,
}

/// Runs a program that only reads, and takes what it prints: nothing of that touches a disk.
fn ask<T: Send + 'static>(
    program: &Path,
    chdir: Option<&OsStr>,
    args: &[&OsStr],
    told: bool,
    signals: Option<&mut Signals>,
    read: impl FnOnce(ChildStdout) -> T + Send + 'static,
) -> Answer<T> {
    let child = Command::new(program)
        .args(chdir)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(if told {
            Stdio::inherit()
        } else {
            Stdio::null()
        })
        // A log on a file could hold the state.
        .env_remove("TF_LOG")
        .env_remove("TF_LOG_CORE")
        .env_remove("TF_LOG_PROVIDER")
        // Words for an apply are none for this.
        .env_remove("TF_CLI_ARGS")
        .env_remove("TF_CLI_ARGS_show")
        .env_remove("TF_CLI_ARGS_state")
        .env_remove("TF_CLI_ARGS_state_pull")
        .spawn();
    let Ok(mut child) = child else {
        return Answer::Failed;
    };
    let Some(out) = child.stdout.take() else {
        return Answer::Failed;
    };
    let reader = std::thread::spawn(move || read(out));
    let status = match signals {
        None => child.wait(),
        Some(signals) => loop {
            match child.try_wait() {
                Ok(None) => {}
                Ok(Some(status)) => break Ok(status),
                Err(error) => break Err(error),
            }
            if !matches!(signals.wait(None), Ok(Event::Child)) {
                // It only reads. What it has started itself may go on and hold the pipe, so nobody waits for the reader.
                let _ = child.kill();
                let _ = child.wait();
                return Answer::Interrupted;
            }
        },
    };
    match (status, reader.join()) {
        (Ok(status), Ok(read)) => Answer::Ended(status, read),
        _ => Answer::Failed,
    }
}

/// The state that a program prints; one without anything where it prints nothing: there is none yet.
fn printed(out: ChildStdout) -> Option<State> {
    let mut out = out.take(MOST);
    let mut first = [0];
    match out.read(&mut first) {
        Ok(0) => Some(State::default()),
        Ok(_) => read_state(first.chain(out)).ok(),
        Err(_) => None,
    }
}

/// The state as the backend has it now; `None` when the program does not say.
///
/// # Errors
/// When somebody asks for an end before it does: a backend may hang.
pub(super) fn pull(
    program: &Path,
    chdir: Option<&OsStr>,
    signals: &mut Signals,
) -> Result<Option<State>, Unanswered> {
    let words = [OsStr::new("state"), OsStr::new("pull")];
    match ask(program, chdir, &words, false, Some(signals), printed) {
        Answer::Ended(status, read) => Ok(read.filter(|_| status.success())),
        Answer::Failed => Ok(None),
        Answer::Interrupted => Err(Unanswered::Interrupted),
    }
}

/// Why a program did not answer.
pub(super) enum Unanswered {
    /// Somebody asked for an end.
    Interrupted,
    /// Something is wrong, which the program may have told itself.
    Wrong(Problem),
}

/// The state of a directory for a plan that does not say which one it is for: what the program pulls, in the workspace that is selected, from the backend
/// that the directory is set up for.
pub(super) fn state_of(
    program: &Path,
    dir: &Path,
    chdir: Option<&OsStr>,
    signals: Option<&mut Signals>,
) -> Result<Pulled, Unanswered> {
    let words = [OsStr::new("state"), OsStr::new("pull")];
    let what = format!("{} state pull", name(program));
    match ask(program, chdir, &words, true, signals, printed) {
        Answer::Interrupted => Err(Unanswered::Interrupted),
        Answer::Ended(status, Some(state)) if status.success() => Ok(Pulled {
            backend: directory::recorded_backend(dir).unwrap_or_else(|| Backend {
                kind: "local".to_owned(),
                ..Backend::default()
            }),
            workspace: selected_workspace(dir),
            state,
        }),
        Answer::Ended(status, None) if status.success() => Err(Unanswered::Wrong(Problem::new(
            format!("{what} does not print a readable state"),
            "without the state nobody knows what the plan is for",
        ))),
        Answer::Ended(..) => Err(Unanswered::Wrong(Problem::new(
            format!("{what} fails"),
            "its message is above; without the state nobody knows what the plan is for",
        ))),
        Answer::Failed => Err(Unanswered::Wrong(not_run(program, &what))),
    }
}

/// What the program shows of a plan file as JSON, for a file that it alone can read. It stays in memory: an encrypted plan is not to be found in clear on a disk.
pub(super) fn show(
    program: &Path,
    chdir: Option<&OsStr>,
    file: &Path,
    signals: &mut Signals,
) -> Result<Vec<u8>, Unanswered> {
    let words = ["show", "-json", "-no-color"].map(OsString::from);
    let mut words: Vec<&OsStr> = words.iter().map(OsString::as_os_str).collect();
    words.push(file.as_os_str());
    let read = |out: ChildStdout| {
        let mut bytes = Vec::new();
        let whole = out.take(MOST + 1).read_to_end(&mut bytes).is_ok();
        (whole && bytes.len() as u64 <= MOST).then_some(bytes)
    };
    let what = format!("{} show -json", name(program));
    match ask(program, chdir, &words, true, Some(signals), read) {
        Answer::Interrupted => Err(Unanswered::Interrupted),
        Answer::Ended(status, Some(bytes)) if status.success() => Ok(bytes),
        Answer::Ended(status, None) if status.success() => Err(Unanswered::Wrong(Problem::bare(
            format!("{what} prints more than 2 GiB"),
        ))),
        Answer::Ended(..) => Err(Unanswered::Wrong(Problem::new(
            format!("{what} cannot read the encrypted plan"),
            "its message is above; it needs the encryption settings and key of the plan (the encryption block, TF_ENCRYPTION, or their variables)",
        ))),
        Answer::Failed => Err(Unanswered::Wrong(not_run(program, &what))),
    }
}

fn not_run(program: &Path, what: &str) -> Problem {
    Problem::new(
        format!("{what} does not start"),
        format!("{} must be an executable program", program.display()),
    )
}
