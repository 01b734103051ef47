//! `applygate pre-commit`: what the hooks of pre-commit run. A plan is judged where there is one; a state or a plan is kept out of Git.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::inputs::{Job, io_words};
use super::{check, directory};
use crate::cli::environment::Environment;
use crate::cli::{PreCommitCommand, PreCommitPlanArgs};
use crate::plan::Document;
use crate::ui::exit::Exit;
use crate::ui::problem::Problem;
use crate::ui::refusal::{Refusal, Why};
use crate::ui::streams::Streams;

/// The plan that is looked for where none is named.
const PLAN: &str = "tfplan";

/// Runs the command.
///
/// # Errors
/// Those of `check`; when a plan is needed and not there; and those of the streams.
pub(crate) fn pre_commit(
    command: PreCommitCommand,
    environment: &Environment,
    streams: &mut Streams<'_>,
) -> Result<Exit, Problem> {
    match command {
        PreCommitCommand::Plan(args) => plan(*args, environment, streams),
        PreCommitCommand::Files { files } => keep_out(&files, streams),
    }
}

/// Judges the plans that are there.
fn plan(
    mut args: PreCommitPlanArgs,
    environment: &Environment,
    streams: &mut Streams<'_>,
) -> Result<Exit, Problem> {
    if args.check.plans.is_empty() {
        args.check.plans.push(PLAN.into());
    }
    // What cannot be looked at is not taken for absent: check says what is wrong with it.
    let (missing, there): (Vec<_>, Vec<_>) = args.check.plans.into_iter().partition(|path| {
        fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    });
    if args.require_plan && !missing.is_empty() {
        let names = names(&missing);
        return Err(Problem::new(
            format!("there is no plan to check: {names}"),
            "make a plan and push again: terraform plan -out tfplan",
        ));
    }
    if !missing.is_empty() {
        let names = names(&missing);
        streams.tell(&format!(
            "no plan here ({names}), so nothing was checked; to check one: terraform plan -out tfplan"
        ))?;
    }
    if there.is_empty() {
        return Ok(Exit::Through);
    }
    args.check.plans = there;
    check::check(&args.check, environment, streams)
}

fn names(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    crate::ui::escape::line(&names.join(", ")).into_owned()
}

/// Refuses every file that Git must not keep.
fn keep_out(files: &[PathBuf], streams: &mut Streams<'_>) -> Result<Exit, Problem> {
    let (mut refused, mut unread) = (false, false);
    for file in files {
        match found(file) {
            Ok(None) => {}
            Ok(Some(kind)) => {
                refused = true;
                streams.refuse(&kind.problem(file))?;
            }
            Err(refusal) => {
                unread = true;
                streams.refuse(&refusal.about(file.display()))?;
            }
        }
    }
    Ok(if refused {
        Exit::Blocked
    } else if unread {
        Exit::CouldNotJudge
    } else {
        Exit::Through
    })
}

/// What Git must not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    State,
    SavedPlan,
    PlanJson,
}

impl Kind {
    fn problem(self, file: &Path) -> Problem {
        const EXCLUDE: &str =
            "if it belongs there, such as a test file: exclude it in .pre-commit-config.yaml";
        let (what, instead) = match self {
            Self::State => (
                "is a state, which does not belong in Git: it has secrets in plain text, and an old state makes Terraform destroy or create the wrong objects",
                "git rm --cached it, and add *.tfstate and *.tfstate.* to .gitignore; use a remote backend, such as s3 with use_lockfile = true",
            ),
            Self::SavedPlan => (
                "is a saved plan, which does not belong in Git: it has the state and the variables, with secrets in plain text",
                "git rm --cached it, and add tfplan to .gitignore; make the plan where it is checked and applied",
            ),
            Self::PlanJson => (
                "is a plan as JSON, which does not belong in Git: it has the values of the state, with secrets in plain text",
                "git rm --cached it, and add it to .gitignore; make it where it is checked",
            ),
        };
        Problem::new(what, format!("{instead}; {EXCLUDE}"))
            .about(file.display())
            .ends(Exit::Blocked)
    }
}

/// What a file is that Git must not keep: states by their name too, everything else by what is in it.
fn found(path: &Path) -> Result<Option<Kind>, Refusal> {
    let unread = |error: io::Error| Refusal::new(Why::Io).with(io_words(&error));
    // Git keeps where a link leads, and not what is there.
    if !fs::symlink_metadata(path).map_err(unread)?.is_file() {
        return Ok(None);
    }
    if is_states_name(path) {
        return Ok(Some(Kind::State));
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
    let form = if bytes.starts_with(b"PK") {
        Kind::SavedPlan
    } else {
        Kind::PlanJson
    };
    let read = Document::open(&bytes).and_then(|document| document.plans().map(|_| ()));
    Ok(match read.map_err(|refusal| (refusal.why, refusal)) {
        Ok(()) => Some(form),
        // The number of the old format follows its name: a .gitignore may start with the same letters.
        Err((Why::OldPlan, _)) => bytes
            .get(6)
            .is_some_and(|byte| *byte < b'\t')
            .then_some(Kind::SavedPlan),
        Err((Why::RawState | Why::StateShown, _)) => Some(Kind::State),
        Err((Why::OtherZip, _)) => None,
        // A plan that cannot be judged holds as much as another.
        Err(_) if form == Kind::SavedPlan => Some(form),
        Err((
            Why::Errored
            | Why::NullList
            | Why::UnknownFormat
            | Why::UnknownAction
            | Why::Unreadable,
            _,
        )) => Some(form),
        Err((Why::Encrypted, refusal)) => Some(if directory::no_plan(&refusal, &bytes).is_some() {
            Kind::State
        } else {
            form
        }),
        Err((Why::Truncated | Why::Malformed | Why::WrongShape, refusal))
            if directory::no_plan(&refusal, &bytes).is_none() && starts_as_a_plan(&bytes) =>
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

/// Whether Terraform writes a state under this name: terraform.tfstate, errored.tfstate, terraform.tfstate.backup, terraform.tfstate.1700000000.backup.
fn is_states_name(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default().to_ascii_lowercase();
    name.ends_with(".tfstate") || (name.contains(".tfstate.") && name.ends_with(".backup"))
}
