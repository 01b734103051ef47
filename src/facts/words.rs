//! How a change is said in words: what happens, why, and what to do instead. The same words in every rule.

use crate::finding::Evidence;
use crate::plan::{Action, PathStep, ReadError, Reason, ResourceChange};

/// What happens to the object that is there now.
#[must_use]
pub(crate) fn how(change: &ResourceChange<'_>) -> String {
    let what = match change.action {
        Action::DeleteCreate => "replaced: destroyed first, then created again",
        Action::CreateDelete => "replaced: a new one is created first, then this one is destroyed",
        Action::Forget | Action::CreateForget | Action::ForgetCreate => {
            "removed from Terraform's state"
        }
        _ => "destroyed",
    };
    match change.deposed() {
        Some(_) => {
            "deposed object destroyed: the rest of an earlier replace at this address".to_owned()
        }
        None => what.to_owned(),
    }
}

/// Why Terraform does it, from `action_reason` and `replace_paths` (docs/plan-format.md).
pub(crate) fn why(change: &ResourceChange<'_>) -> Result<Option<Evidence>, ReadError> {
    let paths = replace_paths(change)?;
    let mut text = match change.reason() {
        Some(Reason::Tainted) => "it is marked as tainted in the state".to_owned(),
        Some(Reason::CannotUpdate) if !paths.is_empty() => {
            format!("{} cannot be changed in place", paths.join(", "))
        }
        Some(Reason::CannotUpdate) => "the provider cannot make this change in place".to_owned(),
        Some(Reason::Requested) => "requested with -replace".to_owned(),
        Some(Reason::Triggered) => "requested by replace_triggered_by".to_owned(),
        Some(Reason::NoBlock) => {
            "its block is gone from the configuration, and any prevent_destroy with it".to_owned()
        }
        Some(Reason::NoModule) => "its module instance is gone from the configuration".to_owned(),
        Some(Reason::Repetition) => {
            "its block changed between single, count and for_each".to_owned()
        }
        Some(Reason::CountIndex) => "its index is outside the new count".to_owned(),
        Some(Reason::EachKey) => "its key is gone from for_each".to_owned(),
        Some(Reason::NoMoveTarget) => {
            "a moved block points to an address without configuration".to_owned()
        }
        Some(Reason::Disabled) => "lifecycle.enabled is false".to_owned(),
        _ if change.action.replaces() && !paths.is_empty() => {
            format!("{} cannot be changed in place", paths.join(", "))
        }
        _ => return Ok(None),
    };
    if change.importing() && change.action.replaces() {
        text.push_str(", and this same plan imports it");
    }
    Ok(Some(Evidence::Note(text)))
}

/// The attributes that force a replace. Names of attributes only: a key of a map may be somebody's data.
fn replace_paths(change: &ResourceChange<'_>) -> Result<Vec<String>, ReadError> {
    let mut texts: Vec<String> = Vec::new();
    for path in change.replace_paths()? {
        let mut text = String::new();
        let mut after_name = false;
        for step in path {
            match step {
                PathStep::Name(name) if !after_name && is_attribute(&name) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(&name);
                    after_name = true;
                }
                PathStep::Index(_) => after_name = false,
                PathStep::Name(_) | PathStep::Other(_) => break,
            }
        }
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    if texts.len() > 4 {
        let more = texts.len() - 4;
        texts.truncate(4);
        texts.push(format!("{more} more"));
    }
    Ok(texts)
}

/// Whether it is the name of an attribute, and nothing that somebody chose for a key.
pub(super) fn is_attribute(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// What to do instead of losing the object.
#[must_use]
pub(crate) fn remedy(change: &ResourceChange<'_>) -> String {
    if change.importing() && change.action.replaces() {
        return "this plan imports it only to destroy it: set the attributes that force the replace to the object's values, or import it in a separate plan first".to_owned();
    }
    let in_module = change.address.starts_with("module.");
    match change.reason() {
        Some(Reason::NoBlock) if in_module => {
            "the module no longer has this block: did its version change? To keep the object without Terraform, use a removed block with destroy = false; if it was only renamed, add a moved block"
        }
        Some(Reason::Tainted) => "if it is healthy: terraform untaint ADDRESS",
        Some(Reason::Requested) => "plan again without -replace",
        Some(Reason::Triggered) => "remove it from replace_triggered_by, or move its data first",
        Some(Reason::NoBlock) => {
            "restore the block; to keep it without Terraform, use a removed block with destroy = false; if it was only renamed, add a moved block"
        }
        Some(Reason::NoModule | Reason::EachKey) => {
            "restore the key; to keep it without Terraform, use a removed block with destroy = false; if only the key changed, add a moved block"
        }
        Some(Reason::Repetition | Reason::NoMoveTarget) => "add a moved block from the old address to the new one",
        Some(Reason::CountIndex) => "use for_each with stable keys, and moved blocks for what stays",
        Some(Reason::Disabled) => "set lifecycle.enabled to true again, or move its data first",
        _ if change.action.replaces() => "keep the old value; or create the new one next to it, move the data, and remove the old one in a separate plan",
        _ if change.deposed().is_some() => "check that nobody needs its data, or remove it from the state first",
        _ => "if this is not intended, do not apply; else destroy it in a separate plan, after a backup outside this stack",
    }
    .to_owned()
}
