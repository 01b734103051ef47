//! Linux, macOS and the other Unix systems.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::{QueueSelector, tcflush, tcgetpgrp};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::Event;

/// The terminal itself, whatever standard input and output are.
#[derive(Debug)]
pub(crate) struct Terminal(File);

impl Terminal {
    /// The controlling terminal of this process, if it has one.
    #[must_use]
    pub(crate) fn open() -> Option<Self> {
        File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .ok()
            .map(Self)
    }

    /// Whether this process is in the terminal's foreground group: then Ctrl-C and what is sent to the group reach its children as well. `timeout` and `&`
    /// run it in the background.
    #[must_use]
    pub(crate) fn is_in_front(&self) -> bool {
        tcgetpgrp(&self.0).is_ok_and(|front| front == getpgrp())
    }

    /// Forgets what was typed and not read.
    pub(crate) fn forget(&mut self) {
        // A terminal that is gone has nothing to forget.
        let _ = tcflush(&self.0, QueueSelector::IFlush);
    }
}

impl Read for Terminal {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes)
    }
}

impl Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// How long a child may have ended unnoticed: whoever started this process may have left SIGCHLD blocked.
const LOOK_AGAIN: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

/// Signals that came, each through a pipe of its own, so that one place can wait for them, for the terminal and for the child.
#[derive(Debug)]
pub(crate) struct Signals(Vec<(Event, UnixStream)>);

impl Signals {
    /// Takes the signals over. What the process was started to ignore (`nohup`) it goes on ignoring, and so does its child.
    ///
    /// # Errors
    /// When the system gives no pipe.
    pub(crate) fn take() -> io::Result<Self> {
        let ignored = ignored();
        let all = [
            (Event::Child, SIGCHLD),
            (Event::Terminate, SIGTERM),
            (Event::HangUp, SIGHUP),
            (Event::Interrupt, SIGINT),
            (Event::Quit, SIGQUIT),
        ];
        let mut pipes = Vec::new();
        for (event, signal) in all {
            if event != Event::Child && ignored & (1 << (signal - 1)) != 0 {
                continue;
            }
            let (read, write) = UnixStream::pair()?;
            read.set_nonblocking(true)?;
            signal_hook::low_level::pipe::register(signal, write)?;
            pipes.push((event, read));
        }
        Ok(Self(pipes))
    }

    /// Waits until something comes.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn wait(&mut self, terminal: Option<&Terminal>) -> io::Result<Event> {
        loop {
            if let Some(event) = self.pending()? {
                return Ok(event);
            }
            let mut waiting: Vec<PollFd<'_>> = self
                .0
                .iter()
                .map(|(_, pipe)| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN))
                .collect();
            if let Some(terminal) = terminal {
                waiting.push(PollFd::from_borrowed_fd(terminal.0.as_fd(), PollFlags::IN));
            }
            match poll(&mut waiting, terminal.is_none().then_some(&LOOK_AGAIN)) {
                Ok(0) if terminal.is_none() => return Ok(Event::Child),
                // A signal broke the waiting: it is in its pipe by now.
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let typed = terminal.is_some()
                && waiting
                    .last()
                    .is_some_and(|terminal| !terminal.revents().is_empty());
            drop(waiting);
            match self.pending()? {
                Some(event) => return Ok(event),
                None if typed => return Ok(Event::Typed),
                None => {}
            }
        }
    }

    /// What has come by now. Several of one kind count once, as the system itself does.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn pending(&mut self) -> io::Result<Option<Event>> {
        for (event, pipe) in &mut self.0 {
            match pipe.read(&mut [0; 64]) {
                Ok(0) => {}
                Ok(_) => return Ok(Some(*event)),
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// The signals that this process was started to ignore, one bit each. Only Linux tells without unsafe code; elsewhere none.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

/// Asks the child to stop. A hang-up is handed on as this too: Terraform does not catch that one, and would die of it on the spot.
pub(crate) fn ask_to_stop(child: &Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may have ended in the meantime: then there is nothing to tell it.
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// Starts the child in a process group of its own: what is sent to the gate's whole group then reaches it once, through the gate, and not twice.
pub(crate) fn own_group(command: &mut Command) {
    command.process_group(0);
}

/// A command that a closed terminal does not kill: what is ignored when a program starts it goes on ignoring (as with `nohup`), and so do its own children.
/// Only a shell can set that without unsafe code; where there is none, the program is run as it is.
#[must_use]
pub(crate) fn shielded(program: &Path) -> Command {
    let shell = Path::new("/bin/sh");
    if !shell.exists() {
        return Command::new(program);
    }
    let mut command = Command::new(shell);
    command
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\""])
        .arg(program);
    command
}

/// The signal that ended a process.
#[must_use]
pub(crate) fn ended_by(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// The user's number, if the system has such numbers.
#[must_use]
pub(crate) fn user() -> Option<u32> {
    Some(rustix::process::getuid().as_raw())
}

/// The machine's name.
#[must_use]
pub(crate) fn host() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// Whether a directory is a directory, not a link to one, of this user.
#[must_use]
pub(crate) fn is_mine(dir: &Path) -> bool {
    std::fs::symlink_metadata(dir).is_ok_and(|meta| meta.is_dir() && Some(meta.uid()) == user())
}

/// Takes a lock on a file that holds until it is closed or the process ends; `false` when another holds it.
///
/// # Errors
/// Those of the system.
pub(crate) fn lock(file: &File) -> io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Opens a file to read it, if it is one and no link. Nothing is waited for: a pipe that lies there has perhaps nobody who writes to it.
///
/// # Errors
/// Those of the system, and [`io::ErrorKind::InvalidInput`] when it is no file.
pub(crate) fn open_plain(path: &Path) -> io::Result<File> {
    plain(OpenOptions::new().read(true), path)
}

/// Opens a file to add to it; makes it if nothing is there.
///
/// # Errors
/// As [`open_plain`].
pub(crate) fn open_log(path: &Path) -> io::Result<File> {
    // What is named from here is in a checkout, where anybody may have put a link; a whole path goes where its owner says.
    let parent = path.parent().filter(|_| path.is_relative());
    for dir in parent.into_iter().flat_map(Path::ancestors) {
        if std::fs::symlink_metadata(dir).is_ok_and(|meta| meta.is_symlink()) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a directory on the way is a link, which is not followed",
            ));
        }
    }
    plain(OpenOptions::new().append(true).create(true), path)
}

fn plain(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let no_file = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
    let file = options
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(|error| {
            let link = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
            if link {
                no_file("it is a link, which is not followed")
            } else {
                error
            }
        })?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(no_file("it is no regular file"))
    }
}

/// Whether nobody but this user and the system can put another file or directory in the place of one that is made in `dir`, an absolute path without links:
/// it and all above belong to one of them, and others may write to it only where they cannot take away what is not theirs (`/tmp`).
pub(crate) fn is_safe(dir: &Path) -> bool {
    dir.ancestors().all(|dir| {
        std::fs::symlink_metadata(dir).is_ok_and(|meta| {
            let mine = meta.uid() == 0 || Some(meta.uid()) == user();
            // A group of the user's own number has nobody else in it by custom, and that of the system is the system.
            let own_group = meta.gid() == 0 || Some(meta.gid()) == user();
            let others = meta.mode() & 0o002 != 0 || (meta.mode() & 0o020 != 0 && !own_group);
            meta.is_dir() && mine && (!others || meta.mode() & 0o1000 != 0)
        })
    })
}

/// A file in memory that nobody can change any more, not even this process.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::Unsupported`] where there is no such thing.
#[cfg(target_os = "linux")]
pub(crate) fn sealed(name: &str, bytes: &[u8]) -> io::Result<File> {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
    let memory = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(memory);
    file.write_all(bytes)?;
    fcntl_add_seals(
        &file,
        SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
    )?;
    Ok(file)
}

/// There is no such thing.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub(crate) fn sealed(_: &str, _: &[u8]) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes files and directories that only this user can read.
pub(crate) mod private {
    use super::{DirBuilder, DirBuilderExt, File, OpenOptions, OpenOptionsExt, Path, io};

    /// Makes a directory that does not exist yet.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn dir(path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)
    }

    /// Makes a file that does not exist yet.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn file(path: &Path) -> io::Result<File> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
    }
}
