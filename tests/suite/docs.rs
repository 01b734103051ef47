//! Docs cannot lie: every console block is what the binary prints, the table of rules is rendered from the rules, and links inside the project lead
//! somewhere. `UPDATE_DOCS=1 cargo test --test docs` writes what is compared otherwise.
use std::path::{Path, PathBuf};

use crate::common::{applygate, root};
use applygate::testing::RULES;

/// Pages with console blocks.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    for dir in ["rules", "docs"] {
        let Ok(entries) = std::fs::read_dir(root().join(dir)) else {
            continue;
        };
        pages.extend(
            entries
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|ending| ending == "md")),
        );
    }
    pages.sort();
    pages
}

/// What a command prints, both streams, and its exit code.
fn run(command: &str) -> Option<(String, i32)> {
    let words = command
        .strip_prefix("applygate ")
        .or_else(|| command.strip_prefix("cargo run --quiet --release --locked -- "))?;
    let output = applygate()
        .args(words.split_whitespace())
        .output()
        .expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text")
        + &String::from_utf8(output.stderr).expect("text");
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

fn rules_table() -> String {
    let mut table = "| rule | worst | needs | what it finds |\n|---|---|---|---|\n".to_owned();
    for rule in RULES {
        table.push_str(&format!(
            "| [`{id}`](rules/{id}.md) | {} | {} | {} |\n",
            rule.severity,
            rule.needs.word(),
            rule.title,
            id = rule.id
        ));
    }
    table
}

/// The policy of the README: a file that the console blocks use, read by the real reader.
fn policy_block() -> String {
    let text = std::fs::read_to_string(root().join("fixtures/policy/applygate.toml"))
        .expect("the policy of the README");
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
        policy.base.expect.region.is_some(),
    );
    assert_eq!(five, (true, 1, 1, 1, true), "the five settings are in it");
    format!("```toml\n{text}```\n")
}

fn compare(path: &Path, text: &str, made: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, made).expect("written");
    } else {
        assert!(
            text == made,
            "{} is not what the binary prints; UPDATE_DOCS=1 cargo test --test docs writes it\n{made}",
            path.display()
        );
    }
}

#[test]
fn blocks_are_what_the_binary_prints() {
    for path in pages() {
        let text = std::fs::read_to_string(&path).expect("a page");
        let made = between(
            &between(&filled(&text), "rules", &rules_table()),
            "policy",
            &policy_block(),
        );
        compare(&path, &text, &made);
    }
}

#[test]
fn links_lead_somewhere() {
    for path in pages() {
        let text = std::fs::read_to_string(&path).expect("a page");
        for part in text.split("](").skip(1) {
            let link = part.split([')', '#']).next().unwrap_or_default();
            if !link.is_empty() && !link.contains("://") {
                assert!(
                    path.parent().expect("a directory").join(link).exists(),
                    "{}: {link}",
                    path.display()
                );
            }
        }
    }
}

/// What the README calls the two commands is there and works: the first is a console block above, the second is this run.
#[test]
fn the_readme_has_its_two_commands() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("a README");
    assert!(readme.contains("cargo run --quiet --release --locked -- check fixtures/incident/"));
    assert!(readme.contains("cargo test --locked"));
}

/// Every other piece of policy that the README and the pages of the rules show is one that the reader takes.
#[test]
fn pieces_of_policy() {
    let pages = std::fs::read_dir(root().join("rules"))
        .expect("pages")
        .map(|entry| entry.expect("a page").path());
    let mut seen = 0;
    for path in pages
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .chain([root().join("README.md")])
    {
        let text = std::fs::read_to_string(&path).expect("a page");
        for block in text
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
