//! Where the state is kept, by what is written.

use super::{At, Side};
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
        }),
        (Some(before), Some(after)) => {
            let mut backend = Backend {
                at: at(after, Side::After),
                moves: Vec::new(),
                lowers: Vec::new(),
                added: false,
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
    if on(old, "encrypt") && !on(new, "encrypt") {
        lowers.push("encrypt is removed".to_owned());
    }
    if on(old, "kms_key_id") && !on(new, "kms_key_id") {
        lowers.push("kms_key_id is removed: the state gets another key, or none".to_owned());
    }
    lowers
}
