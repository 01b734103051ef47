//! A module's files as they are written: every block with its attributes, for those who compare two versions of it. Of both syntaxes, and of HCL that
//! `hcl-edit` does not take, as the same blocks.

mod hcl;
mod json;
pub(crate) mod structure;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::{has_odd_end, in_order, is_json, overrides, plain};

/// Levels of nested blocks and values that are followed.
const MAX_DEPTH: usize = 64;

/// What is written after an attribute's `=`. Its content is never in a debug text: it may be anybody's secret.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Expr {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Self>),
    /// The members by their names.
    Object(Vec<(String, Self)>),
    /// Anything else, without blanks and comments.
    Other(String),
}

impl Expr {
    fn fill_in(&mut self, values: &BTreeMap<&str, &Self>) {
        match self {
            Self::List(items) => items.iter_mut().for_each(|item| item.fill_in(values)),
            Self::Object(members) => members
                .iter_mut()
                .for_each(|(_, item)| item.fill_in(values)),
            Self::Other(text) => {
                let value = text.strip_prefix("var.").and_then(|name| values.get(name));
                if let Some(value) = value {
                    *self = (*value).clone();
                }
            }
            _ => {}
        }
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::List(_) => "list",
            Self::Object(_) => "object",
            Self::Other(_) => "expression",
        })
    }
}

/// An attribute.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) value: Expr,
    /// From 1.
    pub(crate) line: usize,
}

/// What stands between the braces of a block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Body {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) blocks: Vec<Block>,
}

/// A block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub(crate) kind: String,
    pub(crate) labels: Vec<String>,
    pub(crate) body: Body,
    /// Of its head, from 1.
    pub(crate) line: usize,
}

/// The same things are written, wherever they stand.
impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |body: &Self| {
            let mut all: Vec<(String, Expr)> = body
                .attributes
                .iter()
                .map(|attribute| (attribute.name.clone(), attribute.value.clone()))
                .collect();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            all
        };
        self.attributes.len() == other.attributes.len()
            && self.blocks == other.blocks
            && sorted(self) == sorted(other)
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.labels == other.labels && self.body == other.body
    }
}

impl Body {
    /// The same number for bodies that are the same.
    pub(crate) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.feed(&mut hasher);
        hasher.finish()
    }

    fn feed(&self, hasher: &mut DefaultHasher) {
        let mut all: Vec<(&str, &Expr)> = self
            .attributes
            .iter()
            .map(|attribute| (attribute.name.as_str(), &attribute.value))
            .collect();
        all.sort_unstable();
        all.hash(hasher);
        for block in &self.blocks {
            (&block.kind, &block.labels).hash(hasher);
            block.body.feed(hasher);
        }
    }

    /// An attribute of this name.
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// What is written at a path of nested blocks or objects, in the first of each, with its line.
    pub(crate) fn at(&self, path: &[&str]) -> Option<(&Expr, usize)> {
        let (first, rest) = path.split_first()?;
        if let Some(attribute) = self.attribute(first) {
            let mut value = &attribute.value;
            for step in rest {
                if let Expr::List(items) = value {
                    value = items.first()?;
                }
                let Expr::Object(members) = value else {
                    return None;
                };
                value = &members.iter().find(|(name, _)| name == step)?.1;
            }
            return Some((value, attribute.line));
        }
        let block = self.blocks.iter().find(|block| block.kind == *first)?;
        block.body.at(rest)
    }

    /// The text at a path.
    pub(crate) fn text(&self, path: &[&str]) -> Option<&str> {
        match self.at(path)?.0 {
            Expr::Text(text) => Some(text),
            _ => None,
        }
    }

    fn fill_in(&mut self, values: &BTreeMap<&str, &Expr>) {
        for attribute in &mut self.attributes {
            attribute.value.fill_in(values);
        }
        for block in &mut self.blocks {
            block.body.fill_in(values);
        }
    }

    /// What an override file says instead: attributes one by one, nested blocks with all of their kind, `lifecycle` one by one as well.
    fn merge(&mut self, over: Self) {
        for attribute in over.attributes {
            match self
                .attributes
                .iter_mut()
                .find(|there| there.name == attribute.name)
            {
                Some(there) => *there = attribute,
                None => self.attributes.push(attribute),
            }
        }
        let (lifecycle, others): (Vec<Block>, Vec<Block>) = over
            .blocks
            .into_iter()
            .partition(|block| block.kind == "lifecycle");
        let kinds: BTreeSet<&str> = others.iter().map(|block| block.kind.as_str()).collect();
        self.blocks
            .retain(|block| !kinds.contains(block.kind.as_str()));
        drop(kinds);
        self.blocks.extend(others);
        for block in lifecycle {
            match self
                .blocks
                .iter_mut()
                .find(|there| there.kind == "lifecycle")
            {
                Some(there) => there.body.merge(block.body),
                None => self.blocks.push(block),
            }
        }
    }
}

/// A block with the file that it stands in.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    /// The path below the top of the repository.
    pub(crate) file: String,
    pub(crate) block: Block,
    /// Another block that says the same of a resource: in no module that Terraform takes, but who knows which one counts.
    pub(crate) twice: bool,
}

/// The files of one directory as one module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folder {
    /// Managed resources by `TYPE.NAME`.
    pub(crate) resources: BTreeMap<String, Placed>,
    /// Module calls by name.
    pub(crate) calls: BTreeMap<String, Placed>,
    /// Data sources by `TYPE.NAME`.
    pub(crate) data: BTreeMap<String, Placed>,
    pub(crate) locals: BTreeMap<String, Expr>,
    pub(crate) variables: BTreeMap<String, Placed>,
    pub(crate) outputs: BTreeMap<String, Placed>,
    /// `from` and `to`.
    pub(crate) moved: Vec<(String, String)>,
    pub(crate) removed: Vec<Removed>,
    /// The `backend`, `cloud` or `state_store` block.
    pub(crate) backend: Option<Placed>,
    /// Provider blocks by their names and aliases.
    pub(crate) providers: BTreeMap<String, Placed>,
    /// What `required_providers` says, by local names.
    pub(crate) requires: BTreeMap<String, (Expr, String, usize)>,
    /// What the lock file has, by the sources of providers.
    pub(crate) locked: BTreeMap<String, Locked>,
    /// The block of OpenTofu that says how state and plans are encrypted.
    pub(crate) encryption: Option<Placed>,
    /// Terragrunt's files by their names.
    pub(crate) terragrunt: BTreeMap<String, Placed>,
    /// Values of variables that Terraform takes by itself.
    pub(crate) values: BTreeMap<String, Expr>,
    /// Files that cannot be understood at all.
    pub(crate) unread: Vec<String>,
    /// Files of which `hcl-edit` does not understand all.
    pub(crate) in_part: Vec<String>,
}

/// The modules of a stack as a revision has them.
#[derive(Debug)]
pub struct Past {
    /// The revision, as it was named.
    pub(crate) name: String,
    /// The directory of the root module below the top of the repository.
    pub(crate) root: String,
    /// Those that the root module calls, directly or not, and itself, by their directories.
    pub(crate) folders: BTreeMap<String, Arc<Folder>>,
    /// Files with values of variables beside the root module that Terraform takes by itself: `terraform.tfvars`, `*.auto.tfvars`.
    pub(crate) values: BTreeMap<String, Expr>,
    /// Whether one of them cannot be read.
    pub(crate) values_unread: bool,
}

impl Past {
    /// A root module of these files alone, by their names.
    pub(crate) fn of_files(revision: &str, files: &BTreeMap<String, String>) -> Self {
        let sources: BTreeMap<&str, Source> = files
            .iter()
            .map(|(name, text)| (name.as_str(), read(name, Some(text.as_bytes()))))
            .collect();
        let borrowed = sources.iter().map(|(name, source)| (*name, source));
        let root = Folder::of("", &borrowed.collect());
        Self {
            name: revision.to_owned(),
            root: String::new(),
            folders: BTreeMap::from([(String::new(), Arc::new(root))]),
            values: BTreeMap::new(),
            values_unread: false,
        }
    }
}

/// A `removed` block.
#[derive(Debug, Clone)]
pub(crate) struct Removed {
    pub(crate) from: String,
    /// What its `destroy` says; `None` when that does not exist.
    pub(crate) destroy: Option<Expr>,
    pub(crate) file: String,
    pub(crate) line: usize,
}

/// A provider of the lock file.
#[derive(Debug, Clone)]
pub(crate) struct Locked {
    pub(crate) version: Option<Expr>,
    pub(crate) file: String,
    pub(crate) line: usize,
}

/// The file that has what `terraform init` chose.
pub(crate) const LOCK: &str = ".terraform.lock.hcl";

/// What came of reading one file.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// Its blocks.
    Whole(Vec<Block>),
    /// Its blocks, with some expressions that are not understood.
    InPart(Vec<Block>),
    /// Nothing.
    Unread,
}

/// Reads a file by its name; `None` of what is too large or no text.
pub(crate) fn read(name: &str, bytes: Option<&[u8]>) -> Source {
    read_as(Form::of(name), bytes)
}

/// Reads a file; `None` of what is too large or no text.
pub(crate) fn read_as(form: Form, bytes: Option<&[u8]>) -> Source {
    let Some(text) = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        return Source::Unread;
    };
    let text = &*plain(text);
    match form {
        Form::Json => return json::read(text).map_or(Source::Unread, Source::Whole),
        _ if form != Form::BareJson && has_odd_end(text) => return Source::Unread,
        Form::Bare | Form::BareJson => return bare(text, form == Form::BareJson),
        Form::Hcl => {}
    }
    match hcl::read(text) {
        Some(blocks) => Source::Whole(blocks),
        None => structure::read(text).map_or(Source::Unread, Source::InPart),
    }
}

/// The forms in which sources are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Form {
    /// Blocks.
    Hcl,
    /// Blocks in the JSON syntax.
    Json,
    /// Attributes and blocks without anything around them: Terragrunt's files, and values of variables.
    Bare,
    /// Values of variables in the JSON syntax.
    BareJson,
}

impl Form {
    /// By the name of a file.
    pub(crate) fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        if is_values(name) && is_json(name) {
            Self::BareJson
        } else if is_values(name) || is_terragrunt(name) {
            Self::Bare
        } else if is_json(name) {
            Self::Json
        } else {
            Self::Hcl
        }
    }
}

/// Whether a file has values of variables.
pub(crate) fn is_values(name: &str) -> bool {
    name.strip_suffix(".json")
        .unwrap_or(name)
        .ends_with(".tfvars")
}

/// Whether Terraform takes values of variables from a file by itself.
pub(crate) fn is_taken(name: &str) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or(name);
    stem == "terraform.tfvars" || stem.ends_with(".auto.tfvars")
}

/// Ends of names that HCL of other programs has.
const OTHERS: [&str; 8] = [
    ".pkr.hcl",
    ".pkrvars.hcl",
    ".nomad.hcl",
    ".tftest.hcl",
    ".tfquery.hcl",
    ".tfcomponent.hcl",
    ".tfdeploy.hcl",
    ".tflint.hcl",
];

/// Whether a file may be one of Terragrunt's: units, and what they include or read.
pub(crate) fn is_terragrunt(name: &str) -> bool {
    name.ends_with(".hcl")
        && !name.starts_with('.')
        && !OTHERS.iter().any(|other| name.ends_with(other))
}

/// A file of bare attributes and blocks as one block of no type.
fn bare(text: &str, json: bool) -> Source {
    let block = |body| {
        vec![Block {
            body,
            ..Block::default()
        }]
    };
    if json {
        return match serde_json::from_str::<Expr>(text) {
            Ok(Expr::Object(members)) => {
                let attributes = members.into_iter().map(|(name, value)| Attribute {
                    name,
                    value,
                    line: 1,
                });
                Source::Whole(block(Body {
                    attributes: attributes.collect(),
                    blocks: Vec::new(),
                }))
            }
            _ => Source::Unread,
        };
    }
    match hcl::whole(text) {
        Some(body) => Source::Whole(block(body)),
        None => structure::whole(text).map_or(Source::Unread, |body| Source::InPart(block(body))),
    }
}

impl Folder {
    /// A module of these files by their names; their paths start with `dir`.
    pub(crate) fn of(dir: &str, files: &BTreeMap<&str, &Source>) -> Self {
        let mut folder = Self::default();
        let path = |name: &str| {
            if dir.is_empty() {
                name.to_owned()
            } else {
                format!("{dir}/{name}")
            }
        };
        if let Some(Source::Whole(blocks) | Source::InPart(blocks)) = files.get(LOCK) {
            for block in blocks {
                if let ("provider", Some(source)) = (block.kind.as_str(), block.labels.first()) {
                    let version = block.body.attribute("version");
                    folder.locked.insert(
                        source.clone(),
                        Locked {
                            version: version.map(|there| there.value.clone()),
                            file: path(LOCK),
                            line: block.line,
                        },
                    );
                }
            }
        }
        // terraform.tfvars comes first, the others by name.
        let mut beside: Vec<&str> = files.keys().copied().collect();
        beside.retain(|name| matches!(Form::of(name), Form::Bare | Form::BareJson));
        beside.sort_by_key(|name| (!name.starts_with("terraform.tfvars"), *name));
        for name in in_order(files.keys().copied()).into_iter().chain(beside) {
            let path = path(name);
            let blocks = match files.get(name) {
                Some(Source::Whole(blocks)) => blocks,
                Some(Source::InPart(blocks)) => {
                    folder.in_part.push(path.clone());
                    blocks
                }
                // HCL of another program is none of ours, and values that somebody must name say nothing here.
                _ if (is_terragrunt(name) && !matches!(name, "terragrunt.hcl" | "root.hcl"))
                    || (is_values(name) && !is_taken(name)) =>
                {
                    continue;
                }
                _ => {
                    folder.unread.push(path);
                    continue;
                }
            };
            match (Form::of(name), blocks.first()) {
                (Form::Hcl | Form::Json, _) => {
                    for block in blocks {
                        folder.add(block, &path, overrides(name));
                    }
                }
                (_, Some(block)) if is_taken(name) => {
                    let all = block.body.attributes.iter();
                    folder
                        .values
                        .extend(all.map(|there| (there.name.clone(), there.value.clone())));
                }
                (_, Some(block)) if is_terragrunt(name) => {
                    folder.terragrunt.insert(
                        name.to_owned(),
                        Placed {
                            file: path,
                            block: block.clone(),
                            twice: false,
                        },
                    );
                }
                _ => {}
            }
        }
        folder
    }

    /// Puts the values that Terraform takes by itself in the place of their variables.
    pub(crate) fn fill_in(&mut self) {
        let secret = |name: &String| {
            let variable = self.variables.get(name);
            variable.is_some_and(|there| {
                ["sensitive", "ephemeral"].iter().any(|word| {
                    let said = there.block.body.attribute(word);
                    said.is_some_and(|said| said.value != Expr::Bool(false))
                })
            })
        };
        let values: BTreeMap<&str, &Expr> = self
            .values
            .iter()
            .filter(|(name, _)| !secret(name))
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        if values.is_empty() {
            return;
        }
        for placed in self.resources.values_mut().chain(self.calls.values_mut()) {
            placed.block.body.fill_in(&values);
        }
    }

    /// Whether it makes nothing, neither by itself nor by others.
    pub(crate) fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.calls.is_empty()
    }

    fn add(&mut self, block: &Block, file: &str, over: bool) {
        let labels: Vec<&str> = block.labels.iter().map(String::as_str).collect();
        match (block.kind.as_str(), labels.as_slice()) {
            ("resource", [kind, name]) => {
                put(
                    &mut self.resources,
                    format!("{kind}.{name}"),
                    block,
                    file,
                    over,
                );
            }
            ("data", [kind, name]) => {
                put(&mut self.data, format!("{kind}.{name}"), block, file, over);
            }
            ("locals", []) => {
                let all = block.body.attributes.iter();
                self.locals
                    .extend(all.map(|local| (local.name.clone(), local.value.clone())));
            }
            ("variable", [name]) => put(&mut self.variables, (*name).to_owned(), block, file, over),
            ("output", [name]) => put(&mut self.outputs, (*name).to_owned(), block, file, over),
            ("module", [name]) => put(&mut self.calls, (*name).to_owned(), block, file, over),
            ("provider", [name]) => {
                let alias = block.body.text(&["alias"]);
                let key =
                    alias.map_or_else(|| (*name).to_owned(), |alias| format!("{name}.{alias}"));
                put(&mut self.providers, key, block, file, over);
            }
            ("moved", []) => {
                if let (Some(from), Some(to)) = (address(block, "from"), address(block, "to")) {
                    self.moved.push((from, to));
                }
            }
            ("removed", []) => {
                if let Some(from) = address(block, "from") {
                    self.removed.push(Removed {
                        from,
                        destroy: block
                            .body
                            .at(&["lifecycle", "destroy"])
                            .map(|(value, _)| value.clone()),
                        file: file.to_owned(),
                        line: block.line,
                    });
                }
            }
            ("terraform", []) => self.terraform(&block.body, file, over),
            _ => {}
        }
    }

    fn terraform(&mut self, body: &Body, file: &str, over: bool) {
        for nested in &body.blocks {
            match nested.kind.as_str() {
                "backend" | "cloud" | "state_store" => {
                    self.backend = Some(Placed {
                        file: file.to_owned(),
                        block: nested.clone(),
                        // An override takes its place as a whole; two of one kind are an error of Terraform.
                        twice: self.backend.is_some() && !over,
                    });
                }
                "encryption" => {
                    self.encryption = Some(Placed {
                        file: file.to_owned(),
                        block: nested.clone(),
                        twice: false,
                    });
                }
                "required_providers" => {
                    for attribute in &nested.body.attributes {
                        self.requires.insert(
                            attribute.name.clone(),
                            (attribute.value.clone(), file.to_owned(), attribute.line),
                        );
                    }
                }
                _ => {}
            }
        }
    }
}

/// Adds a block, or merges it into the one that it overrides.
fn put(blocks: &mut BTreeMap<String, Placed>, key: String, block: &Block, file: &str, over: bool) {
    match blocks.get_mut(&key) {
        Some(there) if over => there.block.body.merge(block.body.clone()),
        Some(there) => there.twice = true,
        None => {
            blocks.insert(
                key,
                Placed {
                    file: file.to_owned(),
                    block: block.clone(),
                    twice: false,
                },
            );
        }
    }
}

/// The address that an attribute of a `moved` or `removed` block names. Text of JSON can only mean one.
fn address(block: &Block, name: &str) -> Option<String> {
    match &block.body.attribute(name)?.value {
        Expr::Other(text) | Expr::Text(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> Folder {
        let read: Vec<(&str, Source)> = files
            .iter()
            .map(|(name, text)| (*name, read(name, Some(text.as_bytes()))))
            .collect();
        Folder::of(
            "d",
            &read.iter().map(|(name, source)| (*name, source)).collect(),
        )
    }

    const HCL: &str = "# c\nterraform {\n  backend \"s3\" {\n    bucket = \"b\"\n  }\n  required_providers {\n    aws = { source = \"hashicorp/aws\", version = \"~> 5.0\" }\n  }\n}\nprovider \"aws\" {\n  alias = \"e\"\n}\nresource \"aws_x\" \"a\" {\n  n    = 7 # seven\n  l    = [1, \"b\"]\n  e    = var.x\n  o    = { k = true }\n  lifecycle {\n    prevent_destroy = true\n  }\n}\nmodule \"m\" {\n  source = \"./m\"\n}\nmoved {\n  from = aws_x.b\n  to   = aws_x.a[\"k\"]\n}\nremoved {\n  from = aws_x.c\n  lifecycle {\n    destroy = false\n  }\n}\n";

    const JSON: &str = r#"{"terraform": {"backend": {"s3": {"bucket": "b"}}, "required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.0"}}},
 "provider": {"aws": [{"alias": "e"}]},
 "resource": {"aws_x": {"a": {"n": 7, "l": [1, "b"], "e": "${var.x}", "o": {"k": true}, "lifecycle": {"prevent_destroy": true}}}},
 "module": {"m": {"source": "./m"}},
 "moved": [{"from": "aws_x.b", "to": "aws_x.a[\"k\"]"}],
 "removed": {"from": "aws_x.c", "lifecycle": {"destroy": false}}}"#;

    #[test]
    fn one_answer_from_all() {
        // What hcl-edit does not take: a conditional over the end of a line within `for`.
        let other = format!("{HCL}locals {{\n  x = [for a in b : a == 1\n    ? 2 : 3]\n}}\n");
        assert!(matches!(
            read("x.tf", Some(HCL.as_bytes())),
            Source::Whole(_)
        ));
        for (name, text) in [("a.tf", HCL), ("a.tf", other.as_str()), ("a.tf.json", JSON)] {
            let folder = folder(&[(name, text)]);
            assert_eq!(folder.unread, Vec::<String>::new(), "{name}");
            let block = &folder.resources["aws_x.a"];
            assert_eq!(block.file, format!("d/{name}"));
            assert_eq!(block.block.line, if name == "a.tf" { 13 } else { 3 });
            let at = |path: &[&str]| block.block.body.at(path).map(|(value, _)| value.clone());
            assert_eq!(at(&["n"]), Some(Expr::Number("7".to_owned())));
            assert_eq!(at(&["e"]), Some(Expr::Other("var.x".to_owned())));
            assert_eq!(
                at(&["l"]),
                Some(Expr::List(vec![
                    Expr::Number("1".to_owned()),
                    Expr::Text("b".to_owned())
                ]))
            );
            assert_eq!(at(&["o", "k"]), Some(Expr::Bool(true)));
            assert_eq!(
                at(&["lifecycle", "prevent_destroy"]),
                Some(Expr::Bool(true))
            );
            assert_eq!(
                folder.moved,
                [("aws_x.b".to_owned(), "aws_x.a[\"k\"]".to_owned())]
            );
            assert_eq!(folder.removed[0].from, "aws_x.c");
            assert_eq!(folder.removed[0].destroy, Some(Expr::Bool(false)));
            let backend = folder.backend.as_ref().map(|backend| &backend.block);
            let backend = backend.unwrap_or_else(|| panic!("{name}: a backend"));
            assert_eq!(
                (backend.labels.as_slice(), backend.body.text(&["bucket"])),
                (["s3".to_owned()].as_slice(), Some("b"))
            );
            assert_eq!(folder.calls["m"].block.body.text(&["source"]), Some("./m"));
            assert!(folder.providers.contains_key("aws.e"));
            assert!(matches!(&folder.requires["aws"].0, Expr::Object(all) if all.len() == 2));
        }
    }

    #[test]
    fn overrides_are_part_of_their_module() {
        let over = "terraform {\n  backend \"gcs\" {}\n}\nresource \"aws_x\" \"a\" {\n  n = 8\n  lifecycle {\n    create_before_destroy = true\n  }\n}\n";
        let folder = folder(&[("z.tf", HCL), ("a_override.tf", over)]);
        let body = &folder.resources["aws_x.a"].block.body;
        let at = |path: &[&str]| body.at(path).map(|(value, _)| value.clone());
        assert_eq!(at(&["n"]), Some(Expr::Number("8".to_owned())));
        assert_eq!(
            at(&["lifecycle", "prevent_destroy"]),
            Some(Expr::Bool(true))
        );
        let backend = folder.backend.as_ref().map(|backend| &backend.block);
        assert_eq!(backend.map(|block| block.labels[0].as_str()), Some("gcs"));
    }

    #[test]
    fn the_same_body_in_another_order_or_with_comments() {
        let read = |text: &str| {
            folder(&[("a.tf", text)]).resources["a.b"]
                .block
                .body
                .clone()
        };
        let one = read("resource \"a\" \"b\" {\n  x = f( 1,\n  2) # c\n  y = \"s${ a }\"\n}\n");
        assert_eq!(
            one,
            read(
                "resource \"a\" \"b\" {\r\n  y = \"s${ a }\"\r\n\r\n  // d\r\n  x = f(1,2)\r\n}\r\n"
            )
        );
        assert_ne!(
            one,
            read("resource \"a\" \"b\" {\n  x = f(1, 3)\n  y = \"s${a}\"\n}\n")
        );
    }

    #[test]
    fn nothing_of_a_value_in_debug_texts() {
        let text = "resource \"a\" \"b\" {\n  p = \"hunter2\"\n  q = [f(\"hunter2\")]\n}\n";
        assert!(!format!("{:?}", read("a.tf", Some(text.as_bytes()))).contains("hunter2"));
    }

    #[test]
    fn hostile_sources_end() {
        let deep = |open: &str, close: &str| {
            format!(
                "a {{\nx = {}1{}\n}}\n",
                open.repeat(100_000),
                close.repeat(100_000)
            )
        };
        for text in [
            deep("(", ")"),
            deep("[", "]"),
            deep("{ a = ", "}"),
            deep("\"${", "}\""),
            "a {\n".repeat(100_000),
            format!("a = {}", "!".repeat(100_000)),
            format!("x = <<E\n{}\n", "${\"".repeat(50_000)),
            format!("x = <<E\n{}", "y\n".repeat(300_000)),
            "/*".repeat(100_000),
            "\0".to_owned(),
        ] {
            let start = std::time::Instant::now();
            let _ = read("a.tf", Some(text.as_bytes()));
            assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
        }
        for text in ["{\"a\":".repeat(100_000), "[".repeat(100_000)] {
            assert!(matches!(
                read("a.tf.json", Some(text.as_bytes())),
                Source::Unread
            ));
        }
    }
}
