//! What happens beside the changes of a plan: actions, work that is not known, objects that leave the state. Both forms of a plan say the same.
use crate::common::{judge, told, watchful};
use crate::forge::{Member, change, field, number, plan, zip};
use applygate::testing::Settings;

type Told = Vec<(String, String, String)>;

fn of(rule: &str, told: Told) -> Vec<(String, String)> {
    told.into_iter()
        .filter(|(id, ..)| id == rule)
        .map(|(_, address, severity)| (address, severity))
        .collect()
}

fn pair(address: &str, severity: &str) -> (String, String) {
    (address.to_owned(), severity.to_owned())
}

fn state(serial: u64, objects: &[(&str, &str)]) -> Vec<u8> {
    let resources: Vec<_> = objects
        .iter()
        .map(|(kind, name)| {
            serde_json::json!({"mode": "managed", "type": kind, "name": name, "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
                "instances": [{"attributes": {"id": format!("id-{name}")}}]})
        })
        .collect();
    serde_json::json!({"version": 4, "terraform_version": "1.15.5", "serial": serial, "lineage": if serial == 0 { "" } else { "l" },
        "outputs": {}, "resources": resources})
    .to_string()
    .into_bytes()
}

fn saved(fields: &[Vec<u8>], before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<u8> {
    zip(&[
        Member::new("tfplan", &plan(fields)),
        Member::new("tfstate", &state(3, after)),
        Member::new("tfstate-prev", &state(0, before)),
    ])
}

const KEPT: &[(&str, &str)] = &[("aws_sqs_queue", "jobs")];

fn action(address: &str, trigger: Option<&str>) -> Vec<u8> {
    let set_off = match trigger {
        Some(trigger) => field(6, &[field(1, trigger.as_bytes()), number(2, 4)].concat()),
        None => field(7, &[]),
    };
    [field(1, address.as_bytes()), set_off].concat()
}

#[test]
fn actions_of_a_saved_plan() {
    let bytes = saved(
        &[
            field(
                30,
                &action(
                    "action.aws_ec2_stop_instance.night[\"a.b\"]",
                    Some("aws_instance.batch"),
                ),
            ),
            field(30, &action("module.m.action.aws_s3_empty_bucket.all", None)),
            field(
                31,
                &[
                    field(1, &number(1, 5)),
                    field(2, &action("action.aws_sns_publish.done", None)),
                ]
                .concat(),
            ),
        ],
        KEPT,
        KEPT,
    );
    let report = judge(&bytes, &Settings::default());
    assert_eq!(report.decision.verdict.word(), "block");
    assert_eq!(
        of("action-runs", told(&report)),
        [
            pair("module.m.action.aws_s3_empty_bucket.all", "critical"),
            pair("action.aws_ec2_stop_instance.night[\"a.b\"]", "medium"),
            pair("action.aws_sns_publish.done", "low"),
        ]
    );
    for broken in [&b""[..], b"aws_instance.a", b"action.x"] {
        let bytes = saved(&[field(30, &field(1, broken))], KEPT, KEPT);
        let refused = applygate::testing::judge_bytes(&bytes, "x", &Settings::default());
        assert!(refused.is_err(), "{broken:?}");
    }
}

#[test]
fn fields_that_are_not_known() {
    let work = |fields: &[Vec<u8>]| {
        let report = judge(&saved(fields, KEPT, KEPT), &Settings::default());
        of("work-unknown", told(&report))
    };
    assert_eq!(work(&[field(33, &field(1, b"x"))]), [pair("*", "medium")]);
    let many: Vec<_> = (40..90).map(|number| field(number, b"xy")).collect();
    assert_eq!(work(&many), [pair("*", "medium")]);
    assert_eq!(work(&[number(33, 1), field(33, b"")]), []);
    assert_eq!(work(&[field(32, b"action.a_b.c"), field(15, b"")]), []);
}

#[test]
fn what_leaves_the_state_of_a_saved_plan() {
    let stack: &[(&str, &str)] = &[
        ("aws_dynamodb_table", "carts"),
        ("aws_s3_bucket", "uploads"),
        ("aws_sqs_queue", "jobs"),
    ];
    let emptied = |mode: u64, before: &[(&str, &str)], after: &[(&str, &str)]| {
        let report = judge(
            &saved(&[number(17, mode)], before, after),
            &Settings::default(),
        );
        of("state-emptied", told(&report))
    };
    for mode in 0..=2 {
        assert_eq!(emptied(mode, stack, &[]), [pair("*", "critical")], "{mode}");
        assert_eq!(
            emptied(mode, stack, KEPT),
            [
                pair("aws_dynamodb_table.carts", "medium"),
                pair("aws_s3_bucket.uploads", "medium")
            ],
            "{mode}"
        );
        assert_eq!(emptied(mode, stack, stack), [], "{mode}");
    }
    let helpers: &[(&str, &str)] = &[
        ("random_id", "a"),
        ("null_resource", "b"),
        ("terraform_data", "c"),
        ("aws_sqs_queue", "jobs"),
    ];
    assert_eq!(emptied(2, helpers, &[]), []);
}

#[test]
fn the_scope_and_the_budget_count_actions() {
    let bytes = saved(
        &[
            change("aws_sqs_queue.jobs", 3, &[&[0x80], &[0x80]]),
            field(30, &action("action.aws_sns_publish.done", None)),
        ],
        KEPT,
        KEPT,
    );
    let expect = |expected: toml::Table| told(&judge(&bytes, &watchful(&expected)));
    assert_eq!(
        of(
            "outside-scope",
            expect(toml::toml! { addresses = "aws_sqs_queue.jobs" })
        ),
        [pair("action.aws_sns_publish.done", "high")]
    );
    assert_eq!(
        of(
            "outside-scope",
            expect(toml::toml! { addresses = ["aws_sqs_queue.jobs", "action.aws_sns_publish.*"] })
        ),
        []
    );
    assert_eq!(
        of("over-budget", expect(toml::toml! { max_changes = 1 })),
        [pair("*", "high")]
    );
    assert_eq!(
        of("over-budget", expect(toml::toml! { max_changes = 2 })),
        []
    );
}

/// Provisioners in each way in which a file can have them: those that run when the object comes, and those that run when it goes.
#[test]
fn provisioners_of_the_sources() {
    const BOTH: &str = "resource \"aws_sqs_queue\" \"q\" {\n  provisioner \"local-exec\" {\n    when = create\n    command = \"a\"\n  }\n  provisioner \"remote-exec\" {\n    when = destroy\n    inline = []\n  }\n}\n";
    const JSON: &str = r#"{"resource": {"aws_sqs_queue": {"q": {"provisioner": [
        {"local-exec": {"command": "a"}}, {"local-exec": {"when": "create", "command": "a"}},
        {"remote-exec": {"when": "destroy", "inline": []}}]}}}}"#;
    const REMOVED: &str = "removed {\n  from = aws_sqs_queue.q\n  lifecycle {\n    destroy = true\n  }\n  provisioner \"local-exec\" {\n    when = destroy\n    command = \"a\"\n  }\n}\n";
    const REMOVED_JSON: &str = r#"{"removed": [{"from": "aws_sqs_queue.q", "provisioner": {"local-exec": {"when": "destroy", "command": "a"}}}]}"#;
    let runs = |file: &str, text: &str, action: u64, values: &[&[u8]]| {
        let plan = plan(&[change("aws_sqs_queue.q", action, values)]);
        let members = [
            Member::new("tfplan", &plan),
            Member::new("tfstate", crate::forge::STATE),
            Member::new(file, text.as_bytes()),
        ];
        judge(&zip(&members), &Settings::default())
            .summary
            .runs()
            .join(", ")
    };
    let gone: &[&[u8]] = &[&[0x80]];
    for (file, text, made, destroyed) in [
        (
            "tfconfig/m-/main.tf",
            BOTH,
            "aws_sqs_queue.q local-exec",
            "aws_sqs_queue.q remote-exec, when it is destroyed",
        ),
        (
            "tfconfig/m-/main.tf.json",
            JSON,
            "aws_sqs_queue.q local-exec, aws_sqs_queue.q local-exec",
            "aws_sqs_queue.q remote-exec, when it is destroyed",
        ),
        (
            "tfconfig/m-/main.tf",
            REMOVED,
            "",
            "aws_sqs_queue.q local-exec, when it is destroyed",
        ),
        (
            "tfconfig/m-/main.tf.json",
            REMOVED_JSON,
            "",
            "aws_sqs_queue.q local-exec, when it is destroyed",
        ),
    ] {
        assert_eq!(runs(file, text, 1, gone), made, "{file}: {text}");
        assert_eq!(runs(file, text, 5, gone), destroyed, "{file}: {text}");
    }
}

/// What waits for a later plan is no work of `-target`, and the advice is another one.
#[test]
fn changes_that_wait() {
    let one = |count: usize| {
        let deferred = serde_json::json!({"reason": "instance_count_unknown", "resource_change":
            {"address": "aws_sqs_queue.q[*]", "mode": "managed", "type": "aws_sqs_queue", "name": "q",
                "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": {}}}});
        let plan = serde_json::json!({"format_version": "1.2", "terraform_version": "1.15.5", "planned_values": {}, "complete": false,
            "resource_changes": [], "deferred_changes": vec![deferred; count]});
        let report = judge(plan.to_string().as_bytes(), &Settings::default());
        let weighed = report.decision.findings.first().expect("a finding");
        let because = format!("{:?}", weighed.finding.evidence);
        (because, weighed.finding.help.clone().unwrap_or_default())
    };
    let (because, help) = one(1);
    assert!(
        because.contains("1 change deferred to a later plan"),
        "{because}"
    );
    assert!(!help.contains("-target"), "{help}");
    assert!(one(2).0.contains("2 changes deferred to a later plan"));
}
