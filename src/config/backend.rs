//! What is known about backends: which of their attributes say which state is meant, and how the value of one is shown.

use super::secrets;

/// The attributes of a type that say which state it keeps; `a.b` is within a nested object.
pub(crate) fn identity(kind: &str) -> &'static [&'static str] {
    match kind {
        "local" => &["path", "workspace_dir"],
        "s3" => &[
            "bucket",
            "key",
            "region",
            "workspace_key_prefix",
            "endpoint",
            "endpoints.s3",
        ],
        "gcs" => &["bucket", "prefix", "storage_custom_endpoint"],
        "azurerm" => &[
            "storage_account_name",
            "container_name",
            "key",
            "environment",
            "metadata_host",
            "resource_group_name",
            "subscription_id",
        ],
        "http" => &["address"],
        "consul" => &["address", "scheme", "datacenter", "path"],
        "kubernetes" => &[
            "host",
            "config_context",
            "config_context_cluster",
            "namespace",
            "secret_suffix",
        ],
        "pg" => &["conn_str", "schema_name"],
        "oss" => &["bucket", "prefix", "key", "region", "endpoint"],
        "cos" => &["bucket", "prefix", "key", "region", "endpoint"],
        "oci" => &[
            "namespace",
            "bucket",
            "key",
            "workspace_key_prefix",
            "region",
        ],
        "remote" | "cloud" => &[
            "hostname",
            "organization",
            "workspaces.name",
            "workspaces.prefix",
            "workspaces.project",
            "workspaces.tags",
        ],
        _ => &[],
    }
}

/// The value of such an attribute as it may be shown, kept and compared: without user, password, and parameters.
#[must_use]
pub(crate) fn shown(kind: &str, path: &str, text: &str) -> String {
    match path {
        "conn_str" => secrets::connection(text),
        "address" if kind == "http" => secrets::masked(&secrets::without_secrets(text)),
        "address"
        | "endpoint"
        | "endpoints.s3"
        | "host"
        | "hostname"
        | "metadata_host"
        | "storage_custom_endpoint"
        | "instance_url"
        | "tablestore_endpoint"
        | "url" => secrets::without_secrets(text),
        _ if secrets::is_url(text) => secrets::without_secrets(text),
        _ => secrets::without_parameters(text).to_owned(),
    }
}
