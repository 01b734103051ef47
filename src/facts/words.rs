//! How a change is said in words: what happens, why, and what to do instead. The same words in every rule.

use crate::finding::Evidence;
use crate::plan::{Action, PathStep, ReadError, Reason, ResourceChange};

/// What happens to the object that is there now.
#[must_use]
pub(crate) fn how(change: &ResourceChange<'_>) -> String {
    let what = match change.action {
        Action::DeleteCreate => "replaced: destroyed first, then created anew",
        Action::CreateDelete => "replaced: a new one is created first, then this one is destroyed",
        Action::Forget | Action::CreateForget | Action::ForgetCreate => {
            "dropped from Terraform's state"
        }
        _ => "destroyed",
    };
    match change.deposed() {
        Some(_) => {
            "deposed object destroyed: what an earlier replace left behind under this address"
                .to_owned()
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
        Some(Reason::Requested) => "-replace asks for it".to_owned(),
        Some(Reason::Triggered) => "replace_triggered_by asks for it".to_owned(),
        Some(Reason::NoBlock) => {
            "its block is gone from the configuration, and any prevent_destroy with it".to_owned()
        }
        Some(Reason::NoModule) => "its module instance is gone from the configuration".to_owned(),
        Some(Reason::Repetition) => {
            "its block changed between single, count and for_each".to_owned()
        }
        Some(Reason::CountIndex) => "its index is beyond the new count".to_owned(),
        Some(Reason::EachKey) => "its key is gone from for_each".to_owned(),
        Some(Reason::NoMoveTarget) => {
            "a moved block points to an address that has no configuration".to_owned()
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

fn is_attribute(name: &str) -> bool {
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
        return "this plan takes it over only to destroy it: write the attributes that force it as the object has them, or import it in a plan of its own first".to_owned();
    }
    let in_module = change.address.starts_with("module.");
    match change.reason() {
        Some(Reason::NoBlock) if in_module => {
            "the module no longer has this block: was its version changed? to stop managing it without destroying it, use a removed block with destroy = false; if it only has a new name, add a moved block"
        }
        Some(Reason::Tainted) => "if it is healthy, take the mark away: terraform untaint ADDRESS",
        Some(Reason::Requested) => "plan again without -replace",
        Some(Reason::Triggered) => "take it out of replace_triggered_by, or move what it holds first",
        Some(Reason::NoBlock) => {
            "put the block back; to stop managing it without destroying it, use a removed block with destroy = false; if it only has a new name, add a moved block"
        }
        Some(Reason::NoModule | Reason::EachKey) => {
            "put the key back; to stop managing it without destroying it, use a removed block with destroy = false; if the key only changed, add a moved block"
        }
        Some(Reason::Repetition | Reason::NoMoveTarget) => "add a moved block from the old address to the new one",
        Some(Reason::CountIndex) => "use for_each with stable keys, and moved blocks for what stays",
        Some(Reason::Disabled) => "set lifecycle.enabled back to true, or move what it holds first",
        _ if change.action.replaces() => "keep the old value, or make the new one beside it, move what it holds, and remove the old one on its own",
        _ if change.deposed().is_some() => "make sure that what it holds is no longer needed, or take it out of the state first",
        _ => "if this is not meant, do not apply; destroy it in a plan of its own, after a backup that lives outside this stack",
    }
    .to_owned()
}
