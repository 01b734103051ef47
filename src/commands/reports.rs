//! Where the reports of a run go: standard output and files, each in its format.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::environment::Environment;
use crate::cli::reports::{ReportArgs, ReportFormat, Wanted};
use crate::os::atomic;
use crate::report::{
    Report, atlantis, azure, changes, github, gitlab, html, human, json, junit, markdown, sarif,
};
use crate::ui::problem::Problem;
use crate::ui::streams::Streams;
use crate::ui::style::Styles;

/// Columns of the report for people in a file.
const WIDTH: usize = 100;

/// The reports that a run writes.
pub(super) struct Reports<'a> {
    args: &'a ReportArgs,
    verbose: bool,
    /// On standard output, in this order.
    shown: Vec<ReportFormat>,
    files: Vec<(ReportFormat, &'a Path)>,
    /// A file that is added to.
    summary: Option<&'a Path>,
}

impl<'a> Reports<'a> {
    /// What was asked for. The report for people is shown where nothing else is, unless it is to be quiet.
    ///
    /// # Errors
    /// When two of them would be written to one place, or over an input.
    pub(super) fn of(
        args: &'a ReportArgs,
        verbose: bool,
        quiet: bool,
        inputs: &[PathBuf],
        environment: &'a Environment,
    ) -> Result<Self, Problem> {
        let mut reports = Self {
            args,
            verbose,
            shown: Vec::new(),
            files: Vec::new(),
            summary: environment.summary.as_deref().map(Path::new),
        };
        for Wanted { format, file } in &args.wanted {
            match file {
                None => reports.shown.push(*format),
                Some(file) => {
                    if reports.files.iter().any(|(_, there)| there == file) {
                        return Err(Problem::new(
                            format!("two reports go to {}", file.display()),
                            "use a different file for each",
                        ));
                    }
                    if inputs.iter().any(|input| same(input, file)) {
                        return Err(Problem::new(
                            format!("the report would overwrite the plan {}", file.display()),
                            "use another name",
                        ));
                    }
                    reports.files.push((*format, file));
                }
            }
        }
        if let Some(format) = reports.shown.iter().find(|format| !format.is_text())
            && reports.shown.len() > 1
        {
            return Err(Problem::new(
                "two reports go to standard output",
                format!(
                    "write one of them to a file: --format {} --output FILE",
                    format.word()
                ),
            ));
        }
        if reports.shown.is_empty() && !quiet {
            reports.shown.push(ReportFormat::Human);
        }
        Ok(reports)
    }

    /// For an apply: the report for people is always shown, whatever else is written.
    ///
    /// # Errors
    /// When another one is to be shown in its place.
    pub(super) fn beside(
        args: &'a ReportArgs,
        verbose: bool,
        inputs: &[PathBuf],
        environment: &'a Environment,
    ) -> Result<Self, Problem> {
        if let Some(wanted) = args.wanted.iter().find(|wanted| wanted.file.is_none()) {
            return Err(Problem::new(
                "apply prints only the human report on standard output",
                format!(
                    "write it to a file: --format {} --output FILE",
                    wanted.format.word()
                ),
            ));
        }
        Self::of(args, verbose, false, inputs, environment)
    }

    /// Whether one of them lists everything that changes.
    pub(super) fn list(&self) -> bool {
        let all = self
            .shown
            .iter()
            .chain(self.files.iter().map(|(format, _)| format));
        self.args.changes
            || all
                .into_iter()
                .any(|format| matches!(format, ReportFormat::Markdown | ReportFormat::Html))
    }

    /// Writes those for standard output.
    ///
    /// # Errors
    /// Those of the stream.
    pub(super) fn show(&self, report: &Report, streams: &mut Streams<'_>) -> io::Result<()> {
        for format in &self.shown {
            let layout = human::Layout {
                width: streams.width,
                verbose: self.verbose,
                styles: &streams.styles,
            };
            self.write(*format, report, layout, streams.out)?;
        }
        streams.out.flush()
    }

    /// Writes the files, each whole or not at all.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(super) fn save(&self, report: &Report) -> Result<(), Problem> {
        for (format, file) in &self.files {
            let layout = human::Layout {
                width: WIDTH,
                verbose: self.verbose,
                styles: &Styles::default(),
            };
            let mut text = Vec::new();
            self.write(*format, report, layout, &mut text)?;
            put(file, text, self.summary == Some(*file)).map_err(|error| {
                Problem::new(
                    format!(
                        "the report {} cannot be written: {}",
                        file.display(),
                        error.kind()
                    ),
                    "check that its directory exists and that you can write to it",
                )
            })?;
        }
        Ok(())
    }

    fn write(
        &self,
        format: ReportFormat,
        report: &Report,
        layout: human::Layout<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match format {
            ReportFormat::Human => {
                human::write(report, layout, out)?;
                if self.args.changes {
                    human::write_changes(report, layout, out)?;
                }
                Ok(())
            }
            ReportFormat::Json => json::write(report, out),
            ReportFormat::Github => {
                github::write(report, out)?;
                if self.args.changes {
                    changes::write_folded(report, "::group::", "::endgroup::", out)?;
                }
                Ok(())
            }
            ReportFormat::Html => html::write(report, out),
            ReportFormat::Sarif => sarif::write(report, out),
            ReportFormat::Gitlab => gitlab::write(report, out),
            ReportFormat::GitlabTerraform => gitlab::write_terraform(report, out),
            ReportFormat::Junit => junit::write(report, out),
            ReportFormat::Atlantis => atlantis::write(report, out),
            ReportFormat::Azure => {
                azure::write(report, out)?;
                if self.args.changes {
                    changes::write_folded(report, "##[group]", "##[endgroup]", out)?;
                }
                Ok(())
            }
            ReportFormat::Markdown => {
                let length = self.args.max_length.unwrap_or(markdown::LENGTH);
                markdown::write(report, length, out)
            }
        }
    }
}

/// Whether two names are one file.
fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Puts a report in its place. What is no plain file (`/dev/stderr`, a pipe) is written to and stays what it is. The summary of a step is
/// added to: what an earlier command of the step said in it stays.
fn put(file: &Path, mut text: Vec<u8>, add: bool) -> io::Result<()> {
    let special = file.metadata().is_ok_and(|there| !there.is_file())
        || ["/dev/", "/proc/"].iter().any(|dir| file.starts_with(dir));
    if special {
        return std::fs::OpenOptions::new()
            .write(true)
            .open(file)?
            .write_all(&text);
    }
    if add && file.exists() {
        let mut whole = std::fs::read(file)?;
        whole.append(&mut text);
        text = whole;
    }
    atomic::replace(file, &text)
}
