//! The report for a comment on a pull request and for a step summary: the verdict, a table of what would be lost, the rest folded. As long as its place holds.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::io::{self, Write};

use super::changes::by_module;
use super::words::{
    Standings, UsedBy, address, aside, compared, counts, drift, found, not_known, outcome,
    policy_words, rule, side_sign,
};
use super::worst::{capped, groups};
use super::{PlanReport, Report, mermaid, table, words};
use crate::finding::{Severity, Side, SourcePlace};
use crate::rules::loss_label;
use crate::ui::markup::{code, middle_out, prose};
use crate::ui::refusal::Refusal;
use crate::ui::words::plural;
use crate::verdict::{Verdict, Weighed};

/// How long it may be, in bytes. GitHub takes 65,536 characters in a comment; whoever posts it may add a little.
pub(crate) const LENGTH: usize = 65_000;
/// Rows of the table.
const ROWS: usize = 8;
/// Addresses in one row.
const NAMED: usize = 3;
/// Characters of a name or a sentence in the table.
const WIDE: usize = 300;
/// Places of findings that are alike.
const PLACES: usize = 20;
/// Plans that are told one by one.
const PLANS: usize = 20;
/// Bytes that are kept for what closes the report.
const CLOSING: usize = 400;

/// Writes the report.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, length: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page {
        text: String::new(),
        length: length.saturating_sub(CLOSING),
    };
    page.add(&format!("<!-- applygate:{} -->\n", report.key()));
    let mut plans: Vec<&PlanReport> = report.plans.iter().collect();
    let several = plans.len() + report.errors.len() > 1;
    if several {
        plans.sort_by_key(|plan| (Reverse(rank(plan)), Reverse(worst(plan))));
        page.add(&format!(
            "### {}\n\n{}\n\n",
            title(report),
            table::totals(report)
        ));
    }
    errors(report, several, &mut page);
    if several {
        // The plans themselves need room as well.
        let mut part = Page {
            text: String::new(),
            length: page.room() / 3,
        };
        table_of_plans(report, &mut part);
        page.add(&format!("{}\n", part.text));
    }
    let (told, mut left) = capped(&plans, PLANS);
    // Each plan gets its share of what is left; what one does not need is for those after it.
    for (at, plan) in told.iter().enumerate() {
        if several && rank(plan) == 0 {
            // These are a row of the table alone.
            continue;
        }
        let share = page.room() / (told.len() - at).min(3);
        let mut part = Page {
            text: String::new(),
            length: share,
        };
        write_plan(plan, if several { "####" } else { "###" }, &mut part);
        if !page.add(&part.text) {
            left += 1;
        }
    }
    if left > 0 {
        page.close(&format!(
            "\n{} more: see the report of the run.\n",
            plural(left, "plan")
        ));
    }
    out.write_all(page.text.as_bytes())
}

/// A text of limited length.
struct Page {
    text: String,
    length: usize,
}

impl Page {
    fn room(&self) -> usize {
        self.length.saturating_sub(self.text.len())
    }

    /// Adds a part if it fits as a whole.
    fn add(&mut self, part: &str) -> bool {
        let fits = part.len() <= self.room();
        if fits {
            self.text.push_str(part);
        }
        fits
    }

    /// Adds what must be there: short, and room is kept for it.
    fn close(&mut self, part: &str) {
        self.text.push_str(part);
    }

    /// A folded part: as many of its blocks as fit in a share of the room, and a word on the rest.
    fn fold(
        &mut self,
        title: &str,
        blocks: &[String],
        share: usize,
        rest: &dyn Fn(usize) -> String,
    ) {
        let end = "\n</details>\n";
        let start = format!("\n<details><summary>{title}</summary>\n\n");
        let mut room = share
            .min(self.room())
            .saturating_sub(start.len() + end.len() + 120);
        let fit = blocks
            .iter()
            .take_while(|block| {
                let fits = block.len() <= room;
                room = room.saturating_sub(block.len());
                fits
            })
            .count();
        if fit == 0 {
            return;
        }
        self.text.push_str(&start);
        for block in blocks.iter().take(fit) {
            self.text.push_str(block);
        }
        if fit < blocks.len() {
            self.text.push_str(&rest(fit));
        }
        self.text.push_str(end);
    }
}

/// How bad it is to leave this plan out.
fn rank(plan: &PlanReport) -> usize {
    match (&plan.decision.refusal, plan.decision.verdict) {
        (_, Verdict::Block) => 3,
        (Some(_), _) => 2,
        (None, Verdict::Warn) => 1,
        (None, Verdict::Pass) => 0,
    }
}

fn worst(plan: &PlanReport) -> Option<Severity> {
    let counting = plan
        .decision
        .findings
        .iter()
        .filter(|weighed| weighed.counts());
    counting.map(|weighed| weighed.severity).max()
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Block => "🛑",
        Verdict::Warn => "⚠️",
        Verdict::Pass => "✅",
    }
}

fn dot(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🔴",
        Severity::High => "🟠",
        Severity::Medium => "🟡",
        Severity::Low => "⚪",
    }
}

fn title(report: &Report) -> String {
    let verdict = report.verdict();
    let blocked = report.blocked();
    let word = if verdict == Verdict::Block && !blocked {
        "NOT JUDGED".to_owned()
    } else {
        verdict.word().to_uppercase()
    };
    format!("{} {word}", sign(verdict))
}

/// What could not be judged at all.
fn errors(report: &Report, several: bool, page: &mut Page) {
    if report.errors.is_empty() {
        if report.plans.is_empty() {
            page.add("### 🛑 NOT JUDGED\n\nno plan was found\n");
        }
        return;
    }
    if !several {
        page.add("### 🛑 NOT JUDGED\n\n");
    }
    let (shown, more) = capped(&report.errors, ROWS);
    for error in shown {
        page.add(&format!(
            "- {}: {}\n",
            code(&middle_out(&error.source, WIDE)),
            refused(&error.refusal)
        ));
    }
    if more > 0 {
        page.add(&format!("- and {more} more\n"));
    }
    page.add("\n");
}

fn refused(refusal: &Refusal) -> String {
    format!(
        "{}. {}",
        prose(&middle_out(&refusal.to_string(), WIDE)),
        prose(refusal.why.help())
    )
}

fn write_plan(plan: &PlanReport, heading: &str, page: &mut Page) {
    let decision = &plan.decision;
    let verdict = match decision.refusal {
        Some(_) => Verdict::Block,
        None => decision.verdict,
    };
    let what = found(decision).map_or_else(String::new, |found| format!(": {found}"));
    page.add(&format!(
        "{heading} {} {}{what}\n\n",
        sign(verdict),
        outcome(decision)
    ));
    page.add(&format!("{}\n\n", place(plan)));
    if let Some(refusal) = &decision.refusal {
        page.add(&format!(
            "**Not judged as a whole:** {}\n\n",
            refused(refusal)
        ));
    }
    let groups = groups(&decision.findings);
    let lost: Vec<&Vec<&Weighed>> = groups
        .iter()
        .filter(|group| {
            group
                .first()
                .is_some_and(|weighed| weighed.counts() && weighed.severity > Severity::Low)
        })
        .collect();
    if lost.is_empty() {
        page.add(&format!("{}\n\n", Standings::of(decision).words(plan)));
    } else {
        lost_table(&lost, page);
    }
    footer(plan, page);
    let mut advice = HashSet::new();
    let details: Vec<String> = groups
        .iter()
        .map(|group| detail(group, &mut advice))
        .collect();
    let room = page.room();
    let findings = plural(decision.findings.len(), "finding");
    let changes = changes(plan);
    page.fold(
        &format!("Details of {findings}"),
        &details,
        room * 3 / 5,
        &|told| {
            let rest = groups.iter().skip(told).map(Vec::len).sum();
            format!("\nand {}\n", plural(rest, "more finding"))
        },
    );
    if let Some(picture) = mermaid::block(plan) {
        let title = "What refers to what is destroyed";
        let room = page.room();
        page.fold(title, &[picture], room, &|_| String::new());
    }
    let room = page.room();
    let total = plan.summary.changes.as_ref().map_or(0, Vec::len);
    page.fold(
        &format!("Everything that changes: {total}"),
        &changes,
        room,
        &|told| {
            let shown = changes.iter().take(told);
            let shown = shown.filter(|block| block.starts_with("- ")).count();
            format!("\nand {}\n", plural(total - shown, "more change"))
        },
    );
}

/// Everything that changes, a block for each line and each module.
fn changes(plan: &PlanReport) -> Vec<String> {
    let mut blocks = Vec::new();
    for (module, listed) in by_module(plan) {
        blocks.push(match module {
            "" => "\n**the root module**\n\n".to_owned(),
            module => format!("\n**{}**\n\n", code(module)),
        });
        for one in listed {
            let address = code(&middle_out(&super::changes::address(one), WIDE));
            let why = super::changes::why(one).map_or_else(String::new, |why| {
                format!(": {}", prose(&middle_out(&why, WIDE)))
            });
            blocks.push(format!("- {} {address}{why}\n", one.what));
        }
    }
    blocks
}

/// Which plan it is, of which state, and what that was compared with.
fn place(plan: &PlanReport) -> String {
    let summary = &plan.summary;
    let mut parts = vec![code(&middle_out(&summary.source, WIDE))];
    if let Some(change) = &summary.change {
        let files = plural(change.files, "source file");
        parts.push(format!("{files} in {}", plural(change.modules, "module")));
        return parts.join(" · ");
    }
    if let Some(state) = &summary.state {
        if state.workspace != "default" {
            parts.push(format!("workspace {}", code(&state.workspace)));
        }
        if let Some(place) = state.place.as_deref().or(state.backend.as_deref()) {
            parts.push(code(&middle_out(place, WIDE)));
        }
    }
    parts.push(prose(&compared(plan)));
    parts.extend(aside(plan));
    parts.join(" · ")
}

/// What would be lost: one row for those that are alike.
fn lost_table(groups: &[&Vec<&Weighed>], page: &mut Page) {
    page.add("| | what | lost or at risk | recovery |\n|---|---|---|---|\n");
    let mut told = 0;
    for group in groups.iter().take(ROWS) {
        let Some(weighed) = group.first() else {
            continue;
        };
        let finding = &weighed.finding;
        let mut what = match (&finding.loss, &finding.address) {
            (Some(loss), Some(_)) => loss.clone(),
            (Some(loss), None) => format!("{}; {loss}", finding.message),
            (None, _) => finding.message.clone(),
        };
        if let Some(used) = used_by(group) {
            what.push_str(&format!("; {}", used.words));
        }
        let row = format!(
            "| {} {} | {} | {} | {} |\n",
            dot(weighed.severity),
            weighed.severity,
            addresses(group, NAMED),
            prose(&middle_out(&what, WIDE)),
            prose(&middle_out(
                finding.recovery.as_deref().unwrap_or("-"),
                WIDE
            )),
        );
        if !page.add(&row) {
            break;
        }
        told += 1;
    }
    let rest: usize = groups.iter().skip(told).map(|group| group.len()).sum();
    if rest > 0 {
        page.add(&format!("| | and {} | | |\n", plural(rest, "more finding")));
    }
    page.add("\n");
    // What to do about the worst of it.
    let help = groups
        .iter()
        .find_map(|group| group.first()?.finding.help.as_deref());
    if let Some(help) = help {
        page.add(&format!(
            "**Instead:** {}\n\n",
            prose(&middle_out(help, WIDE * 2))
        ));
    }
}

fn used_by<'r>(group: &[&'r Weighed]) -> Option<UsedBy<'r>> {
    UsedBy::of(group.iter().map(|weighed| &weighed.finding))
}

fn addresses(group: &[&Weighed], most: usize) -> String {
    let (shown, more) = capped(group, most);
    let mut names: Vec<String> = shown
        .iter()
        .map(|weighed| match weighed.finding.address {
            None if weighed.finding.place.is_none() => "the whole plan".to_owned(),
            _ => code(&middle_out(&address(&weighed.finding), WIDE)),
        })
        .collect();
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// The counts, and whatever else decides how far the verdict goes.
fn footer(plan: &PlanReport, page: &mut Page) {
    let (summary, decision) = (&plan.summary, &plan.decision);
    let mut lines = Vec::new();
    if summary.change.is_none() {
        lines.push(format!("**Changes:** {}", counts(&summary.counts)));
    }
    if !summary.runs.is_empty() {
        let (shown, more) = capped(&summary.runs, NAMED);
        let mut names: Vec<String> = shown
            .iter()
            .map(|(address, what)| {
                format!("{} ({})", code(&middle_out(address, WIDE)), prose(what))
            })
            .collect();
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        lines.push(format!(
            "**Runs** {}: {}",
            plural(summary.runs.len(), "command"),
            names.join(", ")
        ));
    }
    if let Some(drift) = drift(summary) {
        lines.push(format!("**Drift:** {drift}"));
    }
    if summary.failed_checks > 0 {
        let checks = plural(summary.failed_checks, "check");
        lines.push(format!("**Checks:** {checks} of the configuration failed"));
    }
    if let Some(text) = not_known(plan) {
        lines.push(format!("**Unknown:** {}", prose(&text)));
    }
    if let Some(explained) = &summary.explained {
        let since = code(&explained.revision);
        let groups = words::explained(explained, NAMED, |address| code(&middle_out(address, WIDE)));
        if groups.is_empty() {
            lines.push(format!(
                "**Since** {since}: nothing is destroyed or lowered that it could explain"
            ));
        }
        for (group, count, names) in groups {
            lines.push(format!("**Since** {since}, {count} {group}: {names}"));
        }
    }
    for note in summary.notes.iter().take(NAMED) {
        lines.push(format!("**Note:** {}", prose(&middle_out(note, WIDE))));
    }
    let standings = Standings::of(decision);
    for (count, what) in [
        (standings.allowed, "allowed by --allow"),
        (standings.waived, "waived by the policy"),
        (standings.off, "of rules that the policy turns off"),
    ] {
        if count > 0 {
            lines.push(format!(
                "**Not counted:** {} {what}",
                plural(count, "finding")
            ));
        }
    }
    if let Some(policy) = &plan.policy {
        lines.push(format!("**Policy:** {}", prose(&policy.words())));
    }
    if !plan.overruled.is_empty() {
        lines.push(format!(
            "**Looser by this run:** {}",
            prose(&plan.overruled.join(", "))
        ));
    }
    if let Some(from) = &plan.from {
        if let Some(text) = from.same_words() {
            lines.push(format!("**Note:** {}", prose(&text)));
        }
        for ignored in from.reviewed.ignored.iter().take(NAMED) {
            lines.push(format!(
                "**Ignored:** {}",
                prose(&ignored.words(&from.reviewed.name))
            ));
        }
        if let Some(weaker) = &from.weaker {
            let text = match weaker.lets_through.len() {
                0 => format!("the working tree would say {}", weaker.verdict.word()),
                count => format!(
                    "the policy of the working tree would let through {}",
                    plural(count, "finding")
                ),
            };
            lines.push(format!("**Weaker:** {text}"));
        }
    }
    if let Some(closed) = &decision.closed {
        lines.push(format!(
            "**Closed:** {}; {}",
            prose(&closed.reason),
            prose(&closed.next().to_string())
        ));
    }
    if !lines.is_empty() {
        page.add(&format!("{}\n", lines.join("  \n")));
    }
}

/// One group in full.
fn detail<'r>(group: &[&'r Weighed], advice: &mut HashSet<&'r str>) -> String {
    let Some(weighed) = group.first() else {
        return String::new();
    };
    let finding = &weighed.finding;
    let mut text = format!(
        "**{}** {} · {}\n\n- {}\n",
        weighed.severity,
        addresses(group, 50),
        code(&rule(weighed)),
        prose(&finding.message)
    );
    let mut add = |label: &str, words: &str| {
        text.push_str(&format!("- **{label}** {words}\n"));
    };
    if let Some((label, words)) = policy_words(weighed) {
        add(label, &prose(&words));
    }
    if let Some(loss) = &finding.loss {
        add(loss_label(finding), &prose(loss));
    }
    let evidence: Vec<String> = finding.evidence.iter().map(ToString::to_string).collect();
    if !evidence.is_empty() {
        add("because", &prose(&evidence.join("; ")));
    }
    if let Some(recovery) = &finding.recovery {
        add("recovery", &prose(recovery));
    }
    if let Some(used) = used_by(group) {
        let named = used.named.iter().map(|one| {
            let through = one.through.iter().map(|name| code(name));
            let through: Vec<String> = through.collect();
            let name = code(&middle_out(&one.address, WIDE));
            if through.is_empty() {
                format!("\n  - {name}")
            } else {
                format!("\n  - {name} through {}", through.join(", "))
            }
        });
        let mut words = format!("{}{}", used.words, named.collect::<String>());
        if used.rest > 0 {
            words.push_str(&format!("\n  - and {} more", used.rest));
        }
        add("used by", &words);
    }
    // Advice that was given above is not given again.
    if let Some(help) = finding.help.as_deref().filter(|help| advice.insert(help)) {
        add("instead", &prose(help));
    }
    if let Some(command) = &finding.copy_first {
        add("copy first", &code(command));
    }
    let places: Vec<&SourcePlace> = match &finding.place {
        // What is alike is told once, and lies in many places.
        Some(place) if place.side.is_some() => group
            .iter()
            .filter_map(|weighed| weighed.finding.place.as_ref())
            .collect(),
        place => place.iter().collect(),
    };
    let (shown, more) = capped(&places, PLACES);
    for place in shown {
        let label = match place.side {
            Some(Side::Before) => "was in",
            Some(Side::After) => "is in",
            None => "source",
        };
        add(label, &code(&format!("{}:{}", place.file, place.head.line)));
    }
    if more > 0 {
        add("and", &plural(more, "more place"));
    }
    let lines: Vec<String> = shown
        .iter()
        .flat_map(|place| &place.lines)
        .map(|there| {
            let (number, line) = (there.line.line, crate::ui::escape::line(&there.line.text));
            format!("{}{number:>5}  {line}", side_sign(there.side))
        })
        .collect();
    if !lines.is_empty() {
        text.push_str(&fenced(&lines.join("\n"), "diff"));
    }
    if let Some(snippet) = &finding.snippet {
        text.push_str(&fenced(snippet, "hcl"));
    }
    text.push('\n');
    text
}

/// Lines to copy, in a fence that nothing in them closes.
fn fenced(snippet: &str, language: &str) -> String {
    let longest = snippet.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let lines: Vec<_> = snippet.lines().map(crate::ui::escape::line).collect();
    format!("\n{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

/// One row for each plan, the worst first, and what would be lost in several of them.
fn table_of_plans(report: &Report, page: &mut Page) {
    page.add("\n| verdict | plan | worst | found | changes |\n|---|---|---|---|---|\n");
    let rows = table::rows(report);
    let mut told = 0;
    for row in &rows {
        let worst = row.worst.map_or_else(String::new, |weighed| {
            let rule = weighed.finding.rule;
            format!("{rule} {}", addresses(&[weighed], 1))
        });
        let text = format!(
            "| {} | {} | {worst} | {} | {} |\n",
            row.word(),
            code(&middle_out(row.source, WIDE)),
            row.found,
            row.changes
        );
        if !page.add(&text) {
            break;
        }
        told += 1;
    }
    if told < rows.len() {
        page.close(&format!("| | and {} more | | | |\n", rows.len() - told));
    }
    let shared = table::shared(report);
    let (shown, more) = capped(&shared, NAMED);
    let mut lines: Vec<String> = shown
        .iter()
        .map(|(rule, address, count)| {
            let address = code(&middle_out(address, WIDE));
            format!("**In {count} plans:** {rule} {address}")
        })
        .collect();
    if more > 0 {
        lines.push(format!("and {more} more in several plans"));
    }
    if !lines.is_empty() {
        page.add(&format!("\n{}\n", lines.join("  \n")));
    }
}
