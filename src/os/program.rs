//! Other programs (git, terraform) are found on the PATH, and only where the user put them: never in the directory that is being judged.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Where a program lies: the first on the PATH. Entries that are not absolute (`.`, `bin`, an empty one) stand for the current directory,
/// where anybody who can change the configuration can put a program of that name; they are passed over.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    find_in(name, &std::env::var_os("PATH")?)
}

/// The same in a given list of directories.
#[must_use]
pub(crate) fn find_in(name: &str, path: &OsStr) -> Option<PathBuf> {
    let plain =
        !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', ':', '\0']);
    let suffix = std::env::consts::EXE_SUFFIX;
    let file = if name.ends_with(suffix) {
        name.to_owned()
    } else {
        format!("{name}{suffix}")
    };
    std::env::split_paths(path)
        .filter(|dir| plain && dir.is_absolute())
        .map(|dir| dir.join(&file))
        .find(|file| can_run(file))
}

#[cfg(unix)]
fn can_run(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn can_run(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn file(dir: &Path, name: &str, mode: u32) -> PathBuf {
        fs::create_dir_all(dir).unwrap();
        let path = dir.join(name);
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn the_first_that_can_run() {
        let temp = tempfile::tempdir().unwrap();
        let dirs = ["none", "plain", "dir", "first", "second"].map(|name| temp.path().join(name));
        file(&dirs[1], "tool", 0o644);
        fs::create_dir_all(dirs[2].join("tool")).unwrap();
        let first = file(&dirs[3], "tool", 0o755);
        file(&dirs[4], "tool", 0o755);
        let path = std::env::join_paths(&dirs).unwrap();
        assert_eq!(find_in("tool", &path), Some(first));
        assert_eq!(
            find_in(
                "tool",
                std::env::join_paths(&dirs[..3]).unwrap().as_os_str()
            ),
            None
        );
        assert_eq!(find_in("other", &path), None);
    }

    /// The tests run in the root of the crate, so that a file below it can be reached by a relative entry.
    #[test]
    fn never_from_where_we_are() {
        fs::create_dir_all("target").unwrap();
        let temp = tempfile::tempdir_in("target").unwrap();
        file(temp.path(), "tool", 0o755);
        let relative = temp
            .path()
            .strip_prefix(std::env::current_dir().unwrap())
            .unwrap_or(temp.path())
            .to_owned();
        assert!(relative.is_relative() && relative.join("tool").exists());
        let absolute = std::env::current_dir().unwrap().join(&relative);
        assert_eq!(find_in("tool", relative.as_os_str()), None);
        assert_eq!(
            find_in("tool", absolute.as_os_str()),
            Some(absolute.join("tool"))
        );
        let through = format!("./{}", relative.display());
        assert_eq!(find_in("tool", OsStr::new(&through)), None);
        // An empty entry means the current directory to a shell.
        assert_eq!(find_in("tool", OsStr::new("::.:")), None);
    }

    #[test]
    fn only_a_plain_name() {
        let temp = tempfile::tempdir().unwrap();
        file(&temp.path().join("in"), "tool", 0o755);
        for name in [
            "in/tool", "../tool", "/bin/sh", "", ".", "..", "in\\tool", "to\0ol",
        ] {
            assert_eq!(find_in(name, temp.path().as_os_str()), None, "{name:?}");
        }
        assert!(find("sh").is_some_and(|path| path.is_absolute()));
    }
}
