//! From the plans of one input to their reports: plan → findings → verdict. What `check` and `apply` have in common.

use std::path::Path;
use std::sync::Arc;

use crate::facts::source::Delta;
use crate::facts::summary::{Explanation, Summary};
use crate::facts::{changes, commands, is_change};
use crate::finding::{Evidence, Finding};
use crate::plan::{Plan, Plans, Writer};
use crate::policy;
use crate::policy::settings::{Files, PolicyLine, Settings};
use crate::report::{Compared, PlanReport, PolicyFrom};
use crate::rules::{all, change};
use crate::state::{Home, Identity, StateFacts, Where, place};
use crate::ui::alike;
use crate::ui::refusal::{Refusal, Why};
use crate::ui::words::plural;
use crate::verdict::weaker;
use crate::verdict::{Decision, Line};

/// Judges every plan of one input, its name and its file, each by the settings of its own place. The digest is left empty.
///
/// # Errors
/// Those of finding the settings.
pub(crate) fn judge<E>(
    found: &Plans<'_>,
    (source, file): (&str, Option<&Path>),
    mut settings: impl FnMut(&Plan<'_>) -> Result<Arc<Settings>, E>,
) -> Result<Vec<PlanReport>, E> {
    let several = found.plans.len() > 1;
    let notes: Vec<String> = found.notes.iter().map(|note| (*note).to_owned()).collect();
    let mut reports = Vec::with_capacity(found.plans.len());
    for (at, plan) in found.plans.iter().enumerate() {
        let source = if several {
            format!("{source} (plan {} of {})", at + 1, found.plans.len())
        } else {
            source.to_owned()
        };
        let settings = settings(plan)?;
        let mut report = judge_plan(plan, source, notes.clone(), &settings);
        report.summary.notes.extend(settings.passed_over(file));
        reports.push(report);
    }
    // The last one stands for what comes after it.
    if let (Some(last), Some(rest)) = (reports.last_mut(), &found.rest) {
        let detail = rest.detail.as_ref().map_or_else(
            || "what comes after it".to_owned(),
            |detail| format!("what comes after it: {detail}"),
        );
        last.decision
            .refusal
            .get_or_insert_with(|| rest.clone().with(detail));
    }
    Ok(reports)
}

/// Adds everything that changes to the reports of these plans.
pub(crate) fn list_changes(found: &Plans<'_>, reports: &mut [PlanReport]) {
    for (plan, report) in found.plans.iter().zip(reports) {
        report.summary.changes = Some(changes::list(plan));
    }
}

/// Judges one plan. A refusal stands in its report, so that the other plans of the same input keep theirs.
fn judge_plan(
    plan: &Plan<'_>,
    source: String,
    notes: Vec<String>,
    settings: &Settings,
) -> PlanReport {
    let mut summary = Summary::of(plan, source, String::new(), notes);
    if let Where::Dir(dir) | Where::Found { dir, counts: true } = &settings.place {
        let changed = place::changed(plan, dir);
        if !changed.is_empty() {
            let names = changed.join(", ");
            summary
                .notes
                .push(format!("changed since the plan: {names}"));
        }
        if let Some(state) = &mut summary.state {
            state.found_in(dir);
        }
        let home = Home::of(dir);
        if home.dir != *dir {
            summary.notes.push(format!(
                "this directory is created again each time: its pin is in {}, its policy there or above",
                home.pin().display()
            ));
        }
    }
    let unread = commands::unread(plan);
    if unread > 0 {
        summary.notes.push(format!(
            "a source file in the plan cannot be read: whether {} runs a command is not known",
            plural(unread, "object")
        ));
    }
    let changing = plan.changes.iter().filter(|change| is_change(change));
    summary
        .notes
        .extend(alike::notes(changing.map(|change| change.address.as_ref())));
    let mut judged = decide(plan, settings, &settings.files);
    for weighed in &mut judged.decision.findings {
        spell(&mut weighed.finding, plan.writer);
    }
    summary.notes.append(&mut judged.notes);
    summary.explained = judged.explained.take();
    if let Some(past) = settings.past.as_ref().filter(|_| plan.saved.is_none()) {
        let name = &past.name;
        summary.notes.push(format!(
            "not compared with {name}: only a saved plan has its configuration"
        ));
    }
    let from = settings.reviewed.as_ref().map(|reviewed| {
        let weaker = settings.tree.as_ref().and_then(|tree| {
            let other = decide(plan, settings, tree);
            weaker::weaker(&judged.decision, &other.decision)
        });
        PolicyFrom {
            reviewed: Arc::clone(reviewed),
            same: reviewed.checked_out,
            weaker,
        }
    });
    let folder = match &settings.place {
        Where::Dir(dir) | Where::Found { dir, counts: true } => {
            let home = Home::of(dir);
            Some(policy::folder(if home.is_own() { &home.dir } else { dir }))
        }
        _ => None,
    };
    PlanReport {
        summary,
        folder,
        decision: judged.decision,
        compared: Compared::of(&settings.place, judged.identity.as_ref(), judged.pinned),
        identity: judged.identity,
        policy: judged.policy,
        overruled: judged.overruled,
        from,
    }
}

/// What a person is told to type, as the program of the plan has it.
fn spell(finding: &mut Finding, writer: Writer) {
    if let Some(help) = &mut finding.help {
        *help = writer.spell(help).into_owned();
    }
    for evidence in &mut finding.evidence {
        // An address may hold any text between its quotes.
        if let Evidence::Note(note) = evidence
            && !note.contains('"')
        {
            *note = writer.spell(note).into_owned();
        }
    }
}

/// Judges what a change to the sources does to modules of one place. `capped`: at commit nothing is above medium.
pub(crate) fn source(
    deltas: &[&Delta],
    summary: Summary,
    settings: &Settings,
    capped: bool,
) -> PlanReport {
    let judged = decide_source(deltas, settings, &settings.files, capped);
    let from = settings.reviewed.as_ref().map(|reviewed| PolicyFrom {
        reviewed: Arc::clone(reviewed),
        same: reviewed.checked_out,
        weaker: settings.tree.as_ref().and_then(|tree| {
            let other = decide_source(deltas, settings, tree, capped);
            weaker::weaker(&judged.decision, &other.decision)
        }),
    });
    PlanReport {
        summary,
        folder: None,
        decision: judged.decision,
        compared: Compared::Nothing(None),
        identity: None,
        policy: judged.policy,
        overruled: judged.overruled,
        from,
    }
}

fn decide_source(deltas: &[&Delta], settings: &Settings, files: &Files, capped: bool) -> Judged {
    let (mut outcome, holding) = match settings.by(files, None) {
        Ok(holding) => (change::judge(deltas, &holding.own, capped), Some(holding)),
        Err(refusal) => (
            all::Outcome {
                findings: Vec::new(),
                notes: Vec::new(),
                explained: None,
                refusal: Some(refusal),
            },
            None,
        ),
    };
    let Some(holding) = holding else {
        return Judged {
            decision: Line::default().decide(outcome),
            notes: Vec::new(),
            explained: None,
            identity: None,
            pinned: None,
            policy: None,
            overruled: Vec::new(),
        };
    };
    Judged {
        notes: std::mem::take(&mut outcome.notes),
        explained: outcome.explained.take(),
        decision: holding.line.decide(outcome),
        identity: None,
        pinned: None,
        policy: holding.policy,
        overruled: holding.overruled,
    }
}

/// A plan, judged by one policy and pin.
struct Judged {
    decision: Decision,
    notes: Vec<String>,
    explained: Option<Explanation>,
    identity: Option<Identity>,
    /// The serial that is pinned for the plan's workspace.
    pinned: Option<u64>,
    policy: Option<PolicyLine>,
    overruled: Vec<String>,
}

fn decide(plan: &Plan<'_>, settings: &Settings, files: &Files) -> Judged {
    let refused = |refusal| all::Outcome {
        findings: Vec::new(),
        notes: Vec::new(),
        explained: None,
        refusal: Some(refusal),
    };
    let workspace = match (plan.saved.as_deref(), plan.pulled.as_deref()) {
        (Some(saved), _) => Some(saved.workspace_name()),
        (None, pulled) => pulled.map(|pulled| pulled.workspace.as_str()),
    };
    let holding = match settings.by(files, workspace) {
        Ok(holding) => holding,
        Err(refusal) => {
            return Judged {
                decision: Line::default().decide(refused(refusal)),
                notes: Vec::new(),
                explained: None,
                identity: None,
                pinned: None,
                policy: None,
                overruled: Vec::new(),
            };
        }
    };
    let meant_empty = holding.limits.first_apply
        && plan
            .managed()
            .any(|change| change.action.has_before() && !change.importing());
    let state = if meant_empty {
        Err(Refusal::new(Why::NotFirstApply))
    } else {
        StateFacts::read(plan, &settings.place, &files.pins)
    };
    let (mut outcome, identity, pinned) = match state {
        Ok(mut state) => (
            {
                state.past.clone_from(&settings.past);
                all::judge(plan, &holding.limits, &state, &holding.own)
            },
            state.identity.clone(),
            state.pinned().map(|pinned| pinned.serial),
        ),
        Err(refusal) => (refused(refusal), None, None),
    };
    Judged {
        notes: std::mem::take(&mut outcome.notes),
        explained: outcome.explained.take(),
        decision: holding.line.decide(outcome),
        identity,
        pinned,
        policy: holding.policy,
        overruled: holding.overruled,
    }
}
