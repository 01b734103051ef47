//! One source file, parsed with `hcl-edit` for what matters here: resource blocks with their lines and lifecycle, provider blocks with their literals.
//! Its parser refuses what is nested deeper than 64 levels, so the stack is safe.

use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block as Node, Body, Structure};

use super::config::{Block, Module, Provider, Variable};

/// Attributes that are kept of one block.
const MAX_ATTRIBUTES: usize = 2_000;
/// Nested blocks that are followed.
const MAX_DEPTH: usize = 12;

/// Whether a file overrides others by its name.
pub(super) fn overrides(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    stem == "override" || stem.ends_with("_override")
}

/// The key of a resource within its module.
pub(super) fn key(data: bool, kind: &str, name: &str) -> String {
    format!("{}{kind}.{name}", if data { "data." } else { "" })
}

/// Offsets of line starts.
struct Lines(Vec<usize>);

impl Lines {
    fn of(&self, node: &impl Span) -> usize {
        node.span().map_or(0, |span| self.at(span.start))
    }

    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }
}

/// Reads one file into its module; `None` when it does not parse.
pub(super) fn read(text: &str, file: &str, overrides: bool, module: &mut Module) -> Option<()> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let body = hcl_edit::parser::parse_body(text).ok()?;
    let lines = Lines(
        std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect(),
    );
    for node in body.blocks() {
        let labels: Vec<&str> = node
            .labels
            .iter()
            .map(hcl_edit::structure::BlockLabel::as_str)
            .collect();
        match (node.ident.as_str(), labels.as_slice()) {
            (ident @ ("resource" | "data"), [kind, name]) => {
                let key = key(ident == "data", kind, name);
                match module.blocks.get_mut(&key) {
                    // The place is that of the block that is overridden.
                    Some(_) if overrides => {}
                    _ => {
                        let mut block = Block {
                            file: file.to_owned(),
                            line: lines.of(&node.ident),
                            ..Block::default()
                        };
                        attributes(&node.body, "", &lines, 0, &mut block.attributes);
                        module.blocks.insert(key, block);
                    }
                }
            }
            ("provider", [name]) => {
                let alias = node
                    .body
                    .get_attribute("alias")
                    .and_then(|attribute| attribute.value.as_str())
                    .unwrap_or_default();
                module.providers.push(Provider {
                    name: (*name).to_owned(),
                    alias: alias.to_owned(),
                    json: json(&node.body, 0),
                });
            }
            ("variable", [name]) => {
                let sensitive = node.body.get_attribute("sensitive").is_some_and(
                    |attribute| !matches!(&attribute.value, Expression::Bool(no) if !*no.value()),
                );
                let default = node
                    .body
                    .get_attribute("default")
                    .map(|attribute| literal(name, &attribute.value));
                module
                    .variables
                    .insert((*name).to_owned(), Variable { default, sensitive });
            }
            ("terraform", []) => requires(&node.body, module),
            _ => {}
        }
    }
    Some(())
}

fn attributes(
    body: &Body,
    prefix: &str,
    lines: &Lines,
    depth: usize,
    found: &mut Vec<(String, usize)>,
) {
    for structure in body {
        if found.len() >= MAX_ATTRIBUTES || depth > MAX_DEPTH {
            return;
        }
        match structure {
            Structure::Attribute(attribute) => found.push((
                format!("{prefix}{}", attribute.key.as_str()),
                lines.of(&attribute.key),
            )),
            Structure::Block(block) => {
                let path = format!("{prefix}{}", block.ident.as_str());
                found.push((path.clone(), lines.of(&block.ident)));
                attributes(&block.body, &format!("{path}."), lines, depth + 1, found);
            }
        }
    }
}

/// `required_providers`: the sources of local names, as written.
fn requires(body: &Body, module: &mut Module) {
    for required in body.get_blocks("required_providers") {
        for attribute in required.body.attributes() {
            let Expression::Object(object) = &attribute.value else {
                continue;
            };
            for (name, value) in object {
                let is_source = match name {
                    ObjectKey::Ident(ident) => ident.as_str() == "source",
                    ObjectKey::Expression(expression) => expression.as_str() == Some("source"),
                };
                if is_source && let Some(source) = value.expr().as_str() {
                    let source = if source.contains('/') {
                        source.to_lowercase()
                    } else {
                        format!("hashicorp/{source}")
                    };
                    module
                        .requires
                        .insert(attribute.key.as_str().to_owned(), source);
                }
            }
        }
    }
}

/// What stands for an expression that is not a plain literal.
const UNKNOWN: &str = "{\"references\":[]}";

/// A provider's block in the shape that the JSON of a plan has (formats 1.7), but for credentials: of strings only plain words under harmless names are kept.
fn json(body: &Body, depth: usize) -> String {
    let mut members: Vec<(String, Vec<String>, bool)> = Vec::new();
    let mut add = |name: &str, text: String, block: bool| match members
        .iter_mut()
        .find(|(key, ..)| key == name)
    {
        Some((_, texts, _)) => texts.push(text),
        None => members.push((name.to_owned(), vec![text], block)),
    };
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => add(
                attribute.key.as_str(),
                literal(attribute.key.as_str(), &attribute.value),
                false,
            ),
            Structure::Block(block) => match (block.ident.as_str(), block.labels.first()) {
                ("dynamic", Some(label)) => add(label.as_str(), UNKNOWN.to_owned(), false),
                (name, _) => add(name, nested(block, depth), true),
            },
        }
    }
    let members = members.iter().map(|(name, texts, block)| {
        let value = match (block, texts.as_slice()) {
            (false, [text]) => text.clone(),
            // An attribute twice, or a block beside a dynamic one: nobody knows.
            (false, _) => UNKNOWN.to_owned(),
            (true, texts) => format!("[{}]", texts.join(",")),
        };
        format!("{}:{value}", serde_json::Value::from(name.as_str()))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn nested(block: &Node, depth: usize) -> String {
    if depth > MAX_DEPTH {
        UNKNOWN.to_owned()
    } else {
        json(&block.body, depth + 1)
    }
}

fn literal(name: &str, value: &Expression) -> String {
    let constant = |text: String| format!("{{\"constant_value\":{text}}}");
    match value {
        Expression::Bool(value) => constant(value.value().to_string()),
        Expression::Number(value) => constant(value.value().to_string()),
        Expression::String(text) if harmless(name, text) => {
            constant(serde_json::Value::from(text.as_str()).to_string())
        }
        Expression::Array(items) if !items.is_empty() => {
            let texts = items.iter().map(|item| {
                item.as_str()
                    .filter(|text| harmless(name, text))
                    .map(serde_json::Value::from)
            });
            match (
                texts.collect::<Option<Vec<_>>>(),
                items.get(0).filter(|_| items.len() == 1),
            ) {
                (Some(texts), _) => constant(serde_json::Value::from(texts).to_string()),
                (None, Some(only)) => reference(only),
                _ => UNKNOWN.to_owned(),
            }
        }
        other => reference(other),
    }
}

/// A variable by its name, as the JSON of a plan has it; of every other expression nothing is known.
fn reference(value: &Expression) -> String {
    use hcl_edit::expr::TraversalOperator;
    let Expression::Traversal(traversal) = value else {
        return UNKNOWN.to_owned();
    };
    match (&traversal.expr, traversal.operators.as_slice()) {
        (Expression::Variable(root), [operator]) if root.as_str() == "var" => {
            match operator.value() {
                TraversalOperator::GetAttr(name) => format!(
                    "{{\"references\":[{}]}}",
                    serde_json::Value::from(format!("var.{}", name.as_str()))
                ),
                _ => UNKNOWN.to_owned(),
            }
        }
        _ => UNKNOWN.to_owned(),
    }
}

/// Whether a string of a provider block is surely no credential.
fn harmless(name: &str, text: &str) -> bool {
    let secret = [
        "secret", "token", "pass", "key", "cred", "auth", "cert", "header", "user",
    ]
    .iter()
    .any(|part| name.contains(part));
    let plain = |more: &[u8]| {
        text.bytes().all(|b| {
            b.is_ascii_lowercase()
                || b.is_ascii_digit()
                || b == b'-'
                || b == b'_'
                || more.contains(&b)
        })
    };
    // Two names of places are longer than words: a subscription of Azure and a role of AWS.
    let place = (name.contains("subscription") && text.len() <= 36 && plain(b"ABCDEF"))
        || (text.len() <= 256 && text.starts_with("arn:aws") && text.contains(":role/"));
    !secret && (place || (text.len() <= 32 && plain(b"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(files: &[(&str, &str)]) -> Module {
        let mut module = Module::default();
        for (name, text) in files {
            read(text, name, overrides(name), &mut module)
                .unwrap_or_else(|| panic!("{name} parses"));
        }
        module
    }

    #[test]
    fn lines_are_those_of_the_block_not_of_an_override() {
        let main = "# comment\nresource \"t_x\" \"a\" {\n  name = \"n\"\n\n  versioning {\n    enabled = true\n  }\n  lifecycle {\n    prevent_destroy = true\n    create_before_destroy = var.x\n    ignore_changes = all\n  }\n}\ndata \"t_x\" \"a\" {}\n";
        let found = module(&[
            ("main.tf", main),
            (
                "x_override.tf",
                "resource \"t_x\" \"a\" {\n lifecycle {\n prevent_destroy = false\n }\n}\n",
            ),
        ]);
        let block = &found.blocks["t_x.a"];
        assert_eq!((block.line, block.file.as_str()), (2, "main.tf"));
        assert_eq!(
            (
                block.line_of("name"),
                block.line_of("versioning.enabled"),
                block.line_of("no")
            ),
            (Some(3), Some(6), None)
        );
        assert!(found.blocks.contains_key("data.t_x.a"));
    }

    #[test]
    fn provider_blocks_without_credentials() {
        let text = "terraform {\n required_providers {\n  az = { source = \"hashicorp/azurerm\" }\n }\n}\nprovider \"az\" {\n  features {\n    key_vault {\n      purge = true\n    }\n  }\n  region = \"eu-west-1\"\n  password = \"hunter2\"\n  access = \"AKIA123\"\n  n = 3\n  x = var.y\n}\n";
        let found = module(&[("main.tf", text)]);
        assert_eq!(found.requires["az"], "hashicorp/azurerm");
        assert_eq!(
            found.providers[0].json,
            r#"{"features":[{"key_vault":[{"purge":{"constant_value":true}}]}],"region":{"constant_value":"eu-west-1"},"password":{"references":[]},"access":{"references":[]},"n":{"constant_value":3},"x":{"references":["var.y"]}}"#
        );
    }

    #[test]
    fn names_of_places_and_variables() {
        let text = "variable \"id\" {\n default = \"a-1\"\n sensitive = true\n}\nvariable \"secret\" {\n default = \"x\"\n}\nvariable \"n\" {\n sensitive = false\n}\nprovider \"aws\" {\n alias = \"east\"\n allowed_account_ids = [\"1\", \"2\"]\n ids = [var.id]\n more = [var.id, \"x\"]\n secrets = [\"x\"]\n subscription_id = \"0A000000-0000-0000-0000-000000000001\"\n tenant_id = \"0a000000-0000-0000-0000-000000000001\"\n assume_role {\n role_arn = \"arn:aws:iam::111122223333:role/x\"\n policy = \"arn:aws:iam::aws:policy/x\"\n }\n a = \"${var.id}\"\n b = var.id.x\n c = local.id\n}\n";
        let found = module(&[("main.tf", text)]);
        assert_eq!(found.providers[0].alias, "east");
        assert_eq!(
            found.providers[0].json,
            r#"{"alias":{"constant_value":"east"},"allowed_account_ids":{"constant_value":["1","2"]},"ids":{"references":["var.id"]},"more":{"references":[]},"secrets":{"references":[]},"subscription_id":{"constant_value":"0A000000-0000-0000-0000-000000000001"},"tenant_id":{"references":[]},"assume_role":[{"role_arn":{"constant_value":"arn:aws:iam::111122223333:role/x"},"policy":{"references":[]}}],"a":{"references":[]},"b":{"references":[]},"c":{"references":[]}}"#
        );
        let variable = |name: &str| {
            (
                found.variables[name].default.as_deref(),
                found.variables[name].sensitive,
            )
        };
        assert_eq!(variable("id"), (Some(r#"{"constant_value":"a-1"}"#), true));
        assert_eq!(
            (variable("secret").0, variable("n")),
            (Some(UNKNOWN), (None, false))
        );
    }

    #[test]
    fn deep_and_broken_sources_do_no_harm() {
        for text in [
            format!("a = {}", "(".repeat(100_000)),
            format!("a = {}1{}", "(".repeat(50), ")".repeat(50)),
            format!("a = {}", "{".repeat(60)),
            format!("a = {}1{}", "[".repeat(50), "]".repeat(50)),
            format!("a = {}true", "!".repeat(100_000)),
            format!("a = 1{}", " + 1".repeat(100_000)),
            format!("a = {}", "\"${".repeat(100_000)),
            "a {\n".repeat(100_000),
            "a = <<E\n${".to_owned(),
            "\0".to_owned(),
        ] {
            let _ = read(&text, "x.tf", false, &mut Module::default());
        }
    }
}
