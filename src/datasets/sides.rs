//! A folder laid out as `train/rock/song.mp3`, `test/rock/song.mp3`: sides of a split above, class folders below.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::extensions::is_audio;
use super::files::{Entries, entries, locked, walk};

/// What a side may be called by folders, lists and columns of folds, by the side.
const NAMES: [(&str, &[&str]); 3] = [
    ("train", &["train", "training"]),
    ("validation", &["validation", "valid", "val", "dev"]),
    ("test", &["test", "testing"]),
];

/// The side that is called so.
pub fn side_of(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(side, _)| *side)
}

fn is_locked(folder: &Path) -> bool {
    entries(folder).is_err_and(|error| locked(&error, folder).is_some())
}

/// The folders that are called as sides are, where two sides at least are among them.
pub(super) fn called_as_sides(folders: &[(String, PathBuf)]) -> Vec<String> {
    let named: BTreeSet<&str> = folders.iter().filter_map(|(name, _)| side_of(name)).collect();
    let called = folders.iter().map(|(name, _)| name).filter(|name| side_of(name).is_some());
    if named.len() < 2 { Vec::new() } else { called.cloned().collect() }
}

/// The folders of sides with what lies in them, where all of `folders` are such but for those without a sound file: two
/// sides at least, and sound in nothing but the folders below them.
pub(super) fn sides(folders: &[(String, PathBuf)]) -> Option<Vec<(String, Entries)>> {
    let (folders, others): (Vec<_>, Vec<_>) = folders.iter().partition(|(name, _)| side_of(name).is_some());
    let named: BTreeSet<&str> = folders.iter().filter_map(|(name, _)| side_of(name)).collect();
    // One that is locked, such as `lost+found`, holds none that could be heard.
    let silent = |path: &PathBuf| walk(path).is_ok_and(|found| found.audio.is_empty()) || is_locked(path);
    if named.len() < 2 || !others.iter().all(|(_, path)| silent(path)) {
        return None;
    }
    let inside = |(name, path): &&(String, PathBuf)| {
        let inside = entries(path).ok()?;
        let below = !inside.files.iter().any(|(_, file)| is_audio(file));
        below.then(|| (name.clone(), inside))
    };
    let sides = folders.iter().map(inside).collect::<Option<Vec<_>>>()?;
    sides.iter().any(|(_, inside)| !inside.folders.is_empty()).then_some(sides)
}
