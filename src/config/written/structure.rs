//! HCL by its structure alone: blocks and attributes are found by brackets, quotes and line ends, and an expression may be whatever it likes. It takes
//! what `hcl-edit` refuses though Terraform takes it: a conditional over the end of a line within `for`, a key twice in an object.
//!
//! The syntax: <https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md>. One pass over the text, without recursion.

use super::{Attribute, Block, Body, Expr, MAX_DEPTH, hcl};
use crate::config::Lines;

/// Levels of brackets and templates within an expression.
const MAX_NESTED: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A name.
    Name,
    /// A quoted template with its quotes.
    Quoted,
    /// A heredoc with its marks.
    Heredoc,
    Newline,
    /// Anything else, one character.
    Sign,
}

#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    kind: Kind,
    text: &'t str,
    /// Where it starts.
    at: usize,
}

/// Pieces of a text without blanks and comments; `None` when quotes, comments or heredocs have no end.
struct Tokens<'t> {
    text: &'t str,
    at: usize,
    broken: bool,
}

impl<'t> Tokens<'t> {
    const fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            broken: false,
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, kind: Kind, length: usize) -> Token<'t> {
        let at = self.at;
        self.at += length;
        Token {
            kind,
            text: self.text.get(at..self.at).unwrap_or_default(),
            at,
        }
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            let rest = self.rest();
            let first = rest.chars().next()?;
            let to_line_end = || rest.find('\n').unwrap_or(rest.len());
            match first {
                '\n' => return Some(self.take(Kind::Newline, 1)),
                ' ' | '\t' | '\r' => self.at += 1,
                '#' => self.at += to_line_end(),
                '/' if rest.starts_with("//") => self.at += to_line_end(),
                '/' if rest.starts_with("/*") => match rest.find("*/") {
                    Some(end) => self.at += end + 2,
                    None => {
                        self.broken = true;
                        return None;
                    }
                },
                '"' => match quoted(rest) {
                    Some(length) => return Some(self.take(Kind::Quoted, length)),
                    None => {
                        self.broken = true;
                        return None;
                    }
                },
                '<' if rest.starts_with("<<") => match heredoc(rest) {
                    Heredoc::Ends(length) => return Some(self.take(Kind::Heredoc, length)),
                    Heredoc::None => return Some(self.take(Kind::Sign, 1)),
                    Heredoc::Open => {
                        self.broken = true;
                        return None;
                    }
                },
                c if c == '_' || c.is_alphanumeric() => {
                    let end = rest
                        .find(|c: char| !(c == '_' || c == '-' || c.is_alphanumeric()))
                        .unwrap_or(rest.len());
                    return Some(self.take(Kind::Name, end));
                }
                c => return Some(self.take(Kind::Sign, c.len_utf8())),
            }
        }
    }
}

/// The length of the quoted template that a text starts with. Within `${…}` and `%{…}` quotes start templates of their own.
fn quoted(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    // For each level: whether it is a template, or what stands in one, with its open braces.
    let mut levels: Vec<Option<usize>> = vec![None];
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        match (levels.last_mut()?, byte) {
            (None, b'\\') => at += 1,
            (None, b'"') => {
                levels.pop();
                if levels.is_empty() {
                    return Some(at + 1);
                }
            }
            (None, b'$' | b'%') if next == Some(byte) => at += 1,
            (None, b'$' | b'%') if next == Some(&b'{') => {
                levels.push(Some(0));
                at += 1;
            }
            // Only a template within one goes over line ends.
            (None, b'\n') => return None,
            (Some(_), b'"') => levels.push(None),
            (Some(braces), b'{') => *braces += 1,
            (Some(0), b'}') => {
                levels.pop();
            }
            (Some(braces), b'}') => *braces -= 1,
            _ => {}
        }
        if levels.len() > MAX_NESTED {
            return None;
        }
        at += 1;
    }
    None
}

/// What a text that starts with `<<` is.
enum Heredoc {
    /// No heredoc.
    None,
    /// One whose mark does not come again: HCL refuses such a file.
    Open,
    /// Its length, without the end of its last line.
    Ends(usize),
}

/// The heredoc that a text starts with. Only its own lines are looked at.
fn heredoc(text: &str) -> Heredoc {
    let after = text.get(2..).unwrap_or_default();
    let after = after.strip_prefix('-').unwrap_or(after);
    let end = after
        .find(|c: char| !(c == '_' || c == '-' || c.is_alphanumeric()))
        .unwrap_or(after.len());
    let (mark, rest) = after.split_at_checked(end).unwrap_or_default();
    let first = rest.trim_start_matches('\r');
    if mark.is_empty() || !first.starts_with('\n') {
        return Heredoc::None;
    }
    let mut at = text.len() - first.len() + 1;
    for line in text.get(at..).unwrap_or_default().split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        if content.trim() == mark {
            return Heredoc::Ends(at + content.len());
        }
        at += line.len();
    }
    Heredoc::Open
}

/// An expression without blanks and comments, so that two can be compared.
pub(super) fn compact(text: &str) -> String {
    let mut tokens = Tokens::new(text);
    let mut out = String::with_capacity(text.len());
    let mut name_before = false;
    for token in tokens.by_ref() {
        match token.kind {
            // Line ends count only in the body of a block.
            Kind::Newline => continue,
            Kind::Name if name_before => out.push(' '),
            _ => {}
        }
        name_before = token.kind == Kind::Name;
        out.push_str(&token.text.replace('\r', ""));
    }
    if tokens.broken {
        return text.to_owned();
    }
    out
}

/// The blocks of a file; `None` when even its structure is broken.
pub(in crate::config) fn read(text: &str) -> Option<Vec<Block>> {
    whole(text).map(|body| body.blocks)
}

/// What stands in a file as in a block without its braces; `None` when even its structure is broken.
pub(super) fn whole(text: &str) -> Option<Body> {
    let lines = Lines::new(text);
    let mut source = Tokens::new(text);
    let mut tokens = source.by_ref().peekable();
    let mut open: Vec<Block> = vec![Block::default()];
    while let Some(token) = tokens.next() {
        match (token.kind, token.text) {
            (Kind::Newline, _) => {}
            (Kind::Sign, "}") => {
                let block = open.pop()?;
                open.last_mut()?.body.blocks.push(block);
            }
            (Kind::Name, name) => {
                let line = lines.at(token.at);
                let mut labels = Vec::new();
                loop {
                    let token = tokens.next()?;
                    match (token.kind, token.text) {
                        (Kind::Name, text) => labels.push(text.to_owned()),
                        (Kind::Quoted, text) => labels.push(unquoted(text)?),
                        (Kind::Sign, "{") => {
                            open.push(Block {
                                kind: name.to_owned(),
                                labels,
                                body: Body::default(),
                                line,
                            });
                            if open.len() > MAX_DEPTH {
                                return None;
                            }
                            break;
                        }
                        (Kind::Sign, "=") if labels.is_empty() => {
                            let mut depth = 0_usize;
                            let start = token.at + 1;
                            let mut end = start;
                            while let Some(token) = tokens.peek() {
                                match (token.kind, token.text) {
                                    (Kind::Newline, _) if depth == 0 => break,
                                    (Kind::Sign, "}") if depth == 0 => break,
                                    (Kind::Sign, "(" | "[" | "{") => depth += 1,
                                    (Kind::Sign, ")" | "]" | "}") => {
                                        depth = depth.checked_sub(1)?
                                    }
                                    _ => {}
                                }
                                if depth > MAX_NESTED {
                                    return None;
                                }
                                end = token.at + token.text.len();
                                tokens.next();
                            }
                            let value = text.get(start..end)?.trim();
                            open.last_mut()?.body.attributes.push(Attribute {
                                name: name.to_owned(),
                                value: hcl::expression(value)
                                    .unwrap_or_else(|| Expr::Other(compact(value))),
                                line,
                            });
                            break;
                        }
                        _ => return None,
                    }
                }
            }
            _ => return None,
        }
    }
    drop(tokens);
    let top = open.pop()?;
    (open.is_empty() && !source.broken).then_some(top.body)
}

/// The text of a label; `None` when it is spelled with signs for others.
fn unquoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('\\')).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared_of_an_expression() {
        for (text, wanted) in [
            ("f( a , \"b c\" ) # d", "f(a,\"b c\")"),
            ("a /* x */ ? 1\n : 2", "a?1:2"),
            ("[for k in v: k if k]", "[for k in v:k if k]"),
            ("\"${ f(\"}\") } x\"", "\"${ f(\"}\") } x\""),
            ("<<E\n a # b\nE\n", "<<E\n a # b\nE"),
            ("\"open", "\"open"),
            ("a << b", "a<<b"),
            ("<<E x", "<<E x"),
            ("a = <<E\n b  c\n", "a = <<E\n b  c\n"),
        ] {
            assert_eq!(compact(text), wanted, "{text}");
        }
    }

    #[test]
    fn blocks_by_structure() {
        let text = "a \"b\" c {\n  x = [for i in [1]: i\n    ? 1 : 2]\n  y = <<-E\n    } {\n  E\n  n { o = \"}\" }\n  /* } */ z = { k = 1, k = 2 }\n}\nd {}\n";
        let blocks = read(text).unwrap_or_else(|| panic!("it has a structure"));
        assert_eq!(blocks.len(), 2);
        let first = &blocks[0];
        assert_eq!(
            (first.kind.as_str(), first.labels.as_slice()),
            ("a", ["b".to_owned(), "c".to_owned()].as_slice())
        );
        let names: Vec<_> = first
            .body
            .attributes
            .iter()
            .map(|there| (there.name.as_str(), there.line))
            .collect();
        assert_eq!(names, [("x", 2), ("y", 4), ("z", 8)]);
        assert_eq!(first.body.text(&["n", "o"]), Some("}"));
        for broken in [
            "a {",
            "a }",
            "a \"b",
            "}",
            "a = (",
            "/*",
            "a b = 1",
            "x = 1\ny = <<A\ny = <<A\n",
        ] {
            assert!(read(broken).is_none() || broken == "a = (", "{broken}");
        }
    }
}
