//! `applygate apply`: judges a plan, asks, and runs Terraform on exactly the bytes that were judged.
//!
//! One way: words and environment → bytes → report → question → record → private copy → Terraform → what it left behind.

mod aftermath;
mod flags;
mod place;
mod private_copy;
mod question;
mod record;
mod terraform;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use private_copy::{Copy, Private, Told};
use question::{Answer, Question, ask};
use record::{Asked, Decision, Log};
use terraform::Doing;

use crate::cli::environment::{Environment, RUNNING};
use crate::cli::{ApplyArgs, PrivateCopy, Yes};
use crate::commands::inputs::{Job, io_words};
use crate::commands::program::{self, Named, Unanswered, is_encrypted};
use crate::commands::reports::Reports;
use crate::commands::wrong_file;
use crate::judge;
use crate::os;
use crate::os::digest;
use crate::os::{Event, Signals, Terminal};
use crate::plan::saved::is_saved;
use crate::plan::{Document, Plan, Plans, Pulled, Writer};
use crate::policy::settings::Settings;
use crate::report::{PlanReport, Report, allowances};
use crate::state::{Identity, Lying, Where, directory, selected_workspace};
use crate::ui::escape::line;
use crate::ui::exit::Exit;
use crate::ui::problem::Problem;
use crate::ui::progress::Progress;
use crate::ui::refusal::{Refusal, Why};
use crate::ui::streams::Streams;
use crate::verdict::Verdict;

/// How far a run got before it ended.
enum Stop {
    /// Nothing was run, since something is wrong.
    Wrong(Problem),
    /// Nothing was run, and that was said.
    Ended(Exit),
    /// Those of the streams.
    Io(io::Error),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Wrong(problem)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Unanswered> for Stop {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::Interrupted => {
                Self::Wrong(Problem::bare("interrupted").ends(Exit::Blocked))
            }
            Unanswered::Wrong(problem) => Self::Wrong(problem),
        }
    }
}

/// An encrypted plan, shown by the program that can read it.
struct Seen {
    program: PathBuf,
    /// The copy that was shown, and that is applied.
    copy: Copy,
    /// What the program says of it.
    json: Vec<u8>,
}

/// For the report of an encrypted plan.
const BY_SHOW: &str =
    "the plan is encrypted: tofu show -json and tofu state pull were used to read it";

/// Runs the command.
///
/// # Errors
/// Those of the streams, before anything was run.
pub(crate) fn apply(
    args: &ApplyArgs,
    environment: &Environment,
    streams: &mut Streams<'_>,
) -> Result<Exit, Problem> {
    let gate = Gate::new(args, environment).map_err(Stop::from);
    match gate.and_then(|gate| gate.go(streams)) {
        Ok(exit) | Err(Stop::Ended(exit)) => Ok(exit),
        Err(Stop::Io(error)) => Err(error.into()),
        Err(Stop::Wrong(problem)) => {
            streams.out.flush()?;
            streams.refuse(&problem)?;
            streams.tell("nothing was run")?;
            Ok(problem.exit())
        }
    }
}

/// What is known before a plan is read.
struct Gate<'a> {
    args: &'a ApplyArgs,
    settings: Arc<Settings>,
    /// Where Terraform runs, as it was named.
    dir: PathBuf,
    /// The same, absolute.
    directory: PathBuf,
    /// The program that the user named.
    program: Option<PathBuf>,
    log: Log,
    /// Variables of the environment that decide which state is written.
    shown: Vec<String>,
    /// The plan file that was named.
    given: Option<Bytes>,
    terminal: Option<Terminal>,
    signals: Signals,
    reports: Reports<'a>,
}

/// A plan to be judged.
struct Bytes {
    name: String,
    bytes: Vec<u8>,
    /// Whether it was made here, just now.
    made_here: bool,
}

impl<'a> Gate<'a> {
    fn new(args: &'a ApplyArgs, environment: &'a Environment) -> Result<Self, Problem> {
        private_copy::sweep();
        flags::words(&args.args)?;
        let shown = flags::environment(std::env::vars_os(), args.plan.is_some())?;
        let dir = args.chdir.clone().unwrap_or_else(|| PathBuf::from("."));
        if !dir.is_dir() {
            return Err(Problem::new(
                format!("-chdir: {} is not a directory", dir.display()),
                "name the directory of the configuration",
            ));
        }
        let directory = dir.canonicalize().unwrap_or_else(|_| dir.clone());
        if environment
            .running
            .as_ref()
            .is_some_and(|running| Path::new(running) == directory)
        {
            return Err(Problem::new(
                "terraform is a wrapper here that calls applygate again",
                "name the real one: --terraform /usr/local/bin/terraform, or APPLYGATE_TERRAFORM in the environment",
            ));
        }
        let plan = args.plan.iter();
        let inputs: Vec<PathBuf> = plan
            .flat_map(|plan| [plan.clone(), dir.join(plan)])
            .collect();
        let reports = Reports::beside(&args.reports, args.verbose, &inputs, environment)?;
        let log = args
            .log
            .clone()
            .or_else(|| environment.log.as_ref().map(PathBuf::from));
        let log = Log::open(log.as_deref()).map_err(|error| {
            let file = log.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
            Problem::new(
                format!("the log {} cannot be written: {}", file, log_words(&error)),
                "name a file that you can append to, in an existing directory; or run without --log and APPLYGATE_LOG",
            )
        })?;
        // What lies in the directory that Terraform writes to always counts.
        let mut settings = Settings::resolve(&args.judge, Where::Dir(dir.clone()), environment)?;
        settings.said.break_freeze.clone_from(&args.break_freeze);
        let settings = Arc::new(settings);
        let program = args
            .terraform
            .clone()
            .or_else(|| environment.terraform.as_ref().map(PathBuf::from));
        let given = args
            .plan
            .as_deref()
            .map(|path| read(&dir, path))
            .transpose()?;
        // Only now: until here there is nothing to protect, and reading from a pipe that nobody writes to has to end with Ctrl-C.
        let signals = Signals::take().map_err(|error| {
            Problem::new(
                format!("signals cannot be handled: {error}"),
                "applygate check works here",
            )
        })?;
        Ok(Self {
            args,
            settings,
            dir,
            directory,
            program,
            log,
            shown,
            given,
            terminal: Terminal::open(),
            signals,
            reports,
        })
    }

    fn go(mut self, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
        let made = match self.given.take() {
            Some(given) => given,
            None => {
                let terraform = self.terraform(Writer::Unknown)?;
                self.make(&terraform, streams)?
            }
        };
        let (seen, pulled) = if is_encrypted(&made.bytes) {
            let (seen, pulled) = self.seen(&made)?;
            (Some(seen), Some(Box::new(pulled)))
        } else {
            (None, None)
        };
        let (terraform, applyable, plan) = {
            let name = line(&made.name);
            let _progress = Progress::start(format!("judging {name}"), streams.err_width);
            let refused = |refusal: Refusal| refusal.about(&made.name);
            let bytes = seen.as_ref().map_or(&made.bytes, |seen| &seen.json);
            let document = Document::open(bytes).map_err(refused)?;
            let mut found = document.plans().map_err(refused)?;
            if let (Some(_), Some(plan)) = (&seen, found.plans.first_mut()) {
                found.notes.push(BY_SHOW);
                plan.pulled = pulled;
                plan.writer = Writer::OpenTofu;
            }
            let saved = found.plans.first().and_then(|plan| plan.saved.as_deref());
            if let (Some(saved), Some(path)) = (saved, &self.args.plan) {
                place::right_directory(saved.config, &self.dir, path)?;
            }
            let ephemeral = found.plans.first().map(Plan::ephemeral_variables);
            let ephemeral = ephemeral.unwrap_or_default();
            let variables = flags::variables(std::env::vars_os(), &ephemeral, !made.made_here)?;
            self.shown.extend(variables);
            if !made.made_here {
                self.shown
                    .extend(flags::files_of_values(&self.dir, &ephemeral));
            }
            let terraform = match &seen {
                Some(seen) => seen.program.clone(),
                None => self.terraform(
                    found
                        .plans
                        .first()
                        .map_or(Writer::Unknown, |plan| plan.writer),
                )?,
            };
            let applyable = saved.and_then(|saved| saved.applyable);
            let plan = self.judge(&made, &found)?;
            (terraform, applyable, plan)
        };
        streams.tofu = match program::kind(&terraform) {
            Writer::Unknown => plan.summary.writer == Writer::OpenTofu,
            known => known == Writer::OpenTofu,
        };
        if let Some(identity) = plan
            .identity
            .as_ref()
            .filter(|_| !made.made_here && seen.is_none())
        {
            place::right_backend(identity, &self.dir)?;
        }
        self.may_break(&plan)?;
        let report = self.show(plan, &made.name, streams)?;
        let identity = report.identity.as_ref();
        self.right_workspace(identity)?;
        // As terraform apply without a file does: where there is nothing to do, nobody is asked. A file that was named is handed on with --yes, as Terraform does.
        let idle = applyable == Some(false) && (made.made_here || self.args.yes.is_none());
        if idle && report.decision.verdict == Verdict::Pass {
            streams.tell("nothing to apply; nothing was run")?;
            return Ok(Exit::Through);
        }

        let mut asked = self.ask(&report, &terraform, streams)?;
        // An answer takes its time, and somebody may have selected another one in the meantime.
        self.right_workspace(identity)?;
        let before = match identity.filter(|_| asked.run && seen.is_none()) {
            Some(identity) => self.state_before(&terraform, identity)?,
            None => None,
        };
        let refused = before
            .as_ref()
            .zip(identity)
            .and_then(|(before, identity)| aftermath::refused(identity, before));
        if let Some(why) = refused {
            asked.run = false;
            asked.because = why;
        }
        let decision = Decision {
            directory: &self.directory,
            plan: &report,
            terraform: &terraform,
            asked: &asked,
        };
        self.log.decision(&decision).map_err(|error| {
            Problem::new(
                format!("the log cannot be written: {}", error.kind()),
                "nothing runs without its log line",
            )
        })?;
        if !asked.run {
            // The terminal may be gone, which changes nothing of what was decided.
            let _ = streams.tell(&format!("{}; nothing was run", asked.because));
            return Ok(Exit::Blocked);
        }
        let copy = match seen {
            Some(seen) => self.unchanged(&seen, identity).map(|()| seen.copy),
            None => self.copy(&made.bytes).map_err(Stop::from),
        };
        let copy = copy.inspect_err(|_| {
            // The record says that it is run: what came of it belongs there too. If that cannot be written either, it ends all the same.
            let _ = self.log.result(&report, None);
        })?;
        self.apply(&terraform, &copy, &report, before.as_ref(), streams)
    }

    /// What Terraform reads in the end: the bytes of the plan where nobody else can change them.
    fn copy(&self, bytes: &[u8]) -> Result<Copy, Problem> {
        Copy::new(self.args.private_copy, bytes).map_err(|error| {
            let what = "the private copy of the plan cannot be made";
            if self.args.private_copy == Some(PrivateCopy::File) || cfg!(not(target_os = "linux")) {
                not_started(what, &error)
            } else if error.kind() == io::ErrorKind::PermissionDenied && error.get_ref().is_some() {
                // A file would be easier still to write to.
                Problem::new(
                    format!("{what} in memory: {}", private_copy::words(&error)),
                    "find out which one it is and stop it; then make a new plan",
                )
            } else {
                let why = private_copy::words(&error);
                Problem::new(format!("{what} in memory: {why}"), IN_A_FILE)
            }
        })
    }

    /// Has the program show an encrypted plan, from the very copy that it would apply, and say which state is there.
    fn seen(&mut self, made: &Bytes) -> Result<(Seen, Pulled), Stop> {
        let program = self.terraform(Writer::OpenTofu)?;
        let copy = self.copy(&made.bytes)?;
        let chdir = self.chdir();
        let json = program::show(&program, chdir.as_deref(), &copy.path(), &mut self.signals)?;
        copy.forget_reads().map_err(|error| {
            not_started("the private copy of the plan cannot be watched", &error)
        })?;
        let state = self.state(&program)?;
        let seen = Seen {
            program,
            copy,
            json,
        };
        Ok((seen, state))
    }

    fn state(&mut self, program: &Path) -> Result<Pulled, Stop> {
        let chdir = self.chdir();
        let signals = Some(&mut self.signals);
        Ok(program::state_of(
            program,
            &self.dir,
            chdir.as_deref(),
            signals,
        )?)
    }

    /// The state as it is right before it is changed: in a backend somebody may have changed it since the plan was made, which nothing here shows. `None`
    /// where that is not known: then the program itself says what it finds.
    fn state_before(&mut self, program: &Path, identity: &Identity) -> Result<Option<Lying>, Stop> {
        match identity.place.kind.as_str() {
            "local" => Ok(directory::lying(&self.dir, identity)),
            // There a plan is only a bookmark of a run.
            "remote" | "cloud" => Ok(None),
            _ => {
                let chdir = self.chdir();
                let state = program::pull(program, chdir.as_deref(), &mut self.signals)?;
                Ok(state.map(|state| Lying {
                    objects: state.objects.len(),
                    lineage: state.lineage,
                    serial: state.serial,
                }))
            }
        }
    }

    /// Asks once more, since an answer takes its time: a plan that does not say which state it is for is applied to the one that is there.
    fn unchanged(&mut self, seen: &Seen, before: Option<&Identity>) -> Result<(), Stop> {
        let now = self.state(&seen.program)?;
        let same = before.is_some_and(|before| {
            before.lineage == now.state.lineage
                && before.serial == now.state.serial
                && before.workspace == now.workspace
        });
        if same {
            return Ok(());
        }
        Err(Stop::Wrong(
            Problem::new(
                "the state has changed since it was compared: the plan is out of date",
                "make a new plan: tofu plan -out tfplan",
            )
            .ends(Exit::Blocked),
        ))
    }

    /// Has Terraform make a plan where nobody else can change it.
    fn make(&mut self, terraform: &Path, streams: &mut Streams<'_>) -> Result<Bytes, Stop> {
        let private = Private::new().map_err(|error| {
            not_started("a private directory for the plan cannot be made", &error)
        })?;
        let mut command = Command::new(terraform);
        let mut out = OsString::from("-out=");
        out.push(private.plan());
        command
            .args(self.chdir())
            .arg("plan")
            .arg(out)
            .args(&self.args.args)
            .env(RUNNING, &self.directory);
        if self.terminal.is_none() {
            command.arg("-input=false");
        }
        let what = format!("{} plan", program::name(terraform));
        streams.tofu = program::kind(terraform) == Writer::OpenTofu;
        // Else it says how to apply the file past the gate.
        command.env("TF_IN_AUTOMATION", "1");
        let run = terraform::run(
            &mut command,
            Doing::Plan,
            self.in_front(),
            &mut self.signals,
            streams,
        )
        .map_err(|error| not_started(&format!("{what} does not start"), &error))?;
        if run.stopped {
            streams.tell("interrupted; nothing was run")?;
            return Err(Stop::Ended(Exit::Blocked));
        }
        if !run.ended.well() {
            return Err(Problem::new(
                format!("{what} {}", run.ended.words()),
                "its message is above",
            )
            .into());
        }
        let bytes = private
            .read()
            .map_err(|refusal| refusal.about("the new plan"))?;
        Ok(Bytes {
            name: "(the plan made just now)".to_owned(),
            bytes,
            made_here: true,
        })
    }

    /// The program, as an absolute path: named by the user, or found on the PATH.
    fn terraform(&self, writer: Writer) -> Result<PathBuf, Problem> {
        let by = if self.args.terraform.is_some() {
            Named::Flag
        } else {
            Named::Variable
        };
        program::locate(self.program.as_deref().map(|path| (path, by)), writer)
    }

    /// Judges the one plan of a file.
    fn judge(&self, made: &Bytes, found: &Plans<'_>) -> Result<PlanReport, Problem> {
        let named = self
            .args
            .plan
            .as_ref()
            .filter(|plan| plan.as_os_str() != "-");
        let file = named.map(|plan| self.dir.join(plan));
        let mut plans = judge::judge(found, (&made.name, file.as_deref()), |_| {
            Ok::<_, Problem>(Arc::clone(&self.settings))
        })?;
        if self.reports.list() {
            judge::list_changes(found, &mut plans);
        }
        let (Some(mut plan), true) = (plans.pop(), plans.is_empty()) else {
            return Err(Problem::new(
                format!("{} is not one plan", made.name),
                "terraform plan -out tfplan",
            ));
        };
        plan.summary.sha256 = digest::sha256(&made.bytes);
        Ok(plan)
    }

    /// Shows the report. Goes on only with a plan that was judged as a whole, and whose report was written.
    fn show(
        &self,
        plan: PlanReport,
        name: &str,
        streams: &mut Streams<'_>,
    ) -> Result<PlanReport, Stop> {
        let mut report = Report {
            plans: vec![plan],
            ..Report::default()
        };
        self.reports.show(&report, streams)?;
        for shown in &self.shown {
            writeln!(streams.out, "{:<10}{shown}", "set")?;
        }
        streams.out.flush()?;
        if streams.closed.get() {
            return Err(Problem::new(
                "the report cannot be written: standard output is closed",
                "keep standard output open, so that the report is seen before the apply",
            )
            .into());
        }
        self.reports.save(&report)?;
        let used = allowances(&report.plans);
        let mut said = self.settings.said.allow.iter().enumerate();
        if let Some((_, unused)) = said.find(|(at, _)| !used.contains(at)) {
            return Err(Problem::new(
                format!("--allow {} matches no finding", unused),
                "copy rule and address from the report",
            )
            .into());
        }
        let Some(plan) = report.plans.pop() else {
            return Err(Stop::Ended(Exit::CouldNotJudge));
        };
        match &plan.decision.refusal {
            None => Ok(plan),
            Some(refusal) => {
                let blocked = plan.decision.verdict == Verdict::Block;
                let problem = refusal.about(name);
                Err(Stop::Wrong(if blocked {
                    problem.ends(Exit::Blocked)
                } else {
                    problem
                }))
            }
        }
    }

    /// A freeze is broken only where somebody sees it, or where it leaves a trace; and only one that there is, so that nobody makes it a habit.
    fn may_break(&self, plan: &PlanReport) -> Result<(), Problem> {
        if self.args.break_freeze.is_none() {
            return Ok(());
        }
        if plan.decision.closed.is_none() {
            return Err(Problem::new(
                "--break-freeze: no freeze or window is closed now",
                "remove it",
            ));
        }
        if self.terminal.is_none() && !self.log.is_kept() {
            return Err(Problem::new(
                "--break-freeze needs a terminal or a log, so that it leaves a trace",
                "run it in a terminal, or name a log: --log FILE",
            ));
        }
        Ok(())
    }

    /// Terraform before 1.15 does not look whether a plan is for the workspace that is selected (docs/plan-format.md).
    fn right_workspace(&self, identity: Option<&Identity>) -> Result<(), Problem> {
        let Some(identity) = identity else {
            return Ok(());
        };
        let selected = selected_workspace(&self.dir);
        // There the name is that of a workspace in the service, in more than one way.
        if matches!(identity.place.kind.as_str(), "remote" | "cloud")
            || selected == identity.workspace
        {
            return Ok(());
        }
        Err(Problem::new(
            format!(
                "the plan is for workspace {}, but {} is selected here",
                identity.workspace, selected
            ),
            format!(
                "if the plan is right: terraform workspace select {}",
                identity.workspace
            ),
        ))
    }

    /// Gets the answer: from a person at the terminal, or from the flags where nobody is to be asked.
    fn ask(
        &mut self,
        plan: &PlanReport,
        terraform: &Path,
        streams: &mut Streams<'_>,
    ) -> Result<Asked, Stop> {
        let verdict = plan.decision.verdict;
        let not_asked = |run: bool, because: &str| Asked {
            question: None,
            answered: false,
            run,
            because: because.to_owned(),
        };
        if let Some(closed) = plan
            .decision
            .closed
            .as_ref()
            .filter(|closed| closed.broken.is_none())
        {
            return Ok(not_asked(
                false,
                &line(&format!(
                    "{}; {}. In an emergency: --break-freeze REASON",
                    closed.reason,
                    closed.next()
                )),
            ));
        }
        if self.args.yes.is_some() && unread(plan) {
            return Ok(not_asked(
                false,
                "the plan lists unknown work, and --yes does not cover that: use --allow work-unknown@*, or run without --yes in a terminal and confirm",
            ));
        }
        if let Some(yes) = self.args.yes {
            return Ok(match (verdict, yes) {
                (Verdict::Pass, _) => not_asked(true, "--yes"),
                (Verdict::Warn, Yes::Warn) => not_asked(true, "--yes=warn"),
                (Verdict::Warn, Yes::Pass) => not_asked(
                    false,
                    "the plan has warnings: use --yes=warn, or run without --yes in a terminal and answer",
                ),
                (Verdict::Block, _) => not_asked(
                    false,
                    "the plan is blocked, and --yes does not override that: run without --yes in a terminal and confirm, or allow the finding: --allow RULE@ADDRESS",
                ),
            });
        }
        let Some(terminal) = &mut self.terminal else {
            let because = match verdict {
                Verdict::Pass => {
                    "there is no terminal, so nobody can be asked: --yes applies a plan if nothing dangerous is found"
                }
                Verdict::Warn => {
                    "there is no terminal, so nobody can be asked: --yes=warn also applies a plan with warnings"
                }
                Verdict::Block => {
                    "the plan is blocked, and there is no terminal to confirm it: allow the finding with --allow RULE@ADDRESS"
                }
            };
            return Ok(not_asked(false, because));
        };
        let question = Question::of(plan);
        let text = question.text(plan, terraform, streams.width);
        let answer = ask(&question, &text, terminal, &mut self.signals).map_err(|error| {
            Problem::new(
                format!("the terminal cannot be used: {}", error.kind()),
                "without a terminal, --yes applies a plan if nothing is found",
            )
        })?;
        streams.out.flush()?;
        // What came while the answer was typed counts too.
        let interrupted = self.stopped()? || answer == Answer::Interrupted;
        let because = match (answer, interrupted) {
            (_, true) => "interrupted",
            (Answer::Yes, false) => "answered",
            (Answer::Wrong, false) => "three wrong answers",
            _ => "declined",
        };
        let yes = answer == Answer::Yes && !interrupted;
        Ok(Asked {
            question: Some(question.word()),
            answered: answer == Answer::Yes,
            run: yes,
            because: because.to_owned(),
        })
    }

    /// The directory as Terraform takes it. Started there instead, it would take `path.cwd` and a relative `TF_CLI_CONFIG_FILE` for others than the plan did.
    fn chdir(&self) -> Option<OsString> {
        let mut word = OsString::from("-chdir=");
        word.push(self.args.chdir.as_ref()?);
        Some(word)
    }

    /// Whether a person is in front of this: what the terminal sends reaches Terraform as well.
    fn in_front(&self) -> bool {
        self.terminal.as_ref().is_some_and(Terminal::is_in_front)
    }

    /// Whether a stop was asked for since this was last asked.
    fn stopped(&mut self) -> io::Result<bool> {
        let mut stopped = false;
        while let Some(event) = self.signals.pending()? {
            stopped = stopped || event != Event::Child;
        }
        Ok(stopped)
    }

    /// Runs Terraform. From here on an error is no reason to end before it does.
    fn apply(
        mut self,
        terraform: &Path,
        copy: &Copy,
        plan: &PlanReport,
        before: Option<&Lying>,
        streams: &mut Streams<'_>,
    ) -> Result<Exit, Stop> {
        let identity = plan.identity.as_ref();
        let mut command = if self.in_front() {
            os::shielded(terraform)
        } else {
            Command::new(terraform)
        };
        command
            .args(self.chdir())
            .arg("apply")
            .args(&self.args.args)
            .env(RUNNING, &self.directory);
        if self.terminal.is_none() {
            command.arg("-input=false");
        }
        command.arg(copy.path());
        // The last moment in which a no is still a no.
        if self.stopped()? {
            let _ = self.log.result(plan, None);
            let _ = streams.tell("interrupted; nothing was run");
            return Ok(Exit::Blocked);
        }
        let run = terraform::run(
            &mut command,
            Doing::Apply,
            self.in_front(),
            &mut self.signals,
            streams,
        );
        let name = program::name(terraform);
        let name = line(&name);
        let ended = run.as_ref().ok().map(|run| run.ended);
        let unrecorded = self.log.result(plan, ended).err();
        let mut told = Vec::new();
        if let Some(error) = unrecorded {
            told.push(format!(
                "the end of this run could not be logged: {}",
                error.kind()
            ));
        }
        let exit = match run {
            Err(error) => {
                told.push(format!(
                    "{} does not start: {}; nothing was run",
                    line(&terraform.display().to_string()),
                    error.kind()
                ));
                Exit::CouldNotJudge
            }
            Ok(run) if !run.ended.well() && copy.told() == Told::Unread => {
                told.push(format!("{name} {}", run.ended.words()));
                told.push(format!(
                    "it did not read the plan ({}), so it applied nothing of it; if it says above that it cannot open the plan, {IN_A_FILE}",
                    copy.path().display()
                ));
                Exit::CouldNotJudge
            }
            Ok(run) => {
                let copied = copy.told();
                let chdir = self.chdir();
                let state = program::pull(terraform, chdir.as_deref(), &mut self.signals);
                let state = state.ok().flatten();
                let exit = if run.ended.well() && copied == Told::Same {
                    told.extend(aftermath::went_well(&self.dir, identity, state.as_ref()));
                    Exit::Through
                } else {
                    told.extend(aftermath::went_badly(
                        &self.dir,
                        identity,
                        before,
                        state.as_ref(),
                    ));
                    told.push(format!("{name} {}", run.ended.words()));
                    Exit::NotApplied
                };
                if copied == Told::Unread {
                    told.push(format!(
                        "{name} ended well but did not read the plan ({}): what it did was not judged",
                        copy.path().display()
                    ));
                    Exit::NotApplied
                } else if copied == Told::Swapped {
                    // First what matters most.
                    told.insert(0, format!(
                        "the private copy of the plan was changed while Terraform ran: what was applied may not be what was judged. Compare Terraform's output with the report, and find out who can write to {}",
                        line(&copy.path().display().to_string())
                    ));
                    Exit::NotApplied
                } else {
                    exit
                }
            }
        };
        for text in told {
            // The apply is over: a message that cannot be written changes nothing of how it ended.
            let _ = streams.tell(&text);
        }
        Ok(exit)
    }
}

/// Reads a plan file, once.
fn read(dir: &Path, path: &Path) -> Result<Bytes, Problem> {
    // As Terraform does: with -chdir a relative path is one in that directory.
    let (name, job) = if path.as_os_str() == "-" {
        ("-".to_owned(), Job::Stdin)
    } else {
        (path.display().to_string(), Job::File(dir.join(path)))
    };
    let bytes = job
        .read()
        .map_err(|refusal| match (refusal.why, name.as_str()) {
            (Why::Missing, "pass" | "warn") => Problem::new(
                format!("there is no plan {name}: the value of --yes is written with ="),
                format!("--yes={name}"),
            ),
            (Why::Missing | Why::Mistaken(_), _) => {
                let help = refusal
                    .why
                    .help()
                    .replace("applygate check", "applygate apply");
                Problem::new(refusal.to_string(), help).about(&name)
            }
            _ => refusal.about(&name),
        })?;
    if bytes.is_empty() {
        return Err(Refusal::new(Why::Empty).about(&name));
    }
    if !is_saved(&bytes) && !is_encrypted(&bytes) {
        return Err(not_saved(&bytes, &name, job.path()));
    }
    Ok(Bytes {
        name,
        bytes,
        made_here: false,
    })
}

/// What a file is that Terraform does not apply.
fn not_saved(bytes: &[u8], name: &str, path: Option<&Path>) -> Problem {
    const HELP: &str = "terraform plan -out tfplan && applygate apply tfplan";
    let refusal = match Document::open(bytes).and_then(|document| document.plans().map(drop)) {
        Ok(()) => {
            return Problem::new(
                format!(
                    "{name} is JSON: Terraform can only apply the file that terraform plan -out writes"
                ),
                HELP,
            );
        }
        Err(refusal) => wrong_file::named(refusal, bytes, path),
    };
    match refusal.why {
        Why::Bookmark => Problem::new(
            format!(
                "{name} is only a bookmark of a run in HCP Terraform: the plan is stored and applied there"
            ),
            "check it here, then apply it with Terraform: terraform show -json tfplan > plan.json && applygate check plan.json && terraform apply tfplan",
        ),
        Why::Mistaken(_) | Why::StateShown | Why::RawState | Why::Stream => {
            let help = refusal.why.help();
            let help = help.replace("applygate check", "applygate apply");
            Problem::new(refusal.to_string(), help).about(name)
        }
        _ => Problem::new(
            format!("{name} is not a saved plan file, and Terraform can apply nothing else"),
            HELP,
        ),
    }
}

/// Why a log cannot be opened: our own words, or the system's.
fn log_words(error: &io::Error) -> String {
    if error.get_ref().is_some() {
        private_copy::words(error)
    } else {
        io_words(error)
    }
}

/// What to type where Terraform cannot open the memory of this process.
const IN_A_FILE: &str = "use a copy that Terraform can open: --private-copy=file";

/// Whether the plan lists work that nobody read, and that nobody has allowed.
fn unread(plan: &PlanReport) -> bool {
    plan.decision
        .findings
        .iter()
        .any(|weighed| weighed.counts() && weighed.finding.rule == crate::rules::UNREAD)
}

fn not_started(what: &str, error: &io::Error) -> Problem {
    Problem::new(
        format!("{what}: {}", private_copy::words(error)),
        "set TMPDIR to a directory that only you can write to",
    )
}
