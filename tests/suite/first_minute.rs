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
            "tip: leave it out: check ends with 0 (let through), 1 (blocked) or 2 (could not judge)",
        ),
        (
            "check -auto-approve tfplan",
            "tip: check only reports and asks nothing",
        ),
        ("check -chdir=infra tfplan", "tip: --dir infra"),
        ("check -c x tfplan", "tip: --config FILE"),
        (
            "check -no-color tfplan",
            "tip: flags of more than one letter have two dashes here",
        ),
        (
            "check --workspace prod tfplan",
            "tip: leave it out: a saved plan knows its workspace",
        ),
        (
            "check --verbos tfplan",
            "tip: a similar argument exists: '--verbose'",
        ),
        ("apply --yes warn tfplan", "tip: --yes=warn"),
        (
            "apply --private-copy file tfplan",
            "equal sign is needed when assigning values",
        ),
        (
            "apply --json tfplan",
            "tip: -json, with one dash: it is handed to Terraform",
        ),
        (
            "apply --auto-approve tfplan",
            "tip: leave it out: Terraform does not ask about a saved plan, applygate does",
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
        "save the plan and give that file: terraform plan -out tfplan && applygate COMMAND tfplan";
    let of_it = "make a plan of it: terraform plan -out tfplan && applygate COMMAND tfplan";
    let with_it = "make a plan with it: terraform plan -var-file=FILE -out tfplan && applygate COMMAND tfplan";
    let before = "a plan is judged before it is applied: terraform plan -out tfplan && applygate COMMAND tfplan";
    let instead = "give the plan instead: terraform plan -out tfplan && applygate COMMAND tfplan";
    let text = "is the text that terraform plan and show print for people";
    for (file, what, help) in [
        ("plan.txt", text, make),
        ("plan-colour.txt", text, make),
        ("show.txt", text, make),
        ("no-changes.txt", text, make),
        ("destroy.txt", text, make),
        ("wide.txt", text, make),
        (
            "show-state.txt",
            "is the text that terraform show prints of a state",
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
            "unpack it and give the plan that is in it: tar -xf FILE",
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
            "is not there",
            "make the plan first: terraform plan -out tfplan && applygate COMMAND tfplan",
        ),
        (
            "plna.txt",
            "is not there (did you mean plan.txt?)",
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
            "plan.json is JSON: Terraform applies only the file that terraform plan -out writes",
        ),
        (
            &["apply", "bookmark"],
            "is only a bookmark of a run in HCP Terraform: the plan is kept there, and applied there help: judge it here, then apply it with Terraform: terraform show -json tfplan > plan.json && applygate check plan.json && terraform apply tfplan",
        ),
        (
            &["apply", "notes"],
            "notes is not a saved plan file, and Terraform applies nothing else",
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
