//! Area under the ROC curve for several classes: the chance that a clip of a class is ranked above one that is not.
//!
//! A(a|b) = P(p_a of a clip of a > p_a of a clip of b), ties counting half (Mann–Whitney). One-vs-rest: the mean over
//! classes of A(class | all others), plain or weighted by the class's clips (T. Fawcett, Pattern Recognition Letters
//! 27, 2006). One-vs-one: the mean over pairs of (A(a|b) + A(b|a))/2, plain (D. Hand, R. Till, Machine Learning 45,
//! 2001) or weighted by the pair's clips. Without value where a class of the data has no clip, or no clip is
//! of another class: as scikit-learn, which gives NaN.

use super::metric::{Metric, Statistic, Unit};
use super::predictions::Predictions;

const fn metric(
    name: &'static str,
    summary: &'static str,
    of: fn(&Predictions, &[u32]) -> Option<f64>,
) -> Metric {
    Metric { name, summary, statistic: Statistic::Ranking(of), higher_is_better: true, unit: Unit::Percent }
}

pub const ROC_AUC_OVR_MACRO: Metric =
    metric("roc_auc_ovr_macro", "area under the ROC curve, one class against the rest, mean", |p, w| {
        one_vs_rest(p, w, false)
    });
pub const ROC_AUC_OVR_WEIGHTED: Metric = metric(
    "roc_auc_ovr_weighted",
    "area under the ROC curve, one class against the rest, weighted by clips",
    |p, w| one_vs_rest(p, w, true),
);
pub const ROC_AUC_OVO_MACRO: Metric = metric(
    "roc_auc_ovo_macro",
    "area under the ROC curve, class against class, mean (Hand and Till)",
    |p, w| one_vs_one(p, w, false),
);
pub const ROC_AUC_OVO_WEIGHTED: Metric = metric(
    "roc_auc_ovo_weighted",
    "area under the ROC curve, class against class, weighted by clips",
    |p, w| one_vs_one(p, w, true),
);

fn one_vs_rest(predictions: &Predictions, weights: &[u32], weighted: bool) -> Option<f64> {
    mean((0..predictions.classes.len()).map(|class| {
        let area = area(predictions, weights, class, |truth| Some(truth == class))?;
        let clips = clips(predictions, weights, |truth| truth == class);
        Some((area, if weighted { clips } else { 1.0 }))
    }))
}

fn one_vs_one(predictions: &Predictions, weights: &[u32], weighted: bool) -> Option<f64> {
    let classes = predictions.classes.len();
    mean((0..classes).flat_map(|a| (a + 1..classes).map(move |b| (a, b))).map(|(a, b)| {
        let side = |of: usize| {
            area(predictions, weights, of, |truth| (truth == a || truth == b).then_some(truth == of))
        };
        let clips = clips(predictions, weights, |truth| truth == a || truth == b);
        Some(((side(a)? + side(b)?) / 2.0, if weighted { clips } else { 1.0 }))
    }))
}

fn mean(parts: impl Iterator<Item = Option<(f64, f64)>>) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for part in parts {
        let (area, weight) = part?;
        sum += weight * area;
        weights += weight;
    }
    (weights > 0.0).then(|| sum / weights)
}

fn clips(predictions: &Predictions, weights: &[u32], counts: impl Fn(usize) -> bool) -> f64 {
    let each = predictions.truth.iter().zip(weights);
    each.filter(|(truth, _)| counts(**truth)).map(|(_, weight)| f64::from(*weight)).sum()
}

/// The area of the ranking by class `column`'s probability; `positive` says on which side a true class stands, if on
/// any.
fn area(
    predictions: &Predictions,
    weights: &[u32],
    column: usize,
    positive: impl Fn(usize) -> Option<bool>,
) -> Option<f64> {
    let table = predictions.probabilities.as_ref()?;
    let mut ranked: Vec<(f64, bool, f64)> = Vec::with_capacity(table.len());
    for ((row, truth), weight) in table.iter().zip(&predictions.truth).zip(weights) {
        if let (Some(side), true) = (positive(*truth), *weight > 0) {
            ranked.push((row[column], side, f64::from(*weight)));
        }
    }
    ranked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut pairs, mut above, mut below) = (0.0, 0.0, 0.0);
    for ties in ranked.chunk_by(|a, b| a.0 == b.0) {
        let side = |wanted: bool| -> f64 {
            ties.iter().filter(|(_, positive, _)| *positive == wanted).map(|(_, _, weight)| weight).sum()
        };
        let (positives, negatives) = (side(true), side(false));
        pairs += positives * (below + negatives / 2.0);
        above += positives;
        below += negatives;
    }
    (above > 0.0 && below > 0.0).then(|| pairs / (above * below))
}
