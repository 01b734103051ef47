//! Annotations of GitHub Actions (docs.github.com, "Workflow commands for GitHub Actions").

use std::io::{self, Write};

use super::Report;
use super::annotations::{self, Kind};
use crate::ui::escape::line;

/// Writes the annotations.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for annotation in annotations::of(report) {
        let kind = match annotation.kind {
            Kind::Error => "error",
            Kind::Warning => "warning",
            Kind::Notice => "notice",
        };
        let place = annotation.place.as_ref().map_or_else(String::new, |place| {
            format!("file={},line={},", property(&place.file), place.line)
        });
        let (title, text) = (property(&annotation.title), data(&annotation.text));
        writeln!(out, "::{kind} {place}title={title}::{text}")?;
    }
    Ok(())
}

/// The message; the runner undoes it.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A value before the message.
fn property(text: &str) -> String {
    data(&line(text)).replace(':', "%3A").replace(',', "%2C")
}
