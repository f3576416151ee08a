//! How a run is read: what differs enough to matter, which test tells rows apart, and a repeat's folds as one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

use crate::experiment::{CellRecord, Outcome, Run};
use crate::metrics::{Metric, Predictions, central_95, mean_sd, resampled};

/// Redraws behind every interval.
pub const DRAWS: usize = 1000;

/// How the figures are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Differences up to this do not matter in practice, as a fraction (0.01 is one point).
    pub region: f64,
    /// What tells rows apart in the tie groups.
    pub ties: TieTest,
}

impl Default for Reading {
    fn default() -> Self {
        Self { region: 0.01, ties: TieTest::Bootstrap }
    }
}

/// What decides whether two rows are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieTest {
    /// The resampled difference: clips or their artists redrawn for both rows alike.
    Bootstrap,
    /// The corrected resampled t-test over folds or repeats.
    NadeauBengio,
    /// Exact McNemar over the clips of the first repeat: about accuracy, whatever the metric.
    Mcnemar,
}

impl TieTest {
    pub fn words(self) -> &'static str {
        match self {
            Self::Bootstrap => "the paired bootstrap",
            Self::NadeauBengio => "the corrected resampled t-test of Nadeau and Bengio",
            Self::Mcnemar => "exact McNemar on the first repeat",
        }
    }
}

/// Each clip's artist or source, where it is known.
pub fn groups_of(run: &Run) -> BTreeMap<String, String> {
    run.clips.iter().filter_map(|clip| Some((clip.report.clip_id.clone(), clip.group.clone()?))).collect()
}

/// One set of predictions a repeat: those of its folds, one after the other.
pub fn pool(cells: &[&CellRecord]) -> Vec<Predictions> {
    let mut repeats: BTreeMap<usize, Predictions> = BTreeMap::new();
    for cell in cells {
        let Some(part) = predictions(cell) else { continue };
        match repeats.entry(cell.key.repeat) {
            Entry::Vacant(place) => {
                place.insert(part.clone());
            }
            Entry::Occupied(mut place) => place.get_mut().append(part),
        }
    }
    repeats.into_values().collect()
}

/// A metric over repeats whose folds are pooled.
pub struct PooledScore {
    /// Over the repeats.
    pub mean: f64,
    /// The 95 % percentile bootstrap.
    pub low: f64,
    pub high: f64,
    /// The resampled scores behind it.
    pub draws: Vec<f64>,
}

/// The score of `pool`'s repeats; none where a repeat has no value or no draw has one.
pub fn pooled_score(
    repeats: &[Predictions],
    groups: &BTreeMap<String, String>,
    metric: &Metric,
    seed: u64,
) -> Option<PooledScore> {
    let of_repeats: Vec<f64> = repeats.iter().map(|repeat| metric.compute(repeat)).collect::<Option<_>>()?;
    let mean = mean_sd(&of_repeats)?.mean;
    let sides: Vec<&Predictions> = repeats.iter().collect();
    let draws = resampled(&sides, Some(groups), metric, DRAWS, seed).ok()?;
    let (low, high) = central_95(&draws)?;
    Some(PooledScore { mean, low, high, draws })
}

pub fn predictions(cell: &CellRecord) -> Option<&Predictions> {
    match &cell.outcome {
        Outcome::Predicted(predictions) => Some(predictions),
        Outcome::Failed { .. } => None,
    }
}
