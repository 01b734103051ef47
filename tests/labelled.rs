//! Extra material that a clone does not have: labelled plans and real plans beside the project. Skipped, and said so, where it is missing.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs,
    reason = "tests may fail loudly"
)]

mod common;

use common::{applygate, root};
use serde_json::Value;

#[test]
fn labelled_plans() {
    let dir = root().join("../shared/labelled");
    let Ok(entries) = std::fs::read_dir(&dir) else {
        eprintln!("skipped: there is no {}", dir.display());
        return;
    };
    let (mut wrong, mut count) = (Vec::new(), 0);
    for entry in entries.flatten().map(|entry| entry.path()) {
        let Ok(text) = std::fs::read_to_string(entry.join("expected.json")) else {
            continue;
        };
        let expected: Value = serde_json::from_str(&text).expect("JSON");
        let words = |key: &str| {
            expected[key]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        for plan in ["plan.json", "plan.tfplan"]
            .iter()
            .map(|name| entry.join(name))
            .filter(|plan| plan.exists())
        {
            let run = |format: &str| {
                applygate()
                    .args(["check", "--no-dir", "--format", format])
                    .args(words("args"))
                    .arg(&plan)
                    .output()
                    .expect("it runs")
            };
            let (json, human) = (run("json"), run("human"));
            let report: Value = serde_json::from_slice(&json.stdout).expect("a report");
            let verdict = report["verdict"].as_str().expect("a verdict");
            if expected["verdict"] != verdict
                && !words("acceptable").iter().any(|word| word == verdict)
            {
                wrong.push(format!(
                    "{}: {verdict}, expected {}",
                    plan.display(),
                    expected["verdict"]
                ));
            }
            for stream in [&json.stdout, &json.stderr, &human.stdout, &human.stderr] {
                let text = String::from_utf8_lossy(stream);
                assert!(
                    !words("secrets")
                        .iter()
                        .any(|secret| text.contains(secret.as_str())),
                    "{} leaks",
                    plan.display()
                );
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{count} labelled plans judged");
}

/// Every real file is judged or refused with a reason.
#[test]
fn real_plans() {
    let dir = root().join("../shared/corpus");
    if !dir.is_dir() {
        eprintln!("skipped: there is no {}", dir.display());
        return;
    }
    let (mut open, mut count) = (vec![dir], 0);
    while let Some(dir) = open.pop() {
        for path in std::fs::read_dir(dir)
            .expect("readable")
            .flatten()
            .map(|entry| entry.path())
        {
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let output = applygate()
                .args(["check", "--no-dir"])
                .arg(&path)
                .output()
                .expect("it runs");
            let code = output.status.code();
            assert!(matches!(code, Some(0..=2)), "{}: {code:?}", path.display());
            assert_eq!(
                code == Some(2),
                !output.stderr.is_empty(),
                "{}: a refusal has a reason",
                path.display()
            );
            count += 1;
        }
    }
    eprintln!("{count} real files judged or refused");
}
