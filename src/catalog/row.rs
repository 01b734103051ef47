//! The rows of the catalogue as data. `rules/catalog/README.md` says what each key means.

use serde::Deserialize;

use crate::finding::Severity;
use crate::plan::versions::version;

/// What kind of thing a type is: decides which rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(
    missing_docs,
    reason = "the names are the documentation; rules/catalog/README.md has the list"
)]
pub(crate) enum Category {
    Database,
    ObjectStore,
    Disk,
    Cache,
    Search,
    Registry,
    Secret,
    Queue,
    Log,
    Machine,
    Backup,
    Key,
    Directory,
    Identity,
    Network,
    Dns,
    Cluster,
    Service,
    Carrier,
    State,
    Helper,
}

impl Category {
    /// Whether it holds something that could be lost.
    #[must_use]
    pub(crate) const fn holds_data(self) -> bool {
        matches!(
            self,
            Self::Database
                | Self::ObjectStore
                | Self::Disk
                | Self::Cache
                | Self::Search
                | Self::Registry
                | Self::Secret
                | Self::Queue
                | Self::Log
                | Self::Backup
                | Self::Key
                | Self::Directory
                | Self::Carrier
                | Self::State
        )
    }

    /// Whether losing sight of it, or leaving it behind, is worth a word: stores, and what carries others.
    #[must_use]
    pub(crate) const fn worth_keeping(self) -> bool {
        self.is_store() || matches!(self, Self::Carrier | Self::State)
    }

    /// Whether a stack with it is more than a toy: a store, a network or a cluster.
    #[must_use]
    pub(crate) const fn weighty(self) -> bool {
        self.is_store()
            || matches!(
                self,
                Self::Network | Self::Cluster | Self::Dns | Self::Carrier | Self::State
            )
    }

    /// Whether it is a store of data that does not refill by itself.
    #[must_use]
    pub(crate) const fn is_store(self) -> bool {
        matches!(
            self,
            Self::Database
                | Self::ObjectStore
                | Self::Disk
                | Self::Search
                | Self::Registry
                | Self::Secret
                | Self::Key
                | Self::Directory
                | Self::Backup
        )
    }

    /// The word in files and reports.
    #[must_use]
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::ObjectStore => "object-store",
            Self::Disk => "disk",
            Self::Cache => "cache",
            Self::Search => "search",
            Self::Registry => "registry",
            Self::Secret => "secret",
            Self::Queue => "queue",
            Self::Log => "log",
            Self::Machine => "machine",
            Self::Backup => "backup",
            Self::Key => "key",
            Self::Directory => "directory",
            Self::Identity => "identity",
            Self::Network => "network",
            Self::Dns => "dns",
            Self::Cluster => "cluster",
            Self::Service => "service",
            Self::Carrier => "carrier",
            Self::State => "state",
            Self::Helper => "helper",
        }
    }
}

/// How bad a destroy is, with "nothing" as an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names of the severities")]
pub(crate) enum Grade {
    None,
    Low,
    Medium,
    High,
    Critical,
}

impl Grade {
    /// The severity, or nothing.
    #[must_use]
    pub(crate) const fn severity(self) -> Option<Severity> {
        match self {
            Self::None => None,
            Self::Low => Some(Severity::Low),
            Self::Medium => Some(Severity::Medium),
            Self::High => Some(Severity::High),
            Self::Critical => Some(Severity::Critical),
        }
    }
}

/// Names joined by dots; a name with a dot in it stands in quotes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Path {
    steps: Vec<String>,
    text: String,
}

impl Path {
    /// The names.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// As written.
    #[must_use]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for Path {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut steps = vec![String::new()];
        let mut quoted = false;
        for c in text.chars() {
            match (c, steps.last_mut()) {
                ('"', _) => quoted = !quoted,
                ('.', _) if !quoted => steps.push(String::new()),
                (c, Some(step)) => step.push(c),
                (_, None) => {}
            }
        }
        if quoted || steps.iter().any(String::is_empty) {
            Err("a path is names joined by dots")
        } else {
            Ok(Self { steps, text })
        }
    }
}

/// A plain value in a row.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the kinds of plain values")]
pub(crate) enum Scalar {
    Bool(bool),
    Number(f64),
    Text(String),
}

/// One value or several.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum When {
    /// One.
    One(Scalar),
    /// Any of these.
    Any(Vec<Scalar>),
}

impl When {
    /// The values.
    #[must_use]
    pub(crate) fn values(&self) -> &[Scalar] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Any(values) => values,
        }
    }

    /// The words among them: what may be shown of such an attribute.
    #[must_use]
    pub(crate) fn words(&self) -> Vec<String> {
        self.values()
            .iter()
            .filter_map(|value| match value {
                Scalar::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect()
    }
}

/// A test of one place in a value or in the provider's block.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "rules/catalog/README.md says what each key means"
)]
pub(crate) struct Condition {
    #[serde(default)]
    pub(crate) attribute: Option<Path>,
    #[serde(default)]
    pub(crate) provider: Option<Path>,
    #[serde(default)]
    pub(crate) when: Option<When>,
    #[serde(default)]
    pub(crate) at_least: Option<f64>,
    #[serde(default)]
    pub(crate) below: Option<f64>,
    #[serde(default)]
    pub(crate) set: Option<bool>,
    #[serde(default)]
    pub(crate) default: Option<Scalar>,
}

/// What a guard that holds does to the grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(
    missing_docs,
    reason = "rules/catalog/README.md says what each word means"
)]
pub(crate) enum Effect {
    Refused,
    Kept,
    Copy,
    Window,
    Empty,
    Grade,
}

/// What in the plan changes the grade of a destroy.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "GuardRow")]
#[allow(
    missing_docs,
    reason = "rules/catalog/README.md says what each key means"
)]
pub struct Guard {
    pub(crate) condition: Condition,
    pub(crate) present: bool,
    /// The provider fills the default in when it reads the object, so that null stands for it.
    pub(crate) filled: bool,
    /// The version of the provider from which on its default is this one.
    pub(crate) since: Option<String>,
    /// Types of what it holds: gone with it, they refuse nothing.
    pub(crate) content: Vec<String>,
    pub(crate) and: Vec<Condition>,
    pub(crate) effect: Effect,
    pub(crate) to: Option<Grade>,
    pub names: Option<Path>,
    pub(crate) says: Option<String>,
    /// The way back instead of the row's: where the guard does not hold by what the plan shows; of `grade`, where it holds.
    pub(crate) recovery: Option<String>,
    /// The other object at which the guard looks.
    pub(crate) host: Option<Host>,
}

/// Another object of the plan, which keeps what this one loses: the account of a container.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Host {
    pub(crate) types: Vec<String>,
    /// An attribute of the object, and the one of its host that has the same text. Those that the object does not have say nothing.
    pub(crate) by: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GuardRow {
    #[serde(default)]
    attribute: Option<Path>,
    #[serde(default)]
    provider: Option<Path>,
    #[serde(default)]
    when: Option<When>,
    #[serde(default)]
    at_least: Option<f64>,
    #[serde(default)]
    below: Option<f64>,
    #[serde(default)]
    set: Option<bool>,
    #[serde(default)]
    default: Option<Scalar>,
    #[serde(default)]
    present: bool,
    #[serde(default)]
    filled: bool,
    #[serde(default)]
    since: Option<String>,
    #[serde(default)]
    content: Vec<String>,
    #[serde(default)]
    and: Vec<Condition>,
    effect: Effect,
    #[serde(default)]
    to: Option<Grade>,
    #[serde(default)]
    names: Option<Path>,
    #[serde(default)]
    says: Option<String>,
    #[serde(default)]
    recovery: Option<String>,
    #[serde(default)]
    host: Option<Host>,
}

impl Condition {
    fn check(&self, window: bool) -> Result<(), &'static str> {
        if self.attribute.is_some() == self.provider.is_some() {
            return Err("a condition looks at one place: attribute or provider");
        }
        let tests = [
            self.when.is_some(),
            self.at_least.is_some(),
            self.below.is_some(),
            self.set.is_some(),
        ];
        match (tests.iter().filter(|test| **test).count(), window) {
            (1, _) | (0, true) => Ok(()),
            _ => Err("a condition has one test: when, at_least, below or set"),
        }
    }
}

impl TryFrom<GuardRow> for Guard {
    type Error = &'static str;

    fn try_from(row: GuardRow) -> Result<Self, Self::Error> {
        let condition = Condition {
            attribute: row.attribute,
            provider: row.provider,
            when: row.when,
            at_least: row.at_least,
            below: row.below,
            set: row.set,
            default: row.default,
        };
        condition.check(row.effect == Effect::Window)?;
        row.and
            .iter()
            .try_for_each(|condition| condition.check(false))?;
        if (row.effect == Effect::Grade) != row.to.is_some() {
            return Err("effect = \"grade\" and `to` belong together");
        }
        if row
            .since
            .as_deref()
            .is_some_and(|since| version(since).is_none())
        {
            return Err("`since` is a version of the provider, such as \"3.0.0\"");
        }
        if !row.content.is_empty() && row.effect != Effect::Refused {
            return Err("`content` belongs to effect = \"refused\"");
        }
        if row.host.is_some()
            && (row.effect != Effect::Copy || condition.attribute.is_none() || !row.and.is_empty())
        {
            return Err("`host` belongs to effect = \"copy\" and to one attribute");
        }
        Ok(Self {
            condition,
            present: row.present,
            filled: row.filled,
            since: row.since,
            content: row.content,
            and: row.and,
            effect: row.effect,
            to: row.to,
            names: row.names,
            says: row.says,
            recovery: row.recovery,
            host: row.host,
        })
    }
}

/// What is known about destroying one resource type.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "rules/catalog/README.md says what each key means"
)]
pub struct TypeRow {
    pub name: String,
    pub(crate) category: Category,
    pub(crate) destroy: Grade,
    pub(crate) loss: String,
    #[serde(default)]
    pub(crate) recovery: Option<String>,
    /// Attributes that name what must stay for any recovery.
    #[serde(default)]
    pub(crate) recovery_needs: Vec<Path>,
    /// The recovery needs the object's name, which a replacement takes at once.
    #[serde(default)]
    pub(crate) recovery_needs_name: bool,
    /// The grade of a replace that makes the new one first: what uses it can move over before the old one goes.
    #[serde(default)]
    pub(crate) new_first: Option<Grade>,
    /// Attributes that name the account of a credential: another one of it that stays holds the access.
    #[serde(default)]
    pub(crate) account: Vec<Path>,
    /// The command that takes a copy before, with `{attribute}` for identifiers.
    #[serde(default)]
    pub(crate) copy_first: Option<String>,
    #[serde(default)]
    pub(crate) identity: Vec<Path>,
    #[serde(default)]
    pub(crate) backs_up: Vec<Path>,
    /// Attributes that name what it guards: when that goes in the same plan, its own end is nothing.
    #[serde(default)]
    pub(crate) guards: Vec<Path>,
    #[serde(default)]
    pub guard: Vec<Guard>,
    #[serde(default)]
    pub(crate) creates: Option<Severity>,
    /// Only a create of which these hold.
    #[serde(default)]
    pub(crate) creates_when: Vec<Condition>,
    /// What a create does to what is there, where it is not taking over.
    #[serde(default)]
    pub(crate) creates_says: Option<String>,
    #[serde(default)]
    pub(crate) target: Vec<Path>,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) guess: bool,
}

impl TypeRow {
    /// A row that says no more than this.
    pub(super) fn new(name: String, category: Category, destroy: Grade) -> Self {
        Self {
            name,
            category,
            destroy,
            loss: String::new(),
            recovery: None,
            recovery_needs: Vec::new(),
            recovery_needs_name: false,
            new_first: None,
            account: Vec::new(),
            copy_first: None,
            identity: Vec::new(),
            backs_up: Vec::new(),
            guards: Vec::new(),
            guard: Vec::new(),
            creates: None,
            creates_when: Vec::new(),
            creates_says: None,
            target: Vec::new(),
            source: String::new(),
            guess: false,
        }
    }

    /// The attributes that name an object in the command that takes its copy.
    pub fn copy_names(&self) -> impl Iterator<Item = String> + '_ {
        let pieces = self
            .copy_first
            .iter()
            .flat_map(|text| text.split('{').skip(1));
        pieces.filter_map(|piece| Some(piece.split_once('}')?.0.to_owned()))
    }
}

/// Which rule speaks about a change in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the ids of the rules")]
pub(crate) enum ChangeRule {
    ProtectionLowered,
    RetentionCut,
    DisruptiveUpdate,
    AccessOverwrite,
    AccessOpened,
}

impl ChangeRow {
    /// What cannot be meant, although each key is well formed.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        let tests = [
            self.leaves.is_some(),
            self.enters.is_some(),
            self.falls,
            self.rises,
            self.changes,
            self.gone,
            self.grows,
            self.appears,
            self.adds.is_some(),
            self.everybody,
        ];
        if tests.iter().filter(|test| **test).count() != 1 {
            return Some(
                "a change has one test: leaves, enters, appears, falls, rises, changes, gone, grows, adds or everybody",
            );
        }
        if self.fewer && !self.gone {
            return Some("`fewer` belongs to `gone`");
        }
        if self.half.is_some() && !self.falls {
            return Some("`half` belongs to `falls`");
        }
        self.and
            .iter()
            .find_map(|condition| condition.check(false).err())
    }
}

/// What is known about changing one attribute in place.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(
    missing_docs,
    reason = "rules/catalog/README.md says what each key means"
)]
pub(crate) struct ChangeRow {
    pub(crate) attribute: Path,
    #[serde(default)]
    pub(crate) types: Vec<String>,
    #[serde(default)]
    pub(crate) leaves: Option<When>,
    #[serde(default)]
    pub(crate) enters: Option<When>,
    #[serde(default)]
    pub(crate) falls: bool,
    #[serde(default)]
    pub(crate) rises: bool,
    #[serde(default)]
    pub(crate) changes: bool,
    #[serde(default)]
    pub(crate) gone: bool,
    #[serde(default)]
    pub(crate) fewer: bool,
    #[serde(default)]
    pub(crate) appears: bool,
    #[serde(default)]
    pub(crate) grows: bool,
    #[serde(default)]
    pub(crate) adds: Option<When>,
    #[serde(default)]
    pub(crate) everybody: bool,
    #[serde(default)]
    pub(crate) empty: Option<Severity>,
    #[serde(default)]
    pub(crate) default: Option<Scalar>,
    #[serde(default)]
    pub(crate) forever: Vec<Scalar>,
    #[serde(default)]
    pub(crate) and: Vec<Condition>,
    pub(crate) rule: ChangeRule,
    pub(crate) grade: Severity,
    #[serde(default)]
    pub(crate) half: Option<Severity>,
    pub(crate) says: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) guess: bool,
}
