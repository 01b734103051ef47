//! What a user can type. No behaviour: only words and their meaning.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::finding::Severity;
use crate::verdict::Allowance;

/// The last gate before terraform apply: says what a plan would destroy for good, and stops it.
#[derive(Debug, Parser)]
#[command(name = "applygate", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge plans and print a report
    #[command(after_help = "Exit codes: 0 let through, 1 blocked, 2 could not judge.\n\nMake a plan with: terraform plan -out tfplan")]
    Check(CheckArgs),
    /// Record in applygate.pin.toml which state this directory is meant for
    Pin(PinArgs),
    /// Show the rules and the resource types they know
    Rules(RulesArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Words of `applygate check`.
#[derive(Debug, Args, Default)]
pub struct CheckArgs {
    /// Saved plans (terraform plan -out), plans as JSON (terraform show -json), directories of them, or - for standard input
    #[arg(value_name = "PLAN")]
    pub plans: Vec<PathBuf>,
    /// How the report looks
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// How plans are judged.
    #[command(flatten)]
    pub judge: JudgeArgs,
    /// Refuse a plan file that is older than a configuration file below this directory
    #[arg(long, value_name = "DIR")]
    pub newer_than: Option<PathBuf>,
    /// Show every finding in full
    #[arg(long, short)]
    pub verbose: bool,
    /// End with 0 even when a plan is blocked (what could not be judged still ends with 2)
    #[arg(long)]
    pub exit_zero: bool,
}

/// Words that say how plans are judged: the same for every command that judges.
#[derive(Debug, Args, Default)]
pub struct JudgeArgs {
    /// Block from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub block_at: Option<BlockAt>,
    /// Let one wanted finding through: it stays in the report (repeatable; RULE@* for a finding about the whole plan)
    #[arg(long, value_parser = Allowance::parse, value_name = "RULE@ADDRESS")]
    pub allow: Vec<Allowance>,
    /// This state is meant to be empty: creating everything is what is wanted
    #[arg(long)]
    pub first_apply: bool,
    /// Working directory of the plan: its pin file, Terraform's files and sources (default: this one, if the plan is from here)
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Look at nothing beside the plan, not even a pin file
    #[arg(long, conflicts_with = "dir")]
    pub no_dir: bool,
}

/// Words of `applygate pin`.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// A saved plan file (terraform plan -out tfplan)
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    /// This state starts empty: creating everything is what is wanted
    #[arg(long)]
    pub new: bool,
    /// Directory of the pin file (default: this one)
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Formats of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// For machines: see schema/report.schema.json
    Json,
}

/// Severities that can block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names of the severities")]
pub enum BlockAt {
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
pub struct RulesArgs {
    /// What to show
    #[command(subcommand)]
    pub what: Option<RulesCommand>,
}

/// What `applygate rules` shows.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Every rule in one line (the default)
    List,
    /// What one rule finds, why it matters, and how to mend it
    Explain {
        /// Id of the rule
        id: String,
    },
    /// Every resource type of the catalogue, or those that start with a word
    Types {
        /// Start of the type's name, such as aws_db
        prefix: Option<String>,
    },
}
