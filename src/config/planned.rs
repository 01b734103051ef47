//! The `configuration` of a JSON plan (<https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation>).
//! Literal credentials stand in there: only what somebody names is ever read from the settings of a provider.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::literal::{UNKNOWN, constant};
use super::model::{FullName, Module, Provider, Resource, Tree, Variable};

/// The longest default that is kept, in bytes.
const MAX_DEFAULT: usize = 4096;

/// An object of named things; a name that comes twice is refused, since nobody can say which of the two is meant.
pub(crate) fn once<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    struct Each<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<T> {
        type Value = BTreeMap<String, T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = BTreeMap::new();
            while let Some((name, value)) = map.next_entry::<String, T>()? {
                if found.insert(name, value).is_some() {
                    return Err(A::Error::custom("a name twice"));
                }
            }
            Ok(found)
        }
    }
    deserializer.deserialize_map(Each(PhantomData))
}

#[derive(Deserialize)]
struct Document<'p> {
    #[serde(borrow, default, deserialize_with = "once")]
    provider_config: BTreeMap<String, ProviderConfig<'p>>,
    #[serde(borrow, default)]
    root_module: ModuleConfig<'p>,
}

#[derive(Deserialize)]
struct ProviderConfig<'p> {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    full_name: Option<String>,
    #[serde(default)]
    module_address: Option<String>,
    #[serde(borrow, default)]
    expressions: Option<&'p RawValue>,
}

#[derive(Deserialize, Default)]
struct ModuleConfig<'p> {
    #[serde(default)]
    resources: Vec<ResourceConfig>,
    #[serde(borrow, default, deserialize_with = "once")]
    module_calls: BTreeMap<String, Call<'p>>,
    #[serde(borrow, default, deserialize_with = "once")]
    variables: BTreeMap<String, VariableConfig<'p>>,
}

#[derive(Deserialize)]
struct ResourceConfig {
    address: String,
    #[serde(default)]
    provider_config_key: Option<String>,
}

#[derive(Deserialize)]
struct Call<'p> {
    #[serde(borrow, default)]
    module: ModuleConfig<'p>,
}

#[derive(Deserialize)]
struct VariableConfig<'p> {
    #[serde(borrow, default)]
    default: Option<&'p RawValue>,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    ephemeral: Option<bool>,
}

/// Reads it; `None` when it cannot be understood.
pub(crate) fn read(text: &str) -> Option<Tree<'_>> {
    let document: Document<'_> = serde_json::from_str(text).ok()?;
    let mut tree = Tree::default();
    module(document.root_module, String::new(), &mut tree);
    for (key, block) in document.provider_config {
        let path = path(block.module_address.as_deref().unwrap_or_default());
        let module = tree
            .modules
            .entry(path)
            .or_insert_with(|| Module::new(String::new()));
        let full = block.full_name.map_or(FullName::Unsaid, FullName::Said);
        let settings = block.expressions.map_or("{}", RawValue::get);
        let name = block.name.unwrap_or_default();
        module
            .providers
            .push(Provider::of_plan(key, name, full, settings));
    }
    Some(tree)
}

/// The parser itself allows no more than 128 levels.
fn module<'p>(read: ModuleConfig<'p>, path: String, tree: &mut Tree<'p>) {
    let mut module_read = Module::new(String::new());
    for resource in read.resources {
        let block = Resource {
            provider_key: resource.provider_config_key,
            ..Resource::default()
        };
        module_read.put_resource(resource.address, block, false);
    }
    for (name, variable) in read.variables {
        let default = variable.default.map(|raw| {
            if raw.get().len() <= MAX_DEFAULT {
                constant(raw.get())
            } else {
                UNKNOWN.to_owned()
            }
        });
        let variable = Variable {
            default,
            sensitive: Some(variable.sensitive),
            ephemeral: variable.ephemeral,
        };
        module_read.put_variable(&name, variable);
    }
    for (name, call) in read.module_calls {
        let below = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        module_read.calls.insert(name);
        module(call.module, below, tree);
    }
    tree.modules.insert(path, module_read);
}

/// `module.a.module.b` as `a.b`.
fn path(address: &str) -> String {
    let parts = address.split('.').enumerate();
    let names: Vec<&str> = parts
        .filter(|(number, _)| number % 2 == 1)
        .map(|(_, name)| name)
        .collect();
    names.join(".")
}
