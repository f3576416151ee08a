//! What choosing by the test side would have shown: every trial of a search fitted on the whole training side and scored on
//! the test side, the best of them beside the one that the training side chose. The difference is what papers gain that
//! tune on their test set (G. Cawley and N. Talbot, JMLR 11, 2010). Each trial is a look at the test side, and counted.

use ndarray::Axis;
use rayon::prelude::*;

use super::inner_search::{Optimistic, score};
use super::search::{SearchSpec, overlaid};
use super::training_side::{Prepared, TrainingSide, build};
use super::{ExperimentError, Row};
use crate::guarded::guarded;
use crate::models::TrainingSet;

/// Scores every trial of `spec`, of which the search has chosen `chosen`; nothing where none of them has a score.
pub fn by_test_side(
    row: &Row,
    spec: &SearchSpec,
    side: &TrainingSide<'_>,
    test: &[usize],
    chosen: usize,
    seed: u64,
) -> Result<Option<Optimistic>, ExperimentError> {
    let Some(metric) = spec.metric() else { return Ok(None) };
    let indices = side.table.class_indices();
    let truth: Vec<usize> = test.iter().map(|&row| indices[row]).collect();
    let Prepared { prepare, x, y, aside } = side.prepared(row)?;
    let tested = prepare.apply(side.table.values.select(Axis(0), test).view());
    let classes = side.table.class_names();
    let candidates = spec.candidates(seed);
    let scores: Vec<Option<f64>> = candidates
        .par_iter()
        .with_max_len(1)
        .map(|candidate| {
            let parameters = overlaid(&row.parameters, candidate);
            let attempt = guarded(|| {
                let model = build(row, &parameters).ok()?;
                let training = TrainingSet { x: x.view(), y: &y, classes: classes.len() };
                let fitted = model.fit_aside(training, &aside, seed).ok()?;
                score(&*fitted, &tested, &truth, &classes, metric).ok()
            });
            attempt.ok().flatten()
        })
        .collect();
    let sign = if metric.higher_is_better { 1.0 } else { -1.0 };
    let mut best: Option<(f64, usize)> = None;
    for (trial, score) in scores.iter().enumerate() {
        if let Some(score) = score
            && best.is_none_or(|(reached, _)| sign * score > sign * reached)
        {
            best = Some((*score, trial));
        }
    }
    let nested = scores.get(chosen).copied().flatten();
    Ok(best.zip(nested).map(|((best, trial), nested)| Optimistic {
        nested,
        best,
        trial,
        looks: scores.iter().flatten().count(),
    }))
}
