//! A delete and a create that are the same thing: a rename without a `moved` block. Told by the attributes that name the object in the cloud;
//! where the catalogue has none, by the same block under another module or key.

use std::collections::BTreeMap;

use crate::address::{Address, Key};
use crate::catalog::Catalog;
use crate::plan::{Action, Opened, Plan, ReadError, ResourceChange};

use crate::facts::condition;

/// A destroyed object and the created one that takes its place.
pub(crate) struct Rename<'a, 'p> {
    /// The destroyed one.
    pub(crate) from: &'a ResourceChange<'p>,
    /// The created one.
    pub(crate) to: &'a ResourceChange<'p>,
    /// Whether the attributes that name the object are equal; otherwise only the block's name is.
    pub(crate) same_identity: bool,
}

/// Pairs are not sought among more than this many deletes and creates of one type: a mass destroy is no rename.
const MOST: usize = 500;

pub(super) fn find<'a, 'p>(
    plan: &'a Plan<'p>,
    catalog: &Catalog,
) -> Result<Vec<Rename<'a, 'p>>, ReadError> {
    let mut sides: BTreeMap<&str, (Vec<&'a ResourceChange<'p>>, Vec<&'a ResourceChange<'p>>)> =
        BTreeMap::new();
    for change in plan
        .changes
        .iter()
        .filter(|change| change.managed() && change.deposed().is_none())
    {
        match change.action {
            Action::Delete => sides.entry(&change.kind).or_default().0.push(change),
            Action::Create => sides.entry(&change.kind).or_default().1.push(change),
            _ => {}
        }
    }
    let mut renames = Vec::new();
    for (kind, (mut gone, mut new)) in sides {
        if gone.is_empty() || new.is_empty() || gone.len() > MOST || new.len() > MOST {
            continue;
        }
        gone.sort_by(|a, b| a.address.cmp(&b.address));
        new.sort_by(|a, b| a.address.cmp(&b.address));
        let row = catalog.get(kind).filter(|row| !row.identity.is_empty());
        let mut names = Vec::with_capacity(new.len());
        for change in &new {
            names.push(match row {
                Some(row) => condition::texts(&row.identity, &Opened::new(change.after())?)?,
                None => None,
            });
        }
        // Each address is parsed once, not for each pair.
        let addresses: Vec<Option<Address<'_>>> = new
            .iter()
            .map(|change| Address::parse(&change.address))
            .collect();
        let mut taken = vec![false; new.len()];
        for from in gone {
            let name = match row {
                Some(row) => condition::texts(&row.identity, &Opened::new(from.before())?)?,
                None => None,
            };
            let address = Address::parse(&from.address);
            let fits = |at: usize| match (&name, names.get(at).and_then(Option::as_ref)) {
                (Some(old), Some(new)) => (old == new).then_some(true),
                // Nothing says that they differ: then the block's own name must say that they are the same.
                _ => kin(address.as_ref(), addresses.get(at).and_then(Option::as_ref))
                    .then_some(false),
            };
            let found = new
                .iter()
                .enumerate()
                .filter(|(at, _)| !taken.get(*at).copied().unwrap_or(true))
                .find_map(|(at, to)| fits(at).map(|same| (at, *to, same)));
            if let Some((at, to, same_identity)) = found {
                if let Some(taken) = taken.get_mut(at) {
                    *taken = true;
                }
                renames.push(Rename {
                    from,
                    to,
                    same_identity,
                });
            }
        }
    }
    Ok(renames)
}

/// Whether two addresses are one block under another module, or with another kind of key (single, count, for_each).
/// Two keys of one `for_each` are two things.
fn kin(from: Option<&Address<'_>>, to: Option<&Address<'_>>) -> bool {
    let (Some(from), Some(to)) = (from, to) else {
        return false;
    };
    if from.kind != to.kind
        || from.name != to.name
        || !(from.key == to.key || rekeyed(from.key.as_ref(), to.key.as_ref()))
    {
        return false;
    }
    if !from
        .module
        .iter()
        .map(|step| step.name)
        .eq(to.module.iter().map(|step| step.name))
    {
        return true;
    }
    let steps = || from.module.iter().zip(&to.module);
    steps().all(|(a, b)| a.key == b.key || rekeyed(a.key.as_ref(), b.key.as_ref()))
}

fn rekeyed(a: Option<&Key<'_>>, b: Option<&Key<'_>>) -> bool {
    !matches!(
        (a, b),
        (None, None)
            | (Some(Key::Number(_)), Some(Key::Number(_)))
            | (Some(Key::Text(_)), Some(Key::Text(_)))
    )
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn kin(from: &str, to: &str) -> bool {
        super::kin(Address::parse(from).as_ref(), Address::parse(to).as_ref())
    }

    #[test]
    fn one_block_under_another_name() {
        for (from, to) in [
            ("module.a.t_x.y", "module.b.t_x.y"),
            ("t_x.y", "module.b.t_x.y"),
            ("t_x.y", "t_x.y[0]"),
            ("t_x.y[0]", "t_x.y[\"a\"]"),
            ("module.a.t_x.y", "module.a[0].t_x.y"),
        ] {
            assert!(kin(from, to), "{from} -> {to}");
        }
    }

    #[test]
    fn two_things() {
        for (from, to) in [
            ("t_x.y[\"a\"]", "t_x.y[\"b\"]"),
            ("t_x.y[0]", "t_x.y[1]"),
            ("module.a[\"x\"].t_x.y", "module.a[\"z\"].t_x.y"),
            ("t_x.y", "t_x.z"),
            ("t_x.y", "t_w.y"),
        ] {
            assert!(!kin(from, to), "{from} -> {to}");
        }
    }
}
