//! Terragrunt's files: where the state of a unit is kept, which module it takes, and what is handed to it. Only what is written as a literal says something.

use std::collections::BTreeMap;

use super::{At, CallGone, Delta, ProviderChange, Side, Unguarded, backend, provider};
use crate::config::written::{self, Attribute, Block, Body, Expr, Folder, Form, Placed, Source};
use crate::finding::Shown;

/// The file that makes a directory a unit.
const UNIT: &str = "terragrunt.hcl";

/// Inputs and locals that say where a unit acts.
const PLACE: [&str; 10] = [
    "account",
    "account_id",
    "aws_account_id",
    "aws_region",
    "location",
    "project",
    "project_id",
    "region",
    "subscription_id",
    "tenant_id",
];

pub(super) fn compare(before: &Folder, after: &Folder, delta: &mut Delta) {
    for (name, old) in &before.terragrunt {
        match after.terragrunt.get(name) {
            Some(new) if new.block.body != old.block.body => changed(old, new, delta),
            Some(_) => {}
            None if name == UNIT && makes(&old.block.body) => delta.calls_gone.push(CallGone {
                address: None,
                at: at(old, Side::Before, 1),
            }),
            None => delta.unknown += 1,
        }
    }
}

fn at(placed: &Placed, side: Side, line: usize) -> At {
    At {
        side,
        file: placed.file.clone(),
        line: line.max(1),
    }
}

/// The first block of a type.
fn block<'b>(body: &'b Body, kind: &str) -> Option<&'b Block> {
    body.blocks.iter().find(|block| block.kind == kind)
}

/// Whether a file stands for something that is applied.
fn makes(body: &Body) -> bool {
    block(body, "include").is_some()
        || block(body, "terraform").is_some_and(|block| block.body.attribute("source").is_some())
}

fn changed(old: &Placed, new: &Placed, delta: &mut Delta) {
    let (was, now) = (&old.block.body, &new.block.body);
    state(old, new, delta);
    generated(old, new, delta);
    if let (Some(one), Some(other)) = (block(was, "terraform"), block(now, "terraform")) {
        let placed = |placed: &Placed, block: &Block| Placed {
            file: placed.file.clone(),
            block: block.clone(),
            twice: false,
        };
        let (one, other) = (placed(old, one), placed(new, other));
        if one.block.body.attribute("source").map(|there| &there.value)
            != other
                .block
                .body
                .attribute("source")
                .map(|there| &there.value)
        {
            provider::of_call("the module of this unit", &one, &other, delta);
        }
    }
    guard(old, new, delta);
    let all = |body: &Body| {
        let blocks = body.blocks.iter().filter(|block| block.kind == "include");
        let all: Vec<Body> = blocks.map(|block| block.body.clone()).collect();
        all
    };
    if all(was) != all(now) {
        delta.unknown += 1;
    }
    let (one, other) = (given(was), given(now));
    if one == other {
        return;
    }
    let mut told = false;
    for ((place, name), (value, line)) in &other {
        let Some((before, before_line)) = one.get(&(*place, name.clone())) else {
            continue;
        };
        if before == value || !PLACE.contains(&name.as_str()) {
            continue;
        }
        let written = |value: &Expr| !matches!(value, Expr::Other(_));
        if written(before) && written(value) {
            told = true;
            delta.providers.push(ProviderChange {
                what: format!(
                    "{place}.{name}: {} -> {}",
                    provider::shown(name, Some(before)),
                    provider::shown(name, Some(value))
                ),
                at: at(new, Side::After, *line),
                lines: provider::lines(name, Some((before, *before_line)), Some((value, *line))),
                major: false,
                only_root: false,
            });
        }
    }
    if !told {
        delta.unknown += 1;
    }
}

/// What a unit hands on: its inputs, and the locals of what it reads.
fn given(body: &Body) -> BTreeMap<(&'static str, String), (Expr, usize)> {
    let mut found = BTreeMap::new();
    if let Some(inputs) = body.attribute("inputs") {
        match &inputs.value {
            Expr::Object(members) => {
                for (name, value) in members {
                    found.insert(("inputs", name.clone()), (value.clone(), inputs.line));
                }
            }
            other => {
                found.insert(("inputs", String::new()), (other.clone(), inputs.line));
            }
        }
    }
    for block in body.blocks.iter().filter(|block| block.kind == "locals") {
        for local in &block.body.attributes {
            found.insert(
                ("locals", local.name.clone()),
                (local.value.clone(), local.line),
            );
        }
    }
    found
}

/// Where the state is kept: `remote_state`, in the form of a backend block.
fn state(old: &Placed, new: &Placed, delta: &mut Delta) {
    let of = |placed: &Placed| {
        let block = block(&placed.block.body, "remote_state")?;
        let config = block.body.attribute("config");
        let members = match config.map(|config| (&config.value, config.line)) {
            Some((Expr::Object(members), line)) => members
                .iter()
                .map(|(name, value)| Attribute {
                    name: name.clone(),
                    value: value.clone(),
                    line,
                })
                .collect(),
            _ => Vec::new(),
        };
        let kind = block.body.text(&["backend"]).unwrap_or("remote_state");
        Some(Placed {
            file: placed.file.clone(),
            block: Block {
                kind: "backend".to_owned(),
                labels: vec![kind.to_owned()],
                body: Body {
                    attributes: members,
                    blocks: Vec::new(),
                },
                line: block.line,
            },
            twice: false,
        })
    };
    match (of(old), of(new)) {
        (Some(one), Some(other)) => {
            delta
                .backends
                .extend(backend::compare(Some(&one), Some(&other), true, true));
        }
        (None, None) => {}
        // What is included, or a generated file, may say it as well.
        _ => delta.unknown += 1,
    }
}

/// Files that are written into the module: backends and providers stand in there as text.
fn generated(old: &Placed, new: &Placed, delta: &mut Delta) {
    let of = |placed: &Placed| {
        let mut sources = BTreeMap::new();
        let (mut line, mut known) = (1, true);
        for (number, block) in placed
            .block
            .body
            .blocks
            .iter()
            .filter(|block| block.kind == "generate")
            .enumerate()
        {
            line = if number == 0 { block.line } else { line };
            let text = block.body.attribute("contents").map(|there| &there.value);
            let text = match text {
                Some(Expr::Text(text)) => text.as_str(),
                Some(Expr::Other(text)) => heredoc(text).unwrap_or_default(),
                _ => "",
            };
            let source = written::read_as(Form::Hcl, Some(text.as_bytes()));
            known &= !matches!(source, Source::Unread);
            let name = block.labels.first().map_or("", String::as_str);
            sources.insert(format!("{name}.tf"), source);
        }
        let borrowed = sources.iter().map(|(name, source)| (name.as_str(), source));
        (Folder::of("", &borrowed.collect()), line, known)
    };
    let ((before, _, one), (after, line, other)) = (of(old), of(new));
    if !one || !other {
        delta.unknown += 1;
        return;
    }
    let mut found = Delta::default();
    if before.backend.is_some() && after.backend.is_some() {
        found.backends.extend(backend::compare(
            before.backend.as_ref(),
            after.backend.as_ref(),
            true,
            true,
        ));
    } else if before.backend.is_some() != after.backend.is_some() {
        found.unknown += 1;
    }
    provider::compare(&before, &after, &mut found);
    // Their lines are those within the text.
    for backend in &mut found.backends {
        backend.at = at(new, Side::After, line);
        backend.lines.clear();
        backend.lowered.clear();
    }
    for change in &mut found.providers {
        change.at = at(new, Side::After, line);
        change.lines.clear();
    }
    delta.backends.append(&mut found.backends);
    delta.providers.append(&mut found.providers);
    delta.unknown += found.unknown;
}

/// The text between the marks.
fn heredoc(text: &str) -> Option<&str> {
    let (_, rest) = text.strip_prefix("<<")?.split_once('\n')?;
    rest.rsplit_once('\n').map(|(text, _)| text)
}

/// `prevent_destroy` of a unit, which terragrunt itself holds to.
fn guard(old: &Placed, new: &Placed, delta: &mut Delta) {
    let of = |placed: &Placed| {
        let said = placed.block.body.attribute("prevent_destroy");
        said.map(|said| (said.value.clone(), said.line))
    };
    let (was, now) = (of(old), of(new));
    let Some((Expr::Bool(true), line)) = was else {
        return;
    };
    if matches!(now, Some((Expr::Bool(true), _))) {
        return;
    }
    delta.unguarded.push(Unguarded {
        address: None,
        kind: String::new(),
        path: "prevent_destroy",
        was: Shown::Bool(true),
        at: now.as_ref().map_or_else(
            || at(old, Side::Before, line),
            |(_, line)| at(new, Side::After, *line),
        ),
        now: match now {
            None | Some((Expr::Null, _)) => Shown::Absent,
            Some((Expr::Bool(value), _)) => Shown::Bool(value),
            Some(_) => Shown::Hidden,
        },
        lines: Vec::new(),
    });
}
