//! `applygate pin`: writes which state a directory is meant for into its pin file.

use std::path::Path;

use crate::cli::PinArgs;
use crate::commands::inputs::Job;
use crate::os::atomic;
use crate::plan::Document;
use crate::plan::saved::is_saved;
use crate::state::{Identity, PIN_FILE, Pin, remember};
use crate::ui::escape::line;
use crate::ui::exit::Exit;
use crate::ui::problem::Problem;
use crate::ui::refusal::{Refusal, Why};
use crate::ui::streams::Streams;
use crate::ui::words::plural;

/// Runs the command.
///
/// # Errors
/// When the plan cannot be pinned; and those of the streams.
pub(crate) fn pin(args: &PinArgs, streams: &mut Streams<'_>) -> Result<Exit, Problem> {
    let told = record(args).map_err(|refusal| refusal.about(args.plan.display()))?;
    writeln!(streams.out, "{told}")?;
    Ok(Exit::Through)
}

fn record(args: &PinArgs) -> Result<String, Refusal> {
    let dir = args.dir.as_deref().unwrap_or(Path::new("."));
    let path = dir.join(PIN_FILE);
    let job = if args.plan.as_os_str() == "-" {
        Job::Stdin
    } else {
        Job::File(args.plan.clone())
    };
    let bytes = job.read()?;
    if !is_saved(&bytes) {
        return Err(Refusal::new(Why::NothingToPin).with("only a saved plan file does"));
    }
    let document = Document::open(&bytes)?;
    let found = document.plans()?;
    let mut pin = match Pin::read(&path)? {
        Some(pin) => pin,
        None => Pin::new()?,
    };
    let identity = found
        .plans
        .first()
        .map(|plan| Identity::of(plan, &pin.salt))
        .transpose()
        .map_err(|error| Refusal::new(Why::Unreadable).with(error.to_string()))?
        .flatten()
        .ok_or_else(|| Refusal::new(Why::NothingToPin))?;
    if identity.place.kind.is_empty() {
        return Err(Refusal::new(Why::NothingToPin).with("it names no backend"));
    }
    if identity.objects == 0 && !args.new {
        return Err(Refusal::new(Why::PinOfNothing));
    }
    if identity.objects > 0 && args.new {
        return Err(Refusal::new(Why::NotNew)
            .with(format!("it holds {}", plural(identity.objects, "object"))));
    }
    pin.record(&identity, args.new);
    write(&path, &pin.render()?)?;
    // Only a memory beside Terraform's own files; the pin file is what counts.
    let _ = remember(dir, &identity);
    Ok(format!(
        "pinned workspace {} in {}: {}\ncommit this file",
        line(&identity.workspace),
        line(&path.display().to_string()),
        if args.new {
            "the state starts empty".to_owned()
        } else {
            format!(
                "serial {}, {}, {} with data",
                identity.serial,
                plural(identity.objects, "object"),
                identity.data.len()
            )
        }
    ))
}

/// Writes a pin file.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Refusal> {
    atomic::replace(path, text.as_bytes()).map_err(|error| {
        Refusal::new(Why::Io).with(format!("{PIN_FILE} cannot be written: {}", error.kind()))
    })
}
