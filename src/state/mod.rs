//! Which state a plan is for: what the saved plan says of it, what the pin file expects, and what lies in the working directory.
//! Everything is read here, once, and handed to the rules as data.

pub(crate) mod directory;
mod memory;
pub(crate) mod pin;
pub(crate) mod place;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::catalog::{Catalog, RowError};
use crate::config::written::Past;
use crate::plan::saved::{Backend, Object, State};
use crate::plan::{Plan, Pulled};
use crate::ui::refusal::{Refusal, Why};

pub(crate) use directory::Beside;
pub(crate) use directory::Sign;
pub(crate) use memory::highest_serial;
pub(crate) use memory::remember;
pub(crate) use memory::remember_later;
pub(crate) use pin::PIN_FILE;
pub(crate) use pin::Pin;
pub(crate) use pin::PinSource;
pub(crate) use pin::PinnedState;
pub(crate) use pin::is_pin_file;
pub(crate) use place::Home;

/// Where a state is kept, without anything secret (docs/plan-format.md).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// The type of the backend or state store, such as `s3`.
    pub(crate) kind: String,
    /// The attributes that say which state it is.
    pub(crate) attributes: BTreeMap<String, String>,
    /// Whether the backend locks the state; `None` when its configuration does not say.
    pub(crate) locking: Option<bool>,
    /// Whether a lock by DynamoDB table is used, which Terraform calls deprecated.
    pub(crate) dynamodb: bool,
    /// Whether the backend is told to encrypt the state.
    pub(crate) encrypted: Option<bool>,
}

impl Place {
    fn of(backend: &Backend) -> Self {
        Self {
            kind: backend.kind.clone(),
            // An unset prefix is this one (docs/plan-format.md).
            attributes: backend
                .identity
                .iter()
                .filter(|(name, text)| !(*name == "workspace_key_prefix" && text == "env:"))
                .map(|(name, text)| ((*name).to_owned(), text.clone()))
                .collect(),
            locking: (backend.kind == "s3")
                .then_some(backend.use_lockfile == Some(true) || backend.dynamodb_table),
            dynamodb: backend.dynamodb_table,
            encrypted: (backend.kind == "s3").then_some(backend.encrypt == Some(true)),
        }
    }
}

/// The state that a saved plan was computed against.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Identity {
    /// Where it is kept.
    pub(crate) place: Place,
    /// The workspace.
    pub(crate) workspace: String,
    /// The lineage; empty when there was no state.
    pub(crate) lineage: String,
    /// The serial; 0 when there was no state.
    pub(crate) serial: u64,
    /// Managed objects in it.
    pub(crate) objects: usize,
    /// Digests of the ids of objects that hold data, with their addresses.
    pub(crate) data: BTreeMap<String, String>,
    /// Digests of the ids of all others, with their addresses.
    pub(crate) others: BTreeMap<String, String>,
}

impl Identity {
    /// Whether the backend had no state at all; an emptied state has a lineage (docs/plan-format.md).
    #[must_use]
    pub(crate) fn is_missing(&self) -> bool {
        self.lineage.is_empty() && self.serial == 0
    }

    /// The identity of a saved plan's state, with ids digested by `salt`; `None` for a JSON plan, which does not tell.
    ///
    /// # Errors
    /// When the catalogue is broken.
    pub(crate) fn of(plan: &Plan<'_>, salt: &str) -> Result<Option<Self>, RowError> {
        if let Some(pulled) = plan.pulled.as_deref() {
            return Self::of_pulled(pulled, salt).map(Some);
        }
        let Some(saved) = plan.saved.as_deref() else {
            return Ok(None);
        };
        let (data, others) = digests(saved.objects, salt)?;
        let place = Self::place_of(plan).unwrap_or_default();
        Ok(Some(Self {
            place,
            workspace: saved.workspace_name().to_owned(),
            lineage: saved.lineage.to_owned(),
            serial: saved.serial,
            objects: saved.objects.len(),
            data,
            others,
        }))
    }

    /// The identity of a state that was pulled.
    ///
    /// # Errors
    /// When the catalogue is broken.
    pub(crate) fn of_pulled(pulled: &Pulled, salt: &str) -> Result<Self, RowError> {
        Self {
            place: Place::of(&pulled.backend),
            workspace: pulled.workspace.clone(),
            ..Self::default()
        }
        .moved_on(&pulled.state, salt)
    }

    /// Where the state of a saved plan is kept; `None` for JSON, which does not tell.
    pub(crate) fn place_of(plan: &Plan<'_>) -> Option<Place> {
        let saved = plan.saved.as_deref()?;
        Some(match (&saved.backend, saved.state_store) {
            (Some(backend), _) => Place::of(backend),
            (None, kind) => Place {
                kind: kind.unwrap_or_default().to_owned(),
                ..Place::default()
            },
        })
    }

    /// The same state after an apply.
    ///
    /// # Errors
    /// When the catalogue is broken.
    pub(crate) fn moved_on(self, after: &State, salt: &str) -> Result<Self, RowError> {
        let (data, others) = digests(&after.objects, salt)?;
        Ok(Self {
            lineage: after.lineage.clone(),
            serial: after.serial,
            objects: after.objects.len(),
            data,
            others,
            ..self
        })
    }
}

type Digests = BTreeMap<String, String>;

/// Digests of the ids of objects that hold data, and of all others, with their addresses.
fn digests(objects: &[Object], salt: &str) -> Result<(Digests, Digests), RowError> {
    let catalog = Catalog::for_types(
        objects
            .iter()
            .map(|object| object.kind.as_ref())
            .collect::<std::collections::BTreeSet<_>>(),
    )?;
    let (mut data, mut others) = (BTreeMap::new(), BTreeMap::new());
    for object in objects {
        let holds = catalog
            .category(&object.kind)
            .is_some_and(crate::catalog::Category::worth_keeping);
        if let Some(id) = &object.id {
            let list = if holds { &mut data } else { &mut others };
            list.insert(pin::digest(salt, &object.kind, id), object.address.clone());
        }
    }
    Ok((data, others))
}

/// A state that lies in a working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lying {
    /// Its lineage.
    pub(crate) lineage: String,
    /// Its serial.
    pub(crate) serial: u64,
    /// Managed resources in it.
    pub(crate) objects: usize,
}

/// A state that is later than the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stale {
    /// It lies where the plan's backend keeps it.
    Lies {
        /// Its serial.
        serial: u64,
        /// Managed resources in it.
        objects: usize,
    },
    /// The last apply or pin from this directory left it.
    Left {
        /// Its serial.
        serial: u64,
    },
}

/// What the rules know of the state beyond the plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct StateFacts {
    /// The state of the plan; `None` for JSON.
    pub(crate) identity: Option<Identity>,
    /// The pin file for the directory.
    pub(crate) pin: Option<Pin>,
    /// What lies in the working directory.
    pub(crate) beside: Beside,
    /// The highest serial seen in this working directory for the lineage of the plan.
    pub(crate) seen_serial: Option<u64>,
    /// The state that lies where the plan's local backend keeps it.
    pub(crate) lying: Option<Lying>,
    /// Whether the state is the one that the backend has now: it says nothing of how old the plan is.
    pub(crate) pulled: bool,
    /// The root module's sources in the directory, by name: for JSON plans, which have none in them.
    pub(crate) sources: BTreeMap<String, String>,
    /// The sources of another revision, where somebody asks what the change since then explains.
    pub(crate) past: Option<Arc<Past>>,
}

/// The workspace that is selected in a working directory (docs/plan-format.md).
#[must_use]
pub(crate) fn selected_workspace(dir: &Path) -> String {
    let named = std::env::var_os("TF_WORKSPACE")
        .filter(|name| !name.is_empty())
        .map(|name| name.to_string_lossy().into_owned());
    let name = named.unwrap_or_else(|| match std::fs::read(data_dir(dir).join("environment")) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        // There is a choice that cannot be read: no workspace has this name, so it fits no plan.
        Err(_) => "(unreadable)".to_owned(),
    });
    let name = name.trim();
    if name.is_empty() {
        "default".to_owned()
    } else {
        name.to_owned()
    }
}

/// Where Terraform keeps its own files of a working directory (docs/plan-format.md).
pub(crate) fn data_dir(dir: &Path) -> std::path::PathBuf {
    let name = std::env::var_os("TF_DATA_DIR").filter(|name| !name.is_empty());
    dir.join(name.unwrap_or_else(|| ".terraform".into()))
}

/// Which directory to look into.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Where {
    /// The current one, if the plan's configuration is the one there; its pin file in any case.
    #[default]
    Here,
    /// This one.
    Dir(std::path::PathBuf),
    /// None.
    Nowhere,
    /// This one, which nobody named: the plan is from there, or (`counts` is false) its pin is all that can be compared.
    Found {
        /// The directory.
        dir: std::path::PathBuf,
        /// Whether what else lies there says something about the plan.
        counts: bool,
    },
    /// None was found: the policy is that of the current directory.
    Unknown {
        /// The directory in which the plan lies.
        beside: std::path::PathBuf,
        /// Whether the pin of the current directory is compared.
        pin_here: bool,
    },
}

impl Where {
    /// Whether what lies in the directory says something about the plan.
    #[must_use]
    pub(crate) const fn counts(&self) -> bool {
        matches!(self, Self::Dir(_) | Self::Found { counts: true, .. })
    }

    /// The directory, as far as one counts at all.
    #[must_use]
    pub(crate) fn dir(&self) -> &Path {
        match self {
            Self::Dir(dir) | Self::Found { dir, .. } => dir,
            Self::Here | Self::Nowhere | Self::Unknown { .. } => Path::new("."),
        }
    }
}

impl StateFacts {
    /// Reads everything for one plan.
    ///
    /// # Errors
    /// When the pin file cannot be read: a gate that passes over its own pin is none.
    pub(crate) fn read(plan: &Plan<'_>, place: &Where, pins: &PinSource) -> Result<Self, Refusal> {
        let dir = match place {
            Where::Nowhere
            | Where::Unknown {
                pin_here: false, ..
            } => {
                return Self::without_dir(plan);
            }
            Where::Here | Where::Unknown { .. } => Path::new("."),
            Where::Dir(dir) | Where::Found { dir, .. } => dir.as_path(),
        };
        if !dir.is_dir() {
            return Err(Refusal::new(Why::Io).with("--dir is not a directory"));
        }
        let pin = pins.read(dir)?;
        let salt = pin.as_ref().map_or("", |pin| pin.salt.as_str());
        let identity = Identity::of(plan, salt)
            .map_err(|error| Refusal::new(Why::Unreadable).with(error.to_string()))?;
        let counts = match place {
            Where::Found { counts, .. } => *counts,
            Where::Here => place::has_the_sources(plan, dir),
            Where::Unknown { .. } => false,
            _ => true,
        };
        let beside = if counts {
            Beside::read(dir, identity.as_ref())
        } else {
            Beside::default()
        };
        let seen_serial = identity
            .as_ref()
            .filter(|_| counts)
            .and_then(|identity| memory::highest_serial(dir, &identity.lineage));
        let lying = identity
            .as_ref()
            .filter(|_| counts)
            .and_then(|identity| directory::lying(dir, identity));
        let sources = if counts && plan.saved.is_none() {
            directory::sources(dir).unwrap_or_default()
        } else {
            BTreeMap::new()
        };
        Ok(Self {
            past: None,
            identity,
            pin,
            beside,
            seen_serial,
            lying,
            pulled: plan.pulled.is_some(),
            sources,
        })
    }

    fn without_dir(plan: &Plan<'_>) -> Result<Self, Refusal> {
        let identity = Identity::of(plan, "")
            .map_err(|error| Refusal::new(Why::Unreadable).with(error.to_string()))?;
        Ok(Self {
            identity,
            ..Self::default()
        })
    }

    /// Whether the plan was made before the state that it would be applied to. A state that lies there is believed more than what was seen before.
    #[must_use]
    pub(crate) fn stale(&self) -> Option<Stale> {
        let identity = self.identity.as_ref().filter(|_| !self.pulled)?;
        if let Some(lying) = &self.lying {
            let later = if identity.is_missing() {
                lying.objects > 0
            } else {
                lying.lineage == identity.lineage && lying.serial > identity.serial
            };
            return later.then_some(Stale::Lies {
                serial: lying.serial,
                objects: lying.objects,
            });
        }
        let serial = self.seen_serial?;
        (!identity.is_missing() && serial > identity.serial).then_some(Stale::Left { serial })
    }

    /// The pinned state of the plan's workspace.
    #[must_use]
    pub(crate) fn pinned(&self) -> Option<&PinnedState> {
        self.pin.as_ref()?.state(&self.identity.as_ref()?.workspace)
    }

    /// Addresses of pinned data that are in the plan's state, and how many are not.
    #[must_use]
    pub(crate) fn came_along(&self) -> (Vec<&str>, usize) {
        let (Some(pinned), Some(identity)) = (self.pinned(), &self.identity) else {
            return (Vec::new(), 0);
        };
        let here: Vec<&str> = pinned
            .data
            .iter()
            .filter_map(|digest| identity.data.get(digest))
            .map(String::as_str)
            .collect();
        let gone = pinned.data.len() - here.len();
        (here, gone)
    }

    /// Whether the state holds what was pinned: as many objects, all pinned data, and where none is, most of the other objects that were noted.
    /// Then another lineage or another place is a migration that brought everything along.
    #[must_use]
    pub(crate) fn migrated(&self) -> bool {
        let (here, gone) = self.came_along();
        let (Some(pinned), Some(identity)) = (self.pinned(), &self.identity) else {
            return false;
        };
        if identity.objects < pinned.objects {
            return false;
        }
        if !pinned.data.is_empty() {
            return gone == 0 && !here.is_empty();
        }
        let known = pinned
            .anchors
            .iter()
            .filter(|digest| {
                identity.others.contains_key(*digest) || identity.data.contains_key(*digest)
            })
            .count();
        !pinned.anchors.is_empty() && known * 2 > pinned.anchors.len()
    }
}
