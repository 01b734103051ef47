//! What a change to the sources takes away: two versions of a module's files, held against each other. A plan shows effects; this is what was written.

mod address;
mod backend;
mod compare;
mod hypothetical;
mod provider;
mod terragrunt;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::written::{Body, Expr, Folder};
use crate::finding::Shown;
pub(crate) use crate::finding::Side;
use crate::plan::kept_out::KeptOut;

pub(crate) use address::local;
pub(crate) use backend::Backend;
pub(crate) use compare::compare;
pub(crate) use hypothetical::plan;

/// A place in a file of a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) side: Side,
    /// The path below the top of the repository.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
}

/// The two versions of one module.
#[derive(Debug)]
pub(crate) struct Pair {
    /// Its directory below the top of the repository; the new one where it was moved.
    pub(crate) dir: String,
    pub(crate) before: Arc<Folder>,
    pub(crate) after: Arc<Folder>,
}

/// Gives the module of a directory on a side; an empty one where there is none.
pub(crate) type Reader<'r, E> = dyn FnMut(&str, Side) -> Result<Arc<Folder>, E> + 'r;

/// What becomes of what one block, or one instance of it, stands for.
#[derive(Debug)]
pub(crate) struct Fate {
    /// Within its module, or from the one that calls it.
    pub(crate) address: String,
    pub(crate) kind: String,
    pub(crate) at: At,
    pub(crate) what: What,
    /// As it was.
    pub(crate) before: Body,
    /// As it is; `None` when nothing of it is left.
    pub(crate) after: Option<Body>,
    /// Whether it goes with the call of its module, which is where `at` is.
    pub(crate) by_call: bool,
}

/// What a change to the sources means for what a block stands for.
#[derive(Debug)]
pub(crate) enum What {
    /// Nothing says what becomes of it, so the next plan destroys it.
    Gone {
        /// `prevent_destroy = true` goes with it.
        guarded: bool,
        /// The call of a module that went, and with it the block.
        call: Option<String>,
    },
    /// A `removed` block says that it is to be destroyed.
    Removed {
        guarded: bool,
        /// Whether it says so, or leaves it to the program.
        said: bool,
    },
    /// The same block under another address.
    Renamed {
        to: String,
        /// The `moved` block.
        moved: String,
        /// Whether another block would do as well.
        guess: bool,
    },
    /// From single, `count` or `for_each` to another of them.
    Rekeyed {
        /// The `moved` blocks, or as much of them as can be told.
        moved: String,
    },
    /// A key of a literal `for_each`, or an index beyond a literal `count`, is gone.
    Dropped,
    /// A literal that names it is another: the provider makes a new one.
    Replaced {
        /// The attribute.
        path: String,
    },
    /// Literals are others.
    Altered,
}

/// What of a block's `lifecycle` lets more happen to it than before, while the block stays.
#[derive(Debug)]
pub(crate) struct Unguarded {
    /// `None` for a unit of Terragrunt.
    pub(crate) address: Option<String>,
    pub(crate) kind: String,
    pub(crate) at: At,
    /// Where it is written within the block.
    pub(crate) path: &'static str,
    pub(crate) was: Shown,
    /// What stands there now, where anything does.
    pub(crate) now: Shown,
    pub(crate) lines: Vec<Shows>,
}

/// A line of one of the sides, with what may be shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shows {
    pub(crate) side: Side,
    /// From 1.
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Shows {
    /// An attribute's line on each of the sides where it stands.
    pub(crate) fn of(
        name: &str,
        sides: [(Side, Option<(&Expr, usize)>); 2],
        shown: impl Fn(&Expr) -> String,
    ) -> Vec<Self> {
        let written = sides.into_iter().filter_map(|(side, there)| {
            let (value, line) = there?;
            Some(Self {
                side,
                line,
                text: format!("  {name} = {}", shown(value)),
            })
        });
        written.collect()
    }
}

/// A literal that is surely no secret, or else an ellipsis.
pub(crate) fn plain(value: &Expr) -> String {
    match value {
        Expr::Null => "null".to_owned(),
        Expr::Bool(value) => value.to_string(),
        Expr::Number(text) if text.len() <= 12 => text.clone(),
        _ => "…".to_owned(),
    }
}

/// A module call that is gone, of a module that is not in the repository.
#[derive(Debug)]
pub(crate) struct CallGone {
    /// `None` for a unit of Terragrunt.
    pub(crate) address: Option<String>,
    pub(crate) at: At,
}

/// A provider that is another one, or acts in another place.
#[derive(Debug)]
pub(crate) struct ProviderChange {
    /// What changed: a clause.
    pub(crate) what: String,
    pub(crate) at: At,
    /// Only a version that is another major one.
    pub(crate) major: bool,
    /// Whether it says something of a root module alone: others have their providers from who calls them.
    pub(crate) only_root: bool,
    pub(crate) lines: Vec<Shows>,
}

/// What a change does to one module.
#[derive(Debug, Default)]
pub(crate) struct Delta {
    pub(crate) dir: String,
    pub(crate) fates: Vec<Fate>,
    pub(crate) unguarded: Vec<Unguarded>,
    pub(crate) calls_gone: Vec<CallGone>,
    pub(crate) backends: Vec<Backend>,
    pub(crate) providers: Vec<ProviderChange>,
    /// Who calls the module: the directory and the name of the call.
    pub(crate) callers: Vec<(String, String)>,
    /// Blocks of which it is not known what they stand for.
    pub(crate) unknown: usize,
    /// Blocks that are told no more: there were too many.
    pub(crate) more: usize,
    /// States and plans that come into the repository.
    pub(crate) states: Vec<(At, KeptOut)>,
    /// What of the gate itself is taken away or changed: a clause, and whether it is gone.
    pub(crate) gate: Vec<(At, String, bool)>,
    /// Files of which only the blocks were found.
    pub(crate) in_part: Vec<String>,
}

impl Delta {
    /// Whether there is nothing to say.
    pub(crate) fn is_quiet(&self) -> bool {
        self.fates.is_empty()
            && self.unguarded.is_empty()
            && self.calls_gone.is_empty()
            && self.backends.is_empty()
            && self.providers.is_empty()
            && self.states.is_empty()
            && self.gate.is_empty()
    }
}

/// The modules of a change by their directories, those that were only moved to another directory as one.
pub(crate) fn pairs(mut sides: BTreeMap<String, (Arc<Folder>, Arc<Folder>)>) -> Vec<Pair> {
    let left: Vec<String> = sides
        .iter()
        .filter(|(_, (before, after))| !before.is_empty() && after.is_empty())
        .map(|(dir, _)| dir.clone())
        .collect();
    let mut arrived: Vec<String> = sides
        .iter()
        .filter(|(_, (before, after))| before.is_empty() && !after.is_empty())
        .map(|(dir, _)| dir.clone())
        .collect();
    let mut pairs = Vec::new();
    for dir in left {
        let Some((before, _)) = sides.get(&dir) else {
            continue;
        };
        let same = |other: &String| {
            let after = sides.get(other).map(|(_, after)| after);
            after.map_or(0, |after| {
                let keys = before.resources.keys();
                let calls = before.calls.keys();
                keys.filter(|key| after.resources.contains_key(*key))
                    .count()
                    + calls.filter(|key| after.calls.contains_key(*key)).count()
            })
        };
        let all = before.resources.len() + before.calls.len();
        // A directory is moved when most of it is in the new one, under the same names.
        let best = arrived
            .iter()
            .enumerate()
            .map(|(at, other)| (same(other), at))
            .max_by_key(|(count, at)| (*count, std::cmp::Reverse(*at)))
            .filter(|(count, _)| *count * 2 > all);
        let Some((_, at)) = best else { continue };
        let to = arrived.remove(at);
        if let (Some((before, _)), Some((_, after))) = (sides.remove(&dir), sides.remove(&to)) {
            pairs.push(Pair {
                dir: to,
                before,
                after,
            });
        }
    }
    pairs.extend(
        sides
            .into_iter()
            .map(|(dir, (before, after))| Pair { dir, before, after }),
    );
    pairs.sort_by(|a, b| a.dir.cmp(&b.dir));
    pairs
}
