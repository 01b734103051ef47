//! What the hooks of pre-commit run: the plan that is there is judged, and what Git must not keep is refused.
use std::fs;
use std::path::Path;

use crate::common::{applygate, root};

struct Ended {
    code: Option<i32>,
    text: String,
}

fn run(dir: &Path, args: &[&str]) -> Ended {
    let output = applygate()
        .current_dir(dir)
        .arg("pre-commit")
        .args(args)
        .output()
        .expect("it runs");
    Ended {
        code: output.status.code(),
        text: String::from_utf8(output.stdout).expect("text")
            + &String::from_utf8(output.stderr).expect("text"),
    }
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(root().join("fixtures").join(name)).expect("a fixture")
}

const DESTROY: &str = "incident/2-old-state-destroy/plan.tfplan";
const ROUTINE: &str = "incident/3-routine-change/plan.json";

#[test]
fn a_push_without_a_plan_is_not_stopped() {
    let dir = tempfile::tempdir().expect("a directory");
    let ended = run(dir.path(), &["plan"]);
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.text.contains("no plan here (tfplan)"),
        "{}",
        ended.text
    );
    let ended = run(dir.path(), &["plan", "--require-plan", "a", "b"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.text.contains("no plan to check: a, b"),
        "{}",
        ended.text
    );
    assert!(ended.text.contains("terraform plan -out tfplan"));
}

#[test]
fn a_plan_that_is_there_is_judged() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("tfplan"), fixture(DESTROY)).expect("written");
    for args in [&["plan"][..], &["plan", "elsewhere", "tfplan"]] {
        let ended = run(dir.path(), args);
        assert_eq!(ended.code, Some(1), "{}", ended.text);
        assert!(ended.text.contains("BLOCK"), "{}", ended.text);
    }
    assert_eq!(
        run(
            dir.path(),
            &["plan", "--require-plan", "elsewhere", "tfplan"]
        )
        .code,
        Some(2)
    );
    fs::write(dir.path().join("tfplan"), fixture(ROUTINE)).expect("written");
    assert_eq!(run(dir.path(), &["plan"]).code, Some(0));
    // Something that is there and is no plan was meant as one.
    fs::write(dir.path().join("tfplan"), "").expect("written");
    assert_eq!(run(dir.path(), &["plan"]).code, Some(2));
    #[cfg(unix)]
    {
        fs::remove_file(dir.path().join("tfplan")).expect("gone");
        std::os::unix::fs::symlink("nowhere", dir.path().join("tfplan")).expect("a link");
        assert_eq!(
            run(dir.path(), &["plan"]).code,
            Some(2),
            "a link that leads nowhere"
        );
    }
}

/// What Git must not keep, under a name that does not tell.
#[test]
fn what_is_refused() {
    let state = r#"{"version":4,"terraform_version":"1.15.5","serial":3,"lineage":"x","outputs":{},"resources":[]}"#;
    let json = fixture(ROUTINE);
    let cut = json[..json.len() / 2].to_vec();
    let wide: Vec<u8> = String::from_utf8(json.clone())
        .expect("text")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let wide = [&[0xFF, 0xFE][..], &wide].concat();
    let wrapped = [b"reading the plan\n", json.as_slice()].concat();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &json).expect("packed");
    let saved = fixture(DESTROY);
    let damaged = saved[..saved.len() - 30].to_vec();
    for (what, bytes, said) in [
        ("a state", state.as_bytes().to_vec(), "is a state"),
        (
            "a shown state",
            br#"{"format_version":"1.0","terraform_version":"1.15.5","values":{}}"#.to_vec(),
            "is a state",
        ),
        (
            "an encrypted state",
            br#"{"serial":1,"lineage":"x","meta":{},"encrypted_data":"eA==","encryption_version":"v0"}"#.to_vec(),
            "is a state",
        ),
        ("a plan as JSON", json, "is a plan as JSON"),
        ("half of one", cut, "is a plan as JSON"),
        ("in UTF-16", wide, "is a plan as JSON"),
        ("in a log", wrapped, "is a plan as JSON"),
        ("packed", gzip.finish().expect("packed"), "is a plan as JSON"),
        ("a saved plan", saved, "is a saved plan"),
        ("a damaged one", damaged, "is a saved plan"),
        ("an old one", b"tfplan\x02rest".to_vec(), "is a saved plan"),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("notes.txt"), &bytes).expect("written");
        let ended = run(dir.path(), &["files", "notes.txt"]);
        assert_eq!(ended.code, Some(1), "{what}: {}", ended.text);
        let start = format!("error: notes.txt {said}");
        assert!(ended.text.starts_with(&start), "{what}: {}", ended.text);
        assert!(ended.text.contains("git rm --cached"), "{}", ended.text);
    }
    for name in [
        "terraform.tfstate",
        "errored.tfstate",
        "terraform.tfstate.1700000000.backup",
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join(name), "").expect("written");
        let ended = run(dir.path(), &["files", name]);
        assert_eq!(ended.code, Some(1), "{name}: {}", ended.text);
    }
}

#[test]
fn what_may_be_committed() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut files = Vec::new();
    for (name, bytes) in [
        ("main.tf", &b"resource \"a\" \"b\" {}\n"[..]),
        ("package.json", br#"{"name":"x","version":"1.0.0"}"#),
        ("tsconfig.json", b"{ // a comment\n}"),
        ("empty", b""),
        (".gitignore", b"tfplan\n"),
        (
            "docs.md",
            b"# plans\n{\"format_version\" and \"resource_changes\" are keys\n",
        ),
        (
            "schema.json",
            br#"{"properties":{"resource_changes":{},"planned_values":{}}}"#,
        ),
        (
            "run.json",
            br#"{"remote_plan_format":1,"run_id":"run-x","hostname":"h"}"#,
        ),
        (
            "other.zip",
            b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0"),
        ("cut.gz", b"\x1f\x8b\x08\0\0"),
    ] {
        fs::write(dir.path().join(name), bytes).expect("written");
        files.push(name);
    }
    let ended = run(dir.path(), &[&["files"], files.as_slice()].concat());
    assert_eq!((ended.code, ended.text.as_str()), (Some(0), ""));
    assert_eq!(run(dir.path(), &["files"]).code, Some(0));
    assert_eq!(run(dir.path(), &["files", "nowhere"]).code, Some(2));
}

/// The hooks of this repository, which compile, and those of the mirror, which take the wheel, do the same.
#[test]
fn the_mirror_has_the_same_hooks() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("a file");
    let here = read(".pre-commit-hooks.yaml");
    let mirror = read("mirrors/pre-commit/.pre-commit-hooks.yaml");
    let hooks = |text: &str| -> String {
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.replace("language: rust", "language: python") + "\n")
            .collect()
    };
    assert_eq!(hooks(&here), hooks(&mirror));
    assert!(mirror.contains("language: python"));
    assert!(here.contains("- id: applygate-plan\n") && here.contains("- id: applygate-files\n"));
    let needed = format!("\"applygate=={}\"", env!("CARGO_PKG_VERSION"));
    assert!(
        read("mirrors/pre-commit/pyproject.toml").contains(&needed),
        "{needed}"
    );
}
