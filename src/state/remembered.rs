//! The highest serial that was seen in a working directory: kept beside Terraform's own files, not committed. `check` only reads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Memory {
    #[serde(default)]
    serials: BTreeMap<String, u64>,
}

fn file(dir: &Path) -> PathBuf {
    super::data_dir(dir).join("applygate.json")
}

fn read(dir: &Path) -> Memory {
    // Lost memory is no memory: the pin file is what counts.
    std::fs::read(file(dir)).ok().filter(|bytes| bytes.len() <= 1 << 20).and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// The highest serial seen of a lineage.
pub(super) fn serial(dir: &Path, lineage: &str) -> Option<u64> {
    read(dir).serials.get(lineage).copied()
}

/// Remembers the serial of a state that was pinned, if Terraform's directory is there: what was seen before no longer counts.
///
/// # Errors
/// When the file cannot be written.
pub fn remember(dir: &Path, lineage: &str, serial: u64) -> std::io::Result<()> {
    let path = file(dir);
    if lineage.is_empty() || !path.parent().is_some_and(Path::is_dir) {
        return Ok(());
    }
    let mut memory = read(dir);
    memory.serials.insert(lineage.to_owned(), serial);
    std::fs::write(path, serde_json::to_vec(&memory)?)
}
