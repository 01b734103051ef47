//! What lies in a working directory and says something about the state: Terraform's own files, read and never written (docs/plan-format.md).

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::config::{MAX_SOURCE, Module, is_source};
use crate::plan::{Plan, saved};

use crate::state::pin::may_be_unsaid;
use crate::state::{Identity, Lying};

/// The largest file that is read here, in bytes.
const MAX_BYTES: u64 = 256 << 20;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sign {
    /// A state file with resources that the plan does not know: its name and how many.
    StateWithResources(String, usize),
    /// `terraform.tfstate` has 0 bytes: the state was moved to another backend, or left behind.
    EmptiedState,
    /// `errored.tfstate`: an apply could not store its state.
    ErroredState(usize),
    /// A lock that is still held, or was left by a run that died.
    Lock(String),
    /// `.terraform/terraform.tfstate` names another backend than the plan: what differs.
    OtherBackend(String),
    /// The last apply or pin from this directory left so many objects where the plan finds no state.
    LeftBehind(usize),
    /// The `backend` block of the configuration is of another type than what the directory was set up for.
    NotInitialized(String, String),
}

impl Sign {
    /// Whether it shows that the stack exists although the plan's state is empty.
    #[must_use]
    pub(crate) const fn shows_that_it_exists(&self) -> bool {
        !matches!(self, Self::Lock(_))
    }

    /// In words, with the file's name.
    #[must_use]
    pub(crate) fn words(&self) -> String {
        match self {
            Self::StateWithResources(name, count) => format!("{name} is here with {}", crate::ui::words::plural(*count, "object")),
            Self::EmptiedState => "terraform.tfstate has 0 bytes: its content was moved to another backend, or left behind".to_owned(),
            Self::ErroredState(count) => format!("errored.tfstate is here with {}: an apply could not store its state", crate::ui::words::plural(*count, "object")),
            Self::Lock(name) => format!("{name} is here: a run has locked the state, or stopped without unlocking it"),
            Self::OtherBackend(what) => format!(".terraform/terraform.tfstate names another place than the plan: {what}"),
            Self::LeftBehind(count) => format!("the last apply or pin from this directory left {} here", crate::ui::words::plural(*count, "object")),
            Self::NotInitialized(there, wanted) => format!("the configuration wants backend \"{wanted}\", but the directory is set up for \"{there}\""),
        }
    }
}

/// What was found in a working directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Beside {
    /// The signs, in a fixed order.
    pub(crate) signs: Vec<Sign>,
}

#[derive(Deserialize)]
struct Selected {
    #[serde(default)]
    backend: Option<Backend>,
}

#[derive(Deserialize)]
struct Backend {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    config: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct State {
    #[serde(default)]
    lineage: String,
    #[serde(default)]
    serial: u64,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    mode: String,
    #[serde(default)]
    instances: Vec<serde::de::IgnoredAny>,
}

fn small(path: &Path) -> Option<Vec<u8>> {
    let meta = std::fs::metadata(path).ok()?;
    (meta.is_file() && meta.len() <= MAX_BYTES).then(|| std::fs::read(path).ok())?
}

fn state(path: &Path) -> Option<State> {
    serde_json::from_slice(&small(path)?).ok()
}

fn objects(state: &State) -> usize {
    state
        .resources
        .iter()
        .filter(|resource| resource.mode == "managed")
        .map(|resource| resource.instances.len())
        .sum()
}

/// The state that lies where the local backend of a plan keeps it (docs/plan-format.md).
pub(crate) fn lying(dir: &Path, identity: &Identity) -> Option<Lying> {
    if identity.place.kind != "local" {
        return None;
    }
    let attribute = |name: &str| identity.place.attributes.get(name).map(String::as_str);
    let path = if identity.workspace == "default" {
        dir.join(attribute("path").unwrap_or("terraform.tfstate"))
    } else {
        dir.join(attribute("workspace_dir").unwrap_or("terraform.tfstate.d"))
            .join(&identity.workspace)
            .join("terraform.tfstate")
    };
    let state = state(&path)?;
    Some(Lying {
        objects: objects(&state),
        lineage: state.lineage,
        serial: state.serial,
    })
}

impl Beside {
    pub(crate) fn read(dir: &Path, identity: Option<&Identity>) -> Self {
        let mut signs = Vec::new();
        let lineage = identity.map_or("", |identity| identity.lineage.as_str());
        let local = dir.join("terraform.tfstate");
        if std::fs::metadata(&local).is_ok_and(|meta| meta.is_file() && meta.len() == 0) {
            signs.push(Sign::EmptiedState);
        }
        // There a new workspace of the local backend has the state of the default one beside it, which says nothing about it.
        let of_default = identity.is_some_and(|identity| {
            identity.place.kind == "local" && identity.workspace != "default"
        });
        for name in ["terraform.tfstate", "terraform.tfstate.backup"] {
            if of_default {
                break;
            }
            if let Some(state) = state(&dir.join(name)) {
                let count = objects(&state);
                if count > 0 && (state.lineage != lineage || lineage.is_empty()) {
                    signs.push(Sign::StateWithResources(name.to_owned(), count));
                }
            }
        }
        if let Some(state) = state(&dir.join("errored.tfstate")) {
            signs.push(Sign::ErroredState(objects(&state)));
        }
        let lock = ".terraform.tfstate.lock.info";
        if dir.join(lock).is_file() {
            signs.push(Sign::Lock(lock.to_owned()));
        }
        signs.extend(
            identity
                .and_then(|identity| super::memory::left_behind(dir, identity))
                .map(Sign::LeftBehind),
        );
        signs.extend(Self::backend(dir, identity));
        Self { signs }
    }

    fn backend(dir: &Path, identity: Option<&Identity>) -> Vec<Sign> {
        let data = super::data_dir(dir);
        let selected = small(&data.join("terraform.tfstate"))
            .and_then(|bytes| serde_json::from_slice::<Selected>(&bytes).ok())
            .and_then(|selected| selected.backend);
        let mut signs = Vec::new();
        if let Some(there) = &selected
            && let Some(wanted) = configured(dir)
            && wanted != there.kind
            && identity.is_none_or(|identity| identity.place.kind != wanted)
        {
            signs.push(Sign::NotInitialized(there.kind.clone(), wanted));
        }
        let (Some(identity), Some(selected)) = (identity, selected) else {
            return signs;
        };
        if identity.place.kind != selected.kind {
            signs.push(Sign::OtherBackend(format!(
                "backend {} there, {} in the plan",
                selected.kind, identity.place.kind
            )));
            return signs;
        }
        // Where it acts may come from the environment, in a plan and in a record alike.
        let recorded = saved::Backend::recorded(&selected.kind, &selected.config);
        let named = identity.place.attributes.iter();
        for (name, now) in named.filter(|(name, _)| !may_be_unsaid(name)) {
            if let Some(there) = recorded.get(name).filter(|there| there != now) {
                signs.push(Sign::OtherBackend(format!(
                    "{name} \"{there}\" there, \"{now}\" in the plan"
                )));
            }
        }
        signs
    }
}

/// Whether a directory is set up for this place, or for none.
pub(super) fn is_set_up_for(dir: &Path, place: &super::Place) -> bool {
    let identity = Identity {
        place: place.clone(),
        ..Identity::default()
    };
    other_backend(dir, &identity).is_none()
}

/// What differs between the backend that a directory is set up for and that of the plan.
pub(crate) fn other_backend(dir: &Path, identity: &Identity) -> Option<String> {
    let signs = Beside::backend(dir, Some(identity));
    signs.into_iter().find_map(|sign| match sign {
        Sign::OtherBackend(what) => Some(what),
        _ => None,
    })
}

/// The type of the backend that the sources of a directory ask for; `None` when there is none or it cannot be told.
fn configured(dir: &Path) -> Option<String> {
    Module::of_files(&sources(dir)?).backend
}

/// The type of the backend of a directory: what its configuration asks for, or else what it was set up for.
pub(crate) fn backend_kind(dir: &Path) -> Option<String> {
    let set_up = || {
        serde_json::from_slice::<Selected>(&small(&super::data_dir(dir).join("terraform.tfstate"))?)
            .ok()?
            .backend
    };
    configured(dir).or_else(|| Some(set_up()?.kind))
}

/// The backend that a directory was set up for, with what tells which state it keeps; `None` where no record says.
pub(crate) fn recorded_backend(dir: &Path) -> Option<saved::Backend> {
    let record = small(&super::data_dir(dir).join("terraform.tfstate"))?;
    let backend = serde_json::from_slice::<Selected>(&record).ok()?.backend?;
    Some(saved::Backend::recorded(&backend.kind, &backend.config))
}

/// The source files of a directory, by name; `None` when one cannot be read.
pub(crate) fn sources(dir: &Path) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).ok()?.flatten() {
        let name = entry.file_name().to_str()?.to_owned();
        if !is_source(&name) {
            continue;
        }
        // Links are followed, as Terraform does.
        let about = std::fs::metadata(entry.path()).ok()?;
        if about.is_dir() {
            continue;
        }
        if !about.is_file() || about.len() > MAX_SOURCE {
            return None;
        }
        let text = std::fs::read_to_string(entry.path()).ok()?;
        found.insert(name, text);
    }
    Some(found)
}

/// Whether the resource blocks of a directory are those of a plan's root module.
pub(super) fn has_the_blocks(plan: &Plan<'_>, dir: &Path) -> bool {
    let Some(here) = sources(dir).filter(|here| !here.is_empty()) else {
        return false;
    };
    let module = Module::of_files(&here);
    let blocks = module.managed();
    module.whole
        && !blocks.is_empty()
        && plan.root_blocks().is_some_and(|planned| planned == blocks)
}
