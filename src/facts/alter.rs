//! Changes in place that the catalogue knows as harmful. Only attributes that differ are looked at, and only a value that existed can be lowered.

use crate::catalog::{Catalog, ChangeRow, Scalar};
use crate::finding::{Severity, Shown};
use crate::plan::{Opened, ReadError, ResourceChange, Shape, Show, Value};

use crate::facts::condition::{number_of, plain, same};
use crate::facts::difference::Difference;

/// One harmful change of one attribute.
pub(crate) struct Alter<'a, 'p> {
    /// The change.
    pub(crate) change: &'a ResourceChange<'p>,
    /// The row that speaks of it.
    pub(crate) row: &'a ChangeRow,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// The value before.
    pub(crate) before: Shown,
    /// The value after.
    pub(crate) after: Shown,
}

/// Attributes that say an engine or a size: no secret in any provider, and the point of a finding about a restart.
pub(super) const SIZES: &[&str] = &[
    "instance_class",
    "instance_type",
    "node_type",
    "engine",
    "engine_version",
    "size",
    "vm_size",
    "tier",
    "sku",
    "sku_name",
    "machine_type",
    "server_type",
    "plan",
    "database_version",
    "storage_type",
];

/// Adds the harmful changes of one object to `alters`.
pub(super) fn judge<'a, 'p>(
    catalog: &'a Catalog,
    change: &'a ResourceChange<'p>,
    differences: &[Difference<'p>],
    after: &Opened<'p>,
    alters: &mut Vec<Alter<'a, 'p>>,
) -> Result<(), ReadError> {
    let mut found: Vec<Alter<'a, 'p>> = Vec::new();
    for row in catalog.changes(&change.kind) {
        let Some((first, rest)) = row.attribute.steps().split_first() else {
            continue;
        };
        let Some(Difference { old, new, .. }) = differences
            .iter()
            .find(|difference| difference.name == *first)
        else {
            continue;
        };
        if old.is_nothing() && new.is_nothing() {
            continue;
        }
        let mut pairs = Vec::new();
        pair(*old, *new, rest, &mut pairs)?;
        for (old, new) in pairs {
            let Some(severity) = harm(row, old, new)? else {
                continue;
            };
            if !conditions_hold(row, after)? {
                continue;
            }
            let words: Vec<String> = row
                .leaves
                .iter()
                .chain(&row.enters)
                .flat_map(crate::catalog::When::words)
                .collect();
            let show = if SIZES.contains(&row.attribute.steps().last().map_or("", String::as_str)) {
                Show::Identifier
            } else {
                Show::Words(&words)
            };
            let alter = Alter {
                change,
                row,
                severity,
                before: old.shown(show)?,
                after: new.shown(show)?,
            };
            match found
                .iter_mut()
                .find(|other| other.row.rule == row.rule && other.row.attribute == row.attribute)
            {
                Some(other) if other.severity >= severity => {}
                Some(other) => *other = alter,
                None => found.push(alter),
            }
        }
    }
    alters.append(&mut found);
    Ok(())
}

/// The longest list whose elements are sought at other places.
const MOST: usize = 1_000;

/// The two sides of every leaf at a path. Elements of lists are paired by their place; what is gone is paired with nothing.
fn pair<'p>(
    old: Value<'p>,
    new: Value<'p>,
    path: &[String],
    pairs: &mut Vec<(Value<'p>, Value<'p>)>,
) -> Result<(), ReadError> {
    let Some((first, rest)) = path.split_first() else {
        pairs.push((old, new));
        return Ok(());
    };
    let (left, right) = (old.shape()?, new.shape()?);
    match (left, right) {
        (Shape::List(olds), Shape::List(news)) => {
            // What stays as it is, at another place or not, is nobody's pair. Very long lists are paired by place alone: each would be held against each.
            let short = olds.len().max(news.len()) <= MOST;
            let rest = |these: &[Value<'p>], those: &[Value<'p>]| {
                these
                    .iter()
                    .filter(|a| !short || !those.iter().any(|b| b.same_text(a)))
                    .copied()
                    .collect::<Vec<_>>()
            };
            let (olds, news) = (rest(&olds, &news), rest(&news, &olds));
            for at in 0..olds.len().max(news.len()) {
                let side = |items: &[Value<'p>]| items.get(at).copied().unwrap_or(Value::ABSENT);
                pair(side(&olds), side(&news), path, pairs)?;
            }
            Ok(())
        }
        (Shape::List(olds), _) => olds
            .into_iter()
            .try_for_each(|old| pair(old, new, path, pairs)),
        (_, Shape::List(news)) => news
            .into_iter()
            .try_for_each(|new| pair(old, new, path, pairs)),
        _ => pair(old.get(first)?, new.get(first)?, rest, pairs),
    }
}

fn conditions_hold(row: &ChangeRow, after: &Opened<'_>) -> Result<bool, ReadError> {
    for condition in &row.and {
        let Some(path) = &condition.attribute else {
            return Ok(false);
        };
        let mut holds = false;
        for value in after.at(path.steps())? {
            // What is unknown counts as the worse: the condition may hold.
            holds = holds
                || matches!(value.shape()?, Shape::Unknown)
                || super::condition::holds(condition, value)?;
        }
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the step from `old` to `new` is the one that the row is about, and how bad it is.
fn harm(row: &ChangeRow, old: Value<'_>, new: Value<'_>) -> Result<Option<Severity>, ReadError> {
    let existed = plain(old, row.default.as_ref())?;
    let becomes = plain(new, row.default.as_ref())?;
    let unknown = matches!(new.shape()?, Shape::Unknown);
    let is = |scalar: &Option<Scalar>, values: &[Scalar]| {
        scalar
            .as_ref()
            .is_some_and(|scalar| values.iter().any(|value| same(value, scalar)))
    };
    if let Some(values) = &row.leaves {
        let values = values.values();
        return Ok((is(&existed, values) && !is(&becomes, values)).then_some(row.grade));
    }
    if let Some(values) = &row.enters {
        let values = values.values();
        return Ok((!is(&existed, values)
            && (is(&becomes, values) || unknown && existed.is_some()))
        .then_some(row.grade));
    }
    let Some(existed) = existed else {
        return Ok(None);
    };
    if row.changes {
        return Ok((becomes.is_none_or(|becomes| !same(&existed, &becomes))).then_some(row.grade));
    }
    let Some(from) = number_of(&existed) else {
        return Ok(None);
    };
    let endless = |number: f64| {
        row.forever
            .iter()
            .any(|forever| same(forever, &Scalar::Number(number)))
    };
    let to = becomes.as_ref().and_then(number_of);
    if row.rises {
        return Ok(to.is_none_or(|to| to > from).then_some(row.grade));
    }
    let worst = Some(row.half.map_or(row.grade, |half| half.max(row.grade)));
    let Some(to) = to else { return Ok(worst) };
    if endless(to) || (!endless(from) && to >= from) {
        return Ok(None);
    }
    let deep = endless(from) || to <= 0.0 || to < from / 2.0;
    Ok(if deep { worst } else { Some(row.grade) })
}
