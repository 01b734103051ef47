//! What a file is that must not be kept in Git, for the hook that refuses it and for a change that brings it.

use std::fs;
use std::io;
use std::path::Path;

use super::directory;
use super::inputs::{self, Job, io_words};
use crate::plan::Document;
use crate::plan::kept_out::{KeptOut, is_states_name};
use crate::ui::refusal::{Refusal, Why};

/// What a file is that Git must not keep: states by their name too, everything else by what is in it.
pub(super) fn of_file(path: &Path) -> Result<Option<KeptOut>, Refusal> {
    let unread = |error: io::Error| Refusal::new(Why::Io).with(io_words(&error));
    // Git keeps where a link leads, and not what is there.
    if !fs::symlink_metadata(path).map_err(unread)?.is_file() {
        return Ok(None);
    }
    if path.to_str().is_some_and(is_states_name) {
        return Ok(Some(KeptOut::State));
    }
    if !directory::may_be_plan(path).map_err(unread)? {
        return Ok(None);
    }
    let bytes = match Job::File(path.to_owned()).read() {
        Ok(bytes) => bytes,
        // A broken archive that is no plan is none of our business.
        Err(refusal) if refusal.why == Why::Malformed => return Ok(None),
        Err(refusal) => return Err(refusal),
    };
    of_bytes(&bytes)
}

/// The same of a file in Git; `None` of what is too large to read.
pub(super) fn of_blob(path: &str, content: Option<&[u8]>) -> Option<KeptOut> {
    if is_states_name(path) {
        return Some(KeptOut::State);
    }
    let Some(bytes) = content else {
        return directory::has_a_plans_name(Path::new(path)).then_some(
            if path.ends_with(".json") {
                KeptOut::PlanJson
            } else {
                KeptOut::SavedPlan
            },
        );
    };
    let unpacked = inputs::unzipped(bytes).ok()?;
    of_bytes(&unpacked).ok().flatten()
}

/// What it is by its content.
fn of_bytes(bytes: &[u8]) -> Result<Option<KeptOut>, Refusal> {
    let form = if bytes.starts_with(b"PK") {
        KeptOut::SavedPlan
    } else {
        KeptOut::PlanJson
    };
    let read = Document::open(bytes).and_then(|document| document.plans().map(|_| ()));
    Ok(match read.map_err(|refusal| (refusal.why, refusal)) {
        Ok(()) => Some(form),
        // The number of the old format follows its name: a .gitignore may start with the same letters.
        Err((Why::OldPlan, _)) => bytes
            .get(6)
            .is_some_and(|byte| *byte < b'\t')
            .then_some(KeptOut::SavedPlan),
        Err((Why::RawState | Why::StateShown, _)) => Some(KeptOut::State),
        Err((Why::OtherZip, _)) => None,
        // A plan that cannot be judged holds as much as another.
        Err(_) if form == KeptOut::SavedPlan => Some(form),
        Err((
            Why::Errored
            | Why::NullList
            | Why::UnknownFormat
            | Why::UnknownAction
            | Why::Unreadable,
            _,
        )) => Some(form),
        Err((Why::Encrypted, refusal)) => Some(if directory::no_plan(&refusal, bytes).is_some() {
            KeptOut::State
        } else {
            form
        }),
        Err((Why::Truncated | Why::Malformed | Why::WrongShape, refusal))
            if directory::no_plan(&refusal, bytes).is_none() && starts_as_a_plan(bytes) =>
        {
            Some(form)
        }
        // A bookmark and the log of plan -json hold no values; text that speaks of plans is no plan.
        Err(_) => None,
    })
}

/// Whether a text that cannot be read to its end begins as Terraform begins a plan: a text about plans, or a schema, does not.
fn starts_as_a_plan(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = text.trim_ascii_start();
    crate::plan::STARTS
        .iter()
        .any(|key| start.starts_with(key.as_bytes()))
}
