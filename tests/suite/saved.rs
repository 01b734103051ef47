//! The two forms of one plan, JSON and saved file, must come to the same: findings, actions, values. What only one of them knows is left out.
use crate::common::{fixtures, judge, root, told};
use applygate::testing::Needs;
use applygate::testing::{Document, PlanMode};
use applygate::testing::{PathStep, Plan, ResourceChange, Shape, Value};

/// The findings of rules that need only what both forms have.
fn shared(report: &applygate::testing::PlanReport) -> Vec<(String, String, String)> {
    let either = |rule: &str| {
        applygate::testing::find_rule(rule).is_some_and(|rule| rule.needs == Needs::Either)
    };
    told(report)
        .into_iter()
        .filter(|(rule, ..)| either(rule))
        .collect()
}

/// What differs between two values, as a path and a word; `None` when they agree. Sets have no order in either form.
fn differs(json: Value<'_>, saved: Value<'_>, strict: bool, path: &str) -> Option<String> {
    if strict && json.is_sensitive() && !saved.is_sensitive() {
        return Some(format!("{path}: sensitive only in the JSON"));
    }
    let shapes = (
        json.shape().expect("the JSON reads"),
        saved.shape().expect("the saved plan reads"),
    );
    let agree = match shapes {
        (Shape::Unknown, Shape::Unknown)
        | (Shape::Absent | Shape::Null, Shape::Absent | Shape::Null) => true,
        (Shape::Bool(a), Shape::Bool(b)) => a == b,
        (Shape::Text(a), Shape::Text(b)) => a == b,
        // Numbers that no machine word holds are strings in the saved plan.
        (Shape::Number(a), Shape::Number(b) | Shape::Text(b)) => {
            a == b || a.parse::<f64>().ok() == b.parse().ok()
        }
        (Shape::List(a), Shape::List(b)) if a.len() == b.len() => {
            let ordered = a
                .iter()
                .zip(&b)
                .enumerate()
                .find_map(|(at, (a, b))| differs(*a, *b, strict, &format!("{path}[{at}]")));
            ordered.as_ref()?;
            let mut left = b;
            for one in a {
                match left
                    .iter()
                    .position(|other| differs(one, *other, strict, path).is_none())
                {
                    Some(at) => drop(left.swap_remove(at)),
                    None => return ordered,
                }
            }
            true
        }
        (Shape::Object(a), Shape::Object(b)) => {
            for (key, value) in &a {
                let other = b
                    .iter()
                    .find(|(name, _)| name == key)
                    .map_or(Value::ABSENT, |(_, value)| *value);
                if let Some(difference) = differs(*value, other, strict, &format!("{path}.{key}")) {
                    return Some(difference);
                }
            }
            b.iter().all(|(key, value)| {
                a.iter().any(|(name, _)| name == key) || matches!(value.shape(), Ok(Shape::Null))
            })
        }
        _ => false,
    };
    (!agree).then(|| format!("{path}: another value"))
}

fn paths(change: &ResourceChange<'_>) -> Vec<String> {
    let step = |step: PathStep<'_>| match step {
        PathStep::Index(at) => at.to_string(),
        PathStep::Name(name) => name.into_owned(),
        PathStep::Other(_) => "?".to_owned(),
    };
    let mut paths: Vec<String> = change
        .replace_paths()
        .expect("paths read")
        .into_iter()
        .map(|path| path.into_iter().map(step).collect::<Vec<_>>().join("/"))
        .collect();
    paths.sort();
    paths
}

/// Compares two lists of changes; deletes of data sources are only in the saved plan.
fn changes_differ(
    json: &[ResourceChange<'_>],
    saved: &[ResourceChange<'_>],
    strict: bool,
    wrong: &mut Vec<String>,
) {
    let saved: Vec<_> = saved
        .iter()
        .filter(|change| change.managed() || !change.action.destroys())
        .collect();
    if json.len() != saved.len() {
        wrong.push(format!(
            "{} changes in the JSON, {} in the saved plan",
            json.len(),
            saved.len()
        ));
    }
    for a in json {
        let Some(b) = saved
            .iter()
            .find(|b| a.address == b.address && a.deposed() == b.deposed())
        else {
            wrong.push(format!("{} is only in the JSON", a.address));
            continue;
        };
        let facts = |c: &ResourceChange<'_>| {
            let text = |text: Option<&str>| text.map(str::to_owned);
            format!(
                "{} {:?} {:?} {:?} {:?} {:?} {} {:?}",
                c.kind,
                c.mode,
                c.action,
                c.reason(),
                text(c.previous_address()),
                text(c.provider()),
                c.importing(),
                paths(c)
            )
        };
        if facts(a) != facts(b) {
            wrong.push(format!("{}: {} / {}", a.address, facts(a), facts(b)));
        }
        for (side, before, after) in [
            ("before", a.before(), b.before()),
            ("after", a.after(), b.after()),
        ] {
            wrong.extend(
                differs(before, after, strict, side)
                    .map(|difference| format!("{}: {difference}", a.address)),
            );
        }
    }
}

fn plans_differ(json: &Plan<'_>, saved: &Plan<'_>, strict: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    changes_differ(&json.changes, &saved.changes, strict, &mut wrong);
    changes_differ(&json.drift, &saved.drift, strict, &mut wrong);
    let facts = |plan: &Plan<'_>| {
        // Whether what is being imported already stands in the state within the file depends on who wrote it.
        let imports = plan.changes.iter().any(ResourceChange::importing);
        let managed = plan
            .prior
            .as_ref()
            .filter(|_| !imports)
            .map(|prior| prior.managed.clone())
            .unwrap_or_default();
        format!(
            "{} {} {} {} {managed:?}",
            plan.errored,
            plan.failed_checks,
            plan.output_changes,
            plan.deferred.len()
        )
    };
    if facts(json) != facts(saved) {
        wrong.push(format!("{} / {}", facts(json), facts(saved)));
    }
    if strict
        && (json.complete, &json.terraform_version) != (saved.complete, &saved.terraform_version)
    {
        wrong.push(format!(
            "complete {:?} / {:?}",
            json.complete, saved.complete
        ));
    }
    wrong
}

fn read_both(json: &[u8], saved: &[u8], strict: bool) -> Vec<String> {
    let json = Document::open(json).expect("text");
    let saved = Document::open(saved).expect("a saved plan");
    plans_differ(
        &json.plans().expect("a JSON plan").plans[0],
        &saved.plans().expect("a plan").plans[0],
        strict,
    )
}

#[test]
fn both_forms_of_a_fixture_come_to_the_same() {
    let (mut wrong, mut pairs) = (Vec::new(), 0);
    for fixture in fixtures() {
        let Ok(saved) = std::fs::read(fixture.file("plan.tfplan")) else {
            continue;
        };
        // OpenTofu does not write into the JSON that a plan is a part.
        if fixture.name.starts_with("partial-plan/") && fixture.name.contains("opentofu") {
            continue;
        }
        pairs += 1;
        let json = fixture.json();
        let (a, b) = (
            judge(&json, &fixture.settings()),
            judge(&saved, &fixture.settings()),
        );
        // Of a destroy plan that finds nothing, each form tells another half.
        let halves = fixture.name == "state-missing/fires-destroy-of-nothing";
        if (shared(&a) != shared(&b) && !halves) || a.summary.counts != b.summary.counts {
            wrong.push(format!("{}: {:?} / {:?}", fixture.name, told(&a), told(&b)));
        }
        wrong.extend(
            read_both(&json, &saved, true)
                .into_iter()
                .map(|what| format!("{}: {what}", fixture.name)),
        );
    }
    assert!(pairs >= 90, "only {pairs} pairs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_only_the_saved_plan_knows() {
    let open = |name: &str| {
        std::fs::read(root().join("fixtures").join(name).join("plan.tfplan")).expect("a fixture")
    };
    let bytes = open("partial-plan/fires-target");
    let opened = Document::open(&bytes).expect("opens");
    let plan = &opened.plans().expect("a plan").plans[0];
    let saved = plan.saved.as_deref().expect("saved");
    assert_eq!(
        (saved.mode, saved.workspace, saved.targets.len()),
        (PlanMode::Normal, "default", 1)
    );
    assert_eq!(
        saved
            .backend
            .as_ref()
            .map(|backend| backend.place(saved.workspace))
            .as_deref(),
        Some("local terraform.tfstate")
    );
    assert!(!saved.no_state() && saved.serial > 0);
    let held = saved
        .objects
        .iter()
        .find(|object| object.id.is_some())
        .expect("an object with an id");
    assert_eq!(format!("{held:?}"), held.address);
    let block = plan.block(&held.address).expect("its block");
    assert_eq!(block.file, "main.tf");
    let source = saved.config.source("main.tf").expect("the source");
    assert!(
        source
            .lines()
            .nth(block.line - 1)
            .expect("a line")
            .starts_with("resource")
    );
    assert_eq!(block.line_of("lifecycle.no_such_setting"), None);
}

/// The bucket that the plan's own backend names keeps its state, whatever it is called; another one does not.
#[test]
fn the_bucket_of_the_backend_is_the_store_of_the_state() {
    let packed = |pairs: &[(&str, &[u8])]| -> Vec<u8> {
        let text = |text: &str| {
            [
                &[0xA0 | u8::try_from(text.len()).expect("short")],
                text.as_bytes(),
            ]
            .concat()
        };
        let pairs = pairs
            .iter()
            .map(|(name, value)| [text(name), value.to_vec()].concat());
        let all: Vec<Vec<u8>> = pairs.collect();
        let count = 0x80 | u8::try_from(all.len()).expect("few");
        [vec![count], all.concat()].concat()
    };
    let acme: &[u8] = b"\xA4acme";
    let other: &[u8] = b"\xADother-tfstate";
    let told = |kind: &str, config: &[(&str, &[u8])], change: &str, value: &[(&str, &[u8])]| {
        let change = crate::forge::change(change, 5, &[&packed(value)]);
        let plan = crate::forge::plan_of(kind, &packed(config), &[change]);
        let report = crate::common::judge(
            &crate::forge::saved(&plan),
            &applygate::testing::Settings::default(),
        );
        crate::common::told(&report)
            .into_iter()
            .find(|(_, address, _)| address == change_address(kind))
            .map(|(rule, _, severity)| format!("{rule} {severity}"))
    };
    fn change_address(kind: &str) -> &'static str {
        match kind {
            "azurerm" => "azurerm_storage_container.x",
            _ => "aws_s3_bucket.x",
        }
    }
    let force: (&str, &[u8]) = ("force_destroy", &[0xC3]);
    let s3 = [("bucket", acme), ("key", acme)];
    assert_eq!(
        told("s3", &s3, "aws_s3_bucket.x", &[("bucket", acme), force]).as_deref(),
        Some("state-store-destroy critical")
    );
    assert_eq!(
        told("s3", &s3, "aws_s3_bucket.x", &[("bucket", other), force]).as_deref(),
        Some("stateful-destroy critical")
    );
    let azure = [("storage_account_name", acme), ("container_name", other)];
    let container = "azurerm_storage_container.x";
    let path: &[u8] = b"\xB5/storageAccounts/acme";
    assert_eq!(
        told(
            "azurerm",
            &azure,
            container,
            &[("name", other), ("storage_account_id", path)]
        )
        .as_deref(),
        Some("state-store-destroy critical")
    );
    assert_eq!(
        told(
            "azurerm",
            &azure,
            container,
            &[("name", other), ("storage_account_name", other)]
        )
        .as_deref(),
        Some("stateful-destroy critical")
    );
}
