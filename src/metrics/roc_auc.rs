//! Area under the ROC curve for several classes: the chance that a clip of a class is ranked above one that is not.
//!
//! A(a|b) = P(p_a of a clip of a > p_a of a clip of b), ties counting half (Mann–Whitney). One-vs-rest: the mean over
//! classes of A(class | all others), plain or weighted by the class's clips (T. Fawcett, Pattern Recognition Letters
//! 27, 2006). One-vs-one: the mean over pairs of (A(a|b) + A(b|a))/2, plain (D. Hand, R. Till, Machine Learning 45,
//! 2001) or weighted by the pair's clips. Without value where a class of the data has no clip, or no clip is
//! of another class: as scikit-learn, which gives NaN.

use super::metric::{Metric, Statistic, Unit};
use super::ranking::Wins;

const fn metric(name: &'static str, summary: &'static str, of: fn(&Wins) -> Option<f64>) -> Metric {
    Metric { name, summary, statistic: Statistic::Ranking(of), higher_is_better: true, unit: Unit::Percent }
}

pub const ROC_AUC_OVR_MACRO: Metric =
    metric("roc_auc_ovr_macro", "area under the ROC curve, one class against the rest, mean", |wins| {
        wins.one_vs_rest(false)
    });
pub const ROC_AUC_OVR_WEIGHTED: Metric = metric(
    "roc_auc_ovr_weighted",
    "area under the ROC curve, one class against the rest, weighted by clips",
    |wins| wins.one_vs_rest(true),
);
pub const ROC_AUC_OVO_MACRO: Metric = metric(
    "roc_auc_ovo_macro",
    "area under the ROC curve, class against class, mean (Hand and Till)",
    |wins| wins.one_vs_one(false),
);
pub const ROC_AUC_OVO_WEIGHTED: Metric = metric(
    "roc_auc_ovo_weighted",
    "area under the ROC curve, class against class, weighted by clips",
    |wins| wins.one_vs_one(true),
);
