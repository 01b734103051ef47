//! The model of a plan, the same whatever file it was read from. It borrows from the bytes; values are read only when a rule asks.

pub(crate) mod configured;
mod document;
pub(crate) mod json;
pub(crate) mod kept_out;
mod opened;
mod reason;
pub(crate) mod saved;
mod value;
pub(crate) mod versions;
mod work;
mod writer;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use crate::config::{Planned, Provider, Provisioner, Resource, Tree};

pub(crate) use document::STARTS;
pub use document::{Document, Plans};
pub(crate) use opened::{ByName, Opened};
pub(crate) use reason::Reason;
pub(crate) use value::Mask;
pub(crate) use value::Raw;
pub use value::ReadError;
pub use value::Shape;
pub(crate) use value::Show;
pub(crate) use value::Text;
pub use value::Value;
pub(crate) use value::member;
pub(crate) use writer::Writer;

/// What Terraform will do with an object (docs/plan-format.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// Create.
    Create,
    /// Read a data source during apply.
    Read,
    /// Change in place.
    Update,
    /// Destroy.
    Delete,
    /// Replace: destroy first.
    DeleteCreate,
    /// Replace: create first.
    CreateDelete,
    /// Drop from the state; the object stays.
    Forget,
    /// Replace, leaving the old object: Terraform 1.7+.
    CreateForget,
    /// Replace, leaving the old object: OpenTofu 1.12+.
    ForgetCreate,
    /// Open an ephemeral resource: OpenTofu 1.11.
    Open,
    /// An action that this version does not know: the plan is not let through.
    Other,
}

impl Action {
    /// The words of the JSON plan.
    #[must_use]
    pub(crate) const fn words(self) -> &'static [&'static str] {
        match self {
            Self::NoOp => &["no-op"],
            Self::Create => &["create"],
            Self::Read => &["read"],
            Self::Update => &["update"],
            Self::Delete => &["delete"],
            Self::DeleteCreate => &["delete", "create"],
            Self::CreateDelete => &["create", "delete"],
            Self::Forget => &["forget"],
            Self::CreateForget => &["create", "forget"],
            Self::ForgetCreate => &["forget", "create"],
            Self::Open => &["open"],
            Self::Other => &["unknown"],
        }
    }

    /// All that are known.
    pub(crate) const ALL: [Self; 11] = [
        Self::NoOp,
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Delete,
        Self::DeleteCreate,
        Self::CreateDelete,
        Self::Forget,
        Self::CreateForget,
        Self::ForgetCreate,
        Self::Open,
    ];

    /// Whether the object that is there now is destroyed: a replace is a destroy.
    #[must_use]
    pub const fn destroys(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteCreate | Self::CreateDelete)
    }

    /// Whether it is a destroy with a new object in its place.
    #[must_use]
    pub(crate) const fn replaces(self) -> bool {
        matches!(self, Self::DeleteCreate | Self::CreateDelete)
    }

    /// Whether an object leaves Terraform's state without being destroyed.
    #[must_use]
    pub(crate) const fn forgets(self) -> bool {
        matches!(self, Self::Forget | Self::CreateForget | Self::ForgetCreate)
    }

    /// Whether a new object takes the place of one that is only dropped from the state.
    #[must_use]
    pub(crate) const fn leaves_old(self) -> bool {
        matches!(self, Self::CreateForget | Self::ForgetCreate)
    }

    /// Whether the object exists before the change.
    #[must_use]
    pub(crate) const fn has_before(self) -> bool {
        !matches!(self, Self::Create | Self::Read | Self::Open | Self::Other)
    }
}

/// Managed resource or something that is only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A managed resource.
    Managed,
    /// A data source or an ephemeral resource: nothing to lose.
    Data,
}

/// One entry of the plan.
pub struct ResourceChange<'p> {
    /// The full address, keys included.
    pub address: Cow<'p, str>,
    /// The resource type.
    pub kind: Cow<'p, str>,
    /// Managed or data.
    pub mode: Mode,
    /// What is done.
    pub action: Action,
    /// The value before the change, for looking at neighbours that do nothing themselves.
    bare: Raw<'p>,
    /// Whether nothing in that value is marked as sensitive; the masks themselves are not kept.
    unmarked: bool,
    /// The rest; left out for what does nothing, so that a big quiet plan stays small.
    detail: Option<Box<Detail<'p>>>,
}

/// The parts of a change that only matter when something happens.
#[derive(Default)]
pub(crate) struct Detail<'p> {
    pub(crate) deposed: Option<Cow<'p, str>>,
    pub(crate) previous_address: Option<Cow<'p, str>>,
    pub(crate) reason: Option<Reason>,
    pub(crate) provider: Option<Cow<'p, str>>,
    pub(crate) importing: bool,
    pub(crate) before: Option<Value<'p>>,
    pub(crate) after: Option<Value<'p>>,
    pub(crate) replace_paths: ReplacePaths<'p>,
}

/// Where the attributes that force a replace are listed.
#[derive(Default)]
pub(crate) enum ReplacePaths<'p> {
    #[default]
    Nowhere,
    Json(&'p str),
    /// The entry of a saved plan.
    Wire(&'p [u8]),
}

impl fmt::Debug for ResourceChange<'_> {
    /// Shows no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.address, self.action)
    }
}

impl<'p> ResourceChange<'p> {
    pub(crate) const fn new(
        address: Cow<'p, str>,
        kind: Cow<'p, str>,
        mode: Mode,
        action: Action,
        bare: Raw<'p>,
        detail: Option<Box<Detail<'p>>>,
    ) -> Self {
        Self {
            address,
            kind,
            mode,
            action,
            bare,
            unmarked: false,
            detail,
        }
    }

    /// Says that nothing in the value before the change is marked as sensitive.
    pub(crate) const fn with_unmarked(mut self, unmarked: bool) -> Self {
        self.unmarked = unmarked;
        self
    }

    /// Bytes of the parts that only matter when something happens.
    pub(crate) fn detail_size(&self) -> usize {
        self.detail
            .as_ref()
            .map_or(0, |_| size_of::<Detail<'_>>() + 16)
    }

    /// Whether it is a managed resource.
    #[must_use]
    pub fn managed(&self) -> bool {
        self.mode == Mode::Managed
    }

    /// Key of the deposed object that this is about.
    #[must_use]
    pub fn deposed(&self) -> Option<&str> {
        self.detail.as_ref()?.deposed.as_deref()
    }

    /// Where it was before, when it moved.
    #[must_use]
    pub fn previous_address(&self) -> Option<&str> {
        self.detail.as_ref()?.previous_address.as_deref()
    }

    /// Why, as the plan says it.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.detail.as_ref()?.reason
    }

    /// The provider's name: a full one (`registry.terraform.io/hashicorp/aws`), or in old plans the short one.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.detail.as_ref()?.provider.as_deref()
    }

    /// Whether it is being imported.
    #[must_use]
    pub fn importing(&self) -> bool {
        self.detail.as_ref().is_some_and(|detail| detail.importing)
    }

    /// The value before the change.
    #[must_use]
    pub fn before(&self) -> Value<'p> {
        match &self.detail {
            Some(detail) => detail.before.unwrap_or(Value::ABSENT),
            None => Value::unshown(self.bare),
        }
    }

    /// The same for naming where an object is: what does nothing counts as sensitive only if a part of it is marked.
    #[must_use]
    pub(crate) fn before_to_name(&self) -> Value<'p> {
        if self.detail.is_none() && self.unmarked {
            Value::unmarked(self.bare)
        } else {
            self.before()
        }
    }

    /// The whole address of the provider's configuration, with module and alias, which only a saved plan has.
    pub(crate) fn provider_address(&self) -> Option<&'p str> {
        match self.detail.as_ref().map(|detail| &detail.replace_paths) {
            Some(ReplacePaths::Wire(entry)) => saved::provider_address(entry),
            _ => None,
        }
    }

    /// The value after the change.
    #[must_use]
    pub fn after(&self) -> Value<'p> {
        self.detail
            .as_ref()
            .and_then(|detail| detail.after)
            .unwrap_or(Value::ABSENT)
    }

    /// The attributes that force a replace, each a path of names and indexes.
    ///
    /// # Errors
    /// When they are not lists of names and numbers.
    pub fn replace_paths(&self) -> Result<Vec<Vec<PathStep<'p>>>, ReadError> {
        match self.detail.as_ref().map(|detail| &detail.replace_paths) {
            None | Some(ReplacePaths::Nowhere) => Ok(Vec::new()),
            Some(ReplacePaths::Json(raw)) => {
                let paths = serde_json::from_str::<Option<Vec<Vec<PathStep<'p>>>>>(raw);
                paths
                    .map(Option::unwrap_or_default)
                    .map_err(|_| ReadError("replace_paths cannot be read"))
            }
            Some(ReplacePaths::Wire(entry)) => saved::paths::required_replace(entry),
        }
    }
}

/// One step of a path into a value.
#[derive(serde::Deserialize)]
#[serde(untagged)]
pub enum PathStep<'p> {
    /// An index of a list.
    Index(u64),
    /// A name: an attribute, or a key of a map.
    #[serde(borrow)]
    Name(Cow<'p, str>),
    /// Anything else (an index of a set is an object).
    Other(serde::de::IgnoredAny),
}

/// An action that the apply runs beside its changes: Terraform 1.14 and newer (docs/plan-format.md).
pub(crate) struct Invocation<'p> {
    /// Its address: `action.TYPE.NAME`, modules and key included.
    pub(crate) address: Cow<'p, str>,
    /// Its type.
    pub(crate) kind: Cow<'p, str>,
    /// The resource whose change sets it off; `None` when it is run by itself (`-invoke`).
    pub(crate) trigger: Option<Cow<'p, str>>,
    /// Whether deferred to a later plan.
    pub(crate) deferred: bool,
}

/// An object that the state knew and that refresh no longer found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gone {
    /// Its address.
    pub(crate) address: String,
    /// Its type.
    pub(crate) kind: String,
}

/// Work that this version does not know: a list of the JSON, or a field of the saved plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownWork {
    /// The key, or the number of the field.
    pub(crate) name: String,
    /// How many things it lists.
    pub(crate) entries: usize,
}

/// Objects of the prior state, counted by type.
#[derive(Debug, Default, Clone)]
pub struct PriorState {
    /// Managed objects by type.
    pub managed: std::collections::BTreeMap<String, usize>,
}

impl PriorState {
    /// Number of managed objects.
    #[must_use]
    pub(crate) fn count(&self) -> usize {
        self.managed.values().sum()
    }
}

/// A plan.
pub struct Plan<'p> {
    /// Version of the format, such as `1.2`.
    pub(crate) format_version: String,
    /// Version of the Terraform or OpenTofu that wrote it.
    pub terraform_version: Option<String>,
    /// Which of the two that was.
    pub(crate) writer: Writer,
    /// All entries: of JSON in the order of the file, which is by address; of a saved plan, which has none, sorted by address.
    pub changes: Vec<ResourceChange<'p>>,
    /// What refreshing found changed or gone outside Terraform.
    pub drift: Vec<ResourceChange<'p>>,
    /// Changes that wait for a later plan.
    pub deferred: Vec<ResourceChange<'p>>,
    /// Actions that the apply runs.
    pub(crate) invocations: Vec<Invocation<'p>>,
    /// What the state knew and refresh no longer found; `None` where only [`Plan::drift`] can tell.
    pub(crate) gone: Option<Vec<Gone>>,
    /// Work that this version does not know.
    pub(crate) unknown_work: Vec<UnknownWork>,
    /// Names of outputs that change.
    pub output_changes: usize,
    /// The state that the plan was computed against, after refresh; `None` when there was none at all.
    pub prior: Option<PriorState>,
    /// Planning ended with an error: what it lists is not the whole.
    pub errored: bool,
    /// Whether the plan covers everything (Terraform 1.8+); `None` when it does not say.
    pub complete: Option<bool>,
    /// Addresses of checks that did not hold.
    pub failed_checks: usize,
    /// The configuration, as far as it is needed: provider blocks.
    pub(crate) configuration: Configuration<'p>,
    /// Where the values of root variables are.
    pub(crate) variables: Variables<'p>,
    /// What only a saved plan file tells.
    pub saved: Option<Box<saved::Saved<'p>>>,
    /// The state that it is for, where it does not tell itself and the backend was asked.
    pub(crate) pulled: Option<Box<Pulled>>,
}

/// The state of a directory and workspace as its backend has it now.
#[derive(Debug, Default)]
pub(crate) struct Pulled {
    /// Where it is kept.
    pub(crate) backend: saved::Backend,
    /// The workspace that is selected.
    pub(crate) workspace: String,
    /// What is there; empty where there is none yet.
    pub(crate) state: saved::State,
}

/// Where the configuration is.
#[derive(Default)]
pub(crate) enum Configuration<'p> {
    #[default]
    Nowhere,
    /// `configuration` of a JSON plan.
    Json(Planned<'p>),
    /// The sources within a saved plan.
    Source(&'p saved::config::Config<'p>),
}

/// Where the values of root variables are: read only when a provider block asks for one.
#[derive(Clone, Copy, Default)]
pub(crate) enum Variables<'p> {
    #[default]
    Nowhere,
    /// `variables` of a JSON plan.
    Json(&'p str),
    /// The message of a saved plan.
    Wire(&'p [u8]),
}

impl fmt::Debug for Plan<'_> {
    /// Shows no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan({} changes)", self.changes.len())
    }
}

impl<'p> Plan<'p> {
    /// Managed changes.
    pub(crate) fn managed(&self) -> impl Iterator<Item = &ResourceChange<'p>> {
        self.changes.iter().filter(|change| change.managed())
    }

    /// What the state knew and refresh no longer found, whatever becomes of it then.
    pub(crate) fn gone(&self) -> Vec<Gone> {
        self.gone.clone().unwrap_or_else(|| {
            self.drift
                .iter()
                .filter(|drift| {
                    drift.managed() && drift.action == Action::Delete && drift.deposed().is_none()
                })
                .map(|drift| Gone {
                    address: drift.address.to_string(),
                    kind: drift.kind.to_string(),
                })
                .collect()
        })
    }

    /// Whether a version wrote it that is this one or a newer one; not known counts as newer.
    pub(crate) fn since(&self, major: u32, minor: u32) -> bool {
        let version = self.terraform_version.as_deref().unwrap_or_default();
        let mut parts = version
            .split(['.', '-'])
            .map_while(|part| part.parse::<u32>().ok());
        match (parts.next(), parts.next()) {
            (Some(here), Some(minor_here)) => (here, minor_here) >= (major, minor),
            _ => true,
        }
    }

    /// The root variables whose values are given anew at apply, as a plan and its sources say.
    pub(crate) fn ephemeral_variables(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        if let Some(saved) = self.saved.as_deref() {
            names.extend(saved.ephemeral.iter().map(|name| (*name).to_owned()));
            let variables = saved.config.tree().root().map(|root| &root.variables);
            let declared = variables.into_iter().flatten();
            names.extend(
                declared
                    .filter(|(_, variable)| variable.ephemeral == Some(true))
                    .map(|(name, _)| name.clone()),
            );
        } else if let Configuration::Json(planned) = &self.configuration {
            // Of OpenTofu; what cannot be read is refused by whoever judges it.
            let root = planned.tree().and_then(|tree| tree.root());
            let declared = root.into_iter().flat_map(|root| &root.variables);
            names.extend(
                declared
                    .filter(|(_, variable)| variable.ephemeral == Some(true))
                    .map(|(name, _)| name.clone()),
            );
        }
        names
    }

    /// The configuration blocks of a provider that a type's changes may use: every block whose name or full name fits.
    /// A source that cannot be read may hold another one, so it counts as one of which nothing is known.
    ///
    /// # Errors
    /// When the configuration cannot be read.
    pub fn provider_blocks(
        &self,
        provider: Option<&str>,
        prefix: &str,
    ) -> Result<Vec<Value<'p>>, ReadError> {
        match &self.configuration {
            Configuration::Nowhere => Ok(Vec::new()),
            Configuration::Json(planned) => {
                let tree = readable(planned)?;
                let blocks = tree.providers(provider, prefix).into_iter();
                Ok(blocks
                    .map(|block| {
                        block
                            .and_then(Provider::borrowed_settings)
                            .map_or(Value::UNKNOWN, Value::of_json)
                    })
                    .collect())
            }
            Configuration::Source(config) => {
                let blocks = config.tree().providers(provider, prefix).into_iter();
                Ok(blocks
                    .map(|block| {
                        block.map_or(Value::UNKNOWN, |block| Value::of_json(block.settings()))
                    })
                    .collect())
            }
        }
    }

    /// The resource blocks of the root module (`type.name`), as the JSON's configuration has them; `None` when it does not say.
    #[must_use]
    pub(crate) fn root_blocks(&self) -> Option<BTreeSet<String>> {
        match &self.configuration {
            Configuration::Json(planned) => Some(planned.tree()?.root()?.managed()),
            _ => None,
        }
    }

    /// How many managed resource blocks of the JSON's configuration, those of modules among them, are sure to have an instance.
    #[must_use]
    pub(crate) fn planned_blocks(&self) -> usize {
        match &self.configuration {
            Configuration::Json(planned) => planned.tree().map_or(0, |tree| tree.certain()),
            _ => 0,
        }
    }

    /// The kinds of the provisioners of each resource block, by the names of its modules, its type and its name joined by dots, as the JSON's
    /// configuration has them; `None` when the configuration is not JSON.
    ///
    /// # Errors
    /// When the configuration cannot be read.
    pub(crate) fn provisioners(
        &self,
    ) -> Result<Option<HashMap<String, Vec<Provisioner>>>, ReadError> {
        Ok(match &self.configuration {
            Configuration::Json(planned) if planned.may_have_provisioners() => {
                Some(readable(planned)?.provisioners())
            }
            Configuration::Json(_) => Some(HashMap::new()),
            _ => None,
        })
    }

    /// The resource blocks whose values another block takes, by the names of their modules, their type and their name joined by dots; `None` when
    /// there is no configuration.
    #[must_use]
    pub(crate) fn references(&self) -> Option<std::collections::HashSet<String>> {
        self.configured().map(|tree| tree.references())
    }

    /// The modules of its configuration; `None` when there are none, or they cannot be read.
    pub(crate) fn configured(&self) -> Option<&Tree<'p>> {
        match &self.configuration {
            Configuration::Nowhere => None,
            Configuration::Json(planned) => planned.tree().map(|tree| &**tree),
            Configuration::Source(config) => Some(config.tree()),
        }
    }

    /// The `removed` block that an address falls under; the JSON of a plan has none.
    #[must_use]
    pub(crate) fn removed_block(&self, address: &str) -> Option<&'p Resource> {
        match self.configuration {
            Configuration::Source(config) => config.tree().removed(address),
            _ => None,
        }
    }

    /// The paths of the modules of which the plan has a source file that cannot be read.
    pub(crate) fn modules_in_doubt(&self) -> BTreeSet<&str> {
        let Configuration::Source(config) = self.configuration else {
            return BTreeSet::new();
        };
        let modules = config.tree().modules.iter();
        modules
            .filter(|(_, module)| !module.unread.is_empty())
            .map(|(path, _)| path.as_str())
            .collect()
    }

    /// The block of a resource in the configuration, by the address of any of its instances; `None` when it is not known:
    /// the plan is JSON, there is no such block, or its file cannot be read.
    #[must_use]
    pub fn block(&self, address: &str) -> Option<&'p Resource> {
        match self.configuration {
            Configuration::Source(config) => config.tree().resource(address),
            _ => None,
        }
    }
}

/// The modules of the JSON's configuration.
pub(crate) fn readable<'a, 'p>(planned: &'a Planned<'p>) -> Result<&'a Arc<Tree<'p>>, ReadError> {
    planned
        .tree()
        .ok_or(ReadError("the configuration cannot be read"))
}
