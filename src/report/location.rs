//! Where in the repository a finding is shown: the one place that knows how a plan's sources lie in it.

use super::PlanReport;
use crate::finding::Finding;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    /// The file, as seen from the root of the repository.
    pub(super) file: String,
    /// From 1.
    pub(super) line: usize,
}

/// The line that a finding rests on; `None` when its block is gone, or nobody knows where it is.
pub(super) fn of(plan: &PlanReport, finding: &Finding) -> Option<Location> {
    let place = finding.place.as_ref()?;
    let line = place.attribute.as_ref().unwrap_or(&place.head).line;
    Some(Location {
        file: joined(plan.folder.as_deref().unwrap_or_default(), &place.file),
        line: line.max(1),
    })
}

/// What stands for a finding without a line: its block is gone, so the directory that it was in; else the plan that it was read from.
pub(super) fn of_plan(plan: &PlanReport) -> String {
    let folder = joined("", plan.folder.as_deref().unwrap_or_default());
    if !folder.is_empty() {
        return folder;
    }
    match plan.summary.source.as_str() {
        "-" | "" => "tfplan".to_owned(),
        source => joined("", source),
    }
}

/// A path without steps that lead nowhere.
fn joined(folder: &str, file: &str) -> String {
    let slashes = |text: &str| text.replace('\\', "/");
    let (folder, file) = (slashes(folder), slashes(file));
    let from = if file.starts_with('/') { "" } else { &folder };
    let root = if from.starts_with('/') || file.starts_with('/') {
        "/"
    } else {
        ""
    };
    let mut steps: Vec<&str> = Vec::new();
    for step in from.split('/').chain(file.split('/')) {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    format!("{root}{}", steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_without_detours() {
        for (folder, file, wanted) in [
            ("", "main.tf", "main.tf"),
            (".", "./main.tf", "main.tf"),
            (
                "infra/prod",
                "../modules/db/main.tf",
                "infra/modules/db/main.tf",
            ),
            ("infra", "../../x.tf", "../x.tf"),
            ("infra", "/abs/x.tf", "/abs/x.tf"),
            ("/work/infra", "x.tf", "/work/infra/x.tf"),
            ("a\\b", "c\\d.tf", "a/b/c/d.tf"),
        ] {
            assert_eq!(joined(folder, file), wanted);
        }
    }
}
