//! What was seen of the states of a working directory: kept beside Terraform's own files, not committed. `pin` and `apply` write it, `check` only reads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::os::atomic;
use crate::state::Identity;

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

#[derive(Default, Serialize, Deserialize)]
struct Memory {
    /// The highest serial of each lineage.
    #[serde(default)]
    serials: BTreeMap<String, u64>,
    /// How many objects were left in each place, by a digest of the place and the workspace.
    #[serde(default)]
    objects: BTreeMap<String, usize>,
}

fn file(dir: &Path) -> PathBuf {
    super::data_dir(dir).join("applygate.json")
}

fn read(dir: &Path) -> Memory {
    let path = file(dir);
    let fits = std::fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_BYTES);
    // Lost memory is no memory: the pin file is what counts.
    fits.then(|| std::fs::read(path).ok())
        .flatten()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// What names the place of a state without telling it.
fn place(identity: &Identity) -> String {
    let parts = identity
        .place
        .attributes
        .iter()
        .flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    let text: Vec<&str> = [identity.place.kind.as_str(), identity.workspace.as_str()]
        .into_iter()
        .chain(parts)
        .collect();
    super::pin::digest("", "place", &text.join("\0"))
}

/// The highest serial seen of a lineage.
pub(crate) fn highest_serial(dir: &Path, lineage: &str) -> Option<u64> {
    read(dir).serials.get(lineage).copied()
}

/// How many objects were last left where a plan finds no state at all.
pub(super) fn left_behind(dir: &Path, identity: &Identity) -> Option<usize> {
    let objects = || {
        read(dir)
            .objects
            .get(&place(identity))
            .copied()
            .filter(|objects| *objects > 0)
    };
    identity.is_missing().then(objects).flatten()
}

/// Remembers a state that was pinned, if Terraform's directory is there: what was seen before no longer counts.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn remember(dir: &Path, identity: &Identity) -> std::io::Result<()> {
    keep(dir, identity, |_| identity.serial)
}

/// Remembers the state that an apply left: its serial only moves forward.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn remember_later(dir: &Path, identity: &Identity) -> std::io::Result<()> {
    keep(dir, identity, |seen| identity.serial.max(seen))
}

fn keep(dir: &Path, identity: &Identity, serial: impl Fn(u64) -> u64) -> std::io::Result<()> {
    let path = file(dir);
    if identity.lineage.is_empty() || !path.parent().is_some_and(Path::is_dir) {
        return Ok(());
    }
    let mut memory = read(dir);
    let seen = memory.serials.get(&identity.lineage).copied().unwrap_or(0);
    memory
        .serials
        .insert(identity.lineage.clone(), serial(seen));
    memory.objects.insert(place(identity), identity.objects);
    atomic::replace(&path, &serde_json::to_vec(&memory)?)
}
