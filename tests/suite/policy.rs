//! The policy file, key by key in both directions: what it changes, what it must not change, and what is a mistake.
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::common::{applygate, judge, root};
use applygate::testing::PlanReport;
use applygate::testing::Severity;
use applygate::testing::Verdict;
use applygate::testing::policy::{self, Mistakes, Policy};
use applygate::testing::setting::{self, Kind};
use applygate::testing::{Origin, Settings};
use applygate::testing::{RULES, Switch};
use applygate::{Problem, Styles};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The day on which these tests take place.
const NOW: &str = "2026-11-22T12:00:00Z";

fn read(text: &[u8]) -> Result<Policy, Mistakes> {
    policy::read("applygate.toml", text, jiff::civil::date(2026, 11, 22))
}

fn settings(text: &str) -> Settings {
    let policy =
        read(text.as_bytes()).unwrap_or_else(|mistakes| panic!("{text}\n{:?}", mistakes.list));
    Settings {
        files: applygate::testing::Files {
            policy: Some(Arc::new(policy)),
            ..Default::default()
        },
        now: NOW.parse().expect("a time"),
        ..Settings::default()
    }
}

/// The messages of all mistakes.
fn mistakes(text: &str) -> Vec<String> {
    read(text.as_bytes())
        .err()
        .map_or_else(Vec::new, |mistakes| {
            mistakes
                .list
                .into_iter()
                .map(|mistake| mistake.message)
                .collect()
        })
}

fn change(address: &str, kind: &str, actions: &[&str]) -> Value {
    let before = if actions == ["create"] {
        Value::Null
    } else {
        json!({"id": address, "skip_final_snapshot": true, "force_destroy": true})
    };
    let after = if actions == ["delete"] {
        Value::Null
    } else {
        json!({"skip_final_snapshot": true})
    };
    json!({"address": address, "mode": "managed", "type": kind, "name": "x",
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}}})
}

fn plan(changes: &[Value]) -> Vec<u8> {
    json!({"format_version": "1.2", "terraform_version": "1.15.5", "planned_values": {}, "resource_changes": changes}).to_string().into_bytes()
}

/// A database goes and nothing else happens.
fn database_goes() -> Vec<u8> {
    let stays: Vec<Value> = (0..9)
        .map(|at| change(&format!("aws_sns_topic.t{at}"), "aws_sns_topic", &["no-op"]))
        .collect();
    plan(
        &[
            stays,
            vec![change(
                "aws_db_instance.old",
                "aws_db_instance",
                &["delete"],
            )],
        ]
        .concat(),
    )
}

fn verdict(text: &str, plan: &[u8]) -> Verdict {
    judge(plan, &settings(text)).decision.verdict
}

/// The severity of a rule's first finding, and whether it counts.
fn weighed(report: &PlanReport, rule: &str) -> Option<(Severity, &'static str)> {
    report
        .decision
        .findings
        .iter()
        .find(|weighed| weighed.finding.rule == rule)
        .map(|weighed| (weighed.severity, weighed.standing.word()))
}

const WAIVER: &str = "[[waiver]]\nrules = [\"stateful-destroy\"]\naddress = \"aws_db_instance.old\"\nreason = \"moved\"\nexpires = 2026-12-01\n";

#[test]
fn an_empty_policy_changes_nothing() {
    for text in ["", "# nothing\n", "\u{feff}"] {
        assert_eq!(verdict(text, &database_goes()), Verdict::Block);
    }
}

#[test]
fn block_at() {
    assert_eq!(
        verdict("block_at = \"critical\"", &database_goes()),
        Verdict::Block
    );
    let queue = plan(&[
        change("aws_sns_topic.a", "aws_sns_topic", &["no-op"]),
        change("aws_sqs_queue.q", "aws_sqs_queue", &["delete"]),
    ]);
    assert_eq!(verdict("", &queue), Verdict::Warn);
    assert_eq!(verdict("block_at = \"medium\"", &queue), Verdict::Block);
    assert_eq!(
        mistakes("block_at = \"hihg\""),
        ["block_at must be critical, high, medium or low"]
    );
    assert_eq!(mistakes("block_at = \"off\"").len(), 1);
    assert_eq!(mistakes("block_at = 3").len(), 1);
}

#[test]
fn rules() {
    let graded = |grade: &str| {
        judge(
            &database_goes(),
            &settings(&format!("[rules]\nstateful-destroy = \"{grade}\"")),
        )
    };
    assert_eq!(
        weighed(&graded("low"), "stateful-destroy"),
        Some((Severity::Low, "counts"))
    );
    assert_eq!(graded("low").decision.verdict, Verdict::Pass);
    assert_eq!(graded("medium").decision.verdict, Verdict::Warn);
    let off = graded("off");
    assert_eq!(
        weighed(&off, "stateful-destroy"),
        Some((Severity::Critical, "off")),
        "shown, and not counted"
    );
    assert_eq!(off.decision.verdict, Verdict::Pass);
    assert_eq!(
        verdict("[rules]\nkey-destroy = \"off\"", &database_goes()),
        Verdict::Block,
        "another rule"
    );
    assert_eq!(
        mistakes("[rules]\nstatefull-destroy = \"off\""),
        ["there is no rule \"statefull-destroy\""]
    );
    assert_eq!(mistakes("[rules]\nstateful-destroy = \"of\"").len(), 1);
    assert_eq!(mistakes("rules = 3").len(), 1);
}

/// What says that the plan is for another state stays on.
#[test]
fn some_rules_stay_on() {
    let always: Vec<&str> = RULES
        .iter()
        .filter(|rule| rule.switch == Switch::Always)
        .map(|rule| rule.id)
        .collect();
    assert_eq!(
        always,
        [
            "state-missing",
            "state-rolled-back",
            "state-swapped",
            "backend-changed",
            "workspace-unexpected"
        ]
    );
    for rule in RULES {
        for (grade, allowed) in [
            ("off", false),
            ("low", false),
            ("medium", false),
            ("high", true),
            ("critical", true),
        ] {
            for place in ["rules", "env.x.rules"] {
                let wrong = mistakes(&format!("[{place}]\n{} = \"{grade}\"", rule.id));
                assert_eq!(
                    wrong.is_empty(),
                    match rule.switch {
                        Switch::Free => true,
                        Switch::Always => allowed,
                        Switch::Never => false,
                    },
                    "{} = {grade}: {wrong:?}",
                    rule.id
                );
            }
        }
        assert_eq!(
            rule.docs
                .contains("cannot be turned off or graded below high"),
            rule.switch == Switch::Always,
            "{}",
            rule.id
        );
        let waived = WAIVER
            .replace("stateful-destroy", rule.id)
            .replace("aws_db_instance.old", "**");
        assert_eq!(mistakes(&waived), [""; 0], "{} can be waived", rule.id);
    }
}

#[test]
fn limits() {
    let creates = |count: usize| {
        plan(
            &(0..count)
                .map(|at| {
                    change(
                        &format!("aws_sns_topic.t{at}"),
                        "aws_sns_topic",
                        &["create"],
                    )
                })
                .collect::<Vec<_>>(),
        )
    };
    let stores = |count: usize| {
        plan(
            &(0..count)
                .map(|at| {
                    change(
                        &format!("aws_s3_bucket.b{at}"),
                        "aws_s3_bucket",
                        &["create"],
                    )
                })
                .collect::<Vec<_>>(),
        )
    };
    let deletes = |gone: usize, all: usize| {
        let kind = |at: usize| if at < gone { &["delete"] } else { &["no-op"] };
        plan(
            &(0..all)
                .map(|at| change(&format!("aws_sns_topic.t{at}"), "aws_sns_topic", kind(at)))
                .collect::<Vec<_>>(),
        )
    };
    let severity = |text: &str, plan: &[u8], rule| {
        weighed(&judge(plan, &settings(text)), rule).map(|(severity, _)| severity)
    };
    assert_eq!(
        severity("", &creates(8), "create-everything"),
        Some(Severity::Medium)
    );
    assert_eq!(
        severity(
            "[limits]\ncreate_high = 8",
            &creates(8),
            "create-everything"
        ),
        Some(Severity::High)
    );
    assert_eq!(
        severity("", &stores(5), "create-everything"),
        Some(Severity::High)
    );
    assert_eq!(
        severity(
            "[limits]\ncreate_high_weighty = 6",
            &stores(5),
            "create-everything"
        ),
        Some(Severity::Medium)
    );
    assert_eq!(severity("", &creates(2), "create-everything"), None);
    assert_eq!(
        severity(
            "[limits]\ncreate_least = 2",
            &creates(2),
            "create-everything"
        ),
        Some(Severity::Medium)
    );
    assert_eq!(severity("", &deletes(9, 20), "mass-destroy"), None);
    assert!(severity("[limits]\nmass_count = 9", &deletes(9, 20), "mass-destroy").is_some());
    assert!(severity("", &deletes(10, 20), "mass-destroy").is_some());
    assert_eq!(
        severity(
            "[limits]\nmass_share = 0.6",
            &deletes(10, 20),
            "mass-destroy"
        ),
        None
    );
    for (key, value) in [
        ("create_high", "0"),
        ("create_high_weighty", "-1"),
        ("create_least", "1.5"),
        ("mass_count", "\"9\""),
        ("mass_share", "0"),
        ("mass_share", "1.1"),
        ("mass_share", "nan"),
        ("mass_chare", "1"),
    ] {
        assert_eq!(
            mistakes(&format!("[limits]\n{key} = {value}")).len(),
            1,
            "{key} = {value}"
        );
    }
    assert_eq!(
        mistakes("[limits]\nmass_share = 1\nmass_count = 0x10\ncreate_high = 1_000"),
        [""; 0]
    );
}

#[test]
fn a_waiver_key_by_key() {
    assert_eq!(verdict(WAIVER, &database_goes()), Verdict::Pass);
    let with = |from: &str, to: &str| WAIVER.replace(from, to);
    assert_eq!(
        verdict(
            &with(
                "[\"stateful-destroy\"]",
                "[\"key-destroy\", \"stateful-destroy\"]"
            ),
            &database_goes()
        ),
        Verdict::Pass
    );
    assert_eq!(
        verdict(&with("stateful-destroy", "key-destroy"), &database_goes()),
        Verdict::Block
    );
    assert_eq!(
        verdict(
            &with("aws_db_instance.old", "aws_db_instance.*"),
            &database_goes()
        ),
        Verdict::Pass
    );
    assert_eq!(
        verdict(&with("aws_db_instance.old", "**"), &database_goes()),
        Verdict::Pass
    );
    assert_eq!(
        verdict(
            &with("aws_db_instance.old", "aws_db_instance.older"),
            &database_goes()
        ),
        Verdict::Block
    );
    assert_eq!(
        verdict(&format!("{WAIVER}actions = [\"delete\"]"), &database_goes()),
        Verdict::Pass
    );
    assert_eq!(
        verdict(
            &format!("{WAIVER}actions = [\"replace\", \"update\"]"),
            &database_goes()
        ),
        Verdict::Block
    );
    assert_eq!(
        verdict(&format!("{WAIVER}workspace = \"*\""), &database_goes()),
        Verdict::Block,
        "JSON does not tell the workspace"
    );
    assert_eq!(
        verdict(&format!("{WAIVER}owner = \"dba\""), &database_goes()),
        Verdict::Pass
    );
    assert_eq!(
        verdict(&with("2026-12-01", "2026-11-22"), &database_goes()),
        Verdict::Pass,
        "through its last day"
    );
    assert_eq!(
        verdict(&with("2026-12-01", "2026-11-21"), &database_goes()),
        Verdict::Block
    );
    assert_eq!(
        verdict(&with("2026-12-01", "\"2026-12-01\""), &database_goes()),
        Verdict::Pass
    );
}

#[test]
fn mistakes_of_a_waiver() {
    for (from, to, expected) in [
        ("reason = \"moved\"\n", "", "a waiver without reason"),
        ("expires = 2026-12-01\n", "", "a waiver without expires"),
        (
            "rules = [\"stateful-destroy\"]\n",
            "",
            "a waiver without rules",
        ),
        (
            "address = \"aws_db_instance.old\"\n",
            "",
            "a waiver without address",
        ),
        ("\"moved\"", "\" \"", "reason says nothing"),
        ("\"moved\"", "\"\\u200b\"", "reason says nothing"),
        ("\"moved\"", "\"\\u3164\"", "reason says nothing"),
        ("\"moved\"", "\"...\"", "reason says nothing"),
        (
            "\"moved\"",
            &format!("\"{}\"", "x".repeat(1001)),
            "reason is longer than 1000 characters",
        ),
        ("reason =", "owner = \"-\"\nreason =", "owner says nothing"),
        (
            "[\"stateful-destroy\"]",
            "[\"stateful-destroy\", \"key-destroy\", \"stateful-destroy\"]",
            "stateful-destroy is there twice",
        ),
        (
            "\"moved\"",
            "3",
            "reason must be text in quotes, and this is a number",
        ),
        (
            "[\"stateful-destroy\"]",
            "[]",
            "rules must have from 1 to 64 entries",
        ),
        (
            "[\"stateful-destroy\"]",
            "\"stateful-destroy\"",
            "rules must be a list",
        ),
        ("stateful-destroy", "*", "there is no rule \"*\""),
        (
            "aws_db_instance.old",
            "aws_db_instance",
            "address is not a valid address pattern",
        ),
        (
            "2026-12-01",
            "2027-02-21",
            "expires is too far in the future",
        ),
        (
            "2026-12-01",
            "\"2026-12-32\"",
            "expires must be a day of the calendar",
        ),
        (
            "2026-12-01",
            "\"20261201\"",
            "expires must be a day of the calendar",
        ),
        (
            "2026-12-01",
            "\"2026-12-01T00:00\"",
            "expires must be a day of the calendar",
        ),
        (
            "2026-12-01",
            "2026-12-01T10:00:00Z",
            "expires must be a day of the calendar",
        ),
        (
            "2026-12-01",
            "20261201",
            "expires must be a day of the calendar",
        ),
        (
            "reason =",
            "raeson = \"x\"\nreason =",
            "[[waiver]] has no key \"raeson\"",
        ),
        (
            "reason =",
            "actions = [\"destroy\"]\nreason =",
            "there is no action \"destroy\"",
        ),
        (
            "reason =",
            "workspace = [\"a\"]\nreason =",
            "workspace must be text in quotes, and this is a list",
        ),
        (
            "reason =",
            "workspace = \"a?\"\nreason =",
            "workspace has an invalid pattern",
        ),
        (
            "[[waiver]]",
            "[waiver]",
            "waiver must be a list of tables, each under [[waiver]], and this is a table",
        ),
    ] {
        let text = WAIVER.replace(from, to);
        assert_ne!(text, WAIVER, "{from}");
        assert_eq!(mistakes(&text), [expected], "{text}");
    }
    assert_eq!(
        mistakes(&WAIVER.replace("2026-12-01", "2027-02-20")),
        [""; 0],
        "90 days"
    );
    assert_eq!(
        mistakes(&WAIVER.replace("moved", &"ü".repeat(1000))),
        [""; 0]
    );
    assert_eq!(mistakes(&format!("max_waiver_days = 9\n{WAIVER}")), [""; 0]);
    assert_eq!(
        mistakes(&format!("max_waiver_days = 8\n{WAIVER}")),
        ["expires is too far in the future"]
    );
    for wrong in ["0", "-1", "4000", "\"9\"", "1.5"] {
        assert_eq!(
            mistakes(&format!("max_waiver_days = {wrong}")).len(),
            1,
            "{wrong}"
        );
    }
}

/// Findings about the whole plan are only covered by a waiver for everything.
#[test]
fn whole_plan_findings_and_refusals() {
    let gone = plan(
        &(0..4)
            .map(|at| {
                change(
                    &format!("aws_s3_bucket.b{at}"),
                    "aws_s3_bucket",
                    &["delete"],
                )
            })
            .collect::<Vec<_>>(),
    );
    let waiver = |address: &str| {
        WAIVER.replace("aws_db_instance.old", address).replace(
            "[\"stateful-destroy\"]",
            "[\"stateful-destroy\", \"mass-destroy\"]",
        )
    };
    let standing = |address: &str, rule| {
        weighed(&judge(&gone, &settings(&waiver(address))), rule).map(|(_, standing)| standing)
    };
    assert_eq!(
        (
            standing("aws_s3_bucket.*", "stateful-destroy"),
            standing("aws_s3_bucket.*", "mass-destroy")
        ),
        (Some("waived"), Some("counts"))
    );
    assert_eq!(
        (
            standing("**", "stateful-destroy"),
            standing("**", "mass-destroy")
        ),
        (Some("waived"), Some("waived"))
    );
    let errored = std::fs::read(root().join("fixtures/odd/errored_block.json")).expect("a plan");
    let every: Vec<String> = RULES.iter().map(|rule| format!("{:?}", rule.id)).collect();
    let all = WAIVER
        .replace("aws_db_instance.old", "**")
        .replace("\"stateful-destroy\"", &every.join(", "));
    let decision = judge(&errored, &settings(&all)).decision;
    assert!(
        decision.refusal.is_some() && decision.findings.iter().all(|weighed| !weighed.counts()),
        "a waiver changes no refusal"
    );
}

#[test]
fn environments() {
    let saved = std::fs::read(root().join("fixtures/backup-destroy/fires-snapshot/plan.tfplan"))
        .expect("a saved plan in workspace default");
    let json = std::fs::read(root().join("fixtures/backup-destroy/fires-snapshot/plan.json"))
        .expect("the same as JSON");
    let easy = |head: &str| {
        format!(
            "[env.easy]\n{head}\n[env.easy.rules]\nbackup-destroy = \"low\"\n[env.other]\nworkspace = \"prod*\"\n"
        )
    };
    let judged = |text: &str, plan: &[u8], directory: Option<&str>| {
        let mut settings = settings(text);
        settings.files.directory = directory.map(str::to_owned);
        let report = judge(plan, &settings);
        (
            report.decision.verdict,
            report
                .policy
                .and_then(|policy| policy.chosen)
                .map(|chosen| chosen.by),
        )
    };
    let by = |text: &str| (Verdict::Pass, Some(text.to_owned()));
    assert_eq!(
        judged(&easy("workspace = \"def*\""), &saved, None),
        by("workspace default")
    );
    assert_eq!(
        judged(&easy("workspace = [\"x\", \"default\"]"), &saved, None),
        by("workspace default")
    );
    assert_eq!(
        judged(&easy("workspace = \"x\""), &saved, None),
        (Verdict::Block, None)
    );
    assert_eq!(
        judged(&easy("workspace = \"de*\""), &json, None),
        (Verdict::Block, None),
        "JSON does not tell the workspace"
    );
    assert_eq!(
        judged(
            "[env.easy]\ndirectory = \"stacks/*\"\n[env.easy.rules]\nbackup-destroy = \"low\"",
            &json,
            Some("stacks/db")
        ),
        by("directory stacks/db")
    );
    assert_eq!(
        judged(
            "[env.easy]\ndirectory = \"stacks/*\"\n[env.easy.rules]\nbackup-destroy = \"low\"",
            &json,
            Some("stacks")
        ),
        (Verdict::Block, None)
    );
    assert_eq!(
        judged(
            "[env.easy]\ndirectory = \"**\"\n[env.easy.rules]\nbackup-destroy = \"low\"",
            &json,
            None
        ),
        (Verdict::Block, None),
        "not known"
    );
    assert_eq!(
        judged(
            &easy("workspace = \"default\"\ndirectory = \"a\""),
            &saved,
            Some("a")
        ),
        by("workspace default, directory a")
    );
    assert_eq!(
        judged(
            &easy("workspace = \"default\"\ndirectory = \"a\""),
            &saved,
            Some("b")
        ),
        (Verdict::Block, None),
        "both must fit"
    );
    let mut named = settings(&easy("workspace = \"x\""));
    named.said.env = Some(("easy".to_owned(), Origin::Flag("--env")));
    assert_eq!(judge(&json, &named).decision.verdict, Verdict::Pass);
}

#[test]
fn an_environment_adds_and_overrides() {
    let base = format!(
        "block_at = \"critical\"\n[rules]\nkey-destroy = \"low\"\n[limits]\nmass_count = 3\n{WAIVER}"
    );
    let env = "[env.prod]\nblock_at = \"low\"\nrules = { key-destroy = \"high\", index-shift = \"off\" }\nlimits = { mass_share = 0.5 }\n";
    let waiver = WAIVER
        .replace("[[waiver]]", "[[env.prod.waiver]]")
        .replace("old", "older");
    let mut settings = settings(&format!("{base}{env}{waiver}"));
    let top = settings.for_plan(None).expect("one");
    settings.said.env = Some(("prod".to_owned(), Origin::Variable("APPLYGATE_ENV")));
    let prod = settings.for_plan(None).expect("one");
    assert_eq!(
        (top.line.block_at, prod.line.block_at),
        (Severity::Critical, Severity::Low)
    );
    assert_eq!(
        (top.line.waivers.len(), prod.line.waivers.len()),
        (1, 2),
        "an environment adds waivers"
    );
    assert_eq!((top.line.rules.len(), prod.line.rules.len()), (1, 2));
    assert_eq!(prod.line.rules["key-destroy"].word(), "high");
    assert_eq!(
        (
            top.limits.numbers.count(&setting::MASS_COUNT),
            top.limits.numbers.share(&setting::MASS_SHARE),
            prod.limits.numbers.count(&setting::MASS_COUNT),
            prod.limits.numbers.share(&setting::MASS_SHARE)
        ),
        (3, 0.3, 3, 0.5)
    );
}

#[test]
fn mistakes_of_environments() {
    let overlap = |one: &str, other: &str| mistakes(&format!("[env.a]\n{one}\n[env.b]\n{other}"));
    assert_eq!(
        overlap("workspace = \"prod*\"", "workspace = \"*-eu\""),
        ["env.a and env.b can both fit one plan"]
    );
    assert_eq!(
        overlap("workspace = \"prod*\"", "directory = \"stacks/**\"").len(),
        1
    );
    assert_eq!(
        overlap("workspace = \"prod*\"", "workspace = \"preview-*\""),
        [""; 0]
    );
    assert_eq!(
        overlap(
            "workspace = \"prod*\"\ndirectory = \"a\"",
            "workspace = \"prod*\"\ndirectory = \"b\""
        ),
        [""; 0]
    );
    assert_eq!(
        overlap("block_at = \"low\"", "workspace = \"*\""),
        [""; 0],
        "one that is only chosen by its name"
    );
    assert_eq!(mistakes("[env.\"a b\"]").len(), 1);
    assert_eq!(mistakes("[env.a]\nworkspace = []").len(), 1);
    assert_eq!(mistakes("[env.a]\nworkspace = \"[ab]\"").len(), 1);
    assert_eq!(mistakes("[env.a]\ndirectory = \"../x\"").len(), 1);
    assert_eq!(
        mistakes("[env.a]\nenv = \"x\""),
        ["[env.NAME] has no key \"env\""]
    );
    assert_eq!(
        mistakes("[env.a]\nmax_waiver_days = 3").len(),
        1,
        "only for the whole file"
    );
    assert_eq!(mistakes("env = \"prod\"").len(), 1);
    let many: String = (0..40).map(|at| format!("[env.e{at}]\n")).collect();
    assert_eq!(mistakes(&many).len(), 1);
}

/// Rules read these; here is only said that they arrive.
#[test]
fn expectations_arrive() {
    let text = "[expect]\nworkspace = \"prod*\"\nbackend = \"s3\"\naccount = [\"123456789012\"]\nregion = [\"eu-*\", \"us-east-1\"]\n\
        providers = \"registry.terraform.io/hashicorp/*\"\none_region = true\npin = true\naddresses = [\"aws_s3_bucket.logs\", \"module.m\"]\nmax_destroy = 0\nmax_changes = 9\n\
        [env.x.expect]\nregion = \"eu-central-1\"\none_region = false\npin = false\n";
    let mut settings = settings(text);
    let shown = |settings: &Settings| {
        let expect = settings.for_plan(None).expect("one").limits.expect;
        let said = expect.said().map(|(key, value)| format!("{key} = {value}"));
        said.collect::<Vec<_>>().join("\n")
    };
    let all = "account = 123456789012\n\
        addresses = aws_s3_bucket.logs, module.m\n\
        backend = s3\n\
        max_changes = 9\n\
        max_destroy = 0\n\
        one_region = true\n\
        pin = true\n\
        providers = registry.terraform.io/hashicorp/*\n\
        region = eu-*, us-east-1\n\
        workspace = prod*";
    assert_eq!(shown(&settings), all);
    settings.said.env = Some(("x".to_owned(), Origin::Flag("--env")));
    let here = all
        .replace("eu-*, us-east-1", "eu-central-1")
        .replace("true", "false");
    assert_eq!(shown(&settings), here);
    assert_eq!(shown(&Settings::default()), "");
    for wrong in [
        "region = 3",
        "region = []",
        "account = \"a b\"",
        "one_region = \"yes\"",
        "addresses = \"a\"",
        "max_destroy = -1",
        "max_change = 1",
        "accounts = \"x\"",
    ] {
        assert_eq!(mistakes(&format!("[expect]\n{wrong}")).len(), 1, "{wrong}");
    }
}

#[test]
fn own_changes() {
    let row = |extra: &str| {
        format!(
            "[[change]]\nattribute = \"copies\"\ntypes = [\"acme_widget\"]\nfalls = true\nrule = \"retention-cut\"\ngrade = \"high\"\nsays = \"copies go\"\nsource = \"https://x\"\n{extra}"
        )
    };
    let fewer = plan(&[
        json!({"address": "acme_widget.x", "mode": "managed", "type": "acme_widget", "name": "x",
        "change": {"actions": ["update"], "before": {"copies": 3}, "after": {"copies": 1}, "after_unknown": {}}}),
    ]);
    assert_eq!(verdict("", &fewer), Verdict::Pass);
    let report = judge(&fewer, &settings(&row("")));
    assert_eq!(
        weighed(&report, "retention-cut"),
        Some((Severity::High, "counts"))
    );
    // The row of a type takes the place of one that holds for every type.
    let retention = |days: usize| {
        plan(&[
            json!({"address": "acme_widget.x", "mode": "managed", "type": "acme_widget", "name": "x",
            "change": {"actions": ["update"], "before": {"retention_days": 30}, "after": {"retention_days": days}, "after_unknown": {}}}),
        ])
    };
    assert_eq!(verdict("", &retention(1)), Verdict::Warn);
    let lower = row("")
        .replace("copies\"", "retention_days\"")
        .replace("high", "low");
    assert_eq!(verdict(&lower, &retention(1)), Verdict::Pass);
    for (text, mistake) in [
        (
            row("").replace("types = [\"acme_widget\"]\n", ""),
            "a change without types",
        ),
        (
            row("rises = true"),
            "a change has one test: leaves, enters, appears, falls, rises, changes, gone, grows, adds or everybody",
        ),
        (
            row("half = \"high\"").replace("falls = true", "changes = true"),
            "`half` belongs to `falls`",
        ),
    ] {
        assert_eq!(mistakes(&text), [mistake]);
    }
    assert!(mistakes(&row("wen = true"))[0].contains("there is no key \"wen\""));
    assert!(mistakes(&row("").replace("retention-cut", "cut"))[0].contains("there is no \"cut\""));
}

#[test]
fn own_actions() {
    let row = |does: &str, of: &str| {
        format!(
            "[[action]]\nname = \"acme_ledger_seal\"\ndoes = \"{does}\"\nsays = \"a ledger is sealed\"\nsource = \"https://x\"\n{of}"
        )
    };
    let runs = json!({"format_version": "1.2", "terraform_version": "1.15.5", "planned_values": {}, "resource_changes": [],
        "action_invocations": [{"address": "action.acme_ledger_seal.now", "type": "acme_ledger_seal", "name": "now",
            "provider_name": "registry.terraform.io/acme/acme", "invoke_action_trigger": {}}]})
    .to_string()
    .into_bytes();
    let grade =
        |text: &str| weighed(&judge(&runs, &settings(text)), "action-runs").map(|(grade, _)| grade);
    assert_eq!(grade(""), Some(Severity::Medium), "not known");
    assert_eq!(grade(&row("sends", "")), Some(Severity::Low));
    assert_eq!(grade(&row("stops", "")), Some(Severity::Medium));
    let wipes = row("wipes", "of = \"acme_ledger\"\n");
    assert_eq!(grade(&wipes), Some(Severity::High));
    let ledger = "[[type]]\nname = \"acme_ledger\"\ncategory = \"database\"\ndestroy = \"critical\"\nloss = \"all bookings\"\nsource = \"https://x\"\n";
    assert_eq!(
        grade(&(wipes.clone() + ledger)),
        Some(Severity::Critical),
        "graded as the destroy of a type of one's own"
    );
    assert_eq!(
        grade(&row("wipes", "of = \"aws_s3_bucket\"\n")),
        Some(Severity::Critical)
    );
    for (text, mistake) in [
        (
            row("wipes", ""),
            "an action that wipes, without the type whose data it wipes: of = \"acme_ledger\"",
        ),
        (
            row("sends", "of = \"acme_ledger\"\n"),
            "of is only for an action that wipes",
        ),
        (
            row("sends", "") + &row("stops", ""),
            "there are two rows of acme_ledger_seal",
        ),
    ] {
        assert_eq!(mistakes(&text), [mistake]);
    }
    assert!(mistakes(&row("wipe", ""))[0].contains("there is no \"wipe\""));
    assert!(mistakes(&row("sends", "off = 1"))[0].contains("there is no key \"off\""));
}

#[test]
fn own_types() {
    let row = |name: &str, grade: &str| {
        format!(
            "[[type]]\nname = \"{name}\"\ncategory = \"database\"\ndestroy = \"{grade}\"\nloss = \"all of it\"\nsource = \"https://x\"\n"
        )
    };
    let own = plan(&[
        change("aws_sns_topic.a", "aws_sns_topic", &["no-op"]),
        change("acme_widget.x", "acme_widget", &["delete"]),
    ]);
    assert_eq!(verdict("", &own), Verdict::Warn);
    assert_eq!(verdict(&row("acme_widget", "none"), &own), Verdict::Pass);
    assert_eq!(
        verdict(&row("acme_widget", "critical"), &own),
        Verdict::Block
    );
    assert_eq!(
        verdict(&row("aws_db_instance", "none"), &database_goes()),
        Verdict::Pass,
        "an own row wins"
    );
    assert_eq!(
        verdict(&row("acme_other", "none"), &database_goes()),
        Verdict::Block
    );
    assert_eq!(
        mistakes(&(row("a_b", "high") + &row("a_b", "none"))),
        ["there are two rows of a_b"]
    );
    assert!(mistakes(&row("a_b", "hgih"))[0].contains("destroy: there is no \"hgih\""));
    assert!(mistakes("[[type]]\nname = \"a_b\"")[0].contains("is missing"));
    assert!(
        mistakes(&(row("a_b", "high") + "lost = \"x\""))[0]
            .contains("lost: there is no key \"lost\"")
    );
    assert!(
        mistakes(&(row("a_b", "high") + "guard = [{ attribute = \"x\", effect = \"kept\" }]"))[0]
            .contains("one test")
    );
}

/// Flags, variables, environment, file, default: each wins over what comes after it, and says that it did.
#[test]
fn precedence() {
    let words = |args: &[&str], variable: Option<&str>, file: &str| {
        let temp = tempfile::tempdir().expect("a directory");
        std::fs::write(temp.path().join("applygate.toml"), file).expect("written");
        let mut command = applygate();
        command
            .current_dir(temp.path())
            .args(["config", "show"])
            .args(args);
        if let Some(word) = variable {
            command.env("APPLYGATE_BLOCK_AT", word);
        }
        let output = command.output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("text");
        let line = text
            .lines()
            .find(|line| line.starts_with("block_at"))
            .unwrap_or_default()
            .to_owned();
        line.split_whitespace()
            .skip(1)
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let (base, env) = (
        "block_at = \"high\"\n",
        "[env.x]\nworkspace = \"w\"\nblock_at = \"medium\"\n",
    );
    let both = format!("{base}{env}");
    assert_eq!(words(&[], None, ""), "high default");
    assert_eq!(
        words(&[], None, "\nblock_at = \"critical\""),
        "critical applygate.toml:2"
    );
    assert_eq!(words(&[], None, &both), "high applygate.toml:1");
    assert_eq!(
        words(&["--workspace", "w"], None, &both),
        "medium env.x in applygate.toml:4"
    );
    assert_eq!(
        words(&["--env", "x"], None, &both),
        "medium env.x in applygate.toml:4"
    );
    assert_eq!(
        words(&["--workspace", "w"], Some("low"), &both),
        "low APPLYGATE_BLOCK_AT"
    );
    assert_eq!(
        words(
            &["--workspace", "w", "--block-at", "critical"],
            Some("low"),
            &both
        ),
        "critical --block-at"
    );
    assert_eq!(
        words(&["--no-config"], None, "block_at = \"low\""),
        "high default"
    );
    assert_eq!(
        words(&[], Some(""), "block_at = \"low\""),
        "low applygate.toml:1",
        "an empty variable is not set"
    );
    assert_eq!(words(&[], Some("hihg"), ""), "", "a wrong one is an error");
}

/// A repository with plans in it, and what `check` says there.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let temp = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(temp.path().join(".git")).expect("made");
        for (path, text) in files {
            let path = temp.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        std::fs::write(temp.path().join("plan.json"), database_goes()).expect("written");
        Self(temp)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Exit code and both streams.
    fn run(&self, dir: &str, args: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let output = applygate()
            .current_dir(self.path().join(dir))
            .args(args)
            .envs(variables.iter().copied())
            .args(["--now", NOW])
            .output()
            .expect("it runs");
        let text = String::from_utf8(output.stdout).expect("text")
            + &String::from_utf8(output.stderr).expect("text");
        (output.status.code().expect("a code"), text)
    }

    fn check(&self, dir: &str, args: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let plan = self.path().join("plan.json");
        self.run(
            dir,
            &[&["check", plan.to_str().expect("text")], args].concat(),
            variables,
        )
    }
}

const EASY: &str = "[rules]\nstateful-destroy = \"low\"\n";

#[test]
fn which_file_holds() {
    let repository = Repository::new(&[
        ("applygate.toml", EASY),
        ("a/b/applygate.toml", ""),
        ("a/c/x", ""),
        ("easy.toml", EASY),
        ("d/applygate.toml/x", ""),
    ]);
    let code = |dir: &str, args: &[&str], variables: &[(&str, &str)]| {
        repository.check(dir, args, variables).0
    };
    assert_eq!(code(".", &[], &[]), 0);
    assert_eq!(code("a/c", &[], &[]), 0, "found by walking up");
    assert_eq!(
        code("a/b", &[], &[]),
        1,
        "the nearest file, whole: nothing of the one above"
    );
    assert_eq!(
        code(".", &["--dir", "a/b"], &[]),
        1,
        "from the plan's directory"
    );
    assert_eq!(code("a/b", &["--config", "../../easy.toml"], &[]), 0);
    assert_eq!(
        code("a/b", &[], &[("APPLYGATE_CONFIG", "../../easy.toml")]),
        0
    );
    assert_eq!(
        code(
            "a/c",
            &["--config", "../b/applygate.toml"],
            &[("APPLYGATE_CONFIG", "../../easy.toml")]
        ),
        1,
        "the flag wins"
    );
    assert_eq!(
        code(
            ".",
            &["--no-config"],
            &[("APPLYGATE_CONFIG", "easy.toml"), ("APPLYGATE_ENV", "x")]
        ),
        1
    );
    assert_eq!(code(".", &["--no-config", "--config", "easy.toml"], &[]), 2);
    assert_eq!(
        code(".", &["--config", "none.toml"], &[]),
        2,
        "a named file that does not exist"
    );
    assert_eq!(code(".", &[], &[("APPLYGATE_CONFIG", "none.toml")]), 2);
    assert_eq!(code(".", &["--config", "a"], &[]), 2, "no plain file");
    assert_eq!(
        code("d", &[], &[]),
        2,
        "what cannot be read is not passed over for one further up"
    );
    let told = repository.check("a/c", &[], &[]).1;
    assert!(told.contains("\npolicy    applygate.toml\n"), "{told}");
    assert_eq!(code(".", &["--dir", "nowhere"], &[]), 2);
}

/// A link or a device in the place of the file: a change under review must not make other files of the machine be read out.
#[cfg(unix)]
/// One policy holds for a run; that of a plan in another directory is not passed over in silence.
#[test]
fn a_policy_beside_the_plan_is_named() {
    let repository = Repository::new(&[
        ("applygate.toml", ""),
        ("a/applygate.toml", "block_at = \"low\""),
        ("b/x", ""),
    ]);
    let plan = std::fs::read(repository.path().join("plan.json")).expect("a plan");
    for dir in ["a", "b"] {
        std::fs::write(repository.path().join(dir).join("plan.json"), &plan).expect("written");
    }
    let named = |dir: &str, args: &[&str], variables: &[(&str, &str)]| {
        let told = repository
            .run(dir, &[&["check"], args].concat(), variables)
            .1
            .replace("\n          ", " ");
        assert!(told.contains("verdict"), "{told}");
        told.contains("a/applygate.toml is not used:")
    };
    assert!(named(".", &["a/plan.json"], &[]));
    assert!(named("b", &["../a/plan.json"], &[]));
    assert!(named(".", &["."], &[]), "one of several");
    assert!(named(".", &["--dir", ".", "a/plan.json"], &[]));
    for (dir, args) in [
        (".", &["plan.json"][..]),
        (".", &["b/plan.json"]),
        ("a", &["plan.json"]),
        ("a", &["./plan.json"]),
    ] {
        assert!(
            !named(dir, args, &[]),
            "{dir} {args:?}: it is the one that is used, or there is none"
        );
    }
    for args in [
        &["--dir", "a"][..],
        &["--no-dir"],
        &["--no-config"],
        &["--config", "applygate.toml"],
    ] {
        assert!(
            !named(".", &[args, &["a/plan.json"]].concat(), &[]),
            "{args:?}: somebody said where it is from, or what holds"
        );
    }
    assert!(!named(
        ".",
        &["a/plan.json"],
        &[("APPLYGATE_CONFIG", "applygate.toml")]
    ));
}

#[test]
fn links_and_devices() {
    let repository = Repository::new(&[("secret", "password = 7\n"), ("a/x", "")]);
    std::os::unix::fs::symlink("../secret", repository.path().join("a/applygate.toml"))
        .expect("linked");
    let (code, told) = repository.check("a", &[], &[]);
    assert!(
        code == 2 && told.contains("symbolic link") && !told.contains("password"),
        "{told}"
    );
    assert_eq!(repository.check(".", &["--config", "/dev/zero"], &[]).0, 2);
    std::fs::write(repository.path().join("secret"), EASY).expect("written");
    assert_eq!(
        repository
            .check("a", &["--config", "applygate.toml"], &[])
            .0,
        0,
        "one that is named is followed"
    );
}

/// The reader refuses what overlaps; should it ever miss one, no plan is judged by either.
#[test]
fn two_environments_for_one_plan() {
    let mut policy = read(b"[env.a]\ndirectory = \"x\"").expect("a policy");
    policy
        .envs
        .extend(read(b"[env.b]\ndirectory = \"*\"").expect("a policy").envs);
    let settings = Settings {
        files: applygate::testing::Files {
            policy: Some(Arc::new(policy)),
            directory: Some("x".to_owned()),
            ..Default::default()
        },
        ..Settings::default()
    };
    let refusal = judge(&database_goes(), &settings)
        .decision
        .refusal
        .expect("refused");
    assert!(
        refusal
            .to_string()
            .contains("two environments of the policy (a and b)"),
        "{refusal}"
    );
}

/// A policy with a mistake judges nothing: not even what it does not speak of.
#[test]
fn a_mistake_is_exit_2() {
    let repository = Repository::new(&[(
        "applygate.toml",
        "blok_at = \"low\"\n[rules]\nx = \"off\"\n",
    )]);
    let (code, told) = repository.check(".", &[], &[]);
    assert_eq!(code, 2);
    assert!(
        told.contains("did you mean block_at?")
            && told.contains("there is no rule \"x\"")
            && told.contains("applygate.toml:1:1"),
        "{told}"
    );
    assert!(
        !told.contains("BLOCK") && !told.contains("aws_db_instance"),
        "{told}"
    );
    assert_eq!(repository.run(".", &["config", "check"], &[]).0, 2);
    assert_eq!(repository.run(".", &["config", "show"], &[]).0, 2);
}

#[test]
fn environments_on_the_command_line() {
    let text = "[env.preview]\nworkspace = \"preview-*\"\ndirectory = \"stacks/**\"\nrules = { stateful-destroy = \"low\" }\n[env.stacks]\ndirectory = \"other\"\n";
    let repository = Repository::new(&[("applygate.toml", text), ("other/x", "")]);
    assert_eq!(repository.check(".", &[], &[]).0, 1);
    assert_eq!(repository.check(".", &["--env", "preview"], &[]).0, 0);
    assert_eq!(
        repository
            .check(".", &[], &[("APPLYGATE_ENV", "preview")])
            .0,
        0
    );
    assert_eq!(
        repository
            .check(".", &["--env", "stacks"], &[("APPLYGATE_ENV", "preview")])
            .0,
        1,
        "the flag wins"
    );
    assert_eq!(
        repository
            .check(".", &[], &[("TF_WORKSPACE", "preview-1")])
            .0,
        1,
        "what the plan does not tell is not believed"
    );
    let (code, told) = repository.check(".", &["--env", "previw"], &[]);
    assert!(
        code == 2 && told.contains("did you mean preview?"),
        "{told}"
    );
    assert_eq!(
        repository
            .check(".", &["--env", "preview", "--no-config"], &[])
            .0,
        2
    );
    assert!(
        repository
            .check(".", &["--env", "preview"], &[])
            .1
            .contains("policy    applygate.toml · env preview (--env)")
    );
    assert!(
        repository
            .check("other", &[], &[])
            .1
            .contains("policy    applygate.toml · env stacks (directory other)")
    );
    assert!(
        repository
            .check(".", &[], &[])
            .1
            .contains("policy    applygate.toml · no env fits")
    );
    assert!(
        repository
            .check("other", &["--no-dir"], &[])
            .1
            .contains("policy    applygate.toml · no env fits"),
        "no directory, no choice by one"
    );
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

/// What a person sees of a waiver that holds, of one that is over, and of one that covers nothing.
#[test]
fn reports_of_waivers() {
    let report = |text: &str, args: &[&str]| {
        let repository = Repository::new(&[("applygate.toml", text)]);
        let plan = repository.run(".", &[&["check", "plan.json"], args].concat(), &[]);
        format!("exit code {}\n{}", plan.0, plan.1)
    };
    let waiver = format!(
        "{}owner = \"dba@example.org\"\n",
        WAIVER.replace(
            "moved",
            "moved to the new cluster on 3 November, runbook 12"
        )
    );
    snapshot("policy@waived", &report(&waiver, &[]));
    snapshot(
        "policy@expired",
        &report(&waiver.replace("2026-12-01", "2026-11-21"), &[]),
    );
    let unused = format!(
        "{waiver}{}",
        waiver
            .replace("old", "other")
            .replace("2026-12-01", "2026-11-21")
    );
    snapshot("policy@unused", &report(&unused, &["--unused-waivers"]));
    snapshot(
        "policy@off",
        &report("[rules]\nstateful-destroy = \"off\"\n", &[]),
    );
    snapshot(
        "policy@regraded",
        &report("[rules]\nstateful-destroy = \"medium\"\n", &[]),
    );
    let json = report(
        &waiver.replace("2026-12-01", "2026-11-21"),
        &["--format", "json"],
    );
    let json: Value =
        serde_json::from_str(json.strip_prefix("exit code 1\n").expect("blocked")).expect("JSON");
    assert_eq!(json["plans"][0]["findings"][0]["waiver"]["expired"], true);
}

/// However many findings there are: that one is waived, and why, is always told.
#[test]
fn no_waived_finding_is_hidden() {
    let changes: Vec<Value> = (0..40)
        .map(|at| {
            change(
                &format!("aws_db_instance.d{at}"),
                if at % 2 == 0 {
                    "aws_db_instance"
                } else {
                    "aws_rds_cluster"
                },
                &["delete"],
            )
        })
        .collect();
    let repository = Repository::new(&[(
        "applygate.toml",
        &WAIVER.replace("aws_db_instance.old", "aws_db_instance.d7"),
    )]);
    let mut all = changes;
    all.extend((0..12).map(|at| change(&format!("aws_kms_key.k{at}"), "aws_kms_key", &["delete"])));
    all.extend(
        [
            "aws_subnet",
            "aws_vpc",
            "aws_ecs_cluster",
            "aws_iam_role",
            "aws_s3_bucket",
            "aws_efs_file_system",
        ]
        .map(|kind| change(&format!("{kind}.x"), kind, &["delete"])),
    );
    std::fs::write(repository.path().join("many.json"), plan(&all)).expect("written");
    let told = repository.run(".", &["check", "many.json"], &[]).1;
    assert!(
        told.contains(
            "stateful-destroy (waived)\n  aws_db_instance.d7\n  waived    moved (until 2026-12-01)"
        ),
        "{told}"
    );
}

#[test]
fn json_tells_the_same() {
    let schema =
        std::fs::read_to_string(root().join("schema/report.schema.json")).expect("the schema");
    let validator =
        jsonschema::validator_for(&serde_json::from_str(&schema).expect("JSON")).expect("a schema");
    let finding = |text: &str, args: &[&str]| {
        let repository = Repository::new(&[("applygate.toml", text)]);
        let out = repository
            .run(
                ".",
                &[&["check", "--format", "json", "plan.json"], args].concat(),
                &[],
            )
            .1;
        let report: Value = serde_json::from_str(&out).expect("a report");
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        let plan = &report["plans"][0];
        let finding = &plan["findings"][0];
        json!([
            plan["verdict"],
            finding["severity"],
            finding["severity_by_rule"],
            finding["allowed"],
            finding["standing"],
            finding["waiver"],
            plan["policy"]
        ])
    };
    let policy = json!({"file": "applygate.toml", "env": null, "chosen_by": null, "own_types": 0, "looser": []});
    let waiver = |expires: &str, expired: bool| json!({"reason": "moved", "owner": null, "expires": expires, "expired": expired, "line": 1});
    assert_eq!(
        finding("", &[]),
        json!(["block", "critical", null, false, "counts", null, policy])
    );
    assert_eq!(
        finding(WAIVER, &[]),
        json!([
            "pass",
            "critical",
            null,
            false,
            "waived",
            waiver("2026-12-01", false),
            policy
        ])
    );
    let over = WAIVER.replace("2026-12-01", "2026-11-01");
    assert_eq!(
        finding(&over, &[]),
        json!([
            "block",
            "critical",
            null,
            false,
            "counts",
            waiver("2026-11-01", true),
            policy
        ])
    );
    assert_eq!(
        finding("[rules]\nstateful-destroy = \"off\"", &[]),
        json!(["pass", "critical", null, false, "off", null, policy])
    );
    assert_eq!(
        finding(EASY, &[]),
        json!(["pass", "low", "critical", false, "counts", null, policy])
    );
    let allow = &["--allow", "stateful-destroy@aws_db_instance.*"];
    assert_eq!(
        finding("", allow),
        json!(["pass", "critical", null, true, "allowed", null, policy])
    );
    let chosen = json!({"file": "applygate.toml", "env": "x", "chosen_by": "--env", "own_types": 0, "looser": []});
    assert_eq!(finding("[env.x]", &["--env", "x"])[6], chosen);
}

/// What keeps a finding from being made, or from blocking, leaves no trace in the findings: the report names it.
#[test]
fn what_is_looser_is_named() {
    let all = "block_at = \"critical\"\nmax_waiver_days = 91\n[limits]\ncreate_high = 11\ncreate_high_weighty = 6\ncreate_least = 4\nmass_count = 11\nmass_share = 0.31\n";
    let told = |text: &str, args: &[&str]| {
        Repository::new(&[("applygate.toml", text)])
            .check(".", args, &[])
            .1
    };
    let line = |text: &str, args: &[&str]| {
        let out = told(text, args).replace("\n          ", " ");
        out.lines()
            .find_map(|line| line.strip_prefix("policy    "))
            .unwrap_or_else(|| panic!("{out}"))
            .to_owned()
    };
    let values = "block_at critical, create_high 11, create_high_weighty 6, create_least 4, mass_count 11, mass_share 0.31, max_waiver_days 91";
    assert_eq!(
        line(all, &[]),
        format!("applygate.toml · looser than the defaults: {values}")
    );
    for same in [
        "block_at = \"high\"\nmax_waiver_days = 90\n[limits]\ncreate_high = 10\nmass_share = 0.3\n",
        "block_at = \"low\"\nmax_waiver_days = 9\n[limits]\ncreate_high = 1\nmass_share = 0.1\n",
    ] {
        assert_eq!(line(same, &[]), "applygate.toml", "{same}");
    }
    let env = "[env.x]\nblock_at = \"critical\"\n";
    assert_eq!(
        line(env, &["--env", "x"]),
        "applygate.toml · env x (--env) · looser than the defaults: block_at critical"
    );
    assert_eq!(line(env, &[]), "applygate.toml · no env fits");
    assert_eq!(
        line(env, &["--env", "x", "--block-at", "high"]),
        "applygate.toml · env x (--env)",
        "a flag wins"
    );
    let report: Value = serde_json::from_str(&told(all, &["--format", "json"])).expect("a report");
    assert_eq!(
        report["plans"][0]["policy"]["looser"]
            .as_array()
            .map(Vec::len),
        Some(7)
    );
    let row = |name: &str| {
        format!(
            "[[type]]\nname = \"{name}\"\ncategory = \"database\"\ndestroy = \"none\"\nloss = \"x\"\nsource = \"x\"\n"
        )
    };
    assert_eq!(
        line(&row("aws_db_instance"), &[]),
        "applygate.toml · 1 own type: aws_db_instance"
    );
    let rows: String = ["a_a", "a_b", "a_c", "a_d", "a_e"].map(row).concat();
    assert_eq!(
        line(&rows, &[]),
        "applygate.toml · 5 own types: a_a, a_b, a_c, and 2 more"
    );
}

#[test]
fn unused_waivers() {
    let told = |text: &str, args: &[&str]| {
        Repository::new(&[("applygate.toml", text)]).check(
            ".",
            &[&["--unused-waivers"], args].concat(),
            &[],
        )
    };
    assert!(!told(WAIVER, &[]).1.contains("note:"));
    let inline = "{ rules = [\"stateful-destroy\"], address = \"aws_db_instance.old\", reason = \"x\", expires = 2026-12-01 }";
    let one_line = told(
        &format!("waiver = [{inline}, {}]", inline.replace("old", "other")),
        &[],
    )
    .1;
    assert_eq!(
        one_line.matches("note:").count(),
        1,
        "two on one line: {one_line}"
    );
    let other = WAIVER.replace("old", "other");
    assert!(
        told(&other, &[])
            .1
            .contains("note: the waiver in applygate.toml:1 matches nothing in these plans")
    );
    assert_eq!(
        (told(&other, &[]).0, told(WAIVER, &[]).0),
        (1, 0),
        "the exit code stays what it is"
    );
    let elsewhere = format!(
        "[env.x]\n{}",
        other.replace("[[waiver]]", "[[env.x.waiver]]")
    );
    assert!(
        !told(&elsewhere, &[]).1.contains("note:"),
        "one that holds for none of these plans is not looked for"
    );
    assert!(told(&elsewhere, &["--env", "x"]).1.contains("note:"));
    assert!(
        !told(&WAIVER.replace("2026-12-01", "2026-11-01"), &[])
            .1
            .contains("note:"),
        "one that is over, but would cover something, says so there"
    );
    assert!(
        told(&other, &["no-such-file"])
            .1
            .contains("not everything was judged")
    );
    assert!(
        !Repository::new(&[("applygate.toml", &other)])
            .check(".", &[], &[])
            .1
            .contains("note:"),
        "only on request"
    );
}

#[test]
fn config_check_and_show() {
    let text = "max_waiver_days = 60\nblock_at = \"critical\"\n\n[rules]\nmass-destroy = \"medium\"\n\n[limits]\nmass_share = 0.5\n\n[expect]\nregion = [\"eu-*\"]\n\n\
        [[waiver]]\nrules = [\"stateful-destroy\", \"backup-destroy\"]\naddress = \"module.preview.**\"\nreason = \"thrown away every night\"\nexpires = 2026-12-06\n\n\
        [env.prod]\nworkspace = \"prod*\"\nblock_at = \"medium\"\nrules = { mass-destroy = \"critical\", partial-plan = \"low\" }\nlimits = { mass_count = 3, create_high = 20 }\n\n\
        [[env.prod.waiver]]\nrules = [\"index-shift\"]\naddress = \"**\"\nreason = \"x\"\nexpires = 2026-10-01\n";
    let repository = Repository::new(&[
        ("applygate.toml", text),
        ("sub/x", ""),
        (
            "wrong.toml",
            "[rules]\nmas-destroy = \"of\"\nstate-missing = \"off\"\n",
        ),
    ]);
    let run = |dir: &str, args: &[&str]| {
        let (code, told) = repository.run(dir, args, &[]);
        format!("exit code {code}\n{told}")
    };
    snapshot("policy@config-check", &run("sub", &["config", "check"]));
    snapshot(
        "policy@config-check-mistakes",
        &run(".", &["config", "check", "wrong.toml"]),
    );
    snapshot(
        "policy@config-show",
        &run(
            ".",
            &["config", "show", "--workspace", "prod-eu", "--first-apply"],
        ),
    );
    let json = repository
        .run(
            ".",
            &["config", "show", "--format", "json", "--env", "prod"],
            &[],
        )
        .1;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (&json["env"], &json["chosen_by"]),
        (&json!("prod"), &json!("--env"))
    );
    assert!(
        json["values"].as_array().expect("a list").contains(&json!({"key": "limits.mass_count", "value": "3", "origin": "env.prod in applygate.toml:23"})),
        "{json}"
    );
    let none = Repository::new(&[]);
    assert_eq!(none.run(".", &["config", "check"], &[]).0, 0);
    assert_eq!(none.run(".", &["config", "check", "none.toml"], &[]).0, 2);
    assert!(
        none.run(".", &["config", "show"], &[])
            .1
            .starts_with("policy  none\n")
    );
}

/// Whatever the file is: an answer, and no panic.
#[test]
fn hostile_files() {
    let bad = |bytes: &[u8]| {
        let Err(mistakes) = read(bytes) else {
            panic!(
                "{:?} is no policy",
                String::from_utf8_lossy(&bytes[..bytes.len().min(80)])
            )
        };
        let mut out = Vec::new();
        Problem::from(mistakes)
            .write(80, None, &Styles::default(), &mut out)
            .expect("written");
        let told = String::from_utf8_lossy(&out).into_owned();
        assert!(
            told.len() < 40_000 && !told.contains(['\0', '\u{1b}', '\u{202e}']),
            "{told}"
        );
        told
    };
    assert!(bad(&vec![b'#'; (1 << 20) + 1]).contains("larger than 1 MiB"));
    assert!(
        bad(&[b"#".repeat(4097), b"\n".to_vec()].concat()).contains("line 1 is longer than 4 KiB")
    );
    assert!(bad(&[b"\n# ".to_vec(), b"x".repeat(70_000)].concat()).contains("line 2 is longer"));
    assert!(bad(b"block_at = \"\xff\"").contains("byte 12 is not UTF-8"));
    bad(b"block_at = \0");
    bad(b"\xff\xfeb\0");
    bad("block_\u{202e}at = \"\u{1b}[31m\"".as_bytes());
    bad("\"block_\u{202e}at\" = 1".as_bytes());
    bad("x = [\n".repeat(50_000).as_bytes());
    bad("[x]\n".repeat(50_000).as_bytes());
    bad("{".repeat(4000).as_bytes());
    bad(format!("x = {}", "[".repeat(4000)).as_bytes());
    bad(format!("[{}x]", "a.".repeat(2000)).as_bytes());
    let dotted = "a.".repeat(75);
    bad(format!(
        "{}x = 1{}",
        format!("{dotted}b = {{\n").repeat(75),
        "}".repeat(75)
    )
    .as_bytes());
    bad("[[waiver]]\n".repeat(90_000).as_bytes());
    bad("[[type]]\n".repeat(90_000).as_bytes());
    bad((0..60_000)
        .map(|at| format!("k{at} = 1\n"))
        .collect::<String>()
        .as_bytes());
    // Patterns that take long to compare: as many as there may be, none of which meets another.
    let list = |env: usize, count: usize| {
        format!(
            "[{}]",
            (0..count)
                .map(|at| format!("\"{}e{env}x{at}z\"", "*a*b".repeat(28)))
                .collect::<Vec<_>>()
                .join(",\n")
        )
    };
    let envs = |count: usize| {
        (0..32)
            .map(|env| format!("[env.e{env}]\nworkspace = {}\n", list(env, count)))
            .collect::<String>()
    };
    assert!(bad(envs(9).as_bytes()).contains("more than 256 patterns"));
    let paths = |env: usize| {
        (0..8)
            .map(|at| {
                format!(
                    "\"{}e{env}x{at}\"",
                    if env < 16 {
                        "**/a/".repeat(20)
                    } else {
                        "*/".repeat(50)
                    }
                )
            })
            .collect::<Vec<_>>()
            .join(",\n")
    };
    let started = std::time::Instant::now();
    assert!(read(envs(8).as_bytes()).is_ok());
    assert!(
        read(
            (0..32)
                .map(|env| format!("[env.e{env}]\ndirectory = [{}]\n", paths(env)))
                .collect::<String>()
                .as_bytes()
        )
        .is_ok()
    );
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
    assert!(read(&b"#".repeat(4096)).is_ok());
    assert!(read("\u{feff}block_at = \"low\"\r\n".as_bytes()).is_ok());
}

/// The keys that the reader knows in a table, as it says to whoever writes one that is like none of them.
fn known(table: &str) -> BTreeSet<String> {
    let text = table.replace("{}", "q0q0q0q0q0 = 1");
    let mistakes = read(text.as_bytes()).expect_err("a mistake").list;
    let helps = mistakes
        .iter()
        .filter_map(|mistake| mistake.help.as_deref());
    let list = helps
        .filter_map(|help| help.strip_prefix("known here: "))
        .next();
    let list = list.unwrap_or_else(|| panic!("{mistakes:?}"));
    list.split(", ").map(str::to_owned).collect()
}

/// A setting as the schema for editors has it.
fn property(setting: &setting::Setting) -> Value {
    let mut says = setting.doc.to_owned();
    let mut property = match setting.kind {
        Kind::Count { default } => {
            says = format!("{says} Default: {default}.");
            json!({"type": "integer", "minimum": 1, "maximum": 1_000_000_000})
        }
        Kind::Share { default } => {
            says = format!("{says} Default: {default}.");
            json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1})
        }
        Kind::Budget => json!({"type": "integer", "minimum": 0, "maximum": 1_000_000_000}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Names => json!({"$ref": "#/$defs/patterns"}),
        Kind::Spaced => json!({"$ref": "#/$defs/spaced_patterns"}),
        Kind::Addresses => json!({"$ref": "#/$defs/addresses"}),
    };
    property["description"] = json!(says);
    property
}

fn properties(settings: &[&setting::Setting]) -> Value {
    let all = settings
        .iter()
        .map(|row| (row.key.to_owned(), property(row)));
    Value::Object(all.collect())
}

/// Every key that the reader knows is in the schema for editors, and the other way round; and both think the same of these files.
#[test]
fn the_schema_knows_what_the_reader_knows() {
    let file = root().join("schema/applygate.schema.json");
    let text = std::fs::read_to_string(&file).expect("the schema");
    let mut schema: Value = serde_json::from_str(&text).expect("JSON");
    schema["$defs"]["limits"]["properties"] = properties(setting::LIMITS);
    schema["$defs"]["expect"]["properties"] = properties(setting::EXPECT);
    for place in ["/properties", "/$defs/env/properties"] {
        let place = schema.pointer_mut(place).expect("properties");
        for budget in setting::EXPECT
            .iter()
            .filter(|row| row.kind == Kind::Budget)
        {
            place[budget.key] = property(budget);
        }
    }
    let rules = RULES.iter().filter(|rule| rule.switch != Switch::Never);
    let grades = rules.map(|rule| {
        let always = rule.switch == Switch::Always;
        let grade = if always { "always" } else { "grade" };
        (
            rule.id.to_owned(),
            json!({"$ref": format!("#/$defs/{grade}")}),
        )
    });
    schema["$defs"]["rules"]["properties"] = Value::Object(grades.collect());
    schema["$defs"]["waiver"]["properties"]["rules"]["items"]["enum"] =
        RULES.iter().map(|rule| rule.id).collect();
    let made = format!("{schema:#}\n");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, &made).expect("it can be written");
    } else {
        assert_eq!(text, made, "UPDATE_DOCS=1 cargo test writes it");
    }
    for (place, table) in [
        ("/properties", "{}"),
        ("/$defs/env/properties", "[env.x]\n{}"),
        ("/$defs/limits/properties", "[limits]\n{}"),
        ("/$defs/expect/properties", "[expect]\n{}"),
        ("/$defs/waiver/properties", "[[waiver]]\n{}"),
        ("/$defs/window/properties", "[[window]]\n{}"),
        ("/$defs/freeze/properties", "[[freeze]]\n{}"),
    ] {
        let properties = schema.pointer(place).and_then(Value::as_object);
        let properties: BTreeSet<_> = properties.expect(place).keys().cloned().collect();
        assert_eq!(properties, known(table), "{place}");
    }
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let row = "[[type]]\nname = \"a_b\"\ncategory = \"database\"\ndestroy = \"high\"\nloss = \"x\"\nsource = \"https://x\"\n";
    let change = "[[change]]\nattribute = \"a\"\ntypes = [\"a_b\"]\nfalls = true\nrule = \"retention-cut\"\ngrade = \"high\"\nsays = \"x\"\nsource = \"https://x\"\n";
    let action = "[[action]]\nname = \"a_b_c\"\ndoes = \"wipes\"\nof = \"a_b\"\nsays = \"x\"\nsource = \"https://x\"\n";
    let full = format!(
        "max_waiver_days = 30\nblock_at = \"low\"\nrules = {{ state-missing = \"high\", mass-destroy = \"off\" }}\n[limits]\nmass_share = 0.5\nmass_count = 1\n[expect]\n\
         region = \"eu-*\"\nproviders = [\"a\", \"b\"]\none_region = true\nmax_destroy = 0\n{WAIVER}{row}{change}{action}[env.x]\nworkspace = [\"a\", \"b*\"]\ndirectory = \"a/**\"\n"
    );
    let waiver = |from: &str, to: &str| WAIVER.replace(from, to);
    for (text, good) in [
        (String::new(), true),
        (full, true),
        (WAIVER.to_owned(), true),
        (waiver("2026-12-01", "\"2026-12-01\""), true),
        (waiver("reason = \"moved\"\n", ""), false),
        (waiver("expires = 2026-12-01\n", ""), false),
        (waiver("2026-12-01", "3"), false),
        (waiver("\"moved\"", "\" \""), false),
        (waiver("stateful-destroy", "statefull-destroy"), false),
        (waiver("[\"stateful-destroy\"]", "[]"), false),
        (waiver("[\"stateful-destroy\"]", "[\"stateful-destroy\", \"stateful-destroy\"]"), false),
        (waiver("\"moved\"", &format!("\"{}\"", "x".repeat(1001))), false),
        (format!("{WAIVER}actions = [\"destroy\"]"), false),
        ("blok_at = \"low\"".to_owned(), false),
        ("block_at = \"off\"".to_owned(), false),
        ("rules = { state-missing = \"off\" }".to_owned(), false),
        ("rules = { nothing = \"off\" }".to_owned(), false),
        ("limits = { mass_share = 2 }".to_owned(), false),
        ("limits = { mass_count = 0 }".to_owned(), false),
        ("expect = { region = [] }".to_owned(), false),
        ("expect = { region = \"West Europe\", backend = [\"azurerm state/*\", \"local terraform.tfstate\"] }".to_owned(), true),
        ("expect = { region = \" \" }".to_owned(), false),
        ("expect = { backend = \"s3 \" }".to_owned(), false),
        ("expect = { backend = \"a  b\" }".to_owned(), false),
        ("expect = { region = \"a\\tb\" }".to_owned(), false),
        ("expect = { account = \"a b\" }".to_owned(), false),
        ("expect = { max_destroy = -1 }".to_owned(), false),
        ("max_destroy = 0\nmax_changes = 9\nexpect = [\"aws_s3_bucket.logs\"]\n[env.x]\nexpect = \"**\"\nmax_changes = 1".to_owned(), true),
        ("expect = [\"nothing\", 3]".to_owned(), false),
        ("expect = 3".to_owned(), false),
        ("max_changes = -1".to_owned(), false),
        ("max_waiver_days = 0".to_owned(), false),
        ("env = { x = { env = 1 } }".to_owned(), false),
        ("env = { x = { workspace = \"a?\" } }".to_owned(), false),
        ("env = { \"a b\" = {} }".to_owned(), false),
        (WINDOW.to_owned(), true),
        (FREEZE.to_owned(), true),
        ("[env.x]\nworkspace = \"a\"\n[[env.x.window]]\ndays = [\"sat-mon\"]\nzone = \"UTC\"".to_owned(), true),
        (WINDOW.replace("mon-thu", "mo"), false),
        (WINDOW.replace("[\"mon-thu\"]", "[]"), false),
        (WINDOW.replace("09:00-16:00", "9 to 5"), false),
        (WINDOW.replace("zone = \"Europe/Berlin\"\n", ""), false),
        (WINDOW.replace("hours", "hour"), false),
        ("[[window]]\nzone = \"UTC\"".to_owned(), false),
        (FREEZE.replace("\"year end\"", "\"\""), false),
        (FREEZE.replace("from = 2026-12-20\n", ""), false),
        (FREEZE.replace("2026-12-20", "3"), false),
        (FREEZE.replace("to =", "until ="), false),
        (action.replace("of = \"a_b\"\n", ""), false),
        (action.replace("wipes", "sends"), false),
        (action.replace("wipes", "wipe"), false),
        (row.replace("\"high\"", "\"hgih\""), false),
        (row.replace("loss = \"x\"\n", ""), false),
    ] {
        let json = as_json(toml::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}")));
        let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert_eq!((errors.is_empty(), mistakes(&text).is_empty()), (good, good), "{text}: {errors:?} {:?}", mistakes(&text));
    }
}

/// As editors hand TOML to a schema: a date is text.
fn as_json(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(date) => json!(date.to_string()),
        toml::Value::Array(items) => items.into_iter().map(as_json).collect(),
        toml::Value::Table(table) => Value::Object(
            table
                .into_iter()
                .map(|(key, value)| (key, as_json(value)))
                .collect(),
        ),
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(flag) => json!(flag),
    }
}

const KINDS: [&str; 6] = [
    "aws_db_instance",
    "aws_s3_bucket",
    "aws_subnet",
    "aws_kms_key",
    "aws_iam_role",
    "aws_sqs_queue",
];
const GRADES: [&str; 4] = ["low", "medium", "high", "critical"];

fn any_plan() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec((0..KINDS.len(), 0..4usize, 0..3usize), 1..12).prop_map(|picks| {
        let mut seen = std::collections::BTreeSet::new();
        let picked = picks
            .into_iter()
            .filter(|(kind, name, _)| seen.insert((*kind, *name)));
        let changes = picked.map(|(kind, name, action)| {
            let actions: &[&str] = [&["delete"][..], &["delete", "create"], &["no-op"]][action];
            change(&format!("{}.n{name}", KINDS[kind]), KINDS[kind], actions)
        });
        plan(&changes.collect::<Vec<_>>())
    })
}

fn any_waiver() -> impl Strategy<Value = String> {
    let rule = prop_oneof![
        Just("stateful-destroy"),
        Just("key-destroy"),
        Just("foundation-destroy"),
        Just("mass-destroy"),
        Just("identity-destroy")
    ];
    let address = prop_oneof![
        (0..KINDS.len(), 0..4usize).prop_map(|(kind, name)| format!("{}.n{name}", KINDS[kind])),
        (0..KINDS.len()).prop_map(|kind| format!("{}.*", KINDS[kind])),
        Just("**".to_owned()),
    ];
    (rule, address).prop_map(|(rule, address)| {
        WAIVER
            .replace("stateful-destroy", rule)
            .replace("aws_db_instance.old", &address)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// The lower the line, the less comes through.
    #[test]
    fn a_lower_line_lets_no_more_through(plan in any_plan(), one in 0..4usize, other in 0..4usize) {
        let at = |grade: usize| verdict(&format!("block_at = \"{}\"", GRADES[grade]), &plan);
        prop_assert!(at(one.min(other)) >= at(one.max(other)));
    }

    /// The worse a rule counts, the less comes through; and off is the least of all.
    #[test]
    fn a_worse_grade_lets_no_more_through(plan in any_plan(), rule in 0..8usize, one in 0..4usize, other in 0..4usize) {
        let id = RULES[rule].id;
        let at = |grade: &str| verdict(&format!("[rules]\n{id} = \"{grade}\""), &plan);
        prop_assert!(at(GRADES[one.max(other)]) >= at(GRADES[one.min(other)]));
        prop_assert!(at(GRADES[one]) >= at("off"));
    }

    /// Whatever a policy says of rules and waivers, the same is found.
    #[test]
    fn nothing_that_is_found_is_left_out(
        plan in any_plan(), waivers in prop::collection::vec(any_waiver(), 0..4), rules in prop::collection::btree_map(0..RULES.len(), 0..5usize, 0..8)
    ) {
        let word = |id: usize, grade: usize| GRADES.get(grade).filter(|_| RULES[id].switch == Switch::Free).map_or_else(
            || if RULES[id].switch == Switch::Free { "off" } else { "high" }, |word| *word);
        let rules: String = rules.iter().filter(|(id, _)| RULES[**id].switch != Switch::Never).map(|(id, grade)| format!("{} = \"{}\"\n", RULES[*id].id, word(*id, *grade))).collect();
        let found = |settings: &Settings| {
            let mut all: Vec<_> = judge(&plan, settings).decision.findings.iter().map(|weighed| (weighed.finding.rule, weighed.finding.address.clone())).collect();
            all.sort();
            all
        };
        prop_assert_eq!(found(&settings(&format!("block_at = \"critical\"\n[rules]\n{rules}{}", waivers.concat()))), found(&Settings::default()));
    }

    /// Taking any waiver out never lowers the verdict.
    #[test]
    fn without_a_waiver_no_more_comes_through(plan in any_plan(), waivers in prop::collection::vec(any_waiver(), 1..5), out in 0..5usize) {
        let with = verdict(&waivers.concat(), &plan);
        let mut fewer = waivers.clone();
        fewer.remove(out % waivers.len());
        prop_assert!(verdict(&fewer.concat(), &plan) >= with);
    }

    /// A waiver touches nothing at another address, and nothing of another rule.
    #[test]
    fn a_waiver_touches_nothing_else(plan in any_plan(), kind in 0..KINDS.len(), name in 0..4usize) {
        let address = format!("{}.n{name}", KINDS[kind]);
        let report = judge(&plan, &settings(&WAIVER.replace("aws_db_instance.old", &address)));
        let before = judge(&plan, &Settings::default());
        prop_assert_eq!(crate::common::told(&report), crate::common::told(&before), "the findings are the same");
        for weighed in &report.decision.findings {
            let meant = weighed.finding.rule == "stateful-destroy" && weighed.finding.address.as_deref() == Some(address.as_str());
            prop_assert_eq!(!weighed.counts(), meant, "{:?}", weighed.finding);
        }
    }

    /// No text makes the reader panic, and what it cannot read it can draw.
    #[test]
    fn no_text_makes_it_panic(text in "(\\PC|\n|\\[\\[waiver\\]\\]\n|\\[env\\.a\\]\n|rules = |\"|= |block_at|workspace = \"\\*\"\n|\\[\\[type\\]\\]\n|name = |2026-12-01|\\{|\\}|\t|\r\n){0,24}") {
        if let Err(mistakes) = read(text.as_bytes()) {
            let mut out = Vec::new();
            prop_assert!(!mistakes.list.is_empty());
            Problem::from(mistakes).write(80, None, &Styles::default(), &mut out).expect("written");
        }
    }
}

const WINDOW: &str =
    "[[window]]\ndays = [\"mon-thu\"]\nhours = \"09:00-16:00\"\nzone = \"Europe/Berlin\"\n";
const FREEZE: &str = "[[freeze]]\nfrom = 2026-12-20\nto = 2027-01-06\nreason = \"year end\"\n";

/// What only the reader can tell is a mistake that points at the value.
#[test]
fn times_that_cannot_be_meant() {
    for (text, says, at) in [
        (
            WINDOW.replace("Europe/Berlin", "Europe/Berlim"),
            "zone",
            "4:8",
        ),
        (
            WINDOW.replace("09:00-16:00", "09:00-09:00"),
            "begins where it ends",
            "3:9",
        ),
        (
            FREEZE.replace("2027-01-06", "2026-01-06"),
            "ends before it begins",
            "3:6",
        ),
        (WINDOW.repeat(65), "more than 64", "257:1"),
    ] {
        let mut told = Vec::new();
        let mistakes = read(text.as_bytes()).expect_err("a mistake");
        Problem::from(mistakes)
            .write(80, None, &Styles::default(), &mut told)
            .expect("written");
        let told = String::from_utf8(told).expect("text");
        assert!(told.contains(says) && told.contains(at), "{told}");
    }
}

/// An apply is closed outside of the windows and in a freeze; a check says so and judges all the same.
#[test]
fn windows_and_freezes() {
    let dir = tempfile::tempdir().expect("a directory");
    let plan = root().join("fixtures/incident/3-routine-change/plan.json");
    let at = |policy: &str, now: &str| {
        std::fs::write(dir.path().join("applygate.toml"), policy).expect("written");
        let args = [
            "check",
            "--format",
            "json",
            "--config",
            "applygate.toml",
            "--env",
            "x",
            "--now",
            now,
        ];
        let mut command = crate::common::applygate();
        command.current_dir(dir.path()).args(&args[..5]);
        if policy.contains("[env.x]") {
            command.args(&args[5..7]);
        }
        let output = command
            .args(&args[7..])
            .arg(&plan)
            .output()
            .expect("it runs");
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
        let closed = &report["plans"][0]["closed"];
        (
            closed["reason"].as_str().map(str::to_owned),
            closed["next_open"].as_str().map(str::to_owned),
        )
    };
    let open = (None, None);
    let reason = |closed: &(Option<String>, Option<String>)| closed.0.clone().unwrap_or_default();
    assert_eq!(at("", "2026-12-25T12:00:00Z"), open);
    assert_eq!(
        at(WINDOW, "2026-11-23T08:00:00Z"),
        open,
        "Monday, nine in the morning in Berlin"
    );
    let closed = at(WINDOW, "2026-11-23T15:00:00Z");
    assert_eq!(
        (reason(&closed).as_str(), closed.1.as_deref()),
        (
            "now is outside all apply windows",
            Some("2026-11-24T08:00:00Z")
        )
    );
    let both = format!("{WINDOW}{FREEZE}");
    let closed = at(&both, "2026-12-21T09:00:00Z");
    assert!(
        reason(&closed).contains("freeze until 2027-01-07 00:00 UTC: year end"),
        "{closed:?}"
    );
    assert_eq!(
        closed.1.as_deref(),
        Some("2027-01-07T08:00:00Z"),
        "a Thursday"
    );
    assert_eq!(at(FREEZE, "2027-01-07T00:00:00Z"), open);
    // Windows of an environment take the place of those above; freezes add to them.
    let own = format!("{both}[env.x]\n[[env.x.window]]\ndays = [\"sat\"]\nzone = \"UTC\"\n");
    assert_eq!(at(&own, "2026-11-28T12:00:00Z"), open);
    assert_eq!(
        reason(&at(&own, "2026-11-23T08:00:00Z")),
        "now is outside all apply windows"
    );
    assert!(reason(&at(&own, "2026-12-26T12:00:00Z")).contains("freeze"));
    std::fs::copy(&plan, dir.path().join("plan.json")).expect("copied");
    let args = ["check", "--now", "2026-12-21T09:00:00Z", "plan.json"];
    let output = crate::common::applygate()
        .current_dir(dir.path())
        .args(args)
        .output()
        .expect("it runs");
    snapshot("policy@closed", &String::from_utf8_lossy(&output.stdout));
    let shown = crate::common::applygate()
        .current_dir(dir.path())
        .args(["config", "show", "--config", "applygate.toml", "--env", "x"])
        .output()
        .expect("it runs");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        shown.contains("sat 00:00-24:00 UTC")
            && shown.contains("2026-12-20 00:00 to 2027-01-07 00:00 UTC: year end")
            && !shown.contains("mon"),
        "{shown}"
    );
}

/// Scope and budget in short: `expect` as a list, and the numbers beside it.
#[test]
fn scope_and_budget_in_short() {
    let holds = |text: &str| {
        settings(text)
            .for_plan(None)
            .expect("it holds")
            .limits
            .expect
    };
    let short = holds(
        "expect = [\"aws_s3_bucket.logs\", \"module.m\"]\nmax_destroy = 0\nmax_changes = 3\n",
    );
    let long = holds(
        "[expect]\naddresses = [\"aws_s3_bucket.logs\", \"module.m\"]\nmax_destroy = 0\nmax_changes = 3\n",
    );
    assert_eq!(
        (
            &short,
            short.addresses(&setting::ADDRESSES).len(),
            short.most(&setting::MAX_DESTROY),
            short.most(&setting::MAX_CHANGES)
        ),
        (&long, 2, Some(0), Some(3))
    );
    assert_eq!(
        verdict(
            "expect = [\"aws_db_instance.old\"]\n[rules]\nstateful-destroy = \"off\"\n",
            &database_goes()
        ),
        Verdict::Pass
    );
    assert_eq!(
        verdict(
            "expect = [\"aws_db_instance.other\"]\n[rules]\nstateful-destroy = \"off\"\n",
            &database_goes()
        ),
        Verdict::Block
    );
    assert_eq!(
        verdict(
            "max_destroy = 1\n[rules]\nstateful-destroy = \"off\"\n",
            &database_goes()
        ),
        Verdict::Pass
    );
    assert_eq!(
        verdict(
            "max_destroy = 0\n[rules]\nstateful-destroy = \"off\"\n",
            &database_goes()
        ),
        Verdict::Block
    );
    for twice in [
        "max_destroy = 1\n[expect]\nmax_destroy = 2\n",
        "[expect]\nmax_changes = 2\n[env.x]\nmax_changes = 1\n[env.x.expect]\nmax_changes = 2\n",
    ] {
        assert_eq!(mistakes(twice).len(), 1, "{twice}: {:?}", mistakes(twice));
    }
}

/// A gate that was made looser for one run says so: a variable that was set somewhere is easily forgotten.
#[test]
fn what_a_run_makes_looser_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let policy = dir.path().join("applygate.toml");
    std::fs::write(
        &policy,
        "max_destroy = 2\nblock_at = \"medium\"\nexpect = \"**\"\n",
    )
    .expect("written");
    let plan = root().join("fixtures/incident/3-routine-change/plan.json");
    let told = |args: &[&str], variable: Option<&str>| {
        let mut command = crate::common::applygate();
        command
            .current_dir(dir.path())
            .arg("check")
            .args(args)
            .arg(&plan);
        let output = command
            .envs(variable.map(|value| ("APPLYGATE_BLOCK_AT", value)))
            .output()
            .expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().find_map(|line| {
            line.strip_prefix("looser    by this run: ")
                .map(str::to_owned)
        })
    };
    assert_eq!(told(&[], None), None);
    assert_eq!(
        told(&[], Some("high")).as_deref(),
        Some("block_at high (APPLYGATE_BLOCK_AT)")
    );
    assert_eq!(
        told(&["--block-at", "low"], Some("critical")),
        None,
        "the flag wins, and is stricter"
    );
    assert_eq!(
        told(&["--max-destroy", "3"], None).as_deref(),
        Some("max_destroy 3 (--max-destroy)")
    );
    assert_eq!(
        told(&["--max-destroy", "1", "--max-changes", "9"], None),
        None
    );
    assert_eq!(
        told(&["--expect", "aws_*.*"], None).as_deref(),
        Some("other addresses (--expect)")
    );
    assert_eq!(
        told(&["--no-config", "--block-at", "critical"], None).as_deref(),
        Some("block_at critical (--block-at)"),
        "looser than the default"
    );
    assert_eq!(told(&["--no-config", "--block-at", "high"], None), None);
}
