//! That what is written is TOML, as it is and with every example switched on, for whatever a directory has.

use std::fs;
use std::path::Path;

use crate::commands::init::stacks;
use crate::commands::init::template::*;
use proptest::prelude::*;
use toml::{Table, Value};

fn today() -> Date {
    jiff::civil::date(2026, 11, 22)
}

fn parse(text: &str) -> Table {
    text.parse()
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// With the marks of the examples taken away.
fn switched_on(text: &str) -> String {
    text.lines()
        .map(|line| {
            line.strip_prefix('#')
                .filter(|rest| !rest.starts_with([' ', '#', ':']) && !rest.is_empty())
                .unwrap_or(line)
                .to_owned()
                + "\n"
        })
        .collect()
}

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_str().unwrap())
        .collect()
}

const KEYS: [&str; 6] = ["block_at", "rules", "expect", "env", "waiver", "window"];

#[test]
fn for_an_empty_directory() {
    let temp = tempfile::tempdir().unwrap();
    let found = Found::look(temp.path());
    let text = policy_for(&found, today());
    let table = parse(&text);
    assert_eq!(table["block_at"].as_str(), Some("high"));
    assert_eq!(
        table["expect"].as_table().map(Table::len),
        Some(0),
        "nothing is expected that was not found"
    );
    assert!(
        !table.contains_key("env")
            && !table.contains_key("waiver")
            && !table.contains_key("window")
            && !table.contains_key("freeze")
    );
    let all = parse(&switched_on(&text));
    assert!(KEYS.iter().all(|key| all.contains_key(*key)), "{all}");
    assert_eq!(
        all["env"].as_table().unwrap().keys().collect::<Vec<_>>(),
        ["preview", "prod"]
    );
    let keys: Vec<&String> = all["waiver"][0].as_table().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "actions",
            "address",
            "expires",
            "owner",
            "reason",
            "rules",
            "workspace"
        ]
    );
    assert_eq!(all["waiver"][0]["expires"].to_string(), "2026-12-22");
    let expect: Vec<&String> = all["expect"].as_table().unwrap().keys().collect();
    assert_eq!(
        expect,
        [
            "account",
            "backend",
            "max_changes",
            "max_destroy",
            "one_region",
            "pin",
            "providers",
            "region",
            "workspace"
        ]
    );
}

/// All of the file can be read, with every example switched on.
#[test]
fn examples_are_right() {
    let text = switched_on(&policy_for(&Found::default(), today()));
    let policy = crate::policy::read("applygate.toml", text.as_bytes(), today())
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert!(!policy.base.windows.is_empty() && !policy.base.freezes.is_empty());
    assert_eq!(policy.base.waivers.len(), 1);
}

#[test]
fn what_a_directory_has() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    write(dir, "terraform.tfstate", "{}");
    write(dir, ".terraform/environment", "staging\n");
    for name in ["prod-eu", "preview-1", "preview-2", "staging"] {
        fs::create_dir_all(dir.join("terraform.tfstate.d").join(name)).unwrap();
    }
    write(dir, "terraform.tfstate.d/no-directory", "");
    let lock = "provider \"registry.terraform.io/hashicorp/aws\" {\n  version = \"6.0.0\"\n}\nprovider \"example.org/team/own\" {\n  version = \"1.0.0\"\n}\n";
    write(dir, ".terraform.lock.hcl", lock);
    let aws = "provider \"aws\" {\n  region = \"eu-central-1\"\n  allowed_account_ids = [\"123456789012\"]\n}\n";
    write(dir, "main.tf", aws);
    write(
        dir,
        "more.tf",
        "provider \"aws\" {\n  alias = \"us\"\n  region = \"us-east-1\"\n  allowed_account_ids = [\"123456789012\"]\n}\n",
    );
    let found = Found::look(dir);
    assert_eq!(found.backends, ["local"]);
    assert_eq!(
        found.workspaces,
        ["default", "preview-1", "preview-2", "prod-eu", "staging"]
    );
    let table = parse(&policy_for(&found, today()));
    let expect = |key: &str| strings(&table["expect"][key]);
    assert_eq!(
        expect("workspace"),
        ["default", "preview-*", "prod-eu", "staging"]
    );
    assert_eq!(expect("backend"), ["local"]);
    assert_eq!(
        expect("providers"),
        ["example.org/team/own", "hashicorp/aws"]
    );
    assert_eq!(
        (expect("region"), expect("account")),
        (vec!["eu-central-1", "us-east-1"], vec!["123456789012"])
    );
    assert!(
        table["env"].get("prod").is_none(),
        "stricter than the rest is for the team to say"
    );
    assert_eq!(
        strings(&table["env"]["preview"]["workspace"]),
        ["preview-*"]
    );
    parse(&switched_on(&policy_for(&found, today())));
}

/// What is not known whole is only an example.
#[test]
fn what_is_not_known_whole_does_not_hold() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    write(dir, ".terraform/environment", "staging");
    write(
        dir,
        "main.tf",
        "terraform {\n  backend \"s3\" {}\n}\nprovider \"aws\" {\n  region = \"eu-central-1\"\n}\nprovider \"aws\" {\n  region = var.other\n}\n",
    );
    let found = Found::look(dir);
    assert_eq!(
        (
            found.backends.as_slice(),
            found.workspaces.as_slice(),
            found.all_workspaces
        ),
        (&["s3".to_owned()][..], &["staging".to_owned()][..], false)
    );
    let text = policy_for(&found, today());
    let expect = parse(&text)["expect"].clone();
    assert_eq!(
        expect.as_table().unwrap().keys().collect::<Vec<_>>(),
        ["backend"]
    );
    for example in [
        "#workspace = [\"staging\"]",
        "#region = [\"eu-central-1\"]",
        "#account = [\"123456789012\"]",
    ] {
        assert!(
            text.lines().any(|line| line == example),
            "{example}\n{text}"
        );
    }
    for (name, more) in [
        ("broken.tf", "provider {{{"),
        ("broken.tf.json", "{"),
        (
            "more.tofu.json",
            "{\"provider\": {\"aws\": {\"region\": \"${local.other}\"}}}",
        ),
    ] {
        write(
            dir,
            "main.tf",
            "provider \"aws\" {\n  region = \"eu-central-1\"\n}\n",
        );
        assert!(Found::look(dir).all_regions);
        write(dir, name, more);
        assert!(!Found::look(dir).all_regions, "{name}");
        fs::remove_file(dir.join(name)).unwrap();
    }
    // What stands in JSON counts like the rest, under each of its names.
    for name in ["more.tf.json", "more.tofu.json"] {
        write(
            dir,
            name,
            "{\"provider\": {\"aws\": {\"alias\": \"us\", \"region\": \"us-east-1\"}}}",
        );
        let found = Found::look(dir);
        assert!(found.all_regions && !found.all_accounts, "{name}");
        assert_eq!(found.regions, ["eu-central-1", "us-east-1"], "{name}");
        fs::remove_file(dir.join(name)).unwrap();
    }
    // Only what the directory was set up for.
    fs::remove_file(dir.join("main.tf")).unwrap();
    write(
        dir,
        ".terraform/terraform.tfstate",
        "{\"version\":3,\"backend\":{\"type\":\"gcs\",\"config\":{\"bucket\":\"b\"}}}",
    );
    assert_eq!(Found::look(dir).backends, ["gcs"]);
}

/// Stacks by what lies in them; modules, examples and what has a policy of its own are none.
#[test]
fn stacks_of_a_repository() {
    let backend = "terraform {\n  backend \"s3\" {}\n}\n";
    let provider = "provider \"aws\" {\n  region = \"eu-west-1\"\n}\n";
    let resource = "resource \"null_resource\" \"a\" {}\n";
    let unit = "include \"root\" {\n}\n";
    for (files, wanted) in [
        (&[("main.tf", provider)][..], &["."][..]),
        (&[("main.tf", resource)], &[]),
        (
            &[
                ("stacks/net/main.tf", resource),
                ("stacks/db/main.tf", backend),
                ("stacks/readme/notes.txt", ""),
                ("stacks/modules/x/main.tf", provider),
                ("modules/y/main.tf", provider),
                ("docs/examples/z/main.tf", backend),
                (".hidden/main.tf", backend),
            ],
            &["stacks/db", "stacks/net"],
        ),
        (
            &[
                ("environments/prod/main.tf", resource),
                ("environments/dev/eu/main.tf", provider),
                ("other/main.tf", resource),
            ],
            &["environments/dev/eu", "environments/prod"],
        ),
        (
            &[
                ("main.tf", provider),
                ("network/main.tf", provider),
                ("bootstrap/main.tf", backend),
                ("old/main.tf", resource),
                ("old/.terraform.lock.hcl", ""),
                ("gone/terraform.tfstate", "{}"),
            ],
            &[".", "bootstrap", "gone", "old"],
        ),
        (
            &[
                ("live/terragrunt.hcl", ""),
                ("live/prod/account.hcl", ""),
                ("live/prod/eu-west-1/mysql/terragrunt.hcl", unit),
                (
                    "live/prod/eu-west-1/mysql/.terragrunt-cache/a/b/main.tf",
                    backend,
                ),
                ("live/prod/eu-west-1/vpc/terragrunt.hcl", unit),
            ],
            &["live/prod/eu-west-1/mysql", "live/prod/eu-west-1/vpc"],
        ),
        (
            &[
                ("stacks/a/main.tf", backend),
                ("stacks/own/main.tf", backend),
                ("stacks/own/applygate.toml", ""),
                ("stacks/foreign/main.tf", backend),
                ("stacks/foreign/.git", "gitdir: elsewhere"),
            ],
            &["stacks/a"],
        ),
        (&[("a/b/c/d/e/f/main.tf", backend)], &["a/b/c/d/e/f"]),
    ] {
        let temp = tempfile::tempdir().unwrap();
        for (path, text) in files {
            write(temp.path(), path, text);
        }
        let found = stacks::below(temp.path());
        assert_eq!(
            (found.dirs.as_slice(), found.all),
            (
                &wanted
                    .iter()
                    .map(|dir| (*dir).to_owned())
                    .collect::<Vec<_>>()[..],
                true
            )
        );
    }
    let deep = tempfile::tempdir().unwrap();
    write(deep.path(), "a/b/c/d/e/f/g/main.tf", backend);
    assert!(
        !stacks::below(deep.path()).all,
        "what lies deeper is not known"
    );
    let many = tempfile::tempdir().unwrap();
    for name in 0..250 {
        write(many.path(), &format!("stacks/{name}/main.tf"), backend);
    }
    let found = stacks::below(many.path());
    assert_eq!((found.dirs.len(), found.all), (200, false));
}

/// What holds for several is what each of them has; a list with gaps is only an example.
#[test]
fn several_stacks_together() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let stack = |path: &str, region: &str| {
        let main = format!(
            "terraform {{\n  backend \"s3\" {{}}\n}}\nprovider \"aws\" {{\n  region = \"{region}\"\n  allowed_account_ids = [\"123456789012\"]\n}}\n"
        );
        write(dir, &format!("{path}/main.tf"), &main);
        let lock = "provider \"registry.terraform.io/hashicorp/aws\" {\n  version = \"6.0.0\"\n}\n";
        write(dir, &format!("{path}/.terraform.lock.hcl"), lock);
    };
    stack("live/prod/eu", "eu-central-1");
    stack("live/prod/us", "us-east-1");
    stack("live/dev/eu", "eu-central-1");
    let found = Found::below(dir);
    let text = policy_for(&found, today());
    let table = parse(&text);
    let expect = |table: &Table, key: &str| -> Vec<String> {
        strings(&table["expect"][key])
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(expect(&table, "backend"), ["s3"]);
    assert_eq!(expect(&table, "region"), ["eu-central-1", "us-east-1"]);
    assert_eq!(expect(&table, "account"), ["123456789012"]);
    assert_eq!(expect(&table, "providers"), ["hashicorp/aws"]);
    assert_eq!(
        strings(&parse(&switched_on(&text))["env"]["prod"]["directory"]),
        ["live/prod/**"]
    );
    // One that says nothing: what the others say holds no longer.
    write(dir, "live/dev/new/main.tf", "provider \"aws\" {\n}\n");
    let table = parse(&policy_for(&Found::below(dir), today()));
    assert_eq!(table["expect"].as_table().unwrap().len(), 0, "{table}");
    // Its own is not that of the others.
    let alone = parse(&policy_for(
        &Found::below(&dir.join("live/prod/us")),
        today(),
    ));
    assert_eq!(expect(&alone, "region"), ["us-east-1"]);
}

#[cfg(unix)]
#[test]
fn hostile_names() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    for name in [
        "a\"]\nblock_at = \"low",
        "preview-\u{202e}x",
        "'''",
        "x\\",
        "#y",
        "prod\n[env.x]",
        "*",
        "{a,b}",
    ] {
        fs::create_dir_all(dir.join("terraform.tfstate.d").join(name)).unwrap();
    }
    write(
        dir,
        ".terraform.lock.hcl",
        "provider \"a\\\"]\\nblock_at = \\\"low\" {\n}\n",
    );
    write(
        dir,
        "main.tf",
        "provider \"aws\" {\n  region = \"x\\\"\\n[rules]\\n\"\n}\n",
    );
    let text = policy_for(&Found::look(dir), today());
    for text in [text.clone(), switched_on(&text)] {
        let table = parse(&text);
        assert_eq!(table["block_at"].as_str(), Some("high"));
        assert!(!text.contains('\u{202e}') && !table["env"].as_table().unwrap().contains_key("x"));
    }
    assert!(
        parse(&text)["expect"].get("workspace").is_none(),
        "a list with gaps does not hold"
    );
    assert!(text.contains("(7 in all)"), "{text}");
}

proptest! {
    /// Whatever the names are: it is TOML, with the keys that it should have and no others.
    #[test]
    fn always_toml(
        lists in prop::array::uniform4(prop::collection::vec(prop_oneof![any::<String>(), "[\"'\\\\\n\r#=\\[\\]* a]{0,12}", "(prod|preview-|pr-)?[a-z0-9*-]{0,6}"], 0..6)),
        backends in prop::collection::vec(any::<String>(), 0..3),
        production in prop::collection::vec("[a-z*\"\\\\\n]{0,6}/\\*\\*", 0..3),
        all in any::<bool>(),
    ) {
        let [workspaces, providers, accounts, regions] = lists;
        let found = Found {
            backends,
            all_backends: all,
            workspaces,
            all_workspaces: all,
            providers,
            all_providers: all,
            accounts,
            all_accounts: all,
            regions,
            all_regions: all,
            production,
            ..Found::default()
        };
        let text = policy_for(&found, today());
        let (as_it_is, on) = (parse(&text), parse(&switched_on(&text)));
        for table in [&as_it_is, &on] {
            prop_assert_eq!(table["block_at"].as_str(), Some("high"));
            prop_assert!(table.keys().all(|key| KEYS.contains(&key.as_str()) || key == "freeze"));
        }
        prop_assert_eq!(on["expect"].as_table().unwrap().len(), 9);
    }
}
