//! The commands: from what was typed to what is written. Each reads, judges, reports, and returns how it ended.

use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::sync::Arc;

use clap::CommandFactory;

use crate::cli::{CheckArgs, Cli, Command, Format, RulesArgs, RulesCommand};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::input::{self, Job};
use crate::policy::Waiver;
use crate::report::escape::line;
use crate::report::{ErrorReport, Report, human, json};
use crate::settings::Settings;
use crate::streams::Streams;
use crate::{catalog, configuring, digest, gate, initing, judging, pinning, rules, settings};

/// Runs a command.
///
/// # Errors
/// Those of the streams; a closed pipe is one of them and no failure.
pub fn run(cli: Cli, environment: &Environment, streams: &mut Streams<'_>) -> io::Result<Exit> {
    match cli.command {
        Command::Apply(args) => gate::apply(&args, environment, streams),
        Command::Check(args) => check(&args, environment, streams),
        Command::Config(args) => configuring::config(&args, environment, streams),
        Command::Init(args) => initing::init(&args, environment, streams),
        Command::Pin(args) => pinning::pin(&args, streams),
        Command::Rules(args) => show_rules(args, streams),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "applygate", &mut script);
            streams.out.write_all(&script)?;
            Ok(Exit::Through)
        }
        Command::Man => {
            clap_mangen::Man::new(Cli::command()).render(streams.out)?;
            Ok(Exit::Through)
        }
    }
}

fn check(
    args: &CheckArgs,
    environment: &Environment,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let settings = match Settings::resolve(&args.judge, settings::place(&args.place), environment) {
        Ok(settings) => settings,
        Err(unsettled) => {
            unsettled.write(streams)?;
            return Ok(Exit::CouldNotJudge);
        }
    };
    let mut paths = args.plans.clone();
    if paths.is_empty() {
        if io::stdin().is_terminal() {
            streams.refuse(
                "no plan given",
                "terraform plan -out tfplan && applygate check tfplan",
            )?;
            return Ok(Exit::CouldNotJudge);
        }
        paths.push("-".into());
    }
    let mut report = Report::default();
    let mut used = vec![false; settings.said.allow.len()];
    for path in &paths {
        match input::find(path) {
            Ok(found) => {
                report.other_files += found.others;
                for job in found.jobs {
                    match args
                        .newer_than
                        .as_deref()
                        .map_or(Ok(()), |dir| input::newer_than(&job, dir))
                    {
                        Ok(()) => judge(&job, &settings, &mut used, &mut report),
                        Err(refusal) => report.errors.push(ErrorReport {
                            source: job.name(),
                            refusal,
                        }),
                    }
                }
            }
            Err(refusal) => report.errors.push(ErrorReport {
                source: path.display().to_string(),
                refusal,
            }),
        }
    }
    match args.format {
        Format::Human => human::write(
            &report,
            human::Layout {
                width: streams.width,
                verbose: args.verbose,
            },
            streams.out,
        )?,
        Format::Json => json::write(&report, streams.out)?,
    }
    streams.out.flush()?;
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
        streams.refuse(
            &format!("{} {}", line(source), line(&refusal.to_string())),
            refusal.why.help(),
        )?;
    }
    let mut unused = false;
    for (allowance, used) in settings.said.allow.iter().zip(&used) {
        if !used {
            unused = true;
            streams.refuse(
                &format!(
                    "--allow {} matches no finding",
                    line(&allowance.to_string())
                ),
                "copy rule and address from the report as they are",
            )?;
        }
    }
    if args.unused_waivers {
        tell_unused(&report, &settings, streams)?;
    }
    Ok(if report.blocked() && !args.exit_zero {
        Exit::Blocked
    } else if !report.all_judged() || unused {
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
            "note: not everything was judged, so nobody can tell which waivers cover nothing"
        );
    }
    let mut held: HashMap<*const Waiver, (&Waiver, bool)> = HashMap::new();
    for (waiver, used) in report.plans.iter().flat_map(|plan| &plan.decision.waivers) {
        let (_, before) = held.entry(Arc::as_ptr(waiver)).or_insert((waiver, false));
        *before = *before || *used;
    }
    let mut unused: Vec<&Waiver> = held
        .into_values()
        .filter(|(_, used)| !used)
        .map(|(waiver, _)| waiver)
        .collect();
    unused.sort_by_key(|waiver| (waiver.line, waiver.to_string()));
    let file = settings
        .policy
        .as_ref()
        .map_or("", |policy| policy.file.as_str());
    for waiver in unused {
        let over = if waiver.is_expired(settings.today()) {
            format!("; it expired on {}", waiver.expires)
        } else {
            String::new()
        };
        let what = line(&waiver.to_string()).into_owned();
        writeln!(
            streams.err,
            "note: the waiver in {}:{} covers nothing in these plans ({what}){over}",
            line(file),
            waiver.line
        )?;
    }
    Ok(())
}

/// Judges everything in one input.
fn judge(job: &Job, settings: &Settings, used: &mut [bool], report: &mut Report) {
    let source = job.name();
    let bytes = match job.read() {
        Ok(bytes) => bytes,
        Err(refusal) => return report.errors.push(ErrorReport { source, refusal }),
    };
    // The digest of a big file takes as long as reading the plan in it.
    let plans = std::thread::scope(|scope| {
        let digest = scope.spawn(|| digest::sha256(&bytes));
        let judged = judging::judge_bytes(&bytes, &source, settings, used);
        let sha256 = digest.join().unwrap_or_default();
        judged.map(|mut plans| {
            plans
                .iter_mut()
                .for_each(|plan| plan.summary.sha256.clone_from(&sha256));
            plans
        })
    });
    match plans {
        Ok(mut plans) => {
            if let Job::File(path) = job
                && let Some(file) = settings.passed_over(path)
            {
                let note = format!(
                    "{file} is not used: it lies nearer to this plan than the policy of the current directory does; --dir says where a plan is from"
                );
                plans
                    .iter_mut()
                    .for_each(|plan| plan.summary.notes.push(note.clone()));
            }
            report.plans.extend(plans);
        }
        Err(refusal) => report.errors.push(ErrorReport { source, refusal }),
    }
}

fn show_rules(args: RulesArgs, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let out = &mut *streams.out;
    match args.what.unwrap_or(RulesCommand::List) {
        RulesCommand::List => {
            for rule in rules::RULES {
                writeln!(
                    out,
                    "{:<22}{:<10}{:<15}{}",
                    rule.id,
                    rule.severity.word(),
                    rule.needs.word(),
                    rule.title
                )?;
            }
        }
        RulesCommand::Explain { id } => {
            let Some(rule) = rules::find(&id) else {
                streams.refuse(
                    &format!("there is no rule \"{}\"", line(&id)),
                    "applygate rules list shows them all",
                )?;
                return Ok(Exit::CouldNotJudge);
            };
            out.write_all(rule.docs.as_bytes())?;
        }
        RulesCommand::Types { prefix } => {
            let catalog = match catalog::Catalog::whole() {
                Ok(catalog) => catalog,
                Err(error) => {
                    writeln!(streams.err, "error: the catalogue is broken: {error}")?;
                    return Ok(Exit::CouldNotJudge);
                }
            };
            let prefix = prefix.unwrap_or_default();
            for row in catalog
                .types()
                .into_iter()
                .filter(|row| row.name.starts_with(&prefix))
            {
                let grade = row
                    .destroy
                    .severity()
                    .map_or("none", crate::finding::Severity::word);
                let guess = if row.guess { " (a guess)" } else { "" };
                writeln!(
                    out,
                    "{:<50} {:<9} {:<13} {}{guess}",
                    row.name,
                    grade,
                    row.category.word(),
                    row.loss
                )?;
            }
        }
    }
    Ok(Exit::Through)
}
