//! HCL that `hcl-edit` takes.

use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey, UnaryOperator};
use hcl_edit::structure::{Block as Node, Body as Nodes, Structure};
use hcl_edit::template::{Element, Template};

use super::structure::compact;
use super::{Attribute, Block, Body, Expr, MAX_DEPTH};
use crate::config::Lines;

/// The blocks of a file; `None` when it is not understood.
pub(super) fn read(text: &str) -> Option<Vec<Block>> {
    let body = hcl_edit::parser::parse_body(text).ok()?;
    let file = File {
        text,
        lines: Lines::new(text),
    };
    body.blocks().map(|node| file.block(node, 0)).collect()
}

/// What stands in a file as in a block without its braces; `None` when it is not understood.
pub(super) fn whole(text: &str) -> Option<Body> {
    let body = hcl_edit::parser::parse_body(text).ok()?;
    let file = File {
        text,
        lines: Lines::new(text),
    };
    file.body(&body, 0)
}

/// One expression that stands alone.
pub(super) fn expression(text: &str) -> Option<Expr> {
    let parsed = hcl_edit::parser::parse_expr(text).ok()?;
    let file = File {
        text,
        lines: Lines::new(text),
    };
    file.expression(&parsed, 0)
}

struct File<'t> {
    text: &'t str,
    lines: Lines,
}

impl File<'_> {
    fn line(&self, node: &impl Span) -> usize {
        node.span().map_or(0, |span| self.lines.at(span.start))
    }

    fn block(&self, node: &Node, depth: usize) -> Option<Block> {
        Some(Block {
            kind: node.ident.as_str().to_owned(),
            labels: node
                .labels
                .iter()
                .map(|label| label.as_str().to_owned())
                .collect(),
            body: self.body(&node.body, depth)?,
            line: self.line(&node.ident),
        })
    }

    fn body(&self, nodes: &Nodes, depth: usize) -> Option<Body> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut body = Body::default();
        for node in nodes {
            match node {
                Structure::Attribute(attribute) => body.attributes.push(Attribute {
                    name: attribute.key.as_str().to_owned(),
                    value: self.expression(&attribute.value, 0)?,
                    line: self.line(&attribute.key),
                }),
                Structure::Block(block) => body.blocks.push(self.block(block, depth + 1)?),
            }
        }
        Some(body)
    }

    fn expression(&self, value: &Expression, depth: usize) -> Option<Expr> {
        if depth > MAX_DEPTH {
            return None;
        }
        Some(match value {
            Expression::Null(_) => Expr::Null,
            Expression::Bool(value) => Expr::Bool(*value.value()),
            Expression::Number(number) => Expr::Number(number.value().to_string()),
            Expression::String(text) => Expr::Text(text.value().clone()),
            Expression::HeredocTemplate(heredoc) => match literal(&heredoc.template) {
                Some(text) => Expr::Text(text),
                None => self.other(value)?,
            },
            Expression::Parenthesis(inner) => self.expression(inner.inner(), depth + 1)?,
            Expression::UnaryOp(negative) if *negative.operator.value() == UnaryOperator::Neg => {
                match &negative.expr {
                    Expression::Number(number) => Expr::Number(format!("-{}", number.value())),
                    _ => self.other(value)?,
                }
            }
            Expression::Array(items) => Expr::List(
                items
                    .iter()
                    .map(|item| self.expression(item, depth + 1))
                    .collect::<Option<_>>()?,
            ),
            Expression::Object(object) => {
                let mut members = Vec::with_capacity(object.len());
                for (key, member) in object {
                    let name = match key {
                        ObjectKey::Ident(name) => name.as_str(),
                        ObjectKey::Expression(Expression::String(name)) => name.as_str(),
                        ObjectKey::Expression(Expression::Variable(name)) => name.as_str(),
                        ObjectKey::Expression(_) => return self.other(value),
                    };
                    members.push((name.to_owned(), self.expression(member.expr(), depth + 1)?));
                }
                members.sort_by(|a, b| a.0.cmp(&b.0));
                Expr::Object(members)
            }
            other => self.other(other)?,
        })
    }

    fn other(&self, value: &Expression) -> Option<Expr> {
        let text = self.text.get(value.span()?)?;
        Some(Expr::Other(compact(text)))
    }
}

/// The text of a template without anything to fill in.
fn literal(template: &Template) -> Option<String> {
    template
        .iter()
        .map(|element| match element {
            Element::Literal(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}
