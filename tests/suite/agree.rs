//! Plans changed at random that are let in, held against what a real Terraform reads in them: `show -json` of the same file, read by our other reader.
//! `MUTANTS=1000 TERRAFORM=/path cargo test --test suite agree:: -- --ignored --nocapture`; `SEED` starts elsewhere.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use applygate::testing::{Document, Plan, Plans};

use crate::forge::{Member, zip};
use crate::mutate::{Dice, mutate};

const BEFORE: &str = r#"
resource "terraform_data" "a" { input = "1" }
resource "terraform_data" "gone" { input = "x" }
resource "terraform_data" "n" {
  count = 3
  input = count.index
}
resource "terraform_data" "e" {
  for_each = toset(["a", "é", "q\"$${x}"])
  input    = each.key
  triggers_replace = ["1"]
}
resource "terraform_data" "old" { input = "m" }
module "m" {
  for_each = toset(["x", "y"])
  source   = "./m"
  in       = each.key
}
output "o" { value = terraform_data.a.output }
"#;

const AFTER: &str = r#"
variable "v" { default = "3" }
variable "eph" {
  default   = ""
  ephemeral = true
}
resource "terraform_data" "a" { input = var.v }
resource "terraform_data" "n" {
  count = 2
  input = count.index
}
resource "terraform_data" "e" {
  for_each = toset(["a", "é", "new"])
  input    = each.key
  triggers_replace = ["2"]
  lifecycle { create_before_destroy = true }
}
resource "terraform_data" "moved" { input = "m" }
moved {
  from = terraform_data.old
  to   = terraform_data.moved
}
removed {
  from = terraform_data.gone
  lifecycle { destroy = false }
}
module "m" {
  for_each = toset(["x"])
  source   = "./m"
  in       = each.key
}
check "c" {
  assert {
    condition     = var.v == "2"
    error_message = "no"
  }
}
output "o" { value = terraform_data.a.output }
output "p" { value = 1 }
"#;

const MODULE: &str = "variable \"in\" {}\nresource \"terraform_data\" \"t\" { input = var.in }\n";

fn terraform(dir: &Path, words: &[&str]) -> Option<Vec<u8>> {
    let program = std::env::var_os("TERRAFORM").map_or_else(|| "terraform".into(), PathBuf::from);
    let output = Command::new(program)
        .args(words)
        .current_dir(dir)
        .env("CHECKPOINT_DISABLE", "1")
        .output()
        .expect("Terraform starts");
    output.status.success().then_some(output.stdout)
}

/// The members of an archive as Terraform writes it.
fn members(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let short = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
    let long = |at: usize| short(at) | short(at + 2) << 16;
    let mut at = long(archive.len() - 6);
    let mut found = Vec::new();
    while archive[at..].starts_with(b"PK\x01\x02") {
        let (packed, local) = (long(at + 20), long(at + 42));
        let (name, extra) = (short(at + 28), short(at + 30));
        let text = String::from_utf8(archive[at + 46..at + 46 + name].to_vec()).expect("a name");
        let data = local + 30 + short(local + 26) + short(local + 28);
        let mut content = Vec::new();
        let packed = &archive[data..data + packed];
        std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(packed), &mut content)
            .expect("deflated");
        found.push((text, content));
        at += 46 + name + extra;
    }
    found
}

/// What two readers must agree on.
fn told(plans: &Plans<'_>) -> String {
    let [plan] = plans.plans.as_slice() else {
        return "several plans".to_owned();
    };
    let mut told = String::new();
    for (list, changes) in [
        ("change", &plan.changes),
        ("drift", &plan.drift),
        ("deferred", &plan.deferred),
    ] {
        let mut lines: Vec<String> = changes
            .iter()
            .filter(|change| list != "drift" || format!("{:?}", change.action) != "NoOp")
            .map(|change| {
                // The JSON has no provider, no reason and no previous address of what does nothing.
                format!(
                    "{list} {} {:?} {:?} {} deposed={:?} was={:?} why={:?} provider={:?} import={}",
                    change.address,
                    change.action,
                    change.mode,
                    change.kind,
                    change.deposed(),
                    change.previous_address(),
                    change.reason(),
                    change.provider(),
                    change.importing(),
                )
            })
            .collect();
        lines.sort();
        for line in lines {
            let _ = writeln!(told, "{line}");
        }
    }
    let _ = writeln!(told, "{}", rest(plan));
    told
}

fn rest(plan: &Plan<'_>) -> String {
    let prior = plan.prior.as_ref().map(|prior| &prior.managed);
    format!(
        "outputs={} prior={:?} errored={} complete={:?} checks={}",
        plan.output_changes,
        prior.filter(|managed| !managed.is_empty()),
        plan.errored,
        plan.complete.unwrap_or(false),
        plan.failed_checks
    )
}

#[test]
#[ignore = "needs Terraform and minutes"]
fn what_is_let_in_is_what_terraform_reads() {
    let count = |name: &str, otherwise: u64| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(otherwise)
    };
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    std::fs::create_dir(dir.join("m")).expect("made");
    std::fs::write(dir.join("m/m.tf"), MODULE).expect("written");
    std::fs::write(dir.join("main.tf"), BEFORE).expect("written");
    terraform(dir, &["init", "-input=false"]).expect("init");
    terraform(dir, &["apply", "-auto-approve", "-input=false"]).expect("apply");
    std::fs::write(dir.join("main.tf"), AFTER).expect("written");
    let mut bases = Vec::new();
    for (name, words) in [
        ("all", &["-var", "v=2"][..]),
        ("none", &[]),
        ("destroy", &["-destroy"]),
        (
            "target",
            &[
                "-target=terraform_data.a",
                "-target=terraform_data.moved",
                "-target=terraform_data.old",
            ],
        ),
        ("replace", &["-replace", "terraform_data.n[0]"]),
        ("refresh", &["-refresh-only"]),
    ] {
        let out = format!("-out={name}.tfplan");
        terraform(dir, &[&["plan", "-input=false", &out][..], words].concat()).expect("a plan");
        bases.push(members(
            &std::fs::read(dir.join(format!("{name}.tfplan"))).expect("a plan"),
        ));
    }
    let mut dice = Dice(count("SEED", 1));
    let (mut refused, mut other, mut same) = (0, 0, 0);
    let mut differences = Vec::new();
    for round in 0..count("MUTANTS", 200) {
        let mut parts = bases[dice.below(bases.len())].clone();
        // The first rounds change nothing: there the two agree, or the test is wrong.
        let changes = if round < 6 {
            parts = bases[round as usize].clone();
            0
        } else {
            1 + dice.below(2)
        };
        for _ in 0..changes {
            let wanted = if dice.below(6) == 0 {
                "tfstate"
            } else {
                "tfplan"
            };
            let part = parts
                .iter_mut()
                .find(|(name, _)| name == wanted)
                .expect("there");
            part.1 = mutate(&part.1, &mut dice, 0);
        }
        let all: Vec<_> = parts
            .iter()
            .map(|(name, content)| Member::deflated(name, content))
            .collect();
        let bytes = zip(&all);
        let Ok(document) = Document::open(&bytes) else {
            refused += 1;
            continue;
        };
        let Ok(plans) = document.plans() else {
            refused += 1;
            continue;
        };
        let ours = told(&plans);
        std::fs::write(dir.join("mutant"), &bytes).expect("written");
        let Some(json) = terraform(dir, &["show", "-json", "mutant"]) else {
            assert!(changes > 0, "Terraform reads what it wrote");
            other += 1;
            continue;
        };
        let document = Document::open(&json).expect("JSON of Terraform");
        let theirs = document
            .plans()
            .map_or_else(|refusal| refusal.to_string(), |plans| told(&plans));
        if ours == theirs {
            same += 1;
            continue;
        }
        let ours: Vec<&str> = ours.lines().collect();
        let theirs: Vec<&str> = theirs.lines().collect();
        let mut text = format!("round {round}\n");
        for line in ours.iter().filter(|line| !theirs.contains(line)) {
            let _ = writeln!(text, "  ours   {line}");
        }
        for line in theirs.iter().filter(|line| !ours.contains(line)) {
            let _ = writeln!(text, "  theirs {line}");
        }
        println!("{text}");
        if let Some(kept) = std::env::var_os("KEEP") {
            std::fs::write(Path::new(&kept).join(format!("{round}.tfplan")), &bytes).expect("kept");
        }
        differences.push(text);
    }
    println!(
        "{refused} refused, {other} let in and refused by Terraform, {same} read the same, {} not",
        differences.len()
    );
    assert!(differences.is_empty());
}
