//! `applygate rules`: the rules and the catalogue, to look things up.

use std::io;

use crate::catalog::Catalog;
use crate::cli::{RulesArgs, RulesCommand};
use crate::finding::Severity;
use crate::rules::{self, RULES};
use crate::ui::escape::line;
use crate::ui::exit::Exit;
use crate::ui::streams::Streams;

/// Runs the command.
///
/// # Errors
/// Those of the streams.
pub(crate) fn show(args: RulesArgs, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let out = &mut *streams.out;
    match args.what.unwrap_or(RulesCommand::List) {
        RulesCommand::List => {
            for rule in RULES {
                writeln!(
                    out,
                    "{:<22}{:<10}{:<15}{}",
                    rule.id,
                    rule.severity.word(),
                    rule.needs.word(),
                    rule.title
                )?;
            }
        }
        RulesCommand::Explain { id } => {
            let Some(rule) = rules::find(&id) else {
                streams.refuse(
                    &format!("there is no rule \"{}\"", line(&id)),
                    "applygate rules list shows them all",
                )?;
                return Ok(Exit::CouldNotJudge);
            };
            out.write_all(rule.docs.as_bytes())?;
        }
        RulesCommand::Types { prefix } => {
            let catalog = match Catalog::whole() {
                Ok(catalog) => catalog,
                Err(error) => {
                    writeln!(streams.err, "error: the catalogue is broken: {error}")?;
                    return Ok(Exit::CouldNotJudge);
                }
            };
            let prefix = prefix.unwrap_or_default();
            for row in catalog
                .types()
                .into_iter()
                .filter(|row| row.name.starts_with(&prefix))
            {
                let grade = row.destroy.severity().map_or("none", Severity::word);
                let guess = if row.guess { " (a guess)" } else { "" };
                writeln!(
                    out,
                    "{:<50} {:<9} {:<13} {}{guess}",
                    row.name,
                    grade,
                    row.category.word(),
                    row.loss
                )?;
            }
        }
    }
    Ok(Exit::Through)
}
