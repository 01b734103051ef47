//! `applygate apply` where it is not written yet: Windows.

use crate::cli::ApplyArgs;
use crate::cli::environment::Environment;
use crate::ui::exit::Exit;
use crate::ui::problem::Problem;
use crate::ui::streams::Streams;

/// Says so.
///
/// # Errors
/// Always.
pub(super) fn apply(_: &ApplyArgs, _: &Environment, _: &mut Streams<'_>) -> Result<Exit, Problem> {
    Err(Problem::new(
        "apply is not there for this system yet; nothing was run",
        "judge the plan, and apply it only if that ends with 0: applygate check tfplan && terraform apply tfplan",
    ))
}
