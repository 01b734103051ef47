//! The JSON syntax: an object may stand for a nested block or for a value, so all of a body are attributes.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::structure::compact;
use super::{Attribute, Block, Body, Expr};
use crate::config::Lines;
use crate::config::json::{File, bodies, labelled, members};

/// The blocks of a file; `None` when it is not understood.
pub(super) fn read(text: &str) -> Option<Vec<Block>> {
    let file = File {
        text,
        lines: Lines::new(text),
    };
    let mut blocks = Vec::new();
    for body in bodies(text)? {
        for (name, value) in members(body)? {
            let kind = name.as_ref();
            match kind {
                "resource" | "data" | "ephemeral" | "action" => {
                    for ([kind, label], at, body) in labelled(value)? {
                        let labels = vec![kind.into_owned(), label.into_owned()];
                        blocks.push(file.written(&name, labels, file.line(&at, body), body)?);
                    }
                }
                "module" | "provider" | "variable" | "output" => {
                    for ([label], at, body) in labelled(value)? {
                        let labels = vec![label.into_owned()];
                        blocks.push(file.written(&name, labels, file.line(&at, body), body)?);
                    }
                }
                "moved" | "removed" | "import" | "locals" => {
                    for body in bodies(value)? {
                        let line = file.line(&name, body);
                        blocks.push(file.written(&name, Vec::new(), line, body)?);
                    }
                }
                "terraform" => {
                    for body in bodies(value)? {
                        blocks.push(file.terraform(body)?);
                    }
                }
                _ => {}
            }
        }
    }
    Some(blocks)
}

impl<'t> File<'t> {
    fn written(
        &self,
        kind: &str,
        labels: Vec<String>,
        line: usize,
        body: &'t str,
    ) -> Option<Block> {
        let mut attributes = Vec::new();
        for (name, value) in members(body)?.into_iter().filter(|(name, _)| name != "//") {
            attributes.push(Attribute {
                line: self.line(&name, value),
                name: name.into_owned(),
                value: serde_json::from_str(value).ok()?,
            });
        }
        Some(Block {
            kind: kind.to_owned(),
            labels,
            line,
            body: Body {
                attributes,
                blocks: Vec::new(),
            },
        })
    }

    fn terraform(&self, body: &'t str) -> Option<Block> {
        let mut block = Block {
            kind: "terraform".to_owned(),
            ..Block::default()
        };
        for (name, value) in members(body)? {
            match name.as_ref() {
                kind @ ("backend" | "state_store") => {
                    for ([label], at, body) in labelled(value)? {
                        let labels = vec![label.into_owned()];
                        let line = self.line(&at, body);
                        block
                            .body
                            .blocks
                            .push(self.written(kind, labels, line, body)?);
                    }
                }
                kind @ ("cloud" | "required_providers" | "encryption") => {
                    for body in bodies(value)? {
                        let line = self.line(&name, body);
                        block
                            .body
                            .blocks
                            .push(self.written(kind, Vec::new(), line, body)?);
                    }
                }
                _ => {}
            }
        }
        Some(block)
    }
}

impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Expr;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E>(self) -> Result<Expr, E> {
                Ok(Expr::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Expr, E> {
                Ok(Expr::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Expr, E> {
                Ok(Expr::Number(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Expr, E> {
                Ok(Expr::Number(value.to_string()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Expr, E> {
                Ok(Expr::Number(value.to_string()))
            }
            fn visit_str<E>(self, text: &str) -> Result<Expr, E> {
                Ok(template(text))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Expr, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Expr::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Expr, A::Error> {
                let mut members: Vec<(String, Expr)> = Vec::new();
                while let Some(member) = all.next_entry()? {
                    members.push(member);
                }
                members.retain(|(name, _)| name != "//");
                members.sort_by(|a, b| a.0.cmp(&b.0));
                Ok(Expr::Object(members))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Text of JSON is a template: what is nothing but `${…}` is the expression in it.
fn template(text: &str) -> Expr {
    if !text.contains("${") && !text.contains("%{") {
        return Expr::Text(text.to_owned());
    }
    let inner = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .filter(|inner| !inner.contains(['{', '}']));
    Expr::Other(inner.map_or_else(|| format!("{text:?}"), compact))
}
