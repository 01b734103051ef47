//! The picture of the README: a blocked plan as a terminal shows it, drawn from what the binary prints. `UPDATE_DOCS=1` writes it.
use std::fmt::Write as _;

use crate::common::{applygate, root};
use crate::docs::compare;

/// The change in the picture: one line is edited, and the database is replaced.
const PLAN: &str = "fixtures/stateful-destroy/fires-rds-replace-encryption";
const FILE: &str = "docs/blocked.svg";

const COLUMN: f32 = 8.4;
const LINE: f32 = 19.0;
const EDGE: f32 = 20.0;

/// A piece of a line that looks the same throughout.
#[derive(Debug, PartialEq)]
struct Span {
    column: usize,
    class: &'static str,
    text: String,
}

/// What a terminal makes of a line: where each piece starts, and how it looks.
fn spans(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let (mut class, mut column) = ("", 0);
    let mut rest = line;
    while !rest.is_empty() {
        let (text, after) = rest.split_once('\u{1b}').unwrap_or((rest, ""));
        if !text.is_empty() {
            spans.push(Span {
                column,
                class,
                text: text.to_owned(),
            });
            column += text.chars().count();
        }
        let Some((code, after)) = after
            .strip_prefix('[')
            .and_then(|code| code.split_once('m'))
        else {
            assert_eq!(after, "", "no other sequence is known");
            break;
        };
        class = match code {
            "0" => "",
            "1" => "bold",
            "2" => "dim",
            "31;1" => "red",
            "33;1" | "33" => "yellow",
            "32;1" | "32" => "green",
            "36" | "36;1" => "blue",
            other => panic!("a colour that the picture does not know: {other}"),
        };
        rest = after;
    }
    spans
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Each piece has its own place, so that columns stay columns in whatever font there is.
fn drawn(lines: &[String], title: &str) -> String {
    let count = u16::try_from(lines.len()).expect("a screen");
    let (width, height) = (
        80.0 * COLUMN + 2.0 * EDGE,
        f32::from(count) * LINE + 2.0 * EDGE,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>{title}</title>\n\
         <style>\n\
         text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d6dae0; white-space: pre }}\n\
         .bold {{ font-weight: bold; fill: #fff }}\n\
         .dim {{ fill: #8b949e }}\n\
         .red {{ font-weight: bold; fill: #ff6b62 }}\n\
         .yellow {{ fill: #e3b341 }}\n\
         .green {{ fill: #56d364 }}\n\
         .blue {{ fill: #76c7e8 }}\n\
         </style>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#14171c\"/>\n",
        title = escaped(title),
    );
    for (at, line) in (1u16..).zip(lines) {
        let y = EDGE + f32::from(at) * LINE - 5.0;
        for Span {
            column,
            class,
            text,
        } in spans(line)
        {
            let shown = text.trim_end();
            let start = shown.trim_start();
            if start.is_empty() {
                continue;
            }
            let blanks = shown.chars().count() - start.chars().count();
            let cells = f32::from(u16::try_from(start.chars().count()).expect("a line"));
            let column = f32::from(u16::try_from(column + blanks).expect("a line"));
            let class = match class {
                "" => String::new(),
                class => format!(" class=\"{class}\""),
            };
            writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{y:.1}\" textLength=\"{:.1}\"{class} xml:space=\"preserve\">{}</text>",
                EDGE + column * COLUMN,
                cells * COLUMN,
                escaped(start),
            )
            .expect("written");
        }
    }
    svg.push_str("</svg>\n");
    svg
}

#[test]
fn the_picture_is_what_the_binary_prints() {
    let words = ["check", "plan.json"];
    let output = applygate()
        .current_dir(root().join(PLAN))
        .args(["--color", "always"])
        .args(words)
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1), "a blocked plan");
    let report = String::from_utf8(output.stdout).expect("text");
    let mut lines = vec![format!("$ applygate {}", words.join(" ")), String::new()];
    lines.extend(report.lines().map(str::to_owned));
    let path = root().join(FILE);
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    let title = "applygate check: a blocked plan, with what would be lost";
    compare(&path, &there, &drawn(&lines, title));
}

#[test]
fn pieces_of_a_line() {
    let span = |column, class, text: &str| Span {
        column,
        class,
        text: text.to_owned(),
    };
    assert_eq!(
        spans("\u{1b}[31;1mBLOCK\u{1b}[0m: 1 · x"),
        [span(0, "red", "BLOCK"), span(5, "", ": 1 · x")]
    );
    assert_eq!(spans(""), []);
    assert_eq!(escaped("<&>"), "&lt;&amp;&gt;");
}
