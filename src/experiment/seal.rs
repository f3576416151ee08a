//! The seal of a run: `checksums.json`, the BLAKE3 digest of every file that holds evidence, written last.
//!
//! It shows accidents (a flipped bit, a hand that edited one file); whoever rewrites everything can reseal it, which
//! is why `verify` also derives the results anew and computes cells again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::run::{Run, is_cell_id};
use crate::disk::{WriteError, digest_file, read_regular, write_atomically};

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
    let digests: BTreeMap<String, String> = evidence(folder, run)
        .filter_map(|name| {
            let digest = digest_file(&folder.join(&name)).ok()?;
            Some((name, digest))
        })
        .collect();
    write_atomically(&folder.join(SEAL), |out| {
        serde_json::to_writer_pretty(out, &digests).map_err(Into::into)
    })
}

/// What of the run's evidence lies in `folder`; failed cells and those of rows that nobody asked for too.
fn evidence(folder: &Path, run: &Run) -> impl Iterator<Item = String> {
    let keys = run.rows.iter().flat_map(|row| &row.cells);
    let cells = keys.map(|key| format!("cells/{}.json", key.id));
    EVIDENCE.iter().map(ToString::to_string).chain(cells).filter(move |name| folder.join(name).exists())
}

/// Files that are not what they were when they were sealed, each with what is wrong, and evidence that is not sealed at
/// all; `None` where there is no seal that can be read.
pub fn broken_seals(folder: &Path, run: &Run) -> Option<Vec<String>> {
    let bytes = read_regular(&folder.join(SEAL)).ok()?;
    let digests: BTreeMap<String, String> = serde_json::from_slice(&bytes).ok()?;
    let broken = digests.iter().filter_map(|(name, sealed)| {
        // It is a stranger's word what would be opened.
        if !is_evidence(name) {
            return Some(format!("{name:?} in {SEAL} is no file of a run"));
        }
        match digest_file(&folder.join(name)) {
            Err(error) => Some(format!("{name}: {error}")),
            Ok(digest) if digest != *sealed => Some(format!("{name} was changed after the run")),
            Ok(_) => None,
        }
    });
    let unsealed: BTreeSet<String> =
        evidence(folder, run).filter(|name| !digests.contains_key(name)).collect();
    Some(broken.chain(told(&unsealed)).collect())
}

fn is_evidence(name: &str) -> bool {
    let cell = name.strip_prefix("cells/").and_then(|file| file.strip_suffix(".json"));
    EVIDENCE.contains(&name) || cell.is_some_and(is_cell_id)
}

/// One line of them all: an emptied seal would else give one for every cell.
fn told(unsealed: &BTreeSet<String>) -> Option<String> {
    let first: Vec<&str> = unsealed.iter().take(3).map(String::as_str).collect();
    let more = match unsealed.len() - first.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!first.is_empty()).then(|| {
        format!(
            "not in {SEAL}: {}{more}; they came after the run, or their lines were taken out, or an older genrebench \
             sealed less (the same run command seals them)",
            first.join(", ")
        )
    })
}
