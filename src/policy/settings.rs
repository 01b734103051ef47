//! What the user typed, what the environment says, the policy, and the defaults: the one place where precedence is decided.
//!
//! Flags win over environment variables, these over the chosen `[env.NAME]` of the policy, that over its top level, that over the defaults.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::address::Pattern;
use crate::catalog::OwnRows;
use crate::cli::environment::Environment;
use crate::cli::{BlockAt, JudgeArgs, PlaceArgs};
use crate::config::written::Past;
use crate::facts::Limits;
use crate::facts::setting::{
    ADDRESSES, EXPECT, LIMITS, MAX_CHANGES, MAX_DESTROY, Setting, Value, Values,
};
use crate::finding::Severity;
use crate::git;
use crate::policy::calendar::{self, Calendar};
use crate::policy::reviewed::{Reviewed, Reviewing};
use crate::policy::{self, At, Chosen, Env, Found, Layer, Policy, RuleGrade, Start};
use crate::rules::RULES;
use crate::state::{Home, PinSource, Where};
use crate::ui::near::nearest;
use crate::ui::problem::Problem;
use crate::ui::refusal::{Refusal, Why};
use crate::verdict::{Allowance, Line};

/// Everything that judging needs to know from the user, for all plans of a run. What holds for one plan is [`Settings::for_plan`].
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What was said for this run: wins over the policy.
    pub said: Overrides,
    /// Which directory to look into for the state.
    pub place: Where,
    /// Policy and pin that judge.
    pub files: Files,
    /// The revision that they come from.
    pub reviewed: Option<Arc<Reviewed>>,
    /// What the working tree has instead, if that differs and could be judged by: only for comparing.
    pub tree: Option<Files>,
    /// The sources that the plan is held against (`--explain-from`).
    pub past: Option<Arc<Past>>,
    /// The time that counts.
    pub now: Timestamp,
    /// Whether the policy is the one that was found, because nobody named another or none.
    pub found: bool,
    /// Whether somebody asked to go without one.
    pub no_config: bool,
    /// The one that somebody named.
    pub named: Option<PathBuf>,
}

/// What a team has written down.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// What it agreed on.
    pub policy: Option<Arc<Policy>>,
    /// The directory of the plans as seen from the policy file.
    pub directory: Option<String>,
    /// Where the pin is read from.
    pub pins: PinSource,
}

/// What was said on the command line and in environment variables.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Block from this severity on.
    pub(crate) block_at: Option<(Severity, Origin)>,
    /// The environment of the policy.
    pub env: Option<(String, Origin)>,
    /// What is let through.
    pub allow: Vec<Allowance>,
    /// This state is meant to be empty.
    pub first_apply: bool,
    /// The addresses that may change; none when nothing was said.
    pub(crate) expect: Vec<Pattern>,
    /// The most objects that may be destroyed.
    pub(crate) max_destroy: Option<usize>,
    /// The most objects that may change.
    pub(crate) max_changes: Option<usize>,
    /// Why an apply goes on although a freeze or a window is closed: typed, never from the environment.
    pub(crate) break_freeze: Option<String>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// An environment of the policy, with the line.
    Env(String, usize),
    /// The top level of the policy, with the line.
    File(usize),
    /// Nobody said anything else.
    Default,
}

impl Origin {
    /// In words, with the name of the policy file.
    #[must_use]
    pub(crate) fn words(&self, file: &str) -> String {
        match self {
            Self::Flag(name) | Self::Variable(name) => (*name).to_owned(),
            Self::Env(env, line) => format!("env.{env} in {file}:{line}"),
            Self::File(line) => format!("{file}:{line}"),
            Self::Default => "default".to_owned(),
        }
    }

    const fn is_policy(&self) -> bool {
        matches!(self, Self::Env(..) | Self::File(_))
    }
}

/// What holds for one plan.
#[derive(Debug, Clone)]
pub struct EffectiveSettings {
    /// Numbers and expectations for the rules.
    pub limits: Limits,
    /// Where the line is drawn and what is let through.
    pub line: Line,
    /// Rows of the catalogue of the team's own.
    pub(crate) own: Arc<OwnRows>,
    /// The policy and what of it was chosen.
    pub(crate) policy: Option<PolicyLine>,
    /// Every value with its origin, for `config show`.
    pub(crate) values: Vec<HeldValue>,
    /// What a flag or a variable makes looser than it is without: `block_at critical (--block-at)`.
    pub(crate) overruled: Vec<String>,
}

/// One value that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldValue {
    /// Its key.
    pub(crate) key: String,
    /// As text.
    pub(crate) value: String,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

/// Which policy a plan was judged by, in texts that may be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLine {
    /// The policy file.
    pub(crate) file: String,
    /// The environment of it, and what chose it.
    pub chosen: Option<Chosen>,
    /// Whether there was one to choose.
    pub(crate) has_envs: bool,
    /// Types that it has rows about.
    pub(crate) types: Vec<String>,
    /// Values of it that let more through than the defaults do: `block_at critical`.
    pub(crate) looser: Vec<String>,
}

/// Types that are named.
const NAMED: usize = 3;

impl PolicyLine {
    /// In one line: `applygate.toml · env prod (workspace prod-eu)`. What findings cannot show, because it keeps them from being made, is told here.
    #[must_use]
    pub(crate) fn words(&self) -> String {
        let env = match &self.chosen {
            Some(chosen) => format!(" · env {} ({})", chosen.env, chosen.by),
            None if self.has_envs => " · no env fits".to_owned(),
            None => String::new(),
        };
        let looser = if self.looser.is_empty() {
            String::new()
        } else {
            format!(" · looser than the defaults: {}", self.looser.join(", "))
        };
        let mut types = String::new();
        if !self.types.is_empty() {
            let more = self
                .types
                .len()
                .checked_sub(NAMED)
                .filter(|more| *more > 0)
                .map_or_else(String::new, |more| format!(", and {more} more"));
            let names: Vec<&str> = self.types.iter().take(NAMED).map(String::as_str).collect();
            types = format!(
                " · {}: {}{more}",
                crate::ui::words::plural(self.types.len(), "own type"),
                names.join(", ")
            );
        }
        format!("{}{env}{looser}{types}", self.file)
    }
}

impl Settings {
    /// From the command line, the environment and the policy file.
    ///
    /// # Errors
    /// When the policy has a mistake, or something was said that cannot be meant.
    pub(crate) fn resolve(
        args: &JudgeArgs,
        place: Where,
        environment: &Environment,
    ) -> Result<Self, Problem> {
        let found =
            !args.policy.no_config && args.policy.config.is_none() && environment.config.is_none();
        let home = Home::of(place.dir()).dir;
        let without = Self {
            found,
            no_config: args.policy.no_config,
            named: args
                .policy
                .config
                .clone()
                .or_else(|| environment.config.as_ref().map(PathBuf::from)),
            said: Overrides::of(args, environment)?,
            place,
            now: environment.now,
            ..Self::default()
        };
        match policy_from(args, environment)? {
            None => {
                let found = match find_policy(args, &home, environment)? {
                    None if matches!(without.place, Where::Found { .. }) => {
                        find_policy(args, Path::new("."), environment)?
                    }
                    found => found,
                };
                let files = without.read(found, PinSource::default())?;
                Ok(Self { files, ..without })
            }
            Some((rev, origin)) => without.by_revision(&rev, &origin, args, environment),
        }
    }

    /// A policy file that was found, and where its pin is.
    fn read(&self, found: Option<Found>, pins: PinSource) -> Result<Files, Problem> {
        let directory = if self.place == Where::Nowhere {
            None
        } else {
            found.as_ref().and_then(|found| found.directory.clone())
        };
        let policy = found
            .map(|found| policy::read(&found.name, &found.bytes, self.today()))
            .transpose()?
            .map(Arc::new);
        let files = Files {
            policy,
            directory,
            pins,
        };
        self.check_env(&files)?;
        Ok(files)
    }

    /// With policy and pin of a revision, and beside them what the working tree has instead.
    fn by_revision(
        self,
        rev: &str,
        origin: &Origin,
        args: &JudgeArgs,
        environment: &Environment,
    ) -> Result<Self, Problem> {
        let said = |problem: Problem| problem.about(format_args!("{} {rev}", origin.words("")));
        let config = args
            .policy
            .config
            .as_deref()
            .or(environment.config.as_deref().map(Path::new));
        // A plan that lies outside of every repository is judged by the policy of the current one.
        let dir = match &self.place {
            Where::Found { dir, .. } if !git::is_inside(&Home::of(dir).dir) => Path::new("."),
            place => place.dir(),
        };
        let there = Reviewing::open(rev, dir, config).map_err(said)?;
        let (found, pin) = (
            there.policy()?,
            if self.place == Where::Nowhere {
                None
            } else {
                there.pin().map_err(said)?
            },
        );
        let aside = there.aside(found.as_ref(), pin.as_ref(), self.place != Where::Nowhere);
        let named = found.map(|found| Found {
            name: there.named(&found.name),
            ..found
        });
        let files = self.read(named, PinSource::Revision(pin))?;
        let mut ignored = aside.ignored;
        let mut tree = None;
        if let Some((found, pin)) = aside.files.filter(|_| !ignored.is_empty()) {
            let name = found.as_ref().map(|found| found.name.clone());
            match self.read(found, PinSource::Revision(pin)) {
                Ok(files) => tree = Some(files),
                // What is wrong with it is nothing for this report: it does not judge, and its lines are the change's own.
                Err(_) => ignored
                    .iter_mut()
                    .filter(|there| name.as_ref() == Some(&there.file))
                    .for_each(|there| there.usable = false),
            }
        }
        Ok(Self {
            files,
            reviewed: Some(Arc::new(there.told(ignored))),
            tree,
            ..self
        })
    }

    /// The day that counts, in UTC.
    #[must_use]
    pub(crate) fn today(&self) -> Date {
        day(self.now)
    }

    /// What is not used although it is there, a line each: the policy with `--no-config`, the pin with `--no-dir`, and both where they lie beside the plan
    /// and it is judged by those of another directory, or nobody knows by which. `file`: the plan's own.
    #[must_use]
    pub(crate) fn passed_over(&self, file: Option<&Path>) -> Vec<String> {
        let beside = file.map(|file| {
            let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty());
            Home::of(dir.unwrap_or(Path::new(".")))
        });
        let (nowhere, here) = (self.place == Where::Nowhere, Home::of(Path::new(".")));
        // From a sibling the pin of the current directory is none that could be meant.
        let unknown = nowhere || matches!(self.place, Where::Unknown { .. });
        let mut homes: Vec<&Home> = unknown.then_some(&here).into_iter().collect();
        homes.extend(beside.as_ref());
        let used = match &self.place {
            Where::Nowhere
            | Where::Unknown {
                pin_here: false, ..
            } => None,
            place => Some(Home::of(place.dir())),
        };
        let why = match &self.place {
            Where::Nowhere => " (--no-dir)".to_owned(),
            Where::Unknown { .. } => {
                ": it is unknown whether the plan is from that directory; name the directory with --dir"
                    .to_owned()
            }
            place => format!(": the plan is judged by what {} has", place.dir().display()),
        };
        let whole = |path: &Path| path.canonicalize().ok();
        let used_pin = used.and_then(|used| whole(&used.pin()));
        let mut notes = Vec::new();
        let mut pins: Vec<PathBuf> = Vec::new();
        for pin in homes.iter().map(|home| home.pin()) {
            let Some(there) = whole(&pin).filter(|there| Some(there) != used_pin.as_ref()) else {
                continue;
            };
            if !pins.contains(&there) {
                let pin = pin.strip_prefix(".").unwrap_or(&pin);
                notes.push(format!("{} is not used{why}", pin.display()));
                pins.push(there);
            }
        }
        let nearest = |home: &Home| Start::at(&home.dir).ok()?.nearest();
        let of_place = Home::of(self.place.dir());
        let fallback = matches!(self.place, Where::Found { .. });
        let holds = nearest(&of_place).or_else(|| nearest(&here).filter(|_| fallback));
        let policy = beside.as_ref().and_then(nearest);
        let policy = policy.filter(|there| holds.as_ref() != Some(there));
        let other = |why: &str, notes: &mut Vec<String>| {
            let named = self.named.as_deref().and_then(whole);
            let both = holds
                .iter()
                .chain(&policy)
                .filter(|file| Some(*file) != named.as_ref());
            notes.extend(both.map(|file| format!("{} is not used ({why})", file.display())));
        };
        if self.no_config {
            other("--no-config", &mut notes);
        } else if self.named.is_some() && self.reviewed.is_none() {
            other("another one is named", &mut notes);
        } else if let Some(policy) = policy.filter(|_| self.found) {
            notes.push(format!("{} is not used{why}", policy.display()));
        }
        notes
    }

    fn check_env(&self, files: &Files) -> Result<(), Problem> {
        let Some((name, origin)) = &self.said.env else {
            return Ok(());
        };
        let Some(policy) = &files.policy else {
            let what = format!(
                "{} says env {name}, but there is no policy file",
                origin.words("")
            );
            return Err(Problem::new(what, "name the file: --config FILE"));
        };
        if policy.env(name).is_some() {
            return Ok(());
        }
        let names = || policy.envs.iter().map(|env| env.name.as_str());
        let help = match nearest(name, names()) {
            Some(near) => format!("did you mean {near}?"),
            None if policy.envs.is_empty() => "it has no [env.NAME]".to_owned(),
            None => format!("it has: {}", names().collect::<Vec<_>>().join(", ")),
        };
        Err(Problem::new(
            format!(
                "{} says env {name}, but {} has no such env",
                origin.words(""),
                policy.file
            ),
            help,
        ))
    }

    /// The environment for a plan of this workspace; a workspace that is not known, as for JSON, chooses nothing.
    fn choose<'f>(
        &self,
        files: &'f Files,
        workspace: Option<&str>,
    ) -> Result<Option<(&'f Env, Chosen)>, Refusal> {
        let Some(policy) = &files.policy else {
            return Ok(None);
        };
        let chosen = |env: &Env, by| Chosen {
            env: env.name.clone(),
            by,
        };
        if let Some((name, origin)) = &self.said.env {
            let env = policy.env(name);
            return Ok(env.map(|env| (env, chosen(env, origin.words("")))));
        }
        let mut fits = policy.envs.iter().filter_map(|env| {
            env.fits(workspace, files.directory.as_deref())
                .map(|by| (env, by))
        });
        match (fits.next(), fits.next()) {
            (None, _) => Ok(None),
            (Some((env, by)), None) => Ok(Some((env, chosen(env, by)))),
            (Some((one, _)), Some((other, _))) => {
                Err(Refusal::new(Why::TwoEnvironments)
                    .with(format!("{} and {}", one.name, other.name)))
            }
        }
    }

    /// What holds for a plan of this workspace: the one function that decides precedence, with the origin of every value.
    ///
    /// # Errors
    /// When two environments fit.
    pub fn for_plan(&self, workspace: Option<&str>) -> Result<EffectiveSettings, Refusal> {
        self.by(&self.files, workspace)
    }

    /// The same by these files.
    ///
    /// # Errors
    /// When two environments fit.
    pub(crate) fn by(
        &self,
        files: &Files,
        workspace: Option<&str>,
    ) -> Result<EffectiveSettings, Refusal> {
        let chosen = self.choose(files, workspace)?;
        let base = files.policy.as_deref().map(|policy| &policy.base);
        let mut merge = Merge {
            env: chosen.as_ref().map(|(env, _)| *env),
            base,
            values: Vec::new(),
            looser: Vec::new(),
            overruled: Vec::new(),
        };
        let line = Line::default();
        let block_at = merge.block_at(self.said.block_at.clone(), line.block_at);
        let limits = Limits {
            numbers: merge.settings("limits", LIMITS, |_| None),
            first_apply: self.said.first_apply,
            expect: merge.settings("expect", EXPECT, |setting| self.said.setting(setting)),
        };
        if let Some(days) = files
            .policy
            .as_deref()
            .and_then(|policy| policy.max_waiver_days.as_ref())
        {
            merge.told(
                "max_waiver_days",
                days.value.to_string(),
                Origin::File(days.line),
            );
            if days.value > policy::MAX_WAIVER_DAYS {
                merge.looser.push(format!("max_waiver_days {}", days.value));
            }
        }
        let rules = merge.rules();
        let waivers = merge.waivers(self.today());
        let closed = match merge.calendar().at(self.now) {
            calendar::State::Open => None,
            calendar::State::Closed(closed) => Some(calendar::Closed {
                broken: self.said.break_freeze.clone(),
                ..closed
            }),
        };
        if let (Some(_), Some(_)) = (&closed, &self.said.break_freeze) {
            merge
                .overruled
                .push("applied outside the windows or in a freeze (--break-freeze)".to_owned());
        }
        if self.said.first_apply {
            merge.told(
                "first_apply",
                "true".to_owned(),
                Origin::Flag("--first-apply"),
            );
        }
        for allowance in &self.said.allow {
            merge.told("allow", allowance.to_string(), Origin::Flag("--allow"));
        }
        let (values, looser, overruled) = (merge.values, merge.looser, merge.overruled);
        let line = Line {
            block_at,
            allow: self.said.allow.clone(),
            rules,
            waivers,
            workspace: workspace.map(str::to_owned),
            today: self.today(),
            closed,
        };
        let policy = files.policy.as_deref().map(|policy| PolicyLine {
            file: policy.file.clone(),
            chosen: chosen.map(|(_, chosen)| chosen),
            has_envs: !policy.envs.is_empty(),
            types: policy.own.names(),
            looser,
        });
        let own = files
            .policy
            .as_deref()
            .map_or_else(Arc::default, |policy| Arc::clone(&policy.own));
        Ok(EffectiveSettings {
            limits,
            line,
            own,
            policy,
            values,
            overruled,
        })
    }
}

/// The layers of a policy, one over the other, and what came of them.
struct Merge<'a> {
    env: Option<&'a Env>,
    base: Option<&'a Layer>,
    values: Vec<HeldValue>,
    looser: Vec<String>,
    overruled: Vec<String>,
}

impl<'a> Merge<'a> {
    fn told(&mut self, key: &str, value: String, origin: Origin) {
        self.values.push(HeldValue {
            key: key.to_owned(),
            value,
            origin,
        });
    }

    /// What the policy says: the environment before the top level.
    fn policy<T>(&self, get: impl Fn(&'a Layer) -> Option<&'a At<T>>) -> Option<(&'a T, Origin)> {
        let env = self.env.and_then(|env| {
            get(&env.layer).map(|at| (&at.value, Origin::Env(env.name.clone(), at.line)))
        });
        env.or_else(|| {
            self.base
                .and_then(get)
                .map(|at| (&at.value, Origin::File(at.line)))
        })
    }

    /// What was said before the policy, the policy before the default. A higher one lets more through.
    fn block_at(&mut self, said: Option<(Severity, Origin)>, default: Severity) -> Severity {
        let policy = self.policy(|layer| layer.block_at.as_ref());
        let (without, there) = policy.map_or((default, Origin::Default), |(value, origin)| {
            (*value, origin)
        });
        let (value, origin) = said.unwrap_or((without, there));
        if value > without {
            let origin = origin.words("");
            self.overruled.push(format!("block_at {value} ({origin})"));
        }
        if value > default && origin.is_policy() {
            self.looser.push(format!("block_at {value}"));
        }
        self.told("block_at", value.to_string(), origin);
        value
    }

    /// The settings of a table: what was said before the policy, the policy before the default, which alone is told where nobody says anything.
    fn settings(
        &mut self,
        table: &str,
        settings: &[&'static Setting],
        said: impl Fn(&'static Setting) -> Option<(Value, Origin)>,
    ) -> Values {
        let mut values = Values::default();
        for setting in settings {
            let key = setting.key;
            let policy = self.policy(|layer| layer.settings.get(key));
            let said = said(setting);
            if let (Some((said, origin)), Some((policy, _))) = (&said, &policy) {
                let origin = origin.words("");
                if said.exceeds(policy) {
                    self.overruled.push(format!("{key} {said} ({origin})"));
                } else if matches!(said, Value::Addresses(_)) {
                    self.overruled.push(format!("other {key} ({origin})"));
                }
            }
            let policy = policy.map(|(value, origin)| (value.clone(), origin));
            let default = setting.default();
            let Some((value, origin)) = said
                .or(policy)
                .or_else(|| Some((default.clone()?, Origin::Default)))
            else {
                continue;
            };
            // Without a default nothing is expected, so whatever is said is stricter.
            if origin.is_policy() && default.is_some_and(|default| value.exceeds(&default)) {
                self.looser.push(format!("{key} {value}"));
            }
            self.told(&format!("{table}.{key}"), value.to_string(), origin);
            values = values.with(setting, value);
        }
        values
    }

    /// What the policy makes of rules; those that it says nothing about are left out.
    fn rules(&mut self) -> std::collections::BTreeMap<&'static str, RuleGrade> {
        let mut rules = std::collections::BTreeMap::new();
        for rule in RULES {
            if let Some((grade, origin)) = self.policy(|layer| layer.rules.get(rule.id)) {
                self.told(
                    &format!("rules.{}", rule.id),
                    grade.word().to_owned(),
                    origin,
                );
                rules.insert(rule.id, *grade);
            }
        }
        rules
    }

    /// When an apply may happen: the windows of the environment if it has its own, and every freeze.
    fn calendar(&mut self) -> Calendar {
        let env = |at: usize| {
            self.env
                .map_or(Origin::Default, |env| Origin::Env(env.name.clone(), at))
        };
        let layer = self.env.map(|env| &env.layer);
        let (own, base) = (
            layer.map_or(&[][..], |layer| &layer.windows),
            self.base.map_or(&[][..], |base| &base.windows),
        );
        let windows: Vec<_> = if own.is_empty() {
            base.iter().map(|at| (at, Origin::File(at.line))).collect()
        } else {
            own.iter().map(|at| (at, env(at.line))).collect()
        };
        let freezes = self
            .base
            .into_iter()
            .flat_map(|base| &base.freezes)
            .map(|at| (at, Origin::File(at.line)));
        let freezes: Vec<_> = freezes
            .chain(
                layer
                    .into_iter()
                    .flat_map(|layer| &layer.freezes)
                    .map(|at| (at, env(at.line))),
            )
            .collect();
        for (at, origin) in &windows {
            self.told("window", at.value.to_string(), origin.clone());
        }
        for (at, origin) in &freezes {
            self.told("freeze", at.value.to_string(), origin.clone());
        }
        Calendar::new(
            windows
                .into_iter()
                .map(|(at, _)| at.value.clone())
                .collect(),
            freezes
                .into_iter()
                .map(|(at, _)| at.value.clone())
                .collect(),
        )
    }

    /// Those of the top level and of the environment: an environment adds to them.
    fn waivers(&mut self, today: Date) -> Vec<Arc<policy::Waiver>> {
        let base = self.base.into_iter().flat_map(|layer| {
            layer
                .waivers
                .iter()
                .map(|waiver| (waiver, Origin::File(waiver.line)))
        });
        let env = self.env.into_iter().flat_map(|env| {
            env.layer
                .waivers
                .iter()
                .map(|waiver| (waiver, Origin::Env(env.name.clone(), waiver.line)))
        });
        let all: Vec<_> = base.chain(env).collect();
        for (waiver, origin) in &all {
            self.told("waiver", waiver.words(today), origin.clone());
        }
        all.into_iter()
            .map(|(waiver, _)| Arc::clone(waiver))
            .collect()
    }
}

impl Overrides {
    /// What was said of a setting, with the flag.
    fn setting(&self, setting: &'static Setting) -> Option<(Value, Origin)> {
        let (value, flag) = match setting.key {
            key if key == ADDRESSES.key && !self.expect.is_empty() => {
                (Value::Addresses(self.expect.clone()), "--expect")
            }
            key if key == MAX_DESTROY.key => (Value::Count(self.max_destroy?), "--max-destroy"),
            key if key == MAX_CHANGES.key => (Value::Count(self.max_changes?), "--max-changes"),
            _ => return None,
        };
        Some((value, Origin::Flag(flag)))
    }

    fn of(args: &JudgeArgs, environment: &Environment) -> Result<Self, Problem> {
        let block_at = match (args.policy.block_at, &environment.block_at) {
            (Some(severity), _) => Some((severity.into(), Origin::Flag("--block-at"))),
            (None, Some(text)) => Some((severity(text)?, Origin::Variable("APPLYGATE_BLOCK_AT"))),
            (None, None) => None,
        };
        let env = match (&args.policy.env, &environment.env) {
            (Some(name), _) => Some((name.clone(), Origin::Flag("--env"))),
            // What was set for every run chooses nothing in a run that is to go without a policy.
            (None, Some(_)) if args.policy.no_config => None,
            (None, Some(name)) => Some((
                name.to_string_lossy().into_owned(),
                Origin::Variable("APPLYGATE_ENV"),
            )),
            (None, None) => None,
        };
        Ok(Self {
            block_at,
            env,
            allow: args.policy.allow.clone(),
            first_apply: args.first_apply,
            expect: args.expect.clone(),
            max_destroy: args.max_destroy,
            max_changes: args.max_changes,
            break_freeze: None,
        })
    }
}

fn severity(text: &OsString) -> Result<Severity, Problem> {
    let word = text
        .to_str()
        .and_then(|text| BlockAt::from_str(text, false).ok());
    word.map(Into::into).ok_or_else(|| {
        Problem::new(
            format!(
                "APPLYGATE_BLOCK_AT is {:?}, which is no severity",
                text.to_string_lossy()
            ),
            "critical, high, medium or low",
        )
    })
}

/// Which directory counts.
#[must_use]
pub(crate) fn place(args: &PlaceArgs) -> Where {
    match (&args.dir, args.no_dir) {
        (_, true) => Where::Nowhere,
        (Some(dir), false) => Where::Dir(dir.clone()),
        (None, false) => Where::Here,
    }
}

/// The revision that policy and pin come from.
fn policy_from(
    args: &JudgeArgs,
    environment: &Environment,
) -> Result<Option<(String, Origin)>, Problem> {
    let said = |what: &str, help: &str| Problem::new(what, help).about("APPLYGATE_POLICY_FROM");
    match (&args.policy.policy_from, &environment.policy_from) {
        (Some(rev), _) => Ok(Some((rev.clone(), Origin::Flag("--policy-from")))),
        (None, None) => Ok(None),
        // Who set it for every run meant this one as well.
        (None, Some(_)) if args.policy.no_config => Err(said(
            "is set, but --no-config would ignore it",
            "remove one of them",
        )),
        (None, Some(rev)) => match rev.to_str() {
            Some(rev) => Ok(Some((
                rev.to_owned(),
                Origin::Variable("APPLYGATE_POLICY_FROM"),
            ))),
            None => Err(said(
                "is no text",
                "name a revision, such as refs/remotes/origin/main",
            )),
        },
    }
}

/// The policy file: the one that is named, else the nearest one.
fn find_policy(
    args: &JudgeArgs,
    dir: &Path,
    environment: &Environment,
) -> Result<Option<Found>, Problem> {
    if args.policy.no_config {
        return Ok(None);
    }
    if let Some(file) = args
        .policy
        .config
        .as_deref()
        .or(environment.config.as_deref().map(Path::new))
    {
        return Ok(Some(policy::named(file, dir)?));
    }
    let start = Start::at(dir).map_err(|error| {
        Problem::new(
            format!("{} cannot be searched for a policy: {error}", dir.display()),
            "name the directory of the plan with --dir, or the policy with --config",
        )
    })?;
    Ok(policy::discover(&start.tree(), &start.directory)?)
}

fn day(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(now).date()
}
