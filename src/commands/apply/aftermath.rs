//! After an apply: what the directory and the state say now. Nothing of the state is printed but its serial.

use std::path::{Path, PathBuf};

use crate::commands::pin;
use crate::plan::saved::State;
use crate::state::{Beside, Identity, PIN_FILE, Pin, Sign, remember_later};
use crate::ui::escape::line;

/// Moves the memory of the directory forward, and its pin file where something that it names has changed. Tells what a person has to know.
pub(super) fn went_well(
    dir: &Path,
    planned: Option<&Identity>,
    after: Option<&State>,
) -> Vec<String> {
    let mut told = Vec::new();
    let Some(planned) = planned else { return told };
    let Some(after) = after else {
        told.push("the new serial of the state could not be read, so a later rollback would not be noticed in this directory".to_owned());
        return told;
    };
    let remembered = planned
        .clone()
        .moved_on(after, "")
        .map_err(|_| ())
        .and_then(|now| remember_later(dir, &now).map_err(|_| ()));
    if remembered.is_err() {
        told.push("the serial of the state could not be saved in .terraform".to_owned());
    }
    match repin(dir, planned, after) {
        Ok(Some(text)) => told.push(text),
        Ok(None) => {}
        Err(why) => told.push(format!(
            "{PIN_FILE} is out of date and could not be updated: {}",
            line(&why)
        )),
    }
    told
}

/// Writes the pin file anew if the state that it names has other data or got its lineage now.
fn repin(dir: &Path, planned: &Identity, after: &State) -> Result<Option<String>, String> {
    let path = dir.join(PIN_FILE);
    let Some(mut pin) = Pin::read(&path).map_err(|refusal| refusal.to_string())? else {
        return Ok(None);
    };
    let Some(pinned) = pin
        .state(&planned.workspace)
        .filter(|pinned| !pinned.is_pattern())
    else {
        return Ok(None);
    };
    let starts = pinned.lineage.is_empty() && planned.is_missing();
    let same = starts || (pinned.lineage == planned.lineage && after.lineage == planned.lineage);
    if !same || !pinned.differences(planned).is_empty() {
        return Ok(Some(format!(
            "{PIN_FILE} names another state than the one that was changed; if this one is right, run applygate pin again"
        )));
    }
    let now = planned
        .clone()
        .moved_on(after, &pin.salt)
        .map_err(|error| error.to_string())?;
    if !starts && now.data.keys().eq(&pinned.data) {
        return Ok(None);
    }
    let before = pinned.data.len();
    pin.record(&now, false);
    pin::write(&path, &pin.render().map_err(|refusal| refusal.to_string())?)
        .map_err(|refusal| refusal.to_string())?;
    Ok(Some(format!(
        "{PIN_FILE} was updated: {} with data in the state, {before} before. Commit it",
        crate::ui::words::plural(now.data.len(), "object")
    )))
}

/// What a run that did not end well has left, read from the directory and the state.
pub(super) fn went_badly(
    dir: &Path,
    planned: Option<&Identity>,
    after: Option<&State>,
) -> Vec<String> {
    let mut told = Vec::new();
    let beside = Beside::read(dir, planned);
    if beside
        .signs
        .iter()
        .any(|sign| matches!(sign, Sign::ErroredState(_)))
    {
        told.push("errored.tfstate is here: the new state could not be stored. Keep the file; terraform state push errored.tfstate stores it".to_owned());
    }
    // Terraform refuses a stale or foreign plan whatever the lock says: then to unlock is the wrong thing to type.
    let as_planned = planned.zip(after).is_some_and(|(planned, after)| {
        planned.lineage == after.lineage && planned.serial == after.serial
    });
    if let Some(lock) = planned.and_then(|planned| local_lock(dir, planned)) {
        let unlock = if as_planned {
            ". If none does: terraform force-unlock"
        } else {
            ": wait for it"
        };
        told.push(format!(
            "{} is here: the lock of a run that did not end well, or that is still running{unlock}",
            line(&lock.display().to_string())
        ));
    }
    match (planned, after) {
        (Some(planned), Some(after)) if planned.lineage == after.lineage && planned.serial == after.serial => {
            told.push(format!("the state is still at serial {}: nothing was stored in it", after.serial));
        }
        (Some(planned), Some(after)) if !planned.is_missing() && planned.lineage != after.lineage => {
            told.push("the state here is not the one that the plan was made for (its lineage differs), so Terraform refuses the plan: find out which state is right, and plan again".to_owned());
        }
        (Some(planned), Some(after)) if after.serial < planned.serial => {
            told.push(format!(
                "the state is now at serial {}, older than serial {} of the plan: an old state was put back, and Terraform refuses the plan. Find out who did that before you plan again",
                after.serial, planned.serial
            ));
        }
        (Some(planned), Some(after)) => {
            let then =
                if planned.is_missing() { "the plan was made without a state".to_owned() } else { format!("the plan was made for {}", planned.serial) };
            told.push(format!(
                "the state is now at serial {}, {then}. If Terraform says that the plan is stale, somebody changed the state; else this run changed it before it stopped. Plan again",
                after.serial
            ));
        }
        _ => told
            .push("the state could not be read; Terraform says why above. Fix that, and plan again before anything else".to_owned()),
    }
    told
}

/// The lock file of a local state, if it is there.
fn local_lock(dir: &Path, planned: &Identity) -> Option<PathBuf> {
    if planned.place.kind != "local" {
        return None;
    }
    let attribute = |name: &str| planned.place.attributes.get(name).map(String::as_str);
    let state = if planned.workspace == "default" {
        PathBuf::from(attribute("path").unwrap_or("terraform.tfstate"))
    } else {
        Path::new(attribute("workspace_dir").unwrap_or("terraform.tfstate.d"))
            .join(&planned.workspace)
            .join("terraform.tfstate")
    };
    let name = format!(".{}.lock.info", state.file_name()?.to_str()?);
    let lock = dir.join(state.with_file_name(name));
    lock.is_file().then_some(lock)
}
