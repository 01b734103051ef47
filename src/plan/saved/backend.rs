//! Where the state of a plan is kept: of the backend's configuration only what makes its identity (docs/plan-format.md), since the rest holds credentials.

use std::collections::BTreeMap;

use super::msgpack::{self, Level};
use crate::plan::ReadError;

/// A backend, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backend {
    /// The type, such as `s3`.
    pub(crate) kind: String,
    /// The attributes that say which state it is, by name; those not set are left out. URLs are without user, password and query.
    pub(crate) identity: Vec<(&'static str, String)>,
    /// `use_lockfile` of S3 (Terraform 1.10+), if set.
    pub(crate) use_lockfile: Option<bool>,
    /// `encrypt` of S3, if set.
    pub(crate) encrypt: Option<bool>,
    /// Whether a DynamoDB table for locks is named.
    pub(crate) dynamodb_table: bool,
}

/// The identity attributes of a type; `a.b` is within a nested object.
const fn identity(kind: &[u8]) -> &'static [&'static str] {
    match kind {
        b"local" => &["path", "workspace_dir"],
        b"s3" => &[
            "bucket",
            "key",
            "region",
            "workspace_key_prefix",
            "endpoint",
            "endpoints.s3",
        ],
        b"gcs" => &["bucket", "prefix", "storage_custom_endpoint"],
        b"azurerm" => &[
            "storage_account_name",
            "container_name",
            "key",
            "environment",
            "metadata_host",
            "resource_group_name",
            "subscription_id",
        ],
        b"http" => &["address"],
        b"consul" => &["address", "scheme", "datacenter", "path"],
        b"kubernetes" => &[
            "host",
            "config_context",
            "config_context_cluster",
            "namespace",
            "secret_suffix",
        ],
        b"pg" => &["conn_str", "schema_name"],
        b"oss" => &["bucket", "prefix", "key", "region", "endpoint"],
        b"cos" => &["bucket", "prefix", "key", "region", "endpoint"],
        b"oci" => &[
            "namespace",
            "bucket",
            "key",
            "workspace_key_prefix",
            "region",
        ],
        b"remote" | b"cloud" => &[
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

/// The longest identity attribute that is kept, in bytes.
const MAX_TEXT: usize = 1024;

/// The longest list of texts that is one.
const MAX_ITEMS: usize = 64;

impl Backend {
    /// Reads a backend's type and configuration.
    pub(super) fn read(kind: &str, config: &[u8]) -> Result<Self, ReadError> {
        if config.is_empty() {
            return Ok(Self {
                kind: kind.to_owned(),
                ..Self::default()
            });
        }
        let text = |path: &str| text_at(config, path);
        let flag = |name: &str| {
            Ok(match at(config, name)? {
                Some(Level::Bool(value)) => Some(value),
                _ => None,
            })
        };
        Self::of(kind, text, flag)
    }

    /// The same from the record of a working directory, `.terraform/terraform.tfstate` (docs/plan-format.md).
    pub(crate) fn recorded(kind: &str, config: &BTreeMap<String, serde_json::Value>) -> Self {
        use serde_json::Value as Json;
        let find = |path: &str| {
            let mut steps = path.split('.');
            let mut value = config.get(steps.next()?)?;
            for step in steps {
                if let Json::Array(items) = value {
                    value = items.first().filter(|_| items.len() == 1)?;
                }
                value = value.get(step)?;
            }
            Some(value)
        };
        let short =
            |text: String| Some(text).filter(|text| !text.is_empty() && text.len() <= MAX_TEXT);
        let text = |path: &str| {
            Ok(match find(path) {
                Some(Json::String(text)) => short(text.clone()),
                Some(Json::Array(items)) => short(
                    items
                        .iter()
                        .take(MAX_ITEMS)
                        .filter_map(Json::as_str)
                        .collect::<Vec<_>>()
                        .join(","),
                ),
                _ => None,
            })
        };
        let flag = |name: &str| Ok(find(name).and_then(Json::as_bool));
        // Neither of the two says that something cannot be read.
        Self::of(kind, text, flag).unwrap_or_default()
    }

    fn of(
        kind: &str,
        text: impl Fn(&str) -> Result<Option<String>, ReadError>,
        flag: impl Fn(&str) -> Result<Option<bool>, ReadError>,
    ) -> Result<Self, ReadError> {
        let mut backend = Self {
            kind: kind.to_owned(),
            ..Self::default()
        };
        for path in identity(kind.as_bytes()) {
            if let Some(text) = text(path)? {
                let text = match *path {
                    "conn_str" => connection(&text),
                    "address" if kind == "http" => masked(&without_secrets(&text)),
                    "address"
                    | "endpoint"
                    | "endpoints.s3"
                    | "host"
                    | "hostname"
                    | "metadata_host"
                    | "storage_custom_endpoint" => without_secrets(&text),
                    _ if is_url(&text) => without_secrets(&text),
                    _ => without_parameters(&text).to_owned(),
                };
                backend.identity.push((path, text));
            }
        }
        if kind == "s3" {
            backend.use_lockfile = flag("use_lockfile")?;
            backend.encrypt = flag("encrypt")?;
            backend.dynamodb_table = text("dynamodb_table")?.is_some_and(|name| !name.is_empty());
        }
        Ok(backend)
    }

    /// An identity attribute.
    #[must_use]
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.identity
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, text)| text.as_str())
    }

    /// The server that is asked instead of the cloud's own, where the place does not name it.
    #[must_use]
    pub(crate) fn server(&self) -> Option<&str> {
        [
            "endpoints.s3",
            "endpoint",
            "storage_custom_endpoint",
            "metadata_host",
        ]
        .iter()
        .find_map(|name| self.get(name))
        .filter(|_| matches!(self.kind.as_str(), "s3" | "gcs" | "azurerm"))
    }

    /// The place of the state of a workspace, in one line: `s3://bucket/env:/staging/key`.
    #[must_use]
    pub fn place(&self, workspace: &str) -> String {
        let get = |name| self.get(name).unwrap_or("?");
        let default = workspace.is_empty() || workspace == "default";
        match self.kind.as_str() {
            "local" if default => {
                format!("local {}", self.get("path").unwrap_or("terraform.tfstate"))
            }
            "local" => format!(
                "local {}/{workspace}/terraform.tfstate",
                self.get("workspace_dir").unwrap_or("terraform.tfstate.d")
            ),
            "s3" if default => format!("s3://{}/{}", get("bucket"), get("key")),
            "s3" => format!(
                "s3://{}/{}/{workspace}/{}",
                get("bucket"),
                self.get("workspace_key_prefix").unwrap_or("env:"),
                get("key")
            ),
            "gcs" => match self.get("prefix") {
                Some(prefix) => format!(
                    "gs://{}/{}/{workspace}.tfstate",
                    get("bucket"),
                    prefix.trim_end_matches('/')
                ),
                None => format!("gs://{}/{workspace}.tfstate", get("bucket")),
            },
            "azurerm" => {
                let suffix = if default {
                    String::new()
                } else {
                    format!("env:{workspace}")
                };
                format!(
                    "azurerm {}/{}/{}{suffix}",
                    get("storage_account_name"),
                    get("container_name"),
                    get("key")
                )
            }
            kind => self
                .identity
                .iter()
                .fold(kind.to_owned(), |line, (name, text)| {
                    format!("{line} {name}={text}")
                }),
        }
    }
}

/// One level of the value under a dotted path; lists on the way must hold one element, as nested blocks do.
fn at<'p>(config: &'p [u8], path: &str) -> Result<Option<Level<'p>>, ReadError> {
    let mut level = msgpack::level(config)?;
    for name in path.split('.') {
        if let Level::List(items) = &level {
            let Some(first) = items.first().filter(|_| items.len() == 1) else {
                return Ok(None);
            };
            level = msgpack::level(first)?;
        }
        let Level::Map(members) = level else {
            return Ok(None);
        };
        let Some((_, value)) = members.into_iter().find(|(key, _)| *key == name) else {
            return Ok(None);
        };
        level = msgpack::level(value)?;
    }
    Ok(Some(level))
}

/// A text, a list of texts in one line, or nothing.
fn text_at(config: &[u8], path: &str) -> Result<Option<String>, ReadError> {
    Ok(match at(config, path)? {
        Some(Level::Text(text)) if !text.is_empty() && text.len() <= MAX_TEXT => {
            Some(text.to_owned())
        }
        Some(Level::List(items)) if !items.is_empty() && items.len() <= MAX_ITEMS => {
            let mut texts = Vec::new();
            for item in items {
                if let Level::Text(text) = msgpack::level(item)? {
                    texts.push(text);
                }
            }
            Some(texts.join(",")).filter(|text| text.len() <= MAX_TEXT)
        }
        _ => None,
    })
}

/// Whether a text starts as a URL does: a scheme and `://`.
fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// A URL or a host without user, password, query and fragment. Where it is not clear where a password ends, everything before the last `@` is one.
pub(super) fn without_secrets(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if is_url(text) => (Some(scheme), rest),
        _ => (None, text),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    // After a host stands a port: what else is behind a colon may be the start of a password with a slash in it.
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let whole = !host.contains('@') && !port.chars().all(|c| c.is_ascii_digit() || c == ']');
    let plain = if whole || (scheme.is_none() && path.contains('@')) {
        rest.rsplit('@').next().unwrap_or_default().to_owned()
    } else {
        format!("{}{path}", host.rsplit('@').next().unwrap_or_default())
    };
    scheme.map_or_else(|| plain.clone(), |scheme| format!("{scheme}://{plain}"))
}

/// A URL in which the steps of the path that call themselves a secret are only told apart: four digits of their digest. The last step is the state's name.
fn masked(url: &str) -> String {
    const WORDS: [&str; 6] = [
        "token",
        "secret",
        "passw",
        "apikey",
        "api_key",
        "credential",
    ];
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let last = rest.matches('/').count();
    let steps = rest.split('/').enumerate().map(|(at, step)| {
        let folded = step.to_ascii_lowercase();
        if at > 0 && at < last && WORDS.iter().any(|word| folded.contains(word)) {
            let digest = crate::os::digest::sha256(step.as_bytes());
            format!("***{}", digest.get(..4).unwrap_or_default())
        } else {
            step.to_owned()
        }
    });
    let plain = steps.collect::<Vec<_>>().join("/");
    if scheme.is_empty() {
        plain
    } else {
        format!("{scheme}://{plain}")
    }
}

/// A name in a store without parameters that were pasted along, such as those of a signed link (`?sv=…&sig=…`).
fn without_parameters(text: &str) -> &str {
    match text.split_once('?') {
        Some((name, rest)) if rest.contains('=') => name,
        _ => text,
    }
}

/// Host and database of a PostgreSQL connection string, in either of its forms; nothing else of it
/// (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>).
fn connection(text: &str) -> String {
    if is_url(text) {
        return without_secrets(text);
    }
    let mut told = Vec::new();
    let mut rest = text;
    while let Some((name, value, after)) = setting(rest) {
        rest = after;
        let value = match name {
            "host" | "hostaddr" | "dbname" => without_secrets(&value),
            "port" if value.chars().all(|c| c.is_ascii_digit() || c == ',') => value,
            "port" => String::new(),
            _ => continue,
        };
        // A blank or a quote is in no name of a host or a database that is meant: what is behind it may be anything.
        let plain = value
            .split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '\\' | '='))
            .next()
            .unwrap_or_default();
        told.push(format!("{name}={plain}"));
    }
    told.join(" ")
}

/// The first `name = value` of a connection string and what comes after it. A value may be quoted, and a backslash takes the next character as it is.
fn setting(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.split_once('=')?;
    let name = name.trim();
    let rest = rest.trim_start();
    let (quoted, rest) = rest
        .strip_prefix('\'')
        .map_or((false, rest), |rest| (true, rest));
    let mut value = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next() {
            None if quoted => return None,
            None => break,
            Some('\'') if quoted => break,
            Some(c) if c.is_whitespace() && !quoted => break,
            Some('\\') => value.extend(chars.next()),
            Some(c) => value.push(c),
        }
    }
    Some((name, value, chars.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_their_secrets() {
        for (text, plain) in [
            ("https://user:p%40ss@host/x/y?token=1#f", "https://host/x/y"),
            (
                "postgres://u:p@db.example:5432/tf?sslmode=disable",
                "postgres://db.example:5432/tf",
            ),
            ("https://u:p@w@host", "https://host"),
        ] {
            assert_eq!(connection(text), plain);
            assert_eq!(without_secrets(text), plain);
        }
        for (text, plain) in [
            ("host:8500", "host:8500"),
            ("user:hunter2@consul.example:8500", "consul.example:8500"),
            ("u:hunter2@minio:9000", "minio:9000"),
            ("u:hunter/2@minio:9000", "minio:9000"),
            ("HTTPS://u:hunter2@h/x", "HTTPS://h/x"),
            ("https://u:hunter/2@h/x", "https://h/x"),
            ("u:hunter2://x@h", "h"),
            ("host:8500?token=hunter2", "host:8500"),
            ("https://host/@team/state", "https://host/@team/state"),
            (
                "https://host:8443/@team/state",
                "https://host:8443/@team/state",
            ),
            ("https://[::1]:8443/x", "https://[::1]:8443/x"),
            ("https://[::1]/x", "https://[::1]/x"),
        ] {
            assert_eq!(without_secrets(text), plain, "{text}");
        }
        let one = masked("https://token.example/hunter2-token/state");
        assert!(
            one.starts_with("https://token.example/***")
                && one.ends_with("/state")
                && !one.contains("hunter2")
                && one != masked("https://token.example/hunter3-token/state"),
            "{one}"
        );
        let gitlab = "https://gitlab.com/api/v4/projects/7/terraform/state/token-service";
        assert_eq!(masked(gitlab), gitlab);
        assert_eq!(without_parameters("k?sv=1&sig=hunter2"), "k");
        assert_eq!(without_parameters("what?/state"), "what?/state");
        assert_eq!(
            connection("host=db port=5 user=me password=secret dbname=tf"),
            "host=db port=5 dbname=tf"
        );
        for (text, plain) in [
            ("host=db password='a dbname=hunter2", "host=db"),
            ("host=db user=u password='a dbname=hunter2'", "host=db"),
            (
                "host=db password=x\\ port=hunter2 dbname=tf",
                "host=db dbname=tf",
            ),
            (
                "host=db password='it\\'s dbname=hunter2' port=5",
                "host=db port=5",
            ),
            ("host = db  port= 5 password =hunter2", "host=db port=5"),
            ("host=db port=hunter2", "host=db port="),
            ("host=u:hunter2@db password='x://y'", "host=db"),
            (
                "dbname='postgres://u:hunter2@db/tf password=x'",
                "dbname=postgres://db/tf",
            ),
            ("dbname='host=h password=hunter2'", "dbname=host"),
            ("postgres://u:hunter2@db", "postgres://db"),
            ("hunter2", ""),
        ] {
            assert_eq!(connection(text), plain, "{text}");
        }
    }

    #[test]
    fn places_of_states() {
        let backend = |kind: &str, identity: &[(&'static str, &str)]| Backend {
            kind: kind.to_owned(),
            identity: identity
                .iter()
                .map(|(name, text)| (*name, (*text).to_owned()))
                .collect(),
            ..Backend::default()
        };
        let s3 = backend("s3", &[("bucket", "b"), ("key", "r/k")]);
        assert_eq!(
            (s3.place("default"), s3.place("staging")),
            (
                "s3://b/r/k".to_owned(),
                "s3://b/env:/staging/r/k".to_owned()
            )
        );
        assert_eq!(
            backend("local", &[]).place("default"),
            "local terraform.tfstate"
        );
        assert_eq!(
            backend("azurerm", &[("key", "k")]).place("x"),
            "azurerm ?/?/kenv:x"
        );
        assert_eq!(
            backend("http", &[("address", "https://h/s")]).place("default"),
            "http address=https://h/s"
        );
    }
}
