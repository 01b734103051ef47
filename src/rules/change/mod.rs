//! Findings about a change to the sources. The rules about plans judge the plan that it would bring; here it is said what was written, where it stands,
//! and that it is an intent and no effect: one step below the grade of a plan.

mod beside;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::catalog::{Catalog, Grade, OwnRows};
use crate::config::written::Body;
use crate::facts::source::{At, Delta, Fate, Shows, Side, Unguarded, What, plan};
use crate::facts::{Facts, Guess, Limits, guess};
use crate::finding::{Evidence, Finding, Severity, Shown, SideLine, SourceLine, SourcePlace};
use crate::plan::json;
use crate::rules::all::{Outcome, order};
use crate::rules::source::cut;
use crate::rules::{Rule, rename_without_moved};
use crate::state::StateFacts;
use crate::ui::refusal::{Refusal, Why};
use crate::ui::words::plural;

/// The rules about plans that say something of a change to the sources.
static SPEAKING: &[&Rule] = &[
    &super::stateful_destroy::RULE,
    &super::key_destroy::RULE,
    &super::backup_destroy::RULE,
    &super::foundation_destroy::RULE,
    &super::identity_destroy::RULE,
    &super::carrier_destroy::RULE,
    &super::state_store_destroy::RULE,
    &super::unlisted_destroy::RULE,
    &super::protection_lowered::RULE,
    &super::retention_cut::RULE,
    &super::disruptive_update::RULE,
    &super::access_opened::RULE,
];

/// Callers of a module that are named.
const CALLERS: usize = 3;

/// Judges a change to the sources. `capped`: at commit nothing is above medium.
#[must_use]
pub(crate) fn judge(deltas: &[&Delta], own: &OwnRows, capped: bool) -> Outcome {
    match findings(deltas, own) {
        Ok(mut findings) => {
            if capped {
                for finding in &mut findings {
                    finding.severity = finding.severity.min(Severity::Medium);
                }
            }
            findings.sort_by(order);
            Outcome {
                findings,
                notes: Vec::new(),
                explained: None,
                refusal: None,
            }
        }
        Err(refusal) => Outcome {
            findings: Vec::new(),
            notes: Vec::new(),
            explained: None,
            refusal: Some(refusal),
        },
    }
}

fn findings(deltas: &[&Delta], own: &OwnRows) -> Result<Vec<Finding>, Refusal> {
    let kinds: BTreeSet<&str> = deltas
        .iter()
        .flat_map(|delta| {
            let fates = delta.fates.iter().map(|fate| fate.kind.as_str());
            fates.chain(delta.unguarded.iter().map(|there| there.kind.as_str()))
        })
        .collect();
    let mut catalog = Catalog::for_types(kinds).map_err(|error| {
        Refusal::new(Why::Unreadable).with(format!("the catalogue itself is broken: {error}"))
    })?;
    catalog.own(own);
    let mut findings = Vec::new();
    for delta in deltas {
        let from = findings.len();
        fates(delta, &catalog, &mut findings)?;
        for there in &delta.unguarded {
            unguarded(there, &catalog, &mut findings, from);
        }
        beside::look(delta, &mut findings);
        if let Some(callers) = callers(delta) {
            for finding in findings.iter_mut().skip(from) {
                finding.evidence.push(Evidence::Note(callers.clone()));
            }
        }
    }
    Ok(findings)
}

/// Who else has the blocks of this module.
fn callers(delta: &Delta) -> Option<String> {
    let named: Vec<String> = delta
        .callers
        .iter()
        .take(CALLERS)
        .map(|(dir, call)| format!("{call} in {}", directory(dir)))
        .collect();
    let more = delta.callers.len().saturating_sub(named.len());
    let more = if more > 0 {
        format!(", and {more} more")
    } else {
        String::new()
    };
    (!named.is_empty()).then(|| {
        format!(
            "{} of this module: {}{more}",
            plural(delta.callers.len(), "call"),
            named.join(", ")
        )
    })
}

fn directory(dir: &str) -> &str {
    if dir.is_empty() { "." } else { dir }
}

/// What becomes of blocks.
fn fates(delta: &Delta, catalog: &Catalog, findings: &mut Vec<Finding>) -> Result<(), Refusal> {
    if delta.fates.is_empty() {
        return Ok(());
    }
    let text = plan(delta);
    let (plan, _) = json::read(&text)?;
    let (limits, state) = (Limits::default(), StateFacts::default());
    let broken = |error: String| Refusal::new(Why::Unreadable).with(error);
    let facts = Facts::new(&plan, catalog, &limits, &state)
        .map_err(|unreadable| broken(unreadable.error.to_string()))?;
    let mut told = Vec::new();
    for rule in SPEAKING {
        (rule.check)(&facts, &mut told)
            .map_err(|error| broken(format!("rule {}: {error}", rule.id)))?;
    }
    let by_address: BTreeMap<&str, &Fate> = delta
        .fates
        .iter()
        .map(|fate| (fate.address.as_str(), fate))
        .collect();
    for mut finding in told {
        let fate = finding
            .address
            .as_deref()
            .and_then(|address| by_address.get(address));
        let Some(fate) = fate else { continue };
        let Some(severity) = lower(finding.severity) else {
            continue;
        };
        // A guard of today may be lifted by the time of the plan; a store that goes is worth a look at any time.
        let weighs = catalog
            .get(&fate.kind)
            .is_some_and(|row| row.destroy >= Grade::High);
        finding.severity = if weighs && !matches!(fate.what, What::Altered) {
            severity.max(Severity::Medium)
        } else {
            severity
        };
        say(fate, &mut finding);
        finding.place = Some(place(fate, &finding));
        findings.push(finding);
    }
    Ok(())
}

/// An intent is one step below the effect; a note of a plan is nothing here.
const fn lower(severity: Severity) -> Option<Severity> {
    match severity {
        Severity::Critical => Some(Severity::High),
        Severity::High => Some(Severity::Medium),
        Severity::Medium => Some(Severity::Low),
        Severity::Low => None,
    }
}

fn say(fate: &Fate, finding: &mut Finding) {
    const NO_COPY: &str = "; this plan makes no such copy";
    if let Some(recovery) = &mut finding.recovery {
        *recovery = recovery.replace(NO_COPY, "");
    }
    let note = |text: &str| Evidence::Note(text.to_owned());
    let guard = "prevent_destroy = true goes with the block, so nothing stops the destroy";
    let keep = "if only the address changed, add a moved block; to keep the object without Terraform, add a removed block with destroy = false; if it should go, say so in the change";
    match &fate.what {
        What::Gone { guarded, call } => {
            finding.message = match call {
                Some(call) => {
                    format!(
                        "{call} is no longer called: the next plan destroys what this block created"
                    )
                }
                None => "its block is removed: the next plan destroys what it created".to_owned(),
            };
            if *guarded {
                finding.evidence.insert(0, note(guard));
            }
            finding.help = Some(keep.to_owned());
        }
        What::Removed { guarded, said } => {
            finding.message = if *said {
                "a removed block with destroy = true: the next plan destroys it".to_owned()
            } else {
                "a removed block without lifecycle: Terraform destroys it, OpenTofu only forgets it"
                    .to_owned()
            };
            if *guarded {
                finding.evidence.insert(0, note(guard));
            }
            finding.help = Some(
                "to keep it, add lifecycle { destroy = false } to the removed block; if it should go, say so in the change"
                    .to_owned(),
            );
        }
        What::Renamed { to, moved, guess } => {
            finding.rule = rename_without_moved::RULE.id;
            finding.message = format!(
                "the same block now has the address {to}, and no moved block says so: the next plan destroys it and creates a new one"
            );
            finding.help = Some("if it is the same object, add the moved block".to_owned());
            finding.snippet = Some(moved.clone());
            finding.copy_first = None;
            finding.guess = finding.guess || *guess;
        }
        What::Rekeyed { moved } => {
            finding.rule = rename_without_moved::RULE.id;
            finding.message = "a change between single, count and for_each gives every object a new address: the next plan destroys them and creates new ones".to_owned();
            finding.help = Some("add the moved blocks, with the right keys".to_owned());
            finding.snippet = Some(moved.clone()).filter(|moved| !moved.is_empty());
            finding.copy_first = None;
        }
        What::Dropped => {
            finding.message = "its key or index is gone: the next plan destroys it".to_owned();
            finding.help = Some(keep.to_owned());
        }
        What::Replaced { path } => {
            finding.message = format!(
                "{path} changes, and the provider cannot change it in place: the next plan destroys it and creates a new one"
            );
        }
        What::Altered => {}
    }
}

/// The most lines that are shown of one finding.
const MOST_LINES: usize = 12;

/// Where it stands, with the lines that it rests on. Of a file nothing is shown but names, truth values, numbers, and the words that rules list.
fn place(fate: &Fate, finding: &Finding) -> SourcePlace {
    if fate.by_call {
        // Its own lines stay as they are: it is the call that goes.
        return at(&fate.at, "");
    }
    let mut place = at(&fate.at, &head(&fate.address));
    let mut lines = Vec::new();
    let mut add = |side: Side, body: Option<&Body>, path: &str, value: &Shown| {
        let steps: Vec<&str> = path.split('.').collect();
        let (Some((_, line)), Some(name)) = (body.and_then(|body| body.at(&steps)), steps.last())
        else {
            return;
        };
        lines.push(Shows {
            side,
            line,
            text: format!("  {name} = {}", plain(value)),
        });
    };
    let (before, after) = (Some(&fate.before), fate.after.as_ref());
    for evidence in &finding.evidence {
        match (evidence, &fate.what) {
            (Evidence::Attribute { path, value, .. }, What::Altered) => {
                add(Side::After, after, path, value);
            }
            (Evidence::Attribute { path, value, .. }, _) => add(Side::Before, before, path, value),
            (
                Evidence::Change {
                    path,
                    before: was,
                    after: now,
                    ..
                },
                _,
            ) => {
                add(Side::Before, before, path, was);
                add(Side::After, after, path, now);
            }
            (Evidence::Note(_), _) => {}
        }
    }
    match &fate.what {
        What::Gone { guarded: true, .. } | What::Removed { guarded: true, .. } => {
            add(
                Side::Before,
                before,
                "lifecycle.prevent_destroy",
                &Shown::Bool(true),
            );
        }
        What::Replaced { path } => {
            add(Side::Before, before, path, &Shown::Hidden);
            add(Side::After, after, path, &Shown::Hidden);
        }
        _ => {}
    }
    let own = matches!(fate.what, What::Altered);
    let side = if own { Side::After } else { Side::Before };
    place.attribute = lines
        .iter()
        .find(|there| there.side == side)
        .map(|there| SourceLine {
            line: there.line,
            text: cut(&there.text),
        });
    // The head of a block that stays is no change.
    if !own && fate.at.side == Side::Before {
        lines.push(Shows {
            side: Side::Before,
            line: fate.at.line,
            text: head(&fate.address),
        });
    }
    place.lines = shown(&lines);
    place
}

/// Lines in their order, each once.
pub(super) fn shown(lines: &[Shows]) -> Vec<SideLine> {
    let mut lines: Vec<SideLine> = lines
        .iter()
        .map(|there| SideLine {
            side: there.side,
            line: SourceLine {
                line: there.line,
                text: cut(&there.text),
            },
        })
        .collect();
    lines.sort_by(|a, b| {
        (a.side, a.line.line, &a.line.text).cmp(&(b.side, b.line.line, &b.line.text))
    });
    lines.dedup();
    lines.truncate(MOST_LINES);
    lines
}

fn plain(value: &Shown) -> String {
    match value {
        Shown::Bool(_) | Shown::Number(_) | Shown::Word(_) => value.to_string(),
        Shown::Absent => "null".to_owned(),
        _ => "…".to_owned(),
    }
}

/// The head of a resource's block.
fn head(address: &str) -> String {
    Address::parse(address).map_or_else(String::new, |address| {
        format!("resource \"{}\" \"{}\" {{", address.kind, address.name)
    })
}

pub(super) fn at(at: &At, head: &str) -> SourcePlace {
    SourcePlace {
        file: at.file.clone(),
        side: Some(at.side),
        head: SourceLine {
            line: at.line,
            text: cut(head),
        },
        attribute: None,
        lines: Vec::new(),
    }
}

/// What `lifecycle` lets happen from now on, while its block stays.
fn unguarded(there: &Unguarded, catalog: &Catalog, findings: &mut Vec<Finding>, from: usize) {
    let rule = super::protection_lowered::RULE.id;
    let first = there.path.ends_with("create_before_destroy");
    let weighs = catalog.get(&there.kind).map_or_else(
        || !matches!(guess(&there.kind), Guess::Harmless),
        |row| row.destroy >= Grade::Medium,
    );
    let evidence = Evidence::Change {
        path: there.path.to_owned(),
        before: there.was.clone(),
        after: there.now.clone(),
        says: first.then(|| {
            "a replace makes a new, empty one first, and then destroys this one: nothing moves the data".to_owned()
        }),
    };
    let known = findings.iter_mut().skip(from).find(|finding| {
        finding.rule == rule
            && finding.address.is_some()
            && finding.address.as_deref() == there.address.as_deref()
    });
    let severity = if weighs && !first {
        Severity::Medium
    } else {
        Severity::Low
    };
    let lines = shown(&there.lines);
    if let Some(finding) = known {
        finding.severity = finding.severity.max(severity);
        finding.evidence.push(evidence);
        if let Some(place) = &mut finding.place {
            place.lines.extend(lines);
        }
        return;
    }
    let message = match (&there.address, first) {
        (Some(_), false) => "prevent_destroy is removed: from now on a plan can destroy it",
        (Some(_), true) => "a replace comes in another order from now on",
        (None, _) => {
            "prevent_destroy of the unit is removed: from now on terragrunt can destroy it"
        }
    };
    let mut finding = Finding::about_plan(rule, severity, message);
    finding.address.clone_from(&there.address);
    finding.evidence.push(evidence);
    finding.help = Some(
        if first {
            "to keep the data, copy it before anything that replaces it"
        } else {
            "if this is the first step of a removal, say so in the change; if not, restore it"
        }
        .to_owned(),
    );
    let name = there.address.as_deref().map(head).unwrap_or_default();
    if there.address.is_some() {
        finding.resource_type = Some(there.kind.clone());
        finding.actions = &["update"];
    }
    let mut place = at(&there.at, &name);
    place.lines = lines;
    finding.place = Some(place);
    findings.push(finding);
}
