//! Plans that OpenTofu has encrypted: the gate has the program show the very bytes that it applies, and asks it which state is there.
//! The stand-in shows what OpenTofu 1.12.6 showed; `tests/real` does the same with a real one.
use std::fs;
use std::process::Output;

use crate::apply::Dir;
use crate::common::root;

const ENCRYPTED: &str = "fixtures/opentofu/encrypted";

/// Shows the plan and the state that were made, as long as it gets the encrypted bytes.
const TOFU: &str = r#"#!/bin/sh
case $1 in -chdir=*) cd "${1#-chdir=}" || exit 1; shift ;; esac
echo "$*" >> calls
case $1 in
  show)
    for plan; do :; done
    [ -e no-key ] && { echo "Error: decryption failed" >&2; exit 1; }
    cmp -s "$plan" encrypted || { echo "Error: another file" >&2; exit 1; }
    cat shown.json; exit ;;
  state)
    [ -e state.json ] && cat state.json
    [ -e state.next ] && mv state.next state.json
    exit 0 ;;
  plan) out=${2#-out=}; cp encrypted "$out"; exit ;;
esac
for plan; do :; done
cp "$plan" applied
[ -e behave ] && . ./behave
echo "Apply complete!"
"#;

fn dir() -> Dir {
    let dir = Dir::bare();
    dir.program("bin/tofu", TOFU);
    let from = root().join(ENCRYPTED);
    for (name, to) in [
        ("plan.tfplan", "tfplan"),
        ("plan.tfplan", "encrypted"),
        ("plan.json", "shown.json"),
        ("state.json", "state.json"),
        ("main.tf", "main.tf"),
    ] {
        fs::copy(from.join(name), dir.path(to)).expect("a fixture");
    }
    dir
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[track_caller]
fn applied(dir: &Dir) {
    assert_eq!(
        fs::read(dir.path("applied")).expect("it was run"),
        fs::read(dir.path("encrypted")).expect("a plan"),
        "exactly the bytes that were shown"
    );
    dir.clean();
}

#[test]
fn what_was_shown_is_applied() {
    let dir = dir();
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    let told = text(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    applied(&dir);
    assert!(
        told.contains("PASS · local terraform.tfstate · serial 1 · no pin"),
        "{told}"
    );
    assert!(
        told.contains("opentofu 1.12.6") && told.contains("the plan is encrypted"),
        "{told}"
    );
    assert!(!told.contains("CANARY"), "no value is shown: {told}");
    let calls = dir.read("calls");
    let words: Vec<&str> = calls
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        words,
        ["show", "state", "state", "apply", "state"],
        "{calls}"
    );
    let file = |word: &str| {
        let line = calls.lines().find(|line| line.starts_with(word));
        line.and_then(|line| line.rsplit(' ').next())
            .map(str::to_owned)
    };
    assert!(file("show").is_some_and(|path| path.starts_with("/proc/")));
    assert_eq!(file("show"), file("apply"), "one copy, shown and applied");
}

#[test]
fn a_plan_that_the_gate_makes() {
    let dir = dir();
    let output = dir.output(&["apply", "--yes", "--terraform", "tofu"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    applied(&dir);
}

#[test]
fn a_person_is_asked() {
    for (answer, exit) in [("yes\n", 0), ("no\n", 1)] {
        let dir = dir();
        let mut screen = dir.screen(&["apply", "tfplan"]);
        screen.answer(1, answer);
        assert_eq!(screen.end(), exit, "{}", screen.text());
        if exit == 0 {
            applied(&dir);
        } else {
            dir.untouched();
        }
    }
}

#[test]
fn without_the_key_nothing_is_run() {
    let dir = dir();
    fs::write(dir.path("no-key"), "").expect("written");
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output);
    assert!(
        told.contains("Error: decryption failed"),
        "the program's own words: {told}"
    );
    assert!(
        told.contains("tofu show -json cannot read the encrypted plan"),
        "{told}"
    );
    assert!(told.contains("nothing was run"), "{told}");
    dir.untouched();
}

#[test]
fn without_the_program_nothing_is_run() {
    let dir = dir();
    fs::remove_file(dir.path("bin/tofu")).expect("removed");
    let output = dir.output(&["apply", "--yes", "--terraform", "tofu", "tfplan"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    dir.untouched();
}

/// What is shown has to be a plan that can be judged: half of one is not.
#[test]
fn half_a_plan_is_not_judged() {
    let dir = dir();
    let whole = fs::read(dir.path("shown.json")).expect("a plan");
    for half in [&whole[..whole.len() / 2], b"", b"{}", b"Error"] {
        fs::write(dir.path("shown.json"), half).expect("written");
        let output = dir.output(&["apply", "--yes=warn", "tfplan"]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        dir.untouched();
    }
}

#[test]
fn the_state_is_held_against_the_pin() {
    let dir = dir();
    let output = dir.output(&["pin", "tfplan"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(
        text(&output).contains("serial 1, 4 objects"),
        "{}",
        text(&output)
    );
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    assert!(
        text(&output).contains("serial 1 = pin"),
        "{}",
        text(&output)
    );
    assert_eq!(output.status.code(), Some(0));
    fs::remove_file(dir.path("applied")).expect("it was run");
    // The pin and the memory know serial 1; an older, another or no state lies there now.
    let state = dir.read("state.json");
    for (now, rule) in [
        (
            state.replace("\"serial\":1", "\"serial\":0"),
            "state-rolled-back",
        ),
        (
            state
                .replace("67db53d0-", "00000000-")
                .replace("\"id\":\"", "\"id\":\"0"),
            "state-swapped",
        ),
        (String::new(), "state-missing"),
    ] {
        fs::write(dir.path("state.json"), now).expect("written");
        let output = dir.output(&["apply", "--yes=warn", "tfplan"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains(rule), "{rule}: {}", text(&output));
        dir.untouched();
    }
}

/// Between the report and the apply somebody else may apply: the plan is for the state that was compared.
#[test]
fn a_state_that_changes_meanwhile() {
    let dir = dir();
    let next = dir
        .read("state.json")
        .replace("\"serial\":1", "\"serial\":2");
    fs::write(dir.path("state.next"), next).expect("written");
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        text(&output).contains("the plan is out of date"),
        "{}",
        text(&output)
    );
    dir.untouched();
}

#[test]
fn check_and_pin_say_what_to_type() {
    let dir = dir();
    fs::remove_file(dir.path("bin/tofu")).expect("removed");
    let output = dir.output(&["check", "tfplan"]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output);
    assert!(told.contains("OpenTofu has encrypted"), "{told}");
    assert!(
        told.contains("tofu show -json tfplan | applygate check -"),
        "{told}"
    );
    let output = dir.output(&["pin", "--terraform", "bin/none", "tfplan"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output).contains("applygate pin --terraform"),
        "{}",
        text(&output)
    );
    assert!(!dir.path("applygate.pin.toml").exists());
}
