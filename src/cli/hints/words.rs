//! Words where a command has to stand.

use std::path::Path;

use clap::CommandFactory;

use super::{PLAN, command, typed, weakens};
use crate::cli::Cli;
use crate::rules::RULES;
use crate::ui::near::nearest;

/// What Terraform has and applygate has not.
const TERRAFORMS: [&str; 15] = [
    "console",
    "fmt",
    "force-unlock",
    "get",
    "graph",
    "import",
    "login",
    "metadata",
    "output",
    "providers",
    "refresh",
    "state",
    "taint",
    "untaint",
    "workspace",
];

/// For a word that is no command, nor one of the command before it.
pub(super) fn subcommand(words: &[&str], word: &str) -> Option<String> {
    let at = words.iter().position(|typed| *typed == word)?;
    let before = words
        .iter()
        .take(at)
        .skip(1)
        .find(|word| !word.starts_with('-'));
    let after: Vec<String> = words.iter().skip(at + 1).map(|word| typed(word)).collect();
    let with = |command: &str| {
        std::iter::once(command.to_owned())
            .chain(after.iter().cloned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    match before.copied() {
        Some("rules") => return rules(word, &after),
        Some("config") => return config(word),
        Some("pre-commit") => {
            return Some(format!(
                "that is the program pre-commit itself: {}",
                with(&format!("pre-commit {}", typed(word)))
            ));
        }
        Some("help") => {
            let all = Cli::command();
            let names = all.get_subcommands().map(clap::Command::get_name);
            return Some(nearest(word, names).map_or_else(
                || "applygate help".to_owned(),
                |near| format!("applygate help {near}"),
            ));
        }
        Some(_) => return None,
        None => {}
    }
    // What is typed for the report stays, but for flags that let more through.
    let check = || {
        let kept: Vec<&String> = after.iter().filter(|word| !weakens(word)).collect();
        if kept.iter().all(|word| word.starts_with('-')) {
            return "applygate check tfplan".to_owned();
        }
        kept.iter().fold("applygate check".to_owned(), |all, word| {
            format!("{all} {word}")
        })
    };
    Some(match word {
        "terraform" | "tofu" => return terraform(word, words.get(at + 1).copied()),
        "tf" => return terraform("terraform", words.get(at + 1).copied()),
        "terragrunt" | "tg" | "run-all" => {
            "terragrunt run --all --json-out-dir plans -- plan && applygate check plans".to_owned()
        }
        "plan" => PLAN.to_owned(),
        "destroy" => destroy("terraform"),
        "explain" | "list" | "types" => with(&format!("applygate rules {word}")),
        "analyse" | "analyze" | "gate" | "json" | "judge" | "report" | "review" | "run"
        | "scan" | "show" | "test" | "verify" => check(),
        "validate" | "lint" => {
            "applygate check tfplan judges a plan; applygate config check finds mistakes in a policy".to_owned()
        }
        "diff" => "applygate source says what a change to .tf files takes away; applygate check tfplan judges a plan".to_owned(),
        "hook" | "hooks" | "precommit" => "applygate pre-commit --help".to_owned(),
        "policy" => "applygate config show".to_owned(),
        "waive" | "waiver" | "waivers" => "a waiver is written into applygate.toml; applygate init writes one with an example".to_owned(),
        "completion" => with("applygate completions"),
        "version" => "applygate --version".to_owned(),
        word if TERRAFORMS.contains(&word) => {
            format!("that is Terraform's: {}", with(&format!("terraform {word}")))
        }
        word if is_a_plan(word) => with_plan(words, at),
        _ => return None,
    })
}

/// A plan that stands before the command, or without one.
fn with_plan(words: &[&str], at: usize) -> String {
    let command =
        Some(command(words)).filter(|command| matches!(*command, "apply" | "check" | "pin"));
    let mut all = vec![
        "applygate".to_owned(),
        command.unwrap_or("check").to_owned(),
    ];
    let mut left_out = command;
    for word in words.iter().skip(at) {
        if left_out == Some(*word) {
            left_out = None;
        } else if !weakens(word) {
            all.push(typed(word));
        }
    }
    all.join(" ")
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
fn rules(word: &str, after: &[String]) -> Option<String> {
    let next = after.first();
    Some(match (word, next) {
        ("describe" | "docs" | "get" | "info" | "show", Some(next)) => {
            format!("applygate rules explain {next}")
        }
        ("describe" | "docs" | "get" | "info" | "show" | "all", None) => {
            "applygate rules list".to_owned()
        }
        ("find" | "grep" | "search" | "type", Some(next)) => {
            format!("applygate rules types {next}")
        }
        _ => {
            if let Some(rule) = nearest(word, RULES.iter().map(|rule| rule.id)) {
                format!("applygate rules explain {rule}")
            } else if word.contains('_') {
                format!("applygate rules types {}", typed(word))
            } else {
                return None;
            }
        }
    })
}

/// For a word after `applygate config`.
fn config(word: &str) -> Option<String> {
    Some(match word {
        "lint" | "test" | "validate" | "verify" => "applygate config check".to_owned(),
        "create" | "init" | "new" => "applygate init".to_owned(),
        "cat" | "get" | "list" | "print" => "applygate config show".to_owned(),
        "edit" | "set" => "edit applygate.toml, then: applygate config check".to_owned(),
        file if file.ends_with(".toml") => format!("applygate config check {}", typed(file)),
        _ => return None,
    })
}

/// Where something has to be named.
pub(super) fn missing(words: &[&str]) -> Option<String> {
    let typed: Vec<&str> = words.iter().skip(1).copied().collect();
    Some(match typed.as_slice() {
        ["pin", ..] => "terraform plan -out tfplan && applygate pin tfplan".to_owned(),
        ["rules", "explain", ..] => {
            "applygate rules explain stateful-destroy; applygate rules lists all".to_owned()
        }
        ["completions", ..] => "applygate completions bash".to_owned(),
        _ => return None,
    })
}

/// Whether a word is the path of a plan rather than a command: it is there, or it is named like one.
pub(super) fn is_a_plan(word: &str) -> bool {
    let ends = [
        ".json", ".tfplan", ".plan", ".out", ".bin", ".gz", ".binary", ".zip", ".txt", ".tf",
        ".tfstate", ".tfvars",
    ];
    word == "-"
        || word == "tfplan"
        || word.contains('/')
        || ends.iter().any(|end| word.ends_with(end))
        || Path::new(word).exists()
}
