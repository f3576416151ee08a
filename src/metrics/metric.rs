//! What a metric is: a name, and a number that is derived from predictions.

use super::confusion::Confusion;
use super::predictions::Predictions;

/// One item of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// As papers and experiments write it.
    pub name: &'static str,
    pub summary: &'static str,
    pub statistic: Statistic,
    pub higher_is_better: bool,
}

/// What the number needs to know; an interval resamples no more than that.
#[derive(Debug, Clone, Copy)]
pub enum Statistic {
    /// A function of the confusion matrix; `None` where it holds no clip.
    Counts(fn(&Confusion) -> Option<f64>),
    /// A mean over clips; `None` where a clip has no value.
    ClipMean(fn(&Predictions, usize) -> Option<f64>),
}

impl Metric {
    /// `None` where there are no clips, or no probabilities and the metric needs them. `predictions` must
    /// have passed its check.
    pub fn compute(&self, predictions: &Predictions) -> Option<f64> {
        match self.statistic {
            Statistic::Counts(of) => of(&Confusion::of(predictions)),
            Statistic::ClipMean(of) => {
                let clips = predictions.truth.len();
                let sum = (0..clips).try_fold(0.0, |sum, clip| Some(sum + of(predictions, clip)?))?;
                (clips > 0).then(|| sum / clips as f64)
            }
        }
    }
}
