//! From bytes to every report. `cargo fuzz run judge fuzz/corpus/judge fixtures/odd` (needs a nightly compiler, so it is not part of the tests).
#![no_main]

use applygate::Styles;
use applygate::testing::judge_bytes;
use applygate::testing::{ErrorReport, Report, human, json};
use applygate::testing::Settings;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut report = Report::default();
    match judge_bytes(bytes, "fuzz", &Settings::default()) {
        Ok(plans) => report.plans = plans,
        Err(refusal) => report.errors.push(ErrorReport {
            source: "fuzz".to_owned(),
            refusal,
        }),
    }
    let mut sink = std::io::sink();
    let styles = Styles::default();
    for verbose in [false, true] {
        let layout = human::Layout {
            width: 80,
            verbose,
            styles: &styles,
        };
        let _ = human::write(&report, layout, &mut sink);
    }
    let _ = json::write(&report, &mut sink);
});
