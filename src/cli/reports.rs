//! Words that say which reports are written, and where to: `--format F --output FILE`, in pairs.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};

/// Formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people at a terminal
    Human,
    /// For programs: everything
    Json,
    /// For a comment on a pull request, and for a step summary
    Markdown,
    /// A page for a browser that needs nothing else, with a picture and filters
    Html,
    /// Annotations of GitHub Actions, for its log
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Code Quality report of GitLab
    Gitlab,
    /// Counts for the Terraform widget of GitLab
    GitlabTerraform,
    /// JUnit XML: what blocks is a failure
    Junit,
    /// For a custom policy check of Atlantis
    Atlantis,
    /// Logging commands of Azure Pipelines, for its log
    Azure,
}

impl ReportFormat {
    /// The word for it.
    pub(crate) fn word(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Whether it can stand in a log, before or after another text.
    pub(crate) const fn is_text(self) -> bool {
        matches!(self, Self::Human | Self::Github | Self::Azure)
    }
}

/// One report that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// How it looks.
    pub(crate) format: ReportFormat,
    /// The file; `None` for standard output.
    pub(crate) file: Option<PathBuf>,
}

/// The reports that are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReportArgs {
    /// In the order of the command line.
    pub(crate) wanted: Vec<Wanted>,
    /// List everything that changes.
    pub(crate) changes: bool,
    /// The most bytes of a Markdown report.
    pub(crate) max_length: Option<usize>,
}

/// What clap reads.
#[derive(Debug, Args)]
struct Words {
    /// Format of the report (repeatable, each with an --output; default: human)
    #[arg(long, value_enum, value_name = "FORMAT", ignore_case = true)]
    format: Vec<ReportFormat>,
    /// Write the report of the --format before it to this file; - is standard output
    #[arg(long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// List everything that changes: address, action, reason (markdown and html always do; atlantis and gitlab have no room for it)
    #[arg(long)]
    changes: bool,
    /// The most bytes of a Markdown report (default: 65000, which fits a comment on GitHub)
    #[arg(long, value_name = "BYTES", value_parser = length, hide_short_help = true)]
    max_length: Option<usize>,
}

/// Below this no verdict fits.
const SHORTEST: usize = 2000;

fn length(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(length) if length >= SHORTEST => Ok(length),
        _ => Err(format!("expected a number of bytes, {SHORTEST} or more")),
    }
}

impl Args for ReportArgs {
    fn augment_args(command: Command) -> Command {
        Words::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Words::augment_args_for_update(command)
    }
}

impl FromArgMatches for ReportArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let places = |id| matches.indices_of(id).into_iter().flatten();
        let places: (Vec<usize>, Vec<usize>) =
            (places("format").collect(), places("output").collect());
        let words = Words::from_arg_matches(matches)?;
        let mut all: Vec<(usize, Word)> = Vec::new();
        all.extend(
            places
                .0
                .into_iter()
                .zip(words.format.into_iter().map(Word::Format)),
        );
        all.extend(
            places
                .1
                .into_iter()
                .zip(words.output.into_iter().map(Word::Output)),
        );
        all.sort_by_key(|(at, _)| *at);
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut open = false;
        for (_, word) in all {
            match word {
                Word::Format(format) => {
                    wanted.push(Wanted { format, file: None });
                    open = true;
                }
                Word::Output(file) => match wanted.last_mut().filter(|_| open) {
                    Some(last) => {
                        last.file = Some(file).filter(|file| file.as_os_str() != "-");
                        open = false;
                    }
                    None => {
                        return Err(clap::Error::raw(
                            ErrorKind::MissingRequiredArgument,
                            format!(
                                "--output {} has no --format before it; such as: --format markdown --output report.md",
                                crate::ui::escape::line(&file.to_string_lossy())
                            ),
                        ));
                    }
                },
            }
        }
        Ok(Self {
            wanted,
            changes: words.changes,
            max_length: words.max_length,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// One of the two words of a pair.
enum Word {
    Format(ReportFormat),
    Output(PathBuf),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &str) -> Result<Vec<Wanted>, String> {
        let command = ReportArgs::augment_args(Command::new("x").no_binary_name(true));
        let words = typed.split(' ').filter(|word| !word.is_empty());
        let matches = command.try_get_matches_from(words).unwrap();
        ReportArgs::from_arg_matches(&matches)
            .map(|args| args.wanted)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn in_pairs() {
        let wanted = |format, file: Option<&str>| Wanted {
            format,
            file: file.map(PathBuf::from),
        };
        use ReportFormat::{Human, Json, Markdown};
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse("--format json"), Ok(vec![wanted(Json, None)]));
        assert_eq!(
            parse("--format json --output a --format human --format=markdown --output=b"),
            Ok(vec![
                wanted(Json, Some("a")),
                wanted(Human, None),
                wanted(Markdown, Some("b")),
            ])
        );
        assert_eq!(
            parse("--format json --output -"),
            Ok(vec![wanted(Json, None)])
        );
        for typed in [
            "--output a",
            "--output a --format json",
            "--format json --output a --output b",
        ] {
            assert!(parse(typed).unwrap_err().contains("--format"), "{typed}");
        }
    }
}
