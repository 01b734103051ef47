//! The private copy of the plan: what Terraform gets is written from the bytes that were judged, where nobody else can change it.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::os;

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

    /// Writes the plan anew: whatever lay there is not what was judged.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let path = self.plan();
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        os::private::file(&path)?.write_all(bytes)
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
        let free = match File::open(path.join(LOCK)) {
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
    use std::time::SystemTime;

    #[test]
    fn private_and_gone_afterwards() {
        let private = Private::new().unwrap();
        std::fs::write(private.plan(), "what terraform plan wrote").unwrap();
        private.write(b"judged").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&private.dir), mode(&private.plan())), (0o700, 0o600));
        assert_eq!(std::fs::read(private.plan()).unwrap(), b"judged");
        let dir = private.dir.clone();
        drop(private);
        assert!(!dir.exists());
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
