//! The folds of a repeat as one test side, and the artists that its clips are of: what a run's scores are made from.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::cell::CellRecord;
use super::run::Run;
use crate::metrics::Predictions;

/// Each clip's artist or source, where it is known.
pub fn groups_of(run: &Run) -> BTreeMap<String, String> {
    run.clips.iter().filter_map(|clip| Some((clip.report.clip_id.clone(), clip.group.clone()?))).collect()
}

/// One set of predictions a repeat: those of its folds, one after the other.
pub fn pool(cells: &[&CellRecord]) -> Vec<Predictions> {
    let mut repeats: BTreeMap<usize, Predictions> = BTreeMap::new();
    for cell in cells {
        let Some(part) = cell.predictions() else { continue };
        match repeats.entry(cell.key.repeat) {
            Entry::Vacant(place) => {
                place.insert(part.clone());
            }
            Entry::Occupied(mut place) => place.get_mut().append(part),
        }
    }
    repeats.into_values().collect()
}
