//! One source file as JSON (`*.tf.json`): blocks nested by their labels, each level an object or a list of objects, bodies too.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::links::{Links, Name};
use super::literal::{self, Members, UNKNOWN, constant};
use super::model::{Module, Provider, Provisioner, Resource, Variable};
use super::{Lines, key};

/// Attributes that are kept of one block.
const MAX_ATTRIBUTES: usize = 2_000;
/// Levels that are followed.
const MAX_DEPTH: usize = 12;

/// A file while it is read.
pub(super) struct File<'t> {
    pub(super) text: &'t str,
    pub(super) lines: Lines,
}

/// A member of an object with its key.
pub(super) type Member<'t> = (Cow<'t, str>, &'t str);

/// Reads one file into its module; `None` when it cannot be understood.
pub(super) fn read(text: &str, path: &str, overrides: bool, module: &mut Module<'_>) -> Option<()> {
    let file = File {
        text,
        lines: Lines::new(text),
    };
    for body in bodies(text)? {
        for (name, value) in members(body)? {
            file.top(&name, value, path, overrides, module)?;
        }
    }
    Some(())
}

impl<'t> File<'t> {
    fn top(
        &self,
        name: &str,
        value: &'t str,
        path: &str,
        overrides: bool,
        module: &mut Module<'_>,
    ) -> Option<()> {
        match name {
            "resource" | "data" | "ephemeral" | "action" => {
                for ([kind, label], at, body) in labelled(value)? {
                    let mut block = Resource {
                        file: path.to_owned(),
                        line: self.line(&at, body),
                        ..Resource::default()
                    };
                    self.attributes(body, "", 0, &mut block.attributes)?;
                    block.provisioners = provisioners(body)?;
                    let key = key(name, &kind, &label);
                    match name {
                        "resource" => links(&Name::Managed(key.clone()), body, module),
                        "action" => {}
                        _ => links(&Name::Read(key.clone()), body, module),
                    }
                    module.put_resource(key, block, overrides);
                }
            }
            "removed" => {
                for body in bodies(value)? {
                    let all = members(body)?;
                    let from = all.iter().find(|(name, _)| name == "from");
                    let Some(from) = from else {
                        continue;
                    };
                    // It is an expression, in which blanks and comments do not count.
                    let from = string(from.1).and_then(|from| super::hcl::steps_of(&from))?;
                    let mut block = Resource {
                        file: path.to_owned(),
                        line: self.line(name, value),
                        ..Resource::default()
                    };
                    self.attributes(body, "", 0, &mut block.attributes)?;
                    block.provisioners = provisioners(body)?;
                    module.removed.insert(from, block);
                }
            }
            "check" => {
                for ([_], _, body) in labelled(value)? {
                    for (name, value) in members(body)?
                        .into_iter()
                        .filter(|(name, _)| name == "data")
                    {
                        self.top(&name, value, path, overrides, module)?;
                    }
                }
            }
            "provider" => {
                for ([label], _, body) in labelled(value)? {
                    let all = members(body)?;
                    let alias = all.iter().find(|(name, _)| name == "alias");
                    let alias = alias.and_then(|(_, raw)| string(raw));
                    let block = Provider::of_source(
                        &label,
                        alias.as_deref().unwrap_or_default(),
                        settings(body, 0)?,
                    );
                    module.put_provider(block, overrides);
                }
            }
            "variable" => {
                for ([label], _, body) in labelled(value)? {
                    module.put_variable(&label, variable(&label, body)?);
                }
            }
            "module" => {
                for ([label], _, body) in labelled(value)? {
                    for (input, value) in members(body)? {
                        if input != "depends_on" {
                            let (call, name) = (label.to_string(), Some(input.into_owned()));
                            links(&Name::Called { call, name }, value, module);
                        }
                    }
                    module.calls.insert(label.into_owned());
                }
            }
            "output" => {
                for ([label], _, body) in labelled(value)? {
                    links(&Name::Output(label.into_owned()), body, module);
                }
            }
            "locals" => {
                for body in bodies(value)? {
                    for (local, value) in members(body)? {
                        links(&Name::Local(local.into_owned()), value, module);
                    }
                }
            }
            "terraform" => {
                for body in bodies(value)? {
                    terraform(body, module)?;
                }
            }
            _ => {}
        }
        Some(())
    }

    fn attributes(
        &self,
        body: &'t str,
        prefix: &str,
        depth: usize,
        found: &mut Vec<(String, usize)>,
    ) -> Option<()> {
        for (name, value) in members(body)?.into_iter().filter(|(name, _)| name != "//") {
            if found.len() >= MAX_ATTRIBUTES || depth > MAX_DEPTH {
                return Some(());
            }
            // As if it were not written.
            if name == "when" && string(value).is_some_and(|when| when == "create") {
                continue;
            }
            let path = format!("{prefix}{name}");
            found.push((path.clone(), self.line(&name, value)));
            for nested in nested(value).unwrap_or_default() {
                self.attributes(nested, &format!("{path}."), depth + 1, found)?;
            }
        }
        Some(())
    }

    /// The line of a name, or else of its value: both are parts of the text, unless the name has escapes.
    pub(super) fn line(&self, name: &str, value: &str) -> usize {
        let start = self.text.as_ptr() as usize;
        let offset = |part: &str| {
            (part.as_ptr() as usize)
                .checked_sub(start)
                .filter(|at| *at < self.text.len())
        };
        offset(name)
            .or_else(|| offset(value))
            .map_or(0, |at| self.lines.at(at))
    }
}

/// What a resource runs.
fn provisioners(body: &str) -> Option<Vec<Provisioner>> {
    let mut found = Vec::new();
    for (_, value) in members(body)?
        .into_iter()
        .filter(|(name, _)| name == "provisioner")
    {
        for ([kind], _, body) in labelled(value)? {
            let all = members(body)?;
            let when = all.iter().find(|(name, _)| name == "when");
            let when = when.map(|(_, raw)| string(raw).unwrap_or_default());
            found.push(Provisioner::new(&kind, when.as_deref()));
        }
    }
    Some(Provisioner::kept(found))
}

/// Notes what the texts in a body, or in one value of it, refer to. `lifecycle` takes no values.
fn links(user: &Name, raw: &str, module: &mut Module<'_>) {
    fn walk(user: &Name, value: &serde_json::Value, depends_on: bool, links: &mut Links) {
        match value {
            serde_json::Value::String(text) => links.add_text(user, text, depends_on),
            serde_json::Value::Array(items) => {
                items
                    .iter()
                    .for_each(|item| walk(user, item, depends_on, links));
            }
            serde_json::Value::Object(members) => {
                for (name, member) in members.iter().filter(|(name, _)| *name != "lifecycle") {
                    walk(user, member, name == "depends_on", links);
                }
            }
            _ => {}
        }
    }
    if let Ok(value) = serde_json::from_str(raw) {
        walk(user, &value, false, &mut module.links);
    }
}

/// `terraform { … }`: which providers, and where the state is kept.
fn terraform(body: &str, module: &mut Module<'_>) -> Option<()> {
    for (name, value) in members(body)? {
        match name.as_ref() {
            "required_providers" => {
                for (local, required) in bodies(value)?
                    .into_iter()
                    .map(members)
                    .collect::<Option<Vec<_>>>()?
                    .into_iter()
                    .flatten()
                {
                    // A text is a version alone.
                    let Some(required) = members(required) else {
                        continue;
                    };
                    let source = required.iter().find(|(name, _)| name == "source");
                    if let Some(source) = source.and_then(|(_, raw)| string(raw)) {
                        module.put_required(&local, &source);
                    }
                }
            }
            "backend" => {
                if let Some(([kind], _, _)) = labelled(value)?.into_iter().next() {
                    module.backend = Some(kind.into_owned());
                }
            }
            "cloud" => module.backend = Some("cloud".to_owned()),
            _ => {}
        }
    }
    Some(())
}

fn variable(name: &str, body: &str) -> Option<Variable> {
    let mut variable = Variable::default();
    for (attribute, raw) in members(body)? {
        match attribute.as_ref() {
            "default" => variable.default = Some(default(name, raw)),
            "sensitive" => variable.sensitive = Some(raw != "false"),
            "ephemeral" => variable.ephemeral = Some(raw != "false"),
            _ => {}
        }
    }
    Some(variable)
}

/// A default is no template: what looks like one is just not kept.
fn default(name: &str, raw: &str) -> String {
    if nested(raw).is_some() || is_template(raw) {
        UNKNOWN.to_owned()
    } else {
        literal(name, raw)
    }
}

/// The settings of a provider: an object, or a list of them, can only be nested blocks or what is read alike.
fn settings(body: &str, depth: usize) -> Option<Members> {
    let mut found = Members::default();
    for (name, raw) in members(body)?.into_iter().filter(|(name, _)| name != "//") {
        if name == "dynamic" {
            for ([label], _, _) in labelled(raw)? {
                found.add(&label, UNKNOWN.to_owned(), false);
            }
            continue;
        }
        match nested(raw) {
            Some(blocks) => {
                for block in blocks {
                    let text = if depth > MAX_DEPTH {
                        UNKNOWN.to_owned()
                    } else {
                        settings(block, depth + 1)?.json()
                    };
                    found.add(&name, text, true);
                }
            }
            None => found.add(&name, literal(&name, raw), false),
        }
    }
    Some(found)
}

fn literal(name: &str, raw: &str) -> String {
    let plain =
        |raw: &str| string(raw).filter(|text| !is_template(text) && literal::harmless(name, text));
    match raw.as_bytes().first() {
        Some(b't' | b'f' | b'-' | b'0'..=b'9') => constant(raw),
        Some(b'"') => match plain(raw) {
            Some(text) => constant(&serde_json::Value::from(text).to_string()),
            None => reference(raw),
        },
        Some(b'[') => {
            let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw) else {
                return UNKNOWN.to_owned();
            };
            let texts: Option<Vec<String>> = items.iter().map(|item| plain(item.get())).collect();
            match (texts, items.as_slice()) {
                (Some(texts), [_, ..]) => constant(&serde_json::Value::from(texts).to_string()),
                (None, [only]) => reference(only.get()),
                _ => UNKNOWN.to_owned(),
            }
        }
        _ => UNKNOWN.to_owned(),
    }
}

fn is_template(text: &str) -> bool {
    text.contains("${") || text.contains("%{")
}

/// `"${var.x}"`, and nothing beside it.
fn reference(raw: &str) -> String {
    let text = string(raw).unwrap_or_default();
    let name = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .and_then(|inner| inner.trim().strip_prefix("var."));
    let is_name = |name: &&str| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    };
    name.filter(is_name)
        .map_or_else(|| UNKNOWN.to_owned(), literal::variable)
}

fn string(raw: &str) -> Option<String> {
    raw.starts_with('"')
        .then(|| serde_json::from_str(raw).ok())?
}

/// Objects, as far as it is one or a list of nothing else.
fn nested(raw: &str) -> Option<Vec<&str>> {
    match raw.as_bytes().first() {
        Some(b'{') => Some(vec![raw]),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
            let objects = !items.is_empty() && items.iter().all(|item| item.get().starts_with('{'));
            objects.then(|| items.into_iter().map(RawValue::get).collect())
        }
        _ => None,
    }
}

/// The bodies of a block: an object or a list of objects; `null` is none.
pub(super) fn bodies(raw: &str) -> Option<Vec<&str>> {
    let raw = raw.trim();
    match raw {
        "null" | "[]" => Some(Vec::new()),
        raw => nested(raw),
    }
}

/// The blocks under so many labels, each with its labels, the last of them as it stands in the text, and its body.
pub(super) fn labelled<const LABELS: usize>(
    raw: &str,
) -> Option<Vec<([Cow<'_, str>; LABELS], Cow<'_, str>, &str)>> {
    let mut level: Vec<(Vec<Cow<'_, str>>, &str)> = vec![(Vec::new(), raw)];
    for _ in 0..LABELS {
        let mut next = Vec::new();
        for (labels, raw) in level {
            for object in bodies(raw)? {
                for (name, value) in members(object)?
                    .into_iter()
                    .filter(|(name, _)| name != "//")
                {
                    let mut labels = labels.clone();
                    labels.push(name);
                    next.push((labels, value));
                }
            }
        }
        level = next;
    }
    let mut found = Vec::new();
    for (labels, raw) in level {
        let last = labels.last().cloned().unwrap_or_default();
        for body in bodies(raw)? {
            let labels = <[Cow<'_, str>; LABELS]>::try_from(labels.clone()).ok()?;
            found.push((labels, last.clone(), body));
        }
    }
    Some(found)
}

/// The members of an object in their order, those of one name all of them.
pub(super) fn members(raw: &str) -> Option<Vec<Member<'_>>> {
    struct Members<'t>(Vec<Member<'t>>);
    struct Name<'t>(Cow<'t, str>);
    struct NameVisitor;
    impl<'de> Visitor<'de> for NameVisitor {
        type Value = Name<'de>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a name")
        }
        fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
            Ok(Name(Cow::Borrowed(text)))
        }
        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Name(Cow::Owned(text.to_owned())))
        }
    }
    impl<'de> Deserialize<'de> for Name<'de> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_str(NameVisitor)
        }
    }
    struct MembersVisitor;
    impl<'de> Visitor<'de> for MembersVisitor {
        type Value = Members<'de>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
                members.push((name, map.next_value::<&'de RawValue>()?.get()));
            }
            Ok(Members(members))
        }
    }
    impl<'de> Deserialize<'de> for Members<'de> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(MembersVisitor)
        }
    }
    serde_json::from_str::<Members<'_>>(raw)
        .ok()
        .map(|members| members.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(text: &str) -> Module<'static> {
        let mut module = Module::new(String::new());
        read(text, "x.tf.json", false, &mut module).unwrap_or_else(|| panic!("{text} is read"));
        module
    }

    #[test]
    fn only_what_is_no_credential_is_kept() {
        let text = r#"{"provider": {"p": {"token": "abc", "a": "x${var.y}", "b": "%{ if true }x%{ endif }", "c": "arn:aws:iam::${var.id}:role/x", "d": "Hunter2", "e": null, "region": "eu-west-1", "region": "us-east-1",
            "dynamic": {"assume_role": {"for_each": []}}, "assume_role": {"role_arn": "x"}, "mixed": ["a", "${var.b}"], "none": []}}}"#;
        assert_eq!(
            module(text).providers[0].settings(),
            r#"{"token":{"references":[]},"a":{"references":[]},"b":{"references":[]},"c":{"references":[]},"d":{"references":[]},"e":{"references":[]},"region":{"references":[]},"assume_role":{"references":[]},"mixed":{"references":[]},"none":{"references":[]}}"#
        );
    }

    #[test]
    fn blocks_whose_values_are_taken() {
        let text = r#"{"resource": {"t_x": {"a": {"b": "x-${t_k.one.secret}", "c": ["${join(\",\", [t_k.two[0].id, var.v, data.d.x.id])}"], "depends_on": ["t_k.three"], "lifecycle": {"replace_triggered_by": ["${t_k.four.id}"]}}}},
            "locals": {"l": {"m": "${t_k.five.id}"}}, "module": {"m": {"source": "./m", "in": "${t_k.six.id}"}}, "output": {"o": {"value": "${t_k.seven.id}"}}}"#;
        let modules = std::collections::BTreeMap::from([(String::new(), module(text))]);
        let tree = crate::config::Tree { modules };
        let mut found: Vec<_> = tree.references().into_iter().collect();
        found.sort();
        assert_eq!(found, ["t_k.five", "t_k.one", "t_k.six", "t_k.two"]);
    }

    #[test]
    fn levels_may_be_lists() {
        let text = r#"[{"provider": [{"aws": [{"alias": "a"}, {"alias": "b"}]}, {"google": {}}]}, {"resource": [{"t_x": [{"a": {}}, {"b": [{}]}]}], "locals": {"x": [[1]]}, "module": null}]"#;
        let found = module(text);
        let names: Vec<_> = found
            .providers
            .iter()
            .map(|block| (block.name.as_str(), block.alias.as_str()))
            .collect();
        assert_eq!(names, [("aws", "a"), ("aws", "b"), ("google", "")]);
        assert_eq!(found.managed().len(), 2);
    }

    #[test]
    fn deep_and_broken_sources_do_no_harm() {
        for text in [
            "[".repeat(100_000),
            format!(
                "{{\"provider\":{}1{}}}",
                "[".repeat(60_000),
                "]".repeat(60_000)
            ),
            format!(
                "{{\"provider\":{{\"p\":{}1{}}}}}",
                "{\"a\":".repeat(60_000),
                "}".repeat(60_000)
            ),
            format!(
                "{{\"resource\":{{\"t\":{{\"n\":{}1{}}}}}}}",
                "{\"a\":".repeat(100),
                "}".repeat(100)
            ),
            "{\"a\\u0000\": {}}".to_owned(),
            "\u{0}".to_owned(),
        ] {
            let _ = read(&text, "x.tf.json", false, &mut Module::new(String::new()));
        }
    }
}
