//! What a user can type. No behaviour: only words and their meaning.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

pub(crate) mod environment;
mod hints;
pub(crate) mod reports;

use crate::address::Pattern;
use crate::finding::Severity;
use crate::verdict::Allowance;

/// The last gate before terraform apply: says what a plan would destroy for good, and stops it.
#[derive(Debug, Parser)]
#[command(
    name = "applygate",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Start with: terraform plan -out tfplan && applygate check tfplan\nThrough a pipe: terraform show -json tfplan | applygate check -"
)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Colours.
    #[command(flatten)]
    pub colors: ColorArgs,
}

/// What every command has stands last in its help.
const LAST: usize = 1000;

/// Words about colours: the last one counts.
#[derive(Debug, Clone, Copy, Args, Default)]
pub struct ColorArgs {
    /// Colours: auto (at a terminal, unless NO_COLOR or FORCE_COLOR is set), always or never
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        hide_possible_values = true,
        ignore_case = true,
        overrides_with = "no_color",
        display_order = LAST
    )]
    pub(crate) color: Option<Color>,
    /// The same as --color never
    #[arg(long, global = true, overrides_with = "color", display_order = LAST)]
    pub(crate) no_color: bool,
}

/// When there are colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// At a terminal
    #[default]
    Auto,
    /// In a file and a pipe as well
    Always,
    /// Nowhere
    Never,
}

impl ColorArgs {
    /// When there are colours.
    #[must_use]
    pub fn when(self) -> Color {
        if self.no_color {
            Color::Never
        } else {
            self.color.unwrap_or_default()
        }
    }

    /// What is said of them in a command line that has a mistake: the message about it keeps to it.
    #[must_use]
    pub fn of_words(args: &[OsString]) -> Self {
        let color = |text: &str| Color::from_str(text, false).ok();
        let mut said = Self::default();
        let mut words = args.iter().map(|arg| arg.to_str().unwrap_or_default());
        while let Some(word) = words.next().filter(|word| *word != "--") {
            if word == "--no-color" {
                said.no_color = true;
            } else if let Some(when) = match word.strip_prefix("--color") {
                Some("") => words.next().and_then(color),
                Some(rest) => rest.strip_prefix('=').and_then(color),
                None => None,
            } {
                said = Self {
                    color: Some(when),
                    no_color: false,
                };
            }
        }
        said
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check plans and print a report
    #[command(
        after_help = "Exit codes: 0 let through, 1 blocked, 2 could not judge.\n\nMake a plan with: terraform plan -out tfplan"
    )]
    Check(CheckArgs),
    /// Report what a change to the .tf files removes, before there is a plan
    #[command(
        after_help = "Exit codes: 0 let through, 1 blocked, 2 could not judge.\n\n\
                      Without --from: HEAD against what is staged, as git commit takes it, and no finding above medium. In CI: applygate source --from origin/main",
        mut_arg("allow", |arg| arg.help("Allow one finding: it stays in the report (repeatable; RULE@* for a finding without a resource)")),
        mut_arg("config", |arg| arg.help("The policy file (default: the nearest applygate.toml to each module, up to the root of the repository) [env: APPLYGATE_CONFIG]")),
        mut_arg("policy_from", |arg| arg.help("Read the policy from this revision, so that a change cannot weaken its own gate (such as refs/remotes/origin/main) [env: APPLYGATE_POLICY_FROM]")),
        mut_arg("env", |arg| arg.help("The environment of the policy (default: the one that fits the directory) [env: APPLYGATE_ENV]"))
    )]
    Source(SourceArgs),
    /// Check a saved plan, ask, and let Terraform apply exactly that plan
    #[command(
        after_help = "Exit codes: 0 applied, 1 blocked or declined, 2 could not judge or start (with 1 and 2 nothing was run), 3 Terraform ran and did not succeed.\n\n\
                      Instead of terraform apply: terraform plan -out tfplan && applygate apply tfplan"
    )]
    Apply(ApplyArgs),
    /// Write a commented applygate.toml for a directory
    Init(InitArgs),
    /// Record in applygate.pin.toml which state this directory is for
    Pin(PinArgs),
    /// Check or show the policy, applygate.toml
    Config(ConfigArgs),
    /// Show the rules and the known resource types
    Rules(RulesArgs),
    /// Hooks for pre-commit: check an existing plan, keep states and plans out of Git
    PreCommit(PreCommitArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "bash: applygate completions bash > ~/.local/share/bash-completion/completions/applygate\n\
                      zsh:  applygate completions zsh > ~/.zfunc/_applygate (with fpath+=~/.zfunc before compinit in ~/.zshrc)\n\
                      fish: applygate completions fish > ~/.config/fish/completions/applygate.fish"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print a manual page, or write all of them to a directory
    #[command(after_help = "Install all of them: applygate man --dir ~/.local/share/man/man1")]
    Man(ManArgs),
}

/// Words of `applygate man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The command, such as check or rules explain (default: applygate itself)
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// Write every page to this directory, such as ~/.local/share/man/man1
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) dir: Option<PathBuf>,
}

/// Words of `applygate pre-commit`.
#[derive(Debug, Args)]
pub(crate) struct PreCommitArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) what: PreCommitCommand,
}

/// What `applygate pre-commit` does.
#[derive(Debug, Subcommand)]
pub(crate) enum PreCommitCommand {
    /// Check an existing plan (default: tfplan); a push without a plan is not stopped
    #[command(after_help = "Exit codes: 0 let through or no plan, 1 blocked, 2 could not judge.")]
    Plan(Box<PreCommitPlanArgs>),
    /// Refuse commits of states, saved plans and plan JSON
    #[command(after_help = "Exit codes: 0 none of them, 1 refused, 2 could not be read.")]
    Files {
        /// The files to be committed
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// Words of `applygate pre-commit plan`.
#[derive(Debug, Args)]
pub(crate) struct PreCommitPlanArgs {
    /// Fail when there is no plan
    #[arg(long)]
    pub(crate) require_plan: bool,
    /// As for `check`.
    #[command(flatten)]
    pub(crate) check: CheckArgs,
}

/// Words of `applygate check`.
#[derive(Debug, Args, Default)]
pub(crate) struct CheckArgs {
    /// Saved plans (terraform plan -out), plan JSON (terraform show -json), directories of them, or - for standard input
    #[arg(value_name = "PLAN")]
    pub(crate) plans: Vec<PathBuf>,
    /// Which reports are written.
    #[command(flatten)]
    pub(crate) reports: reports::ReportArgs,
    /// Print only the reports that --format asks for
    #[arg(long, short, overrides_with = "quiet")]
    pub(crate) quiet: bool,
    /// How plans are judged.
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    /// The time for waivers, windows and freezes, such as 2026-12-01T12:00:00Z: for tests
    #[arg(long, value_parser = time, value_name = "TIME", hide_short_help = true)]
    pub(crate) now: Option<Timestamp>,
    /// Where the plans are from.
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Refuse a plan file that is older than a configuration file below this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) newer_than: Option<PathBuf>,
    /// Report destroys that the change since this revision does not explain: a saved plan is compared with the sources of that revision
    #[arg(long, value_name = "REV")]
    pub(crate) explain_from: Option<String>,
    /// Report waivers that match nothing in these plans
    #[arg(long)]
    pub(crate) unused_waivers: bool,
    /// Show every finding in full
    #[arg(long, short, overrides_with = "verbose")]
    pub(crate) verbose: bool,
    /// Exit with 0 even when a plan is blocked (but with 2 when it could not be judged)
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

/// Words of `applygate source`.
#[derive(Debug, Args, Default)]
pub(crate) struct SourceArgs {
    /// Only changes below these directories (default: the whole repository)
    #[arg(value_name = "DIR")]
    pub(crate) dirs: Vec<PathBuf>,
    /// The start of the change: the merge base of this revision and the other side (default: HEAD)
    #[arg(long, value_name = "REV")]
    pub(crate) from: Option<String>,
    /// The end of the change: a revision, index (what is staged, the default) or worktree (what is on disk); with --from the default is HEAD; a revision alone is compared with its first parent
    #[arg(long, value_name = "REV")]
    pub(crate) to: Option<String>,
    /// Grade staged changes as in a pull request, so that the commit can be stopped
    #[arg(long)]
    pub(crate) strict: bool,
    /// Which reports are written.
    #[command(flatten)]
    pub(crate) reports: reports::ReportArgs,
    /// Print only the reports that --format asks for
    #[arg(long, short, overrides_with = "quiet")]
    pub(crate) quiet: bool,
    /// By which policy it is judged.
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// The time for waivers, windows and freezes, such as 2026-12-01T12:00:00Z: for tests
    #[arg(long, value_parser = time, value_name = "TIME", hide_short_help = true)]
    pub(crate) now: Option<Timestamp>,
    /// Show every finding in full
    #[arg(long, short, overrides_with = "verbose")]
    pub(crate) verbose: bool,
    /// Exit with 0 even when it is blocked (but with 2 when it could not be judged)
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

impl SourceArgs {
    /// Those that say how it is judged.
    pub(crate) fn judge(&self) -> JudgeArgs {
        JudgeArgs {
            policy: self.policy.clone(),
            ..JudgeArgs::default()
        }
    }
}

/// Words of `applygate apply`.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// A saved plan file (terraform plan -out tfplan); without it, Terraform makes a plan first
    #[arg(value_name = "PLAN")]
    pub(crate) plan: Option<PathBuf>,
    /// Do not ask: apply if nothing dangerous is found (=warn: also if there are warnings), else refuse
    #[arg(long, value_enum, value_name = "UP TO", num_args = 0..=1, require_equals = true, default_missing_value = "pass")]
    pub(crate) yes: Option<Yes>,
    /// The program to run (default: APPLYGATE_TERRAFORM, else terraform, then tofu on the PATH)
    #[arg(long, value_name = "PATH")]
    pub(crate) terraform: Option<PathBuf>,
    /// Directory of the configuration, as Terraform's -chdir (which works too)
    #[arg(long, value_name = "DIR")]
    pub(crate) chdir: Option<PathBuf>,
    /// Write a line to this file before Terraform runs, and one after; if that fails, nothing runs (default: APPLYGATE_LOG)
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Emergency: apply outside the windows or in a freeze. Needs a terminal or a log; REASON is in the report and the log
    #[arg(long, value_name = "REASON", value_parser = reason)]
    pub(crate) break_freeze: Option<String>,
    /// Where Terraform reads the plan from: memory (the default on Linux), or a file in a directory that only you can write to (for Terraform in a container or without /proc)
    #[arg(long, value_enum, value_name = "WHERE", require_equals = true)]
    pub(crate) private_copy: Option<PrivateCopy>,
    /// Which reports are written, beside the one that is shown.
    #[command(flatten)]
    pub(crate) reports: reports::ReportArgs,
    /// How the plan is judged.
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    /// Show every finding in full
    #[arg(long, short, overrides_with = "verbose")]
    pub(crate) verbose: bool,
    /// Passed to terraform apply: -parallelism=N, -lock-timeout=DURATION, -no-color, -compact-warnings, -json, -input=false
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) args: Vec<OsString>,
}

/// Where the copy of the plan is kept that Terraform reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrivateCopy {
    /// In memory, sealed: nobody can change it.
    Memory,
    /// In a file.
    File,
}

/// What is let through without a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Yes {
    /// Apply only if nothing was found.
    Pass,
    /// Apply also if there are only warnings.
    Warn,
}

/// The words of `apply` as they are typed for Terraform: its flags have one dash and stand where they like. They go behind the `--`, where the gate looks at
/// them; `-chdir=DIR`, which may stand before the command, becomes a flag of `apply`.
#[must_use]
pub(crate) fn spelled(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let args: Vec<OsString> = args.into_iter().collect();
    let dir = |arg: &OsString| {
        arg.to_str()
            .and_then(|arg| arg.strip_prefix("-chdir="))
            .map(|dir| OsString::from(format!("--chdir={dir}")))
    };
    let Some(apply) = args.iter().position(|arg| arg == "apply") else {
        return args;
    };
    let mut before = args.iter().take(apply).skip(1);
    while let Some(arg) = before.next() {
        // Its value is the next word.
        let color = arg == "--color" && before.next().is_some();
        let colors = arg
            .to_str()
            .is_some_and(|arg| arg == "--no-color" || arg.starts_with("--color="));
        if !(color || colors || dir(arg).is_some()) {
            return args;
        }
    }
    let valued = valued();
    let is_valued = |arg: &OsString| {
        arg.to_str()
            .and_then(|arg| arg.strip_prefix("--"))
            .is_some_and(|name| valued.iter().any(|valued| valued == name))
    };
    let (mut ours, mut theirs, mut behind) = (
        vec![OsString::from("applygate"), OsString::from("apply")],
        Vec::new(),
        false,
    );
    for (_, arg) in args
        .into_iter()
        .enumerate()
        .filter(|(at, _)| *at != 0 && *at != apply)
    {
        if !behind && ours.last().is_some_and(is_valued) {
            // Taken away here, the word after it would become the value: a log that is written over the plan.
            ours.push(arg);
        } else if let Some(dir) = dir(&arg) {
            ours.push(dir);
        } else if arg == "--" && !behind {
            behind = true;
        } else if behind || arg.to_str().is_some_and(is_terraforms) {
            theirs.push(arg);
        } else {
            ours.push(arg);
        }
    }
    ours.push(OsString::from("--"));
    ours.extend(theirs);
    ours
}

/// Parses the words of a command line.
///
/// # Errors
/// What clap says, with our own hints, and when it is in colours.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, (clap::Error, Color)> {
    let args = spelled(helped(args.into_iter().collect()));
    Cli::try_parse_from(&args).map_err(|error| {
        (
            hints::hinted(error, &args),
            ColorArgs::of_words(&args).when(),
        )
    })
}

/// `--help check` asks for the help of `check`.
fn helped(mut args: Vec<OsString>) -> Vec<OsString> {
    let asks = |arg: &OsString| arg == "--help" || arg == "-h" || arg == "-help";
    let ours = |arg: &OsString| Cli::command().find_subcommand(arg).is_some();
    if args.get(1).is_some_and(asks) && args.get(2).is_some_and(ours) {
        args.swap(1, 2);
    }
    args
}

/// Flags of `apply` whose value is the next word.
fn valued() -> Vec<String> {
    let command = Cli::command();
    let flags = command
        .find_subcommand("apply")
        .into_iter()
        .chain([&command])
        .flat_map(clap::Command::get_arguments);
    flags
        .filter(|flag| flag.get_action().takes_values() && !flag.is_require_equals_set())
        .filter_map(|flag| flag.get_long().map(str::to_owned))
        .collect()
}

/// Whether a word is a flag as Terraform spells them: one dash and a name. Ours have two dashes, or one and a single letter.
fn is_terraforms(arg: &str) -> bool {
    let name = arg.strip_prefix('-').unwrap_or_default();
    name.len() > 1 && name.chars().take(2).all(|c| c.is_ascii_lowercase())
}

/// Words that say where a plan is from. An apply has no such words: it is from where it is run.
#[derive(Debug, Clone, Args, Default)]
pub(crate) struct PlaceArgs {
    /// Directory of the plan, with its pin, .terraform and sources (default: the plan file's directory, or this one, whichever the plan is from); for a directory of plans, a directory with the same subdirectories
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Read only the plan: no directory, no pin
    #[arg(long, conflicts_with = "dir")]
    pub(crate) no_dir: bool,
}

/// Words that say how plans are judged: the same for every command that judges. The time is none of them: an apply takes it from the clock alone, or a freeze
/// would end and a waiver last as anybody likes.
#[derive(Debug, Clone, Args, Default)]
pub(crate) struct JudgeArgs {
    /// By which policy they are judged.
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// This state should be empty: creating everything is intended
    #[arg(long)]
    pub(crate) first_apply: bool,
    /// Expect changes only at these addresses: others are findings (repeatable; such as aws_s3_bucket.logs or module.net.**)
    #[arg(long, value_parser = Pattern::parse, value_name = "PATTERN")]
    pub(crate) expect: Vec<Pattern>,
    /// The most objects that may be destroyed or replaced
    #[arg(long, value_name = "N", value_parser = number)]
    pub(crate) max_destroy: Option<usize>,
    /// The most objects that may change
    #[arg(long, value_name = "N", value_parser = number)]
    pub(crate) max_changes: Option<usize>,
}

/// Words that say by which policy something is judged: a plan, or a change to the sources.
#[derive(Debug, Clone, Args, Default)]
pub(crate) struct PolicyArgs {
    /// Block from this severity on [env: APPLYGATE_BLOCK_AT]
    #[arg(long, value_enum, value_name = "SEVERITY", ignore_case = true)]
    pub(crate) block_at: Option<BlockAt>,
    /// Allow one finding: it stays in the report (repeatable; RULE@* for a finding about the whole plan)
    #[arg(long, value_parser = Allowance::parse, value_name = "RULE@PATTERN")]
    pub(crate) allow: Vec<Allowance>,
    /// The policy file (default: the nearest applygate.toml, up to the root of the repository) [env: APPLYGATE_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Read policy and pin file from this revision, so that a change cannot weaken its own gate (such as refs/remotes/origin/main) [env: APPLYGATE_POLICY_FROM]
    #[arg(long, value_name = "REV")]
    pub(crate) policy_from: Option<String>,
    /// Use the defaults, and no policy file
    #[arg(long, conflicts_with_all = ["config", "env", "policy_from"])]
    pub(crate) no_config: bool,
    /// The environment of the policy (default: the one that fits the plan's workspace or directory) [env: APPLYGATE_ENV]
    #[arg(long, value_name = "NAME")]
    pub(crate) env: Option<String>,
}

/// The longest reason, in characters: it is one line of a report.
const MAX_REASON: usize = 200;

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    if letters < 3 || text.chars().count() > MAX_REASON {
        return Err(format!(
            "say why, in at most {MAX_REASON} characters, such as \"incident 4711: the disk is full\""
        ));
    }
    // The word of the plan, where the reason was forgotten.
    if !text.contains(' ') && std::path::Path::new(text).exists() {
        return Err(format!(
            "{text} is a file: say why, such as \"incident 4711: the disk is full\""
        ));
    }
    Ok(text.to_owned())
}

fn number(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| "expected a whole number, such as 3".to_owned())
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| "expected a time as in RFC 3339, such as 2026-12-01T12:00:00Z".to_owned())
}

/// Words of `applygate pin`.
#[derive(Debug, Args)]
pub(crate) struct PinArgs {
    /// A saved plan file (terraform plan -out tfplan)
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,
    /// This state starts empty: creating everything is intended
    #[arg(long)]
    pub(crate) new: bool,
    /// Accept a lower serial, another lineage or less data than the pinned state
    #[arg(long)]
    pub(crate) replace: bool,
    /// Directory of the pin file (default: the plan's, or this one if that is unknown)
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// For an encrypted plan: the program to ask for the state (default: APPLYGATE_TERRAFORM, else tofu, then terraform on the PATH)
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) terraform: Option<PathBuf>,
}

/// Words of `applygate init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The directory (default: this one)
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Print the file instead of writing it
    #[arg(long)]
    pub(crate) stdout: bool,
}

/// Words of `applygate config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// What to do
    #[command(subcommand)]
    pub(crate) what: ConfigCommand,
}

/// What `applygate config` does.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Find every mistake in the policy, and waivers that end soon
    #[command(after_help = "Exit codes: 0 no mistake, 2 a mistake.")]
    Check {
        /// The policy file (default: the one that check would use)
        file: Option<PathBuf>,
        /// Directory of the plan, where the search for the file starts (default: this one)
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// The time for waivers, windows and freezes, such as 2026-12-01T12:00:00Z: for tests
        #[arg(long, value_parser = time, value_name = "TIME", hide_short_help = true)]
        now: Option<Timestamp>,
    },
    /// Show the effective settings, and where each value comes from
    Show {
        /// How plans are judged.
        #[command(flatten)]
        judge: Box<JudgeArgs>,
        /// The time for waivers, windows and freezes, such as 2026-12-01T12:00:00Z: for tests
        #[arg(long, value_parser = time, value_name = "TIME", hide_short_help = true)]
        now: Option<Timestamp>,
        /// Where the plan is from.
        #[command(flatten)]
        place: PlaceArgs,
        /// For a plan of this workspace
        #[arg(long, value_name = "NAME")]
        workspace: Option<String>,
        /// How it looks
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
}

/// Formats of what `config show` tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// For machines
    Json,
}

/// Severities that can block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names of the severities")]
pub(crate) enum BlockAt {
    Critical,
    High,
    Medium,
    Low,
}

impl From<BlockAt> for Severity {
    fn from(word: BlockAt) -> Self {
        match word {
            BlockAt::Critical => Self::Critical,
            BlockAt::High => Self::High,
            BlockAt::Medium => Self::Medium,
            BlockAt::Low => Self::Low,
        }
    }
}

/// Words of `applygate rules`.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// What to show
    #[command(subcommand)]
    pub(crate) what: Option<RulesCommand>,
}

/// What `applygate rules` shows.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Every rule in one line (the default)
    List,
    /// What one rule finds, why it matters, and how to fix it
    Explain {
        /// Id of the rule
        id: String,
    },
    /// The known resource types, or those that start with a word
    Types {
        /// Start of the type's name, such as aws_db
        prefix: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_a_command_line_with_a_mistake() {
        for (typed, wanted) in [
            ("check", Color::Auto),
            ("check --no-color --x", Color::Never),
            ("--color always check --x", Color::Always),
            ("check --color=never --x", Color::Never),
            ("check --no-color --color always --x", Color::Always),
            ("check --color always --no-color --x", Color::Never),
            ("check --colors never", Color::Auto),
            ("check -- --no-color", Color::Auto),
        ] {
            let words: Vec<OsString> = typed.split(' ').map(OsString::from).collect();
            assert_eq!(ColorArgs::of_words(&words).when(), wanted, "{typed}");
        }
    }

    #[test]
    fn as_it_is_typed_for_terraform() {
        for (typed, wanted) in [
            ("apply tfplan", "apply tfplan --"),
            ("apply", "apply --"),
            (
                "apply -no-color tfplan -parallelism=4",
                "apply tfplan -- -no-color -parallelism=4",
            ),
            ("-chdir=infra apply tfplan", "apply --chdir=infra tfplan --"),
            (
                "apply tfplan -- -chdir=infra -json",
                "apply tfplan --chdir=infra -- -json",
            ),
            ("apply -auto-approve", "apply -- -auto-approve"),
            (
                "apply --yes=warn -v tfplan -- x --",
                "apply --yes=warn -v tfplan -- x --",
            ),
            ("apply -h", "apply -h --"),
            ("apply --log -json tfplan", "apply --log -json tfplan --"),
            ("apply --log -- tfplan", "apply --log -- tfplan --"),
            (
                "apply --log=x -json tfplan --yes -json",
                "apply --log=x tfplan --yes -- -json -json",
            ),
            (
                "apply --terraform apply -chdir=infra",
                "apply --terraform apply --chdir=infra --",
            ),
            (
                "apply --chdir -chdir=infra",
                "apply --chdir -chdir=infra --",
            ),
            ("check apply", "check apply"),
            (
                "--no-color -chdir=infra apply -json tfplan",
                "apply --no-color --chdir=infra tfplan -- -json",
            ),
            (
                "--color never apply -no-color tfplan --color always",
                "apply --color never tfplan --color always -- -no-color",
            ),
            ("--color apply -json", "--color apply -json"),
            ("check -no-color", "check -no-color"),
            ("-chdir=infra check tfplan", "-chdir=infra check tfplan"),
            ("", ""),
        ] {
            let words = |text: &str| {
                std::iter::once("applygate")
                    .chain(text.split_whitespace())
                    .map(OsString::from)
                    .collect::<Vec<_>>()
            };
            assert_eq!(spelled(words(typed)), words(wanted), "{typed}");
        }
    }
}
