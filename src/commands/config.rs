//! `applygate config`: tells of mistakes in the policy, and shows what holds and where each value comes from.

use std::io;

use serde::Serialize;

use crate::cli::environment::Environment;
use crate::cli::{ConfigArgs, ConfigCommand, Format, JudgeArgs, PolicyArgs};
use crate::facts::setting::LIMITS;
use crate::finding::Severity;
use crate::policy::settings::{self, EffectiveSettings, Settings};
use crate::policy::{Env, Layer, Policy, RuleGrade};
use crate::rules;
use crate::state::Where;
use crate::ui::escape::{JsonFormatter, line};
use crate::ui::exit::Exit;
use crate::ui::problem::Problem;
use crate::ui::streams::Streams;

/// Days before its end from which on a waiver is told of.
const SOON: i64 = 14;

/// Runs the command.
///
/// # Errors
/// When there are no settings; and those of the streams.
pub(crate) fn config(
    args: &ConfigArgs,
    environment: &Environment,
    streams: &mut Streams<'_>,
) -> Result<Exit, Problem> {
    match &args.what {
        ConfigCommand::Check { file, dir, now } => {
            // It is for a file before it is agreed on: that of the working tree.
            let environment = &Environment {
                policy_from: None,
                ..environment.at(*now)
            };
            let judge = JudgeArgs {
                policy: PolicyArgs {
                    config: file.clone(),
                    ..PolicyArgs::default()
                },
                ..JudgeArgs::default()
            };
            let place = dir.clone().map_or(Where::Here, Where::Dir);
            Ok(check(
                &Settings::resolve(&judge, place, environment)?,
                streams,
            )?)
        }
        ConfigCommand::Show {
            judge,
            now,
            place,
            workspace,
            format,
        } => {
            let settings = Settings::resolve(judge, settings::place(place), &environment.at(*now))?;
            show(&settings, workspace.as_deref(), *format, streams)
        }
    }
}

fn check(settings: &Settings, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let Some(policy) = &settings.files.policy else {
        writeln!(
            streams.out,
            "no applygate.toml from here up to the root of the repository: the defaults hold"
        )?;
        return Ok(Exit::Through);
    };
    let today = settings.today();
    let file = line(&policy.file);
    for waiver in policy.waivers() {
        let days = today
            .until(waiver.expires)
            .map_or(0, |span| i64::from(span.get_days()));
        let (at, what) = (waiver.line, line(&waiver.to_string()).into_owned());
        if waiver.is_expired(today) {
            writeln!(
                streams.out,
                "note: {file}:{at}: the waiver for {what} expired on {}: remove it",
                waiver.expires
            )?;
        } else if days <= SOON {
            writeln!(
                streams.out,
                "note: {file}:{at}: the waiver for {what} ends on {}",
                waiver.expires
            )?;
        }
    }
    for env in &policy.envs {
        let stricter = stricter(env, policy);
        if !stricter.is_empty() {
            let keys = stricter.join(", ");
            writeln!(
                streams.out,
                "note: {file}:{}: env.{} is stricter than the top level ({keys}): a plan that fits no env is judged less strictly",
                env.line, env.name
            )?;
        }
    }
    let (envs, waivers) = (
        crate::ui::words::plural(policy.envs.len(), "environment"),
        crate::ui::words::plural(policy.waivers().count(), "waiver"),
    );
    writeln!(streams.out, "{file}: no mistakes; {envs}, {waivers}")?;
    Ok(Exit::Through)
}

/// Keys in which an environment is stricter than the top level. Expectations are left out: they belong to an environment.
fn stricter(env: &Env, policy: &Policy) -> Vec<String> {
    let defaults = crate::verdict::Line::default();
    let mut keys = Vec::new();
    let here = env.layer.block_at.as_ref().map(|at| at.value);
    let there = policy
        .base
        .block_at
        .as_ref()
        .map_or(defaults.block_at, |at| at.value);
    if here.is_some_and(|here| here < there) {
        keys.push("block_at".to_owned());
    }
    for (id, grade) in &env.layer.rules {
        let above = policy.base.rules.get(id).map_or_else(
            || rules::find(id).map_or(RuleGrade::Off, |rule| RuleGrade::To(rule.severity)),
            |at| at.value,
        );
        if weight(grade.value) > weight(above) {
            keys.push((*id).to_owned());
        }
    }
    let said = |layer: &Layer, key| Some(layer.settings.get(key)?.value.clone());
    for limit in LIMITS {
        let here = said(&env.layer, limit.key);
        let there = said(&policy.base, limit.key).or_else(|| limit.default());
        if let (Some(here), Some(there)) = (here, there)
            && there.exceeds(&here)
        {
            keys.push(limit.key.to_owned());
        }
    }
    keys
}

const fn weight(grade: RuleGrade) -> Option<Severity> {
    match grade {
        RuleGrade::To(severity) => Some(severity),
        RuleGrade::Off => None,
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    policy: Option<&'a str>,
    env: Option<&'a str>,
    chosen_by: Option<&'a str>,
    values: Vec<Value<'a>>,
}

#[derive(Serialize)]
struct Value<'a> {
    key: &'a str,
    value: &'a str,
    origin: String,
}

fn show(
    settings: &Settings,
    workspace: Option<&str>,
    format: Format,
    streams: &mut Streams<'_>,
) -> Result<Exit, Problem> {
    let holding = settings
        .for_plan(workspace)
        .map_err(|refusal| refusal.about("a plan of this workspace"))?;
    let file = holding
        .policy
        .as_ref()
        .map_or("", |policy| policy.file.as_str());
    match format {
        Format::Human => show_text(&holding, file, streams)?,
        Format::Json => {
            let chosen = holding
                .policy
                .as_ref()
                .and_then(|policy| policy.chosen.as_ref());
            let values = holding.values.iter().map(|held| Value {
                key: &held.key,
                value: &held.value,
                origin: held.origin.words(file),
            });
            let shown = Shown {
                policy: holding.policy.as_ref().map(|policy| policy.file.as_str()),
                env: chosen.map(|chosen| chosen.env.as_str()),
                chosen_by: chosen.map(|chosen| chosen.by.as_str()),
                values: values.collect(),
            };
            let mut writer =
                serde_json::Serializer::with_formatter(&mut *streams.out, JsonFormatter::default());
            shown.serialize(&mut writer).map_err(io::Error::from)?;
            writeln!(streams.out)?;
        }
    }
    Ok(Exit::Through)
}

fn show_text(holding: &EffectiveSettings, file: &str, streams: &mut Streams<'_>) -> io::Result<()> {
    let policy = holding.policy.as_ref().map_or_else(
        || "none".to_owned(),
        crate::policy::settings::PolicyLine::words,
    );
    writeln!(streams.out, "policy  {}\n", line(&policy))?;
    let values: Vec<(&str, String, String)> = holding
        .values
        .iter()
        .map(|held| {
            (
                held.key.as_str(),
                line(&held.value).into_owned(),
                line(&held.origin.words(file)).into_owned(),
            )
        })
        .collect();
    // A long value does not push the others apart.
    let widest = |of: fn(&(&str, String, String)) -> usize| {
        values
            .iter()
            .map(of)
            .filter(|width| *width <= 40)
            .max()
            .unwrap_or(0)
    };
    let (keys, texts) = (
        widest(|(key, ..)| key.chars().count()),
        widest(|(_, value, _)| value.chars().count()),
    );
    for (key, value, origin) in &values {
        writeln!(streams.out, "{key:<keys$}  {value:<texts$}  {origin}")?;
    }
    writeln!(
        streams.out,
        "\nrules that are not listed keep their own severity: applygate rules"
    )
}
