//! Files of a git revision: what the change that is judged cannot have written.
//!
//! A change owns its working tree and the names of its branches, and sometimes the environment of the job. So git is asked with as little of those
//! as can be: no variables of its own, no hooks, filters, replacements or fetches, one commit that nothing but the asked name can mean, and blobs
//! by their hash. What cannot be read is a refusal, never "there is none".

mod command;
pub(crate) mod side;

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::ui::refusal::{Refusal, Why};
use command::Git;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 4 << 20;

/// The longest name of a revision, in bytes.
const LONGEST: usize = 250;

/// From this many digits on a name is taken for a hash.
const HASH_FROM: usize = 7;

/// One commit of the repository that a directory lies in.
#[derive(Debug)]
pub struct Revision {
    git: Git,
    root: PathBuf,
    prefix: PathBuf,
    commit: String,
}

/// What a tree has in a place.
struct Entry {
    mode: String,
    hash: String,
}

impl Revision {
    /// The commit that a name means in the repository of a directory.
    ///
    /// # Errors
    /// Without git, outside the work tree of a repository, or when the name does not mean exactly one commit that is here.
    pub fn open(dir: &Path, rev: &str) -> Result<Self, Refusal> {
        let base = base_of(rev)?;
        let dir = dir.canonicalize().map_err(|error| {
            Refusal::new(Why::Io).with(format!("the directory: {}", error.kind()))
        })?;
        let git = Git::find(&dir)?;
        let (root, prefix) = work_tree(&git, &dir)?;
        let above = git.ask(&["rev-parse", "--show-superproject-working-tree"])?;
        if !above.success || !above.out.is_empty() {
            return Err(Refusal::new(Why::InSubmodule));
        }
        let git = git.within(&root);
        let commit = resolve(&git, rev, base)?;
        Ok(Self {
            git,
            root,
            prefix,
            commit,
        })
    }

    /// The top of the work tree.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the directory is below the top; empty when it is the top.
    #[must_use]
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// The full hash of the commit.
    #[must_use]
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// The content of a file, by its path below the top; `None` when the commit has nothing there.
    ///
    /// # Errors
    /// When it cannot be read, is too large, or when there or on the way to it is a symbolic link, a submodule, or for the file a directory.
    pub fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Refusal> {
        let mut way = String::new();
        let mut steps = path.components().peekable();
        if steps.peek().is_none() {
            return Err(Refusal::new(Why::NoPlainFile).with("an empty path"));
        }
        while let Some(step) = steps.next() {
            let Component::Normal(name) = step else {
                return Err(
                    Refusal::new(Why::NoPlainFile).with("a path that leaves the repository")
                );
            };
            let name = name
                .to_str()
                .ok_or_else(|| Refusal::new(Why::Unreachable).with("a path that is not UTF-8"))?;
            if !way.is_empty() {
                way.push('/');
            }
            way.push_str(name);
            let Some(entry) = self.entry(&way)? else {
                return Ok(None);
            };
            let last = steps.peek().is_none();
            match (entry.mode.as_str(), last) {
                ("100644" | "100755" | "100664", true) => return self.blob(&entry.hash).map(Some),
                ("100644" | "100755" | "100664", false) => return Ok(None),
                ("040000", false) => {}
                ("040000", true) => return Err(Refusal::new(Why::NoPlainFile).with("a directory")),
                ("120000", _) => return Err(Refusal::new(Why::NoPlainFile).with("a symbolic link")),
                ("160000", _) => return Err(Refusal::new(Why::NoPlainFile).with("a submodule")),
                _ => {
                    return Err(Refusal::new(Why::Unreachable).with("an unknown kind of entry"));
                }
            }
        }
        Ok(None)
    }

    /// What the commit has at exactly this path.
    fn entry(&self, path: &str) -> Result<Option<Entry>, Refusal> {
        let answer = self
            .git
            .ask(&["ls-tree", "-z", "--full-tree", &self.commit, "--", path])?;
        if !answer.success {
            return Err(Refusal::new(Why::Unreachable).with("its tree is not here"));
        }
        let odd = || Refusal::new(Why::Unreachable).with("git gives an unknown answer");
        let mut found = None;
        for line in answer
            .out
            .split(|byte| *byte == 0)
            .filter(|line| !line.is_empty())
        {
            let (about, name) = std::str::from_utf8(line)
                .ok()
                .and_then(|line| line.split_once('\t'))
                .ok_or_else(odd)?;
            let mut words = about.split(' ');
            let (Some(mode), Some(_), Some(hash), None) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                return Err(odd());
            };
            if name != path || found.is_some() || !is_hash(hash) {
                return Err(odd());
            }
            found = Some(Entry {
                mode: mode.to_owned(),
                hash: hash.to_owned(),
            });
        }
        Ok(found)
    }

    fn blob(&self, hash: &str) -> Result<Vec<u8>, Refusal> {
        let answer = self.git.ask(&["cat-file", "blob", hash])?;
        match answer.out {
            out if out.len() > MAX_BYTES => Err(Refusal::new(Why::NoPlainFile).with("larger")),
            out if answer.success => Ok(out),
            _ => Err(Refusal::new(Why::Unreachable).with("its content is not here")),
        }
    }
}

/// The top of the work tree that a directory is in, and the directory below it.
fn work_tree(git: &Git, dir: &Path) -> Result<(PathBuf, PathBuf), Refusal> {
    let none = || Refusal::new(Why::NoRepository);
    let answer = git.ask(&["rev-parse", "--show-toplevel"])?;
    if !answer.success {
        return Err(if answer.says("dubious ownership") {
            Refusal::new(Why::ForeignOwner)
        } else {
            none()
        });
    }
    let root = one_line(&answer.out)
        .and_then(path_of)
        .and_then(|root| root.canonicalize().ok())
        .ok_or_else(none)?;
    // A directory in the change can have the files of a repository of its own. A real one has .git, which no commit can hold.
    let nearest = dir
        .ancestors()
        .find(|dir| dir.join(".git").symlink_metadata().is_ok());
    if nearest != Some(root.as_path()) {
        return Err(none());
    }
    let prefix = dir.strip_prefix(&root).map_err(|_| none())?.to_owned();
    Ok((root, prefix))
}

/// The commit of a name: nothing but that one thing may be meant by it.
fn resolve(git: &Git, rev: &str, base: &str) -> Result<String, Refusal> {
    let missing = || -> Result<Refusal, Refusal> {
        let shallow = git.ask(&["rev-parse", "--is-shallow-repository"])?;
        let refusal = Refusal::new(Why::NoRevision);
        Ok(if one_line(&shallow.out) == Some(b"true") {
            refusal.with("the clone is shallow")
        } else {
            refusal
        })
    };
    let verified = |name: &str| -> Result<String, Refusal> {
        let answer = git.ask(&["rev-parse", "--verify", "--end-of-options", name])?;
        let hash = one_line(&answer.out)
            .and_then(|line| std::str::from_utf8(line).ok())
            .filter(|hash| answer.success && is_hash(hash));
        hash.map_or_else(|| Err(missing()?), |hash| Ok(hash.to_owned()))
    };
    let meant = verified(base)?;
    // A branch "origin/main" of the change is found before the remote's "main"; a branch can also be named like a short hash.
    let places = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"]
        .map(|place| format!("{place}{base}"));
    let places: Vec<String> = places
        .into_iter()
        .chain([format!("refs/remotes/{base}/HEAD")])
        .filter(|name| name.starts_with("refs/"))
        .collect();
    let ask: Vec<&str> = ["for-each-ref", "--format=%(objectname) %(refname)", "--"]
        .into_iter()
        .chain(places.iter().map(String::as_str))
        .collect();
    let answer = git.ask(&ask)?;
    let text = std::str::from_utf8(&answer.out)
        .ok()
        .filter(|_| answer.success)
        .ok_or_else(|| Refusal::new(Why::Unreachable))?;
    let refs: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, name)| places.iter().any(|at| at == name))
        .map(|(hash, _)| hash)
        .collect();
    let of_git = base == "@"
        || base
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let hex = base.len() >= HASH_FROM && base.bytes().all(|byte| byte.is_ascii_hexdigit());
    let as_hash = hex && meant.starts_with(&base.to_ascii_lowercase());
    if refs.iter().any(|hash| *hash != meant) || (hex && !as_hash) {
        return Err(Refusal::new(Why::SeveralRevisions));
    }
    if refs.is_empty() && !as_hash && !of_git {
        return Err(Refusal::new(Why::BadRevision));
    }
    verified(&format!("{rev}^{{commit}}"))
}

/// The name that a revision is counted from (`origin/main` of `origin/main~2`), if the whole is of a form that means one commit and nothing else.
fn base_of(rev: &str) -> Result<&str, Refusal> {
    let bad = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, ':' | '{' | '}' | '\\' | '*' | '?' | '[' | '!')
    };
    let base = rev.split(['~', '^']).next().unwrap_or_default();
    let steps = rev.strip_prefix(base).unwrap_or_default();
    let plain = steps
        .chars()
        .all(|c| c.is_ascii_digit() || c == '~' || c == '^');
    if base.is_empty()
        || rev.len() > LONGEST
        || rev.starts_with('-')
        || rev.contains("..")
        || rev.contains(bad)
        || !plain
    {
        return Err(Refusal::new(Why::BadRevision));
    }
    Ok(base)
}

fn is_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64)
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What git printed without the line's end. A path may hold others.
fn one_line(out: &[u8]) -> Option<&[u8]> {
    let line = out.strip_suffix(b"\n")?;
    Some(
        line.strip_suffix(b"\r")
            .filter(|_| cfg!(windows))
            .unwrap_or(line),
    )
    .filter(|line| !line.is_empty())
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    Some(PathBuf::from(OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    Some(PathBuf::from(OsStr::new(std::str::from_utf8(bytes).ok()?)))
}

/// Whether a directory lies in a repository: what git would look for on the way up.
pub(crate) fn is_inside(dir: &Path) -> bool {
    dir.canonicalize()
        .is_ok_and(|dir| dir.ancestors().any(|above| above.join(".git").exists()))
}

#[cfg(test)]
mod tests {
    use super::base_of;

    #[test]
    fn forms_of_a_revision() {
        for (rev, base) in [
            ("main", "main"),
            ("origin/main", "origin/main"),
            ("v1.2-3", "v1.2-3"),
            ("HEAD~2", "HEAD"),
            ("main^2~1^", "main"),
            ("@", "@"),
            ("refs/heads/über", "refs/heads/über"),
            ("a@b", "a@b"),
        ] {
            assert_eq!(base_of(rev).as_deref(), Ok(base), "{rev}");
        }
        for rev in [
            "",
            "-h",
            "--output=x",
            "-",
            "^HEAD",
            "~1",
            "a..b",
            "a...b",
            "..",
            "a:b",
            ":/a",
            ":0:x",
            "a^{/b}",
            "a^{tree}",
            "@{-1}",
            "a@{u}",
            "a@{0}",
            "a\nb",
            "a b",
            "a\tb",
            "a\0b",
            "a*",
            "a?",
            "a[b]",
            "a\\b",
            "HEAD^@",
            "HEAD^!",
            "HEAD^-",
            "a\u{2028}b",
            "!a",
            "a~x",
        ] {
            assert!(base_of(rev).is_err(), "{rev:?}");
        }
        assert!(base_of(&"a".repeat(251)).is_err());
    }
}
