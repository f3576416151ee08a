//! Brier score: the mean over clips of Σ over classes of (p − 1[true])² (G. Brier, Monthly Weather Review 78, 1950),
//! halved for two classes, as scikit-learn's `scale_by_half="auto"`.

use super::metric::{Metric, Statistic, Unit};
use super::predictions::Predictions;

pub const BRIER: Metric = Metric {
    name: "brier",
    summary: "mean squared distance of the probabilities from the truth; needs probabilities",
    statistic: Statistic::ClipMean(of_clip),
    higher_is_better: false,
    unit: Unit::Plain,
};

fn of_clip(predictions: &Predictions, clip: usize) -> Option<f64> {
    let row = predictions.probabilities.as_ref()?.get(clip)?;
    let truth = predictions.truth[clip];
    let sum: f64 = row
        .iter()
        .enumerate()
        .map(|(class, p)| if class == truth { (1.0 - p) * (1.0 - p) } else { p * p })
        .sum();
    Some(if row.len() == 2 { sum / 2.0 } else { sum })
}
