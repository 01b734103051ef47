//! Every rule over every fixture: what is expected is found, nothing else changes unseen, and nothing is said of a plan that does nothing.
use std::fmt::Write as _;

use crate::common::{fixtures, judge, parse, told};
use applygate::testing::{Needs, RULES};

#[test]
fn fixtures_get_what_they_expect() {
    let mut wrong = String::new();
    for fixture in fixtures() {
        let report = fixture.report();
        let findings = told(&report);
        if report.decision.verdict.word() != fixture.spec.verdict {
            let _ = writeln!(
                wrong,
                "{}: {}, expected {}",
                fixture.name,
                report.decision.verdict.word(),
                fixture.spec.verdict
            );
        }
        for expect in &fixture.spec.expect {
            let address = expect.address.as_deref().unwrap_or("*");
            let hit = |(rule, place, severity): &&(String, String, String)| {
                *rule == expect.rule
                    && place == address
                    && expect
                        .severity
                        .as_ref()
                        .is_none_or(|expected| expected == severity)
            };
            if !findings.iter().any(|finding| hit(&finding)) {
                let _ = writeln!(
                    wrong,
                    "{}: no {}@{address} {:?} in {findings:?}",
                    fixture.name, expect.rule, expect.severity
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Quiet fixtures of a rule have no finding of that rule; those under `quiet/` have none at all.
#[test]
fn quiet_is_quiet() {
    for fixture in fixtures() {
        let (group, slug) = fixture.name.split_once('/').expect("group/slug");
        let findings = told(&fixture.report());
        if group == "quiet" {
            assert_eq!(findings, [], "{}", fixture.name);
        } else if slug.starts_with("quiet-") {
            assert!(
                findings.iter().all(|(rule, ..)| rule != group),
                "{}: {findings:?}",
                fixture.name
            );
        } else if slug.starts_with("fires-") {
            assert!(
                findings.iter().any(|(rule, ..)| rule == group),
                "{}: {findings:?}",
                fixture.name
            );
        }
    }
}

/// A rule is a file, a row, a page of prose, and fixtures in which it fires and stays quiet.
#[test]
fn a_rule_is_complete() {
    let root = crate::common::root();
    let names = |dir: &str, ending: &str| {
        let mut names: Vec<String> = std::fs::read_dir(root.join(dir))
            .expect("the directory is there")
            .flatten()
            .filter_map(|entry| {
                entry
                    .file_name()
                    .to_str()?
                    .strip_suffix(ending)
                    .map(str::to_owned)
            })
            .collect();
        names.sort();
        names
    };
    let mut ids: Vec<String> = RULES.iter().map(|rule| rule.id.to_owned()).collect();
    ids.sort();
    assert_eq!(names("rules", ".md"), ids, "rules/*.md");
    let shared = [
        "all",
        "mod",
        "aws_auth",
        "destroyed",
        "expiry",
        "images",
        "made",
        "source",
        "unplaced",
        "updated",
        "indexes",
        "inside",
    ];
    let files: Vec<String> = names("src/rules", ".rs")
        .into_iter()
        .filter(|name| !shared.contains(&name.as_str()))
        .map(|name| name.replace('_', "-"))
        .collect();
    assert_eq!(files, ids, "src/rules/*.rs");
    let fixtures = fixtures();
    for rule in RULES {
        // What only a change to the sources shows is tried in repositories: tests/suite/source.rs.
        let kinds: &[&str] = if rule.needs == Needs::Change {
            &[]
        } else {
            &["fires-", "quiet-"]
        };
        for kind in kinds {
            let start = format!("{}/{kind}", rule.id);
            assert!(
                fixtures
                    .iter()
                    .any(|fixture| fixture.name.starts_with(&start)),
                "{start}* is missing"
            );
        }
        let headings: Vec<&str> = rule
            .docs
            .lines()
            .filter(|line| line.starts_with('#'))
            .collect();
        let title = format!("# {}", rule.id);
        assert_eq!(
            headings,
            [
                title.as_str(),
                "## What it finds",
                "## Why it matters",
                "## Example",
                "## How to fix",
                "## When to waive it"
            ],
            "rules/{}.md",
            rule.id
        );
        // The first line is for whoever is in a hurry; the second is the rule's own.
        let mut lines = rule.docs.lines().skip(2).step_by(2);
        let first = lines.next().unwrap_or_default();
        assert!(
            first.starts_with("If you ignore it: "),
            "rules/{}.md",
            rule.id
        );
        let mut title = rule.title.to_owned();
        title.get_mut(..1).expect("a letter").make_ascii_uppercase();
        assert_eq!(
            lines.next(),
            Some(format!("{title}.").as_str()),
            "rules/{}.md",
            rule.id
        );
    }
}

/// One snapshot a rule: what it says of every fixture there is.
#[test]
fn rules_over_all_fixtures() {
    let reports: Vec<_> = fixtures()
        .into_iter()
        .map(|fixture| {
            (
                fixture.name.clone(),
                fixture.spec.plan.is_some(),
                fixture.report(),
            )
        })
        .collect();
    for rule in RULES.iter().filter(|rule| rule.needs != Needs::Change) {
        let mut text = String::new();
        // What others say of a plan that is judged twice stands there once.
        for (name, report) in reports
            .iter()
            .filter(|(name, borrowed, _)| !borrowed || name.starts_with(&format!("{}/", rule.id)))
            .map(|(name, _, report)| (name, report))
        {
            for weighed in report
                .decision
                .findings
                .iter()
                .filter(|weighed| weighed.finding.rule == rule.id)
            {
                let finding = &weighed.finding;
                let _ = writeln!(
                    text,
                    "{name}: {} {}",
                    finding.severity,
                    finding.address.as_deref().unwrap_or("*")
                );
                let _ = writeln!(text, "    {}", finding.message);
                for evidence in &finding.evidence {
                    let _ = writeln!(text, "    - {evidence}");
                }
            }
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("rule@{}", rule.id), text);
        });
    }
}

/// The same plans with every action turned into no-op and without what happens beside changes: nothing to say about any resource.
#[test]
fn nothing_is_said_when_nothing_happens() {
    for fixture in fixtures() {
        let mut plan = parse(&fixture.json());
        for change in plan
            .get_mut("resource_changes")
            .and_then(|changes| changes.as_array_mut())
            .into_iter()
            .flatten()
        {
            change["change"]["actions"] = serde_json::json!(["no-op"]);
        }
        // What is no change of a resource happens as well.
        for list in ["action_invocations", "resource_drift"] {
            plan[list] = serde_json::json!([]);
        }
        let report = judge(plan.to_string().as_bytes(), &Default::default());
        let about: Vec<_> = told(&report)
            .into_iter()
            .filter(|(_, address, _)| address != "*")
            .collect();
        assert_eq!(about, [], "{}", fixture.name);
    }
}

/// Real plans are made by real Terraform; the others say so, with the page that they were made from.
#[test]
fn fixtures_say_where_they_come_from() {
    let fixtures = fixtures();
    for fixture in fixtures.iter().filter(|fixture| fixture.spec.synthetic) {
        assert!(
            fixture
                .spec
                .source
                .as_ref()
                .is_some_and(|source| source.starts_with("https://")),
            "{}: a synthetic plan names its source",
            fixture.name
        );
    }
    assert!(
        fixtures
            .iter()
            .filter(|fixture| !fixture.spec.synthetic)
            .count()
            >= 40,
        "at least 40 by real Terraform"
    );
    assert!(
        fixtures
            .iter()
            .all(|fixture| !fixture.spec.title.is_empty())
    );
}
