//! How the time grows with the input, where two things meet that both can be many: doubling by doubling. Twice the input may take twice the time (and what
//! starting takes, at the smaller end), and not four times. Most end with a plan of about 16 MB.
//!
//! `cargo bench --bench growth` prints a row for each case and ends with 1 if one grows faster than the limit; words after `--` choose cases by name, and
//! `APPLYGATE=PATH` measures another binary than the one that was built with it.
#![allow(
    clippy::print_stdout,
    missing_docs,
    reason = "a program that prints what it measures"
)]

mod cases;
#[path = "../../tests/suite/forge.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod forge;

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use cases::{CASES, Case};

const TOOL: &str = env!("CARGO_BIN_EXE_applygate");
const DIR: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/growth");

/// The most that the last doubling may take: what is quadratic takes four times as long.
const LIMIT: f64 = 3.0;

/// How often the input is doubled.
const DOUBLINGS: u32 = 4;

/// Runs whose fastest counts.
const RUNS: usize = 3;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The day that counts: a waiver may not end long after it.
const NOW: &str = "2026-11-01T00:00:00Z";

fn main() -> Result<ExitCode> {
    std::fs::create_dir_all(DIR)?;
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let mut code = ExitCode::SUCCESS;
    println!(
        "{:<36}{:>8}  ms, doubling by doubling, and how often the one before",
        "case", "start"
    );
    for case in CASES {
        if !wanted.is_empty() && !wanted.iter().any(|word| case.name.contains(word.as_str())) {
            continue;
        }
        let mut row = format!("{:<36}{:>8}", case.name, case.start);
        let (mut before, mut factor, mut size) = (None::<Duration>, 0.0, 0);
        for doubling in 0..=DOUBLINGS {
            let time;
            (time, size) = measure(case, case.start << doubling)?;
            write!(row, "{:>9.0}", time.as_secs_f64() * 1e3)?;
            if let Some(before) = before {
                factor = time.as_secs_f64() / before.as_secs_f64();
                write!(row, " ({factor:.1}x)")?;
            }
            before = Some(time);
        }
        write!(row, "  {:.1} MB", size as f64 / 1e6)?;
        if factor > LIMIT {
            row.push_str("  GROWS TOO FAST");
            code = ExitCode::FAILURE;
        }
        println!("{row}");
    }
    Ok(code)
}

/// The fastest of some runs, and the bytes that were judged.
fn measure(case: &Case, size: usize) -> Result<(Duration, usize)> {
    let dir = Path::new(DIR);
    // Nothing of the case before may be left.
    std::fs::remove_dir_all(dir)?;
    std::fs::create_dir_all(dir)?;
    let input = (case.input)(size);
    for (name, text) in &input.files {
        std::fs::write(dir.join(name), text)?;
    }
    if !input.files.is_empty() {
        git(&["init", "-q", "-b", "main"])?;
        git(&["add", "."])?;
        git(&["commit", "-q", "-m", "before"])?;
    }
    for (name, text) in &input.then {
        std::fs::write(dir.join(name), text)?;
    }
    let bytes = if input.plan.is_empty() {
        input.then.iter().map(|(_, text)| text.len()).sum()
    } else {
        input.plan.len()
    };
    let mut command = input.command.clone();
    if command.is_empty() {
        command.extend(["check", "--now", NOW, "--dir", DIR].map(str::to_owned));
        std::fs::write(dir.join("plan"), &input.plan)?;
        if let Some(pin) = &input.pin {
            std::fs::write(dir.join("applygate.pin.toml"), pin)?;
        }
    }
    std::fs::write(dir.join("policy.toml"), &input.policy)?;
    command.extend(["--config", "policy.toml"].map(str::to_owned));
    command.extend(input.args);
    if !input.plan.is_empty() {
        command.push("plan".to_owned());
    }
    let mut fastest = None::<Duration>;
    for _ in 0..RUNS {
        let start = Instant::now();
        let output = Command::new(std::env::var_os("APPLYGATE").unwrap_or_else(|| TOOL.into()))
            .args(&command)
            .current_dir(dir)
            .stdout(Stdio::null())
            .output()?;
        let time = start.elapsed();
        // 1 is a blocked plan.
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(format!(
                "{} at {size}: {}",
                case.name,
                String::from_utf8_lossy(&output.stderr)
            )
            .into());
        }
        fastest = Some(fastest.map_or(time, |there| there.min(time)));
    }
    Ok((fastest.ok_or("nothing was run")?, bytes))
}

fn git(words: &[&str]) -> Result<()> {
    let output = Command::new("git")
        .args(["-c", "user.name=x", "-c", "user.email=x@example.com"])
        .args(words)
        .current_dir(DIR)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
}
