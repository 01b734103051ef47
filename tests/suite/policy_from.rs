//! `--policy-from` in a real repository: whatever a change does to policy or pin, it is judged by those of the revision, and the report says what its own
//! would have let through.
#![cfg(unix)]
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::common::git::{Repo, repository};
use crate::common::{applygate, root};
use serde_json::{Value, json};

const NOW: &str = "2026-11-22T12:00:00Z";
const WAIVER: &str = "[[waiver]]\nrules = [\"stateful-destroy\", \"mass-destroy\"]\naddress = \"**\"\nreason = \"wanted\"\nexpires = 2026-12-01\n[expect]\nmax_destroy = 9\n";
const EASY: &str = "[rules]\nstateful-destroy = \"medium\"\n";
const OWN_TYPE: &str = "[[type]]\nname = \"aws_db_instance\"\ncategory = \"database\"\ndestroy = \"none\"\nloss = \"nothing\"\nsource = \"https://example.org\"\n";

/// A clone in which `main` has a policy, and a plan that destroys a database in `stacks/prod`; `None`, with a message, where there is no git.
fn repo(files: &[(&str, &str)]) -> Option<Repo> {
    let repo = repository()?;
    repo.write(".gitignore", "tfplan\nplan.json\n");
    repo.write("stacks/prod/main.tf", "");
    for (path, text) in files {
        repo.write(path, text);
    }
    repo.commit("x");
    repo.git(&["switch", "-q", "-c", "change"]);
    repo.write("stacks/prod/plan.json", &database_goes());
    Some(repo)
}

fn database_goes() -> String {
    let change = |address: &str, kind: &str, action: &str| {
        let before = json!({"id": address, "skip_final_snapshot": true});
        let after = if action == "delete" {
            Value::Null
        } else {
            before.clone()
        };
        json!({"address": address, "mode": "managed", "type": kind, "name": "x",
            "change": {"actions": [action], "before": before, "after": after, "after_unknown": {}}})
    };
    let mut changes: Vec<Value> = (0..9)
        .map(|at| change(&format!("aws_sns_topic.t{at}"), "aws_sns_topic", "no-op"))
        .collect();
    changes.push(change("aws_db_instance.main", "aws_db_instance", "delete"));
    json!({"format_version": "1.2", "terraform_version": "1.15.5", "planned_values": {}, "resource_changes": changes}).to_string()
}

/// How a run ended and what it printed.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// The lines with one label of the report's end, as one text each.
    fn footer(&self, label: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut within = false;
        for line in self.out.lines() {
            let start = line.strip_prefix(&format!("{label:<10}"));
            match start {
                Some(text) => found.push(text.to_owned()),
                None if within && line.starts_with("          ") => found
                    .last_mut()
                    .expect("started")
                    .push_str(&format!(" {}", line.trim())),
                None => {}
            }
            within = start.is_some() || within && line.starts_with("          ");
        }
        found
    }
}

impl Repo {
    fn remove(&self, path: &str) {
        fs::remove_file(self.dir.join(path)).expect("removed");
    }

    fn run_with(&self, dir: &str, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let output = applygate()
            .current_dir(self.dir.join(dir))
            .env("PATH", path)
            .envs(variables.iter().copied())
            .args(args)
            .output()
            .expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Ran {
            code: output.status.code().expect("a code"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    fn check(&self, args: &[&str]) -> Ran {
        self.run_with(
            "stacks/prod",
            &[&["check", "--now", NOW, "plan.json"], args].concat(),
            &[],
        )
    }

    /// Under the policy of `main` it is blocked, and its own would let it through.
    #[track_caller]
    fn only_its_own_lets_it_through(&self, ignored: &[&str]) -> Ran {
        self.commit("x");
        let own = self.check(&[]);
        assert_eq!(
            own.code, 0,
            "without the flag it comes through: {}{}",
            own.out, own.err
        );
        assert!(
            !own.out.contains("ignored ") && !own.out.contains("weaker "),
            "{}",
            own.out
        );
        let judged = self.check(&["--policy-from", "main"]);
        assert_eq!(judged.code, 1, "{}{}", judged.out, judged.err);
        assert_eq!(judged.footer("ignored"), ignored, "{}", judged.out);
        assert_eq!(
            judged.footer("weaker"),
            ["the working tree would let through: stateful-destroy aws_db_instance.main"],
            "{}",
            judged.out
        );
        judged
    }
}

#[test]
fn a_waiver_for_its_own_destroy() {
    let Some(repo) = repo(&[("applygate.toml", "block_at = \"high\"\n")]) else {
        return;
    };
    repo.write("applygate.toml", WAIVER);
    let judged = repo.only_its_own_lets_it_through(&[
        "applygate.toml of the working tree: it differs from the one in main",
    ]);
    let commit = repo.git(&["rev-parse", "main"]);
    assert_eq!(
        judged.footer("policy"),
        [format!("applygate.toml at main ({})", &commit[..12])]
    );
    assert!(
        !judged.out.contains("wanted"),
        "the text of a waiver that does not count is not shown: {}",
        judged.out
    );
    repo.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    let shown = repo
        .check(&["--policy-from", "refs/remotes/origin/main"])
        .out
        .replace(&commit[..12], "1a2b3c4d5e6f");
    let docs = crate::docs::all();
    let (_, told) = docs
        .split_once("<!-- policy-from -->\n```text\n")
        .expect("a block");
    let (told, _) = told.split_once("```").expect("its end");
    assert!(
        shown.contains(told),
        "the docs show another end of a report\n{shown}"
    );
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("policy@from-a-revision", shown);
    });
}

/// A revision that is what is checked out reviews nothing.
#[test]
fn the_commit_that_is_checked_out() {
    let Some(repo) = repo(&[("applygate.toml", WAIVER)]) else {
        return;
    };
    let said = "is the commit that is checked out";
    let json = |ran: &Ran| -> Value { serde_json::from_str(&ran.out).expect("JSON") };
    for (flags, name) in [
        (["--policy-from", "main"], "main"),
        (["--policy-from", "change"], "change"),
    ] {
        let judged = repo.check(&flags);
        let notes = judged.footer("note").join("\n");
        assert!(
            notes.starts_with(name) && notes.contains(said),
            "{}",
            judged.out
        );
    }
    let ran = repo.check(&["--policy-from", "main", "--format", "json"]);
    assert_eq!(json(&ran)["plans"][0]["policy_from"]["checked_out"], true);
    let ran = repo.check(&["--policy-from", "main", "--format", "markdown"]);
    assert!(ran.out.contains(said), "{}", ran.out);
    repo.write("stacks/prod/main.tf", "# changed\n");
    repo.commit("x");
    let judged = repo.check(&["--policy-from", "main"]);
    assert!(!judged.out.contains(said), "{}", judged.out);
    let ran = repo.check(&["--policy-from", "main", "--format", "json"]);
    assert_eq!(json(&ran)["plans"][0]["policy_from"]["checked_out"], false);
}

/// What a person does who wants it: first the waiver alone, then the destroy.
#[test]
fn a_waiver_that_was_agreed_on_before() {
    let Some(repo) = repo(&[("applygate.toml", WAIVER)]) else {
        return;
    };
    let judged = repo.check(&["--policy-from", "main"]);
    assert_eq!(
        (
            judged.code,
            judged.footer("ignored"),
            judged.footer("weaker")
        ),
        (0, vec![], vec![]),
        "{}",
        judged.out
    );
    assert!(
        judged.out.contains("stateful-destroy (waived)"),
        "{}",
        judged.out
    );
    // A clone may end lines differently.
    repo.write("applygate.toml", &WAIVER.replace('\n', "\r\n"));
    assert!(
        repo.check(&["--policy-from", "main"])
            .footer("ignored")
            .is_empty()
    );
}

#[test]
fn a_nearer_file() {
    let Some(repo) = repo(&[("applygate.toml", "block_at = \"high\"\n")]) else {
        return;
    };
    repo.write("stacks/applygate.toml", EASY);
    repo.only_its_own_lets_it_through(&[
        "stacks/applygate.toml of the working tree: it is not in main",
    ]);
    repo.write("stacks/prod/applygate.toml", EASY);
    repo.only_its_own_lets_it_through(&[
        "stacks/prod/applygate.toml of the working tree: it is not in main",
    ]);
}

#[test]
fn a_looser_line() {
    let Some(repo) = repo(&[(
        "stacks/applygate.toml",
        "block_at = \"medium\"\n[rules]\nstateful-destroy = \"high\"\n",
    )]) else {
        return;
    };
    repo.write(
        "stacks/applygate.toml",
        "block_at = \"critical\"\n[rules]\nstateful-destroy = \"high\"\n",
    );
    repo.only_its_own_lets_it_through(&[
        "stacks/applygate.toml of the working tree: it differs from the one in main",
    ]);
}

#[test]
fn a_policy_that_is_taken_away() {
    let strict = "[expect]\nmax_destroy = 0\n[rules]\nstateful-destroy = \"critical\"\n";
    let Some(repo) = repo(&[
        ("applygate.toml", EASY),
        ("stacks/prod/applygate.toml", strict),
    ]) else {
        return;
    };
    repo.remove("stacks/prod/applygate.toml");
    let judged = {
        repo.commit("x");
        assert_eq!(repo.check(&[]).code, 0, "the one further up holds then");
        repo.check(&["--policy-from", "main"])
    };
    assert_eq!(judged.code, 1, "{}", judged.out);
    assert_eq!(
        judged.footer("ignored"),
        ["stacks/prod/applygate.toml is missing in the working tree: main has it"]
    );
    let weaker = "the working tree would let through: stateful-destroy aws_db_instance.main, over-budget (the whole plan)";
    assert_eq!(judged.footer("weaker"), [weaker], "{}", judged.out);
}

#[test]
fn types_that_are_graded_anew() {
    let Some(repo) = repo(&[]) else { return };
    repo.write("applygate.toml", OWN_TYPE);
    let judged = repo
        .only_its_own_lets_it_through(&["applygate.toml of the working tree: it is not in main"]);
    assert!(
        judged.footer("policy")[0].starts_with("none in main ("),
        "without a policy there the defaults hold: {}",
        judged.out
    );
}

#[test]
fn a_pin_for_the_state_that_was_swapped() {
    let fixture = root().join("fixtures/state-swapped/fires-same-shape");
    let pin = fs::read_to_string(fixture.join("applygate.pin.toml")).expect("a pin");
    let Some(repo) = repo(&[("stacks/prod/applygate.pin.toml", &pin)]) else {
        return;
    };
    fs::copy(
        fixture.join("plan.tfplan"),
        repo.dir.join("stacks/prod/tfplan"),
    )
    .expect("copied");
    let check =
        |args: &[&str]| repo.run_with("stacks/prod", &[&["check", "tfplan"], args].concat(), &[]);
    let before = check(&["--policy-from", "main"]);
    assert_eq!(
        (before.code, before.footer("ignored")),
        (1, vec![]),
        "{}",
        before.out
    );
    assert_eq!(
        repo.run_with("stacks/prod", &["pin", "--replace", "tfplan"], &[])
            .code,
        0
    );
    repo.commit("x");
    assert_eq!(check(&[]).code, 0);
    let judged = check(&["--policy-from", "main"]);
    assert_eq!(judged.code, 1, "{}", judged.out);
    assert_eq!(
        judged.footer("ignored"),
        ["stacks/prod/applygate.pin.toml of the working tree: it differs from the one in main"]
    );
    let weaker = judged.footer("weaker").concat();
    assert!(
        weaker.starts_with("the working tree would let through: ")
            && weaker.contains("state-swapped (the whole plan)"),
        "{weaker}"
    );
    // Without one, and with one that is broken.
    repo.remove("stacks/prod/applygate.pin.toml");
    assert_eq!(check(&[]).code, 0);
    let judged = check(&["--policy-from", "main"]);
    assert_eq!(
        judged.footer("ignored"),
        ["stacks/prod/applygate.pin.toml is missing in the working tree: main has it"]
    );
    assert!(
        judged.code == 1 && judged.out.contains("weaker "),
        "{}",
        judged.out
    );
    repo.write("stacks/prod/applygate.pin.toml", "version = 7\n");
    let judged = check(&["--policy-from", "main"]);
    assert!(
        judged.code == 1 && judged.footer("ignored")[0].ends_with("cannot be used as it is"),
        "{}",
        judged.out
    );
    assert!(
        judged.footer("weaker").is_empty(),
        "what cannot be read lets nothing through"
    );
    // The other way round: the pin of the change is not taken where the revision has none.
    repo.git(&["branch", "-f", "none", "main"]);
    repo.git(&["switch", "-q", "-f", "none"]);
    repo.remove("stacks/prod/applygate.pin.toml");
    repo.commit("x");
    repo.write("stacks/prod/applygate.pin.toml", &pin);
    assert_eq!(check(&[]).code, 1);
    let judged = check(&["--policy-from", "none"]);
    assert_eq!(judged.code, 0, "{}", judged.out);
    assert_eq!(
        judged.footer("ignored"),
        ["stacks/prod/applygate.pin.toml of the working tree: it is not in none"]
    );
    repo.write(
        "stacks/prod/applygate.pin.toml",
        &pin.replace("version = 1", "version = 7"),
    );
    repo.commit("x");
    let judged = check(&["--policy-from", "none"]);
    assert_eq!(judged.code, 2);
    assert!(
        judged
            .err
            .contains("none has a broken stacks/prod/applygate.pin.toml (version 7 is unknown)"),
        "{}",
        judged.err
    );
    assert!(
        check(&["--policy-from", "main", "--no-dir"]).code == 0,
        "nothing beside the plan, as without a revision"
    );
}

/// A stricter working tree is set aside as well, and is not called weaker.
#[test]
fn a_stricter_file_is_named_only() {
    let Some(repo) = repo(&[("applygate.toml", EASY)]) else {
        return;
    };
    repo.write("applygate.toml", "block_at = \"low\"\n");
    let judged = repo.check(&["--policy-from", "main"]);
    assert_eq!(
        (
            judged.code,
            judged.footer("ignored").len(),
            judged.footer("weaker").len()
        ),
        (0, 1, 0),
        "{}",
        judged.out
    );
}

/// Less to look at is told as well: with --yes, a warning is what stops an apply.
#[test]
fn a_warning_that_goes() {
    let Some(repo) = repo(&[("applygate.toml", EASY)]) else {
        return;
    };
    repo.write("applygate.toml", &EASY.replace("medium", "off"));
    assert_eq!(
        repo.check(&["--policy-from", "main"]).footer("weaker"),
        ["the working tree would say pass"]
    );
}

#[test]
fn a_policy_of_the_change_that_cannot_be_read() {
    let Some(repo) = repo(&[("secret", "password = \"hunter2\"\n")]) else {
        return;
    };
    let told = |text: &str| {
        let judged = repo.check(&["--policy-from", "main"]);
        assert_eq!(
            (judged.code, judged.footer("ignored")),
            (1, vec![text.to_owned()]),
            "{}{}",
            judged.out,
            judged.err
        );
        assert!(
            judged.footer("weaker").is_empty()
                && !format!("{}{}", judged.out, judged.err).contains("hunter"),
            "{}",
            judged.out
        );
    };
    let added =
        "applygate.toml of the working tree: it is not in main, and it cannot be used as it is";
    for text in ["hunter2 = \"hunter2\"\n", "block_at = \n", "\0"] {
        repo.write("applygate.toml", text);
        told(added);
    }
    repo.remove("applygate.toml");
    symlink("secret", repo.dir.join("applygate.toml")).expect("a link");
    told(added);
    repo.remove("applygate.toml");
    repo.write("stacks/applygate.toml/x", "");
    told(
        "stacks/applygate.toml of the working tree: it is not in main, and it cannot be used as it is",
    );
}

/// One in the revision that cannot be read is no reason to take another.
#[test]
fn a_policy_of_the_revision_that_cannot_be_read() {
    for (path, text) in [
        ("applygate.toml", "blok_at = \"low\"\n"),
        ("stacks/applygate.toml/x", ""),
        ("stacks/prod/applygate.pin.toml", "x"),
    ] {
        let Some(repo) = repo(&[(path, text)]) else {
            return;
        };
        let below = path.strip_suffix("/x").unwrap_or(path);
        fs::remove_dir_all(repo.dir.join(below))
            .or_else(|_| fs::remove_file(repo.dir.join(below)))
            .expect("removed");
        repo.write("stacks/prod/applygate.toml", EASY);
        repo.commit("x");
        let judged = repo.check(&["--policy-from", "main"]);
        assert_eq!((judged.code, judged.out.as_str()), (2, ""), "{path}");
        assert!(
            judged.err.contains(below) && judged.err.contains("main"),
            "{}",
            judged.err
        );
        assert_eq!(repo.check(&[]).code, 0, "{path}");
    }
    let Some(repo) = repo(&[("applygate.toml", "block_at = \"high\"\n")]) else {
        return;
    };
    let blob = repo.git(&["rev-parse", "main:applygate.toml"]);
    repo.remove(&format!(".git/objects/{}/{}", &blob[..2], &blob[2..]));
    let judged = repo.check(&["--policy-from", "main"]);
    assert_eq!((judged.code, judged.out.as_str()), (2, ""));
    assert!(
        judged
            .err
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains("fetch-depth: 0"),
        "{}",
        judged.err
    );
}

#[test]
fn revisions_that_are_none() {
    let Some(repo) = repo(&[("applygate.toml", "")]) else {
        return;
    };
    repo.write("applygate.toml", EASY);
    repo.commit("x");
    let before = listing(&repo);
    let hostile = [
        "--output=x",
        "-o",
        "--help",
        "main:applygate.toml",
        "main..change",
        "^main",
        "main^{tree}",
        "main --output=x",
        "$(touch x)",
        "`touch x`",
        "main\nx",
    ];
    let odd = [
        "",
        " ",
        "main;touch x",
        "main\u{202e}",
        ":/x",
        "@{-1}",
        "change@{0}",
        "../x",
        "/etc/passwd",
        "*",
    ];
    for rev in hostile.iter().chain(&odd) {
        let judged = repo.check(&[&format!("--policy-from={rev}")]);
        assert_eq!(
            (judged.code, judged.out.as_str()),
            (2, ""),
            "{rev:?}: {}",
            judged.err
        );
        assert!(!judged.err.contains('\u{202e}'), "{}", judged.err);
        let apart = repo.check(&["--policy-from", rev]);
        assert_eq!(
            (apart.code, apart.out.as_str()),
            (2, ""),
            "{rev:?}: {}",
            apart.err
        );
        if !rev.is_empty() {
            let set = repo.run_with(
                "stacks/prod",
                &["check", "plan.json"],
                &[("APPLYGATE_POLICY_FROM", rev)],
            );
            assert_eq!(
                (set.code, set.out.as_str()),
                (2, ""),
                "{rev:?}: {}",
                set.err
            );
        }
    }
    for rev in ["HEAD", "@", "HEAD~0", "@^0"] {
        let judged = repo.check(&["--policy-from", rev]);
        assert_eq!((judged.code, judged.out.as_str()), (2, ""), "{rev}");
        assert!(
            judged.err.contains("the change itself")
                && judged.err.contains("refs/remotes/origin/main"),
            "{}",
            judged.err
        );
    }
    for rev in [
        "nothing",
        "refs/remotes/origin/main",
        "0123456789abcdef0123456789abcdef01234567",
        "HEAD^2",
        "main~99",
    ] {
        let judged = repo.check(&["--policy-from", rev]);
        assert_eq!((judged.code, judged.out.as_str()), (2, ""), "{rev}");
        assert!(
            judged.err.contains(rev) && judged.err.contains("fetch-depth: 0"),
            "{rev}: {}",
            judged.err
        );
    }
    assert_eq!(listing(&repo), before, "nothing is written");
}

fn listing(repo: &Repo) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![repo.dir.clone()]);
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir)
            .expect("read")
            .map(|entry| entry.expect("an entry"))
        {
            open.extend(
                entry
                    .file_type()
                    .expect("a kind")
                    .is_dir()
                    .then(|| entry.path()),
            );
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

/// The commit that the merge of a pull request goes on top of.
#[test]
fn what_was_merged_into() {
    let Some(repo) = repo(&[("applygate.toml", "block_at = \"high\"\n")]) else {
        return;
    };
    repo.write("applygate.toml", EASY);
    repo.commit("x");
    repo.git(&["switch", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-ff", "-m", "merge", "change"]);
    assert_eq!(repo.check(&[]).code, 0);
    assert_eq!(repo.check(&["--policy-from", "HEAD^1"]).code, 1);
    assert_eq!(repo.check(&["--policy-from", "HEAD^2"]).code, 0);
    let hash = repo.git(&["rev-parse", "main^1"]);
    assert_eq!(repo.check(&["--policy-from", &hash]).code, 1);
}

#[test]
fn where_there_is_no_repository() {
    let Some(repo) = repo(&[]) else { return };
    let outside = repo.dir.join("../outside");
    fs::create_dir(&outside).expect("made");
    fs::write(outside.join("plan.json"), database_goes()).expect("written");
    let judged = repo.run_with(
        "../outside",
        &["check", "--policy-from", "main", "plan.json"],
        &[],
    );
    assert_eq!((judged.code, judged.out.as_str()), (2, ""));
    assert!(
        judged.err.contains("needs a git repository"),
        "{}",
        judged.err
    );
    assert_eq!(
        repo.run_with(
            "../outside",
            &[
                "check",
                "--policy-from",
                "main",
                "--dir",
                "../clone/stacks/prod",
                "plan.json"
            ],
            &[]
        )
        .code,
        1
    );
    assert_eq!(
        repo.run_with(
            ".",
            &[
                "check",
                "--policy-from",
                "main",
                "--dir",
                "nowhere",
                "stacks/prod/plan.json"
            ],
            &[]
        )
        .code,
        2
    );
}

/// A link in the repository is the change's own: it could lead to where the policy is easier.
#[test]
fn a_directory_behind_a_link() {
    let Some(repo) = repo(&[
        ("stacks/prod/applygate.toml", ""),
        ("stacks/preview/applygate.toml", EASY),
    ]) else {
        return;
    };
    let plan = "stacks/prod/plan.json";
    repo.write("plan.json", &database_goes());
    let check = |dir: &str, args: &[&str]| {
        repo.run_with(
            ".",
            &[
                &["check", "--policy-from", "main", "--dir", dir, "plan.json"],
                args,
            ]
            .concat(),
            &[],
        )
    };
    assert_eq!(
        (
            check("stacks/prod", &[]).code,
            check("stacks/preview", &[]).code,
            check("stacks/../stacks/prod", &[]).code
        ),
        (1, 0, 1)
    );
    repo.remove(plan);
    fs::remove_dir_all(repo.dir.join("stacks/prod")).expect("removed");
    symlink("preview", repo.dir.join("stacks/prod")).expect("a link");
    let judged = check("stacks/prod", &[]);
    assert_eq!(
        (judged.code, judged.out.as_str()),
        (2, ""),
        "{}",
        judged.out
    );
    assert!(
        judged.err.contains("behind a symbolic link"),
        "{}",
        judged.err
    );
    symlink(&repo.dir, repo.dir.join("../link")).expect("a link");
    let out = repo.run_with(
        "..",
        &[
            "check",
            "--policy-from",
            "main",
            "--dir",
            "link/stacks/preview",
            "clone/plan.json",
        ],
        &[],
    );
    assert_eq!(
        out.code, 0,
        "one outside of it is nobody's change: {}",
        out.err
    );
}

/// `--config` names a file of the revision, wherever the working tree has led it since.
#[test]
fn a_named_file() {
    let Some(repo) = repo(&[
        ("easy.toml", EASY),
        ("policies/strict.toml", "block_at = \"high\"\n"),
        ("applygate.toml", EASY),
    ]) else {
        return;
    };
    let check = |config: &str| repo.check(&["--policy-from", "main", "--config", config]);
    assert_eq!(
        (
            check("../../policies/strict.toml").code,
            check("../../easy.toml").code
        ),
        (1, 0)
    );
    let absolute = repo.dir.join("policies/strict.toml");
    assert_eq!(check(absolute.to_str().expect("text")).code, 1);
    let set = repo.run_with(
        "stacks/prod",
        &["check", "plan.json", "--policy-from", "main"],
        &[("APPLYGATE_CONFIG", "../../policies/strict.toml")],
    );
    assert_eq!(set.code, 1);
    repo.write("policies/strict.toml", EASY);
    repo.write("new.toml", EASY);
    assert_eq!(
        repo.check(&["--config", "../../policies/strict.toml"]).code,
        0
    );
    let judged = check("../../policies/strict.toml");
    assert_eq!(
        (
            judged.code,
            judged.footer("ignored").len(),
            judged.footer("weaker").len()
        ),
        (1, 1, 1),
        "{}",
        judged.out
    );
    fs::remove_dir_all(repo.dir.join("policies")).expect("removed");
    fs::create_dir(repo.dir.join("lax")).expect("made");
    repo.write("lax/strict.toml", EASY);
    symlink("lax", repo.dir.join("policies")).expect("a link");
    assert_eq!(
        repo.check(&["--config", "../../policies/strict.toml"]).code,
        0
    );
    assert_eq!(
        check("../../policies/strict.toml").code,
        1,
        "the path is the revision's"
    );
    for config in [
        "../../new.toml",
        "../../../outside.toml",
        "/etc/passwd",
        "../..",
        "",
    ] {
        let judged = check(config);
        assert_eq!(
            (judged.code, judged.out.as_str()),
            (2, ""),
            "{config}: {}",
            judged.err
        );
    }
}

#[test]
fn environments_of_the_revision() {
    let text =
        "[env.preview]\ndirectory = \"stacks/preview\"\nrules = { stateful-destroy = \"low\" }\n";
    let Some(repo) = repo(&[("applygate.toml", text)]) else {
        return;
    };
    repo.write("stacks/preview/x", "");
    repo.write(
        "applygate.toml",
        &text
            .replace("stacks/preview", "stacks/prod")
            .replace("env.preview", "env.prod"),
    );
    assert_eq!(repo.check(&[]).code, 0);
    let judged = repo.check(&["--policy-from", "main"]);
    assert_eq!((judged.code, judged.footer("weaker").len()), (1, 1));
    assert_eq!(
        repo.check(&["--policy-from", "main", "--dir", "../preview"])
            .code,
        0
    );
    assert_eq!(
        repo.check(&["--policy-from", "main", "--env", "preview"])
            .code,
        0
    );
    let judged = repo.check(&["--policy-from", "main", "--env", "prod"]);
    assert_eq!(judged.code, 2, "one that only the change has");
    assert!(judged.err.contains("at main ("), "{}", judged.err);
}

#[test]
fn the_variable_and_the_flag() {
    let Some(repo) = repo(&[("applygate.toml", "block_at = \"high\"\n")]) else {
        return;
    };
    repo.write("applygate.toml", EASY);
    repo.commit("x");
    let run =
        |args: &[&str]| repo.run_with("stacks/prod", args, &[("APPLYGATE_POLICY_FROM", "main")]);
    assert_eq!(run(&["check", "plan.json"]).code, 1);
    assert_eq!(
        run(&["check", "plan.json", "--policy-from", "change"]).code,
        0,
        "the flag wins"
    );
    assert_eq!(run(&["check", "plan.json", "--no-config"]).code, 2);
    assert_eq!(
        repo.check(&["--policy-from", "main", "--no-config"]).code,
        2
    );
    assert_eq!(
        repo.run_with(
            "stacks/prod",
            &["check", "plan.json"],
            &[("APPLYGATE_POLICY_FROM", "")]
        )
        .code,
        0,
        "empty is not set"
    );
    let shown = run(&["config", "show"]);
    assert!(
        shown.out.starts_with("policy  applygate.toml at main ("),
        "{}",
        shown.out
    );
    let checked = run(&["config", "check"]);
    assert_eq!(
        (checked.code, checked.out.as_str()),
        (
            0,
            "applygate.toml: no mistakes; 0 environments, 0 waivers\n"
        ),
        "it is for a file that is still to be agreed on"
    );
}

#[test]
fn json_tells_the_same() {
    let schema: Value = serde_json::from_str(
        &fs::read_to_string(root().join("schema/report.schema.json")).expect("the schema"),
    )
    .expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let Some(repo) = repo(&[("applygate.toml", "block_at = \"high\"\n")]) else {
        return;
    };
    let told = |args: &[&str]| {
        let report: Value =
            serde_json::from_str(&repo.check(&[&["--format", "json"], args].concat()).out)
                .expect("a report");
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        report["plans"][0]["policy_from"].clone()
    };
    let commit = repo.git(&["rev-parse", "main"]);
    assert_eq!(told(&[]), Value::Null);
    assert_eq!(
        told(&["--policy-from", "main"]),
        json!({"revision": "main", "commit": commit, "checked_out": true, "ignored": [], "weaker": null})
    );
    repo.write("applygate.toml", EASY);
    let ignored = json!([{"file": "applygate.toml", "change": "changed", "usable": true}]);
    let through =
        json!([{"rule": "stateful-destroy", "address": "aws_db_instance.main", "deposed": null}]);
    let weaker = json!({"verdict": "warn", "lets_through": through});
    assert_eq!(
        told(&["--policy-from", "main"]),
        json!({"revision": "main", "commit": commit, "checked_out": true, "ignored": ignored, "weaker": weaker})
    );
}
