//! With real Terraform: the incident, replayed with the AWS provider (`tests/real/incident.py`), every answer at the gate (`tests/real/gate.py`),
//! and one plan from every directory (`tests/real/places.py`);
//! with real OpenTofu, where there is one, the incident with plans in clear and encrypted (`tests/real/opentofu.py`).
//! The scripts say what each step has to give.
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

/// What a script ends with where it cannot be run.
const CANNOT_BE_HAD: i32 = 77;

/// One at a time: the first installs what both need.
static ONE: Mutex<()> = Mutex::new(());

fn script(name: &str) {
    let _one = ONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/real")
        .join(name);
    let run = match Command::new("python3")
        .arg("-u")
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_applygate"))
        .status()
    {
        Ok(status) => status,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: there is no python3");
            return;
        }
        Err(error) => panic!("python3 does not start: {error}"),
    };
    // It has said "skipped: ..." and why.
    if run.code() != Some(CANNOT_BE_HAD) {
        assert!(run.success(), "{name} ended with {run}");
    }
}

#[test]
#[ignore = "needs Python and packages from PyPI: cargo test --test suite real:: -- --ignored"]
fn the_incident_replayed() {
    script("incident.py");
}

#[test]
#[ignore = "needs Python and packages from PyPI: cargo test --test suite real:: -- --ignored"]
fn every_answer_at_the_gate() {
    script("gate.py");
}

#[test]
#[ignore = "needs Python and packages from PyPI: cargo test --test suite real:: -- --ignored"]
fn every_plan_has_its_place() {
    script("places.py");
}

#[test]
#[ignore = "needs Python and tofu on the PATH: cargo test --test suite real:: -- --ignored"]
fn the_incident_with_opentofu() {
    script("opentofu.py");
}
