//! Where the policy is: the nearest `applygate.toml` from the plan's directory up to the root of its repository, whole and alone. Without a repository
//! only the directory itself counts, so that a stray file in `/tmp` or a home directory cannot weaken a gate below it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::mistake::Mistakes;
use super::read::MAX_BYTES;
use crate::ui::problem::Problem;

/// Name of the policy file.
pub(crate) const POLICY_FILE: &str = "applygate.toml";

/// Where files come from: the working tree, or a revision of it.
pub(crate) trait Source {
    /// Reads a file, named by its steps from the root joined by `/`; `None` when there is nothing of that name.
    ///
    /// # Errors
    /// When there is something that is no plain file or cannot be read: never passed over.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Problem>;
}

/// A policy file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its name in reports.
    pub(crate) name: String,
    /// The directory of the plan as seen from the file's: steps joined by `/`, `.` for the same; `None` when it is not below.
    pub(crate) directory: Option<String>,
    /// What it holds.
    pub(crate) bytes: Vec<u8>,
}

/// Files on disk, below a root.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    root: PathBuf,
}

impl Source for Tree {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Problem> {
        plain_file(&self.root.join(path), Links::Refused)
    }
}

/// Whether a symbolic link is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    /// Where somebody named the file.
    Followed,
    /// Where it was found: a change under review could lead it to any file of the machine, whose lines would then be quoted as mistakes.
    Refused,
}

/// Reads a file that must be a plain one: a device or a pipe never ends, and what a directory of that name means nobody knows.
fn plain_file(path: &Path, links: Links) -> Result<Option<Vec<u8>>, Problem> {
    let words = |error: std::io::Error| unread(format!("it cannot be read: {}", error.kind()));
    match std::fs::symlink_metadata(path) {
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(words(error)),
        Ok(meta) if meta.is_symlink() && links == Links::Refused => {
            return Err(unread(
                "it is a symbolic link; name its target with --config",
            ));
        }
        Ok(_) => {}
    }
    // A link that leads nowhere is there and cannot be read, so it is not passed over.
    let meta = std::fs::metadata(path).map_err(words)?;
    if meta.is_dir() {
        return Err(Problem::new(
            "it is a directory",
            format!("name the file in it: {}", path.join(POLICY_FILE).display()),
        ));
    }
    if !meta.is_file() {
        return Err(unread("it is not an ordinary file"));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(words)?;
    Ok(Some(bytes))
}

fn unread(what: impl Into<String>) -> Problem {
    Problem::new(
        what,
        "a policy that cannot be read is never skipped: make it readable, or name another with --config FILE",
    )
}

/// Where to start looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Start {
    /// The root of the repository, or the directory itself.
    pub(crate) root: PathBuf,
    /// The directory as seen from there: steps joined by `/`, empty for the root itself.
    pub(crate) directory: String,
}

impl Start {
    /// The start for the directory of a plan. The root is the nearest directory that holds `.git`: a directory, or a file in worktrees and submodules.
    ///
    /// # Errors
    /// When there is no such directory.
    pub(crate) fn at(dir: &Path) -> std::io::Result<Self> {
        let dir = dir.canonicalize()?;
        let root = dir
            .ancestors()
            .find(|dir| std::fs::symlink_metadata(dir.join(".git")).is_ok())
            .unwrap_or(&dir);
        // A directory whose name is no text could hide a nearer file.
        let directory =
            below(root, &dir).ok_or_else(|| std::io::Error::other("its path is no text"))?;
        Ok(Self {
            root: root.to_owned(),
            directory,
        })
    }

    /// The policy file that is nearest on disk, whatever it holds.
    #[must_use]
    pub(crate) fn nearest(&self) -> Option<PathBuf> {
        let dir = self.root.join(&self.directory);
        let inside = dir
            .ancestors()
            .take_while(|dir| dir.starts_with(&self.root));
        inside
            .map(|dir| dir.join(POLICY_FILE))
            .find(|file| std::fs::symlink_metadata(file).is_ok())
    }

    /// The files of the working tree.
    #[must_use]
    pub(crate) fn tree(&self) -> Tree {
        Tree::below(&self.root)
    }
}

/// A directory as seen from the root of its repository; as it was named where there is none.
pub(crate) fn folder(dir: &Path) -> String {
    match Start::at(dir) {
        Ok(start) if std::fs::symlink_metadata(start.root.join(".git")).is_ok() => start.directory,
        _ => dir.display().to_string(),
    }
}

impl Tree {
    /// The files below a directory.
    #[must_use]
    pub(crate) fn below(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }
}

/// `path` as seen from `base`; `None` when it is not below, or has a name that is no text.
fn below(base: &Path, path: &Path) -> Option<String> {
    let steps: Option<Vec<&str>> = path
        .strip_prefix(base)
        .ok()?
        .iter()
        .map(|step| step.to_str())
        .collect();
    Some(steps?.join("/"))
}

/// Looks for the nearest policy file, from a directory up to the root of a source.
///
/// # Errors
/// When the nearest one cannot be read: one further up is never taken in its place.
pub(crate) fn discover(source: &dyn Source, directory: &str) -> Result<Option<Found>, Mistakes> {
    let mut at = directory;
    loop {
        let name = if at.is_empty() {
            POLICY_FILE.to_owned()
        } else {
            format!("{at}/{POLICY_FILE}")
        };
        let bytes = source
            .read(&name)
            .map_err(|problem| Mistakes::unread(&name, problem))?;
        if let Some(bytes) = bytes {
            let rest = directory
                .strip_prefix(at)
                .unwrap_or_default()
                .trim_start_matches('/');
            let directory = if rest.is_empty() { "." } else { rest };
            return Ok(Some(Found {
                name,
                directory: Some(directory.to_owned()),
                bytes,
            }));
        }
        if at.is_empty() {
            return Ok(None);
        }
        at = at.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// Reads the policy file that was named by its path within a source, for a directory of it.
///
/// # Errors
/// When it does not exist or cannot be read.
pub(crate) fn named_in(
    source: &dyn Source,
    path: &str,
    directory: &str,
) -> Result<Found, Mistakes> {
    let missing = || {
        Problem::new(
            "there is no such file",
            "--config is a path in the revision, relative to this directory",
        )
    };
    let bytes = source
        .read(path)
        .and_then(|bytes| bytes.ok_or_else(missing))
        .map_err(|problem| Mistakes::unread(path, problem))?;
    let home = path.rsplit_once('/').map_or("", |(home, _)| home);
    let directory = below(Path::new(home), Path::new(directory));
    Ok(Found {
        name: path.to_owned(),
        directory: directory.map(|path| {
            if path.is_empty() {
                ".".to_owned()
            } else {
                path
            }
        }),
        bytes,
    })
}

/// Reads the policy file that was named.
///
/// # Errors
/// When it does not exist or cannot be read.
pub(crate) fn named(file: &Path, dir: &Path) -> Result<Found, Mistakes> {
    let name = file.display().to_string();
    let bytes = plain_file(file, Links::Followed)
        .and_then(|bytes| bytes.ok_or_else(|| unread("there is no such file")))
        .map_err(|problem| Mistakes::unread(&name, problem))?;
    let home = file.parent().map(|home| {
        if home.as_os_str().is_empty() {
            Path::new(".")
        } else {
            home
        }
    });
    let home = home.and_then(|home| home.canonicalize().ok());
    let directory = home
        .zip(dir.canonicalize().ok())
        .and_then(|(home, dir)| below(&home, &dir));
    Ok(Found {
        name,
        directory: directory.map(|path| {
            if path.is_empty() {
                ".".to_owned()
            } else {
                path
            }
        }),
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    struct Files(BTreeMap<&'static str, Result<&'static str, &'static str>>);

    impl Source for Files {
        fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Problem> {
            match self.0.get(path) {
                None => Ok(None),
                Some(Ok(text)) => Ok(Some(text.as_bytes().to_vec())),
                Some(Err(error)) => Err(unread(*error)),
            }
        }
    }

    #[test]
    fn the_nearest_file_alone() {
        let files = Files(
            [
                ("applygate.toml", Ok("top")),
                ("a/b/applygate.toml", Ok("near")),
                ("x/applygate.toml", Err("it is not an ordinary file")),
            ]
            .into(),
        );
        let found = |directory: &str| {
            discover(&files, directory)
                .map(|found| found.map(|found| (found.name, found.directory.unwrap_or_default())))
        };
        let told = |name: &str, directory: &str| Ok(Some((name.to_owned(), directory.to_owned())));
        assert_eq!(found("a/b/c"), told("a/b/applygate.toml", "c"));
        assert_eq!(found("a/b"), told("a/b/applygate.toml", "."));
        assert_eq!(found("a"), told("applygate.toml", "a"));
        assert_eq!(found("a/bc"), told("applygate.toml", "a/bc"));
        assert_eq!(found(""), told("applygate.toml", "."));
        assert!(
            found("x/y").is_err(),
            "what cannot be read is not passed over"
        );
        assert_eq!(discover(&Files(BTreeMap::new()), "a/b"), Ok(None));
    }

    #[test]
    fn up_to_the_root_of_the_repository() {
        let temp = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let dir = temp.path().join("repo/stacks/db");
        std::fs::create_dir_all(&dir).unwrap_or_else(|error| panic!("{error}"));
        let write = |path: &str| {
            std::fs::write(temp.path().join(path), "").unwrap_or_else(|error| panic!("{error}"))
        };
        let found = || {
            let start = Start::at(&dir).unwrap_or_else(|error| panic!("{error}"));
            discover(&start.tree(), &start.directory).map(|found| found.map(|found| found.name))
        };
        write("applygate.toml");
        write("repo/applygate.toml");
        assert_eq!(
            found(),
            Ok(None),
            "without a repository only the directory itself counts"
        );
        std::fs::create_dir(temp.path().join("repo/.git"))
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(found(), Ok(Some("applygate.toml".to_owned())));
        std::fs::remove_file(temp.path().join("repo/applygate.toml"))
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(found(), Ok(None), "never above the root");
        write("repo/stacks/applygate.toml");
        assert_eq!(found(), Ok(Some("stacks/applygate.toml".to_owned())));
        std::fs::create_dir(dir.join("applygate.toml")).unwrap_or_else(|error| panic!("{error}"));
        assert!(
            found().is_err(),
            "a directory of that name is not passed over"
        );
    }
}
