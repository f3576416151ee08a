//! What every number of the page rests on, as the JSON that the page carries: predictions, matrices, parameters, seeds,
//! versions, hashes and the command that repeats it.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::comparison::{Comparison, ComparisonRow, MetricSummary};
use super::plots::confusion_of;
use super::reading::{counted_in, mean_over, sides_of};
use super::words::{metric_heading, metric_title, score_text};
use crate::experiment::{CellRecord, RowRecord, Run, SearchRecord, pool};
use crate::metrics::{Confusion, METRICS, Predictions, compute_all, of_class, wilson};

/// More predictions than this stay in predictions.csv, to which the page then points.
const MOST_PREDICTIONS: usize = 400_000;

/// Of the matrices of all rows; larger ones are left to predictions.csv.
const MOST_MATRIX_CELLS: usize = 1_000_000;

/// Trials of one cell's search in the page; all are in trials.csv.
const MOST_TRIALS: usize = 300;

/// Everything about one run that the page opens on demand.
pub fn evidence(run: &Run, comparison: &Comparison) -> Value {
    let places: BTreeMap<&str, usize> = clips(run).into_iter().zip(0..).collect();
    let mut ordered: Vec<(&str, usize)> = places.iter().map(|(id, place)| (*id, *place)).collect();
    ordered.sort_by_key(|(_, place)| *place);
    let total: usize =
        run.cells.iter().filter_map(CellRecord::predictions).map(|found| found.truth.len()).sum();
    let kept = total <= MOST_PREDICTIONS;
    let truth = truths(run, &places);
    let both = run.rows.iter().zip(&comparison.rows);
    let both: Vec<_> = both.collect();
    let rows = both.par_iter().map(|both| row_evidence(run, *both, &places, kept));
    let metrics: Vec<Value> = METRICS
        .iter()
        .map(|metric| {
            let (title, heading) = (metric_title(metric.name), metric_heading(metric.name));
            json!({ "name": metric.name, "title": title, "heading": heading, "summary": metric.summary })
        })
        .collect();
    json!({
        "experiment": run.experiment.name,
        "title": run.experiment.title,
        "paper": run.experiment.paper,
        "synthetic": run.dataset.synthetic,
        "command": run.experiment.command,
        "file": run.experiment.text,
        "facts": facts(run),
        "interval_of": comparison.interval_of,
        "region": comparison.region,
        "classes": run.cells.iter().find_map(CellRecord::predictions).map(|found| found.classes.clone()).unwrap_or_default(),
        "metrics": metrics,
        "clips": if kept { ordered.iter().map(|(id, _)| *id).collect() } else { Vec::new() },
        "truth": if kept { truth } else { Vec::new() },
        "predictions_left_out": !kept,
        "rows": rows.collect::<Vec<Value>>(),
        "pairs": comparison.pairs,
    })
}

/// Name and value of what the whole run rests on.
fn facts(run: &Run) -> Vec<[String; 2]> {
    let machine = &run.machine;
    let fact = |name: &str, value: String| [name.to_string(), value];
    let mut facts = vec![
        fact("experiment", format!("{}, hash {}", run.experiment.name, run.experiment.hash)),
        fact("seed", run.experiment.seed.to_string()),
        fact("split", run.experiment.split.clone()),
        fact(
            "genrebench",
            format!("{}, source {}, dependencies {}", run.genrebench_version, run.source, run.dependencies),
        ),
        fact("started", run.started_utc.clone()),
        fact("finished", run.finished_utc.clone().unwrap_or_else(|| "not yet".to_string())),
        fact(
            "machine",
            format!(
                "{}, {} cores, {} threads, {}",
                machine.processor, machine.cores, machine.threads, machine.system
            ),
        ),
    ];
    if let Some(gib) = machine.memory_gib {
        facts.push(fact("memory", format!("{gib} GiB")));
    }
    facts
}

/// The clips in the order in which the first row that has them tests them.
fn clips(run: &Run) -> Vec<&str> {
    let mut seen = BTreeMap::new();
    let mut order = Vec::new();
    for id in run.cells.iter().filter_map(CellRecord::predictions).flat_map(|found| &found.clip_ids) {
        if seen.insert(id.as_str(), ()).is_none() {
            order.push(id.as_str());
        }
    }
    order
}

fn truths(run: &Run, places: &BTreeMap<&str, usize>) -> Vec<usize> {
    let mut truth = vec![0; places.len()];
    for found in run.cells.iter().filter_map(CellRecord::predictions) {
        for (id, class) in found.clip_ids.iter().zip(&found.truth) {
            if let Some(&place) = places.get(id.as_str()) {
                truth[place] = *class;
            }
        }
    }
    truth
}

fn row_evidence(
    run: &Run,
    (row, compared): (&RowRecord, &ComparisonRow),
    places: &BTreeMap<&str, usize>,
    kept: bool,
) -> Value {
    let cells: Vec<&CellRecord> = run.cells_of(&row.name).collect();
    let repeats = pool(&cells);
    let confusion = confusion_of(run, &row.name);
    let by_class: Vec<Value> = confusion
        .iter()
        .flat_map(|matrix| {
            (0..matrix.classes()).map(move |class| {
                let (precision, recall, f1) = of_class(matrix, class);
                json!([round(precision), round(recall), round(f1), matrix.support(class)])
            })
        })
        .collect();
    // The predicted class of each clip in each repeat, −1 where the repeat does not test it.
    let shown = if kept { &repeats[..] } else { &[] };
    let predicted: Vec<Vec<i64>> = shown
        .iter()
        .map(|repeat| {
            let mut line = vec![-1; places.len()];
            for (id, class) in repeat.clip_ids.iter().zip(&repeat.predicted) {
                if let Some(&place) = places.get(id.as_str()) {
                    line[place] = *class as i64;
                }
            }
            line
        })
        .collect();
    // The probability that it was given, in thousandths; none where the model has no probabilities.
    let sure: Vec<Vec<i64>> = shown
        .iter()
        .filter_map(|repeat| {
            let probabilities = repeat.probabilities.as_ref()?;
            let mut line = vec![-1; places.len()];
            for ((id, class), given) in repeat.clip_ids.iter().zip(&repeat.predicted).zip(probabilities) {
                if let Some(&place) = places.get(id.as_str()) {
                    line[place] = (1000.0 * given[*class]).round() as i64;
                }
            }
            Some(line)
        })
        .collect();
    let scores: Vec<Value> = METRICS
        .iter()
        .filter_map(|metric| {
            let mean = mean_over(&sides_of(metric, &cells, &repeats).0, metric)?;
            Some(json!([metric.name, score_text(metric.name, mean)]))
        })
        .collect();
    let table = run.tables.get(row.table);
    let fits_page = |matrix: &Confusion| run.rows.len() * matrix.classes().pow(2) <= MOST_MATRIX_CELLS;
    json!({
        "name": row.name,
        "published": row.published.iter().map(|(name, figure)| (name.clone(), figure.0.clone())).collect::<BTreeMap<_, _>>(),
        "reference": row.reference.as_ref().map(|other| json!([
            other.name,
            other.figures.iter().map(|(name, figure)| (name.clone(), figure.0.clone())).collect::<BTreeMap<_, _>>(),
        ])),
        "model": row.model,
        "note": row.note,
        "parameters": row.parameters,
        "prepare": row.prepare,
        "features": table.map(|table| format!("{} ({} columns, hash {})", table.definition, table.columns, table.hash)),
        "cells": cells.iter().map(|cell| cell_evidence(cell)).collect::<Vec<_>>(),
        "confusion": confusion.filter(fits_page).map(|matrix| matrix.counts().to_vec()),
        "by_class": by_class,
        "counted_in": counted_in(&cells),
        "scores": scores,
        "over": compared.scores.iter().map(|score| (score.metric.clone(), over(score))).collect::<BTreeMap<_, _>>(),
        "predicted": predicted,
        "sure": sure,
        "wilson": wilson_words(&repeats),
    })
}

/// What the score is the mean over, its redraws, and the mean of single folds beside their deviation.
fn over(score: &MetricSummary) -> Value {
    let own = score.sd.and(score.fold_mean).map(|mean| score_text(&score.metric, mean));
    json!([score.over, score.draws, own])
}

/// Of the first repeat, whose clips are tested once each.
fn wilson_words(repeats: &[Predictions]) -> Option<String> {
    let first = repeats.first()?;
    let hits = first.truth.iter().zip(&first.predicted).filter(|(truth, said)| truth == said).count();
    let (low, high) = wilson(hits as u64, first.truth.len() as u64)?;
    Some(format!(
        "First repeat: {hits} of {} clips right. Wilson's 95 % interval of the accuracy, clips taken as independent: {:.1} … {:.1} %.",
        first.truth.len(),
        100.0 * low,
        100.0 * high
    ))
}

fn cell_evidence(cell: &CellRecord) -> Value {
    let times = &cell.times;
    let mut scores = serde_json::Map::new();
    for (metric, value) in cell.predictions().into_iter().flat_map(|found| compute_all(METRICS, found)) {
        scores.insert(metric.name.to_string(), score_text(metric.name, value).into());
    }
    let failure = cell.failure();
    json!({
        "repeat": cell.key.repeat,
        "fold": cell.key.fold,
        "seed": cell.key.seed.to_string(),
        "id": cell.key.id,
        "train": times.train_rows,
        "test": times.test_rows,
        "fit": times.fit_cpu_seconds,
        "predict": times.predict_cpu_seconds,
        "memory": times.peak_memory_mib,
        "notes": cell.notes,
        "failure": failure,
        "scores": scores,
        "search": cell.search.as_ref().map(search_evidence),
    })
}

/// Every trial of the cell's search: its parameters, its score over the inner folds, why it was refused.
fn search_evidence(search: &SearchRecord) -> Value {
    let trials: Vec<Value> = search
        .trials
        .iter()
        .take(MOST_TRIALS)
        .map(|trial| {
            let parameters: Vec<String> =
                trial.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let score = trial.score.map(|score| score_text(&search.metric, score));
            json!([parameters.join(", "), score, trial.failure])
        })
        .collect();
    json!({
        "method": search.method,
        "metric": metric_title(&search.metric),
        "folds": search.folds,
        "grouped": search.grouped,
        "chosen": search.chosen,
        "trials": trials,
        "all": search.trials.len(),
    })
}

fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
