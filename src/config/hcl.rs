//! One source file in HCL, parsed with `hcl-edit`. Its parser refuses what is nested deeper than 64 levels, so the stack is safe.

use std::collections::BTreeSet;

use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use hcl_edit::structure::{Attribute, Block as Node, Body, Structure};

use super::links::Name;
use super::literal::{self, Members, UNKNOWN, constant, harmless};
use super::model::{Module, Provider, Provisioner, Resource, Variable};
use super::written::{self, Expr, structure};
use super::{Lines, has_odd_end, key, plain};

/// Attributes that are kept of one block.
const MAX_ATTRIBUTES: usize = 2_000;
/// Nested blocks that are followed.
const MAX_DEPTH: usize = 12;

impl Lines {
    fn of(&self, node: &impl Span) -> usize {
        node.span().map_or(0, |span| self.at(span.start))
    }
}

/// Reads one file into its module; `None` when it does not parse.
pub(super) fn read(text: &str, file: &str, overrides: bool, module: &mut Module<'_>) -> Option<()> {
    let Ok(body) = hcl_edit::parser::parse_body(text) else {
        heads(text, file, overrides, module);
        return None;
    };
    let lines = Lines::new(text);
    let mut plain = Some(());
    for node in body.blocks() {
        block(node, file, overrides, &lines, module);
        if node.ident.as_str() == "removed"
            && let Some(from) = node.body.get_attribute("from")
            && steps(&from.value).is_none()
        {
            plain = None;
        }
    }
    plain
}

/// Names joined by dots, as an expression has them, whatever stands between them; `None` of any other expression.
fn steps(expression: &Expression) -> Option<String> {
    let Expression::Traversal(traversal) = expression else {
        return None;
    };
    let Expression::Variable(first) = &traversal.expr else {
        return None;
    };
    let mut all = first.as_str().to_owned();
    for operator in &traversal.operators {
        let TraversalOperator::GetAttr(name) = operator.value() else {
            return None;
        };
        all.push('.');
        all.push_str(name.as_str());
    }
    Some(all)
}

/// The same of a text with such an expression.
pub(super) fn steps_of(text: &str) -> Option<String> {
    let body = hcl_edit::parser::parse_body(&format!("a = {text}\n")).ok()?;
    let mut structures = body.iter();
    match (structures.next()?.as_attribute()?, structures.next()) {
        (attribute, None) => steps(&attribute.value),
        _ => None,
    }
}

/// The blocks of a file that `hcl-edit` refuses although Terraform may take it: where they stand is known, what is written in them is not.
fn heads(text: &str, file: &str, overrides: bool, module: &mut Module<'_>) {
    let Some(blocks) = structure::read(text) else {
        return;
    };
    module.in_part.push(file.to_owned());
    for block in blocks {
        let labels: Vec<&str> = block.labels.iter().map(String::as_str).collect();
        match (block.kind.as_str(), labels.as_slice()) {
            (mode @ ("resource" | "data" | "ephemeral" | "action"), [kind, name]) => {
                let mut resource = Resource {
                    file: file.to_owned(),
                    line: block.line,
                    ..Resource::default()
                };
                lines_of(&block.body, "", &mut resource.attributes);
                let blocks = block.body.blocks.iter();
                let provisioners =
                    blocks
                        .filter(|block| block.kind == "provisioner")
                        .map(|block| {
                            let when = block.body.attribute("when").map(|when| match &when.value {
                                Expr::Other(text) | Expr::Text(text) => text.as_str(),
                                _ => "",
                            });
                            Provisioner::new(block.labels.first().map_or("", String::as_str), when)
                        });
                resource.provisioners = Provisioner::kept(provisioners);
                module.put_resource(key(mode, kind, name), resource, overrides);
            }
            ("module", [name]) => {
                module.calls.insert((*name).to_owned());
            }
            _ => {}
        }
    }
}

fn lines_of(body: &written::Body, prefix: &str, found: &mut Vec<(String, usize)>) {
    for attribute in &body.attributes {
        if found.len() < MAX_ATTRIBUTES {
            found.push((format!("{prefix}{}", attribute.name), attribute.line));
        }
    }
    for block in &body.blocks {
        if found.len() < MAX_ATTRIBUTES {
            let path = format!("{prefix}{}", block.kind);
            found.push((path.clone(), block.line));
            lines_of(&block.body, &format!("{path}."), found);
        }
    }
}

/// A lock file; `None` when it does not parse, or Terraform could read it in another way.
fn lock(text: &str) -> Option<Body> {
    let text = plain(text);
    if has_odd_end(&text) {
        return None;
    }
    hcl_edit::parser::parse_body(&text).ok()
}

/// The source addresses of a lock file (`.terraform.lock.hcl`); `None` when it does not parse.
pub(crate) fn locked_providers(text: &str) -> Option<BTreeSet<String>> {
    let body = lock(text)?;
    let sources = body
        .get_blocks("provider")
        .filter_map(|block| block.labels.first())
        .map(|label| label.as_str().to_owned());
    Some(sources.collect())
}

/// The version of a provider in a lock file. It is parsed, not searched: what stands in a comment is no version.
pub(crate) fn locked_version(text: &str, provider: &str) -> Option<String> {
    let body = lock(text)?;
    let mut blocks = body.get_blocks("provider").filter(|block| {
        block
            .labels
            .iter()
            .map(|label| label.as_str())
            .eq([provider])
    });
    let (block, None) = (blocks.next()?, blocks.next()) else {
        return None;
    };
    let mut versions = block
        .body
        .attributes()
        .filter(|attribute| attribute.key.as_str() == "version");
    let (version, None) = (versions.next()?, versions.next()) else {
        return None;
    };
    version.value.as_str().map(str::to_owned)
}

fn block(node: &Node, file: &str, overrides: bool, lines: &Lines, module: &mut Module<'_>) {
    let labels: Vec<&str> = node
        .labels
        .iter()
        .map(hcl_edit::structure::BlockLabel::as_str)
        .collect();
    match (node.ident.as_str(), labels.as_slice()) {
        (mode @ ("resource" | "data" | "ephemeral" | "action"), [kind, name]) => {
            let mut resource = Resource {
                file: file.to_owned(),
                line: lines.of(&node.ident),
                ..Resource::default()
            };
            attributes(&node.body, "", lines, 0, &mut resource.attributes);
            let provisioners = node.body.get_blocks("provisioner");
            resource.provisioners = Provisioner::kept(provisioners.map(provisioner));
            let key = key(mode, kind, name);
            match mode {
                "resource" => module
                    .links
                    .add_body(&Name::Managed(key.clone()), &node.body),
                "action" => {}
                _ => module.links.add_body(&Name::Read(key.clone()), &node.body),
            }
            module.put_resource(key, resource, overrides);
        }
        ("removed", []) => {
            if let Some(from) = node
                .body
                .get_attribute("from")
                .and_then(|from| steps(&from.value))
            {
                let mut block = Resource {
                    file: file.to_owned(),
                    line: lines.of(&node.ident),
                    ..Resource::default()
                };
                attributes(&node.body, "", lines, 0, &mut block.attributes);
                let provisioners = node.body.get_blocks("provisioner");
                block.provisioners = Provisioner::kept(provisioners.map(provisioner));
                module.removed.insert(from, block);
            }
        }
        ("check", [_]) => {
            for data in node.body.get_blocks("data") {
                block(data, file, overrides, lines, module);
            }
        }
        ("provider", [name]) => {
            let alias = node
                .body
                .get_attribute("alias")
                .and_then(|attribute| attribute.value.as_str())
                .unwrap_or_default();
            let provider = Provider::of_source(name, alias, settings(&node.body, 0));
            module.put_provider(provider, overrides);
        }
        ("variable", [name]) => {
            let attribute = |key: &str| node.body.get_attribute(key);
            let variable = Variable {
                default: attribute("default").map(|default| literal(name, &default.value)),
                sensitive: attribute("sensitive").map(is_on),
                ephemeral: attribute("ephemeral").map(is_on),
            };
            module.put_variable(name, variable);
        }
        ("module", [name]) => {
            module.calls.insert((*name).to_owned());
            for attribute in node.body.attributes() {
                let input = attribute.key.as_str();
                if input != "depends_on" {
                    let (call, name) = ((*name).to_owned(), Some(input.to_owned()));
                    let user = Name::Called { call, name };
                    module.links.add_attribute(&user, attribute);
                }
            }
        }
        ("output", [name]) => {
            let user = Name::Output((*name).to_owned());
            module.links.add_body(&user, &node.body);
        }
        ("locals", []) => {
            for attribute in node.body.attributes() {
                let user = Name::Local(attribute.key.as_str().to_owned());
                module.links.add_attribute(&user, attribute);
            }
        }
        ("terraform", []) => terraform(&node.body, module),
        _ => {}
    }
}

fn provisioner(node: &Node) -> Provisioner {
    let when = node.body.get_attribute("when");
    let when = when.map(|attribute| match &attribute.value {
        Expression::Variable(word) => word.as_str(),
        value => value.as_str().unwrap_or_default(),
    });
    let kind = node.labels.first();
    Provisioner::new(
        kind.map_or("", hcl_edit::structure::BlockLabel::as_str),
        when,
    )
}

/// Whether a switch is not certainly off.
fn is_on(attribute: &Attribute) -> bool {
    !matches!(&attribute.value, Expression::Bool(no) if !*no.value())
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
            // As if it were not written.
            Structure::Attribute(attribute)
                if attribute.key.as_str() == "when"
                    && matches!(&attribute.value, Expression::Variable(when) if when.as_str() == "create") =>
                {}
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

/// `terraform { … }`: which providers, by their local names, and where the state is kept.
fn terraform(body: &Body, module: &mut Module<'_>) {
    for block in body.blocks() {
        match (block.ident.as_str(), block.labels.first()) {
            ("required_providers", _) => requires(&block.body, module),
            ("backend", Some(kind)) => module.backend = Some(kind.as_str().to_owned()),
            ("cloud", _) => module.backend = Some("cloud".to_owned()),
            _ => {}
        }
    }
}

fn requires(body: &Body, module: &mut Module<'_>) {
    for attribute in body.attributes() {
        let Expression::Object(object) = &attribute.value else {
            continue;
        };
        for (name, value) in object {
            let is_source = match name {
                ObjectKey::Ident(ident) => ident.as_str() == "source",
                ObjectKey::Expression(expression) => expression.as_str() == Some("source"),
            };
            if is_source && let Some(source) = value.expr().as_str() {
                module.put_required(attribute.key.as_str(), source);
            }
        }
    }
}

/// The settings of a provider, but for credentials: of strings only plain words under harmless names are kept.
fn settings(body: &Body, depth: usize) -> Members {
    let mut members = Members::default();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => members.add(
                attribute.key.as_str(),
                literal(attribute.key.as_str(), &attribute.value),
                false,
            ),
            Structure::Block(block) => match (block.ident.as_str(), block.labels.first()) {
                ("dynamic", Some(label)) => members.add(label.as_str(), UNKNOWN.to_owned(), false),
                (name, _) => members.add(name, nested(block, depth), true),
            },
        }
    }
    members
}

fn nested(block: &Node, depth: usize) -> String {
    if depth > MAX_DEPTH {
        UNKNOWN.to_owned()
    } else {
        settings(&block.body, depth + 1).json()
    }
}

fn literal(name: &str, value: &Expression) -> String {
    match value {
        Expression::Bool(value) => constant(&value.value().to_string()),
        Expression::Number(value) => constant(&value.value().to_string()),
        Expression::String(text) if harmless(name, text) => {
            constant(&serde_json::Value::from(text.as_str()).to_string())
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
                (Some(texts), _) => constant(&serde_json::Value::from(texts).to_string()),
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
                TraversalOperator::GetAttr(name) => literal::variable(name.as_str()),
                _ => UNKNOWN.to_owned(),
            }
        }
        _ => UNKNOWN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(files: &[(&str, &str)]) -> Module<'static> {
        let mut module = Module::new(String::new());
        for (name, text) in files {
            read(text, name, name.contains("override"), &mut module)
                .unwrap_or_else(|| panic!("{name} parses"));
        }
        module
    }

    #[test]
    fn a_lock_file_with_a_heredoc_that_has_two_ends() {
        let lock = |end: &str| {
            let name = "registry.terraform.io/hashicorp/aws";
            let other = "provider \"x\" {\n  version = \"1.0.0\"\n}\n";
            let text = format!(
                "a = <<A\nA{end}\nprovider \"{name}\" {{\n  version = \"5.0.0\"\n}}\n{other}"
            );
            locked_version(&text, name)
        };
        assert_eq!(lock("").as_deref(), Some("5.0.0"));
        assert_eq!(lock("\u{a0}"), None);
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
        let block = &found.resources["t_x.a"];
        assert_eq!((block.line, block.file.as_str()), (2, "main.tf"));
        assert_eq!(
            (
                block.line_of("name"),
                block.line_of("versioning.enabled"),
                block.line_of("no")
            ),
            (Some(3), Some(6), None)
        );
        assert!(found.resources.contains_key("data.t_x.a"));
    }

    #[test]
    fn provider_blocks_without_credentials() {
        let text = "terraform {\n required_providers {\n  az = { source = \"hashicorp/azurerm\" }\n }\n}\nprovider \"az\" {\n  features {\n    key_vault {\n      purge = true\n    }\n  }\n  region = \"eu-west-1\"\n  password = \"hunter2\"\n  access = \"AKIA123\"\n  n = 3\n  x = var.y\n}\n";
        let found = module(&[("main.tf", text)]);
        assert_eq!(found.requires["az"], "hashicorp/azurerm");
        assert_eq!(
            found.providers[0].settings(),
            r#"{"features":[{"key_vault":[{"purge":{"constant_value":true}}]}],"region":{"constant_value":"eu-west-1"},"password":{"references":[]},"access":{"references":[]},"n":{"constant_value":3},"x":{"references":["var.y"]}}"#
        );
    }

    #[test]
    fn names_of_places_and_variables() {
        let text = "variable \"id\" {\n default = \"a-1\"\n sensitive = true\n}\nvariable \"secret\" {\n default = \"x\"\n}\nvariable \"n\" {\n sensitive = false\n}\nprovider \"aws\" {\n alias = \"east\"\n allowed_account_ids = [\"1\", \"2\"]\n ids = [var.id]\n more = [var.id, \"x\"]\n secrets = [\"x\"]\n subscription_id = \"0A000000-0000-0000-0000-000000000001\"\n tenant_id = \"0a000000-0000-0000-0000-000000000001\"\n assume_role {\n role_arn = \"arn:aws:iam::111122223333:role/x\"\n policy = \"arn:aws:iam::aws:policy/x\"\n }\n a = \"${var.id}\"\n b = var.id.x\n c = local.id\n}\n";
        let found = module(&[("main.tf", text)]);
        assert_eq!(found.providers[0].alias, "east");
        assert_eq!(
            found.providers[0].settings(),
            r#"{"alias":{"constant_value":"east"},"allowed_account_ids":{"constant_value":["1","2"]},"ids":{"references":["var.id"]},"more":{"references":[]},"secrets":{"references":[]},"subscription_id":{"constant_value":"0A000000-0000-0000-0000-000000000001"},"tenant_id":{"references":[]},"assume_role":[{"role_arn":{"constant_value":"arn:aws:iam::111122223333:role/x"},"policy":{"references":[]}}],"a":{"references":[]},"b":{"references":[]},"c":{"references":[]}}"#
        );
        let variable = |name: &str| {
            (
                found.variables[name].default.as_deref(),
                found.variables[name].sensitive,
            )
        };
        assert_eq!(
            variable("id"),
            (Some(r#"{"constant_value":"a-1"}"#), Some(true))
        );
        assert_eq!(
            (variable("secret").0, variable("n")),
            (Some(UNKNOWN), (None, Some(false)))
        );
    }

    /// The places of blocks are known, and that there is more is said.
    #[test]
    fn blocks_of_a_file_that_is_not_understood() {
        let text = "resource \"t_x\" \"a\" {\n  o = { k = 1, k = 2 }\n  v {\n    e = true\n  }\n}\nmodule \"m\" {}\n";
        let mut module = Module::new(String::new());
        assert!(read(text, "main.tf", false, &mut module).is_none());
        let block = &module.resources["t_x.a"];
        assert_eq!((block.line, block.line_of("v.e")), (1, Some(4)));
        assert!(module.calls.contains("m"));
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
            let _ = read(&text, "x.tf", false, &mut Module::new(String::new()));
        }
    }
}
