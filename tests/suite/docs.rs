//! Docs cannot lie: every console block is what the binary prints, the table of rules is rendered from the rules, the repository's address is the one of
//! `Cargo.toml`, and links inside the project lead somewhere. `UPDATE_DOCS=1 cargo test --test suite docs picture` writes what is compared otherwise.
use std::path::{Path, PathBuf};

use crate::common::{applygate, root};
use applygate::testing::RULES;
use applygate::testing::setting::{EXPECT, Kind, LIMITS, Setting};

/// Every page that is about the project: the two at the root, the docs, and the pages of the rules.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    pages.extend(below("rules"));
    pages.extend(below("docs"));
    pages.sort();
    pages
}

/// The pages in a directory and below.
fn below(dir: &str) -> Vec<PathBuf> {
    let (mut pages, mut dirs) = (Vec::new(), vec![root().join(dir)]);
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages in which a text that a test compares may stand, as one.
pub(crate) fn all() -> String {
    pages().iter().map(|path| read(path)).collect()
}

/// What a command prints, both streams, and its exit code.
fn run(command: &str) -> Option<(String, i32)> {
    let words = command
        .strip_prefix("applygate ")
        .or_else(|| command.strip_prefix("cargo run --locked -- "))?;
    let output = applygate()
        .args(words.split_whitespace())
        .output()
        .expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text")
        + &String::from_utf8(output.stderr).expect("text");
    // The full path of a state on the disk.
    let text = text.replace(&root().display().to_string(), "/srv/infra");
    Some((text, output.status.code().expect("a code")))
}

/// The page with every console block filled in.
fn filled(page: &str) -> String {
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        if line != "```console" {
            continue;
        }
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let commands: Vec<&str> = block
            .iter()
            .filter_map(|line| line.strip_prefix("$ "))
            .collect();
        if commands
            .iter()
            .all(|command| *command == "echo $?" || run(command).is_none())
        {
            block
                .iter()
                .for_each(|line| out.push_str(&format!("{line}\n")));
        } else {
            let mut code = 0;
            for command in commands {
                out.push_str(&format!("$ {command}\n"));
                if command == "echo $?" {
                    out.push_str(&format!("{code}\n"));
                } else if let Some((text, exit)) = run(command) {
                    out.push_str(text.trim_end());
                    out.push('\n');
                    code = exit;
                }
            }
        }
        out.push_str("```\n");
    }
    out
}

/// The page with the part between two marks replaced.
fn between(page: &str, mark: &str, text: &str) -> String {
    let (open, close) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    match (page.split_once(&open), page.split_once(&close)) {
        (Some((before, _)), Some((_, after))) => format!("{before}{open}{text}{close}{after}"),
        _ => page.to_owned(),
    }
}

/// The page with the project's address as `Cargo.toml` has it: it is written there and nowhere else.
fn addressed(page: &str) -> String {
    const HOST: &str = "https://github.com/";
    let manifest: toml::Table = toml::from_str(&read(&root().join("Cargo.toml"))).expect("TOML");
    let address = manifest["package"]["repository"].as_str().expect("a text");
    let mut out = String::new();
    let mut rest = page;
    while let Some(at) = rest.find(HOST) {
        let (before, link) = rest.split_at(at);
        out.push_str(before);
        let mut parts = link[HOST.len()..].splitn(2, '/');
        let owner = parts.next().unwrap_or_default();
        match parts
            .next()
            .and_then(|after| after.strip_prefix("applygate"))
        {
            Some(after) if owner.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => {
                out.push_str(address);
                rest = after;
            }
            _ => {
                out.push_str(HOST);
                rest = &link[HOST.len()..];
            }
        }
    }
    out + rest
}

fn rules_table(to_rules: &str) -> String {
    let mut table = "| rule | worst | needs | what it finds |\n|---|---|---|---|\n".to_owned();
    for rule in RULES {
        table.push_str(&format!(
            "| [`{id}`]({to_rules}{id}.md) | {} | {} | {} |\n",
            rule.severity,
            rule.needs.word(),
            rule.title,
            id = rule.id
        ));
    }
    table
}

/// The keys of a table of the policy, with what holds without them.
fn settings_table(settings: &[&Setting]) -> String {
    let defaults = settings.iter().any(|row| default(row).is_some());
    let head = if defaults {
        "| key | default | means |\n|---|---|---|\n"
    } else {
        "| key | means |\n|---|---|\n"
    };
    let rows = settings.iter().map(|row| {
        let default = default(row).map_or_else(String::new, |value| format!(" {value} |"));
        format!("| `{}` |{default} {} |\n", row.key, row.doc)
    });
    head.to_owned() + &rows.collect::<String>()
}

fn default(setting: &Setting) -> Option<String> {
    match setting.kind {
        Kind::Count { default } => Some(default.to_string()),
        Kind::Share { default } => Some(default.to_string()),
        _ => None,
    }
}

/// The policy of the docs: a file that the console blocks use, read by the real reader.
fn policy_block() -> String {
    let text = std::fs::read_to_string(root().join("fixtures/policy/applygate.toml"))
        .expect("the policy of the docs");
    let policy = applygate::testing::policy::read(
        "applygate.toml",
        text.as_bytes(),
        jiff::civil::date(2026, 11, 22),
    )
    .expect("it has no mistake");
    let five = (
        policy.base.block_at.is_some(),
        policy.base.waivers.len(),
        policy.base.rules.len(),
        policy.envs.len(),
        policy.base.settings.contains_key("region"),
    );
    assert_eq!(five, (true, 1, 1, 1, true), "the five settings are in it");
    format!("```toml\n{text}```\n")
}

pub(crate) fn compare(path: &Path, text: &str, made: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, made).expect("written");
    } else {
        assert!(
            text == made,
            "{} is not what the binary prints; UPDATE_DOCS=1 cargo test --test suite docs picture writes it\n{made}",
            path.display()
        );
    }
}

#[test]
fn blocks_are_what_the_binary_prints() {
    for path in pages() {
        let text = read(&path);
        let blocks = [
            ("rules", rules_table("../rules/")),
            ("policy", policy_block()),
            ("limits", settings_table(LIMITS)),
            ("expect", settings_table(EXPECT)),
        ];
        let made = blocks.iter().fold(filled(&text), |page, (mark, block)| {
            between(&page, mark, block)
        });
        compare(&path, &text, &addressed(&made));
    }
}

/// The blocks that this and other tests compare are each in one page.
#[test]
fn every_block_has_its_place() {
    let all = all();
    for mark in [
        "rules",
        "policy",
        "prompt",
        "policy-from",
        "limits",
        "expect",
    ] {
        assert_eq!(
            all.matches(&format!("<!-- {mark} -->\n")).count(),
            1,
            "{mark}"
        );
        assert_eq!(
            all.matches(&format!("<!-- /{mark} -->\n")).count(),
            1,
            "{mark}"
        );
    }
    let blocks = all
        .matches("```console\n$ applygate check fixtures/incident/")
        .count();
    assert_eq!(blocks, 3, "the incident is told in three reports");
}

/// A heading as the end of a link to it.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

#[test]
fn links_lead_somewhere() {
    for path in pages() {
        for part in read(&path).split("](").skip(1) {
            let link = part.split(')').next().unwrap_or_default();
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().expect("a directory").join(file),
            };
            assert!(target.exists(), "{}: {link}", path.display());
            if !heading.is_empty() {
                let found = read(&target)
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .any(|line| anchor(line.trim_start_matches('#').trim()) == heading);
                assert!(found, "{}: {link}", path.display());
            }
        }
    }
}

/// The README is what somebody reads who has a minute; everything else is a page of the docs, which it lists, and which says whom it is for.
#[test]
fn the_readme_is_short_and_leads_on() {
    let readme = read(&root().join("README.md"));
    assert!(readme.lines().count() < 200, "{}", readme.lines().count());
    let mut pages = 0;
    for path in below("docs") {
        let name = path.strip_prefix(root().join("docs")).expect("below");
        let text = read(&path);
        let mut paragraphs = text.split("\n\n");
        assert!(text.starts_with("# "), "{}: a title", path.display());
        assert!(
            paragraphs
                .nth(1)
                .is_some_and(|first| first.starts_with("For ")),
            "{}: whom it is for",
            path.display()
        );
        // Pages further down are listed by the page above them.
        if name.components().count() == 1 {
            pages += 1;
            let link = format!("](docs/{})", name.display());
            assert!(readme.contains(&link), "README.md: {link}");
        }
    }
    assert!(pages >= 10, "{pages}");
}

/// What the README calls the first command works, and shows what the docs say: that is a console block, compared above. The second is this run.
#[test]
fn the_readme_has_its_two_commands() {
    const FIRST: &str = "check fixtures/incident/2-old-state-destroy/plan.json";
    let readme = read(&root().join("README.md"));
    assert!(readme.contains(&format!("cargo run --locked -- {FIRST}\n")));
    assert!(readme.contains("cargo test --locked"));
    assert!(all().contains(&format!("```console\n$ applygate {FIRST}\n")));
}

/// Every other piece of policy that a page shows is one that the reader takes.
#[test]
fn pieces_of_policy() {
    let mut seen = 0;
    for path in pages() {
        // Its pieces are in the form of the catalogue's files, which the catalogue's tests read.
        if path.ends_with("rules/catalog/README.md") {
            continue;
        }
        for block in read(&path)
            .split("```toml\n")
            .skip(1)
            .filter_map(|rest| rest.split_once("```"))
            .map(|(block, _)| block)
        {
            // A pin file is no policy.
            if block.contains("[[state]]") {
                continue;
            }
            seen += 1;
            let read = applygate::testing::policy::read(
                "applygate.toml",
                block.as_bytes(),
                jiff::civil::date(2026, 11, 22),
            );
            assert!(
                read.is_ok(),
                "{}: {block}\n{:?}",
                path.display(),
                read.err()
            );
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn the_address_is_written_in_one_place() {
    let told = addressed(
        "x https://github.com/some-one/applygate/releases y https://github.com/hashicorp/terraform z",
    );
    assert!(told.contains("/applygate/releases y https://github.com/hashicorp/terraform z"));
    assert!(!told.contains("some-one"), "{told}");
}
