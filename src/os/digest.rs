//! SHA-256 as hexadecimal text: names a plan's bytes and a finding.

use sha2::{Digest, Sha256};

/// The first `bytes` bytes of a digest as lower-case hexadecimal.
#[must_use]
pub(crate) fn hex(digest: &[u8], bytes: usize) -> String {
    use std::fmt::Write as _;
    digest
        .iter()
        .take(bytes)
        .fold(String::with_capacity(bytes * 2), |mut text, byte| {
            // Writing to a String cannot go wrong.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The SHA-256 of `bytes`, 64 hexadecimal digits.
#[must_use]
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes), 32)
}
