//! What a metric is: a name, and a number that is derived from predictions.

use std::cell::LazyCell;

use super::confusion::Confusion;
use super::predictions::Predictions;
use super::ranking::{Ranking, Wins};

/// One item of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// As papers and experiments write it.
    pub name: &'static str,
    pub summary: &'static str,
    pub statistic: Statistic,
    pub higher_is_better: bool,
    pub unit: Unit,
}

/// How the number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share of 1, printed in percent.
    Percent,
    /// At most 1, may be negative, printed as it is (kappa, MCC).
    Coefficient,
    /// Any size, printed as it is (log-loss).
    Plain,
}

/// What the number needs to know; an interval resamples no more than that.
#[derive(Debug, Clone, Copy)]
pub enum Statistic {
    /// A function of the confusion matrix; `None` where it holds no clip.
    Counts(fn(&Confusion) -> Option<f64>),
    /// A mean over clips; `None` where a clip has no value.
    ClipMean(fn(&Predictions, usize) -> Option<f64>),
    /// A function of all clips, each counted as often as its weight says; `None` without probabilities.
    Weighted(fn(&Predictions, &[u32]) -> Option<f64>),
    /// The same of how clips rank among each other by probabilities, which only those that one fitted model scored do.
    Ranking(fn(&Wins) -> Option<f64>),
}

/// Those of `metrics` that have a value, as [`Metric::compute`] gives them one by one.
pub fn compute_all<'m>(
    metrics: &'m [Metric],
    predictions: &Predictions,
) -> impl Iterator<Item = (&'m Metric, f64)> {
    let counts = LazyCell::new(|| Confusion::of(predictions));
    let wins = LazyCell::new(|| wins(predictions));
    metrics.iter().filter_map(move |metric| Some((metric, metric.compute_with(predictions, &counts, &wins)?)))
}

fn wins(predictions: &Predictions) -> Option<Wins> {
    Some(Ranking::of(predictions)?.wins(predictions, &vec![1; predictions.truth.len()]))
}

impl Metric {
    /// `None` where there are no clips, or no probabilities and the metric needs them. `predictions` must
    /// have passed its check.
    pub fn compute(&self, predictions: &Predictions) -> Option<f64> {
        let counts = || Confusion::of(predictions);
        self.compute_with(predictions, &LazyCell::new(counts), &LazyCell::new(|| wins(predictions)))
    }

    /// With what several metrics are made from.
    fn compute_with(
        &self,
        predictions: &Predictions,
        counts: &LazyCell<Confusion, impl FnOnce() -> Confusion>,
        wins: &LazyCell<Option<Wins>, impl FnOnce() -> Option<Wins>>,
    ) -> Option<f64> {
        let clips = predictions.truth.len();
        match self.statistic {
            Statistic::Counts(of) => of(counts),
            Statistic::ClipMean(of) => {
                let sum = (0..clips).try_fold(0.0, |sum, clip| Some(sum + of(predictions, clip)?))?;
                (clips > 0).then(|| sum / clips as f64)
            }
            Statistic::Weighted(of) => of(predictions, &vec![1; clips]),
            Statistic::Ranking(of) => of(wins.as_ref()?),
        }
    }

    /// Whether the metric is made from probabilities.
    pub fn needs_probabilities(&self) -> bool {
        !matches!(self.statistic, Statistic::Counts(_))
    }

    /// Whether it compares clips with each other, so that folds, each scored by a model of its own, are not to be put
    /// together.
    pub fn ranks_clips(&self) -> bool {
        matches!(self.statistic, Statistic::Ranking(_))
    }
}
