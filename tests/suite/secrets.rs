//! Canaries: a random word planted wherever a plan can hold a value appears in no report and no error, and no invisible character of a plan
//! reaches the terminal.
use std::collections::HashSet;
use std::io::Cursor;

use crate::common::{fixtures, parse};
use applygate::Styles;
use applygate::testing::Settings;
use applygate::testing::{ErrorReport, PlanReport, Report, escape, human, json};
use applygate::testing::{formats, judge_and_list, judge_bytes};
use serde_json::Value;

const CANARY: &str = "Q7ZKX0V9WJ4PLM2B";

/// Everything that a run over these bytes can print.
fn all_output(bytes: &[u8]) -> String {
    output(bytes, true)
}

/// What is told of an input; `everywhere`: in the formats of other places too, of which one holds the page of every rule.
fn output(bytes: &[u8], everywhere: bool) -> String {
    let mut report = Report::default();
    let mut text = String::new();
    match judge_and_list(bytes, "plan.json", &Settings::default()) {
        Ok(plans) => {
            text.push_str(&format!("{plans:?}"));
            report.plans = plans.into_iter().collect::<Vec<PlanReport>>();
        }
        Err(refusal) => {
            text.push_str(&format!("{refusal} {refusal:?}"));
            report.errors.push(ErrorReport {
                source: "plan.json".to_owned(),
                refusal,
            });
        }
    }
    for verbose in [false, true] {
        let mut out = Cursor::new(Vec::new());
        human::write(
            &report,
            human::Layout {
                width: 80,
                verbose,
                styles: &Styles::coloured(),
            },
            &mut out,
        )
        .expect("written");
        text.push_str(&String::from_utf8(out.into_inner()).expect("text"));
    }
    let mut out = Cursor::new(Vec::new());
    let layout = human::Layout {
        width: 80,
        verbose: true,
        styles: &Styles::default(),
    };
    human::write_changes(&report, layout, &mut out).expect("written");
    if everywhere {
        formats::markdown(&report, 65_000, &mut out).expect("written");
        formats::html(&report, &mut out).expect("written");
        formats::sarif(&report, &mut out).expect("written");
        formats::gitlab(&report, &mut out).expect("written");
        formats::gitlab_terraform(&report, &mut out).expect("written");
        formats::junit(&report, &mut out).expect("written");
        formats::github(&report, &mut out).expect("written");
        formats::azure(&report, &mut out).expect("written");
        formats::atlantis(&report, &mut out).expect("written");
    }
    text.push_str(&String::from_utf8(out.into_inner()).expect("text"));
    let mut out = Cursor::new(Vec::new());
    json::write(&report, &mut out).expect("written");
    text.push_str(&String::from_utf8(out.into_inner()).expect("text"));
    text
}

/// Attributes whose words may be shown: identifiers that a guard names, sizes and engines.
fn shown() -> HashSet<String> {
    let catalog = applygate::testing::Catalog::whole().expect("the catalogue reads");
    let names = catalog
        .types()
        .into_iter()
        .flat_map(|row| row.guard.iter())
        .filter_map(|guard| guard.names.as_ref())
        .map(|path| path.steps()[0].clone());
    names
        .chain(
            applygate::testing::shown_sizes()
                .iter()
                .map(|name| (*name).to_owned()),
        )
        .collect()
}

fn plant(value: &mut Value, keep: &HashSet<String>) {
    match value {
        Value::String(text) => *text = CANARY.to_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| plant(item, keep)),
        Value::Object(members) => members
            .iter_mut()
            .filter(|(name, _)| !keep.contains(*name))
            .for_each(|(_, member)| plant(member, keep)),
        _ => {}
    }
}

fn changes(plan: &mut Value) -> impl Iterator<Item = &mut Value> {
    let (mut a, mut b) = (None, None);
    if let Some(plan) = plan.as_object_mut() {
        for (key, value) in plan.iter_mut() {
            match key.as_str() {
                "resource_changes" => a = value.as_array_mut(),
                "resource_drift" => b = value.as_array_mut(),
                _ => {}
            }
        }
    }
    a.into_iter().flatten().chain(b.into_iter().flatten())
}

#[test]
fn values_outside_the_allow_lists() {
    let keep = shown();
    let catalog = applygate::testing::Catalog::whole().expect("the catalogue reads");
    for fixture in fixtures() {
        let mut plan = parse(&fixture.json());
        for change in changes(&mut plan) {
            // What names a store stands in the command that takes its copy.
            let mut keep = keep.clone();
            keep.extend(
                catalog
                    .types()
                    .into_iter()
                    .filter(|row| change["type"] == row.name.as_str())
                    .flat_map(applygate::testing::TypeRow::copy_names),
            );
            for side in ["before", "after"] {
                plant(&mut change["change"][side], &keep);
            }
        }
        for key in [
            "variables",
            "output_changes",
            "configuration",
            "planned_values",
            "relevant_attributes",
        ] {
            if let Some(value) = plan.get_mut(key) {
                let actions: HashSet<String> =
                    ["actions", "name", "full_name"].map(str::to_owned).into();
                plant(value, &actions);
            }
        }
        plan["a_key_that_nobody_knows"] = Value::String(CANARY.to_owned());
        let text = all_output(plan.to_string().as_bytes());
        assert!(!text.contains(CANARY), "{}:\n{text}", fixture.name);
    }
}

#[test]
fn values_that_are_marked_sensitive() {
    for fixture in fixtures() {
        let mut plan = parse(&fixture.json());
        for change in changes(&mut plan) {
            for side in ["before", "after"] {
                plant(&mut change["change"][side], &HashSet::new());
                change["change"][format!("{side}_sensitive")] = Value::Bool(true);
            }
        }
        let text = all_output(plan.to_string().as_bytes());
        assert!(!text.contains(CANARY), "{}:\n{text}", fixture.name);
    }
}

/// One attribute after the other, marked at its own place only.
#[test]
fn single_attributes_that_are_marked_sensitive() {
    for fixture in fixtures() {
        let mut plan = parse(&fixture.json());
        for change in changes(&mut plan) {
            for side in ["before", "after"] {
                let Some(members) = change["change"][side].as_object_mut() else {
                    continue;
                };
                let marks: serde_json::Map<String, Value> = members
                    .keys()
                    .map(|key| (key.clone(), Value::Bool(true)))
                    .collect();
                members
                    .values_mut()
                    .for_each(|value| plant(value, &HashSet::new()));
                change["change"][format!("{side}_sensitive")] = Value::Object(marks);
            }
        }
        let text = all_output(plan.to_string().as_bytes());
        assert!(!text.contains(CANARY), "{}:\n{text}", fixture.name);
    }
}

/// Numbers are values too: what a guard or a rule reads of a marked attribute decides, but is not printed.
#[test]
fn numbers_that_are_marked_sensitive() {
    let change = |kind: &str, actions: Value, before: Value, after: Value, marks: Value| {
        serde_json::json!({"address": format!("{kind}.x"), "mode": "managed", "type": kind, "name": "x",
            "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}, "before_sensitive": marks, "after_sensitive": marks}})
    };
    let rule = |days: u64| serde_json::json!([{"enabled": true, "prefix": "", "tags": {}, "expiration": [{"days": days}]}]);
    let plan = serde_json::json!({"format_version": "1.2", "resource_changes": [
        change("aws_secretsmanager_secret", serde_json::json!(["delete"]), serde_json::json!({"recovery_window_in_days": 7341}), Value::Null,
            serde_json::json!({"recovery_window_in_days": true})),
        change("aws_s3_bucket", serde_json::json!(["update"]), serde_json::json!({"bucket": "b", "lifecycle_rule": rule(9462)}),
            serde_json::json!({"bucket": "b", "lifecycle_rule": rule(7341)}), serde_json::json!({"lifecycle_rule": true})),
    ]});
    let text = all_output(plan.to_string().as_bytes());
    assert!(
        text.contains("aws_secretsmanager_secret.x") && text.contains("aws_s3_bucket.x"),
        "both are found: {text}"
    );
    assert!(!text.contains("7341") && !text.contains("9462"), "{text}");
}

/// The tests above can fail: a snapshot's name, which may be shown, is seen.
#[test]
fn a_canary_that_may_be_shown_is_seen() {
    let fixture = fixtures()
        .into_iter()
        .find(|fixture| fixture.name == "snapshot-left-behind/fires-final-snapshot")
        .expect("it is there");
    let mut plan = parse(&fixture.json());
    for change in changes(&mut plan) {
        plant(&mut change["change"]["before"], &HashSet::new());
    }
    assert!(all_output(plan.to_string().as_bytes()).contains(CANARY));
}

/// Broken plans: whatever the error says, it quotes nothing.
#[test]
fn errors_quote_nothing() {
    let fixture = fixtures()
        .into_iter()
        .find(|fixture| fixture.name == "incident/2-old-state-destroy")
        .expect("it is there");
    let mut plan = parse(&fixture.json());
    for change in changes(&mut plan) {
        plant(&mut change["change"]["before"], &HashSet::new());
    }
    let text = plan.to_string();
    for at in (0..text.len()).step_by(97) {
        let Some(head) = text.get(..at) else { continue };
        for tail in ["", "@", "\"", "}", "null", "\u{0}", CANARY] {
            let out = output(format!("{head}{tail}").as_bytes(), at % (97 * 40) == 0);
            assert!(!out.contains(CANARY), "cut at {at}: {out}");
        }
    }
    for hostile in [
        format!("{{\"format_version\":\"{CANARY}\"}}"),
        format!("{{\"format_version\":{{\"{CANARY}\":1}}}}"),
        format!("{{\"{CANARY}\":{{"),
        format!("{{\"format_version\":\"1.2\",\"resource_changes\":\"{CANARY}\"}}"),
        format!(
            "{{\"format_version\":\"1.2\",\"resource_changes\":[{{\"address\":\"a.b\",\"type\":\"a\",\"change\":{{\"actions\":[\"{CANARY}\"]}}}}]}}"
        ),
        format!(
            "{{\"format_version\":\"1.2\",\"resource_changes\":[{{\"address\":\"a.b\",\"type\":\"a\",\"change\":\"{CANARY}\"}}]}}"
        ),
        CANARY.to_owned(),
    ] {
        let out = all_output(hostile.as_bytes());
        assert!(!out.contains(CANARY), "{hostile}: {out}");
    }
}

/// Addresses, reasons and versions are text of the plan too: nothing in them may act on the terminal or the CI system.
#[test]
fn nothing_invisible_and_no_command_comes_through() {
    let nasty = "x\u{1b}]0;t\u{7}\u{202e}\u{2028}\u{2029}\u{200b}\u{feff}\r\n::error::y ##[error]z ##vso[task]w\u{9b}31m";
    for name in [
        "incident/2-old-state-destroy",
        "rename-without-moved/fires-resource",
        "index-shift/fires-replaced",
        "retention-cut/fires-backups-to-zero",
    ] {
        let fixture = fixtures()
            .into_iter()
            .find(|fixture| fixture.name == name)
            .expect("it is there");
        let mut plan = parse(&fixture.json());
        plan["terraform_version"] = Value::String(nasty.to_owned());
        for change in changes(&mut plan) {
            let address = change["address"].as_str().unwrap_or_default().to_owned();
            change["address"] = Value::String(format!("{address}[\"{nasty}\"]"));
            change["deposed"] = Value::String(nasty.to_owned());
        }
        let mut out = Cursor::new(Vec::new());
        let plans = judge_bytes(plan.to_string().as_bytes(), nasty, &Settings::default())
            .expect("readable");
        let report = Report {
            plans,
            ..Report::default()
        };
        human::write(
            &report,
            human::Layout {
                width: 80,
                verbose: true,
                styles: &Styles::default(),
            },
            &mut out,
        )
        .expect("written");
        let styled = String::from_utf8(out.into_inner()).expect("text");
        let mut out = Cursor::new(Vec::new());
        json::write(&report, &mut out).expect("written");
        let text = styled + &String::from_utf8(out.into_inner()).expect("text");
        let invisible: Vec<char> = text
            .chars()
            .filter(|c| *c != '\n' && escape::is_invisible(*c))
            .collect();
        assert_eq!(invisible, [], "{name}");
        for line in text.lines() {
            assert!(
                !line.contains("::") && !line.contains("##[") && !line.contains("##vso["),
                "{name}: {line}"
            );
        }
    }
}

/// The configuration holds values too, and only names of what refers to what are read from it; of what an update touches only the names of attributes.
#[test]
fn values_of_the_configuration_and_keys_of_maps() {
    fn plant_all(value: &mut Value, names: bool) {
        match value {
            Value::String(text) if !names => *text = CANARY.to_owned(),
            Value::Array(items) => items.iter_mut().for_each(|item| plant_all(item, names)),
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    let names = matches!(
                        name.as_str(),
                        "references" | "address" | "mode" | "type" | "name"
                    );
                    plant_all(member, names);
                }
            }
            _ => {}
        }
    }
    let file = crate::common::root().join("fixtures/stateful-destroy/fires-in-use/plan.json");
    let mut plan: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    plant_all(&mut plan["configuration"], false);
    for change in plan["resource_changes"].as_array_mut().unwrap() {
        for (side, value) in [("before", "1"), ("after", "2")] {
            if let Some(object) = change["change"][side].as_object_mut() {
                object.insert("tags".to_owned(), serde_json::json!({CANARY: value}));
                object.insert(format!("Key {CANARY}"), value.into());
                object.insert("description".to_owned(), format!("{CANARY}{value}").into());
            }
        }
    }
    let text = all_output(plan.to_string().as_bytes());
    assert!(
        text.contains("at least 1 resource that stays refers to it"),
        "{text}"
    );
    assert!(
        text.contains("description") && text.contains("tags (1)"),
        "{text}"
    );
    assert!(!text.contains(CANARY), "{text}");
}

/// The other word of an enumeration is shown, and a text that is no such word is not.
#[test]
fn the_words_of_an_enumeration_and_no_others() {
    let told = |after: &str| {
        let before = serde_json::json!({"id": "x", "config": {"cleanup.policy": "compact"}});
        let after = serde_json::json!({"id": "x", "config": {"cleanup.policy": after}});
        let plan = serde_json::json!({"format_version": "1.2", "resource_changes": [
            {"address": "confluent_kafka_topic.a", "mode": "managed", "type": "confluent_kafka_topic", "name": "a",
             "change": {"actions": ["update"], "before": before, "after": after, "after_unknown": {}}}]});
        all_output(plan.to_string().as_bytes())
    };
    assert!(told("delete").contains("\"compact\" -> \"delete\""));
    let other = told(CANARY);
    assert!(other.contains("(not shown)") && !other.contains(CANARY));
}
