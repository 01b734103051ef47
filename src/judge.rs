//! From the bytes of one input to the reports of its plans: bytes → plan → findings → verdict. What `check` and `apply` have in common.

use std::sync::Arc;

use crate::facts::summary::Summary;
use crate::plan::Plan;
use crate::plan::saved::{self, Saved};
use crate::plan::text;
use crate::policy::settings::{PolicyLine, Settings};
use crate::report::{PlanReport, PolicyFrom};
use crate::rules::all;
use crate::state::StateFacts;
use crate::ui::refusal::{Refusal, Why};
use crate::verdict::weaker;
use crate::verdict::{Decision, Line};

/// Judges the bytes of one input: every plan in it. `used` notes which allowances matched something. The digest is left empty.
///
/// # Errors
/// When it holds no plan, or something beside plans.
pub fn judge_bytes(
    bytes: &[u8],
    source: &str,
    settings: &Settings,
    used: &mut [bool],
) -> Result<Vec<PlanReport>, Refusal> {
    if saved::is_saved(bytes) {
        let opened = saved::Opened::new(bytes)?;
        return Ok(vec![judge_plan(
            &opened.plan()?,
            source.to_owned(),
            Vec::new(),
            settings,
            used,
        )]);
    }
    let text = text::decode(bytes)?;
    let found = text::plans(text.as_str(bytes)?)?;
    let several = found.plans.len() > 1;
    let notes: Vec<String> = text
        .notes
        .iter()
        .chain(&found.notes)
        .map(|note| (*note).to_owned())
        .collect();
    let mut reports = Vec::with_capacity(found.plans.len());
    for (at, plan) in found.plans.iter().enumerate() {
        let source = if several {
            format!("{source} (plan {} of {})", at + 1, found.plans.len())
        } else {
            source.to_owned()
        };
        reports.push(judge_plan(plan, source, notes.clone(), settings, used));
    }
    // The last one stands for what comes after it.
    if let (Some(last), Some(rest)) = (reports.last_mut(), found.rest) {
        let detail = rest.detail.as_ref().map_or_else(
            || "what comes after it".to_owned(),
            |detail| format!("what comes after it: {detail}"),
        );
        last.decision.refusal.get_or_insert(rest.with(detail));
    }
    Ok(reports)
}

/// Judges one plan. A refusal stands in its report, so that the other plans of the same input keep theirs.
fn judge_plan(
    plan: &Plan<'_>,
    source: String,
    notes: Vec<String>,
    settings: &Settings,
    used: &mut [bool],
) -> PlanReport {
    let summary = Summary::of(plan, source, String::new(), notes);
    let (decision, policy, overruled) = decide(plan, settings, used);
    let from = settings.reviewed.as_ref().map(|reviewed| {
        let weaker = settings.tree.as_ref().and_then(|tree| {
            let (other, ..) = decide(plan, tree, &mut vec![false; tree.said.allow.len()]);
            weaker::weaker(&decision, &other)
        });
        PolicyFrom {
            reviewed: Arc::clone(reviewed),
            weaker,
        }
    });
    PlanReport {
        summary,
        decision,
        policy,
        overruled,
        from,
    }
}

fn decide(
    plan: &Plan<'_>,
    settings: &Settings,
    used: &mut [bool],
) -> (Decision, Option<PolicyLine>, Vec<String>) {
    let refused = |refusal| all::Outcome {
        findings: Vec::new(),
        refusal: Some(refusal),
    };
    let holding = match settings.for_plan(plan.saved.as_deref().map(Saved::workspace_name)) {
        Ok(holding) => holding,
        Err(refusal) => {
            return (
                Line::default().decide(refused(refusal), &mut []),
                None,
                Vec::new(),
            );
        }
    };
    let meant_empty = holding.limits.first_apply
        && plan
            .managed()
            .any(|change| change.action.has_before() && !change.importing());
    let state = if meant_empty {
        Err(Refusal::new(Why::NotFirstApply))
    } else {
        StateFacts::read(plan, &settings.place, &settings.pins)
    };
    let outcome = match state {
        Ok(state) => all::judge(plan, &holding.limits, &state, &holding.types),
        Err(refusal) => refused(refusal),
    };
    (
        holding.line.decide(outcome, used),
        holding.policy,
        holding.overruled,
    )
}
