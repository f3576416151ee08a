//! The comparison: each row's scores over its cells, with an interval, beside the published figure.
//!
//! The folds of a repeat are pooled: every clip is predicted once, and the score is that of all of them together (G.
//! Forman, M. Scholz, "Apples-to-apples in cross-validation studies", SIGKDD Explorations 12, 2010: the mean of the
//! folds' own F1 is biased where a fold holds few clips of a class). Over repeats the mean is taken. An area under a
//! ROC curve ranks clips by what one model says of them, and folds have a model each: it is the mean over the folds, as
//! they advise, unless a fold lacks a class. `sd` is over the single cells (ddof 1), `fold_mean` the mean of their own
//! scores. The interval is the 95 % percentile bootstrap that redraws whole artists or sources where the test side
//! holds several, else clips; it says how far the test clips decide, not how far the training does.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::pairs::{Pair, Scored, pairs_and_groups};
use super::reading::{Over, PooledScore, Reading, TieTest, pooled_score, sides_of};
use super::words::metric_title;
use crate::experiment::{ALLOWED, CellRecord, Published, RowRecord, Run, Times, groups_of, pool};
use crate::metrics::{
    Judgement, METRICS, Metric, Predictions, Unit, Units, find, judge, mean_sd, units_redrawn,
};

/// Scores every table shows; others appear where a paper published them.
const ALWAYS: [&str; 2] = ["accuracy", "f1_macro"];

/// One experiment's table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub experiment: String,
    pub title: String,
    pub synthetic: bool,
    /// Why no figure here is a result of the experiment as written: a stand-in, a rehearsal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub watermarks: Vec<String>,
    /// What stands on both sides of the split and was let pass by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// False while cells are missing.
    pub complete: bool,
    /// The metrics shown, in order.
    pub metrics: Vec<String>,
    /// The metric by which rows are compared with each other.
    pub chief: String,
    pub rows: Vec<ComparisonRow>,
    /// Every two complete rows on the chief metric.
    pub pairs: Vec<Pair>,
    pub region: f64,
    pub ties: TieTest,
    pub clips_used: usize,
    pub clips_left_out: usize,
    pub clips_with_faults: usize,
    pub classes: usize,
    pub split: String,
    pub machine: String,
    /// How often the test side was looked at, in words; empty where that was not counted.
    pub looks: String,
    /// What one interval redraws.
    pub interval_of: &'static str,
    /// And how many of them the test side holds.
    pub interval_units: usize,
    /// Whether clips are redrawn because all of them are of one artist or source.
    pub of_one_group: bool,
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
    /// Rows that share a letter are not told apart on the chief metric; none for an incomplete row.
    pub tie_group: Option<String>,
    pub fit_cpu_seconds: Option<f64>,
    pub fit_wall_seconds: Option<f64>,
    pub predict_milliseconds_per_clip: Option<f64>,
    /// The most that the process held when one of the row's cells had ended.
    pub peak_memory_mib: Option<f64>,
    pub published_fit_seconds: Option<String>,
    /// Whose figures `reference` of the scores are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricSummary {
    pub metric: String,
    pub mean: f64,
    /// What the mean is over.
    pub over: Over,
    pub sd: Option<f64>,
    pub low: f64,
    pub high: f64,
    /// Redraws behind the interval: those that have a value.
    pub draws: usize,
    /// As printed in the paper.
    pub published: Option<String>,
    /// Ours minus the paper's, where the two can be compared.
    pub difference: Option<f64>,
    /// The difference held against the region of practical equivalence. The paper's own error is not in it.
    pub judgement: Option<Judgement>,
    /// Another program's figure on the same folds, as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Ours minus that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_difference: Option<f64>,
    /// The mean of the single folds' or repeats' own scores, of which `sd` is the deviation: those that have a value.
    pub fold_mean: Option<f64>,
}

impl ComparisonRow {
    pub fn score(&self, metric: &str) -> Option<&MetricSummary> {
        self.scores.iter().find(|score| score.metric == metric)
    }

    /// Why it has no score.
    pub fn absence(&self) -> &'static str {
        match (&self.failure, self.cells_done) {
            (Some(_), _) => "failed",
            (None, 0) => "not run",
            // Only the metric is missing: it needs probabilities, or a class has no clip.
            (None, _) => "no value",
        }
    }

    /// Every cell is there and none failed.
    pub fn is_complete(&self) -> bool {
        self.failure.is_none() && self.cells_wanted > 0 && self.cells_done == self.cells_wanted
    }
}

impl Comparison {
    /// What a table for other programs says in each of its lines: watermarks, and what was let pass by name.
    pub fn marks(&self) -> String {
        self.watermarks.iter().chain(&self.allowed).cloned().collect::<Vec<_>>().join(" ")
    }

    /// Pairs that the tie test has an answer for: those are corrected together.
    pub fn tested_pairs(&self) -> usize {
        self.pairs.iter().filter(|pair| pair.p_holm.is_some()).count()
    }

    pub fn read(run: &Run, reading: &Reading) -> Self {
        let chief = reading.metric.and_then(find).unwrap_or_else(|| chief(run));
        let metrics: Vec<&'static Metric> = METRICS
            .iter()
            .filter(|metric| {
                ALWAYS.contains(&metric.name)
                    || metric.name == chief.name
                    || run.rows.iter().any(|row| {
                        row.published.contains_key(metric.name)
                            || row.reference.iter().any(|other| other.figures.contains_key(metric.name))
                    })
            })
            .collect();
        let groups = groups_of(run);
        let read = |index: usize| {
            let row = &run.rows[index];
            let cells: Vec<&CellRecord> = run.cells_of(&row.name).collect();
            let mut pooled = pool(&cells);
            let (scores, draws) = summarise_all(run, row, &cells, &pooled, &metrics, &groups, reading);
            let compared = compare_row(row, &cells, scores);
            let chosen = (compared.is_complete(), compared.score(chief.name), draws.get(chief.name));
            let (true, Some(score), Some(draws)) = chosen else { return (compared, None) };
            let (mean, draws, units) = (score.mean, draws.clone(), units_of(&pooled, &groups).count());
            // Of a pair only labels are compared; the probabilities of all rows together would be much.
            pooled.iter_mut().for_each(|side| side.probabilities = None);
            let scored = Scored::new((index, &row.name), mean, draws, units, cells, pooled, chief);
            (compared, Some(scored))
        };
        let (rows, scored): (Vec<_>, Vec<_>) = (0..run.rows.len()).into_par_iter().map(read).unzip();
        let (mut rows, scored): (Vec<ComparisonRow>, Vec<Scored>) =
            (rows, scored.into_iter().flatten().collect());
        let (pairs, letters) = pairs_and_groups(&scored, chief, reading);
        let tested: Vec<&Predictions> = run.cells.iter().filter_map(CellRecord::predictions).collect();
        let units = units_redrawn(&tested, Some(&groups));
        for (row, letters) in letters {
            rows[row].tie_group = Some(letters);
        }
        Self {
            experiment: run.experiment.name.clone(),
            title: run.experiment.title.clone(),
            synthetic: run.dataset.synthetic,
            watermarks: run.experiment.watermarks.clone(),
            allowed: run.dataset.notes.iter().filter(|note| note.starts_with(ALLOWED)).cloned().collect(),
            complete: run.cells.len() == run.rows.iter().map(|row| row.cells.len()).sum::<usize>(),
            metrics: metrics.iter().map(|metric| metric.name.to_string()).collect(),
            chief: chief.name.to_string(),
            rows,
            pairs,
            region: reading.region,
            ties: reading.ties,
            clips_used: run.dataset.clips_used,
            clips_left_out: run.dataset.unusable.len(),
            clips_with_faults: run.clips.iter().filter(|clip| !clip.report.faults.is_empty()).count(),
            classes: run.dataset.classes.len(),
            split: run.experiment.split.clone(),
            machine: format!("{}, {} threads", run.machine.processor, run.machine.threads),
            looks: looks(run),
            interval_of: units.words(),
            interval_units: units.count(),
            of_one_group: matches!(units, Units::ClipsOfOneGroup(_)),
        }
    }

    /// Whether some row has a published figure of this metric.
    pub fn has_published(&self, metric: &str) -> bool {
        self.rows.iter().any(|row| row.score(metric).is_some_and(|score| score.published.is_some()))
    }

    /// Whose figures of this metric stand in a column of their own, if any do.
    pub fn reference(&self, metric: &str) -> Option<&str> {
        let given = |row: &&ComparisonRow| row.score(metric).is_some_and(|score| score.reference.is_some());
        let mut names = self.rows.iter().filter(given).filter_map(|row| row.reference.as_deref());
        let first = names.next()?;
        Some(if names.all(|name| name == first) { first } else { "reference" })
    }
}

/// What is redrawn of a row's repeats.
fn units_of(pooled: &[Predictions], groups: &BTreeMap<String, String>) -> Units {
    units_redrawn(&pooled.iter().collect::<Vec<_>>(), Some(groups))
}

/// The metric a reader compares by: the one with most published figures, macro-F1 among equals and where there is
/// none.
fn chief(run: &Run) -> &'static Metric {
    let published =
        |metric: &Metric| run.rows.iter().filter(|row| row.published.contains_key(metric.name)).count();
    let most = METRICS.iter().map(published).max().unwrap_or(0);
    let usual = find("f1_macro").filter(|metric| published(metric) == most);
    usual.or_else(|| METRICS.iter().find(|metric| published(metric) == most)).unwrap_or(&METRICS[0])
}

/// How often the test side was looked at, and what choosing by it would have shown, where rows ask.
fn looks(run: &Run) -> String {
    if run.looks.looks == 0 {
        return String::new();
    }
    let mut text = run.looks.sentence();
    for row in &run.rows {
        let found: Vec<(&str, f64, f64)> = run
            .cells_of(&row.name)
            .filter_map(|cell| {
                let search = cell.search.as_ref()?;
                let optimistic = search.optimistic.as_ref()?;
                Some((search.metric.as_str(), optimistic.nested, optimistic.best))
            })
            .collect();
        let Some((metric, ..)) = found.first() else { continue };
        let mean = |of: fn(&(&str, f64, f64)) -> f64| found.iter().map(of).sum::<f64>() / found.len() as f64;
        let (nested, best) = (mean(|cell| cell.1), mean(|cell| cell.2));
        text += &format!(
            " {}: chosen by the training side, {} {nested:.4}; chosen by the test side itself it would have shown \
             {best:.4} (optimism {:+.4}, mean over {} cells).",
            row.name,
            metric_title(metric),
            best - nested,
            found.len()
        );
    }
    text
}

fn compare_row(row: &RowRecord, cells: &[&CellRecord], scores: Vec<MetricSummary>) -> ComparisonRow {
    let predicted: Vec<&&CellRecord> = cells.iter().filter(|cell| cell.predictions().is_some()).collect();
    let times: Vec<&Times> = predicted.iter().map(|cell| &cell.times).collect();
    let per_clip = |times: &Times| 1000.0 * times.predict_cpu_seconds / times.test_rows.max(1) as f64;
    let failure = cells.iter().find_map(|cell| cell.failure()).map(str::to_string);
    ComparisonRow {
        name: row.name.clone(),
        model: row.model.clone(),
        cells_done: predicted.len(),
        cells_wanted: row.cells.len(),
        failure,
        scores,
        tie_group: None,
        fit_cpu_seconds: median(times.iter().map(|times| times.fit_cpu_seconds)),
        fit_wall_seconds: median(times.iter().map(|times| times.fit_wall_seconds)),
        predict_milliseconds_per_clip: median(times.iter().map(|times| per_clip(times))),
        peak_memory_mib: times.iter().filter_map(|times| times.peak_memory_mib).max_by(f64::total_cmp),
        published_fit_seconds: row.published.get("fit_seconds").map(|figure| figure.0.clone()),
        reference: row.reference.as_ref().map(|other| other.name.clone()),
        note: row.note.clone(),
    }
}

type Draws = BTreeMap<&'static str, Vec<f64>>;

/// The row's summary of each metric, and the resampled scores behind the intervals.
fn summarise_all(
    run: &Run,
    row: &RowRecord,
    cells: &[&CellRecord],
    pooled: &[Predictions],
    metrics: &[&'static Metric],
    groups: &BTreeMap<String, String>,
    reading: &Reading,
) -> (Vec<MetricSummary>, Draws) {
    let mut summaries = Vec::new();
    let mut kept = Draws::new();
    for metric in metrics {
        let (sides, over) = sides_of(metric, cells, pooled);
        let Some(score) = pooled_score(&sides, groups, metric, run.experiment.seed) else { continue };
        let mut summary = summarise(metric, cells, &score, row.published.get(metric.name), reading);
        summary.over = over;
        let reference = row.reference.as_ref().and_then(|other| other.figures.get(metric.name));
        summary.reference = reference.map(|figure| figure.0.clone());
        summary.reference_difference =
            reference.and_then(|figure| figure_of(metric, figure)).map(|figure| summary.mean - figure);
        if !run.experiment.watermarks.is_empty() {
            (summary.difference, summary.judgement, summary.reference_difference) = (None, None, None);
        }
        summaries.push(summary);
        kept.insert(metric.name, score.draws);
    }
    (summaries, kept)
}

fn summarise(
    metric: &Metric,
    cells: &[&CellRecord],
    score: &PooledScore,
    published: Option<&Published>,
    reading: &Reading,
) -> MetricSummary {
    // A single fold may have no value (a class without clips); the folds together then still have one.
    let of_cells: Vec<f64> = cells.iter().filter_map(|cell| metric.compute(cell.predictions()?)).collect();
    let over_cells = mean_sd(&of_cells);
    let figure = published.and_then(|figure| figure_of(metric, figure));
    let judgement = figure.and_then(|figure| {
        let differences: Vec<f64> = score.draws.iter().map(|draw| draw - figure).collect();
        judge(&differences, reading.region, metric.higher_is_better)
    });
    MetricSummary {
        metric: metric.name.to_string(),
        mean: score.mean,
        over: Over::Repeats,
        sd: over_cells.and_then(|over| over.sd),
        low: score.low,
        high: score.high,
        draws: score.draws.iter().filter(|draw| !draw.is_nan()).count(),
        published: published.map(|figure| figure.0.clone()),
        difference: figure.map(|figure| score.mean - figure),
        judgement,
        reference: None,
        reference_difference: None,
        fold_mean: over_cells.map(|over| over.mean),
    }
}

/// A printed figure in the metric's own unit.
fn figure_of(metric: &Metric, figure: &Published) -> Option<f64> {
    let as_printed = metric.unit == Unit::Plain && !figure.is_in_percent();
    if as_printed { figure.value() } else { figure.fraction() }
}

/// Of what was counted: not every system tells CPU time.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
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
        assert_eq!(median([f64::NAN, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([f64::NAN].into_iter()), None);
    }
}
