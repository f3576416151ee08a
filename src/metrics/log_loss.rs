//! Log-loss: the mean of −log p(true class), with p kept within [ε, 1 − ε], ε = 2⁻⁵², as scikit-learn has it.

use super::metric::{Metric, Statistic, Unit};
use super::predictions::Predictions;

pub const LOG_LOSS: Metric = Metric {
    name: "log_loss",
    summary: "mean of -log(probability of the true class); needs probabilities",
    statistic: Statistic::ClipMean(of_clip),
    higher_is_better: false,
    unit: Unit::Plain,
};

fn of_clip(predictions: &Predictions, clip: usize) -> Option<f64> {
    let row = predictions.probabilities.as_ref()?.get(clip)?;
    let probability = row.get(predictions.truth[clip])?;
    Some(-probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln())
}
