//! What to type instead, where a command line has a mistake. A hint never names what weakens the gate, unless the word itself was typed.

mod flags;
mod words;

use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
use crate::ui::escape::line;

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

/// The command among the words, if it is one of ours.
fn command<'w>(words: &[&'w str]) -> &'w str {
    let ours = |word: &&&str| Cli::command().find_subcommand(word).is_some();
    words.iter().skip(1).find(ours).copied().unwrap_or_default()
}

/// The error with our own hints, where we know better ones than clap.
pub(super) fn hinted(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
    let hint = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            words::subcommand(&words, &told(&error, ContextKind::InvalidSubcommand))
        }
        ErrorKind::UnknownArgument => {
            let typed = flags::typed(&words, &told(&error, ContextKind::InvalidArg));
            let typed_whole = ContextValue::String(typed.clone());
            error.insert(ContextKind::InvalidArg, typed_whole);
            flags::unknown(&words, &typed)
        }
        ErrorKind::NoEquals => flags::without_equals(&words),
        ErrorKind::InvalidValue => flags::value(
            &told(&error, ContextKind::InvalidArg),
            &told(&error, ContextKind::InvalidValue),
        ),
        ErrorKind::MissingRequiredArgument => words::missing(&words),
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
