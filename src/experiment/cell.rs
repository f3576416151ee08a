//! One cell of the grid: prepare on the training side, fit, predict the test side, keep what was predicted.

use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::answers::predictions_of;
use super::bench::Bench;
use super::cell_key::{CellKey, Times};
use super::clock::{Stopwatch, peak_memory_mib};
use super::explain::{Explanation, explain};
use super::fitting::ready;
use super::frame_sets::FrameSet;
use super::inner_search::SearchRecord;
use super::network_cell;
use super::optimistic::by_test_side;
use super::perturbed::{Perturbed, PerturbedTable};
use super::search::Method;
use super::teaching::Classroom;
use super::training_side::{self, TrainingSide};
use super::{ExperimentError, Row};
use crate::guarded::guarded;
use crate::metrics::Predictions;
use crate::models::neural::History;
use crate::table::{FeatureTable, Split};

/// A finished cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellRecord {
    pub key: CellKey,
    pub outcome: Outcome,
    pub times: Times,
    /// What a reader of the scores should know of this fit.
    pub notes: Vec<String>,
    /// Learning curves, one a network that was trained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histories: Vec<History>,
    /// Every trial, where the row searches its parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchRecord>,
    /// What each column gave, where the row asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
    /// What was predicted of altered test clips, where the row asks for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perturbed: Vec<Perturbed>,
}

impl CellRecord {
    /// None where the cell failed.
    pub fn predictions(&self) -> Option<&Predictions> {
        match &self.outcome {
            Outcome::Predicted(predictions) => Some(predictions),
            Outcome::Failed { .. } => None,
        }
    }

    /// Why there is no prediction, where there is none.
    pub fn failure(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Predicted(_) => None,
            Outcome::Failed { reason } => Some(reason),
        }
    }

    /// With nothing told beside.
    pub fn bare(key: CellKey, outcome: Outcome) -> Self {
        Self {
            key,
            outcome,
            times: Times::default(),
            notes: Vec::new(),
            histories: Vec::new(),
            search: None,
            explanation: None,
            perturbed: Vec::new(),
        }
    }
}

/// What became of a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// What was said of the test side.
    Predicted(Predictions),
    /// No model, and why.
    Failed { reason: String },
}

/// Computes a cell. A model that refuses or panics makes a failed cell, never the end of the run.
pub fn compute(
    key: CellKey,
    row: &Row,
    table: &FeatureTable,
    frames: Option<&FrameSet>,
    perturbed: &[&PerturbedTable],
    split: &Split,
    bench: &Bench<'_>,
) -> CellRecord {
    let mut times = Times {
        train_rows: split.train.len(),
        test_rows: split.test.len(),
        columns: table.columns.len(),
        ..Times::default()
    };
    let mut told = Told::default();
    let attempt = guarded(|| {
        let model = training_side::unsearched(row)?;
        match model.network() {
            // What explains or tries a model goes by tables, and so does a search of one on tables unless it halves.
            Some(network) if frames.is_some() || (goes_alone(row) && perturbed.is_empty()) => {
                let classroom = Classroom { row, table, frames };
                let searched = network_cell::searched(&key, &classroom, split, bench)?;
                let (found, record) = searched.unzip();
                told.notes.extend(record.iter().map(SearchRecord::note));
                told.search = record;
                let found = found.map(|row| training_side::build(&row, &row.parameters)).transpose()?;
                let network = found.as_deref().and_then(|model| model.network()).unwrap_or(network);
                let (times, notes) = (&mut times, &mut told.notes);
                let (predictions, taught) =
                    network_cell::attempt(&key, network, &classroom, split, bench, times, notes)?;
                told.histories = taught.trained.histories();
                Ok(predictions)
            }
            _ if halves(row) => {
                let classroom = Classroom { row, table, frames };
                let searched = network_cell::searched(&key, &classroom, split, bench)?;
                let (found, record) = searched.unzip();
                told.notes.extend(record.iter().map(SearchRecord::note));
                let row = found.as_ref().unwrap_or(row);
                let predictions = attempt(&key, row, table, perturbed, split, &mut times, &mut told)?;
                told.search = record;
                Ok(predictions)
            }
            _ => attempt(&key, row, table, perturbed, split, &mut times, &mut told),
        }
    });
    let outcome = match attempt {
        Ok(Ok(predictions)) => Outcome::Predicted(predictions),
        Ok(Err(error)) => Outcome::Failed { reason: error.to_string() },
        Err(panic) => Outcome::Failed { reason: format!("the model broke off: {panic}") },
    };
    times.peak_memory_mib = peak_memory_mib();
    let Told { notes, histories, search, explanation, perturbed } = told;
    CellRecord { key, outcome, times, notes, histories, search, explanation, perturbed }
}

/// Whether a network that is fed with a table is trained as one that is fed with frames.
fn goes_alone(row: &Row) -> bool {
    row.explain.is_none() && (row.search.is_none() || halves(row))
}

/// Whether its parameters are searched by a network's own validation clips.
pub fn halves(row: &Row) -> bool {
    row.search.as_ref().is_some_and(|search| search.method == Method::Halving)
}

/// The record of a cell whose row cannot be computed at all, such as for weights that are not there.
pub fn refused(key: CellKey, reason: &str) -> CellRecord {
    CellRecord::bare(key, Outcome::Failed { reason: reason.to_string() })
}

/// What a cell tells beside its predictions.
#[derive(Default)]
struct Told {
    notes: Vec<String>,
    histories: Vec<History>,
    search: Option<SearchRecord>,
    explanation: Option<Explanation>,
    perturbed: Vec<Perturbed>,
}

fn attempt(
    key: &CellKey,
    row: &Row,
    table: &FeatureTable,
    perturbed: &[&PerturbedTable],
    split: &Split,
    times: &mut Times,
    told: &mut Told,
) -> Result<Predictions, ExperimentError> {
    let of_row = |source| ExperimentError::Model { row: row.name.clone(), source };
    let grouped = split.keeps_apart(&table.groups);
    let side = TrainingSide { table, rows: &split.train, grouped, watched: &split.watched };
    let ready = ready(row, &side, key.seed)?;
    told.notes.extend(ready.prepare.notes(&table.columns));

    let watch = Stopwatch::start();
    let fitted = ready.fit(row, key.seed)?;
    (times.fit_wall_seconds, times.fit_cpu_seconds) = (watch.wall_seconds(), watch.cpu_seconds());

    let test = fitted.prepare.apply(table.values.select(Axis(0), &split.test).view());
    let watch = Stopwatch::start();
    let (predicted, known) = match fitted.model.answer(test.view()).map_err(of_row)? {
        Some((predicted, probabilities)) => (predicted, Some(probabilities)),
        None => (fitted.model.predict(test.view()).map_err(of_row)?, None),
    };
    (times.predict_wall_seconds, times.predict_cpu_seconds) = (watch.wall_seconds(), watch.cpu_seconds());
    let probabilities = match known {
        Some(probabilities) => probabilities,
        None => fitted.model.probabilities(test.view()).map_err(of_row)?,
    };
    told.notes.extend(fitted.search.iter().map(SearchRecord::note));
    told.notes.extend(fitted.model.notes());
    let explained = row.explain.as_ref().map(|spec| explain(spec, &fitted, table, &split.test, key.seed));
    match explained.transpose() {
        Ok(explanation) => told.explanation = explanation,
        // What was predicted stands all the same.
        Err(error) => told.notes.push(format!("not explained: {error}")),
    }
    told.perturbed = perturbed
        .iter()
        .map(|worse| worse.tried(&fitted, table, &split.test))
        .collect::<Result<_, _>>()
        .map_err(of_row)?;
    told.search = fitted.search;
    if let (Some(spec), Some(record)) = (row.search.as_ref().filter(|spec| spec.optimistic), &mut told.search)
    {
        record.optimistic = by_test_side(row, spec, &side, &split.test, record.chosen, key.seed)?;
        if record.optimistic.is_none() {
            told.notes.push("optimistic: no trial could be scored on the test side".to_string());
        }
    }

    Ok(predictions_of(table, &split.test, predicted, probabilities))
}
