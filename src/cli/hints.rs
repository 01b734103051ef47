//! What to type instead, where a command line has a mistake. A hint never names what weakens the gate, unless the word itself was typed.

use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
use crate::rules::RULES;
use crate::ui::escape::line;
use crate::ui::near::nearest;

/// Flags that let more through, or choose what judges. A mistyped word is never answered with one of them: whoever wants it types it.
pub(super) const WEAKENING: &[&str] = &[
    "--allow",
    "--break-freeze",
    "--exit-zero",
    "--first-apply",
    "--new",
    "--no-config",
    "--no-dir",
    "--now",
    "--policy-from",
    "--replace",
    "--yes",
];

/// The way from a configuration to a report.
const PLAN: &str = "terraform plan -out tfplan && applygate check tfplan";

/// The error with our own hints, where we know better ones than clap.
pub(super) fn hinted(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
    let hint = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            subcommand(&words, &told(&error, ContextKind::InvalidSubcommand))
        }
        ErrorKind::UnknownArgument => flag(&words, &told(&error, ContextKind::InvalidArg)),
        _ => return error,
    };
    if let Some(hint) = hint {
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::SuggestedSubcommand);
        // It may name a flag that was never meant.
        error.remove(ContextKind::Usage);
        tip(&mut error, &hint);
        return error;
    }
    if let Some(ContextValue::String(tip)) = error.get(ContextKind::SuggestedArg)
        && weakens(tip)
    {
        error.remove(ContextKind::SuggestedArg);
        // It has the flag of the tip as if it had been typed.
        error.remove(ContextKind::Usage);
    }
    // A flag of another command is named here, and that a flag may be the name of a plan, which nobody means.
    if let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested)
        && tips.iter().any(|tip| {
            let tip = tip.to_string();
            weakens(&tip) || tip.contains("as a value")
        })
    {
        error.remove(ContextKind::Suggested);
    }
    error
}

fn tip(error: &mut clap::Error, hint: &str) {
    let hint = line(hint).into_owned();
    error.insert(
        ContextKind::Suggested,
        ContextValue::StyledStrs(vec![hint.into()]),
    );
}

fn told(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    }
}

/// Whether a text names a flag that weakens the gate.
pub(super) fn weakens(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .any(|word| WEAKENING.contains(&word))
}

/// A word as it is typed in a shell.
fn typed(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:@%+,".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// For a word where a command has to stand.
fn subcommand(words: &[&str], word: &str) -> Option<String> {
    let at = words.iter().position(|typed| *typed == word)?;
    let before: Vec<&str> = words
        .iter()
        .take(at)
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .copied()
        .collect();
    let after: Vec<String> = words.iter().skip(at + 1).map(|word| typed(word)).collect();
    let with = |command: &str| {
        std::iter::once(command.to_owned())
            .chain(after.iter().cloned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    match before.first() {
        Some(&"rules") => return looked_up(word),
        Some(_) => return None,
        None => {}
    }
    Some(match word {
        "terraform" | "tofu" => return terraform(word, words.get(at + 1).copied()),
        "plan" => PLAN.to_owned(),
        "destroy" => destroy("terraform"),
        "explain" | "list" | "types" => with(&format!("applygate rules {word}")),
        "show" | "judge" | "scan" | "test" | "verify" => {
            "applygate check tfplan".to_owned()
        }
        "validate" | "lint" => {
            "applygate check tfplan judges a plan; applygate config check finds mistakes in a policy".to_owned()
        }
        "policy" => "applygate config show".to_owned(),
        "version" => "applygate --version".to_owned(),
        word if is_a_plan(word) => {
            let paths: Vec<String> = words
                .iter()
                .skip(at)
                .filter(|word| !weakens(word))
                .map(|word| typed(word))
                .collect();
            format!("applygate check {}", paths.join(" "))
        }
        _ => return None,
    })
}

fn terraform(program: &str, command: Option<&str>) -> Option<String> {
    Some(match command {
        Some("apply") => {
            format!(
                "in place of {program} apply: {program} plan -out tfplan && applygate apply tfplan"
            )
        }
        Some("destroy") => destroy(program),
        _ => format!("{program} plan -out tfplan && applygate check tfplan"),
    })
}

fn destroy(program: &str) -> String {
    format!("{program} plan -destroy -out tfplan && applygate apply tfplan")
}

/// For a word after `applygate rules`.
fn looked_up(word: &str) -> Option<String> {
    if let Some(rule) = nearest(word, RULES.iter().map(|rule| rule.id)) {
        Some(format!("applygate rules explain {rule}"))
    } else if word.contains('_') {
        Some(format!("applygate rules types {}", typed(word)))
    } else {
        None
    }
}

/// Whether a word is the path of a plan rather than a command: it is there, or it is named like one.
fn is_a_plan(word: &str) -> bool {
    let ends = [
        ".json", ".tfplan", ".plan", ".out", ".bin", ".gz", ".binary", ".zip", ".txt", ".tf",
        ".tfstate",
    ];
    word == "-"
        || word == "tfplan"
        || word.contains('/')
        || ends.iter().any(|end| word.ends_with(end))
        || Path::new(word).exists()
}

/// For a flag that a command does not have.
fn flag(words: &[&str], told: &str) -> Option<String> {
    let command = words
        .iter()
        .skip(1)
        .find(|word| Cli::command().find_subcommand(word).is_some())
        .copied()
        .unwrap_or_default();
    // What clap quotes of a word with one dash is the first letter in it that is no flag of ours.
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
    if !told.starts_with('-') {
        return spaced(words);
    }
    // Its value is not quoted.
    let with_value = |word: &&&str| {
        word.strip_prefix(told)
            .is_some_and(|rest| rest.starts_with('='))
    };
    let told = words.iter().find(with_value).copied().unwrap_or(told);
    let (name, value) = told
        .trim_start_matches('-')
        .split_once('=')
        .map_or((told.trim_start_matches('-'), None), |(name, value)| {
            (name, Some(value))
        });
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
    Some(match name {
        "now" if command == "apply" => {
            "apply takes the time from the clock; applygate check --now TIME judges by another one"
                .to_owned()
        }
        "json" if has("format") && command != "apply" => "--format json".to_owned(),
        "json" | "compact-warnings" | "parallelism" | "lock-timeout" | "input"
            if command == "apply" =>
        {
            format!("-{name}, with one dash: it is handed to Terraform")
        }
        "sarif" | "markdown" | "junit" | "html" | "md" if has("format") => {
            format!("--format FORMAT; {}", formats())
        }
        "f" if has("format") => "--format FORMAT".to_owned(),
        "out" if judges => "it belongs to the plan: terraform plan -out tfplan".to_owned(),
        "o" | "output" | "report" if has("output") => "--output FILE".to_owned(),
        "o" | "output" | "report" if command == "check" => {
            "applygate check tfplan > FILE".to_owned()
        }
        "q" | "quiet" | "silent" | "s" if has("quiet") => "--quiet".to_owned(),
        "q" | "quiet" | "silent" | "s" if command == "check" => {
            "applygate check tfplan > /dev/null: the exit code tells the verdict".to_owned()
        }
        "auto-approve" if command == "apply" => {
            "leave it out: Terraform does not ask about a saved plan, applygate does".to_owned()
        }
        "auto-approve" | "y" if command == "check" => {
            "check only reports and asks nothing".to_owned()
        }
        "chdir" if has("dir") => format!("--dir {}", typed(value.unwrap_or("DIR"))),
        "d" if has("dir") => "--dir DIR".to_owned(),
        "c" if has("config") => "--config FILE".to_owned(),
        "p" | "plan" | "plan-file" | "planfile" | "file" | "in" if judges => {
            format!(
                "the plan is named without a flag: applygate {command} {}",
                typed(value.unwrap_or("tfplan"))
            )
        }
        "detailed-exitcode" if command == "check" => {
            "leave it out: check ends with 0 (let through), 1 (blocked) or 2 (could not judge)"
                .to_owned()
        }
        "destroy" | "refresh" | "refresh-only" | "replace" | "target" | "exclude" | "var"
        | "var-file" | "lock" | "state" | "target-file" | "exclude-file"
            if judges =>
        {
            format!("it belongs to the plan: terraform plan -{name} ... -out tfplan")
        }
        "workspace" if judges => "leave it out: a saved plan knows its workspace".to_owned(),
        "version" | "V" => "applygate --version".to_owned(),
        // Ours, written with one dash.
        _ if !told.starts_with("--") && name.len() > 1 && has(name) => {
            "flags of more than one letter have two dashes here".to_owned()
        }
        _ => return None,
    })
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

/// For a word too many: the value of a flag that has it behind a `=`.
fn spaced(words: &[&str]) -> Option<String> {
    let flags: [(&str, &[&str]); 2] = [
        ("--yes", &["pass", "warn"]),
        ("--private-copy", &["memory", "file"]),
    ];
    words.windows(2).find_map(|pair| {
        let [flag, value] = pair else { return None };
        let known = flags.iter().find(|(name, _)| name == flag)?;
        known.1.contains(value).then(|| format!("{flag}={value}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::parse;

    /// Every flag of every command, mistyped in every way of one letter: no answer names what weakens the gate.
    #[test]
    fn no_tip_weakens_the_gate() {
        let command = Cli::command();
        let flags = |name: &str| -> Vec<String> {
            let command = command.find_subcommand(name).unwrap();
            command
                .get_arguments()
                .filter_map(|flag| Some(format!("--{}", flag.get_long()?)))
                .collect()
        };
        let of_all: Vec<String> = ["check", "apply", "pin"]
            .into_iter()
            .flat_map(flags)
            .collect();
        for flag in WEAKENING {
            assert!(of_all.iter().any(|known| known == flag), "{flag}");
        }
        let mut tips = 0;
        for command in ["check", "apply", "pin", "init", "rules"] {
            let known = flags(command);
            for flag in &of_all {
                let cuts = (3..flag.len()).flat_map(|at| {
                    let (start, end) = flag.split_at(at);
                    [
                        start.to_owned(),
                        format!("{start}{}", end.chars().skip(1).collect::<String>()),
                        format!("{start}x{end}"),
                    ]
                });
                for typed in cuts.filter(|typed| !known.contains(typed)) {
                    let words = ["applygate", command, &typed].map(OsString::from);
                    let Err((error, _)) = parse(words) else {
                        continue;
                    };
                    let told = error.render().to_string().replace(&typed, "");
                    tips += usize::from(told.contains("a similar argument exists"));
                    assert!(!weakens(&told), "{command} {typed}: {told}");
                }
            }
        }
        assert!(tips > 100, "others are named still: {tips}");
    }
}
