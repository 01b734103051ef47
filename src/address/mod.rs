//! Resource addresses: parsed into their parts, so that a key with quotes, dots or brackets is never mistaken for structure.
//! Syntax: <https://developer.hashicorp.com/terraform/cli/state/resource-addressing>, keys as HCL string literals.

pub(crate) mod glob;
pub(crate) mod pattern;

use std::borrow::Cow;

pub use pattern::Pattern;

/// The key of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key<'a> {
    /// `[3]`, from `count`.
    Number(u64),
    /// `["a"]`, from `for_each`: the text between the quotes with its escapes as written.
    Text(Cow<'a, str>),
}

/// One step of a module path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ModuleStep<'a> {
    /// Name of the module call.
    pub(crate) name: &'a str,
    /// Key of the instance.
    pub(crate) key: Option<Key<'a>>,
}

/// A resource address in its parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Address<'a> {
    /// Modules from the root down; empty in the root module.
    pub(crate) module: Vec<ModuleStep<'a>>,
    /// Whether it names a data source.
    pub(crate) data: bool,
    /// The resource type.
    pub(crate) kind: &'a str,
    /// The resource's name.
    pub(crate) name: &'a str,
    /// Key of the instance.
    pub(crate) key: Option<Key<'a>>,
}

impl<'a> Address<'a> {
    /// Parses an address as Terraform writes it; `None` when it is not one.
    #[must_use]
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut rest = text;
        let mut module = Vec::new();
        while let Some(after) = rest.strip_prefix("module.") {
            let (name, after) = name(after)?;
            let (key, after) = key(after)?;
            module.push(ModuleStep { name, key });
            rest = after.strip_prefix('.')?;
        }
        let (data, rest) = rest
            .strip_prefix("data.")
            .map_or((false, rest), |rest| (true, rest));
        let (kind, rest) = name(rest)?;
        let (name, rest) = name(rest.strip_prefix('.')?)?;
        let (key, rest) = key(rest)?;
        rest.is_empty().then_some(Self {
            module,
            data,
            kind,
            name,
            key,
        })
    }
}

/// A name up to the next `.` or `[`; never empty.
fn name(text: &str) -> Option<(&str, &str)> {
    let end = text
        .bytes()
        .position(|byte| matches!(byte, b'.' | b'['))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    (!name.is_empty() && !name.bytes().any(|byte| matches!(byte, b'"' | b']')))
        .then_some((name, rest))
}

/// An optional key in brackets.
fn key(text: &str) -> Option<(Option<Key<'_>>, &str)> {
    let Some(inner) = text.strip_prefix('[') else {
        return Some((None, text));
    };
    if let Some(quoted) = inner.strip_prefix('"') {
        let mut escaped = false;
        for (at, c) in quoted.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    let (key, rest) = quoted.split_at_checked(at)?;
                    return Some((
                        Some(Key::Text(Cow::Borrowed(key))),
                        rest.strip_prefix("\"]")?,
                    ));
                }
                _ => {}
            }
        }
        return None;
    }
    let (digits, rest) = inner.split_once(']')?;
    Some((Some(Key::Number(digits.parse().ok()?)), rest))
}

/// `address` without the key of its last instance: `a.b["x"]` gives `a.b`.
#[must_use]
pub(crate) fn block(address: &str) -> &str {
    let Some(parsed) = Address::parse(address) else {
        return address;
    };
    let key = match &parsed.key {
        None => return address,
        Some(Key::Number(number)) => format!("[{number}]").len(),
        Some(Key::Text(text)) => text.len() + 4,
    };
    address
        .len()
        .checked_sub(key)
        .and_then(|end| address.get(..end))
        .unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Address<'_> {
        Address::parse(text).unwrap_or_else(|| panic!("{text} is an address"))
    }

    #[test]
    fn parts_of_an_address() {
        let address = parse("module.a[\"k.2\"].module.b[3].aws_db_instance.main[0]");
        assert_eq!(address.module.len(), 2);
        assert_eq!(address.module[0].key, Some(Key::Text("k.2".into())));
        assert_eq!(address.module[1].key, Some(Key::Number(3)));
        assert_eq!(
            (address.kind, address.name, address.key),
            ("aws_db_instance", "main", Some(Key::Number(0)))
        );
        assert!(parse("data.aws_ami.x").data);
    }

    #[test]
    fn keys_with_structure_in_them() {
        for key in [r#"a\"]b"#, "x.y", "[0]", r"..\\win", "über/Ω", "$${no}"] {
            let text = format!("a_b.c[\"{key}\"]");
            assert_eq!(parse(&text).key, Some(Key::Text(key.into())), "{text}");
            assert_eq!(block(&text), "a_b.c");
        }
        assert_eq!(block("a_b.c[12]"), "a_b.c");
        assert_eq!(block("a_b.c"), "a_b.c");
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "",
            "a",
            "a.",
            ".a",
            "a.b[",
            "a.b[\"",
            "a.b[\"x]",
            "a.b]",
            "a.b[x]",
            "module.a",
            "module.a.b",
            "a.b.c",
            "a.b[1]x",
            "a.b[-1]",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
