//! Changes in place that the catalogue knows as harmful. Only attributes that differ are looked at, and only a value that existed can be lowered.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use crate::catalog::{Catalog, ChangeRow, ChangeRule, Scalar};
use crate::finding::{Severity, Shown};
use crate::plan::{Action, Opened, Plan, ReadError, ResourceChange, Shape, Show, Value};

use crate::facts::condition::{number_of, plain, same};
use crate::facts::difference::Difference;
use crate::facts::everybody;

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
    "instance_size",
    "instance_size_name",
    "provider_instance_size_name",
];

/// Words that providers' enumerations are made of: of an attribute of which a row knows a word, the other word may be shown if it is one of these.
const WORDS: &[&str] = &[
    "public",
    "private",
    "internal",
    "enabled",
    "disabled",
    "suspended",
    "active",
    "inactive",
    "paused",
    "running",
    "stopped",
    "delete",
    "compact",
    "delete,compact",
    "compact,delete",
    "abandon",
    "prevent",
    "retain",
    "remove",
    "allow",
    "deny",
    "on",
    "off",
    "none",
    "all",
    "default",
    "required",
    "optional",
    "pending_deletion",
];

/// Adds the harmful changes of one object to `alters`.
pub(super) fn judge<'a, 'p>(
    catalog: &'a Catalog,
    change: &'a ResourceChange<'p>,
    differences: &[Difference<'_, 'p>],
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
            .find(|difference| difference.name == first)
        else {
            continue;
        };
        if old.is_nothing() && new.is_nothing() {
            continue;
        }
        if row.gone || row.grows || row.adds.is_some() {
            if let Some((severity, before, now)) = elements(row, **old, **new, rest)?
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
        // The conditions are about the whole object: asked for each of many elements they would read all of it each time.
        let mut hold = None;
        pair(**old, **new, rest, &mut |old, new| {
            if hold == Some(false) {
                return Ok(());
            }
            if row.everybody {
                if let Some(alter) = let_in(change, row, old, new)?
                    && holds_once(&mut hold, row, after)?
                {
                    keep(&mut found, alter);
                }
            } else if let Some(severity) = harm(row, old, new)?
                && holds_once(&mut hold, row, after)?
            {
                keep(&mut found, lowered(change, row, severity, old, new)?);
            }
            Ok(())
        })?;
    }
    alters.append(&mut found);
    Ok(())
}

/// The change from one value to a worse one.
fn lowered<'a, 'p>(
    change: &'a ResourceChange<'p>,
    row: &'a ChangeRow,
    severity: Severity,
    old: Value<'p>,
    new: Value<'p>,
) -> Result<Alter<'a, 'p>, ReadError> {
    let mut words: Vec<String> = row
        .leaves
        .iter()
        .chain(&row.enters)
        .flat_map(crate::catalog::When::words)
        .collect();
    if !words.is_empty() {
        words.extend(WORDS.iter().map(|word| (*word).to_owned()));
    }
    let show = if SIZES.contains(&row.attribute.steps().last().map_or("", String::as_str)) {
        Show::Identifier
    } else {
        Show::Words(&words)
    };
    Ok(Alter {
        change,
        row,
        severity,
        before: old.shown(show)?,
        after: new.shown(show)?,
    })
}

/// Whether a policy document lets everybody do more than it did.
fn let_in<'a, 'p>(
    change: &'a ResourceChange<'p>,
    row: &'a ChangeRow,
    old: Value<'p>,
    new: Value<'p>,
) -> Result<Option<Alter<'a, 'p>>, ReadError> {
    let Some(now) = everybody::allowed(new)? else {
        return Ok(None);
    };
    let before = everybody::allowed(old)?.unwrap_or_default();
    if !everybody::reach_further(&now, &before) {
        return Ok(None);
    }
    let count = |value: Value<'p>, actions: &[String]| match value.has_sensitive() {
        true => Shown::Sensitive,
        false => Shown::Number(actions.len().to_string()),
    };
    Ok(Some(Alter {
        change,
        row,
        severity: row.grade,
        before: count(old, &before),
        after: count(new, &now),
    }))
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

/// What stands at a path in all elements of a list, in order and each once; how many there are, and whether some of it is not known.
#[derive(Default)]
struct Elements<'p> {
    texts: Vec<Cow<'p, str>>,
    total: usize,
    unknown: bool,
    sensitive: bool,
}

impl<'p> Elements<'p> {
    fn read(value: Value<'p>, path: &[String]) -> Result<Self, ReadError> {
        let mut elements = Self::default();
        elements.add(value, path, 0)?;
        elements.sensitive = value.has_sensitive();
        elements.total = elements.texts.len();
        elements.texts.sort_unstable();
        elements.texts.dedup();
        Ok(elements)
    }

    fn has(&self, text: &str) -> bool {
        self.texts
            .binary_search_by(|there| there.as_ref().cmp(text))
            .is_ok()
    }

    fn add(&mut self, value: Value<'p>, path: &[String], depth: u8) -> Result<(), ReadError> {
        // Deeper than any provider nests.
        if depth > 24 {
            self.unknown = true;
            return Ok(());
        }
        if value.each(|element| self.add(element, path, depth + 1))? {
            return Ok(());
        }
        match (value.shape()?, path.split_first()) {
            (Shape::Unknown, _) => self.unknown = true,
            (Shape::Object(members), Some((first, rest))) => {
                self.add(crate::plan::member(&members, first), rest, depth + 1)?;
            }
            (Shape::Text(text), Some(_)) => self.add_json(&text, path),
            (Shape::Text(text), None) if !text.is_empty() => self.texts.push(text),
            (Shape::Number(text), None) => self.texts.push(text),
            _ => {}
        }
        Ok(())
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
            (Json::String(name), None) => {
                let name = format!("{above}{name}").to_lowercase();
                self.texts.push(Cow::Owned(name));
            }
            _ => {}
        }
    }

    fn shown(&self) -> Shown {
        if self.sensitive {
            Shown::Sensitive
        } else if self.unknown {
            Shown::Unknown
        } else {
            Shown::Number(self.total.to_string())
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
        opens(&added.words(), old, new, path)?.then_some(row.grade)
    } else if row.grows {
        // No list at all leaves nothing out.
        let more = if after.texts.is_empty() {
            !before.texts.is_empty()
        } else {
            !before.texts.is_empty() && !Ranges::of(&before).cover_all(&after)
        };
        (more || after.unknown).then_some(row.grade)
    } else {
        let gone = before
            .texts
            .iter()
            .any(|name| !after.has(name))
            // One for another is nothing where only fewer are.
            && (!row.fewer || after.unknown || after.total < before.total);
        match (gone, after.unknown) {
            (false, _) => None,
            // What goes may come back under a name that is not known yet.
            (true, true) => Some(row.grade.min(Severity::Medium)),
            (true, false) if after.texts.is_empty() => {
                Some(row.empty.map_or(row.grade, |empty| empty.max(row.grade)))
            }
            (true, false) => Some(row.grade),
        }
    };
    Ok(severity.map(|severity| (severity, before.shown(), after.shown())))
}

/// What an element lets in beside the word that is looked for: all ports where it names none.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reach {
    word: String,
    protocol: Option<String>,
    ports: (Port, Port),
}

/// The number of a port, with an order.
#[derive(Debug, Clone, Copy)]
struct Port(f64);

impl PartialEq for Port {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Port {}

impl PartialOrd for Port {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Port {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Reach {
    fn covers(&self, other: &Self) -> bool {
        let all = |protocol: &str| matches!(protocol, "-1" | "all" | "*");
        self.word == other.word
            && (self.protocol == other.protocol || self.protocol.as_deref().is_none_or(all))
            && self.ports.0 <= other.ports.0
            && self.ports.1 >= other.ports.1
    }
}

/// As many elements as this are held against as many others.
const MOST: usize = 1_000;

const ALL_PORTS: (f64, f64) = (0.0, 65_535.0);

/// Whether one of these words comes into a list, or reaches more than it did: another port, another protocol. A word that ends in `*` stands for all
/// that begin like it.
fn opens(
    words: &[String],
    old: Value<'_>,
    new: Value<'_>,
    path: &[String],
) -> Result<bool, ReadError> {
    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    reach(words, old, path, None, &mut before)?;
    reach(words, new, path, None, &mut after)?;
    let new: Vec<&Reach> = after.iter().filter(|new| !before.contains(*new)).collect();
    // Of very many only the same one is looked for: each would be held against each.
    if before.len().saturating_mul(new.len()) > MOST * MOST {
        return Ok(true);
    }
    Ok(new
        .iter()
        .any(|new| !before.iter().any(|old: &Reach| old.covers(new))))
}

fn reach(
    words: &[String],
    value: Value<'_>,
    path: &[String],
    within: Option<&[(Cow<'_, str>, Value<'_>)]>,
    found: &mut BTreeSet<Reach>,
) -> Result<(), ReadError> {
    if value.each(|element| reach(words, element, path, within, found))? {
        return Ok(());
    }
    match (value.shape()?, path.split_first()) {
        (Shape::Object(members), Some((first, rest))) => reach(
            words,
            crate::plan::member(&members, first),
            rest,
            Some(&members),
            found,
        ),
        (Shape::Text(text), None) => {
            let is = |word: &String| {
                if word.len() > 1 && word.contains('*') {
                    statement(&text, word)
                } else {
                    *text == **word
                }
            };
            if words.iter().any(is)
                && let Some((protocol, ports)) = reached(within.unwrap_or_default())?
            {
                found.insert(Reach {
                    word: text.into_owned(),
                    protocol,
                    ports: (Port(ports.0), Port(ports.1)),
                });
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether a statement has these parts in their order, with anything for each `*`. Letters count without case, and blanks as one.
fn statement(text: &str, pattern: &str) -> bool {
    let text: Vec<&str> = text.split_whitespace().collect();
    let text = text.join(" ").to_ascii_lowercase();
    let pattern = pattern.to_ascii_lowercase();
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| text.strip_prefix(start)) else {
        return false;
    };
    for part in parts {
        match rest.find(part).and_then(|at| rest.get(at + part.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// The protocol and the ports that an element is about; `None` when it lets nothing in.
fn reached(
    members: &[(Cow<'_, str>, Value<'_>)],
) -> Result<Option<(Option<String>, (f64, f64))>, ReadError> {
    let get = |name: &str| crate::plan::member(members, name);
    for (name, shut) in [("direction", "outbound"), ("access", "deny")] {
        if get(name)
            .text()?
            .is_some_and(|text| text.eq_ignore_ascii_case(shut))
        {
            return Ok(None);
        }
    }
    let protocol = match get("protocol").shape()? {
        Shape::Text(text) => Some(text.to_ascii_lowercase()),
        _ => None,
    };
    let every = protocol.as_deref().is_some_and(|protocol| protocol == "-1");
    let ports = match (get("from_port").number()?, get("to_port").number()?) {
        (Some(from), Some(to)) if !every => (from, to),
        _ => get("destination_port_range")
            .text()?
            .map_or(ALL_PORTS, |text| ports(&text)),
    };
    Ok(Some((protocol, ports)))
}

/// A range of ports as it is written: `443`, `8000-8999`; all of them where it is something else.
fn ports(text: &str) -> (f64, f64) {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (from.trim().parse(), to.trim().parse()) {
        (Ok(from), Ok(to)) => (from, to),
        _ => ALL_PORTS,
    }
}

/// Words and ranges of ports. A range lies within another; words that are none cover nothing but themselves.
struct Ranges<'s, 'p> {
    words: &'s Elements<'p>,
    /// By where they start, each with the furthest end of those up to it.
    ranges: Vec<(f64, f64)>,
}

impl<'s, 'p> Ranges<'s, 'p> {
    fn of(words: &'s Elements<'p>) -> Self {
        let numbers = words.texts.iter().filter(|word| is_number(word));
        let mut ranges: Vec<(f64, f64)> = numbers.map(|word| ports(word)).collect();
        ranges.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut furthest = f64::NEG_INFINITY;
        for (_, end) in &mut ranges {
            furthest = furthest.max(*end);
            *end = furthest;
        }
        Self { words, ranges }
    }

    fn cover_all(&self, all: &Elements<'_>) -> bool {
        self.words.has("*") || all.texts.iter().all(|word| self.cover(word))
    }

    fn cover(&self, word: &str) -> bool {
        if self.words.has(word) {
            return true;
        }
        if !is_number(word) {
            return false;
        }
        let (from, to) = ports(word);
        let up_to = self.ranges.partition_point(|(start, _)| *start <= from);
        let last = up_to.checked_sub(1).and_then(|at| self.ranges.get(at));
        last.is_some_and(|(_, end)| *end >= to)
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// Names at a path that an update takes away.
pub(crate) fn gone(change: &ResourceChange<'_>, path: &[String]) -> Result<Vec<String>, ReadError> {
    let before = Elements::read(change.before(), path)?;
    let after = Elements::read(change.after(), path)?;
    Ok(before
        .texts
        .into_iter()
        .filter(|name| !after.has(name))
        .map(Cow::into_owned)
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

/// What is done with the two sides of a leaf.
type Each<'e, 'p> = dyn FnMut(Value<'p>, Value<'p>) -> Result<(), ReadError> + 'e;

/// Hands over the two sides of every leaf at a path. Elements of lists are paired by their place; what is gone is paired with nothing.
fn pair<'p>(
    old: Value<'p>,
    new: Value<'p>,
    path: &[String],
    each: &mut Each<'_, 'p>,
) -> Result<(), ReadError> {
    let Some((first, rest)) = path.split_first() else {
        return each(old, new);
    };
    match (old.shape()?, new.shape()?) {
        (Shape::List(mut olds), Shape::List(mut news)) => {
            // What stays as it is, at another place or not, is nobody's pair.
            let both = in_both(&olds, &news);
            let stays = |value: &Value<'p>| {
                let key = value.text_key();
                key.is_some_and(|key| both.binary_search(&key).is_ok())
            };
            olds.retain(|value| !stays(value));
            news.retain(|value| !stays(value));
            drop(both);
            let side =
                |items: &[Value<'p>], at: usize| items.get(at).copied().unwrap_or(Value::ABSENT);
            // Elements that have names are paired by them, whatever their order.
            if let (Some(old_names), Some(new_names)) = (named(&olds)?, named(&news)?) {
                let mut left = vec![true; news.len()];
                for (name, at) in old_names {
                    let found = new_names
                        .binary_search_by(|(there, _)| there.cmp(&name))
                        .ok()
                        .and_then(|found| new_names.get(found))
                        .map(|(_, at)| *at);
                    if let Some(left) = found.and_then(|at| left.get_mut(at)) {
                        *left = false;
                    }
                    let new = found.map_or(Value::ABSENT, |at| side(&news, at));
                    pair(side(&olds, at), new, path, each)?;
                }
                let mut left = news.into_iter().zip(left).filter(|(_, left)| *left);
                return left.try_for_each(|(new, _)| pair(Value::ABSENT, new, path, each));
            }
            (0..olds.len().max(news.len()))
                .try_for_each(|at| pair(side(&olds, at), side(&news, at), path, each))
        }
        // What is no list is paired with the first; only what is unknown may be any of them.
        (Shape::List(olds), other) => {
            let others = other_sides(new, &other);
            let mut sides = olds.into_iter().zip(others);
            sides.try_for_each(|(old, new)| pair(old, new, path, each))
        }
        (other, Shape::List(news)) => {
            let others = other_sides(old, &other);
            let mut sides = others.zip(news);
            sides.try_for_each(|(old, new)| pair(old, new, path, each))
        }
        _ => pair(old.get(first)?, new.get(first)?, rest, each),
    }
}

/// The texts that two lists have in common, in order.
fn in_both<'p>(these: &[Value<'p>], those: &[Value<'p>]) -> Vec<&'p [u8]> {
    let (short, long) = if these.len() < those.len() {
        (these, those)
    } else {
        (those, these)
    };
    let mut both: Vec<_> = short.iter().filter_map(Value::text_key).collect();
    both.sort_unstable();
    both.dedup();
    let mut there = vec![false; both.len()];
    for key in long.iter().filter_map(Value::text_key) {
        if let Ok(at) = both.binary_search(&key)
            && let Some(there) = there.get_mut(at)
        {
            *there = true;
        }
    }
    let mut there = there.into_iter();
    both.retain(|_| there.next() == Some(true));
    both
}

/// What the elements of a list are paired with where the other side is none: reading an object again for each of many would take long.
fn other_sides<'p>(value: Value<'p>, shape: &Shape<'p>) -> impl Iterator<Item = Value<'p>> {
    let rest = match shape {
        Shape::Unknown => value,
        _ => Value::ABSENT,
    };
    std::iter::once(value).chain(std::iter::repeat(rest))
}

/// Attributes that name an element of a list.
const NAMED_BY: &[&str] = &[
    "name",
    "id",
    "key",
    "region_name",
    "location",
    "device_name",
    "family",
];

/// The names of elements with their places, in the order of the names; `None` unless each has one of its own.
fn named<'p>(items: &[Value<'p>]) -> Result<Option<Vec<(Cow<'p, str>, usize)>>, ReadError> {
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let members = item.members()?;
        let mut name = None;
        for attribute in NAMED_BY {
            let value = crate::plan::member(&members, attribute);
            if let Shape::Text(text) = value.shape()?
                && !text.is_empty()
            {
                name = Some(text);
                break;
            }
        }
        let Some(name) = name else {
            return Ok(None);
        };
        found.push((name, at));
    }
    found.sort_unstable();
    let own = found.is_sorted_by(|(a, _), (b, _)| a < b);
    Ok((own && !found.is_empty()).then_some(found))
}

/// The answer of [`conditions_hold`], asked for once.
fn holds_once(
    known: &mut Option<bool>,
    row: &ChangeRow,
    after: &Opened<'_>,
) -> Result<bool, ReadError> {
    match *known {
        Some(hold) => Ok(hold),
        None => {
            let hold = conditions_hold(row, after)?;
            *known = Some(hold);
            Ok(hold)
        }
    }
}

fn conditions_hold(row: &ChangeRow, after: &Opened<'_>) -> Result<bool, ReadError> {
    for condition in &row.and {
        let Some(path) = &condition.attribute else {
            return Ok(false);
        };
        let mut holds = false;
        let mut values = Vec::new();
        for value in after.at(path.steps())? {
            match value.shape()? {
                // Of a list of words any may hold.
                Shape::List(items) if !items.is_empty() && condition.set.is_none() => {
                    values.extend(items);
                }
                _ => values.push(value),
            }
        }
        for value in values {
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
    let severity = step(row, old, new)?;
    // What is not known until the apply may be as good as it was, or not.
    let unknown = matches!(new.shape()?, Shape::Unknown);
    Ok(severity.map(|severity| match unknown {
        true => severity.min(Severity::Medium),
        false => severity,
    }))
}

fn step(row: &ChangeRow, old: Value<'_>, new: Value<'_>) -> Result<Option<Severity>, ReadError> {
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
    if row.appears {
        return Ok((!old.is_set()? && (new.is_set()? || unknown)).then_some(row.grade));
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
