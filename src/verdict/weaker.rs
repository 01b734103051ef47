//! Two decisions about the same plan: what the policy of the working tree would make of findings that count by the reviewed one.

use std::collections::{HashMap, HashSet};

use crate::finding::{Finding, Severity};
use crate::verdict::{Decision, Verdict, Weighed};

/// What the working tree would say, where that is less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Weaker {
    /// Its verdict.
    pub(crate) verdict: Verdict,
    /// Findings that block, and would not there: the worst first.
    pub(crate) lets_through: Vec<LetThrough>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LetThrough {
    /// Id of the rule.
    pub(crate) rule: &'static str,
    /// Where; `None` for the whole plan.
    pub(crate) address: Option<String>,
    /// Key of a deposed object.
    pub(crate) deposed: Option<String>,
}

/// What `tree` would let through of what `judged` blocks; `None` when it is as strict.
#[must_use]
pub(crate) fn weaker(judged: &Decision, tree: &Decision) -> Option<Weaker> {
    // What could not be judged is not let through.
    if tree.refusal.is_some() {
        return None;
    }
    let mut known: HashMap<String, bool> = HashMap::new();
    for weighed in &tree.findings {
        let there = known.entry(weighed.finding.fingerprint()).or_insert(true);
        *there = *there && blocks(weighed, tree.block_at);
    }
    let places: HashSet<_> = tree
        .findings
        .iter()
        .filter(|weighed| blocks(weighed, tree.block_at))
        .filter_map(|weighed| place(&weighed.finding))
        .collect();
    let lets_through: Vec<LetThrough> = judged
        .findings
        .iter()
        .filter(|weighed| blocks(weighed, judged.block_at))
        .filter(|weighed| match known.get(&weighed.finding.fingerprint()) {
            Some(blocks) => !blocks,
            // Another rule may have it there, by a type of the team's own.
            None => place(&weighed.finding).is_none_or(|place| !places.contains(&place)),
        })
        .map(|weighed| LetThrough {
            rule: weighed.finding.rule,
            address: weighed.finding.address.clone(),
            deposed: weighed.finding.deposed.clone(),
        })
        .collect();
    let verdict = if judged.refusal.is_some() {
        Verdict::Block
    } else {
        judged.verdict
    };
    (tree.verdict < verdict || !lets_through.is_empty()).then_some(Weaker {
        verdict: tree.verdict,
        lets_through,
    })
}

fn blocks(weighed: &Weighed, block_at: Severity) -> bool {
    weighed.counts() && weighed.severity >= block_at
}

fn place(finding: &Finding) -> Option<(&str, Option<&str>)> {
    Some((finding.address.as_deref()?, finding.deposed.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::RuleGrade;
    use crate::rules::all::Outcome;
    use crate::ui::refusal::{Refusal, Why};
    use crate::verdict::{Allowance, Line};

    const FOUND: [(&str, Severity, Option<&str>); 4] = [
        ("stateful-destroy", Severity::Critical, Some("a.b")),
        ("key-destroy", Severity::High, Some("a.c")),
        ("state-swapped", Severity::Critical, None),
        ("protection-lowered", Severity::Medium, Some("a.d")),
    ];

    fn decide(found: &[(&'static str, Severity, Option<&str>)], line: &Line) -> Decision {
        let findings = found.iter().map(|(rule, severity, address)| Finding {
            address: address.map(str::to_owned),
            ..Finding::about_plan(rule, *severity, "")
        });
        line.decide(Outcome {
            findings: findings.collect(),
            notes: Vec::new(),
            explained: None,
            refusal: None,
        })
    }

    fn told(tree: &Decision) -> Option<(Verdict, Vec<&'static str>)> {
        let judged = decide(&FOUND, &Line::default());
        weaker(&judged, tree).map(|weaker| {
            (
                weaker.verdict,
                weaker
                    .lets_through
                    .iter()
                    .map(|through| through.rule)
                    .collect(),
            )
        })
    }

    #[test]
    fn what_would_be_let_through() {
        assert_eq!(told(&decide(&FOUND, &Line::default())), None);
        assert_eq!(
            told(&decide(
                &FOUND,
                &Line {
                    block_at: Severity::Low,
                    ..Line::default()
                }
            )),
            None,
            "a stricter one lets nothing through"
        );
        let easy = Line {
            block_at: Severity::Critical,
            ..Line::default()
        };
        assert_eq!(
            told(&decide(&FOUND, &easy)),
            Some((Verdict::Block, vec!["key-destroy"]))
        );
        let allow = Line {
            allow: vec![
                Allowance::parse("stateful-destroy@a.b").unwrap_or_else(|error| panic!("{error}")),
            ],
            ..Line::default()
        };
        assert_eq!(
            told(&decide(&FOUND, &allow)),
            Some((Verdict::Block, vec!["stateful-destroy"]))
        );
        for grade in [RuleGrade::Off, RuleGrade::To(Severity::Medium)] {
            let line = Line {
                rules: [("key-destroy", grade)].into(),
                ..Line::default()
            };
            assert_eq!(
                told(&decide(&FOUND, &line)),
                Some((Verdict::Block, vec!["key-destroy"]))
            );
        }
        assert_eq!(
            told(&decide(&FOUND[..2], &Line::default())),
            Some((Verdict::Block, vec!["state-swapped"])),
            "not found there at all"
        );
        assert_eq!(
            told(&decide(&[], &Line::default())),
            Some((
                Verdict::Pass,
                vec!["stateful-destroy", "state-swapped", "key-destroy"]
            ))
        );
        let other = [
            ("foundation-destroy", Severity::High, Some("a.c")),
            FOUND[0],
            FOUND[2],
        ];
        assert_eq!(
            told(&decide(&other, &Line::default())),
            None,
            "another rule blocks the same address"
        );
    }

    #[test]
    fn less_to_look_at_and_refusals() {
        let judged = decide(&FOUND[3..], &Line::default());
        let off = Line {
            rules: [("protection-lowered", RuleGrade::Off)].into(),
            ..Line::default()
        };
        assert_eq!(
            weaker(&judged, &decide(&FOUND[3..], &off)),
            Some(Weaker {
                verdict: Verdict::Pass,
                lets_through: Vec::new()
            })
        );
        let refused = |outcome| {
            Line::default().decide(Outcome {
                findings: outcome,
                notes: Vec::new(),
                explained: None,
                refusal: Some(Refusal::new(Why::BrokenPin)),
            })
        };
        assert_eq!(
            weaker(&judged, &refused(Vec::new())),
            None,
            "what the tree could not judge it does not let through"
        );
        assert!(weaker(&refused(Vec::new()), &judged).is_some());
    }
}
