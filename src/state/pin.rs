//! The pin file: which state this directory is meant for. Made by `applygate pin`, made to be committed, and rarely changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Identity;
use super::place::Home;
use crate::address::glob::Glob;
use crate::ui::refusal::{Refusal, Why};

/// Name of the pin file.
pub(crate) const PIN_FILE: &str = "applygate.pin.toml";

/// Name of the pin file of one of several stacks that share a directory.
pub(crate) fn file_of(stack: &str) -> String {
    format!("applygate.pin.{stack}.toml")
}

/// Whether a file of this name is a pin file.
pub(crate) fn is_pin_file(name: &str) -> bool {
    name == PIN_FILE || name.starts_with("applygate.pin.") && name.ends_with(".toml")
}

/// Version of the file's form.
const VERSION: u32 = 1;

/// How many objects are noted where nothing holds data.
const ANCHORS: usize = 8;

/// The largest pin file that is read, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// The longest name or pattern of a workspace, in bytes: a backend has no longer ones.
const MAX_WORKSPACE: usize = 256;

/// The most patterns of workspaces.
const MAX_PATTERNS: usize = 256;

/// A pin file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    version: u32,
    /// Makes digests of ids useless for looking them up elsewhere.
    pub(crate) salt: String,
    /// One state for each workspace or pattern of workspaces.
    #[serde(default, rename = "state")]
    pub(crate) states: Vec<PinnedState>,
    /// The patterns among them, built once.
    #[serde(skip)]
    patterns: Patterns,
}

/// The patterns of a pin file, each with its place in the file.
#[derive(Debug, Clone, Default)]
struct Patterns(Vec<(Glob, usize)>);

/// They are made of the states, which are compared themselves.
impl PartialEq for Patterns {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Patterns {}

impl Patterns {
    /// Of the workspaces of a file, which are names or the same patterns as in a policy.
    fn of(states: &[PinnedState]) -> Result<Self, String> {
        let mut all = Vec::new();
        for (at, state) in states.iter().enumerate() {
            if state.workspace.len() > MAX_WORKSPACE {
                return Err("a workspace has a name of more than 256 bytes".to_owned());
            }
            let glob = Glob::parse(&state.workspace).map_err(|error| {
                format!(
                    "the workspace of [[state]] number {} is no name: {error}",
                    at + 1
                )
            })?;
            if state.is_pattern() {
                all.push((glob, at));
            }
        }
        if all.len() > MAX_PATTERNS {
            return Err("it has more than 256 patterns of workspaces".to_owned());
        }
        Ok(Self(all))
    }

    /// The place of the first that fits.
    fn first(&self, workspace: &str) -> Option<usize> {
        let (_, at) = self.0.iter().find(|(glob, _)| glob.covers(workspace))?;
        Some(*at)
    }
}

/// The state of one workspace, or of all whose name fits a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PinnedState {
    /// Name of the workspace, or a pattern such as `preview-*`.
    pub(crate) workspace: String,
    /// Type of the backend.
    pub(crate) backend: String,
    /// The lineage; none for a state that starts empty or for a pattern of workspaces.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) lineage: String,
    /// The plan's state may not be older than this.
    #[serde(default)]
    pub(crate) serial: u64,
    /// Managed objects when it was pinned.
    #[serde(default)]
    pub(crate) objects: usize,
    /// The state starts empty: creating everything is what is wanted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) empty: bool,
    /// Whether the backend locked the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) locking: Option<bool>,
    /// Whether the backend encrypted the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encrypted: Option<bool>,
    /// Salted digests of the ids of what holds data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) data: Vec<String>,
    /// The same of a few others, for telling a migration where nothing holds data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) anchors: Vec<String>,
    /// The attributes that say where the state is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) place: BTreeMap<String, String>,
}

/// Where the pin of a directory is read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PinSource {
    /// From the directory.
    #[default]
    Directory,
    /// From a revision, which has been done.
    Revision(Option<Arc<Pin>>),
}

impl PinSource {
    /// The pin that judges plans of a directory.
    ///
    /// # Errors
    /// When it is there and cannot be read or understood.
    pub(crate) fn read(&self, dir: &Path) -> Result<Option<Pin>, Refusal> {
        match self {
            Self::Directory => Pin::read(&Home::of(dir).pin()),
            Self::Revision(pin) => Ok(pin.as_deref().cloned()),
        }
    }
}

/// Whether an attribute of a backend names the server that is asked instead of the cloud's own.
fn is_server(name: &str) -> bool {
    matches!(
        name,
        "endpoint" | "endpoints.s3" | "metadata_host" | "storage_custom_endpoint"
    )
}

/// Whether an attribute of a backend may come from the environment, and is then written down nowhere (docs/plan-format.md).
pub(super) fn may_be_unsaid(name: &str) -> bool {
    matches!(
        name,
        "region"
            | "resource_group_name"
            | "subscription_id"
            | "environment"
            | "metadata_host"
            | "endpoint"
            | "endpoints.s3"
    )
}

/// A salted digest of an id: 16 hexadecimal digits.
#[must_use]
pub(crate) fn digest(salt: &str, kind: &str, id: &str) -> String {
    let mut hash = Sha256::new();
    for part in [salt, kind, id] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    crate::os::digest::hex(&hash.finalize(), 8)
}

impl Pin {
    /// An empty pin file with a fresh salt.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub(crate) fn new() -> Result<Self, Refusal> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)
            .map_err(|_| Refusal::new(Why::Io).with("the system gives no random bytes"))?;
        Ok(Self {
            version: VERSION,
            salt: crate::os::digest::hex(&salt, salt.len()),
            states: Vec::new(),
            patterns: Patterns::default(),
        })
    }

    /// Reads a pin file; `None` when there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read or understood.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Refusal> {
        let broken = |detail: &str| Refusal::new(Why::BrokenPin).with(detail);
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Ok(meta) if meta.len() <= MAX_BYTES && meta.is_file() => {}
            _ => return Err(broken("it is not a readable file")),
        }
        std::fs::read(path)
            .map_err(|_| broken("it cannot be read"))
            .and_then(|bytes| Self::parse(&bytes))
            .map(Some)
    }

    /// Reads what a pin file holds.
    ///
    /// # Errors
    /// When it cannot be understood.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let broken = |detail: &str| Refusal::new(Why::BrokenPin).with(detail);
        let text = std::str::from_utf8(bytes).map_err(|_| broken("it is not text"))?;
        let mut pin: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| {
                text.get(..span.start)
                    .unwrap_or_default()
                    .matches('\n')
                    .count()
                    + 1
            });
            broken(&format!("line {line} is not what applygate pin writes"))
        })?;
        if pin.version != VERSION {
            return Err(broken(&format!("version {} is unknown", pin.version)));
        }
        pin.patterns = Patterns::of(&pin.states).map_err(|detail| broken(&detail))?;
        Ok(pin)
    }

    /// The file as text.
    ///
    /// # Errors
    /// Never for what this type can hold; said so that nothing panics.
    pub(crate) fn render(&self) -> Result<String, Refusal> {
        let body = toml::to_string(self)
            .map_err(|_| Refusal::new(Why::BrokenPin).with("it cannot be written"))?;
        Ok(format!(
            "# Which state this directory is meant for. Written by applygate pin: commit it, and pin again after a migration.\n{body}"
        ))
    }

    /// The state of a workspace: by its name, else by the first pattern that fits.
    #[must_use]
    pub(crate) fn state(&self, workspace: &str) -> Option<&PinnedState> {
        self.states
            .iter()
            .find(|state| state.workspace == workspace)
            .or_else(|| self.states.get(self.patterns.first(workspace)?))
    }

    /// Puts the state of a plan in the place of what was pinned for its workspace.
    pub(crate) fn record(&mut self, identity: &Identity, empty: bool) {
        let state = PinnedState {
            workspace: identity.workspace.clone(),
            backend: identity.place.kind.clone(),
            lineage: identity.lineage.clone(),
            serial: identity.serial,
            objects: identity.objects,
            empty,
            locking: identity.place.locking,
            encrypted: identity.place.encrypted,
            data: identity.data.keys().cloned().collect(),
            anchors: if identity.data.is_empty() {
                identity.others.keys().take(ANCHORS).cloned().collect()
            } else {
                Vec::new()
            },
            place: identity.place.attributes.clone(),
        };
        self.states
            .retain(|there| there.workspace != state.workspace);
        self.states.push(state);
        self.states.sort_by(|a, b| a.workspace.cmp(&b.workspace));
        // They were built before: only their places are new.
        self.patterns = Patterns::of(&self.states).unwrap_or_default();
    }
}

impl PinnedState {
    /// Whether it was pinned by a pattern: then lineage, serial and data are those of no single state.
    #[must_use]
    pub(crate) fn is_pattern(&self) -> bool {
        self.workspace.contains('*')
    }

    /// Whether the plan's backend asks a server that the pinned one did not ask.
    #[must_use]
    pub(crate) fn has_new_server(&self, identity: &Identity) -> bool {
        self.differences(identity)
            .iter()
            .any(|(name, ..)| is_server(name) && identity.place.attributes.contains_key(name))
    }

    /// In what the place of the plan's state differs: names with both values.
    #[must_use]
    pub(crate) fn differences(&self, identity: &Identity) -> Vec<(String, String, String)> {
        let here = &identity.place;
        if self.backend != here.kind {
            return vec![(
                "backend".to_owned(),
                self.backend.clone(),
                here.kind.clone(),
            )];
        }
        let names: std::collections::BTreeSet<&String> =
            self.place.keys().chain(here.attributes.keys()).collect();
        let mut found = Vec::new();
        for name in names {
            let (pinned, now) = (self.place.get(name), here.attributes.get(name));
            // Only those that name the state must be there.
            // A server that is new against the pin is another one: what is written goes there.
            let weak = may_be_unsaid(name);
            let new_server = pinned.is_none() && is_server(name);
            let unsaid = weak && (now.is_none() || (pinned.is_none() && !new_server));
            if pinned != now && !unsaid {
                found.push((
                    name.clone(),
                    pinned.cloned().unwrap_or_else(|| "not set".to_owned()),
                    now.cloned().unwrap_or_else(|| "not set".to_owned()),
                ));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(workspaces: &[&str]) -> Result<Pin, Refusal> {
        let states = workspaces.iter().map(|workspace| {
            format!("[[state]]\nworkspace = {workspace:?}\nbackend = \"local\"\n")
        });
        let text = format!("version = 1\nsalt = \"00\"\n{}", states.collect::<String>());
        Pin::parse(text.as_bytes())
    }

    #[test]
    fn patterns_of_workspaces() {
        let pin = parse(&["prod", "preview-*", "pre*", "qa-*-eu"])
            .unwrap_or_else(|error| panic!("{error}"));
        for (workspace, expected) in [
            ("prod", Some("prod")),
            ("preview-7", Some("preview-*")),
            ("preprod", Some("pre*")),
            ("qa-1-eu", Some("qa-*-eu")),
            ("qa-x", None),
            ("Prod", None),
            ("preview-*", Some("preview-*")),
        ] {
            let found = pin.state(workspace).map(|state| state.workspace.as_str());
            assert_eq!(found, expected, "{workspace}");
        }
    }

    #[test]
    fn workspaces_that_are_neither_name_nor_pattern() {
        let all: Vec<String> = (0..300).map(|at| format!("{at}-*")).collect();
        let many: Vec<&str> = all.iter().map(String::as_str).collect();
        for workspaces in [
            &["*".repeat(500_000).as_str()][..],
            &["preview-?"],
            &["preview-{a,b}"],
            &["qa-[0-9]"],
            &[""],
            &many,
        ] {
            let why = parse(workspaces).map_err(|refusal| refusal.why);
            assert_eq!(why.err(), Some(Why::BrokenPin), "{workspaces:?}");
        }
        assert!(parse(&["*a".repeat(128).as_str()]).is_ok());
    }
}
