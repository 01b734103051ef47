//! Logging commands of Azure Pipelines (learn.microsoft.com, "Logging commands").

use std::io::{self, Write};

use super::Report;
use super::annotations::{self, Kind};
use crate::ui::escape::line;

/// Writes the commands.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for annotation in annotations::of(report) {
        // It knows two kinds.
        let kind = match annotation.kind {
            Kind::Error => "error",
            Kind::Warning | Kind::Notice => "warning",
        };
        let place = annotation.place.as_ref().map_or_else(String::new, |place| {
            format!(
                "sourcepath={};linenumber={};",
                property(&place.file),
                place.line
            )
        });
        let text = data(&format!("{}\n{}", annotation.title, annotation.text));
        writeln!(
            out,
            "##vso[task.logissue type={kind};{place}code={};]{text}",
            property(annotation.code)
        )?;
    }
    Ok(())
}

/// The message; the agent undoes it.
fn data(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A value before the message.
fn property(text: &str) -> String {
    data(&line(text)).replace(';', "%3B").replace(']', "%5D")
}
