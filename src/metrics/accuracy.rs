//! Accuracy, hits / clips, and balanced accuracy, the mean recall of the classes that have clips.

use super::confusion::Confusion;
use super::metric::{Metric, Statistic, Unit};

pub const ACCURACY: Metric = Metric {
    name: "accuracy",
    summary: "part of the clips given their true class",
    statistic: Statistic::Counts(accuracy),
    higher_is_better: true,
    unit: Unit::Percent,
};

pub const BALANCED_ACCURACY: Metric = Metric {
    name: "balanced_accuracy",
    summary: "mean recall of the classes that have clips",
    statistic: Statistic::Counts(balanced_accuracy),
    higher_is_better: true,
    unit: Unit::Percent,
};

fn accuracy(confusion: &Confusion) -> Option<f64> {
    let clips = confusion.clips();
    let hits: u64 = (0..confusion.classes()).map(|class| confusion.hits(class)).sum();
    (clips > 0).then(|| hits as f64 / clips as f64)
}

fn balanced_accuracy(confusion: &Confusion) -> Option<f64> {
    let (mut sum, mut classes) = (0.0, 0u64);
    for class in 0..confusion.classes() {
        let support = confusion.support(class);
        if support > 0 {
            sum += confusion.hits(class) as f64 / support as f64;
            classes += 1;
        }
    }
    (classes > 0).then(|| sum / classes as f64)
}
