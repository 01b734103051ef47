//! Resource addresses: parsed into their parts, so that a key with quotes, dots or brackets is never mistaken for structure.
//! Syntax: <https://developer.hashicorp.com/terraform/cli/state/resource-addressing>, keys as HCL string literals.

pub(crate) mod glob;
pub(crate) mod pattern;

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use unicode_general_category::{GeneralCategory, get_general_category};

pub use pattern::Pattern;

/// The key of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key<'a> {
    /// `[3]`, from `count`.
    Number(u64),
    /// `["a"]`, from `for_each`: the text between the quotes with its escapes as written.
    Text(Cow<'a, str>),
    /// `[*]`: of a change that is put off, before it is known how many instances there are.
    Open,
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
    /// Whether it names something that is only read: a data source, or an ephemeral resource.
    pub(crate) data: bool,
    /// Whether it is an ephemeral resource: OpenTofu 1.11 has them among the changes.
    pub(crate) ephemeral: bool,
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
        let (module, rest) = modules(text)?;
        let (data, ephemeral, rest) = if let Some(rest) = rest.strip_prefix("data.") {
            (true, false, rest)
        } else if let Some(rest) = rest.strip_prefix("ephemeral.") {
            (true, true, rest)
        } else {
            (false, false, rest)
        };
        let (kind, rest) = name(rest)?;
        let (name, rest) = name(rest.strip_prefix('.')?)?;
        let (key, rest) = instance(rest)?;
        rest.is_empty().then_some(Self {
            module,
            data,
            ephemeral,
            kind,
            name,
            key,
        })
    }

    /// Whether it stands for instances that are not known yet.
    #[must_use]
    pub(crate) fn is_open(&self) -> bool {
        let mut keys = self.module.iter().map(|step| &step.key).chain([&self.key]);
        keys.any(|key| matches!(key, Some(Key::Open)))
    }
}

/// The parts of the address of an action (`module.m.action.TYPE.NAME`); `None` when it is none.
#[must_use]
pub(crate) fn action(text: &str) -> Option<Address<'_>> {
    let (module, rest) = modules(text)?;
    let address = Address::parse(rest.strip_prefix("action.")?)?;
    (address.module.is_empty() && !address.data).then_some(Address { module, ..address })
}

/// The address of an action (`module.m.action.TYPE.NAME`) as that of a data source of the same type and name, which can be parsed; `None` when it is none.
#[must_use]
pub(crate) fn of_action(text: &str) -> Option<String> {
    const WORD: &str = "action.";
    text.match_indices(WORD)
        .take(MAX_MODULES)
        .filter_map(|(at, _)| text.split_at_checked(at))
        .filter(|(before, _)| before.is_empty() || before.ends_with('.'))
        .filter_map(|(before, rest)| Some(format!("{before}data.{}", rest.strip_prefix(WORD)?)))
        .find(|plain| Address::parse(plain).is_some_and(|address| address.data))
}

/// The modules of an address: far more than anybody nests, and few enough to look at each of them for every address.
const MAX_MODULES: usize = 64;

/// As Terraform writes it: what is read from a saved plan must be the same again, or Terraform might read it as something else.
impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.module {
            write!(f, "module.{}", step.name)?;
            if let Some(key) = &step.key {
                write!(f, "{key}")?;
            }
            f.write_char('.')?;
        }
        let mode = match (self.ephemeral, self.data) {
            (true, _) => "ephemeral.",
            (false, true) => "data.",
            (false, false) => "",
        };
        write!(f, "{mode}{}.{}", self.kind, self.name)?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, "{key}"))
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "[{number}]"),
            Self::Text(text) => write!(f, "[\"{}\"]", respelled(text).unwrap_or_default()),
            Self::Open => f.write_str("[*]"),
        }
    }
}

/// The modules that an address starts with.
fn modules(text: &str) -> Option<(Vec<ModuleStep<'_>>, &str)> {
    let (mut module, mut rest) = (Vec::new(), text);
    while let Some(after) = rest.strip_prefix("module.") {
        if module.len() == MAX_MODULES {
            return None;
        }
        let (name, after) = name(after)?;
        let (key, after) = instance(after)?;
        module.push(ModuleStep { name, key });
        rest = after.strip_prefix('.')?;
    }
    Some((module, rest))
}

/// Whether an address is in more modules than are looked at: then it is no [`Address`].
#[must_use]
pub(crate) fn is_deep(text: &str) -> bool {
    let below = |text| {
        let (_, after) = name(str::strip_prefix(text, "module.")?)?;
        instance(after)?.1.strip_prefix('.')
    };
    let modules = std::iter::successors(below(text), |rest| below(rest));
    modules.take(MAX_MODULES + 1).count() > MAX_MODULES
}

/// Whether it is the path of a module instance, as Terraform writes it.
#[must_use]
pub(crate) fn is_module(text: &str) -> bool {
    let whole = format!("{text}.a.b");
    Address::parse(&whole).is_some_and(|address| {
        !address.data
            && !address.module.is_empty()
            && !address.is_open()
            && address.to_string() == whole
    })
}

/// Whether it is what `-target` takes, as Terraform writes it: an address or the path of a module.
#[must_use]
pub(crate) fn is_target(text: &str) -> bool {
    is_module(text)
        || Address::parse(text)
            .is_some_and(|address| !address.is_open() && address.to_string() == text)
}

/// The name of the provider in `module.x.provider["registry.terraform.io/hashicorp/aws"].alias`, or in the `provider.aws.alias` of 0.12.
#[must_use]
pub(crate) fn provider(text: &str) -> Option<&str> {
    let (modules, rest) = modules(text)?;
    if modules.iter().any(|step| step.key.is_some()) {
        return None;
    }
    let (found, rest) = if let Some(rest) = rest.strip_prefix("provider[\"") {
        let (found, rest) = rest.split_once("\"]")?;
        (found.split('/').count() == 3 && found.split('/').all(is_source_part))
            .then_some((found, rest))?
    } else {
        name(rest.strip_prefix("provider.")?)?
    };
    if rest.is_empty() {
        return Some(found);
    }
    let (_, rest) = name(rest.strip_prefix('.')?)?;
    // OpenTofu has instances of providers, too.
    let (key, rest) = instance(rest)?;
    let plain = match &key {
        None | Some(Key::Number(_)) => true,
        Some(Key::Text(text)) => respelled(text).as_deref() == Some(text.as_ref()),
        Some(Key::Open) => false,
    };
    (plain && rest.is_empty()).then_some(found)
}

/// A host with its port, a namespace or a type, in the one spelling that is written: in small letters, none of which stands for another, and without a port
/// that goes without saying.
fn is_source_part(part: &str) -> bool {
    let (name, port) = match part.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (part, None),
    };
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0') && port != "443"
    };
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() && !c.is_uppercase() || matches!(c, '-' | '_' | '.'))
        && unicode_normalization::is_nfkc(name)
        && port.is_none_or(|port| !port.is_empty() && is_port(port))
}

/// An address of the plan with every `\u` and `\U` as the sign that it stands for: Terraform takes both spellings for one.
pub(crate) fn without_numbers(address: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = address;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let digits = match after.as_bytes().get(1) {
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => 0,
        };
        let number = after.get(2..2 + digits).filter(|_| digits > 0);
        let sign = number
            .and_then(|number| u32::from_str_radix(number, 16).ok())
            .and_then(char::from_u32);
        let taken = match sign {
            Some(sign) => {
                out.push(sign);
                2 + digits
            }
            // A backslash and what it makes plain.
            None => {
                let end = 1 + after.chars().nth(1).map_or(0, char::len_utf8);
                out.push_str(after.get(..end).unwrap_or_default());
                end
            }
        };
        rest = after.get(taken..).unwrap_or_default();
    }
    if out.is_empty() && rest.len() == address.len() {
        return Cow::Borrowed(address);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// A name up to the next `.` or `[`: an identifier
/// (<https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#identifiers>), since Terraform skips blanks and comments around one.
pub(crate) fn name(text: &str) -> Option<(&str, &str)> {
    let end = text
        .bytes()
        .position(|byte| matches!(byte, b'.' | b'['))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let mut chars = name.chars();
    let starts = chars
        .next()
        .is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c));
    (starts && chars.all(|c| c == '-' || unicode_ident::is_xid_continue(c))).then_some((name, rest))
}

/// An optional key of a plan's address.
pub(crate) fn instance(text: &str) -> Option<(Option<Key<'_>>, &str)> {
    text.strip_prefix("[*]")
        .map_or_else(|| key(text), |rest| Some((Some(Key::Open), rest)))
}

/// Whether Go prints a character as it is: `unicode.IsPrint`.
fn is_print(c: char) -> bool {
    use GeneralCategory as Category;
    match get_general_category(c) {
        Category::Control
        | Category::Format
        | Category::Surrogate
        | Category::PrivateUse
        | Category::Unassigned
        | Category::LineSeparator
        | Category::ParagraphSeparator => false,
        Category::SpaceSeparator => c == ' ',
        _ => true,
    }
}

/// One character of a key within quotes, but for `${` and `%{`.
fn spell(c: char, out: &mut String) {
    match c {
        '"' | '\\' => out.extend(['\\', c]),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_print(c) => out.push(c),
        c => escape(c, out),
    }
}

fn escape(c: char, out: &mut String) {
    let number = u32::from(c);
    // Writing to a String cannot go wrong.
    let _ = if number < 0x1_0000 {
        write!(out, "\\u{number:04x}")
    } else {
        write!(out, "\\U{number:08x}")
    };
}

/// A key as Terraform writes it within quotes.
#[must_use]
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        spell(c, &mut quoted);
    }
    quoted.replace("${", "$${").replace("%{", "%%{")
}

/// The text between the quotes of a key, read and written again; `None` when it holds what is no plain text.
fn respelled(text: &str) -> Option<String> {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    let mut plain = String::new();
    while let Some(c) = rest.chars().next() {
        let template = ["$${", "%%{"].iter().find(|mark| rest.starts_with(**mark));
        if let Some(mark) = template {
            out.push_str(mark);
            rest = rest.strip_prefix(mark)?;
            continue;
        }
        if rest.starts_with("${") || rest.starts_with("%{") {
            return None;
        }
        rest = rest.get(c.len_utf8()..)?;
        if c != '\\' {
            spell(c, &mut out);
            plain.push(c);
            continue;
        }
        let sign = rest.chars().next()?;
        rest = rest.get(sign.len_utf8()..)?;
        let digits = match sign {
            'n' | 'r' | 't' | '"' | '\\' => {
                out.extend([c, sign]);
                continue;
            }
            'u' => 4,
            'U' => 8,
            _ => return None,
        };
        let (number, after) = rest.split_at_checked(digits)?;
        if !number.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let c = char::from_u32(u32::from_str_radix(number, 16).ok()?)?;
        // What is a sign in newer tables than Terraform's is written as a number by it.
        if c.is_ascii() || c.is_alphanumeric() {
            spell(c, &mut out);
        } else {
            escape(c, &mut out);
        }
        plain.push(c);
        rest = after;
    }
    // Of a letter and the accent behind it Terraform makes one: for it, two such keys are the same.
    unicode_normalization::is_nfc(&plain).then_some(out)
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
    let number: u64 = digits.parse().ok()?;
    // `+1` and `01` are the number 1 as well.
    (number.to_string() == digits).then_some((Some(Key::Number(number)), rest))
}

/// The module that an address is in, as it writes it; empty for the root, and for what is no address.
#[must_use]
pub(crate) fn module(address: &str) -> &str {
    let rest = modules(address).map_or(address, |(_, rest)| rest);
    let end = address.len().saturating_sub(rest.len());
    address.get(..end).unwrap_or_default().trim_end_matches('.')
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
        Some(Key::Open) => 3,
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

    #[test]
    fn numbers_are_signs() {
        for (text, plain) in [
            ("a.b", "a.b"),
            (r#"a.b["\u00e9x"]"#, "a.b[\"\u{e9}x\"]"),
            (r#"a.b["\U0001f600"]"#, "a.b[\"\u{1f600}\"]"),
            (r#"a.b["\\u00e9\n\""]"#, r#"a.b["\\u00e9\n\""]"#),
            (r"\u12", r"\u12"),
            ("\\", "\\"),
        ] {
            assert_eq!(without_numbers(text), plain, "{text}");
        }
    }

    #[test]
    fn modules_of_addresses() {
        for (address, wanted) in [
            ("aws_s3_bucket.a", ""),
            ("module.a.aws_s3_bucket.a[0]", "module.a"),
            (
                "module.a[\"x.y\"].module.b[0].data.t.n",
                "module.a[\"x.y\"].module.b[0]",
            ),
            ("module.a.action.t.n", "module.a"),
            ("no address", ""),
        ] {
            assert_eq!(module(address), wanted);
        }
    }

    #[test]
    fn modules_within_modules() {
        let nested = |depth: usize, step: &str| format!("{}a_b.c", step.repeat(depth));
        for step in ["module.a.", "module.a[0].", "module.a[\"module.b.\"]."] {
            assert!(Address::parse(&nested(64, step)).is_some(), "{step}");
            assert!(!is_deep(&nested(64, step)), "{step}");
            for depth in [65, 1_000] {
                assert!(Address::parse(&nested(depth, step)).is_none(), "{step}");
                assert!(is_deep(&nested(depth, step)), "{step}");
            }
        }
        assert!(!is_deep(&format!("a_b.c[\"{}\"]", "module.a.".repeat(100))));
    }

    #[test]
    fn addresses_of_actions() {
        for (text, plain) in [
            ("action.a_b.c", Some("data.a_b.c")),
            ("action.a_b.c[0]", Some("data.a_b.c[0]")),
            (
                "module.m[\"action.x\"].action.a_b.c",
                Some("module.m[\"action.x\"].data.a_b.c"),
            ),
            (
                "module.action.action.a_b.c",
                Some("module.action.data.a_b.c"),
            ),
            ("action.a_b", None),
            ("a_b.c", None),
            ("data.a_b.c", None),
            ("", None),
        ] {
            assert_eq!(of_action(text).as_deref(), plain, "{text}");
        }
    }

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
            "a.b[+1]",
            "a.b[01]",
            "a .b",
            "a/**/.b",
            "/*a.b[\"*/c.d//\"]",
            "module.m/*.data.x.y[\"*/.a.b//\"]",
            "1a.b",
            "a.-b",
            "a.\u{200b}b",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn printed_again() {
        for text in [
            "a-x.b_1",
            "über.Ω",
            "_a._b",
            "data.a.b[0]",
            "ephemeral.a.b",
            "module.data.a.b",
            r#"module.a["k"].module.b[3].a.b["$${x} \"\\ \n \u200b %%{ é 🦀 $$"]"#,
            r#"a.b["\U0001fae9"]"#,
            "module.a[*].a.b[*]",
        ] {
            assert_eq!(parse(text).to_string(), text);
        }
        for key in [
            "${x}",
            r"\u0061",
            r"\u200B",
            r"\u000a",
            "\u{200b}",
            "\n",
            r"\a",
            r"\u12",
            "\u{a0}",
            r"\U0000200b",
            "e\u{301}",
            r"e\u0301",
            "\u{212b}",
        ] {
            let text = format!("a.b[\"{key}\"]");
            assert_ne!(parse(&text).to_string(), text);
        }
        assert!(parse("a.b[*]").is_open() && parse("module.a[*].a.b").is_open());
        assert!(!parse("a.b[\"*\"]").is_open());
    }

    #[test]
    fn keys_in_quotes() {
        assert_eq!(
            quoted("a\"b\\c\n${d}\u{200b}é"),
            "a\\\"b\\\\c\\n$${d}\\u200bé"
        );
    }

    #[test]
    fn targets_and_providers() {
        for text in [
            "a.b",
            "a.b[1]",
            "module.a",
            "module.a[\"k\"].module.b",
            "module.a.data.b.c",
        ] {
            assert!(is_target(text), "{text}");
        }
        for text in [
            "",
            "a",
            "data",
            "module",
            "module.a.",
            "module.a ",
            "a.b[*]",
            "module.a.data",
        ] {
            assert!(!is_target(text), "{text}");
        }
        let aws = "registry.terraform.io/hashicorp/aws";
        for text in [
            format!("provider[\"{aws}\"]"),
            format!("module.a.module.b.provider[\"{aws}\"].east"),
            format!("provider[\"{aws}\"].east[\"eu\"]"),
        ] {
            assert_eq!(provider(&text), Some(aws), "{text}");
        }
        for text in [
            format!("/*provider[\"{aws}\"]*/provider[\"evil.example/x/y\"]"),
            format!("module.a[0].provider[\"{aws}\"]"),
            format!("provider[\"{aws}\"]//"),
            format!("provider[\"{aws}\"].a b"),
            format!("provider [\"{aws}\"]"),
            "provider[\"hashicorp/aws\"]".to_owned(),
            "provider[\"Registry.terraform.io/hashicorp/aws\"]".to_owned(),
            "provider[\"registry.terraform.io/hashicorp/\\u0061ws\"]".to_owned(),
            "x".to_owned(),
        ] {
            assert_eq!(provider(&text), None, "{text}");
        }
    }
}
