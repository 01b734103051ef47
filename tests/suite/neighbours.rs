//! Neighbours: what another object of the plan keeps is a way back only if that is known to stay as it is.

use crate::common::judge;
use serde_json::{Value, json};

fn object(kind: &str, name: &str, actions: &[&str], before: &Value, after: &Value) -> Value {
    json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}}})
}

/// How bad it is that a container goes, beside these accounts.
fn severity(accounts: &[Value]) -> Option<String> {
    let container =
        json!({"name": "docs", "storage_account_id": "/accounts/a", "storage_account_name": ""});
    let mut changes = accounts.to_vec();
    changes.push(object(
        "azurerm_storage_container",
        "docs",
        &["delete"],
        &container,
        &Value::Null,
    ));
    let plan = json!({"format_version": "1.2", "resource_changes": changes, "planned_values": {}});
    let report = judge(
        plan.to_string().as_bytes(),
        &applygate::testing::Settings::default(),
    );
    crate::common::told(&report)
        .into_iter()
        .find(|(rule, address, _)| {
            rule == "stateful-destroy" && address == "azurerm_storage_container.docs"
        })
        .map(|(_, _, severity)| severity)
}

fn account(id: &str, days: u8) -> Value {
    json!({"id": id, "name": "a", "access_tier": "Hot",
        "blob_properties": [{"container_delete_retention_policy": [{"days": days}]}]})
}

/// Of several objects of one name that one is taken for the source of a backup which goes, whatever their order.
#[test]
fn the_source_of_a_backup_does_not_hang_on_the_order() {
    let backup = json!({"id": "s", "db_instance_identifier": "orders"});
    let store = json!({"id": "orders", "identifier": "orders"});
    let table = json!({"id": "t", "name": "orders"});
    let mut changes = vec![
        object("aws_db_snapshot", "s", &["delete"], &backup, &Value::Null),
        object("aws_db_instance", "o", &["delete"], &store, &Value::Null),
        object("aws_dynamodb_table", "o", &["no-op"], &table, &table),
    ];
    for _ in 0..3 {
        changes.rotate_left(1);
        let plan =
            json!({"format_version": "1.2", "resource_changes": changes, "planned_values": {}});
        let report = judge(
            plan.to_string().as_bytes(),
            &applygate::testing::Settings::default(),
        );
        assert!(crate::common::told(&report).contains(&(
            "backup-destroy".to_owned(),
            "aws_db_snapshot.s".to_owned(),
            "critical".to_owned()
        )));
    }
}

const KIND: &str = "azurerm_storage_account";

#[test]
fn only_a_host_that_is_known_to_keep_it() {
    let stays = |name: &str, id: &str, days: u8| {
        object(
            KIND,
            name,
            &["no-op"],
            &account(id, days),
            &account(id, days),
        )
    };
    let (high, critical) = (Some("high".to_owned()), Some("critical".to_owned()));
    assert_eq!(severity(&[stays("a", "/accounts/a", 7)]), high);
    assert_eq!(severity(&[stays("a", "/accounts/a", 0)]), critical);
    assert_eq!(severity(&[stays("a", "/accounts/b", 7)]), critical);
    assert_eq!(severity(&[]), critical);
    // Nobody knows which of two is meant.
    let two = [stays("a", "/accounts/a", 7), stays("b", "/accounts/a", 7)];
    assert_eq!(severity(&two), critical);
    let (before, mut after) = (account("/accounts/a", 7), account("/accounts/a", 7));
    after["access_tier"] = json!("Cool");
    let mut change = object(KIND, "a", &["update"], &before, &after);
    assert_eq!(severity(&[change.clone()]), high);
    change["change"]["after_unknown"] = json!({"blob_properties": true});
    change["change"]["after"]
        .as_object_mut()
        .expect("an object")
        .remove("blob_properties");
    assert_eq!(severity(&[change]), critical);
}
