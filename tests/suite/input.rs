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
    for dir in [
        "a",
        "b/c",
        ".terraform",
        ".git",
        ".terraform/providers",
        "node_modules/x",
    ] {
        std::fs::create_dir_all(path.join(dir)).expect("made");
        std::fs::write(path.join(dir).join("tfplan.json"), &plan).expect("written");
    }
    std::fs::write(path.join("a/main.tf"), "# nothing").expect("written");
    std::fs::write(path.join("a/package.json"), "{\"name\":\"x\"}").expect("written");
    std::fs::write(path.join("a/other-name.json"), &plan).expect("written");
    assert_eq!(
        check(),
        (Some(0), 4, Some(2)),
        "plans by name and by content; what was downloaded is not entered"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(path.join("a"), path.join("again")).expect("linked");
        symlink(path.join("a/main.tf"), path.join("b/main.tf")).expect("linked");
        assert_eq!(check(), (Some(0), 6, Some(5)), "links within are followed");
        std::fs::remove_file(path.join("again")).expect("removed");
        let outside = tempfile::tempdir().expect("a directory");
        std::fs::write(outside.path().join("x"), &plan).expect("written");
        for to in [outside.path().to_owned(), outside.path().join("x")] {
            symlink(&to, path.join("out")).expect("linked");
            assert_eq!(check().0, Some(2), "a link out is refused");
            std::fs::remove_file(path.join("out")).expect("removed");
        }
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

/// What `check FILE` judges is judged in a directory too, whatever its name and form.
#[test]
fn a_directory_is_judged_whole() {
    let fixture = root().join("fixtures/incident/2-old-state-destroy");
    let json = std::fs::read(fixture.join("plan.json")).expect("a plan");
    let text = String::from_utf8(json.clone()).expect("text");
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let sorted = serde_json::to_string(&value).expect("JSON");
    let wide: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(
            format!("log\n{text}")
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &json).expect("packed");
    // The first key of a values file that is longer than what is read of other files.
    let long = format!(
        "{{\"timestamps\":{{\"x\":\"{}\"}},{}",
        "values\\\":{".repeat(2_000),
        &text[1..]
    );
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("orders.json", json.clone()),
        ("sorted.json", sorted.into_bytes()),
        ("log.txt", format!("terraform show\n{text}").into_bytes()),
        ("wide.log", wide),
        ("packed.gz", packed.finish().expect("packed")),
        (
            "saved",
            std::fs::read(fixture.join("plan.tfplan")).expect("a plan"),
        ),
        ("long.json", long.into_bytes()),
    ];
    for (name, bytes) in forms {
        let temp = tempfile::tempdir().expect("a directory");
        let file = temp.path().join(name);
        std::fs::write(&file, bytes).expect("written");
        std::fs::write(
            temp.path().join("schema.json"),
            "{\"format_version\":\"1.0\",\"provider_schemas\":{}}",
        )
        .expect("written");
        std::fs::write(
            temp.path().join("validate.json"),
            "{\"format_version\":\"1.0\",\"valid\":true,\"error_count\":0}",
        )
        .expect("written");
        std::fs::write(
            temp.path().join("s.json"),
            "{\"version\":4,\"lineage\":\"x\",\"serial\":1,\"resources\":[]}",
        )
        .expect("written");
        for path in [file.as_path(), temp.path()] {
            let output = applygate()
                .arg("check")
                .arg("--no-dir")
                .arg(path)
                .output()
                .expect("it runs");
            assert_eq!(output.status.code(), Some(1), "{name} {path:?}");
        }
        let output = applygate()
            .arg("check")
            .arg(temp.path())
            .output()
            .expect("it runs");
        let said = String::from_utf8(output.stdout).expect("text");
        for what in [
            "s.json (a state)",
            "schema.json (provider schemas)",
            "validate.json (output of validate)",
        ] {
            assert!(
                said.replace("\n          ", " ").contains(what),
                "{what}: {said}"
            );
        }
    }
}

/// What cannot be told from a plan is refused, not passed over.
#[test]
fn what_may_be_a_plan_is_not_passed_over() {
    let plan = std::fs::read(root().join("fixtures/odd/base.json")).expect("a plan");
    // Terragrunt's name of the unit before the JSON, on the same line.
    let prefixed = format!("[unit] {}", String::from_utf8(plan.clone()).expect("text"));
    let wide = [0xFF, 0xFE]
        .into_iter()
        .chain(prefixed.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for (name, bytes) in [
        ("cut.json", plan.get(..300).expect("long enough").to_vec()),
        (
            "bookmark",
            b"{\"remote_plan_format\":1,\"run_id\":\"run-x\",\"hostname\":\"h\"}".to_vec(),
        ),
        (
            "redacted.json",
            b"{\"plan_format_version\":\"1.1\",\"resource_changes\":[]}".to_vec(),
        ),
        ("old", b"tfplan\x00\x01".to_vec()),
        ("unit.log", prefixed.clone().into_bytes()),
        ("wide.log", wide),
    ] {
        let temp = tempfile::tempdir().expect("a directory");
        std::fs::write(temp.path().join("tfplan.json"), &plan).expect("written");
        std::fs::write(temp.path().join(name), bytes).expect("written");
        let output = applygate()
            .arg("check")
            .arg(temp.path())
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{name}");
    }
}

/// What has no end, and what unpacks to very much.
#[test]
fn input_without_end() {
    let check = |path: &str| {
        let output = applygate()
            .args(["check", "--no-dir", path])
            .output()
            .expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), told)
    };
    #[cfg(unix)]
    {
        let (code, told) = check("/dev/zero");
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("it has zero bytes in it"), "{told}");
    }
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("plan.json.gz");
    let file = std::fs::File::create(&path).expect("made");
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    for _ in 0..257 {
        std::io::Write::write_all(&mut packed, &[b' '; 1 << 20]).expect("packed");
    }
    packed.finish().expect("packed");
    let (code, told) = check(path.to_str().expect("a name"));
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("grows more than a hundred times"), "{told}");
}

/// A word that was typed, or put there by a pipeline, is no command of the CI system whose log the error is in.
#[test]
fn words_that_are_commands_of_a_ci_system() {
    for word in [
        "::error::x@y",
        "##vso[task.setvariable variable=x]y@z",
        "##teamcity[x]@y",
    ] {
        let output = applygate()
            .args(["check", "--allow", word, "plan"])
            .output()
            .expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(!told.contains("::") && !told.contains("##"), "{told}");
    }
}
