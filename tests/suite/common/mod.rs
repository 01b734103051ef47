//! What the tests share: the fixtures, a clean environment for the binary, and judging without a process.
#![allow(unreachable_pub, reason = "a module of one binary")]

pub mod git;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use applygate::testing::PlanReport;
use applygate::testing::Settings;
use applygate::testing::Where;
use applygate::testing::judge_bytes;
use applygate::testing::policy::{self, Policy};
use serde::Deserialize;
use serde_json::Value;

/// One directory under `fixtures/` with a plan and what is expected of it.
#[derive(Debug)]
pub struct Fixture {
    pub name: String,
    pub dir: PathBuf,
    pub spec: Spec,
}

#[derive(Debug, Deserialize)]
pub struct Spec {
    pub title: String,
    pub verdict: String,
    #[serde(default)]
    pub flags: Vec<String>,
    /// `saved`: judged as a saved plan, with its directory beside it.
    #[serde(default)]
    pub form: Option<String>,
    #[serde(default)]
    pub synthetic: bool,
    #[serde(default)]
    pub source: Option<String>,
    #[serde(default)]
    pub expect: Vec<Expect>,
    /// Another fixture, as a path from this one, whose plan is judged here.
    #[serde(default)]
    pub plan: Option<PathBuf>,
    /// What is expected of the plan, as a policy would say it.
    #[serde(default)]
    pub limits: toml::Table,
}

#[derive(Debug, Deserialize)]
pub struct Expect {
    pub rule: String,
    #[serde(default)]
    pub address: Option<String>,
    #[serde(default)]
    pub severity: Option<String>,
}

impl Fixture {
    /// The plan's file: its own, or of the fixture that it points at.
    pub fn file(&self, name: &str) -> PathBuf {
        let dir = self
            .spec
            .plan
            .as_ref()
            .map_or_else(|| self.dir.clone(), |plan| self.dir.join(plan));
        dir.join(name)
    }

    pub fn json(&self) -> Vec<u8> {
        std::fs::read(self.file("plan.json")).expect("a fixture has plan.json")
    }

    /// The report on the form that the fixture is about.
    pub fn report(&self) -> PlanReport {
        if self.spec.form.as_deref() != Some("saved") {
            return judge(&self.json(), &self.settings());
        }
        let bytes = std::fs::read(self.file("plan.tfplan"))
            .expect("a fixture of this form has plan.tfplan");
        judge(
            &bytes,
            &Settings {
                place: Where::Dir(self.dir.clone()),
                ..self.settings()
            },
        )
    }

    /// What `past/` has: the sources of the revision that the plan is held against.
    fn past(&self) -> Option<Arc<applygate::testing::Past>> {
        let entries = std::fs::read_dir(self.dir.join("past")).ok()?;
        let files = entries.flatten().map(|entry| {
            let text = std::fs::read_to_string(entry.path()).expect("text");
            (entry.file_name().into_string().expect("a plain name"), text)
        });
        Some(applygate::testing::past("main", &files.collect()))
    }

    pub fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.said.first_apply = self.spec.flags.iter().any(|flag| flag == "--first-apply");
        settings.files.policy = Some(&self.spec.limits)
            .filter(|limits| !limits.is_empty())
            .map(expecting);
        settings.past = self.past();
        settings
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All fixtures, by name.
pub fn fixtures() -> Vec<Fixture> {
    let base = root().join("fixtures");
    let mut found = Vec::new();
    let mut open = vec![base.clone()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir)
            .expect("fixtures are there")
            .flatten()
        {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.path());
            }
        }
        let Ok(text) = std::fs::read_to_string(dir.join("fixture.toml")) else {
            continue;
        };
        let name = dir
            .strip_prefix(&base)
            .expect("below fixtures")
            .to_str()
            .expect("plain names")
            .to_owned();
        let spec =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{name}/fixture.toml: {error}"));
        found.push(Fixture { name, dir, spec });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(found.len() >= 40, "the fixtures are there");
    found
}

/// A policy that expects this, and nothing else.
pub fn expecting(expect: &toml::Table) -> Arc<Policy> {
    let text = toml::to_string(&toml::Table::from_iter([(
        "expect".to_owned(),
        toml::Value::Table(expect.clone()),
    )]))
    .expect("written");
    let policy = policy::read(
        "applygate.toml",
        text.as_bytes(),
        jiff::civil::date(2026, 11, 22),
    );
    Arc::new(policy.unwrap_or_else(|mistakes| panic!("{text}: {mistakes:?}")))
}

/// Settings that expect this, and nothing else.
pub fn watchful(expect: &toml::Table) -> Settings {
    Settings {
        files: applygate::testing::Files {
            policy: Some(expecting(expect)),
            ..Default::default()
        },
        ..Settings::default()
    }
}

/// Judges a plan, which must be readable.
pub fn judge(bytes: &[u8], settings: &Settings) -> PlanReport {
    judge_bytes(bytes, "plan.json", settings)
        .unwrap_or_else(|refusal| panic!("refused: {refusal}"))
        .pop()
        .expect("one plan")
}

/// Rule, address and severity of every finding.
pub fn told(report: &PlanReport) -> Vec<(String, String, String)> {
    let tell = |weighed: &applygate::testing::Weighed| {
        let finding = &weighed.finding;
        (
            finding.rule.to_owned(),
            finding.address.clone().unwrap_or_else(|| "*".to_owned()),
            finding.severity.word().to_owned(),
        )
    };
    report.decision.findings.iter().map(tell).collect()
}

pub fn parse(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("fixtures are JSON")
}

/// The binary with nothing of the surrounding environment that could change what it prints.
pub fn applygate() -> assert_cmd::Command {
    let mut command = assert_cmd::Command::cargo_bin("applygate").expect("the binary is built");
    command.current_dir(root()).env_clear();
    command
}
