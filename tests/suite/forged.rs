//! Files that two readers could read in two ways, each made by hand: what Terraform would take for something else is refused, not interpreted.
use crate::forge::{Member, STATE, change, field, number, plan, zip};
use applygate::testing::{Document, Refusal, Settings, Why, judge_bytes};

const LOCK: &[u8] = b"# This file is maintained automatically by \"terraform init\".\n";
const TOFU_LOCK: &[u8] = b"# This file is maintained automatically by \"tofu init\".\n";
const MODULES: &[u8] = br#"[{"Key":"","Dir":"."}]"#;
const NIL: &[u8] = &[0xC0];

fn refusal(bytes: &[u8]) -> Option<Refusal> {
    judge_bytes(bytes, "x", &Settings::default()).err()
}

fn detail(bytes: &[u8]) -> Option<String> {
    refusal(bytes).map(|refusal| refusal.to_string())
}

fn archive(fields: &[Vec<u8>], members: &[(&str, &[u8])]) -> Vec<u8> {
    let plan = plan(fields);
    let mut all = vec![
        Member::deflated("tfplan", &plan),
        Member::deflated("tfstate", STATE),
    ];
    all.extend(
        members
            .iter()
            .map(|(name, content)| Member::deflated(name, content)),
    );
    zip(&all)
}

/// Go cuts an enum to 32 bits.
#[test]
fn numbers_that_are_cut() {
    let honest = change("aws_db_instance.a", 5, &[NIL]);
    assert_eq!(detail(&archive(&[honest], &[])), None);
    for fields in [
        change("aws_db_instance.a", (1 << 32) + 5, &[NIL]),
        number(17, (1 << 32) + 1),
        field(19, &number(3, (1 << 32) + 2)),
    ] {
        let refusal = refusal(&archive(&[fields], &[])).expect("refused");
        assert_eq!(refusal.why, Why::BrokenPlan);
    }
}

/// For Terraform these two keys are one: HCL normalizes them.
#[test]
fn keys_that_are_the_same_for_terraform() {
    let one = change("aws_db_instance.a[\"\u{e9}\"]", 0, &[NIL]);
    assert_eq!(detail(&archive(std::slice::from_ref(&one), &[])), None);
    for key in ["e\u{301}", r"e\u0301", "\u{212b}"] {
        let other = change(&format!("aws_db_instance.a[\"{key}\"]"), 5, &[NIL]);
        let told = detail(&archive(&[one.clone(), other], &[])).expect("refused");
        assert!(told.contains("address"), "{told}");
    }
}

#[test]
fn actions_in_one_form() {
    let invoked = |parts: &[Vec<u8>]| archive(&[field(30, &parts.concat())], &[]);
    let address = field(1, b"action.aws_lambda_invoke.a[\"a\"]");
    let trigger = |number| field(number, &field(1, b"aws_db_instance.a"));
    assert_eq!(detail(&invoked(&[address.clone(), trigger(6)])), None);
    for parts in [
        vec![address.clone(), address.clone()],
        vec![address.clone(), trigger(6), trigger(6)],
        vec![address.clone(), trigger(6), trigger(7)],
        vec![field(1, br#"action.aws_lambda_invoke.a["\u0061"]"#)],
        vec![field(1, b"action.aws_lambda_invoke .a")],
    ] {
        assert!(detail(&invoked(&parts)).is_some(), "{parts:?}");
    }
}

/// Terraform takes all before the last slash for the module, so that this file is one of a module that nobody calls.
#[test]
fn sources_that_another_program_reads() {
    let region = |region: &str| format!("provider \"aws\" {{\n  region = \"{region}\"\n}}\n");
    let main = region("us-east-1");
    let sources = |name: &str, lock: &[u8]| {
        archive(
            &[],
            &[
                (".terraform.lock.hcl", lock),
                ("tfconfig/modules.json", MODULES),
                ("tfconfig/m-/main.tf", main.as_bytes()),
                (name, region("eu-west-1").as_bytes()),
            ],
        )
    };
    assert_eq!(detail(&sources("tfconfig/m-/b.tf", LOCK)), None);
    assert_eq!(detail(&sources("tfconfig/m-/b.tofu", TOFU_LOCK)), None);
    for (name, lock) in [
        ("tfconfig/m-/x/override.tf", LOCK),
        ("tfconfig/m-a/b/override.tf", LOCK),
        ("tfconfig/m-/main.tofu", LOCK),
        ("tfconfig/m-/z_override.tofu.json", LOCK),
        ("tfconfig/m-/main.tofu", b"".as_slice()),
        ("tfconfig/m-/main.tofu", TOFU_LOCK),
    ] {
        let refusal = refusal(&sources(name, lock)).expect("refused");
        assert_eq!(refusal.why, Why::ForgedArchive, "{name}");
    }
}

/// OpenTofu would read other sources of it than Terraform.
#[test]
fn a_plan_of_terraform_that_says_it_is_of_opentofu() {
    let lock = |lock: &[u8]| {
        archive(
            &[number(25, 1), number(26, 1)],
            &[(".terraform.lock.hcl", lock)],
        )
    };
    assert_eq!(detail(&lock(LOCK)), None);
    assert!(detail(&lock(TOFU_LOCK)).is_some());
}

#[test]
fn a_list_of_modules_in_one_form() {
    let listed = |list: &str| archive(&[], &[("tfconfig/modules.json", list.as_bytes())]);
    assert_eq!(
        detail(&listed(
            r#"[{"Key":"","Dir":"."},{"Key":"a","Source":"./a","Dir":"a"}]"#
        )),
        None
    );
    for list in [
        r#"[{"Key":"","Dir":"."},{"Key":"","Dir":"../other"}]"#,
        r#"[{"Key":"","Dir":".","dir":"../other"}]"#,
        r#"[{"Key":"","\u212aey":"a","Dir":"."}]"#,
        r#"[{"Key":"","Dir":".","Dir":"../other"}]"#,
        r#"[["",".",]]"#,
        "{}",
        "",
    ] {
        assert_eq!(
            refusal(&listed(list)).expect("refused").why,
            Why::BrokenPlan,
            "{list}"
        );
    }
}

/// OpenTofu's experimental engine does what the graph says, not what the changes say.
#[test]
fn a_graph_that_is_not_read_is_unknown_work() {
    let report = judge_bytes(
        &archive(&[field(500_000_000, b"graph")], &[]),
        "x",
        &Settings::default(),
    )
    .expect("judged")
    .remove(0);
    let rules: Vec<_> = report
        .decision
        .findings
        .iter()
        .map(|weighed| weighed.finding.rule)
        .collect();
    assert_eq!(rules, ["work-unknown"]);
}

/// Go looks for a zip's end in the last 65 KiB, and takes one with anything behind it.
#[test]
fn a_zip_before_a_text() {
    let plan = r#"{"format_version":"1.2","resource_changes":[],"planned_values":{}}"#;
    let zip = archive(&[], &[]);
    for behind in [0, 65_536, 66_500] {
        let filled = plan.replacen(':', &format!(":{}", " ".repeat(behind)), 1);
        let end = zip.len() - 22;
        let text = [b"log \n", &zip[end..], b"\n", filled.as_bytes()].concat();
        assert_eq!(
            Document::open(&text).err().map(|refusal| refusal.why),
            Some(Why::ForgedArchive),
            "{behind}"
        );
    }
}

/// A number may come as a text, and as one that is written with an exponent of two.
#[test]
fn numbers_as_texts() {
    let value = |text: &str| {
        [
            &[0x82][..],
            &[0xA2],
            b"id",
            &[0xA1],
            b"a",
            &[0xA0 | 23],
            b"backup_retention_period",
            &[0xA0 | text.len() as u8],
            text.as_bytes(),
        ]
        .concat()
    };
    let rules = |after: &str| {
        let update = change("aws_db_instance.a", 3, &[&value("7"), &value(after)]);
        let report = judge_bytes(&archive(&[update], &[]), "x", &Settings::default())
            .expect("judged")
            .remove(0);
        let findings = report.decision.findings.iter();
        findings
            .map(|weighed| weighed.finding.rule)
            .filter(|rule| *rule != "partial-plan")
            .collect::<Vec<_>>()
    };
    assert_eq!(rules("7"), [""; 0]);
    for zero in ["0", "0.0", "0e5", "0p0", "0P+1", "-0"] {
        assert_eq!(rules(zero), ["retention-cut"], "{zero}");
    }
}
