//! An update that takes most of the values out of something that lives: an import with an incomplete configuration, or a lost variable file.

use super::Rule;
use super::destroyed::about;
use crate::finding::{Evidence, Finding, Severity};
use crate::judge::Facts;
use crate::plan::{Action, ReadError, Shape, Value, member};

/// `values-stripped`.
pub(super) static RULE: Rule = Rule {
    id: "values-stripped",
    title: "an update takes most of the values out of a live resource",
    severity: Severity::Medium,
    docs: include_str!("../../rules/values-stripped.md"),
    check,
};

/// Fewer values than this are an ordinary change.
const LEAST: usize = 8;

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    for change in facts.plan.managed().filter(|change| change.action == Action::Update) {
        let after = change.after().members()?;
        for (name, old) in change.before().members()? {
            if is_label(&name) {
                continue;
            }
            let new = member(&after, &name);
            if old.same_text(&new) || matches!(new.shape()?, Shape::Unknown) {
                continue;
            }
            let (had, has) = (leaves(old, 0)?, leaves(new, 0)?);
            if had < LEAST || had.saturating_sub(has) < LEAST || has * 2 > had {
                continue;
            }
            let mut finding = about("values-stripped", Severity::Medium, change);
            finding.message = "most of the values of a live resource are taken out".to_owned();
            finding.loss = Some("settings that somebody may have made by hand, or that a missing variable file used to give".to_owned());
            finding.evidence.push(Evidence::Note(format!("{name}: {had} values before, {has} after")));
            finding.help = Some("look at the full diff (terraform show), and see that the variables of this environment were given".to_owned());
            findings.push(finding);
            break;
        }
    }
    Ok(())
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
        Shape::List(items) => items.into_iter().map(|item| leaves(item, depth + 1)).sum::<Result<usize, _>>()?,
        Shape::Object(members) => members.into_iter().map(|(_, member)| leaves(member, depth + 1)).sum::<Result<usize, _>>()?,
    })
}
