//! Precision hits / taken, recall hits / support and F1 = 2 hits / (taken + support), by class and averaged.
//!
//! Averages: macro, the plain mean over the classes that occur in truth or predictions (a class that occurs in neither
//! is no class of this test side; one whose clips a redraw has lost is none of that redraw); weighted, the mean
//! weighted by support; micro, of the pooled counts, which for one label a clip is the accuracy. Division by zero
//! counts as 0. All as scikit-learn's `precision_recall_fscore_support(..., zero_division=0)`.
//!
//! Two numbers go by the name of macro F1 (J. Opitz, S. Burst, "Macro F1 and macro F1", 2019): `f1_macro`, the mean of
//! the classes' F1 (scikit-learn's), and `f1_of_averages`, the harmonic mean of macro precision and macro recall,
//! which is never below it.

use super::confusion::Confusion;
use super::metric::{Metric, Statistic, Unit};

/// (precision, recall, F1) of one class.
pub fn of_class(confusion: &Confusion, class: usize) -> (f64, f64, f64) {
    let (hits, taken, support) = (confusion.hits(class), confusion.taken(class), confusion.support(class));
    (part(hits, taken), part(hits, support), part(2 * hits, taken + support))
}

fn part(of: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { of as f64 / whole as f64 }
}

/// Means of (precision, recall, F1) with the weight that `weigh` gives a class.
fn mean(confusion: &Confusion, weigh: fn(&Confusion, usize) -> u64) -> Option<(f64, f64, f64)> {
    let (mut sums, mut weights) = ((0.0, 0.0, 0.0), 0u64);
    for class in 0..confusion.classes() {
        let weight = weigh(confusion, class);
        if weight > 0 {
            let (precision, recall, f1) = of_class(confusion, class);
            let share = weight as f64;
            sums = (sums.0 + share * precision, sums.1 + share * recall, sums.2 + share * f1);
            weights += weight;
        }
    }
    let all = weights as f64;
    (weights > 0).then(|| (sums.0 / all, sums.1 / all, sums.2 / all))
}

fn by_class(confusion: &Confusion) -> Option<(f64, f64, f64)> {
    mean(confusion, |confusion, class| u64::from(confusion.is_averaged(class)))
}

fn by_support(confusion: &Confusion) -> Option<(f64, f64, f64)> {
    mean(confusion, Confusion::support)
}

/// Precision, recall and F1 of the pooled counts are one number: every miss is also a false alarm.
fn pooled(confusion: &Confusion) -> Option<f64> {
    let hits: u64 = (0..confusion.classes()).map(|class| confusion.hits(class)).sum();
    let clips = confusion.clips();
    (clips > 0).then(|| part(hits, clips))
}

const fn metric(name: &'static str, summary: &'static str, of: fn(&Confusion) -> Option<f64>) -> Metric {
    Metric { name, summary, statistic: Statistic::Counts(of), higher_is_better: true, unit: Unit::Percent }
}

pub const F1_MACRO: Metric =
    metric("f1_macro", "mean F1 of the classes that occur", |c| by_class(c).map(|means| means.2));
pub const F1_OF_AVERAGES: Metric =
    metric("f1_of_averages", "the other macro F1: harmonic mean of macro precision and macro recall", |c| {
        by_class(c).map(|(precision, recall, _)| {
            if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
        })
    });
pub const F1_MICRO: Metric = metric("f1_micro", "F1 of the pooled counts: equal to the accuracy", pooled);
pub const F1_WEIGHTED: Metric = metric("f1_weighted", "mean F1 weighted by the clips of each class", |c| {
    by_support(c).map(|means| means.2)
});
pub const PRECISION_MICRO: Metric =
    metric("precision_micro", "precision of the pooled counts: equal to the accuracy", pooled);
pub const RECALL_MICRO: Metric =
    metric("recall_micro", "recall of the pooled counts: equal to the accuracy", pooled);
pub const PRECISION_MACRO: Metric =
    metric("precision_macro", "mean precision of the classes that occur", |c| {
        by_class(c).map(|means| means.0)
    });
pub const PRECISION_WEIGHTED: Metric =
    metric("precision_weighted", "mean precision weighted by the clips of each class", |c| {
        by_support(c).map(|means| means.0)
    });
pub const RECALL_MACRO: Metric =
    metric("recall_macro", "mean recall of the classes that occur", |c| by_class(c).map(|means| means.1));
pub const RECALL_WEIGHTED: Metric = metric(
    "recall_weighted",
    "mean recall weighted by the clips of each class: equal to the accuracy",
    |c| by_support(c).map(|means| means.1),
);

#[cfg(test)]
mod tests {
    use super::super::predictions::Predictions;
    use super::*;

    /// Three clips of a and one of b, one of a's taken for b; c is predicted once where `third` is, and has no clip.
    fn side(third: usize) -> Predictions {
        Predictions {
            clip_ids: ["1", "2", "3", "4"].map(String::from).to_vec(),
            classes: ["a", "b", "c"].map(String::from).to_vec(),
            truth: vec![0, 0, 0, 1],
            predicted: vec![0, 1, third, 1],
            probabilities: None,
        }
    }

    #[test]
    fn a_class_that_a_redraw_lost_is_no_zero_in_it() {
        let mut draw = Confusion::redrawing(&side(0));
        draw.add(0, 0, 3);
        draw.add(0, 1, 1);
        assert_eq!(by_class(&draw), Some((1.0, 0.75, 6.0 / 7.0)));
        // As a test side of its own it has a class b, which is wrong wherever it is named.
        let mut whole = Confusion::new(3);
        whole.add(0, 0, 3);
        whole.add(0, 1, 1);
        assert_eq!(by_class(&whole), Some((0.5, 0.375, 3.0 / 7.0)));
    }

    #[test]
    fn a_class_that_never_had_a_clip_counts_in_a_redraw_as_in_the_score() {
        let predictions = side(2);
        let mut draw = Confusion::redrawing(&predictions);
        let drawn = predictions.truth.iter().zip(&predictions.predicted);
        drawn.for_each(|(truth, predicted)| draw.add(*truth, *predicted, 1));
        assert_eq!(by_class(&draw), by_class(&Confusion::of(&predictions)));
        assert!(draw.is_averaged(2));
    }
}
