//! Providers: which one, in which version, and where it acts, by what is written.

use super::{At, Delta, ProviderChange, Side};
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
                    major: false,
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
                major: false,
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
                major: false,
            });
        } else if let Some((was, now)) = major(member(old, "version"), member(new, "version")) {
            found.push(ProviderChange {
                what: format!("provider {name} goes from major version {was} to {now}"),
                at: at(),
                major: true,
            });
        }
    }
    locked(before, after, found);
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
                        major: true,
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
                        major: false,
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
    let which = |placed: &Placed| match placed
        .block
        .body
        .attribute("provider")
        .map(|there| &there.value)
    {
        Some(Expr::Other(text) | Expr::Text(text)) => plain(text),
        Some(_) => "(not shown)".to_owned(),
        None => "the default".to_owned(),
    };
    let (was, now) = (which(old), which(new));
    if was != now && counts() {
        found.push(ProviderChange {
            what: format!("{address} uses another configuration of its provider: {was} -> {now}"),
            at: At {
                side: Side::After,
                file: new.file.clone(),
                line: new.block.line,
            },
            major: false,
        });
    }
}

/// A module call whose source or version changes, where one of them is not in the repository.
pub(super) fn of_call(address: &str, old: &Placed, new: &Placed, delta: &mut Delta) {
    let version = |placed: &Placed| {
        let body = &placed.block.body;
        let pinned = body.attribute("version").map(|there| there.value.clone());
        pinned.or_else(|| {
            let (_, query) = body.text(&["source"])?.split_once("ref=")?;
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
            major: true,
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

fn shown(path: &str, value: Option<&Expr>) -> String {
    match value {
        None | Some(Expr::Null) => "not set".to_owned(),
        Some(Expr::Text(text)) if SHOWN.contains(&path) => plain(text),
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
