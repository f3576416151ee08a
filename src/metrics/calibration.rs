//! Calibration: is a clip that is given its class with probability p right with probability p?
//!
//! The confidence of a clip is the probability of the class it was given. Bins are of equal width, a value on an edge
//! belonging below it, as scikit-learn's `calibration_curve`. The expected calibration error is
//! Σ over bins of (clips in it/clips)·|hits/clips − mean confidence|, with 15 bins (C. Guo et al., "On calibration of
//! modern neural networks", ICML 2017).

use serde::Serialize;

use super::metric::{Metric, Statistic, Unit};
use super::predictions::Predictions;

const ECE_BINS: usize = 15;

pub const ECE: Metric = Metric {
    name: "ece",
    summary: "expected calibration error, 15 bins; needs probabilities",
    statistic: Statistic::Weighted(expected_error),
    higher_is_better: false,
    unit: Unit::Percent,
};

/// The clips whose confidence lies in (low, high].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalibrationBin {
    pub low: f64,
    pub high: f64,
    pub clips: u64,
    /// Mean probability of the class that was given.
    pub confidence: f64,
    /// Part of the clips that were given their true class.
    pub accuracy: f64,
}

/// The bins that hold clips; `None` without probabilities.
pub fn calibration_curve(predictions: &Predictions, bins: usize) -> Option<Vec<CalibrationBin>> {
    curve(predictions, &vec![1; predictions.truth.len()], bins)
}

fn curve(predictions: &Predictions, weights: &[u32], bins: usize) -> Option<Vec<CalibrationBin>> {
    let table = predictions.probabilities.as_ref()?;
    let width = 1.0 / bins.max(1) as f64;
    let mut sums = vec![(0u64, 0.0f64, 0u64); bins.max(1)];
    for (clip, row) in table.iter().enumerate() {
        let confidence = row[predictions.predicted[clip]];
        // Not a division: the edges must be those that numpy's linspace gives.
        let place = (1..bins).filter(|edge| *edge as f64 * width < confidence).count();
        let hit = u64::from(predictions.truth[clip] == predictions.predicted[clip]);
        let weight = u64::from(weights[clip]);
        let (clips, sum, hits) = &mut sums[place];
        *clips += weight;
        *sum += weight as f64 * confidence;
        *hits += weight * hit;
    }
    let filled = sums.iter().enumerate().filter(|(_, (clips, ..))| *clips > 0);
    Some(
        filled
            .map(|(place, &(clips, sum, hits))| CalibrationBin {
                low: place as f64 * width,
                high: (place + 1) as f64 * width,
                clips,
                confidence: sum / clips as f64,
                accuracy: hits as f64 / clips as f64,
            })
            .collect(),
    )
}

fn expected_error(predictions: &Predictions, weights: &[u32]) -> Option<f64> {
    let bins = curve(predictions, weights, ECE_BINS)?;
    let clips: u64 = bins.iter().map(|bin| bin.clips).sum();
    let sum: f64 = bins.iter().map(|bin| bin.clips as f64 * (bin.accuracy - bin.confidence).abs()).sum();
    (clips > 0).then(|| sum / clips as f64)
}
