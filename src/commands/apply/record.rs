//! The record: one line before anything is run, one after. Never what was typed, and nothing of the plan's values.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::commands::apply::terraform::Ended;
use crate::facts::summary::{Counts, StateLine};
use crate::os;
use crate::policy::settings::PolicyLine;
use crate::report::PlanReport;
use crate::ui::escape::json_line;
use crate::verdict::Verdict;

/// Name and version of the form of a line. The number grows when a reader of the old one could be misled.
const SCHEMA: &str = "applygate-log/1";

/// A log that lines are added to. Several gates may add to one: a line is one write to its end.
#[derive(Debug)]
pub(super) struct Log {
    file: Option<File>,
    id: String,
}

/// What was asked, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Asked {
    /// What had to be typed; `None` when nobody was asked.
    pub(super) question: Option<&'static str>,
    /// Whether it was typed.
    pub(super) answered: bool,
    /// Whether the plan is handed to Terraform.
    pub(super) run: bool,
    /// Why not, or why without a question.
    pub(super) because: String,
}

/// What is written before.
pub(super) struct Decision<'a> {
    pub(super) directory: &'a Path,
    pub(super) plan: &'a PlanReport,
    pub(super) terraform: &'a Path,
    pub(super) asked: &'a Asked,
}

#[derive(Serialize)]
struct DecisionLine<'a> {
    log: &'static str,
    event: &'static str,
    id: &'a str,
    time: String,
    user: String,
    uid: Option<u32>,
    host: String,
    directory: String,
    terraform: String,
    source: &'a str,
    sha256: &'a str,
    state: Option<&'a StateLine>,
    counts: &'a Counts,
    /// The policy file, its revision and environment.
    policy: Option<String>,
    overruled: &'a [String],
    /// Why it is run although a freeze or a window is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    break_freeze: Option<&'a str>,
    verdict: Verdict,
    findings: Vec<Finding<'a>>,
    #[serde(flatten)]
    asked: &'a Asked,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    severity: &'a str,
    address: Option<&'a str>,
    fingerprint: String,
    standing: &'static str,
}

#[derive(Serialize)]
struct ResultLine<'a> {
    log: &'static str,
    event: &'static str,
    id: &'a str,
    time: String,
    sha256: &'a str,
    started: bool,
    exit_code: Option<i32>,
    signal: Option<i32>,
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

impl Log {
    /// Opens the log for adding to it, if there is to be one.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn open(path: Option<&Path>) -> io::Result<Self> {
        let mut id = [0; 8];
        getrandom::fill(&mut id)
            .map_err(|_| io::Error::other("the system gives no random bytes"))?;
        let file = path.map(os::open_log).transpose()?;
        Ok(Self {
            file,
            id: crate::os::digest::hex(&id, id.len()),
        })
    }

    /// Whether lines are kept at all.
    pub(super) const fn is_kept(&self) -> bool {
        self.file.is_some()
    }

    fn add(&mut self, line: &impl Serialize) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let text = json_line(line)?;
        // One write, not several: another gate may add its own line in between.
        let written = loop {
            match file.write(text.as_bytes()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if written != text.len() {
            return Err(io::Error::new(
                io::ErrorKind::WriteZero,
                "only a part of the line was written",
            ));
        }
        file.flush()
    }

    /// The line before.
    ///
    /// # Errors
    /// When it cannot be written: then nothing may be run.
    pub(super) fn decision(&mut self, decision: &Decision<'_>) -> io::Result<()> {
        let id = self.id.clone();
        let plan = decision.plan;
        self.add(&DecisionLine {
            log: SCHEMA,
            event: "decision",
            id: &id,
            time: now(),
            user: std::env::var("USER")
                .or_else(|_| std::env::var("USERNAME"))
                .unwrap_or_default(),
            uid: os::user(),
            host: os::host(),
            directory: decision.directory.display().to_string(),
            terraform: decision.terraform.display().to_string(),
            source: &plan.summary.source,
            sha256: &plan.summary.sha256,
            state: plan.summary.state.as_ref(),
            counts: &plan.summary.counts,
            policy: plan.policy.as_ref().map(PolicyLine::words),
            overruled: &plan.overruled,
            break_freeze: plan
                .decision
                .closed
                .as_ref()
                .and_then(|closed| closed.broken.as_deref()),
            verdict: plan.decision.verdict,
            findings: plan
                .decision
                .findings
                .iter()
                .map(|weighed| Finding {
                    rule: weighed.finding.rule,
                    severity: weighed.severity.word(),
                    address: weighed.finding.address.as_deref(),
                    fingerprint: weighed.finding.fingerprint(),
                    standing: weighed.standing.word(),
                })
                .collect(),
            asked: decision.asked,
        })
    }

    /// The line after.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn result(&mut self, plan: &PlanReport, ended: Option<Ended>) -> io::Result<()> {
        let id = self.id.clone();
        self.add(&ResultLine {
            log: SCHEMA,
            event: "result",
            id: &id,
            time: now(),
            sha256: &plan.summary.sha256,
            started: ended.is_some(),
            exit_code: ended.and_then(Ended::code),
            signal: ended.and_then(Ended::signal),
        })
    }
}
