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
    pool_sides(cells.iter().filter_map(|cell| Some((cell.key.repeat, cell.predictions()?))))
}

/// The same of test sides, each with the repeat that it belongs to.
pub fn pool_sides<'a>(sides: impl IntoIterator<Item = (usize, &'a Predictions)>) -> Vec<Predictions> {
    let mut repeats: BTreeMap<usize, Predictions> = BTreeMap::new();
    for (repeat, side) in sides {
        match repeats.entry(repeat) {
            Entry::Vacant(place) => {
                place.insert(side.clone());
            }
            Entry::Occupied(mut place) => place.get_mut().append(side),
        }
    }
    repeats.into_values().collect()
}
