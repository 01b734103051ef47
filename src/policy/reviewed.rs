//! `--policy-from`: policy and pin as a revision has them. The change that is judged owns its working tree, so nothing of these counts there; where the
//! tree has something else in their place, that is named and set aside.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::git::Revision;
use crate::policy::{Found, Mistakes, Source, Tree, discover, named_in};
use crate::state::{Home, Pin};
use crate::ui::problem::Problem;
use crate::ui::refusal::{Refusal, Why};

/// Digits of the commit that are shown.
const SHORT: usize = 12;

/// The revision that judges, and what of the working tree does not. In texts that may be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// The revision as it was named.
    pub(crate) name: String,
    /// Its commit.
    pub(crate) commit: String,
    /// Whether that is the one that is checked out.
    pub(crate) checked_out: bool,
    /// What the working tree has in its place.
    pub(crate) ignored: Vec<Ignored>,
}

impl Reviewed {
    /// Name and commit: `origin/main (1a2b3c4d5e6f)`.
    #[must_use]
    pub(crate) fn words(&self) -> String {
        format!(
            "{} ({})",
            self.name,
            self.commit.get(..SHORT).unwrap_or(&self.commit)
        )
    }
}

/// A file of the working tree that would count there, or one that is gone from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ignored {
    /// Its path below the top of the repository.
    pub(crate) file: String,
    /// How it differs.
    pub(crate) change: Change,
    /// Whether it could be judged by.
    pub(crate) usable: bool,
}

/// How a file of the working tree differs from the revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Only the working tree has it.
    Added,
    /// Both have it, with different content.
    Changed,
    /// Only the revision has it.
    Removed,
}

impl Change {
    /// The word in reports.
    #[must_use]
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

impl Ignored {
    /// In words, with the name of the revision.
    #[must_use]
    pub(crate) fn words(&self, rev: &str) -> String {
        let unusable = if self.usable {
            ""
        } else {
            ", and it cannot be used as it is"
        };
        match self.change {
            Change::Added => format!(
                "{} of the working tree: it is not in {rev}{unusable}",
                self.file
            ),
            Change::Changed => format!(
                "{} of the working tree: it differs from the one in {rev}{unusable}",
                self.file
            ),
            Change::Removed => {
                format!("{} is missing in the working tree: {rev} has it", self.file)
            }
        }
    }
}

/// A revision as seen from the directory of a plan.
#[derive(Debug)]
pub(crate) struct Reviewing {
    revision: Revision,
    tree: Tree,
    name: String,
    /// The directory below the top: steps joined by `/`.
    directory: String,
    /// Name of the pin file in it.
    pin_file: String,
    /// The policy file that was named, in the same form.
    config: Option<String>,
    /// Whether it is the commit that is checked out.
    checked_out: bool,
}

/// What the working tree has.
#[derive(Debug)]
pub(crate) struct Aside {
    /// What differs there.
    pub(crate) ignored: Vec<Ignored>,
    /// The policy file and the pin; `None` when one cannot be read.
    pub(crate) files: Option<(Option<Found>, Option<Arc<Pin>>)>,
}

impl Reviewing {
    /// The revision of this name in the repository of a directory. `config` is the policy file that was named, as in the working tree.
    ///
    /// # Errors
    /// When it is not one commit that is here, is the change itself, or a path could be turned by the change.
    pub(crate) fn open(name: &str, dir: &Path, config: Option<&Path>) -> Result<Self, Problem> {
        let home = Home::of(dir);
        let dir = home.dir.as_path();
        if is_head(name) {
            return Err(Problem::new(
                "is the checked-out commit: the change itself",
                "name the base of the change, such as refs/remotes/origin/main",
            ));
        }
        let revision = Revision::open(dir, name).map_err(|refusal| refused(&refusal))?;
        let here = std::env::current_dir()
            .and_then(|here| here.canonicalize())
            .map_err(|error| {
                Problem::new(
                    format!("has no directory: {}", error.kind()),
                    "run it in an existing directory",
                )
            })?;
        if turns(&here.join(dir), revision.root()) {
            let help = "name the directory itself: a change could point the link to a place with a weaker policy";
            return Err(Problem::new(
                "cannot be used with a directory behind a symbolic link of the repository",
                help,
            ));
        }
        let no_text = || {
            Problem::new(
                "cannot be used with a path that is not UTF-8",
                "rename the directory",
            )
        };
        let directory = steps(revision.prefix()).ok_or_else(no_text)?;
        let outside = || {
            Problem::new(
                "cannot be used with a policy file outside the repository",
                "name a file of the revision: --config is relative to this directory, as in the working tree",
            )
        };
        let config = config
            .map(|file| below(&here.join(file), revision.root()).ok_or_else(outside))
            .transpose()?;
        Ok(Self {
            tree: Tree::below(revision.root()),
            // Where nothing is checked out (a branch without a commit), it is another one.
            checked_out: Revision::open(dir, "HEAD")
                .is_ok_and(|head| head.commit() == revision.commit()),
            revision,
            name: name.to_owned(),
            directory,
            pin_file: home.pin_file,
            config,
        })
    }

    /// The revision in texts, with what is set aside for it.
    pub(crate) fn told(&self, ignored: Vec<Ignored>) -> Reviewed {
        Reviewed {
            name: self.name.clone(),
            commit: self.revision.commit().to_owned(),
            checked_out: self.checked_out,
            ignored,
        }
    }

    /// The policy file of the revision.
    ///
    /// # Errors
    /// When the one that counts cannot be read.
    pub(crate) fn policy(&self) -> Result<Option<Found>, Mistakes> {
        self.find(self).map_err(|mut mistakes| {
            mistakes.file = self.named(&mistakes.file);
            mistakes
        })
    }

    /// The name of a file of the revision in reports.
    pub(crate) fn named(&self, file: &str) -> String {
        format!("{file} at {}", self.told(Vec::new()).words())
    }

    fn find(&self, source: &dyn Source) -> Result<Option<Found>, Mistakes> {
        match &self.config {
            None => discover(source, &self.directory),
            Some(path) => named_in(source, path, &self.directory).map(Some),
        }
    }

    fn pin_path(&self) -> String {
        if self.directory.is_empty() {
            self.pin_file.clone()
        } else {
            format!("{}/{}", self.directory, self.pin_file)
        }
    }

    /// The pin file of the revision.
    ///
    /// # Errors
    /// When it is there and cannot be read or understood.
    pub(crate) fn pin(&self) -> Result<Option<Arc<Pin>>, Problem> {
        let path = self.pin_path();
        let about = |problem: Problem| problem.about(format_args!("has {path}, but"));
        let Some(bytes) = Source::read(self, &path).map_err(about)? else {
            return Ok(None);
        };
        let broken = |refusal: Refusal| {
            let what = format!(
                "has a broken {path} ({})",
                refusal.detail.unwrap_or_default()
            );
            Problem::new(what, "fix it there, in a separate change")
        };
        Pin::parse(&bytes)
            .map(|pin| Some(Arc::new(pin)))
            .map_err(broken)
    }

    /// What the working tree has in the place of these. Without `pins` only the policy counts.
    pub(crate) fn aside(
        &self,
        policy: Option<&Found>,
        pin: Option<&Arc<Pin>>,
        pins: bool,
    ) -> Aside {
        let mut ignored = Vec::new();
        let here = self.find(&self.tree);
        let near = match &here {
            Ok(found) => found.as_ref().map(|found| found.name.as_str()),
            Err(mistakes) => Some(mistakes.file.as_str()),
        };
        let mut names: Vec<&str> = near
            .into_iter()
            .chain(policy.map(|found| found.name.as_str()))
            .collect();
        names.dedup();
        for name in names {
            let usable = here.is_ok() || near != Some(name);
            let change = match (self.tree.read(name), Source::read(self, name)) {
                (Ok(Some(here)), Ok(Some(there))) if same(&here, &there) => continue,
                (Ok(None), Ok(None)) => continue,
                (Ok(None), _) => Change::Removed,
                (_, Ok(None)) => Change::Added,
                _ => Change::Changed,
            };
            ignored.push(Ignored {
                file: name.to_owned(),
                change,
                usable,
            });
        }
        let pin_here = if pins {
            Pin::read(&self.revision.root().join(self.pin_path()))
        } else {
            Ok(None)
        };
        let change = match (&pin_here, pin) {
            (Ok(Some(here)), Some(there)) => (*here != **there).then_some(Change::Changed),
            (Ok(None), there) => there.map(|_| Change::Removed),
            (_, None) => Some(Change::Added),
            (Err(_), Some(_)) => Some(Change::Changed),
        };
        ignored.extend(change.map(|change| Ignored {
            file: self.pin_path(),
            change,
            usable: pin_here.is_ok(),
        }));
        let files = here
            .ok()
            .zip(pin_here.ok())
            .map(|(found, pin)| (found, pin.map(Arc::new)));
        Aside { ignored, files }
    }
}

impl Source for Reviewing {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Problem> {
        self.revision
            .read(Path::new(path))
            .map_err(|refusal| refusal.about("it"))
    }
}

fn refused(refusal: &Refusal) -> Problem {
    let help = match refusal.why {
        // A branch or a tag of the short name would take its place.
        Why::BadRevision => "give the full name, such as refs/remotes/origin/main, or a hash",
        why => why.help(),
    };
    Problem::new(refusal.to_string(), help)
}

/// Whether the name means what is checked out, however it is spelled. `HEAD^1` does not: of a merge commit that is what was merged into.
fn is_head(name: &str) -> bool {
    let mut parts = name.split(['~', '^']);
    matches!(parts.next(), Some("HEAD" | "@"))
        && parts.all(|count| !count.is_empty() && count.bytes().all(|digit| digit == b'0'))
}

/// Whether a symbolic link within the repository is on the way to a directory.
fn turns(dir: &Path, root: &Path) -> bool {
    let mut way = PathBuf::new();
    for step in dir.components() {
        let within = way.canonicalize().is_ok_and(|way| way.starts_with(root));
        way.push(step);
        if within && std::fs::symlink_metadata(&way).is_ok_and(|meta| meta.is_symlink()) {
            return true;
        }
    }
    false
}

/// A path below a directory, by its words alone: a link on the way is not followed.
fn below(path: &Path, root: &Path) -> Option<String> {
    let mut way = PathBuf::new();
    for step in path.components() {
        match step {
            Component::ParentDir => {
                way.pop();
            }
            step => way.push(step),
        }
    }
    steps(way.strip_prefix(root).ok()?)
}

/// Steps joined by `/`.
fn steps(path: &Path) -> Option<String> {
    Some(
        path.iter()
            .map(|step| step.to_str())
            .collect::<Option<Vec<_>>>()?
            .join("/"),
    )
}

/// Whether two files have the same lines: a clone may end them differently.
fn same(one: &[u8], other: &[u8]) -> bool {
    let lines = |bytes: &[u8]| {
        bytes
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec())
            .collect::<Vec<_>>()
    };
    one == other || lines(one) == lines(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_checked_out() {
        for name in ["HEAD", "@", "HEAD~0", "HEAD^0", "@^0~0", "HEAD~00"] {
            assert!(is_head(name), "{name}");
        }
        for name in [
            "HEAD^1",
            "HEAD^",
            "HEAD~",
            "@~1",
            "HEAD~0^2",
            "main",
            "main~0",
            "HEADS",
            "refs/remotes/origin/HEAD",
            "",
        ] {
            assert!(!is_head(name), "{name}");
        }
    }

    #[test]
    fn paths_by_their_words() {
        let root = Path::new("/r");
        for (path, expected) in [
            ("/r/a/b", Some("a/b")),
            ("/r/a/../b", Some("b")),
            ("/r/a/./b", Some("a/b")),
            ("/r/../x", None),
            ("/x/../r/a", Some("a")),
        ] {
            assert_eq!(below(Path::new(path), root).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn line_ends_are_no_change() {
        assert!(same(b"a\r\nb\r\n", b"a\nb\n") && same(b"", b""));
        assert!(!same(b"a\nb", b"a\nc") && !same(b"a", b"a\n") && !same(b"a\rb", b"ab"));
    }
}
