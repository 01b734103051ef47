//! `applygate source` in real repositories: what a change takes away is told, what it only moves is not, and whatever stands in a file stays there.
#![cfg(unix)]

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::git::{Repo, repository};
use crate::common::root;

/// What a run ended with.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }

    /// `SEVERITY RULE ADDRESS-OR-FILE`, in order.
    fn told(&self) -> Vec<String> {
        let json = self.json();
        let changes = json["changes"].as_array().expect("changes").iter();
        let findings = changes.flat_map(|change| change["findings"].as_array().expect("findings"));
        findings
            .map(|finding| {
                let place = finding["address"]
                    .as_str()
                    .or(finding["location"]["file"].as_str());
                format!(
                    "{} {} {}",
                    finding["severity"].as_str().expect("a severity"),
                    finding["rule"].as_str().expect("a rule"),
                    place.expect("a place")
                )
            })
            .collect()
    }
}

/// The files before and after.
type Change = (Vec<(String, String)>, Vec<(String, String)>);

impl Repo {
    /// The files of a commit, and nothing else.
    fn put(&self, files: &[(&str, &str)]) {
        for entry in fs::read_dir(&self.dir).expect("listed").flatten() {
            if entry.file_name() != ".git" {
                let path = entry.path();
                let gone = if path.is_dir() {
                    fs::remove_dir_all(path)
                } else {
                    fs::remove_file(path)
                };
                gone.expect("removed");
            }
        }
        for (path, text) in files {
            self.write(path, text);
        }
        self.commit("put");
    }

    fn run_in(&self, dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Ran {
        self.program(dir, &[&["source"], args].concat(), env)
    }

    fn program(&self, dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Ran {
        let mut command = assert_cmd::Command::cargo_bin("applygate").expect("built");
        let output = command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(env.iter().copied())
            .current_dir(dir)
            .args(args)
            .output()
            .expect("it runs");
        Ran {
            code: output.status.code().expect("a code"),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.run_in(&self.dir, args, &[])
    }

    /// What the last commit of a branch takes away.
    fn at(&self, branch: &str) -> Vec<String> {
        let ran = self.run(&["--to", branch, "--format", "json"]);
        assert!(matches!(ran.code, 0 | 1), "{}{}", ran.out, ran.err);
        ran.told()
    }

    fn last(&self) -> Vec<String> {
        self.at("HEAD")
    }

    /// Each of these changes as the two commits of a branch, `change-0` and so on.
    fn import(&self, changes: &[Change]) {
        let mut stream = Vec::new();
        for (at, (before, after)) in changes.iter().enumerate() {
            for files in [before, after] {
                stream.extend(
                    format!("commit refs/heads/change-{at}\ncommitter x <x@example.org> 1793534400 +0000\ndata 0\ndeleteall\n")
                        .bytes(),
                );
                for (path, text) in files {
                    let head = format!("M 100644 inline {path}\ndata {}\n", text.len());
                    stream.extend(head.bytes().chain(text.bytes()).chain([b'\n']));
                }
            }
        }
        fs::write(self.dir.join("../stream"), stream).expect("written");
        let from = fs::File::open(self.dir.join("../stream")).expect("opened");
        let ended = Self::command(&self.dir)
            .args(["fast-import", "--quiet"])
            .stdin(from)
            .status();
        assert!(ended.expect("it runs").success());
    }
}

const DB: &str = "resource \"aws_db_instance\" \"orders\" {\n  identifier          = \"orders\"\n  skip_final_snapshot = true\n}\n";
const BUCKET: &str = "resource \"aws_s3_bucket\" \"files\" {\n  bucket = \"acme-files\"\n}\n";
const BACKEND: &str = "terraform {\n  backend \"s3\" {\n    bucket       = \"states\"\n    key          = \"a/terraform.tfstate\"\n    use_lockfile = true\n    encrypt      = true\n  }\n}\n";

const UNIT: &str = "prevent_destroy = true\nterraform {\n  source = \"git::https://example.org/db.git?ref=v5.9.0\"\n}\nremote_state {\n  backend = \"s3\"\n  config = {\n    bucket         = \"states\"\n    key            = \"${path_relative_to_include()}/terraform.tfstate\"\n    dynamodb_table = \"locks\"\n  }\n}\ninputs = {\n  region = \"eu-west-1\"\n  size   = 3\n}\n";
const GENERATED: &str = "generate \"backend\" {\n  path = \"backend.tf\"\n  contents = <<EOF\nterraform {\n  backend \"s3\" {\n    bucket = \"states\"\n    key    = \"${local.key}\"\n  }\n}\nEOF\n}\ngenerate \"provider\" {\n  contents = <<-EOF\n    provider \"aws\" {\n      region = \"eu-west-1\"\n    }\n  EOF\n}\n";

fn moved(from: &str, to: &str) -> String {
    format!("moved {{\n  from = {from}\n  to   = {to}\n}}\n")
}

/// Each case as it is read by people who review: what was there, what is there, and what is told of it.
#[test]
fn what_a_change_takes_away() {
    let Some(repo) = repository() else { return };
    let guarded = DB.replace("}\n", "  lifecycle {\n    prevent_destroy = true\n  }\n}\n");
    let renamed = DB.replace("\"orders\" {", "\"shop\" {");
    let call = "module \"db\" {\n  source = \"./modules/db\"\n}\n";
    let each = |keys: &str| {
        DB.replace("{\n", &format!("{{\n  for_each = toset([{keys}])\n"))
            .replacen(
                "identifier          = \"orders\"",
                "identifier          = each.key",
                1,
            )
    };
    let count = |count: &str| DB.replace("{\n", &format!("{{\n  count = {count}\n"));
    let remote = "module \"vpc\" {\n  source  = \"terraform-aws-modules/vpc/aws\"\n  version = \"5.1.0\"\n}\n";
    let region = |region: &str| format!("provider \"aws\" {{\n  region = \"{region}\"\n}}\n{DB}");
    let with = |more: &str| format!("{DB}{more}");
    let lock = |source: &str, version: &str| {
        format!("provider \"registry.terraform.io/{source}\" {{\n  version = \"{version}\"\n}}\n")
    };
    type Files<'f> = Vec<(&'f str, String)>;
    let main = |text: &str| -> Files<'static> { vec![("main.tf", text.to_owned())] };
    let cases: Vec<(&str, Files<'_>, Files<'_>, &[&str])> = vec![
        ("a store is taken away", main(&with(BUCKET)), main(BUCKET), &["high stateful-destroy aws_db_instance.orders"]),
        ("with its guard", main(&guarded), main(""), &["high stateful-destroy aws_db_instance.orders"]),
        ("its whole file", vec![("a.tf", DB.to_owned()), ("b.tf", BUCKET.to_owned())], vec![("b.tf", BUCKET.to_owned())], &["high stateful-destroy aws_db_instance.orders"]),
        ("into another file", main(&with(BUCKET)), vec![("db.tf", DB.to_owned()), ("s3.tf", BUCKET.to_owned())], &[]),
        ("something that comes back", main(&with("resource \"aws_sqs_queue\" \"q\" {}\n")), main(DB), &["low stateful-destroy aws_sqs_queue.q"]),
        ("something that holds nothing", main(&with("resource \"aws_iam_policy\" \"p\" {}\nresource \"null_resource\" \"n\" {}\n")), main(DB), &[]),
        ("something new", main(BUCKET), main(&with(BUCKET)), &[]),
        ("comments, blanks and order", main(DB), main("# a database\nresource \"aws_db_instance\" \"orders\" {\n  skip_final_snapshot = true # why\n\n  identifier = \"orders\"\n}\n"), &[]),
        ("line ends", main(DB), main(&DB.replace('\n', "\r\n")), &[]),
        ("a rename without a word", main(DB), main(&renamed), &["high rename-without-moved aws_db_instance.orders"]),
        ("a rename with its word", main(DB), main(&format!("{renamed}{}", moved("aws_db_instance.orders", "aws_db_instance.shop"))), &[]),
        ("a moved block to nowhere", main(DB), main(&moved("aws_db_instance.orders", "aws_db_instance.shop")), &["high stateful-destroy aws_db_instance.orders"]),
        ("a rename with another body and the same identifier", main(DB), main(&renamed.replace("= true", "= false")), &["high rename-without-moved aws_db_instance.orders"]),
        ("a removed block that forgets", main(DB), main("removed {\n  from = aws_db_instance.orders\n  lifecycle {\n    destroy = false\n  }\n}\n"), &[]),
        ("a removed block that destroys", main(DB), main("removed {\n  from = aws_db_instance.orders\n  lifecycle {\n    destroy = true\n  }\n}\n"), &["high stateful-destroy aws_db_instance.orders"]),
        ("a removed block that does not say", main(DB), main("removed {\n  from = aws_db_instance.orders\n}\n"), &["high stateful-destroy aws_db_instance.orders"]),
        ("prevent_destroy taken away", main(&guarded), main(DB), &["medium protection-lowered aws_db_instance.orders"]),
        ("prevent_destroy off", main(&guarded), main(&guarded.replace("= true\n  }", "= false\n  }")), &["medium protection-lowered aws_db_instance.orders"]),
        ("prevent_destroy by an override", main(&guarded), vec![("main.tf", guarded.clone()), ("x_override.tf", "resource \"aws_db_instance\" \"orders\" {\n  lifecycle {\n    prevent_destroy = false\n  }\n}\n".to_owned())], &["medium protection-lowered aws_db_instance.orders"]),
        ("a protection lowered", main(&DB.replace("}\n", "  deletion_protection = true\n}\n")), main(&DB.replace("}\n", "  deletion_protection = false\n}\n")), &["low protection-lowered aws_db_instance.orders"]),
        ("a protection by an expression", main(&DB.replace("}\n", "  deletion_protection = true\n}\n")), main(&DB.replace("}\n", "  deletion_protection = var.x\n}\n")), &[]),
        ("backups off", main(&DB.replace("}\n", "  backup_retention_period = 14\n}\n")), main(&DB.replace("}\n", "  backup_retention_period = 0\n}\n")), &["medium retention-cut aws_db_instance.orders"]),
        ("another name in the cloud", main(BUCKET), main(&BUCKET.replace("acme-files", "acme-docs")), &["medium stateful-destroy aws_s3_bucket.files"]),
        ("single to for_each", main(DB), main(&each("\"a\"")), &["high rename-without-moved aws_db_instance.orders"]),
        ("single to for_each with its word", main(DB), main(&format!("{}{}", each("\"a\""), moved("aws_db_instance.orders", "aws_db_instance.orders[\"a\"]"))), &[]),
        ("single to count", main(DB), main(&count("1")), &[]),
        ("a key of for_each", main(&each("\"a\", \"b\"")), main(&each("\"b\"")), &["high stateful-destroy aws_db_instance.orders[\"a\"]"]),
        ("less of count", main(&count("2")), main(&count("1")), &["high stateful-destroy aws_db_instance.orders[1]"]),
        ("count by an expression", main(&count("2")), main(&count("var.n")), &[]),
        ("a module call", vec![("main.tf", call.to_owned()), ("modules/db/main.tf", DB.to_owned())], vec![("main.tf", String::new()), ("modules/db/main.tf", DB.to_owned())], &["high stateful-destroy module.db.aws_db_instance.orders"]),
        ("a module call by another name", vec![("main.tf", call.to_owned()), ("modules/db/main.tf", DB.to_owned())], vec![("main.tf", call.replace("\"db\"", "\"store\"")), ("modules/db/main.tf", DB.to_owned())], &["high rename-without-moved module.db.aws_db_instance.orders"]),
        ("the same with its word", vec![("main.tf", call.to_owned()), ("modules/db/main.tf", DB.to_owned())], vec![("main.tf", format!("{}{}", call.replace("\"db\"", "\"store\""), moved("module.db", "module.store"))), ("modules/db/main.tf", DB.to_owned())], &[]),
        ("into a module", main(DB), vec![("main.tf", call.to_owned()), ("modules/db/main.tf", DB.to_owned())], &["high rename-without-moved aws_db_instance.orders"]),
        ("into a module with its word", main(DB), vec![("main.tf", format!("{call}{}", moved("aws_db_instance.orders", "module.db.aws_db_instance.orders"))), ("modules/db/main.tf", DB.to_owned())], &[]),
        ("out of a module", vec![("main.tf", call.to_owned()), ("modules/db/main.tf", DB.to_owned())], main(DB), &["high rename-without-moved module.db.aws_db_instance.orders"]),
        ("a module in another directory", vec![("main.tf", call.to_owned()), ("modules/db/main.tf", DB.to_owned())], vec![("main.tf", call.replace("modules/db", "modules/rds")), ("modules/rds/main.tf", DB.to_owned())], &[]),
        ("a stack in another directory", vec![("a/main.tf", with(BUCKET))], vec![("b/main.tf", with(BUCKET))], &[]),
        ("a shared module loses a store", vec![("a/main.tf", call.replace("./", "../")), ("b/main.tf", call.replace("./", "../")), ("modules/db/main.tf", with(BUCKET))], vec![("a/main.tf", call.replace("./", "../")), ("b/main.tf", call.replace("./", "../")), ("modules/db/main.tf", BUCKET.to_owned())], &["high stateful-destroy aws_db_instance.orders"]),
        ("a module from another repository", main(remote), main(""), &["medium module-removed module.vpc"]),
        ("a major version of one", main(remote), main(&remote.replace("5.1.0", "6.0.0")), &["low provider-changed main.tf"]),
        ("a minor version of one", main(remote), main(&remote.replace("5.1.0", "5.2.0")), &[]),
        ("another key of the backend", main(BACKEND), main(&BACKEND.replace("a/", "b/")), &[]),
        ("another key of a backend with something in it", main(&format!("{BACKEND}{DB}")), main(&format!("{}{DB}", BACKEND.replace("a/", "b/"))), &["high backend-changed main.tf"]),
        ("no backend any more", main(&format!("{BACKEND}{DB}")), main(DB), &["high backend-changed main.tf"]),
        ("a backend at last", main(DB), main(&format!("{BACKEND}{DB}")), &["medium backend-changed main.tf"]),
        ("a backend by an override alone", main(&format!("{BACKEND}{DB}")), vec![("main.tf", format!("{BACKEND}{DB}")), ("backend_override.tf", "terraform {\n  backend \"local\" {}\n}\n".to_owned())], &["high backend-changed backend_override.tf"]),
        ("no lock and no encryption", main(&format!("{BACKEND}{DB}")), main(&format!("{}{DB}", BACKEND.replace("= true", "= false"))), &["medium backend-unsafe main.tf"]),
        ("another lock", main(&format!("{BACKEND}{DB}")), main(&format!("{}{DB}", BACKEND.replace("use_lockfile = true", "dynamodb_table = \"locks\""))), &[]),
        ("another region", main(&region("eu-west-1")), main(&region("us-east-1")), &["medium provider-changed main.tf"]),
        ("another alias", main(DB), main(&DB.replace("{\n", "{\n  provider = aws.east\n")), &["medium provider-changed main.tf"]),
        ("another source in the lock file", vec![("main.tf", DB.to_owned()), (".terraform.lock.hcl", lock("hashicorp/aws", "5.1.0"))], vec![("main.tf", DB.to_owned()), (".terraform.lock.hcl", lock("evil/aws", "5.1.0"))], &["medium provider-changed .terraform.lock.hcl"]),
        ("another major version in the lock file", vec![("main.tf", DB.to_owned()), (".terraform.lock.hcl", lock("hashicorp/aws", "5.1.0"))], vec![("main.tf", DB.to_owned()), (".terraform.lock.hcl", lock("hashicorp/aws", "6.1.0"))], &["low provider-changed .terraform.lock.hcl"]),
        ("a state", main(DB), vec![("main.tf", DB.to_owned()), ("terraform.tfstate", "{\"version\": 4, \"serial\": 3, \"lineage\": \"x\"}".to_owned())], &["high state-in-git terraform.tfstate"]),
        ("a state by its name alone", main(DB), vec![("main.tf", DB.to_owned()), ("errored.tfstate", "# none\n".to_owned())], &["high state-in-git errored.tfstate"]),
        ("a plan by its content alone", main(DB), vec![("main.tf", DB.to_owned()), ("notes", "{\"format_version\": \"1.2\", \"planned_values\": {}, \"resource_changes\": []}".to_owned())], &["high state-in-git notes"]),
        ("JSON of something else", main(DB), vec![("main.tf", DB.to_owned()), ("package.json", "{\"name\": \"x\"}".to_owned())], &[]),
        ("the policy", vec![("applygate.toml", "block_at = \"high\"\n".to_owned())], vec![("applygate.toml", "block_at = \"critical\"\n".to_owned())], &["low gate-weakened applygate.toml"]),
        ("no policy any more", vec![("applygate.toml", "block_at = \"high\"\n".to_owned())], vec![], &["medium gate-weakened applygate.toml"]),
        ("the line of a workflow", vec![(".github/workflows/a.yml", "- run: applygate check tfplan\n".to_owned())], vec![(".github/workflows/a.yml", "- run: applygate check --exit-zero tfplan\n".to_owned())], &["medium gate-weakened .github/workflows/a.yml"]),
        ("no such line any more", vec![(".github/workflows/a.yml", "- run: applygate check tfplan\n".to_owned())], vec![(".github/workflows/a.yml", "- run: terraform apply\n".to_owned())], &["medium gate-weakened .github/workflows/a.yml"]),
        ("create_before_destroy on a store", main(DB), main(&guarded.replace("prevent_destroy", "create_before_destroy")), &["low protection-lowered aws_db_instance.orders"]),
        ("the same on a queue", main("resource \"aws_sqs_queue\" \"q\" {}\n"), main("resource \"aws_sqs_queue\" \"q\" {\n  lifecycle {\n    create_before_destroy = true\n  }\n}\n"), &[]),
        ("create_before_destroy taken away", main(&guarded.replace("prevent_destroy", "create_before_destroy")), main(DB), &[]),
        ("a restart", main(&DB.replace("}\n", "  instance_class = \"db.t3.medium\"\n}\n")), main(&DB.replace("}\n", "  instance_class = \"db.t3.large\"\n  apply_immediately = true\n}\n")), &["low disruptive-update aws_db_instance.orders"]),
        ("another prefix of workspaces", main(&format!("{BACKEND}{DB}")), main(&format!("{}{DB}", BACKEND.replace("    key ", "    workspace_key_prefix = \"x\"\n    key "))), &["high backend-changed main.tf"]),
        ("another key for the state", main(&format!("{}{DB}", BACKEND.replace("    encrypt ", "    kms_key_id = \"k\"\n    encrypt "))), main(&format!("{BACKEND}{DB}")), &["medium backend-unsafe main.tf"]),
        ("no encryption block of OpenTofu any more", main(&with("terraform {\n  encryption {\n    state {\n      method = method.aes_gcm.a\n    }\n  }\n}\n")), main(DB), &["medium backend-unsafe main.tf"]),
        ("the default alias by its name", main(DB), main(&DB.replace("{\n", "{\n  provider = aws\n")), &[]),
        ("a beta of the provider", main("resource \"google_sql_database_instance\" \"a\" {\n}\n"), main("resource \"google_sql_database_instance\" \"a\" {\n  provider = google-beta\n}\n"), &[]),
        ("no provider block any more", main(&region("eu-west-1")), main(DB), &["medium provider-changed main.tf"]),
        ("no provider block any more in a module that is called", vec![("main.tf", call.to_owned()), ("modules/db/main.tf", region("eu-west-1"))], vec![("main.tf", call.to_owned()), ("modules/db/main.tf", DB.to_owned())], &[]),
        ("another account", main(&region("eu-west-1").replace("{\n  region", "{\n  allowed_account_ids = [\"111122223333\"]\n  region")), main(&region("eu-west-1").replace("{\n  region", "{\n  allowed_account_ids = [\"444455556666\"]\n  region")), &["medium provider-changed main.tf"]),
        ("another provider for a module", vec![("main.tf", call.to_owned()), ("modules/db/main.tf", DB.to_owned())], vec![("main.tf", call.replace("}\n", "  providers = { aws = aws.east }\n}\n")), ("modules/db/main.tf", DB.to_owned())], &["medium provider-changed main.tf"]),
        ("the same provider for a module", vec![("main.tf", call.to_owned()), ("modules/db/main.tf", DB.to_owned())], vec![("main.tf", call.replace("}\n", "  providers = { aws = aws }\n}\n")), ("modules/db/main.tf", DB.to_owned())], &[]),
        ("a value that Terraform takes by itself", vec![("main.tf", count("var.n")), ("terraform.tfvars", "n = 2\n".to_owned())], vec![("main.tf", count("var.n")), ("terraform.tfvars", "n = 1\n".to_owned())], &["high stateful-destroy aws_db_instance.orders[1]"]),
        ("the same as JSON", vec![("main.tf", count("var.n")), ("x.auto.tfvars.json", "{\"n\": 2}".to_owned())], vec![("main.tf", count("var.n")), ("x.auto.tfvars.json", "{\"n\": 1}".to_owned())], &["high stateful-destroy aws_db_instance.orders[1]"]),
        ("a value that somebody must name", vec![("main.tf", count("var.n")), ("prod.tfvars", "n = 2\n".to_owned())], vec![("main.tf", count("var.n")), ("prod.tfvars", "n = 1\n".to_owned())], &[]),
        ("a literal in the place of a value", vec![("main.tf", count("var.n")), ("terraform.tfvars", "n = 2\n".to_owned())], main(&count("2")), &[]),
        ("a unit of Terragrunt", vec![("live/db/terragrunt.hcl", UNIT.to_owned())], vec![], &["medium module-removed live/db/terragrunt.hcl"]),
        ("the bucket of a unit", vec![("live/db/terragrunt.hcl", UNIT.to_owned())], vec![("live/db/terragrunt.hcl", UNIT.replace("states", "others"))], &["high backend-changed live/db/terragrunt.hcl"]),
        ("the lock of a unit", vec![("live/db/terragrunt.hcl", UNIT.to_owned())], vec![("live/db/terragrunt.hcl", UNIT.replace("    dynamodb_table = \"locks\"\n", ""))], &["medium backend-unsafe live/db/terragrunt.hcl"]),
        ("a major version of a unit", vec![("live/db/terragrunt.hcl", UNIT.to_owned())], vec![("live/db/terragrunt.hcl", UNIT.replace("v5.9.0", "v6.0.0"))], &["low provider-changed live/db/terragrunt.hcl"]),
        ("a minor version of a unit", vec![("live/db/terragrunt.hcl", UNIT.to_owned())], vec![("live/db/terragrunt.hcl", UNIT.replace("v5.9.0", "v5.10.0"))], &[]),
        ("an input that moves", vec![("live/db/terragrunt.hcl", UNIT.to_owned())], vec![("live/db/terragrunt.hcl", UNIT.replace("eu-west-1", "us-east-1"))], &["medium provider-changed live/db/terragrunt.hcl"]),
        ("an input that does not", vec![("live/db/terragrunt.hcl", UNIT.to_owned())], vec![("live/db/terragrunt.hcl", UNIT.replace("size   = 3", "size   = 4"))], &[]),
        ("the guard of a unit", vec![("live/db/terragrunt.hcl", UNIT.to_owned())], vec![("live/db/terragrunt.hcl", UNIT.replace("prevent_destroy = true\n", ""))], &["medium protection-lowered live/db/terragrunt.hcl"]),
        ("the region of all units", vec![("live/region.hcl", "locals {\n  aws_region = \"eu-west-1\"\n}\n".to_owned())], vec![("live/region.hcl", "locals {\n  aws_region = \"us-east-1\"\n}\n".to_owned())], &["medium provider-changed live/region.hcl"]),
        ("a generated backend", vec![("live/root.hcl", GENERATED.to_owned())], vec![("live/root.hcl", GENERATED.replace("states", "others"))], &["high backend-changed live/root.hcl"]),
        ("a generated provider", vec![("live/root.hcl", GENERATED.to_owned())], vec![("live/root.hcl", GENERATED.replace("eu-west-1", "us-east-1"))], &["medium provider-changed live/root.hcl"]),
        ("HCL of another program", vec![("a.hcl", "path \"secret/*\" {\n  capabilities = [\"read\"]\n}\n".to_owned())], vec![("a.hcl", "not even HCL {{{".to_owned())], &[]),
        ("JSON", vec![("main.tf.json", "{\"resource\": {\"aws_db_instance\": {\"a\": {\"lifecycle\": {\"prevent_destroy\": true}}, \"b\": {}}}}".to_owned())], vec![("main.tf.json", "{\"resource\": {\"aws_db_instance\": {\"a\": {}}}}".to_owned())], &["medium protection-lowered aws_db_instance.a", "medium stateful-destroy aws_db_instance.b"]),
    ];
    let owned = |files: &Files<'_>| -> Vec<(String, String)> {
        let all = files.iter();
        all.map(|(path, text)| ((*path).to_owned(), text.clone()))
            .collect()
    };
    let changes: Vec<_> = cases
        .iter()
        .map(|(_, before, after, _)| (owned(before), owned(after)))
        .collect();
    repo.import(&changes);
    // Each needs a process, and most of its time is waiting for git.
    let numbered: Vec<_> = cases.iter().enumerate().collect();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = numbered
            .chunks(numbered.len().div_ceil(4))
            .map(|part| {
                let repo = &repo;
                scope.spawn(move || {
                    let wrong = part.iter().filter_map(|(at, (name, _, _, wanted))| {
                        let told = repo.at(&format!("change-{at}"));
                        (told != *wanted).then(|| format!("{name}: {told:?}, wanted {wanted:?}"))
                    });
                    wrong.collect::<Vec<_>>()
                })
            })
            .collect();
        let ended = running
            .into_iter()
            .map(|thread| thread.join().expect("it ends"));
        ended.flatten().collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// At commit nothing stops it; `--strict`, a revision to start from and pre-commit's variables grade it as a proposal.
#[test]
fn at_commit_and_proposed() {
    let Some(repo) = repository() else { return };
    repo.write("main.tf", &format!("{DB}{BUCKET}"));
    repo.git(&["add", "-A"]);
    let first = repo.run(&[]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(
        first.out.contains("nothing -> what is staged"),
        "{}",
        first.out
    );
    let start = repo.commit("start");
    repo.write("main.tf", BUCKET);
    assert!(
        repo.run(&["--format", "json"]).told().is_empty(),
        "not staged"
    );
    let on_disk = repo.run(&["--to", "worktree", "--format", "json"]);
    assert_eq!(
        (on_disk.code, on_disk.told()),
        (
            0,
            vec!["medium stateful-destroy aws_db_instance.orders".to_owned()]
        )
    );
    repo.git(&["add", "-A"]);
    let staged = repo.run(&["--format", "json"]);
    assert_eq!(
        (staged.code, staged.told()),
        (
            0,
            vec!["medium stateful-destroy aws_db_instance.orders".to_owned()]
        )
    );
    assert_eq!(repo.run(&["--strict"]).code, 1);
    assert_eq!(repo.run(&["--block-at", "medium"]).code, 1);
    assert_eq!(repo.run(&["--strict", "--exit-zero"]).code, 0);
    assert_eq!(
        repo.run(&[
            "--strict",
            "--allow",
            "stateful-destroy@aws_db_instance.orders"
        ])
        .code,
        0
    );
    let unused = repo.run(&["--allow", "stateful-destroy@aws_db_instance.other"]);
    assert_eq!(unused.code, 2, "{}", unused.err);
    repo.commit("gone");
    for args in [
        vec!["--from", start.as_str()],
        vec!["--from", "HEAD~1"],
        vec!["--from", "HEAD~1", "--to", "index"],
        vec!["--to", "HEAD"],
    ] {
        assert_eq!(repo.run(&args).code, 1, "{args:?}");
    }
    let hook = repo.run_in(
        &repo.dir,
        &[],
        &[
            ("PRE_COMMIT_FROM_REF", &start),
            ("PRE_COMMIT_TO_REF", "HEAD"),
        ],
    );
    assert_eq!(hook.code, 1, "{}", hook.err);
    // A policy's waiver covers it.
    repo.write("applygate.toml", "[[waiver]]\nrules = [\"stateful-destroy\"]\naddress = \"aws_db_instance.orders\"\nreason = \"moved to Aurora\"\nexpires = 2026-12-01\n");
    let waived = repo.run(&["--from", &start, "--now", "2026-11-20T00:00:00Z"]);
    assert_eq!(waived.code, 0, "{}{}", waived.out, waived.err);
    assert!(waived.out.contains("moved to Aurora"), "{}", waived.out);
}

/// A branch is held against where it parted, a merge against its first parent, a merge that is being made against HEAD.
#[test]
fn merges() {
    let Some(repo) = repository() else { return };
    repo.put(&[("main.tf", DB), ("s3.tf", BUCKET)]);
    repo.git(&["checkout", "-q", "-b", "change"]);
    repo.put(&[("main.tf", DB)]);
    repo.git(&["checkout", "-q", "main"]);
    repo.put(&[("s3.tf", BUCKET)]);
    repo.git(&["checkout", "-q", "change"]);
    // What main took away is not the change's.
    let told = repo.run(&["--from", "main", "--format", "json"]).told();
    assert_eq!(told, ["medium stateful-destroy aws_s3_bucket.files"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-commit", "change"]);
    let told = repo.run(&["--format", "json"]).told();
    assert_eq!(told, ["medium stateful-destroy aws_s3_bucket.files"]);
    repo.git(&["commit", "-q", "-m", "merge"]);
    assert_eq!(repo.last(), ["medium stateful-destroy aws_s3_bucket.files"]);
}

/// `git commit FILE` has an index of its own, which it tells its hooks.
#[test]
fn the_index_of_a_hook() {
    let Some(repo) = repository() else { return };
    repo.put(&[("main.tf", DB), ("s3.tf", BUCKET)]);
    let hook = repo.dir.join(".git/hooks/pre-commit");
    let bin = assert_cmd::cargo::cargo_bin("applygate");
    fs::create_dir_all(hook.parent().expect("hooks")).expect("made");
    fs::write(
        &hook,
        format!("#!/bin/sh\n{} source > ../said 2>&1\n", bin.display()),
    )
    .expect("written");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("executable");
    repo.write("main.tf", "");
    repo.write("s3.tf", "");
    repo.git(&["add", "s3.tf"]);
    repo.git(&["commit", "-q", "-m", "one", "main.tf"]);
    let said = fs::read_to_string(repo.dir.join("../said")).expect("said");
    assert!(
        said.contains("aws_db_instance.orders") && !said.contains("aws_s3_bucket"),
        "{said}"
    );
    repo.write("main.tf", DB);
    repo.git(&["commit", "-q", "-a", "-m", "all"]);
    let said = fs::read_to_string(repo.dir.join("../said")).expect("said");
    assert!(said.contains("aws_s3_bucket.files"), "{said}");
}

#[test]
fn clones_and_places() {
    let Some(repo) = repository() else { return };
    repo.put(&[("stack/main.tf", DB), ("other/main.tf", BUCKET)]);
    repo.put(&[]);
    // From below a directory that is gone, and by its name.
    fs::create_dir_all(repo.dir.join("x/y")).expect("made");
    let below = repo.run_in(
        &repo.dir.join("x/y"),
        &["--to", "HEAD", "--format", "json"],
        &[],
    );
    assert_eq!(below.told().len(), 2, "{}", below.err);
    let one = repo.run(&["--to", "HEAD", "--format", "json", "stack"]);
    assert_eq!(
        one.told(),
        ["high stateful-destroy aws_db_instance.orders"],
        "{}",
        one.err
    );
    let outside = repo.run(&["/"]);
    assert_eq!(outside.code, 2, "{}", outside.out);
    let nowhere = repo.run(&["--to", "HEAD", "stack", "stacks"]);
    assert_eq!(nowhere.code, 2, "{}", nowhere.out);
    assert!(
        nowhere.err.contains("stacks does not exist"),
        "{}",
        nowhere.err
    );
    // A linked work tree.
    let linked = repo.dir.join("../linked");
    repo.git(&[
        "worktree",
        "add",
        "-q",
        "--detach",
        linked.to_str().expect("text"),
        "HEAD~1",
    ]);
    fs::write(linked.join("stack/main.tf"), "").expect("written");
    Repo::git_in(&linked, &["add", "-A"]);
    let told = repo.run_in(&linked, &["--format", "json"], &[]).told();
    assert_eq!(told, ["medium stateful-destroy aws_db_instance.orders"]);
    // A shallow clone does not have what it is asked for.
    let shallow = repo.dir.join("../shallow");
    let url = format!("file://{}", repo.dir.display());
    Repo::git_in(
        repo.dir.parent().expect("above"),
        &["clone", "-q", "--depth", "1", &url, "shallow"],
    );
    for args in [vec!["--from", "HEAD~1"], vec!["--to", "HEAD"]] {
        let ran = repo.run_in(&shallow, &args, &[]);
        assert_eq!(ran.code, 2, "{args:?} {}{}", ran.out, ran.err);
        assert!(ran.err.contains("fetch-depth: 0"), "{}", ran.err);
    }
    assert_eq!(repo.run_in(&shallow, &[], &[]).code, 0);
    // A submodule is named; within it, it is a repository of its own.
    let library = repo.dir.join("../library");
    fs::create_dir(&library).expect("made");
    Repo::git_in(&library, &["init", "-q", "-b", "main"]);
    fs::write(library.join("main.tf"), DB).expect("written");
    Repo::git_in(&library, &["add", "-A"]);
    Repo::git_in(&library, &["commit", "-q", "-m", "a"]);
    repo.git(&[
        "submodule",
        "--quiet",
        "add",
        library.to_str().expect("text"),
        "lib",
    ]);
    let named = repo.run(&[]);
    assert!(
        named.out.contains("not read: the submodule lib"),
        "{}{}",
        named.out,
        named.err
    );
    fs::write(repo.dir.join("lib/main.tf"), "").expect("written");
    Repo::git_in(&repo.dir.join("lib"), &["add", "-A"]);
    let told = repo
        .run_in(&repo.dir.join("lib"), &["--format", "json"], &[])
        .told();
    assert_eq!(told, ["medium stateful-destroy aws_db_instance.orders"]);
    // No repository at all.
    let nowhere = tempfile::tempdir().expect("a directory");
    let ran = repo.run_in(nowhere.path(), &[], &[]);
    assert_eq!(ran.code, 2, "{}", ran.out);
}

/// What a sparse checkout leaves out, and names as they come.
#[test]
fn odd_work_trees() {
    let Some(repo) = repository() else { return };
    repo.put(&[("stack/main.tf", DB), ("other/main.tf", BUCKET)]);
    repo.git(&["sparse-checkout", "set", "--no-cone", "/other/"]);
    assert!(!repo.dir.join("stack").exists());
    for args in [vec!["--to", "worktree"], vec![]] {
        let ran = repo.run(&[args, vec!["--format", "json"]].concat());
        assert!(ran.told().is_empty(), "{}", ran.out);
    }
    fs::remove_file(repo.dir.join("other/main.tf")).expect("removed");
    let ran = repo.run(&["--to", "worktree", "--format", "json"]);
    assert_eq!(ran.told(), ["medium stateful-destroy aws_s3_bucket.files"]);
    repo.git(&["sparse-checkout", "disable"]);
    // Names with a line end, a quote or other letters; the first is shown escaped.
    repo.git(&["checkout", "-q", "-f", "HEAD"]);
    repo.write("a\nb\u{1b}[31m.tf", DB);
    repo.write("ü \"c\".tf", "resource \"aws_rds_cluster\" \"ü\" {}\n");
    repo.commit("odd");
    repo.put(&[]);
    let ran = repo.run(&["--to", "HEAD"]);
    assert!(
        ran.out.contains("a\\nb\\u{1b}[31m.tf:1") && ran.out.contains("ü \"c\".tf:1"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains('\u{1b}'));
    // A file that is only meant to be added is an empty one.
    repo.write("new.tf", DB);
    repo.git(&["add", "-N", "new.tf"]);
    assert!(repo.run(&["--format", "json"]).told().is_empty());
    // A link in the place of a directory is named.
    std::os::unix::fs::symlink("stack", repo.dir.join("linked")).expect("linked");
    repo.commit("link");
    let ran = repo.run(&["--to", "HEAD"]);
    assert!(
        ran.out.contains("1 symbolic link not followed"),
        "{}",
        ran.out
    );
    // Nothing but the repository itself.
    let url = repo.dir.display().to_string();
    Repo::git_in(
        repo.temp.path(),
        &["clone", "-q", "--bare", &url, "bare.git"],
    );
    let bare = repo.run_in(&repo.temp.path().join("bare.git"), &["--to", "HEAD"], &[]);
    assert_eq!(bare.code, 2, "{}", bare.out);
}

/// What is not understood is never passed over: it is refused, or read by its blocks with a note.
#[test]
fn what_cannot_be_read() {
    let Some(repo) = repository() else { return };
    let other = format!("{DB}locals {{\n  x = {{ a = 1, a = 2 }}\n}}\n");
    repo.put(&[("main.tf", &other)]);
    repo.put(&[("main.tf", &other.replace(DB, ""))]);
    let ran = repo.run(&["--to", "HEAD"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("read by blocks alone"), "{}", ran.out);
    // A mark of the byte order is none of the text.
    repo.put(&[("main.tf", &format!("\u{feff}{DB}"))]);
    repo.put(&[("main.tf", "\u{feff}")]);
    assert_eq!(
        repo.last(),
        ["high stateful-destroy aws_db_instance.orders"]
    );
    let deep = format!(
        "{DB}locals {{\n  x = {}1{}\n}}\n",
        "(".repeat(100_000),
        ")".repeat(100_000)
    );
    let long = format!(
        "{DB}locals {{\n  x = <<E\n{}E\n}}\n",
        "hunter2\n".repeat(200_000)
    );
    for broken in [deep.as_str(), &long, "resource \"a\" {{{", "\0"] {
        repo.put(&[("main.tf", DB)]);
        repo.put(&[("main.tf", broken)]);
        let ran = repo.run(&["--to", "HEAD"]);
        assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
        assert!(
            ran.err.contains("not readable Terraform source"),
            "{}",
            ran.err
        );
        assert!(!ran.err.contains("hunter2"));
        repo.put(&[("main.tf", "")]);
        assert_eq!(
            repo.run(&["--to", "HEAD"]).code,
            2,
            "what went is not known"
        );
    }
    // A conflict that is not resolved.
    repo.put(&[("main.tf", DB)]);
    repo.git(&["checkout", "-q", "-b", "other"]);
    repo.put(&[("main.tf", BUCKET)]);
    repo.git(&["checkout", "-q", "main"]);
    repo.put(&[("main.tf", "# x\n")]);
    Repo::git_in(&repo.dir, &["merge", "other"]);
    let ran = repo.run(&[]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("conflicts"), "{}", ran.err);
}

/// A plan says as well which of its sources were read in part, or not at all.
#[test]
fn what_a_plan_says_of_its_sources() {
    let Some(repo) = repository() else { return };
    let from = root().join("fixtures/stateful-destroy/fires-create-before-destroy");
    let read = |name: &str| fs::read_to_string(from.join(name)).expect("a fixture");
    repo.write("plan.json", &read("plan.json"));
    let check = || {
        let ran = repo.program(&repo.dir, &["check", "--dir", ".", "plan.json"], &[]);
        assert_eq!(ran.code, 1, "{}", ran.err);
        let notes = ran.out.lines().filter(|line| line.starts_with("note "));
        notes
            .map(|line| line["note".len()..].trim().to_owned())
            .collect::<Vec<_>>()
    };
    repo.write("main.tf", &read("main.tf"));
    assert!(check().is_empty());
    repo.write(
        "main.tf",
        &format!("\u{feff}{}", read("main.tf").replace('\n', "\r\n")),
    );
    assert!(
        check().is_empty(),
        "a mark of the byte order is none of the text"
    );
    let twice = "locals {\n  x = { a = 1, a = 2 }\n}\n";
    repo.write("main.tf", &format!("{}{twice}", read("main.tf")));
    repo.write("broken.tf", "resource \"a\" {{{");
    assert_eq!(
        check(),
        [
            "read by blocks alone, as something in it is not understood: main.tf",
            "sources that cannot be read: broken.tf"
        ]
    );
}

/// Whatever stands in the files: nothing of it is printed but names and allow-listed words.
#[test]
fn no_secret_is_shown() {
    let Some(repo) = repository() else { return };
    let before = "# hunter2\nterraform {\n  backend \"pg\" {\n    conn_str = \"postgres://u:hunter2@h/d\" # hunter2\n  }\n}\nprovider \"aws\" {\n  region  = \"eu-west-1\"\n  token   = \"hunter2\"\n  profile = \"hunter2\"\n}\n/* hunter2 */ resource \"aws_db_instance\" \"orders\" { # hunter2\n  identifier = \"orders\"\n  password = \"hunter2\"\n  tags = { x = \"hunter2\" }\n  # hunter2\n  deletion_protection = true // hunter2\n  snapshot_identifier = \"hunter2 \\u001b[31m\"\n  lifecycle {\n    prevent_destroy = true # hunter2\n  }\n}\nresource \"aws_secretsmanager_secret_version\" \"v\" {\n  secret_string = <<E\nhunter2\nE\n}\nmodule \"m\" {\n  source = \"git::https://hunter2@h/x?ref=v1\"\n}\n";
    let after = before
        .replace("hunter2@h/d", "hunter22@h/d")
        .replace("protection = true", "protection = false")
        .replace("prevent_destroy = true", "prevent_destroy = false")
        .replace("\"hunter2\"\n}\n/*", "\"hunter23\"\n}\n/*")
        .replace("ref=v1", "ref=v2")
        .replace("eu-west-1", "hunter2!");
    for after in [after.as_str(), "", "# hunter2\nresource \"hunter\" {{{"] {
        let beside = |changed: bool| {
            let (key, value) = if changed {
                ("b", "true")
            } else {
                ("a", "false")
            };
            [
                ("live/terragrunt.hcl", format!("# hunter2\nprevent_destroy = {} # hunter2\nremote_state {{\n  backend = \"s3\"\n  config = {{\n    key = \"{key}\" # hunter2\n    access_key = \"hunter2{key}\"\n  }}\n}}\ninputs = {{\n  password = \"hunter2{key}\"\n  region   = \"hunter2:{key}\"\n}}\ngenerate \"p\" {{\n  contents = <<E\nprovider \"aws\" {{\n  region = \"hunter2:{key}\"\n  token = \"hunter2\"\n}}\nE\n}}\n", !changed)),
                ("terraform.tfvars", format!("# hunter2\nsecret = \"hunter2{key}\"\nshown = {value}\n")),
                ("vars.tf", "variable \"secret\" {\n  sensitive = true\n}\nresource \"aws_db_instance\" \"b\" {\n  password = var.secret # hunter2\n  publicly_accessible = var.shown # hunter2\n}\n".to_owned()),
            ]
        };
        for (text, beside) in [(before, beside(false)), (after, beside(true))] {
            let more = beside.iter().map(|(name, text)| (*name, text.as_str()));
            repo.put(&more.chain([("main.tf", text)]).collect::<Vec<_>>());
        }
        for args in [
            vec!["--to", "HEAD", "--verbose"],
            vec!["--to", "HEAD", "--format", "json"],
            vec!["--to", "HEAD", "--format", "json", "--exit-zero"],
            vec!["--to", "HEAD", "--format", "markdown"],
            vec!["--to", "HEAD", "--format", "sarif"],
            vec!["--to", "HEAD", "--format", "gitlab"],
            vec!["--to", "HEAD", "--format", "github"],
        ] {
            let ran = repo.run(&args);
            assert!(matches!(ran.code, 0..=2));
            assert!(
                !ran.out.contains("hunter2") && !ran.err.contains("hunter2"),
                "{}{}",
                ran.out,
                ran.err
            );
            assert!(!ran.out.contains('\u{1b}'));
        }
    }
}

/// The lines of a report are put together from names and from what may be shown: those that go on the left side, those in their place on the right.
#[test]
fn the_lines_of_both_sides() {
    let Some(repo) = repository() else { return };
    let guarded = DB.replace(
        "}\n",
        "  engine = \"hunter2\"\n  # hunter2\n  lifecycle {\n    prevent_destroy = true # hunter2\n  }\n}\n",
    );
    let cluster =
        "resource \"aws_rds_cluster\" \"c\" {\n  deletion_protection = true // hunter2\n}\n";
    repo.put(&[("main.tf", &format!("{BACKEND}{guarded}{cluster}"))]);
    repo.put(&[(
        "main.tf",
        &format!("{BACKEND}{cluster}")
            .replace("deletion_protection = true", "deletion_protection = false")
            .replace("a/terraform", "b/terraform"),
    )]);
    let human = repo.run(&["--to", "HEAD"]).out;
    let markdown = repo.run(&["--to", "HEAD", "--format", "markdown", "--quiet"]);
    let markdown = markdown.out;
    for (sign, number, text) in [
        ('-', 9, "resource \"aws_db_instance\" \"orders\" {"),
        ('-', 11, "  skip_final_snapshot = true"),
        ('-', 15, "  prevent_destroy = true"),
        ('-', 19, "  deletion_protection = true"),
        ('+', 10, "  deletion_protection = false"),
        ('-', 4, "  key = \"a/terraform.tfstate\""),
        ('+', 4, "  key = \"b/terraform.tfstate\""),
    ] {
        assert!(
            human.contains(&format!("{sign}{number:>5} │ {text}\n")),
            "{text}: {human}"
        );
        assert!(
            markdown.contains(&format!("{sign}{number:>5}  {text}\n")),
            "{text}: {markdown}"
        );
    }
    assert!(markdown.contains("```diff\n"), "{markdown}");
    assert_eq!(human.matches("use_lockfile").count(), 0, "{human}");
    let json = repo.run(&["--to", "HEAD", "--format", "json"]).json();
    let findings = json["changes"][0]["findings"].as_array().expect("findings");
    let cluster = findings
        .iter()
        .find(|finding| finding["address"] == "aws_rds_cluster.c")
        .expect("it is told");
    assert_eq!(
        cluster["location"]["lines"],
        serde_json::json!([
            {"side": "before", "line": 19, "text": "  deletion_protection = true"},
            {"side": "after", "line": 10, "text": "  deletion_protection = false"},
        ])
    );
}

/// What goes with the call of a module is told where the call was.
#[test]
fn the_place_of_a_call() {
    let Some(repo) = repository() else { return };
    let call = "module \"db\" {\n  source = \"../modules/db\"\n}\n";
    repo.put(&[
        ("a/main.tf", &format!("# one\n{call}")),
        ("b/main.tf", call),
        ("modules/db/main.tf", &format!("{DB}{BUCKET}")),
    ]);
    repo.put(&[("modules/db/main.tf", &format!("{DB}{BUCKET}"))]);
    let ran = repo.run(&["--to", "HEAD", "--format", "json"]);
    let json = ran.json();
    let findings = json["changes"][0]["findings"].as_array().expect("findings");
    let mut places: Vec<String> = findings
        .iter()
        .map(|finding| {
            format!(
                "{}:{}",
                finding["location"]["file"], finding["location"]["line"]
            )
        })
        .collect();
    places.sort();
    places.dedup();
    assert_eq!(
        places,
        ["\"a/main.tf\":2", "\"b/main.tf\":1"],
        "{}",
        ran.out
    );
    // Alike ones are told once, with all their places.
    let human = repo.run(&["--to", "HEAD"]).out;
    assert!(human.contains("2 × aws_db_instance"), "{human}");
    assert!(
        human.contains("was in    a/main.tf:2, b/main.tf:1"),
        "{human}"
    );
}

/// Each form of the JSON is the one of the schema.
#[test]
fn the_json_fits_its_schema() {
    let Some(repo) = repository() else { return };
    let text = fs::read_to_string(root().join("schema/report.schema.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    repo.put(&[
        ("main.tf", &format!("{BACKEND}{DB}{BUCKET}")),
        ("applygate.toml", "block_at = \"high\"\n"),
    ]);
    repo.put(&[("main.tf", &BUCKET.replace("files", "docs"))]);
    for args in [
        vec!["--to", "HEAD", "--format", "json"],
        vec!["--format", "json"],
    ] {
        let json = repo.run(&args).json();
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

/// Thousands of files, all of them changed: blanks alone, and one store that goes.
#[test]
fn thousands_of_files() {
    let Some(repo) = repository() else { return };
    let files = |text: &dyn Fn(usize) -> String| -> Vec<(String, String)> {
        let path = |at: usize| format!("stacks/s{:03}/f{:02}.tf", at / 10, at % 10);
        (0..3_000).map(|at| (path(at), text(at))).collect()
    };
    let before = files(&|at| {
        let more = if at == 7 { DB } else { "" };
        format!("resource \"aws_sqs_queue\" \"q{at}\" {{\n  name = \"q{at}\"\n}}\n{more}")
    });
    let after = files(&|at| {
        format!("# formatted\nresource \"aws_sqs_queue\" \"q{at}\" {{\n  name    = \"q{at}\"\n}}\n")
    });
    repo.import(&[(before, after)]);
    let start = std::time::Instant::now();
    let ran = repo.run(&["--to", "change-0", "--format", "json"]);
    assert_eq!(ran.told(), ["high stateful-destroy aws_db_instance.orders"]);
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    assert_eq!(ran.json()["changes"][0]["files"], 3_000);
}

/// A saved plan held against the sources of a revision: what the change asks for, what it does not, and what nobody can tell.
#[test]
fn what_a_change_explains() {
    use applygate::testing::Document;
    let Some(repo) = repository() else { return };
    let bytes = fs::read(root().join("fixtures/backup-destroy/fires-snapshot/plan.tfplan"))
        .expect("a plan");
    let document = Document::open(&bytes).expect("opened");
    let plans = document.plans().expect("read");
    let config = &plans.plans[0].saved.as_ref().expect("saved").config;
    let files: Vec<(String, String)> = ["main.tf", "aws.tf"]
        .iter()
        .map(|name| ((*name).to_owned(), config.source(name).expect("a source")))
        .chain([(
            ".terraform.lock.hcl".to_owned(),
            config.lock().expect("a lock file"),
        )])
        .collect();
    let put = |more: &str, without: &str| {
        for (name, text) in files.iter().filter(|(name, _)| name != without) {
            let more = if name == "main.tf" { more } else { "" };
            repo.write(&format!("stack/{name}"), &format!("{text}{more}"));
        }
        repo.commit("put")
    };
    let address = plans.plans[0]
        .changes
        .iter()
        .find(|change| change.kind == "aws_db_snapshot")
        .expect("it goes")
        .address
        .to_string();
    let name = address.rsplit('.').next().expect("a name").to_owned();
    let with_block = put(
        &format!("resource \"aws_db_snapshot\" \"{name}\" {{}}\n"),
        "",
    );
    let same = put("", "");
    fs::remove_file(repo.dir.join("stack/.terraform.lock.hcl")).expect("removed");
    let without_lock = repo.commit("no lock");
    put("", "");
    fs::write(repo.dir.join("stack/tfplan"), &bytes).expect("written");
    let check = |rev: &str, format: &[&str]| {
        let args = ["check", "--explain-from", rev, "stack/tfplan"];
        repo.program(&repo.dir, &[&args, format].concat(), &[])
    };
    let json = |rev: &str| {
        let json = check(rev, &["--format", "json"]).json();
        let plan = json["plans"][0].clone();
        let found = plan["findings"].as_array().expect("findings").iter();
        let about = found.filter(|finding| finding["address"] == address.as_str());
        let rules: Vec<String> = about
            .map(|finding| {
                let evidence = finding["evidence"].to_string();
                format!(
                    "{} {}",
                    finding["rule"].as_str().expect("a rule"),
                    evidence.contains("explained by the change")
                )
            })
            .collect();
        let mut explained = plan["explained"].clone();
        explained
            .as_object_mut()
            .expect("groups")
            .remove("revision");
        (rules, explained)
    };
    let nothing = serde_json::json!([]);
    let here = serde_json::json!([address]);
    let (rules, explained) = json(&same);
    assert_eq!(rules, ["backup-destroy true", "not-explained false"]);
    assert_eq!(
        explained,
        serde_json::json!({"explained": nothing, "not_explained": here, "cannot_be_told": nothing})
    );
    let (rules, explained) = json(&with_block);
    assert_eq!(rules, ["backup-destroy true"]);
    assert_eq!(
        explained,
        serde_json::json!({"explained": here, "not_explained": nothing, "cannot_be_told": nothing})
    );
    let (rules, explained) = json(&without_lock);
    assert_eq!(rules, ["backup-destroy false"]);
    let why = "the lock file is not in both";
    assert_eq!(
        explained,
        serde_json::json!({"explained": nothing, "not_explained": nothing, "cannot_be_told": [{"address": address, "why": why}]})
    );
    // The same groups for people.
    for (rev, group) in [
        (&same, "1 not explained: aws_db_snapshot.manual"),
        (&with_block, "1 explained: aws_db_snapshot.manual"),
        (
            &without_lock,
            "1 unknown: aws_db_snapshot.manual (the lock file is not in both)",
        ),
    ] {
        let human = check(rev, &[]).out;
        let told = human.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(&format!("since {rev}, {group}")), "{human}");
        let markdown = check(rev, &["--format", "markdown", "--quiet"]).out;
        let told = markdown.replace('`', "");
        assert!(
            told.contains(&format!("**Since** {rev}, {group}")),
            "{markdown}"
        );
    }
    // What is no revision is exit 2.
    for rev in ["nowhere", "HEAD..x"] {
        assert_eq!(check(rev, &[]).code, 2, "{rev}");
    }
}

/// The page shows a report that the binary prints. `UPDATE_DOCS=1` writes it.
#[test]
fn the_page_shows_what_is_printed() {
    let Some(repo) = repository() else { return };
    let guarded = DB.replace("}\n", "  lifecycle {\n    prevent_destroy = true\n  }\n}\n");
    repo.put(&[("main.tf", &format!("{BACKEND}{guarded}{BUCKET}"))]);
    repo.git(&["checkout", "-q", "-b", "change"]);
    let without = BACKEND.replace("    use_lockfile = true\n", "");
    repo.put(&[(
        "main.tf",
        &format!("{without}{}", BUCKET.replace("\"files\"", "\"uploads\"")),
    )]);
    let ran = repo.run(&["--from", "main"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let path = root().join("docs/source.md");
    let page = fs::read_to_string(&path).expect("the page");
    let (open, close) = ("<!-- source -->\n", "<!-- /source -->");
    let (before, rest) = page.split_once(open).expect("the mark");
    let (_, after) = rest.split_once(close).expect("its end");
    let made = format!(
        "{before}{open}```text\n$ applygate source --from main\n{}```\n{close}{after}",
        ran.out
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, made).expect("written");
    } else {
        assert!(
            page == made,
            "docs/source.md is not what is printed; UPDATE_DOCS=1 writes it"
        );
    }
}
