//! Where the state is kept, by what is written.

use super::{At, Shows, Side, plain};
use crate::config::backend::shown;
use crate::config::written::{Body, Expr, Placed};

/// Attributes that say which state it is, of all backends that there are or were.
const PLACE: [&str; 26] = [
    "address",
    "bucket",
    "config_path",
    "conn_str",
    "container_name",
    "endpoint",
    "endpoints",
    "hostname",
    "instance_url",
    "key",
    "metadata_host",
    "namespace",
    "organization",
    "path",
    "prefix",
    "repo",
    "schema_name",
    "scheme",
    "secret_suffix",
    "storage_account_name",
    "subpath",
    "subscription_id",
    "tablestore_endpoint",
    "url",
    "workspace_dir",
    "workspace_key_prefix",
];

/// Attributes that keep two from writing at once; one of them is enough.
const LOCKS: [&str; 5] = [
    "dynamodb_table",
    "use_lockfile",
    "lock_address",
    "lock",
    "lock_table",
];

/// Attributes that encrypt the state: whether, and with which key.
const ENCRYPTION: [&str; 5] = [
    "encrypt",
    "kms_key_id",
    "kms_encryption_key",
    "encryption_key",
    "sse_customer_key",
];

/// Attributes that let anybody stand for the server.
const UNCHECKED: [&str; 2] = ["insecure", "skip_cert_verification"];

/// A backend that is another one, or kept less well.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) at: At,
    /// What changed, a clause each.
    pub(crate) moves: Vec<String>,
    /// What keeps the state safe and was taken away.
    pub(crate) lowers: Vec<String>,
    /// There was none before: the state may be on somebody's disk.
    pub(crate) added: bool,
    /// The lines of what moves.
    pub(crate) lines: Vec<Shows>,
    /// The lines of what was taken away.
    pub(crate) lowered: Vec<Shows>,
}

/// Two backends, held against each other; `None` when they are the same. A module without resources and calls had no state.
pub(super) fn compare(
    before: Option<&Placed>,
    after: Option<&Placed>,
    had_state: bool,
    still: bool,
) -> Option<Backend> {
    let at = |placed: &Placed, side| At {
        side,
        file: placed.file.clone(),
        line: placed.block.line,
    };
    let name = |placed: &Placed| {
        placed
            .block
            .labels
            .first()
            .cloned()
            .unwrap_or_else(|| placed.block.kind.clone())
    };
    match (before, after) {
        (None, None) => None,
        _ if !had_state => None,
        (None, Some(after)) => Some(Backend {
            at: at(after, Side::After),
            moves: vec![format!("{}, where there was none", name(after))],
            lowers: Vec::new(),
            added: true,
            lines: Vec::new(),
            lowered: Vec::new(),
        }),
        // The module goes with all that it had: its blocks are told.
        (Some(_), None) if !still => None,
        (Some(before), None) => Some(Backend {
            at: at(before, Side::Before),
            moves: vec![format!(
                "the {} block is gone: the state would be a file on disk",
                name(before)
            )],
            lowers: Vec::new(),
            added: false,
            lines: Vec::new(),
            lowered: Vec::new(),
        }),
        (Some(before), Some(after)) => {
            let mut backend = Backend {
                at: at(after, Side::After),
                moves: Vec::new(),
                lowers: Vec::new(),
                added: false,
                lines: Vec::new(),
                lowered: Vec::new(),
            };
            if name(before) != name(after) {
                backend
                    .moves
                    .push(format!("{} instead of {}", name(after), name(before)));
            } else {
                let (old, new) = (&before.block.body, &after.block.body);
                backend.moves = PLACE
                    .iter()
                    .filter_map(|path| differs(&name(after), path, old, new))
                    .collect();
                backend.moves.extend(workspaces(old, new));
                backend.lowers = lowered(old, new);
                let lines = |paths: &[&str]| lines(&name(after), paths, old, new);
                backend.lines = lines(&PLACE);
                backend.lowered = lines(&LOCKS);
                backend.lowered.extend(lines(&ENCRYPTION));
                backend.lowered.extend(lines(&UNCHECKED));
            }
            (!backend.moves.is_empty() || !backend.lowers.is_empty()).then_some(backend)
        }
    }
}

fn differs(kind: &str, path: &str, old: &Body, new: &Body) -> Option<String> {
    let value = |body: &Body| body.at(&[path]).map(|(value, _)| value.clone());
    let (old, new) = (value(old), value(new));
    let words = |value: &Option<Expr>| match value {
        None | Some(Expr::Null) => "not set".to_owned(),
        Some(Expr::Text(text)) if text.len() <= 200 => format!("{:?}", shown(kind, path, text)),
        Some(_) => "(not shown)".to_owned(),
    };
    (old != new).then(|| match (words(&old), words(&new)) {
        // The difference is in what may be a secret.
        (before, after) if before == after => format!("{path}: another value (not shown)"),
        (before, after) => format!("{path}: {before} -> {after}"),
    })
}

/// The lines of those of these attributes that differ.
fn lines(kind: &str, paths: &[&str], old: &Body, new: &Body) -> Vec<Shows> {
    let mut lines = Vec::new();
    for path in paths {
        let (one, other) = (old.at(&[path]), new.at(&[path]));
        if one.map(|(value, _)| value) != other.map(|(value, _)| value) {
            let sides = [(Side::Before, one), (Side::After, other)];
            lines.extend(Shows::of(path, sides, |value| word(kind, path, value)));
        }
    }
    lines
}

/// What may be shown of an attribute of a backend.
fn word(kind: &str, path: &str, value: &Expr) -> String {
    match value {
        Expr::Text(text) if PLACE.contains(&path) && text.len() <= 200 => {
            format!("{:?}", shown(kind, path, text))
        }
        value => plain(value),
    }
}

/// Where state and plans are no longer encrypted by OpenTofu.
pub(super) fn encryption(before: Option<&Placed>, after: Option<&Placed>) -> Option<Backend> {
    let (Some(before), None) = (before, after) else {
        return None;
    };
    Some(Backend {
        at: At {
            side: Side::Before,
            file: before.file.clone(),
            line: before.block.line,
        },
        moves: Vec::new(),
        lowers: vec![
            "the encryption block is gone: state and plans are written in clear".to_owned(),
        ],
        added: false,
        lines: Vec::new(),
        lowered: Vec::new(),
    })
}

/// Which workspaces of HCP Terraform or of the `remote` backend are meant.
fn workspaces(old: &Body, new: &Body) -> Option<String> {
    let of = |body: &Body| {
        let nested = body
            .blocks
            .iter()
            .filter(|block| block.kind == "workspaces");
        let nested: Vec<Body> = nested.map(|block| block.body.clone()).collect();
        (
            nested,
            body.attribute("workspaces")
                .map(|there| there.value.clone()),
        )
    };
    (of(old) != of(new)).then(|| "workspaces are chosen in another way".to_owned())
}

fn lowered(old: &Body, new: &Body) -> Vec<String> {
    let on = |body: &Body, name: &str| {
        body.attribute(name).is_some_and(|there| {
            !matches!(&there.value, Expr::Null | Expr::Bool(false))
                && there.value != Expr::Text(String::new())
        })
    };
    let mut lowers = Vec::new();
    let locked = |body: &Body| LOCKS.iter().any(|name| on(body, name));
    if locked(old) && !locked(new) {
        lowers.push("locking is removed: two runs can write the state at once".to_owned());
    }
    for name in ENCRYPTION {
        if !on(old, name) || on(new, name) {
        } else if name == "encrypt" {
            lowers.push("encrypt is removed".to_owned());
        } else {
            lowers.push(format!(
                "{name} is removed: the state gets another key, or none"
            ));
        }
    }
    for name in UNCHECKED {
        if on(new, name) && !on(old, name) {
            lowers.push(format!(
                "{name}: who answers in the place of the server is not noticed"
            ));
        }
    }
    lowers
}
