//! The metrics in the order tables show them.

use super::accuracy::{ACCURACY, BALANCED_ACCURACY};
use super::f1::{
    F1_MACRO, F1_MICRO, F1_WEIGHTED, PRECISION_MACRO, PRECISION_WEIGHTED, RECALL_MACRO, RECALL_WEIGHTED,
};
use super::log_loss::LOG_LOSS;
use super::metric::Metric;

/// Every metric that an experiment or a paper can name.
pub const METRICS: &[Metric] = &[
    ACCURACY,
    F1_MACRO,
    F1_MICRO,
    F1_WEIGHTED,
    PRECISION_MACRO,
    PRECISION_WEIGHTED,
    RECALL_MACRO,
    RECALL_WEIGHTED,
    BALANCED_ACCURACY,
    LOG_LOSS,
];

/// The metric called `name`.
pub fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}
