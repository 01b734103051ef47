//! Saved plans that are damaged, forged, or made to take much: each is refused with a reason, none makes it panic, none takes more than its share.
use crate::forge::{Member, STATE, change, field, number, plan, saved, zip};
use applygate::testing::Document;
use applygate::testing::Settings;
use applygate::testing::Why;
use applygate::testing::judge_bytes;
use applygate::testing::{Plan, ReadError, Shape, Value};
use proptest::prelude::*;

fn refused(bytes: &[u8]) -> Option<Why> {
    judge_bytes(bytes, "x", &Settings::default())
        .err()
        .map(|refusal| refusal.why)
}

/// Reads everything that a rule could ask for.
fn walk(value: Value<'_>) -> Result<usize, ReadError> {
    Ok(match value.shape()? {
        Shape::List(items) => items.into_iter().map(walk).sum::<Result<usize, _>>()? + 1,
        Shape::Object(members) => {
            members
                .into_iter()
                .map(|(_, member)| walk(member))
                .sum::<Result<usize, _>>()?
                + 1
        }
        _ => 1,
    })
}

fn walk_plan(plan: &Plan<'_>) {
    for change in plan.changes.iter().chain(&plan.drift).chain(&plan.deferred) {
        let _ = (
            walk(change.before()),
            walk(change.after()),
            change.replace_paths(),
        );
        let _ = plan.block(&change.address);
    }
    let _ = plan.provider_blocks(None, "aws");
}

fn small() -> Vec<u8> {
    std::fs::read(crate::common::root().join("fixtures/odd/base.tfplan")).expect("a fixture")
}

#[test]
fn a_plan_made_by_hand_is_read() {
    let value = [0x81, 0xA2, b'i', b'd', 0xA1, b'x'];
    let bytes = saved(&plan(&[
        change("aws_db_instance.main", 5, &[&value]),
        change("aws_s3_bucket.b", 0, &[&value]),
    ]));
    let report = judge_bytes(&bytes, "x", &Settings::default())
        .expect("judged")
        .remove(0);
    assert_eq!(
        (report.summary.counts.delete, report.summary.counts.no_op),
        (1, 1)
    );
    assert!(
        report
            .decision
            .findings
            .iter()
            .any(|weighed| weighed.finding.rule == "stateful-destroy")
    );
}

/// Of two members with one name Terraform reads the first, many programs the last.
#[test]
fn two_plans_in_one_archive_are_refused() {
    let harmless = plan(&[change("null_resource.a", 0, &[&[0xC0]])]);
    let deadly = plan(&[change("aws_db_instance.main", 5, &[&[0xC0]])]);
    for second in [
        "tfplan",
        "TFPLAN",
        "./tfplan",
        "tfPlan ",
        ".\\tfplan",
        "/tfplan",
        "//tfplan",
        "tfplan\u{200b}",
        "tfplan.",
    ] {
        let bytes = zip(&[
            Member::new("tfplan", &deadly),
            Member::new("tfstate", STATE),
            Member::new(second, &harmless),
        ]);
        assert_eq!(refused(&bytes), Some(Why::ForgedArchive), "{second:?}");
    }
    let states = zip(&[
        Member::new("tfplan", &deadly),
        Member::new("tfstate", STATE),
        Member::new("TfState", STATE),
    ]);
    assert_eq!(refused(&states), Some(Why::ForgedArchive));
    let hidden = Member {
        local_name: Some("tfplxn"),
        ..Member::new("tfplan", &deadly)
    };
    assert_eq!(
        refused(&zip(&[hidden, Member::new("tfstate", STATE)])),
        Some(Why::ForgedArchive)
    );
}

#[test]
fn bytes_around_and_between_are_refused() {
    let good = saved(&plan(&[]));
    assert_eq!(refused(&good), None);
    assert_eq!(
        refused(&[&good[..], b"x"].concat()),
        Some(Why::ForgedArchive)
    );
    assert_eq!(
        refused(&[b"PK\x03\x04", &good[..]].concat()),
        Some(Why::ForgedArchive)
    );
    assert_eq!(
        refused(&[&good[..], &good[..]].concat()),
        Some(Why::ForgedArchive)
    );
    // A JSON plan with an archive behind it: Terraform would apply the archive.
    let json = br#"{"format_version":"1.2","resource_changes":[],"planned_values":{}}"#;
    assert_eq!(
        refused(&[json, &b"\n"[..], &good].concat()),
        Some(Why::ForgedArchive)
    );
    // A second member over the first one's bytes.
    let mut overlapping = zip(&[
        Member::new("tfplan", &plan(&[])),
        Member::new("tfstate", STATE),
        Member::new("x", b""),
    ]);
    let directory = overlapping
        .windows(4)
        .rposition(|window| window == b"PK\x01\x02")
        .expect("the last entry");
    overlapping[directory + 42..directory + 46].copy_from_slice(&0_u32.to_le_bytes());
    assert_eq!(refused(&overlapping), Some(Why::ForgedArchive));
}

#[test]
fn damaged_archives_are_refused() {
    let state = || Member::new("tfstate", STATE);
    let with = |member: Member<'_>| refused(&zip(&[member, state()]));
    let message = plan(&[]);
    let good = || Member::new("tfplan", &message);
    assert_eq!(
        with(Member {
            crc: Some(1),
            ..good()
        }),
        Some(Why::BrokenArchive)
    );
    assert_eq!(
        with(Member {
            crc: Some(1),
            ..Member::deflated("tfplan", &message)
        }),
        Some(Why::BrokenArchive)
    );
    assert_eq!(
        with(Member {
            size: Some(5),
            ..Member::deflated("tfplan", &message)
        }),
        Some(Why::BrokenArchive)
    );
    assert_eq!(
        with(Member {
            size: Some(u32::MAX - 1),
            ..Member::deflated("tfplan", &message)
        }),
        Some(Why::TooLarge)
    );
    assert_eq!(with(Member { flags: 1, ..good() }), Some(Why::NewerArchive));
    assert_eq!(
        with(Member {
            method: 12,
            ..good()
        }),
        Some(Why::NewerArchive)
    );
    assert_eq!(
        with(Member {
            crc: Some(7),
            name: "tfconfig/m-/main.tf",
            ..good()
        }),
        Some(Why::OtherZip)
    );
    let config = Member {
        crc: Some(7),
        ..Member::new("tfconfig/m-/main.tf", b"x")
    };
    assert_eq!(
        refused(&zip(&[good(), state(), config])),
        Some(Why::BrokenArchive)
    );
    assert_eq!(refused(&zip(&[good()])), Some(Why::BrokenPlan));
    assert_eq!(refused(&zip(&[state()])), Some(Why::OtherZip));
    assert_eq!(
        refused(&zip(&[good(), Member::new("tfstate", b"{")])),
        Some(Why::BrokenPlan)
    );
    let names: Vec<String> = (0..20_001).map(|at| format!("f{at}")).collect();
    let members: Vec<Member<'_>> = names.iter().map(|name| Member::new(name, b"")).collect();
    assert_eq!(refused(&zip(&members)), Some(Why::TooLarge));
}

#[test]
fn broken_messages_are_refused() {
    let nil: &[u8] = &[0xC0];
    for (what, fields) in [
        (
            "two values for a delete",
            vec![change("a_b.c", 5, &[nil, nil])],
        ),
        ("no value for a create", vec![change("a_b.c", 1, &[])]),
        ("one value for an update", vec![change("a_b.c", 3, &[nil])]),
        ("no address", vec![change("", 5, &[nil])]),
        ("an address that is none", vec![change("a_b", 5, &[nil])]),
        ("an empty change", vec![field(3, b"")]),
        ("a change as a number", vec![number(3, 7)]),
        ("the version as a text", vec![field(1, b"3")]),
        ("another version", vec![number(1, 4)]),
        ("an unknown mode", vec![number(17, 9)]),
        (
            "the same object twice",
            vec![change("a_b.c", 0, &[nil]), change("a_b.c", 5, &[nil])],
        ),
        ("two backends", vec![field(13, &field(1, b"s3"))]),
        (
            "a length beyond the end",
            vec![vec![0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]],
        ),
        ("a group", vec![vec![0x1B]]),
        (
            "a value with a rest",
            vec![change("a_b.c", 5, &[&[0xC0, 0xC0]])],
        ),
        (
            "a value that ends early",
            vec![change("a_b.c", 5, &[&[0x92, 0xC0]])],
        ),
        (
            "a huge array",
            vec![change("a_b.c", 5, &[&[0xDD, 0xFF, 0xFF, 0xFF, 0xFF]])],
        ),
        (
            "a huge map",
            vec![change("a_b.c", 5, &[&[0xDF, 0xFF, 0xFF, 0xFF, 0xFF]])],
        ),
        (
            "a huge string",
            vec![change("a_b.c", 5, &[&[0xDB, 0xFF, 0xFF, 0xFF, 0xFF]])],
        ),
        (
            "a huge binary",
            vec![change("a_b.c", 5, &[&[0xC6, 0xFF, 0xFF, 0xFF, 0xFF]])],
        ),
        (
            "a huge extension",
            vec![change("a_b.c", 5, &[&[0xC9, 0xFF, 0xFF, 0xFF, 0xFF, 0]])],
        ),
        (
            "the byte that is never used",
            vec![change("a_b.c", 5, &[&[0xC1]])],
        ),
        ("an empty value", vec![change("a_b.c", 5, &[&[]])]),
    ] {
        assert_eq!(
            refused(&saved(&plan(&fields))),
            Some(Why::BrokenPlan),
            "{what}"
        );
    }
    let unknown = judge_bytes(
        &saved(&plan(&[change("a_b.c", 4, &[nil])])),
        "x",
        &Settings::default(),
    )
    .expect("judged in part")
    .remove(0);
    assert_eq!(
        unknown.decision.refusal.map(|refusal| refusal.why),
        Some(Why::UnknownAction)
    );
}

#[test]
fn values_that_no_rule_may_trust() {
    let key = |value: &[u8]| [&[0x82, 0xA1, b'a'], value, &[0xA1, b'a'], value].concat();
    for (what, value) in [
        ("a key twice", key(&[0xC3])),
        ("a key that is no text", vec![0x81, 0x01, 0xC0]),
        ("text that is not UTF-8", vec![0xA1, 0xFF]),
    ] {
        let bytes = saved(&plan(&[change("a_b.c", 5, &[&value])]));
        let opened = Document::open(&bytes).expect("opens");
        let plan = &opened.plans().expect("a plan").plans[0];
        assert!(plan.changes[0].before().shape().is_err(), "{what}");
    }
    // Nested as deep as the bytes reach: refused when looked at, and the stack holds.
    for open in [&[0x91][..], &[0x81, 0xA1, b'k'], &[0x91, 0x92, 0xC4, 0x00]] {
        let value = [open.repeat(100_000), vec![0xC0]].concat();
        let bytes = saved(&plan(&[change("aws_db_instance.c", 5, &[&value])]));
        if let Ok(opened) = Document::open(&bytes)
            && let Ok(found) = opened.plans()
        {
            assert!(walk(found.plans[0].changes[0].before()).is_err());
        }
        let _ = refused(&bytes);
    }
}

#[test]
fn cut_off_anywhere_is_refused() {
    let whole = small();
    for end in 0..whole.len() {
        let cut = whole.get(..end).expect("in range");
        assert!(refused(cut).is_some(), "{end}");
    }
}

/// Cut within the message, in a sound archive: fields are lost, and what is half a field is refused; nothing panics.
#[test]
fn a_message_cut_off_anywhere_does_not_panic() {
    let value = [
        0x82, 0xA2, b'i', b'd', 0xA1, b'x', 0xA1, b'n', 0xCB, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let message = plan(&[
        change("aws_db_instance.main", 6, &[&value, &value]),
        change("aws_s3_bucket.b[0]", 5, &[&value]),
    ]);
    for end in 0..message.len() {
        let bytes = zip(&[
            Member::new("tfplan", message.get(..end).expect("in range")),
            Member::new("tfstate", STATE),
        ]);
        if let Ok(opened) = Document::open(&bytes)
            && let Ok(found) = opened.plans()
        {
            walk_plan(&found.plans[0]);
        }
    }
}

#[test]
fn flipped_bits_do_not_panic() {
    let whole = small();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        let _ = refused(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The archive is sound, what is in it is not.
    #[test]
    fn any_message_does_not_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), state in any::<bool>()) {
        let value = [0x84, 0xA2, b'i', b'd', 0xA1, b'x', 0xA1, b'n', 0x92, 0xC4, 0x01, b'1', 0x07, 0xA1, b'u', 0xD4, 0, 0, 0xA1, b'v', 0x93, 0xC0, 0xC2, 0x80];
        let path = field(4, &field(1, &field(1, b"id")));
        let inner = [number(1, 6), field(2, &field(1, &value)), field(2, &field(1, &value)), path].concat();
        let entry = field(3, &[field(9, &inner), field(11, &field(1, &field(1, b"id"))), field(13, b"aws_db_instance.m")].concat());
        let mut message = plan(&[entry, change("aws_s3_bucket.b", 5, &[&value])]);
        let mut text = STATE.to_vec();
        for (at, byte) in flips {
            let bytes = if state { &mut text } else { &mut message };
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let bytes = zip(&[Member::new("tfplan", &message), Member::new("tfstate", &text)]);
        let _ = refused(&bytes);
        if let Ok(opened) = Document::open(&bytes) && let Ok(found) = opened.plans() {
            walk_plan(&found.plans[0]);
        }
    }

    #[test]
    fn any_value_does_not_panic(value in prop::collection::vec(any::<u8>(), 0..64)) {
        let bytes = saved(&plan(&[change("aws_db_instance.m", 5, &[&value])]));
        if let Ok(opened) = Document::open(&bytes) && let Ok(found) = opened.plans() {
            walk_plan(&found.plans[0]);
        }
    }

    #[test]
    fn any_bytes_behind_a_zip_head_do_not_panic(rest in prop::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(refused(&[b"PK\x03\x04", &rest[..]].concat()).is_some());
    }
}

/// Nothing of the configuration is known where it does not parse, and the plan is judged all the same.
#[test]
fn sources_that_do_not_parse_are_not_known() {
    let message = plan(&[change("aws_s3_bucket.b", 5, &[&[0xC0]])]);
    for source in [
        &b"resource \"aws_s3_bucket\" \"b\" {"[..],
        b"\xFF\xFE",
        b"resource \"aws_s3_bucket\" \"b\" {}",
    ] {
        let bytes = zip(&[
            Member::new("tfplan", &message),
            Member::new("tfstate", STATE),
            Member::new("tfconfig/m-/main.tf", source),
        ]);
        let opened = Document::open(&bytes).expect("opens");
        let plan = &opened.plans().expect("a plan").plans[0];
        assert_eq!(
            plan.block("aws_s3_bucket.b").is_some(),
            source.ends_with(b"{}")
        );
        assert_eq!(
            plan.provider_blocks(None, "aws").expect("readable").len(),
            usize::from(!source.ends_with(b"{}"))
        );
    }
}

#[test]
fn a_text_is_no_archive() {
    assert!(Document::open(b"PK\x05\x06").is_err());
}

/// The refusal in the words of the report.
fn told(bytes: &[u8]) -> String {
    judge_bytes(bytes, "x", &Settings::default())
        .err()
        .map_or_else(|| "judged".to_owned(), |refusal| refusal.to_string())
}

const TWO_WAYS: &str =
    "is a zip archive that can be read in two ways: what is judged may not be what is applied";
const NEWER: &str = "is a zip archive in a form that is newer than this version of applygate";
const BROKEN: &str = "is a saved plan file, but part of it is broken";

/// Go's reader finds a second archive where a directory of 65,535 bytes ends with the mark of a larger end.
#[test]
fn a_second_archive_behind_a_comment_is_refused() {
    let (shown, hidden) = (
        plan(&[change("null_resource.a", 0, &[&[0xC0]])]),
        plan(&[change("aws_db_instance.main", 5, &[&[0xC0]])]),
    );
    let hidden = saved(&hidden);
    let locator = [
        &b"PK\x06\x07"[..],
        &[0; 4],
        &60_u64.to_le_bytes(),
        &[1, 0, 0, 0],
    ]
    .concat();
    let archive = |comment: Vec<u8>| {
        zip(&[
            Member::new("tfplan", &shown),
            Member::new("tfstate", STATE),
            Member {
                comment,
                ..Member::new("tfconfig/m-/NOTES.md", &hidden)
            },
        ])
    };
    let bare = 3 * 46 + "tfplan".len() + "tfstate".len() + "tfconfig/m-/NOTES.md".len();
    let comment = [vec![b' '; 0xFFFF - bare - locator.len()], locator.clone()].concat();
    assert_eq!(
        told(&archive(comment)),
        format!("{TWO_WAYS} (it has a second end before its end)")
    );
    assert_eq!(
        told(&archive(locator)),
        format!("{TWO_WAYS} (it has a second end before its end)")
    );
    assert_eq!(
        told(&archive(vec![b' '; 0xFFFF - bare])),
        format!("{TWO_WAYS} (its end may point to another one)")
    );
    assert_eq!(
        told(&archive(b"hello".to_vec())),
        format!("{TWO_WAYS} (a member has a comment)")
    );
    assert_eq!(told(&archive(Vec::new())), "judged");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let with = |names: &[&str]| {
        let message = plan(&[]);
        let mut members = vec![
            Member::new("tfplan", &message),
            Member::new("tfstate", STATE),
        ];
        members.extend(names.iter().map(|name| Member::new(name, b"")));
        told(&zip(&members))
    };
    for name in [
        "tfconfig/m-/../x.tf",
        "/etc/x.tf",
        "..",
        "tfconfig\\m-\\x.tf",
        "c:/x.tf",
        "tfconfig/",
        "tfconfig//m-/x.tf",
        "a\nb",
    ] {
        assert_eq!(
            with(&[name]),
            format!("{TWO_WAYS} (a member has a name that may lead elsewhere)"),
            "{name}"
        );
    }
    assert_eq!(
        with(&["tfconfig/m-/main.tf", "tfconfig/m-/main.tf"]),
        format!("{TWO_WAYS} (two members have the same name)")
    );
    // Terraform reads both of them.
    assert_eq!(
        with(&["tfconfig/m-/Main.tf", "tfconfig/m-/main.tf"]),
        "judged"
    );
    assert_eq!(
        with(&[
            "tfconfig/m-/main.tf",
            "tfconfig/m-a.b/main.tf",
            "tfconfig/m-/..x.tf"
        ]),
        "judged"
    );
}

/// What a later version might write is no forgery, and not broken either.
#[test]
fn forms_of_a_newer_archive() {
    let message = plan(&[]);
    let with = |member: Member<'_>| told(&zip(&[member, Member::new("tfstate", STATE)]));
    let good = || Member::new("tfplan", &message);
    let field = |id: u16, content: &[u8]| {
        [
            &id.to_le_bytes()[..],
            &(content.len() as u16).to_le_bytes(),
            content,
        ]
        .concat()
    };
    for (member, detail) in [
        (
            Member {
                method: 93,
                ..good()
            },
            "a member is packed by a method that is not known",
        ),
        (Member { flags: 1, ..good() }, "a member is encrypted"),
        (
            Member {
                needs: 45,
                ..good()
            },
            "a member needs a newer version of the format, such as zip64",
        ),
        (
            Member {
                extra: field(1, &[0; 8]),
                ..good()
            },
            "zip64",
        ),
        (
            Member {
                extra: field(0x9901, &[0; 7]),
                ..good()
            },
            "a member is encrypted",
        ),
    ] {
        assert_eq!(with(member), format!("{NEWER} ({detail})"));
    }
    assert!(Why::NewerArchive.help().starts_with("update applygate"));
    for (extra, detail) in [
        (
            field(0x7075, b"\x01\0\0\0\0x"),
            "a member has a field that is not known",
        ),
        (
            field(0x5455, b"\x01\0\0\0\0").repeat(2),
            "a member has a field twice",
        ),
    ] {
        assert_eq!(
            with(Member { extra, ..good() }),
            format!("{TWO_WAYS} ({detail})")
        );
    }
    assert_eq!(
        with(Member {
            extra: field(0x5455, b"\x01\0\0\0\0"),
            ..good()
        }),
        "judged"
    );
    assert_eq!(
        with(Member {
            behind: b"x".to_vec(),
            ..good()
        }),
        format!("{TWO_WAYS} (there are bytes between the members)")
    );
    assert_eq!(
        with(Member {
            flags: 8,
            behind: vec![0; 12],
            ..good()
        }),
        format!("{TWO_WAYS} (what stands behind a member says something else than the directory)")
    );
}

/// Terraform reads an address as an expression: blanks and comments do not count, and what stands in a comment does not exist.
#[test]
fn an_address_in_another_spelling_is_refused() {
    for address in [
        "aws_dynamodb_table .carts",
        "aws_dynamodb_table/*_policy*/.carts",
        "/*a_policy.b[\"*/aws_dynamodb_table.carts//\"]",
        "module.m/*.data.x.y[\"*/.aws_dynamodb_table.carts//\"]",
        "aws_dynamodb_table.carts[ 0]",
        "aws_dynamodb_table.carts[00]",
        "aws_dynamodb_table.carts[\"\\u0061\"]",
        "aws_dynamodb_table.carts[\"${x}\"]",
        "aws_dynamodb_table.carts[\"a\nb\"]",
        "aws_dynamodb_table.carts[*]",
        "module.m[*].aws_dynamodb_table.carts",
        "aws_ephemeral.data.x",
    ] {
        let bytes = saved(&plan(&[change(address, 5, &[&[0xC0]])]));
        assert_eq!(
            told(&bytes),
            format!("{BROKEN} (a change has an address that cannot be read)"),
            "{address}"
        );
    }
    let entry = |fields: &[Vec<u8>]| {
        let delete = [number(1, 5), field(2, &field(1, &[0xC0]))].concat();
        saved(&plan(&[field(
            3,
            &[&field(9, &delete)[..], &fields.concat()].concat(),
        )]))
    };
    let address = |text: &str| field(13, text.as_bytes());
    assert_eq!(told(&entry(&[address("a_b.c")])), "judged");
    for fields in [
        vec![address("a_b.c"), field(14, b"a_b .d")],
        vec![
            address("a_b.c"),
            field(3, b"aws_db_instance"),
            field(4, b"x"),
        ],
        vec![field(3, b"a_b.c"), field(4, b"d")],
        vec![field(1, b"module.m/**/"), field(3, b"a_b"), field(4, b"d")],
        vec![
            field(3, b"a_b"),
            field(4, b"d"),
            field(5, b"x"),
            number(6, 1),
        ],
    ] {
        assert_eq!(
            told(&entry(&fields)),
            format!("{BROKEN} (a change has an address that cannot be read)")
        );
    }
    assert_eq!(
        told(&entry(&[
            address("a_b.c"),
            field(8, b"/*provider[\"registry.terraform.io/hashicorp/aws\"]*/provider[\"evil.example/x/y\"]"),
        ])),
        format!("{BROKEN} (a change has a provider that cannot be read)")
    );
    for number in [5, 6, 16] {
        assert_eq!(
            told(&saved(&plan(&[field(number, b"module.a/**/")]))),
            format!("{BROKEN} (it has a target that cannot be read)")
        );
        assert_eq!(
            told(&saved(&plan(&[field(number, b"module.a[\"x\"]")]))),
            "judged"
        );
    }
    // Only a change that is put off may be one of instances that are not known yet.
    for address in [
        "aws_dynamodb_table.carts[*]",
        "module.m[*].aws_dynamodb_table.carts",
    ] {
        let entry = change(address, 1, &[&[0xC0]]);
        let entry = entry
            .get(2..)
            .expect("the message behind its tag and length");
        let bytes = saved(&plan(&[field(
            27,
            &[field(1, &number(1, 1)), field(2, entry)].concat(),
        )]));
        assert_eq!(told(&bytes), "judged", "{address}");
    }
}

/// Of two Terraform takes the last, or puts both together.
#[test]
fn what_belongs_there_once_is_refused_twice() {
    const TWICE: &str = "a field is there twice that belongs there once";
    let value = field(1, &[0x80]);
    let backend = |fields: &[Vec<u8>]| {
        zip(&[
            Member::new(
                "tfplan",
                &[
                    number(1, 3),
                    field(14, b"1.15.5"),
                    field(13, &fields.concat()),
                ]
                .concat(),
            ),
            Member::new("tfstate", STATE),
        ])
    };
    let local = [field(1, b"local"), field(2, &value), field(3, b"default")];
    assert_eq!(told(&backend(&local)), "judged");
    for more in [field(1, b"s3"), field(2, b""), field(3, b"prod")] {
        assert_eq!(
            told(&backend(&[&local[..], &[more]].concat())),
            format!("{BROKEN} ({TWICE})")
        );
    }
    let nil = field(2, &field(1, &[0xC0]));
    let delete = field(9, &[number(1, 5), nil.clone()].concat());
    let aws = field(8, b"provider[\"registry.terraform.io/hashicorp/aws\"]");
    let entry = |fields: &[&[u8]]| field(3, &fields.concat());
    let address = field(13, b"a_b.c");
    for fields in [
        entry(&[&aws, &aws, &delete, &address]),
        entry(&[&aws, &delete, &address, &address]),
        entry(&[&aws, &delete, &delete, &address]),
        entry(&[
            &aws,
            &field(7, b"00000001"),
            &field(7, b"00000002"),
            &delete,
            &address,
        ]),
        entry(&[&aws, &number(12, 1), &number(12, 2), &delete, &address]),
        entry(&[
            &aws,
            &field(9, &[number(1, 5), number(1, 3), nil.clone()].concat()),
            &address,
        ]),
        entry(&[
            &aws,
            &field(
                9,
                &[
                    number(1, 5),
                    field(2, &[field(1, &[0xC0]), field(1, &[0xC0])].concat()),
                ]
                .concat(),
            ),
            &address,
        ]),
        number(17, 1).repeat(2),
        number(20, 0).repeat(2),
        number(25, 1).repeat(2),
        field(14, b"1.11.4"),
    ] {
        assert_eq!(
            told(&saved(&plan(&[fields]))),
            format!("{BROKEN} ({TWICE})")
        );
    }
    let store = field(29, &[field(1, b"local"), field(3, b"prod")].concat());
    assert_eq!(
        told(&saved(&plan(&[store]))),
        format!("{BROKEN} (it names two places for its state)")
    );
    for number in [2, 4] {
        let named = |name: &[u8]| field(number, &field(1, name));
        assert_eq!(
            told(&saved(&plan(&[named(b"r"), named(b"r")]))),
            format!("{BROKEN} (a variable or an output is there twice)")
        );
        assert_eq!(told(&saved(&plan(&[named(b"r"), named(b"s")]))), "judged");
    }
}

/// Go takes a key in any case, and of two the last.
#[test]
fn a_state_with_keys_in_another_case_is_refused() {
    let with = |state: &str| {
        told(&zip(&[
            Member::new("tfplan", &plan(&[])),
            Member::new("tfstate", state.as_bytes()),
        ]))
    };
    let head = r#""version":4,"serial":3,"lineage":"l""#;
    for more in [
        r#""Lineage":"other""#,
        r#""SERIAL":1"#,
        r#""Resources":[]"#,
        "\"re\u{17f}ources\":[]",
        "\"chec\u{212a}_results\":[]",
        r#""resources":[{"mode":"managed","type":"t","name":"n","Instances":[]}]"#,
        r#""resources":[{"mode":"managed","type":"t","name":"n","instances":[{"Deposed":"00000001"}]}]"#,
    ] {
        assert_eq!(
            with(&format!("{{{head},{more}}}")),
            format!("{BROKEN} (its state cannot be read)"),
            "{more}"
        );
    }
    assert_eq!(
        with(&format!("{{{head},\"other\":1,\"Outside\":2}}")),
        "judged"
    );
}

/// Of JSON a value is taken from no name that is there twice.
#[test]
fn a_name_twice_in_json_is_refused() {
    let json = |outputs: &str| {
        format!(
            r#"{{"format_version":"1.2","planned_values":{{}},"output_changes":{{{outputs}}}}}"#
        )
    };
    let output = r#""a":{"actions":["create"]}"#;
    assert_eq!(told(json(output).as_bytes()), "judged");
    assert!(
        told(json(&format!(r#"{output},"\u0061":{{"actions":["no-op"]}}"#)).as_bytes())
            .starts_with("is JSON, but has something here that a plan does not have")
    );
    let prior = |module: &str| {
        told(
            format!(
                r#"{{"format_version":"1.2","planned_values":{{}},"prior_state":{{"values":{{"root_module":{module}}}}}}}"#
            )
            .as_bytes(),
        )
    };
    let below = r#""child_modules":[{"resources":[{"type":"a_b"}]}]"#;
    assert_eq!(prior(&format!("{{{below}}}")), "judged");
    assert!(prior(&format!("{{{below},{below}}}")).contains("that a plan does not have"));
}

/// What is nested deeper than anybody nests would be walked again and again: it is refused where it is read.
#[test]
fn what_is_nested_too_deep_is_refused() {
    let address = |depth: usize| format!("{}a_b.c", "module.a.".repeat(depth));
    let saved_at = |depth| told(&saved(&plan(&[change(&address(depth), 5, &[&[0xC0]])])));
    let deep = "(an address is nested too deep)";
    assert_eq!(saved_at(64), "judged");
    assert_eq!(saved_at(65), format!("{BROKEN} {deep}"));
    let json = |depth: usize, list: &str| {
        let entry = format!(
            r#"{{"address":"{}","type":"a_b","change":{{"actions":["delete"],"before":null,"after":null}}}}"#,
            address(depth)
        );
        let entry = match list {
            "deferred_changes" => format!(r#"{{"resource_change":{entry}}}"#),
            "action_invocations" => format!(
                r#"{{"address":"{}","type":"a_b"}}"#,
                address(depth).replace("a_b.c", "action.a_b.c")
            ),
            _ => entry,
        };
        told(
            format!(r#"{{"format_version":"1.2","planned_values":{{}},"{list}":[{entry}]}}"#)
                .as_bytes(),
        )
    };
    for list in [
        "resource_changes",
        "resource_drift",
        "deferred_changes",
        "action_invocations",
    ] {
        assert_eq!(json(64, list), "judged", "{list}");
        assert_eq!(
            json(65, list),
            format!("is JSON, but has something here that a plan does not have {deep}"),
            "{list}"
        );
    }
    let nested = |depth: usize| {
        let value = [vec![0x91; depth], vec![0xC0]].concat();
        told(&saved(&plan(&[change("a_b.c", 5, &[&value])])))
    };
    assert_eq!(nested(95), "judged");
    assert_eq!(
        nested(200),
        format!("{BROKEN} (a value is nested too deep)")
    );
}
