//! What hangs on a destroyed object: who refers to it in the configuration, through what, and who of them stays.
use std::time::{Duration, Instant};

use crate::common::{applygate, root};
use applygate::testing::{Report, Settings, json, judge_bytes};
use serde_json::{Value, json};

/// What refers to each destroyed object of a plan: its address, those that stay, and those that go too.
fn told(plan: &[u8]) -> Vec<(String, Vec<String>, Vec<String>)> {
    let report = Report {
        plans: judge_bytes(plan, "plan.json", &Settings::default()).expect("readable"),
        ..Report::default()
    };
    let mut out = Vec::new();
    json::write(&report, &mut out).expect("written");
    let document: Value = serde_json::from_slice(&out).expect("JSON");
    let names = |side: &Value| -> Vec<String> {
        let all = side["resources"].as_array().expect("a list");
        assert_eq!(side["count"], all.len());
        all.iter()
            .map(|one| {
                let through = one["through"].as_array().expect("a list");
                let through: Vec<&str> = through.iter().map(|one| one.as_str().unwrap()).collect();
                let address = one["address"].as_str().unwrap();
                [&[address][..], &through].concat().join(" < ")
            })
            .collect()
    };
    let findings = document["plans"][0]["findings"].as_array().expect("a list");
    findings
        .iter()
        .filter(|finding| finding["dependents"].is_object())
        .map(|finding| {
            let dependents = &finding["dependents"];
            (
                finding["address"].as_str().unwrap().to_owned(),
                names(&dependents["stay"]),
                names(&dependents["go"]),
            )
        })
        .collect()
}

/// An object of a plan: `aws_x.y` is destroyed with a minus before it.
fn change(object: &str) -> Value {
    let (address, actions) = match object.strip_prefix('-') {
        Some(address) => (address, vec!["delete"]),
        None => (object, vec!["no-op"]),
    };
    let block = address.rsplit("module.").next().unwrap();
    let block = block.rsplit_once("].").map_or(block, |(_, block)| block);
    let kind = block
        .split('.')
        .find(|part| part.starts_with("aws_"))
        .unwrap();
    json!({"address": address, "mode": "managed", "type": kind, "name": "x",
        "change": {"actions": actions, "before": {}, "after": null, "after_unknown": {}}})
}

fn plan(configuration: &Value, objects: &[&str]) -> Vec<u8> {
    let changes: Vec<Value> = objects.iter().map(|object| change(object)).collect();
    json!({"format_version": "1.2", "terraform_version": "1.15.5", "resource_changes": changes,
        "configuration": {"root_module": configuration}})
    .to_string()
    .into_bytes()
}

fn block(address: &str, references: &[&str]) -> Value {
    json!({"address": address, "mode": "managed", "expressions": {"a": [{"b": {"references": references}}], "c": {"constant_value": ["aws_x.y"]}}})
}

fn row(address: &str, stay: &[&str], go: &[&str]) -> (String, Vec<String>, Vec<String>) {
    let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    (address.to_owned(), owned(stay), owned(go))
}

#[test]
fn of_a_real_plan_in_both_forms() {
    let read = |name: &str| {
        std::fs::read(
            root()
                .join("fixtures/stateful-destroy/fires-in-use")
                .join(name),
        )
        .unwrap()
    };
    let of_app = |key: &str| {
        format!("module.app.aws_ssm_parameter.host[\"{key}\"] < local.host < module.app.var.host")
    };
    let saved = told(&read("plan.tfplan"));
    let stay = [
        "aws_sns_topic.alerts".to_owned(),
        of_app("api"),
        of_app("worker"),
    ];
    assert_eq!(
        saved,
        [("aws_db_instance.orders".to_owned(), stay.to_vec(), vec![])]
    );
    // JSON has no local values, so it may be more.
    assert_eq!(
        told(&read("plan.json")),
        [row(
            "aws_db_instance.orders",
            &["aws_sns_topic.alerts"],
            &[]
        )]
    );
    let ran = applygate()
        .args([
            "check",
            "--no-config",
            "--no-dir",
            "fixtures/stateful-destroy/fires-in-use/plan.json",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(
        text.contains(
            "used by   at least 1 resource that stays refers to it: aws_sns_topic.alerts"
        ),
        "{text}"
    );
}

#[test]
fn directly_and_by_what_comes_first() {
    let configuration = json!({"resources": [
        block("aws_db_instance.x", &[]),
        block("aws_sns_topic.user", &["aws_db_instance.x.id", "aws_db_instance.x"]),
        block("aws_sns_topic.gone", &["aws_db_instance.x.id", "aws_db_instance.x"]),
        block("aws_sns_topic.other", &["aws_db_instance.xy.id", "aws_db_instance.xy"]),
        {"address": "aws_sns_topic.after", "mode": "managed", "depends_on": ["aws_db_instance.x"]},
        {"address": "aws_sns_topic.counted", "mode": "managed", "count_expression": {"references": ["aws_db_instance.x.n", "aws_db_instance.x"]}},
    ]});
    let objects = [
        "-aws_db_instance.x",
        "aws_sns_topic.after",
        "aws_sns_topic.counted[0]",
        "-aws_sns_topic.gone",
        "aws_sns_topic.other",
        "aws_sns_topic.user",
    ];
    let found = told(&plan(&configuration, &objects));
    let stay = [
        "aws_sns_topic.after",
        "aws_sns_topic.counted[0]",
        "aws_sns_topic.user",
    ];
    assert_eq!(
        found
            .into_iter()
            .map(|(address, mut stay, go)| {
                stay.sort();
                (address, stay, go)
            })
            .collect::<Vec<_>>()
            .remove(0),
        row("aws_db_instance.x", &stay, &["aws_sns_topic.gone"])
    );
}

#[test]
fn the_instance_that_is_meant() {
    let configuration = json!({"resources": [
        block("aws_db_instance.x", &[]),
        block("aws_sns_topic.of_a", &["aws_db_instance.x[\"a\"].id", "aws_db_instance.x[\"a\"]", "aws_db_instance.x"]),
        block("aws_sns_topic.of_b", &["aws_db_instance.x[\"b\"].id", "aws_db_instance.x[\"b\"]", "aws_db_instance.x"]),
        block("aws_sns_topic.same", &["aws_db_instance.x", "each.key"]),
        block("aws_sns_topic.all", &["aws_db_instance.x"]),
    ]});
    let objects = [
        "-aws_db_instance.x[\"a\"]",
        "aws_db_instance.x[\"b\"]",
        "aws_sns_topic.all",
        "aws_sns_topic.of_a",
        "aws_sns_topic.of_b",
        "aws_sns_topic.same[\"a\"]",
        "aws_sns_topic.same[\"b\"]",
    ];
    let (_, mut stay, _) = told(&plan(&configuration, &objects)).remove(0);
    stay.sort();
    assert_eq!(
        stay,
        [
            "aws_sns_topic.all",
            "aws_sns_topic.of_a",
            "aws_sns_topic.same[\"a\"]"
        ]
    );
}

#[test]
fn through_modules_and_data() {
    let net = json!({
        "resources": [block("aws_db_instance.x", &[]), block("aws_sns_topic.inside", &["aws_db_instance.x.id", "aws_db_instance.x"])],
        "outputs": {"id": {"expression": {"references": ["aws_db_instance.x.id", "aws_db_instance.x"]}}, "no": {"expression": {"references": ["aws_sns_topic.inside"]}}},
    });
    let app = json!({
        "resources": [
            {"address": "data.aws_y.z", "mode": "data", "expressions": {"a": {"references": ["var.id"]}}},
            block("aws_sns_topic.deep", &["data.aws_y.z.name", "data.aws_y.z"]),
        ],
        "variables": {"id": {}},
    });
    let configuration = json!({
        "resources": [
            block("aws_sns_topic.of_one", &["module.net[\"one\"].id", "module.net[\"one\"]"]),
            block("aws_sns_topic.of_two", &["module.net[\"two\"].id", "module.net[\"two\"]"]),
            block("aws_sns_topic.of_no", &["module.net[\"one\"].no", "module.net[\"one\"]"]),
        ],
        "module_calls": {
            "net": {"module": net, "for_each_expression": {"constant_value": ["one", "two"]}},
            "app": {"module": app, "expressions": {"id": {"references": ["module.net[\"one\"].id", "module.net[\"one\"]"]}}},
        },
        "outputs": {"id": {"expression": {"references": ["module.net"]}}},
    });
    let objects = [
        "aws_sns_topic.of_no",
        "aws_sns_topic.of_one",
        "aws_sns_topic.of_two",
        "module.app.aws_sns_topic.deep",
        "-module.net[\"one\"].aws_db_instance.x",
        "module.net[\"one\"].aws_sns_topic.inside",
        "module.net[\"two\"].aws_db_instance.x",
        "module.net[\"two\"].aws_sns_topic.inside",
    ];
    let (address, stay, _) = told(&plan(&configuration, &objects)).remove(0);
    assert_eq!(address, "module.net[\"one\"].aws_db_instance.x");
    assert_eq!(
        stay,
        [
            "module.net[\"one\"].aws_sns_topic.inside",
            "aws_sns_topic.of_one < module.net.id",
            "module.app.aws_sns_topic.deep < module.net.id < module.app.var.id < module.app.data.aws_y.z",
        ]
    );
}

/// What cannot be read, names that are none, circles: nothing is told, and nothing breaks.
#[test]
fn nothing_is_made_up() {
    let objects = ["-aws_db_instance.x", "aws_sns_topic.y"];
    for configuration in [
        json!({}),
        json!({"resources": [block("aws_sns_topic.y", &["aws_db_instance.<x>", "", "aws_db_instance", "module.x", "x"])]}),
        json!({"module_calls": {"m": {"module": {}, "expressions": {"a": {"references": ["module.m.b", "module.m"]}}}}}),
    ] {
        assert_eq!(told(&plan(&configuration, &objects)), []);
    }
    let circle = json!({
        "resources": [block("aws_db_instance.x", &["module.m.b", "module.m"])],
        "module_calls": {"m": {
            "module": {"outputs": {"b": {"expression": {"references": ["var.a"]}}}, "variables": {"a": {}}},
            "expressions": {"a": {"references": ["module.m.b", "module.m", "aws_db_instance.x"]}},
        }},
    });
    assert_eq!(told(&plan(&circle, &objects)), []);
}

/// A configuration of which no value is sure to be plain: a finding of a plan with provisioners cannot be left out in silence.
#[test]
fn an_unreadable_configuration_with_provisioners_is_not_passed_over() {
    let text = r#"{"format_version": "1.2", "terraform_version": "1.15.5", "resource_changes": [], "configuration": {"root_module": {"resources": [{"address": 7, "provisioners": [{"type": "local-exec"}]}]}}}"#;
    let plans = judge_bytes(text.as_bytes(), "plan.json", &Settings::default()).unwrap();
    assert!(plans[0].decision.refusal.is_some());
}

/// Very many that refer to very many through one data source end in time, with a count.
#[test]
fn never_quadratic() {
    const MANY: usize = 3_000;
    let mut resources = vec![
        json!({"address": "data.aws_y.z", "mode": "data", "expressions": {"a":
        {"references": (0..MANY).map(|at| format!("aws_db_instance.x{at}")).collect::<Vec<_>>()}}}),
    ];
    let mut objects = Vec::new();
    for at in 0..MANY {
        resources.push(block(&format!("aws_db_instance.x{at}"), &[]));
        resources.push(block(&format!("aws_sns_topic.y{at}"), &["data.aws_y.z"]));
        objects.push(format!("-aws_db_instance.x{at}"));
        objects.push(format!("aws_sns_topic.y{at}"));
    }
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    let plan = plan(&json!({"resources": resources}), &objects);
    let start = Instant::now();
    let reports = judge_bytes(&plan, "plan.json", &Settings::default()).unwrap();
    assert!(reports[0].decision.findings.len() >= MANY);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}
