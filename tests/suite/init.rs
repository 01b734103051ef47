//! `applygate init`: what it writes is right as it is, and nothing that is there is ever written over.
use std::fs;
use std::path::Path;

use crate::common::applygate;
use tempfile::TempDir;

/// A repository with these files.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let temp = tempfile::tempdir().expect("a directory");
    fs::create_dir(temp.path().join(".git")).expect("made");
    for (path, text) in files {
        let path = temp.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }
    temp
}

fn run(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = applygate()
        .current_dir(dir)
        .args(args)
        .output()
        .expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .expect("read")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into()
        })
        .collect();
    names.sort();
    names
}

const LOCK: &str = "provider \"registry.terraform.io/hashicorp/aws\" {\n  version = \"6.0.0\"\n}\nprovider \"example.org/team/own\" {\n  version = \"1.0.0\"\n}\n";
const MAIN: &str = "terraform {\n  backend \"s3\" {}\n}\nprovider \"aws\" {\n  region = \"eu-central-1\"\n  allowed_account_ids = [\"123456789012\"]\n}\nprovider \"google\" {\n  region = \"europe-west3\"\n  project = \"p-1\"\n}\n";

/// Whatever a directory has: the file is there, and `config check` has nothing to say about it.
#[test]
fn what_is_written_is_right() {
    let on_disk = [
        ("terraform.tfstate", "{}"),
        ("terraform.tfstate.d/prod-eu/x", ""),
        ("terraform.tfstate.d/preview-1/x", ""),
        ("terraform.tfstate.d/pr-7/x", ""),
        (
            "main.tf",
            "provider \"aws\" {\n  region = \"eu-central-1\"\n}\n",
        ),
    ];
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[], "nothing: the file has examples instead"),
        (
            &[("main.tf", MAIN), (".terraform.lock.hcl", LOCK)],
            "backend s3 · accounts 123456789012, p-1 · regions eu-central-1, europe-west3 · providers example.org/team/own, hashicorp/aws",
        ),
        (
            &on_disk,
            "backend local · workspaces default, pr-7, preview-1, prod-eu · region eu-central-1",
        ),
        (
            &[
                ("main.tf", "terraform {\n  backend \"s3\" {}\n}\n"),
                (".terraform/environment", "prod"),
            ],
            "backend s3 · workspace prod",
        ),
    ];
    for (files, found) in cases {
        let temp = repository(files);
        let (code, out, err) = run(temp.path(), &["init"]);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        assert_eq!(
            out,
            format!(
                "wrote applygate.toml\nfound     {found}\nnext      read it, correct it, then: applygate config check\n"
            )
        );
        let (code, out, err) = run(temp.path(), &["config", "check"]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{found}");
        assert!(
            out.starts_with("applygate.toml: no mistakes; ") && out.lines().count() == 1,
            "{found}: {out}"
        );
        assert!(!names(temp.path()).contains(&"applygate.toml.new".to_owned()));
    }
}

/// Above several stacks: what all of them have, and that without a repository it does not reach them.
#[test]
fn several_stacks() {
    let files = [
        ("stacks/db/main.tf", MAIN),
        ("stacks/db/.terraform.lock.hcl", LOCK),
        ("stacks/net/main.tf", MAIN),
        ("stacks/net/.terraform.lock.hcl", LOCK),
        ("modules/vpc/main.tf", MAIN),
    ];
    let temp = repository(&files);
    let (code, out, err) = run(temp.path(), &["init"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(
        out,
        "wrote applygate.toml
found     2 stacks: stacks/db, stacks/net
          backend s3 · accounts 123456789012, p-1 · regions eu-central-1, europe-west3 · providers example.org/team/own, hashicorp/aws
next      read it, correct it, then: applygate config check
"
    );
    let (code, out, _) = run(temp.path(), &["config", "check", "--dir", "stacks/db"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.starts_with("applygate.toml: no mistakes; "), "{out}");
    let temp = repository(&files);
    fs::remove_dir(temp.path().join(".git")).expect("removed");
    let out = run(temp.path(), &["init"]).1;
    assert!(
        out.contains("\nnote      this is no Git repository"),
        "{out}"
    );
}

#[test]
fn another_directory() {
    let temp = repository(&[("stacks/db/main.tf", MAIN)]);
    let (code, out, _) = run(temp.path(), &["init", "--dir", "stacks/db"]);
    assert_eq!(code, Some(0));
    assert!(
        out.starts_with("wrote stacks/db/applygate.toml\nfound     backend s3 ")
            && out.contains("applygate config check stacks/db/applygate.toml"),
        "{out}"
    );
    assert_eq!(
        run(
            temp.path(),
            &["config", "check", "stacks/db/applygate.toml"]
        )
        .0,
        Some(0)
    );
    for dir in ["nowhere", "stacks/db/main.tf"] {
        let (code, out, err) = run(temp.path(), &["init", "--dir", dir]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{dir}");
        assert!(err.contains(dir) && err.contains("--dir"), "{err}");
    }
    assert_eq!(names(temp.path()), [".git", "stacks"]);
}

/// Files are not merged, so a new one below another takes its place: whoever makes one is told.
#[test]
fn below_another_policy() {
    let temp = repository(&[
        ("applygate.toml", "block_at = \"medium\"\n"),
        ("stacks/db/main.tf", ""),
    ]);
    let out = run(&temp.path().join("stacks/db"), &["init"]).1;
    assert!(
        out.contains(
            "note      applygate.toml no longer applies here: only the nearest file does\n"
        ),
        "{out}"
    );
    let alone = repository(&[("stacks/db/main.tf", "")]);
    assert!(
        !run(&alone.path().join("stacks/db"), &["init"])
            .1
            .contains("note ")
    );
    assert!(
        !run(alone.path(), &["init"]).1.contains("note "),
        "what lies further down is not touched"
    );
}

#[test]
fn nothing_is_written_over() {
    let temp = repository(&[("applygate.toml", "block_at = \"medium\"\n")]);
    let (code, out, err) = run(temp.path(), &["init"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(
        err.contains("applygate.toml exists already") && err.contains("--stdout"),
        "{err}"
    );
    assert_eq!(
        fs::read_to_string(temp.path().join("applygate.toml")).expect("read"),
        "block_at = \"medium\"\n"
    );
    let (code, printed, _) = run(temp.path(), &["init", "--stdout"]);
    assert!(
        code == Some(0)
            && printed.starts_with("#:schema https://")
            && printed.contains("/schema/applygate.schema.json\n# applygate.toml: ")
            && printed.contains("block_at = \"high\""),
        "{printed}"
    );
    assert_eq!(names(temp.path()), [".git", "applygate.toml"]);
    fs::remove_file(temp.path().join("applygate.toml")).expect("removed");
    assert_eq!(run(temp.path(), &["init", "--stdout"]).1, printed);
    assert_eq!(names(temp.path()), [".git"], "nothing is written");
    fs::create_dir(temp.path().join("applygate.toml")).expect("made");
    assert_eq!(
        run(temp.path(), &["init"]).0,
        Some(2),
        "a directory of that name"
    );
}

/// A link is there, wherever it leads: nothing is written through it.
#[cfg(unix)]
#[test]
fn links_are_left_alone() {
    for target in ["elsewhere", "nowhere"] {
        let temp = repository(&[("elsewhere", "x")]);
        std::os::unix::fs::symlink(target, temp.path().join("applygate.toml")).expect("a link");
        assert_eq!(run(temp.path(), &["init"]).0, Some(2));
        assert_eq!(
            fs::read_to_string(temp.path().join("elsewhere")).expect("read"),
            "x"
        );
        assert_eq!(names(temp.path()), [".git", "applygate.toml", "elsewhere"]);
    }
}
