//! Everything that is scored of one test side, always derived from its predictions.

use serde::Serialize;

use super::confusion::Confusion;
use super::f1::of_class;
use super::predictions::{MetricsError, Predictions};
use super::registry::METRICS;

/// Written, never read back: a stored score could disagree with its predictions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    pub clips: usize,
    /// In the registry's order.
    pub metrics: Vec<Score>,
    pub by_class: Vec<ClassScores>,
    pub confusion: Confusion,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    pub name: &'static str,
    /// `None` where the model gives no probabilities and the metric needs them.
    pub value: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassScores {
    pub class: String,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// Clips of the class.
    pub support: u64,
}

impl Scores {
    pub fn of(predictions: &Predictions) -> Result<Self, MetricsError> {
        predictions.check()?;
        if predictions.truth.is_empty() {
            return Err(MetricsError::NoClips);
        }
        let confusion = Confusion::of(predictions);
        let by_class = predictions.classes.iter().enumerate().map(|(index, class)| {
            let (precision, recall, f1) = of_class(&confusion, index);
            ClassScores { class: class.clone(), precision, recall, f1, support: confusion.support(index) }
        });
        Ok(Self {
            clips: predictions.truth.len(),
            metrics: METRICS
                .iter()
                .map(|metric| Score { name: metric.name, value: metric.compute(predictions) })
                .collect(),
            by_class: by_class.collect(),
            confusion,
        })
    }

    /// The value of the metric called `name`.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.metrics.iter().find(|score| score.name == name)?.value
    }
}
