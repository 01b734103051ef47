//! Guesses by name, for what no catalogue knows. Everything that rests on them is labelled as a guess.

/// What kind of thing a name speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It keeps data.
    Store,
    /// A key that others are encrypted with.
    Key,
    /// A machine.
    Machine,
    /// A cluster.
    Cluster,
    /// A network.
    Network,
    /// It carries others.
    Carrier,
}

/// What the name of a type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess<'a> {
    /// It only configures or connects something.
    Harmless,
    /// What kind of thing it is, and the word that says so.
    Kind(Kind, &'a str),
    /// Nothing.
    Unknown,
}

/// Words of each kind, in the order in which they decide.
const KINDS: &[(Kind, &[&str])] = &[
    (
        Kind::Store,
        &[
            "database",
            "databases",
            "db",
            "rds",
            "pg",
            "bucket",
            "disk",
            "volume",
            "snapshot",
            "backup",
            "vault",
            "filesystem",
            "datastore",
            "dataset",
            "keyspace",
            "blob",
            "warehouse",
            "lakehouse",
            "ledger",
            "lake",
            "storage",
            "fileshare",
            "registry",
            "repository",
            "archive",
            "postgres",
            "postgresql",
            "postgresflex",
            "mysql",
            "mariadb",
            "mongo",
            "mongodb",
            "redis",
            "kafka",
            "cassandra",
            "elasticsearch",
            "opensearch",
            "clickhouse",
            "secret",
            "table",
            "store",
            "nfs",
            "schema",
        ],
    ),
    (Kind::Key, &["kms", "keyring", "hsm", "cmk", "key"]),
    (
        Kind::Machine,
        &[
            "instance",
            "server",
            "vm",
            "machine",
            "qemu",
            "lxc",
            "baremetal",
            "droplet",
        ],
    ),
    (Kind::Cluster, &["cluster", "kubernetes", "k8s"]),
    (
        Kind::Network,
        &["vpc", "network", "subnet", "vnet", "zone", "hvn", "vlan"],
    ),
    (
        Kind::Carrier,
        &[
            "project",
            "namespace",
            "workspace",
            "organization",
            "datacenter",
        ],
    ),
];

/// Last words of names of what only configures or connects: it holds nothing, and the configuration makes it again as it was.
const HARMLESS: &[&str] = &[
    "policy",
    "policies",
    "rule",
    "rules",
    "attachment",
    "association",
    "alias",
    "assignment",
    "member",
    "membership",
    "members",
    "binding",
    "permission",
    "permissions",
    "grant",
    "grants",
    "privilege",
    "privileges",
    "access",
    "iam",
    "collaborator",
    "notification",
    "notifications",
    "configuration",
    "config",
    "settings",
    "setting",
    "parameter",
    "parameters",
    "option",
    "options",
    "link",
    "mapping",
    "location",
    "channel",
    "alert",
    "alarm",
    "monitor",
    "monitoring",
    "metric",
    "dashboard",
    "tag",
    "tags",
    "label",
    "acl",
    "acls",
    "abac",
    "template",
    "trigger",
    "webhook",
    "hook",
    "whitelist",
    "allowlist",
    "view",
    "function",
    "procedure",
    "class",
    "definition",
    "extension",
    "validation",
    "export",
    "import",
    "job",
    "variable",
    "variables",
    "lifecycle",
    "logging",
    "status",
    "kind",
    "type",
    "telemetry",
    "assessment",
    "baseline",
    "suppression",
    "diagnostic",
    "remediation",
    "recipient",
    "classifier",
    "capability",
    "metadata",
    "strategy",
];

/// What stands before `group` where it is a set of settings, rules or names.
const HARMLESS_GROUPS: &[&str] = &[
    "parameter",
    "subnet",
    "option",
    "security",
    "placement",
    "target",
    "rule",
    "policy",
    "action",
    "contact",
];

/// Parts of names that providers give to pure configuration.
const HARMLESS_PARTS: &[&str] = &[
    "linked_service",
    "data_factory_",
    "stream_analytics_output",
    "stream_analytics_reference_input",
    "stream_analytics_stream_input",
    "machine_learning_datastore",
    "datasync_location",
    "storage_mover",
    "_alert_rule_",
    "_data_connector_",
    "_trigger_",
    "_channel_",
    "customer_managed_key",
    "_data_source",
];

/// What the name of a type says.
#[must_use]
pub(crate) fn guess(kind: &str) -> Guess<'_> {
    if super::is_helper(kind) {
        return Guess::Harmless;
    }
    let Some((_, name)) = kind.split_once('_') else {
        return Guess::Unknown;
    };
    let words: Vec<&str> = name
        .split('_')
        .filter(|word| !matches!(*word, "v1" | "v2" | "v3" | "beta" | "alpha"))
        .collect();
    let mut back = words.iter().rev().copied();
    let (last, before) = (back.next().unwrap_or(name), back.next().unwrap_or_default());
    // A backup plan, a schedule of snapshots: without it there is no new copy.
    let copies = words
        .iter()
        .any(|word| matches!(*word, "backup" | "snapshot" | "retention"));
    let harmless = HARMLESS.contains(&last)
        || (matches!(last, "group" | "groups") && HARMLESS_GROUPS.contains(&before))
        || (matches!(last, "schedule" | "plan") && !copies)
        || HARMLESS_PARTS.iter().any(|part| kind.contains(part));
    // A view that is kept holds what it shows.
    let kept = copies && matches!(last, "policy" | "config" | "configuration")
        || last == "view" && before == "materialized";
    if harmless && !kept {
        return Guess::Harmless;
    }
    if name.contains("file_system") {
        return Guess::Kind(Kind::Store, "file_system");
    }
    if matches!((before, last), ("file" | "nfs" | "smb", "share")) {
        return Guess::Kind(Kind::Store, "share");
    }
    // A machine of this provider is called after what it is to the hypervisor.
    if kind == "libvirt_domain" {
        return Guess::Kind(Kind::Machine, "domain");
    }
    KINDS
        .iter()
        .find_map(|(kind, known)| {
            words
                .iter()
                .find(|word| known.contains(word))
                .map(|word| Guess::Kind(*kind, word))
        })
        .unwrap_or(Guess::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_what_they_are() {
        for (kind, says) in [
            ("acme_database_instance", Kind::Store),
            ("acme_db", Kind::Store),
            ("acme_volume", Kind::Store),
            ("acme_file_system", Kind::Store),
            ("acme_file_share", Kind::Store),
            ("acme_backup_vault", Kind::Store),
            ("acme_backup_policy", Kind::Store),
            ("acme_bucket_v2", Kind::Store),
            ("acme_mysql_cluster", Kind::Store),
            ("acme_lakehouse", Kind::Store),
            ("acme_kms_symmetric_key", Kind::Key),
            ("acme_server", Kind::Machine),
            ("acme_virtual_machine", Kind::Machine),
            ("libvirt_domain", Kind::Machine),
            ("acme_kubernetes_cluster", Kind::Cluster),
            ("acme_network", Kind::Network),
            ("acme_dns_zone", Kind::Network),
        ] {
            assert!(
                matches!(guess(kind), Guess::Kind(there, _) if there == says),
                "{kind}: {:?}",
                guess(kind)
            );
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
            "acme_zone_membership",
            "azurerm_data_factory_dataset_azure_sql_table",
            "azurerm_data_factory_linked_service_azure_blob_storage",
            "aws_datasync_location_nfs",
            "azurerm_stream_analytics_output_table",
            "random_pet",
            "terraform_data",
        ] {
            assert_eq!(guess(kind), Guess::Harmless, "{kind}");
        }
    }

    #[test]
    fn names_that_say_nothing() {
        for kind in ["acme", "acme_thing", "acme_user_group", "acme_environment"] {
            assert_eq!(guess(kind), Guess::Unknown, "{kind}");
        }
    }
}
