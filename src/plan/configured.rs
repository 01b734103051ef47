//! How the providers of a plan are configured: which block a change uses, and what a setting of it says, root variables filled in.
//! The whole configuration is walked for it, so only those make one who were asked about accounts, regions or providers.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::saved::config::Config;
use super::{Configuration, Plan, ReadError, ResourceChange, Shape, Value, Variables, saved};
use crate::config::{FullName, Module, Provider, Tree, Variable, once};

/// Providers that are part of Terraform itself.
const BUILTIN: &str = "terraform.io/builtin/";
/// The most variables that are looked up.
const MOST_VARIABLES: usize = 64;

/// One provider block.
#[derive(Debug, Clone)]
pub(crate) struct Block<'p> {
    /// As a configuration names it: `aws`, `aws.east`.
    pub(crate) name: String,
    /// Its settings, as expressions.
    values: Value<'p>,
    /// Only in the root module a variable is one that somebody has set.
    root: bool,
    /// Whether its module has a file that cannot be read, and that may say more or otherwise.
    pub(crate) partial: bool,
}

/// What a setting of a block says.
#[derive(Debug)]
pub(crate) struct Setting<'p> {
    pub(crate) values: Vec<Value<'p>>,
    /// Whether something else may count: another file, or a value that is given anew at apply.
    pub(crate) in_doubt: bool,
}

/// The configuration of providers.
pub(crate) struct Configured<'p> {
    form: Form<'p>,
    variables: Variables<'p>,
    given_anew: GivenAnew<'p>,
    /// Variables that were looked up: each costs a walk through all of them.
    known: RefCell<HashMap<String, (Value<'p>, bool)>>,
}

/// Which root variables have another value at apply than the plan shows, or may have.
enum GivenAnew<'p> {
    /// Those that a saved plan lists.
    Listed(Vec<&'p str>),
    /// The JSON shows the default of such a variable, and does not say that it is one: only the sources do, where they are known.
    IfDefault(Option<Box<Module<'static>>>),
    /// None: JSON of a version that has no such variables.
    None,
}

enum Form<'p> {
    Nowhere,
    Json {
        tree: Arc<Tree<'p>>,
        /// Where each provider block is, by its key: the path of its module and its number there.
        keys: HashMap<String, (String, usize)>,
        /// The key of the only block of a provider, by its full name or, in old plans, its name.
        only: HashMap<String, Option<String>>,
    },
    Source(&'p Config<'p>),
}

impl std::fmt::Debug for Configured<'_> {
    /// Shows nothing of the settings.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Configured(..)")
    }
}

impl<'p> Configured<'p> {
    /// Reads the configuration of a plan; `files` are the sources of its root module, for a plan that does not have them.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn new(
        plan: &Plan<'p>,
        files: &BTreeMap<String, String>,
    ) -> Result<Self, ReadError> {
        let given_anew = match plan.saved.as_deref() {
            Some(saved) => GivenAnew::Listed(saved.ephemeral.clone()),
            None if plan.since(1, 10) => {
                let here = (!files.is_empty()).then(|| Module::of_files(files));
                GivenAnew::IfDefault(here.filter(|module| module.whole).map(Box::new))
            }
            None => GivenAnew::None,
        };
        let form = match &plan.configuration {
            Configuration::Nowhere => Form::Nowhere,
            Configuration::Json(planned) => {
                let tree = Arc::clone(super::readable(planned)?);
                let mut keys = HashMap::new();
                let mut only: HashMap<String, Option<String>> = HashMap::new();
                for (path, module) in &tree.modules {
                    for (number, block) in module.providers.iter().enumerate() {
                        keys.insert(block.key.clone(), (path.clone(), number));
                        only.entry(said_name(block).to_owned())
                            .and_modify(|only| *only = None)
                            .or_insert_with(|| Some(block.key.clone()));
                    }
                }
                Form::Json { tree, keys, only }
            }
            Configuration::Source(config) => Form::Source(config),
        };
        Ok(Self {
            form,
            variables: plan.variables,
            given_anew,
            known: RefCell::default(),
        })
    }

    /// What names the provider block that a change uses; `None` when there is none, or when it is not known which one.
    #[must_use]
    pub(crate) fn used<'a>(&'a self, change: &'a ResourceChange<'p>) -> Option<&'a str> {
        match &self.form {
            Form::Nowhere => None,
            Form::Json { tree, keys, only } => {
                let used = tree
                    .resource(&change.address)
                    .and_then(|resource| resource.provider_key.as_deref());
                match used {
                    Some(key) => {
                        // Before Terraform 1.1 a module's resource names a block that the root may hold.
                        let of_root = key.rsplit_once(':').map(|(_, key)| key);
                        [Some(key), of_root]
                            .into_iter()
                            .flatten()
                            .find(|key| keys.contains_key(*key))
                    }
                    // What is no longer in the configuration names no block: only a single one of its provider can be meant.
                    None => only.get(change.provider()?)?.as_deref(),
                }
            }
            Form::Source(_) => change.provider_address(),
        }
    }

    /// The blocks that this stands for.
    #[must_use]
    pub(crate) fn blocks(&self, used: &str) -> Vec<Block<'p>> {
        match &self.form {
            Form::Nowhere => Vec::new(),
            Form::Json { tree, keys, .. } => {
                let block = |(path, number): &(String, usize)| {
                    let block = tree.modules.get(path)?.providers.get(*number)?;
                    Some(Block {
                        name: used.to_owned(),
                        values: block
                            .borrowed_settings()
                            .map_or(Value::UNKNOWN, Value::of_json),
                        root: path.is_empty(),
                        partial: false,
                    })
                };
                keys.get(used).and_then(block).into_iter().collect()
            }
            Form::Source(config) => source_blocks(config.tree(), used),
        }
    }

    /// What a setting of a block says, such as `assume_role.role_arn`: what it refers to is unknown, but for a root variable.
    ///
    /// # Errors
    /// See [`Value::shape`].
    pub(crate) fn setting(
        &self,
        block: &Block<'p>,
        path: &[&str],
    ) -> Result<Setting<'p>, ReadError> {
        let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
        let last = path.last().map_or("", String::as_str);
        let mut setting = Setting {
            values: Vec::new(),
            in_doubt: block.partial,
        };
        for value in block.values.at(&path)? {
            let (value, in_doubt) = self.resolve(value, block.root, last)?;
            setting.values.push(value);
            setting.in_doubt |= in_doubt;
        }
        Ok(setting)
    }

    fn resolve(
        &self,
        value: Value<'p>,
        root: bool,
        setting: &str,
    ) -> Result<(Value<'p>, bool), ReadError> {
        let Shape::Object(members) = value.shape()? else {
            return Ok((value, false));
        };
        if let Some((_, constant)) = members.iter().find(|(name, _)| name == "constant_value") {
            return Ok((*constant, false));
        }
        let Shape::List(names) = super::member(&members, "references").shape()? else {
            return Ok((Value::UNKNOWN, false));
        };
        let [only] = names.as_slice() else {
            return Ok((Value::UNKNOWN, false));
        };
        let only = only.text()?.unwrap_or_default();
        // The JSON names what an expression refers to and leaves out the rest of it: a project, which has no form of its own, may be put together.
        let whole = |name: &&str| {
            !matches!(self.form, Form::Json { .. })
                || setting != "project"
                || name.contains("project")
        };
        match only
            .strip_prefix("var.")
            .filter(|name| root && !name.contains(['.', '[']))
            .filter(whole)
        {
            Some(name) => self.variable(name),
            None => Ok((Value::UNKNOWN, false)),
        }
    }

    fn variable(&self, name: &str) -> Result<(Value<'p>, bool), ReadError> {
        let known = self.known.borrow().get(name).copied();
        if let Some(value) = known {
            return Ok(value);
        }
        // More variables than this no configuration of providers has.
        if self.known.borrow().len() >= MOST_VARIABLES {
            return Ok((Value::UNKNOWN, false));
        }
        let value = self.look_up(name)?;
        self.known.borrow_mut().insert(name.to_owned(), value);
        Ok(value)
    }

    /// The value of a variable, and whether another one may count.
    fn look_up(&self, name: &str) -> Result<(Value<'p>, bool), ReadError> {
        let root = match &self.form {
            Form::Nowhere => None,
            Form::Json { tree, .. } => tree.root(),
            Form::Source(config) => config.tree().root(),
        };
        let declared = root.and_then(|root| root.variables.get(name));
        let whole = root.is_some_and(|root| root.whole);
        // One that is not declared anywhere that is read may be a secret.
        let sensitive = !whole || declared.is_none_or(|declared| declared.sensitive == Some(true));
        let set = match self.variables {
            Variables::Nowhere => None,
            Variables::Json(text) => json_variable(text, name)?,
            Variables::Wire(plan) => saved::variable(plan, name)?,
        };
        let anew = match &self.given_anew {
            GivenAnew::None => false,
            GivenAnew::Listed(names) => {
                names.contains(&name)
                    || declared.is_some_and(|declared| declared.ephemeral == Some(true))
            }
            GivenAnew::IfDefault(here) => {
                let said = here.as_ref().and_then(|here| here.variables.get(name));
                said.is_none_or(|said| said.ephemeral == Some(true))
                    && declared.is_some_and(|declared| is_default(set, declared))
            }
        };
        let default = match &self.form {
            Form::Source(config) => config
                .tree()
                .root()
                .and_then(|root| root.variables.get(name)?.default.as_deref()),
            _ => None,
        };
        // Another file may have another default.
        let in_doubt = anew || (set.is_none() && !whole);
        let value = match (set, default) {
            (Some(value), _) => value,
            (None, Some(default)) => Value::of_json(default).expression()?,
            (None, None) => Value::UNKNOWN,
        };
        let value = if sensitive { value.marked() } else { value };
        Ok((value, in_doubt))
    }

    /// The source addresses of all providers that the configuration uses, built-in ones left out, and whether these are all.
    /// Of JSON before Terraform 1.1 only the local names.
    #[must_use]
    pub(crate) fn sources(&self) -> (BTreeSet<String>, bool) {
        let (mut found, mut all) = (BTreeSet::new(), true);
        match &self.form {
            Form::Nowhere => {}
            Form::Json { tree, .. } => {
                let blocks = tree.modules.values().flat_map(|module| &module.providers);
                found.extend(blocks.map(|block| said_name(block).to_owned()));
            }
            Form::Source(config) => {
                for module in config.tree().modules.values() {
                    let named = module
                        .providers
                        .iter()
                        .map(|block| block.name.as_str())
                        .chain(module.implied());
                    found.extend(
                        named
                            .filter(|name| *name != "terraform")
                            .map(|name| module.source_of(name)),
                    );
                    found.extend(module.requires.values().cloned());
                }
                // What was chosen from all files stands in the lock file.
                if !config.tree().is_whole() {
                    let locked = config.locked_providers();
                    all = locked.is_some();
                    found.extend(locked.unwrap_or_default());
                }
            }
        }
        found.retain(|source| !source.starts_with(BUILTIN) && source != "terraform");
        (found, all)
    }
}

/// What the JSON of a plan calls the provider of a block: its full name, or in old plans the local one.
fn said_name<'a>(block: &'a Provider<'_>) -> &'a str {
    match &block.full {
        FullName::Said(full) => full,
        FullName::Required | FullName::Unsaid => &block.name,
    }
}

/// The blocks that `module.x.provider["registry.terraform.io/hashicorp/aws"].east` stands for.
fn source_blocks<'p>(tree: &'p Tree<'p>, address: &str) -> Vec<Block<'p>> {
    let (before, full, alias) = if let Some((before, rest)) = address.split_once("provider[\"") {
        let Some((full, rest)) = rest.split_once("\"]") else {
            return Vec::new();
        };
        (before, full, rest.strip_prefix('.').unwrap_or_default())
    } else {
        // Terraform 0.12: `provider.aws.east`.
        let Some((before, rest)) = address.split_once("provider.") else {
            return Vec::new();
        };
        let (name, alias) = rest.split_once('.').unwrap_or((rest, ""));
        (before, name, alias)
    };
    let path = before
        .split('.')
        .filter(|part| !matches!(*part, "module" | ""))
        .collect::<Vec<_>>()
        .join(".");
    let module = tree.modules.get(&path);
    let whole = module.map_or_else(|| tree.is_whole(), |module| module.whole);
    let fitting = module
        .iter()
        .flat_map(|module| module.providers.iter().map(move |block| (module, block)))
        .filter(|(module, block)| block.alias == alias && module.is_of(block, Some(full), full));
    let mut found: Vec<Block<'p>> = fitting
        .map(|(_, block)| Block {
            name: named(&block.name, alias),
            values: Value::of_json(block.settings()),
            root: path.is_empty(),
            partial: !whole,
        })
        .collect();
    if found.is_empty() && !whole {
        found.push(Block {
            name: named(full.rsplit('/').next().unwrap_or(full), alias),
            values: Value::UNKNOWN,
            root: path.is_empty(),
            partial: true,
        });
    }
    found
}

/// A provider block as a configuration names it.
fn named(name: &str, alias: &str) -> String {
    if alias.is_empty() {
        name.to_owned()
    } else {
        format!("{name}.{alias}")
    }
}

/// Whether the value of a variable is its default, as far as JSON tells: longer ones are taken for it.
fn is_default(set: Option<Value<'_>>, declared: &Variable) -> bool {
    let (Some(set), Some(default)) = (set, declared.default.as_deref()) else {
        return false;
    };
    let Ok(default) = Value::of_json(default).expression() else {
        return true;
    };
    set.same_json(&default)
}

fn json_variable<'p>(text: &'p str, name: &str) -> Result<Option<Value<'p>>, ReadError> {
    #[derive(Deserialize)]
    struct Variable<'p> {
        #[serde(borrow, default)]
        value: Option<&'p RawValue>,
    }
    let variables: BTreeMap<String, Variable<'p>> =
        once(&mut serde_json::Deserializer::from_str(text))
            .map_err(|_| ReadError("the variables cannot be read"))?;
    Ok(variables
        .into_iter()
        .find(|(key, _)| key == name)
        .and_then(|(_, variable)| variable.value)
        .map(|raw| Value::of_json(raw.get())))
}
