//! Settings that stand as YAML or JSON in a text of a plan (Helm values, templates, manifests): each scalar with the names above it. What YAML has beyond
//! indented blocks is not followed: an anchor stands for nothing, and what is written in one line between braces is one text.

/// The longest text that is looked at, in bytes.
const MOST: usize = 1 << 20;
/// The deepest nesting.
const DEEP: usize = 64;

/// A scalar.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// The names above it, the outermost first; an element of a list has the name `-`.
    pub(crate) path: Vec<String>,
    /// What it is, without quotes.
    pub(crate) value: String,
}

impl Leaf {
    /// Whether the last names above it are these.
    pub(crate) fn ends(&self, names: &[&str]) -> bool {
        let start = self.path.len().checked_sub(names.len());
        let end = start.and_then(|start| self.path.get(start..));
        end.is_some_and(|end| end.iter().map(String::as_str).eq(names.iter().copied()))
    }
}

/// The scalars of a text; `None` when it cannot be taken apart.
pub(crate) fn read(text: &str) -> Option<Vec<Leaf>> {
    if text.len() > MOST {
        return None;
    }
    if text.trim_start().starts_with(['{', '[']) {
        let mut found = Vec::new();
        walk(
            &serde_json::from_str(text).ok()?,
            &mut Vec::new(),
            &mut found,
        );
        return Some(found);
    }
    yaml(text)
}

/// The parser allows no more than 128 levels.
fn walk(json: &serde_json::Value, path: &mut Vec<String>, found: &mut Vec<Leaf>) {
    use serde_json::Value as Json;
    let mut leaf = |path: &[String], value: String| {
        found.push(Leaf {
            path: path.to_vec(),
            value,
        });
    };
    match json {
        Json::Object(members) => {
            for (name, member) in members {
                path.push(name.clone());
                walk(member, path, found);
                path.pop();
            }
        }
        Json::Array(items) => {
            path.push("-".to_owned());
            for item in items {
                walk(item, path, found);
            }
            path.pop();
        }
        Json::String(text) => leaf(path, text.clone()),
        Json::Null => leaf(path, String::new()),
        other => leaf(path, other.to_string()),
    }
}

/// Where a block began.
struct Open {
    indent: usize,
    name: String,
    item: bool,
}

fn yaml(text: &str) -> Option<Vec<Leaf>> {
    let mut found: Vec<Leaf> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let mut rest = line.trim_start_matches(' ');
        let mut indent = line.len() - rest.len();
        if rest.starts_with('\t') {
            return None;
        }
        let blank = rest.trim_end().is_empty() || rest.starts_with(['#', '%']);
        if blank || rest.starts_with("---") || rest.starts_with("...") {
            if !blank {
                open.clear();
            }
            continue;
        }
        // A list may stand as far left as the name that it belongs to.
        while let Some(after) = rest
            .strip_prefix('-')
            .filter(|after| after.is_empty() || after.starts_with(' '))
        {
            open.retain(|block| block.indent < indent || (block.indent == indent && !block.item));
            open.push(Open {
                indent,
                name: "-".to_owned(),
                item: true,
            });
            let next = after.trim_start_matches(' ');
            indent += rest.len() - next.len();
            rest = next;
        }
        if open.len() > DEEP {
            return None;
        }
        if rest.is_empty() {
            continue;
        }
        let Some((name, value)) = split(rest) else {
            let path = open.iter().map(|block| block.name.clone()).collect();
            let value = plain(rest);
            found.push(Leaf { path, value });
            continue;
        };
        open.retain(|block| block.indent < indent);
        let mut path: Vec<String> = open.iter().map(|block| block.name.clone()).collect();
        path.push(name.clone());
        if value.starts_with(['|', '>']) {
            let mut block = Vec::new();
            while let Some(line) = lines.next_if(|line| {
                let inner = line.trim_start_matches(' ');
                inner.trim_end().is_empty() || line.len() - inner.len() > indent
            }) {
                block.push(line);
            }
            found.push(Leaf {
                path,
                value: block.join("\n"),
            });
        } else if value.is_empty() || (value.starts_with(['&', '!']) && !value.contains(' ')) {
            open.push(Open {
                indent,
                name,
                item: false,
            });
        } else if let Ok(json) = serde_json::from_str::<serde_json::Value>(value) {
            walk(&json, &mut path, &mut found);
        } else {
            let value = plain(value);
            found.push(Leaf { path, value });
        }
    }
    Some(found)
}

/// The name and the value of a line.
fn split(line: &str) -> Option<(String, &str)> {
    let (name, rest) = match line.chars().next()? {
        quote @ ('"' | '\'') => {
            let (name, rest) = line.get(1..)?.split_once(quote)?;
            (name, rest.trim_start().strip_prefix(':')?)
        }
        _ => {
            let at = line.match_indices(':').map(|(at, _)| at).find(|at| {
                line.get(at + 1..)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            })?;
            (line.get(..at)?, line.get(at + 1..)?)
        }
    };
    let value = rest.trim();
    // What comes after a blank and a sign is a comment.
    let value = if value.starts_with(['"', '\'']) {
        value
    } else if value.starts_with('#') {
        ""
    } else {
        value.split(" #").next().unwrap_or_default().trim_end()
    };
    Some((name.trim().to_owned(), value))
}

/// A scalar without quotes.
fn plain(text: &str) -> String {
    let text = text.trim();
    if text.starts_with('"')
        && let Ok(plain) = serde_json::from_str::<String>(text)
    {
        return plain;
    }
    let inner = text
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''));
    inner.map_or_else(|| text.to_owned(), |inner| inner.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let leaves = read(text).unwrap_or_else(|| panic!("{text}"));
        leaves
            .iter()
            .map(|leaf| format!("{}={}", leaf.path.join("."), leaf.value))
            .collect()
    }

    #[test]
    fn scalars_with_the_names_above_them() {
        for (text, wanted) in [
            (
                "# values\nprimary:\n  persistence:\n    enabled: true # on\n  name: 'it''s'\nn: 3\n",
                &[
                    "primary.persistence.enabled=true",
                    "primary.name=it's",
                    "n=3",
                ][..],
            ),
            (
                "a:\n- b: 1\n  c: 2\n- d\ne: \"x: y\"\n",
                &["a.-.b=1", "a.-.c=2", "a.-=d", "e=x: y"],
            ),
            ("a:\n  - - 1\n  - b: !Ref X\n", &["a.-.-=1", "a.-.b=!Ref X"]),
            (
                "data:\n  mapRoles: |\n    - rolearn: x\n      groups: []\n  other: 1\n",
                &[
                    "data.mapRoles=    - rolearn: x\n      groups: []",
                    "data.other=1",
                ],
            ),
            (
                "a: {\"b\": [1, {\"c\": true}]}\n\"d e\": f\n",
                &["a.b.-=1", "a.b.-.c=true", "d e=f"],
            ),
            ("a: {b: 1}\n", &["a={b: 1}"]),
            ("a:\n  b: 1\n---\nc: http://x\n", &["a.b=1", "c=http://x"]),
            (r#"{"a":{"b":"c"},"d":null}"#, &["a.b=c", "d="]),
        ] {
            assert_eq!(told(text), wanted, "{text}");
        }
        assert_eq!(read("a:\n\tb: 1"), None);
        assert_eq!(read(&"- ".repeat(DEEP + 2)), None);
        assert_eq!(read("{"), None);
    }
}
