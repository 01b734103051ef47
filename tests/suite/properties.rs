//! Properties over random input: no bytes make it panic, order does not matter, and a plan that does more of nothing gets no new finding.
use std::collections::BTreeSet;

use crate::common::{fixtures, judge, parse, told};
use applygate::testing::Settings;
use applygate::testing::judge_bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

/// All changes of all fixtures, as material for new plans.
fn material() -> &'static [Value] {
    static ALL: std::sync::OnceLock<Vec<Value>> = std::sync::OnceLock::new();
    ALL.get_or_init(|| {
        let plans = fixtures().into_iter().map(|fixture| parse(&fixture.json()));
        plans
            .flat_map(|plan| {
                plan["resource_changes"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default()
            })
            .collect()
    })
}

fn plan(changes: &[Value]) -> Vec<u8> {
    json!({"format_version": "1.2", "terraform_version": "1.15.5", "planned_values": {}, "resource_changes": changes}).to_string().into_bytes()
}

/// Settings that ask for everything that a plan may be expected to be.
fn watchful() -> Settings {
    crate::common::watchful(&toml::toml! {
        workspace = "x"
        backend = "x"
        account = "x"
        region = "x"
        providers = "x"
        one_region = true
        pin = true
        addresses = "x.y"
        max_destroy = 0
        max_changes = 0
    })
}

fn pick() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(0..material().len(), 0..24).prop_map(|picks| {
        let mut seen = BTreeSet::new();
        let mut changes = Vec::new();
        for at in picks {
            let change = material()[at].clone();
            if seen.insert((change["address"].to_string(), change["deposed"].to_string())) {
                changes.push(change);
            }
        }
        changes
    })
}

/// Any JSON, with the keys of plans among its keys.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("format_version"),
        Just("resource_changes"),
        Just("change"),
        Just("actions"),
        Just("before"),
        Just("after"),
        Just("after_unknown"),
        Just("before_sensitive"),
        Just("address"),
        Just("type"),
        Just("mode"),
        Just("prior_state"),
        Just("values"),
        Just("root_module"),
        Just("resources"),
        Just("configuration"),
        Just("provider_config"),
        Just("replace_paths"),
        Just("index"),
        Just("output_changes"),
        Just("skip_final_snapshot"),
        Just("full_name"),
        Just("expressions"),
        Just("region"),
        Just("references"),
        Just("variables"),
        Just("arn"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof![
            Just("1.2"),
            Just("delete"),
            Just("create"),
            Just("update"),
            Just("managed"),
            Just("aws_db_instance"),
            Just("aws_db_instance.x"),
            Just("true")
        ]
        .prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = judge_bytes(&bytes, "x", &Settings::default());
    }

    #[test]
    fn no_json_makes_it_panic(mut value in any_json()) {
        let _ = judge_bytes(value.to_string().as_bytes(), "x", &Settings::default());
        // And as one that gets further.
        if let Some(object) = value.as_object_mut() {
            object.insert("format_version".to_owned(), json!("1.2"));
            object.insert("planned_values".to_owned(), json!({}));
        }
        let _ = judge_bytes(value.to_string().as_bytes(), "x", &Settings::default());
        let _ = judge_bytes(value.to_string().as_bytes(), "x", &watchful());
    }

    /// A value of any shape in the place of an attribute that rules look at.
    #[test]
    fn no_value_makes_it_panic(at in 0..material().len(), side in prop_oneof![Just("before"), Just("after"), Just("after_unknown"), Just("before_sensitive"), Just("after_sensitive"), Just("replace_paths")], value in any_json()) {
        let mut change = material()[at].clone();
        change["change"][side] = value;
        let _ = judge_bytes(&plan(&[change.clone()]), "x", &Settings::default());
        let _ = judge_bytes(&plan(&[change]), "x", &watchful());
    }

    #[test]
    fn order_does_not_matter(changes in pick(), seed in any::<u64>()) {
        let mut shuffled = changes.clone();
        let mut state = seed | 1;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, usize::try_from(state >> 33).unwrap_or(0) % (at + 1));
        }
        let (one, other) = (judge(&plan(&changes), &Settings::default()), judge(&plan(&shuffled), &Settings::default()));
        prop_assert_eq!(told(&one), told(&other));
        prop_assert_eq!(told(&judge(&plan(&changes), &watchful())), told(&judge(&plan(&shuffled), &watchful())));
        let prints = |report: &applygate::testing::PlanReport| report.decision.findings.iter().map(|weighed| weighed.finding.fingerprint()).collect::<Vec<_>>();
        prop_assert_eq!(prints(&one), prints(&other));
    }

    /// Rule and address of findings: their grade may fall, since a neighbour that stays can be the source of a backup.
    #[test]
    fn something_that_does_nothing_adds_no_finding(changes in pick(), at in 0..material().len()) {
        let mut idle = material()[at].clone();
        idle["address"] = json!("aws_instance.idle_one");
        idle["type"] = json!("aws_instance");
        idle["change"]["actions"] = json!(["no-op"]);
        idle.as_object_mut().expect("an object").remove("deposed");
        let named = |report| told(&report).into_iter().map(|(rule, address, _)| (rule, address)).collect::<BTreeSet<_>>();
        let before = named(judge(&plan(&changes), &Settings::default()));
        // A machine that stays is what the loss of a way out is about.
        let after = named(judge(&plan(&[changes, vec![idle]].concat()), &Settings::default()));
        let new: Vec<_> = after.difference(&before).filter(|(rule, _)| rule != "egress-lost").collect();
        prop_assert!(new.is_empty(), "{:?}", new);
    }
}
