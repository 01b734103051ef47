//! Where the state of a plan is kept: of the backend's configuration only what makes its identity (docs/plan-format.md), since the rest holds credentials.

use std::collections::BTreeMap;

use super::msgpack::{self, Level};
use crate::config::backend::{identity, shown};
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
        for path in identity(kind) {
            if let Some(text) = text(path)? {
                let text = shown(kind, path, &text);
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

#[cfg(test)]
mod tests {
    use super::*;

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
