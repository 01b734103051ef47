//! How reports look: snapshots of what a person sees, at 80 columns, with and without colour, and with hundreds of findings.
use std::io::Cursor;

use crate::common::{applygate, root};
use applygate::Styles;
use applygate::testing::Settings;
use applygate::testing::judge_bytes;
use applygate::testing::{Report, human};

fn human(plan: &[u8], verbose: bool) -> String {
    styled(plan, verbose, &Styles::default())
}

fn styled(plan: &[u8], verbose: bool, styles: &Styles) -> String {
    let plans = judge_bytes(plan, "plan.json", &Settings::default()).expect("readable");
    let mut out = Cursor::new(Vec::new());
    human::write(
        &Report {
            plans,
            ..Report::default()
        },
        human::Layout {
            width: 80,
            verbose,
            styles,
        },
        &mut out,
    )
    .expect("written");
    String::from_utf8(out.into_inner()).expect("text")
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn what_a_person_sees() {
    for (name, fixture) in [
        ("destroy-everything", "incident/2-old-state-destroy"),
        ("create-everything", "incident/1-state-missing"),
        ("routine", "incident/3-routine-change"),
        ("rename", "rename-without-moved/fires-module"),
        ("guess", "unlisted-destroy/fires-database-instance"),
        (
            "final-snapshot",
            "snapshot-left-behind/fires-final-snapshot",
        ),
    ] {
        let plan =
            std::fs::read(root().join("fixtures").join(fixture).join("plan.json")).expect("a plan");
        snapshot(&format!("human@{name}"), &human(&plan, false));
    }
    let plan =
        std::fs::read(root().join("fixtures/mass-destroy/fires-everything-with-a-store/plan.json"))
            .expect("a plan");
    snapshot(
        "human@colours",
        &styled(&plan, false, &Styles::coloured()).replace('\u{1b}', "␛"),
    );
}

/// Two hundred findings stay within two screens; everything is there on request.
#[test]
fn hundreds_of_findings() {
    let changes: Vec<_> = (0..200)
        .map(|at| {
            let (kind, before) = match at % 4 {
                0 => ("aws_db_instance", serde_json::json!({"identifier": format!("db-{at}"), "skip_final_snapshot": at % 8 == 0})),
                1 => ("aws_s3_bucket", serde_json::json!({"bucket": format!("b-{at}"), "force_destroy": at % 3 == 0})),
                2 => ("aws_subnet", serde_json::json!({"cidr_block": "10.0.0.0/24"})),
                _ => ("aws_iam_role", serde_json::json!({"name": format!("r-{at}")})),
            };
            serde_json::json!({"address": format!("module.m[\"{at}\"].{kind}.x"), "mode": "managed", "type": kind, "name": "x",
                "change": {"actions": ["delete"], "before": before, "after": null, "after_unknown": {}}})
        })
        .collect();
    let plan = serde_json::json!({"format_version": "1.2", "terraform_version": "1.15.5", "resource_changes": changes}).to_string();
    let short = human(plan.as_bytes(), false);
    snapshot("human@two-hundred", &short);
    assert!(
        short.lines().count() <= 76,
        "{} lines",
        short.lines().count()
    );
    assert!(
        short.lines().all(|line| line.chars().count() <= 80),
        "80 columns"
    );
    let long = human(plan.as_bytes(), true);
    for at in 0..200 {
        assert!(long.contains(&format!("module.m[\"{at}\"].")), "{at}");
    }
}

#[test]
fn allowed_and_refused() {
    let run = |args: &[&str]| {
        let output = applygate()
            .arg("check")
            .args(args)
            .output()
            .expect("it runs");
        String::from_utf8(output.stdout).expect("text")
            + "--- standard error\n"
            + &String::from_utf8(output.stderr).expect("text")
    };
    snapshot(
        "human@allowed",
        &run(&[
            "--allow",
            "stateful-destroy@aws_db_instance.orders",
            "fixtures/snapshot-left-behind/fires-final-snapshot/plan.json",
        ]),
    );
    snapshot(
        "human@refused",
        &run(&[
            "fixtures/odd/truncated.json",
            "fixtures/odd/errored.json",
            "fixtures/odd/state_show.json",
        ]),
    );
    snapshot(
        "human@errored-block",
        &run(&["fixtures/odd/errored_block.json"]),
    );
}
