//! Whether what an object is about is made in the same plan: then nobody had access to it yet, and nothing in it can be lost.

use crate::facts::{Facts, is_helper};
use crate::plan::{ReadError, ResourceChange, Shape};

/// Attributes by which others name an object.
const NAMES: &[&str] = &[
    "id",
    "name",
    "arn",
    "project_id",
    "account_id",
    "secret_id",
    "bucket",
    "service",
    "login",
];

/// Whether one of these attributes is only known after the apply while something else is made, or is the name of something that this plan makes.
/// Types are not compared: a policy of one type may be about a newer type of the same thing.
pub(super) fn target_is_made<'t>(
    facts: &Facts<'_, '_>,
    change: &ResourceChange<'_>,
    targets: impl Iterator<Item = &'t str>,
) -> Result<bool, ReadError> {
    let made: Vec<_> = facts
        .creates()
        .filter(|other| other.address != change.address && !is_helper(&other.kind))
        .collect();
    if made.is_empty() {
        return Ok(false);
    }
    let after = change.after();
    for target in targets {
        let value = after.get(target)?;
        match value.shape()? {
            Shape::Unknown => return Ok(true),
            Shape::Text(text) if !text.is_empty() => {
                // The last part of a path names the thing too: projects/p/secrets/NAME.
                let last = text.rsplit('/').next().unwrap_or(&text);
                for other in &made {
                    // What hangs on the same target is no target itself.
                    if other.kind.contains("_iam_") {
                        continue;
                    }
                    let other = other.after();
                    for name in NAMES {
                        if let Some(name) = other.get(name)?.text()?
                            && !name.is_empty()
                            && (name == text || name == last)
                        {
                            return Ok(true);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(false)
}
