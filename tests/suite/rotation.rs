//! A credential or a group of nodes that is replaced with the new one first is a smaller step than one that goes first.

use crate::common::judge;

fn severity(kind: &str, actions: &[&str]) -> Option<String> {
    let object = |name: &str| serde_json::json!({"user": name, "id": "x"});
    let quiet = serde_json::json!({"address": "aws_sns_topic.keep", "mode": "managed", "type": "aws_sns_topic", "name": "keep",
        "change": {"actions": ["no-op"], "before": {"id": "k"}, "after": {"id": "k"}, "after_unknown": {}}});
    let change = serde_json::json!({"address": format!("{kind}.a"), "mode": "managed", "type": kind, "name": "a",
        "change": {"actions": actions, "before": object("a"), "after": object("b"), "after_unknown": {"id": true}}});
    let plan = serde_json::json!({"format_version": "1.2", "resource_changes": [change, quiet],
        "planned_values": {}, "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": [
            {"address": format!("{kind}.a"), "mode": "managed", "type": kind, "name": "a", "values": object("a")},
            {"address": "aws_sns_topic.keep", "mode": "managed", "type": "aws_sns_topic", "name": "keep", "values": {"id": "k"}}]}}}});
    let report = judge(
        plan.to_string().as_bytes(),
        &applygate::testing::Settings::default(),
    );
    crate::common::told(&report)
        .into_iter()
        .find(|(_, address, _)| address.contains(kind))
        .map(|(_, _, severity)| severity)
}

#[test]
fn new_first_is_a_smaller_step() {
    for (kind, destroyed_first, new_first) in [
        ("aws_iam_access_key", Some("high"), Some("medium")),
        ("aws_eks_node_group", Some("medium"), Some("low")),
        (
            "ovh_cloud_project_kube_nodepool",
            Some("medium"),
            Some("low"),
        ),
        ("aws_key_pair", Some("medium"), Some("medium")),
        (
            "openstack_compute_keypair_v2",
            Some("medium"),
            Some("medium"),
        ),
        // A public key of an account is only there to be copied: what was made with it keeps it.
        ("hcloud_ssh_key", None, None),
    ] {
        let told = |actions: &[&str]| severity(kind, actions);
        assert_eq!(
            told(&["delete", "create"]).as_deref(),
            destroyed_first,
            "{kind}"
        );
        assert_eq!(told(&["create", "delete"]).as_deref(), new_first, "{kind}");
    }
}

/// What else is new says nothing about an object that was there before.
#[test]
fn only_the_target_itself_makes_a_takeover_harmless() {
    let rule = serde_json::json!([{"id": "r", "status": "Enabled", "filter": [], "expiration": [{"days": 1}]}]);
    let made = |kind: &str, after: serde_json::Value, unknown: serde_json::Value| {
        serde_json::json!({"address": format!("{kind}.a"), "mode": "managed", "type": kind, "name": "a",
            "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown}})
    };
    let expiry = made(
        "aws_s3_bucket_lifecycle_configuration",
        serde_json::json!({"bucket": "data", "rule": rule}),
        serde_json::json!({"id": true}),
    );
    let policy = made(
        "google_project_iam_policy",
        serde_json::json!({"policy_data": "{}"}),
        serde_json::json!({"id": true, "project": true}),
    );
    let other = |kind: &str| {
        made(
            kind,
            serde_json::json!({"bucket": "data", "name": "data"}),
            serde_json::json!({"id": true, "project_id": true}),
        )
    };
    let found = |changes: &[&serde_json::Value], rule: &str| {
        let plan = serde_json::json!({"format_version": "1.2", "planned_values": {}, "resource_changes": changes,
            "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": [
                {"address": "aws_sns_topic.keep", "mode": "managed", "type": "aws_sns_topic", "name": "keep", "values": {"id": "k"}}]}}}});
        let report = judge(
            plan.to_string().as_bytes(),
            &applygate::testing::Settings::default(),
        );
        crate::common::told(&report)
            .iter()
            .any(|(found, ..)| found == rule)
    };
    for (change, rule, own) in [
        (&expiry, "retention-cut", "aws_s3_bucket"),
        (&policy, "access-overwrite", "google_project"),
    ] {
        assert!(found(&[change], rule), "{rule}");
        for unrelated in ["aws_s3_bucket_public_access_block", "aws_sqs_queue"] {
            assert!(
                found(&[change, &other(unrelated)], rule),
                "{rule} {unrelated}"
            );
        }
        assert!(!found(&[change, &other(own)], rule), "{rule} {own}");
    }
}
