//! `applygate source`: what a change to the sources takes away, held against its own past, before there is a plan. Runs no program but git.

mod beside;
mod modules;
mod past;
mod sides;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::catalog::Catalog;
use crate::cli::SourceArgs;
use crate::cli::environment::Environment;
use crate::commands::reports::Reports;
use crate::config::written::{self, Folder, Source};
use crate::facts::source::{Delta, Pair, compare, pairs};
use crate::facts::summary::{ChangeLine, Summary};
use crate::finding::Side;
use crate::git::side::{self, Repository};
use crate::judge;
use crate::policy::settings::Settings;
use crate::report::{PlanReport, Report, allowances};
use crate::rules::source::{in_part_words, some};
use crate::state::Where;
use crate::ui::exit::Exit;
use crate::ui::problem::Problem;
use crate::ui::refusal::{Refusal, Why};
use crate::ui::streams::Streams;
use crate::ui::words::plural;

use modules::Modules;
pub(super) use past::past;
use sides::Sides;

/// Runs the command.
///
/// # Errors
/// When there are no two sides to compare, or no settings; and those of the streams.
pub(crate) fn source(
    args: &SourceArgs,
    environment: &Environment,
    streams: &mut Streams<'_>,
) -> Result<Exit, Problem> {
    let reports = Reports::of(&args.reports, args.verbose, args.quiet, &[], environment)?;
    let environment = &environment.at(args.now);
    let repository = Repository::open(Path::new("."), environment.index.as_deref())
        .map_err(|refusal| refusal.about("a change to the sources"))?;
    let sides = Sides::resolve(&repository, args, environment)?;
    let within = within(&repository, &args.dirs)?;
    let capped = sides.at_commit && !args.strict;
    let mut report = Report::default();
    let changed = Changed::read(&repository, &sides, &within, capped)
        .map_err(|refusal| refusal.about(sides.words()))?;
    if let Some(dir) = changed.absent.iter().find_map(|at| args.dirs.get(*at)) {
        return Err(absent(dir));
    }
    let settings = Settings::resolve(&args.judge(), Where::Dir(".".into()), environment)?;
    let groups = by_settings(&changed.deltas, &repository, args, environment, settings)?;
    for (settings, deltas) in &groups {
        let line = ChangeLine {
            from: sides.from.1.clone(),
            to: sides.to.1.clone(),
            files: changed.files,
            modules: changed.modules,
            capped,
        };
        let summary = Summary::of_change(line, changed.notes.clone());
        let mut plan = judge::source(deltas, summary, settings, capped);
        // What is not committed is another change than that of the commit it starts from.
        if let (Some(from), false) = (&mut plan.from, matches!(sides.to.0, side::Side::Commit(_))) {
            from.same = false;
        }
        report.plans.push(plan);
    }
    // What one file hides is not known for any of it.
    if let Some(plan) = report.plans.first_mut() {
        plan.decision.refusal = plan.decision.refusal.take().or(changed.refused);
    }
    reports.show(&report, streams)?;
    let saved = reports.save(&report);
    if let Err(problem) = &saved {
        streams.refuse(problem)?;
    }
    refuse(&report, streams)?;
    let mut unused = false;
    let used = allowances(&report.plans);
    for (at, allowance) in args.policy.allow.iter().enumerate() {
        if !used.contains(&at) {
            unused = true;
            streams.refuse(&Problem::new(
                format!("--allow {allowance} matches no finding"),
                "copy rule and address from the report exactly",
            ))?;
        }
    }
    Ok(if report.blocked() && !args.exit_zero {
        Exit::Blocked
    } else if !report.all_judged() || unused || saved.is_err() {
        Exit::CouldNotJudge
    } else {
        Exit::Through
    })
}

/// The way of one module, from the files of both sides to a report.
pub(crate) fn judge_files(
    before: &BTreeMap<String, Vec<u8>>,
    after: &BTreeMap<String, Vec<u8>>,
) -> PlanReport {
    let folder = |files: &BTreeMap<String, Vec<u8>>| {
        let sources: Vec<(&str, Source)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), written::read(name, Some(text))))
            .collect();
        let borrowed = sources.iter().map(|(name, source)| (*name, source));
        let mut folder = Folder::of("", &borrowed.collect());
        folder.fill_in();
        Arc::new(folder)
    };
    let pair = Pair {
        dir: String::new(),
        before: folder(before),
        after: folder(after),
    };
    let kinds = pair.before.resources.keys();
    let kinds = kinds.filter_map(|key| key.split('.').next());
    let catalog = Catalog::for_types(kinds).unwrap_or_default();
    let nothing = |_: &str, _: Side| Ok::<_, std::convert::Infallible>(Arc::default());
    let delta = compare(&pair, &catalog, &mut { nothing }).unwrap_or_default();
    let line = ChangeLine {
        from: "before".to_owned(),
        to: "after".to_owned(),
        files: before.len().max(after.len()),
        modules: 1,
        capped: false,
    };
    let summary = Summary::of_change(line, told(std::slice::from_ref(&delta)));
    judge::source(&[&delta], summary, &Settings::default(), false)
}

/// Says why a part could not be judged.
fn refuse(report: &Report, streams: &mut Streams<'_>) -> Result<(), Problem> {
    for plan in &report.plans {
        if let Some(refusal) = &plan.decision.refusal {
            streams.refuse(&refusal.about(format_args!("the change {}", plan.summary.source)))?;
        }
    }
    Ok(())
}

/// Whether a file starts as an archive, which no configuration does.
fn starts_as_a_plan(path: &Path) -> bool {
    let mut start = [0; 4];
    path.is_file()
        && std::fs::File::open(path)
            .and_then(|mut file| file.read_exact(&mut start))
            .is_ok_and(|()| start == *b"PK\x03\x04")
}

/// The directories that were named, below the top of the repository. A file stands for its directory, and what is gone from disk is named as well.
fn within(repository: &Repository, dirs: &[PathBuf]) -> Result<Vec<String>, Problem> {
    let here = std::env::current_dir().and_then(|here| here.canonicalize())?;
    let mut found = Vec::new();
    for dir in dirs {
        let mut way = PathBuf::new();
        for step in here.join(dir).components() {
            match step {
                Component::ParentDir => {
                    way.pop();
                }
                Component::CurDir => {}
                step => way.push(step),
            }
        }
        let way = way.canonicalize().unwrap_or(way);
        if starts_as_a_plan(&way) {
            return Err(Problem::new(
                format!(
                    "{} is a saved plan, and source looks at configuration",
                    dir.display()
                ),
                format!("applygate check {}", dir.display()),
            ));
        }
        let way = if way.is_file() {
            way.parent().map(Path::to_owned).unwrap_or_default()
        } else {
            way
        };
        let below = way.strip_prefix(repository.root()).ok();
        let steps: Option<Vec<&str>> =
            below.and_then(|below| below.iter().map(|step| step.to_str()).collect());
        let Some(steps) = steps else {
            return Err(Problem::new(
                format!(
                    "{} is not in the repository of this directory",
                    dir.display()
                ),
                "run it in the repository that has it",
            ));
        };
        found.push(steps.join("/"));
    }
    Ok(found)
}

/// A directory of which nothing is known: no change to it can be told.
fn absent(dir: &Path) -> Problem {
    let name = dir.display();
    let help = match name.to_string().split_once("..") {
        Some((from, to)) if !from.is_empty() && !from.contains('/') => {
            let to = to.trim_start_matches('.');
            let to = if to.is_empty() { "HEAD" } else { to };
            format!("applygate source --from {from} --to {to}")
        }
        _ => "give a directory of the repository; a revision is named with --from REV".to_owned(),
    };
    Problem::new(
        format!("{name} does not exist, and has no configuration on either side of the change"),
        help,
    )
}

/// What differs between the two sides.
struct Changed {
    deltas: Vec<Delta>,
    files: usize,
    modules: usize,
    notes: Vec<String>,
    refused: Option<Refusal>,
    /// Which of the directories that were named are neither on disk nor on a side.
    absent: Vec<usize>,
}

impl Changed {
    fn read(
        repository: &Repository,
        sides: &Sides,
        within: &[String],
        capped: bool,
    ) -> Result<Self, Refusal> {
        let wanted = |path: &str| modules::is_wanted(path) || beside::is_wanted(path);
        let before = repository.files(&sides.from.0, &wanted)?;
        let after = repository.files(&sides.to.0, &wanted)?;
        let has = |dir: &String| {
            let below = format!("{dir}/");
            repository.root().join(dir).exists()
                || [&before, &after].iter().any(|files| {
                    let next = files.range(below.clone()..).next();
                    next.is_some_and(|(path, _)| path.starts_with(&below))
                })
        };
        let absent = within.iter().enumerate().filter(|(_, dir)| !has(dir));
        let absent = absent.map(|(at, _)| at).collect();
        let mut modules = Modules::new(repository, before, after, within).filled_in();
        let touched = modules.touched()?;
        let files = modules.changed_files();
        let count = touched.len();
        let mut all = BTreeMap::new();
        for dir in touched {
            let both = (
                modules.folder(&dir, Side::Before)?,
                modules.folder(&dir, Side::After)?,
            );
            all.insert(dir, both);
        }
        let (refused, mut notes) = modules.unread(capped);
        let kinds: BTreeSet<&str> = all
            .values()
            .flat_map(|(before, _)| before.resources.keys())
            .filter_map(|key| key.split('.').next())
            .collect();
        let catalog = Catalog::for_types(kinds.iter().copied()).map_err(|error| {
            Refusal::new(Why::Unreadable).with(format!("the catalogue itself is broken: {error}"))
        })?;
        let mut deltas = Vec::new();
        let pairs = pairs(all);
        let gone: BTreeSet<String> = pairs
            .iter()
            .filter(|pair| pair.after.is_empty() && !pair.before.is_empty())
            .map(|pair| pair.dir.clone())
            .collect();
        let told_by_callers = modules.left_by_callers(&gone)?;
        for pair in pairs {
            // What is not found there may stand in a file that cannot be read.
            if told_by_callers.contains(&pair.dir) || modules.hides(&pair.after) {
                continue;
            }
            let delta = compare(&pair, &catalog, &mut |dir, side| modules.folder(dir, side))?;
            deltas.push(delta);
        }
        let asking = deltas.iter().filter(|delta| !delta.is_quiet());
        let asking: BTreeSet<String> = asking.map(|delta| delta.dir.clone()).collect();
        let callers = modules.callers(&asking)?;
        for delta in &mut deltas {
            delta.callers = callers.get(&delta.dir).cloned().unwrap_or_default();
            if !delta.callers.is_empty() {
                delta.providers.retain(|change| !change.only_root);
            }
        }
        beside::look(&modules, &mut deltas)?;
        notes.extend(told(&deltas));
        notes.extend(modules.named_values().map(|files| {
            format!("values in {files} differ: whether a plan takes them (-var-file) is not known")
        }));
        notes.extend(modules.passed_over());
        Ok(Self {
            deltas,
            files,
            modules: count,
            notes,
            refused,
            absent,
        })
    }
}

/// What is not known, once for all modules.
fn told(deltas: &[Delta]) -> Vec<String> {
    let mut notes = Vec::new();
    let unknown: usize = deltas.iter().map(|delta| delta.unknown).sum();
    if unknown > 0 {
        notes.push(format!(
            "the effect of {} is not in the text (an expression, or a module from another repository): see the plan",
            plural(unknown, "change")
        ));
    }
    let more: usize = deltas.iter().map(|delta| delta.more).sum();
    if more > 0 {
        notes.push("more blocks go than are shown here: too many nested module calls".to_owned());
    }
    let in_part: BTreeSet<&str> = deltas
        .iter()
        .flat_map(|delta| delta.in_part.iter().map(String::as_str))
        .collect();
    notes.extend(some(in_part.into_iter()).map(|files| in_part_words(&files)));
    notes
}

type Group<'d> = (Arc<Settings>, Vec<&'d Delta>);

/// What is found, by the policy and the environment that hold for it. What is quiet needs none: without anything found there is one group.
fn by_settings<'d>(
    deltas: &'d [Delta],
    repository: &Repository,
    args: &SourceArgs,
    environment: &Environment,
    here: Settings,
) -> Result<Vec<Group<'d>>, Problem> {
    let mut groups: BTreeMap<(Option<String>, Option<String>), Group<'d>> = BTreeMap::new();
    let mut known: BTreeMap<PathBuf, Arc<Settings>> = BTreeMap::new();
    for delta in deltas.iter().filter(|delta| !delta.is_quiet()) {
        let mut dir = repository.root().join(&delta.dir);
        // Of what is gone from disk, the nearest that is there.
        while !dir.is_dir() && dir.pop() {}
        let settings = match known.get(&dir) {
            Some(settings) => Arc::clone(settings),
            None => {
                let place = Where::Dir(dir.clone());
                let settings = Settings::resolve(&args.judge(), place, environment)?;
                let settings = Arc::new(settings);
                known.insert(dir, Arc::clone(&settings));
                settings
            }
        };
        let line = settings.for_plan(None).ok().and_then(|held| held.policy);
        let file = line.as_ref().map(|line| line.file.clone());
        let env = line.and_then(|line| line.chosen).map(|chosen| chosen.env);
        let group = groups
            .entry((file, env))
            .or_insert_with(|| (settings, Vec::new()));
        group.1.push(delta);
    }
    if groups.is_empty() {
        return Ok(vec![(Arc::new(here), Vec::new())]);
    }
    Ok(groups.into_values().collect())
}
