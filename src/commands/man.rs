//! `applygate man`: the manual pages, one for each command.

use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;

use super::inputs::io_words;
use crate::cli::{Cli, ManArgs};
use crate::ui::exit::Exit;
use crate::ui::near::nearest;
use crate::ui::problem::Problem;
use crate::ui::streams::Streams;

/// Runs the command.
///
/// # Errors
/// When there is no such command, or the pages cannot be written; and those of the streams.
pub(crate) fn man(args: &ManArgs, streams: &mut Streams<'_>) -> Result<Exit, Problem> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    if let Some(dir) = &args.dir {
        return std::fs::create_dir_all(dir)
            .and_then(|()| all(&command, dir))
            .map(|()| Exit::Through)
            .map_err(|error| {
                Problem::new(
                    format!("the pages cannot be written ({})", io_words(&error)),
                    "use a directory that you can write to, such as ~/.local/share/man/man1",
                )
                .about(format!("{}:", dir.display()))
            });
    }
    let mut found = &command;
    for word in &args.command {
        let above = found;
        found = above.find_subcommand(word).ok_or_else(|| {
            let names = above.get_subcommands().map(clap::Command::get_name);
            let help = nearest(word, names).map_or_else(
                || "applygate help lists all".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            let what = format!("there is no command \"{}\"", args.command.join(" "));
            Problem::new(what, help)
        })?;
    }
    Man::new(found.clone()).render(streams.out)?;
    Ok(Exit::Through)
}

/// Writes the page of a command and those of the commands below it.
fn all(command: &clap::Command, dir: &Path) -> std::io::Result<()> {
    for below in command.get_subcommands() {
        all(below, dir)?;
    }
    Man::new(command.clone()).generate_to(dir).map(|_| ())
}
