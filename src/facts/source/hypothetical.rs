//! The plan that a change would bring if everything in the state is as the old sources say: what the rules about plans know of guards, grades and
//! protections holds for sources as well. Only literals are in it; an expression is something that no guard is taken from.

use serde_json::{Map, Value, json};

use super::{Delta, Fate, What};
use crate::config::written::{Block, Body, Expr};

/// What belongs to Terraform and not to the object.
const META: [&str; 8] = [
    "count",
    "for_each",
    "provider",
    "depends_on",
    "lifecycle",
    "provisioner",
    "connection",
    "//",
];

/// As the JSON of a plan. Nothing of it is kept: it is read at once.
pub(crate) fn plan(delta: &Delta) -> String {
    let changes: Vec<Value> = delta.fates.iter().map(change).collect();
    json!({
        "format_version": "1.2",
        "planned_values": {},
        "resource_changes": changes,
    })
    .to_string()
}

fn change(fate: &Fate) -> Value {
    let name = fate.address.rsplit('.').next().unwrap_or_default();
    let (actions, reason): (&[&str], _) = match &fate.what {
        What::Altered => (&["update"], None),
        What::Replaced { .. } => (&["delete", "create"], None),
        What::Rekeyed { .. } => (&["delete"], Some("delete_because_wrong_repetition")),
        _ => (&["delete"], None),
    };
    let (mut before, mut after) = (object(&fate.before), fate.after.as_ref().map(object));
    match (&fate.what, &mut after) {
        (What::Altered, Some(after)) => both(&mut before, after),
        (What::Replaced { .. }, _) => settle(&mut before),
        _ => {
            after = None;
            settle(&mut before);
        }
    }
    let mut change = json!({
        "actions": actions,
        "before": before,
        "after": after.map_or(Value::Null, Value::Object),
    });
    if let (What::Replaced { path }, Some(change)) = (&fate.what, change.as_object_mut()) {
        change.insert("replace_paths".to_owned(), json!([[path]]));
    }
    json!({
        "address": fate.address,
        "mode": "managed",
        "type": fate.kind,
        "name": name,
        "change": change,
        "action_reason": reason,
    })
}

/// A mark that no JSON of Terraform has: what is there is an expression.
const UNKNOWN: &str = "\u{0}";

fn object(body: &Body) -> Map<String, Value> {
    let mut map = Map::new();
    for attribute in &body.attributes {
        if !META.contains(&attribute.name.as_str()) {
            map.insert(attribute.name.clone(), value(&attribute.value));
        }
    }
    for block in &body.blocks {
        nested(&mut map, block);
    }
    map
}

fn nested(map: &mut Map<String, Value>, block: &Block) {
    match (block.kind.as_str(), block.labels.first()) {
        ("dynamic", Some(name)) => {
            map.insert(name.clone(), Value::from(UNKNOWN));
        }
        (kind, _) if META.contains(&kind) => {}
        (kind, _) => {
            let item = Value::Object(object(&block.body));
            match map.get_mut(kind) {
                Some(Value::Array(items)) => items.push(item),
                Some(_) => {}
                None => {
                    map.insert(kind.to_owned(), Value::Array(vec![item]));
                }
            }
        }
    }
}

fn value(expr: &Expr) -> Value {
    match expr {
        Expr::Null => Value::Null,
        Expr::Bool(value) => Value::from(*value),
        Expr::Number(text) => serde_json::from_str(text)
            .ok()
            .filter(Value::is_number)
            .unwrap_or_else(|| Value::from(UNKNOWN)),
        Expr::Text(text) => Value::from(text.as_str()),
        Expr::List(items) => Value::Array(items.iter().map(value).collect()),
        Expr::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| (name.clone(), value(member)))
                .collect(),
        ),
        Expr::Other(_) => Value::from(UNKNOWN),
    }
}

fn is_unknown(value: &Value) -> bool {
    value == UNKNOWN
}

/// Of an object that goes: what is an expression is there, and is nothing that a guard could hold on.
fn settle(map: &mut Map<String, Value>) {
    for value in map.values_mut() {
        settle_value(value);
    }
}

fn settle_value(value: &mut Value) {
    match value {
        value if is_unknown(value) => *value = Value::Object(Map::new()),
        Value::Array(items) => items.iter_mut().for_each(settle_value),
        Value::Object(members) => settle(members),
        _ => {}
    }
}

/// Of an object that stays: what is an expression on one side is compared on none.
fn both(before: &mut Map<String, Value>, after: &mut Map<String, Value>) {
    let names: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
    for name in names {
        let keep = match (before.get_mut(&name), after.get_mut(&name)) {
            (Some(old), Some(new)) => both_values(old, new),
            (Some(one), None) | (None, Some(one)) => !has_unknown(one),
            (None, None) => continue,
        };
        if !keep {
            before.remove(&name);
            after.remove(&name);
        }
    }
}

fn both_values(old: &mut Value, new: &mut Value) -> bool {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            both(old, new);
            true
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => old
            .iter_mut()
            .zip(new)
            .all(|(old, new)| both_values(old, new)),
        (old, new) => !has_unknown(old) && !has_unknown(new),
    }
}

fn has_unknown(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_unknown),
        Value::Object(members) => members.values().any(has_unknown),
        value => is_unknown(value),
    }
}
