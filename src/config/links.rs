//! What refers to what within a module: blocks, local values, outputs, and the inputs of the modules that it calls. Names alone, never a value.
//! Read from the references that the JSON of a plan lists, and from expressions in HCL and in JSON sources.

use std::collections::BTreeSet;

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::structure::{Attribute, Block, Body};
use hcl_edit::visit::{self, Visit};

use crate::address;

/// The most links that are kept of one module.
pub(super) const MOST: usize = 100_000;
/// The longest name that is kept, in bytes.
const MAX_NAME: usize = 200;

/// Something that a module has by a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Name {
    /// A managed resource: `aws_x.y`.
    Managed(String),
    /// What is only read: `data.aws_x.y`, `ephemeral.aws_x.y`.
    Read(String),
    Local(String),
    Variable(String),
    Output(String),
    /// Of a module that is called: where it refers, an input; where it is referred to, an output, or all of them.
    Called {
        call: String,
        name: Option<String>,
    },
}

/// Which instances of a block are meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Which {
    All,
    /// The one of this key, as an address writes it: `["a"]`, `[0]`.
    One(String),
    /// The one of the same key as the instance that refers to it.
    Same,
}

/// One reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Link {
    /// What refers.
    pub(crate) user: Name,
    /// What it refers to.
    pub(crate) to: Name,
    pub(crate) which: Which,
    /// Whether it takes a value; `depends_on` only says what comes first.
    pub(crate) value: bool,
}

/// The links of a module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    all: BTreeSet<Link>,
    /// Whether there were more than are kept.
    pub(crate) cut: bool,
}

impl Links {
    /// Each once, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Link> {
        self.all.iter()
    }

    pub(super) fn add(&mut self, user: &Name, (to, which): (Name, Which), value: bool) {
        if self.all.len() >= MOST {
            self.cut = true;
            return;
        }
        self.all.insert(Link {
            user: user.clone(),
            to,
            which,
            value,
        });
    }

    /// Adds what a body of HCL refers to. `lifecycle` takes no values.
    pub(super) fn add_body(&mut self, user: &Name, body: &Body) {
        Takes { user, links: self }.visit_body(body);
    }

    /// Adds what one attribute refers to.
    pub(super) fn add_attribute(&mut self, user: &Name, attribute: &Attribute) {
        Takes { user, links: self }.visit_attr(attribute);
    }

    /// Adds what a text of a JSON source refers to: a template, or where it stands in `depends_on` a reference.
    pub(super) fn add_text(&mut self, user: &Name, text: &str, depends_on: bool) {
        if depends_on {
            if let Some(to) = reference(text) {
                self.add(user, to, false);
            }
        } else if (text.contains("${") || text.contains("%{"))
            && let Ok(template) = hcl_edit::parser::parse_template(text)
        {
            Takes { user, links: self }.visit_template(&template);
        }
    }
}

/// Looks for what expressions refer to.
struct Takes<'l> {
    user: &'l Name,
    links: &'l mut Links,
}

impl Visit for Takes<'_> {
    fn visit_attr(&mut self, node: &Attribute) {
        if node.key.as_str() == "depends_on" {
            if let Expression::Array(items) = &node.value {
                for item in items {
                    if let Expression::Traversal(item) = item
                        && let Some(to) = referred(item)
                    {
                        self.links.add(self.user, to, false);
                    }
                }
            }
        } else {
            visit::visit_attr(self, node);
        }
    }

    fn visit_block(&mut self, node: &Block) {
        if node.ident.as_str() != "lifecycle" {
            visit::visit_block(self, node);
        }
    }

    fn visit_traversal(&mut self, node: &Traversal) {
        if let Some(to) = referred(node) {
            self.links.add(self.user, to, true);
        }
        visit::visit_traversal(self, node);
    }
}

/// What a traversal refers to.
fn referred(node: &Traversal) -> Option<(Name, Which)> {
    let Expression::Variable(root) = &node.expr else {
        return None;
    };
    let mut steps = node.operators.iter().map(|operator| operator.value());
    let mut name = || match steps.next()? {
        TraversalOperator::GetAttr(name) => Some(name.as_str().to_owned()),
        _ => None,
    };
    let (first, second) = (root.as_str(), name()?);
    let named = match first {
        "data" | "ephemeral" => Name::Read(format!("{first}.{second}.{}", name()?)),
        "module" => {
            let which = node.operators.get(1).map(|operator| operator.value());
            let at = if which.is_some_and(is_index) { 2 } else { 1 };
            let output = node.operators.get(at).map(|operator| operator.value());
            let output = match output {
                Some(TraversalOperator::GetAttr(output)) => Some(output.as_str().to_owned()),
                _ => None,
            };
            let name = Name::Called {
                call: second,
                name: output,
            };
            return Some((name, which.map_or(Which::All, instance)));
        }
        _ => return plain(first, second, steps.next()),
    };
    Some((named, steps.next().map_or(Which::All, instance)))
}

fn plain(first: &str, second: String, next: Option<&TraversalOperator>) -> Option<(Name, Which)> {
    let name = match first {
        "var" => Name::Variable(second),
        "local" => Name::Local(second),
        "each" | "count" | "path" | "terraform" | "self" => return None,
        kind => {
            let which = next.map_or(Which::All, instance);
            return Some((Name::Managed(format!("{kind}.{second}")), which));
        }
    };
    Some((name, Which::All))
}

const fn is_index(operator: &TraversalOperator) -> bool {
    !matches!(operator, TraversalOperator::GetAttr(_))
}

/// Which instance stands in the brackets.
fn instance(operator: &TraversalOperator) -> Which {
    match operator {
        TraversalOperator::LegacyIndex(number) => Which::One(format!("[{}]", number.value())),
        TraversalOperator::Index(Expression::Number(number)) => {
            Which::One(format!("[{}]", number.value()))
        }
        TraversalOperator::Index(Expression::String(text)) => {
            Which::One(format!("[\"{}\"]", address::quoted(text)))
        }
        TraversalOperator::Index(Expression::Traversal(inner)) => {
            let root = matches!(&inner.expr, Expression::Variable(root) if root.as_str() == "each" || root.as_str() == "count");
            let key = matches!(inner.operators.as_slice(), [only] if matches!(only.value(), TraversalOperator::GetAttr(name) if matches!(name.as_str(), "key" | "index")));
            if root && key { Which::Same } else { Which::All }
        }
        _ => Which::All,
    }
}

/// What a reference says in the form that the JSON of a plan has: `module.m["a"].out`, `aws_x.y[0].id`; `None` when it is none that is followed.
pub(super) fn reference(text: &str) -> Option<(Name, Which)> {
    let (first, rest) = word(text)?;
    let (second, rest) = word(rest.strip_prefix('.')?)?;
    let key = |rest: &str| -> Option<(Which, usize)> {
        let (key, after) = address::instance(rest)?;
        let which = key.map_or(Which::All, |key| Which::One(key.to_string()));
        Some((which, rest.len() - after.len()))
    };
    Some(match first {
        "each" | "count" | "path" | "terraform" | "self" => return None,
        "var" => (Name::Variable(second.to_owned()), Which::All),
        "local" => (Name::Local(second.to_owned()), Which::All),
        "data" | "ephemeral" => {
            let (third, rest) = word(rest.strip_prefix('.')?)?;
            let which = key(rest).map_or(Which::All, |(which, _)| which);
            (Name::Read(format!("{first}.{second}.{third}")), which)
        }
        "module" => {
            let (which, long) = key(rest).unwrap_or((Which::All, 0));
            let after = rest.get(long..).unwrap_or_default();
            let name = after.strip_prefix('.').and_then(word);
            let name = Name::Called {
                call: second.to_owned(),
                name: name.map(|(name, _)| name.to_owned()),
            };
            (name, which)
        }
        kind => {
            let which = key(rest).map_or(Which::All, |(which, _)| which);
            (Name::Managed(format!("{kind}.{second}")), which)
        }
    })
}

fn word(text: &str) -> Option<(&str, &str)> {
    address::name(text).filter(|(name, _)| name.len() <= MAX_NAME)
}

/// The references of one expression, as the JSON of a plan lists them: each with everything that it starts with after it, which is none of its own.
pub(super) fn listed(texts: &[&str]) -> Vec<(Name, Which)> {
    let mut found = Vec::new();
    let mut before = "";
    let repeated = texts
        .iter()
        .any(|text| matches!(*text, "each.key" | "each.value" | "count.index"));
    for text in texts.iter().copied() {
        let start = before
            .strip_prefix(text)
            .is_some_and(|rest| rest.starts_with(['.', '[']));
        before = text;
        if start {
            continue;
        }
        if let Some((name, which)) = reference(text) {
            // `module.m[each.key].out` is listed without the output: which one it takes, nobody can tell.
            if matches!(&name, Name::Called { name: None, .. }) {
                continue;
            }
            // `aws_x.y[each.key].id` is listed as the block and the key.
            let bare = matches!(&name, Name::Managed(name) | Name::Read(name) if name == text);
            let which = if repeated && bare && which == Which::All {
                Which::Same
            } else {
                which
            };
            found.push((name, which));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn managed(name: &str) -> Name {
        Name::Managed(name.to_owned())
    }

    #[test]
    fn references_of_a_plan() {
        let one = |key: &str| Which::One(key.to_owned());
        let called = |call: &str, name: Option<&str>| Name::Called {
            call: call.to_owned(),
            name: name.map(str::to_owned),
        };
        for (text, wanted) in [
            ("aws_x.y", Some((managed("aws_x.y"), Which::All))),
            ("aws_x.y.id", Some((managed("aws_x.y"), Which::All))),
            ("aws_x.y[0].id", Some((managed("aws_x.y"), one("[0]")))),
            (
                "aws_x.y[\"a.b]\"].id",
                Some((managed("aws_x.y"), one("[\"a.b]\"]"))),
            ),
            (
                "data.aws_x.y.id",
                Some((Name::Read("data.aws_x.y".to_owned()), Which::All)),
            ),
            (
                "var.a.b",
                Some((Name::Variable("a".to_owned()), Which::All)),
            ),
            ("local.a", Some((Name::Local("a".to_owned()), Which::All))),
            ("module.m.out", Some((called("m", Some("out")), Which::All))),
            (
                "module.m[\"k\"].out.x",
                Some((called("m", Some("out")), one("[\"k\"]"))),
            ),
            ("module.m", Some((called("m", None), Which::All))),
            ("each.key", None),
            ("path.module", None),
            ("aws_x", None),
            ("", None),
            ("a b.c", None),
            ("aws_x.<script>", None),
        ] {
            assert_eq!(reference(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_a_reference_starts_with_is_none_of_its_own() {
        let all = |texts: &[&str]| listed(texts);
        assert_eq!(
            all(&["aws_x.y[0].id", "aws_x.y[0]", "aws_x.y"]),
            [(managed("aws_x.y"), Which::One("[0]".to_owned()))]
        );
        assert_eq!(
            all(&["aws_x.y[0]", "aws_x.y", "aws_x.y"]),
            [
                (managed("aws_x.y"), Which::One("[0]".to_owned())),
                (managed("aws_x.y"), Which::All)
            ]
        );
        assert_eq!(
            all(&["aws_x.yz", "aws_x.y"]),
            [
                (managed("aws_x.yz"), Which::All),
                (managed("aws_x.y"), Which::All)
            ]
        );
        assert_eq!(
            all(&["aws_x.y", "each.key"]),
            [(managed("aws_x.y"), Which::Same)]
        );
        assert_eq!(
            all(&["aws_x.y.id", "aws_x.y", "each.key"]),
            [(managed("aws_x.y"), Which::All)]
        );
    }

    /// Expressions say the same as the references that Terraform lists of them.
    #[test]
    fn expressions() {
        let text = "a = aws_x.y.id\nb = [for k in aws_x.z : k.id]\nc = \"${aws_x.w[\"k\"].id}-${module.m[0].out}\"\nd = aws_x.v[each.key].id\ne = aws_x.u[*].id\nf = f(data.d.n[count.index].id, local.l, var.v)\ng = module.n.out.x\nh = module.o\ni = aws_x.t.0.id\ndepends_on = [aws_x.s]\nlifecycle {\n  replace_triggered_by = [aws_x.r]\n}\nblock {\n  a = aws_x.q.id\n}\n";
        let body = hcl_edit::parser::parse_body(text).unwrap_or_else(|error| panic!("{error}"));
        let mut links = Links::default();
        links.add_body(&managed("t.me"), &body);
        let found: Vec<(String, Which, bool)> = links
            .iter()
            .map(|link| (format!("{:?}", link.to), link.which.clone(), link.value))
            .collect();
        let one = |key: &str| Which::One(key.to_owned());
        let name = |name: &str| format!("{:?}", managed(name));
        let called = |call: &str, out: Option<&str>| {
            format!(
                "{:?}",
                Name::Called {
                    call: call.to_owned(),
                    name: out.map(str::to_owned)
                }
            )
        };
        for wanted in [
            (name("aws_x.y"), Which::All, true),
            (name("aws_x.z"), Which::All, true),
            (name("aws_x.w"), one("[\"k\"]"), true),
            (name("aws_x.v"), Which::Same, true),
            (name("aws_x.u"), Which::All, true),
            (name("aws_x.t"), one("[0]"), true),
            (name("aws_x.s"), Which::All, false),
            (name("aws_x.q"), Which::All, true),
            (called("m", Some("out")), one("[0]"), true),
            (called("n", Some("out")), Which::All, true),
            (called("o", None), Which::All, true),
            (
                format!("{:?}", Name::Read("data.d.n".to_owned())),
                Which::Same,
                true,
            ),
            (
                format!("{:?}", Name::Local("l".to_owned())),
                Which::All,
                true,
            ),
            (
                format!("{:?}", Name::Variable("v".to_owned())),
                Which::All,
                true,
            ),
        ] {
            assert!(found.contains(&wanted), "{wanted:?} in {found:?}");
        }
        assert!(!found.iter().any(|(to, ..)| to.contains("aws_x.r")));
    }
}
