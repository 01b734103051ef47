//! Providers: which one, in which version, and where it acts, by what is written.

use std::collections::{BTreeMap, BTreeSet};

use super::{At, Delta, ProviderChange, Shows, Side};
use crate::config::written::{Body, Expr, Folder, Placed};

/// Settings that say where a provider acts.
const PLACE: [&str; 20] = [
    "account_id",
    "allowed_account_ids",
    "api_url",
    "base_url",
    "config_context",
    "domain",
    "endpoint",
    "environment",
    "forbidden_account_ids",
    "host",
    "location",
    "org_name",
    "organization",
    "owner",
    "profile",
    "project",
    "region",
    "subscription_id",
    "tenant_id",
    "url",
];

/// Those of them whose words may be shown.
const SHOWN: [&str; 2] = ["region", "location"];

pub(super) fn compare(before: &Folder, after: &Folder, delta: &mut Delta) {
    let found = &mut delta.providers;
    for (name, old) in &before.providers {
        let Some(new) = after.providers.get(name) else {
            found.extend(gone(name, old, after));
            continue;
        };
        let (was, now) = (&old.block.body, &new.block.body);
        let at = |line: usize| At {
            side: Side::After,
            file: new.file.clone(),
            line,
        };
        for path in PLACE {
            let value = |body: &Body| body.attribute(path).map(|there| there.value.clone());
            let (one, other) = (value(was), value(now));
            let written = |value: Option<&Expr>| !matches!(value, Some(Expr::Other(_)));
            if one == other {
            } else if !written(one.as_ref()) || !written(other.as_ref()) {
                delta.unknown += 1;
            } else {
                let line = now
                    .attribute(path)
                    .map_or(new.block.line, |there| there.line);
                found.push(ProviderChange {
                    what: format!(
                        "provider {name} changes {path}: {} -> {}",
                        shown(path, one.as_ref()),
                        shown(path, other.as_ref())
                    ),
                    at: at(line),
                    lines: lines(
                        path,
                        was.attribute(path).map(|there| (&there.value, there.line)),
                        now.attribute(path).map(|there| (&there.value, there.line)),
                    ),
                    major: false,
                    only_root: false,
                });
            }
        }
        let role = |body: &Body| {
            body.at(&["assume_role", "role_arn"])
                .map(|(role, _)| role.clone())
        };
        if role(was) != role(now) {
            found.push(ProviderChange {
                what: format!("provider {name} assumes another role"),
                at: at(new.block.line),
                lines: Vec::new(),
                major: false,
                only_root: false,
            });
        }
    }
    for (name, (old, ..)) in &before.requires {
        let Some((new, file, line)) = after.requires.get(name) else {
            continue;
        };
        let at = || At {
            side: Side::After,
            file: file.clone(),
            line: *line,
        };
        let (was, now) = (source(name, old), source(name, new));
        if was != now {
            found.push(ProviderChange {
                what: format!("provider {name} changes from {was} to {now}"),
                at: at(),
                lines: Vec::new(),
                major: false,
                only_root: false,
            });
        } else if let Some((was, now)) = major(member(old, "version"), member(new, "version")) {
            found.push(ProviderChange {
                what: format!("provider {name} goes from major version {was} to {now}"),
                at: at(),
                lines: Vec::new(),
                major: true,
                only_root: false,
            });
        }
    }
    locked(before, after, found);
}

/// A provider without a block of its own acts where the environment says. Of one with an alias, those that it made say who makes them now.
fn gone(name: &str, old: &Placed, after: &Folder) -> Option<ProviderChange> {
    let start = format!("{name}_");
    let used = after.resources.iter().any(|(key, placed)| {
        key.starts_with(&start) && placed.block.body.attribute("provider").is_none()
    });
    let body = &old.block.body;
    let says = PLACE.iter().any(|path| body.attribute(path).is_some());
    (used && says).then(|| ProviderChange {
        what: format!(
            "the block of provider {name} is gone: where it acts is up to the environment"
        ),
        at: At {
            side: Side::Before,
            file: old.file.clone(),
            line: old.block.line,
        },
        lines: Vec::new(),
        major: false,
        only_root: true,
    })
}

/// The lines of a setting on both sides.
pub(super) fn lines(
    path: &str,
    before: Option<(&Expr, usize)>,
    after: Option<(&Expr, usize)>,
) -> Vec<Shows> {
    let shown = |value: &Expr| match value {
        Expr::Text(text) if is_shown(path) => match plain(text).as_str() {
            "(not shown)" => "…".to_owned(),
            text => format!("\"{text}\""),
        },
        _ => "…".to_owned(),
    };
    Shows::of(path, [(Side::Before, before), (Side::After, after)], shown)
}

/// A module that is handed other configurations of providers.
pub(super) fn of_module(address: &str, old: &Placed, new: &Placed, delta: &mut Delta) {
    let of = |placed: &Placed| match placed
        .block
        .body
        .attribute("providers")
        .map(|there| (&there.value, there.line))
    {
        Some((Expr::Object(members), line)) => Some((
            members
                .iter()
                .map(|(name, value)| match value {
                    Expr::Other(text) | Expr::Text(text) => (name.clone(), plain(text)),
                    _ => (name.clone(), "(not shown)".to_owned()),
                })
                .collect::<BTreeMap<_, _>>(),
            line,
        )),
        Some(_) => None,
        None => Some((BTreeMap::new(), new.block.line)),
    };
    let (Some((was, _)), Some((now, line))) = (of(old), of(new)) else {
        delta.unknown += 1;
        return;
    };
    let names: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
    for name in names {
        // Without a word it has the one of this name.
        let (one, other) = (was.get(name).unwrap_or(name), now.get(name).unwrap_or(name));
        if one != other {
            delta.providers.push(ProviderChange {
                what: format!(
                    "{address} is made by another configuration of its provider: {one} -> {other}"
                ),
                at: At {
                    side: Side::After,
                    file: new.file.clone(),
                    line,
                },
                lines: Vec::new(),
                major: false,
                only_root: false,
            });
        }
    }
}

/// What `terraform init` has written down.
fn locked(before: &Folder, after: &Folder, found: &mut Vec<ProviderChange>) {
    let name = |source: &str| source.rsplit('/').next().unwrap_or_default().to_owned();
    for (source, old) in &before.locked {
        let at = |file: &str, line: usize| At {
            side: Side::After,
            file: file.to_owned(),
            line,
        };
        match after.locked.get(source) {
            Some(new) => {
                let versions = (old.version.as_ref(), new.version.as_ref());
                // What is written in required_providers is told there.
                if let Some((was, now)) = major(versions.0, versions.1)
                    && !found.iter().any(|there| {
                        there.major
                            && there
                                .what
                                .starts_with(&format!("provider {} ", name(source)))
                    })
                {
                    found.push(ProviderChange {
                        what: format!(
                            "provider {} goes from major version {was} to {now}",
                            name(source)
                        ),
                        at: at(&new.file, new.line),
                        lines: Vec::new(),
                        major: true,
                        only_root: false,
                    });
                }
            }
            None => {
                let other = after.locked.iter().find(|(other, _)| {
                    !before.locked.contains_key(*other) && name(other) == name(source)
                });
                if let Some((other, new)) = other {
                    found.push(ProviderChange {
                        what: format!(
                            "the lock file has {} instead of {}",
                            plain(other),
                            plain(source)
                        ),
                        at: at(&new.file, new.line),
                        lines: Vec::new(),
                        major: false,
                        only_root: false,
                    });
                }
            }
        }
    }
}

/// A resource that is handed to another configuration of its provider.
pub(super) fn of_block(
    address: &str,
    old: &Placed,
    new: &Placed,
    found: &mut Vec<ProviderChange>,
    counts: impl Fn() -> bool,
) {
    // Without a word it is the one that the type names.
    let kind = old.block.labels.first().map_or("", String::as_str);
    let default = kind.split('_').next().unwrap_or_default();
    let which = |placed: &Placed| match placed
        .block
        .body
        .attribute("provider")
        .map(|there| &there.value)
    {
        Some(Expr::Other(text) | Expr::Text(text)) => plain(text),
        Some(_) => "(not shown)".to_owned(),
        None => default.to_owned(),
    };
    // A beta of a provider acts in the same place.
    let place = |name: &str| name.replacen("-beta", "", 1);
    let (was, now) = (which(old), which(new));
    if place(&was) != place(&now) && counts() {
        found.push(ProviderChange {
            what: format!("{address} uses another configuration of its provider: {was} -> {now}"),
            at: At {
                side: Side::After,
                file: new.file.clone(),
                line: new.block.line,
            },
            lines: Vec::new(),
            major: false,
            only_root: false,
        });
    }
}

/// A module call whose source or version changes, where one of them is not in the repository.
pub(super) fn of_call(address: &str, old: &Placed, new: &Placed, delta: &mut Delta) {
    let version = |placed: &Placed| {
        let body = &placed.block.body;
        let pinned = body.attribute("version").map(|there| there.value.clone());
        pinned.or_else(|| {
            let source = body.text(&["source"])?;
            let asked = ["ref=", "version="].iter();
            let (_, query) = asked.filter_map(|key| source.split_once(key)).next()?;
            let name = query.split('&').next()?;
            name.starts_with(|c: char| c == 'v' || c.is_ascii_digit())
                .then(|| Expr::Text(name.to_owned()))
        })
    };
    let (was, now) = (version(old), version(new));
    let source = |placed: &Placed| {
        let text = placed.block.body.text(&["source"]).unwrap_or_default();
        text.split('?').next().unwrap_or_default().to_owned()
    };
    if source(old) != source(new) {
        delta.unknown += 1;
    } else if let Some((was, now)) = major(was.as_ref(), now.as_ref()) {
        delta.providers.push(ProviderChange {
            what: format!("{address} goes from major version {was} to {now}"),
            at: At {
                side: Side::After,
                file: new.file.clone(),
                line: new.block.line,
            },
            lines: Vec::new(),
            major: true,
            only_root: false,
        });
    } else if was != now {
        delta.unknown += 1;
    }
}

fn member<'e>(value: &'e Expr, name: &str) -> Option<&'e Expr> {
    match value {
        Expr::Object(members) => members
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value),
        // A text is a version alone.
        Expr::Text(_) if name == "version" => Some(value),
        _ => None,
    }
}

fn source(name: &str, value: &Expr) -> String {
    match member(value, "source") {
        Some(Expr::Text(text)) => plain(&text.to_lowercase()),
        _ => plain(&format!("hashicorp/{name}")),
    }
}

/// The first numbers of two versions or constraints, where they differ.
fn major(old: Option<&Expr>, new: Option<&Expr>) -> Option<(u64, u64)> {
    let first = |value: Option<&Expr>| match value {
        Some(Expr::Text(text)) => {
            let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
            let end = digits
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(digits.len());
            digits.get(..end)?.parse::<u64>().ok()
        }
        _ => None,
    };
    let (old, new) = (first(old)?, first(new)?);
    (old != new).then_some((old, new))
}

fn is_shown(path: &str) -> bool {
    SHOWN.iter().any(|end| {
        path.strip_suffix(end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    })
}

pub(super) fn shown(path: &str, value: Option<&Expr>) -> String {
    match value {
        None | Some(Expr::Null) => "not set".to_owned(),
        Some(Expr::Text(text)) if is_shown(path) => plain(text),
        Some(_) => "(not shown)".to_owned(),
    }
}

/// A name of a place, a source or a configuration; anything else is not shown.
fn plain(text: &str) -> String {
    let is_plain = text.len() <= 80
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b' '));
    if is_plain {
        text.to_owned()
    } else {
        "(not shown)".to_owned()
    }
}
