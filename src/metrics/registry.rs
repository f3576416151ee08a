//! The metrics in the order tables show them.

use super::accuracy::{ACCURACY, BALANCED_ACCURACY};
use super::agreement::{KAPPA, MCC};
use super::brier::BRIER;
use super::calibration::ECE;
use super::f1::{
    F1_MACRO, F1_MICRO, F1_OF_AVERAGES, F1_WEIGHTED, PRECISION_MACRO, PRECISION_MICRO, PRECISION_WEIGHTED,
    RECALL_MACRO, RECALL_MICRO, RECALL_WEIGHTED,
};
use super::log_loss::LOG_LOSS;
use super::metric::Metric;
use super::roc_auc::{ROC_AUC_OVO_MACRO, ROC_AUC_OVO_WEIGHTED, ROC_AUC_OVR_MACRO, ROC_AUC_OVR_WEIGHTED};
use super::top_k::{TOP_2, TOP_3, TOP_5};

/// Every metric that an experiment or a paper can name.
pub const METRICS: &[Metric] = &[
    ACCURACY,
    F1_MACRO,
    F1_OF_AVERAGES,
    F1_MICRO,
    F1_WEIGHTED,
    PRECISION_MACRO,
    PRECISION_MICRO,
    PRECISION_WEIGHTED,
    RECALL_MACRO,
    RECALL_MICRO,
    RECALL_WEIGHTED,
    BALANCED_ACCURACY,
    KAPPA,
    MCC,
    ROC_AUC_OVR_MACRO,
    ROC_AUC_OVR_WEIGHTED,
    ROC_AUC_OVO_MACRO,
    ROC_AUC_OVO_WEIGHTED,
    TOP_2,
    TOP_3,
    TOP_5,
    LOG_LOSS,
    BRIER,
    ECE,
];

/// The metric called `name`.
pub fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}
