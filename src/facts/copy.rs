//! The command that takes a copy of a store before it goes, from its row, with what names the object filled in.

use crate::catalog::TypeRow;
use crate::finding::Shown;
use crate::plan::{Opened, ReadError, Show, Value};

/// The command; `None` when the row has none, or when what names the object is not known or may not be shown.
pub(super) fn command(row: &TypeRow, value: Value<'_>) -> Result<Option<String>, ReadError> {
    let Some(template) = &row.copy_first else {
        return Ok(None);
    };
    let value = Opened::new(value)?;
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let Some((path, after)) = after.split_once('}') else {
            return Ok(None);
        };
        let steps: Vec<String> = path.split('.').map(str::to_owned).collect();
        let found = value.at(&steps)?;
        let [only] = found.as_slice() else {
            return Ok(None);
        };
        let Shown::Word(word) = only.shown(Show::Identifier)? else {
            return Ok(None);
        };
        let Some(word) = quoted(&word) else {
            return Ok(None);
        };
        text.push_str(before);
        text.push_str(&word);
        rest = after;
    }
    text.push_str(rest);
    Ok(Some(text))
}

/// A word as a shell takes it for one. What a person cannot see, or a shell could take for an option, is not put into a command.
fn quoted(word: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if word.is_empty() || word.starts_with('-') || !word.chars().all(|c| c.is_ascii_graphic()) {
        return None;
    }
    if word.chars().all(plain) {
        return Some(word.to_owned());
    }
    (!word.contains('\'')).then(|| format!("'{word}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell() {
        assert_eq!(quoted("orders-1").as_deref(), Some("orders-1"));
        assert_eq!(quoted("a;rm$(x)").as_deref(), Some("'a;rm$(x)'"));
        for word in ["", "-rf", "a b", "a'b", "a\u{202e}b", "a\nb"] {
            assert_eq!(quoted(word), None, "{word:?}");
        }
    }
}
