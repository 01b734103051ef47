//! The contract of the command line: exit codes, formats, what is let through, and what a closed pipe does.
use crate::common::{applygate, root};

const DESTROY: &str = "fixtures/incident/2-old-state-destroy/plan.json";
const CREATE: &str = "fixtures/incident/1-state-missing/plan.json";
const ROUTINE: &str = "fixtures/incident/3-routine-change/plan.json";
const WARN: &str = "fixtures/partial-plan/fires-target/plan.json";
const BROKEN: &str = "fixtures/odd/truncated.json";

fn code(args: &[&str]) -> Option<i32> {
    applygate()
        .arg("check")
        .args(args)
        .output()
        .expect("it runs")
        .status
        .code()
}

fn report(args: &[&str]) -> serde_json::Value {
    let output = applygate()
        .args(["check", "--format", "json"])
        .args(args)
        .output()
        .expect("it runs");
    serde_json::from_slice(&output.stdout).expect("a JSON report")
}

#[test]
fn exit_codes() {
    for format in ["human", "json"] {
        let with = |args: &[&str]| code(&[&["--format", format], args].concat());
        assert_eq!(with(&[ROUTINE]), Some(0));
        assert_eq!(with(&[WARN]), Some(0));
        assert_eq!(with(&[DESTROY]), Some(1));
        assert_eq!(with(&[CREATE]), Some(1));
        assert_eq!(with(&[BROKEN]), Some(2));
        assert_eq!(with(&[ROUTINE, BROKEN]), Some(2));
        assert_eq!(
            with(&[BROKEN, DESTROY]),
            Some(1),
            "blocked wins over could not judge"
        );
        assert_eq!(with(&["--exit-zero", DESTROY]), Some(0));
        assert_eq!(with(&["--exit-zero", BROKEN]), Some(2));
        assert_eq!(with(&["--block-at", "medium", WARN]), Some(1));
        assert_eq!(with(&["--no-such-flag", ROUTINE]), Some(2));
    }
}

#[test]
fn first_apply() {
    assert_eq!(code(&["--first-apply", CREATE]), Some(0));
    assert_eq!(
        code(&["--first-apply", DESTROY]),
        Some(2),
        "a state that holds something"
    );
    assert_eq!(code(&["--first-apply", ROUTINE]), Some(2));
}

/// Several plans in one file: what is wrong with one takes nothing from the others.
#[test]
fn a_refused_plan_leaves_the_others_judged() {
    let read = |plan: &str| std::fs::read_to_string(root().join(plan)).expect("a plan");
    let both = read("fixtures/create-everything/fires-four/plan.json") + &read(DESTROY);
    let output = applygate()
        .args(["check", "--format", "json", "--first-apply", "-"])
        .write_stdin(both)
        .output()
        .expect("it runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(
        (
            output.status.code(),
            report["plans"].as_array().map_or(0, Vec::len)
        ),
        (Some(2), 2)
    );
    assert_eq!(
        (
            &report["plans"][0]["verdict"],
            report["plans"][0]["refused"].is_null()
        ),
        (&serde_json::json!("pass"), true)
    );
    assert!(!report["plans"][1]["refused"].is_null());
}

/// What is broken after a plan of the same file neither hides that it blocks nor lets it through.
#[test]
fn a_broken_end_takes_nothing_away() {
    let read = |plan: &str| std::fs::read_to_string(root().join(plan)).expect("a plan");
    let broken = read(BROKEN);
    for (first, code) in [(DESTROY, 1), (ROUTINE, 2)] {
        for end in [broken.as_str(), "{}", "log\n{\"a\":1}"] {
            let output = applygate()
                .args(["check", "-"])
                .write_stdin(format!("{}\n{end}", read(first)))
                .output()
                .expect("it runs");
            assert_eq!(output.status.code(), Some(code), "{first} {end:.40}");
            assert!(
                String::from_utf8_lossy(&output.stderr).contains("what comes after it"),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

#[test]
fn one_wanted_thing_is_let_through_and_stays_visible() {
    let plan = "fixtures/stateful-destroy/fires-rds-replace/plan.json";
    let plan = if root().join(plan).exists() {
        plan
    } else {
        first_with_one_block()
    };
    let before = report(&[plan]);
    let finding = &before["plans"][0]["findings"][0];
    let allow = format!(
        "{}@{}",
        finding["rule"].as_str().expect("a rule"),
        finding["address"].as_str().expect("an address")
    );
    assert_eq!(code(&[plan]), Some(1));
    assert_eq!(code(&["--allow", &allow, plan]), Some(0), "{allow}");
    let after = report(&["--allow", &allow, plan]);
    assert_eq!(after["plans"][0]["findings"][0]["allowed"], true);
    assert_eq!(
        after["plans"][0]["findings"][0]["severity"], finding["severity"],
        "the finding itself is unchanged"
    );
    let output = applygate()
        .args(["check", "--allow", &allow, plan])
        .output()
        .expect("it runs");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 finding allowed by --allow"));
    assert_eq!(
        code(&["--allow", &format!("{allow}x"), plan]),
        Some(1),
        "another address"
    );
    assert_eq!(
        code(&["--allow", &allow, ROUTINE]),
        Some(2),
        "one that matches nothing is an error"
    );
    assert_eq!(code(&["--allow", "no-such-rule@*", ROUTINE]), Some(2));
    assert_eq!(
        code(&["--allow", "create-everything@*", CREATE]),
        Some(0),
        "the whole plan"
    );
    assert_eq!(
        code(&["--allow", "create-everything@*", BROKEN]),
        Some(2),
        "what was refused cannot be allowed"
    );
}

fn first_with_one_block() -> &'static str {
    let plan = crate::common::fixtures().into_iter().find(|fixture| {
        let report = crate::common::judge(&fixture.json(), &fixture.settings());
        report.decision.findings.len() == 1
            && fixture.spec.plan.is_none()
            && fixture.spec.verdict == "block"
            && report.decision.findings[0].finding.address.is_some()
    });
    Box::leak(
        format!(
            "fixtures/{}/plan.json",
            plan.expect("a fixture with one finding").name
        )
        .into_boxed_str(),
    )
}

/// The report is a contract: its schema is in the project and every kind of report fits it.
#[test]
fn json_fits_its_schema() {
    let schema =
        std::fs::read_to_string(root().join("schema/report.schema.json")).expect("the schema");
    let schema = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let mut seen = 0;
    let plans: Vec<String> = crate::common::fixtures()
        .iter()
        .map(|fixture| fixture.file("plan.json").display().to_string())
        .collect();
    let others = [
        BROKEN,
        "fixtures/odd",
        "fixtures/odd/errored_block.json",
        "no-such-file",
    ]
    .map(str::to_owned);
    for plan in plans.iter().chain(&others) {
        let report = report(&[plan]);
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{plan}: {errors:?}");
        seen += 1;
    }
    assert!(seen > 100);
}

/// A pin goes back only when it is told to, and says by how much it moves.
#[test]
fn a_pin_does_not_go_back_unasked() {
    let temp = tempfile::tempdir().expect("a directory");
    let pin = |plan: &str, more: &[&str]| {
        let output = applygate()
            .current_dir(temp.path())
            .args(["pin", "--dir", "."])
            .args(more)
            .arg(root().join("fixtures").join(plan).join("plan.tfplan"))
            .output()
            .expect("it runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (newer, older) = (
        "state-rolled-back/quiet-newer-serial",
        "state-rolled-back/fires-older-serial",
    );
    let (code, told) = pin(newer, &[]);
    assert!(code == Some(0) && !told.contains("changed"), "{told}");
    let written =
        || std::fs::read_to_string(temp.path().join("applygate.pin.toml")).expect("a pin");
    let before = written();
    let (code, told) = pin(older, &[]);
    assert!(
        code == Some(2) && told.contains("older or another state") && told.contains("--replace"),
        "{told}"
    );
    assert_eq!(written(), before);
    let (code, told) = pin(older, &["--replace"]);
    assert!(code == Some(0) && told.contains("changed: "), "{told}");
    assert_ne!(written(), before);
}

/// What is wrong with a pin is not the file, so that is not what the help asks for.
#[test]
fn a_pin_says_what_its_state_holds() {
    let temp = tempfile::tempdir().expect("a directory");
    let pin = |plan: &str, new: &[&str]| {
        let plan = root()
            .join("fixtures/incident")
            .join(plan)
            .join("plan.tfplan");
        let output = applygate()
            .current_dir(temp.path())
            .arg("pin")
            .args(new)
            .arg(plan)
            .output()
            .expect("it runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (code, told) = pin("2-old-state-destroy", &["--new"]);
    assert!(
        code == Some(2)
            && told.contains("not new (it holds 27 objects)")
            && told.contains("help: remove --new"),
        "{told}"
    );
    let (code, told) = pin("1-state-missing", &[]);
    assert!(
        code == Some(2) && told.contains("is for an empty state") && told.contains("add --new"),
        "{told}"
    );
    assert!(!temp.path().join("applygate.pin.toml").exists());
    assert!(
        pin("2-old-state-destroy", &[])
            .1
            .contains("serial 3, 27 objects, ")
    );
    assert_eq!(pin("1-state-missing", &["--new"]).0, Some(0));
}

/// For hooks: a plan that is older than the configuration says nothing about it.
#[test]
fn older_than_the_configuration() {
    let temp = tempfile::tempdir().expect("a directory");
    let dir = temp.path();
    std::fs::create_dir(dir.join("modules")).expect("made");
    std::fs::write(dir.join("modules/main.tf"), "").expect("written");
    std::fs::copy(root().join(ROUTINE), dir.join("plan.json")).expect("copied");
    let time = |name: &str, seconds: u64| {
        let file = std::fs::File::options()
            .write(true)
            .open(dir.join(name))
            .expect("opened");
        file.set_modified(
            std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000 + seconds),
        )
        .expect("set");
    };
    let check = || {
        applygate()
            .current_dir(dir)
            .args(["check", "--newer-than", ".", "plan.json"])
            .output()
            .expect("it runs")
    };
    time("plan.json", 10);
    time("modules/main.tf", 5);
    assert_eq!(check().status.code(), Some(0));
    time("modules/main.tf", 15);
    let output = check();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is older than the configuration"));
}

/// A reader that goes (`| head`) is no error, and the verdict still decides the exit code.
#[test]
fn closed_pipe() {
    use std::process::{Command, Stdio};
    for (plan, expected) in [(DESTROY, 1), (ROUTINE, 0)] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("applygate"))
            .args(["check", "--verbose", plan])
            .current_dir(root())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(expected));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

#[test]
fn colours_only_where_they_are_wanted() {
    let colourful = |envs: &[(&str, &str)]| {
        let output = applygate()
            .args(["check", DESTROY])
            .envs(envs.iter().copied())
            .output()
            .expect("it runs");
        output.stdout.contains(&0x1b)
    };
    assert!(!colourful(&[]), "not into a pipe");
    assert!(colourful(&[("CLICOLOR_FORCE", "1")]));
    assert!(!colourful(&[("NO_COLOR", "1"), ("CLICOLOR", "1")]));
}

#[test]
fn rules_completions_and_man() {
    let out = |args: &[&str]| {
        let output = applygate().args(args).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    for rule in applygate::testing::RULES {
        assert!(out(&["rules"]).contains(rule.id));
        assert_eq!(out(&["rules", "explain", rule.id]), rule.docs);
    }
    assert!(out(&["rules", "types", "aws_db_instance"]).lines().count() >= 1);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            out(&["completions", shell]).contains("applygate"),
            "{shell}"
        );
    }
    assert!(out(&["man"]).contains(".TH applygate"));
    assert!(out(&["man", "check"]).contains(".TH applygate-check"));
    assert!(out(&["man", "rules", "explain"]).contains(".TH applygate-rules-explain"));
    let dir = tempfile::tempdir().expect("a directory");
    let pages = dir.path().join("share/man/man1");
    out(&["man", "--dir", pages.to_str().expect("text")]);
    for page in ["", "-check", "-apply", "-rules-explain", "-pre-commit-plan"] {
        let page = pages.join(format!("applygate{page}.1"));
        let text = std::fs::read_to_string(&page).unwrap_or_default();
        assert!(
            text.contains(".SH DESCRIPTION") || text.contains(".SH SYNOPSIS"),
            "{}",
            page.display()
        );
    }
    assert_eq!(
        applygate()
            .args(["man", "nothing"])
            .output()
            .expect("it runs")
            .status
            .code(),
        Some(2)
    );
    assert_eq!(
        applygate()
            .args(["rules", "explain", "nothing"])
            .output()
            .expect("it runs")
            .status
            .code(),
        Some(2)
    );
}

/// What was typed wins over the environment, and that over the terminal.
#[test]
fn colours() {
    let colours = |args: &[&str], set: &[(&str, &str)]| {
        let mut command = applygate();
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR"] {
            command.env_remove(name);
        }
        let output = command
            .args(args)
            .envs(set.iter().copied())
            .output()
            .expect("it runs");
        let coloured = |bytes: &[u8]| bytes.contains(&0x1b);
        (
            output.status.code(),
            coloured(&output.stdout),
            coloured(&output.stderr),
        )
    };
    let force = ("FORCE_COLOR", "1");
    let (plain, full) = ((Some(1), false, false), (Some(1), true, false));
    for (words, set, wanted) in [
        (&[][..], &[][..], plain),
        (&["--color", "always"], &[], full),
        (&["--color=always"], &[("NO_COLOR", "1")], full),
        (&["--color=auto"], &[], plain),
        (&["--color=auto"], &[force], full),
        (&["--no-color"], &[force, ("CLICOLOR_FORCE", "1")], plain),
        (&["--color=never"], &[("CLICOLOR_FORCE", "1")], plain),
        (&["--color=always", "--no-color"], &[], plain),
        (&["--no-color", "--color=always"], &[], full),
        (&[], &[force], full),
        (&[], &[("CLICOLOR_FORCE", "1")], full),
        (&[], &[("FORCE_COLOR", "0")], plain),
        (&[], &[("FORCE_COLOR", "")], plain),
        (&[], &[force, ("NO_COLOR", "1")], plain),
    ] {
        let behind = [&["check", DESTROY], words].concat();
        assert_eq!(colours(&behind, set), wanted, "{behind:?} {set:?}");
        let before = [words, &["check", DESTROY]].concat();
        assert_eq!(colours(&before, set), wanted, "{before:?} {set:?}");
    }
    // What is wrong with a command line keeps to it as well.
    let mistake = |coloured| (Some(2), false, coloured);
    assert_eq!(
        colours(&["check", "--x", "--color=always"], &[]),
        mistake(true)
    );
    assert_eq!(
        colours(&["--no-color", "check", "--x"], &[force]),
        mistake(false)
    );
    assert_eq!(colours(&["check", "--x"], &[force]), mistake(true));
    assert_eq!(colours(&["check", "--color=red"], &[]), mistake(false));
    // And so does what cannot be judged.
    let missing = ["check", "no-such-plan", "--color=always"];
    assert_eq!(colours(&missing, &[]), (Some(2), false, true));
    assert_eq!(colours(&missing[..2], &[]), (Some(2), false, false));
}

/// A mistyped word is not answered with a flag that weakens the gate.
#[test]
fn mistyped_flags() {
    let told = |word: &str| {
        let output = applygate()
            .args(["check", word, ROUTINE])
            .output()
            .expect("it runs");
        (
            output.status.code(),
            String::from_utf8(output.stderr).expect("text"),
        )
    };
    assert_eq!(told("--no-color"), (Some(0), String::new()));
    let (code, text) = told("--no-colour");
    assert_eq!(code, Some(2));
    assert!(
        text.contains("a similar argument exists: '--no-color'"),
        "{text}"
    );
    for word in [
        "--no-conf",
        "--no-confi",
        "--no-di",
        "--exit-zer",
        "--allo",
        "--first-appl",
    ] {
        let (code, text) = told(word);
        assert_eq!(code, Some(2), "{word}");
        assert!(
            text.contains(&format!("unexpected argument '{word}' found"))
                && ![
                    "--no-config",
                    "--no-dir",
                    "--exit-zero",
                    "--allow",
                    "--first-apply"
                ]
                .iter()
                .any(|flag| text.contains(flag)),
            "{word}: {text}"
        );
    }
}

/// What `--help` says is part of the contract: a change of it is read like code.
#[test]
fn help_texts() {
    for words in [
        &["--help"][..],
        &["check", "--help"],
        &["source", "--help"],
        &["apply", "--help"],
        &["init", "--help"],
        &["pin", "--help"],
        &["config", "--help"],
        &["config", "check", "--help"],
        &["config", "show", "--help"],
        &["rules", "--help"],
        &["rules", "types", "--help"],
    ] {
        let output = applygate().args(words).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        let name = format!(
            "help@{}",
            words
                .iter()
                .filter(|word| **word != "--help")
                .copied()
                .collect::<Vec<_>>()
                .join("-")
        );
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, String::from_utf8(output.stdout).expect("text"));
        });
    }
}

/// The same bytes give the same report, byte for byte.
#[test]
fn deterministic() {
    for format in ["human", "json"] {
        let once = || {
            applygate()
                .args(["check", "--format", format, DESTROY, CREATE])
                .output()
                .expect("it runs")
                .stdout
        };
        assert_eq!(once(), once());
    }
}
