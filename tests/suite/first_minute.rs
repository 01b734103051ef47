//! The first minute with the tool: a wrong word or a wrong file is answered with what to type.
use std::path::Path;

use crate::common::{applygate, root};

const DESTROY: &str = "fixtures/incident/2-old-state-destroy";
/// Words that let more through: no hint has them.
const WEAKENING: [&str; 6] = [
    "--allow",
    "--exit-zero",
    "--no-config",
    "--break-freeze",
    "--yes",
    "--first-apply",
];

fn told_in(dir: &Path, args: &[&str]) -> String {
    let output = applygate()
        .current_dir(dir)
        .args(args)
        .output()
        .expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
    error.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every word that is not right, and the line that is.
#[test]
fn a_wrong_word_is_answered_with_the_right_line() {
    let temp = tempfile::tempdir().expect("a directory");
    std::fs::write(temp.path().join("prod plan"), "").expect("written");
    for (typed, hint) in [
        ("tfplan", "tip: applygate check tfplan"),
        ("plan.json", "tip: applygate check plan.json"),
        ("out/plan", "tip: applygate check out/plan"),
        ("-", "tip: applygate check -"),
        ("tfplan --verbose", "tip: applygate check tfplan --verbose"),
        (
            "plan",
            "tip: terraform plan -out tfplan && applygate check tfplan",
        ),
        (
            "plan -out tfplan",
            "tip: terraform plan -out tfplan && applygate check tfplan",
        ),
        (
            "terraform apply",
            "tip: in place of terraform apply: terraform plan -out tfplan && applygate apply tfplan",
        ),
        (
            "tofu apply tfplan",
            "tip: in place of tofu apply: tofu plan -out tfplan && applygate apply tfplan",
        ),
        (
            "terraform plan",
            "tip: terraform plan -out tfplan && applygate check tfplan",
        ),
        (
            "terraform destroy",
            "tip: terraform plan -destroy -out tfplan && applygate apply tfplan",
        ),
        (
            "destroy",
            "tip: terraform plan -destroy -out tfplan && applygate apply tfplan",
        ),
        (
            "explain stateful-destroy",
            "tip: applygate rules explain stateful-destroy",
        ),
        ("types aws_db", "tip: applygate rules types aws_db"),
        ("show tfplan", "tip: applygate check tfplan"),
        (
            "validate",
            "applygate config check finds mistakes in a policy",
        ),
        ("version", "tip: applygate --version"),
        ("policy", "tip: applygate config show"),
        ("chekc tfplan", "tip: a similar subcommand exists: 'check'"),
        (
            "rules stateful-destory",
            "tip: applygate rules explain stateful-destroy",
        ),
        (
            "rules aws_db_instance",
            "tip: applygate rules types aws_db_instance",
        ),
        (
            "rules explain statful-destroy",
            "help: did you mean stateful-destroy?",
        ),
        (
            "rules types aws_db_instnce",
            "help: did you mean aws_db_instance?",
        ),
        (
            "rules types nosuch",
            "help: a type that is not listed is judged by its name",
        ),
        ("check --json tfplan", "tip: --format json"),
        ("check -json tfplan", "tip: --format json"),
        ("check -f json tfplan", "tip: --format FORMAT"),
        (
            "check --plan tfplan",
            "tip: the plan is named without a flag: applygate check tfplan",
        ),
        (
            "check --file=x.json",
            "tip: the plan is named without a flag: applygate check x.json",
        ),
        (
            "check -out=tfplan",
            "tip: it belongs to the plan: terraform plan -out tfplan",
        ),
        (
            "check -var-file=x tfplan",
            "tip: it belongs to the plan: terraform plan -var-file ... -out tfplan",
        ),
        (
            "check --target=a.b tfplan",
            "tip: it belongs to the plan: terraform plan -target ... -out tfplan",
        ),
        (
            "check -detailed-exitcode tfplan",
            "tip: remove it: check ends with 0 (let through), 1 (blocked) or 2 (could not judge)",
        ),
        (
            "check -auto-approve tfplan",
            "tip: remove it: check only reports and asks nothing",
        ),
        ("check -chdir=infra tfplan", "tip: --dir infra"),
        ("check -c x tfplan", "tip: --config FILE"),
        (
            "check -no-color tfplan",
            "tip: flags of more than one letter have two dashes here",
        ),
        (
            "check --workspace prod tfplan",
            "tip: remove it: a saved plan knows its workspace",
        ),
        (
            "check --verbos tfplan",
            "tip: a similar argument exists: '--verbose'",
        ),
        ("apply --yes warn tfplan", "tip: --yes=warn"),
        (
            "apply --private-copy file tfplan",
            "tip: --private-copy=file",
        ),
        (
            "apply --json tfplan",
            "tip: -json, with one dash: it is passed to Terraform",
        ),
        (
            "apply --auto-approve tfplan",
            "tip: remove it: Terraform does not ask about a saved plan, applygate does",
        ),
        (
            "apply --target=a.b tfplan",
            "tip: it belongs to the plan: terraform plan -target ... -out tfplan",
        ),
        (
            "apply --now 2026-12-01T12:00:00Z tfplan",
            "tip: apply takes the time from the clock",
        ),
        (
            "apply -paralellism=4 tfplan",
            "help: did you mean -parallelism? allowed are",
        ),
        (
            "check --allow statefull-destroy@a.b tfplan",
            "there is no rule \"statefull-destroy\"; did you mean stateful-destroy?",
        ),
        (
            "check --expect aws_db_instance tfplan",
            "\"aws_db_instance\" is only a type; all of that type: aws_db_instance.*, in every module: **.aws_db_instance.*",
        ),
        (
            "check --block-at hgih tfplan",
            "tip: a similar value exists: 'high'",
        ),
    ] {
        let args: Vec<&str> = typed.split(' ').collect();
        let told = told_in(temp.path(), &args);
        assert!(told.contains(hint), "{typed}: {told}");
        assert!(!told.contains("as a value"), "{typed}: {told}");
        let after = told.split("tip: ").nth(1).unwrap_or_default();
        for word in WEAKENING.iter().filter(|word| !typed.contains(**word)) {
            assert!(!after.contains(word), "{typed}: {told}");
        }
    }
    let told = told_in(temp.path(), &["prod plan"]);
    assert!(told.contains("tip: applygate check 'prod plan'"), "{told}");
}

/// What a tired engineer types, by the habits of other tools and in the wrong order.
#[test]
fn what_tired_people_type() {
    let temp = tempfile::tempdir().expect("a directory");
    let saved = std::fs::read(root().join(DESTROY).join("plan.tfplan")).expect("a plan");
    std::fs::write(temp.path().join("tfplan"), saved).expect("written");
    std::fs::create_dir(temp.path().join("infra")).expect("made");
    std::fs::write(temp.path().join("infra/main.tf"), "# nothing\n").expect("written");
    std::fs::create_dir(temp.path().join("empty")).expect("made");
    for (typed, hint) in [
        // In the wrong order, or with the wrong word for the command.
        ("tfplan check", "tip: applygate check tfplan"),
        ("tfplan apply", "tip: applygate apply tfplan"),
        (
            "plan.json check --format json",
            "tip: applygate check plan.json --format json",
        ),
        ("scan plan.json", "tip: applygate check plan.json"),
        ("review", "tip: applygate check tfplan"),
        ("report tfplan -v", "tip: applygate check tfplan -v"),
        ("check help", "help does not exist (did you mean --help?)"),
        ("help plan", "tip: applygate help"),
        ("help chek", "tip: applygate help check"),
        ("man chek", "help: did you mean check?"),
        (
            "check --exit-code tfplan",
            "tip: remove it: check ends with 0",
        ),
        ("-v", "tip: applygate --version"),
        ("-version", "tip: applygate --version"),
        ("diff", "tip: applygate source says what a change"),
        ("hook", "tip: applygate pre-commit --help"),
        ("completion zsh", "tip: applygate completions zsh"),
        ("completions", "tip: applygate completions bash"),
        // What is another program's.
        ("fmt", "tip: that is Terraform's: terraform fmt"),
        (
            "state list",
            "tip: that is Terraform's: terraform state list",
        ),
        (
            "workspace select prod",
            "tip: that is Terraform's: terraform workspace select prod",
        ),
        (
            "init -upgrade",
            "tip: that is Terraform's: terraform init -upgrade",
        ),
        (
            "init -backend-config=prod.hcl",
            "tip: that is Terraform's: terraform init -backend-config=prod.hcl",
        ),
        (
            "tf apply",
            "tip: in place of terraform apply: terraform plan -out tfplan && applygate apply tfplan",
        ),
        (
            "terragrunt run-all plan",
            "tip: terragrunt run --all --json-out-dir plans -- plan && applygate check plans",
        ),
        (
            "pre-commit install --hook-type pre-push",
            "tip: that is the program pre-commit itself: pre-commit install --hook-type pre-push",
        ),
        // Flags of Terraform, with and without their value.
        (
            "check -json tfplan",
            "unexpected argument '-json' found tip: --format json",
        ),
        (
            "check -var x=1 tfplan",
            "unexpected argument '-var' found tip: it belongs to the plan: terraform plan -var ... -out tfplan",
        ),
        (
            "check --var-file prod.tfvars tfplan",
            "tip: it belongs to the plan: terraform plan -var-file ... -out tfplan",
        ),
        (
            "check -target aws_x.y tfplan",
            "tip: it belongs to the plan: terraform plan -target ... -out tfplan",
        ),
        (
            "apply -var x=1 tfplan",
            "tip: it belongs to the plan: terraform plan -var ... -out tfplan",
        ),
        (
            "apply -target=aws_x.y tfplan",
            "-target is not passed to terraform apply: it belongs to the plan",
        ),
        (
            "apply -auto-approve tfplan",
            "Terraform does not ask about a saved plan",
        ),
        (
            "check -input=false tfplan",
            "tip: remove it: check only reports",
        ),
        (
            "check --dry-run tfplan",
            "tip: remove it: check only reports",
        ),
        ("check --yes tfplan", "tip: remove it: check only reports"),
        (
            "apply --dry-run tfplan",
            "tip: applygate check tfplan: it judges",
        ),
        (
            "apply -y tfplan",
            "tip: applygate help apply says how a plan is applied without a question",
        ),
        ("apply --dir infra tfplan", "tip: --chdir infra"),
        ("check -C infra tfplan", "tip: --dir infra"),
        (
            "apply -f tfplan",
            "tip: the plan is named without a flag: applygate apply tfplan",
        ),
        (
            "apply tfplan plan.json",
            "tip: one plan at a time: applygate apply tfplan",
        ),
        (
            "apply --private-copy tfplan",
            "tip: --private-copy=memory or --private-copy=file",
        ),
        (
            "apply --break-freeze tfplan",
            "tfplan is a file: say why, such as",
        ),
        // Flags of other linters and scanners.
        (
            "check --severity high tfplan",
            "tip: --block-at SEVERITY: critical, high, medium or low",
        ),
        ("check --fail-on=high tfplan", "tip: --block-at SEVERITY"),
        ("check --policy x.toml tfplan", "tip: --config FILE"),
        ("check --debug tfplan", "tip: --verbose"),
        ("check --format yaml tfplan", "tip: --format json"),
        ("check --format=text tfplan", "tip: --format human"),
        ("check --format md tfplan", "tip: --format markdown"),
        (
            "check --output x.json tfplan",
            "--output x.json has no --format before it",
        ),
        (
            "check --ignore stateful-destroy tfplan",
            "tip: what is wanted is let through by its rule and address: applygate help check",
        ),
        (
            "check --soft-fail tfplan",
            "tip: what is wanted is let through by its rule",
        ),
        (
            "apply --force tfplan",
            "tip: what is wanted is let through by its rule",
        ),
        (
            "check --max-destroy five tfplan",
            "expected a whole number, such as 3",
        ),
        (
            "check --allow stateful-destroy tfplan",
            "expected RULE@ADDRESS, such as stateful-destroy@aws_db_instance.old",
        ),
        // Looking things up.
        (
            "rules show mass-destroy",
            "tip: applygate rules explain mass-destroy",
        ),
        ("rules search db", "tip: applygate rules types db"),
        (
            "rules explain aws_db_instance",
            "help: it looks like a resource type: applygate rules types aws_db_instance",
        ),
        (
            "rules explain",
            "tip: applygate rules explain stateful-destroy; applygate rules lists all",
        ),
        (
            "rules list extra",
            "tip: applygate rules explain ID, or applygate rules types WORD",
        ),
        ("config validate", "tip: applygate config check"),
        ("config init", "tip: applygate init"),
        (
            "config edit",
            "tip: edit applygate.toml, then: applygate config check",
        ),
        ("config my.toml", "tip: applygate config check my.toml"),
        (
            "config show applygate.toml",
            "tip: applygate config show --config applygate.toml",
        ),
        ("init infra", "tip: applygate init --dir infra"),
        (
            "init --force",
            "tip: init writes over no file: move it away first, or see what it would write: applygate init --stdout",
        ),
        (
            "pin",
            "tip: terraform plan -out tfplan && applygate pin tfplan",
        ),
        // Directories and standard input.
        (
            "check infra",
            "infra holds Terraform configuration and no plan help: make the plan first: terraform -chdir=DIR plan -out tfplan && applygate check DIR/tfplan",
        ),
        ("check empty", "empty holds no plan (0 other files)"),
        (
            "apply infra",
            "infra is a directory, not a plan help: give the plan that is in it, such as: applygate apply DIR/tfplan",
        ),
        ("pin infra", "such as: applygate pin DIR/tfplan"),
        ("check -", "(standard input) is empty"),
        ("apply -", "- is empty"),
    ] {
        let args: Vec<&str> = typed.split(' ').collect();
        let told = told_in(temp.path(), &args);
        assert!(told.contains(hint), "{typed}: {told}");
        let after = told.split("tip: ").nth(1).unwrap_or_default();
        for word in WEAKENING.iter().filter(|word| !typed.contains(**word)) {
            assert!(!after.contains(word), "{typed}: {told}");
        }
    }
}

/// What is meant all the same: help before the command, a word twice, capitals.
#[test]
fn what_is_understood() {
    for (typed, says) in [
        ("--help check", "Usage: applygate check"),
        ("-help check", "Usage: applygate check"),
        ("check -help", "Usage: applygate check"),
        ("help check", "Usage: applygate check"),
        ("", "terraform plan -out tfplan && applygate check tfplan"),
        ("rules types AWS_DB_INSTANCE", "aws_db_instance "),
    ] {
        let args: Vec<&str> = typed.split(' ').filter(|word| !word.is_empty()).collect();
        let output = applygate().args(&args).output().expect("it runs");
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8(told).expect("text");
        assert!(told.contains(says), "{typed}: {told}");
    }
    let plan = format!("{DESTROY}/plan.json");
    for more in [
        &["-v", "-v"][..],
        &["-vv"],
        &["--format", "JSON"],
        &["--block-at", "HIGH"],
        &["--color", "Never"],
    ] {
        applygate()
            .arg("check")
            .arg(&plan)
            .args(more)
            .assert()
            .code(1);
    }
}

/// Bytes that editors and shells add before and within JSON change nothing; a format that is newer is not guessed at.
#[test]
fn what_editors_make_of_json() {
    let temp = tempfile::tempdir().expect("a directory");
    let plan = root().join(DESTROY).join("plan.json");
    let text = std::fs::read_to_string(plan).expect("a plan");
    let lines = text.replace(",\"", ",\r\n\"");
    let newer = text.replacen("\"format_version\":\"1.", "\"format_version\":\"2.", 1);
    assert_ne!(newer, text);
    for (bytes, code) in [
        (format!("\u{feff}{text}"), 1),
        (format!("{lines}\r\n"), 1),
        (newer, 2),
    ] {
        let file = temp.path().join("plan.json");
        std::fs::write(&file, bytes).expect("written");
        let output = applygate()
            .arg("check")
            .arg(&file)
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(code));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(code != 2 || error.contains("update applygate"), "{error}");
    }
}

/// A directory, a file or a revision that `source` cannot know is refused: no change below it is not the same as no change.
#[test]
fn source_looks_at_what_is_there() {
    let temp = tempfile::tempdir().expect("a directory");
    let dir = temp.path();
    let git = |args: &[&str]| {
        let output = std::process::Command::new("git")
            .current_dir(dir)
            .env("HOME", dir)
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(args)
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{args:?}");
    };
    std::fs::create_dir(dir.join("infra")).expect("made");
    std::fs::write(dir.join("infra/main.tf"), "# nothing\n").expect("written");
    let saved = std::fs::read(root().join(DESTROY).join("plan.tfplan")).expect("a plan");
    std::fs::write(dir.join("tfplan"), saved).expect("written");
    git(&["init", "-q", "."]);
    git(&["add", "infra"]);
    git(&["commit", "-qm", "x"]);
    for (typed, what, help) in [
        (
            "nosuch",
            "nosuch does not exist, and has no configuration on either side of the change",
            "give a directory of the repository; a revision is named with --from REV",
        ),
        (
            "HEAD~1",
            "HEAD~1 does not exist",
            "a revision is named with --from REV",
        ),
        (
            "main..HEAD",
            "main..HEAD does not exist",
            "applygate source --from main --to HEAD",
        ),
        (
            "main...",
            "main... does not exist",
            "applygate source --from main --to HEAD",
        ),
        (
            "tfplan",
            "tfplan is a saved plan, and source looks at configuration",
            "applygate check tfplan",
        ),
    ] {
        let told = told_in_with_path(dir, &["source", typed]);
        assert!(
            told.contains(what) && told.contains(help),
            "{typed}: {told}"
        );
    }
    std::fs::remove_dir_all(dir.join("infra")).expect("removed");
    let output = applygate()
        .current_dir(dir)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .args(["source", "infra"])
        .output()
        .expect("it runs");
    assert_eq!(
        output.status.code(),
        Some(0),
        "gone from disk, and known to git"
    );
}

fn told_in_with_path(dir: &Path, args: &[&str]) -> String {
    let output = applygate()
        .current_dir(dir)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .args(args)
        .output()
        .expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
    error.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is typed after a plan is not handed on where it lets more through.
#[test]
fn a_hint_does_not_weaken() {
    for typed in [
        "tfplan --exit-zero",
        "tfplan --no-config",
        "check --no-confg tfplan",
        "check --break-freze x tfplan",
        "apply --brek-freeze x tfplan",
        "apply --yse tfplan",
        "check --exit-zeor tfplan",
    ] {
        let args: Vec<&str> = typed.split(' ').collect();
        let told = told_in(root(), &args);
        let hint = told.split("tip: ").nth(1).unwrap_or_default();
        let hint = hint.split("Usage:").next().unwrap_or_default();
        for word in WEAKENING {
            assert!(!hint.contains(word), "{typed}: {told}");
        }
    }
}

/// What an output goes to, and what is quiet: by the flags that there are.
#[test]
fn output_and_quiet() {
    let told = told_in(root(), &["check", "-o", "report.txt", "tfplan"]);
    assert!(
        told.contains("tip: --output FILE") || told.contains("tip: applygate check tfplan > FILE"),
        "{told}"
    );
    let told = told_in(root(), &["check", "--silent", "tfplan"]);
    assert!(
        told.contains("tip: --quiet") || told.contains("the exit code tells the verdict"),
        "{told}"
    );
}

/// Files as a real Terraform writes them (`fixtures/mistaken`), and others that lie beside a plan.
#[test]
fn a_wrong_file_is_named_for_what_it_is() {
    let temp = tempfile::tempdir().expect("a directory");
    let dir = temp.path();
    let mistaken = root().join("fixtures/mistaken");
    for entry in std::fs::read_dir(&mistaken)
        .expect("the files are there")
        .flatten()
    {
        std::fs::copy(entry.path(), dir.join(entry.file_name())).expect("copied");
    }
    let text = std::fs::read_to_string(mistaken.join("plan.txt")).expect("text");
    let wide: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let mut header = vec![0_u8; 1024];
    header[..6].copy_from_slice(b"tfplan");
    header[257..262].copy_from_slice(b"ustar");
    let saved = std::fs::read(root().join(DESTROY).join("plan.tfplan")).expect("a plan");
    header.extend(saved);
    for (name, bytes) in [
        ("wide.txt", wide),
        ("plans.tar", header),
        ("main.tf", b"resource \"null_resource\" \"a\" {}\n".to_vec()),
        ("unnamed", b"# ours\nresource \"null_resource\" \"a\" {\n}\n".to_vec()),
        ("x.tf.json", b"{\"resource\":{}}".to_vec()),
        ("prod.tfvars", b"a = 1\n".to_vec()),
        ("prod.auto.tfvars.json", b"{\"a\":1}".to_vec()),
        (".terraform.lock.hcl", b"provider \"x\" {\n}\n".to_vec()),
        ("schema.json", b"{\"format_version\":\"1.0\",\"provider_schemas\":{}}".to_vec()),
        ("functions.json", b"{\"format_version\":\"1.0\",\"function_signatures\":{}}".to_vec()),
        ("redacted.json", b"{\"plan_format_version\":\"1.1\",\"resource_changes\":[]}".to_vec()),
        ("terraform.tfstate", b"{\"version\":4,\"lineage\":\"x\",\"serial\":1,\"resources\":[]}".to_vec()),
        ("stream.json", b"{\"@level\":\"info\",\"@message\":\"Terraform 1.11.4\",\"type\":\"version\"}\n{\"@level\":\"info\",\"@message\":\"x\",\"type\":\"planned_change\"}\n".to_vec()),
    ] {
        std::fs::write(dir.join(name), bytes).expect("written");
    }
    let make =
        "save the plan and use that file: terraform plan -out tfplan && applygate COMMAND tfplan";
    let of_it = "make a plan: terraform plan -out tfplan && applygate COMMAND tfplan";
    let with_it = "make a plan with it: terraform plan -var-file=FILE -out tfplan && applygate COMMAND tfplan";
    let before =
        "check the plan before the apply: terraform plan -out tfplan && applygate COMMAND tfplan";
    let instead = "use the plan instead: terraform plan -out tfplan && applygate COMMAND tfplan";
    let text = "is the text output of terraform plan or show";
    for (file, what, help) in [
        ("plan.txt", text, make),
        ("plan-colour.txt", text, make),
        ("show.txt", text, make),
        ("no-changes.txt", text, make),
        ("destroy.txt", text, make),
        ("wide.txt", text, make),
        (
            "show-state.txt",
            "is the text output of terraform show of a state",
            make,
        ),
        (
            "state-list.txt",
            "is a list of addresses (terraform state list)",
            make,
        ),
        ("apply.log", "is the log of an apply", before),
        ("destroy.log", "is the log of an apply", before),
        ("apply.jsonl", "is the log of an apply", before),
        ("test.log", "is the log of terraform test", make),
        ("test.jsonl", "is the log of terraform test", make),
        (
            "init.log",
            "is the output of terraform init",
            "the plan is the next step: terraform plan -out tfplan && applygate COMMAND tfplan",
        ),
        (
            "failed.log",
            "is the output of a Terraform command that failed",
            "fix the error that it names, then: terraform plan -out tfplan && applygate COMMAND tfplan",
        ),
        ("main.tf", "is Terraform configuration", of_it),
        ("unnamed", "is Terraform configuration", of_it),
        ("x.tf.json", "is Terraform configuration", of_it),
        (
            ".terraform.lock.hcl",
            "is the lock file of the providers",
            of_it,
        ),
        ("prod.tfvars", "is a file of variable values", with_it),
        (
            "prod.auto.tfvars.json",
            "is a file of variable values",
            with_it,
        ),
        (
            "output.json",
            "is the output of terraform output -json",
            make,
        ),
        (
            "validate.json",
            "is the output of terraform validate -json",
            make,
        ),
        (
            "version.json",
            "is the output of terraform version -json",
            make,
        ),
        (
            "modules.json",
            "is the output of terraform modules -json",
            make,
        ),
        (
            "schema.json",
            "is the output of terraform providers schema -json",
            make,
        ),
        (
            "functions.json",
            "is the output of terraform metadata functions -json",
            make,
        ),
        (
            "redacted.json",
            "is the redacted JSON of HCP Terraform",
            "terraform show -json tfplan > plan.json",
        ),
        ("stream.json", "is the log of plan -json", make),
        (
            "terraform.tfstate",
            "is a raw state file, not a plan",
            instead,
        ),
        (
            "show-no-state.json",
            "is a state (show -json of a state), not a plan",
            instead,
        ),
        (
            "plans.tar",
            "is a tar archive, not a plan",
            "unpack it and use the plan in it: tar -xf FILE",
        ),
        (
            "https://example.com/tfplan",
            "is an address, and applygate reads only files",
            "curl -fsSL -o tfplan URL && applygate COMMAND tfplan",
        ),
        (
            "s3://plans/tfplan",
            "is an address, and applygate reads only files",
            "aws s3 cp s3://BUCKET/tfplan tfplan && applygate COMMAND tfplan",
        ),
        (
            "nothing-here",
            "does not exist",
            "make the plan first: terraform plan -out tfplan && applygate COMMAND tfplan",
        ),
        (
            "plna.txt",
            "does not exist (did you mean plan.txt?)",
            "make the plan first",
        ),
    ] {
        for command in ["check", "apply", "pin"] {
            let told = told_in(dir, &[command, file]);
            let help = help.replace("COMMAND", command);
            let known = what.contains("state file")
                || what.contains("a state (")
                || what.contains("plan -json");
            if command == "pin" && known {
                continue;
            }
            assert!(
                told.contains(what) && told.contains(&help),
                "{command} {file}: {told}"
            );
        }
    }
}

#[test]
fn what_terraform_does_not_apply() {
    let temp = tempfile::tempdir().expect("a directory");
    let json = std::fs::read(root().join(DESTROY).join("plan.json")).expect("a plan");
    std::fs::write(temp.path().join("plan.json"), json).expect("written");
    let bookmark =
        "{\"remote_plan_format\":1,\"run_id\":\"run-x\",\"hostname\":\"app.terraform.io\"}";
    std::fs::write(temp.path().join("bookmark"), bookmark).expect("written");
    std::fs::write(temp.path().join("notes"), "nothing of the kind\n").expect("written");
    for (args, what) in [
        (
            &["apply", "plan.json"][..],
            "plan.json is JSON: Terraform can only apply the file that terraform plan -out writes",
        ),
        (
            &["apply", "bookmark"],
            "is only a bookmark of a run in HCP Terraform: the plan is stored and applied there help: check it here, then apply it with Terraform: terraform show -json tfplan > plan.json && applygate check plan.json && terraform apply tfplan",
        ),
        (
            &["apply", "notes"],
            "notes is not a saved plan file, and Terraform can apply nothing else",
        ),
        (&["apply", "--yes", "warn"], "help: --yes=warn"),
        (
            &["check", "--config", ".", "plan.json"],
            "it is a directory",
        ),
    ] {
        let told = told_in(temp.path(), args);
        assert!(told.contains(what), "{args:?}: {told}");
    }
}

/// gzip around a plan, and a file of a plan that is packed so, are read.
#[test]
fn what_gzip_packed_is_read() {
    let temp = tempfile::tempdir().expect("a directory");
    for name in ["plan.json", "plan.tfplan"] {
        let plan = std::fs::read(root().join(DESTROY).join(name)).expect("a plan");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, &plan).expect("packed");
        let file = temp.path().join("x.gz");
        std::fs::write(&file, packed.finish().expect("packed")).expect("written");
        applygate().arg("check").arg(&file).assert().code(1);
    }
}

fn policy_mistakes(text: &str) -> String {
    let temp = tempfile::tempdir().expect("a directory");
    std::fs::write(temp.path().join("applygate.toml"), text).expect("written");
    told_in(temp.path(), &["config", "check"])
}

/// All of a window at once, with the form to write.
#[test]
fn every_mistake_of_a_window_is_told() {
    let told = policy_mistakes(
        "[[window]]\ndays = \"mon-fri\"\nhours = \"9-16\"\nzone = \"Berlin\"\n\n[[freeze]]\nfrom = \"soon\"\nto = 7\nzone = \"x\"\n\n[[window]]\ndayz = [\"mon\"]\nzone = \"UTC\"\n",
    );
    for wanted in [
        "has 8 mistakes",
        "days must be a list of texts, and this is text",
        "help: days = [\"mon-fri\"]",
        "write from and to as in \"09:00-16:00\"",
        "there is no time zone of this name",
        "give a day such as",
        "to must be a day or a moment, and this is a number",
        "a freeze needs a reason",
        "[[window]] has no key \"dayz\"",
        "did you mean days?",
    ] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
}

/// Rows of a team's own: with their name, all at once, in words that are not those of a library.
#[test]
fn every_mistake_of_a_row_is_told_in_our_words() {
    let told = policy_mistakes(
        "[[type]]\nname = \"acme_db\"\ncategory = \"db\"\ndestroy = \"hgih\"\nlos = \"x\"\nguess = \"yes\"\n\n[[change]]\nattribute = \"size\"\ntypes = [\"acme_db\"]\nfalls = true\nrule = \"retention-cuts\"\ngrade = \"high\"\n",
    );
    for wanted in [
        "has 9 mistakes",
        "[[type]] \"acme_db\", category: there is no \"db\"",
        "[[type]] \"acme_db\", destroy: there is no \"hgih\"",
        "did you mean high?",
        "[[type]] \"acme_db\", los: there is no key \"los\"",
        "did you mean loss?",
        "[[type]] \"acme_db\", guess: this must be true or false",
        "[[type]] \"acme_db\": loss is missing",
        "[[type]] \"acme_db\": source is missing",
        "[[change]] \"size\", rule: there is no \"retention-cuts\"",
        "did you mean retention-cut?",
        "[[change]] \"size\": says is missing",
        "[[change]] \"size\": source is missing",
    ] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    for leaked in [
        "unknown variant",
        "missing field",
        "unknown field",
        "invalid type",
    ] {
        assert!(!told.contains(leaked), "{told}");
    }
}
