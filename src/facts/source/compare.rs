//! Two versions of one module, block by block.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::address::{block, local};
use super::{
    At, CallGone, Delta, Fate, Pair, Reader, Shows, Side, Unguarded, What, backend, plain,
    provider, terragrunt,
};
use crate::catalog::{Catalog, Grade, TypeRow};
use crate::config::written::{Body, Expr, Folder, Placed, Removed};
use crate::finding::Shown;

/// Levels of modules that are followed.
const MAX_DEPTH: usize = 8;

/// The most blocks of which the fate is told: modules that call each other can stand for any number.
const MOST: usize = 5_000;

/// The most keys of one block that are named.
const MOST_KEYS: usize = 50;

/// What a change does to one module.
///
/// # Errors
/// Those of reading the modules that it calls.
pub(crate) fn compare<E>(
    pair: &Pair,
    catalog: &Catalog,
    read: &mut Reader<'_, E>,
) -> Result<Delta, E> {
    let mut compared = Compared {
        catalog,
        delta: Delta {
            dir: pair.dir.clone(),
            in_part: [&pair.before, &pair.after]
                .into_iter()
                .flat_map(|folder| folder.in_part.iter().cloned())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            ..Delta::default()
        },
    };
    compared.module(pair, "", read, 0)?;
    let (before, after) = (&pair.before, &pair.after);
    let had_state = !before.resources.is_empty() || !before.calls.is_empty();
    let still = !after.resources.is_empty() || !after.calls.is_empty();
    compared.delta.backends.extend(backend::compare(
        before.backend.as_ref(),
        after.backend.as_ref(),
        had_state,
        still,
    ));
    compared.delta.backends.extend(backend::encryption(
        before.encryption.as_ref().filter(|_| had_state && still),
        after.encryption.as_ref(),
    ));
    provider::compare(before, after, &mut compared.delta);
    terragrunt::compare(before, after, &mut compared.delta);
    Ok(compared.delta)
}

/// How often a block stands for something.
#[derive(Debug, PartialEq)]
enum Repetition {
    Single,
    Count(Option<u64>),
    Each(Option<BTreeSet<String>>),
}

impl Repetition {
    fn of(body: &Body) -> Self {
        if let Some(each) = body.attribute("for_each") {
            return Self::Each(keys(&each.value));
        }
        match body.attribute("count").map(|count| &count.value) {
            None => Self::Single,
            Some(Expr::Number(text)) => Self::Count(text.parse().ok()),
            Some(_) => Self::Count(None),
        }
    }

    const fn is_known(&self) -> bool {
        !matches!(self, Self::Count(None) | Self::Each(None))
    }
}

/// The keys of a literal `for_each`: an object, or `toset` of texts.
fn keys(value: &Expr) -> Option<BTreeSet<String>> {
    match value {
        Expr::Object(members) => Some(members.iter().map(|(name, _)| name.clone()).collect()),
        Expr::Other(text) => {
            let inner = text.strip_prefix("toset([")?.strip_suffix("])")?;
            let items = inner.split(',').filter(|item| !item.is_empty());
            items
                .map(|item| {
                    let key = item.strip_prefix('"')?.strip_suffix('"')?;
                    (!key.contains(['"', '\\', '$', '%'])).then(|| key.to_owned())
                })
                .collect()
        }
        _ => None,
    }
}

fn key(text: &str) -> String {
    format!("[\"{}\"]", crate::address::quoted(text))
}

/// A block for another address.
fn moved(from: &str, to: &str) -> String {
    format!("moved {{\n  from = {from}\n  to   = {to}\n}}")
}

fn guarded(body: &Body) -> bool {
    matches!(
        body.at(&["lifecycle", "prevent_destroy"]),
        Some((Expr::Bool(true), _))
    )
}

/// What `moved` and `removed` blocks say of an address.
enum Said {
    Nothing,
    Moved,
    Forgotten,
    Destroyed { said: bool, at: At },
}

/// The `moved` and `removed` blocks of a module by what they are about: there may be as many of them as of resources.
struct Words<'f> {
    folder: &'f Folder,
    moved: HashMap<&'f str, &'f str>,
    removed: HashMap<&'f str, &'f Removed>,
    /// What is moved, as it is written.
    instances: HashSet<&'f str>,
}

impl<'f> Words<'f> {
    fn of(folder: &'f Folder) -> Self {
        let moved = folder.moved.iter();
        let removed = folder.removed.iter();
        Self {
            folder,
            moved: moved.map(|(from, to)| (block(from), to.as_str())).collect(),
            removed: removed.map(|there| (block(&there.from), there)).collect(),
            instances: folder.moved.iter().map(|(from, _)| from.as_str()).collect(),
        }
    }

    /// Whether something of a block is moved.
    fn moves(&self, name: &str) -> bool {
        self.moved.contains_key(name)
    }
}

fn said(words: &Words<'_>, address: &str) -> Said {
    let mut at = address;
    // Moves can follow each other.
    for _ in 0..MAX_DEPTH {
        let Some(to) = words.moved.get(at) else {
            break;
        };
        if has(words.folder, to) {
            return Said::Moved;
        }
        at = block(to);
    }
    match words.removed.get(address) {
        None => Said::Nothing,
        Some(removed) if removed.destroy == Some(Expr::Bool(false)) => Said::Forgotten,
        Some(removed) => Said::Destroyed {
            said: removed.destroy.is_some(),
            at: At {
                side: Side::After,
                file: removed.file.clone(),
                line: removed.line,
            },
        },
    }
}

/// Whether a module has a block for an address; of one in a module that it calls, whether there is the call.
fn has(folder: &Folder, address: &str) -> bool {
    match address.strip_prefix("module.") {
        Some(rest) => {
            let name = rest.split(['.', '[']).next().unwrap_or_default();
            folder.calls.contains_key(name)
        }
        None => folder
            .resources
            .contains_key(address.split('[').next().unwrap_or(address)),
    }
}

/// The type in a key `TYPE.NAME`.
fn kind(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}

struct Compared<'c> {
    catalog: &'c Catalog,
    delta: Delta,
}

impl Compared<'_> {
    fn module<E>(
        &mut self,
        pair: &Pair,
        prefix: &str,
        read: &mut Reader<'_, E>,
        depth: usize,
    ) -> Result<(), E> {
        let (before, after) = (&pair.before, &pair.after);
        let words = Words::of(after);
        let mut arrived = Arrived::of(before, after, self.catalog);
        let mut in_modules: Option<BTreeMap<String, String>> = None;
        for (name, placed) in &before.resources {
            match after.resources.get(name) {
                Some(now) => self.stays(name, placed, now, prefix, &words),
                None => {
                    let what = match said(&words, name) {
                        Said::Moved | Said::Forgotten => continue,
                        Said::Destroyed { said, at } => {
                            let what = What::Removed {
                                guarded: guarded(&placed.block.body),
                                said,
                            };
                            self.tell(format!("{prefix}{name}"), name, at, what, placed, None);
                            continue;
                        }
                        Said::Nothing => {
                            if in_modules.is_none() {
                                in_modules = Some(into_modules(pair, read)?);
                            }
                            let modules = in_modules.as_mut();
                            self.lost(name, placed, prefix, &mut arrived, modules)
                        }
                    };
                    let at = before_at(placed);
                    self.tell(format!("{prefix}{name}"), name, at, what, placed, None);
                }
            }
        }
        for (name, call) in &before.calls {
            self.call(name, call, pair, prefix, &words, &mut arrived, read, depth)?;
        }
        Ok(())
    }

    /// What becomes of a block that nothing is said of.
    fn lost(
        &self,
        name: &str,
        placed: &Placed,
        prefix: &str,
        arrived: &mut Arrived,
        in_modules: Option<&mut BTreeMap<String, String>>,
    ) -> What {
        if let Some((to, guess)) = arrived.take(name, placed, self.catalog) {
            let (from, to) = (format!("{prefix}{name}"), format!("{prefix}{to}"));
            return What::Renamed {
                moved: moved(&from, &to),
                to,
                guess,
            };
        }
        if let Some(to) = in_modules.and_then(|modules| modules.remove(name)) {
            let (from, to) = (format!("{prefix}{name}"), format!("{prefix}{to}"));
            return What::Renamed {
                moved: moved(&from, &to),
                to,
                guess: true,
            };
        }
        What::Gone {
            guarded: guarded(&placed.block.body),
            call: None,
        }
    }

    fn tell(
        &mut self,
        address: String,
        name: &str,
        at: At,
        what: What,
        before: &Placed,
        after: Option<&Placed>,
    ) {
        if self.delta.fates.len() >= MOST {
            self.delta.more += 1;
            return;
        }
        self.delta.fates.push(Fate {
            address,
            kind: kind(name).to_owned(),
            at,
            what,
            before: before.block.body.clone(),
            after: after.map(|after| after.block.body.clone()),
            by_call: false,
        });
    }

    /// A block that both versions have.
    fn stays(&mut self, name: &str, old: &Placed, new: &Placed, prefix: &str, words: &Words<'_>) {
        let (before, now) = (&old.block.body, &new.block.body);
        if before == now {
            return;
        }
        let address = format!("{prefix}{name}");
        if guarded(before) && !guarded(now) {
            self.lifecycle(&address, name, old, new, "prevent_destroy");
        }
        let row = self.catalog.get(kind(name));
        let first = |body: &Body| {
            let said = body.at(&["lifecycle", "create_before_destroy"]);
            matches!(said, Some((Expr::Bool(true), _)))
        };
        if first(now)
            && !first(before)
            && row.is_some_and(|row| row.category.holds_data() && row.destroy >= Grade::High)
        {
            self.lifecycle(&address, name, old, new, "create_before_destroy");
        }
        let at = || before_at(old);
        match self.repetition(before, now, &address, words.moves(name)) {
            Repeated::Same => {}
            Repeated::Rekeyed(moved) => {
                self.tell(address, name, at(), What::Rekeyed { moved }, old, None);
                return;
            }
            Repeated::Dropped(keys) => {
                for key in keys {
                    let one = format!("{address}{key}");
                    if !words.instances.contains(format!("{name}{key}").as_str()) {
                        self.tell(one, name, at(), What::Dropped, old, None);
                    }
                }
            }
        }
        provider::of_block(&address, old, new, &mut self.delta.providers, || {
            self.catalog
                .get(kind(name))
                .is_some_and(|row| row.category.weighty())
        });
        let replaced = self
            .catalog
            .get(kind(name))
            .filter(|row| row.category.holds_data())
            .and_then(|row| renamed_in_cloud(row, before, now));
        let what = replaced.map_or(What::Altered, |path| What::Replaced { path });
        self.tell(address, name, at(), what, old, Some(new));
    }

    /// What `lifecycle` says now, and did not say.
    fn lifecycle(
        &mut self,
        address: &str,
        name: &str,
        old: &Placed,
        new: &Placed,
        path: &'static str,
    ) {
        let (was, now) = (
            old.block.body.at(&["lifecycle", path]),
            new.block.body.at(&["lifecycle", path]),
        );
        let shown = |there: Option<(&Expr, usize)>| match there {
            None | Some((Expr::Null, _)) => Shown::Absent,
            Some((Expr::Bool(value), _)) => Shown::Bool(*value),
            Some(_) => Shown::Hidden,
        };
        self.delta.unguarded.push(Unguarded {
            address: Some(address.to_owned()),
            kind: kind(name).to_owned(),
            at: At {
                side: Side::After,
                file: new.file.clone(),
                line: new.block.line,
            },
            path: if path == "prevent_destroy" {
                "lifecycle.prevent_destroy"
            } else {
                "lifecycle.create_before_destroy"
            },
            was: shown(was),
            now: shown(now),
            lines: Shows::of(path, [(Side::Before, was), (Side::After, now)], plain),
        });
    }

    fn repetition(&mut self, before: &Body, now: &Body, address: &str, said: bool) -> Repeated {
        let (old, new) = (Repetition::of(before), Repetition::of(now));
        if old == new && old.is_known() {
            return Repeated::Same;
        }
        let same = |name: &str| {
            before.attribute(name).map(|there| &there.value)
                == now.attribute(name).map(|there| &there.value)
        };
        if same("count") && same("for_each") {
            return Repeated::Same;
        }
        use Repetition::{Count, Each, Single};
        match (&old, &new) {
            (Each(_), Single | Count(_)) | (Single | Count(_), Each(_)) if said => Repeated::Same,
            (Each(_), Single | Count(_)) | (Single | Count(_), Each(_)) => {
                Repeated::Rekeyed(moves(address, &old, &new))
            }
            (Each(Some(old)), Each(Some(new))) => Repeated::Dropped(
                old.difference(new)
                    .map(|text| key(text))
                    .take(MOST_KEYS)
                    .collect(),
            ),
            (Count(Some(old)), Count(Some(new))) if new < old => {
                Repeated::Dropped(indexes(*new, *old))
            }
            (Count(Some(old)), Single) => Repeated::Dropped(indexes(1, *old)),
            (Single, Count(Some(0))) => Repeated::Dropped(vec![String::new()]),
            (Count(Some(_)) | Single, Count(Some(_))) | (Single, Single) => Repeated::Same,
            _ => {
                self.delta.unknown += 1;
                Repeated::Same
            }
        }
    }

    /// A module call of the old version.
    #[expect(
        clippy::too_many_arguments,
        reason = "the two versions and the way into them"
    )]
    fn call<E>(
        &mut self,
        name: &str,
        call: &Placed,
        pair: &Pair,
        prefix: &str,
        words: &Words<'_>,
        arrived: &mut Arrived,
        read: &mut Reader<'_, E>,
        depth: usize,
    ) -> Result<(), E> {
        let source = |placed: &Placed| placed.block.body.text(&["source"]).map(str::to_owned);
        let address = format!("module.{name}");
        let full = format!("{prefix}{address}");
        let old = source(call).and_then(|source| local(&pair.dir, &source));
        let after = &pair.after;
        let Some(now) = after.calls.get(name) else {
            let (what, to) = match said(words, &address) {
                Said::Moved | Said::Forgotten => return Ok(()),
                Said::Destroyed { said, .. } => (How::Removed(said), None),
                Said::Nothing => (How::Gone, arrived.take_call(call)),
            };
            let how = to.map_or(what, |to| How::Renamed(format!("{prefix}module.{to}")));
            let Some(dir) = old else {
                self.delta.calls_gone.push(CallGone {
                    address: Some(full),
                    at: before_at(call),
                });
                return Ok(());
            };
            return self.expand(
                &dir,
                &full,
                &full,
                &how,
                &before_at(call),
                arrived,
                read,
                depth,
            );
        };
        let (before, after_body) = (&call.block.body, &now.block.body);
        if before == after_body {
            return Ok(());
        }
        if let Repeated::Rekeyed(moved) =
            self.repetition(before, after_body, &full, words.moves(&address))
            && let Some(dir) = &old
        {
            return self.expand(
                dir,
                &full,
                &full,
                &How::Rekeyed(moved),
                &before_at(call),
                arrived,
                read,
                depth,
            );
        }
        provider::of_module(&full, call, now, &mut self.delta);
        let new = source(now).and_then(|source| local(&pair.dir, &source));
        match (old, new) {
            (Some(old), Some(new)) if old != new && depth < MAX_DEPTH => {
                let inner = Pair {
                    before: read(&old, Side::Before)?,
                    after: read(&new, Side::After)?,
                    dir: new,
                };
                self.module(&inner, &format!("{full}."), read, depth + 1)?;
            }
            (Some(_), Some(_)) => {}
            _ => provider::of_call(&full, call, now, &mut self.delta),
        }
        Ok(())
    }

    /// Every block of a module that is not called any more, or under another name.
    #[expect(clippy::too_many_arguments, reason = "the module and the way to it")]
    fn expand<E>(
        &mut self,
        dir: &str,
        address: &str,
        call: &str,
        how: &How,
        at: &At,
        arrived: &mut Arrived,
        read: &mut Reader<'_, E>,
        depth: usize,
    ) -> Result<(), E> {
        if depth >= MAX_DEPTH || self.delta.more > 0 {
            self.delta.more += 1;
            return Ok(());
        }
        let module = read(dir, Side::Before)?;
        for (name, placed) in &module.resources {
            let block = format!("{address}.{name}");
            let guarded = guarded(&placed.block.body);
            let what = match how {
                How::Gone => match arrived.take_same(name) {
                    Some(to) => What::Renamed {
                        moved: moved(&block, &to),
                        to,
                        guess: true,
                    },
                    None => What::Gone {
                        guarded,
                        call: Some(call.to_owned()),
                    },
                },
                How::Removed(said) => What::Removed {
                    guarded,
                    said: *said,
                },
                How::Renamed(to) => What::Renamed {
                    moved: moved(call, to),
                    to: to.clone(),
                    guess: false,
                },
                How::Rekeyed(moved) => What::Rekeyed {
                    moved: moved.clone(),
                },
            };
            self.tell(block, name, at.clone(), what, placed, None);
            if let Some(fate) = self.delta.fates.last_mut() {
                fate.by_call = true;
            }
        }
        for (name, inner) in &module.calls {
            let source = inner.block.body.text(&["source"]);
            let inner_address = format!("{address}.module.{name}");
            match source.and_then(|source| local(dir, source)) {
                Some(dir) => {
                    self.expand(
                        &dir,
                        &inner_address,
                        call,
                        how,
                        at,
                        arrived,
                        read,
                        depth + 1,
                    )?;
                }
                None => self.delta.calls_gone.push(CallGone {
                    address: Some(inner_address),
                    at: at.clone(),
                }),
            }
        }
        Ok(())
    }
}

/// What becomes of a module call.
enum How {
    Gone,
    Removed(bool),
    Renamed(String),
    Rekeyed(String),
}

enum Repeated {
    Same,
    Rekeyed(String),
    /// The keys that are gone, as addresses end with them.
    Dropped(Vec<String>),
}

fn indexes(from: u64, to: u64) -> Vec<String> {
    (from..to)
        .take(MOST_KEYS)
        .map(|at| format!("[{at}]"))
        .collect()
}

/// The `moved` blocks for another kind of key, as far as it can be told which goes where.
fn moves(address: &str, old: &Repetition, new: &Repetition) -> String {
    use Repetition::{Count, Each, Single};
    let instances = |repetition: &Repetition| -> Vec<String> {
        match repetition {
            Single => vec![String::new()],
            Count(Some(count)) => indexes(0, *count),
            Count(None) => vec!["[0]".to_owned()],
            Each(Some(keys)) => keys.iter().map(|text| key(text)).take(MOST_KEYS).collect(),
            Each(None) => vec!["[\"KEY\"]".to_owned()],
        }
    };
    let pairs = instances(old).into_iter().zip(instances(new));
    let blocks: Vec<String> = pairs
        .map(|(from, to)| moved(&format!("{address}{from}"), &format!("{address}{to}")))
        .collect();
    blocks.join("\n")
}

fn before_at(placed: &Placed) -> At {
    At {
        side: Side::Before,
        file: placed.file.clone(),
        line: placed.block.line,
    }
}

/// The literal that names a thing in the cloud, if it is another one.
fn renamed_in_cloud(row: &TypeRow, before: &Body, now: &Body) -> Option<String> {
    row.identity.iter().find_map(|path| {
        let [name] = path.steps() else { return None };
        let (old, new) = (before.text(&[name])?, now.text(&[name])?);
        (old != new).then(|| name.clone())
    })
}

/// What names a thing in the cloud, where all of it is written as literals.
fn identity(row: &TypeRow, body: &Body) -> Option<Vec<String>> {
    let texts: Option<Vec<String>> = row
        .identity
        .iter()
        .map(|path| {
            let steps: Vec<&str> = path.steps().iter().map(String::as_str).collect();
            body.text(&steps)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        })
        .collect();
    texts.filter(|texts| !texts.is_empty())
}

/// Blocks that only the new version has: what an old one may have become.
struct Arrived {
    bodies: HashMap<(String, u64), VecDeque<String>>,
    names: HashMap<(String, Vec<String>), String>,
    calls: HashMap<u64, VecDeque<String>>,
    free: BTreeSet<String>,
}

impl Arrived {
    fn of(before: &Folder, after: &Folder, catalog: &Catalog) -> Self {
        let mut arrived = Self {
            bodies: HashMap::new(),
            names: HashMap::new(),
            calls: HashMap::new(),
            free: BTreeSet::new(),
        };
        let targets: HashSet<&str> = after.moved.iter().map(|(_, to)| block(to)).collect();
        let taken = |name: &str| targets.contains(name);
        for (name, placed) in &after.resources {
            if before.resources.contains_key(name) || taken(name) {
                continue;
            }
            let (kind, body) = (kind(name).to_owned(), &placed.block.body);
            arrived.free.insert(name.clone());
            if let Some(identity) = catalog.get(&kind).and_then(|row| identity(row, body)) {
                arrived.names.insert((kind.clone(), identity), name.clone());
            }
            let same = arrived.bodies.entry((kind, body.digest())).or_default();
            same.push_back(name.clone());
        }
        for (name, call) in &after.calls {
            if !before.calls.contains_key(name) && !taken(&format!("module.{name}")) {
                let same = arrived.calls.entry(call.block.body.digest()).or_default();
                same.push_back(name.clone());
            }
        }
        arrived
    }

    /// The block that an old one has become, and whether another would do as well.
    fn take(&mut self, name: &str, placed: &Placed, catalog: &Catalog) -> Option<(String, bool)> {
        let (kind, body) = (kind(name).to_owned(), &placed.block.body);
        let by_name = catalog
            .get(&kind)
            .and_then(|row| identity(row, body))
            .and_then(|identity| self.names.remove(&(kind.clone(), identity)));
        if let Some(to) = by_name.filter(|to| self.free.remove(to)) {
            return Some((to, false));
        }
        let same = self.bodies.get_mut(&(kind, body.digest()))?;
        while let Some(to) = same.pop_front() {
            if self.free.remove(&to) {
                let empty = body.attributes.is_empty() && body.blocks.is_empty();
                return Some((to, empty || !same.is_empty()));
            }
        }
        None
    }

    /// The block of the same type and name.
    fn take_same(&mut self, name: &str) -> Option<String> {
        self.free.take(name)
    }

    fn take_call(&mut self, call: &Placed) -> Option<String> {
        self.calls.get_mut(&call.block.body.digest())?.pop_front()
    }
}

/// Blocks that are new in the modules that are called, by their own names: where one of the same type and name may have gone.
fn into_modules<E>(pair: &Pair, read: &mut Reader<'_, E>) -> Result<BTreeMap<String, String>, E> {
    let mut found = BTreeMap::new();
    for (name, call) in &pair.after.calls {
        let source = call.block.body.text(&["source"]);
        let Some(dir) = source.and_then(|source| local(&pair.dir, source)) else {
            continue;
        };
        let called_before = pair.before.calls.contains_key(name);
        let before = if called_before {
            read(&dir, Side::Before)?
        } else {
            Arc::default()
        };
        for key in read(&dir, Side::After)?.resources.keys() {
            if !before.resources.contains_key(key) {
                found
                    .entry(key.clone())
                    .or_insert_with(|| format!("module.{name}.{key}"));
            }
        }
    }
    Ok(found)
}
