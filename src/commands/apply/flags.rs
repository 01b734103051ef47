//! What may not slip past the judged plan: words for Terraform, and the environment that adds words of its own.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::Path;

use crate::ui::escape::line;
use crate::ui::near::nearest;
use crate::ui::problem::Problem;

/// Flags for `terraform apply` that change how it works and not what it does
/// (<https://developer.hashicorp.com/terraform/cli/commands/apply>).
const HARMLESS: &[&str] = &["no-color", "compact-warnings", "json", "input=false"];

/// Flags that have a value of their own, and what it may be made of.
const VALUED: &[(&str, fn(char) -> bool)] = &[
    ("parallelism", |c| c.is_ascii_digit()),
    ("lock-timeout", |c| c.is_ascii_alphanumeric() || c == '.'),
];

/// Lets words through that cannot change what is applied.
///
/// # Errors
/// Names the first word that could, and why.
pub(super) fn words(args: &[OsString]) -> Result<(), Problem> {
    args.iter().try_for_each(|arg| word(arg))
}

fn word(arg: &OsStr) -> Result<(), Problem> {
    let shown = arg.to_string_lossy();
    let name = shown.strip_prefix("--").or_else(|| shown.strip_prefix('-'));
    if let Some(name) = name.filter(|_| arg.to_str().is_some()) {
        let valued = name.split_once('=').is_some_and(|(name, value)| {
            VALUED.iter().any(|(known, fits)| {
                *known == name && !value.is_empty() && value.len() <= 20 && value.chars().all(fits)
            })
        });
        if HARMLESS.contains(&name) || valued {
            return Ok(());
        }
    }
    let flag = name.map(|name| name.split_once('=').map_or(name, |(flag, _)| flag));
    let why = match flag {
        None => "only the judged plan is applied",
        Some("state" | "state-out" | "backup") => {
            "it makes Terraform use another state than the plan's; the next plan would be made against the wrong one"
        }
        Some("lock") => "without the lock two applies can write the state at once",
        Some("auto-approve") => {
            "Terraform does not ask about a saved plan; applygate asks, or use --yes"
        }
        Some(
            "destroy" | "refresh" | "refresh-only" | "replace" | "target" | "exclude" | "var"
            | "var-file" | "target-file" | "exclude-file",
        ) => "it belongs to the plan: terraform plan ... -out tfplan",
        Some("parallelism" | "lock-timeout") => "write its value with =, such as -parallelism=4",
        Some("input") => "only -input=false is allowed",
        Some("help") => "for help: applygate apply --help",
        Some(_) => "it is unknown, or could change what is applied",
    };
    let known = HARMLESS.iter().chain(VALUED.iter().map(|(name, _)| name));
    let meant = flag
        .filter(|_| why.starts_with("it is unknown"))
        .and_then(|flag| nearest(flag, known.copied()))
        .map_or_else(String::new, |near| format!("did you mean -{near}? "));
    // A value may be a secret: only the flag's name is shown.
    let shown = flag.map_or_else(|| "it is not a flag".to_owned(), |flag| format!("-{flag}"));
    Err(Problem::new(
        format!("{shown} is not passed to terraform apply: {why}"),
        format!(
            "{meant}allowed are -parallelism=N, -lock-timeout=DURATION, -no-color, -compact-warnings, -json, -input=false"
        ),
    ))
}

/// Whether a variable of the environment that adds words to Terraform's command line leaves the apply as it is
/// (<https://developer.hashicorp.com/terraform/cli/config/environment-variables#tf_cli_args-and-tf_cli_args_name>).
///
/// `planned`: the plan is finished, so that words for `terraform plan` have had their say and were judged with it.
fn adds_nothing(name: &str, value: &OsStr, planned: bool) -> bool {
    match name {
        // Those of commands that are not run.
        "TF_CLI_ARGS_init"
        | "TF_CLI_ARGS_validate"
        | "TF_CLI_ARGS_fmt"
        | "TF_CLI_ARGS_show"
        | "TF_CLI_ARGS_output" => true,
        "TF_CLI_ARGS_plan" if planned => true,
        // Quotes and escapes are in no word that is let through.
        "TF_CLI_ARGS" | "TF_CLI_ARGS_apply" | "TF_CLI_ARGS_plan" => {
            value.to_str().is_some_and(|value| {
                value
                    .split_ascii_whitespace()
                    .all(|text| word(OsStr::new(text)).is_ok())
            })
        }
        _ => false,
    }
}

/// Looks at the environment that Terraform will get, and tells what of it decides which state is written. `planned`: the plan is finished.
///
/// # Errors
/// When it would add words to Terraform's command line that could change what is applied.
pub(super) fn environment(
    vars: impl Iterator<Item = (OsString, OsString)>,
    planned: bool,
) -> Result<Vec<String>, Problem> {
    let mut shown = Vec::new();
    for (name, value) in vars {
        let name = name.to_string_lossy();
        if value.is_empty() {
            continue;
        }
        if name.starts_with("TF_CLI_ARGS") && !adds_nothing(&name, &value, planned) {
            return Err(Problem::new(
                format!(
                    "{} is set: it adds options to Terraform's command line that nobody judged, such as -state-out",
                    name
                ),
                format!(
                    "unset {}; options for the plan belong to terraform plan ... -out tfplan",
                    name
                ),
            ));
        }
        if matches!(name.as_ref(), "TF_WORKSPACE" | "TF_DATA_DIR") {
            shown.push(format!("{name}={}", line(&value.to_string_lossy())));
        } else if matches!(
            name.as_ref(),
            "TF_REATTACH_PROVIDERS" | "TF_CLI_CONFIG_FILE" | "TERRAFORM_CONFIG"
        ) {
            // They can put other providers in place of those that made the plan.
            shown.push(name.into_owned());
        }
    }
    shown.sort();
    Ok(shown)
}

/// Looks at the values of variables in that environment, and names those that were set.
///
/// # Errors
/// When one of them decides at apply what a variable of a finished plan is: nobody judged that value.
pub(super) fn variables(
    vars: impl Iterator<Item = (OsString, OsString)>,
    given_anew: &BTreeSet<String>,
    finished: bool,
) -> Result<Vec<String>, Problem> {
    let mut shown = Vec::new();
    for (name, _) in vars {
        let name = name.to_string_lossy();
        let Some(variable) = name.strip_prefix("TF_VAR_") else {
            continue;
        };
        if finished && given_anew.contains(variable) {
            return Err(Problem::new(
                format!(
                    "{name} is set: the variable is ephemeral, so the apply uses this value and not the one of the plan"
                ),
                format!(
                    "unset {name}; or run applygate apply without a plan: it plans and applies with the same value"
                ),
            ));
        }
        shown.push(line(&name).into_owned());
    }
    shown.sort();
    Ok(shown)
}

/// The largest file with values of variables that is read, in bytes.
const MAX_VALUES: u64 = 1 << 20;

/// Files that Terraform reads by itself, as far as they may hold the value that an apply takes anew for an ephemeral variable of a finished plan.
pub(super) fn files_of_values(dir: &Path, given_anew: &BTreeSet<String>) -> Vec<String> {
    if given_anew.is_empty() {
        return Vec::new();
    }
    let mut shown = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let stem = name.strip_suffix(".json").unwrap_or(&name);
        if stem != "terraform.tfvars" && !stem.ends_with(".auto.tfvars") {
            continue;
        }
        let mut bytes = Vec::new();
        let read = std::fs::File::open(entry.path())
            .and_then(|file| file.take(MAX_VALUES + 1).read_to_end(&mut bytes));
        let text = String::from_utf8_lossy(&bytes);
        let whole = read.is_ok() && bytes.len() as u64 <= MAX_VALUES;
        let words: BTreeSet<&str> = text
            .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')))
            .collect();
        let names = given_anew
            .iter()
            .filter(|name| !whole || words.contains(name.as_str()));
        shown.extend(names.map(|variable| {
            format!(
                "{} is set again by {}: the plan was judged without this value",
                line(variable),
                line(&name)
            )
        }));
    }
    shown.sort();
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(words_given: &[&str]) -> bool {
        words(&words_given.iter().map(OsString::from).collect::<Vec<_>>()).is_ok()
    }

    #[test]
    fn what_is_let_through() {
        for word in [
            "-parallelism=4",
            "--parallelism=40",
            "-lock-timeout=5m",
            "-lock-timeout=1.5s",
            "-no-color",
            "--no-color",
            "-compact-warnings",
            "-json",
            "-input=false",
        ] {
            assert!(passes(&[word]), "{word}");
        }
        assert!(passes(&[]));
    }

    #[test]
    fn what_is_not() {
        for word in [
            "-state=x",
            "-state-out=x",
            "-state-out",
            "-backup=-",
            "-lock=false",
            "-lock",
            "-auto-approve",
            "-destroy",
            "-target=a.b",
            "-var=a=b",
            "-var-file=x",
            "-refresh=false",
            "-replace=a.b",
            "-parallelism",
            "-parallelism=",
            "-parallelism=1 -state=x",
            "-lock-timeout=-1",
            "-input=true",
            "-input",
            "other.tfplan",
            "",
            "-",
            "--",
            "---no-color",
            "-chdir=x",
            "-no-color=false",
            "-help",
            "@file",
        ] {
            assert!(!passes(&[word]), "{word}");
            assert!(!passes(&["-no-color", word]), "{word}");
        }
    }

    #[test]
    fn a_refusal_shows_no_value() {
        let refused = words(&["-var=password=hunter2".into()])
            .err()
            .map(|refused| format!("{refused:?}"));
        assert!(refused.is_some_and(|text| text.contains("-var ") && !text.contains("hunter2")));
    }

    #[test]
    fn a_refusal_says_what_to_type() {
        let told = |word: &str| {
            words(&[word.into()])
                .err()
                .map(|problem| problem.to_string())
                .unwrap_or_default()
        };
        assert!(
            told("-help").contains("applygate apply --help")
                && !told("-helper").contains("apply --help")
        );
    }

    #[test]
    fn the_environment() {
        let look_at = |vars: &[(&str, &str)], planned| {
            environment(
                vars.iter()
                    .map(|(name, value)| (OsString::from(name), OsString::from(value))),
                planned,
            )
        };
        let look = |vars: &[(&str, &str)]| look_at(vars, true);
        for (name, value) in [
            ("TF_CLI_ARGS", "-lock=false"),
            ("TF_CLI_ARGS", "-no-color -lock=false"),
            ("TF_CLI_ARGS", "-no-color;-lock=false"),
            ("TF_CLI_ARGS", "'-no-color'"),
            ("TF_CLI_ARGS", "-lock-timeout=`x`"),
            ("TF_CLI_ARGS", "other.tfplan"),
            ("TF_CLI_ARGS_apply", "-state-out=x"),
            ("TF_CLI_ARGS_state", "x"),
            ("TF_CLI_ARGS_destroy", "-no-color"),
            ("TF_CLI_ARGS_planet", "-no-color"),
        ] {
            assert!(look(&[(name, value)]).is_err(), "{name}={value}");
        }
        for (name, value) in [
            ("TF_CLI_ARGS", "-no-color"),
            ("TF_CLI_ARGS", " -no-color  -lock-timeout=5m\t-input=false "),
            ("TF_CLI_ARGS_apply", "-parallelism=4"),
            ("TF_CLI_ARGS_plan", "-var-file='prod.tfvars' -lock=false"),
            ("TF_CLI_ARGS_init", "-backend-config=x"),
        ] {
            assert_eq!(look(&[(name, value)]).ok(), Some(vec![]), "{name}={value}");
        }
        let plans = |value| look_at(&[("TF_CLI_ARGS_plan", value)], false);
        assert!(plans("-var-file=x").is_err() && plans("-no-color").is_ok());
        let shown = look(&[
            ("TF_CLI_ARGS", ""),
            ("TF_VAR_password", "s"),
            ("TF_WORKSPACE", "prod"),
            ("TF_DATA_DIR", "d\n"),
            ("HOME", "/"),
            ("TF_REATTACH_PROVIDERS", "{}"),
            ("TERRAFORM_CONFIG", "x.rc"),
        ]);
        assert_eq!(
            shown.ok(),
            Some(vec![
                "TERRAFORM_CONFIG".to_owned(),
                "TF_DATA_DIR=d\\n".to_owned(),
                "TF_REATTACH_PROVIDERS".to_owned(),
                "TF_WORKSPACE=prod".to_owned()
            ])
        );
    }

    #[test]
    fn variables_in_the_environment() {
        let look = |finished: bool, names: &[&str]| {
            let vars = names
                .iter()
                .map(|name| (OsString::from(name), OsString::from("hunter2")));
            variables(vars, &BTreeSet::from(["token".to_owned()]), finished)
        };
        assert_eq!(
            look(true, &["TF_VAR_b\n", "TF_VAR_a", "TF_VARS"]).ok(),
            Some(vec!["TF_VAR_a".to_owned(), "TF_VAR_b\\n".to_owned()])
        );
        let refused = look(true, &["TF_VAR_a", "TF_VAR_token"])
            .err()
            .map(|refused| format!("{refused:?}"));
        assert!(refused.is_some_and(|text| {
            text.contains("TF_VAR_token is set") && !text.contains("hunter2")
        }));
        // A plan that is made now has the same value.
        assert_eq!(
            look(false, &["TF_VAR_token"]).ok(),
            Some(vec!["TF_VAR_token".to_owned()])
        );
    }
}
