//! Commands that the apply runs and that no change shows: provisioners, external programs, and types whose job it is to run something.

use std::collections::HashMap;

use crate::address::Address;
use crate::catalog::work;
use crate::config::Provisioner;
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

/// The commands of a plan, in its order.
///
/// # Errors
/// When the catalogue is broken, or the configuration cannot be read.
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
    let configured = plan.provisioners()?;
    // By block: one may have many instances.
    let mut known: HashMap<String, Vec<Provisioner>> = HashMap::new();
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
        let Some(key) = key(&change.address) else {
            continue;
        };
        let provisioners = known.entry(key).or_insert_with_key(|key| {
            provisioners(plan, configured.as_ref(), key, &change.address)
        });
        for Provisioner { kind, destroy } in provisioners {
            match destroy {
                Some(true) if goes => add(format!("{kind}, when it is destroyed"), true),
                Some(false) if comes => add((*kind).to_owned(), true),
                Some(_) => {}
                None => add((*kind).to_owned(), comes && !goes),
            }
        }
    }
    Ok(commands)
}

/// The provisioners of the block that an address is an instance of.
fn provisioners(
    plan: &Plan<'_>,
    configured: Option<&HashMap<String, Vec<Provisioner>>>,
    key: &str,
    address: &str,
) -> Vec<Provisioner> {
    let found = match configured {
        Some(configured) => configured.get(key),
        None => {
            let block = plan.block(address).or_else(|| plan.removed_block(address));
            block.map(|block| &block.provisioners)
        }
    };
    found.cloned().unwrap_or_default()
}

/// How many objects come or go whose block stands in sources that cannot be read whole: whether they run anything is not known.
pub(crate) fn unread(plan: &Plan<'_>) -> usize {
    let doubt = plan.modules_in_doubt();
    if doubt.is_empty() {
        return 0;
    }
    let comes_or_goes =
        |change: &&ResourceChange<'_>| change.action == Action::Create || change.action.destroys();
    let within = |change: &&ResourceChange<'_>| {
        Address::parse(&change.address).is_some_and(|address| {
            let steps: Vec<&str> = address.module.iter().map(|step| step.name).collect();
            doubt.contains(steps.join(".").as_str())
        })
    };
    plan.managed().filter(comes_or_goes).filter(within).count()
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
