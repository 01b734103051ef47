//! The configuration within a saved plan (`tfconfig/`, formats 2.1): read only when somebody asks, and never a reason to refuse. What cannot be parsed is
//! not known. The JSON of a plan has none of it: where in the sources a block stands.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::OnceLock;

use super::hcl;
use super::zip::Container;
use crate::address::Address;
use crate::plan::Value;

/// The largest source file that is read, in bytes.
pub(super) const MAX_FILE: u64 = 1 << 20;
/// The most that is read of all files, in bytes: the parsed form takes many times as much.
const MAX_ALL: u64 = 16 << 20;

/// The configuration of a saved plan.
pub struct Config<'b> {
    container: Container<'b>,
    parsed: OnceLock<Parsed>,
}

impl fmt::Debug for Config<'_> {
    /// Shows nothing of the sources.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Config(..)")
    }
}

/// The block of a resource in the sources.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The file, as seen from where Terraform ran.
    pub file: String,
    /// The line of the block's head, from 1.
    pub line: usize,
    /// Each attribute by its path (`versioning.enabled`) with its line, in the order of the file.
    pub(crate) attributes: Vec<(String, usize)>,
}

impl Block {
    /// The line of an attribute.
    #[must_use]
    pub fn line_of(&self, path: &str) -> Option<usize> {
        self.attributes
            .iter()
            .find(|(name, _)| name == path)
            .map(|(_, line)| *line)
    }
}

/// A module of the configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Module {
    /// Its directory, as seen from where Terraform ran.
    pub(crate) dir: String,
    /// Whether every file of it could be read.
    pub(crate) whole: bool,
    pub(super) blocks: HashMap<String, Block>,
    pub(crate) providers: Vec<Provider>,
    pub(crate) requires: HashMap<String, String>,
    pub(crate) variables: HashMap<String, Variable>,
}

/// A provider block: its literals as the JSON of a plan has them.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    pub(crate) name: String,
    /// Empty when it has none.
    pub(crate) alias: String,
    pub(crate) json: String,
}

/// A variable: what it is when nobody sets it, as an expression like those of [`Provider`].
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) default: Option<String>,
    pub(crate) sensitive: bool,
}

/// What is kept of the sources: modules by their path (`a.b`), the root module as the empty one.
type Parsed = BTreeMap<String, Module>;

impl<'b> Config<'b> {
    pub(super) const fn new(container: Container<'b>) -> Self {
        Self {
            container,
            parsed: OnceLock::new(),
        }
    }

    /// The modules by their path (`a.b`); the root module is the empty one.
    pub(crate) fn modules(&self) -> &BTreeMap<String, Module> {
        self.parsed.get_or_init(|| parse(&self.container))
    }

    /// The block of the resource that an address is an instance of.
    #[must_use]
    pub(crate) fn block(&self, address: &str) -> Option<&Block> {
        let address = Address::parse(address)?;
        self.modules()
            .get(&module_key(&address))?
            .blocks
            .get(&hcl::key(address.data, address.kind, address.name))
    }

    /// The root module's `.tf` and `.tofu` files with their texts; `None` when one is too large or no text.
    #[must_use]
    pub(crate) fn root_files(&self) -> Option<BTreeMap<String, String>> {
        let mut files = BTreeMap::new();
        for name in self.container.names() {
            let Some(file) = name.strip_prefix("tfconfig/m-/") else {
                continue;
            };
            if !file.contains('/') && (file.ends_with(".tf") || file.ends_with(".tofu")) {
                files.insert(file.to_owned(), text(&self.container, name)?);
            }
        }
        Some(files)
    }

    /// The names of the root module's source files.
    pub(crate) fn root_names(&self) -> impl Iterator<Item = String> {
        self.container
            .names()
            .filter_map(|name| name.strip_prefix("tfconfig/m-/"))
            .filter(|name| !name.contains('/') && is_source(name))
            .map(str::to_owned)
    }

    /// The directory of the root module, as seen from where Terraform ran.
    pub(crate) fn root_dir(&self) -> String {
        let root = listed(&self.container)
            .into_iter()
            .find(|listed| listed.key.is_empty());
        root.map(|listed| listed.dir).unwrap_or_default()
    }

    /// A source file as it is: for snippets of it, never for printing whole.
    #[must_use]
    pub fn source(&self, file: &str) -> Option<String> {
        let (key, name) = self.modules().iter().find_map(|(key, module)| {
            Some((
                key,
                file.strip_prefix(&prefix(&module.dir))
                    .filter(|name| !name.contains('/'))?,
            ))
        })?;
        text(&self.container, &format!("tfconfig/m-{key}/{name}"))
    }

    /// The blocks of a provider, in any module. A source that cannot be read may hold another one, so it counts as one of which nothing is known.
    pub(crate) fn provider_blocks(&self, provider: Option<&str>, prefix: &str) -> Vec<Value<'_>> {
        let mut found = Vec::new();
        for module in self.modules().values() {
            if !module.whole {
                found.push(Value::UNKNOWN);
            }
            for block in &module.providers {
                let fits = match provider {
                    Some(full) if full.contains('/') => module.is_source(&block.name, full),
                    _ => block.name == prefix,
                };
                if fits {
                    found.push(Value::of_json(&block.json));
                }
            }
        }
        found
    }
}

impl Module {
    /// A root module of these files alone.
    pub(crate) fn of_files(files: &BTreeMap<String, String>) -> Self {
        let mut module = Self {
            whole: true,
            ..Self::default()
        };
        for (name, text) in files {
            let read = hcl::read(text, name, hcl::overrides(name), &mut module);
            module.whole = module.whole && read.is_some();
        }
        module
    }

    /// The source of a provider by its local name, as written: `hashicorp/aws`, or with a host.
    pub(crate) fn source_of(&self, name: &str) -> String {
        self.requires
            .get(name)
            .cloned()
            .unwrap_or_else(|| format!("hashicorp/{name}"))
    }

    /// Whether a local name stands for a provider with this full name.
    pub(crate) fn is_source(&self, name: &str, full: &str) -> bool {
        let source = self.source_of(name);
        full == source || full.split_once('/').is_some_and(|(_, rest)| rest == source)
    }

    /// The local names of providers that its blocks use by the names of their types, so without a `provider` of their own.
    pub(crate) fn implied(&self) -> impl Iterator<Item = &str> {
        let plain = self
            .blocks
            .iter()
            .filter(|(_, block)| block.line_of("provider").is_none());
        plain.filter_map(|(key, _)| {
            key.strip_prefix("data.")
                .unwrap_or(key)
                .split(['_', '.'])
                .next()
        })
    }

    /// Its managed resource blocks: `type.name`.
    pub(crate) fn managed(&self) -> std::collections::BTreeSet<String> {
        self.blocks
            .keys()
            .filter(|key| !key.starts_with("data."))
            .cloned()
            .collect()
    }

    /// The block of a resource of the root module.
    pub(crate) fn block(&self, address: &str) -> Option<&Block> {
        let address = Address::parse(address).filter(|address| address.module.is_empty())?;
        self.blocks
            .get(&hcl::key(address.data, address.kind, address.name))
    }
}

fn module_key(address: &Address<'_>) -> String {
    address
        .module
        .iter()
        .map(|step| step.name)
        .collect::<Vec<_>>()
        .join(".")
}

/// The start of the paths of files in a directory.
fn prefix(dir: &str) -> String {
    if matches!(dir, "" | ".") {
        String::new()
    } else {
        format!("{}/", dir.trim_end_matches('/'))
    }
}

fn text(container: &Container<'_>, member: &str) -> Option<String> {
    container.size(member).filter(|size| *size <= MAX_FILE)?;
    String::from_utf8(container.read(member).ok()??).ok()
}

/// One line of `tfconfig/modules.json`.
#[derive(serde::Deserialize)]
struct Listed {
    #[serde(rename = "Key", default)]
    key: String,
    #[serde(rename = "Dir", default)]
    dir: String,
}

fn listed(container: &Container<'_>) -> Vec<Listed> {
    text(container, "tfconfig/modules.json")
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

/// Whether a file is one that Terraform or OpenTofu reads as a part of its module: hidden files are none.
pub(crate) fn is_source(name: &str) -> bool {
    [".tf", ".tofu", ".tf.json", ".tofu.json"]
        .iter()
        .any(|end| name.ends_with(end))
        && !name.starts_with('.')
}

fn parse(container: &Container<'_>) -> Parsed {
    let mut modules: Parsed = listed(container)
        .into_iter()
        .map(|listed| {
            (
                listed.key,
                Module {
                    dir: listed.dir,
                    whole: true,
                    ..Module::default()
                },
            )
        })
        .collect();
    let mut files: Vec<(&str, &str)> = container
        .names()
        .filter_map(|member| member.strip_prefix("tfconfig/m-")?.split_once('/'))
        .filter(|(_, name)| {
            [".tf", ".tofu", ".tf.json", ".tofu.json"]
                .iter()
                .any(|end| name.ends_with(end))
        })
        .collect();
    // Override files come last, each kind in the order of names, as Terraform merges them.
    files.sort_unstable_by_key(|(key, name)| (*key, hcl::overrides(name), *name));
    let mut left = MAX_ALL;
    for (key, name) in &files {
        let module = modules.entry((*key).to_owned()).or_insert_with(|| Module {
            whole: true,
            ..Module::default()
        });
        // OpenTofu takes `x.tofu` in the place of `x.tf`.
        let shadowed = name
            .strip_suffix(".tf")
            .is_some_and(|stem| files.contains(&(*key, &format!("{stem}.tofu"))));
        if shadowed {
            continue;
        }
        let member = format!("tfconfig/m-{key}/{name}");
        let size = container.size(&member).unwrap_or(u64::MAX);
        let readable = size <= left && !name.ends_with(".json");
        let parsed = if readable {
            text(container, &member).and_then(|text| {
                hcl::read(
                    &text,
                    &format!("{}{name}", prefix(&module.dir)),
                    hcl::overrides(name),
                    module,
                )
            })
        } else {
            None
        };
        left = left.saturating_sub(size);
        module.whole = module.whole && parsed.is_some();
    }
    modules
}
