//! Which two sides are meant.

use crate::cli::SourceArgs;
use crate::cli::environment::Environment;
use crate::git::side::{Repository, Side};
use crate::ui::problem::Problem;
use crate::ui::refusal::Refusal;

/// Digits of a commit that are shown.
const SHORT: usize = 12;

/// The two sides, each with its name in reports.
pub(super) struct Sides {
    pub(super) from: (Side, String),
    pub(super) to: (Side, String),
    /// Whether it is what a commit would take, so that nobody has proposed it yet.
    pub(super) at_commit: bool,
}

impl Sides {
    pub(super) fn resolve(
        repository: &Repository,
        args: &SourceArgs,
        environment: &Environment,
    ) -> Result<Self, Problem> {
        let variable = |name: &str, value: Option<&std::ffi::OsString>| -> Result<_, Problem> {
            let text = value.map(|value| {
                value
                    .to_str()
                    .map(|text| (name.to_owned(), text.to_owned()))
                    .ok_or_else(|| {
                        Problem::new(format!("{name} is not UTF-8"), "use the hash of a commit")
                    })
            });
            text.transpose()
        };
        let said =
            |name: &str, value: Option<&String>| value.map(|text| (name.to_owned(), text.clone()));
        // What pre-commit looks at is one pair: a flag takes the place of both.
        let flags = args.from.is_some() || args.to.is_some();
        let (from, to) = if flags {
            (
                said("--from", args.from.as_ref()),
                said("--to", args.to.as_ref()),
            )
        } else {
            (
                variable("PRE_COMMIT_FROM_REF", environment.change_from.as_ref())?,
                variable("PRE_COMMIT_TO_REF", environment.change_to.as_ref())?,
            )
        };
        let resolve = |(by, rev): &(String, String)| {
            repository
                .commit(rev)
                .map_err(|refusal| refusal.about(format_args!("{by} {rev}")))
        };
        let head = || {
            repository
                .head()
                .map_err(|refusal: Refusal| refusal.about("the repository"))
        };
        let at = |hash: &str| hash.get(..SHORT).unwrap_or(hash).to_owned();
        let last = match &to {
            Some((_, word)) if word == "index" => Some((Side::Index, "what is staged".to_owned())),
            Some((_, word)) if word == "worktree" => {
                Some((Side::WorkTree, "what is on disk".to_owned()))
            }
            Some(named) => {
                let commit = resolve(named)?;
                let name = format!("{} ({})", named.1, at(&commit));
                Some((Side::Commit(commit), name))
            }
            None => None,
        };
        let Some(from) = from else {
            return Ok(match last {
                Some((Side::Commit(commit), name)) => {
                    let parent = repository
                        .first_parent(&commit)
                        .map_err(|refusal| refusal.about(&name))?;
                    Self {
                        from: start(parent, "its first parent"),
                        to: (Side::Commit(commit), name),
                        at_commit: false,
                    }
                }
                other => Self {
                    from: start(head()?, "HEAD"),
                    to: other.unwrap_or((Side::Index, "what is staged".to_owned())),
                    at_commit: true,
                },
            });
        };
        let first = resolve(&from)?;
        let checked_out = || {
            head()?.ok_or_else(|| {
                Problem::new(
                    "the repository has no commit",
                    "for the first commit, run it without --from",
                )
            })
        };
        let to = match last {
            Some(last) => last,
            None => {
                let commit = checked_out()?;
                let name = format!("HEAD ({})", at(&commit));
                (Side::Commit(commit), name)
            }
        };
        let other = match &to.0 {
            Side::Commit(commit) => commit.clone(),
            _ => checked_out()?,
        };
        let base = repository
            .merge_base(&first, &other)
            .map_err(|refusal| refusal.about(format_args!("{} {}", from.0, from.1)))?;
        let name = format!("{} ({})", from.1, at(&base));
        Ok(Self {
            from: (Side::Commit(base), name),
            to,
            at_commit: false,
        })
    }

    /// Both in words.
    pub(super) fn words(&self) -> String {
        format!("the change from {} to {}", self.from.1, self.to.1)
    }
}

fn start(commit: Option<String>, name: &str) -> (Side, String) {
    match commit {
        Some(commit) => {
            let short = commit.get(..SHORT).unwrap_or(&commit).to_owned();
            (Side::Commit(commit), format!("{name} ({short})"))
        }
        None => (Side::Empty, "nothing".to_owned()),
    }
}
