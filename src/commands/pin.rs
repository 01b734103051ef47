//! `applygate pin`: writes which state a directory is meant for into its pin file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::catalog::RowError;
use crate::cli::PinArgs;
use crate::cli::environment::Environment;
use crate::commands::inputs::Job;
use crate::commands::program::{self, Named, Unanswered, is_encrypted};
use crate::commands::wrong_file;
use crate::os::atomic;
use crate::plan::saved::is_saved;
use crate::plan::{Document, Plan, Writer};
use crate::state::place::{self, PlanFile};
use crate::state::{Home, Identity, Pin, PinnedState, Where, highest_serial, remember};
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
pub(crate) fn pin(
    args: &PinArgs,
    environment: &Environment,
    streams: &mut Streams<'_>,
) -> Result<Exit, Problem> {
    let told = record(args, environment)?;
    writeln!(streams.out, "{told}")?;
    Ok(Exit::Through)
}

fn record(args: &PinArgs, environment: &Environment) -> Result<String, Problem> {
    let about = |refusal: Refusal| match refusal.why {
        Why::Missing | Why::Mistaken(_) => {
            let help = refusal
                .why
                .help()
                .replace("applygate check", "applygate pin");
            Problem::new(refusal.to_string(), help).about(args.plan.display())
        }
        _ => refusal.about(args.plan.display()),
    };
    let job = if args.plan.as_os_str() == "-" {
        Job::Stdin
    } else {
        Job::File(args.plan.clone())
    };
    let bytes = job.read().map_err(about)?;
    if !is_saved(&bytes) {
        if is_encrypted(&bytes) {
            return encrypted(args, environment);
        }
        let no_plan = Document::open(&bytes).and_then(|document| document.plans().map(drop));
        let named = no_plan.map_err(|refusal| wrong_file::named(refusal, &bytes, job.path()));
        return Err(about(match named {
            Err(refusal) if matches!(refusal.why, Why::Mistaken(_)) => refusal,
            _ => Refusal::new(Why::NothingToPin).with("only a saved plan file has it"),
        }));
    }
    let document = Document::open(&bytes).map_err(about)?;
    let found = document.plans().map_err(about)?;
    let dir = match (&args.dir, found.plans.first()) {
        (Some(dir), _) => dir.clone(),
        (None, Some(plan)) => of_plan(plan, &job),
        (None, None) => PathBuf::from("."),
    };
    let of = |salt: &str| {
        let plan = found.plans.first();
        plan.map_or(Ok(None), |plan| Identity::of(plan, salt))
    };
    record_in(&dir, args, of).map_err(about)
}

/// An encrypted plan does not say which state it is for: what is pinned is the state that is there, as the program says.
fn encrypted(args: &PinArgs, environment: &Environment) -> Result<String, Problem> {
    let variable = environment.terraform.as_ref().map(Path::new);
    let named = match (args.terraform.as_deref(), variable) {
        (Some(path), _) => Some((path, Named::Flag)),
        (None, variable) => variable.map(|path| (path, Named::Variable)),
    };
    let program = program::locate(named, Writer::OpenTofu).map_err(|problem| {
        let (what, _) = problem.words();
        let help = "the plan is encrypted, so OpenTofu has to say which state it is for: applygate pin --terraform /usr/local/bin/tofu PLAN";
        Problem::new(what, help)
    })?;
    let beside = args.plan.parent().filter(|dir| !dir.as_os_str().is_empty());
    let dir = match (&args.dir, beside) {
        (Some(dir), _) => dir.as_path(),
        (None, Some(dir)) if args.plan.as_os_str() != "-" => dir,
        _ => Path::new("."),
    };
    let mut chdir = OsString::from("-chdir=");
    chdir.push(dir);
    let pulled = match program::state_of(&program, dir, Some(&chdir), None) {
        Ok(pulled) => pulled,
        Err(Unanswered::Wrong(problem)) => return Err(problem),
        Err(Unanswered::Interrupted) => return Err(Problem::bare("interrupted")),
    };
    record_in(dir, args, |salt| {
        Identity::of_pulled(&pulled, salt).map(Some)
    })
    .map_err(|refusal| refusal.about(args.plan.display()))
}

fn record_in(
    dir: &Path,
    args: &PinArgs,
    identity: impl FnOnce(&str) -> Result<Option<Identity>, RowError>,
) -> Result<String, Refusal> {
    let path = Home::of(dir).pin();
    let mut pin = match Pin::read(&path)? {
        Some(pin) => pin,
        None => Pin::new()?,
    };
    let identity = identity(&pin.salt)
        .map_err(|error| Refusal::new(Why::Unreadable).with(error.to_string()))?
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
    let before = pin
        .states
        .iter()
        .find(|state| state.workspace == identity.workspace)
        .filter(|state| !state.empty && !state.is_pattern())
        .cloned();
    let seen = highest_serial(dir, &identity.lineage);
    let less = before
        .as_ref()
        .map(|before| goes_back(before, &identity))
        .unwrap_or_default()
        .or_else(|| {
            seen.filter(|seen| *seen > identity.serial).map(|seen| {
                format!(
                    "serial {seen} was seen here, but the plan has {}",
                    identity.serial
                )
            })
        });
    if let Some(less) = less.filter(|_| !args.replace && !args.new) {
        return Err(Refusal::new(Why::PinGoesBack).with(less));
    }
    pin.record(&identity, args.new);
    write(&path, &pin.render()?)?;
    // Only a memory beside Terraform's own files; the pin file is what counts.
    let _ = remember(dir, &identity);
    let changed = before
        .map(|before| changes(&before, &identity))
        .filter(|changes| !changes.is_empty())
        .map_or_else(String::new, |changes| {
            format!("\nchanged: {}", line(&changes.join(", ")))
        });
    Ok(format!(
        "pinned workspace {} in {}: {}{changed}\ncommit this file",
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

/// The directory that a plan is from, where `check` looks for the pin; the current one when it is not known.
fn of_plan(plan: &Plan<'_>, job: &Job) -> PathBuf {
    let origin = PlanFile {
        file: job.path(),
        instead: None,
    };
    match place::of(plan, &origin) {
        Where::Found { dir, .. } => dir,
        _ => PathBuf::from("."),
    }
}

/// In what a plan's state is less than the one that is pinned, or another one.
fn goes_back(pinned: &PinnedState, identity: &Identity) -> Option<String> {
    if pinned.lineage != identity.lineage {
        return Some("the pinned state has another lineage".to_owned());
    }
    if identity.serial < pinned.serial {
        return Some(format!("serial {} → {}", pinned.serial, identity.serial));
    }
    let gone = pinned
        .data
        .iter()
        .filter(|digest| !identity.data.contains_key(*digest))
        .count();
    (gone > 0).then(|| format!("pinned objects with data that are no longer in it: {gone}"))
}

/// What changes in the pin, old and new.
fn changes(pinned: &PinnedState, identity: &Identity) -> Vec<String> {
    let mut changes = Vec::new();
    if pinned.lineage != identity.lineage {
        changes.push("another lineage".to_owned());
    }
    for (what, old, new) in [
        ("serial", pinned.serial, identity.serial),
        ("objects", pinned.objects as u64, identity.objects as u64),
        (
            "with data",
            pinned.data.len() as u64,
            identity.data.len() as u64,
        ),
    ] {
        if old != new {
            changes.push(format!("{what} {old} → {new}"));
        }
    }
    changes
}

/// Writes a pin file.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Refusal> {
    atomic::replace(path, text.as_bytes()).map_err(|error| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Refusal::new(Why::Io).with(format!("{name} cannot be written: {}", error.kind()))
    })
}
