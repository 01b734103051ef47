//! What `applygate init` writes: a policy file with comments, fitted to what a directory has.

use std::fmt::Write as _;

use jiff::ToSpan;
use jiff::civil::Date;

use super::found::Found;
use crate::ui::escape::is_invisible;

/// How many names a list in the file has at most.
const NAMES: usize = 40;

/// The schema by which editors complete and check the file (Taplo, Even Better TOML).
const SCHEMA: &str = concat!(
    env!("CARGO_PKG_REPOSITORY"),
    "/raw/HEAD/schema/applygate.schema.json"
);

/// The policy file for what was found. A line that starts with `#` and no blank is an example: it holds once the `#` is removed.
/// `today` is only for dates in examples.
#[must_use]
pub(crate) fn policy_for(found: &Found, today: Date) -> String {
    let mut out = format!("#:schema {SCHEMA}\n");
    out.push_str(
        "# applygate.toml: what this team lets through. Where # stands directly before a key it is an example: remove the # and it holds.
# applygate config check says whether the file is right, applygate config show what holds.

# Findings of this severity and above stop an apply: critical, high, medium or low.
block_at = \"high\"

# Another severity for one rule, or off. applygate rules lists all.
[rules]
#stateful-forget = \"high\"
#snapshot-left-behind = \"off\"

",
    );
    expect(&mut out, found);
    environments(&mut out, found);
    examples(&mut out, today);
    out
}

fn expect(out: &mut String, found: &Found) {
    out.push_str("# What every plan here must be for; any other plan is blocked.\n[expect]\n");
    // All workspaces can only be told where they are directories.
    let workspaces = together(&found.workspaces);
    list(
        out,
        "workspace",
        &workspaces,
        found.all_workspaces,
        "[\"default\", \"prod\"]",
    );
    list(
        out,
        "backend",
        &found.backends,
        found.all_backends,
        "[\"s3\"]",
    );
    list(
        out,
        "account",
        &found.accounts,
        found.all_accounts,
        "[\"123456789012\"]",
    );
    list(
        out,
        "region",
        &found.regions,
        found.all_regions,
        "[\"eu-central-1\"]",
    );
    list(
        out,
        "providers",
        &found.providers,
        found.all_providers,
        "[\"hashicorp/aws\"]",
    );
    out.push_str("# One region and one account at a time.\n#one_region = true\n");
    out.push_str("# A plan whose state is not pinned is blocked, also when the pin was deleted.\n#pin = true\n");
    out.push_str("# The most objects that one plan destroys, and changes.\n#max_destroy = 5\n#max_changes = 50\n\n");
}

fn environments(out: &mut String, found: &Found) {
    let easy = easy(found);
    let _ = write!(
        out,
        "# Other rules for some workspaces (or directories: directory = [\"stacks/prod\"]). Other plans are judged by the settings above.
# Strict: a lowered protection also stops an apply.
#[env.prod]
#{2}
#[env.prod.rules]
#protection-lowered = \"high\"
#stateful-forget = \"high\"

# Relaxed: these stacks are thrown away anyway.
{0}[env.preview]
{0}workspace = [\"{1}*\"]
{0}[env.preview.rules]
{0}stateful-destroy = \"medium\"
{0}mass-destroy = \"medium\"

",
        if easy.is_some() { "" } else { "#" },
        easy.unwrap_or("preview-"),
        strict(found),
    );
}

fn examples(out: &mut String, today: Date) {
    let day = |days: i64| today.checked_add(days.days()).unwrap_or(today);
    let year = i32::from(today.year());
    let _ = write!(
        out,
        "# One finding that is accepted, until a day. It stays in the report, with the reason.
#[[waiver]]
#rules = [\"stateful-destroy\"]
#address = \"aws_db_instance.old\"
#actions = [\"delete\"]
#workspace = \"default\"
#reason = \"moved to the new database; its last backup is kept\"
#owner = \"somebody@example.org\"
#expires = {}

# When an apply may run: inside one of these windows. Without a window: always.
#[[window]]
#days = [\"mon-thu\"]
#hours = \"09:00-16:00\"
#zone = \"Europe/Berlin\"

# When no apply may run, whatever the windows say; both days are included.
#[[freeze]]
#from = {year:04}-12-20
#to = {:04}-01-06
#reason = \"end of the year\"
#zone = \"Europe/Berlin\"
",
        day(30),
        year.saturating_add(1).min(9999),
    );
}

/// What chooses the strict environment: directories that are called so, else workspaces.
fn strict(found: &Found) -> String {
    let plain = |pattern: &&String| is_plain(pattern.trim_end_matches("/**"));
    let patterns: Vec<String> = found
        .production
        .iter()
        .filter(plain)
        .take(NAMES)
        .map(|pattern| quoted(pattern))
        .collect();
    if patterns.is_empty() {
        "workspace = [\"prod*\"]".to_owned()
    } else {
        format!("directory = [{}]", patterns.join(", "))
    }
}

/// How names of workspaces start that come and go.
const EASY: [&str; 3] = ["preview-", "review-", "pr-"];

fn easy(found: &Found) -> Option<&'static str> {
    EASY.into_iter()
        .find(|start| found.workspaces.iter().any(|name| name.starts_with(start)))
}

/// Workspaces, with those that come and go as one pattern.
fn together(names: &[String]) -> Vec<String> {
    let mut all: Vec<String> = names
        .iter()
        .map(|name| {
            EASY.into_iter()
                .find(|start| name.starts_with(start))
                .map_or_else(|| name.clone(), |start| format!("{start}*"))
        })
        .collect();
    all.dedup();
    all
}

/// A key with a list of names. It only holds when the names are all that there are, and mean themselves when they are read as patterns.
fn list(out: &mut String, key: &str, names: &[String], whole: bool, example: &str) {
    let (plain, odd): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| is_plain(name));
    let shown: Vec<String> = plain.iter().take(NAMES).map(|name| quoted(name)).collect();
    if let Some(odd) = odd.first() {
        let _ = writeln!(
            out,
            "# Of {key} left out, because it cannot be written as a pattern: {} ({} in all)",
            quoted(odd),
            names.len() - plain.len()
        );
    }
    let real = whole && !shown.is_empty() && shown.len() == names.len();
    let value = if shown.is_empty() {
        example.to_owned()
    } else {
        format!("[{}]", shown.join(", "))
    };
    let _ = writeln!(out, "{}{key} = {value}", if real { "" } else { "#" });
}

fn is_plain(name: &str) -> bool {
    let name = EASY
        .iter()
        .find_map(|start| name.strip_suffix('*').filter(|name| name == start))
        .unwrap_or(name);
    !name.is_empty()
        && name.chars().all(|c| {
            c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '+')
        })
}

/// A TOML string on one line, with nothing invisible in it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if is_invisible(c) => {
                let _ = write!(out, "\\U{:08X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
