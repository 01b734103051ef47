//! `applygate rules`: the rules and the catalogue, to look things up.

use crate::catalog::Catalog;
use crate::cli::{RulesArgs, RulesCommand};
use crate::finding::Severity;
use crate::rules::{self, RULES};
use crate::ui::exit::Exit;
use crate::ui::near::nearest;
use crate::ui::problem::Problem;
use crate::ui::streams::Streams;

/// Runs the command.
///
/// # Errors
/// When there is no such rule; and those of the streams.
pub(crate) fn show(args: RulesArgs, streams: &mut Streams<'_>) -> Result<Exit, Problem> {
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
                let help = match nearest(&id, RULES.iter().map(|rule| rule.id)) {
                    Some(near) => format!("did you mean {near}? applygate rules explain {near}"),
                    None if id.contains('_') => {
                        format!("it looks like a resource type: applygate rules types {id}")
                    }
                    None => "applygate rules lists all".to_owned(),
                };
                return Err(Problem::new(format!("there is no rule \"{id}\""), help));
            };
            out.write_all(rule.docs.as_bytes())?;
        }
        RulesCommand::Types { prefix } => {
            let catalog = Catalog::whole()
                .map_err(|error| Problem::bare(format!("the catalogue is broken: {error}")))?;
            let prefix = prefix.unwrap_or_default().to_lowercase();
            let types = catalog.types();
            if !types.iter().any(|row| row.name.starts_with(&prefix)) {
                let help = nearest(&prefix, types.iter().map(|row| row.name.as_str())).map_or_else(
                    || {
                        "a type that is not listed is judged by its name; the report says so"
                            .to_owned()
                    },
                    |near| format!("did you mean {near}? applygate rules types {near}"),
                );
                return Err(Problem::new(
                    format!("the catalogue has no type that starts with \"{prefix}\""),
                    help,
                ));
            }
            for row in types
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
