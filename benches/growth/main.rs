//! How the time grows with the input, where two things meet that both can be many: doubling by doubling. Twice the input may take twice the time (and what
//! starting takes, at the smaller end), and not four times.
//!
//! `cargo bench --bench growth` prints a row for each case and ends with 1 if one grows faster than the limit.
#![allow(
    clippy::print_stdout,
    missing_docs,
    reason = "a program that prints what it measures"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const TOOL: &str = env!("CARGO_BIN_EXE_applygate");
const DIR: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/growth");

/// The most that the last doubling may take: what is quadratic takes four times as long.
const LIMIT: f64 = 3.0;

/// How often the input is doubled.
const DOUBLINGS: u32 = 4;

/// Runs whose fastest counts.
const RUNS: usize = 3;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What is written for a size.
#[derive(Default)]
struct Input {
    plan: String,
    policy: String,
    pin: Option<String>,
    args: Vec<String>,
}

/// A bad case: its name, its size at the start, and what is written for a size.
struct Case {
    name: &'static str,
    start: usize,
    input: fn(usize) -> Input,
}

/// How many findings there are for each waiver: of those there are at most a thousand.
const EACH: usize = 20;

const CASES: &[Case] = &[
    Case {
        name: "backups x stores of one name",
        start: 1_250,
        input: |size| Input {
            plan: backups(size),
            ..Input::default()
        },
    },
    Case {
        name: "findings x waivers by name",
        start: 62,
        input: |size| Input {
            plan: destroyed(size * EACH),
            policy: waivers(size, "aws_dynamodb_table.t{}"),
            ..Input::default()
        },
    },
    Case {
        name: "findings x waivers by key",
        start: 62,
        input: |size| Input {
            plan: keyed(size * EACH),
            policy: waivers(size, "aws_dynamodb_table.t[\"k{}\"]"),
            ..Input::default()
        },
    },
    Case {
        name: "changes x --expect",
        start: 125,
        input: |size| Input {
            plan: destroyed(size * EACH),
            args: (0..size)
                .map(|at| format!("--expect=aws_dynamodb_table.t{at}"))
                .collect(),
            ..Input::default()
        },
    },
    Case {
        name: "a pattern of stars x a name",
        start: 100_000,
        input: |size| Input {
            plan: long_name(size),
            policy: waivers(1, &format!("aws_dynamodb_table.{}b", "*a".repeat(450))),
            ..Input::default()
        },
    },
    Case {
        name: "patterns of a pin file",
        start: 16,
        input: |size| Input {
            plan: destroyed(1),
            pin: Some(pins(size)),
            ..Input::default()
        },
    },
    Case {
        name: "lifecycle rules x buckets",
        start: 500,
        input: |size| Input {
            plan: lifecycles(size),
            ..Input::default()
        },
    },
    Case {
        name: "renamed blocks",
        start: 1_000,
        input: |size| Input {
            plan: renamed(size),
            ..Input::default()
        },
    },
    Case {
        name: "shifted indexes",
        start: 1_000,
        input: |size| Input {
            plan: shifted(size),
            ..Input::default()
        },
    },
];

/// The day that counts: a waiver may not end long after it.
const NOW: &str = "2026-11-01T00:00:00Z";

fn main() -> Result<ExitCode> {
    std::fs::create_dir_all(DIR)?;
    let mut code = ExitCode::SUCCESS;
    println!(
        "{:<32}{:>8}  ms, doubling by doubling, and how often the one before",
        "case", "start"
    );
    for case in CASES {
        let mut row = format!("{:<32}{:>8}", case.name, case.start);
        let (mut before, mut factor) = (None::<Duration>, 0.0);
        for doubling in 0..=DOUBLINGS {
            let time = measure(case, case.start << doubling)?;
            write!(row, "{:>9.0}", time.as_secs_f64() * 1e3)?;
            if let Some(before) = before {
                factor = time.as_secs_f64() / before.as_secs_f64();
                write!(row, " ({factor:.1}x)")?;
            }
            before = Some(time);
        }
        if factor > LIMIT {
            row.push_str("  GROWS TOO FAST");
            code = ExitCode::FAILURE;
        }
        println!("{row}");
    }
    Ok(code)
}

fn measure(case: &Case, size: usize) -> Result<Duration> {
    let dir = Path::new(DIR);
    let write = |name: &str, text: &str| -> Result<PathBuf> {
        let path = dir.join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    };
    let input = (case.input)(size);
    let plan = write("plan.json", &input.plan)?;
    let policy = write("policy.toml", &input.policy)?;
    let pin = dir.join("applygate.pin.toml");
    match &input.pin {
        Some(text) => std::fs::write(pin, text)?,
        None if pin.exists() => std::fs::remove_file(pin)?,
        None => {}
    }
    let mut fastest = None::<Duration>;
    for _ in 0..RUNS {
        let start = Instant::now();
        let output = Command::new(TOOL)
            .args(["check", "--now", NOW, "--dir", DIR, "--config"])
            .arg(&policy)
            .args(&input.args)
            .arg(&plan)
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
    fastest.ok_or_else(|| "nothing was run".into())
}

fn plan(changes: impl Iterator<Item = String>) -> String {
    format!(
        r#"{{"format_version":"1.2","planned_values":{{}},"resource_changes":[{}]}}"#,
        changes.collect::<Vec<_>>().join(",")
    )
}

/// A change of `KIND.NAME` with an index, if there is one.
fn change(kind: &str, name: &str, index: Option<&str>, action: &str, value: &str) -> String {
    let (key, index) = index.map_or_else(Default::default, |index| {
        (
            format!("[{}]", index.replace('"', "\\\"")),
            format!("\"index\":{index},"),
        )
    });
    let (before, after) = match action {
        "create" => ("null", value),
        "delete" => (value, "null"),
        _ => (value, value),
    };
    format!(
        r#"{{"address":"{kind}.{name}{key}","mode":"managed","type":"{kind}","name":"{name}",{index}"change":{{"actions":["{action}"],"before":{before},"after":{after}}}}}"#
    )
}

fn backups(size: usize) -> String {
    let store = r#"{"id":"same","identifier":"same","name":"same"}"#;
    let backup = r#"{"id":"s","db_instance_identifier":"same"}"#;
    plan((0..size).flat_map(|at| {
        [
            change("aws_db_snapshot", &format!("s{at}"), None, "delete", backup),
            change("aws_db_instance", &format!("d{at}"), None, "no-op", store),
        ]
    }))
}

const TABLE: &str = r#"{"id":"x","name":"x"}"#;

fn destroyed(size: usize) -> String {
    plan((0..size).map(|at| {
        change(
            "aws_dynamodb_table",
            &format!("t{at}"),
            None,
            "delete",
            TABLE,
        )
    }))
}

fn keyed(size: usize) -> String {
    plan((0..size).map(|at| {
        let index = format!("\"k{at}\"");
        change("aws_dynamodb_table", "t", Some(&index), "delete", TABLE)
    }))
}

fn long_name(size: usize) -> String {
    let name = "a".repeat(size);
    plan(std::iter::once(change(
        "aws_dynamodb_table",
        &name,
        None,
        "delete",
        TABLE,
    )))
}

fn lifecycles(size: usize) -> String {
    let kind = "aws_s3_bucket_lifecycle_configuration";
    plan((0..size).flat_map(|at| {
        let rules = |days| {
            format!(
                r#"{{"bucket":"b{at}","rule":[{{"status":"Enabled","filter":[],"expiration":[{{"days":{days}}}]}}]}}"#
            )
        };
        let (before, after) = (rules(900), rules(30));
        let bucket = format!(r#"{{"id":"b{at}","bucket":"b{at}"}}"#);
        [
            change("aws_s3_bucket", &format!("b{at}"), None, "no-op", &bucket),
            format!(
                r#"{{"address":"{kind}.l{at}","mode":"managed","type":"{kind}","name":"l{at}","change":{{"actions":["update"],"before":{before},"after":{after}}}}}"#
            ),
        ]
    }))
}

fn renamed(size: usize) -> String {
    plan((0..size).flat_map(|at| {
        let value = format!(r#"{{"id":"x{at}","name":"x{at}"}}"#);
        let kind = "aws_dynamodb_table";
        [
            change(kind, &format!("old{at}"), None, "delete", &value),
            change(kind, &format!("new{at}"), None, "create", &value),
        ]
    }))
}

fn shifted(size: usize) -> String {
    plan((0..size).map(|at| {
        let index = at.to_string();
        let value = format!(r#"{{"id":"x{at}","name":"x{at}"}}"#);
        let action = if at + 1 == size { "delete" } else { "update" };
        change("aws_dynamodb_table", "t", Some(&index), action, &value)
    }))
}

fn waivers(size: usize, address: &str) -> String {
    (0..size)
        .map(|at| {
            let address = address.replace("{}", &at.to_string());
            format!(
                "[[waiver]]\nrules = [\"stateful-destroy\"]\naddress = '{address}'\nreason = \"measured\"\nexpires = 2026-12-01\n"
            )
        })
        .collect()
}

fn pins(size: usize) -> String {
    let states = (0..size).map(|at| {
        let pattern = "?".repeat(240);
        format!("[[state]]\nworkspace = \"{pattern}-{at}\"\nbackend = \"local\"\n")
    });
    format!("version = 1\nsalt = \"00\"\n{}", states.collect::<String>())
}
