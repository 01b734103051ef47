//! Texts inside a plan that say what is kept: templates, values of charts, manifests, statements, policies of indexes. Each with a case in which a rule
//! speaks and one in which it is quiet.
use serde_json::{Value, json};

use crate::common::{judge, told};
use applygate::testing::Settings;

/// The worst that a rule says of an update of one object, and all that is told.
fn update(kind: &str, before: &Value, after: &Value, rule: &str) -> (Option<String>, String) {
    let sensitive = if kind == "kubectl_manifest" {
        json!({"yaml_body": true})
    } else {
        json!({})
    };
    let plan = json!({"format_version": "1.2", "terraform_version": "1.15.5", "planned_values": {}, "resource_changes": [
        {"address": format!("{kind}.a"), "mode": "managed", "type": kind, "name": "a", "change": {"actions": ["update"], "before": before, "after": after,
            "after_unknown": {}, "before_sensitive": sensitive, "after_sensitive": sensitive}}]});
    let report = judge(plan.to_string().as_bytes(), &Settings::default());
    let findings = report.decision.findings.iter();
    let text: Vec<String> = findings
        .map(|weighed| format!("{:?}", weighed.finding))
        .collect();
    let found = told(&report)
        .into_iter()
        .find(|(id, ..)| id == rule)
        .map(|(_, _, severity)| severity);
    (found, text.join("\n"))
}

fn graded(kind: &str, name: &str, before: &str, after: &str, rule: &str) -> Option<String> {
    update(kind, &json!({name: before}), &json!({name: after}), rule).0
}

const TEMPLATE: &str = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Orders:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      Engine: postgres\n      MasterUserPassword: hunter2\n  Jobs:\n    Type: AWS::SQS::Queue\n  Files:\n    Type: AWS::S3::Bucket\n    DeletionPolicy: Retain\n";

#[test]
fn templates_without_a_store_that_they_had() {
    let of = |after: &str| {
        graded(
            "aws_cloudformation_stack",
            "template_body",
            TEMPLATE,
            after,
            "retention-cut",
        )
    };
    let without = |name: &str, lines: usize| {
        let all: Vec<&str> = TEMPLATE.lines().collect();
        let at = all
            .iter()
            .position(|line| line.trim() == name)
            .expect("there");
        [&all[..at], &all[at + lines..]].concat().join("\n")
    };
    assert_eq!(of(&without("Orders:", 5)).as_deref(), Some("high"));
    assert_eq!(
        of(&TEMPLATE.replace("AWS::RDS::DBInstance", "AWS::RDS::DBCluster")).as_deref(),
        Some("high")
    );
    assert_eq!(
        of(&without("Files:", 3)).as_deref(),
        Some("medium"),
        "it stays"
    );
    assert_eq!(of(&without("Jobs:", 2)), None);
    assert_eq!(of(&TEMPLATE.replace("postgres", "postgres # 16")), None);
    let json = r#"{"Resources":{"Orders":{"Type":"AWS::RDS::DBInstance"},"Files":{"Type":"AWS::S3::Bucket"},"Jobs":{"Type":"AWS::SQS::Queue"}}}"#;
    assert_eq!(of(json), None, "the other way of writing it");
    let (_, text) = update(
        "aws_cloudformation_stack",
        &json!({"template_body": TEMPLATE}),
        &json!({"template_body": without("Orders:", 5)}),
        "retention-cut",
    );
    assert!(
        text.contains("1 × aws_db_instance")
            && !text.contains("hunter2")
            && !text.contains("Orders"),
        "{text}"
    );
}

#[test]
fn charts_whose_volume_is_switched_off() {
    let values = |text: &str| json!({"chart": "postgresql", "values": [text]});
    let of =
        |before: &Value, after: &Value| update("helm_release", before, after, "retention-cut").0;
    let on = values("primary:\n  persistence:\n    enabled: true\n    size: 8Gi\n");
    let off = values("primary:\n  persistence:\n    enabled: false\n");
    assert_eq!(of(&on, &off).as_deref(), Some("high"));
    assert_eq!(
        of(&values("replicas: 2\n"), &off).as_deref(),
        Some("medium")
    );
    assert_eq!(of(&off, &on), None);
    assert_eq!(
        of(
            &off,
            &values("primary: {\"persistence\": {\"enabled\": false}}\nn: 1\n")
        ),
        None
    );
    assert_eq!(
        of(
            &on,
            &values("primary:\n  persistence:\n    enabled: true\n    size: 16Gi\n")
        ),
        None
    );
    let set = |on: &str| json!({"chart": "redis", "values": [], "set": [{"name": "master.persistence.enabled", "value": on}]});
    assert_eq!(of(&set("true"), &set("false")).as_deref(), Some("high"));
    assert_eq!(of(&set("true"), &set("true")), None);
}

#[test]
fn the_access_map_of_a_cluster_in_a_manifest() {
    let map = |entries: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n  mapRoles: |\n{entries}"
        )
    };
    let entry = |name: &str, group: &str| {
        format!(
            "    - rolearn: arn:aws:iam::111122223333:role/{name}\n      username: {name}\n      groups:\n        - {group}\n"
        )
    };
    let (admin, node) = (
        entry("admin", "system:masters"),
        entry("node", "system:nodes"),
    );
    let of = |after: &str| {
        let before = map(&format!("{admin}{node}"));
        update(
            "kubectl_manifest",
            &json!({"yaml_body": before}),
            &json!({"yaml_body": after}),
            "access-overwrite",
        )
    };
    let (found, text) = of(&map(&admin));
    assert_eq!(found.as_deref(), Some("medium"));
    assert!(
        !text.contains("1 of 2") && !text.contains("role/"),
        "it is marked as sensitive: {text}"
    );
    assert_eq!(of(&map(&node)).0.as_deref(), Some("high"));
    assert_eq!(
        of(&map(&format!("{node}{admin}{}", entry("more", "x")))).0,
        None
    );
    assert_eq!(of(&map("")).0.as_deref(), Some("high"));
    let other = map(&admin).replace("aws-auth", "other");
    let quiet = update(
        "kubectl_manifest",
        &json!({"yaml_body": other}),
        &json!({"yaml_body": other.replace("admin", "b")}),
        "access-overwrite",
    );
    assert_eq!(quiet.0, None);
}

#[test]
fn statements_that_drop() {
    let of = |statement: &str| {
        let before = json!({"name": "d", "ddl": ["CREATE TABLE t (a INT64) PRIMARY KEY (a)"]});
        let after =
            json!({"name": "d", "ddl": ["CREATE TABLE t (a INT64) PRIMARY KEY (a)", statement]});
        update("google_spanner_database", &before, &after, "retention-cut").0
    };
    for statement in [
        "DROP TABLE t",
        "drop   table\n t",
        "/* old */ DROP TABLE t",
        "ALTER TABLE t DROP COLUMN b",
        "alter table t\n  drop column b",
        "DROP SCHEMA s",
        "ALTER TABLE t ADD ROW DELETION POLICY (OLDER_THAN(c, INTERVAL 30 DAY))",
    ] {
        assert_eq!(of(statement).as_deref(), Some("high"), "{statement}");
    }
    for statement in [
        "CREATE TABLE u (a INT64) PRIMARY KEY (a)",
        "ALTER TABLE t ADD COLUMN b INT64",
        "ALTER TABLE t DROP CONSTRAINT c",
        "DROP INDEX i",
        "ALTER TABLE t DROP ROW DELETION POLICY",
    ] {
        assert_eq!(of(statement), None, "{statement}");
    }
}

#[test]
fn policies_that_let_indexes_go() {
    let ism = |age: &str| {
        json!({"policy": {"states": [
            {"name": "hot", "actions": [], "transitions": [{"state_name": "warm", "conditions": {"min_index_age": "1d"}}]},
            {"name": "warm", "actions": [], "transitions": [{"state_name": "end", "conditions": {"min_index_age": age}}]},
            {"name": "end", "actions": [{"delete": {}}], "transitions": []}]}})
        .to_string()
    };
    let ilm = |age: &str| {
        json!({"policy": {"phases": {"hot": {"min_age": "0ms"}, "delete": {"min_age": age, "actions": {"delete": {}}}}}}).to_string()
    };
    let none = json!({"policy": {"phases": {"hot": {"min_age": "0ms"}}}}).to_string();
    for (kind, before, after, grade) in [
        (
            "opensearch_ism_policy",
            ism("365d"),
            ism("30d"),
            Some("high"),
        ),
        (
            "opensearch_ism_policy",
            ism("90d"),
            ism("60d"),
            Some("medium"),
        ),
        ("opensearch_ism_policy", ism("30d"), ism("90d"), None),
        (
            "opensearch_ism_policy",
            ism("30d"),
            ism("30d").replace("1d", "2d"),
            None,
        ),
        (
            "elasticsearch_index_lifecycle_policy",
            ilm("90d"),
            ilm("7d"),
            Some("high"),
        ),
        (
            "elasticsearch_index_lifecycle_policy",
            none.clone(),
            ilm("90d"),
            Some("high"),
        ),
        (
            "elasticsearch_index_lifecycle_policy",
            ilm("90d"),
            none,
            None,
        ),
    ] {
        assert_eq!(
            graded(kind, "body", &before, &after, "retention-cut").as_deref(),
            grade,
            "{kind} {before} {after}"
        );
    }
}

#[test]
fn code_that_is_published() {
    let of = |kind: &str, name: &str, before: &str, after: &str| {
        graded(kind, name, before, after, "access-opened")
    };
    for (kind, name) in [
        ("github_repository", "visibility"),
        ("gitlab_project", "visibility_level"),
        ("azuredevops_project", "visibility"),
    ] {
        assert_eq!(
            of(kind, name, "private", "public").as_deref(),
            Some("medium"),
            "{kind}"
        );
        assert_eq!(of(kind, name, "public", "private"), None, "{kind}");
        assert_eq!(of(kind, name, "private", "internal"), None, "{kind}");
    }
}

/// Rules that hold for what goes as well: a password policy with all users, a backup plan with what it covers.
#[test]
fn guards_that_go_with_what_they_guard() {
    let deleted = |kind: &str, name: &str, before: Value| {
        json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "change": {"actions": ["delete"], "before": before, "after": null}})
    };
    let kept = |kind: &str, name: &str, before: Value| {
        json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "change": {"actions": ["no-op"], "before": before, "after": before}})
    };
    let of = |changes: Vec<Value>, kind: &str| {
        let stays = kept("aws_sqs_queue", "q", json!({"name": "q"}));
        let changes = [changes, vec![stays]].concat();
        let plan =
            json!({"format_version": "1.2", "planned_values": {}, "resource_changes": changes});
        let report = judge(plan.to_string().as_bytes(), &Settings::default());
        told(&report)
            .into_iter()
            .any(|(_, address, _)| address.starts_with(kind))
    };
    let policy = || {
        deleted(
            "aws_iam_account_password_policy",
            "p",
            json!({"id": "iam-account-password-policy"}),
        )
    };
    let user = |name: &str| {
        (
            "aws_iam_user",
            name.to_owned(),
            json!({"id": name, "name": name}),
        )
    };
    let goes = |(kind, name, value): (&str, String, Value)| deleted(kind, &name, value);
    let stays = |(kind, name, value): (&str, String, Value)| kept(kind, &name, value);
    assert!(of(vec![policy()], "aws_iam_account"));
    assert!(of(
        vec![policy(), goes(user("a")), stays(user("b"))],
        "aws_iam_account"
    ));
    assert!(!of(
        vec![policy(), goes(user("a")), goes(user("b"))],
        "aws_iam_account"
    ));
    let arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/t";
    let plan = || deleted("aws_backup_plan", "p", json!({"id": "plan-1", "name": "p"}));
    let selection = || {
        deleted(
            "aws_backup_selection",
            "s",
            json!({"id": "sel-1", "plan_id": "plan-1", "resources": [arn]}),
        )
    };
    let table = json!({"id": "t", "name": "t", "arn": arn});
    let (gone, there) = (
        deleted("aws_dynamodb_table", "t", table.clone()),
        kept("aws_dynamodb_table", "t", table),
    );
    assert!(!of(vec![plan(), selection(), gone], "aws_backup"));
    assert!(of(vec![plan(), selection(), there], "aws_backup_plan"));
    assert!(of(vec![plan()], "aws_backup_plan"));
}

/// A new rule or member that opens what is there; on something new it is quiet.
#[test]
fn new_objects_that_open_old_ones() {
    let created = |kind: &str, after: &Value, unknown: &Value| {
        json!({"address": format!("{kind}.a"), "mode": "managed", "type": kind, "name": "a",
            "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown}})
    };
    let of = |changes: &[Value]| {
        let plan = json!({"format_version": "1.2", "planned_values": {}, "resource_changes": changes,
            "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": [{"address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue", "name": "q"}]}}}});
        let report = judge(plan.to_string().as_bytes(), &Settings::default());
        told(&report)
            .into_iter()
            .find(|(rule, ..)| rule == "access-opened")
            .map(|(_, _, severity)| severity)
    };
    let none = json!({});
    for (kind, open, shut, target, made) in [
        (
            "aws_vpc_security_group_ingress_rule",
            json!({"security_group_id": "sg-1", "cidr_ipv4": "0.0.0.0/0", "from_port": 22}),
            json!({"security_group_id": "sg-1", "cidr_ipv4": "10.0.0.0/8", "from_port": 22}),
            "security_group_id",
            "aws_security_group",
        ),
        (
            "aws_security_group_rule",
            json!({"security_group_id": "sg-1", "type": "ingress", "cidr_blocks": ["10.0.0.0/8", "0.0.0.0/0"]}),
            json!({"security_group_id": "sg-1", "type": "egress", "cidr_blocks": ["0.0.0.0/0"]}),
            "security_group_id",
            "aws_security_group",
        ),
        (
            "azurerm_network_security_rule",
            json!({"network_security_group_name": "n", "access": "Allow", "direction": "Inbound", "source_address_prefix": "*"}),
            json!({"network_security_group_name": "n", "access": "Deny", "direction": "Inbound", "source_address_prefix": "*"}),
            "network_security_group_name",
            "azurerm_network_security_group",
        ),
        (
            "aws_s3_bucket_acl",
            json!({"bucket": "b", "acl": "public-read"}),
            json!({"bucket": "b", "acl": "private"}),
            "bucket",
            "aws_s3_bucket",
        ),
        (
            "google_storage_bucket_iam_member",
            json!({"bucket": "b", "role": "roles/storage.objectViewer", "member": "allUsers"}),
            json!({"bucket": "b", "role": "roles/storage.objectViewer", "member": "user:a@example.com"}),
            "bucket",
            "google_storage_bucket",
        ),
    ] {
        assert_eq!(
            of(&[created(kind, &open, &none)]).as_deref(),
            Some("medium"),
            "{kind}"
        );
        assert_eq!(of(&[created(kind, &shut, &none)]), None, "{kind}");
        let mut unknown = open.clone();
        unknown.as_object_mut().expect("an object").remove(target);
        let new = created(made, &json!({}), &json!({"id": true}));
        let quiet = of(&[new, created(kind, &unknown, &json!({target: true}))]);
        assert_eq!(quiet, None, "{kind}");
    }
}
