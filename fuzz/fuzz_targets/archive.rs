//! The archive around a plan that is sound in itself: members, their order and every byte of headers and directory are the fuzzer's.
//! `cargo fuzz run archive fuzz/corpus/archive fixtures/odd` (needs a nightly compiler, so it is not part of the tests).
//! What is opened is opened again from the same bytes, and must give the same plan.
#![no_main]

use applygate::testing::Document;

/// Turns bytes into an archive that gets past the first look: an end that says where the directory lies.
fn ended(bytes: &[u8]) -> Vec<u8> {
    let start = bytes
        .windows(4)
        .position(|window| window == b"PK\x01\x02")
        .unwrap_or(bytes.len());
    let entries = bytes
        .windows(4)
        .filter(|window| *window == b"PK\x01\x02")
        .count() as u16;
    let mut end = bytes.to_vec();
    end.extend(b"PK\x05\x06\0\0\0\0");
    end.extend(entries.to_le_bytes().repeat(2));
    end.extend(((bytes.len() - start) as u32).to_le_bytes());
    end.extend((start as u32).to_le_bytes());
    end.extend([0, 0]);
    end
}

fn read(bytes: &[u8]) -> Result<Vec<String>, String> {
    let document = Document::open(bytes).map_err(|refusal| refusal.to_string())?;
    let plans = document.plans().map_err(|refusal| refusal.to_string())?;
    let changes = plans.plans.iter().flat_map(|plan| &plan.changes);
    Ok(changes.map(|change| change.address.to_string()).collect())
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let cut = bytes.get(..bytes.len().saturating_sub(22)).unwrap_or_default();
    for archive in [bytes.to_vec(), ended(bytes), ended(cut)] {
        let first = read(&archive);
        assert_eq!(first, read(&archive));
        // Behind the end nothing may stand, whatever it is.
        if first.is_ok() && archive.starts_with(b"PK") {
            assert!(read(&[&archive[..], b"x"].concat()).is_err());
        }
    }
});
