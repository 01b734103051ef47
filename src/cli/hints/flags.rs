//! Flags that a command does not have, and values that a flag does not take.

use clap::CommandFactory;

use super::words::is_a_plan;
use super::{command, typed as quoted};
use crate::cli::Cli;
use crate::rules::RULES;

/// Terraform's flags that say what is planned.
const OF_A_PLAN: [&str; 13] = [
    "destroy",
    "exclude",
    "exclude-file",
    "generate-config-out",
    "lock",
    "refresh",
    "refresh-only",
    "replace",
    "state",
    "target",
    "target-file",
    "var",
    "var-file",
];

/// The word as it was typed. Of one with one dash clap quotes the first letter that is no flag of ours, and of one with a value only the name.
pub(super) fn typed(words: &[&str], told: &str) -> String {
    let letter = told
        .strip_prefix('-')
        .filter(|rest| rest.chars().count() == 1);
    let one_dash = |word: &&&str| {
        let letters = word
            .strip_prefix('-')
            .filter(|rest| !rest.starts_with('-') && rest.len() > 1);
        letters
            .zip(letter)
            .is_some_and(|(letters, letter)| letters.contains(letter))
    };
    let told = words.iter().find(one_dash).copied().unwrap_or(told);
    let with_value = |word: &&&str| {
        word.strip_prefix(told)
            .is_some_and(|rest| rest.starts_with('='))
    };
    let whole = words
        .iter()
        .find(with_value)
        .filter(|_| told.starts_with('-'));
    whole.copied().unwrap_or(told).to_owned()
}

/// For a flag that a command does not have, or a word too many.
pub(super) fn unknown(words: &[&str], told: &str) -> Option<String> {
    let command = command(words);
    if !told.starts_with('-') {
        return word_too_many(words, command, told);
    }
    let (name, value) = told
        .trim_start_matches('-')
        .split_once('=')
        .map_or((told.trim_start_matches('-'), None), |(name, value)| {
            (name, Some(value))
        });
    let next = || {
        let at = words.iter().position(|word| *word == told)?;
        words
            .get(at + 1)
            .copied()
            .filter(|word| !word.starts_with('-'))
    };
    let value = value.or_else(next);
    let all = Cli::command();
    let has = |long: &str| {
        let of = |known: &clap::Command| {
            known
                .get_arguments()
                .any(|flag| flag.get_long() == Some(long))
        };
        all.find_subcommand(command).is_some_and(of) || of(&all)
    };
    let judges = matches!(command, "check" | "apply");
    if let Some(hint) = asks_for_less(command, name, value) {
        return Some(hint.to_owned());
    }
    Some(match name {
        "now" if command == "apply" => {
            "apply takes the time from the clock; applygate check --now TIME judges by another one"
                .to_owned()
        }
        "json" if has("format") && command != "apply" => "--format json".to_owned(),
        "json" | "compact-warnings" | "parallelism" | "lock-timeout" | "input"
            if command == "apply" =>
        {
            format!("-{name}, with one dash: it is passed to Terraform")
        }
        "sarif" | "markdown" | "junit" | "html" | "md" if has("format") => {
            format!("--format FORMAT; {}", formats())
        }
        "p" | "plan" | "plan-file" | "planfile" | "file" | "f" | "in" | "input"
            if judges
                && (!matches!(name, "f" | "input") || value.is_some_and(is_a_plan)) =>
        {
            format!(
                "the plan is named without a flag: applygate {command} {}",
                quoted(value.unwrap_or("tfplan"))
            )
        }
        "f" if has("format") => "--format FORMAT".to_owned(),
        "out" if judges => "it belongs to the plan: terraform plan -out tfplan".to_owned(),
        "o" | "output" | "report" if has("output") => "--output FILE".to_owned(),
        "q" | "quiet" | "silent" | "s" if has("quiet") => "--quiet".to_owned(),
        "auto-approve" if command == "apply" => {
            "remove it: Terraform does not ask about a saved plan, applygate does".to_owned()
        }
        "auto-approve" | "y" | "yes" | "ci" | "no-input" | "non-interactive" | "dry-run"
        | "input"
            if command == "check" =>
        {
            "remove it: check only reports and asks nothing".to_owned()
        }
        "y" | "no-input" | "non-interactive" | "ci" | "approve" if command == "apply" => {
            "applygate help apply says how a plan is applied without a question".to_owned()
        }
        "dry-run" | "check" | "check-only" if command == "apply" => {
            "applygate check tfplan: it judges and applies nothing".to_owned()
        }
        "chdir" | "C" | "cwd" | "directory" | "path" | "root" | "working-dir" if has("dir") => {
            format!("--dir {}", quoted(value.unwrap_or("DIR")))
        }
        "d" if has("dir") => "--dir DIR".to_owned(),
        "C" | "cwd" | "dir" | "directory" | "working-dir" if has("chdir") => {
            format!("--chdir {}", quoted(value.unwrap_or("DIR")))
        }
        "c" | "conf" | "policy" | "policy-file" | "rules-file" if has("config") => {
            "--config FILE".to_owned()
        }
        "fail-level" | "fail-on" | "level" | "min-severity" | "severity" | "threshold"
            if has("block-at") =>
        {
            "--block-at SEVERITY: critical, high, medium or low".to_owned()
        }
        "debug" | "trace" | "details" | "all" if has("verbose") => "--verbose".to_owned(),
        "detailed-exitcode" | "error-exitcode" | "exit-code" | "exitcode" | "fail"
            if command == "check" =>
        {
            "remove it: check ends with 0 (let through), 1 (blocked) or 2 (could not judge)"
                .to_owned()
        }
        name if judges && OF_A_PLAN.contains(&name) => {
            format!("it belongs to the plan: terraform plan -{name} ... -out tfplan")
        }
        "workspace" if judges => "remove it: a saved plan knows its workspace".to_owned(),
        "force" | "f" | "overwrite" if command == "init" => {
            "init writes over no file: move it away first, or see what it would write: applygate init --stdout".to_owned()
        }
        "backend" | "backend-config" | "migrate-state" | "reconfigure" | "upgrade"
            if command == "init" =>
        {
            format!("that is Terraform's: terraform init {}", quoted(told))
        }
        "diff" | "staged" if command == "source" => {
            "remove it: source looks at what is staged; from elsewhere: --from REV".to_owned()
        }
        "v" if command.is_empty() => "applygate --version".to_owned(),
        "version" | "V" => "applygate --version".to_owned(),
        // Ours, written with one dash.
        _ if !told.starts_with("--") && name.len() > 1 && has(name) => {
            "flags of more than one letter have two dashes here".to_owned()
        }
        _ => return None,
    })
}

/// For a flag by which other tools let more through. The answer says where to read of it, and no flag.
fn asks_for_less(command: &str, name: &str, value: Option<&str>) -> Option<&'static str> {
    let names_a_rule =
        || value.is_some_and(|value| RULES.iter().any(|rule| value.contains(rule.id)));
    let asked = match name {
        "force" | "soft-fail" | "no-fail" | "waive" | "suppress" | "disable" | "ignore"
        | "skip" | "skip-check" | "disable-rule" => true,
        "exclude" | "rule" | "rules" | "except" => names_a_rule(),
        _ => false,
    };
    (asked && matches!(command, "check" | "apply" | "source")).then_some(
        "what is wanted is let through by its rule and address: applygate help check; or for longer, until a day, by a waiver in applygate.toml",
    )
}

fn formats() -> String {
    let command = Cli::command();
    let names: Vec<String> = command
        .find_subcommand("check")
        .into_iter()
        .flat_map(clap::Command::get_arguments)
        .filter(|flag| flag.get_long() == Some("format"))
        .flat_map(clap::Arg::get_possible_values)
        .map(|value| value.get_name().to_owned())
        .collect();
    format!("there are: {}", names.join(", "))
}

/// Flags whose value stands behind a `=`.
const WITH_EQUALS: [(&str, &[&str]); 2] = [
    ("--yes", &["pass", "warn"]),
    ("--private-copy", &["memory", "file"]),
];

/// For a value that stands behind a blank.
fn spaced(words: &[&str]) -> Option<String> {
    words.windows(2).find_map(|pair| {
        let [flag, value] = pair else { return None };
        let known = WITH_EQUALS.iter().find(|(name, _)| name == flag)?;
        known.1.contains(value).then(|| format!("{flag}={value}"))
    })
}

/// For a flag that has neither `=` nor value.
pub(super) fn without_equals(words: &[&str]) -> Option<String> {
    spaced(words).or_else(|| {
        let (flag, values) = WITH_EQUALS.iter().find(|(flag, _)| words.contains(flag))?;
        let forms: Vec<String> = values
            .iter()
            .map(|value| format!("{flag}={value}"))
            .collect();
        Some(forms.join(" or "))
    })
}

/// For a word too many.
fn word_too_many(words: &[&str], command: &str, word: &str) -> Option<String> {
    if let Some(hint) = spaced(words) {
        return Some(hint);
    }
    let of_a_plan = words.iter().find_map(|word| {
        let name = word.strip_prefix('-')?.trim_start_matches('-');
        OF_A_PLAN.contains(&name).then_some(name)
    });
    Some(match (command, of_a_plan) {
        ("apply", Some(name)) => {
            format!("it belongs to the plan: terraform plan -{name} ... -out tfplan")
        }
        ("apply" | "pin", None) => format!("one plan at a time: applygate {command} tfplan"),
        ("init", _) => format!("applygate init --dir {}", quoted(word)),
        ("config", _) => format!("applygate config show --config {}", quoted(word)),
        ("rules", _) => "applygate rules explain ID, or applygate rules types WORD".to_owned(),
        _ => return None,
    })
}

/// For a value that a flag does not take: the one that others call so.
pub(super) fn value(flag: &str, value: &str) -> Option<String> {
    let format = |name: &str| Some(format!("--format {name}"));
    if !flag.starts_with("--format") {
        return None;
    }
    match value.to_ascii_lowercase().as_str() {
        "text" | "txt" | "plain" | "pretty" | "table" | "console" | "cli" | "default" => {
            format("human")
        }
        "md" | "comment" | "html" => format("markdown"),
        "xml" | "junit-xml" => format("junit"),
        "gha" | "github-actions" | "actions" => format("github"),
        "codequality" | "code-quality" => format("gitlab"),
        "yaml" | "yml" | "jsonl" => format("json"),
        _ => None,
    }
}
