//! Top-k accuracy: the part of the clips whose true class is among the k most probable ones.
//!
//! Among equally probable classes the lowest index goes first, as everywhere here (scikit-learn takes the highest).

use super::metric::{Metric, Statistic, Unit};
use super::predictions::Predictions;

const fn metric(
    name: &'static str,
    summary: &'static str,
    of: fn(&Predictions, usize) -> Option<f64>,
) -> Metric {
    Metric { name, summary, statistic: Statistic::ClipMean(of), higher_is_better: true, unit: Unit::Percent }
}

pub const TOP_2: Metric =
    metric("top_2", "part of the clips whose class is among the 2 most probable", |p, clip| {
        within(p, clip, 2)
    });
pub const TOP_3: Metric =
    metric("top_3", "part of the clips whose class is among the 3 most probable", |p, clip| {
        within(p, clip, 3)
    });
pub const TOP_5: Metric =
    metric("top_5", "part of the clips whose class is among the 5 most probable", |p, clip| {
        within(p, clip, 5)
    });

fn within(predictions: &Predictions, clip: usize, k: usize) -> Option<f64> {
    let row = predictions.probabilities.as_ref()?.get(clip)?;
    let truth = predictions.truth[clip];
    let own = *row.get(truth)?;
    let ahead = row.iter().enumerate().filter(|&(class, p)| *p > own || (*p == own && class < truth)).count();
    Some(if ahead < k { 1.0 } else { 0.0 })
}
