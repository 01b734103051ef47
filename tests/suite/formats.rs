//! The formats for the places where teams look: where they are written to, how they look, and that all of them tell the same.
use std::collections::HashSet;
use std::io::Cursor;
use std::path::Path;

use crate::common::{applygate, fixtures, root};
use applygate::testing::json as report_json;
use applygate::testing::{ErrorReport, Report, Settings, formats, judge_and_list, judge_bytes};
use serde_json::{Value, json};

/// The report on one plan.
fn report(plan: &[u8], source: &str) -> Report {
    Report {
        plans: judge_and_list(plan, source, &Settings::default()).expect("readable"),
        ..Report::default()
    }
}

fn fixture(name: &str) -> Report {
    let file = format!("fixtures/{name}/plan.json");
    report(&std::fs::read(root().join(&file)).expect("a plan"), &file)
}

fn as_markdown(report: &Report, length: usize) -> String {
    let mut out = Cursor::new(Vec::new());
    formats::markdown(report, length, &mut out).expect("written");
    String::from_utf8(out.into_inner()).expect("text")
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn a_comment_on_a_pull_request() {
    for (name, fixtures) in [
        ("destroy-everything", vec!["incident/2-old-state-destroy"]),
        ("routine", vec!["incident/3-routine-change"]),
        ("rename", vec!["rename-without-moved/fires-module"]),
        (
            "several",
            vec![
                "incident/3-routine-change",
                "incident/2-old-state-destroy",
                "unlisted-destroy/fires-database-instance",
            ],
        ),
    ] {
        let mut all = Report::default();
        for name in fixtures {
            all.plans.extend(fixture(name).plans);
        }
        snapshot(&format!("markdown@{name}"), &as_markdown(&all, 65_000));
    }
}

const BLOCKED: &str = "fixtures/incident/2-old-state-destroy/plan.json";
const PASSED: &str = "fixtures/incident/3-routine-change/plan.json";

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(args: &[&str]) -> Ran {
    let output = applygate()
        .arg("check")
        .args(args)
        .output()
        .expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One run writes several reports; people see theirs as before, and the exit code is the verdict's.
#[test]
fn reports_go_where_they_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let (json, md) = (dir.path().join("a.json"), dir.path().join("a.md"));
    let (json_name, md_name) = (json.to_str().unwrap(), md.to_str().unwrap());
    let pairs = [
        "--format", "json", "--output", json_name, "--format", "markdown", "--output", md_name,
        BLOCKED,
    ];
    let ran = run(&pairs);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
    assert!(ran.out.starts_with("BLOCK"), "{}", ran.out);
    assert!(read(&json).starts_with("{\n"));
    assert!(read(&md).starts_with("<!-- applygate:"));
    let quiet = run(&[&pairs[..], &["--quiet"]].concat());
    assert_eq!((quiet.code, quiet.out.as_str()), (Some(1), ""));
    let quiet = run(&[BLOCKED, "-q"]);
    assert_eq!((quiet.code, quiet.out.as_str()), (Some(1), ""));
    let quiet = run(&[PASSED, "-q", "--format", "json", "--output", "-"]);
    assert_eq!(quiet.code, Some(0));
    assert!(quiet.out.starts_with("{\n"), "{}", quiet.out);
    let human = run(&["--format", "human", "--output", md_name, "-q", PASSED]);
    assert_eq!(human.code, Some(0));
    assert!(read(&md).starts_with("PASS"));
}

#[test]
fn words_that_make_no_pairs() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a");
    let file = file.to_str().unwrap();
    let plan = dir.path().join("plan.json");
    std::fs::copy(root().join(PASSED), &plan).unwrap();
    let plan_name = plan.to_str().unwrap();
    for (args, wanted) in [
        (vec!["--output", file, PASSED], "no --format before it"),
        (
            vec!["--format", "json", "--format", "human", PASSED],
            "two reports go to standard output",
        ),
        (
            vec![
                "--format", "json", "--output", file, "--format", "markdown", "--output", file,
                PASSED,
            ],
            "two reports go to",
        ),
        (
            vec!["--format", "json", "--output", plan_name, plan_name],
            "would overwrite the plan",
        ),
        (
            vec!["--format", "json", "--output", "no/such/dir/a", PASSED],
            "cannot be written",
        ),
    ] {
        let ran = run(&args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.out);
        assert!(ran.err.contains(wanted), "{args:?}: {}", ran.err);
    }
    assert_eq!(
        std::fs::read(&plan).unwrap(),
        std::fs::read(root().join(PASSED)).unwrap()
    );
    // A report that cannot be written takes nothing from the verdict.
    let ran = run(&["--format", "json", "--output", "no/such/dir/a", BLOCKED]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
}

/// What is no file is written to and stays what it is.
#[cfg(target_os = "linux")]
#[test]
fn devices_stay_devices() {
    let ran = run(&["-q", "--format", "json", "--output", "/dev/stderr", PASSED]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.starts_with("{\n"), "{}", ran.err);
    let ran = run(&["-q", "--format", "json", "--output", "/dev/null", PASSED]);
    assert_eq!(ran.code, Some(0));
    use std::os::unix::fs::FileTypeExt;
    assert!(
        std::fs::metadata("/dev/null")
            .unwrap()
            .file_type()
            .is_char_device()
    );
}

/// What a format makes of a report.
type Write = fn(&Report, &mut dyn std::io::Write) -> std::io::Result<()>;

/// Every format that tells findings, by its word.
const FORMATS: &[(&str, Write)] = &[
    ("json", report_json::write),
    ("markdown", markdown_whole),
    ("html", formats::html),
    ("sarif", formats::sarif),
    ("gitlab", formats::gitlab),
    ("junit", formats::junit),
    ("github", formats::github),
    ("azure", formats::azure),
    ("atlantis", formats::atlantis),
];

fn markdown_whole(report: &Report, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    formats::markdown(report, 10_000_000, out)
}

fn written(format: Write, report: &Report) -> String {
    let mut out = Cursor::new(Vec::new());
    format(report, &mut out).expect("written");
    String::from_utf8(out.into_inner()).expect("text")
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn how_they_look() {
    for fixture_name in [
        "snapshot-left-behind/fires-final-snapshot",
        "unlisted-destroy/fires-database-instance",
    ] {
        let report = fixture(fixture_name);
        for (name, format) in FORMATS {
            // These have snapshots of their own, or a page that is looked at.
            if matches!(*name, "json" | "markdown" | "html") {
                continue;
            }
            let mut text = written(*format, &report);
            if *name == "sarif" {
                // The rules are the same in all of them.
                let mut log = value(&text);
                log["runs"][0]["tool"]["driver"]["rules"] = Value::Null;
                log["runs"][0]["tool"]["driver"]["semanticVersion"] = Value::Null;
                text = serde_json::to_string_pretty(&log).unwrap();
            }
            let short = fixture_name.split('/').next().unwrap();
            snapshot(&format!("{name}@{short}"), &text);
        }
    }
}

/// SARIF against the schema of its standard, and what GitHub asks for beyond it.
#[test]
fn sarif_is_valid() {
    // A pattern for the language of a text, which is none for a strict reader; nothing is said about a language.
    let schema = read(&root().join("tests/data/sarif-schema-2.1.0.json"))
        .replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-z]{2}$");
    let schema = value(&schema);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let mut reports: Vec<(String, Report)> = fixtures()
        .into_iter()
        .map(|fixture| {
            let plans = vec![fixture.report()];
            (
                fixture.name.clone(),
                Report {
                    plans,
                    ..Report::default()
                },
            )
        })
        .collect();
    reports.push(("hostile".to_owned(), hostile()));
    reports.push(("many".to_owned(), many(4000)));
    reports.push(("refused".to_owned(), refused()));
    for (name, report) in &reports {
        let log = value(&written(formats::sarif, report));
        let errors: Vec<String> = validator
            .iter_errors(&log)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), applygate::testing::RULES.len());
        for rule in rules {
            for key in ["shortDescription", "fullDescription"] {
                let text = rule[key]["text"].as_str().unwrap();
                assert!(!text.is_empty() && text.chars().count() <= 1024, "{rule}");
            }
            assert!(
                rule["properties"]["security-severity"]
                    .as_str()
                    .unwrap()
                    .parse::<f64>()
                    .is_ok()
            );
        }
        let results = run["results"].as_array().unwrap();
        assert!(results.len() <= 5000);
        let mut prints = HashSet::new();
        for result in results {
            let at = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(rules[at]["id"], result["ruleId"], "{name}");
            let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                .as_str()
                .unwrap();
            assert!(!uri.is_empty() && !uri.contains(' '), "{name}: {uri}");
            let print = result["partialFingerprints"]["primaryLocationLineHash"]
                .as_str()
                .unwrap();
            assert!(prints.insert(print.to_owned()), "{name}: {print} twice");
        }
    }
}

/// Code Quality by the table in GitLab's documentation ("Code Quality report format").
#[test]
fn gitlab_is_valid() {
    for report in [
        fixture("incident/2-old-state-destroy"),
        fixture("incident/3-routine-change"),
        hostile(),
        many(4000),
        refused(),
    ] {
        let text = written(formats::gitlab, &report);
        assert!(text.starts_with('['), "no BOM");
        let mut prints = HashSet::new();
        for issue in value(&text).as_array().unwrap() {
            for key in ["description", "check_name", "fingerprint"] {
                assert!(!issue[key].as_str().unwrap().is_empty(), "{issue}");
            }
            assert!(
                ["info", "minor", "major", "critical", "blocker"]
                    .contains(&issue["severity"].as_str().unwrap())
            );
            assert!(
                !issue["location"]["path"]
                    .as_str()
                    .unwrap()
                    .starts_with("./")
            );
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
            assert!(prints.insert(issue["fingerprint"].to_string()), "{issue}");
        }
    }
    let widget = written(
        formats::gitlab_terraform,
        &fixture("incident/2-old-state-destroy"),
    );
    assert_eq!(widget, "{\"create\":0,\"update\":0,\"delete\":27}\n");
}

/// JUnit by the rules of junit-10.xsd of the Jenkins xUnit plugin: elements and attributes that it names, counts that are true.
#[test]
fn junit_is_valid() {
    for report in [
        fixture("incident/2-old-state-destroy"),
        fixture("incident/3-routine-change"),
        hostile(),
        many(4000),
        refused(),
    ] {
        let text = written(formats::junit, &report);
        let document =
            roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let number = |node: &roxmltree::Node, name: &str| {
            node.attribute(name)
                .map_or(0, |text| text.parse::<usize>().unwrap())
        };
        let count = |node: &roxmltree::Node, name: &str| {
            node.descendants()
                .filter(|inner| inner.has_tag_name(name))
                .count()
        };
        for node in document.descendants().filter(|node| node.is_element()) {
            let name = node.tag_name().name();
            let (inside, attributes): (&[&str], &[&str]) = match name {
                "testsuites" => (
                    &["testsuite"],
                    &["name", "time", "tests", "failures", "errors"],
                ),
                "testsuite" => (
                    &[
                        "testsuite",
                        "properties",
                        "testcase",
                        "system-out",
                        "system-err",
                    ],
                    &[
                        "name",
                        "tests",
                        "failures",
                        "errors",
                        "skipped",
                        "time",
                        "timestamp",
                    ],
                ),
                "testcase" => (
                    &["skipped", "error", "failure", "system-out", "system-err"],
                    &["name", "classname", "time", "group"],
                ),
                "failure" | "error" | "skipped" => (&[], &["type", "message"]),
                "system-out" => (&[], &[]),
                other => panic!("{other}"),
            };
            for child in node.children().filter(|child| child.is_element()) {
                assert!(
                    inside.contains(&child.tag_name().name()),
                    "{name}: {child:?}"
                );
            }
            for attribute in node.attributes() {
                assert!(
                    attributes.contains(&attribute.name()),
                    "{name}: {attribute:?}"
                );
            }
            if name == "testsuite" || name == "testsuites" {
                assert_eq!(number(&node, "tests"), count(&node, "testcase"));
                assert_eq!(number(&node, "failures"), count(&node, "failure"));
                assert_eq!(number(&node, "errors"), count(&node, "error"));
            }
            if name == "testsuite" {
                assert_eq!(number(&node, "skipped"), count(&node, "skipped"));
            }
            if name == "testcase" {
                assert!(node.attribute("name").is_some_and(|name| !name.is_empty()));
            }
        }
    }
}

/// Addresses that mean something to whoever shows them.
const NASTY: &[&str] = &[
    "aws_db_instance.a[\"x\n::error::pwned\"]",
    "aws_db_instance.a[\"::error file=x::pwned\"]",
    "aws_db_instance.a[\"##vso[task.setvariable variable=x]pwned\"]",
    "aws_db_instance.a[\"]]><evil/>\"]",
    "aws_db_instance.a[\"a|b|c\"]",
    "aws_db_instance.a[\"`code` ``` fence\"]",
    "aws_db_instance.a[\"\\\\|`\"]",
    "aws_db_instance.a[\"<script>alert(1)</script>\"]",
    "aws_db_instance.a[\"</details><img src=x onerror=alert(1)>\"]",
    "aws_db_instance.a[\"<!-- applygate:x -->\"]",
    "aws_db_instance.a[\"\u{202e}drowssap\u{2066}\"]",
    "aws_db_instance.a[\"@everyone #1 https://evil.example www.evil.example\"]",
    "aws_db_instance.a[\"![x](https://evil.example/x.png) [y](javascript:alert(1))\"]",
    "aws_db_instance.a[\"%0A::error::%25\"]",
    "aws_db_instance.a[\"\u{fffe}\u{ffff}\u{0}\u{1b}[31m\"]",
    "aws_db_instance.a[\"failover\"]",
    "aws_db_instance.a[\"' onmouseover='x\"]",
];

fn destroys(addresses: impl IntoIterator<Item = String>) -> Report {
    let changes: Vec<Value> = addresses
        .into_iter()
        .map(|address| {
            json!({"address": address, "mode": "managed", "type": "aws_db_instance", "name": "a",
                "change": {"actions": ["delete"], "before": {"skip_final_snapshot": true}, "after": null, "after_unknown": {}}})
        })
        .collect();
    let plan = json!({"format_version": "1.2", "terraform_version": "1.15.5", "resource_changes": changes});
    report(plan.to_string().as_bytes(), "plan.json")
}

fn hostile() -> Report {
    let long = format!("aws_db_instance.a[\"{}\"]", "x".repeat(300));
    destroys(
        NASTY
            .iter()
            .map(|address| (*address).to_owned())
            .chain([long]),
    )
}

fn many(count: usize) -> Report {
    destroys((0..count).map(|at| format!("module.m{}.aws_db_instance.a[\"{at}\"]", at % 7)))
}

/// A plan that is judged in part, and an input that is none.
fn refused() -> Report {
    let mut report = fixture("incident/3-routine-change");
    let errored = std::fs::read(root().join("fixtures/odd/errored.json")).unwrap();
    match judge_bytes(&errored, "errored <b>.json", &Settings::default()) {
        Ok(plans) => report.plans.extend(plans),
        Err(refusal) => report.errors.push(ErrorReport {
            source: "errored <b>.json".to_owned(),
            refusal,
        }),
    }
    let refusal = judge_bytes(b"{", "cut|`.json", &Settings::default()).expect_err("no plan");
    report.errors.push(ErrorReport {
        source: "cut|`.json".to_owned(),
        refusal,
    });
    report
}

/// Nothing that a name holds is more than text, in any format.
#[test]
fn names_are_text_and_nothing_else() {
    let report = hostile();
    for (name, format) in FORMATS {
        let text = written(*format, &report);
        assert!(
            text.chars()
                .all(|c| c == '\n' || !applygate::testing::escape::is_invisible(c)),
            "{name}: nothing invisible"
        );
        // No characters of XML.
        assert!(*name != "junit" || !text.contains(['\u{fffe}', '\u{ffff}']));
        // A command of a CI system starts a line, or stands anywhere in it.
        for line in text.lines() {
            let (mut github, mut azure) = (line.matches("::").count(), line.matches("##").count());
            match *name {
                "github" => {
                    assert!(line.starts_with("::error "), "{line}");
                    github -= 2;
                }
                "azure" => {
                    assert!(
                        line.starts_with("##vso[task.logissue type=error;code="),
                        "{line}"
                    );
                    azure -= 1;
                }
                // A heading.
                "markdown" if line.starts_with("###") => azure = 0,
                _ => {}
            }
            assert_eq!((github, azure), (0, 0), "{name}: {line}");
        }
    }
    let text = written(markdown_whole, &report);
    assert_eq!(text.matches("<!--").count(), 1, "{text}");
    for part in [
        "<script",
        "<img",
        "<evil",
        "</details><",
        "](javascript",
        "](https",
    ] {
        let outside: Vec<&str> = outside_code(&text).collect();
        assert!(
            !outside.iter().any(|text| text.contains(part)),
            "{part}: {outside:?}"
        );
    }
    let rows: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("| 🔴"))
        .collect();
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row.matches('|').count(), 5, "{row}");
    }
}

/// What is not between backticks.
fn outside_code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').step_by(2))
}

#[test]
fn as_many_as_the_place_holds_and_a_count_of_the_rest() {
    let report = many(4000);
    let text = |name: &str| {
        written(
            FORMATS.iter().find(|(known, _)| *known == name).unwrap().1,
            &report,
        )
    };
    let github = text("github");
    assert_eq!(github.lines().count(), 10);
    assert!(
        github.contains("and 3992 more findings like these"),
        "{github}"
    );
    assert_eq!(text("azure").lines().count(), 10);
    for length in [2000, 10_000, 65_000] {
        let text = as_markdown(&report, length);
        assert!(text.len() <= length, "{} of {length}", text.len());
        assert!(text.contains("BLOCK: 4001 critical"), "{text}");
    }
    let short = as_markdown(&hostile(), 2000);
    assert!(short.len() <= 2000 && short.contains("BLOCK"), "{short}");
    assert_eq!(
        short.matches("<details>").count(),
        short.matches("</details>").count()
    );
    assert_eq!(value(&text("gitlab")).as_array().unwrap().len(), 1001);
    assert_eq!(
        value(&text("sarif"))["runs"][0]["results"]
            .as_array()
            .unwrap()
            .len(),
        4001
    );
    assert_eq!(
        text("atlantis")
            .lines()
            .filter(|line| line.starts_with("fail: "))
            .count(),
        101
    );
}

/// Atlantis looks for "fail" in what is printed, and for nothing else.
#[test]
fn atlantis_reads_one_word() {
    for fixture in fixtures() {
        let report = Report {
            plans: vec![fixture.report()],
            ..Report::default()
        };
        let refuses = report.plans[0].decision.verdict == applygate::testing::Verdict::Block
            || report.plans[0].decision.refusal.is_some();
        let text = written(formats::atlantis, &report).to_lowercase();
        assert_eq!(text.contains("fail"), refuses, "{}: {text}", fixture.name);
    }
    assert!(written(formats::atlantis, &refused()).contains("fail: not judged"));
    // A name that holds the word, in a plan that is let through.
    let plan = json!({"format_version": "1.2", "terraform_version": "1.15.5", "resource_changes": [
        {"address": "aws_iam_role.failover", "mode": "managed", "type": "aws_iam_role", "name": "failover",
            "change": {"actions": ["delete"], "before": {"name": "fail"}, "after": null, "after_unknown": {}}}]});
    let report = report(plan.to_string().as_bytes(), "fail.json");
    assert_eq!(
        written(formats::atlantis, &report),
        "applygate: WARN, 1 medium, 1 low\n"
    );
}

/// All formats tell the same findings.
#[test]
fn all_formats_tell_the_same() {
    for fixture in fixtures() {
        let report = Report {
            plans: vec![fixture.report()],
            ..Report::default()
        };
        let text = |name: &str| {
            written(
                FORMATS.iter().find(|(known, _)| *known == name).unwrap().1,
                &report,
            )
        };
        let document = value(&text("json"));
        let plan = &document["plans"][0];
        let findings = plan["findings"].as_array().unwrap();
        let counting: Vec<&Value> = findings
            .iter()
            .filter(|finding| finding["standing"] == "counts")
            .collect();
        let rules = |all: &[&Value], key: &str| {
            let mut rules: Vec<String> = all
                .iter()
                .map(|one| one[key].as_str().unwrap().to_owned())
                .collect();
            rules.sort();
            rules
        };
        let whole: Vec<&Value> = findings.iter().collect();
        let name = &fixture.name;

        let log = value(&text("sarif"));
        let results: Vec<&Value> = log["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .collect();
        assert_eq!(rules(&results, "ruleId"), rules(&whole, "rule"), "{name}");
        let named = |all: &[&Value]| {
            all.iter()
                .filter(|finding| finding["address"].is_string())
                .count()
        };
        let places = results
            .iter()
            .filter(|result| result["locations"][0]["logicalLocations"].is_array())
            .count();
        assert_eq!(places, named(&whole), "{name}");

        let quality = value(&text("gitlab"));
        let issues: Vec<&Value> = quality
            .as_array()
            .unwrap()
            .iter()
            .filter(|issue| issue["check_name"] != "not-judged")
            .collect();
        assert_eq!(
            rules(&issues, "check_name"),
            rules(&counting, "rule"),
            "{name}"
        );

        let junit = text("junit");
        let junit = roxmltree::Document::parse(&junit).unwrap();
        let mut tested: Vec<String> = junit
            .descendants()
            .filter_map(|node| node.attribute("classname")?.strip_prefix("applygate."))
            .map(str::to_owned)
            .collect();
        tested.sort();
        assert_eq!(tested, rules(&whole, "rule"), "{name}");

        let blocking = junit
            .descendants()
            .filter(|node| node.has_tag_name("failure"))
            .count();
        let refused = usize::from(!plan["refused"].is_null());
        let atlantis = text("atlantis");
        let lines = atlantis
            .lines()
            .filter(|line| line.starts_with("fail: "))
            .count();
        assert_eq!(lines, blocking + refused, "{name}: {atlantis}");

        // A page lists what is alike together, so all its addresses are there.
        let markdown = text("markdown");
        for finding in findings {
            let id = finding["rule"].as_str().unwrap();
            assert!(markdown.contains(id), "{name}: {id}");
        }
        let html = text("html");
        for finding in findings {
            let id = finding["rule"].as_str().unwrap();
            let address = finding["address"].as_str().map(html_text);
            assert!(html.contains(&format!(">{id}")), "{name}: {id}");
            assert!(
                address.is_none_or(|address| html.contains(&address)),
                "{name}: {id} {:?}",
                finding["address"]
            );
        }
        // Of each kind ten at most.
        for (format, kinds) in [
            ("github", &["::error", "::warning", "::notice"][..]),
            ("azure", &["type=error", "type=warning"][..]),
        ] {
            let text = text(format);
            let blocks =
                |finding: &Value| matches!(finding["severity"].as_str(), Some("critical" | "high"));
            for kind in kinds {
                // In the order of the report, so the worst first.
                let of_kind = |finding: &&&Value| match (*kind, finding["severity"].as_str()) {
                    ("::error" | "type=error", _) => blocks(finding),
                    ("::notice", Some("low")) => !blocks(finding),
                    ("::warning", Some("medium")) => !blocks(finding),
                    ("type=warning", _) => !blocks(finding),
                    _ => false,
                };
                let mut wanted: Vec<String> = counting
                    .iter()
                    .filter(of_kind)
                    .map(|finding| title_of(finding))
                    .collect();
                if kind.ends_with("error") && refused == 1 {
                    wanted.insert(0, "not judged".to_owned());
                }
                // Azure counts notes among the warnings.
                let parted = *kind == "type=warning";
                let shown: Vec<String> = text
                    .lines()
                    .filter(|line| line.contains(kind))
                    .map(annotation_title)
                    .collect();
                if wanted.len() <= 10 {
                    assert_eq!(shown, wanted, "{name}: {format}");
                } else if !parted {
                    assert_eq!(shown.len(), 10, "{name}: {format}");
                    assert_eq!(shown[..9], wanted[..9], "{name}: {format}");
                    let rest = format!("and {} more findings like these", wanted.len() - 9);
                    assert!(text.contains(&rest), "{name}: {format}: {text}");
                } else {
                    assert!(shown.len() >= 10, "{name}: {format}");
                }
            }
        }
        let word = plan["verdict"].as_str().unwrap();
        assert!(
            markdown.contains(&word.to_uppercase()) || refused == 1,
            "{name}"
        );
    }
}

/// The text as a page has it.
fn html_text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The title that an annotation of a finding has.
fn title_of(finding: &Value) -> String {
    let address = match (&finding["address"], &finding["deposed"]) {
        (Value::String(address), Value::String(key)) => format!("{address} (deposed {key})"),
        (Value::String(address), _) => address.clone(),
        _ => "the whole plan".to_owned(),
    };
    format!("{}: {address}", finding["severity"].as_str().unwrap())
}

/// The title of an annotation as it is written, its place's escaping undone.
fn annotation_title(line: &str) -> String {
    let title = match line.split_once("title=") {
        Some((_, rest)) => rest.split("::").next().unwrap().to_owned(),
        None => {
            let text = line.split_once(";]").unwrap().1;
            text.split("%0A").next().unwrap().to_owned()
        }
    };
    let title = title.replace("%3A", ":").replace("%2C", ",");
    let title = title.replace("%AZP25", "%").replace("%25", "%");
    if title.starts_with("not judged") {
        return "not judged".to_owned();
    }
    title
}

/// Elements and attributes that the page may have: no script, nothing that is loaded, no handler.
const ELEMENTS: &[&str] = &[
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "header",
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "span",
    "div",
    "label",
    "input",
    "b",
    "strong",
    "select",
    "option",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "a",
    "code",
    "section",
    "figure",
    "figcaption",
    "svg",
    "g",
    "rect",
    "path",
    "text",
    "article",
    "dl",
    "dt",
    "dd",
    "ul",
    "li",
    "pre",
    "details",
    "summary",
    "footer",
];
const ATTRIBUTES: &[&str] = &[
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "id",
    "type",
    "checked",
    "value",
    "selected",
    "autocomplete",
    "aria-label",
    "role",
    "href",
    "colspan",
    "viewBox",
    "width",
    "height",
    "x",
    "y",
    "rx",
    "d",
];

/// The page is read by a strict reader: whatever a name holds, there are only our own elements.
#[test]
fn a_page_that_needs_nothing_else() {
    let mut several = hostile();
    several
        .plans
        .extend(fixture("stateful-destroy/fires-in-use").plans);
    several
        .plans
        .extend(fixture("incident/2-old-state-destroy").plans);
    for (name, report) in [
        ("blocked", fixture("incident/2-old-state-destroy")),
        ("passed", fixture("incident/3-routine-change")),
        ("in use", fixture("stateful-destroy/fires-in-use")),
        ("hostile", hostile()),
        ("hostile in use", hostile_in_use()),
        ("many", many(4000)),
        ("refused", refused()),
        ("several", several),
        ("nothing", Report::default()),
    ] {
        let page = written(formats::html, &report);
        let options = roxmltree::ParsingOptions {
            allow_dtd: true,
            ..roxmltree::ParsingOptions::default()
        };
        let document = roxmltree::Document::parse_with_options(&page, options)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        for node in document.descendants().filter(|node| node.is_element()) {
            let tag = node.tag_name().name();
            assert!(ELEMENTS.contains(&tag), "{name}: {tag}");
            for attribute in node.attributes() {
                assert!(
                    ATTRIBUTES.contains(&attribute.name()),
                    "{name}: {attribute:?}"
                );
                if attribute.name() == "href" {
                    assert!(
                        attribute.value().starts_with("#plan-"),
                        "{name}: {attribute:?}"
                    );
                }
            }
            let ids = document
                .descendants()
                .filter_map(|node| node.attribute("id"));
            let mut seen = HashSet::new();
            assert!(
                tag != "html" || ids.into_iter().all(|id| seen.insert(id)),
                "{name}"
            );
        }
        assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"));
        for part in [
            "url(",
            "@import",
            "javascript:",
            "<script",
            "http://",
            "https://",
        ] {
            let style = page.split("</style>").next().unwrap();
            assert!(!style.contains(part), "{name}: {part}");
        }
        assert!(page.len() < 4_000_000, "{name}: {}", page.len());
    }
    let page = written(formats::html, &many(4000));
    assert!(page.contains("BLOCK") && page.contains("4001 critical"));
    let page = written(formats::html, &fixture("incident/3-routine-change"));
    assert!(page.contains("Everything that changes: 6") && page.contains(">PASS<"));
}

/// A plan in which others refer to objects with names that mean something to whoever shows them.
fn hostile_in_use() -> Report {
    let mut changes: Vec<Value> = NASTY
        .iter()
        .map(|address| {
            json!({"address": address, "mode": "managed", "type": "aws_db_instance", "name": "a",
                "change": {"actions": ["delete"], "before": {"skip_final_snapshot": true}, "after": null, "after_unknown": {}}})
        })
        .collect();
    changes.push(
        json!({"address": "aws_sns_topic.b[\"]]><script>`end`\"]", "mode": "managed", "type": "aws_sns_topic", "name": "b",
            "change": {"actions": ["no-op"], "before": {}, "after": {}, "after_unknown": {}}}),
    );
    let plan = json!({"format_version": "1.2", "terraform_version": "1.15.5", "resource_changes": changes,
    "configuration": {"root_module": {"resources": [
        {"address": "aws_sns_topic.b", "mode": "managed", "expressions": {"a": {"references": ["aws_db_instance.a", "local.`<x>`"]}}},
    ]}}});
    report(plan.to_string().as_bytes(), "plan.json")
}

/// The picture in Markdown: of a name only what means nothing to Mermaid, HTML or Markdown is written as it is.
#[test]
fn a_picture_in_a_comment() {
    let block = |report: &Report| {
        let text = written(markdown_whole, report);
        let (_, rest) = text.split_once("```mermaid\n")?;
        Some(rest.split_once("```").unwrap().0.to_owned())
    };
    let saved = std::fs::read(root().join("fixtures/stateful-destroy/fires-in-use/plan.tfplan"));
    let picture = block(&report(&saved.unwrap(), "plan.tfplan")).expect("a picture");
    snapshot("mermaid@in-use", &picture);
    let picture = block(&hostile_in_use()).expect("a picture");
    let is_label = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.- /#;".contains(c))
    };
    let mut nodes = 0;
    for line in picture.lines().skip(1) {
        let line = line.trim();
        if let Some((_, rest)) = line.split_once("[\"") {
            let (label, class) = rest.split_once("\"]:::").unwrap();
            let (name, what) = label.split_once("<br/>").unwrap();
            assert!(
                is_label(name) && is_label(what) && is_label(class),
                "{line}"
            );
            nodes += 1;
        } else {
            assert!(
                line.contains(" --> ") || line.starts_with("classDef "),
                "{line}"
            );
        }
    }
    assert!(nodes > 10, "{picture}");
    // Where it would be no picture any more, there is none.
    assert_eq!(block(&many(50)), None);
    assert_eq!(block(&fixture("incident/3-routine-change")), None);
}

/// What changes is listed by module, with the reason and no value.
#[test]
fn everything_that_changes() {
    let ran = run(&["--changes", "--format", "json", BLOCKED]);
    let changes = value(&ran.out)["plans"][0]["changes"].clone();
    assert_eq!(changes.as_array().unwrap().len(), 27);
    assert_eq!(changes[0]["what"], "destroy");
    let ran = run(&["--format", "json", BLOCKED]);
    assert!(value(&ran.out)["plans"][0]["changes"].is_null());
    let ran = run(&[
        "--changes",
        "fixtures/rename-without-moved/fires-module/plan.json",
    ]);
    snapshot(
        "changes@rename",
        ran.out.split_once("\neverything").unwrap().1,
    );
    for format in [
        "human", "markdown", "html", "junit", "github", "azure", "sarif", "json",
    ] {
        let ran = run(&["--changes", "--format", format, BLOCKED]);
        let times = ran.out.matches("aws_s3_bucket.homework").count();
        let without = run(&["--format", format, BLOCKED]);
        let times_without = without.out.matches("aws_s3_bucket.homework").count();
        assert!(
            times > times_without || matches!(format, "markdown" | "html"),
            "{format}: {times}"
        );
        assert_eq!(ran.code, Some(1));
    }
    let log = run(&["--changes", "--format", "github", BLOCKED]).out;
    assert_eq!(
        (
            log.matches("::group::").count(),
            log.matches("::endgroup::").count()
        ),
        (1, 1)
    );
}

/// The summary of a step holds what every command of the step adds to it.
#[test]
fn a_step_summary_is_added_to() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("summary.md");
    std::fs::write(&file, "before\n").unwrap();
    for named in [true, false] {
        let mut command = applygate();
        command.args(["check", "-q", "--format", "markdown", "--output"]);
        command.arg(&file).arg(PASSED);
        if named {
            command.env("GITHUB_STEP_SUMMARY", &file);
        }
        assert_eq!(command.output().unwrap().status.code(), Some(0));
        assert_eq!(read(&file).starts_with("before\n<!-- applygate:"), named);
    }
}
