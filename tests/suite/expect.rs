//! What is expected of a plan: accounts and regions as they are read from hostile, sensitive and unknown values, in both forms of a plan.
use crate::common::judge;
use crate::forge::{Member, zip};
use applygate::testing::PlanReport;
use applygate::testing::Settings;
use applygate::testing::Where;
use serde_json::{Value, json};

const CANARY: &str = "Q7ZKX0V9WJ4PLM2B";
const HERE: &str = "111122223333";
const THERE: &str = "444455556666";

/// Settings that expect these of one key.
fn settings(key: &str, expected: &[&str]) -> Settings {
    let expected: Vec<_> = expected
        .iter()
        .map(|text| toml::Value::from(*text))
        .collect();
    let table = toml::Table::from_iter([(key.to_owned(), expected.into())]);
    crate::common::watchful(&table)
}

/// What is said of an account, a region, or several: the rule's severity and all of its words.
fn said(report: &PlanReport, rule: &str) -> Option<(&'static str, String)> {
    let finding = &report
        .decision
        .findings
        .iter()
        .find(|weighed| weighed.finding.rule == rule)?
        .finding;
    let evidence: Vec<String> = finding.evidence.iter().map(ToString::to_string).collect();
    Some((
        finding.severity.word(),
        format!("{}\n{}", finding.message, evidence.join("\n")),
    ))
}

fn account(plan: &[u8], expected: &[&str]) -> Option<(&'static str, String)> {
    said(
        &judge(plan, &settings("account", expected)),
        "account-unexpected",
    )
}

fn region(plan: &[u8], expected: &[&str]) -> Option<(&'static str, String)> {
    said(
        &judge(plan, &settings("region", expected)),
        "region-unexpected",
    )
}

fn grade(said: &Option<(&'static str, String)>) -> Option<&'static str> {
    said.as_ref().map(|(severity, _)| *severity)
}

fn change(address: &str, actions: Value, before: Value, after: Value) -> Value {
    json!({"address": address, "mode": "managed", "type": address.split('.').next(), "name": "x", "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}, "before_sensitive": {}, "after_sensitive": {}}})
}

fn plan(changes: &[Value], more: Value) -> Vec<u8> {
    let mut plan = json!({"format_version": "1.2", "terraform_version": "1.15.5", "planned_values": {}, "resource_changes": changes});
    plan.as_object_mut()
        .expect("an object")
        .extend(more.as_object().cloned().unwrap_or_default());
    plan.to_string().into_bytes()
}

fn deleted(kind: &str, before: Value) -> Vec<u8> {
    plan(
        &[change(
            &format!("{kind}.x"),
            json!(["delete"]),
            before,
            Value::Null,
        )],
        json!({}),
    )
}

fn created(kind: &str, after: Value, more: Value) -> Vec<u8> {
    plan(
        &[change(
            &format!("{kind}.x"),
            json!(["create"]),
            Value::Null,
            after,
        )],
        more,
    )
}

/// The configuration of a JSON plan with one provider block and one resource that uses it.
fn configured(expressions: Value, variables: Value, sensitive: bool) -> Value {
    let declared: serde_json::Map<String, Value> = variables
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| {
            (
                name.clone(),
                if sensitive {
                    json!({"sensitive": true})
                } else {
                    json!({})
                },
            )
        })
        .collect();
    json!({
        "variables": variables,
        "configuration": {
            "provider_config": {
                "aws": {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "expressions": expressions},
                "aws.other": {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "alias": "other", "expressions": {"region": {"constant_value": "us-east-1"}}},
            },
            "root_module": {"variables": declared, "resources": [{"address": "aws_sns_topic.x", "mode": "managed", "type": "aws_sns_topic", "name": "x", "provider_config_key": "aws"}]},
        },
    })
}

fn arn(region: &str, account: &str) -> String {
    format!("arn:aws:sns:{region}:{account}:topic")
}

#[test]
fn accounts_by_ids_and_arns() {
    for (kind, before, there) in [
        (
            "aws_sns_topic",
            json!({"arn": arn("eu-west-1", THERE)}),
            THERE,
        ),
        (
            "aws_sns_topic",
            json!({"id": arn("eu-west-1", THERE)}),
            THERE,
        ),
        (
            "aws_sns_topic",
            json!({"arn": format!("arn:aws-us-gov:sns:us-gov-west-1:{THERE}:a:b:c")}),
            THERE,
        ),
        ("aws_vpc", json!({"id": "vpc-1", "owner_id": THERE}), THERE),
        (
            "aws_iam_role",
            json!({"arn": format!("arn:aws:iam::{THERE}:role/x")}),
            THERE,
        ),
        (
            "aws_sns_topic_subscription",
            json!({"arn": arn("eu-west-1", HERE), "owner_id": THERE}),
            THERE,
        ),
        (
            "google_sql_database_instance",
            json!({"project": "acme-there"}),
            "acme-there",
        ),
        (
            "google_pubsub_topic",
            json!({"id": "projects/acme-there/topics/x"}),
            "acme-there",
        ),
        (
            "azurerm_subnet",
            json!({"id": "/subscriptions/0A000000-0000-0000-0000-00000000000b/resourceGroups/x"}),
            "0a000000-0000-0000-0000-00000000000b",
        ),
    ] {
        let plan = deleted(kind, before.clone());
        let found = account(
            &plan,
            &[HERE, "acme-here", "0a000000-0000-0000-0000-0000000000ff"],
        );
        assert!(
            found
                .as_ref()
                .is_some_and(|(severity, text)| *severity == "critical" && text.contains(there)),
            "{kind} {before} {found:?}"
        );
        assert_eq!(account(&plan, &[HERE, there]), None, "{kind} {before}");
        let upper = there.to_uppercase();
        assert_eq!(
            account(&plan, &[&upper]),
            None,
            "{kind}: case does not matter"
        );
    }
}

/// What only looks like it, or belongs to somebody else, is not taken for the object's account: then nothing tells, and that is said.
#[test]
fn what_is_no_account() {
    for (kind, before) in [
        (
            "aws_sns_topic",
            json!({"arn": format!("arn:aws:sns:eu-west-1:{THERE}")}),
        ),
        (
            "aws_sns_topic",
            json!({"arn": "arn:aws:sns:eu-west-1:44445555666:x"}),
        ),
        (
            "aws_sns_topic",
            json!({"arn": "arn:aws:sns:eu-west-1:44445555666６:x"}),
        ),
        (
            "aws_sns_topic",
            json!({"arn": format!("ARN:aws:sns:eu-west-1:{THERE}:x")}),
        ),
        (
            "aws_sns_topic",
            json!({"arn": format!("arn:evil:sns:eu-west-1:{THERE}:x")}),
        ),
        (
            "aws_sns_topic",
            json!({"arn": format!("arn:aws::eu-west-1:{THERE}:x")}),
        ),
        ("aws_sns_topic", json!({"arn": "a".repeat(100_000)})),
        ("aws_sns_topic", json!({"arn": [arn("eu-west-1", THERE)]})),
        ("aws_sns_topic", json!({"arn": null, "owner_id": 4})),
        (
            "aws_sns_topic_policy",
            json!({"policy": arn("eu-west-1", THERE), "topic_arn": arn("eu-west-1", THERE)}),
        ),
        (
            "aws_cloudwatch_event_target",
            json!({"arn": arn("eu-west-1", THERE)}),
        ),
        (
            "aws_ram_resource_share_accepter",
            json!({"id": arn("eu-west-1", THERE), "share_arn": arn("eu-west-1", THERE)}),
        ),
        (
            "aws_kms_grant",
            json!({"id": format!("arn:aws:kms:eu-west-1:{THERE}:key/0a:grant"), "key_id": format!("arn:aws:kms:eu-west-1:{THERE}:key/0a")}),
        ),
        (
            "aws_wafv2_web_acl_association",
            json!({"id": format!("{},{}", arn("eu-west-1", HERE), arn("eu-west-1", THERE))}),
        ),
        (
            "aws_lb_x",
            json!({"nested": {"arn": arn("eu-west-1", THERE)}}),
        ),
        (
            "aws_s3_bucket",
            json!({"arn": "arn:aws:s3:::bucket", "id": "bucket"}),
        ),
        (
            "google_pubsub_topic",
            json!({"id": "projects/123456789/topics/x"}),
        ),
        ("google_pubsub_topic", json!({"project": "Not A Project"})),
        (
            "azurerm_subnet",
            json!({"id": "/subscriptions/not-a-guid/resourceGroups/x"}),
        ),
        (
            "azurerm_subnet",
            json!({"id": "/providers/Microsoft.Management/managementGroups/x"}),
        ),
        (
            "digitalocean_droplet",
            json!({"id": arn("eu-west-1", THERE)}),
        ),
    ] {
        let found = account(&deleted(kind, before.clone()), &[HERE]);
        assert_eq!(grade(&found), Some("medium"), "{kind} {before} {found:?}");
    }
}

#[test]
fn an_account_in_the_state_alone_is_the_wrong_state() {
    let idle = |mut change: Value, marks: Value| {
        change["change"]["before_sensitive"] = marks;
        plan(&[change], json!({}))
    };
    let value = json!({"arn": arn("eu-west-1", THERE), "password": CANARY, "tags": {}});
    let same = change("aws_sns_topic.x", json!(["no-op"]), value.clone(), value);
    let found = account(&idle(same.clone(), json!({"tags": {}})), &[HERE]).expect("found");
    assert!(
        found.0 == "critical" && found.1.contains(THERE),
        "{found:?}"
    );
    // The masks of what does nothing are not kept: with any mark nothing of it is shown.
    let found = account(&idle(same.clone(), json!({"password": true})), &[HERE]).expect("found");
    assert!(
        found.0 == "critical"
            && !found.1.contains(THERE)
            && found.1.contains("marked as sensitive"),
        "{found:?}"
    );
    assert_eq!(
        region(&idle(same, json!({})), &["us-east-1"]),
        None,
        "a region is of what changes"
    );
    let data = json!({"address": "data.aws_sns_topic.x", "mode": "data", "type": "aws_sns_topic", "name": "x",
        "change": {"actions": ["read"], "before": null, "after": {"arn": arn("us-east-1", THERE)}, "after_unknown": {}}});
    let only_data = plan(&[data], json!({}));
    assert_eq!(
        (
            account(&only_data, &[HERE]),
            region(&only_data, &["eu-west-1"])
        ),
        (None, None),
        "data sources do not count"
    );
}

#[test]
fn regions_by_arns_and_locations() {
    for (kind, before, there) in [
        (
            "aws_sns_topic",
            json!({"arn": arn("us-east-1", HERE)}),
            "us-east-1",
        ),
        (
            "aws_sns_topic",
            json!({"arn": arn("us-east-1", HERE), "region": "eu-west-1"}),
            "us-east-1",
        ),
        (
            "aws_sns_topic",
            json!({"arn": arn("us-gov-west-1", HERE)}),
            "us-gov-west-1",
        ),
        (
            "aws_s3_bucket",
            json!({"arn": "arn:aws:s3:::b", "region": "ap-southeast-2"}),
            "ap-southeast-2",
        ),
        (
            "aws_route",
            json!({"id": "r", "region": "us-west-2"}),
            "us-west-2",
        ),
        (
            "google_storage_bucket",
            json!({"location": "EUROPE-WEST1"}),
            "europe-west1",
        ),
        (
            "google_container_cluster",
            json!({"location": "europe-west1-b"}),
            "europe-west1",
        ),
        (
            "google_compute_subnetwork",
            json!({"region": "https://www.googleapis.com/compute/v1/projects/p/regions/europe-west4"}),
            "europe-west4",
        ),
        (
            "google_compute_instance",
            json!({"zone": "us-central1-a"}),
            "us-central1",
        ),
        (
            "google_compute_instance",
            json!({"zone": "us-central1-ai1a"}),
            "us-central1",
        ),
        (
            "azurerm_virtual_network",
            json!({"location": "West Europe"}),
            "westeurope",
        ),
    ] {
        let plan = deleted(kind, before.clone());
        let found = region(&plan, &["eu-west-1"]);
        assert!(
            found
                .as_ref()
                .is_some_and(|(severity, text)| *severity == "critical" && text.contains(there)),
            "{kind} {before} {found:?}"
        );
        assert_eq!(
            region(&plan, &["eu-west-1", there]),
            None,
            "{kind} {before}"
        );
    }
}

/// No region is another thing than one that is not shown.
#[test]
fn global_and_hidden_regions() {
    for (kind, before) in [
        (
            "aws_iam_role",
            json!({"arn": format!("arn:aws:iam::{HERE}:role/x")}),
        ),
        ("aws_iam_role", json!({})),
        (
            "aws_route53_zone",
            json!({"arn": "arn:aws:route53:::hostedzone/Z"}),
        ),
        (
            "aws_x_global",
            json!({"arn": format!("arn:aws:networkmanager::{HERE}:global-network/x")}),
        ),
        ("google_project_iam_member", json!({"project": "acme-prod"})),
        ("google_kms_key_ring", json!({"location": "global"})),
        ("azurerm_dns_zone", json!({"id": "x"})),
        (
            "azurerm_traffic_manager_profile",
            json!({"location": "Global"}),
        ),
    ] {
        let plan = deleted(kind, before.clone());
        assert_eq!(region(&plan, &["eu-west-1"]), None, "{kind} {before}");
    }
    for (kind, before) in [
        ("aws_route", json!({"id": "r-1"})),
        ("aws_route", json!({"region": format!("{CANARY}-1")})),
        (
            "aws_cloudwatch_event_target",
            json!({"arn": arn("eu-west-1", THERE)}),
        ),
        ("aws_s3_bucket", json!({"arn": "arn:aws:s3:::b"})),
        ("aws_route53_resolver_rule", json!({})),
        (
            "aws_config_aggregate_authorization",
            json!({"account_id": THERE, "region": "us-east-1"}),
        ),
        ("google_storage_bucket", json!({"location": "../ €"})),
        ("digitalocean_droplet", json!({"region": "ams3"})),
    ] {
        let found = region(&deleted(kind, before.clone()), &["eu-west-1"]);
        assert!(
            found
                .as_ref()
                .is_some_and(|(severity, text)| *severity == "medium" && !text.contains(CANARY)),
            "{kind} {before} {found:?}"
        );
    }
    // One that is shown beside it answers for the cloud.
    let both = plan(
        &[
            change(
                "aws_route.x",
                json!(["delete"]),
                json!({"id": "r"}),
                Value::Null,
            ),
            change(
                "aws_sns_topic.x",
                json!(["delete"]),
                json!({"arn": arn("eu-west-1", HERE)}),
                Value::Null,
            ),
        ],
        json!({}),
    );
    assert_eq!(region(&both, &["eu-west-1"]), None);
    assert_eq!(
        region(
            &plan(
                &[change(
                    "null_resource.x",
                    json!(["create"]),
                    Value::Null,
                    json!({})
                )],
                json!({})
            ),
            &["eu-west-1"]
        ),
        None,
        "helpers are nowhere"
    );
}

#[test]
fn what_has_no_arn_yet_is_where_its_provider_block_points() {
    let there = json!({"region": {"constant_value": "us-west-2"}, "allowed_account_ids": {"constant_value": [THERE]}});
    let plan = created(
        "aws_sns_topic",
        json!({"name": "x"}),
        configured(there, json!({}), false),
    );
    let found = (
        account(&plan, &[HERE]),
        region(&plan, &["eu-west-1", "us-east-1"]),
    );
    assert!(
        found
            .0
            .as_ref()
            .is_some_and(|(severity, text)| *severity == "critical" && text.contains(THERE)),
        "{found:?}"
    );
    assert!(
        found
            .1
            .as_ref()
            .is_some_and(|(severity, text)| *severity == "critical"
                && text.contains("us-west-2")
                && text.contains("provider aws")),
        "{found:?}"
    );
    assert_eq!(
        (account(&plan, &[THERE]), region(&plan, &["us-west-2"])),
        (None, None),
        "the other block is not used"
    );
    // Two allowed accounts do not say which one it is.
    let either = json!({"region": {"references": ["local.region"]}, "allowed_account_ids": {"constant_value": [HERE, THERE]}});
    let plan = created(
        "aws_sns_topic",
        json!({}),
        configured(either, json!({}), false),
    );
    assert_eq!(
        (
            grade(&account(&plan, &[HERE])),
            grade(&region(&plan, &["us-west-2"]))
        ),
        (Some("medium"), Some("medium"))
    );
    // A role that is not known is not answered by what the block says beside it.
    let hidden = json!({"assume_role": [{"role_arn": {"references": ["local.role"]}}], "allowed_account_ids": {"constant_value": [HERE]}});
    assert_eq!(
        grade(&account(
            &created(
                "aws_sns_topic",
                json!({}),
                configured(hidden, json!({}), false)
            ),
            &[HERE]
        )),
        Some("medium")
    );
}

/// A project that an object names by its number is some project: the one of the provider block does not answer for it.
#[test]
fn numbers_of_projects() {
    let block = json!({"configuration": {
        "provider_config": {"google": {"name": "google", "full_name": "registry.terraform.io/hashicorp/google", "expressions": {"project": {"constant_value": "acme-here"}}}},
        "root_module": {"resources": [{"address": "google_pubsub_topic.x", "provider_config_key": "google"}]},
    }});
    let topic = |after: Value| created("google_pubsub_topic", after, block.clone());
    assert_eq!(
        account(&topic(json!({"project": null})), &["acme-here"]),
        None
    );
    assert_eq!(
        grade(&account(&topic(json!({"project": null})), &["acme-there"])),
        Some("critical")
    );
    assert_eq!(
        grade(&account(
            &topic(json!({"project": "123456789"})),
            &["acme-here"]
        )),
        Some("medium")
    );
}

/// Any account and any region is also one that is not shown; and what cannot be shown is not asked to be written into a provider block.
#[test]
fn whatever_it_is() {
    let plan = created("github_repository", json!({"name": "x"}), json!({}));
    assert_eq!(
        (account(&plan, &["*"]), region(&plan, &["**"])),
        (None, None)
    );
    assert_eq!(
        (
            grade(&account(&plan, &["1*"])),
            grade(&region(&plan, &["eu-*"]))
        ),
        (Some("medium"), Some("medium"))
    );
    for (expected, kind, words) in [
        (HERE, "github_repository", "an [env] of the policy"),
        (HERE, "aws_route", "in the provider block"),
    ] {
        let settings = settings("account", &[expected]);
        let report = judge(&created(kind, json!({"name": "x"}), json!({})), &settings);
        let help = report
            .decision
            .findings
            .iter()
            .find(|weighed| weighed.finding.rule == "account-unexpected")
            .and_then(|weighed| weighed.finding.help.clone());
        assert!(
            help.as_ref().is_some_and(|help| help.contains(words)),
            "{kind}: {help:?}"
        );
    }
}

/// A block with an alias is there to act elsewhere: what others show does not answer for it.
#[test]
fn an_alias_that_cannot_be_read() {
    let block = |expressions: Value| {
        json!({"configuration": {
            "provider_config": {
                "aws": {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "expressions": {"region": {"constant_value": "eu-west-1"}}},
                "aws.dns": {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "alias": "dns", "expressions": expressions},
            },
            "root_module": {"resources": [
                {"address": "aws_sns_topic.x", "provider_config_key": "aws"},
                {"address": "aws_sqs_queue.x", "provider_config_key": "aws.dns"},
                {"address": "aws_vpc.x", "provider_config_key": "aws.dns"},
            ]},
        }})
    };
    let old = change(
        "aws_sns_topic.x",
        json!(["delete"]),
        json!({"arn": arn("eu-west-1", HERE)}),
        Value::Null,
    );
    let new = change("aws_sqs_queue.x", json!(["create"]), Value::Null, json!({}));
    let hidden = block(
        json!({"region": {"references": ["local.r"]}, "assume_role": [{"role_arn": {"references": ["local.r"]}}]}),
    );
    let plan_of = |changes: &[Value], more: &Value| plan(changes, more.clone());
    let both = plan_of(&[old.clone(), new.clone()], &hidden);
    assert_eq!(
        (
            grade(&account(&both, &[HERE])),
            grade(&region(&both, &["eu-west-1"]))
        ),
        (Some("medium"), Some("medium"))
    );
    let neighbour = change(
        "aws_vpc.x",
        json!(["update"]),
        json!({"arn": arn("eu-west-1", HERE)}),
        json!({"arn": arn("eu-west-1", HERE)}),
    );
    let with_neighbour = plan_of(&[old.clone(), new.clone(), neighbour], &hidden);
    assert_eq!(
        (
            account(&with_neighbour, &[HERE]),
            region(&with_neighbour, &["eu-west-1"])
        ),
        (None, None),
        "another object of the block tells"
    );
    let plain = plan_of(&[old, new], &block(json!({})));
    assert_eq!(
        (account(&plain, &[HERE]), region(&plain, &["eu-west-1"])),
        (None, None),
        "a block that says nothing of it"
    );
}

#[test]
fn variables_of_a_provider_block() {
    let block = json!({
        "region": {"references": ["var.region"]},
        "assume_role": [{"role_arn": {"references": ["var.role"]}}],
    });
    let variables = json!({"region": {"value": "us-west-2"}, "role": {"value": format!("arn:aws:iam::{THERE}:role/x")}});
    let plan = created(
        "aws_sns_topic",
        json!({}),
        configured(block.clone(), variables.clone(), false),
    );
    let (account_said, region_said) = (
        account(&plan, &[HERE]).expect("found"),
        region(&plan, &["eu-west-1"]).expect("found"),
    );
    assert!(
        account_said.1.contains(THERE) && region_said.1.contains("us-west-2"),
        "{account_said:?} {region_said:?}"
    );
    assert_eq!(
        (account(&plan, &[THERE]), region(&plan, &["us-west-2"])),
        (None, None)
    );
    // Sensitive ones are compared and not printed.
    let plan = created(
        "aws_sns_topic",
        json!({}),
        configured(block, variables, true),
    );
    let (account_said, region_said) = (
        account(&plan, &[HERE]).expect("found"),
        region(&plan, &["eu-west-1"]).expect("found"),
    );
    assert_eq!((account_said.0, region_said.0), ("critical", "critical"));
    assert!(
        !account_said.1.contains(THERE) && !region_said.1.contains("us-west-2"),
        "{account_said:?} {region_said:?}"
    );
    // What is put together of a variable is no region by itself.
    for value in [
        json!("us"),
        json!(7),
        json!(null),
        json!({"a": "us-west-2"}),
        json!(CANARY),
    ] {
        let block = json!({"region": {"references": ["var.region"]}});
        let plan = created(
            "aws_sns_topic",
            json!({}),
            configured(block, json!({"region": {"value": value}}), false),
        );
        let found = region(&plan, &["eu-west-1"]).expect("said");
        assert!(found.0 == "medium" && !found.1.contains(CANARY), "{value}");
    }
    for references in [
        json!(["var.a", "var.b"]),
        json!(["var.region.name", "var.region"]),
        json!("var.region"),
        json!([7]),
        json!(["each.value"]),
    ] {
        let block = json!({"region": {"references": references}});
        let plan = created(
            "aws_sns_topic",
            json!({}),
            configured(block, json!({"region": {"value": "us-west-2"}}), false),
        );
        assert_eq!(
            grade(&region(&plan, &["eu-west-1"])),
            Some("medium"),
            "{references}"
        );
    }
}

/// Sensitive at the attribute, and at any depth of a replace: both sides are looked at.
#[test]
fn sensitive_and_unknown_sides() {
    let mut one = change(
        "aws_sns_topic.x",
        json!(["delete", "create"]),
        json!({"arn": arn("us-east-1", THERE)}),
        json!({"region": "us-west-2"}),
    );
    one["change"]["after_unknown"] = json!({"arn": true});
    let found = region(&plan(&[one.clone()], json!({})), &["eu-west-1"]).expect("found");
    assert!(
        found.1.contains("2 regions")
            && found.1.contains("us-east-1")
            && found.1.contains("us-west-2"),
        "{found:?}"
    );
    one["change"]["before_sensitive"] = json!({"arn": true});
    one["change"]["after_sensitive"] = json!(true);
    let hidden = plan(&[one], json!({}));
    let (found, account_said) = (
        region(&hidden, &["eu-west-1"]).expect("found"),
        account(&hidden, &[HERE]).expect("found"),
    );
    assert!(
        !found.1.contains("us-") && !account_said.1.contains(THERE),
        "{found:?} {account_said:?}"
    );
    assert_eq!((found.0, account_said.0), ("critical", "critical"));
}

/// The same of a saved plan: provider blocks with aliases and modules from the sources within, variables from the caller or their defaults.
#[test]
fn provider_blocks_of_saved_plans() {
    let variable = |name: &str, value: &str| {
        let packed = [
            &[0x92, 0xC4, 8][..],
            b"\"string\"",
            &[0xA0 | u8::try_from(value.len()).expect("short")],
            value.as_bytes(),
        ]
        .concat();
        crate::forge::field(
            2,
            &[
                crate::forge::field(1, name.as_bytes()),
                crate::forge::field(2, &crate::forge::field(1, &packed)),
            ]
            .concat(),
        )
    };
    let source = |main: &str, fields: &[Vec<u8>]| {
        let plan = crate::forge::plan(
            &[
                &[crate::forge::change("aws_sns_topic.x", 1, &[&[0x80]])][..],
                fields,
            ]
            .concat(),
        );
        zip(&[
            Member::new("tfplan", &plan),
            Member::new("tfstate", crate::forge::STATE),
            Member::new("tfconfig/m-/main.tf", main.as_bytes()),
        ])
    };
    let block = |region: &str| {
        format!(
            "provider \"aws\" {{\n  alias = \"other\"\n  region = \"eu-south-1\"\n}}\nprovider \"aws\" {{\n  region = {region}\n}}\n"
        )
    };
    let declared = |more: &str| {
        format!(
            "{}variable \"region\" {{\n  {more}\n}}\n",
            block("var.region")
        )
    };
    let named = |plan: &[u8]| region(plan, &["eu-west-1"]).expect("said");
    assert!(
        named(&source(&block("\"us-west-2\""), &[]))
            .1
            .contains("us-west-2")
    );
    assert!(
        named(&source(&declared("default = \"us-west-2\""), &[]))
            .1
            .contains("us-west-2")
    );
    let set = source(
        &declared("default = \"eu-west-1\""),
        &[variable("other", "x"), variable("region", "us-west-2")],
    );
    assert!(
        named(&set).1.contains("us-west-2"),
        "what the caller sets wins"
    );
    let hidden = named(&source(
        &declared("sensitive = true"),
        &[variable("region", "us-west-2")],
    ));
    assert!(
        hidden.0 == "critical" && !hidden.1.contains("us-west-2"),
        "{hidden:?}"
    );
    let undeclared = named(&source(
        &block("var.region"),
        &[variable("region", "us-west-2")],
    ));
    assert!(
        undeclared.0 == "critical" && !undeclared.1.contains("us-west-2"),
        "nobody says that it is not sensitive"
    );
    for unknown in [
        "local.region",
        "\"${var.region}\"",
        "var.region.name",
        "upper(var.region)",
    ] {
        let plan = source(&block(unknown), &[variable("region", "us-west-2")]);
        assert_eq!(named(&plan).0, "medium", "{unknown}");
    }
    // Terraform 0.12 writes addresses of providers in another way.
    let old = |provider: &str| {
        let change = [
            crate::forge::number(1, 1),
            crate::forge::field(2, &crate::forge::field(1, &[0x80])),
        ]
        .concat();
        let entry = [
            crate::forge::field(3, b"aws_sns_topic"),
            crate::forge::field(4, b"x"),
            crate::forge::field(8, provider.as_bytes()),
            crate::forge::field(9, &change),
        ]
        .concat();
        let plan = crate::forge::plan(&[crate::forge::field(3, &entry)]);
        zip(&[
            Member::new("tfplan", &plan),
            Member::new("tfstate", crate::forge::STATE),
            Member::new("tfconfig/m-/main.tf", block("\"us-west-2\"").as_bytes()),
        ])
    };
    assert!(
        named(&old("provider.aws")).1.contains("us-west-2")
            && named(&old("provider.aws.other")).1.contains("eu-south-1")
    );
    for nowhere in ["provider.aws.none", "module.m.provider.aws", ""] {
        assert_eq!(named(&old(nowhere)).0, "medium", "{nowhere}");
    }
    for odd in ["provider[\"aws", "provider"] {
        let refused = applygate::testing::judge_bytes(
            &old(odd),
            "x",
            &applygate::testing::Settings::default(),
        );
        assert!(refused.is_err(), "{odd} is no provider");
    }
    let role = format!(
        "provider \"aws\" {{\n  assume_role {{\n    role_arn = \"arn:aws:iam::{THERE}:role/x\"\n  }}\n}}\n"
    );
    let found = account(&source(&role, &[]), &[HERE]).expect("found");
    assert!(
        found.0 == "critical" && found.1.contains(THERE),
        "{found:?}"
    );
    let allowed = format!(
        "variable \"id\" {{\n  default = \"{THERE}\"\n}}\nprovider \"aws\" {{\n  allowed_account_ids = [var.id]\n}}\n"
    );
    assert_eq!(account(&source(&allowed, &[]), &[THERE]), None);
    assert_eq!(
        grade(&account(&source(&allowed, &[]), &[HERE])),
        Some("critical")
    );
}

/// A saved plan with these source files, of a new topic by the provider `aws` of its root module.
fn with_sources(fields: &[Vec<u8>], members: &[(&str, &str)]) -> Vec<u8> {
    let plan = crate::forge::plan(
        &[
            &[crate::forge::change("aws_sns_topic.x", 1, &[&[0x80]])][..],
            fields,
        ]
        .concat(),
    );
    let mut all = vec![
        Member::new("tfplan", &plan),
        Member::new("tfstate", crate::forge::STATE),
    ];
    all.extend(
        members
            .iter()
            .map(|(name, text)| Member::new(name, text.as_bytes())),
    );
    zip(&all)
}

const IRELAND: &str = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n";
const BY_VARIABLE: &str =
    "variable \"r\" {\n  default = \"eu-west-1\"\n}\nprovider \"aws\" {\n  region = var.r\n}\n";

/// A region that another file sets is the one that counts, in each way in which a file can say it.
#[test]
fn settings_of_every_kind_of_file() {
    let there = |members: &[(&str, &str)]| {
        let plan = with_sources(&[], members);
        let found = region(&plan, &["eu-west-1"]).expect("said");
        assert_eq!(found.0, "critical", "{members:?}");
        assert!(found.1.contains("us-east-1"), "{members:?} {found:?}");
    };
    let (hcl, json) = (
        "provider \"aws\" {\n  region = \"us-east-1\"\n}\n",
        "{\"provider\": {\"aws\": {\"region\": \"us-east-1\"}}}",
    );
    for (name, text) in [
        ("tfconfig/m-/main.tf", hcl),
        ("tfconfig/m-/main.tf.json", json),
    ] {
        there(&[(name, text)]);
    }
    for (name, text) in [
        ("tfconfig/m-/override.tf", hcl),
        ("tfconfig/m-/a_override.tf", hcl),
        ("tfconfig/m-/override.tf.json", json),
        ("tfconfig/m-/a_override.tf.json", json),
    ] {
        there(&[("tfconfig/m-/main.tf", IRELAND), (name, text)]);
    }
    for (name, text) in [
        (
            "tfconfig/m-/override.tf",
            "variable \"r\" {\n  default = \"us-east-1\"\n}\n",
        ),
        (
            "tfconfig/m-/override.tf.json",
            "{\"variable\": {\"r\": {\"default\": \"us-east-1\"}}}",
        ),
    ] {
        there(&[("tfconfig/m-/main.tf", BY_VARIABLE), (name, text)]);
    }
    // An override may also bring the expected one.
    let plan = with_sources(
        &[],
        &[
            ("tfconfig/m-/main.tf", hcl),
            (
                "tfconfig/m-/override.tf.json",
                "{\"provider\": {\"aws\": {\"region\": \"eu-west-1\"}}}",
            ),
        ],
    );
    assert_eq!(region(&plan, &["eu-west-1"]), None);
}

/// What an override hides, or a file that cannot be read may say, is not known: never is it the value that stands elsewhere.
#[test]
fn what_cannot_be_read_is_not_the_other_value() {
    for (main, name, text) in [
        (
            IRELAND,
            "tfconfig/m-/override.tf",
            "provider \"aws\" {\n  region = local.r\n}\n",
        ),
        (
            IRELAND,
            "tfconfig/m-/override.tf.json",
            "{\"provider\": {\"aws\": {\"region\": \"${local.r}\"}}}",
        ),
        (IRELAND, "tfconfig/m-/broken.tf.json", "{\"provider\":"),
        (IRELAND, "tfconfig/m-/broken.tf", "provider {{{"),
        (BY_VARIABLE, "tfconfig/m-/broken_override.tf.json", "{"),
    ] {
        let plan = with_sources(&[], &[("tfconfig/m-/main.tf", main), (name, text)]);
        let found = region(&plan, &["eu-west-1"]);
        assert_eq!(grade(&found), Some("medium"), "{name} {text} {found:?}");
        // And what can be read is wrong whatever the rest says, unless it is surely overridden.
        let found = grade(&region(&plan, &["ap-south-1"]));
        let certain = name.contains("broken");
        assert_eq!(
            found,
            Some(if certain { "critical" } else { "medium" }),
            "{name}"
        );
    }
}

/// The value of an ephemeral variable is given anew at apply: neither the default nor what was set for the plan is the one that counts.
#[test]
fn ephemeral_variables_are_not_known() {
    let set = crate::forge::field(
        2,
        &[
            crate::forge::field(1, b"r"),
            crate::forge::field(
                2,
                &crate::forge::field(1, b"\x92\xC4\x08\"string\"\xA9eu-west-1"),
            ),
        ]
        .concat(),
    );
    let listed = crate::forge::field(28, b"r");
    let main = [("tfconfig/m-/main.tf", BY_VARIABLE)];
    let grade_of = |fields: &[Vec<u8>], members: &[(&str, &str)]| {
        grade(&region(&with_sources(fields, members), &["eu-west-1"]))
    };
    assert_eq!(grade_of(&[], &main), None);
    assert_eq!(grade_of(std::slice::from_ref(&set), &main), None);
    for fields in [vec![listed.clone()], vec![set.clone(), listed]] {
        assert_eq!(grade_of(&fields, &main), Some("medium"));
        let wrong = region(&with_sources(&fields, &main), &["ap-south-1"]);
        assert_eq!(grade(&wrong), Some("critical"), "the default is wrong");
    }
    let declared = "variable \"r\" {\n  default = \"eu-west-1\"\n  ephemeral = true\n}\nprovider \"aws\" {\n  region = var.r\n}\n";
    let by_json = "{\"variable\": {\"r\": {\"ephemeral\": true}}}";
    for members in [
        vec![("tfconfig/m-/main.tf", declared)],
        vec![main[0], ("tfconfig/m-/override.tf.json", by_json)],
    ] {
        for fields in [vec![], vec![set.clone()]] {
            assert_eq!(grade_of(&fields, &members), Some("medium"), "{members:?}");
        }
    }
}

/// The JSON shows the default of an ephemeral variable and does not call it one: a value that is the default is only known where the sources say so.
#[test]
fn defaults_in_json_may_be_of_ephemeral_variables() {
    let plan = |version: &str, default: Value| {
        plan(
            &[change(
                "aws_sns_topic.x",
                json!(["create"]),
                Value::Null,
                json!({}),
            )],
            json!({
                "terraform_version": version,
                "variables": {"r": {"value": "eu-west-1"}},
                "configuration": {
                    "provider_config": {"aws": {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "expressions": {"region": {"references": ["var.r"]}}}},
                    "root_module": {"variables": {"r": {"default": default}}, "resources": [{"address": "aws_sns_topic.x", "provider_config_key": "aws"}]},
                },
            }),
        )
    };
    let expected = || settings("region", &["eu-west-1"]);
    let grade_in = |plan: &[u8], place: Where| {
        let settings = Settings {
            place,
            ..expected()
        };
        grade(&said(&judge(plan, &settings), "region-unexpected"))
    };
    let same = plan("1.10.0", json!("eu-west-1"));
    assert_eq!(grade_in(&same, Where::Nowhere), Some("medium"));
    assert_eq!(
        grade_in(&plan("1.9.8", json!("eu-west-1")), Where::Nowhere),
        None
    );
    assert_eq!(
        grade_in(&plan("1.10.0", json!("eu-west-2")), Where::Nowhere),
        None,
        "somebody set it"
    );
    let temp = tempfile::tempdir().expect("a directory");
    let main = temp.path().join("main.tf");
    for (more, grade) in [("", None), ("  ephemeral = true\n", Some("medium"))] {
        let text = format!("variable \"r\" {{\n  default = \"eu-west-1\"\n{more}}}\n");
        std::fs::write(&main, text).expect("written");
        let place = Where::Dir(temp.path().to_owned());
        assert_eq!(grade_in(&same, place), grade, "{more}");
    }
}

/// Providers are taken from every file, and where one cannot be read, from the lock file.
#[test]
fn providers_of_every_kind_of_file() {
    let check = |members: &[(&str, &str)]| {
        let plan = with_sources(&[], members);
        said(
            &judge(&plan, &settings("providers", &["hashicorp/*"])),
            "provider-unexpected",
        )
    };
    let main = ("tfconfig/m-/main.tf", IRELAND);
    let more = "{\"terraform\": {\"required_providers\": {\"own\": {\"source\": \"example.org/team/own\"}}}, \"data\": {\"own_thing\": {\"x\": {}}}}";
    let lock = "provider \"registry.terraform.io/hashicorp/aws\" {\n  version = \"6.0.0\"\n}\n";
    let other = format!("{lock}provider \"example.org/team/own\" {{\n  version = \"1.0.0\"\n}}\n");
    let broken = ("tfconfig/m-/more.tf.json", "{");
    assert_eq!(check(&[main]), None);
    for found in [
        check(&[main, ("tfconfig/m-/more.tf.json", more)]),
        check(&[main, broken, (".terraform.lock.hcl", &other)]),
    ] {
        let found = found.expect("found");
        assert!(
            found.0 == "high" && found.1.contains("example.org/team/own"),
            "{found:?}"
        );
    }
    assert_eq!(check(&[main, broken, (".terraform.lock.hcl", lock)]), None);
    assert_eq!(grade(&check(&[main, broken])), Some("medium"));
    // A module that is called and not there.
    let call = (
        "tfconfig/m-/call.tf",
        "module \"m\" {\n  source = \"./m\"\n}\n",
    );
    assert_eq!(grade(&check(&[main, call])), Some("medium"));
    let there = ("tfconfig/m-m/main.tf", "");
    assert_eq!(check(&[main, call, there]), None);
}

/// Nothing but the form of an account or a region ever comes out of a value, whatever is expected.
#[test]
fn canaries_with_everything_expected() {
    fn plant(value: &mut Value) {
        match value {
            Value::String(text) => *text = CANARY.to_owned(),
            Value::Array(items) => items.iter_mut().for_each(plant),
            Value::Object(members) => members.values_mut().for_each(plant),
            _ => {}
        }
    }
    let all = crate::common::watchful(&toml::toml! {
        workspace = "x"
        backend = "x"
        account = "x"
        region = "x"
        one_region = true
        pin = true
        max_destroy = 0
        max_changes = 0
    });
    for fixture in crate::common::fixtures()
        .into_iter()
        .filter(|fixture| fixture.spec.plan.is_none())
    {
        let mut plan = crate::common::parse(&fixture.json());
        for change in plan
            .get_mut("resource_changes")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            for side in ["before", "after"] {
                // Every attribute that could name a place, beside those that are there.
                if let Some(members) = change["change"][side].as_object_mut() {
                    for name in [
                        "arn", "id", "owner_id", "region", "location", "zone", "project",
                    ] {
                        members.insert(
                            name.to_owned(),
                            json!(format!("arn:aws:{CANARY}:{CANARY}:{CANARY}:{CANARY}")),
                        );
                    }
                }
            }
        }
        for key in ["variables", "prior_state"] {
            if let Some(value) = plan.get_mut(key) {
                plant(value);
            }
        }
        if let Some(blocks) = plan
            .pointer_mut("/configuration/provider_config")
            .and_then(Value::as_object_mut)
        {
            blocks
                .values_mut()
                .filter_map(|block| block.get_mut("expressions"))
                .for_each(plant);
        }
        let report = judge(plan.to_string().as_bytes(), &all);
        for rule in [
            "account-unexpected",
            "region-unexpected",
            "several-regions",
            "workspace-unexpected",
            "backend-unexpected",
            "over-budget",
        ] {
            let text = said(&report, rule).map_or_else(String::new, |(_, text)| text);
            assert!(!text.contains(CANARY), "{}: {text}", fixture.name);
        }
    }
}

#[test]
fn flags_of_the_command_line() {
    let code = |args: &[&str]| {
        crate::common::applygate()
            .arg("check")
            .args(args)
            .output()
            .expect("it runs")
            .status
            .code()
    };
    let routine = "fixtures/incident/3-routine-change/plan.json";
    assert_eq!(
        code(&["--max-destroy", "0", "--max-changes", "6", routine]),
        Some(0)
    );
    assert_eq!(code(&["--max-changes", "5", routine]), Some(1));
    assert_eq!(
        code(&[
            "--max-destroy",
            "1",
            "fixtures/incident/2-old-state-destroy/plan.json"
        ]),
        Some(1)
    );
    assert_eq!(
        code(&[
            "--expect",
            "aws_*.newsletter",
            "--expect",
            "aws_s3_bucket.*",
            "--expect",
            "**.newsletter*",
            routine
        ]),
        Some(0)
    );
    assert_eq!(
        code(&["--expect", "aws_s3_bucket.newsletter", routine]),
        Some(1)
    );
    assert_eq!(code(&["--expect", "**", routine]), Some(0));
    for wrong in [
        ["--expect", "nothing"],
        ["--max-changes", "-1"],
        ["--max-destroy", "many"],
        ["--max-destroy", "1.5"],
    ] {
        assert_eq!(
            code(&[&wrong[..], &[routine]].concat()),
            Some(2),
            "{wrong:?}"
        );
    }
}

/// Many provider blocks, variables and objects: each block is asked once, and the time stays in proportion.
#[test]
fn very_many_provider_blocks() {
    const MANY: usize = 4_000;
    let (mut blocks, mut resources, mut changes, mut variables) = (
        serde_json::Map::new(),
        Vec::new(),
        Vec::new(),
        serde_json::Map::new(),
    );
    for at in 0..MANY {
        let key = format!("aws.a{at}");
        blocks.insert(
            key.clone(),
            json!({"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "expressions": {"region": {"references": [format!("var.v{at}")]}}}),
        );
        resources
            .push(json!({"address": format!("aws_sns_topic.t{at}"), "provider_config_key": key}));
        changes.push(change(
            &format!("aws_sns_topic.t{at}"),
            json!(["create"]),
            Value::Null,
            json!({}),
        ));
        changes.push(change(
            &format!("aws_sns_topic.gone{at}"),
            json!(["delete"]),
            json!({}),
            Value::Null,
        ));
        variables.insert(format!("v{at}"), json!({"value": "eu-west-1"}));
    }
    let plan = plan(
        &changes,
        json!({"variables": variables, "configuration": {"provider_config": blocks, "root_module": {"resources": resources}}}),
    );
    let start = std::time::Instant::now();
    let found = region(&plan, &["eu-west-1"]);
    assert_eq!(
        grade(&found),
        Some("medium"),
        "what is beyond the limits is not taken as shown"
    );
    assert!(start.elapsed().as_secs() < 120, "{:?}", start.elapsed());
}
