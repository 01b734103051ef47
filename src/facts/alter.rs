//! Changes in place that the catalogue knows as harmful. Only attributes that differ are looked at, and only a value that existed can be lowered.

use std::collections::{HashMap, HashSet};

use crate::catalog::{Catalog, ChangeRow, ChangeRule, Scalar};
use crate::finding::{Severity, Shown};
use crate::plan::{Action, Opened, Plan, ReadError, ResourceChange, Shape, Show, Value};

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
        // Nobody loses anything by a create; what can be said of one is that it is open.
        if change.action == Action::Create && row.rule != ChangeRule::AccessOpened {
            continue;
        }
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
        if row.gone || row.adds.is_some() {
            if let Some((severity, before, now)) = elements(row, *old, *new, rest)?
                && conditions_hold(row, after)?
            {
                keep(
                    &mut found,
                    Alter {
                        change,
                        row,
                        severity,
                        before,
                        after: now,
                    },
                );
            }
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
            keep(&mut found, alter);
        }
    }
    alters.append(&mut found);
    Ok(())
}

/// One change of an attribute is told once by a rule, with the worst that it does.
fn keep<'a, 'p>(found: &mut Vec<Alter<'a, 'p>>, alter: Alter<'a, 'p>) {
    match found.iter_mut().find(|other| {
        other.row.rule == alter.row.rule && other.row.attribute == alter.row.attribute
    }) {
        Some(other) if other.severity >= alter.severity => {}
        Some(other) => *other = alter,
        None => found.push(alter),
    }
}

/// What stands at a path in all elements of a list, with how often; and whether some of it is not known.
#[derive(Default)]
struct Elements {
    counts: HashMap<String, usize>,
    unknown: bool,
    sensitive: bool,
}

impl Elements {
    fn read(value: Value<'_>, path: &[String]) -> Result<Self, ReadError> {
        let mut elements = Self::default();
        elements.add(value, path, 0)?;
        elements.sensitive = value.has_sensitive();
        Ok(elements)
    }

    fn add(&mut self, value: Value<'_>, path: &[String], depth: u8) -> Result<(), ReadError> {
        // Deeper than any provider nests.
        if depth > 24 {
            self.unknown = true;
            return Ok(());
        }
        match (value.shape()?, path.split_first()) {
            (Shape::Unknown, _) => self.unknown = true,
            (Shape::List(items), _) => {
                for item in items {
                    self.add(item, path, depth + 1)?;
                }
            }
            (Shape::Object(_), Some((first, rest))) => {
                self.add(value.get(first)?, rest, depth + 1)?;
            }
            (Shape::Text(text), Some(_)) => self.add_json(&text, path),
            (Shape::Text(text), None) if !text.is_empty() => {
                self.count(text.into_owned());
            }
            (Shape::Number(text), None) => self.count(text.into_owned()),
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, text: String) {
        *self.counts.entry(text).or_default() += 1;
    }

    /// Some providers keep a list as JSON text (the schema of a BigQuery table). Fields nested in a field count with the path to them.
    fn add_json(&mut self, text: &str, path: &[String]) {
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(json) => self.walk_json(&json, path, ""),
            Err(_) => self.unknown = true,
        }
    }

    fn walk_json(&mut self, json: &serde_json::Value, path: &[String], above: &str) {
        use serde_json::Value as Json;
        match (json, path.split_first()) {
            (Json::Array(items), _) => {
                for item in items {
                    self.walk_json(item, path, above);
                }
            }
            (Json::Object(members), Some((first, rest))) => {
                let Some(inner) = members.get(first) else {
                    return;
                };
                self.walk_json(inner, rest, above);
                if rest.is_empty()
                    && let (Json::String(name), Some(fields)) = (inner, members.get("fields"))
                {
                    self.walk_json(fields, path, &format!("{above}{name}."));
                }
            }
            // Names of columns do not tell a from A apart.
            (Json::String(name), None) => self.count(format!("{above}{name}").to_lowercase()),
            _ => {}
        }
    }

    fn total(&self) -> usize {
        self.counts.values().sum()
    }

    fn shown(&self) -> Shown {
        if self.sensitive {
            Shown::Sensitive
        } else if self.unknown {
            Shown::Unknown
        } else {
            Shown::Number(self.total().to_string())
        }
    }
}

/// Whether an element that the row is about went from a list, or came into it: compared as sets, so that an order is nothing.
fn elements(
    row: &ChangeRow,
    old: Value<'_>,
    new: Value<'_>,
    path: &[String],
) -> Result<Option<(Severity, Shown, Shown)>, ReadError> {
    let (before, after) = (Elements::read(old, path)?, Elements::read(new, path)?);
    let severity = if let Some(added) = &row.adds {
        let more = added.words().iter().any(|word| {
            after.counts.get(word).copied().unwrap_or(0)
                > before.counts.get(word).copied().unwrap_or(0)
        });
        more.then_some(row.grade)
    } else {
        let gone = before
            .counts
            .keys()
            .any(|name| !after.counts.contains_key(name));
        match (gone, after.unknown) {
            (false, _) => None,
            // What goes may come back under a name that is not known yet.
            (true, true) => Some(row.grade.min(Severity::Medium)),
            (true, false) if after.counts.is_empty() => {
                Some(row.empty.map_or(row.grade, |empty| empty.max(row.grade)))
            }
            (true, false) => Some(row.grade),
        }
    };
    Ok(severity.map(|severity| (severity, before.shown(), after.shown())))
}

/// Names at a path that an update takes away.
pub(crate) fn gone(change: &ResourceChange<'_>, path: &[String]) -> Result<Vec<String>, ReadError> {
    let before = Elements::read(change.before(), path)?;
    let after = Elements::read(change.after(), path)?;
    Ok(before
        .counts
        .into_keys()
        .filter(|name| !after.counts.contains_key(name))
        .collect())
}

/// A route that an inline set drops, though an unchanged `aws_route` keeps it in the same table, is needed: the two sets fight.
/// Source: <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/route_table>
pub(super) fn weigh_routes(plan: &Plan<'_>, alters: &mut [Alter<'_, '_>]) -> Result<(), ReadError> {
    let tables: Vec<_> = alters
        .iter_mut()
        .filter(|alter| {
            matches!(
                alter.change.kind.as_ref(),
                "aws_route_table" | "aws_default_route_table"
            ) && alter.row.gone
        })
        .collect();
    if tables.is_empty() {
        return Ok(());
    }
    let mut kept: HashSet<(String, String)> = HashSet::new();
    for route in plan
        .managed()
        .filter(|change| change.kind == "aws_route" && change.action == Action::NoOp)
    {
        let value = route.before();
        let Some(table) = value.get("route_table_id")?.text()? else {
            continue;
        };
        for name in ["destination_cidr_block", "destination_ipv6_cidr_block"] {
            if let Some(range) = value.get(name)?.text()? {
                kept.insert((table.to_string(), range.into_owned()));
            }
        }
    }
    for alter in tables {
        let Some(id) = alter.change.before().get("id")?.text()? else {
            continue;
        };
        for range in gone(alter.change, alter.row.attribute.steps())? {
            if kept.contains(&(id.to_string(), range)) {
                alter.severity = alter.severity.max(Severity::High);
            }
        }
    }
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
