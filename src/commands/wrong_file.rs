//! What a file is that is no plan: looked at only after it was refused, so that nothing here decides what is judged.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::config;
use crate::ui::mistaken::Mistaken;
use crate::ui::near::nearest;
use crate::ui::refusal::{Refusal, Why};

/// How much of a text is looked at, from its start and from its end, in bytes.
const LOOKED_AT: usize = 256 << 10;

/// The most files of a directory whose names are compared with one that does not exist.
const NEIGHBOURS: usize = 1000;

/// The refusal with the name of what the file is, where that is known.
pub(super) fn named(refusal: Refusal, bytes: &[u8], path: Option<&Path>) -> Refusal {
    let mistaken = match refusal.why {
        Why::NotAPlan if is_empty_state(bytes) => return Refusal::new(Why::StateShown),
        Why::NotAPlan => by_name(path).or_else(|| json(bytes)),
        Why::Stream => stream(&start(bytes)),
        Why::NotJson | Why::Malformed | Why::Surrounded | Why::ForgedArchive if is_tar(bytes) => {
            Some(Mistaken::Tar)
        }
        Why::NotJson | Why::Malformed | Why::Surrounded => {
            let (start, end) = (start(bytes), end(bytes));
            text(&start)
                .or_else(|| text(&end))
                .or_else(|| stream(&start))
                .or_else(|| by_name(path))
                .or_else(|| failed(&start))
                .or_else(|| source(&start))
                .or_else(|| addresses(&start))
        }
        _ => None,
    };
    match mistaken {
        Some(mistaken) => Refusal::new(Why::Mistaken(mistaken)),
        None => refusal,
    }
}

/// What is said of a path where there is no file.
pub(super) fn missing(path: &Path) -> Refusal {
    if let Some(mistaken) = address(path) {
        return Refusal::new(Why::Mistaken(mistaken));
    }
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Refusal::new(Why::Missing);
    };
    if path == Path::new("help") {
        return Refusal::new(Why::Missing).with("did you mean --help?");
    }
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let there: Vec<String> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .take(NEIGHBOURS)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    match nearest(name, there.iter().map(String::as_str)) {
        Some(near) => Refusal::new(Why::Missing).with(format!("did you mean {near}?")),
        None => Refusal::new(Why::Missing),
    }
}

/// Whether there is configuration in a directory.
pub(super) fn has_sources(dir: &Path) -> bool {
    let mut names = std::fs::read_dir(dir).into_iter().flatten().flatten();
    names.any(|entry| entry.file_name().to_str().is_some_and(config::is_source))
}

/// The mistake in a path that is no path.
fn address(path: &Path) -> Option<Mistaken> {
    let (before, _) = path.to_str()?.split_once(":/")?;
    match before.rsplit('/').next()? {
        "http" | "https" => Some(Mistaken::WebAddress),
        "s3" | "gs" | "az" => Some(Mistaken::BucketAddress),
        _ => None,
    }
}

/// Letters as they are meant: without colours, and without the zeros of UTF-16.
fn plain(bytes: &[u8]) -> String {
    let letters: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let letters = anstream::adapter::strip_bytes(&letters).into_vec();
    String::from_utf8_lossy(&letters).into_owned()
}

fn start(bytes: &[u8]) -> String {
    plain(bytes.get(..LOOKED_AT.min(bytes.len())).unwrap_or_default())
}

fn end(bytes: &[u8]) -> String {
    plain(
        bytes
            .get(bytes.len().saturating_sub(LOOKED_AT)..)
            .unwrap_or_default(),
    )
}

/// <https://www.gnu.org/software/tar/manual/html_node/Standard.html>: the magic of the first header.
fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

/// What Terraform prints for people.
fn text(text: &str) -> Option<Mistaken> {
    let any = |says: &dyn Fn(&str) -> bool| text.lines().map(str::trim).any(says);
    let applied = |line: &str| {
        line.starts_with("Apply complete! Resources:")
            || line.starts_with("Destroy complete! Resources:")
            || line.contains(": Creation complete after ")
            || line.contains(": Modifications complete after ")
            || line.contains(": Destruction complete after ")
    };
    let tested = |line: &str| {
        (line.contains(".tftest.") && line.ends_with("... in progress"))
            || ((line.starts_with("Success! ") || line.starts_with("Failure! "))
                && line.contains(" passed, ")
                && line.contains(" failed"))
    };
    let planned = |line: &str| {
        line.contains(" will perform the following actions:")
            || line.contains(" planned the following actions, but then encountered")
            || line.contains("Resource actions are indicated with")
            || (line.starts_with("Plan: ") && line.contains(" to add, "))
            || line.starts_with("No changes. Your infrastructure")
            || line.starts_with("Note: Objects have changed outside of ")
            || line == "Changes to Outputs:"
    };
    if any(&applied) {
        Some(Mistaken::ApplyLog)
    } else if any(&tested) {
        Some(Mistaken::TestLog)
    } else if any(&planned) {
        Some(Mistaken::PlanText)
    } else if any(&|line| line.starts_with("Initializing the backend...")) {
        Some(Mistaken::InitLog)
    } else {
        None
    }
}

fn failed(text: &str) -> Option<Mistaken> {
    let error = |line: &str| {
        line.trim_start_matches(['│', '╷', '|', ' '])
            .starts_with("Error: ")
    };
    text.lines().any(error).then_some(Mistaken::ErrorText)
}

/// Blocks as they are written; `show` writes those of a state with a comment before each.
fn source(text: &str) -> Option<Mistaken> {
    let block = |line: &str| {
        let word = line.split([' ', '"', '{']).next().unwrap_or_default();
        let known = [
            "resource",
            "data",
            "module",
            "variable",
            "output",
            "provider",
            "terraform",
            "locals",
            "ephemeral",
            "moved",
            "import",
            "removed",
            "check",
            "run",
        ];
        known.contains(&word) && line.trim_end().ends_with('{')
    };
    let shown = |pair: (&str, &str)| {
        pair.0.starts_with("# ") && pair.0.trim_end().ends_with(':') && block(pair.1)
    };
    if text.lines().zip(text.lines().skip(1)).any(shown) {
        Some(Mistaken::StateText)
    } else {
        text.lines().any(block).then_some(Mistaken::Source)
    }
}

/// Nothing but addresses, a line each.
fn addresses(text: &str) -> Option<Mistaken> {
    let mut lines = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .peekable();
    lines.peek()?;
    let address = |line: &str| {
        let (word, rest) = line.split_once('.').unwrap_or((line, ""));
        let kind = word == "module" || word == "data" || word.contains('_');
        kind && !rest.is_empty()
            && !line.contains(' ')
            && crate::address::Address::parse(line).is_some()
    };
    lines.all(address).then_some(Mistaken::StateList)
}

/// The log that `-json` writes: of an apply or a test, where it is not that of a plan.
fn stream(text: &str) -> Option<Mistaken> {
    let says = |word: &str| text.contains(&format!("\"type\":\"{word}"));
    if !says("version") {
        None
    } else if says("test_") {
        Some(Mistaken::TestLog)
    } else {
        says("apply_").then_some(Mistaken::ApplyLog)
    }
}

fn by_name(path: Option<&Path>) -> Option<Mistaken> {
    let name = path?.file_name()?.to_str()?.to_ascii_lowercase();
    if name == ".terraform.lock.hcl" {
        Some(Mistaken::LockFile)
    } else if name.ends_with(".tfvars") || name.ends_with(".tfvars.json") {
        Some(Mistaken::Variables)
    } else {
        let ends = [".tf", ".tofu", ".tf.json", ".tofu.json", ".hcl"];
        ends.iter()
            .any(|end| name.ends_with(end))
            .then_some(Mistaken::Source)
    }
}

#[derive(Deserialize)]
struct Output {
    #[serde(rename = "sensitive")]
    _sensitive: bool,
    #[serde(rename = "type")]
    _kind: IgnoredAny,
    #[serde(rename = "value")]
    _value: IgnoredAny,
}

/// What `show -json` prints where there is no state.
fn is_empty_state(bytes: &[u8]) -> bool {
    serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(bytes)
        .is_ok_and(|keys| keys.len() == 1 && keys.contains_key("format_version"))
}

/// JSON by its keys.
fn json(bytes: &[u8]) -> Option<Mistaken> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let keys: BTreeMap<String, IgnoredAny> = serde_json::from_slice(bytes).ok()?;
    let has = |key: &str| keys.contains_key(key);
    if has("plan_format_version") {
        Some(Mistaken::Redacted)
    } else if has("provider_schemas") {
        Some(Mistaken::Schemas)
    } else if has("error_count") && has("valid") {
        Some(Mistaken::Validation)
    } else if has("function_signatures") {
        Some(Mistaken::Functions)
    } else if has("terraform_version") && has("provider_selections") {
        Some(Mistaken::Version)
    } else if has("format_version") && has("modules") {
        Some(Mistaken::Modules)
    } else if [
        "resource",
        "terraform",
        "provider",
        "variable",
        "module",
        "locals",
    ]
    .into_iter()
    .any(has)
    {
        Some(Mistaken::Source)
    } else {
        let outputs = serde_json::from_slice::<BTreeMap<String, Output>>(bytes);
        outputs
            .is_ok_and(|all| !all.is_empty())
            .then_some(Mistaken::Outputs)
    }
}
