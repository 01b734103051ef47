//! After an apply: what the directory and the state say now. Nothing of the state is printed but its serial.

use std::path::{Path, PathBuf};

use crate::commands::pin;
use crate::plan::saved::State;
use crate::state::{Beside, Home, Identity, Lying, Pin, Sign, remember_later};
use crate::ui::escape::line;
use crate::ui::words::plural;

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
    let home = Home::of(dir);
    match repin(&home, planned, after) {
        Ok(Some(text)) => told.push(text),
        Ok(None) => {}
        Err(why) => told.push(format!(
            "{} is out of date and could not be updated: {}",
            line(&home.pin_file),
            line(&why)
        )),
    }
    told
}

/// Writes the pin file anew if the state that it names has other data or got its lineage now.
fn repin(home: &Home, planned: &Identity, after: &State) -> Result<Option<String>, String> {
    let (path, name) = (home.pin(), line(&home.pin_file));
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
            "{name} names another state than the one that was changed; if this one is right, run applygate pin again"
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
        "{name} was updated: {} with data in the state, {before} before. Commit it",
        plural(now.data.len(), "object")
    )))
}

/// Why Terraform would refuse a plan, by the state that its backend has now. A state on the disk was judged before: then a person has answered for it.
pub(super) fn refused(planned: &Identity, before: &Lying) -> Option<String> {
    if planned.place.kind == "local" {
        return None;
    }
    let (was, now) = (planned.serial, before.serial);
    if planned.is_missing() {
        return (now > 0 || !before.lineage.is_empty()).then(|| {
            format!(
                "the plan is stale: it was made without a state, and now there is one with {} (serial {now}). Make a new plan",
                plural(before.objects, "object")
            )
        });
    }
    if planned.lineage != before.lineage {
        return Some(FOREIGN.to_owned());
    }
    if now < was {
        return Some(went_back(was, now));
    }
    (now > was).then(|| {
        format!("the plan is stale: it was made for serial {was}, and the state is now at serial {now}: somebody changed it. Make a new plan")
    })
}

/// Said of a plan for another state.
const FOREIGN: &str = "the state here is not the one that the plan was made for (its lineage differs), so Terraform refuses the plan: find out which state is right, and plan again";

fn went_back(was: u64, now: u64) -> String {
    format!(
        "the state is now at serial {now}, older than serial {was} of the plan: an old state was put back, and Terraform refuses the plan. Find out who did that before you plan again"
    )
}

/// What a run that did not end well has left, read from the directory and the state. `before`: the state as it was right before the run.
pub(super) fn went_badly(
    dir: &Path,
    planned: Option<&Identity>,
    before: Option<&Lying>,
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
    let (Some(planned), Some(after)) = (planned, after) else {
        told.push("the state could not be read; Terraform says why above. Fix that, and plan again before anything else".to_owned());
        return told;
    };
    let (was, now) = (planned.serial, after.serial);
    let same = |lineage: &str, serial: u64| lineage == after.lineage && serial == now;
    let unchanged = before.map(|before| same(&before.lineage, before.serial));
    told.push(if as_planned {
        let lock = if planned.place.kind == "local" {
            ""
        } else {
            ". If Terraform says above that it is locked, another run has locked it: wait until that ends"
        };
        if planned.is_missing() {
            format!("there is still no state: nothing was stored{lock}")
        } else {
            format!("the state is still at serial {now}: nothing was stored in it{lock}")
        }
    } else if !planned.is_missing() && planned.lineage != after.lineage {
        FOREIGN.to_owned()
    } else if now < was {
        went_back(was, now)
    } else {
        let made = if planned.is_missing() {
            "without a state".to_owned()
        } else {
            format!("for serial {was}")
        };
        match (unchanged, before) {
            (Some(true), _) => format!(
                "the plan is stale: it was made {made}, and the state was at serial {now} before this run. Nothing was stored in it. Plan again"
            ),
            (Some(false), Some(before)) if before.serial == was => format!(
                "the state is now at serial {now}, and was at serial {was} before this run: this run changed it before it stopped. Plan again"
            ),
            _ => format!(
                "the state is now at serial {now}, the plan was made {made}. If Terraform says that the plan is stale, somebody changed the state; else this run changed it before it stopped. Plan again"
            ),
        }
    });
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
