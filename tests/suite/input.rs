//! What is no plan is refused with exit code 2 and a reason; what is one in an odd shape is read.
use std::collections::BTreeMap;

use crate::common::{applygate, root};
use serde::Deserialize;

#[derive(Deserialize)]
struct Odd {
    what: String,
    expect: String,
}

#[test]
fn odd_files() {
    let dir = root().join("fixtures/odd");
    let odd: BTreeMap<String, Odd> =
        toml::from_str(&std::fs::read_to_string(dir.join("odd.toml")).expect("odd.toml"))
            .expect("odd.toml reads");
    assert!(odd.len() > 20);
    for (name, Odd { what, expect }) in odd {
        let output = applygate()
            .args(["check", "--format", "json"])
            .arg(dir.join(&name))
            .output()
            .expect("it runs");
        let code = match expect.as_str() {
            "refused" => 2,
            "block" => 1,
            _ => 0,
        };
        assert_eq!(output.status.code(), Some(code), "{name}: {what}");
        let report: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("a report in any case");
        if code == 2 {
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(
                error.starts_with("error: ") && error.contains("\n  help: "),
                "{name}: {error}"
            );
            assert_eq!(
                report["verdict"], "block",
                "{name}: who reads only the word must not let it through"
            );
        } else {
            assert_eq!(report["verdict"], expect.as_str(), "{name}: {what}");
        }
    }
}

#[test]
fn directories() {
    let temp = tempfile::tempdir().expect("a directory");
    let path = temp.path();
    let plan = std::fs::read(root().join("fixtures/odd/base.json")).expect("a plan");
    let check = || {
        let output = applygate()
            .args(["check", "--format", "json"])
            .arg(path)
            .output()
            .expect("it runs");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
        (
            output.status.code(),
            report["plans"].as_array().map_or(0, Vec::len),
            report["other_files"].as_u64(),
        )
    };
    assert_eq!(check(), (Some(2), 0, Some(0)), "no plan at all");
    for dir in ["a", "b/c", ".terraform", ".git"] {
        std::fs::create_dir_all(path.join(dir)).expect("made");
        std::fs::write(path.join(dir).join("tfplan.json"), &plan).expect("written");
    }
    std::fs::write(path.join("a/main.tf"), "# nothing").expect("written");
    std::fs::write(path.join("a/package.json"), "{\"name\":\"x\"}").expect("written");
    std::fs::write(path.join("a/other-name.json"), &plan).expect("written");
    assert_eq!(
        check(),
        (Some(0), 3, Some(2)),
        "plans by name and by content"
    );
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(path.join("a/tfplan.json"), path.join("b/tfplan.json"))
            .expect("linked");
        assert_eq!(check(), (Some(0), 3, Some(3)), "links are not followed");
    }
    std::fs::write(
        path.join("b/c/tfplan.json"),
        plan.get(..200).expect("long enough"),
    )
    .expect("written");
    assert_eq!(check().0, Some(2), "a broken one among them");
    std::fs::write(path.join("b/c/tfplan.json"), "").expect("written");
    assert_eq!(check().0, Some(2), "an empty one among them");
}

#[test]
fn standard_input() {
    let plan = std::fs::read(root().join("fixtures/incident/2-old-state-destroy/plan.json"))
        .expect("a plan");
    for args in [&["check", "-"][..], &["check"]] {
        applygate()
            .args(args)
            .write_stdin(plan.clone())
            .assert()
            .code(1);
    }
    applygate()
        .args(["check", "-"])
        .write_stdin("")
        .assert()
        .code(2);
    applygate().args(["check", "no-such-file"]).assert().code(2);
}
