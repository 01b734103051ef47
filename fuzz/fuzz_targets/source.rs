//! Two versions of a module's sources, held against each other and judged. The bytes are both versions, parted by a zero, each file of a version by a one.
//! `cargo fuzz run source fuzz/corpus/source` (needs a nightly compiler, so it is not part of the tests).
#![no_main]

use applygate::Styles;
use applygate::testing::{Report, human, json, judge_sources};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (before, after) = match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[][..]),
    };
    let names = ["main.tf", "a_override.tf", "x.tf.json", "terragrunt.hcl", "terraform.tfvars"];
    let files = |side: &[u8]| {
        let parts = side.split(|byte| *byte == 1);
        names.iter().map(|name| (*name).to_owned()).zip(parts.map(<[u8]>::to_vec)).collect()
    };
    let report = Report {
        plans: vec![judge_sources(&files(before), &files(after))],
        ..Report::default()
    };
    let styles = Styles::default();
    let layout = human::Layout { width: 80, verbose: true, styles: &styles };
    let mut sink = std::io::sink();
    let _ = human::write(&report, layout, &mut sink);
    let _ = json::write(&report, &mut sink);
});
