//! Files that are written whole or not at all: beside their place, and then put there. Nobody ever reads half of one, and a link in the place is not followed.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Puts a file in a place, whatever was there.
///
/// # Errors
/// Those of the file system; then the place is as it was.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, |new| std::fs::rename(new, path))
}

/// Puts a file where nothing is.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when something is there, and those of the file system; then the place is as it was.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    // A second name, unlike a rename, never takes the place of a file that came in between.
    put(path, bytes, |new| match std::fs::hard_link(new, path) {
        Ok(()) => std::fs::remove_file(new),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Where a file has one name only.
        Err(_) => std::fs::rename(new, path),
    })
}

fn put(path: &Path, bytes: &[u8], into_place: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = PathBuf::from(name);
    // What lies there was left by a process of this number that was killed.
    let _ = std::fs::remove_file(&new);
    let done = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&new)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| into_place(&new));
    if done.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.toml");
        create(&path, b"one").unwrap();
        assert_eq!(
            create(&path, b"two").unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        replace(&path, b"three").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"three");
        assert!(replace(&dir.path().join("no/such/dir"), b"x").is_err());
        let names: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["a.toml"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        std::fs::write(&target, "mine").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(create(&link, b"x").is_err());
        replace(&link, b"new").unwrap();
        assert_eq!(
            (
                std::fs::read(&target).unwrap(),
                std::fs::read(&link).unwrap()
            ),
            (b"mine".to_vec(), b"new".to_vec())
        );
    }
}
