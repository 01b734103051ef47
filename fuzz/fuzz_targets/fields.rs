//! The message of a saved plan, changed field by field within a sound archive. `cargo fuzz run fields` (needs a nightly compiler, so it is not part of
//! the tests; seeds are `tfplan` members: `python3 fuzz/seeds.py`).
//! It is refused or read, judged twice it gives the same, and neither the order of fields nor one that is there twice makes another plan of it.
#![no_main]
#![allow(dead_code, reason = "the tests use more of it")]

use applygate::Styles;
use applygate::testing::{Report, Settings, human, json, judge_bytes};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

#[path = "../../tests/suite/forge.rs"]
mod forge;
#[path = "../../tests/suite/mutate.rs"]
mod mutate;

/// Fields of a plan that are there once at most.
const ONCE: [u64; 6] = [1, 13, 14, 17, 20, 29];

fn judged(plan: &[u8]) -> Result<Vec<u8>, String> {
    let archive = forge::zip(&[
        forge::Member::new("tfplan", plan),
        forge::Member::new("tfstate", forge::STATE),
    ]);
    let plans = judge_bytes(&archive, "fuzz", &Settings::default()).map_err(|refusal| refusal.to_string())?;
    let report = Report {
        plans,
        ..Report::default()
    };
    let mut told = Vec::new();
    json::write(&report, &mut told).expect("written to memory");
    let layout = human::Layout {
        width: 80,
        verbose: true,
        styles: &Styles::default(),
    };
    human::write(&report, layout, &mut told).expect("written to memory");
    Ok(told)
}

/// A report without the digest of the file.
fn plain(told: &[u8]) -> String {
    String::from_utf8_lossy(told)
        .lines()
        .filter(|line| !line.contains("sha256"))
        .collect::<Vec<_>>()
        .join("\n")
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut dice = mutate::Dice(seed.into());
    if dice.below(8) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let changed = mutate::mutate(&data[..size], &mut dice, 0);
    let length = changed.len().min(max_size);
    data[..length].copy_from_slice(&changed[..length]);
    length
});

fuzz_target!(|plan: &[u8]| {
    let first = judged(plan);
    assert_eq!(first, judged(plan));
    let (Ok(told), Some(mut fields)) = (first, mutate::parse(plan)) else {
        return;
    };
    for number in ONCE {
        if let Some(field) = fields.iter().find(|field| field.0 == number) {
            let twice = mutate::encode(&[&fields[..], &[field.clone()]].concat());
            assert!(judged(&twice).is_err(), "field {number} is there twice");
        }
    }
    fields.reverse();
    match judged(&mutate::encode(&fields)) {
        Ok(other) => assert_eq!(plain(&told), plain(&other)),
        Err(refusal) => panic!("only in this order: {refusal}"),
    }
});
