//! `applygate pre-commit`: what the hooks of pre-commit run. A plan is judged where there is one; a state or a plan is kept out of Git.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{check, kept_out};
use crate::cli::environment::Environment;
use crate::cli::{PreCommitCommand, PreCommitPlanArgs};
use crate::plan::kept_out::KeptOut;
use crate::ui::exit::Exit;
use crate::ui::problem::Problem;
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
        match kept_out::of_file(file) {
            Ok(None) => {}
            Ok(Some(kind)) => {
                refused = true;
                streams.refuse(&problem(kind, file))?;
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

fn problem(kind: KeptOut, file: &Path) -> Problem {
    const EXCLUDE: &str =
        "if it belongs there, such as a test file: exclude it in .pre-commit-config.yaml";
    let what = format!(
        "is {}, which does not belong in Git: {}",
        kind.what(),
        kind.why()
    );
    Problem::new(what, format!("{}; {EXCLUDE}", kind.instead()))
        .about(file.display())
        .ends(Exit::Blocked)
}
