//! Where in a JSON text something is: line, column, offset and the path of keys. Walks the text again, only after an error.

use std::fmt::{self, Write as _};

/// A place in a JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Line, from 1.
    pub(crate) line: usize,
    /// Column in bytes, from 1.
    pub(crate) column: usize,
    /// Offset in bytes, from 0.
    pub(crate) offset: usize,
    /// The keys and indexes that lead there: `resource_changes[3].change`. Names that are not plain are left out.
    pub(crate) path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}, byte {}",
            self.line, self.column, self.offset
        )?;
        if self.path.is_empty() {
            Ok(())
        } else {
            write!(f, ", in {}", self.path)
        }
    }
}

/// How many levels of the path are kept: the outer ones, which say where to look.
const MAX_LEVELS: usize = 12;

/// The place of an error that `serde_json` gave by line and column.
#[must_use]
pub(crate) fn find(text: &str, line: usize, column: usize) -> Place {
    let mut start = 0;
    for (number, part) in text.split_inclusive('\n').enumerate() {
        if number + 1 >= line.max(1) {
            break;
        }
        start += part.len();
    }
    let offset = (start + column.saturating_sub(1)).min(text.len());
    Place {
        line,
        column,
        offset,
        path: path(text.as_bytes(), offset),
    }
}

enum Level {
    Object {
        key: Option<(usize, usize)>,
        awaits_key: bool,
    },
    Array(usize),
}

/// The path of keys that is open at `offset`. Not a validator: it only follows brackets and strings.
fn path(bytes: &[u8], offset: usize) -> String {
    let mut levels: Vec<Level> = Vec::new();
    let mut beyond = 0_usize;
    let mut at = 0;
    while at < offset.min(bytes.len()) {
        match bytes.get(at).copied().unwrap_or_default() {
            b'"' => {
                let start = at + 1;
                at = string_end(bytes, start);
                if let Some(Level::Object { key, awaits_key }) =
                    levels.last_mut().filter(|_| beyond == 0)
                    && *awaits_key
                {
                    *key = Some((start, at));
                    *awaits_key = false;
                }
            }
            open @ (b'{' | b'[') => {
                if levels.len() >= MAX_LEVELS {
                    beyond += 1;
                } else {
                    levels.push(if open == b'{' {
                        Level::Object {
                            key: None,
                            awaits_key: true,
                        }
                    } else {
                        Level::Array(0)
                    });
                }
            }
            b'}' | b']' if beyond > 0 => beyond -= 1,
            b'}' | b']' => {
                levels.pop();
            }
            b',' if beyond == 0 => match levels.last_mut() {
                Some(Level::Object { key, awaits_key }) => {
                    *key = None;
                    *awaits_key = true;
                }
                Some(Level::Array(index)) => *index += 1,
                None => {}
            },
            _ => {}
        }
        at += 1;
    }
    let mut path = String::new();
    for level in &levels {
        match level {
            Level::Array(index) => {
                let _ = write!(path, "[{index}]");
            }
            Level::Object {
                key: Some((from, to)),
                ..
            } => {
                let name = bytes
                    .get(*from..*to)
                    .and_then(|name| std::str::from_utf8(name).ok())
                    .filter(|name| is_plain(name))
                    .unwrap_or("…");
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            Level::Object { key: None, .. } => {}
        }
    }
    path
}

/// Offset of the quote that ends the string which starts at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Names as Terraform and its providers have them. Anything else (a key of somebody's map) may be somebody's secret.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_of_keys() {
        let text =
            "{\"a\": 1,\n \"resource_changes\": [{\"x\":\"]}\"}, {\"change\": {\"K3y\": @}}]}";
        let place = find(
            text,
            2,
            text.lines()
                .nth(1)
                .and_then(|l| l.find('@'))
                .map_or(0, |at| at + 1),
        );
        assert_eq!(place.path, "resource_changes[1].change.…");
        assert_eq!(text.as_bytes().get(place.offset), Some(&b'@'));
    }

    #[test]
    fn deep_and_broken_text_is_followed_without_harm() {
        for text in [
            "[".repeat(100_000),
            "{\"a\":".repeat(50_000),
            "\"\\".to_owned(),
            "]]}}".to_owned(),
            String::new(),
        ] {
            let _ = find(&text, 1, text.len() + 10);
            let _ = find(&text, 9, 9);
        }
    }
}
