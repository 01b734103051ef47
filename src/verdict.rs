//! The only place where what a user allows and where the line is drawn act on findings. Nothing is dropped: what is let through is counted and shown.

use serde::Serialize;

use crate::engine::Outcome;
use crate::finding::{Finding, Severity};
use crate::refusal::Refusal;

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

/// One wanted thing: `RULE@ADDRESS`, or `RULE@*` for a finding about the whole plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Id of the rule.
    pub rule: String,
    /// The exact address; `None` for the whole plan.
    pub address: Option<String>,
}

impl Allowance {
    /// Parses `RULE@ADDRESS`.
    ///
    /// # Errors
    /// In words for the user, when it is not of that form or names no rule.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((rule, address)) = text.split_once('@') else {
            return Err("expected RULE@ADDRESS, such as stateful-destroy@aws_db_instance.old".to_owned());
        };
        if crate::rules::find(rule).is_none() {
            return Err(format!("there is no rule \"{rule}\"; applygate rules list shows them all"));
        }
        match address {
            "" => Err("the address is missing; RULE@* stands for a finding about the whole plan".to_owned()),
            "*" => Ok(Self { rule: rule.to_owned(), address: None }),
            address => Ok(Self { rule: rule.to_owned(), address: Some(address.to_owned()) }),
        }
    }

    fn covers(&self, finding: &Finding) -> bool {
        self.rule == finding.rule && self.address == finding.address
    }
}

impl std::fmt::Display for Allowance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.rule, self.address.as_deref().unwrap_or("*"))
    }
}

/// Where the line is drawn.
#[derive(Debug, Clone)]
pub struct Line {
    /// Findings at or above this block.
    pub block_at: Severity,
    /// What the user wants to happen.
    pub allow: Vec<Allowance>,
}

impl Default for Line {
    fn default() -> Self {
        Self { block_at: Severity::High, allow: Vec::new() }
    }
}

/// A finding with what the user says of it.
#[derive(Debug)]
pub struct Weighed {
    /// The finding, unchanged.
    pub finding: Finding,
    /// Let through by `--allow`.
    pub allowed: bool,
}

/// A plan, decided.
#[derive(Debug)]
pub struct Decision {
    /// The findings, the worst first.
    pub findings: Vec<Weighed>,
    /// What the findings come to.
    pub verdict: Verdict,
    /// Why the plan cannot be let through, whatever the findings say.
    pub refusal: Option<Refusal>,
}

impl Line {
    /// Decides about one plan. `used` notes which allowances matched something.
    #[must_use]
    pub fn decide(&self, outcome: Outcome, used: &mut [bool]) -> Decision {
        let weigh = |finding: Finding| {
            let mut allowed = false;
            for (allowance, used) in self.allow.iter().zip(used.iter_mut()) {
                if allowance.covers(&finding) {
                    *used = true;
                    allowed = true;
                }
            }
            Weighed { finding, allowed }
        };
        let findings: Vec<_> = outcome.findings.into_iter().map(weigh).collect();
        let worst = findings.iter().filter(|weighed| !weighed.allowed).map(|weighed| weighed.finding.severity).max();
        let verdict = match worst {
            Some(severity) if severity >= self.block_at => Verdict::Block,
            Some(severity) if severity >= Severity::Medium => Verdict::Warn,
            _ => Verdict::Pass,
        };
        Decision { findings, verdict, refusal: outcome.refusal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(severities: &[(Severity, Option<&str>)], line: &Line) -> (Verdict, Vec<bool>) {
        let findings = severities
            .iter()
            .map(|(severity, address)| Finding { address: address.map(str::to_owned), ..Finding::about_plan("stateful-destroy", *severity, "") });
        let mut used = vec![false; line.allow.len()];
        let decision = line.decide(Outcome { findings: findings.collect(), refusal: None }, &mut used);
        (decision.verdict, used)
    }

    #[test]
    fn the_line() {
        let line = Line::default();
        assert_eq!(decide(&[], &line).0, Verdict::Pass);
        assert_eq!(decide(&[(Severity::Low, None)], &line).0, Verdict::Pass);
        assert_eq!(decide(&[(Severity::Medium, None)], &line).0, Verdict::Warn);
        assert_eq!(decide(&[(Severity::Low, None), (Severity::High, None)], &line).0, Verdict::Block);
        let strict = Line { block_at: Severity::Low, ..Line::default() };
        assert_eq!(decide(&[(Severity::Low, None)], &strict).0, Verdict::Block);
        let easy = Line { block_at: Severity::Critical, ..Line::default() };
        assert_eq!(decide(&[(Severity::High, None)], &easy).0, Verdict::Warn);
    }

    #[test]
    fn an_allowance_covers_one_address_exactly() {
        let line = Line { allow: vec![Allowance::parse("stateful-destroy@a.b").unwrap_or_else(|error| panic!("{error}"))], ..Line::default() };
        assert_eq!(decide(&[(Severity::Critical, Some("a.b"))], &line), (Verdict::Pass, vec![true]));
        assert_eq!(decide(&[(Severity::Critical, Some("a.b[0]"))], &line), (Verdict::Block, vec![false]));
        assert_eq!(decide(&[(Severity::Critical, None)], &line), (Verdict::Block, vec![false]));
    }

    #[test]
    fn what_is_no_allowance() {
        for text in ["", "stateful-destroy", "stateful-destroy@", "nothing@a.b", "@a.b"] {
            assert!(Allowance::parse(text).is_err(), "{text}");
        }
    }
}
