//! The modules of a stack as a revision has them, for `check --explain-from`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::modules::{Modules, dir, is_wanted, name};
use crate::config::written::{self, Past, Source, is_taken};
use crate::facts::source::local;
use crate::finding::Side;
use crate::git::side::{self, Entry, Files, Repository};
use crate::state::{Home, Where};
use crate::ui::problem::Problem;
use crate::ui::refusal::Refusal;

/// The largest file with values of variables that is read, in bytes.
const MAX_VALUES: usize = 1 << 20;

/// The most modules of a stack.
const MOST: usize = 2_000;

/// The modules below the directory of a plan; `None` where that is not known.
///
/// # Errors
/// When the revision is not one commit that is here, or cannot be read.
pub(in crate::commands) fn past(rev: &str, place: &Where) -> Result<Option<Arc<Past>>, Problem> {
    if !place.counts() {
        return Ok(None);
    }
    // A copy is in no revision; what it is made of may be.
    let home = Home::of(place.dir());
    let dir = if home.is_own() {
        &home.dir
    } else {
        place.dir()
    };
    read(rev, dir)
        .map(|past| Some(Arc::new(past)))
        .map_err(|refusal| refusal.about(format_args!("--explain-from {rev}")))
}

fn read(rev: &str, at: &Path) -> Result<Past, Refusal> {
    let repository = Repository::open(at, None)?;
    let commit = repository.commit(rev)?;
    let prefix = repository.below(at)?;
    let files = repository.files(&side::Side::Commit(commit), &is_wanted)?;
    let own: Vec<(&str, &Entry)> = files
        .iter()
        .filter(|(path, _)| is_taken(name(path)) && dir(path) == prefix)
        .map(|(path, entry)| (path.as_str(), entry))
        .collect();
    let contents = repository.read(&own, MAX_VALUES)?;
    let (mut values, mut values_unread) = (BTreeMap::new(), false);
    // terraform.tfvars comes first, the others by name.
    let mut names: Vec<&str> = own.iter().map(|(path, _)| *path).collect();
    names.sort_by_key(|path| (!name(path).starts_with("terraform.tfvars"), *path));
    for path in names {
        let content = contents.get(path).and_then(Option::as_deref);
        match written::read(name(path), content) {
            Source::Whole(blocks) => {
                let all = blocks.into_iter().flat_map(|block| block.body.attributes);
                values.extend(all.map(|there| (there.name, there.value)));
            }
            _ => values_unread = true,
        }
    }
    let mut modules = Modules::new(&repository, files, Files::new(), &[]);
    let mut folders = BTreeMap::new();
    let mut open = vec![prefix.clone()];
    while let Some(at) = open.pop() {
        if folders.contains_key(&at) || folders.len() >= MOST {
            continue;
        }
        let folder = modules.folder(&at, Side::Before)?;
        for call in folder.calls.values() {
            let source = call.block.body.text(&["source"]);
            open.extend(source.and_then(|source| local(&at, source)));
        }
        folders.insert(at, folder);
    }
    Ok(Past {
        name: rev.to_owned(),
        root: prefix,
        folders,
        values,
        values_unread,
    })
}
