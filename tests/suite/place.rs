//! A plan is compared with the directory that it is from, wherever the gate is started.

use std::path::Path;

use crate::common::{applygate, root};

/// A stack with a pin of serial 41 or so, and a plan of an older state.
const OLD_STATE: &str = "fixtures/state-rolled-back/fires-older-serial";

/// One with its state on the disk.
const LOCAL: &str = "fixtures/backend-unsafe/quiet-local-topics";

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("readable").flatten() {
        let (kind, target) = (
            entry.file_type().expect("a type"),
            to.join(entry.file_name()),
        );
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// Exit code and what is printed by `check PLAN` in a directory.
fn check(dir: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output = applygate()
        .current_dir(dir)
        .arg("check")
        .args(words)
        .output()
        .expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("text"))
}

/// A repository with a stack, a sibling, and a folder for plans.
fn repository(fixture: &str) -> tempfile::TempDir {
    let temp = tempfile::tempdir().expect("a directory");
    copy(&root().join(fixture), &temp.path().join("stack"));
    // The fixture lacks the file with the provider: the names are what counts.
    std::fs::write(temp.path().join("stack/aws.tf"), "").expect("written");
    std::fs::create_dir_all(temp.path().join("sibling")).expect("made");
    std::fs::write(temp.path().join("sibling/x.tf"), "# another stack\n").expect("written");
    std::fs::create_dir_all(temp.path().join("plans")).expect("made");
    std::fs::copy(
        temp.path().join("stack/plan.tfplan"),
        temp.path().join("plans/tfplan"),
    )
    .expect("copied");
    temp
}

#[test]
fn from_inside_from_above_and_from_beside() {
    let temp = repository(OLD_STATE);
    let at = |dir: &str| temp.path().join(dir);
    for (dir, words) in [
        (at("stack"), vec!["plan.tfplan"]),
        (at(""), vec!["stack/plan.tfplan"]),
        (at("sibling"), vec!["../stack/plan.tfplan"]),
        (at(""), vec!["stack"]),
        // A folder of plans has no sources: the current directory counts.
        (at("stack"), vec!["../plans/tfplan"]),
    ] {
        let (code, text) = check(&dir, &words);
        assert!(
            code == Some(1) && text.contains("state-rolled-back") && text.contains(", pin "),
            "{dir:?} {words:?}: {text}"
        );
    }
}

#[test]
fn an_edited_comment_and_line_ends_change_no_place() {
    let temp = repository(OLD_STATE);
    let main = temp.path().join("stack/main.tf");
    let text = std::fs::read_to_string(&main).expect("sources");
    std::fs::write(&main, text.replace('\n', "\r\n")).expect("written");
    let (code, said) = check(temp.path(), &["stack/plan.tfplan"]);
    assert!(
        code == Some(1) && said.contains("changed since the plan: aws.tf\n"),
        "{said}"
    );
    std::fs::write(&main, format!("{text}# a comment\n")).expect("written");
    let (code, said) = check(temp.path(), &["stack/plan.tfplan"]);
    assert!(
        code == Some(1) && said.contains("changed since the plan: aws.tf, main.tf"),
        "{said}"
    );
}

#[test]
fn without_a_place_the_headline_says_so() {
    let temp = repository(OLD_STATE);
    let at = |dir: &str| temp.path().join(dir);
    let (_, said) = check(&at("sibling"), &["../plans/tfplan"]);
    assert!(
        said.lines()
            .next()
            .unwrap_or_default()
            .ends_with("place not checked"),
        "{said}"
    );
    std::fs::remove_file(at("stack/applygate.pin.toml")).expect("removed");
    let (_, said) = check(&at(""), &["stack/plan.tfplan"]);
    assert!(
        said.lines().next().unwrap_or_default().ends_with("no pin"),
        "{said}"
    );
}

#[test]
fn the_policy_of_the_stack_holds_from_above() {
    let temp = repository(OLD_STATE);
    std::fs::write(
        temp.path().join("stack/applygate.toml"),
        "block_at = \"critical\"\n[expect]\nworkspace = [\"elsewhere\"]\n",
    )
    .expect("written");
    let (_, said) = check(temp.path(), &["stack/plan.tfplan"]);
    assert!(said.contains("workspace-unexpected"), "{said}");
}

/// Terragrunt copies a unit and plans there; what lasts is the unit.
#[test]
fn a_copy_of_terragrunt_is_compared_with_its_unit() {
    let temp = repository(OLD_STATE);
    let unit = temp.path().join("unit");
    let cached = unit.join(".terragrunt-cache/a/b");
    copy(&temp.path().join("stack"), &cached);
    std::fs::write(unit.join("terragrunt.hcl"), "").expect("written");
    std::fs::rename(
        cached.join("applygate.pin.toml"),
        unit.join("applygate.pin.toml"),
    )
    .expect("moved");
    for (dir, plan) in [
        (
            temp.path().to_owned(),
            "unit/.terragrunt-cache/a/b/plan.tfplan",
        ),
        (unit.clone(), ".terragrunt-cache/a/b/plan.tfplan"),
        (cached.clone(), "plan.tfplan"),
    ] {
        let (code, said) = check(&dir, &[plan]);
        assert!(
            code == Some(1) && said.contains("state-rolled-back"),
            "{dir:?}: {said}"
        );
    }
}

/// A tree of plans that were kept apart from their units: `--dir` names the tree of the units.
#[test]
fn a_tree_of_plans_beside_a_tree_of_units() {
    let temp = repository(OLD_STATE);
    std::fs::create_dir_all(temp.path().join("out/stack")).expect("made");
    std::fs::rename(
        temp.path().join("plans/tfplan"),
        temp.path().join("out/stack/tfplan"),
    )
    .expect("moved");
    let (code, said) = check(temp.path(), &["out"]);
    assert!(
        code == Some(0) && said.contains("place not checked"),
        "{said}"
    );
    let (code, said) = check(temp.path(), &["out", "--dir", "."]);
    assert!(
        code == Some(1) && said.contains("serial 2, pin 4"),
        "{said}"
    );
    // A unit that is gone is not held against the pin of the tree.
    for dir in ["out/gone", "out/gone/too"] {
        copy(&temp.path().join("out/stack"), &temp.path().join(dir));
    }
    let pin = temp.path().join("stack/applygate.pin.toml");
    std::fs::copy(pin, temp.path().join("applygate.pin.toml")).expect("copied");
    let (_, said) = check(temp.path(), &["out", "--dir", "."]);
    assert_eq!(said.matches("place not checked\n").count(), 2, "{said}");
    assert_eq!(said.matches(", pin 4").count(), 1, "{said}");
    assert!(
        said.contains("unknown   the directories of 2 plans: no pin"),
        "{said}"
    );
}

/// The pin is written where it is looked for: in the stack, and in the unit rather than in the copy that is wiped.
#[test]
fn a_pin_is_written_where_it_is_read() {
    let temp = repository(OLD_STATE);
    let unit = temp.path().join("unit");
    let cached = unit.join(".terragrunt-cache/a/b");
    copy(&temp.path().join("stack"), &cached);
    for dir in [&cached, &temp.path().join("stack")] {
        std::fs::remove_file(dir.join("applygate.pin.toml")).expect("removed");
    }
    let pin = |plan: &str| {
        applygate()
            .current_dir(temp.path())
            .args(["pin", plan])
            .output()
            .expect("it runs")
    };
    assert!(pin("stack/plan.tfplan").status.success());
    assert!(
        pin("unit/.terragrunt-cache/a/b/plan.tfplan")
            .status
            .success()
    );
    for there in ["stack/applygate.pin.toml", "unit/applygate.pin.toml"] {
        assert!(temp.path().join(there).is_file(), "{there}");
    }
    assert!(!temp.path().join("applygate.pin.toml").exists());
    assert!(!cached.join("applygate.pin.toml").exists());
    let (code, said) = check(temp.path(), &["unit/.terragrunt-cache/a/b/plan.tfplan"]);
    assert!(code == Some(0) && said.contains("= pin"), "{said}");
}

/// Nothing is turned off in silence.
#[test]
fn what_is_left_out_on_purpose_is_named() {
    let temp = repository(OLD_STATE);
    let stack = temp.path().join("stack");
    std::fs::write(stack.join("applygate.toml"), "block_at = \"low\"\n").expect("written");
    let (_, said) = check(&stack, &["--no-config", "plan.tfplan"]);
    assert!(
        said.contains("applygate.toml is not used (--no-config)"),
        "{said}"
    );
    let (_, said) = check(&stack, &["--no-dir", "plan.tfplan"]);
    assert!(
        said.contains("applygate.pin.toml is not used (--no-dir)"),
        "{said}"
    );
    let (_, said) = check(&stack, &["plan.tfplan"]);
    assert!(!said.contains("is not used"), "{said}");
    // From above as well, and where another directory is named.
    let from_above = |flags: &[&str]| {
        let (_, said) = check(temp.path(), &[flags, &["stack/plan.tfplan"]].concat());
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let said = from_above(&["--no-dir"]);
    assert!(
        said.contains("stack/applygate.pin.toml is not used (--no-dir)"),
        "{said}"
    );
    assert!(
        said.contains("stack/applygate.toml is not used (--no-dir)"),
        "{said}"
    );
    let said = from_above(&["--no-config"]);
    assert!(
        said.contains("stack/applygate.toml is not used (--no-config)"),
        "{said}"
    );
    let said = from_above(&["--dir", "sibling"]);
    assert!(
        said.contains(
            "stack/applygate.pin.toml is not used: the plan is judged by what sibling has"
        ),
        "{said}"
    );
    assert!(
        said.contains("stack/applygate.toml is not used: the plan is judged by what sibling has"),
        "{said}"
    );
    let other = temp.path().join("other.toml");
    std::fs::write(&other, "block_at = \"low\"\n").expect("written");
    let said = from_above(&["--config", "other.toml"]);
    assert!(
        said.contains("stack/applygate.toml is not used (another one is named)"),
        "{said}"
    );
    assert!(!from_above(&["--config", "stack/applygate.toml"]).contains("is not used"));
    assert!(!from_above(&[]).contains("is not used"));
    assert!(!from_above(&["--dir", "stack"]).contains("is not used"));
    // The sibling's own pin is none that could be meant.
    std::fs::copy(
        stack.join("applygate.pin.toml"),
        temp.path().join("sibling/applygate.pin.toml"),
    )
    .expect("copied");
    let (_, said) = check(&temp.path().join("sibling"), &["../stack/plan.tfplan"]);
    assert!(!said.contains("is not used"), "{said}");
}

/// CDKTF writes its stacks anew each time; what lasts is the directory with `cdktf.json`. Each of its stacks has a pin file of its own there.
#[test]
fn stacks_of_cdktf_have_their_pins_in_the_project() {
    let temp = repository(OLD_STATE);
    let (app, stacks) = (
        temp.path().join("app"),
        temp.path().join("app/cdktf.out/stacks"),
    );
    for stack in ["web", "db"] {
        copy(&temp.path().join("stack"), &stacks.join(stack));
        std::fs::remove_file(stacks.join(stack).join("applygate.pin.toml")).expect("removed");
    }
    let pin = temp.path().join("stack/applygate.pin.toml");
    std::fs::copy(pin, app.join("applygate.pin.web.toml")).expect("copied");
    let plan = "app/cdktf.out/stacks/web/plan.tfplan";
    let (_, said) = check(temp.path(), &[plan]);
    assert!(!said.contains("state-rolled-back"), "no cdktf.json: {said}");
    std::fs::write(app.join("cdktf.json"), "{}").expect("written");
    for (dir, plan) in [
        (temp.path().to_owned(), plan),
        (app.clone(), "cdktf.out/stacks/web/plan.tfplan"),
        (stacks.join("db"), "../web/plan.tfplan"),
        (stacks.join("web"), "plan.tfplan"),
    ] {
        let (code, said) = check(&dir, &[plan]);
        assert!(
            code == Some(1) && said.contains("state-rolled-back") && said.contains(", pin 4"),
            "{dir:?}: {said}"
        );
    }
    // The other stack is not held against it, and gets its own.
    let other = "app/cdktf.out/stacks/db/plan.tfplan";
    let (_, said) = check(temp.path(), &[other]);
    assert!(said.contains("no pin"), "{said}");
    let output = applygate()
        .current_dir(temp.path())
        .args(["pin", other])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    assert!(app.join("applygate.pin.db.toml").is_file());
    assert!(!app.join("applygate.pin.toml").exists());
    assert!(!stacks.join("db/applygate.pin.toml").exists());
    let (_, said) = check(temp.path(), &[other]);
    assert!(said.contains("serial 2 = pin"), "{said}");
    let (code, said) = check(temp.path(), &[plan]);
    assert!(code == Some(1) && said.contains(", pin 4"), "{said}");
}

/// The policy of a project holds for its stacks in both forms, and is named where it does not.
#[test]
fn stacks_of_cdktf_have_their_policy_in_the_project() {
    let temp = repository(OLD_STATE);
    let app = temp.path().join("app");
    let stack = app.join("cdktf.out/stacks/web");
    copy(&temp.path().join("stack"), &stack);
    for file in [app.join("cdktf.json"), temp.path().join("cdktf.json")] {
        std::fs::write(file, "{}").expect("written");
    }
    let policy = app.join("applygate.toml");
    std::fs::write(policy, "[rules]\nstateful-destroy = \"critical\"\n").expect("written");
    for plan in ["plan.tfplan", "plan.json"] {
        let plan = format!("app/cdktf.out/stacks/web/{plan}");
        let (_, said) = check(temp.path(), &[&plan]);
        assert!(said.contains("\npolicy    applygate.toml"), "{said}");
    }
}

/// Terragrunt writes the units of a stack into `.terragrunt-stack`, which nobody commits.
#[test]
fn units_of_a_stack_have_their_pins_above_it() {
    let temp = repository(OLD_STATE);
    let live = temp.path().join("live");
    let unit = live.join(".terragrunt-stack/net/vpc");
    let cached = unit.join(".terragrunt-cache/a/b");
    copy(&temp.path().join("stack"), &cached);
    std::fs::remove_file(cached.join("applygate.pin.toml")).expect("removed");
    std::fs::write(live.join("terragrunt.stack.hcl"), "").expect("written");
    let plan = "live/.terragrunt-stack/net/vpc/.terragrunt-cache/a/b/plan.tfplan";
    let output = applygate()
        .current_dir(temp.path())
        .args(["pin", plan])
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    assert!(live.join("applygate.pin.net.vpc.toml").is_file());
    for (dir, plan) in [(temp.path(), plan), (&cached, "plan.tfplan")] {
        let (code, said) = check(dir, &[plan]);
        assert!(code == Some(0) && said.contains("serial 2 = pin"), "{said}");
        assert!(said.contains("applygate.pin.net.vpc.toml"), "{said}");
    }
}

/// `place` is what the plan says; whoever answers the question sees which file is meant.
#[test]
fn a_local_state_has_its_full_path() {
    let temp = repository(LOCAL);
    let root = temp.path().canonicalize().expect("its path");
    let path = root.join("stack/terraform.tfstate");
    let path = path.to_str().expect("text");
    let (_, said) = check(&temp.path().join("sibling"), &["../stack/plan.tfplan"]);
    assert!(
        said.contains("local terraform.tfstate · workspace default")
            && said.contains(&format!("\nfile      {path}\n")),
        "{said}"
    );
    let (_, said) = check(temp.path(), &["stack/plan.tfplan", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(said.lines().next().unwrap_or_default())
        .or_else(|_| serde_json::from_str(&said))
        .expect("JSON");
    assert_eq!(report["plans"][0]["state"]["path"], path);
    // Of a plan from somewhere else nobody knows.
    let (_, said) = check(&temp.path().join("sibling"), &["../plans/tfplan"]);
    assert!(!said.contains("\nfile "), "{said}");
}
