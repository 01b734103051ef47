//! `applygate check`: judges plans and reports. Runs no program and changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::directory::{self, Candidate};
use super::reports::Reports;
use super::{inputs, parallel, source, wrong_file};
use crate::cli::CheckArgs;
use crate::cli::environment::Environment;
use crate::judge;
use crate::os::digest;
use crate::plan::{Document, Plan};
use crate::policy::Waiver;
use crate::policy::settings::{self, Settings};
use crate::report::{ErrorReport, PlanReport, Report, allowances};
use crate::state::Where;
use crate::state::place::{self, PlanFile};
use crate::ui::escape::line;
use crate::ui::exit::Exit;
use crate::ui::mistaken::Mistaken;
use crate::ui::problem::Problem;
use crate::ui::progress::Progress;
use crate::ui::refusal::{Refusal, Why};
use crate::ui::streams::Streams;
use crate::ui::words::plural;

/// Runs the command.
///
/// # Errors
/// When there are no settings, or no plan; and those of the streams.
pub(crate) fn check(
    args: &CheckArgs,
    environment: &Environment,
    streams: &mut Streams<'_>,
) -> Result<Exit, Problem> {
    let settings = Settings::resolve(
        &args.judge,
        settings::place(&args.place),
        &environment.at(args.now),
    )?;
    let mut paths = args.plans.clone();
    if paths.is_empty() {
        if io::stdin().is_terminal() {
            return Err(Problem::new(
                "no plan given",
                "terraform plan -out tfplan && applygate check tfplan",
            ));
        }
        paths.push("-".into());
    }
    let reports = Reports::of(&args.reports, args.verbose, args.quiet, &paths, environment)?;
    let settings = Arc::new(explaining(args, settings)?);
    let places = Places {
        args,
        environment: &environment.at(args.now),
        said: Arc::clone(&settings),
        known: Mutex::new(HashMap::new()),
        list: reports.list(),
    };
    let mut report = Report::default();
    let what = match paths.as_slice() {
        [path] => line(&path.display().to_string()).into_owned(),
        paths => plural(paths.len(), "plan"),
    };
    let progress = Progress::start(format!("judging {what}"), streams.err_width);
    let mut found = Vec::new();
    for path in &paths {
        found.push(
            directory::find(path, args.place.dir.as_deref()).map(|found| {
                report.left_out.add(found.left_out);
                (found.refused, found.candidates)
            }),
        );
    }
    let candidates: Vec<&Candidate> = found
        .iter()
        .flatten()
        .flat_map(|(_, candidates)| candidates)
        .collect();
    let judged = parallel::each(
        &candidates,
        |candidate| candidate.job.size(),
        |candidate| judge_input(candidate, &places),
    );
    let mut judged = judged.into_iter();
    for (path, found) in paths.iter().zip(&found) {
        let before = report.plans.len() + report.errors.len();
        let (refused, candidates) = match found {
            Ok(found) => found,
            Err(refusal) => {
                report.errors.push(ErrorReport {
                    source: path.display().to_string(),
                    refusal: refusal.clone(),
                });
                continue;
            }
        };
        report
            .errors
            .extend(refused.iter().map(|(source, refusal)| ErrorReport {
                source: source.clone(),
                refusal: refusal.clone(),
            }));
        for outcome in judged.by_ref().take(candidates.len()) {
            match outcome? {
                Outcome::Plans(plans) => report.plans.extend(plans),
                Outcome::Refused(error) => report.errors.push(error),
                Outcome::Named(source, what) => report.left_out.named.push((source, what)),
                Outcome::Other => report.left_out.others += 1,
            }
        }
        if report.plans.len() + report.errors.len() == before {
            let files = plural(report.left_out.files(), "other file");
            let refusal = if wrong_file::has_sources(path) {
                Refusal::new(Why::Mistaken(Mistaken::SourceDirectory))
            } else {
                Refusal::new(Why::NoPlans).with(files)
            };
            let source = path.display().to_string();
            report.errors.push(ErrorReport { source, refusal });
        }
    }
    drop(progress);
    reports.show(&report, streams)?;
    let saved = reports.save(&report);
    if let Err(problem) = &saved {
        streams.refuse(problem)?;
    }
    let in_part = report.plans.iter().filter_map(|plan| {
        plan.decision
            .refusal
            .as_ref()
            .map(|refusal| (&plan.summary.source, refusal))
    });
    for (source, refusal) in report
        .errors
        .iter()
        .map(|error| (&error.source, &error.refusal))
        .chain(in_part)
    {
        streams.refuse(&refusal.about(source))?;
    }
    let mut unused = false;
    let used = allowances(&report.plans);
    for (at, allowance) in settings.said.allow.iter().enumerate() {
        if !used.contains(&at) {
            unused = true;
            streams.refuse(&Problem::new(
                format!("--allow {allowance} matches no finding"),
                "copy rule and address from the report exactly",
            ))?;
        }
    }
    if args.unused_waivers {
        tell_unused(&report, &settings, streams)?;
    }
    Ok(if report.blocked() && !args.exit_zero {
        Exit::Blocked
    } else if !report.all_judged() || unused || saved.is_err() {
        Exit::CouldNotJudge
    } else {
        Exit::Through
    })
}

/// Tells of waivers that held for a plan of this run and covered nothing in any.
fn tell_unused(report: &Report, settings: &Settings, streams: &mut Streams<'_>) -> io::Result<()> {
    if !report.all_judged() {
        return writeln!(
            streams.err,
            "note: not everything was judged, so unused waivers cannot be found"
        );
    }
    // The same waiver holds for several plans, and is told once.
    let mut held: BTreeMap<(&str, usize, String), (&Waiver, bool)> = BTreeMap::new();
    for plan in &report.plans {
        let decision = &plan.decision;
        let policy = plan.policy.as_ref();
        let file = policy.map_or("", |policy| policy.file.as_str());
        let used: BTreeSet<usize> = decision
            .findings
            .iter()
            .flat_map(|weighed| weighed.waivers.iter().copied())
            .collect();
        for (at, waiver) in decision.waivers.iter().enumerate() {
            let key = (file, waiver.line, waiver.words(settings.today()));
            let (_, before) = held.entry(key).or_insert((waiver, false));
            *before = *before || used.contains(&at);
        }
    }
    let unused = held
        .into_iter()
        .filter(|(_, (_, used))| !used)
        .map(|((file, ..), (waiver, _))| (file, waiver));
    for (file, waiver) in unused {
        let over = if waiver.is_expired(settings.today()) {
            format!("; it expired on {}", waiver.expires)
        } else {
            String::new()
        };
        let what = line(&waiver.to_string()).into_owned();
        writeln!(
            streams.err,
            "note: the waiver in {}:{} matches nothing in these plans ({what}){over}",
            line(file),
            waiver.line
        )?;
    }
    Ok(())
}

/// What became of one input.
enum Outcome {
    Plans(Vec<PlanReport>),
    Refused(ErrorReport),
    /// No plan, and what it is.
    Named(String, &'static str),
    /// Nothing that looks like a plan.
    Other,
}

/// The settings of each place: for a plan that is from there.
struct Places<'a> {
    args: &'a CheckArgs,
    environment: &'a Environment,
    said: Arc<Settings>,
    known: Mutex<HashMap<Where, Arc<Settings>>>,
    /// Whether everything that changes is listed.
    list: bool,
}

impl Places<'_> {
    fn of(&self, plan: &Plan<'_>, origin: &PlanFile<'_>) -> Result<Arc<Settings>, Problem> {
        let place = match (&self.said.place, &origin.instead) {
            (Where::Here, _) => place::of(plan, origin),
            (Where::Dir(_), Some(dir)) if dir.is_dir() => Where::Dir(dir.clone()),
            // Its unit is gone: another one's pin says nothing about it.
            (Where::Dir(_), Some(dir)) => Where::Unknown {
                beside: origin.file.and_then(Path::parent).unwrap_or(dir).to_owned(),
                pin_here: false,
            },
            _ => return Ok(Arc::clone(&self.said)),
        };
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(settings) = known().get(&place) {
            return Ok(Arc::clone(settings));
        }
        let settings = Settings::resolve(&self.args.judge, place.clone(), self.environment)?;
        if let Some(rev) = &self.args.explain_from
            && !settings.place.counts()
        {
            return Err(Problem::new(
                format!("--explain-from {rev} needs the directory of the plan"),
                "name it: --dir DIR",
            ));
        }
        let settings = Arc::new(explaining(self.args, settings)?);
        known().insert(place, Arc::clone(&settings));
        Ok(settings)
    }
}

/// With the sources that the plan is held against, where somebody asks.
fn explaining(args: &CheckArgs, settings: Settings) -> Result<Settings, Problem> {
    let Some(rev) = &args.explain_from else {
        return Ok(settings);
    };
    let past = source::past(rev, &settings.place)?;
    Ok(Settings { past, ..settings })
}

/// Judges everything in one input.
fn judge_input(candidate: &Candidate, places: &Places<'_>) -> Result<Outcome, Problem> {
    let job = &candidate.job;
    let source = job.name();
    let newer_than = places.args.newer_than.as_deref();
    let newer = newer_than.map_or(Ok(()), |dir| inputs::newer_than(job, dir));
    let refused = |source, refusal| Ok(Outcome::Refused(ErrorReport { source, refusal }));
    let bytes = match job.read() {
        Ok(bytes) => bytes,
        Err(refusal) => return refused(source, refusal),
    };
    let origin = PlanFile {
        file: job.path(),
        instead: candidate.instead.clone(),
    };
    // The digest of a big file takes as long as reading the plan in it.
    let plans = std::thread::scope(|scope| {
        let digest = scope.spawn(|| digest::sha256(&bytes));
        let judged = Document::open(&bytes).and_then(|document| {
            let plans = document.plans()?;
            let judged = judge::judge(&plans, (&source, job.path()), |plan| {
                places.of(plan, &origin)
            });
            Ok(judged.map(|mut reports| {
                if places.list {
                    judge::list_changes(&plans, &mut reports);
                }
                reports
            }))
        });
        let sha256 = digest.join().unwrap_or_default();
        judged.map(|plans| {
            plans.map(|mut plans| {
                plans
                    .iter_mut()
                    .for_each(|plan| plan.summary.sha256.clone_from(&sha256));
                plans
            })
        })
    });
    match plans {
        Ok(plans) => {
            let plans = plans?;
            match newer {
                Ok(()) => Ok(Outcome::Plans(plans)),
                Err(refusal) => refused(source, refusal),
            }
        }
        Err(refusal) => match directory::no_plan(&refusal, &bytes) {
            Some("") if !candidate.certain => Ok(Outcome::Other),
            Some(what) if !candidate.certain => Ok(Outcome::Named(source, what)),
            _ => {
                let refusal = wrong_file::named(refusal, &bytes, job.path());
                refused(source, refusal)
            }
        },
    }
}
