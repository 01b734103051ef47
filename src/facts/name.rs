//! Guesses by name, for what no catalogue knows. Everything that rests on them is labelled as a guess.

/// Words in a type's name that say that it holds something.
const STATEFUL: &[&str] = &[
    "database",
    "databases",
    "db",
    "bucket",
    "disk",
    "volume",
    "snapshot",
    "backup",
    "vault",
    "zone",
    "filesystem",
    "datastore",
    "keyspace",
    "blob",
    "warehouse",
    "ledger",
    "lake",
    "storage",
    "fileshare",
    "registry",
    "repository",
    "archive",
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongodb",
    "redis",
    "cassandra",
    "elasticsearch",
    "opensearch",
    "clickhouse",
    "secret",
    "table",
    "store",
    "nfs",
];

/// Last words of names that hold nothing themselves.
const LOOKALIKE: &[&str] = &[
    "policy",
    "policies",
    "rule",
    "rules",
    "attachment",
    "association",
    "group",
    "alias",
    "member",
    "membership",
    "members",
    "binding",
    "permission",
    "permissions",
    "role",
    "roles",
    "grant",
    "grants",
    "privilege",
    "privileges",
    "access",
    "notification",
    "notifications",
    "configuration",
    "config",
    "settings",
    "setting",
    "parameter",
    "parameters",
    "record",
    "records",
    "recordset",
    "link",
    "mapping",
    "alert",
    "alarm",
    "monitor",
    "dashboard",
    "tag",
    "tags",
    "label",
    "acl",
    "acls",
    "firewall",
    "endpoint",
    "template",
    "subscription",
    "schedule",
    "plan",
    "option",
    "options",
    "set",
    "user",
    "users",
    "account",
    "credential",
    "credentials",
    "certificate",
    "trigger",
    "event",
    "webhook",
    "hook",
    "connection",
    "peering",
    "whitelist",
    "allowlist",
    "iam",
    "lock",
    "topic",
    "file",
    "function",
    "view",
    "procedure",
    "sequence",
    "stage",
    "pipe",
    "share",
    "class",
    "definition",
    "extension",
    "integration",
    "monitoring",
    "validation",
    "transfer",
    "export",
    "import",
    "job",
    "task",
    "variable",
    "variables",
    "property",
    "schema",
    "collaborator",
    "environment",
    "ruleset",
    "protection",
    "domain",
    "dnssec",
    "delegation",
    "kind",
    "type",
    "status",
    "registration",
    "selection",
    "lifecycle",
    "encryption",
    "versioning",
    "logging",
    "metric",
    "ip",
    "address",
    "network",
    "subnet",
];

/// The word in a type's name that says that it holds something; `None` when nothing does.
#[must_use]
pub(crate) fn guess(kind: &str) -> Option<&str> {
    let (_, name) = kind.split_once('_')?;
    let words: Vec<&str> = name
        .split('_')
        .filter(|word| !matches!(*word, "v1" | "v2" | "v3" | "beta" | "alpha"))
        .collect();
    let last = words.last()?;
    if LOOKALIKE.contains(last) && !STATEFUL.contains(last) {
        return None;
    }
    if name.contains("file_system") {
        return Some("file_system");
    }
    words.into_iter().find(|word| STATEFUL.contains(word))
}

/// Whether the name of a store says that Terraform keeps its own state, or the lock of it, in there.
#[must_use]
pub(crate) fn looks_like_state_store(name: &str) -> bool {
    let plain: String = name
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    [
        "tfstate",
        "tf-state",
        "terraform-state",
        "terraformstate",
        "terraform-remote-state",
        "opentofu-state",
        "tofu-state",
        "terraform-lock",
        "tf-lock",
        "tflock",
        "terraform-backend",
        "tf-backend",
    ]
    .iter()
    .any(|mark| plain.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_that_they_hold_something() {
        for kind in [
            "acme_database_instance",
            "acme_db",
            "acme_volume",
            "acme_dns_zone",
            "acme_file_system",
            "acme_backup_vault",
            "acme_bucket_v2",
            "acme_mysql_cluster",
        ] {
            assert!(guess(kind).is_some(), "{kind}");
        }
    }

    #[test]
    fn names_that_only_look_like_it() {
        for kind in [
            "acme_database_policy",
            "acme_bucket_rule",
            "acme_volume_attachment",
            "acme_db_parameter_group",
            "acme_db_subnet_group",
            "acme_key_alias",
            "acme_server",
            "acme_zone_record",
            "acme_database_user",
            "acme",
            "acme_network",
        ] {
            assert_eq!(guess(kind), None, "{kind}");
        }
    }

    #[test]
    fn state_stores() {
        assert!(
            looks_like_state_store("acme-prod-tfstate")
                && looks_like_state_store("acme_terraform_state")
                && looks_like_state_store("Terraform-Locks")
        );
        assert!(
            !looks_like_state_store("acme-state-machine") && !looks_like_state_store("uploads")
        );
    }
}
