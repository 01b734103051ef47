//! The report for people: one screen, the worst first. Alike findings are told once with all their addresses; what does not fit is counted.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Write};

use owo_colors::Style;

use super::words::{
    Standings, UsedBy, address, aside, aside_of, counts, drift, found, not_known, outcome, place,
    policy_words, rule, side_sign,
};
use super::worst::groups;
use super::{LeftOut, PlanReport, PolicyFrom, Report, table, words};
use crate::facts::summary::{Explanation, Summary};
use crate::finding::{Finding, Severity, Side, SourcePlace};
use crate::rules::loss_label;
use crate::ui::escape::line;
use crate::ui::style::Styles;
use crate::verdict::{Verdict, Weighed};

/// How the report is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// Columns of the terminal.
    pub width: usize,
    /// Show everything.
    pub verbose: bool,
    /// How each kind of text looks.
    pub styles: &'a Styles,
}

/// Said of what is staged, where something is found.
const CAPPED: &str = "at commit no finding is above medium; --strict grades as in a pull request";

/// Blocks that are shown in full before the rest is only named.
const FULL: usize = 6;
/// Addresses of one rule that are named after those.
const NAMED: usize = 6;
/// Addresses that are named in one block.
const ADDRESSES: usize = 5;
/// Columns before the text of a block.
const INDENT: usize = 2;
/// Columns of the labels.
const LABEL: usize = 10;

const fn colour(styles: &Styles, severity: Severity) -> Style {
    match severity {
        Severity::Critical => styles.critical,
        Severity::High => styles.high,
        Severity::Medium => styles.medium,
        Severity::Low => styles.low,
    }
}

const fn verdict_colour(styles: &Styles, verdict: Verdict) -> Style {
    match verdict {
        Verdict::Block => styles.block,
        Verdict::Warn => styles.warn,
        Verdict::Pass => styles.pass,
    }
}

/// Writes the report. Refused inputs are not in it: they are errors, told on standard error.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, layout: Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
    let unplaced = report.plans.iter().filter(|plan| is_unplaced(plan)).count();
    for (at, plan) in report.plans.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        write_plan(plan, layout, unplaced > 1, out)?;
    }
    if report.plans.len() + report.errors.len() > 1 {
        let of = |verdict| {
            report
                .plans
                .iter()
                .filter(|plan| plan.decision.refusal.is_none() && plan.decision.verdict == verdict)
                .count()
        };
        let refused = report.errors.len()
            + report
                .plans
                .iter()
                .filter(|plan| plan.decision.refusal.is_some())
                .count();
        writeln!(out)?;
        let plans = report
            .plans
            .iter()
            .all(|plan| plan.summary.change.is_none());
        let table = if plans {
            table::lines(report, layout.width)
        } else {
            Vec::new()
        };
        for (verdict, text) in table {
            let style = verdict.map_or(layout.styles.dim, |verdict| {
                verdict_colour(layout.styles, verdict)
            });
            writeln!(out, "{}", style.style(text))?;
        }
        let word = if report
            .plans
            .iter()
            .any(|plan| plan.summary.change.is_some())
        {
            "parts"
        } else {
            "plans"
        };
        write!(
            out,
            "{} {word}: {} blocked, {} with warnings, {} passed",
            report.plans.len() + report.errors.len(),
            of(Verdict::Block),
            of(Verdict::Warn),
            of(Verdict::Pass)
        )?;
        writeln!(
            out,
            "{}{}",
            if refused > 0 {
                format!(", {refused} could not be judged")
            } else {
                String::new()
            },
            aside_of(&report.plans)
        )?;
    }
    if unplaced > 1 {
        let text = format!(
            "the directories of {unplaced} plans: no pin or state was compared; check PLANS --dir DIR takes those of the same names below DIR"
        );
        footer(out, layout, "unknown", &text, layout.styles.dim)?;
    }
    left_out(&report.left_out, layout, out)
}

/// Whether nothing beside the plan was looked at, although it says which state it is for.
fn is_unplaced(plan: &PlanReport) -> bool {
    plan.summary.state.is_some() && plan.compared.dir().is_none()
}

/// Writes everything that changes, by module.
///
/// # Errors
/// Those of the writer.
pub fn write_changes(report: &Report, layout: Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
    for plan in report
        .plans
        .iter()
        .filter(|plan| plan.summary.changes.is_some())
    {
        let source = line(&plan.summary.source);
        let title = format!("everything that changes in {source}");
        writeln!(out, "\n{}", layout.styles.bold.style(title))?;
        for text in super::changes::lines(plan) {
            writeln!(out, "{text}")?;
        }
    }
    Ok(())
}

/// What was passed over: what could be taken for a plan by its name, the rest as a number.
fn left_out(left_out: &LeftOut, layout: Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
    let named = |all: &[String]| {
        let more = all.len().saturating_sub(NAMED);
        let mut text = all.iter().take(NAMED).cloned().collect::<Vec<_>>();
        if more > 0 {
            text.push(format!("and {more} more"));
        }
        text.join(", ")
    };
    let files: Vec<String> = left_out
        .named
        .iter()
        .map(|(file, what)| format!("{file} ({what})"))
        .collect();
    if !files.is_empty() {
        footer(out, layout, "left out", &named(&files), layout.styles.dim)?;
    }
    if left_out.others > 0 {
        let files = crate::ui::words::plural(left_out.others, "other file");
        footer(
            out,
            layout,
            "left out",
            &format!("{files}: no plans"),
            layout.styles.dim,
        )?;
    }
    let dirs = &left_out.not_entered;
    if !dirs.is_empty() {
        footer(out, layout, "not read", &named(dirs), layout.styles.dim)?;
    }
    Ok(())
}

/// `told`: that the directory is not known is said at the end, once for all plans.
fn write_plan(
    plan: &PlanReport,
    layout: Layout<'_>,
    told: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (summary, decision) = (&plan.summary, &plan.decision);
    headline(plan, layout.styles, out)?;
    let groups = groups(&decision.findings);
    let full = if layout.verbose {
        groups.len()
    } else {
        FULL.min(groups.len())
    };
    let (shown, rest) = groups.split_at_checked(full).unwrap_or((&groups, &[]));
    let mut advice = HashSet::new();
    for group in shown {
        writeln!(out)?;
        write_group(group, layout, &mut advice, out)?;
    }
    write_rest(rest, layout, out)?;
    if !groups.is_empty() {
        writeln!(out)?;
    }
    if let Some(change) = &summary.change {
        for note in &summary.notes {
            footer(out, layout, "note", note, layout.styles.dim)?;
        }
        if change.capped && !groups.is_empty() {
            footer(out, layout, "note", CAPPED, layout.styles.dim)?;
        }
        return verdict(plan, layout, out);
    }
    footer(
        out,
        layout,
        "changes",
        &counts(&summary.counts),
        Style::new(),
    )?;
    if !summary.runs.is_empty() {
        footer(out, layout, "runs", &runs(summary, layout), Style::new())?;
    }
    if let Some(drift) = drift(summary) {
        footer(out, layout, "drift", &drift, Style::new())?;
    }
    if summary.failed_checks > 0 {
        footer(
            out,
            layout,
            "checks",
            &format!(
                "{} of the configuration failed",
                crate::ui::words::plural(summary.failed_checks, "check")
            ),
            Style::new(),
        )?;
    }
    if let Some(text) = not_known(plan) {
        footer(
            out,
            layout,
            "unknown",
            &text,
            verdict_colour(layout.styles, Verdict::Warn),
        )?;
    }
    if let Some(explained) = &summary.explained {
        since(explained, layout, out)?;
    }
    for note in &summary.notes {
        footer(out, layout, "note", note, layout.styles.dim)?;
    }
    match plan.compared.dir() {
        Some(dir) => footer(out, layout, "directory", dir, Style::new())?,
        None if is_unplaced(plan) && !told => footer(
            out,
            layout,
            "unknown",
            "the plan's directory: no pin or state was compared; name it with --dir",
            layout.styles.dim,
        )?,
        None => {}
    }
    match &summary.state {
        Some(state) => {
            footer(out, layout, "state", &state.words(), Style::new())?;
            if let Some(path) = &state.path {
                footer(out, layout, "file", path, Style::new())?;
            }
        }
        None => footer(
            out,
            layout,
            "unknown",
            "backend, workspace and lineage: the JSON of a plan does not have them",
            layout.styles.dim,
        )?,
    }
    if summary.complete.is_none() {
        let text = "whether the plan is complete: the JSON does not say";
        footer(out, layout, "unknown", text, layout.styles.dim)?;
    }
    verdict(plan, layout, out)
}

/// What the change since a revision explains, a line for each group.
fn since(explained: &Explanation, layout: Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
    let most = if layout.verbose {
        usize::MAX
    } else {
        ADDRESSES
    };
    let groups = words::explained(explained, most, str::to_owned);
    let revision = &explained.revision;
    if groups.is_empty() {
        let text = format!("{revision}: nothing is destroyed or lowered that it could explain");
        return footer(out, layout, "since", &text, Style::new());
    }
    for (group, count, names) in groups {
        let style = if group == "not explained" {
            verdict_colour(layout.styles, Verdict::Warn)
        } else {
            Style::new()
        };
        let text = format!("{revision}, {count} {group}: {names}");
        footer(out, layout, "since", &text, style)?;
    }
    Ok(())
}

/// The commands that run: `2 commands: null_resource.migrate (local-exec), ...`.
fn runs(summary: &Summary, layout: Layout) -> String {
    let most = if layout.verbose {
        summary.runs.len()
    } else {
        ADDRESSES
    };
    let named: Vec<String> = summary
        .runs
        .iter()
        .take(most)
        .map(|(address, what)| format!("{address} ({what})"))
        .collect();
    let more = match summary.runs.len().saturating_sub(most) {
        0 => String::new(),
        more => format!(", and {more} more (--verbose)"),
    };
    format!(
        "{}: {}{more}",
        crate::ui::words::plural(summary.runs.len(), "command"),
        named.join(", ")
    )
}

fn headline(plan: &PlanReport, styles: &Styles, out: &mut dyn Write) -> io::Result<()> {
    let summary = &plan.summary;
    let version = summary.terraform_version.as_deref().map_or_else(
        || "version not said".to_owned(),
        |version| format!("{} {}", summary.writer.name().to_lowercase(), line(version)),
    );
    let digest: String = summary.sha256.chars().take(12).collect();
    let word = outcome(&plan.decision);
    let style = if plan.decision.refusal.is_some() {
        verdict_colour(styles, Verdict::Block)
    } else {
        verdict_colour(styles, plan.decision.verdict)
    };
    let what = match found(&plan.decision) {
        Some(found) => format!(": {found}"),
        None => String::new(),
    };
    let aside = aside(plan);
    let aside = if aside.is_empty() {
        String::new()
    } else {
        format!(" · {}", aside.join(" · "))
    };
    if let Some(change) = &summary.change {
        let files = crate::ui::words::plural(change.files, "source file");
        let modules = crate::ui::words::plural(change.modules, "module");
        writeln!(
            out,
            "{}{what}{aside} · {files} in {modules}",
            style.style(word)
        )?;
        return writeln!(out, "{}", styles.bold.style(line(&summary.source)));
    }
    writeln!(out, "{}{what}{aside}{}", style.style(word), place(plan))?;
    writeln!(out, "{}", styles.bold.style(line(&summary.source)))?;
    let read = format!("{version} · sha256 {digest}");
    writeln!(out, "{}", styles.dim.style(read))
}

fn write_group(
    group: &[&Weighed],
    layout: Layout<'_>,
    advice: &mut HashSet<String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(weighed) = group.first() else {
        return Ok(());
    };
    let finding = &weighed.finding;
    let style = colour(layout.styles, weighed.severity);
    let Styles { bold, dim, .. } = *layout.styles;
    let severity = weighed.severity.word().to_uppercase();
    let rule = rule(weighed);
    if group.len() > 1 {
        let nothing = match finding.place {
            None => "resource",
            Some(_) => "file",
        };
        let kind = line(finding.resource_type.as_deref().unwrap_or(nothing));
        writeln!(
            out,
            "{}  {}  {}",
            style.style(severity),
            bold.style(format_args!("{} × {kind}", group.len())),
            dim.style(rule)
        )?;
        let most = if layout.verbose {
            group.len()
        } else {
            ADDRESSES
        };
        let addresses: Vec<String> = group
            .iter()
            .take(most)
            .map(|weighed| address(&weighed.finding))
            .collect();
        let more = if group.len() > most {
            format!(", and {} more (--verbose)", group.len() - most)
        } else {
            String::new()
        };
        // Files are named where they are, with their lines.
        if finding.address.is_some() || finding.place.is_none() {
            wrapped(
                out,
                layout,
                INDENT,
                "",
                &format!("{}{more}", addresses.join(", ")),
                layout.styles.bold,
            )?;
        }
    } else {
        let address = address(finding);
        let wide =
            severity.len() + address.chars().count() + rule.chars().count() + 4 > layout.width;
        let gap = if wide { "\n  " } else { "  " };
        writeln!(
            out,
            "{}  {}{gap}{}",
            style.style(severity),
            bold.style(address),
            dim.style(rule)
        )?;
    }
    wrapped(
        out,
        layout,
        INDENT,
        "",
        &line(&finding.message),
        Style::new(),
    )?;
    if let Some((label, text)) = policy_words(weighed) {
        wrapped(out, layout, INDENT, label, &line(&text), Style::new())?;
    }
    if let Some(loss) = &finding.loss {
        let label = loss_label(finding);
        wrapped(out, layout, INDENT, label, &line(loss), Style::new())?;
    }
    if !finding.evidence.is_empty() {
        let evidence: Vec<String> = finding.evidence.iter().map(ToString::to_string).collect();
        wrapped(
            out,
            layout,
            INDENT,
            "because",
            &line(&evidence.join("; ")),
            Style::new(),
        )?;
    }
    if let Some(recovery) = &finding.recovery {
        wrapped(
            out,
            layout,
            INDENT,
            "recovery",
            &line(recovery),
            Style::new(),
        )?;
    }
    if let Some(used) = UsedBy::of(group.iter().map(|weighed| &weighed.finding)) {
        let text = if layout.verbose {
            used.words.clone()
        } else {
            used.line()
        };
        wrapped(out, layout, INDENT, "used by", &text, Style::new())?;
        for branch in used.tree().iter().filter(|_| layout.verbose) {
            writeln!(out, "{:at$}{}", "", dim.style(branch), at = INDENT + LABEL)?;
        }
    }
    // Advice that was given above is not given again.
    if let Some(help) = finding
        .help
        .as_deref()
        .filter(|help| advice.insert((*help).to_owned()))
    {
        wrapped(out, layout, INDENT, "instead", &line(help), Style::new())?;
    }
    if let Some(command) = finding
        .copy_first
        .as_ref()
        .filter(|_| group.len() == 1 || layout.verbose)
    {
        let more = if group.len() > 1 {
            " (and so for the others)"
        } else {
            ""
        };
        let text = format!("{}{more}", line(command));
        wrapped(out, layout, INDENT, "copy", &text, Style::new())?;
    }
    if let Some(place) = finding.place.as_ref().filter(|place| place.side.is_some()) {
        change_lines(group, place, layout, out)?;
    } else if let Some(place) = &finding.place {
        let file = line(&place.file);
        let label = "source";
        let head = format!("{label:<LABEL$}{file}:{}", place.head.line);
        match &place.attribute {
            Some(attribute) => {
                writeln!(
                    out,
                    "{:INDENT$}{}  {}",
                    "",
                    dim.style(head),
                    line(&place.head.text)
                )?;
                writeln!(
                    out,
                    "{:at$}{}  {}",
                    "",
                    dim.style(format_args!("{file}:{}", attribute.line)),
                    line(&attribute.text),
                    at = INDENT + LABEL
                )?;
            }
            // The head of the block would only say the address again.
            None => writeln!(out, "{:INDENT$}{}", "", dim.style(head))?,
        }
    }
    if let Some(snippet) = &finding.snippet {
        for text in snippet.lines() {
            writeln!(out, "{:indent$}{}", "", line(text), indent = INDENT + LABEL)?;
        }
    }
    Ok(())
}

/// Where a change to the sources takes something away, and the lines of both sides, as much of them as may be shown.
fn change_lines(
    group: &[&Weighed],
    place: &SourcePlace,
    layout: Layout<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let label = match place.side {
        Some(Side::Before) => "was in",
        _ => "is in",
    };
    if group.len() > 1 {
        let most = if layout.verbose {
            group.len()
        } else {
            ADDRESSES
        };
        let places = group
            .iter()
            .filter_map(|weighed| weighed.finding.place.as_ref());
        let all: BTreeSet<(&str, usize)> = places
            .map(|place| (place.file.as_str(), place.head.line))
            .collect();
        let mut places: Vec<String> = all
            .iter()
            .take(most)
            .map(|(file, at)| format!("{}:{at}", line(file)))
            .collect();
        if all.len() > most {
            places.push(format!("and {} more", all.len() - most));
        }
        let text = places.join(", ");
        return wrapped(out, layout, INDENT, label, &text, layout.styles.dim);
    }
    let head = format!("{label:<LABEL$}{}:{}", line(&place.file), place.head.line);
    writeln!(out, "{:INDENT$}{}", "", layout.styles.dim.style(head))?;
    // The head of the block alone would only say the address again.
    if let [only] = place.lines.as_slice()
        && only.line.line == place.head.line
    {
        return Ok(());
    }
    for there in &place.lines {
        let sign = side_sign(there.side);
        let gutter = format!("{sign}{:>5} │", there.line.line);
        writeln!(
            out,
            "{:indent$}{} {}",
            "",
            layout.styles.dim.style(gutter),
            line(&there.line.text),
            indent = INDENT + LABEL
        )?;
    }
    Ok(())
}

/// One line of what is left.
struct Rest<'a> {
    severity: Severity,
    rule: String,
    policy: Option<(&'static str, String)>,
    findings: Vec<&'a Finding>,
}

/// What is left, by severity and rule: addresses only, and what the policy says of them.
fn write_rest(groups: &[Vec<&Weighed>], layout: Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut lines: Vec<Rest<'_>> = Vec::new();
    for weighed in groups.iter().flatten() {
        let (severity, rule, policy) = (weighed.severity, rule(weighed), policy_words(weighed));
        match lines.iter_mut().find(|there| {
            there.severity == severity && there.rule == rule && there.policy == policy
        }) {
            Some(there) => there.findings.push(&weighed.finding),
            None => lines.push(Rest {
                severity,
                rule,
                policy,
                findings: vec![&weighed.finding],
            }),
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let mut hidden = false;
    for Rest {
        severity,
        rule,
        policy,
        findings,
    } in lines
    {
        let style = colour(layout.styles, severity);
        let shown: Vec<String> = findings
            .iter()
            .take(NAMED)
            .map(|finding| address(finding))
            .collect();
        let more = findings.len() - shown.len();
        hidden = hidden || more > 0;
        let more = if more > 0 {
            format!(", and {more} more")
        } else {
            String::new()
        };
        writeln!(
            out,
            "{}  {} × {rule}",
            style.style(severity),
            findings.len()
        )?;
        wrapped(
            out,
            layout,
            INDENT,
            "",
            &format!("{}{more}", shown.join(", ")),
            layout.styles.dim,
        )?;
        if let Some((label, text)) = policy {
            wrapped(out, layout, INDENT, label, &line(&text), Style::new())?;
        }
    }
    let more = if hidden {
        "--verbose shows all, and why"
    } else {
        "--verbose shows why"
    };
    writeln!(out, "{}", layout.styles.dim.style(more))
}

fn verdict(plan: &PlanReport, layout: Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
    let decision = &plan.decision;
    let standings = Standings::of(decision);
    let Standings {
        allowed,
        waived,
        off,
        ..
    } = standings;
    let text = standings.words(plan);
    if allowed > 0 {
        footer(
            out,
            layout,
            "allowed",
            &format!(
                "{} allowed by --allow",
                crate::ui::words::plural(allowed, "finding")
            ),
            Style::new(),
        )?;
    }
    if waived > 0 {
        footer(
            out,
            layout,
            "waived",
            &format!(
                "{} by the policy",
                crate::ui::words::plural(waived, "finding")
            ),
            Style::new(),
        )?;
    }
    if off > 0 {
        footer(
            out,
            layout,
            "off",
            &format!(
                "{} of rules that the policy turns off",
                crate::ui::words::plural(off, "finding")
            ),
            Style::new(),
        )?;
    }
    if let Some(policy) = &plan.policy {
        footer(out, layout, "policy", &policy.words(), Style::new())?;
    }
    if !plan.overruled.is_empty() {
        footer(
            out,
            layout,
            "looser",
            &format!("by this run: {}", plan.overruled.join(", ")),
            Style::new(),
        )?;
    }
    if let Some(from) = &plan.from {
        policy_from(plan, from, layout, out)?;
    }
    let style = if decision.refusal.is_some() {
        verdict_colour(layout.styles, Verdict::Block)
    } else {
        verdict_colour(layout.styles, decision.verdict)
    };
    if let Some(closed) = &decision.closed {
        let words = match &closed.broken {
            None => format!(
                "{}; {}. applygate apply does not run until then",
                closed.reason,
                closed.next()
            ),
            Some(reason) => format!("{}. Broken by --break-freeze: {reason}", closed.reason),
        };
        footer(
            out,
            layout,
            "closed",
            &words,
            verdict_colour(layout.styles, Verdict::Warn),
        )?;
    }
    let aside = aside(plan);
    let text = if aside.is_empty() {
        text.to_owned()
    } else {
        format!("{text} ({})", aside.join(", "))
    };
    footer(out, layout, "verdict", &text, style)?;
    if let Some(weighed) = decision
        .findings
        .iter()
        .find(|weighed| weighed.counts())
        .or(decision.findings.first())
    {
        footer(
            out,
            layout,
            "more",
            &format!("applygate rules explain {}", weighed.finding.rule),
            layout.styles.dim,
        )?;
    }
    Ok(())
}

/// What of the working tree is not judged by, and what it would have let through.
fn policy_from(
    plan: &PlanReport,
    from: &PolicyFrom,
    layout: Layout<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let reviewed = &from.reviewed;
    if plan.policy.is_none() && plan.decision.refusal.is_none() {
        footer(
            out,
            layout,
            "policy",
            &format!("none in {}: the defaults hold", reviewed.words()),
            Style::new(),
        )?;
    }
    if let Some(text) = from.same_words() {
        footer(out, layout, "note", &text, Style::new())?;
    }
    for ignored in &reviewed.ignored {
        footer(
            out,
            layout,
            "ignored",
            &ignored.words(&reviewed.name),
            Style::new(),
        )?;
    }
    let Some(weaker) = &from.weaker else {
        return Ok(());
    };
    let all = &weaker.lets_through;
    let text = if all.is_empty() {
        format!("the working tree would say {}", weaker.verdict.word())
    } else {
        let most = if layout.verbose { all.len() } else { ADDRESSES };
        let named = all.iter().take(most).map(|through| {
            let deposed = through
                .deposed
                .as_ref()
                .map_or_else(String::new, |deposed| format!(" (deposed {deposed})"));
            format!(
                "{} {}{deposed}",
                through.rule,
                through.address.as_deref().unwrap_or("(the whole plan)")
            )
        });
        let more = if all.len() > most {
            format!(", and {} more", all.len() - most)
        } else {
            String::new()
        };
        format!(
            "the working tree would let through: {}{more}",
            named.collect::<Vec<_>>().join(", ")
        )
    };
    footer(
        out,
        layout,
        "weaker",
        &text,
        verdict_colour(layout.styles, Verdict::Warn),
    )
}

/// A labelled line of the footer.
fn footer(
    out: &mut dyn Write,
    layout: Layout<'_>,
    label: &str,
    text: &str,
    style: Style,
) -> io::Result<()> {
    wrapped(out, layout, 0, label, &line(text), style)
}

/// An escaped text, wrapped, with its label before the first line. Without a label it starts at the indent.
fn wrapped(
    out: &mut dyn Write,
    layout: Layout<'_>,
    indent: usize,
    label: &str,
    text: &str,
    style: Style,
) -> io::Result<()> {
    let at = if label.is_empty() {
        indent
    } else {
        indent + LABEL
    };
    let options = textwrap::Options::new(layout.width.saturating_sub(at).max(30))
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    let options = options.word_splitter(textwrap::WordSplitter::NoHyphenation);
    for (number, part) in textwrap::wrap(text, options).iter().enumerate() {
        if number == 0 && !label.is_empty() {
            writeln!(
                out,
                "{:indent$}{}{}",
                "",
                layout.styles.dim.style(format_args!("{label:<LABEL$}")),
                style.style(part)
            )?;
        } else {
            writeln!(out, "{:at$}{}", "", style.style(part))?;
        }
    }
    Ok(())
}
