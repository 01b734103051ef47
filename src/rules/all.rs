//! Rules × plan → findings, sorted; or an error when a value cannot be read. Never a missing finding.

use std::collections::HashSet;

use crate::catalog::{Catalog, OwnRows, RowError, carried};
use crate::facts::dependents;
use crate::facts::explain::{Explained, Told};
use crate::facts::summary::Explanation;
use crate::facts::{Facts, Limits, Unreadable};
use crate::finding::{Evidence, Finding};
use crate::plan::{Action, Plan};
use crate::rules::RULES;
use crate::rules::source::{Sources, in_part_words, some};
use crate::state::StateFacts;
use crate::ui::refusal::{Refusal, Why};

/// What came of judging one plan.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The findings, the worst first.
    pub(crate) findings: Vec<Finding>,
    /// What a reader should know beside them.
    pub(crate) notes: Vec<String>,
    /// What a revision explains of it, where somebody asks.
    pub(crate) explained: Option<Explanation>,
    /// Why the plan as a whole cannot be let through, whatever the findings say.
    pub(crate) refusal: Option<Refusal>,
}

/// Judges a plan by all rules. `own` are rows of the catalogue that win over those that are built in.
#[must_use]
pub(crate) fn judge(
    plan: &Plan<'_>,
    limits: &Limits,
    state: &StateFacts,
    own: &OwnRows,
) -> Outcome {
    match findings(plan, limits, state, own) {
        Ok((findings, notes, explained)) => Outcome {
            findings,
            notes,
            explained,
            refusal: refusal(plan),
        },
        Err(refusal) => Outcome {
            findings: Vec::new(),
            notes: Vec::new(),
            explained: None,
            refusal: Some(refusal),
        },
    }
}

fn findings(
    plan: &Plan<'_>,
    limits: &Limits,
    state: &StateFacts,
    own: &OwnRows,
) -> Result<(Vec<Finding>, Vec<String>, Option<Explanation>), Refusal> {
    let mut catalog = catalog(plan).map_err(|error| {
        Refusal::new(Why::Unreadable).with(format!("the catalogue itself is broken: {error}"))
    })?;
    catalog.own(own);
    let facts = Facts::new(plan, &catalog, limits, state).map_err(unreadable)?;
    let mut findings = Vec::new();
    for rule in RULES {
        (rule.check)(&facts, &mut findings).map_err(|error| {
            Refusal::new(Why::Unreadable).with(format!("rule {}: {error}", rule.id))
        })?;
    }
    name_dependents(plan, &mut findings);
    let mut sources = Sources::new(plan, &state.sources);
    findings
        .iter_mut()
        .for_each(|finding| sources.locate(finding));
    if let Some(explained) = &facts.explained {
        for finding in &mut findings {
            let told = finding
                .address
                .as_ref()
                .filter(|_| finding.rule != super::not_explained::RULE.id)
                .and_then(|address| explained.objects.get(address));
            let words = match told {
                Some(Told::Explained) => "explained by the change",
                Some(Told::NotExplained) => "not explained by the change",
                _ => continue,
            };
            let words = format!("{words} since {}", explained.name);
            finding.evidence.push(Evidence::Note(words));
        }
    }
    findings.sort_by(order);
    let explained = facts.explained.as_ref().map(Explained::told);
    let mut notes = sources.notes();
    if let Some(explained) = &facts.explained {
        let files = some(explained.in_part.iter().map(String::as_str));
        notes.extend(files.map(|files| in_part_words(&format!("{files} in {}", explained.name))));
    }
    Ok((findings, notes, explained))
}

/// Says of every object that is destroyed what refers to it.
fn name_dependents(plan: &Plan<'_>, findings: &mut [Finding]) {
    let destroyed =
        |finding: &Finding| finding.deposed.is_none() && finding.actions.contains(&"delete");
    let addresses: HashSet<&str> = findings
        .iter()
        .filter(|finding| destroyed(finding))
        .filter_map(|finding| finding.address.as_deref())
        .collect();
    let found = dependents::find(plan, &addresses);
    for finding in findings.iter_mut().filter(|finding| destroyed(finding)) {
        if let Some(address) = &finding.address {
            finding.dependents = found.get(address).cloned();
        }
    }
}

/// The order of reports: among equally bad ones, data before what others stand on, which can be built again.
pub(super) fn order(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    let late = |finding: &Finding| finding.rule == super::foundation_destroy::RULE.id;
    b.severity
        .cmp(&a.severity)
        .then_with(|| late(a).cmp(&late(b)))
        .then_with(|| a.order(b))
}

fn catalog(plan: &Plan<'_>) -> Result<Catalog, RowError> {
    let mut types: HashSet<&str> = HashSet::new();
    let mut last = "";
    for kind in plan.managed().map(|change| change.kind.as_ref()) {
        // A plan is sorted by address: the same type mostly comes again.
        if kind != last {
            types.insert(kind);
            last = kind;
        }
    }
    let carried: Vec<String> = plan
        .managed()
        .filter_map(|change| carried(change)?.kind)
        .collect();
    types.extend(carried.iter().map(String::as_str));
    types.extend(
        plan.prior
            .iter()
            .flat_map(|prior| prior.managed.keys().map(String::as_str)),
    );
    let gone = plan.gone();
    types.extend(gone.iter().map(|gone| gone.kind.as_str()));
    Catalog::for_types(types)
}

fn unreadable(error: Unreadable) -> Refusal {
    let detail = error.address.map_or_else(
        || error.error.to_string(),
        |address| format!("{address}: {}", error.error),
    );
    Refusal::new(Why::Unreadable).with(detail)
}

/// What can be judged of such a plan is judged; a block in it wins, but it is never let through.
fn refusal(plan: &Plan<'_>) -> Option<Refusal> {
    if plan.errored {
        return Some(Refusal::new(Why::Errored));
    }
    let unknown = plan
        .changes
        .iter()
        .filter(|change| change.action == Action::Other)
        .count();
    (unknown > 0).then(|| {
        Refusal::new(Why::UnknownAction)
            .with(format!("{unknown} of {} changes", plan.changes.len()))
    })
}
