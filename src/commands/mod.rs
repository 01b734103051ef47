//! The commands: what was typed in, how it ended out. One file or folder for each.

#[cfg(unix)]
mod apply;
#[cfg(not(unix))]
#[path = "no_apply.rs"]
mod apply;
mod check;
mod config;
mod directory;
mod init;
mod inputs;
mod kept_out;
mod man;
mod parallel;
mod pin;
mod pre_commit;
mod program;
mod reports;
mod rules;
mod source;
mod wrong_file;

use clap::CommandFactory;

use crate::cli::environment::Environment;
use crate::cli::{Cli, Command};
use crate::ui::exit::Exit;
use crate::ui::problem::Problem;
use crate::ui::streams::Streams;

pub(crate) use source::judge_files as judge_sources;

/// Runs a command.
///
/// # Errors
/// What keeps it from doing its job; its exit code is that of the run.
pub fn run(
    cli: Cli,
    environment: &Environment,
    streams: &mut Streams<'_>,
) -> Result<Exit, Problem> {
    match cli.command {
        Command::Apply(args) => apply::apply(&args, environment, streams),
        Command::Check(args) => check::check(&args, environment, streams),
        Command::Config(args) => config::config(&args, environment, streams),
        Command::Init(args) => init::init(&args, environment, streams),
        Command::Pin(args) => pin::pin(&args, environment, streams),
        Command::Source(args) => source::source(&args, environment, streams),
        Command::Rules(args) => rules::show(args, streams),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "applygate", &mut script);
            streams.out.write_all(&script)?;
            Ok(Exit::Through)
        }
        Command::Man(args) => man::man(&args, streams),
        Command::PreCommit(args) => pre_commit::pre_commit(args.what, environment, streams),
    }
}
