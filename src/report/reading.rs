//! How a run is read: what differs enough to matter, which test tells rows apart, and a repeat's folds as one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::experiment::CellRecord;
use crate::metrics::{DRAWS, Metric, Predictions, central_95, mean_sd, resampled};

/// How the figures are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Differences up to this do not matter in practice, as a fraction (0.01 is one point).
    pub region: f64,
    /// What tells rows apart in the tie groups.
    pub ties: TieTest,
    /// The name of the metric that rows are compared by, where it is not left to the run.
    pub metric: Option<&'static str>,
}

impl Default for Reading {
    fn default() -> Self {
        Self { region: 0.01, ties: TieTest::Bootstrap, metric: None }
    }
}

/// What decides whether two rows are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieTest {
    /// The resampled difference: clips or their artists redrawn for both rows alike.
    Bootstrap,
    /// The corrected resampled t-test over folds or repeats.
    NadeauBengio,
    /// Exact McNemar over the clips of the first repeat: about accuracy, whatever the metric.
    Mcnemar,
}

impl TieTest {
    pub fn words(self) -> &'static str {
        match self {
            Self::Bootstrap => "the paired bootstrap",
            Self::NadeauBengio => "the corrected resampled t-test of Nadeau and Bengio",
            Self::Mcnemar => "exact McNemar on the first repeat, clips taken as independent",
        }
    }
}

/// What a metric is the mean over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// Repeats, the folds of each scored together.
    Repeats,
    /// Single folds, since the metric ranks clips by what one fitted model says of them.
    Folds,
    /// Repeats although it does: a fold has no value, such as an area without a clip of a class.
    RepeatsForWant,
}

/// The test sides that a metric is the mean over: `pooled` repeats, or the folds of the cells.
pub fn sides_of<'a>(
    metric: &Metric,
    cells: &[&'a CellRecord],
    pooled: &'a [Predictions],
) -> (Vec<&'a Predictions>, Over) {
    let folds: Vec<&Predictions> = cells.iter().filter_map(|cell| cell.predictions()).collect();
    if !metric.ranks_clips() || folds.len() == pooled.len() {
        return (pooled.iter().collect(), Over::Repeats);
    }
    match mean_over(&folds, metric) {
        Some(_) => (folds, Over::Folds),
        None => (pooled.iter().collect(), Over::RepeatsForWant),
    }
}

/// The metric's mean over test sides; none where one has no value.
pub fn mean_over(sides: &[&Predictions], metric: &Metric) -> Option<f64> {
    let scores: Vec<f64> = sides.iter().map(|side| metric.compute(side)).collect::<Option<_>>()?;
    Some(mean_sd(&scores)?.mean)
}

/// What the cells of a row are, where they are added up: a clip that several repeats test is predicted in each.
pub fn counted_in(cells: &[&CellRecord]) -> &'static str {
    let repeat = |cell: &&CellRecord| cell.key.repeat;
    let first = cells.first().map(repeat);
    if cells.iter().any(|cell| Some(repeat(cell)) != first) { "prediction" } else { "clip" }
}

/// A metric over test sides.
pub struct PooledScore {
    pub mean: f64,
    /// The 95 % percentile bootstrap.
    pub low: f64,
    pub high: f64,
    /// The resampled scores behind it, NaN where a draw has none.
    pub draws: Vec<f64>,
}

/// The score of the test sides; none where a side has no value or no draw has one.
pub fn pooled_score(
    sides: &[&Predictions],
    groups: &BTreeMap<String, String>,
    metric: &Metric,
    seed: u64,
) -> Option<PooledScore> {
    let mean = mean_over(sides, metric)?;
    let draws = resampled(sides, Some(groups), metric, DRAWS, seed).ok()?;
    let (low, high) = central_95(&draws)?;
    Some(PooledScore { mean, low, high, draws })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{CellKey, Outcome, pool};
    use crate::metrics::find;

    fn cell(repeat: usize, fold: usize, truth: [usize; 3], first: [f64; 3]) -> CellRecord {
        let key = CellKey { row: "row".into(), repeat, fold, seed: 0, id: String::new(), training: None };
        let said = Predictions {
            clip_ids: (0..3).map(|clip| format!("{fold}-{clip}")).collect(),
            classes: vec!["a".to_string(), "b".to_string()],
            truth: truth.to_vec(),
            predicted: first.map(|p| usize::from(p < 0.5)).to_vec(),
            probabilities: Some(first.map(|p| vec![p, 1.0 - p]).to_vec()),
        };
        CellRecord::bare(key, Outcome::Predicted(said))
    }

    /// Each fold's model ranks its clips without a fault, on a scale of its own: together they would seem to have some.
    #[test]
    fn an_area_is_the_mean_over_folds_where_each_has_one() {
        let cells = [cell(0, 0, [0, 1, 1], [0.9, 0.8, 0.7]), cell(0, 1, [0, 0, 1], [0.3, 0.2, 0.1])];
        let cells: Vec<&CellRecord> = cells.iter().collect();
        let pooled = pool(&cells);
        let area = find("roc_auc_ovr_macro").unwrap();
        let (sides, over) = sides_of(area, &cells, &pooled);
        assert_eq!((over, mean_over(&sides, area)), (Over::Folds, Some(1.0)));
        assert!(area.compute(&pooled[0]).unwrap() < 0.7);
        let score = pooled_score(&sides, &BTreeMap::new(), area, 1).unwrap();
        assert_eq!((score.mean, score.low, score.high), (1.0, 1.0, 1.0));
        // Some redraws hold one class only in either fold.
        assert!(score.draws.iter().any(|draw| draw.is_nan()));
        assert_eq!(sides_of(find("ece").unwrap(), &cells, &pooled).1, Over::Repeats);
    }

    #[test]
    fn a_fold_without_an_area_lets_the_folds_be_ranked_together() {
        let cells = [cell(0, 0, [0, 1, 1], [0.9, 0.8, 0.7]), cell(0, 1, [0, 0, 0], [0.3, 0.2, 0.1])];
        let cells: Vec<&CellRecord> = cells.iter().collect();
        let pooled = pool(&cells);
        let (sides, over) = sides_of(find("roc_auc_ovo_macro").unwrap(), &cells, &pooled);
        assert_eq!((sides.len(), over), (1, Over::RepeatsForWant));
        // One fold a repeat is the repeat.
        let (sides, over) = sides_of(find("roc_auc_ovo_macro").unwrap(), &cells[..1], &pooled);
        assert_eq!((sides.len(), over), (1, Over::Repeats));
    }

    #[test]
    fn several_repeats_predict_a_clip_more_than_once() {
        let of = |repeats: &[usize]| {
            let cells: Vec<CellRecord> =
                repeats.iter().map(|repeat| cell(*repeat, 0, [0, 1, 1], [0.9, 0.8, 0.7])).collect();
            counted_in(&cells.iter().collect::<Vec<_>>())
        };
        assert_eq!([of(&[]), of(&[0, 0]), of(&[0, 1])], ["clip", "clip", "prediction"]);
    }
}
