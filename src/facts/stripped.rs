//! An update that takes most of the values out of one attribute.

use crate::plan::{ReadError, ResourceChange, Shape, Value};

use crate::facts::difference::Difference;

/// An attribute that loses most of its values.
pub(crate) struct Stripped<'a, 'p> {
    /// The change.
    pub(crate) change: &'a ResourceChange<'p>,
    /// The attribute.
    pub(crate) name: String,
    /// Values before.
    pub(crate) had: usize,
    /// Values after.
    pub(crate) has: usize,
}

/// Fewer values than this are an ordinary change.
const LEAST: usize = 8;

/// The first such attribute.
pub(super) fn judge<'a, 'p>(
    change: &'a ResourceChange<'p>,
    differences: &[Difference<'_, 'p>],
) -> Result<Option<Stripped<'a, 'p>>, ReadError> {
    for Difference { name, old, new } in differences {
        if is_label(name) || old.is_nothing() {
            continue;
        }
        let (had, has) = (leaves(**old, 0)?, leaves(**new, 0)?);
        if had >= LEAST
            && had.saturating_sub(has) >= LEAST
            && has * 2 <= had
            // One unknown value may stand for a whole map: how much goes is not known then.
            && !has_unknown(**new, 0)?
        {
            return Ok(Some(Stripped {
                change,
                name: name.to_string(),
                had,
                has,
            }));
        }
    }
    Ok(None)
}

/// Labels are nobody's outage, and rules of access come and go.
fn is_label(name: &str) -> bool {
    matches!(
        name,
        "tags"
            | "tags_all"
            | "labels"
            | "effective_labels"
            | "terraform_labels"
            | "annotations"
            | "ingress"
            | "egress"
            | "policy"
            | "rule"
            | "security_rule"
            | "statement"
    )
}

/// Whether anything in a value is only known after the apply.
fn has_unknown(value: Value<'_>, depth: u8) -> Result<bool, ReadError> {
    if depth > 24 {
        return Ok(false);
    }
    Ok(match value.shape()? {
        Shape::Unknown => true,
        Shape::List(items) => {
            for item in items {
                if has_unknown(item, depth + 1)? {
                    return Ok(true);
                }
            }
            false
        }
        Shape::Object(members) => {
            for (_, member) in members {
                if has_unknown(member, depth + 1)? {
                    return Ok(true);
                }
            }
            false
        }
        _ => false,
    })
}

/// Plain values in a value that are set.
fn leaves(value: Value<'_>, depth: u8) -> Result<usize, ReadError> {
    // Deeper than any provider nests; what is below counts as one.
    if depth > 24 {
        return Ok(1);
    }
    Ok(match value.shape()? {
        Shape::Absent | Shape::Null => 0,
        Shape::Text(text) => usize::from(!text.is_empty()),
        Shape::Unknown | Shape::Bool(_) | Shape::Number(_) => 1,
        Shape::List(items) => items
            .into_iter()
            .map(|item| leaves(item, depth + 1))
            .sum::<Result<usize, _>>()?,
        Shape::Object(members) => members
            .into_iter()
            .map(|(_, member)| leaves(member, depth + 1))
            .sum::<Result<usize, _>>()?,
    })
}
