//! The seal of a run: `checksums.json`, the BLAKE3 digest of every file that holds evidence, written last.
//!
//! It shows accidents (a flipped bit, a hand that edited one file); whoever rewrites everything can reseal it, which
//! is why `verify` also derives the results anew and computes cells again.

use std::collections::BTreeMap;
use std::path::Path;

use super::run::Run;
use crate::disk::{WriteError, digest, write_atomically};

pub const SEAL: &str = "checksums.json";
/// Those that a run has; the last three come of searches, explanations and altered clips.
const EVIDENCE: [&str; 7] = [
    "run.json",
    "clips.json",
    "predictions.csv",
    "scores.csv",
    "trials.csv",
    "importances.csv",
    "perturbations.csv",
];

/// Writes the digests of the run's files as they lie in `folder`.
pub fn seal(folder: &Path, run: &Run) -> Result<(), WriteError> {
    let digests: BTreeMap<String, String> = evidence(run)
        .filter_map(|name| {
            let bytes = std::fs::read(folder.join(&name)).ok()?;
            Some((name, digest(&bytes)))
        })
        .collect();
    write_atomically(&folder.join(SEAL), |out| {
        serde_json::to_writer_pretty(out, &digests).map_err(Into::into)
    })
}

fn evidence(run: &Run) -> impl Iterator<Item = String> {
    let cells = run.cells.iter().map(|cell| format!("cells/{}.json", cell.key.id));
    EVIDENCE.iter().map(ToString::to_string).chain(cells)
}

/// Sealed files that are not what they were, each with what is wrong; `None` where there is no seal that can be read.
pub fn broken_seals(folder: &Path) -> Option<Vec<String>> {
    let bytes = std::fs::read(folder.join(SEAL)).ok()?;
    let digests: BTreeMap<String, String> = serde_json::from_slice(&bytes).ok()?;
    let broken = digests.iter().filter_map(|(name, sealed)| match std::fs::read(folder.join(name)) {
        Err(error) => Some(format!("{name}: {error}")),
        Ok(bytes) if digest(&bytes) != *sealed => Some(format!("{name} was changed after the run")),
        Ok(_) => None,
    });
    Some(broken.collect())
}
