//! The blocks of a configuration, as far as anybody asks for them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::links::{Links, Name};
use super::literal::Members;
use crate::address::Address;

/// The modules by their path (`a.b`); the root module is the empty one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree<'p> {
    pub(crate) modules: BTreeMap<String, Module<'p>>,
}

/// A module of the configuration.
#[derive(Debug, Clone)]
pub(crate) struct Module<'p> {
    /// Its directory, as seen from where Terraform ran.
    pub(crate) dir: String,
    /// Whether every file of it could be read.
    pub(crate) whole: bool,
    /// Files of which only the blocks were found.
    pub(crate) in_part: Vec<String>,
    /// Files of which nothing is known.
    pub(crate) unread: Vec<String>,
    /// Resources of all modes by their key: `aws_x.y`, `data.aws_x.y`.
    pub(super) resources: HashMap<String, Resource>,
    /// `removed` blocks by the address that they are from, as written: their provisioners run when it is destroyed.
    pub(super) removed: HashMap<String, Resource>,
    pub(crate) providers: Vec<Provider<'p>>,
    /// The sources of providers by their local names.
    pub(crate) requires: HashMap<String, String>,
    pub(crate) variables: HashMap<String, Variable>,
    /// The type of the backend, `cloud` for that block.
    pub(crate) backend: Option<String>,
    /// The names of the modules that it calls.
    pub(crate) calls: BTreeSet<String>,
    /// Those of them that may have no instance.
    pub(super) uncertain: BTreeSet<String>,
    /// What in it refers to what.
    pub(crate) links: Links,
    /// How many provider blocks are overrides.
    overridden: usize,
}

/// The most provider blocks of a module that are overrides: for each the others are looked through.
const MOST_OVERRIDES: usize = 100;

/// The most attributes of a block that are looked through for each of its instances.
const MOST_ATTRIBUTES: usize = 1_000;

/// The block of a resource.
#[derive(Debug, Clone, Default)]
pub struct Resource {
    /// The file, as seen from where Terraform ran; empty in the JSON of a plan.
    pub file: String,
    /// The line of the block's head, from 1.
    pub line: usize,
    /// Each attribute by its path (`versioning.enabled`) with its line, in the order of the file.
    pub(crate) attributes: Vec<(String, usize)>,
    /// What names its provider block in the JSON of a plan.
    pub(crate) provider_key: Option<String>,
    /// What it runs, all of it, however long the block is.
    pub(crate) provisioners: Vec<Provisioner>,
    /// Whether it is a managed one that has an instance for certain, in the JSON of a plan.
    pub(crate) certain: bool,
}

/// A provisioner of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Provisioner {
    /// Its label, where it is one of Terraform's own: `local-exec`.
    pub(crate) kind: &'static str,
    /// Whether it runs when the object goes; `None` when that cannot be read.
    pub(crate) destroy: Option<bool>,
}

impl Provisioner {
    /// With the word that says when it runs, where there is one.
    pub(crate) fn new(kind: &str, when: Option<&str>) -> Self {
        Self {
            // Any other label is text of whoever wrote the plan.
            kind: match kind {
                "local-exec" => "local-exec",
                "remote-exec" => "remote-exec",
                "file" => "file",
                _ => "provisioner",
            },
            destroy: match when {
                None | Some("create") => Some(false),
                Some("destroy") => Some(true),
                Some(_) => None,
            },
        }
    }

    /// Those of one block: of very many some of each kind.
    pub(crate) fn kept(all: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut kept = Vec::new();
        for one in all {
            if kept.len() < MOST_PROVISIONERS || !kept.contains(&one) {
                kept.push(one);
            }
        }
        kept
    }
}

/// From this many provisioners of a block on only those of another kind are kept: they count for each instance.
const MOST_PROVISIONERS: usize = 16;

/// A provider block.
#[derive(Debug, Clone)]
pub(crate) struct Provider<'p> {
    /// Its local name: `aws`.
    pub(crate) name: String,
    /// Empty when it has none.
    pub(crate) alias: String,
    /// Which provider that is.
    pub(crate) full: FullName,
    /// What names it in the JSON of a plan.
    pub(crate) key: String,
    /// The versions that it may have, in the JSON of a plan.
    pub(crate) constraint: Option<String>,
    members: Members,
    settings: Cow<'p, str>,
}

/// Which provider a local name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FullName {
    /// What `required_providers` of the module says.
    Required,
    /// Said by the JSON of a plan.
    Said(String),
    /// Not said: JSON before Terraform 1.1.
    Unsaid,
}

/// A variable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Variable {
    /// What it is when nobody sets it, as an expression like those of [`Provider::settings`].
    pub(crate) default: Option<String>,
    /// Whether it is marked as sensitive; `None` when nothing is said of it.
    pub(crate) sensitive: Option<bool>,
    /// Whether its value is given anew at apply; `None` when nothing is said of it, as always in the JSON of a plan.
    pub(crate) ephemeral: Option<bool>,
}

impl Resource {
    /// The line of an attribute; one of very many is not looked for.
    #[must_use]
    pub fn line_of(&self, path: &str) -> Option<usize> {
        self.attributes
            .iter()
            .take(MOST_ATTRIBUTES)
            .find(|(name, _)| name == path)
            .map(|(_, line)| *line)
    }
}

impl<'p> Provider<'p> {
    /// One of a source file.
    pub(super) fn of_source(name: &str, alias: &str, members: Members) -> Self {
        Self {
            name: name.to_owned(),
            alias: alias.to_owned(),
            full: FullName::Required,
            key: String::new(),
            constraint: None,
            settings: Cow::Owned(members.json()),
            members,
        }
    }

    /// One of the JSON of a plan, its settings as they stand there.
    pub(super) fn of_plan(key: String, name: String, full: FullName, settings: &'p str) -> Self {
        Self {
            name,
            alias: String::new(),
            full,
            key,
            constraint: None,
            settings: Cow::Borrowed(settings),
            members: Members::default(),
        }
    }

    /// The settings in the form that the JSON of a plan has: `{"region": {"constant_value": "eu-west-1"}}`. Of sources no credentials are kept.
    pub(crate) fn settings(&self) -> &str {
        &self.settings
    }

    /// The same where they stand in the JSON of a plan.
    pub(crate) fn borrowed_settings(&self) -> Option<&'p str> {
        match self.settings {
            Cow::Borrowed(settings) => Some(settings),
            Cow::Owned(_) => None,
        }
    }

    /// The plain words that a setting of a source consists of, alone or in a list; `None` when it is anything else.
    pub(crate) fn words(&self, name: &str) -> Option<Vec<String>> {
        self.members.words(name)
    }

    fn merge(&mut self, over: Self) {
        self.members.merge(over.members);
        self.settings = Cow::Owned(self.members.json());
    }
}

impl<'p> Module<'p> {
    /// An empty one.
    pub(crate) fn new(dir: String) -> Self {
        Self {
            dir,
            whole: true,
            in_part: Vec::new(),
            unread: Vec::new(),
            resources: HashMap::new(),
            removed: HashMap::new(),
            providers: Vec::new(),
            requires: HashMap::new(),
            variables: HashMap::new(),
            backend: None,
            calls: BTreeSet::new(),
            uncertain: BTreeSet::new(),
            links: Links::default(),
            overridden: 0,
        }
    }

    /// The source of a provider by its local name, as written: `hashicorp/aws`, or with a host.
    pub(crate) fn source_of(&self, name: &str) -> String {
        self.requires
            .get(name)
            .cloned()
            .unwrap_or_else(|| format!("hashicorp/{name}"))
    }

    /// Whether a block is one of this provider: by its full name where both are known, else by the local name.
    pub(crate) fn is_of(&self, block: &Provider<'_>, provider: Option<&str>, name: &str) -> bool {
        match (provider.filter(|full| full.contains('/')), &block.full) {
            (Some(full), FullName::Said(said)) => said == full,
            (Some(full), FullName::Required) => {
                let source = self.source_of(&block.name);
                full == source || full.split_once('/').is_some_and(|(_, rest)| rest == source)
            }
            _ => block.name == name,
        }
    }

    /// The local names of providers that its blocks use by the names of their types, so without a `provider` of their own.
    pub(crate) fn implied(&self) -> impl Iterator<Item = &str> {
        let plain = self
            .resources
            .iter()
            .filter(|(_, block)| block.line_of("provider").is_none());
        plain.filter_map(|(key, _)| {
            let kind = match key.split_once('.') {
                Some((_, rest)) if rest.contains('.') => rest,
                _ => key,
            };
            kind.split(['_', '.']).next()
        })
    }

    /// Its managed resource blocks: `type.name`.
    pub(crate) fn managed(&self) -> BTreeSet<String> {
        self.resources
            .keys()
            .filter(|key| key.matches('.').count() == 1)
            .cloned()
            .collect()
    }

    /// The block of a resource of the root module.
    pub(crate) fn block(&self, address: &str) -> Option<&Resource> {
        let address = Address::parse(address).filter(|address| address.module.is_empty())?;
        self.resource(&address)
    }

    fn resource(&self, address: &Address<'_>) -> Option<&Resource> {
        let mode = if address.data { "data" } else { "resource" };
        self.resources
            .get(&super::key(mode, address.kind, address.name))
    }

    /// Adds a resource; the place is that of the block that is overridden, and what runs is what the override says, if it says anything of it
    /// (<https://developer.hashicorp.com/terraform/language/files/override#merging-resource-and-data-blocks>).
    pub(super) fn put_resource(&mut self, key: String, resource: Resource, overrides: bool) {
        match self.resources.get_mut(&key).filter(|_| overrides) {
            None => {
                self.resources.insert(key, resource);
            }
            Some(there) if !resource.provisioners.is_empty() => {
                there.provisioners = resource.provisioners;
            }
            Some(_) => {}
        }
    }

    /// Adds a provider block, or merges it into the one that it overrides.
    pub(super) fn put_provider(&mut self, provider: Provider<'p>, overrides: bool) {
        self.overridden += usize::from(overrides);
        if self.overridden > MOST_OVERRIDES {
            self.whole = false;
            return;
        }
        self.whole &= !provider.members.is_cut();
        let there = self.providers.iter_mut().find(|there| {
            overrides && (&there.name, &there.alias) == (&provider.name, &provider.alias)
        });
        match there {
            Some(there) => {
                there.merge(provider);
                let cut = there.members.is_cut();
                self.whole &= !cut;
            }
            None => self.providers.push(provider),
        }
    }

    pub(super) fn put_variable(&mut self, name: &str, variable: Variable) {
        let there = self.variables.entry(name.to_owned()).or_default();
        there.default = variable.default.or_else(|| there.default.take());
        there.sensitive = variable.sensitive.or(there.sensitive);
        there.ephemeral = variable.ephemeral.or(there.ephemeral);
    }

    /// Adds a line of `required_providers`; a name alone is one of HashiCorp's.
    pub(super) fn put_required(&mut self, name: &str, source: &str) {
        let source = if source.contains('/') {
            source.to_lowercase()
        } else {
            format!("hashicorp/{source}")
        };
        self.requires.insert(name.to_owned(), source);
    }
}

/// The path of something in a module.
pub(crate) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

impl<'p> Tree<'p> {
    /// Whether every module is there and every file of them could be read.
    pub(crate) fn is_whole(&self) -> bool {
        self.modules.iter().all(|(path, module)| {
            module.whole
                && module
                    .calls
                    .iter()
                    .all(|call| self.modules.contains_key(&joined(path, call)))
        })
    }

    /// The root module.
    pub(crate) fn root(&self) -> Option<&Module<'p>> {
        self.modules.get("")
    }

    /// The resource blocks whose values something takes that acts: not what is only read, nor what the root module puts out, which nobody in the plan
    /// takes. Each has the path of its module before it.
    pub(crate) fn references(&self) -> HashSet<String> {
        let mut found = HashSet::new();
        for (path, module) in &self.modules {
            for link in module.links.iter().filter(|link| link.value) {
                let takes = match link.user {
                    Name::Read(_) => false,
                    Name::Output(_) => !path.is_empty(),
                    _ => true,
                };
                if let (true, Name::Managed(block)) = (takes, &link.to) {
                    found.insert(joined(path, block));
                }
            }
        }
        found
    }

    /// The kinds of the provisioners of each block that has some, by the path of its module and its key.
    pub(crate) fn provisioners(&self) -> HashMap<String, Vec<Provisioner>> {
        let mut found = HashMap::new();
        for (path, module) in &self.modules {
            for (key, block) in &module.resources {
                if !block.provisioners.is_empty() {
                    found.insert(joined(path, key), block.provisioners.clone());
                }
            }
        }
        found
    }

    /// How many managed blocks are sure to have an instance.
    pub(crate) fn certain(&self) -> usize {
        // A module is certain when every call on the way to it is.
        let mut certain: HashSet<&str> = HashSet::new();
        let mut count = 0;
        for (path, module) in &self.modules {
            let called = match path.rsplit_once('.') {
                _ if path.is_empty() => true,
                above => {
                    let (above, call) = above.unwrap_or(("", path));
                    let calls = self.modules.get(above);
                    certain.contains(above)
                        && calls.is_some_and(|calls| !calls.uncertain.contains(call))
                }
            };
            // A path comes after all that it starts with.
            if called {
                certain.insert(path);
                count += module
                    .resources
                    .values()
                    .filter(|block| block.certain)
                    .count();
            }
        }
        count
    }

    /// The block of the resource that an address is an instance of.
    pub(crate) fn resource(&self, address: &str) -> Option<&Resource> {
        let address = Address::parse(address)?;
        let steps: Vec<&str> = address.module.iter().map(|step| step.name).collect();
        self.modules.get(&steps.join("."))?.resource(&address)
    }

    /// The `removed` block that an address falls under, in its own module or in one above.
    pub(crate) fn removed(&self, address: &str) -> Option<&Resource> {
        let address = Address::parse(address).filter(|address| !address.data)?;
        let steps: Vec<&str> = address.module.iter().map(|step| step.name).collect();
        (0..=steps.len()).rev().find_map(|depth| {
            let (above, below) = steps.split_at_checked(depth)?;
            let module = self.modules.get(&above.join("."))?;
            let mut from: String = below.iter().map(|step| format!("module.{step}.")).collect();
            from.push_str(&format!("{}.{}", address.kind, address.name));
            module.removed.get(&from)
        })
    }

    /// The blocks of a provider in any module, `None` for what cannot be read: it may hold another one.
    pub(crate) fn providers(
        &self,
        provider: Option<&str>,
        name: &str,
    ) -> Vec<Option<&Provider<'p>>> {
        let mut found = Vec::new();
        if !self.is_whole() {
            found.push(None);
        }
        for module in self.modules.values() {
            let fitting = module
                .providers
                .iter()
                .filter(|block| module.is_of(block, provider, name));
            found.extend(fitting.map(Some));
        }
        found
    }
}
