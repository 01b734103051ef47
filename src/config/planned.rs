//! The `configuration` of a JSON plan (<https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation>).
//! Literal credentials stand in there: only what somebody names is ever read from the settings of a provider.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::links::{Links, Name, listed};
use super::literal::{UNKNOWN, constant};
use super::model::{FullName, Module, Provider, Provisioner, Resource, Tree, Variable};

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

/// The `configuration` of a plan: read once, when somebody asks.
pub(crate) struct Planned<'p> {
    text: &'p str,
    tree: OnceLock<Option<Arc<Tree<'p>>>>,
}

impl<'p> Planned<'p> {
    pub(crate) const fn new(text: &'p str) -> Self {
        Self {
            text,
            tree: OnceLock::new(),
        }
    }

    /// Its modules; `None` when it cannot be understood.
    pub(crate) fn tree(&self) -> Option<&Arc<Tree<'p>>> {
        let read = || read(self.text).map(Arc::new);
        self.tree.get_or_init(read).as_ref()
    }

    /// Whether any block may have a provisioner: most configurations have none, and are not read for it.
    pub(crate) fn may_have_provisioners(&self) -> bool {
        self.text.contains("\"provisioners\"")
    }
}

/// The most links that are kept of all modules.
const MOST_LINKS: usize = 500_000;

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
    version_constraint: Option<String>,
    #[serde(default)]
    module_address: Option<String>,
    #[serde(borrow, default)]
    expressions: Option<&'p RawValue>,
}

#[derive(Deserialize, Default)]
struct ModuleConfig<'p> {
    #[serde(borrow, default)]
    resources: Vec<ResourceConfig<'p>>,
    #[serde(borrow, default, deserialize_with = "once")]
    module_calls: BTreeMap<String, Call<'p>>,
    #[serde(borrow, default, deserialize_with = "once")]
    variables: BTreeMap<String, VariableConfig<'p>>,
    #[serde(borrow, default, deserialize_with = "once")]
    outputs: BTreeMap<String, &'p RawValue>,
}

#[derive(Deserialize)]
struct ResourceConfig<'p> {
    address: String,
    #[serde(borrow, default)]
    mode: Option<Word<'p>>,
    #[serde(default)]
    provider_config_key: Option<String>,
    /// What it takes from others, whatever attribute takes it.
    #[serde(borrow, default)]
    expressions: Option<&'p RawValue>,
    #[serde(borrow, default)]
    count_expression: Option<Count<'p>>,
    #[serde(borrow, default)]
    for_each_expression: Option<&'p RawValue>,
    #[serde(borrow, default)]
    depends_on: Vec<Word<'p>>,
    #[serde(borrow, default)]
    provisioners: Vec<Runs<'p>>,
}

/// Its arguments may hold secrets: only what they refer to is looked at.
#[derive(Deserialize)]
struct Runs<'p> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow, default)]
    expressions: Option<&'p RawValue>,
}

#[derive(Deserialize)]
struct Call<'p> {
    #[serde(borrow, default)]
    module: ModuleConfig<'p>,
    #[serde(borrow, default, deserialize_with = "once")]
    expressions: BTreeMap<String, &'p RawValue>,
    #[serde(borrow, default)]
    count_expression: Option<Count<'p>>,
    #[serde(default)]
    for_each_expression: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Count<'p> {
    #[serde(borrow, default)]
    constant_value: Option<&'p RawValue>,
    #[serde(borrow, default)]
    references: Vec<Word<'p>>,
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

/// Whether there is an instance for certain.
fn is_certain(count: Option<&Count<'_>>, repeated: bool) -> bool {
    let at_least_one = |count: &Count<'_>| {
        let number = count
            .constant_value
            .and_then(|raw| raw.get().parse::<f64>().ok());
        number.is_some_and(|number| number >= 1.0)
    };
    !repeated && count.is_none_or(at_least_one)
}

/// A text that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Word<'p>(#[serde(borrow)] Cow<'p, str>);

/// A part of the document, for looking at the references in it. Values are passed over: they may be secrets.
enum Node<'p> {
    Text(Cow<'p, str>),
    List(Vec<Self>),
    Object(Vec<(Cow<'p, str>, Self)>),
    Other,
}

impl<'de: 'p, 'p> Deserialize<'de> for Node<'p> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Node<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(Word(name)) = map.next_key()? {
                    if name == "constant_value" {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        members.push((name, map.next_value()?));
                    }
                }
                Ok(Node::Object(members))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
                Ok(Node::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
                Ok(Node::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Node<'de>, E> {
                Ok(Node::Other)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Node<'de>, E> {
                Ok(Node::Other)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Node<'de>, E> {
                Ok(Node::Other)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Node<'de>, E> {
                Ok(Node::Other)
            }
            fn visit_unit<E>(self) -> Result<Node<'de>, E> {
                Ok(Node::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Hands over every list of texts that stands under `references`, anywhere in a part of the document.
fn each_list(raw: Option<&RawValue>, take: &mut dyn FnMut(&[&str])) {
    fn walk(node: &Node<'_>, references: bool, take: &mut dyn FnMut(&[&str])) {
        match node {
            Node::List(items) => {
                let texts = items.iter().filter_map(|item| match item {
                    Node::Text(text) => Some(text.as_ref()),
                    _ => None,
                });
                let texts: Vec<&str> = texts.filter(|_| references).collect();
                take(&texts);
                items.iter().for_each(|item| walk(item, false, take));
            }
            Node::Object(members) => {
                for (name, member) in members {
                    walk(member, name == "references", take);
                }
            }
            Node::Text(_) | Node::Other => {}
        }
    }
    // Most of a big configuration is plain values.
    let raw = raw.map_or("", RawValue::get);
    if raw.contains("references")
        && let Ok(node) = serde_json::from_str::<Node<'_>>(raw)
    {
        walk(&node, false, take);
    }
}

/// Reads it; `None` when it cannot be understood.
pub(crate) fn read(text: &str) -> Option<Tree<'_>> {
    let document: Document<'_> = serde_json::from_str(text).ok()?;
    let mut tree = Tree::default();
    let mut left = MOST_LINKS;
    module(document.root_module, String::new(), &mut left, &mut tree);
    for (key, block) in document.provider_config {
        let path = path(block.module_address.as_deref().unwrap_or_default());
        let module = tree
            .modules
            .entry(path)
            .or_insert_with(|| Module::new(String::new()));
        let full = block.full_name.map_or(FullName::Unsaid, FullName::Said);
        let settings = block.expressions.map_or("{}", RawValue::get);
        let name = block.name.unwrap_or_default();
        let mut provider = Provider::of_plan(key, name, full, settings);
        provider.constraint = block.version_constraint;
        module.providers.push(provider);
    }
    Some(tree)
}

/// The parser itself allows no more than 128 levels.
fn module<'p>(read: ModuleConfig<'p>, path: String, left: &mut usize, tree: &mut Tree<'p>) {
    let mut module_read = Module::new(String::new());
    link(&read, left, &mut module_read.links);
    for resource in read.resources {
        let managed = resource.mode.is_some_and(|mode| mode.0 == "managed");
        let repeated = resource.for_each_expression.is_some();
        let block = Resource {
            provider_key: resource.provider_config_key,
            certain: managed && is_certain(resource.count_expression.as_ref(), repeated),
            // When they run is not told.
            provisioners: Provisioner::kept(
                resource
                    .provisioners
                    .iter()
                    .map(|runs| Provisioner::new(&runs.kind, Some(""))),
            ),
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
        let repeated = call.for_each_expression.is_some();
        if !is_certain(call.count_expression.as_ref(), repeated) {
            module_read.uncertain.insert(name.clone());
        }
        module_read.calls.insert(name);
        module(call.module, below, left, tree);
    }
    tree.modules.insert(path, module_read);
}

/// Adds what everything in a module refers to.
fn link(read: &ModuleConfig<'_>, left: &mut usize, links: &mut Links) {
    let mut add = |user: &Name, texts: &[&str], value: bool| {
        let found = listed(texts);
        if found.len() > *left {
            links.cut = true;
            return;
        }
        *left -= found.len();
        for to in found {
            links.add(user, to, value);
        }
    };
    for (name, output) in &read.outputs {
        let user = Name::Output(name.clone());
        each_list(Some(output), &mut |texts| add(&user, texts, true));
    }
    for (call, called) in &read.module_calls {
        for (name, expressions) in &called.expressions {
            let (call, name) = (call.clone(), Some(name.clone()));
            let user = Name::Called { call, name };
            each_list(Some(expressions), &mut |texts| add(&user, texts, true));
        }
    }
    for resource in &read.resources {
        let user = match resource.address.split_once('.') {
            Some(("data" | "ephemeral", _)) => Name::Read(resource.address.clone()),
            _ => Name::Managed(resource.address.clone()),
        };
        let own = [resource.expressions, resource.for_each_expression];
        let provisioned = resource.provisioners.iter().map(|one| one.expressions);
        for expressions in own.into_iter().chain(provisioned) {
            each_list(expressions, &mut |texts| add(&user, texts, true));
        }
        let count = resource.count_expression.as_ref();
        let count = count.map_or(&[][..], |count| count.references.as_slice());
        for (words, value) in [(count, true), (&resource.depends_on, false)] {
            let texts: Vec<&str> = words.iter().map(|Word(word)| word.as_ref()).collect();
            add(&user, &texts, value);
        }
    }
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
