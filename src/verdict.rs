//! The only place where what a user allows and where the line is drawn act on findings. Nothing is dropped: what is let through is counted and shown.

pub(crate) mod weaker;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

use crate::address::Pattern;
use crate::address::pattern::{Index, Target};
use crate::finding::{Finding, Severity};
use crate::policy::calendar::Closed;
use crate::policy::{Covered, RuleGrade, Waiver};
use crate::rules::Switch;
use crate::rules::all::Outcome;
use crate::ui::near::nearest;
use crate::ui::refusal::Refusal;

/// What becomes of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing dangerous was found.
    Pass,
    /// Worth a look.
    Warn,
    /// Not to be applied.
    Block,
}

impl Verdict {
    /// The word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }
}

/// One wanted thing: `RULE@PATTERN`, or `RULE@*` for a finding about the whole plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Id of the rule.
    pub(crate) rule: String,
    /// Where; `None` for the whole plan.
    pub(crate) address: Option<Pattern>,
}

impl Allowance {
    /// Parses `RULE@PATTERN`.
    ///
    /// # Errors
    /// In words for the user, when it is not of that form or names no rule.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((rule, address)) = text.split_once('@') else {
            return Err(
                "expected RULE@ADDRESS, such as stateful-destroy@aws_db_instance.old".to_owned(),
            );
        };
        if crate::rules::find(rule).is_none() {
            let ids = crate::rules::RULES.iter().map(|rule| rule.id);
            let help = nearest(rule, ids).map_or_else(
                || "applygate rules lists all".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            return Err(format!("there is no rule \"{rule}\"; {help}"));
        }
        match address {
            "" => Err(
                "the address is missing; RULE@* stands for a finding about the whole plan"
                    .to_owned(),
            ),
            "*" => Ok(Self {
                rule: rule.to_owned(),
                address: None,
            }),
            address => Ok(Self {
                rule: rule.to_owned(),
                address: Some(Pattern::parse(address)?),
            }),
        }
    }

    fn covers(&self, finding: &Finding, target: &Target<'_>) -> bool {
        self.rule == finding.rule
            && match &self.address {
                None => finding.address.is_none(),
                Some(pattern) => pattern.covers(target),
            }
    }
}

impl std::fmt::Display for Allowance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.address {
            None => write!(f, "{}@*", self.rule),
            Some(pattern) => write!(f, "{}@{pattern}", self.rule),
        }
    }
}

/// Allowances by their rule and place: there may be many, and many findings.
#[derive(Default)]
struct Allowed {
    whole: BTreeMap<String, Vec<usize>>,
    placed: BTreeMap<String, Index>,
}

impl Allowed {
    fn add(&mut self, number: usize, allowance: &Allowance) {
        let rule = allowance.rule.clone();
        match &allowance.address {
            None => self.whole.entry(rule).or_default().push(number),
            Some(pattern) => self.placed.entry(rule).or_default().add(number, pattern),
        }
    }

    /// Those that may be about a finding, in order.
    fn candidates(&self, finding: &Finding, target: &Target<'_>) -> Vec<usize> {
        if finding.address.is_none() {
            return self.whole.get(finding.rule).cloned().unwrap_or_default();
        }
        let index = self.placed.get(finding.rule);
        index
            .map(|index| index.candidates(target))
            .unwrap_or_default()
    }
}

/// Where the line is drawn.
#[derive(Debug, Clone)]
pub struct Line {
    /// Findings at or above this block.
    pub block_at: Severity,
    /// What the user wants to happen.
    pub(crate) allow: Vec<Allowance>,
    /// What the team makes of rules.
    pub rules: BTreeMap<&'static str, RuleGrade>,
    /// What the team accepts for a while.
    pub waivers: Vec<Arc<Waiver>>,
    /// The workspace of the plan, if it is known.
    pub(crate) workspace: Option<String>,
    /// The day that counts for what ends.
    pub(crate) today: Date,
    /// Why it is not the time to apply anything.
    pub(crate) closed: Option<Closed>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            block_at: Severity::High,
            allow: Vec::new(),
            rules: BTreeMap::new(),
            waivers: Vec::new(),
            workspace: None,
            today: Date::ZERO,
            closed: None,
        }
    }
}

/// Whether a finding counts.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// It does.
    Counts,
    /// Let through by `--allow`.
    Allowed,
    /// Covered by a waiver.
    Waived(Arc<Waiver>),
    /// The policy switches its rule off.
    Off,
}

impl Standing {
    /// The word in reports.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Allowed => "allowed",
            Self::Waived(_) => "waived",
            Self::Off => "off",
        }
    }
}

/// A finding with what the user and the team say of it.
#[derive(Debug)]
pub struct Weighed {
    /// The finding, unchanged.
    pub finding: Finding,
    /// How bad it is by the policy; by the rule itself where the policy says nothing.
    pub severity: Severity,
    /// Whether it counts.
    pub standing: Standing,
    /// It counts, and a waiver that would cover it is over.
    pub(crate) expired: Option<Arc<Waiver>>,
    /// The allowances that are about it, as numbers of their list, whether or not they are what lets it through.
    pub(crate) allowances: Vec<usize>,
    /// The waivers that are about it, as numbers of the plan's list: those that are over as well.
    pub(crate) waivers: Vec<usize>,
}

impl Weighed {
    /// Whether it counts.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.standing == Standing::Counts
    }

    /// The severity by the rule, where the policy says another.
    #[must_use]
    pub(crate) fn by_rule(&self) -> Option<Severity> {
        Some(self.finding.severity).filter(|severity| *severity != self.severity)
    }
}

/// A plan, decided.
#[derive(Debug)]
pub struct Decision {
    /// The findings, the worst first.
    pub findings: Vec<Weighed>,
    /// What the findings come to.
    pub verdict: Verdict,
    /// Findings at or above this block.
    pub(crate) block_at: Severity,
    /// Why the plan cannot be let through, whatever the findings say.
    pub refusal: Option<Refusal>,
    /// The waivers that hold for this plan.
    pub(crate) waivers: Vec<Arc<Waiver>>,
    /// Why no plan may be applied now, whatever is found in it: the verdict is about the plan, this about the time.
    pub(crate) closed: Option<Closed>,
}

impl Decision {
    /// Whether a finding is one that blocks.
    #[must_use]
    pub(crate) fn blocks(&self, weighed: &Weighed) -> bool {
        weighed.counts() && (weighed.severity >= self.block_at || stands(&weighed.finding))
    }
}

/// Whether nothing that a user or a team says changes a finding.
fn stands(finding: &Finding) -> bool {
    crate::rules::find(finding.rule).is_some_and(|rule| rule.switch == Switch::Never)
}

impl Line {
    /// Decides about one plan.
    #[must_use]
    pub(crate) fn decide(&self, outcome: Outcome) -> Decision {
        // There may be many of both, so each waiver is looked for where it can hold.
        let mut index: BTreeMap<&str, Index> = BTreeMap::new();
        for (number, waiver) in self.waivers.iter().enumerate() {
            for rule in &waiver.rules {
                index.entry(rule).or_default().add(number, &waiver.address);
            }
        }
        let mut allowed = Allowed::default();
        for (number, allowance) in self.allow.iter().enumerate() {
            allowed.add(number, allowance);
        }
        let mut findings: Vec<_> = outcome
            .findings
            .into_iter()
            .map(|finding| self.weigh(finding, &index, &allowed))
            .collect();
        // They come the worst first by the rules; the policy may see that otherwise.
        findings.sort_by_key(|weighed| std::cmp::Reverse(weighed.severity));
        let worst = findings
            .iter()
            .filter(|weighed| weighed.counts())
            .map(|weighed| weighed.severity)
            .max();
        let never = findings.iter().any(|weighed| stands(&weighed.finding));
        let verdict = match worst {
            _ if never => Verdict::Block,
            Some(severity) if severity >= self.block_at => Verdict::Block,
            Some(severity) if severity >= Severity::Medium => Verdict::Warn,
            _ => Verdict::Pass,
        };
        Decision {
            findings,
            verdict,
            block_at: self.block_at,
            refusal: outcome.refusal,
            waivers: self.waivers.clone(),
            closed: self.closed.clone(),
        }
    }

    fn weigh(&self, finding: Finding, index: &BTreeMap<&str, Index>, allowed: &Allowed) -> Weighed {
        if stands(&finding) {
            return Weighed {
                severity: finding.severity,
                finding,
                standing: Standing::Counts,
                expired: None,
                allowances: Vec::new(),
                waivers: Vec::new(),
            };
        }
        let target = Target::of(finding.address.as_deref());
        let about = |at: &usize| {
            let allowance = self.allow.get(*at);
            allowance.is_some_and(|allowance| allowance.covers(&finding, &target))
        };
        let candidates = allowed.candidates(&finding, &target).into_iter();
        let allowances: Vec<usize> = candidates.filter(about).collect();
        let mut waivers = Vec::new();
        let (mut waived, mut expired) = (None, None);
        let near = index
            .get(finding.rule)
            .map(|index| index.candidates(&target));
        for at in near.unwrap_or_default() {
            let Some(waiver) = self.waivers.get(at) else {
                continue;
            };
            let covered =
                waiver.covers_at(&target, &finding, self.workspace.as_deref(), self.today);
            let slot = match covered {
                Covered::Yes => &mut waived,
                Covered::Expired => &mut expired,
                Covered::No => continue,
            };
            waivers.push(at);
            // Of several the one that holds longest is told.
            if slot
                .as_ref()
                .is_none_or(|there: &Arc<Waiver>| there.expires < waiver.expires)
            {
                *slot = Some(Arc::clone(waiver));
            }
        }
        let grade = self.rules.get(finding.rule).copied();
        let standing = match (grade, waived) {
            (Some(RuleGrade::Off), _) => Standing::Off,
            (_, Some(waiver)) => Standing::Waived(waiver),
            (_, None) if !allowances.is_empty() => Standing::Allowed,
            (_, None) => Standing::Counts,
        };
        let severity = match grade {
            Some(RuleGrade::To(severity)) => severity,
            _ => finding.severity,
        };
        let expired = expired.filter(|_| standing == Standing::Counts);
        Weighed {
            finding,
            severity,
            standing,
            expired,
            allowances,
            waivers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn decide(severities: &[(Severity, Option<&str>)], line: &Line) -> (Verdict, Vec<bool>) {
        let findings = severities.iter().map(|(severity, address)| Finding {
            address: address.map(str::to_owned),
            ..Finding::about_plan("stateful-destroy", *severity, "")
        });
        let decision = line.decide(Outcome {
            findings: findings.collect(),
            notes: Vec::new(),
            explained: None,
            refusal: None,
        });
        let used = |at| {
            let mut findings = decision.findings.iter();
            findings.any(|weighed| weighed.allowances.contains(&at))
        };
        (decision.verdict, (0..line.allow.len()).map(used).collect())
    }

    #[test]
    fn the_line() {
        let line = Line::default();
        assert_eq!(decide(&[], &line).0, Verdict::Pass);
        assert_eq!(decide(&[(Severity::Low, None)], &line).0, Verdict::Pass);
        assert_eq!(decide(&[(Severity::Medium, None)], &line).0, Verdict::Warn);
        assert_eq!(
            decide(&[(Severity::Low, None), (Severity::High, None)], &line).0,
            Verdict::Block
        );
        let strict = Line {
            block_at: Severity::Low,
            ..Line::default()
        };
        assert_eq!(decide(&[(Severity::Low, None)], &strict).0, Verdict::Block);
        let easy = Line {
            block_at: Severity::Critical,
            ..Line::default()
        };
        assert_eq!(decide(&[(Severity::High, None)], &easy).0, Verdict::Warn);
    }

    #[test]
    fn an_allowance_covers_its_address_and_no_other() {
        let allow = |text: &str| Line {
            allow: vec![Allowance::parse(text).unwrap_or_else(|error| panic!("{error}"))],
            ..Line::default()
        };
        let through = (Verdict::Pass, vec![true]);
        let blocked = (Verdict::Block, vec![false]);
        for (text, address, expected) in [
            ("stateful-destroy@a.b", Some("a.b"), &through),
            ("stateful-destroy@a.b", Some("a.b[0]"), &through),
            ("stateful-destroy@a.b", Some("a.bc"), &blocked),
            ("stateful-destroy@a.b", Some("module.m.a.b"), &blocked),
            ("stateful-destroy@a.b", None, &blocked),
            ("key-destroy@a.b", Some("a.b"), &blocked),
            ("stateful-destroy@**.b", Some("module.m.a.b"), &through),
            ("stateful-destroy@*", None, &through),
            ("stateful-destroy@*", Some("a.b"), &blocked),
        ] {
            assert_eq!(
                &decide(&[(Severity::Critical, address)], &allow(text)),
                expected,
                "{text} and {address:?}"
            );
        }
    }

    fn waiver(address: &str, expires: Date) -> Arc<Waiver> {
        let address = Pattern::parse(address).unwrap_or_else(|error| panic!("{error}"));
        let rules = vec!["stateful-destroy"];
        Arc::new(Waiver {
            rules,
            address,
            actions: Vec::new(),
            workspace: None,
            reason: "x".to_owned(),
            owner: None,
            expires,
            line: 1,
        })
    }

    fn weighed(line: &Line) -> Decision {
        let findings = [(Severity::Critical, "a.b"), (Severity::Medium, "a.c")];
        let findings = findings.map(|(severity, address)| Finding {
            address: Some(address.to_owned()),
            ..Finding::about_plan("stateful-destroy", severity, "")
        });
        line.decide(Outcome {
            findings: findings.into(),
            notes: Vec::new(),
            explained: None,
            refusal: None,
        })
    }

    #[test]
    fn waivers() {
        let line = Line {
            waivers: vec![waiver("a.b", date(2026, 10, 1))],
            today: date(2026, 10, 1),
            ..Line::default()
        };
        let decision = weighed(&line);
        assert_eq!(
            (decision.verdict, decision.findings.len()),
            (Verdict::Warn, 2)
        );
        assert!(
            matches!(decision.findings[0].standing, Standing::Waived(_))
                && decision.findings[1].counts()
        );
        assert_eq!(
            (
                &decision.findings[0].waivers[..],
                decision.findings[1].waivers.len()
            ),
            (&[0][..], 0)
        );
        let over = Line {
            today: date(2026, 10, 2),
            ..line.clone()
        };
        let decision = weighed(&over);
        assert_eq!(decision.verdict, Verdict::Block);
        assert!(
            decision.findings[0].counts()
                && decision.findings[0].expired.is_some()
                && decision.findings[0].waivers == [0]
                && decision.findings[1].expired.is_none()
        );
        let unused = Line {
            waivers: vec![waiver("a.x", date(2026, 10, 1))],
            ..line.clone()
        };
        let decision = weighed(&unused);
        assert_eq!(decision.waivers.len(), 1);
        assert!(
            decision
                .findings
                .iter()
                .all(|weighed| weighed.waivers.is_empty())
        );
        let refused = line.decide(Outcome {
            findings: Vec::new(),
            notes: Vec::new(),
            explained: None,
            refusal: Some(Refusal::new(crate::ui::refusal::Why::Errored)),
        });
        assert!(refused.refusal.is_some(), "a waiver changes no refusal");
    }

    #[test]
    fn grades() {
        let graded = |grade| Line {
            rules: [("stateful-destroy", grade)].into(),
            ..Line::default()
        };
        let decision = weighed(&graded(RuleGrade::Off));
        assert_eq!(
            (decision.verdict, decision.findings.len()),
            (Verdict::Pass, 2)
        );
        assert!(
            decision
                .findings
                .iter()
                .all(|weighed| weighed.standing == Standing::Off)
        );
        let decision = weighed(&graded(RuleGrade::To(Severity::Medium)));
        assert_eq!(
            (
                decision.verdict,
                decision.findings[0].by_rule(),
                decision.findings[1].by_rule()
            ),
            (Verdict::Warn, Some(Severity::Critical), None)
        );
        assert_eq!(
            weighed(&graded(RuleGrade::To(Severity::Low))).verdict,
            Verdict::Pass
        );
        let other = Line {
            rules: [("key-destroy", RuleGrade::Off)].into(),
            ..Line::default()
        };
        assert_eq!(weighed(&other).verdict, Verdict::Block);
    }

    #[test]
    fn what_is_never_let_through() {
        let line = Line {
            block_at: Severity::Critical,
            allow: vec![Allowance::parse("plan-stale@*").unwrap_or_else(|error| panic!("{error}"))],
            rules: [("plan-stale", RuleGrade::Off)].into(),
            ..Line::default()
        };
        let decision = line.decide(Outcome {
            findings: vec![Finding::about_plan("plan-stale", Severity::High, "")],
            notes: Vec::new(),
            explained: None,
            refusal: None,
        });
        assert_eq!(decision.verdict, Verdict::Block);
        assert!(decision.findings[0].counts());
    }

    #[test]
    fn what_is_no_allowance() {
        for text in [
            "",
            "stateful-destroy",
            "stateful-destroy@",
            "nothing@a.b",
            "@a.b",
        ] {
            assert!(Allowance::parse(text).is_err(), "{text}");
        }
    }
}
