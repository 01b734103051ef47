//! Commands that the apply runs and that no change shows: provisioners, external programs, and types whose job it is to run something.

use std::collections::HashMap;

use crate::address::Address;
use crate::catalog::work;
use crate::plan::{Action, Plan, ReadError, ResourceChange};

/// Something that runs, at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// The object that runs it.
    pub(crate) address: String,
    /// Its type.
    pub(crate) kind: String,
    /// The action of the object.
    pub(crate) action: Action,
    /// What runs: `local-exec`, or what the type does.
    pub(crate) what: String,
    /// Whether it is certain that it runs in this apply.
    pub(crate) certain: bool,
}

/// A provisioner of a block.
struct Provisioner {
    what: String,
    /// Whether it runs when the object goes; `None` where the plan does not tell.
    destroy: Option<bool>,
}

/// The commands of a plan, in its order.
///
/// # Errors
/// When the catalogue is broken.
pub(crate) fn find(plan: &Plan<'_>) -> Result<Vec<Command>, ReadError> {
    let acts = |change: &&ResourceChange<'_>| {
        matches!(
            change.action,
            Action::Create
                | Action::Update
                | Action::Delete
                | Action::DeleteCreate
                | Action::CreateDelete
                | Action::CreateForget
                | Action::ForgetCreate
        )
    };
    let types = plan.managed().filter(acts).map(|change| &*change.kind);
    let runs = work::commands(types).map_err(|_| ReadError("the catalogue is broken"))?;
    let configured = plan.provisioners();
    let mut commands = Vec::new();
    for change in &plan.changes {
        let mut add = |what: String, certain: bool| {
            commands.push(Command {
                address: change.address.to_string(),
                kind: change.kind.to_string(),
                action: change.action,
                what,
                certain,
            });
        };
        if !change.managed() {
            if change.kind == "external" && change.action == Action::Read {
                add("external program".to_owned(), true);
            }
            continue;
        }
        if !acts(&change) || change.deposed().is_some() {
            continue;
        }
        if let Some(says) = runs.get(change.kind.as_ref()) {
            add(says.clone(), true);
        }
        if change.action == Action::Update {
            continue;
        }
        let (comes, goes) = (change.action != Action::Delete, change.action.destroys());
        for provisioner in provisioners(plan, configured.as_ref(), &change.address) {
            match provisioner.destroy {
                Some(true) if goes => {
                    add(format!("{}, when it is destroyed", provisioner.what), true)
                }
                Some(false) if comes => add(provisioner.what, true),
                Some(_) => {}
                None => add(provisioner.what, comes && !goes),
            }
        }
    }
    Ok(commands)
}

/// The provisioners of the block that an address is an instance of.
fn provisioners(
    plan: &Plan<'_>,
    configured: Option<&HashMap<String, Vec<String>>>,
    address: &str,
) -> Vec<Provisioner> {
    if let Some(configured) = configured {
        let kinds = key(address).and_then(|key| configured.get(&key));
        return kinds
            .into_iter()
            .flatten()
            .map(|kind| Provisioner {
                what: kind.clone(),
                destroy: None,
            })
            .collect();
    }
    let block = plan.block(address).or_else(|| plan.removed_block(address));
    let Some(block) = block else {
        return Vec::new();
    };
    let mut found: Vec<Provisioner> = Vec::new();
    let named = |what: &str| Provisioner {
        what: what.to_owned(),
        destroy: Some(false),
    };
    for (path, _) in &block.attributes {
        if path == "provisioner" {
            found.push(named("provisioner"));
        }
        let Some(name) = path.strip_prefix("provisioner.") else {
            continue;
        };
        // In JSON the label is a level of its own, in one object or in a list.
        if matches!(name, "local-exec" | "remote-exec" | "file") {
            found.retain(|provisioner| provisioner.what != "provisioner");
            found.push(named(name));
            continue;
        }
        let Some(last) = found.last_mut() else {
            continue;
        };
        let name = ["local-exec.", "remote-exec.", "file."]
            .iter()
            .find_map(|label| name.strip_prefix(label))
            .unwrap_or(name);
        // In HCL the label of the block is not kept, and each kind has arguments of its own.
        match name {
            "when" => last.destroy = Some(true),
            "command" => "local-exec".clone_into(&mut last.what),
            "inline" | "script" | "scripts" => "remote-exec".clone_into(&mut last.what),
            "source" | "content" => "file".clone_into(&mut last.what),
            _ => {}
        }
    }
    found
}

/// The key of a block in [`Plan::provisioners`]: the names of its modules, its type and its name.
fn key(address: &str) -> Option<String> {
    let address = Address::parse(address)?;
    let mut key = String::new();
    for step in &address.module {
        key.push_str(step.name);
        key.push('.');
    }
    key.push_str(address.kind);
    key.push('.');
    key.push_str(address.name);
    Some(key)
}
