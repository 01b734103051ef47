//! Files that two readers could read in two ways, each made by hand: what Terraform would take for something else is refused, not interpreted.
use crate::common::{applygate, parse};
use crate::forge::{Member, STATE, change, field, number, plan, zip};
use applygate::testing::{Document, Refusal, Settings, Why, judge_bytes};

const LOCK: &[u8] = b"# This file is maintained automatically by \"terraform init\".\n";
const TOFU_LOCK: &[u8] = b"# This file is maintained automatically by \"tofu init\".\n";
const MODULES: &[u8] = br#"[{"Key":"","Dir":"."}]"#;
const NIL: &[u8] = &[0xC0];

fn refusal(bytes: &[u8]) -> Option<Refusal> {
    judge_bytes(bytes, "x", &Settings::default()).err()
}

fn detail(bytes: &[u8]) -> Option<String> {
    refusal(bytes).map(|refusal| refusal.to_string())
}

fn archive(fields: &[Vec<u8>], members: &[(&str, &[u8])]) -> Vec<u8> {
    let plan = plan(fields);
    let mut all = vec![
        Member::deflated("tfplan", &plan),
        Member::deflated("tfstate", STATE),
    ];
    all.extend(
        members
            .iter()
            .map(|(name, content)| Member::deflated(name, content)),
    );
    zip(&all)
}

/// Go cuts an enum to 32 bits.
#[test]
fn numbers_that_are_cut() {
    let honest = change("aws_db_instance.a", 5, &[NIL]);
    assert_eq!(detail(&archive(&[honest], &[])), None);
    for fields in [
        change("aws_db_instance.a", (1 << 32) + 5, &[NIL]),
        number(17, (1 << 32) + 1),
        field(19, &number(3, (1 << 32) + 2)),
    ] {
        let refusal = refusal(&archive(&[fields], &[])).expect("refused");
        assert_eq!(refusal.why, Why::BrokenPlan);
    }
}

/// For Terraform these two keys are one: HCL normalizes them.
#[test]
fn keys_that_are_the_same_for_terraform() {
    let one = change("aws_db_instance.a[\"\u{e9}\"]", 0, &[NIL]);
    assert_eq!(detail(&archive(std::slice::from_ref(&one), &[])), None);
    for key in ["e\u{301}", r"e\u0301", "\u{212b}"] {
        let other = change(&format!("aws_db_instance.a[\"{key}\"]"), 5, &[NIL]);
        let told = detail(&archive(&[one.clone(), other], &[])).expect("refused");
        assert!(told.contains("address"), "{told}");
    }
}

#[test]
fn actions_in_one_form() {
    let invoked = |parts: &[Vec<u8>]| archive(&[field(30, &parts.concat())], &[]);
    let address = field(1, b"action.aws_lambda_invoke.a[\"a\"]");
    let trigger = |number| field(number, &field(1, b"aws_db_instance.a"));
    assert_eq!(detail(&invoked(&[address.clone(), trigger(6)])), None);
    for parts in [
        vec![address.clone(), address.clone()],
        vec![address.clone(), trigger(6), trigger(6)],
        vec![address.clone(), trigger(6), trigger(7)],
        vec![field(1, br#"action.aws_lambda_invoke.a["\u0061"]"#)],
        vec![field(1, b"action.aws_lambda_invoke .a")],
    ] {
        assert!(detail(&invoked(&parts)).is_some(), "{parts:?}");
    }
}

/// Terraform takes all before the last slash for the module, so that this file is one of a module that nobody calls.
#[test]
fn sources_that_another_program_reads() {
    let region = |region: &str| format!("provider \"aws\" {{\n  region = \"{region}\"\n}}\n");
    let main = region("us-east-1");
    let sources = |name: &str, lock: &[u8]| {
        archive(
            &[],
            &[
                (".terraform.lock.hcl", lock),
                ("tfconfig/modules.json", MODULES),
                ("tfconfig/m-/main.tf", main.as_bytes()),
                (name, region("eu-west-1").as_bytes()),
            ],
        )
    };
    assert_eq!(detail(&sources("tfconfig/m-/b.tf", LOCK)), None);
    assert_eq!(detail(&sources("tfconfig/m-/b.tofu", TOFU_LOCK)), None);
    for (name, lock) in [
        ("tfconfig/m-/x/override.tf", LOCK),
        ("tfconfig/m-a/b/override.tf", LOCK),
        ("tfconfig/m-/main.tofu", LOCK),
        ("tfconfig/m-/z_override.tofu.json", LOCK),
        ("tfconfig/m-/main.tofu", b"".as_slice()),
        ("tfconfig/m-/main.tofu", TOFU_LOCK),
    ] {
        let refusal = refusal(&sources(name, lock)).expect("refused");
        assert_eq!(refusal.why, Why::ForgedArchive, "{name}");
    }
}

/// Who wrote a plan is told by all that it has: the same parts in another order are the same plan, and parts of both programs are refused.
#[test]
fn the_order_of_parts_tells_nothing() {
    let of = |provider: &[u8], name: &str| {
        let mut entry = change(name, 3, &[&[0x80], &[0x80]]);
        let host = b"registry.terraform.io";
        let at = entry
            .windows(host.len())
            .position(|window| window == host)
            .expect("a provider");
        entry.splice(at..at + host.len(), provider.iter().copied());
        entry
    };
    // Of one length, so that the lengths before them stay right.
    let (one, other) = (
        of(b"registry.terraform.io", "aws_sqs_queue.a"),
        of(b"registry.opentofu.org", "aws_sqs_queue.b"),
    );
    let program = |fields: &[Vec<u8>]| {
        let reports = judge_bytes(&archive(fields, &[]), "x", &Settings::default());
        let mut told = Vec::new();
        let report = applygate::testing::Report {
            plans: reports.expect("it is read"),
            ..Default::default()
        };
        applygate::testing::json::write(&report, &mut told).expect("written");
        parse(&told)["plans"][0]["program"].clone()
    };
    assert_eq!(program(std::slice::from_ref(&one)), "terraform");
    assert_eq!(program(std::slice::from_ref(&other)), "opentofu");
    let both = program(&[one.clone(), other.clone()]);
    assert_eq!(both, program(&[other, one]));
    assert!(both.is_null(), "{both}");
    for fields in [[number(25, 1), number(6, 1)], [number(6, 1), number(25, 1)]] {
        let told = detail(&archive(&fields, &[])).expect("refused");
        assert!(told.contains("Terraform's and of OpenTofu's"), "{told}");
    }
}

/// OpenTofu would read other sources of it than Terraform.
#[test]
fn a_plan_of_terraform_that_says_it_is_of_opentofu() {
    let lock = |lock: &[u8]| {
        archive(
            &[number(25, 1), number(26, 1)],
            &[(".terraform.lock.hcl", lock)],
        )
    };
    assert_eq!(detail(&lock(LOCK)), None);
    assert!(detail(&lock(TOFU_LOCK)).is_some());
}

#[test]
fn a_list_of_modules_in_one_form() {
    let listed = |list: &str| archive(&[], &[("tfconfig/modules.json", list.as_bytes())]);
    assert_eq!(
        detail(&listed(
            r#"[{"Key":"","Dir":"."},{"Key":"a","Source":"./a","Dir":"a"}]"#
        )),
        None
    );
    for list in [
        r#"[{"Key":"","Dir":"."},{"Key":"","Dir":"../other"}]"#,
        r#"[{"Key":"","Dir":".","dir":"../other"}]"#,
        r#"[{"Key":"","\u212aey":"a","Dir":"."}]"#,
        r#"[{"Key":"","Dir":".","Dir":"../other"}]"#,
        r#"[["",".",]]"#,
        "{}",
        "",
    ] {
        assert_eq!(
            refusal(&listed(list)).expect("refused").why,
            Why::BrokenPlan,
            "{list}"
        );
    }
}

/// OpenTofu's experimental engine does what the graph says, not what the changes say.
#[test]
fn a_graph_that_is_not_read_is_unknown_work() {
    let report = judge_bytes(
        &archive(&[field(500_000_000, b"graph")], &[]),
        "x",
        &Settings::default(),
    )
    .expect("judged")
    .remove(0);
    let rules: Vec<_> = report
        .decision
        .findings
        .iter()
        .map(|weighed| weighed.finding.rule)
        .collect();
    assert_eq!(rules, ["work-unknown"]);
}

/// Go looks for a zip's end in the last 65 KiB, and takes one with anything behind it.
#[test]
fn a_zip_before_a_text() {
    let plan = r#"{"format_version":"1.2","resource_changes":[],"planned_values":{}}"#;
    let zip = archive(&[], &[]);
    for behind in [0, 65_536, 66_500] {
        let filled = plan.replacen(':', &format!(":{}", " ".repeat(behind)), 1);
        let end = zip.len() - 22;
        let text = [b"log \n", &zip[end..], b"\n", filled.as_bytes()].concat();
        assert_eq!(
            Document::open(&text).err().map(|refusal| refusal.why),
            Some(Why::ForgedArchive),
            "{behind}"
        );
    }
}

/// A number may come as a text, and as one that is written with an exponent of two.
#[test]
fn numbers_as_texts() {
    let value = |text: &str| {
        [
            &[0x82][..],
            &[0xA2],
            b"id",
            &[0xA1],
            b"a",
            &[0xA0 | 23],
            b"backup_retention_period",
            &[0xA0 | text.len() as u8],
            text.as_bytes(),
        ]
        .concat()
    };
    let rules = |after: &str| {
        let update = change("aws_db_instance.a", 3, &[&value("7"), &value(after)]);
        let report = judge_bytes(&archive(&[update], &[]), "x", &Settings::default())
            .expect("judged")
            .remove(0);
        let findings = report.decision.findings.iter();
        findings
            .map(|weighed| weighed.finding.rule)
            .filter(|rule| *rule != "partial-plan")
            .collect::<Vec<_>>()
    };
    assert_eq!(rules("7"), [""; 0]);
    for zero in ["0", "0.0", "0e5", "0p0", "0P+1", "-0"] {
        assert_eq!(rules(zero), ["retention-cut"], "{zero}");
    }
}

/// What the binary says of a file: its exit code, and its JSON.
fn checked(bytes: &[u8], args: &[&str]) -> (Option<i32>, serde_json::Value) {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("tfplan"), bytes).expect("written");
    let output = applygate()
        .current_dir(dir.path())
        .args(["check", "--format", "json", "--no-dir"])
        .args(args)
        .arg("tfplan")
        .output()
        .expect("it runs");
    let json = parse(&output.stdout);
    (output.status.code(), json)
}

/// A provisioner runs wherever in the sources it stands, and is named.
#[test]
fn commands_that_hide_in_the_sources() {
    let block = |inner: &str| format!("resource \"aws_sqs_queue\" \"a\" {{\n{inner}\n}}\n");
    let runs = "provisioner \"local-exec\" {\n  command = \"x\"\n}\n";
    let at_destroy = runs.replace("command", "when = destroy\n  command");
    let many: String = (0..2_500).map(|at| format!("  a{at} = 1\n")).collect();
    let plain = block("");
    // `hcl-edit` does not take a name twice in an object, and Terraform does.
    let odd = format!("locals {{\n  a = {{ k = 1, k = 2 }}\n}}\n{}", block(runs));
    let json =
        r#"{"resource":{"aws_sqs_queue":{"a":{"provisioner":{"local-exec":{"command":"x"}}}}}}"#;
    let json_list = r#"{"resource":[{"aws_sqs_queue":[{"a":[{"provisioner":[{"local-exec":[{"command":"x","when":"destroy"}]}]}]}]}]}"#;
    let long = format!("{}#{}\n", block(runs), "x".repeat(1 << 20));
    let of = |action: u64, files: &[(&str, &str)]| {
        let mut members: Vec<(String, &[u8])> = vec![
            (".terraform.lock.hcl".to_owned(), LOCK),
            ("tfconfig/modules.json".to_owned(), MODULES),
        ];
        for (name, text) in files {
            members.push((format!("tfconfig/m-/{name}"), text.as_bytes()));
        }
        let members: Vec<(&str, &[u8])> = members
            .iter()
            .map(|(name, content)| (name.as_str(), *content))
            .collect();
        let (_, report) = checked(
            &archive(&[change("aws_sqs_queue.a", action, &[&[0x80]])], &members),
            &[],
        );
        let plan = &report["plans"][0];
        let found = plan["findings"].as_array().expect("findings").iter();
        let evidence: Vec<String> = found
            .filter(|finding| finding["rule"] == "command-runs")
            .map(|finding| finding["evidence"].to_string())
            .collect();
        format!("{} {}", evidence.join(""), plan["notes"])
    };
    for (what, files) in [
        ("plain", &[("main.tf", block(runs).as_str())][..]),
        ("far down", &[("main.tf", &block(&format!("{many}{runs}")))]),
        (
            "in an override",
            &[("main.tf", &plain), ("x_override.tf", &block(runs))],
        ),
        (
            "in an override as JSON",
            &[("main.tf", &plain), ("override.tf.json", json)],
        ),
        ("as JSON", &[("main.tf.json", json)]),
        (
            "without quotes",
            &[("main.tf", &block(runs).replace('"', ""))],
        ),
        (
            "in a file that is read by its structure",
            &[("main.tf", &odd)],
        ),
    ] {
        let told = of(1, files);
        assert!(told.contains("local-exec"), "{what}: {told}");
    }
    for (what, files) in [
        (
            "at destroy",
            &[("main.tf", block(&at_destroy).as_str())][..],
        ),
        (
            "at destroy, as text",
            &[(
                "main.tf",
                &block(&at_destroy.replace("destroy", "\"destroy\"")),
            )],
        ),
        ("at destroy, as JSON", &[("main.tf.json", json_list)]),
    ] {
        let told = of(5, files);
        assert!(
            told.contains("local-exec, when it is destroyed"),
            "{what}: {told}"
        );
        assert!(!of(1, files).contains("local-exec"), "{what}");
    }
    // What an override says of it counts alone.
    let both = of(
        5,
        &[
            ("main.tf", &block(&at_destroy)),
            ("override.tf", &block(runs)),
        ],
    );
    assert!(!both.contains("local-exec"), "{both}");
    for files in [
        &[("main.tf", long.as_str())][..],
        &[("main.tf", "resource {")],
        &[("a.tf.json", "{")],
    ] {
        let told = of(1, files);
        assert!(
            told.contains("whether 1 object runs a command is not known"),
            "{told}"
        );
        assert!(
            !of(0, files).contains("not known"),
            "only what comes or goes"
        );
    }
}

/// One long name may stand for very many instances.
#[test]
fn names_that_grow_in_memory() {
    let instances: Vec<String> = (0..100_000)
        .map(|at| format!(r#"{{"index_key":{at}}}"#))
        .collect();
    let instances = instances.join(",");
    let state = |name: &str| {
        format!(
            r#"{{"version":4,"serial":3,"lineage":"l","resources":[{{"mode":"managed","type":"t_x","name":"{name}","provider":"provider.t","instances":[{instances}]}}]}}"#
        )
    };
    let saved = |state: &str| {
        zip(&[
            Member::deflated("tfplan", &plan(&[])),
            Member::deflated("tfstate", state.as_bytes()),
        ])
    };
    assert_eq!(detail(&saved(&state("a"))), None);
    let refusal = refusal(&saved(&state(&"a".repeat(100_000)))).expect("refused");
    assert_eq!(refusal.why, Why::BrokenPlan);
}

/// Many findings may speak of one thing, whose address is as long as somebody made it.
#[test]
fn addresses_that_grow_in_the_report() {
    let long = "n".repeat(1 << 20);
    let change = |kind: &str, name: &str| {
        serde_json::json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "change": {"actions": ["delete"], "before": {"id": "same", "identifier": "same", "db_instance_identifier": "same"}, "after": null}})
    };
    let mut changes = vec![change("aws_vpc", &long), change("aws_db_instance", &long)];
    for at in 0..2_000 {
        changes.push(change("aws_eks_cluster", &format!("c{at}")));
        changes.push(change("aws_db_snapshot", &format!("s{at}")));
    }
    let plan = serde_json::json!({"format_version": "1.2", "planned_values": {}, "resource_changes": changes});
    let start = std::time::Instant::now();
    let (code, report) = checked(plan.to_string().as_bytes(), &[]);
    assert_eq!(code, Some(1));
    let told = report.to_string();
    assert!(
        told.contains("the network is destroyed too: aws_vpc.nnn"),
        "it speaks of it"
    );
    assert!(told.len() < 32 << 20, "{}", told.len());
    assert!(start.elapsed().as_secs() < 60);
}

/// In JSON as well a block may have very many provisioners and very many instances.
#[test]
fn provisioners_that_grow_in_memory() {
    let runs = vec![r#"{"type":"local-exec"}"#; 20_000].join(",");
    let changes: Vec<String> = (0..5_000)
        .map(|at| {
            format!(
                r#"{{"address":"null_resource.a[{at}]","mode":"managed","type":"null_resource","name":"a","index":{at},"change":{{"actions":["create"],"before":null,"after":{{}}}}}}"#
            )
        })
        .collect();
    let plan = format!(
        r#"{{"format_version":"1.2","planned_values":{{}},"resource_changes":[{}],"configuration":{{"root_module":{{"resources":[{{"address":"null_resource.a","mode":"managed","type":"null_resource","name":"a","provisioners":[{runs},{{"type":"hunter2"}}]}}]}}}}}}"#,
        changes.join(",")
    );
    let (_, report) = checked(plan.as_bytes(), &[]);
    let told = report["plans"][0].to_string();
    assert!(told.contains("local-exec") && told.contains("provisioner"));
    assert!(
        !told.contains("hunter2") && told.len() < 64 << 20,
        "{}",
        told.len()
    );
}

/// Names that look alike within one script are told apart where both change; a word of another script is shown as it is.
#[test]
fn names_that_look_alike_in_one_report() {
    let notes = |names: [&str; 2]| {
        let changes = names.map(|name| change(&format!("aws_sqs_queue.{name}"), 1, &[&[0x80]]));
        let (_, report) = checked(&archive(&changes, &[]), &[]);
        report["plans"][0]["notes"].to_string()
    };
    for (names, told) in [
        (
            ["web-1", "web-l"],
            "aws_sqs_queue.web-1 (digit 1) and aws_sqs_queue.web-l (small L)",
        ),
        (
            ["x0", "xO"],
            "aws_sqs_queue.x0 (digit 0) and aws_sqs_queue.xO (capital o)",
        ),
        (
            ["com", "corn"],
            "aws_sqs_queue.com (m) and aws_sqs_queue.corn (r and n)",
        ),
    ] {
        assert!(notes(names).contains(told), "{}", notes(names));
    }
    for names in [["web-1", "web-2"], ["кот", "kot"], ["a1", "a"]] {
        assert!(!notes(names).contains("alike"), "{names:?}");
    }
}

/// A small file that unpacks to very much takes no memory.
#[test]
fn a_plan_that_swells() {
    let much = vec![0; 257 << 20];
    let bytes = zip(&[
        Member::deflated("tfplan", &field(2, &much)),
        Member::deflated("tfstate", STATE),
    ]);
    assert_eq!(refusal(&bytes).expect("refused").why, Why::TooLarge);
}

/// What Terraform cannot read of an object in the state it leaves out, and goes on with the rest: the gate would see more than it does.
#[test]
fn objects_of_the_state_that_terraform_leaves_out() {
    let state = |provider: &str, instance: &str| {
        let one = format!(
            r#"{{"mode":"managed","type":"t_x","name":"a",{provider}"instances":[{{"attributes":{{"id":"1"}}{instance}}}]}}"#
        );
        let state = format!(r#"{{"version":4,"serial":3,"lineage":"l","resources":[{one}]}}"#);
        detail(&zip(&[
            Member::deflated("tfplan", &plan(&[])),
            Member::deflated("tfstate", state.as_bytes()),
        ]))
    };
    const OLD: &str = r#""provider":"provider.t","#;
    for provider in [
        OLD,
        r#""provider":"module.m.provider.t.alias","#,
        r#""provider":"provider[\"registry.terraform.io/x/t\"]","#,
    ] {
        assert_eq!(state(provider, ""), None, "{provider}");
    }
    let own = r#","instance_provider":"provider[\"registry.opentofu.org/x/t\"].alias[\"k\"]""#;
    assert_eq!(state("", own), None);
    assert!(state("", &own.replace("x/t", "x")).is_some());
    for provider in [
        "",
        r#""provider":"","#,
        r#""provider":"provider[\"registry.terraform.io/x/t\"","#,
        r#""provider":"provider [\"registry.terraform.io/x/t\"]","#,
        r#""provider":"provider[\"registry.terraform.io/x\\u0074\"]","#,
        r#""provider":null,"#,
        r#""provider":"module.m[\"k\"].provider[\"registry.terraform.io/x/t\"]","#,
    ] {
        assert!(state(provider, "").is_some(), "{provider}");
    }
    for sound in [
        r#","status":"tainted""#,
        r#","status":"""#,
        r#","sensitive_attributes":[]"#,
        r#","sensitive_attributes":null"#,
        r#","sensitive_attributes":[[{"type":"get_attr","value":"a"},{"type":"index","value":{"value":0,"type":"number"}}]]"#,
    ] {
        assert_eq!(state(OLD, sound), None, "{sound}");
    }
    for broken in [
        r#","status":"gone""#,
        r#","status":1"#,
        r#","sensitive_attributes":[[{"type":"x","value":"a"}]]"#,
        r#","sensitive_attributes":[[{"type":"get_attr","value":1}]]"#,
        r#","sensitive_attributes":[[{"type":"index","value":{"value":true,"type":"bool"}}]]"#,
        r#","sensitive_attributes":[{"type":"get_attr","value":"a"}]"#,
        r#","sensitive_attributes":{}"#,
        r#"},{"attributes":{"id":"2"}"#,
    ] {
        assert!(state(OLD, broken).is_some(), "{broken}");
    }
}

/// Terraform finds a module by its directory, in any order: sources of a second one there would be the first one's for it.
#[test]
fn modules_that_share_a_directory() {
    let sources = |dir: &str, ghost: &[(&str, &str)]| {
        let list = format!(
            r#"[{{"Key":"","Dir":"."}},{{"Key":"a","Dir":"sub"}},{{"Key":"g","Dir":"{dir}"}}]"#
        );
        let mut members = vec![
            (".terraform.lock.hcl", LOCK),
            ("tfconfig/modules.json", list.as_bytes()),
            ("tfconfig/m-/main.tf", b"# root\n".as_slice()),
            ("tfconfig/m-a/main.tf", b"# sub\n"),
        ];
        members.extend(ghost.iter().map(|(name, text)| (*name, text.as_bytes())));
        archive(&[], &members)
    };
    // One local module that is called twice, and one beside it.
    let same = [("tfconfig/m-g/main.tf", "# sub\n")];
    let other = [("tfconfig/m-g/main.tf", "# other\n")];
    assert_eq!(detail(&sources("sub", &same)), None);
    assert_eq!(detail(&sources("other", &other)), None);
    let more = [same[0], ("tfconfig/m-g/b.tf", "")];
    for (dir, ghost) in [
        ("sub", &other[..]),
        ("./sub", &other),
        ("x/../sub/", &other),
        ("sub", &more),
        ("sub", &[]),
        (".", &same),
        ("", &other),
        ("x/..", &other),
    ] {
        let refusal = refusal(&sources(dir, ghost)).expect("refused");
        assert_eq!(refusal.why, Why::ForgedArchive, "{dir:?} {ghost:?}");
    }
    let unlisted = [("tfconfig/m-h/main.tf", "")];
    assert!(detail(&sources("g", &unlisted)).is_some());
}

/// Terraform knows some of what says that it is unknown, and what an object was before a change is always known.
#[test]
fn unknown_values_that_are_known() {
    let period =
        |value: &[u8]| [&[0x81, 0xA0 | 23], &b"backup_retention_period"[..], value].concat();
    let update = |before: &[u8], after: &[u8]| {
        detail(&archive(
            &[change(
                "aws_db_instance.a",
                3,
                &[&period(before), &period(after)],
            )],
            &[],
        ))
    };
    let (unknown, not_null) = (&[0xD4, 0, 0][..], &[0xC7, 3, 12, 0x81, 1, 0xC2][..]);
    let seven = &[0xC7, 9, 12, 0x82, 3, 0x92, 7, 0xC3, 4, 0x92, 7, 0xC3][..];
    assert_eq!(update(&[7], unknown), None);
    assert_eq!(update(&[7], not_null), None);
    for (before, after) in [
        (unknown, &[0][..]),
        (not_null, &[0]),
        (seven, &[0]),
        (&[7], seven),
        (&[7], &[0xD4, 1, 0]),
    ] {
        assert!(update(before, after).is_some(), "{before:x?} {after:x?}");
    }
}

/// A binary is a text for Terraform: what is taken for the type before a value must be one.
#[test]
fn a_binary_among_texts() {
    let ranges = |kind: &str| {
        let list = [
            &[0x92, 0xC4, kind.len() as u8][..],
            kind.as_bytes(),
            &[0xAA],
            b"10.0.0.0/8",
        ]
        .concat();
        let value = [&[0x81, 0xAB][..], b"cidr_blocks", &list].concat();
        detail(&archive(
            &[change("aws_security_group_rule.a", 3, &[&value, &value])],
            &[],
        ))
    };
    assert_eq!(ranges(r#""string""#), None);
    assert!(ranges("0.0.0.0/0").is_some());
}

/// What Terraform takes for the same, in two spellings.
#[test]
fn spellings_of_one_thing() {
    let keyed = |key: &str| change(&format!("aws_db_instance.a[\"{key}\"]"), 0, &[NIL]);
    let both = archive(&[keyed("\u{1f600}"), keyed(r"\U0001f600")], &[]);
    assert!(
        detail(&both).expect("refused").contains("two changes"),
        "{:?}",
        detail(&both)
    );
    assert_eq!(
        detail(&archive(&[keyed("\u{1f600}"), keyed(r"\U0001f601")], &[])),
        None
    );
    for host in [
        "registry.terraform.io:443",
        "registry.terraform.io:08443",
        "ⓡegistry.terraform.io",
        "registry.terraform.io:",
    ] {
        let mut entry = Vec::new();
        let provider = format!("provider[\"{host}/hashicorp/aws\"]");
        entry.extend(field(8, provider.as_bytes()));
        entry.extend(field(9, &[number(1, 5), field(2, &field(1, NIL))].concat()));
        entry.extend(field(13, b"aws_db_instance.a"));
        assert!(
            detail(&archive(&[field(3, &entry)], &[])).is_some(),
            "{host}"
        );
    }
}

#[test]
fn names_in_a_state_that_are_no_names() {
    let state = |kind: &str, name: &str, key: &str| {
        let state = format!(
            r#"{{"version":4,"serial":3,"lineage":"l","resources":[{{"mode":"managed","type":"{kind}","name":"{name}","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{{"index_key":{key},"attributes":{{"id":"x"}}}}]}}]}}"#
        );
        let plan = plan(&[]);
        detail(&zip(&[
            Member::deflated("tfplan", &plan),
            Member::deflated("tfstate", state.as_bytes()),
        ]))
    };
    assert_eq!(state("aws_vpc", "a", "9007199254740992"), None);
    assert!(state("aws_vpc", "a[0]", "0").is_some());
    assert!(state("aws_vpc.b", "a", "0").is_some());
    assert!(state("aws_vpc", "a", "9007199254740993").is_some());
}

/// A heredoc that Terraform ends and `hcl-edit` does not: what comes after it is read by neither as the other reads it.
#[test]
fn a_heredoc_with_two_ends() {
    let with = |end: &str| {
        let main = format!(
            "locals {{\n  a = <<A\nx\nA{end}\n}}\nresource \"aws_sqs_queue\" \"a\" {{\n  provisioner \"local-exec\" {{\n    command = \"x\"\n  }}\n}}\nlocals {{\n  b = <<B\nA\n}}\nB\n}}\n"
        );
        let members: [(&str, &[u8]); 3] = [
            (".terraform.lock.hcl", LOCK),
            ("tfconfig/modules.json", MODULES),
            ("tfconfig/m-/main.tf", main.as_bytes()),
        ];
        let create = change("aws_sqs_queue.a", 1, &[&[0x80]]);
        let (_, report) = checked(&archive(&[create], &members), &[]);
        report.to_string()
    };
    assert!(with("").contains("command-runs"));
    for end in ["\u{a0}", "\u{85}", "\u{b}", "\u{c}", " \u{2003}"] {
        let told = with(end);
        assert!(
            told.contains("whether 1 object runs a command is not known"),
            "{end:?}: {told}"
        );
    }
}

/// The address of a `removed` block is an expression, in which blanks and comments do not count.
#[test]
fn what_is_removed_in_other_spellings() {
    let told = |name: &str, text: &str| {
        let path = format!("tfconfig/m-/{name}");
        let members: [(&str, &[u8]); 3] = [
            (".terraform.lock.hcl", LOCK),
            ("tfconfig/modules.json", MODULES),
            (&path, text.as_bytes()),
        ];
        let delete = change("aws_sqs_queue.a", 5, &[&[0x80]]);
        checked(&archive(&[delete], &members), &[]).1.to_string()
    };
    for from in [
        "aws_sqs_queue.a",
        "/* c */ aws_sqs_queue.a",
        "aws_sqs_queue /**/ . a # c",
    ] {
        let text = format!(
            "removed {{\n  from = {from}\n  provisioner \"local-exec\" {{\n    when    = destroy\n    command = \"x\"\n  }}\n}}\n"
        );
        assert!(told("main.tf", &text).contains("command-runs"), "{from}");
        let from = from.replace(" # c", "");
        let json = format!(
            r#"{{"removed":[{{"from":"{from}","provisioner":[{{"local-exec":{{"when":"destroy","command":"x"}}}}]}}]}}"#
        );
        assert!(
            told("main.tf.json", &json).contains("command-runs"),
            "{from}"
        );
    }
    let open = "removed {\n  from = aws_sqs_queue[\"a\"]\n}\n";
    assert!(told("main.tf", open).contains("cannot be read"));
}

/// What the caller chose is told in one order, whatever the order in the file.
#[test]
fn targets_in_any_order() {
    let (one, other) = (field(5, b"aws_vpc.a"), field(5, b"aws_vpc.b"));
    let told = |fields: &[Vec<u8>]| {
        let (_, mut report) = checked(&archive(fields, &[]), &[]);
        report["plans"][0]["sha256"].take();
        report.to_string()
    };
    let first = told(&[one.clone(), other.clone()]);
    assert!(
        first.contains("-target=aws_vpc.a -target=aws_vpc.b"),
        "{first}"
    );
    assert_eq!(first, told(&[other, one]));
    // So is work that is not known, of which the first by number are named.
    let mut work: Vec<Vec<u8>> = (100..130).map(|number| field(number, b"x")).collect();
    let first = told(&work);
    assert!(first.contains("field 119"), "{first}");
    assert!(!first.contains("field 120"), "{first}");
    assert!(first.contains("further fields: 10 things"), "{first}");
    work.reverse();
    assert_eq!(first, told(&work));
    let run = |name: &str, by: &[u8]| {
        let trigger = field(6, &field(1, by));
        field(30, &[field(1, name.as_bytes()), trigger].concat())
    };
    let mut runs = vec![
        run("action.aws_lambda_invoke.a", b"aws_vpc.a"),
        run("action.aws_lambda_invoke.a", b"aws_vpc.b"),
        run("action.acme_x.b", b"aws_vpc.a"),
    ];
    let first = told(&runs);
    runs.reverse();
    assert_eq!(first, told(&runs));
}

/// Of two results of one check Terraform takes the last.
#[test]
fn a_check_with_two_results() {
    let check = |address: &[u8], status: u64| {
        field(
            19,
            &[number(1, 3), field(2, address), number(3, status)].concat(),
        )
    };
    let both = |one: Vec<u8>, other: Vec<u8>| detail(&archive(&[one, other], &[]));
    assert_eq!(both(check(b"check.a", 2), check(b"check.b", 1)), None);
    for (one, other) in [(2, 1), (1, 2), (2, 2)] {
        let told = both(check(b"check.a", one), check(b"check.a", other)).expect("refused");
        assert!(told.contains("two results of one check"), "{told}");
    }
}
