//! The incident, replayed with real Terraform and the real AWS provider: `tests/real/incident.py`, which says what each step has to give.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests may fail loudly"
)]

use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// What the script ends with where it cannot be run.
const CANNOT_BE_HAD: i32 = 77;

#[test]
#[ignore = "needs Python and packages from PyPI: cargo test --test real -- --ignored"]
fn the_incident_replayed() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/incident.py");
    let run = match Command::new("python3").arg("-u").arg(script).arg(env!("CARGO_BIN_EXE_applygate")).status() {
        Ok(status) => status,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: there is no python3");
            return;
        }
        Err(error) => panic!("python3 does not start: {error}"),
    };
    // It has said "skipped: ..." and why.
    if run.code() != Some(CANNOT_BE_HAD) {
        assert!(run.success(), "the replay ended with {run}");
    }
}
