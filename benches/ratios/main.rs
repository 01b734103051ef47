//! How fast the tool is, as ratios of whole processes that run in turn on one machine: absolute times say more about the machine.
//!
//! - `cargo bench` measures and prints everything;
//! - `cargo bench --bench ratios -- generate 20000 10` prints a plan of 20,000 changes of which one in ten does something.
//!
//! The yardstick is this program itself, reading the file and walking it with `serde_json` into nothing at all (`IgnoredAny`).
#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a program that prints what it measures"
)]

mod generate;

use std::error::Error;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use generate::Options;

const TOOL: &str = env!("CARGO_BIN_EXE_applygate");
const ROUTINE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/incident/3-routine-change/plan.json"
);
const DIR: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/ratios");

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    match words
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => measure(),
        ["generate", changes, live] => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            generate::write(
                Options {
                    changes: changes.parse()?,
                    live: live.parse()?,
                },
                &mut out,
            )?;
            Ok(out.flush()?)
        }
        ["ignored-any", path] => {
            serde_json::from_slice::<serde::de::IgnoredAny>(&std::fs::read(path)?)?;
            Ok(())
        }
        _ => Err("usage: ratios [generate CHANGES LIVE_PERCENT | ignored-any FILE]".into()),
    }
}

fn measure() -> Result<()> {
    std::fs::create_dir_all(DIR)?;
    println!(
        "{:<28}{:>9}{:>10}{:>22}{:>8}{:>14}",
        "plan", "MB", "ms", "x IgnoredAny (limit)", "MB/s", "memory/file"
    );
    for (changes, runs) in [(1_000, 41), (20_000, 15), (200_000, 5)] {
        for (live, limit) in [(10, 1.5), (100, 3.0)] {
            let path = plan(Options { changes, live })?;
            let bytes = std::fs::metadata(&path)?.len() as f64;
            let (tool, ratio) = compare(&|| check(&path), &|| yardstick(&path), runs)?;
            let memory = peak_memory(&check(&path)).map_or_else(
                || "not measured".to_owned(),
                |peak| format!("{:.2}", peak / bytes),
            );
            let name = format!("{changes} changes, {live} % live");
            let (mb, ms) = (bytes / 1e6, tool.as_secs_f64() * 1e3);
            println!(
                "{name:<28}{mb:>9.1}{ms:>10.1}{:>22}{:>8.0}{memory:>14}",
                format!("{ratio:.2} ({limit})"),
                mb * 1e3 / ms
            );
        }
    }
    let tiny = Path::new(DIR).join("tiny.json");
    std::fs::write(
        &tiny,
        r#"{"format_version":"1.2","resource_changes":[],"planned_values":{}}"#,
    )?;
    for (name, path) in [
        ("a tiny plan", tiny.as_path()),
        ("33 changes, as fixtures have", Path::new(ROUTINE)),
    ] {
        let (tool, _) = compare(&|| check(path), &|| Command::new("true"), 101)?;
        let (nothing, _) = compare(&|| Command::new("true"), &|| check(path), 101)?;
        println!(
            "start-up, {name}: {:.1} ms more than `true`",
            (tool.as_secs_f64() - nothing.as_secs_f64()) * 1e3
        );
    }
    many_plans()
}

/// Plans of one run.
const MANY: u64 = 500;

/// Many small plans in a directory: on all cores, against the same on one.
fn many_plans() -> Result<()> {
    let dir = Path::new(DIR).join("many");
    std::fs::create_dir_all(&dir)?;
    let from = plan(Options {
        changes: 100,
        live: 10,
    })?;
    for number in 0..MANY {
        std::fs::copy(&from, dir.join(format!("{number:03}.json")))?;
    }
    let pinned = || {
        let mut command = Command::new("taskset");
        command.args(["-c", "0", TOOL, "check"]).arg(&dir);
        command
    };
    if Command::new("taskset").arg("--version").output().is_err() {
        println!("{MANY} plans: not measured, there is no taskset");
        return Ok(());
    }
    let cores = std::thread::available_parallelism()?;
    let (all, ratio) = compare(&|| check(&dir), &pinned, 7)?;
    println!(
        "{MANY} plans of 100 changes: {:.0} ms on {cores} cores, {:.2} x as fast as on one",
        all.as_secs_f64() * 1e3,
        1.0 / ratio
    );
    Ok(())
}

/// Makes a plan.
fn plan(options: Options) -> Result<PathBuf> {
    let path = Path::new(DIR).join(format!("{}-{}.json", options.changes, options.live));
    let mut out = BufWriter::new(std::fs::File::create(&path)?);
    generate::write(options, &mut out)?;
    out.flush()?;
    Ok(path)
}

fn check(path: &Path) -> Command {
    let mut command = Command::new(TOOL);
    command.arg("check").arg(path);
    command
}

fn yardstick(path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap_or_default());
    command.arg("ignored-any").arg(path);
    command
}

/// Runs two commands in turn. Gives the median time of the first, and the median of the ratios pair by pair, which a noisy machine disturbs least.
fn compare(
    one: &dyn Fn() -> Command,
    other: &dyn Fn() -> Command,
    runs: usize,
) -> Result<(Duration, f64)> {
    let mut times = Vec::with_capacity(runs);
    let mut ratios = Vec::with_capacity(runs);
    for run in 0..=runs {
        let (a, b) = (time(one())?, time(other())?);
        // The first pair only warms up.
        if run > 0 {
            times.push(a);
            ratios.push(a.as_secs_f64() / b.as_secs_f64());
        }
    }
    times.sort();
    ratios.sort_by(f64::total_cmp);
    Ok((times[runs / 2], ratios[runs / 2]))
}

fn time(mut command: Command) -> Result<Duration> {
    let start = Instant::now();
    let status = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let time = start.elapsed();
    // 1 is a blocked plan.
    if matches!(status.code(), Some(0 | 1)) {
        Ok(time)
    } else {
        Err(format!("{command:?} ended with {status}").into())
    }
}

/// The peak of the resident memory in bytes, where GNU time is there to tell it.
fn peak_memory(command: &Command) -> Option<f64> {
    let mut timed = Command::new("/usr/bin/time");
    timed
        .args(["-f", "%M"])
        .arg(command.get_program())
        .args(command.get_args());
    let output = timed.stdout(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stderr).ok()?;
    text.lines()
        .last()?
        .trim()
        .parse::<f64>()
        .ok()
        .map(|kilobytes| kilobytes * 1024.0)
}
