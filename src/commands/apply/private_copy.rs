//! The private copy of the plan: what Terraform gets is written from the bytes that were judged, where nobody else can change it.
//!
//! On Linux that is memory which is sealed: no process can write to it any more, and Terraform opens it through `/proc`. Elsewhere, and where Terraform cannot
//! open it, it is a file in a directory of our own.

use std::fs::{File, FileTimes};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::cli::PrivateCopy;
use crate::os;
use crate::os::digest;
use crate::ui::refusal::{Refusal, Why};

/// The largest plan that is read, in bytes.
const MAX_PLAN: u64 = 2 << 30;

/// Start of the directories' names.
const PREFIX: &str = "applygate-run-";
/// The lock that says that a directory is in use.
const LOCK: &str = "lock";
/// A directory younger than this may not have its lock yet.
const YOUNG: Duration = Duration::from_secs(60);

/// A directory of our own for one run, removed when it is over.
#[derive(Debug)]
pub(super) struct Private {
    dir: PathBuf,
    _lock: File,
}

impl Private {
    /// Makes a directory.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn new() -> io::Result<Self> {
        let base = std::env::temp_dir().canonicalize()?;
        if !os::is_safe(&base) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!(
                    "other users could replace a directory below {}",
                    crate::ui::escape::line(&base.display().to_string())
                ),
            ));
        }
        let mut random = [0; 12];
        getrandom::fill(&mut random)
            .map_err(|_| io::Error::other("the system gives no random bytes"))?;
        let dir = base.join(format!(
            "{PREFIX}{}",
            crate::os::digest::hex(&random, random.len())
        ));
        os::private::dir(&dir)?;
        let lock =
            os::private::file(&dir.join(LOCK)).and_then(|lock| os::lock(&lock).map(|_| lock));
        match lock {
            Ok(lock) => Ok(Self { dir, _lock: lock }),
            Err(error) => {
                let _ = std::fs::remove_dir_all(&dir);
                Err(error)
            }
        }
    }

    /// Where the plan lies, or is to be put.
    pub(super) fn plan(&self) -> PathBuf {
        self.dir.join("tfplan")
    }

    /// The plan that was made there.
    ///
    /// # Errors
    /// When there is none, or something else in its place.
    pub(super) fn read(&self) -> Result<Vec<u8>, Refusal> {
        let refused = |error: io::Error| Refusal::new(Why::Io).with(words(&error));
        let file = os::open_plain(&self.plan()).map_err(refused)?;
        let mut bytes = Vec::new();
        file.take(MAX_PLAN + 1)
            .read_to_end(&mut bytes)
            .map_err(refused)?;
        if bytes.len() as u64 > MAX_PLAN {
            return Err(Refusal::new(Why::TooLarge));
        }
        Ok(bytes)
    }

    /// Puts the plan there.
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        os::private::file(&self.plan())?.write_all(bytes)
    }
}

/// What went wrong, without what it went wrong with.
pub(super) fn words(error: &io::Error) -> String {
    if error.get_ref().is_some() {
        // Our own words.
        error.to_string()
    } else {
        error.kind().to_string()
    }
}

/// The copy that Terraform reads.
#[derive(Debug)]
pub(super) enum Copy {
    /// Sealed memory, and its name below `/proc`.
    Memory {
        memory: File,
        path: PathBuf,
        /// Whether the system notes that it was read.
        noted: bool,
    },
    /// A file, and what is in it.
    File { dir: Private, sha256: String },
}

/// What can be told of a copy after the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It is what it was.
    Same,
    /// Nobody has read it: nothing can have been applied.
    Unread,
    /// Something else lies in its place.
    Swapped,
}

/// Whether what comes is exactly this.
fn holds(from: &mut impl Read, bytes: &[u8]) -> io::Result<bool> {
    let mut piece = [0; 16 << 10];
    let mut left = bytes;
    loop {
        let length = match from.read(&mut piece) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if length == 0 {
            return Ok(left.is_empty());
        }
        match piece.get(..length).and_then(|read| left.strip_prefix(read)) {
            Some(rest) => left = rest,
            None => return Ok(false),
        }
    }
}

/// When nobody has read a copy yet.
const UNREAD: SystemTime = SystemTime::UNIX_EPOCH;

impl Copy {
    /// Makes the copy.
    ///
    /// # Errors
    /// Those of the system.
    pub(super) fn new(place: Option<PrivateCopy>, bytes: &[u8]) -> io::Result<Self> {
        let default = if cfg!(target_os = "linux") {
            PrivateCopy::Memory
        } else {
            PrivateCopy::File
        };
        match place.unwrap_or(default) {
            PrivateCopy::Memory => Self::in_memory(bytes),
            PrivateCopy::File => {
                let dir = Private::new()?;
                dir.write(bytes)?;
                let sha256 = digest::sha256(bytes);
                Ok(Self::File { dir, sha256 })
            }
        }
    }

    fn in_memory(bytes: &[u8]) -> io::Result<Self> {
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::MetadataExt;
        let memory = os::sealed("tfplan", bytes)?;
        // Not /proc/self: Terraform is another process.
        let path = PathBuf::from(format!(
            "/proc/{}/fd/{}",
            std::process::id(),
            memory.as_raw_fd()
        ));
        // Tried by ourselves: it has to lead to the same bytes. Reading them tells whether the system notes that.
        memory.set_times(FileTimes::new().set_accessed(UNREAD))?;
        let mut through = File::open(&path)?;
        let (here, there) = (memory.metadata()?, through.metadata()?);
        if (here.dev(), here.ino()) != (there.dev(), there.ino()) {
            return Err(io::ErrorKind::NotFound.into());
        }
        through.rewind()?;
        // Until it was sealed, another process of this user could write to it.
        if !holds(&mut through, bytes)? {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "another process wrote to the private copy of the plan",
            ));
        }
        let noted = memory.metadata()?.accessed()? != UNREAD;
        memory.set_times(FileTimes::new().set_accessed(UNREAD))?;
        Ok(Self::Memory {
            memory,
            path,
            noted,
        })
    }

    /// What Terraform is given.
    pub(super) fn path(&self) -> PathBuf {
        match self {
            Self::Memory { path, .. } => path.clone(),
            Self::File { dir, .. } => dir.plan(),
        }
    }

    /// Counts nobody who has read it so far.
    ///
    /// # Errors
    /// Those of the system.
    pub(super) fn forget_reads(&self) -> io::Result<()> {
        match self {
            Self::Memory { memory, .. } => memory.set_times(FileTimes::new().set_accessed(UNREAD)),
            Self::File { .. } => Ok(()),
        }
    }

    /// What can be told after a run.
    pub(super) fn told(&self) -> Told {
        match self {
            Self::Memory { memory, noted, .. } => {
                let read = memory.metadata().and_then(|meta| meta.accessed());
                if *noted && read.is_ok_and(|time| time == UNREAD) {
                    Told::Unread
                } else {
                    Told::Same
                }
            }
            Self::File { dir, sha256 } => match dir.read() {
                Ok(bytes) if digest::sha256(&bytes) == *sha256 => Told::Same,
                _ => Told::Swapped,
            },
        }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // What stays behind is swept at the next start.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Sweeps away what runs that were killed have left.
pub(super) fn sweep() {
    if let Ok(base) = std::env::temp_dir().canonicalize() {
        sweep_in(&base);
    }
}

/// Removes directories of this user whose run is over: their lock is free.
fn sweep_in(base: &Path) {
    let Ok(entries) = std::fs::read_dir(base) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let ours = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX))
            && os::is_mine(&path);
        let old = entry
            .metadata()
            .and_then(|meta| meta.modified())
            .is_ok_and(|time| time.elapsed().is_ok_and(|age| age > YOUNG));
        if !ours || !old {
            continue;
        }
        // What is no file there was not put there by a run.
        let free = match os::open_plain(&path.join(LOCK)) {
            Ok(lock) => os::lock(&lock).unwrap_or(false),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if free {
            let _ = std::fs::remove_dir_all(&path);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_copy_is_compared_whole() {
        let long = vec![7; 40_000];
        for bytes in [&b""[..], b"x", &long] {
            assert!(holds(&mut &*bytes, bytes).is_ok_and(|same| same));
            let more = [bytes, b"y"].concat();
            assert!(holds(&mut &*more, bytes).is_ok_and(|same| !same));
            assert!(holds(&mut &*bytes, &more).is_ok_and(|same| !same));
        }
        let mut other = long.clone();
        other[39_999] = 8;
        assert!(holds(&mut &*other, &long).is_ok_and(|same| !same));
    }

    #[test]
    fn private_and_gone_afterwards() {
        let copy = Copy::new(Some(PrivateCopy::File), b"judged").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let path = copy.path();
        let dir = path.parent().unwrap().to_owned();
        assert_eq!((mode(&dir), mode(&path)), (0o700, 0o600));
        assert_eq!(std::fs::read(&path).unwrap(), b"judged");
        assert_eq!(copy.told(), Told::Same);
        std::fs::write(dir.join("x"), b"another").unwrap();
        std::fs::rename(dir.join("x"), &path).unwrap();
        assert_eq!(copy.told(), Told::Swapped);
        drop(copy);
        assert!(!dir.exists());
    }

    #[test]
    fn what_lies_in_the_place_of_a_plan_is_a_file() {
        let private = Private::new().unwrap();
        assert!(private.read().is_err());
        let fifo = std::process::Command::new("mkfifo")
            .arg(private.plan())
            .status();
        if fifo.is_ok_and(|status| status.success()) {
            assert!(private.read().is_err(), "the file is not a regular file");
            std::fs::remove_file(private.plan()).unwrap();
        }
        std::os::unix::fs::symlink("/etc/hostname", private.plan()).unwrap();
        assert!(private.read().is_err());
        std::fs::remove_file(private.plan()).unwrap();
        std::fs::write(private.plan(), "made").unwrap();
        assert_eq!(private.read().unwrap(), b"made");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_that_nobody_can_change() {
        let copy = Copy::new(None, b"judged").unwrap();
        let path = copy.path();
        assert!(path.starts_with("/proc"));
        assert_eq!(copy.told(), Told::Unread);
        // Even by this process, and by another way to it.
        let written = File::options()
            .write(true)
            .open(&path)
            .and_then(|mut file| {
                file.write_all(b"x")?;
                file.set_len(0)
            });
        assert!(written.is_err());
        assert_eq!(copy.told(), Told::Unread);
        assert_eq!(std::fs::read(&path).unwrap(), b"judged");
        assert_eq!(copy.told(), Told::Same);
    }

    #[test]
    fn where_others_could_put_another_directory() {
        let base = tempfile::tempdir().unwrap().keep().canonicalize().unwrap();
        let below = base.join("below");
        std::fs::create_dir(&below).unwrap();
        for (mode, expected) in [(0o755, true), (0o777, false), (0o1777, true), (0o700, true)] {
            std::fs::set_permissions(&base, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(os::is_safe(&base), expected, "{mode:o}");
            assert_eq!(os::is_safe(&below), expected, "below {mode:o}");
        }
        std::fs::remove_dir_all(&base).unwrap();
    }

    /// It made every later apply hang.
    #[test]
    fn a_lock_that_is_a_pipe() {
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().join("applygate-run-x");
        std::fs::create_dir(&dir).unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(dir.join(LOCK))
            .status();
        if !made.is_ok_and(|status| status.success()) {
            return;
        }
        File::open(&dir)
            .unwrap()
            .set_modified(SystemTime::now() - YOUNG * 2)
            .unwrap();
        sweep_in(base.path());
        assert!(dir.exists(), "no run has made it");
    }

    #[test]
    fn sweeps_what_was_left() {
        let base = tempfile::tempdir().unwrap();
        let make = |name: &str, old: bool| {
            let dir = base.path().join(name);
            os::private::dir(&dir).unwrap();
            let lock = os::private::file(&dir.join(LOCK)).unwrap();
            if old {
                File::open(&dir)
                    .unwrap()
                    .set_modified(SystemTime::now() - YOUNG * 2)
                    .unwrap();
            }
            (dir, lock)
        };
        let (stale, _) = make("applygate-run-stale", true);
        let (young, _) = make("applygate-run-young", false);
        let (other, _) = make("other", true);
        let (used, lock) = make("applygate-run-used", true);
        assert!(os::lock(&lock).unwrap());
        std::os::unix::fs::symlink(&other, base.path().join("applygate-run-link")).unwrap();
        sweep_in(base.path());
        assert_eq!(
            [&stale, &young, &other, &used].map(|dir| dir.exists()),
            [false, true, true, true]
        );
        assert!(other.join(LOCK).exists());
    }
}
