//! The report as one page that needs nothing else: no script, no font, no request. The verdict comes first; filters are checkboxes and style alone.
//! Every text goes through [`text`], and the page forbids the browser to load or send anything.

mod svg;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::changes::by_module;
use super::table;
use super::words::{
    Standings, UsedBy, address, aside, compared, counts, drift, found, not_known, outcome,
    policy_words, rule,
};
use super::worst::{capped, groups};
use super::{PlanReport, Report, words};
use crate::finding::{Finding, Severity, Side};
use crate::rules::loss_label;
use crate::ui::markup::{middle_out, text};
use crate::ui::refusal::Refusal;
use crate::ui::words::plural;
use crate::verdict::{Decision, Verdict, Weighed};

const STYLE: &str = include_str!("page.css");

/// Plans that are told one by one.
const PLANS: usize = 100;
/// Rows of the table of plans.
const ROWS: usize = 1000;
/// Cards of one plan, and of the page.
const CARDS: (usize, usize) = (300, 1500);
/// Names that are shown at once, and in all.
const NAMES: (usize, usize) = (5, 200);
/// Lines of everything that changes, of one plan.
const CHANGES: usize = 5000;
/// Losses that are named as being in several plans.
const SHARED: usize = 10;
/// Characters of a name.
const WIDE: usize = 400;

/// Writes the page.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page(report).as_bytes())
}

/// A plan that is told, with its number on the page.
struct Told<'r> {
    number: usize,
    plan: &'r PlanReport,
}

fn page(report: &Report) -> String {
    let several = report.plans.len() + report.errors.len() > 1;
    let mut plans: Vec<(usize, &PlanReport)> = report.plans.iter().enumerate().collect();
    plans.sort_by_key(|(_, plan)| std::cmp::Reverse(rank(plan)));
    // Where there are several, those in which nothing is found are a row of the table.
    let worth =
        |plan: &PlanReport| !several || rank(plan).0 > 0 || !plan.decision.findings.is_empty();
    let told: Vec<Told<'_>> = plans
        .into_iter()
        .filter(|(_, plan)| worth(plan))
        .map(|(number, plan)| Told { number, plan })
        .collect();
    let (told, more) = capped(&told, PLANS);
    let mut out = String::new();
    let title = text(&format!("{} · applygate", word(report)));
    out.push_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    out.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>\n");
    out.push_str(&format!("<title>{title}</title>\n<style>\n{STYLE}"));
    filter_style(told, &mut out);
    out.push_str("</style>\n</head>\n<body>\n<main>\n");
    head(report, several, &mut out);
    filters(report, told, &mut out);
    for error in &report.errors {
        refused(Some(&error.source), &error.refusal, &mut out);
    }
    if several {
        table_of_plans(report, told, &mut out);
    }
    let mut cards = CARDS.1;
    for one in told {
        section(one, several, &mut cards, &mut out);
    }
    if more > 0 {
        let more = plural(more, "more plan");
        out.push_str(&format!(
            "<p class=\"quiet\">and {more}: see the table</p>\n"
        ));
    }
    let version = env!("CARGO_PKG_VERSION");
    out.push_str(&format!(
        "</main>\n<footer>applygate {version}. This page loads nothing and sends nothing.</footer>\n</body>\n</html>\n"
    ));
    out
}

/// The worst first: blocked, not judged, to look at, passed; among them by the worst finding.
fn rank(plan: &PlanReport) -> (usize, Option<Severity>) {
    let decision = &plan.decision;
    let rank = match (&decision.refusal, decision.verdict) {
        (_, Verdict::Block) => 3,
        (Some(_), _) => 2,
        (None, Verdict::Warn) => 1,
        (None, Verdict::Pass) => 0,
    };
    let counting = decision.findings.iter().filter(|weighed| weighed.counts());
    (rank, counting.map(|weighed| weighed.severity).max())
}

fn word(report: &Report) -> String {
    if report.verdict() == Verdict::Block && !report.blocked() {
        return "NOT JUDGED".to_owned();
    }
    report.verdict().word().to_uppercase()
}

fn class(decision: &Decision) -> &'static str {
    match (&decision.refusal, decision.verdict) {
        (_, Verdict::Block) => "block",
        (Some(_), _) => "refused",
        (None, Verdict::Warn) => "warn",
        (None, Verdict::Pass) => "pass",
    }
}

fn head(report: &Report, several: bool, out: &mut String) {
    let class = match (report.verdict(), report.blocked()) {
        (Verdict::Block, false) => "refused",
        (Verdict::Block, true) => "block",
        (Verdict::Warn, _) => "warn",
        (Verdict::Pass, _) => "pass",
    };
    let (what, say) = match report.plans.as_slice() {
        [plan] if !several => {
            let words = Standings::of(&plan.decision).words(plan);
            (found(&plan.decision).unwrap_or_default(), words.to_owned())
        }
        _ => (table::totals(report), String::new()),
    };
    out.push_str(&format!(
        "<header class=\"verdict {class}\">\n<h1>{}</h1>\n",
        word(report)
    ));
    for (class, words) in [("what", what), ("say", say)] {
        if !words.is_empty() {
            out.push_str(&format!("<p class=\"{class}\">{}</p>\n", text(&words)));
        }
    }
    out.push_str("</header>\n");
}

/// What hides the plans that are not chosen.
fn filter_style(told: &[Told<'_>], out: &mut String) {
    for severity in Severity::WORST_FIRST {
        let word = severity.word();
        // Writing to a String cannot go wrong.
        let _ = writeln!(
            out,
            "body:has(#show-{word}:not(:checked)) .finding.{word} {{ display: none; }}"
        );
    }
    if told.len() > 1 {
        for Told { number, .. } in told {
            let _ = writeln!(
                out,
                "body:has(option[value=\"{number}\"]:checked) .plan:not(#plan-{number}) {{ display: none; }}"
            );
        }
    }
}

fn filters(report: &Report, told: &[Told<'_>], out: &mut String) {
    let found: Vec<(Severity, usize)> = Severity::WORST_FIRST
        .into_iter()
        .map(|severity| {
            let all = report.plans.iter().flat_map(|plan| &plan.decision.findings);
            let of = all.filter(|weighed| weighed.severity == severity);
            (severity, of.count())
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    if found.is_empty() {
        return;
    }
    out.push_str("<div class=\"filters\"><span class=\"label\">Show</span>\n");
    for (severity, count) in found {
        let word = severity.word();
        let _ = writeln!(
            out,
            "<label class=\"chip {word}\"><input type=\"checkbox\" id=\"show-{word}\" checked=\"checked\"/>{word} <b>{count}</b></label>"
        );
    }
    if told.len() > 1 {
        out.push_str("<label><span class=\"label\">of</span> <select aria-label=\"plan\" autocomplete=\"off\"><option value=\"all\" selected=\"selected\">all plans</option>\n");
        for Told { number, plan } in told {
            let name = text(&middle_out(&plan.summary.source, 80));
            let _ = writeln!(out, "<option value=\"{number}\">{name}</option>");
        }
        out.push_str("</select></label>\n");
    }
    out.push_str(
        "</div>\n<p class=\"hidden-note\">Some of what was found is hidden by these filters.</p>\n",
    );
}

fn refused(source: Option<&str>, refusal: &Refusal, out: &mut String) {
    let source = source.map_or_else(String::new, |source| {
        format!("<code>{}</code>: ", text(&middle_out(source, WIDE)))
    });
    let _ = writeln!(
        out,
        "<p class=\"note\"><strong>Not judged as a whole:</strong> {source}{}. {}</p>",
        text(&refusal.to_string()),
        text(refusal.why.help())
    );
}

fn table_of_plans(report: &Report, told: &[Told<'_>], out: &mut String) {
    let rows = table::rows(report);
    let (shown, more) = capped(&rows, ROWS);
    out.push_str("<div class=\"scroll\"><table>\n<thead><tr><th>verdict</th><th>plan</th><th>worst</th><th>found</th><th>changes</th></tr></thead>\n<tbody>\n");
    let numbers: HashSet<usize> = told.iter().map(|one| one.number).collect();
    for row in shown {
        let class = match row.verdict {
            None => "refused",
            Some(Verdict::Block) => "block",
            Some(Verdict::Warn) => "warn",
            Some(Verdict::Pass) => "pass",
        };
        let name = text(&middle_out(row.source, WIDE));
        let name = match row.number.filter(|number| numbers.contains(number)) {
            Some(number) => format!("<a href=\"#plan-{number}\">{name}</a>"),
            None => name,
        };
        let worst = row.worst.map_or_else(String::new, |weighed| {
            format!(
                "{} <code>{}</code>",
                text(weighed.finding.rule),
                text(&middle_out(&address(&weighed.finding), 120))
            )
        });
        let _ = writeln!(
            out,
            "<tr><td class=\"word {class}\">{}</td><td class=\"mono\">{name}</td><td>{worst}</td><td>{}</td><td>{}</td></tr>",
            row.word(),
            text(&row.found),
            text(&row.changes)
        );
    }
    if more > 0 {
        let _ = writeln!(
            out,
            "<tr><td></td><td colspan=\"4\">and {more} more</td></tr>"
        );
    }
    out.push_str("</tbody>\n</table></div>\n");
    let shared = table::shared(report);
    let (shown, more) = capped(&shared, SHARED);
    for (rule, address, count) in shown {
        let _ = writeln!(
            out,
            "<p class=\"shared\">In {count} plans: {} <code>{}</code></p>",
            text(rule),
            text(&middle_out(address, WIDE))
        );
    }
    if more > 0 {
        let _ = writeln!(
            out,
            "<p class=\"shared\">and {more} more in several plans</p>"
        );
    }
}

fn section(told: &Told<'_>, several: bool, cards: &mut usize, out: &mut String) {
    let Told { number, plan } = told;
    let decision = &plan.decision;
    let (class, source) = (
        class(decision),
        text(&middle_out(&plan.summary.source, WIDE)),
    );
    let _ = writeln!(out, "<section class=\"plan {class}\" id=\"plan-{number}\">");
    if several {
        let found = found(decision).map_or_else(String::new, |found| format!(": {found}"));
        let _ = writeln!(
            out,
            "<h2><span class=\"word\">{}</span>{} <code>{source}</code></h2>",
            outcome(decision),
            text(&found)
        );
    } else {
        let _ = writeln!(out, "<h2><code>{source}</code></h2>");
    }
    let _ = writeln!(out, "<p class=\"place\">{}</p>", text(&place(plan)));
    if let Some(refusal) = &decision.refusal {
        refused(None, refusal, out);
    }
    if let Some((picture, left_out)) = svg::picture(plan) {
        let more = match left_out {
            0 => String::new(),
            left_out => format!(" · {left_out} more or so have no place in it"),
        };
        let _ = writeln!(
            out,
            "<figure><figcaption>What is destroyed, and what refers to it <span>by the configuration in the plan{more}</span></figcaption><div class=\"scroll\">\n{picture}</div></figure>"
        );
    }
    let groups = groups(&decision.findings);
    if groups.is_empty() && decision.refusal.is_none() {
        let words = Standings::of(decision).words(plan);
        let _ = writeln!(out, "<p class=\"quiet\">{}</p>", text(words));
    }
    let shown = groups.len().min(CARDS.0).min(*cards);
    *cards -= shown;
    for group in groups.iter().take(shown) {
        card(group, out);
    }
    let rest: usize = groups.iter().skip(shown).map(Vec::len).sum();
    if rest > 0 {
        let rest = plural(rest, "more finding");
        let _ = writeln!(
            out,
            "<p class=\"quiet\">and {rest}: see the JSON report</p>"
        );
    }
    changes(plan, out);
    facts(plan, out);
    out.push_str("</section>\n");
}

/// Which state it is of, and what that was compared with.
fn place(plan: &PlanReport) -> String {
    let summary = &plan.summary;
    let mut parts = Vec::new();
    if let Some(change) = &summary.change {
        let files = plural(change.files, "source file");
        return format!("{files} in {}", plural(change.modules, "module"));
    }
    if let Some(state) = &summary.state {
        parts.push(format!("workspace {}", state.workspace));
        parts.extend(state.place.clone().or_else(|| state.backend.clone()));
    }
    parts.push(compared(plan));
    parts.extend(aside(plan));
    parts.join(" · ")
}

/// One group of alike findings.
fn card(group: &[&Weighed], out: &mut String) {
    let Some(weighed) = group.first() else {
        return;
    };
    let finding = &weighed.finding;
    let severity = weighed.severity.word();
    let aside = if weighed.counts() { "" } else { " aside" };
    let _ = writeln!(out, "<article class=\"finding {severity}{aside}\">");
    let head = match (group.len(), &finding.address) {
        (1, None)
            if finding
                .place
                .as_ref()
                .is_none_or(|place| place.side.is_none()) =>
        {
            text(&address(finding))
        }
        (1, _) => format!("<code>{}</code>", name(finding)),
        (count, _) => {
            let kind = finding.resource_type.as_deref().unwrap_or("resource");
            format!("{count} × <code>{}</code>", text(&middle_out(kind, WIDE)))
        }
    };
    let _ = writeln!(
        out,
        "<header><span class=\"severity\">{severity}</span><h3>{head}</h3><span class=\"rule\">{}</span></header>\n<p>{}</p>",
        text(&rule(weighed)),
        text(&finding.message)
    );
    if group.len() > 1 {
        let all: Vec<String> = group
            .iter()
            .take(NAMES.1)
            .map(|weighed| format!("<li><code>{}</code></li>", name(&weighed.finding)))
            .collect();
        names(&all, group.len() - all.len(), out);
    }
    out.push_str("<dl>\n");
    let mut row = |label: &str, class: &str, html: &str| {
        let _ = writeln!(out, "<dt>{label}</dt><dd class=\"{class}\">{html}</dd>");
    };
    if let Some((label, words)) = policy_words(weighed) {
        row(label, "", &text(&words));
    }
    if let Some(loss) = &finding.loss {
        row(loss_label(finding), "lost", &text(loss));
    }
    let evidence: Vec<String> = finding.evidence.iter().map(ToString::to_string).collect();
    if !evidence.is_empty() {
        row("because", "", &text(&evidence.join("; ")));
    }
    if let Some(recovery) = &finding.recovery {
        row("recovery", "", &text(recovery));
    }
    if let Some(used) = UsedBy::of(group.iter().map(|weighed| &weighed.finding)) {
        row("used by", "", &used_by(&used));
    }
    if let Some(help) = &finding.help {
        row("instead", "", &text(help));
    }
    if let Some(command) = &finding.copy_first {
        row("copy first", "", &format!("<code>{}</code>", text(command)));
    }
    if let Some(place) = &finding.place {
        let label = match place.side {
            Some(Side::Before) => "was in",
            Some(Side::After) => "is in",
            None => "source",
        };
        let line = place.attribute.as_ref().unwrap_or(&place.head).line;
        let file = text(&format!("{}:{line}", place.file));
        row(label, "", &format!("<code>{file}</code>"));
    }
    out.push_str("</dl>\n");
    if let Some(snippet) = &finding.snippet {
        let lines: Vec<String> = snippet.lines().map(text).collect();
        let _ = writeln!(out, "<pre>{}</pre>", lines.join("\n"));
    }
    out.push_str("</article>\n");
}

fn name(finding: &Finding) -> String {
    text(&middle_out(&address(finding), WIDE))
}

fn used_by(used: &UsedBy<'_>) -> String {
    let mut html = text(&used.words);
    let all: Vec<String> = used
        .named
        .iter()
        .map(|one| {
            let name = text(&middle_out(&one.address, WIDE));
            let through: Vec<String> = one.through.iter().map(|name| text(name)).collect();
            let through = if through.is_empty() {
                String::new()
            } else {
                format!(
                    " <span class=\"through\">through {}</span>",
                    through.join(", ")
                )
            };
            format!("<li><code>{name}</code>{through}</li>")
        })
        .collect();
    names(&all, used.rest, &mut html);
    html
}

/// A list of names, folded where it is long.
fn names(all: &[String], rest: usize, out: &mut String) {
    let (shown, more) = capped(all, NAMES.0);
    let _ = write!(out, "<ul class=\"names\">{}</ul>", shown.concat());
    if more + rest > 0 {
        let folded = all.get(shown.len()..).unwrap_or_default().concat();
        let last = if rest > 0 {
            format!("<li>and {rest} more</li>")
        } else {
            String::new()
        };
        let _ = write!(
            out,
            "<details><summary>{} more</summary><ul class=\"names\">{folded}{last}</ul></details>",
            more + rest
        );
    }
    out.push('\n');
}

/// Everything that changes, folded, by module.
fn changes(plan: &PlanReport, out: &mut String) {
    let total = plan.summary.changes.as_ref().map_or(0, Vec::len);
    if total == 0 {
        return;
    }
    let _ = writeln!(
        out,
        "<details class=\"changes\"><summary>Everything that changes: {total}</summary>"
    );
    let mut left = CHANGES;
    for (module, listed) in by_module(plan) {
        let (shown, _) = capped(listed, left);
        if shown.is_empty() {
            continue;
        }
        left -= shown.len();
        let title = text(&super::changes::title(module));
        let _ = writeln!(out, "<h4>{title}</h4>\n<ul class=\"names\">");
        for one in shown {
            let why = super::changes::why(one).map_or_else(String::new, |why| {
                format!(" <span class=\"why\">{}</span>", text(&why))
            });
            let act = one.what.split(' ').next().unwrap_or_default();
            let _ = writeln!(
                out,
                "<li class=\"{act}\"><span class=\"act\">{}</span><span><code>{}</code>{why}</span></li>",
                one.what,
                text(&middle_out(&super::changes::address(one), WIDE))
            );
        }
        out.push_str("</ul>\n");
    }
    let more = total.saturating_sub(CHANGES);
    if more > 0 {
        let _ = writeln!(
            out,
            "<p class=\"quiet\">and {}</p>",
            plural(more, "more change")
        );
    }
    out.push_str("</details>\n");
}

/// What the report was made of, and what decides how far the verdict goes.
fn facts(plan: &PlanReport, out: &mut String) {
    let (summary, decision) = (&plan.summary, &plan.decision);
    let mut rows: Vec<(&str, String)> = Vec::new();
    if summary.change.is_none() {
        rows.push(("changes", counts(&summary.counts)));
    }
    if !summary.runs.is_empty() {
        let (shown, more) = capped(&summary.runs, NAMES.0);
        let mut named: Vec<String> = shown
            .iter()
            .map(|(address, what)| format!("{address} ({what})"))
            .collect();
        if more > 0 {
            named.push(format!("and {more} more"));
        }
        let commands = plural(summary.runs.len(), "command");
        rows.push(("runs", format!("{commands}: {}", named.join(", "))));
    }
    rows.extend(drift(summary).map(|drift| ("drift", drift)));
    if summary.failed_checks > 0 {
        let checks = plural(summary.failed_checks, "check");
        rows.push((
            "checks",
            format!("{checks} in the configuration did not hold"),
        ));
    }
    rows.extend(not_known(plan).map(|types| ("unknown", types)));
    if let Some(explained) = &summary.explained {
        let since = &explained.revision;
        for (group, count, names) in words::explained(explained, NAMES.0, str::to_owned) {
            rows.push(("since", format!("{since}: {count} {group}: {names}")));
        }
    }
    rows.extend(summary.notes.iter().map(|note| ("note", note.clone())));
    rows.extend(plan.compared.dir().map(|dir| ("directory", dir.to_owned())));
    rows.extend(summary.state.as_ref().map(|state| ("state", state.words())));
    let standings = Standings::of(decision);
    for (count, label, what) in [
        (standings.allowed, "allowed", "let through by --allow"),
        (standings.waived, "waived", "by the policy"),
        (
            standings.off,
            "off",
            "of rules that the policy switches off",
        ),
    ] {
        if count > 0 {
            rows.push((label, format!("{} {what}", plural(count, "finding"))));
        }
    }
    rows.extend(
        plan.policy
            .as_ref()
            .map(|policy| ("policy", policy.words())),
    );
    if !plan.overruled.is_empty() {
        rows.push((
            "looser",
            format!("by this run: {}", plan.overruled.join(", ")),
        ));
    }
    if let Some(from) = &plan.from {
        for ignored in &from.reviewed.ignored {
            rows.push(("ignored", ignored.words(&from.reviewed.name)));
        }
        if let Some(weaker) = &from.weaker {
            let through = plural(weaker.lets_through.len(), "finding");
            let words = if weaker.lets_through.is_empty() {
                format!("the working tree would say {}", weaker.verdict.word())
            } else {
                format!("the policy of the working tree would let through {through}")
            };
            rows.push(("weaker", words));
        }
    }
    if let Some(closed) = &decision.closed {
        rows.push(("closed", format!("{}; {}", closed.reason, closed.next())));
    }
    if !summary.sha256.is_empty() {
        let version = summary.terraform_version.as_deref();
        let program = summary.writer.name().to_lowercase();
        rows.push((
            "made by",
            format!("{program} {}", version.unwrap_or("of a version not said")),
        ));
        rows.push(("sha256", summary.sha256.clone()));
    }
    out.push_str("<dl class=\"facts\">\n");
    for (label, words) in rows {
        let _ = writeln!(
            out,
            "<dt>{label}</dt><dd>{}</dd>",
            text(&middle_out(&words, WIDE * 4))
        );
    }
    out.push_str("</dl>\n");
}
