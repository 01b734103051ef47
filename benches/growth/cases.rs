//! The cases, and what is written for a size.

use crate::forge::{
    Member, STATE, change as saved_change, field, number, plan as message, saved, zip,
};

/// What is written for a size.
#[derive(Default)]
pub(crate) struct Input {
    pub(crate) plan: Vec<u8>,
    pub(crate) policy: String,
    pub(crate) pin: Option<String>,
    pub(crate) args: Vec<String>,
    /// Files that are committed first.
    pub(crate) files: Vec<(String, String)>,
    /// Files that are written after it.
    pub(crate) then: Vec<(String, String)>,
    /// What is run instead of `check`.
    pub(crate) command: Vec<String>,
}

/// A bad case: its name, its size at the start, and what is written for a size.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) start: usize,
    pub(crate) input: fn(usize) -> Input,
}

/// How many findings there are for each waiver: of those there are at most a thousand.
const EACH: usize = 20;

const FORMATS: [&str; 10] = [
    "json",
    "markdown",
    "github",
    "sarif",
    "gitlab",
    "gitlab-terraform",
    "junit",
    "atlantis",
    "azure",
    "human",
];

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "backups x stores of one name",
        start: 2_500,
        input: |size| Input {
            plan: backups(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "findings x waivers by name",
        start: 62,
        input: |size| Input {
            plan: destroyed(size * EACH).into_bytes(),
            policy: waivers(size, "aws_dynamodb_table.t{}"),
            ..Input::default()
        },
    },
    Case {
        name: "findings x waivers by key",
        start: 62,
        input: |size| Input {
            plan: keyed(size * EACH).into_bytes(),
            policy: waivers(size, "aws_dynamodb_table.t[\"k{}\"]"),
            ..Input::default()
        },
    },
    Case {
        name: "changes x --expect",
        start: 125,
        input: |size| Input {
            plan: destroyed(size * EACH).into_bytes(),
            args: (0..size)
                .map(|at| format!("--expect=aws_dynamodb_table.t{at}"))
                .collect(),
            ..Input::default()
        },
    },
    Case {
        name: "a pattern of stars x a name",
        start: 100_000,
        input: |size| Input {
            plan: long_name(size).into_bytes(),
            policy: waivers(1, &format!("aws_dynamodb_table.{}b", "*a".repeat(450))),
            ..Input::default()
        },
    },
    Case {
        name: "patterns of a pin file",
        start: 16,
        input: |size| Input {
            plan: destroyed(1).into_bytes(),
            pin: Some(pins(size)),
            ..Input::default()
        },
    },
    Case {
        name: "lifecycle rules x buckets",
        start: 1_500,
        input: |size| Input {
            plan: lifecycles(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "destroyed x what refers to them",
        start: 500,
        input: |size| Input {
            plan: referred(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "renamed blocks",
        start: 3_000,
        input: |size| Input {
            plan: renamed(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "shifted indexes",
        start: 5_000,
        input: |size| Input {
            plan: shifted(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "findings x --allow",
        start: 125,
        input: |size| Input {
            plan: destroyed(size * EACH).into_bytes(),
            args: (0..size)
                .map(|at| format!("--allow=stateful-destroy@aws_dynamodb_table.t{at}"))
                .collect(),
            ..Input::default()
        },
    },
    Case {
        name: "findings x formats",
        start: 2_500,
        input: |size| Input {
            plan: destroyed(size).into_bytes(),
            args: FORMATS
                .iter()
                .flat_map(|format| {
                    [
                        format!("--format={format}"),
                        format!("--output=out.{format}"),
                    ]
                })
                .collect(),
            ..Input::default()
        },
    },
    Case {
        name: "changes, listed by module",
        start: 5_000,
        input: |size| Input {
            plan: in_modules(size).into_bytes(),
            args: vec!["--changes".to_owned()],
            ..Input::default()
        },
    },
    Case {
        name: "plans of one report x losses",
        start: 250,
        input: |size| Input {
            plan: vec![destroyed(EACH); size].join("\n").into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "guards x what they guard",
        start: 2_500,
        input: |size| Input {
            plan: guards(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "carriers x what is in them",
        start: 2_500,
        input: |size| Input {
            plan: carriers(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "containers x the account that keeps them",
        start: 2_500,
        input: |size| Input {
            plan: kept_containers(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "old backups x newer ones",
        start: 2_500,
        input: |size| Input {
            plan: newer(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "rotated keys x references",
        start: 1_250,
        input: |size| Input {
            plan: rotated(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "default tables x routes",
        start: 2_500,
        input: |size| Input {
            plan: tables(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "access maps x creates",
        start: 1_250,
        input: |size| Input {
            plan: maps(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "policies x types of one name",
        start: 2_500,
        input: |size| Input {
            plan: policies(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "attributes x another order",
        start: 20_000,
        input: |size| Input {
            plan: attributes(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "ranges of a list",
        start: 30_000,
        input: |size| Input {
            plan: ranges(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "elements that open",
        start: 2_500,
        input: |size| Input {
            plan: openings(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "lists of a thousand elements",
        start: 30,
        input: |size| Input {
            plan: long_lists(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "one list of elements",
        start: 30_000,
        input: |size| Input {
            plan: plan(std::iter::once(list_change(0, size))).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "providers x their blocks",
        start: 1_250,
        input: |size| Input {
            plan: providers(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "findings x lines of a file",
        start: 500,
        input: |size| {
            let source = databases(size);
            Input {
                plan: replaced(size, &[("main.tf", &source)]),
                ..Input::default()
            }
        },
    },
    Case {
        name: "instances x lines of a block",
        start: 1_000,
        input: |size| Input {
            plan: instances(size),
            ..Input::default()
        },
    },
    Case {
        name: "heredocs without an end",
        start: 5_000,
        input: |size| {
            let source = format!("x = 1\n{}", "y = <<A\n".repeat(size));
            Input {
                plan: replaced(1, &[("main.tf", &source)]),
                ..Input::default()
            }
        },
    },
    Case {
        name: "members x the key of a path",
        start: 250,
        input: |size| Input {
            plan: marked(size),
            ..Input::default()
        },
    },
    Case {
        name: "rules of a bucket x a condition",
        start: 1_000,
        input: |size| Input {
            plan: bucket_rules(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "elements x an object instead",
        start: 4_000,
        input: |size| Input {
            plan: list_or_object(size).into_bytes(),
            ..Input::default()
        },
    },
    Case {
        name: "destroys x what explains them",
        start: 500,
        input: |size| {
            let source = chained(size);
            Input {
                plan: replaced(size, &[("main.tf", &source)]),
                files: vec![("main.tf".to_owned(), source)],
                args: vec!["--explain-from=HEAD".to_owned()],
                ..Input::default()
            }
        },
    },
    Case {
        name: "blocks renamed in the sources",
        start: 250,
        input: |size| Input {
            files: vec![("main.tf".to_owned(), tables_of("old", size))],
            then: vec![("main.tf".to_owned(), tables_of("new", size))],
            command: ["source", "--to=worktree"].map(str::to_owned).to_vec(),
            ..Input::default()
        },
    },
];

fn plan(changes: impl Iterator<Item = String>) -> String {
    format!(
        r#"{{"format_version":"1.2","planned_values":{{}},"resource_changes":[{}]}}"#,
        changes.collect::<Vec<_>>().join(",")
    )
}

/// A change of `KIND.NAME` with an index, if there is one.
fn change(kind: &str, name: &str, index: Option<&str>, action: &str, value: &str) -> String {
    let (key, index) = index.map_or_else(Default::default, |index| {
        (
            format!("[{}]", index.replace('"', "\\\"")),
            format!("\"index\":{index},"),
        )
    });
    let (before, after) = match action {
        "create" => ("null", value),
        "delete" => (value, "null"),
        _ => (value, value),
    };
    format!(
        r#"{{"address":"{kind}.{name}{key}","mode":"managed","type":"{kind}","name":"{name}",{index}"change":{{"actions":["{action}"],"before":{before},"after":{after}}}}}"#
    )
}

fn backups(size: usize) -> String {
    let store = r#"{"id":"same","identifier":"same","name":"same"}"#;
    let backup = r#"{"id":"s","db_instance_identifier":"same"}"#;
    plan((0..size).flat_map(|at| {
        [
            change("aws_db_snapshot", &format!("s{at}"), None, "delete", backup),
            change("aws_db_instance", &format!("d{at}"), None, "no-op", store),
        ]
    }))
}

const TABLE: &str = r#"{"id":"x","name":"x"}"#;

fn destroyed(size: usize) -> String {
    plan((0..size).map(|at| {
        change(
            "aws_dynamodb_table",
            &format!("t{at}"),
            None,
            "delete",
            TABLE,
        )
    }))
}

fn keyed(size: usize) -> String {
    plan((0..size).map(|at| {
        let index = format!("\"k{at}\"");
        change("aws_dynamodb_table", "t", Some(&index), "delete", TABLE)
    }))
}

fn long_name(size: usize) -> String {
    let name = "a".repeat(size);
    plan(std::iter::once(change(
        "aws_dynamodb_table",
        &name,
        None,
        "delete",
        TABLE,
    )))
}

fn lifecycles(size: usize) -> String {
    let kind = "aws_s3_bucket_lifecycle_configuration";
    plan((0..size).flat_map(|at| {
        let rules = |days| {
            format!(
                r#"{{"bucket":"b{at}","rule":[{{"status":"Enabled","filter":[],"expiration":[{{"days":{days}}}]}}]}}"#
            )
        };
        let (before, after) = (rules(900), rules(30));
        let bucket = format!(r#"{{"id":"b{at}","bucket":"b{at}"}}"#);
        [
            change("aws_s3_bucket", &format!("b{at}"), None, "no-op", &bucket),
            format!(
                r#"{{"address":"{kind}.l{at}","mode":"managed","type":"{kind}","name":"l{at}","change":{{"actions":["update"],"before":{before},"after":{after}}}}}"#
            ),
        ]
    }))
}

/// Destroyed tables that one data source reads, and as many objects that take something from it.
fn referred(size: usize) -> String {
    let changes = plan((0..size).flat_map(|at| {
        let kind = "aws_dynamodb_table";
        [
            change(kind, &format!("t{at}"), None, "delete", TABLE),
            change("aws_sns_topic", &format!("s{at}"), None, "no-op", TABLE),
        ]
    }));
    let names: Vec<String> = (0..size)
        .map(|at| format!("\"aws_dynamodb_table.t{at}\""))
        .collect();
    let blocks: String = (0..size)
        .map(|at| {
            format!(
                r#",{{"address":"aws_sns_topic.s{at}","mode":"managed","expressions":{{"name":{{"references":["data.aws_y.z"]}}}}}}"#
            )
        })
        .collect();
    let configuration = format!(
        r#""configuration":{{"root_module":{{"resources":[{{"address":"data.aws_y.z","mode":"data","expressions":{{"a":{{"references":[{}]}}}}}}{blocks}]}}}}}}"#,
        names.join(",")
    );
    let end = changes.trim_end().trim_end_matches('}');
    format!("{end},{configuration}")
}

fn renamed(size: usize) -> String {
    plan((0..size).flat_map(|at| {
        let value = format!(r#"{{"id":"x{at}","name":"x{at}"}}"#);
        let kind = "aws_dynamodb_table";
        [
            change(kind, &format!("old{at}"), None, "delete", &value),
            change(kind, &format!("new{at}"), None, "create", &value),
        ]
    }))
}

fn shifted(size: usize) -> String {
    plan((0..size).map(|at| {
        let index = at.to_string();
        let value = format!(r#"{{"id":"x{at}","name":"x{at}"}}"#);
        let action = if at + 1 == size { "delete" } else { "update" };
        change("aws_dynamodb_table", "t", Some(&index), action, &value)
    }))
}

fn waivers(size: usize, address: &str) -> String {
    (0..size)
        .map(|at| {
            let address = address.replace("{}", &at.to_string());
            format!(
                "[[waiver]]\nrules = [\"stateful-destroy\"]\naddress = '{address}'\nreason = \"measured\"\nexpires = 2026-12-01\n"
            )
        })
        .collect()
}

fn pins(size: usize) -> String {
    let states = (0..size).map(|at| {
        let pattern = "*a".repeat(120);
        format!("[[state]]\nworkspace = \"{pattern}-{at}\"\nbackend = \"local\"\n")
    });
    format!("version = 1\nsalt = \"00\"\n{}", states.collect::<String>())
}

fn update(kind: &str, name: &str, before: &str, after: &str) -> String {
    format!(
        r#"{{"address":"{kind}.{name}","mode":"managed","type":"{kind}","name":"{name}","change":{{"actions":["update"],"before":{before},"after":{after}}}}}"#
    )
}

fn in_modules(size: usize) -> String {
    plan((0..size).map(|at| {
        let (module, name) = (at / 2, at % 2);
        format!(
            r#"{{"address":"module.m{module}.aws_sqs_queue.q{name}","mode":"managed","type":"aws_sqs_queue","name":"q{name}","change":{{"actions":["create"],"before":null,"after":{{"name":"q"}}}}}}"#
        )
    }))
}

fn guards(size: usize) -> String {
    let bucket = r#"{"id":"same","bucket":"same"}"#;
    plan((0..size).flat_map(|at| {
        let name = format!("n{at}");
        [
            change("aws_s3_bucket_versioning", &name, None, "delete", bucket),
            change("aws_s3_bucket", &name, None, "delete", bucket),
        ]
    }))
}

fn carriers(size: usize) -> String {
    let (project, disk) = (
        r#"{"id":"same","project_id":"same"}"#,
        r#"{"id":"d","project":"same"}"#,
    );
    plan((0..size).flat_map(|at| {
        let name = format!("n{at}");
        [
            change("google_project", &name, None, "delete", project),
            change("google_compute_disk", &name, None, "no-op", disk),
        ]
    }))
}

fn kept_containers(size: usize) -> String {
    let account = format!(
        r#"{{"id":"same","name":"same","blob_properties":[{{"container_delete_retention_policy":[{{"days":7}}]}}],"pad":"{}"}}"#,
        "x".repeat(size * 100)
    );
    let first = change("azurerm_storage_account", "a", None, "no-op", &account);
    let container = r#"{"name":"c","storage_account_id":"same"}"#;
    plan(std::iter::once(first).chain((0..size).map(|at| {
        let name = format!("c{at}");
        change(
            "azurerm_storage_container",
            &name,
            None,
            "delete",
            container,
        )
    })))
}

fn newer(size: usize) -> String {
    let store = r#"{"id":"same","identifier":"same"}"#;
    let backup = |at: usize| {
        let time = format!(
            "2026-01-01T{:02}:{:02}:{:02}Z",
            at / 3600 % 24,
            at / 60 % 60,
            at % 60
        );
        format!(r#"{{"id":"s","db_instance_identifier":"same","snapshot_create_time":"{time}"}}"#)
    };
    let first = change("aws_db_instance", "d", None, "no-op", store);
    plan(std::iter::once(first).chain((0..size).flat_map(|at| {
        [
            change(
                "aws_db_snapshot",
                &format!("old{at}"),
                None,
                "delete",
                &backup(0),
            ),
            change(
                "aws_db_snapshot",
                &format!("new{at}"),
                None,
                "no-op",
                &backup(at),
            ),
        ]
    })))
}

fn rotated(size: usize) -> String {
    let changes = (0..size).map(|at| {
        format!(
            r#"{{"address":"aws_iam_access_key.k{at}","mode":"managed","type":"aws_iam_access_key","name":"k{at}","change":{{"actions":["create","delete"],"before":{{"user":"u"}},"after":{{"user":"u"}}}}}}"#
        )
    });
    let blocks: Vec<String> = (0..size)
        .map(|at| {
            format!(
                r#"{{"address":"aws_ssm_parameter.p{at}","mode":"managed","type":"aws_ssm_parameter","name":"p{at}","expressions":{{"value":{{"references":["aws_iam_access_key.k{at}.secret","aws_iam_access_key.k{at}"]}}}}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"format_version":"1.2","planned_values":{{}},"resource_changes":[{}],"configuration":{{"root_module":{{"resources":[{}]}}}}}}"#,
        changes.collect::<Vec<_>>().join(","),
        blocks.join(",")
    )
}

fn tables(size: usize) -> String {
    plan((0..size).flat_map(|at| {
        let table = format!(r#"{{"default_route_table_id":"t{at}"}}"#);
        let route = format!(r#"{{"route_table_id":"t{at}"}}"#);
        let name = format!("n{at}");
        [
            change("aws_default_route_table", &name, None, "create", &table),
            change("aws_route", &name, None, "no-op", &route),
        ]
    }))
}

fn maps(size: usize) -> String {
    let map =
        r#"{"metadata":[{"name":"aws-auth","namespace":"kube-system"}],"data":{"mapRoles":"[]"}}"#;
    plan((0..size).flat_map(|at| {
        let name = format!("n{at}");
        [
            change("kubernetes_config_map_v1_data", &name, None, "create", map),
            change("aws_sqs_queue", &name, None, "create", "{}"),
        ]
    }))
}

fn policies(size: usize) -> String {
    plan((0..size).flat_map(|at| {
        [
            change(
                &format!("acme_a{at}"),
                "n",
                None,
                "create",
                r#"{"name":"same"}"#,
            ),
            change(
                "google_storage_bucket_iam_policy",
                &format!("n{at}"),
                None,
                "create",
                r#"{"bucket":"same","policy_data":"{}"}"#,
            ),
        ]
    }))
}

fn attributes(size: usize) -> String {
    let object = |names: &mut dyn Iterator<Item = usize>| {
        let all: Vec<String> = names.map(|at| format!(r#""a{at}":{at}"#)).collect();
        format!("{{{}}}", all.join(","))
    };
    plan(std::iter::once(update(
        "acme_thing",
        "a",
        &object(&mut (0..size)),
        &object(&mut (1..=size).rev()),
    )))
}

fn ranges(size: usize) -> String {
    let object = |width: usize| {
        let all: Vec<String> = (0..size)
            .map(|at| format!(r#""{}-{}""#, at * 4, at * 4 + width))
            .collect();
        format!(
            r#"{{"access":"Allow","direction":"Inbound","source_address_prefix":"*","destination_port_ranges":[{}]}}"#,
            all.join(",")
        )
    };
    plan(std::iter::once(update(
        "azurerm_network_security_rule",
        "a",
        &object(2),
        &object(1),
    )))
}

fn openings(size: usize) -> String {
    let object = |width: usize| {
        let all: Vec<String> = (0..size)
            .map(|at| {
                format!(
                    r#"{{"protocol":"tcp","from_port":{},"to_port":{},"cidr_blocks":["0.0.0.0/0"]}}"#,
                    at * 4,
                    at * 4 + width
                )
            })
            .collect();
        format!(r#"{{"ingress":[{}]}}"#, all.join(","))
    };
    plan(std::iter::once(update(
        "aws_security_group",
        "a",
        &object(2),
        &object(1),
    )))
}

fn list_change(number: usize, size: usize) -> String {
    let object = |width: usize| {
        let all: Vec<String> = (0..size)
            .map(|at| format!(r#"{{"mfa_delete":"{}"}}"#, at * 4 + width))
            .collect();
        format!(r#"{{"versioning_configuration":[{}]}}"#, all.join(","))
    };
    update(
        "aws_s3_bucket_versioning",
        &format!("n{number}"),
        &object(0),
        &object(1),
    )
}

fn long_lists(size: usize) -> String {
    plan((0..size).map(|at| list_change(at, 1_000)))
}

fn providers(size: usize) -> String {
    let full = |at: usize| format!("registry.example.com/n{at}/azurerm");
    let changes = (0..size).map(|at| {
        format!(
            r#"{{"address":"azurerm_key_vault.k{at}","mode":"managed","type":"azurerm_key_vault","name":"k{at}","provider_name":"{}","change":{{"actions":["delete"],"before":{{"name":"k"}},"after":null}}}}"#,
            full(at)
        )
    });
    let blocks: Vec<String> = (0..size)
        .map(|at| {
            format!(
                r#""azurerm{at}":{{"name":"azurerm","full_name":"{}","expressions":{{"features":[{{}}]}}}}"#,
                full(at)
            )
        })
        .collect();
    format!(
        r#"{{"format_version":"1.2","planned_values":{{}},"resource_changes":[{}],"configuration":{{"provider_config":{{{}}},"root_module":{{}}}}}}"#,
        changes.collect::<Vec<_>>().join(","),
        blocks.join(",")
    )
}

/// `{"identifier": "d", "skip_final_snapshot": true}`, or with another value, as a saved plan has it.
fn database(skip: bool) -> Vec<u8> {
    let flag = if skip { 0xC3 } else { 0xC2 };
    [
        b"\x82\xAAidentifier\xA1d\xB3skip_final_snapshot".as_slice(),
        &[flag],
    ]
    .concat()
}

/// A saved plan that replaces as many databases, with these sources of its root module.
fn replaced(size: usize, sources: &[(&str, &str)]) -> Vec<u8> {
    let values = [database(true), database(false)];
    let changes: Vec<Vec<u8>> = (0..size)
        .map(|at| {
            let address = format!("aws_db_instance.d{at}");
            saved_change(&address, 6, &[&values[0], &values[1]])
        })
        .collect();
    archive(&changes, sources)
}

fn archive(changes: &[Vec<u8>], sources: &[(&str, &str)]) -> Vec<u8> {
    let plan = message(changes);
    let names: Vec<String> = sources
        .iter()
        .map(|(name, _)| format!("tfconfig/m-/{name}"))
        .collect();
    let mut members = vec![
        Member::deflated("tfplan", &plan),
        Member::deflated("tfstate", STATE),
        Member::deflated("tfconfig/modules.json", br#"[{"Key":"","Dir":"."}]"#),
    ];
    for (name, (_, text)) in names.iter().zip(sources) {
        members.push(Member::deflated(name, text.as_bytes()));
    }
    zip(&members)
}

fn databases(size: usize) -> String {
    (0..size)
        .map(|at| {
            format!(
                "resource \"aws_db_instance\" \"d{at}\" {{\n  skip_final_snapshot = false\n}}\n"
            )
        })
        .collect()
}

/// Databases that all refer to the first of a chain of locals.
fn chained(size: usize) -> String {
    let locals: String = (0..size)
        .map(|at| format!("  l{at} = local.l{}\n", at + 1))
        .collect();
    let databases: String = (0..size)
        .map(|at| {
            format!("resource \"aws_db_instance\" \"d{at}\" {{\n  identifier = local.l0\n}}\n")
        })
        .collect();
    format!("locals {{\n{locals}  l{size} = 1\n}}\n{databases}")
}

fn instances(size: usize) -> Vec<u8> {
    let value = database(true);
    let changes: Vec<Vec<u8>> = (0..size)
        .map(|at| saved_change(&format!("aws_db_instance.d[{at}]"), 6, &[&value, &value]))
        .collect();
    let lines: String = (0..size).map(|at| format!("  a{at} = 1\n")).collect();
    let source = format!("resource \"aws_db_instance\" \"d\" {{\n{lines}}}\n");
    archive(&changes, &[("main.tf", &source)])
}

fn tables_of(name: &str, size: usize) -> String {
    (0..size)
        .map(|at| {
            format!("resource \"aws_dynamodb_table\" \"{name}{at}\" {{\n  name = \"t{at}\"\n}}\n")
        })
        .collect()
}

/// An object with a sensitive path whose first step is a set's element of as many values.
fn marked(size: usize) -> Vec<u8> {
    let list = |count: usize, head: u8, content: Vec<u8>| {
        [&[head][..], &(count as u32).to_be_bytes(), &content].concat()
    };
    let element = list(size * 20, 0xDD, b"\xA4text".repeat(size * 20));
    let step = |content: Vec<u8>| field(1, &content);
    let path = [step(field(2, &field(1, &element))), step(field(1, b"name"))].concat();
    let members =
        (0..size).flat_map(|at| [&[0xA8][..], format!("k{at:07}").as_bytes(), &[0xC0]].concat());
    let value = list(size, 0xDF, members.collect());
    let change = [number(1, 5), field(2, &field(1, &value)), field(3, &path)].concat();
    saved(&message(&[field(
        3,
        &[
            field(8, br#"provider["registry.terraform.io/hashicorp/aws"]"#),
            field(9, &change),
            field(13, b"aws_db_instance.d"),
        ]
        .concat(),
    )]))
}

/// Rules that expire sooner, and none of them is enabled.
fn bucket_rules(size: usize) -> String {
    let rules = |less: usize| {
        let all: Vec<String> = (0..size)
            .map(|at| {
                format!(
                    r#"{{"id":"r{at}","enabled":false,"expiration":[{{"days":{}}}]}}"#,
                    at + 9 - less
                )
            })
            .collect();
        format!(r#"{{"lifecycle_rule":[{}]}}"#, all.join(","))
    };
    plan(std::iter::once(update(
        "aws_s3_bucket",
        "a",
        &rules(0),
        &rules(1),
    )))
}

/// As many elements as the object has members that is there afterwards.
fn list_or_object(size: usize) -> String {
    let elements = vec!["{}"; size].join(",");
    let members: Vec<String> = (0..size).map(|at| format!(r#""a{at}":{at}"#)).collect();
    plan(std::iter::once(update(
        "aws_s3_bucket",
        "a",
        &format!(r#"{{"lifecycle_rule":[{elements}]}}"#),
        &format!(r#"{{"lifecycle_rule":{{{}}}}}"#, members.join(",")),
    )))
}
