//! From the bytes of one input to the plans in it, opened once: a saved plan file, or text that may be plans,
//! in whatever encoding and with whatever text of a wrapper around the JSON.

use std::borrow::Cow;
use std::fmt;

use super::saved::{self, ends_like_zip};
use super::{Plan, json};
use crate::ui::refusal::{Refusal, Why};

/// The most text of a wrapper on either side of a plan, in bytes.
const MAX_AROUND: usize = 64 << 10;

/// One input, opened: it owns what its plans borrow.
pub struct Document<'b> {
    form: Form<'b>,
    /// What a reader of the report should know.
    notes: Vec<&'static str>,
}

enum Form<'b> {
    Saved(Box<saved::Opened<'b>>),
    Text(Cow<'b, str>),
}

impl fmt::Debug for Document<'_> {
    /// Shows nothing of the content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Saved(opened) => opened.fmt(f),
            Form::Text(text) => write!(f, "Text({} bytes)", text.len()),
        }
    }
}

impl<'b> Document<'b> {
    /// Opens an input: unpacks a saved plan, decodes a text, or says what it is instead.
    ///
    /// # Errors
    /// When it is empty, damaged, another binary file, or in no encoding that is known.
    pub fn open(bytes: &'b [u8]) -> Result<Self, Refusal> {
        if saved::is_saved(bytes) {
            return Ok(Self {
                form: Form::Saved(Box::new(saved::Opened::new(bytes)?)),
                notes: Vec::new(),
            });
        }
        let (text, notes) = decode(bytes)?;
        Ok(Self {
            form: Form::Text(text),
            notes,
        })
    }

    /// Reads every plan in it: one of a saved plan file, one or several of a text.
    ///
    /// # Errors
    /// When it holds no plan, or something beside plans.
    pub fn plans(&self) -> Result<Plans<'_>, Refusal> {
        match &self.form {
            Form::Saved(opened) => Ok(Plans {
                plans: vec![opened.plan()?],
                notes: Vec::new(),
                rest: None,
            }),
            Form::Text(text) => {
                let mut found = plans(text)?;
                found.notes.splice(0..0, self.notes.iter().copied());
                Ok(found)
            }
        }
    }
}

/// Decodes an input that is no saved plan, or says what it is when it is no text.
fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Vec<&'static str>), Refusal> {
    match bytes {
        [] => Err(Refusal::new(Why::Empty)),
        // Programs look for a zip's end from the back: what is read here as text, Terraform would apply as that zip.
        bytes if ends_like_zip(bytes) => Err(Refusal::new(Why::ForgedArchive)),
        [b't', b'f', b'p', b'l', b'a', b'n', ..] => Err(Refusal::new(Why::OldPlan)),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [b'{', 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, b'{', ..] => utf16(bytes, u16::from_be_bytes),
        _ => utf8(bytes).map(|text| (Cow::Borrowed(text), Vec::new())),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Refusal> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        Refusal::new(Why::NotJson).with(format!("byte {} is not UTF-8 text", error.valid_up_to()))
    })
}

type Decoded = (Cow<'static, str>, Vec<&'static str>);

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Decoded, Refusal> {
    let units = bytes.chunks_exact(2).map(|pair| {
        unit([
            pair.first().copied().unwrap_or_default(),
            pair.get(1).copied().unwrap_or_default(),
        ])
    });
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(mut text) if bytes.len().is_multiple_of(2) => {
            if text.starts_with('\u{feff}') {
                text.remove(0);
            }
            Ok((
                Cow::Owned(text),
                vec!["the file is UTF-16, as PowerShell's > writes it"],
            ))
        }
        _ => Err(Refusal::new(Why::Malformed).with("it starts like UTF-16, but is not valid")),
    }
}

/// The plans of an input, and whether a wrapper's text stood around them.
#[derive(Debug)]
pub struct Plans<'t> {
    /// The plans, in order.
    pub plans: Vec<Plan<'t>>,
    /// What a reader of the report should know.
    pub(crate) notes: Vec<&'static str>,
    /// Why what comes after them cannot be judged: it takes nothing from the plans before, and the whole is not let through.
    pub(crate) rest: Option<Refusal>,
}

/// The most plans of one input: each is judged for itself.
const MOST: usize = 10_000;

/// Reads every plan in a text: one, several one after the other, or one within the log of a wrapper.
///
/// # Errors
/// When there is none at the start, or something else than a wrapper's log before it.
fn plans(text: &str) -> Result<Plans<'_>, Refusal> {
    let start = text.len() - text.trim_start().len();
    let mut at = if text.get(start..).is_some_and(|text| text.starts_with('{')) {
        start
    } else {
        wrapped(text)?
    };
    let mut found = Plans {
        plans: Vec::new(),
        notes: if at > start {
            vec![WRAPPED]
        } else {
            Vec::new()
        },
        rest: None,
    };
    loop {
        if found.plans.len() >= MOST {
            let many = Refusal::new(Why::TooLarge).with("more than 10,000 plans in one file");
            found.rest = Some(many);
            return Ok(found);
        }
        let rest = text.get(at..).unwrap_or_default();
        let (plan, length) = match json::read(rest).map_err(|refusal| further_in(refusal, text, at))
        {
            Ok(read) => read,
            Err(refusal) if found.plans.is_empty() => return Err(refusal),
            Err(refusal) => {
                found.rest = Some(refusal);
                return Ok(found);
            }
        };
        found.plans.push(plan);
        let this = rest.get(..length).unwrap_or_default();
        at += length;
        let rest = text.get(at..).unwrap_or_default();
        at += rest.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(found);
        }
        if !rest.starts_with('{') {
            let log = without_echo(rest, this);
            if log.len() > MAX_AROUND || may_hold_a_plan(&log) {
                found.rest = Some(Refusal::new(Why::Surrounded));
            } else {
                found.notes = vec![WRAPPED];
            }
            return Ok(found);
        }
    }
}

const WRAPPED: &str = "text of a wrapper around the JSON was ignored";

/// How a line starts that holds a plan: with the key that Terraform writes first, or with the first one where a program has sorted them.
pub(crate) const STARTS: [&str; 6] = [
    "{\"format_version\"",
    "{\"action_invocations\"",
    "{\"applyable\"",
    "{\"checks\"",
    "{\"complete\"",
    "{\"configuration\"",
];

/// Where the plan starts in the log of a wrapper: a line that starts with the first key of one.
fn wrapped(text: &str) -> Result<usize, Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::new(Why::Empty));
    }
    let starts = STARTS
        .iter()
        .filter_map(|start| text.find(&format!("\n{start}")));
    let Some(at) = starts.min().map(|at| at + 1) else {
        return Err(Refusal::new(Why::NotJson));
    };
    if at > MAX_AROUND || text.get(..at).is_none_or(may_hold_a_plan) {
        return Err(Refusal::new(Why::Surrounded));
    }
    Ok(at)
}

/// How lines start in which the wrapper that `hashicorp/setup-terraform` puts in Terraform's place repeats what it printed
/// (<https://github.com/hashicorp/setup-terraform/blob/main/wrapper/terraform.js>).
const ECHOES: [&str; 2] = ["::debug::stdout: ", "::set-output name=stdout::"];

/// The text behind a plan without the lines that repeat that plan.
fn without_echo(text: &str, plan: &str) -> String {
    let repeats = |line: &str| {
        let said = ECHOES.iter().find_map(|start| line.strip_prefix(start));
        said.is_some_and(|said| {
            let said = said.replace("%0D", "\r").replace("%0A", "\n");
            said.replace("%25", "%").trim() == plan.trim()
        })
    };
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !repeats(line)).collect()
}

/// Whether the text around a plan may be one as well: a line starts an object, or the keys of a plan stand somewhere (wrappers put names before lines).
fn may_hold_a_plan(text: &str) -> bool {
    ["\"format_version\"", "\"resource_changes\""]
        .iter()
        .any(|key| text.contains(key))
        || text
            .split(['\n', '\r'])
            .any(|line| line.trim_start().starts_with('{'))
}

/// A place within a part of the text as a place within the whole.
fn further_in(mut refusal: Refusal, text: &str, at: usize) -> Refusal {
    if let Some(place) = &mut refusal.place {
        let before = text.get(..at).unwrap_or_default();
        if place.line == 1 {
            place.column += before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
        }
        place.line += before.matches('\n').count();
        place.offset += at;
    }
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = r#"{"format_version":"1.2","resource_changes":[],"planned_values":{}}"#;

    fn why(text: &str) -> Option<Why> {
        plans(text)
            .map_or_else(Some, |found| found.rest)
            .map(|refusal| refusal.why)
    }

    #[test]
    fn one_several_and_wrapped() {
        assert_eq!(plans(PLAN).map(|found| found.plans.len()), Ok(1));
        assert_eq!(
            plans(&format!(" {PLAN}\n{PLAN} ")).map(|found| found.plans.len()),
            Ok(2)
        );
        let log = format!(
            "::debug::starting\n  [command] terraform show\n{PLAN}\n::set-output name=exitcode::0\n"
        );
        let found = plans(&log).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!((found.plans.len(), found.notes), (1, vec![WRAPPED]));
    }

    #[test]
    fn what_is_around_must_be_a_log() {
        assert_eq!(
            why(&format!("{PLAN}\nlog\n{{\"a\":1}}")),
            Some(Why::Surrounded)
        );
        assert_eq!(why(&format!("x\n{{ }}\n{PLAN}")), Some(Why::Surrounded));
        assert_eq!(
            why(&format!("{}\n{PLAN}", "x".repeat(MAX_AROUND + 1))),
            Some(Why::Surrounded)
        );
        assert_eq!(
            why(&format!("{PLAN}\n{}", "x".repeat(MAX_AROUND + 1))),
            Some(Why::Surrounded)
        );
        for line in [
            format!("[stack-a] {PLAN}"),
            format!("::set {PLAN}"),
            format!("stack-a\r{PLAN}"),
            "[a] {\n[a]   \"format_version\": \"1.2\"\n[a] }".to_owned(),
        ] {
            for text in [format!("{line}\n{PLAN}"), format!("{PLAN}\n{line}")] {
                assert_eq!(why(&text), Some(Why::Surrounded), "{text}");
            }
        }
        // The same again is no other plan.
        let echo = PLAN.replace("1.2", "1.2%");
        let log = |echo: &str| {
            let escaped = echo.replace('%', "%25");
            format!(
                "{}\n::debug::stdout: {escaped}%0A\n::set-output name=stdout::{escaped}%0A\n",
                PLAN.replace("1.2", "1.2%")
            )
        };
        assert_eq!(why(&log(&echo)), None);
        assert_eq!(why(&log(PLAN)), Some(Why::Surrounded));
        assert_eq!(why("hello"), Some(Why::NotJson));
        assert_eq!(why(" \n"), Some(Why::Empty));
    }

    #[test]
    fn very_many_plans() {
        let text = format!("{PLAN}\n").repeat(MOST + 1);
        let found = plans(&text).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(found.plans.len(), MOST);
        assert_eq!(found.rest.map(|refusal| refusal.why), Some(Why::TooLarge));
        let text = format!("{PLAN}\n").repeat(MOST);
        assert!(plans(&text).is_ok_and(|found| found.rest.is_none()));
    }

    #[test]
    fn what_comes_after_takes_nothing_away() {
        let after = |rest: &str| {
            plans(&format!("{PLAN}\n{rest}"))
                .map(|found| (found.plans.len(), found.rest.map(|refusal| refusal.why)))
        };
        assert_eq!(
            after("{\"format_version\":\"1.2\",\"resource_changes\":["),
            Ok((1, Some(Why::Truncated)))
        );
        assert_eq!(after(&format!("{PLAN}{{}}")), Ok((2, Some(Why::NotAPlan))));
        assert_eq!(after(""), Ok((1, None)));
    }

    #[test]
    fn what_is_no_plan() {
        for (text, expected) in [
            ("{}", Why::NotAPlan),
            ("{\"format_version\":\"1.0\"}", Why::NotAPlan),
            (
                "{\"format_version\":\"2.0\",\"resource_changes\":[]}",
                Why::UnknownFormat,
            ),
            (
                "{\"format_version\":\"1.0\",\"values\":{}}",
                Why::StateShown,
            ),
            (
                "{\"format_version\":\"1.2\",\"resource_changes\":null}",
                Why::NullList,
            ),
            (
                "{\"format_version\":\"1.2\",\"resource_changes\":[],\"resource_drift\":null}",
                Why::NullList,
            ),
            (
                "{\"version\":4,\"lineage\":\"x\",\"serial\":1}",
                Why::RawState,
            ),
            (
                "{\"@level\":\"info\",\"@message\":\"Terraform 1.15.5\",\"type\":\"version\"}",
                Why::Stream,
            ),
            (
                "{\"encryption_version\":\"v0\",\"encrypted_data\":\"x\",\"meta\":{}}",
                Why::Encrypted,
            ),
            (
                "{\"remote_plan_format\":1,\"run_id\":\"run-x\",\"hostname\":\"h\"}",
                Why::Bookmark,
            ),
            (
                "{\"format_version\":\"1.2\",\"resource_changes\":[",
                Why::Truncated,
            ),
            (
                "{\"format_version\":\"1.2\",\"resource_changes\":[}",
                Why::Malformed,
            ),
            (
                "{\"format_version\":\"1.2\",\"resource_changes\":[{}]}",
                Why::WrongShape,
            ),
            (
                "{\"format_version\":\"1.2\",\"resource_changes\":{}}",
                Why::WrongShape,
            ),
            (
                "{\"format_version\":\"1.2\",\"resource_changes\":[],\"resource_changes\":[]}",
                Why::WrongShape,
            ),
        ] {
            assert_eq!(why(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn encodings() {
        let utf16 = |bom: &[u8], unit: fn(u16) -> [u8; 2]| {
            [bom, &PLAN.encode_utf16().flat_map(unit).collect::<Vec<_>>()].concat()
        };
        let bom = [b"\xEF\xBB\xBF", PLAN.as_bytes()].concat();
        for bytes in [
            PLAN.as_bytes().to_vec(),
            bom,
            utf16(b"\xFF\xFE", u16::to_le_bytes),
            utf16(b"\xFE\xFF", u16::to_be_bytes),
            utf16(b"", u16::to_le_bytes),
        ] {
            let (text, _) = decode(&bytes).unwrap_or_else(|refusal| panic!("{refusal}"));
            assert_eq!(text, PLAN);
        }
        for (bytes, expected) in [
            (&b""[..], Why::Empty),
            (b"{} PK\x05\x06", Why::ForgedArchive),
            (b"tfplan\x01", Why::OldPlan),
            (b"\xFF\xFE{", Why::Malformed),
        ] {
            assert_eq!(
                decode(bytes).err().map(|refusal| refusal.why),
                Some(expected)
            );
        }
    }
}
