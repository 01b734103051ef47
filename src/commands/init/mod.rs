//! `applygate init`: writes the first policy file of a directory, and never over one that is there.

mod found;
mod stacks;
mod template;

use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use self::found::Found;
use self::template::policy_for;
use crate::cli::InitArgs;
use crate::cli::environment::Environment;
use crate::os::atomic;
use crate::policy::{POLICY_FILE, Start, discover};
use crate::ui::escape::line;
use crate::ui::exit::Exit;
use crate::ui::problem::Problem;
use crate::ui::streams::Streams;

/// Names of one kind that are told.
const TOLD: usize = 5;

/// Runs the command.
///
/// # Errors
/// When nothing can be written; and those of the streams.
pub(crate) fn init(
    args: &InitArgs,
    environment: &Environment,
    streams: &mut Streams<'_>,
) -> Result<Exit, Problem> {
    let dir = args.dir.as_deref().unwrap_or(Path::new("."));
    let found = Found::below(dir);
    let text = policy_for(&found, TimeZone::UTC.to_datetime(environment.now).date());
    // Without a repository nothing further up is looked at.
    let reaches = found.stacks.is_empty() || is_in_a_repository(dir);
    let done = look(dir).and_then(|above| {
        if args.stdout {
            Ok(None)
        } else {
            write(dir, &text).map(|path| Some((path, above)))
        }
    });
    match done? {
        None => streams.out.write_all(text.as_bytes())?,
        Some((path, above)) => {
            writeln!(streams.out, "wrote {}", line(&path.display().to_string()))?;
            for (at, found) in words(&found).iter().enumerate() {
                let label = if at == 0 { "found" } else { "" };
                writeln!(streams.out, "{label:<10}{}", line(found))?;
            }
            if let Some(above) = above {
                writeln!(
                    streams.out,
                    "note      {} no longer applies here: only the nearest file does",
                    line(&above)
                )?;
            }
            if !reaches {
                writeln!(
                    streams.out,
                    "note      this is no Git repository: the file holds only for plans of this directory itself, elsewhere name it: --config FILE"
                )?;
            }
            let file = if args.dir.is_some() {
                format!(" {}", path.display())
            } else {
                String::new()
            };
            writeln!(
                streams.out,
                "next      read it, correct it, then: applygate config check{}",
                line(&file)
            )?;
        }
    }
    Ok(Exit::Through)
}

/// The policy file further up that holds until now.
fn look(dir: &Path) -> Result<Option<String>, Problem> {
    let failed = |error: io::Error| {
        Problem::new(
            format!("{} cannot be looked into: {}", dir.display(), error.kind()),
            "name the directory of the configuration with --dir",
        )
    };
    if !dir.canonicalize().map_err(failed)?.is_dir() {
        return Err(failed(io::ErrorKind::NotADirectory.into()));
    }
    let start = Start::at(dir).map_err(failed)?;
    let above = start
        .directory
        .rsplit_once('/')
        .map_or("", |(above, _)| above);
    // One that is broken holds as well: with it nothing is let through.
    let name = discover(&start.tree(), above).map_or_else(
        |mistakes| Some(mistakes.file),
        |found| found.map(|found| found.name),
    );
    Ok(name.filter(|_| !start.directory.is_empty()))
}

/// Writes beside and puts it in place whole, unless something is there.
fn write(dir: &Path, text: &str) -> Result<PathBuf, Problem> {
    let path = if dir == Path::new(".") {
        PathBuf::from(POLICY_FILE)
    } else {
        dir.join(POLICY_FILE)
    };
    let there = || {
        Problem::new(
            format!("{} exists already, and was not changed", path.display()),
            "applygate init --stdout prints what would be written",
        )
    };
    let failed = |error: io::Error| {
        Problem::new(
            format!("{} cannot be written: {}", path.display(), error.kind()),
            "applygate init --stdout prints it instead",
        )
    };
    match atomic::create(&path, text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(there()),
        other => other.map_err(failed)?,
    }
    Ok(path)
}

/// Whether a policy that lies here holds further down.
fn is_in_a_repository(dir: &Path) -> bool {
    Start::at(dir).is_ok_and(|start| start.root.join(".git").symlink_metadata().is_ok())
}

/// What was found: the stacks, where there are several, and what they have.
fn words(found: &Found) -> Vec<String> {
    let shown = |names: &[String]| {
        let more = if names.len() > TOLD {
            format!(" and {} more", names.len() - TOLD)
        } else {
            String::new()
        };
        let shown: Vec<&str> = names.iter().take(TOLD).map(String::as_str).collect();
        format!("{}{more}", shown.join(", "))
    };
    let list = |one: &str, several: &str, names: &[String]| {
        let word = if names.len() == 1 { one } else { several };
        (!names.is_empty()).then(|| format!("{word} {}", shown(names)))
    };
    let stacks = (!found.stacks.is_empty()).then(|| {
        format!(
            "{} {}{}: {}",
            found.stacks.len(),
            if found.stacks.len() == 1 {
                "stack"
            } else {
                "stacks"
            },
            if found.all_stacks { "" } else { " at least" },
            shown(&found.stacks)
        )
    });
    let lists = [
        list("backend", "backends", &found.backends),
        list("workspace", "workspaces", &found.workspaces),
        list("account", "accounts", &found.accounts),
        list("region", "regions", &found.regions),
        list("provider", "providers", &found.providers),
    ];
    let parts: Vec<String> = lists.into_iter().flatten().collect();
    let what = if parts.is_empty() {
        "nothing: the file has examples instead".to_owned()
    } else {
        parts.join(" · ")
    };
    stacks.into_iter().chain([what]).collect()
}
