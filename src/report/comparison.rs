//! The comparison: each row's scores over its cells, with an interval, beside the published figure.
//!
//! The folds of a repeat are pooled: every clip is predicted once, and the score is that of all of them together
//! (G. Forman, M. Scholz, "Apples-to-apples in cross-validation studies", SIGKDD Explorations 12, 2010: the mean of
//! the folds' own F1 is biased where a fold holds few clips of a class). Over repeats the mean is taken. `sd` is over
//! the single cells (ddof 1). The interval is the 95 % percentile bootstrap that redraws whole artists or sources
//! where the data set names them, else clips; it says how far the test clips decide, not how far the training does.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Serialize;

use crate::experiment::{CellRecord, Outcome, Published, RowRecord, Run, Times};
use crate::metrics::{METRICS, Metric, Predictions, bootstrap, mean_sd};

/// Scores every table shows; others appear where a paper published them.
const ALWAYS: [&str; 2] = ["accuracy", "f1_macro"];
const DRAWS: usize = 1000;

/// One experiment's table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub experiment: String,
    pub title: String,
    pub synthetic: bool,
    /// Why no figure here is a result of the experiment as written: a stand-in, a rehearsal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub watermarks: Vec<String>,
    /// False while cells are missing.
    pub complete: bool,
    /// The metrics shown, in order.
    pub metrics: Vec<String>,
    pub rows: Vec<ComparisonRow>,
    pub clips_used: usize,
    pub clips_left_out: usize,
    pub clips_with_faults: usize,
    pub classes: usize,
    pub split: String,
    /// What one interval redraws.
    pub interval_of: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonRow {
    pub name: String,
    pub model: String,
    pub cells_done: usize,
    pub cells_wanted: usize,
    /// Why, where a cell failed.
    pub failure: Option<String>,
    pub scores: Vec<MetricSummary>,
    pub fit_cpu_seconds: Option<f64>,
    pub fit_wall_seconds: Option<f64>,
    pub predict_milliseconds_per_clip: Option<f64>,
    pub published_fit_seconds: Option<String>,
    /// Whose figures `reference` of the scores are.
    pub reference: Option<String>,
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSummary {
    pub metric: String,
    pub mean: f64,
    pub sd: Option<f64>,
    pub low: f64,
    pub high: f64,
    /// As printed in the paper.
    pub published: Option<String>,
    /// Ours minus the paper's, where the two can be compared.
    pub difference: Option<f64>,
    /// The reference's figure on the same folds, as given.
    pub reference: Option<String>,
    /// Ours minus the reference's.
    pub reference_difference: Option<f64>,
}

impl Comparison {
    pub fn of(run: &Run) -> Self {
        let metrics: Vec<&Metric> = METRICS
            .iter()
            .filter(|metric| {
                ALWAYS.contains(&metric.name)
                    || run.rows.iter().any(|row| {
                        row.published.contains_key(metric.name)
                            || row.reference.iter().any(|other| other.figures.contains_key(metric.name))
                    })
            })
            .collect();
        let groups: BTreeMap<String, String> = run
            .clips
            .iter()
            .filter_map(|clip| Some((clip.report.clip_id.clone(), clip.group.clone()?)))
            .collect();
        let rows = run.rows.iter().map(|row| compare_row(run, row, &metrics, &groups)).collect();
        Self {
            experiment: run.experiment.name.clone(),
            title: run.experiment.title.clone(),
            synthetic: run.dataset.synthetic,
            watermarks: run.experiment.watermarks.clone(),
            complete: run.cells.len() == run.rows.iter().map(|row| row.cells.len()).sum::<usize>(),
            metrics: metrics.iter().map(|metric| metric.name.to_string()).collect(),
            rows,
            clips_used: run.dataset.clips_used,
            clips_left_out: run.dataset.unusable.len(),
            clips_with_faults: run.clips.iter().filter(|clip| !clip.report.faults.is_empty()).count(),
            classes: run.dataset.classes.len(),
            split: run.experiment.split.clone(),
            interval_of: if !groups.is_empty() { "artists or sources" } else { "clips" },
        }
    }
}

fn compare_row(
    run: &Run,
    row: &RowRecord,
    metrics: &[&Metric],
    groups: &BTreeMap<String, String>,
) -> ComparisonRow {
    let cells: Vec<&CellRecord> = run.cells_of(&row.name).collect();
    let predicted: Vec<&Predictions> = cells.iter().filter_map(|cell| predictions(cell)).collect();
    let pooled = pool(&cells);
    let failure = cells.iter().find_map(|cell| match &cell.outcome {
        Outcome::Failed { reason } => Some(reason.clone()),
        Outcome::Predicted(_) => None,
    });
    let scores = metrics.iter().filter_map(|metric| summarise(run, row, metric, &predicted, &pooled, groups));
    let times: Vec<&Times> =
        cells.iter().filter(|cell| predictions(cell).is_some()).map(|cell| &cell.times).collect();
    let per_clip = |times: &Times| 1000.0 * times.predict_cpu_seconds / times.test_rows.max(1) as f64;
    ComparisonRow {
        name: row.name.clone(),
        model: row.model.clone(),
        cells_done: predicted.len(),
        cells_wanted: row.cells.len(),
        failure,
        scores: scores.collect(),
        fit_cpu_seconds: median(times.iter().map(|times| times.fit_cpu_seconds)),
        fit_wall_seconds: median(times.iter().map(|times| times.fit_wall_seconds)),
        predict_milliseconds_per_clip: median(times.iter().map(|times| per_clip(times))),
        published_fit_seconds: row.published.get("fit_seconds").map(|figure| figure.0.clone()),
        reference: row.reference.as_ref().map(|other| other.name.clone()),
        note: row.note.clone(),
    }
}

/// One set of predictions a repeat: those of its folds, one after the other.
fn pool(cells: &[&CellRecord]) -> Vec<Predictions> {
    let mut repeats: BTreeMap<usize, Predictions> = BTreeMap::new();
    for cell in cells {
        let Some(part) = predictions(cell) else { continue };
        match repeats.entry(cell.key.repeat) {
            Entry::Vacant(place) => {
                place.insert(part.clone());
            }
            Entry::Occupied(mut place) => place.get_mut().append(part),
        }
    }
    repeats.into_values().collect()
}

fn predictions(cell: &CellRecord) -> Option<&Predictions> {
    match &cell.outcome {
        Outcome::Predicted(predictions) => Some(predictions),
        Outcome::Failed { .. } => None,
    }
}

fn summarise(
    run: &Run,
    row: &RowRecord,
    metric: &Metric,
    cells: &[&Predictions],
    pooled: &[Predictions],
    groups: &BTreeMap<String, String>,
) -> Option<MetricSummary> {
    let of_cells: Vec<f64> = cells.iter().map(|cell| metric.compute(cell)).collect::<Option<_>>()?;
    let of_repeats: Vec<f64> = pooled.iter().map(|repeat| metric.compute(repeat)).collect::<Option<_>>()?;
    let mean = mean_sd(&of_repeats)?.mean;
    let sd = mean_sd(&of_cells)?.sd;
    let sides: Vec<&Predictions> = pooled.iter().collect();
    let (low, high) = bootstrap(&sides, Some(groups), metric, DRAWS, run.experiment.seed).ok()?;
    let published = row.published.get(metric.name);
    let reference = row.reference.as_ref().and_then(|other| other.figures.get(metric.name));
    let comparable = run.experiment.watermarks.is_empty();
    let minus = |figure: Option<&Published>| {
        figure.filter(|_| comparable).and_then(Published::fraction).map(|figure| mean - figure)
    };
    Some(MetricSummary {
        metric: metric.name.to_string(),
        mean,
        sd,
        low,
        high,
        published: published.map(|figure| figure.0.clone()),
        difference: minus(published),
        reference: reference.map(|figure| figure.0.clone()),
        reference_difference: minus(reference),
    })
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[n / 2]),
        n => Some((values[n / 2 - 1] + values[n / 2]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_mean_of_two_middles() {
        assert_eq!(median([3.0, 1.0].into_iter()), Some(2.0));
        assert_eq!(median([3.0, 1.0, 9.0].into_iter()), Some(3.0));
        assert_eq!(median(std::iter::empty()), None);
    }
}
