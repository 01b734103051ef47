//! The question: the more would be lost, the more has to be typed. Whatever is not the right answer is a no.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::finding::Severity;
use crate::os::{Event, Signals, Terminal};
use crate::report::{PlanReport, tally};
use crate::rules::loss_label;
use crate::ui::escape::line;
use crate::verdict::{Standing, Verdict};

/// How often a wrong word may be typed.
const TRIES: usize = 3;

/// The longest address that somebody is asked to type, in characters.
const MAX_TYPED: usize = 80;

/// The longest answer that is looked at, in bytes: what a terminal hands over as one line.
const MAX_ANSWER: usize = 4096;

/// What has to be typed to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// `yes`, as Terraform asks it.
    Yes,
    /// The address of the worst thing that will be lost.
    Address(String),
    /// How many objects will be destroyed.
    Destroyed(usize),
    /// The name of the workspace.
    Workspace(String),
    /// The start of the plan's digest: where nothing else can be typed.
    Digest(String),
}

impl Question {
    /// The question that a judged plan asks.
    pub(super) fn of(plan: &PlanReport) -> Self {
        if plan.decision.verdict != Verdict::Block {
            return Self::Yes;
        }
        // What a CI system would take for a command of its own is not shown, and so not asked for.
        let plain = |text: &str| {
            !text.contains("##")
                && !text.is_empty()
                && text.chars().count() <= MAX_TYPED
                && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')
        };
        let typeable =
            |address: &&str| plain(address) && !address.starts_with(' ') && !address.ends_with(' ');
        if let Some(address) = worst_address(plan).filter(typeable) {
            return Self::Address(address.to_owned());
        }
        let destroyed = plan.summary.counts.delete + plan.summary.counts.replace;
        let workspace = plan
            .summary
            .state
            .as_ref()
            .map(|state| state.workspace.as_str())
            .filter(typeable);
        match (destroyed, workspace) {
            (0, Some(workspace)) => Self::Workspace(workspace.to_owned()),
            (0, None) => Self::Digest(plan.summary.sha256.chars().take(12).collect()),
            (destroyed, _) => Self::Destroyed(destroyed),
        }
    }

    /// What it is called in the log.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Address(_) => "address",
            Self::Destroyed(_) => "destroyed",
            Self::Workspace(_) => "workspace",
            Self::Digest(_) => "digest",
        }
    }

    /// The right answer.
    fn wanted(&self) -> String {
        match self {
            Self::Yes => "yes".to_owned(),
            Self::Address(text) | Self::Workspace(text) | Self::Digest(text) => text.clone(),
            Self::Destroyed(count) => count.to_string(),
        }
    }

    /// The words that it is asked in.
    pub(super) fn text(&self, plan: &PlanReport, terraform: &Path, width: usize) -> String {
        let digest: String = plan.summary.sha256.chars().take(12).collect();
        let fold = |text: String| {
            textwrap::fill(
                &text,
                textwrap::Options::new(width)
                    .subsequent_indent("  ")
                    .break_words(false),
            )
        };
        let terraform = line(&terraform.display().to_string()).into_owned();
        let what = match self {
            Self::Yes => {
                return format!(
                    "\n{}Do you want to perform these actions?\n{}\n  Only 'yes' will be accepted to approve.\n\n",
                    broken(plan).map_or_else(String::new, |text| format!("{}\n", fold(text))),
                    fold(format!(
                        "  {terraform} will apply exactly the plan judged above (sha256 {digest})."
                    ))
                );
            }
            Self::Address(_) => "the address of the most important resource that would be lost",
            Self::Destroyed(_) => "how many objects would be destroyed or replaced",
            Self::Workspace(_) => "the name of the workspace",
            Self::Digest(_) => "the start of the plan's sha256",
        };
        // The report may have gone elsewhere, or off the screen: whoever answers sees here what it comes to.
        let tally: Vec<String> = tally(&plan.decision)
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        let counts = &plan.summary.counts;
        let or_replace = if counts.replace > 0 {
            " or replace"
        } else {
            ""
        };
        let destroyed = match counts.delete + counts.replace {
            0 => String::new(),
            count => format!(
                "; {} to destroy{or_replace}",
                crate::ui::words::plural(count, "object")
            ),
        };
        let mut text = vec![
            String::new(),
            fold(format!(
                "This plan is blocked: {}{destroyed}.",
                tally.join(", ")
            )),
        ];
        text.extend(blocking(plan, width));
        text.extend(broken(plan).map(fold));
        text.extend(
            plan.summary
                .state
                .as_ref()
                .map(|state| fold(format!("State: {}", line(&state.words())))),
        );
        let state = plan.summary.state.as_ref();
        // On a line of its own: a path is read, and copied.
        text.extend(
            state
                .and_then(|state| state.path.as_deref())
                .map(|path| format!("State file: {}", line(path))),
        );
        text.extend([
            fold(format!("Terraform: {terraform} · plan sha256 {digest}")),
            String::new(),
            fold(format!(
                "'yes' is not enough. To apply it anyway, type {what}:"
            )),
            String::new(),
        ]);
        // As it is: only plain characters are asked for, and what is shown escaped (`::` in an ARN) nobody could type.
        format!(
            "{}\n  {}\n\nAn empty line or a third wrong answer stops here, and nothing is run.\n\n",
            text.join("\n"),
            self.wanted()
        )
    }
}

/// How many findings stand above the question: with all around it they fit a screen of 24 lines.
const SHOWN: usize = 3;

/// That a freeze is broken, and why.
fn broken(plan: &PlanReport) -> Option<String> {
    let closed = plan.decision.closed.as_ref()?;
    let reason = closed.broken.as_ref()?;
    Some(line(&format!("{}. You override this: {reason}", closed.reason)).into_owned())
}

/// What blocks, the worst first: where, and what is lost. Lower findings are left to the report.
fn blocking(plan: &PlanReport, width: usize) -> Vec<String> {
    let decision = &plan.decision;
    let all: Vec<_> = decision
        .findings
        .iter()
        .filter(|weighed| weighed.counts() && weighed.severity >= decision.block_at)
        .collect();
    let label = all
        .iter()
        .map(|weighed| weighed.severity.word().len())
        .max()
        .unwrap_or_default();
    let mut lines = Vec::new();
    for weighed in all.iter().take(SHOWN) {
        let finding = &weighed.finding;
        let address = finding.address.as_deref().unwrap_or("the whole plan");
        let severity = weighed.severity.word().to_uppercase();
        lines.push(cut(
            &format!("  {severity:<label$}  {}", line(address)),
            width,
        ));
        let loss = finding
            .loss
            .as_deref()
            .filter(|_| finding.address.is_some());
        let lost = loss.map_or_else(
            || line(&finding.message).into_owned(),
            |loss| format!("{}: {}", loss_label(finding), line(loss)),
        );
        lines.push(cut(&format!("  {:label$}  {lost}", ""), width));
    }
    if all.len() > SHOWN {
        lines.push(format!("  and {} more that block", all.len() - SHOWN));
    }
    lines
}

/// One line of the screen.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The address of the worst finding that counts, if one of the worst severity has one.
fn worst_address(plan: &PlanReport) -> Option<&str> {
    let counting = || {
        plan.decision
            .findings
            .iter()
            .filter(|weighed| weighed.standing == Standing::Counts)
    };
    let worst: Severity = counting().map(|weighed| weighed.severity).max()?;
    // A destroy is a loss; other findings of the same severity come after it.
    let of_worst = || {
        counting()
            .filter(move |weighed| weighed.severity == worst && weighed.finding.address.is_some())
    };
    let loss = of_worst()
        .find(|weighed| weighed.finding.actions.contains(&"delete"))
        .or_else(|| of_worst().next());
    loss.and_then(|weighed| weighed.finding.address.as_deref())
}

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The right words.
    Yes,
    /// Something else, or nothing.
    No,
    /// As many wrong answers as there are tries.
    Wrong,
    /// Ctrl-C, or the session went away.
    Interrupted,
}

/// Asks on the terminal.
///
/// # Errors
/// Those of the terminal: then nothing was answered.
pub(super) fn ask(
    question: &Question,
    text: &str,
    terminal: &mut Terminal,
    signals: &mut Signals,
) -> io::Result<Answer> {
    // What was typed or pasted before the question could be read is no answer to it.
    terminal.forget();
    terminal.write_all(text.as_bytes())?;
    let wanted = question.wanted();
    for left in (0..TRIES).rev() {
        terminal.write_all(b"  Enter a value: ")?;
        terminal.flush()?;
        let typed = match read_line(terminal, signals)? {
            Typed::Line(typed) => typed,
            // A no stays one if the terminal is gone.
            Typed::End => {
                let _ = terminal.write_all(b"\n");
                return Ok(Answer::No);
            }
            Typed::Interrupted => {
                let _ = terminal.write_all(b"\n");
                return Ok(Answer::Interrupted);
            }
        };
        let typed = String::from_utf8(typed).unwrap_or_default();
        let typed = typed.trim();
        if typed == wanted {
            terminal.write_all(b"\n")?;
            return Ok(Answer::Yes);
        }
        // Terraform's own question takes the first answer; a long address may be mistyped.
        if typed.is_empty() || *question == Question::Yes {
            return Ok(Answer::No);
        }
        if left > 0 {
            terminal.write_all(
                format!(
                    "\n  That is not it: {} left.\n\n",
                    if left == 1 { "one try" } else { "two tries" }
                )
                .as_bytes(),
            )?;
        }
    }
    Ok(Answer::Wrong)
}

enum Typed {
    Line(Vec<u8>),
    End,
    Interrupted,
}

/// One line, without its end. What is longer than any right answer is read to its end and is none.
fn read_line(terminal: &mut Terminal, signals: &mut Signals) -> io::Result<Typed> {
    let mut typed = Vec::new();
    let mut bytes = [0; MAX_ANSWER];
    loop {
        match signals.wait(Some(terminal))? {
            Event::Typed => {}
            Event::Child => continue,
            Event::Interrupt | Event::Quit | Event::Terminate | Event::HangUp => {
                return Ok(Typed::Interrupted);
            }
        }
        let read = match terminal.read(&mut bytes) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // A terminal that was closed.
            Err(_) => return Ok(Typed::End),
        };
        let read = bytes.get(..read).unwrap_or_default();
        if read.is_empty() {
            return Ok(Typed::End);
        }
        if let Some(end) = read.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            typed.extend(read.get(..end).unwrap_or_default());
            return Ok(Typed::Line(if typed.len() > MAX_ANSWER {
                b"too long".to_vec()
            } else {
                typed
            }));
        }
        if typed.len() <= MAX_ANSWER {
            typed.extend(read);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::summary::{Counts, StateLine, Summary};
    use crate::finding::Finding;
    use crate::verdict::{Decision, Weighed};

    fn plan(findings: Vec<Finding>, destroyed: usize, workspace: Option<&str>) -> PlanReport {
        let worst = findings.iter().map(|finding| finding.severity).max();
        let state = workspace.map(|workspace| StateLine {
            mode: "normal",
            backend: None,
            server: None,
            place: None,
            path: None,
            workspace: workspace.to_owned(),
            lineage: None,
            serial: None,
            managed: 0,
            targets: 0,
        });
        PlanReport {
            folder: None,
            compared: crate::report::Compared::Nothing(None),
            summary: Summary {
                writer: crate::plan::Writer::Unknown,
                complete: Some(true),
                source: "tfplan".to_owned(),
                sha256: "0123456789abcdef".to_owned(),
                terraform_version: None,
                format_version: String::new(),
                counts: Counts {
                    delete: destroyed,
                    ..Counts::default()
                },
                drift: 0,
                gone: 0,
                runs: Vec::new(),
                failed_checks: 0,
                notes: Vec::new(),
                state,
                change: None,
                explained: None,
                changes: None,
            },
            identity: None,
            decision: Decision {
                findings: findings
                    .into_iter()
                    .map(|finding| Weighed {
                        severity: finding.severity,
                        finding,
                        standing: Standing::Counts,
                        expired: None,
                        allowances: Vec::new(),
                        waivers: Vec::new(),
                    })
                    .collect(),
                waivers: Vec::new(),
                closed: None,
                verdict: if worst >= Some(Severity::High) {
                    Verdict::Block
                } else {
                    Verdict::Warn
                },
                block_at: Severity::High,
                refusal: None,
            },
            policy: None,
            overruled: Vec::new(),
            from: None,
        }
    }

    fn finding(
        severity: Severity,
        address: Option<&str>,
        actions: &'static [&'static str],
    ) -> Finding {
        Finding {
            address: address.map(str::to_owned),
            actions,
            ..Finding::about_plan("stateful-destroy", severity, "")
        }
    }

    const DELETE: &[&str] = &["delete"];

    #[test]
    fn what_is_asked() {
        use Severity::{Critical, High, Medium};
        let asked =
            |findings, destroyed, workspace| Question::of(&plan(findings, destroyed, workspace));
        assert_eq!(asked(vec![], 0, None), Question::Yes);
        assert_eq!(
            asked(vec![finding(Medium, Some("a.b"), DELETE)], 1, None),
            Question::Yes
        );
        assert_eq!(
            asked(
                vec![
                    finding(Critical, None, &[]),
                    finding(Critical, Some("a.b"), DELETE)
                ],
                9,
                None
            ),
            Question::Address("a.b".to_owned())
        );
        let update = finding(High, Some("a.a"), &["update"]);
        assert_eq!(
            asked(
                vec![update.clone(), finding(High, Some("a.b"), DELETE)],
                1,
                None
            ),
            Question::Address("a.b".to_owned()),
            "a loss comes first"
        );
        assert_eq!(
            asked(vec![update], 0, None),
            Question::Address("a.a".to_owned())
        );
        let whole = || {
            vec![
                finding(Critical, None, &[]),
                finding(High, Some("a.b"), DELETE),
            ]
        };
        assert_eq!(
            asked(whole(), 9, Some("prod")),
            Question::Destroyed(9),
            "the worst is about the whole plan"
        );
        assert_eq!(
            asked(whole(), 0, Some("prod")),
            Question::Workspace("prod".to_owned())
        );
        assert_eq!(
            asked(whole(), 0, None),
            Question::Digest("0123456789ab".to_owned())
        );
        assert_eq!(
            asked(whole(), 0, Some("pröd")),
            Question::Digest("0123456789ab".to_owned())
        );
    }

    #[test]
    fn what_cannot_be_typed_is_not_asked_for() {
        for address in [
            "a.b[\"ü\"]",
            "a.b[\"\u{202e}\"]",
            "a.b[\"\u{430}\"]",
            &format!("a.{}", "b".repeat(79)),
        ] {
            assert_eq!(
                Question::of(&plan(
                    vec![finding(Severity::Critical, Some(address), DELETE)],
                    3,
                    None
                )),
                Question::Destroyed(3),
                "{address}"
            );
        }
        let longest = format!("a.{}", "b".repeat(78));
        assert_eq!(
            Question::of(&plan(
                vec![finding(Severity::Critical, Some(&longest), DELETE)],
                3,
                None
            )),
            Question::Address(longest)
        );
    }

    /// Keys are often ARNs.
    #[test]
    fn what_is_shown_is_what_has_to_be_typed() {
        let arn = "aws_iam_role_policy.p[\"arn:aws:iam::123456789012:role/x\"]";
        let shown = plan(
            vec![finding(Severity::Critical, Some(arn), DELETE)],
            3,
            None,
        );
        assert!(
            Question::of(&shown)
                .text(&shown, Path::new("/bin/terraform"), 80)
                .contains(&format!("\n  {arn}\n"))
        );
        for command in ["a.b[\"##[command]\"]", "a.b[\"##vso[task.x]\"]"] {
            assert_eq!(
                Question::of(&plan(
                    vec![finding(Severity::Critical, Some(command), DELETE)],
                    3,
                    None
                )),
                Question::Destroyed(3),
                "{command}"
            );
        }
    }

    #[test]
    fn what_is_allowed_is_not_asked_for() {
        let mut plan = plan(
            vec![
                finding(Severity::Critical, Some("a.b"), DELETE),
                finding(Severity::High, Some("a.c"), DELETE),
            ],
            2,
            None,
        );
        plan.decision.findings[0].standing = Standing::Allowed;
        assert_eq!(Question::of(&plan), Question::Address("a.c".to_owned()));
    }

    /// At 80 columns: long words may stand out, as an address does.
    #[test]
    fn the_words_fit_the_screen() {
        let mut plan = plan(
            vec![finding(Severity::Critical, Some("a.b"), DELETE)],
            27,
            Some("prod"),
        );
        for _ in 0..2 {
            let text = Question::of(&plan).text(&plan, Path::new("/usr/local/bin/terraform"), 80);
            assert!(
                text.lines().all(|line| line.chars().count() <= 80),
                "{text}"
            );
            assert!(text.contains("0123456789ab"));
            plan.decision.verdict = Verdict::Pass;
        }
    }
}
