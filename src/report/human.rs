//! The report for people: one screen, the worst first. Alike findings are told once with all their addresses; what does not fit is counted.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use owo_colors::Style;

use super::{Compared, LeftOut, PlanReport, PolicyFrom, Report, tally};
use crate::facts::summary::{Counts, Summary};
use crate::finding::{Finding, Severity, Side};
use crate::ui::escape::line;
use crate::ui::style::Styles;
use crate::verdict::{Standing, Verdict, Weighed};

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
const CAPPED: &str =
    "at commit nothing is graded above medium; --strict grades it like a change that is proposed";

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
    for (at, plan) in report.plans.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        write_plan(plan, layout, out)?;
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
            "{} {word}: {} blocked, {} to look at, {} passed",
            report.plans.len() + report.errors.len(),
            of(Verdict::Block),
            of(Verdict::Warn),
            of(Verdict::Pass)
        )?;
        writeln!(
            out,
            "{}",
            if refused > 0 {
                format!(", {refused} could not be judged")
            } else {
                String::new()
            }
        )?;
    }
    left_out(&report.left_out, layout, out)
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

fn write_plan(plan: &PlanReport, layout: Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (summary, decision) = (&plan.summary, &plan.decision);
    headline(plan, layout.styles, out)?;
    let groups = groups(&decision.findings);
    let full = if layout.verbose {
        groups.len()
    } else {
        FULL.min(groups.len())
    };
    let (told, rest) = groups.split_at_checked(full).unwrap_or((&groups, &[]));
    let mut advice = HashSet::new();
    for group in told {
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
                "{} in the configuration did not hold",
                crate::ui::words::plural(summary.failed_checks, "check")
            ),
            Style::new(),
        )?;
    }
    if let Some(text) = not_known(plan) {
        footer(
            out,
            layout,
            "not known",
            &text,
            verdict_colour(layout.styles, Verdict::Warn),
        )?;
    }
    for note in &summary.notes {
        footer(out, layout, "note", note, layout.styles.dim)?;
    }
    match plan.compared.dir() {
        Some(dir) => footer(out, layout, "directory", dir, Style::new())?,
        None if summary.state.is_some() => footer(
            out,
            layout,
            "not seen",
            "the directory that the plan is from: no pin, memory or state was compared; --dir names it",
            layout.styles.dim,
        )?,
        None => {}
    }
    match &summary.state {
        Some(state) => footer(out, layout, "state", &state.words(), Style::new())?,
        None => footer(
            out,
            layout,
            "not seen",
            "backend, workspace and lineage are not in the JSON of a plan",
            layout.styles.dim,
        )?,
    }
    if summary.complete.is_none() {
        let text = "whether the plan is whole or a part: the JSON does not say";
        footer(out, layout, "not seen", text, layout.styles.dim)?;
    }
    verdict(plan, layout, out)
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

/// What refresh found changed or gone outside Terraform.
fn drift(summary: &Summary) -> Option<String> {
    let changed = summary.drift.saturating_sub(summary.gone);
    let parts: Vec<String> = [(summary.gone, "gone"), (changed, "changed")]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    (!parts.is_empty()).then(|| format!("{} outside Terraform, by refresh", parts.join(", ")))
}

fn headline(plan: &PlanReport, styles: &Styles, out: &mut dyn Write) -> io::Result<()> {
    let summary = &plan.summary;
    let version = summary.terraform_version.as_deref().map_or_else(
        || "version not said".to_owned(),
        |version| format!("{} {}", summary.writer.name().to_lowercase(), line(version)),
    );
    let digest: String = summary.sha256.chars().take(12).collect();
    let tally: Vec<String> = tally(&plan.decision)
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    let word = if plan.decision.refusal.is_some() && plan.decision.verdict != Verdict::Block {
        "NOT JUDGED".to_owned()
    } else {
        plan.decision.verdict.word().to_uppercase()
    };
    let style = if word == "NOT JUDGED" {
        verdict_colour(styles, Verdict::Block)
    } else {
        verdict_colour(styles, plan.decision.verdict)
    };
    let what = if tally.is_empty() {
        String::new()
    } else {
        format!(": {}", tally.join(", "))
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

/// What a reader of the verdict alone must not miss: findings that were let through, and a closed gate.
fn aside(plan: &PlanReport) -> Vec<String> {
    let findings = &plan.decision.findings;
    let counted = ["waived", "allowed", "off"].iter().filter_map(|word| {
        let count = findings
            .iter()
            .filter(|weighed| weighed.standing.word() == *word)
            .count();
        let word = if *word == "off" { "switched off" } else { word };
        (count > 0).then(|| format!("{count} {word}"))
    });
    let closed = plan.decision.closed.as_ref().map(|_| "closed".to_owned());
    counted.chain(closed).collect()
}

/// Which state the plan is for, and what that was compared with: ` · prod · s3://states/web · serial 41 = pin`.
fn place(plan: &PlanReport) -> String {
    let serial = plan.summary.state.as_ref().and_then(|state| state.serial);
    let compared = plan.compared.words(serial);
    let told = plan.summary.complete.is_some();
    let compared = match (&plan.compared, told) {
        (Compared::Nothing(_), false) => "place and scope not checked".to_owned(),
        (_, false) => format!("{compared} · scope not checked"),
        (_, true) => compared,
    };
    let Some(state) = &plan.summary.state else {
        return format!(" · {compared}");
    };
    let workspace = match state.workspace.as_str() {
        "default" => String::new(),
        other => format!(" · {}", line(other)),
    };
    let place = state.place.as_deref().or(state.backend.as_deref());
    let place = place.map_or_else(String::new, |place| format!(" · {}", line(place)));
    format!("{workspace}{place} · {compared}")
}

/// The types in no catalogue of which something is destroyed or replaced, in one line.
fn not_known(plan: &PlanReport) -> Option<String> {
    let types = plan.unlisted();
    let most = if types.len() > NAMED {
        NAMED - 1
    } else {
        NAMED
    };
    let named: Vec<&str> = types.iter().copied().take(most).collect();
    let more = match types.len() - named.len() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let count = crate::ui::words::plural(types.len(), "type");
    let verb = if types.len() == 1 { "is" } else { "are" };
    (!types.is_empty()).then(|| {
        format!(
            "{count} that {verb} in no catalogue {verb} destroyed or replaced: {}{more}",
            named.join(", ")
        )
    })
}

/// Findings that say the same about different addresses: those that count first.
fn groups(findings: &[Weighed]) -> Vec<Vec<&Weighed>> {
    let mut groups: Vec<Vec<&Weighed>> = Vec::new();
    let mut places: HashMap<
        (
            &str,
            Severity,
            String,
            Option<&str>,
            &str,
            Option<&str>,
            String,
        ),
        usize,
    > = HashMap::new();
    for weighed in findings
        .iter()
        .filter(|weighed| weighed.counts())
        .chain(findings.iter().filter(|weighed| !weighed.counts()))
    {
        let finding = &weighed.finding;
        // Texts that name an address of their own stand alone.
        let key = (
            finding.rule,
            weighed.severity,
            format!("{} {:?}", rule(weighed), policy_words(weighed)),
            finding.resource_type.as_deref(),
            finding.message.as_str(),
            finding.recovery.as_deref(),
            finding
                .evidence
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
                + finding.snippet.as_deref().unwrap_or_default(),
        );
        match places.get(&key).and_then(|at| groups.get_mut(*at)) {
            Some(group) => group.push(weighed),
            None => {
                places.insert(key, groups.len());
                groups.push(vec![weighed]);
            }
        }
    }
    groups
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
        let kind = line(finding.resource_type.as_deref().unwrap_or("resource"));
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
        wrapped(
            out,
            layout,
            INDENT,
            "",
            &format!("{}{more}", addresses.join(", ")),
            layout.styles.bold,
        )?;
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
        wrapped(out, layout, INDENT, "lost", &line(loss), Style::new())?;
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
            "way back",
            &line(recovery),
            Style::new(),
        )?;
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
    if let Some(place) = &finding.place {
        let file = line(&place.file);
        let label = match place.side {
            Some(Side::Before) => "was in",
            Some(Side::After) => "is in",
            None => "source",
        };
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

/// The rule's id, and what a reader should know about this finding.
fn rule(weighed: &Weighed) -> String {
    let guess = if weighed.finding.guess {
        " (a guess)"
    } else {
        ""
    };
    let by_rule = weighed
        .by_rule()
        .map_or_else(String::new, |severity| format!(" ({severity} by the rule)"));
    let standing = if weighed.counts() {
        String::new()
    } else {
        format!(" ({})", weighed.standing.word())
    };
    format!("{}{guess}{by_rule}{standing}", weighed.finding.rule)
}

/// What the policy says about a finding, with its label.
fn policy_words(weighed: &Weighed) -> Option<(&'static str, String)> {
    match (&weighed.standing, &weighed.expired) {
        (Standing::Waived(waiver), _) => {
            let owner = waiver
                .owner
                .as_ref()
                .map_or_else(String::new, |owner| format!("{owner}, "));
            Some((
                "waived",
                format!("{} ({owner}until {})", waiver.reason, waiver.expires),
            ))
        }
        (_, Some(waiver)) => Some((
            "waiver",
            format!(
                "a waiver for this expired on {}: {}",
                waiver.expires, waiver.reason
            ),
        )),
        _ => None,
    }
}

fn address(finding: &Finding) -> String {
    match (&finding.address, &finding.deposed) {
        (None, _) => match &finding.place {
            Some(place) if place.side.is_some() => line(&place.file).into_owned(),
            _ => "the whole plan".to_owned(),
        },
        (Some(address), None) => line(address).into_owned(),
        (Some(address), Some(deposed)) => format!("{} (deposed {})", line(address), line(deposed)),
    }
}

fn counts(counts: &Counts) -> String {
    let all = [
        (counts.create, "create"),
        (counts.update, "update"),
        (counts.replace, "replace"),
        (counts.delete, "destroy"),
        (counts.forget, "forget"),
        (counts.moved, "move"),
        (counts.import, "import"),
        (counts.read, "read"),
        (counts.outputs, "output"),
        (counts.invoke, "action"),
        (counts.unknown, "unknown"),
        (counts.no_op, "unchanged"),
    ];
    let shown: Vec<String> = all
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if shown.is_empty() {
        "none".to_owned()
    } else {
        shown.join(", ")
    }
}

fn verdict(plan: &PlanReport, layout: Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
    let decision = &plan.decision;
    let standing = |word: &str| {
        decision
            .findings
            .iter()
            .filter(|weighed| weighed.standing.word() == word)
            .count()
    };
    let (allowed, waived, off) = (standing("allowed"), standing("waived"), standing("off"));
    let lowered = decision
        .findings
        .iter()
        .filter(|weighed| {
            weighed
                .by_rule()
                .is_some_and(|by_rule| by_rule > weighed.severity)
        })
        .count();
    let change = plan.summary.change.is_some();
    let text = match (decision.verdict, &decision.refusal) {
        (Verdict::Block, None) if change => "blocked: do not merge this change as it is",
        (Verdict::Block, None) => "blocked: do not apply this plan as it is",
        (Verdict::Block, Some(_)) => "blocked, and judged only in part",
        (_, Some(_)) => "could not be judged as a whole: not let through",
        (Verdict::Warn, None) => "let through, with something to look at first",
        (Verdict::Pass, None) if waived + off + lowered > 0 => {
            "let through by the policy: see what was found"
        }
        (Verdict::Pass, None) if allowed > 0 => "let through: what was found and blocks is allowed",
        (Verdict::Pass, None) if change => "nothing dangerous found in this change",
        (Verdict::Pass, None) => "nothing dangerous found in this plan",
    };
    if allowed > 0 {
        footer(
            out,
            layout,
            "allowed",
            &format!(
                "{} let through by --allow",
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
                "{} of rules that the policy switches off",
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
                "{}; {}. applygate apply runs nothing until then",
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
            &format!("none in {}: the defaults", reviewed.words()),
            Style::new(),
        )?;
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
