//! How much memory a plan may take: at most three times its inflated size beyond what any run takes, and 16 MiB more where a file consists of very
//! many real but tiny changes or elements. Each case runs in a process of its own, whose peak the system counts.
use std::process::Command;

use crate::forge::{change, field, plan, saved};
use applygate::testing::Settings;
use applygate::testing::judge_bytes;

const FILE: &str = "SAVED_MEMORY_FILE";

/// The peak of this process in KiB.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

/// Not a test of its own: what the other one starts.
#[test]
fn child() {
    let Some(file) = std::env::var_os(FILE) else {
        return;
    };
    let bytes = std::fs::read(file).expect("written");
    let end = match judge_bytes(&bytes, "x", &Settings::default()) {
        Ok(plans) => format!(
            "judged {}",
            plans[0]
                .decision
                .refusal
                .as_ref()
                .map_or("whole", |_| "in part")
        ),
        Err(refusal) => format!("refused {:?}", refusal.why),
    };
    println!("PEAK {} {end}", peak().expect("counted"));
}

fn run(plan: &[u8]) -> (usize, String) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("tfplan");
    std::fs::write(&file, plan).expect("written");
    let out = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "saved_memory::child", "--nocapture"])
        .env(FILE, &file)
        .output()
        .expect("runs");
    let text = String::from_utf8(out.stdout).expect("text");
    let words = text
        .split_once("PEAK ")
        .unwrap_or_else(|| panic!("{text} {}", String::from_utf8_lossy(&out.stderr)))
        .1;
    let (kib, end) = words.split_once(' ').expect("two words");
    (
        kib.parse::<usize>().expect("a number") * 1024,
        end.lines().next().unwrap_or_default().to_owned(),
    )
}

#[test]
fn peak_is_at_most_three_times_the_plan() {
    if peak().is_none() {
        eprintln!("skipped: this system does not tell a process's peak");
        return;
    }
    const SIZE: usize = 10 << 20;
    let nils = [&[0xDD][..], &(SIZE as u32).to_be_bytes(), &vec![0xC0; SIZE]].concat();
    let text = [
        &[0x81, 0xA4, b'n', b'a', b'm', b'e', 0xDA, 4, 0][..],
        &[b'x'; 1024],
    ]
    .concat();
    let many = |action: u64, value: &[u8], count: usize| {
        plan(&[(0..count)
            .flat_map(|at| change(&format!("t_x.y[{at}]"), action, &[value]))
            .collect()])
    };
    let saved_plans = [
        ("empty changes", plan(&[field(3, b"").repeat(SIZE / 2)])),
        ("empty targets", plan(&[field(5, b"").repeat(SIZE / 2)])),
        ("empty checks", plan(&[field(19, b"").repeat(SIZE / 2)])),
        (
            "changes without a provider",
            plan(&[field(
                3,
                &[field(9, &field(2, &field(1, &[0xC0]))), field(13, b"a.b")].concat(),
            )
            .repeat(SIZE / 14)]),
        ),
        ("small changes", many(0, &[0xC0], SIZE / 80)),
        ("small deletes", many(5, &[0xC0], SIZE / 80)),
        ("deletes", many(5, &text, SIZE / 1100)),
        (
            "a list of nils",
            plan(&[change("aws_db_instance.x", 5, &[&nils])]),
        ),
        (
            "an object of nils",
            plan(&[change(
                "aws_db_instance.x",
                5,
                &[&[&[0x81, 0xA2, b'i', b'd'][..], &nils].concat()],
            )]),
        ),
        (
            "an update of nils",
            plan(&[change("aws_db_instance.x", 3, &[&nils, &[0xC0]])]),
        ),
    ];
    let json = |values: &str| {
        format!(
            r#"{{"format_version":"1.2","planned_values":{{}},"resource_changes":[{{"address":"aws_security_group_rule.x","type":"aws_security_group_rule","change":{{"actions":["update"],{values}}}}}]}}"#
        )
    };
    let list = |element: &str| {
        let elements = vec![element; SIZE / (element.len() + 1)].join(",");
        json(&format!(
            r#""before":{{"cidr_blocks":[]}},"after":{{"type":"ingress","cidr_blocks":[{elements}]}}"#
        ))
    };
    let members: Vec<String> = (0..SIZE / 9).map(|at| format!("\"{at:05x}\":0")).collect();
    let json_plans = [
        ("a list of zeros", list("0")),
        ("a list of small texts", list("\"2001:db8:1:2::/64\"")),
        (
            "an object of zeros",
            json(&format!(
                r#""before":{{{}}},"after":{{}}"#,
                members.join(",")
            )),
        ),
    ];
    let saved_plans = saved_plans
        .into_iter()
        .map(|(what, message)| (what, message.len(), saved(&message)));
    let json_plans = json_plans
        .into_iter()
        .map(|(what, text)| (what, text.len(), text.into_bytes()));
    let (base, _) = run(&saved(&plan(&[])));
    for (what, size, bytes) in saved_plans.chain(json_plans) {
        let (peak, end) = run(&bytes);
        let times = peak.saturating_sub(base) as f64 / size as f64;
        eprintln!(
            "{what}: {size} bytes, {end}, peak {} KiB ({times:.2} times beyond {} KiB)",
            peak / 1024,
            base / 1024
        );
        let free = if what.contains("small") { 16 << 20 } else { 0 };
        assert!(
            peak.saturating_sub(base) <= 3 * size + free,
            "{what}: {times:.2} times"
        );
    }
}
