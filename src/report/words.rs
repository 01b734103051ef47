//! What every format says in the same words: the outcome, the place, the counts, what the policy makes of a finding. Escaped for one line.

use std::collections::{BTreeMap, HashSet};

use super::{Compared, PlanReport, tally};
use crate::facts::summary::{Counts, Explanation, Summary};
use crate::finding::{Dependent, Finding, Side};
use crate::rules::loss_label;
use crate::ui::escape::line;
use crate::ui::words::plural;
use crate::verdict::{Decision, Standing, Verdict, Weighed};

/// Names in a list before the rest is counted.
const NAMED: usize = 6;
/// Names of what refers to something.
const DEPENDENTS: usize = 3;

/// The word of the headline.
pub(super) fn outcome(decision: &Decision) -> String {
    if decision.refusal.is_some() && decision.verdict != Verdict::Block {
        "NOT JUDGED".to_owned()
    } else {
        decision.verdict.word().to_uppercase()
    }
}

/// How many findings count: `1 critical, 2 high`.
pub(super) fn found(decision: &Decision) -> Option<String> {
    let tally: Vec<String> = tally(decision)
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    (!tally.is_empty()).then(|| tally.join(", "))
}

/// How many findings do not count, and why.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standings {
    /// Let through by `--allow`.
    pub(super) allowed: usize,
    /// Covered by a waiver.
    pub(super) waived: usize,
    /// Of rules that are turned off.
    pub(super) off: usize,
    /// They count, for less than by the rule.
    lowered: usize,
}

impl Standings {
    pub(super) fn of(decision: &Decision) -> Self {
        let count = |test: &dyn Fn(&Weighed) -> bool| {
            decision
                .findings
                .iter()
                .filter(|weighed| test(weighed))
                .count()
        };
        Self {
            allowed: count(&|weighed| weighed.standing == Standing::Allowed),
            waived: count(&|weighed| matches!(weighed.standing, Standing::Waived(_))),
            off: count(&|weighed| weighed.standing == Standing::Off),
            lowered: count(&|weighed| {
                weighed
                    .by_rule()
                    .is_some_and(|by_rule| by_rule > weighed.severity)
            }),
        }
    }

    /// The verdict in words.
    pub(super) fn words(self, plan: &PlanReport) -> &'static str {
        let decision = &plan.decision;
        let change = plan.summary.change.is_some();
        match (decision.verdict, &decision.refusal) {
            (Verdict::Block, None) if change => "blocked: do not merge this change as it is",
            (Verdict::Block, None) => "blocked: do not apply this plan as it is",
            (Verdict::Block, Some(_)) => "blocked, and judged only in part",
            (_, Some(_)) => "could not be judged completely: not let through",
            (Verdict::Warn, None) => "not blocked; read the warnings first",
            (Verdict::Pass, None) if self.waived + self.off + self.lowered > 0 => {
                "not blocked, because of the policy: read the findings"
            }
            (Verdict::Pass, None) if self.allowed > 0 => {
                "not blocked: the blocking findings are allowed"
            }
            (Verdict::Pass, None) if change => "nothing dangerous found in this change",
            (Verdict::Pass, None) => "nothing dangerous found in this plan",
        }
    }
}

/// What the state of the plan was compared with, and whether its scope is known: `serial 41 = pin`.
pub(super) fn compared(plan: &PlanReport) -> String {
    let serial = plan.summary.state.as_ref().and_then(|state| state.serial);
    let compared = plan.compared.words(serial);
    match (&plan.compared, plan.summary.complete) {
        (_, Some(_)) => compared,
        (Compared::Nothing(_), None) => "place and scope not checked".to_owned(),
        (_, None) => format!("{compared} · scope not checked"),
    }
}

/// Findings of these plans that do not count, by the word of why.
fn not_counted<'a>(plans: impl Iterator<Item = &'a PlanReport> + Clone) -> Vec<String> {
    let words = [
        ("waived", "waived"),
        ("allowed", "allowed"),
        ("off", "turned off"),
    ];
    let counted = words.into_iter().filter_map(|(standing, word)| {
        let all = plans.clone().flat_map(|plan| &plan.decision.findings);
        let count = all
            .filter(|weighed| weighed.standing.word() == standing)
            .count();
        (count > 0).then(|| format!("{count} {word}"))
    });
    counted.collect()
}

/// What a reader of the verdict alone must not miss: findings that were let through, and a closed gate.
pub(super) fn aside(plan: &PlanReport) -> Vec<String> {
    let mut words = not_counted(std::iter::once(plan));
    words.extend(plan.decision.closed.as_ref().map(|_| "closed".to_owned()));
    words
}

/// The same of several plans, in brackets; nothing where there is nothing.
pub(super) fn aside_of(plans: &[PlanReport]) -> String {
    let mut words = not_counted(plans.iter());
    let closed = plans.iter().filter(|plan| plan.decision.closed.is_some());
    match closed.count() {
        0 => {}
        count => words.push(format!("{count} closed")),
    }
    if words.is_empty() {
        String::new()
    } else {
        format!(" ({})", words.join(", "))
    }
}

/// Which state the plan is for, and what that was compared with: ` · prod · s3://states/web · serial 41 = pin`.
pub(super) fn place(plan: &PlanReport) -> String {
    let compared = compared(plan);
    let Some(state) = &plan.summary.state else {
        return format!(" · {compared}");
    };
    let workspace = match state.workspace.as_str() {
        "default" => String::new(),
        other => format!(" · {}", line(other)),
    };
    let place = state.place.as_deref().or(state.backend.as_deref());
    let place = place.map_or_else(String::new, |place| format!(" · {}", line(place)));
    format!("{workspace}{place} · {compared}")
}

/// What refresh found changed or gone outside Terraform.
pub(super) fn drift(summary: &Summary) -> Option<String> {
    let changed = summary.drift.saturating_sub(summary.gone);
    let parts: Vec<String> = [(summary.gone, "gone"), (changed, "changed")]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    (!parts.is_empty()).then(|| format!("{} outside Terraform, by refresh", parts.join(", ")))
}

/// The types in no catalogue of which something is destroyed or replaced, in one line.
pub(super) fn not_known(plan: &PlanReport) -> Option<String> {
    let types = plan.unlisted();
    let most = if types.len() > NAMED {
        NAMED - 1
    } else {
        NAMED
    };
    let named: Vec<&str> = types.iter().copied().take(most).collect();
    let more = match types.len() - named.len() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let count = plural(types.len(), "type");
    let verb = if types.len() == 1 { "is" } else { "are" };
    (!types.is_empty()).then(|| {
        format!(
            "{count} in no catalogue {verb} destroyed or replaced: {}{more}",
            named.join(", ")
        )
    })
}

/// What a revision explains: a label for each group, how many are in it, and some of their addresses.
pub(super) fn explained(
    explained: &Explanation,
    most: usize,
    name: impl Fn(&str) -> String,
) -> Vec<(&'static str, usize, String)> {
    let listed = |addresses: &[&str]| {
        let mut names: Vec<String> = addresses.iter().take(most).map(|one| name(one)).collect();
        let more = addresses.len() - names.len();
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        names.join(", ")
    };
    fn all(of: &[String]) -> Vec<&str> {
        of.iter().map(String::as_str).collect()
    }
    let (yes, no) = (all(&explained.explained), all(&explained.not_explained));
    let mut untold: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &explained.cannot_be_told {
        untold.entry(one.why).or_default().push(&one.address);
    }
    let unknown: Vec<String> = untold
        .iter()
        .map(|(why, addresses)| format!("{} ({why})", listed(addresses)))
        .collect();
    let groups = [
        ("not explained", no.len(), listed(&no)),
        (
            "unknown",
            explained.cannot_be_told.len(),
            unknown.join("; "),
        ),
        ("explained", yes.len(), listed(&yes)),
    ];
    groups
        .into_iter()
        .filter(|(_, count, _)| *count > 0)
        .collect()
}

/// What a finding says beside its message, each with its label and escaped: the loss, the recovery, what refers to it, what to do instead.
pub(super) fn told(finding: &Finding) -> Vec<(&'static str, String)> {
    let used_by = used_by(finding);
    let all = [
        (loss_label(finding), &finding.loss),
        ("recovery", &finding.recovery),
        ("used by", &used_by),
        ("instead", &finding.help),
    ];
    all.into_iter()
        .filter_map(|(label, words)| Some((label, line(words.as_deref()?).into_owned())))
        .collect()
}

/// The rule's id, and what a reader should know about this finding.
pub(super) fn rule(weighed: &Weighed) -> String {
    let guess = if weighed.finding.guess {
        " (a guess)"
    } else {
        ""
    };
    let by_rule = weighed
        .by_rule()
        .map_or_else(String::new, |severity| format!(" ({severity} by the rule)"));
    let standing = if weighed.counts() {
        String::new()
    } else {
        format!(" ({})", weighed.standing.word())
    };
    format!("{}{guess}{by_rule}{standing}", weighed.finding.rule)
}

/// What the policy says about a finding, with its label.
pub(super) fn policy_words(weighed: &Weighed) -> Option<(&'static str, String)> {
    match (&weighed.standing, &weighed.expired) {
        (Standing::Waived(waiver), _) => {
            let owner = waiver
                .owner
                .as_ref()
                .map_or_else(String::new, |owner| format!("{owner}, "));
            Some((
                "waived",
                format!("{} ({owner}until {})", waiver.reason, waiver.expires),
            ))
        }
        (_, Some(waiver)) => Some((
            "waiver",
            format!(
                "the waiver for this expired on {}: {}",
                waiver.expires, waiver.reason
            ),
        )),
        _ => None,
    }
}

/// What refers to the objects of alike findings and is not destroyed with them.
pub(super) struct UsedBy<'r> {
    /// `3 resources that stay refer to it`.
    pub(super) words: String,
    /// The nearest first.
    pub(super) named: Vec<&'r Dependent>,
    /// How many are not named.
    pub(super) rest: usize,
}

impl<'r> UsedBy<'r> {
    /// `None` when nothing does, or nobody knows.
    pub(super) fn of(findings: impl Iterator<Item = &'r Finding>) -> Option<Self> {
        let (mut named, mut seen) = (Vec::new(), HashSet::new());
        let (mut objects, mut most, mut more) = (0, 0, false);
        for finding in findings {
            objects += 1;
            let Some(dependents) = &finding.dependents else {
                continue;
            };
            let stay = &dependents.stay;
            most = most.max(stay.count);
            more |= stay.more || (stay.count > stay.shown.len() && objects > 1);
            let new = stay.shown.iter();
            named.extend(new.filter(|one| seen.insert(one.address.as_str())));
        }
        let count = most.max(named.len());
        if count == 0 {
            return None;
        }
        let least = if more { "at least " } else { "" };
        let resources = plural(count, "resource");
        let it = if objects > 1 { "them" } else { "it" };
        let words = if count == 1 {
            format!("{least}{resources} that stays refers to {it}")
        } else {
            format!("{least}{resources} that stay refer to {it}")
        };
        Some(Self {
            words,
            rest: count - named.len(),
            named,
        })
    }

    /// With the first names, in one line; escaped.
    pub(super) fn line(&self) -> String {
        let shown = self.named.iter().take(DEPENDENTS);
        let mut names: Vec<String> = shown.map(|one| line(&one.address).into_owned()).collect();
        let more = self.named.len() - names.len() + self.rest;
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        format!("{}: {}", self.words, names.join(", "))
    }

    /// As a tree, a line each, with what is between; escaped.
    pub(super) fn tree(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .named
            .iter()
            .map(|one| {
                let through: Vec<_> = one.through.iter().map(|name| line(name)).collect();
                let through = if through.is_empty() {
                    String::new()
                } else {
                    format!(" (through {})", through.join(", "))
                };
                format!("{}{through}", line(&one.address))
            })
            .collect();
        if self.rest > 0 {
            lines.push(format!("and {} more", self.rest));
        }
        let last = lines.len();
        for (at, line) in lines.iter_mut().enumerate() {
            let mark = if at + 1 == last { "└─" } else { "├─" };
            *line = format!("{mark} {line}");
        }
        lines
    }
}

/// The same of one finding, in one line.
pub(super) fn used_by(finding: &Finding) -> Option<String> {
    Some(UsedBy::of(std::iter::once(finding))?.line())
}

/// How the lines of a side are marked.
pub(super) const fn side_sign(side: Side) -> char {
    match side {
        Side::Before => '-',
        Side::After => '+',
    }
}

pub(super) fn address(finding: &Finding) -> String {
    match (&finding.address, &finding.deposed) {
        (None, _) => match &finding.place {
            Some(place) if place.side.is_some() => line(&place.file).into_owned(),
            _ => "the whole plan".to_owned(),
        },
        (Some(address), None) => line(address).into_owned(),
        (Some(address), Some(deposed)) => format!("{} (deposed {})", line(address), line(deposed)),
    }
}

pub(super) fn counts(counts: &Counts) -> String {
    let all = [
        (counts.create, "create"),
        (counts.update, "update"),
        (counts.replace, "replace"),
        (counts.delete, "destroy"),
        (counts.forget, "forget"),
        (counts.moved, "move"),
        (counts.import, "import"),
        (counts.read, "read"),
        (counts.outputs, "output"),
        (counts.invoke, "action"),
        (counts.unknown, "unknown"),
        (counts.no_op, "unchanged"),
    ];
    let shown: Vec<String> = all
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if shown.is_empty() {
        "none".to_owned()
    } else {
        shown.join(", ")
    }
}
