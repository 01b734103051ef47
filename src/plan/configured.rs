//! How the providers of a plan are configured: which block a change uses, and what a setting of it says, root variables filled in.
//! The whole configuration is walked for it, so only those make one who were asked about accounts, regions or providers.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::saved::config::Config;
use super::{Configuration, Plan, ReadError, ResourceChange, Shape, Text, Value, Variables, saved};
use crate::address::Address;

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
}

/// The configuration of providers.
pub(crate) struct Configured<'p> {
    form: Form<'p>,
    variables: Variables<'p>,
    sensitive: BTreeMap<Cow<'p, str>, bool>,
    /// Variables that were looked up: each costs a walk through all of them.
    known: RefCell<HashMap<String, Value<'p>>>,
}

enum Form<'p> {
    Nowhere,
    Json {
        blocks: BTreeMap<Cow<'p, str>, JsonBlock<'p>>,
        /// The key of the block that each resource uses, by its address without keys.
        keys: HashMap<String, Cow<'p, str>>,
        /// The only block of a provider, by its full name or, in old plans, its name.
        only: HashMap<String, Option<String>>,
    },
    Source(&'p Config<'p>),
}

#[derive(Deserialize)]
struct Document<'p> {
    #[serde(borrow, default)]
    provider_config: BTreeMap<Cow<'p, str>, JsonBlock<'p>>,
    #[serde(borrow, default)]
    root_module: Module<'p>,
}

#[derive(Deserialize)]
struct JsonBlock<'p> {
    #[serde(borrow, default)]
    name: Option<Text<'p>>,
    #[serde(borrow, default)]
    full_name: Option<Text<'p>>,
    #[serde(borrow, default)]
    module_address: Option<Text<'p>>,
    #[serde(borrow, default)]
    expressions: Option<&'p RawValue>,
}

#[derive(Deserialize, Default)]
struct Module<'p> {
    #[serde(borrow, default)]
    resources: Vec<Resource<'p>>,
    #[serde(borrow, default)]
    module_calls: BTreeMap<Cow<'p, str>, Call<'p>>,
    #[serde(borrow, default)]
    variables: BTreeMap<Cow<'p, str>, Variable>,
}

#[derive(Deserialize)]
struct Resource<'p> {
    #[serde(borrow)]
    address: Text<'p>,
    #[serde(borrow, default)]
    provider_config_key: Option<Text<'p>>,
}

#[derive(Deserialize)]
struct Call<'p> {
    #[serde(borrow, default)]
    module: Module<'p>,
}

#[derive(Deserialize)]
struct Variable {
    #[serde(default)]
    sensitive: bool,
}

impl<'p> Module<'p> {
    /// The parser itself allows no more than 128 levels.
    fn keys(self, path: &str, keys: &mut HashMap<String, Cow<'p, str>>) {
        for resource in self.resources {
            if let Some(Text(key)) = resource.provider_config_key {
                keys.insert(format!("{path}{}", resource.address.0), key);
            }
        }
        for (name, call) in self.module_calls {
            call.module.keys(&format!("{path}module.{name}."), keys);
        }
    }
}

impl std::fmt::Debug for Configured<'_> {
    /// Shows nothing of the settings.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Configured(..)")
    }
}

impl<'p> Configured<'p> {
    /// Reads the configuration of a plan.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn new(plan: &Plan<'p>) -> Result<Self, ReadError> {
        let (mut sensitive, variables) = (BTreeMap::new(), plan.variables);
        let form = match plan.configuration {
            Configuration::Nowhere => Form::Nowhere,
            Configuration::Json(text) => {
                let mut document: Document<'p> = serde_json::from_str(text)
                    .map_err(|_| ReadError("the configuration cannot be read"))?;
                let declared = std::mem::take(&mut document.root_module.variables);
                sensitive = declared
                    .into_iter()
                    .map(|(name, variable)| (name, variable.sensitive))
                    .collect();
                let mut keys = HashMap::new();
                document.root_module.keys("", &mut keys);
                let mut only: HashMap<String, Option<String>> = HashMap::new();
                for (key, block) in &document.provider_config {
                    if let Some(name) = block.full_name.as_ref().or(block.name.as_ref()) {
                        only.entry(name.0.to_string())
                            .and_modify(|only| *only = None)
                            .or_insert_with(|| Some(key.to_string()));
                    }
                }
                Form::Json {
                    blocks: document.provider_config,
                    keys,
                    only,
                }
            }
            Configuration::Source(config) => Form::Source(config),
        };
        Ok(Self {
            form,
            variables,
            sensitive,
            known: RefCell::default(),
        })
    }

    /// What names the provider block that a change uses; `None` when there is none, or when it is not known which one.
    #[must_use]
    pub(crate) fn used<'a>(&'a self, change: &'a ResourceChange<'p>) -> Option<&'a str> {
        match &self.form {
            Form::Nowhere => None,
            Form::Json { blocks, keys, only } => match keys.get(&without_keys(&change.address)) {
                Some(key) => {
                    // Before Terraform 1.1 a module's resource names a block that the root may hold.
                    let of_root = key.rsplit_once(':').map(|(_, key)| key);
                    [Some(key.as_ref()), of_root]
                        .into_iter()
                        .flatten()
                        .find(|key| blocks.contains_key(*key))
                }
                // What is no longer in the configuration names no block: only a single one of its provider can be meant.
                None => only.get(change.provider()?)?.as_deref(),
            },
            Form::Source(_) => change.provider_address(),
        }
    }

    /// The blocks that this stands for: of a saved plan override files may add to one, the later one first.
    #[must_use]
    pub(crate) fn blocks(&self, used: &str) -> Vec<Block<'p>> {
        match &self.form {
            Form::Nowhere => Vec::new(),
            Form::Json { blocks, .. } => {
                let block = |block: &JsonBlock<'p>| Block {
                    name: used.to_owned(),
                    values: Value::json(
                        block.expressions,
                        super::Mask::Nothing,
                        super::Mask::Nothing,
                    ),
                    root: block
                        .module_address
                        .as_ref()
                        .is_none_or(|module| module.0.is_empty()),
                };
                blocks.get(used).map(block).into_iter().collect()
            }
            Form::Source(config) => source_blocks(config, used),
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
    ) -> Result<Vec<Value<'p>>, ReadError> {
        let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
        let last = path.last().map_or("", String::as_str);
        block
            .values
            .at(&path)?
            .into_iter()
            .map(|value| self.resolve(value, block.root, last))
            .collect()
    }

    fn resolve(&self, value: Value<'p>, root: bool, setting: &str) -> Result<Value<'p>, ReadError> {
        let Shape::Object(members) = value.shape()? else {
            return Ok(value);
        };
        if let Some((_, constant)) = members.iter().find(|(name, _)| name == "constant_value") {
            return Ok(*constant);
        }
        let Shape::List(names) = super::member(&members, "references").shape()? else {
            return Ok(Value::UNKNOWN);
        };
        let [only] = names.as_slice() else {
            return Ok(Value::UNKNOWN);
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
            None => Ok(Value::UNKNOWN),
        }
    }

    fn variable(&self, name: &str) -> Result<Value<'p>, ReadError> {
        let known = self.known.borrow().get(name).copied();
        if let Some(value) = known {
            return Ok(value);
        }
        // More variables than this no configuration of providers has.
        if self.known.borrow().len() >= MOST_VARIABLES {
            return Ok(Value::UNKNOWN);
        }
        let value = self.look_up(name)?;
        self.known.borrow_mut().insert(name.to_owned(), value);
        Ok(value)
    }

    fn look_up(&self, name: &str) -> Result<Value<'p>, ReadError> {
        let declared = match &self.form {
            Form::Source(config) => config
                .modules()
                .get("")
                .and_then(|root| root.variables.get(name)),
            _ => None,
        };
        let sensitive = declared.map_or_else(
            || self.sensitive.get(name).copied().unwrap_or(true),
            |variable| variable.sensitive,
        );
        let set = match self.variables {
            Variables::Nowhere => None,
            Variables::Json(text) => json_variable(text, name)?,
            Variables::Wire(plan) => saved::variable(plan, name)?,
        };
        let value = match (
            set,
            declared.and_then(|variable| variable.default.as_deref()),
        ) {
            (Some(value), _) => value,
            (None, Some(default)) => Value::of_json(default).expression()?,
            (None, None) => Value::UNKNOWN,
        };
        Ok(if sensitive { value.marked() } else { value })
    }

    /// The source addresses of all providers that the configuration uses, as far as it can be read; built-in ones left out.
    /// Of JSON before Terraform 1.1 only the local names.
    #[must_use]
    pub(crate) fn sources(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        match &self.form {
            Form::Nowhere => {}
            Form::Json { blocks, .. } => found.extend(blocks.values().filter_map(|block| {
                Some(
                    block
                        .full_name
                        .as_ref()
                        .or(block.name.as_ref())?
                        .0
                        .to_string(),
                )
            })),
            Form::Source(config) => {
                for module in config.modules().values() {
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
            }
        }
        found.retain(|source| !source.starts_with(BUILTIN) && source != "terraform");
        found
    }
}

/// The blocks that `module.x.provider["registry.terraform.io/hashicorp/aws"].east` stands for: the later one wins.
fn source_blocks<'p>(config: &'p Config<'p>, address: &str) -> Vec<Block<'p>> {
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
    let Some(module) = config.modules().get(&path) else {
        return Vec::new();
    };
    let fitting = module.providers.iter().rev().filter(|block| {
        block.alias == alias && (block.name == full || module.is_source(&block.name, full))
    });
    fitting
        .map(|block| Block {
            name: if alias.is_empty() {
                block.name.clone()
            } else {
                format!("{}.{alias}", block.name)
            },
            values: Value::of_json(&block.json),
            root: path.is_empty(),
        })
        .collect()
}

/// An address as the configuration has it: without the keys of its instances.
fn without_keys(address: &str) -> String {
    let Some(address) = Address::parse(address) else {
        return String::new();
    };
    let modules: String = address
        .module
        .iter()
        .map(|step| format!("module.{}.", step.name))
        .collect();
    format!(
        "{modules}{}{}.{}",
        if address.data { "data." } else { "" },
        address.kind,
        address.name
    )
}

fn json_variable<'p>(text: &'p str, name: &str) -> Result<Option<Value<'p>>, ReadError> {
    #[derive(Deserialize)]
    struct Variable<'p> {
        #[serde(borrow, default)]
        value: Option<&'p RawValue>,
    }
    let variables: BTreeMap<Cow<'p, str>, Variable<'p>> =
        serde_json::from_str(text).map_err(|_| ReadError("the variables cannot be read"))?;
    Ok(variables
        .into_iter()
        .find(|(key, _)| key == name)
        .and_then(|(_, variable)| variable.value)
        .map(|raw| Value::of_json(raw.get())))
}
