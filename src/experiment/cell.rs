//! One cell of the grid: prepare on the training side, fit, predict the test side, keep what was predicted.

use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::clock::{Stopwatch, peak_memory_mib};
use super::explain::{Explanation, explain};
use super::fitting::ready;
use super::inner_search::SearchRecord;
use super::training_side::TrainingSide;
use super::{ExperimentError, Row};
use crate::disk::digest;
use crate::guarded::guarded;
use crate::metrics::Predictions;
use crate::random::Draws;
use crate::table::{FeatureTable, Split};

/// Bumped when the same inputs would give other predictions.
const CELL_VERSION: u32 = 1;

/// What a cell is, and the hash of all that decides its predictions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellKey {
    pub row: String,
    pub repeat: usize,
    pub fold: usize,
    pub seed: u64,
    pub id: String,
}

/// A finished cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellRecord {
    pub key: CellKey,
    pub outcome: Outcome,
    pub times: Times,
    pub notes: Vec<String>,
    /// Every trial, where the row searches its parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchRecord>,
    /// What each column gave, where the row asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Predicted(Predictions),
    Failed { reason: String },
}

/// Seconds, rows and memory of one cell.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Times {
    pub fit_wall_seconds: f64,
    pub fit_cpu_seconds: f64,
    pub predict_wall_seconds: f64,
    pub predict_cpu_seconds: f64,
    pub train_rows: usize,
    pub test_rows: usize,
    pub columns: usize,
    /// The process's peak when the cell ended.
    pub peak_memory_mib: Option<f64>,
}

impl CellKey {
    /// Two cells with the same id predict the same, wherever they are computed.
    pub fn new(
        row: &Row,
        parameters: &serde_json::Value,
        table_digest: &str,
        split: &Split,
        seed: u64,
    ) -> Self {
        let seed = Draws::new(seed, &format!("{}/{}/{}", row.model, split.repeat, split.fold)).seed();
        let mut inputs = serde_json::json!({
            "cell_version": CELL_VERSION,
            "model": row.model,
            "parameters": parameters,
            "prepare": row.prepare,
            "table": table_digest,
            "train": split.train,
            "test": split.test,
            "seed": seed,
        });
        // Only where there is one, so that other cells keep their names.
        if let Some(search) = &row.search {
            inputs["search"] = serde_json::json!(search);
        }
        if let Some(explain) = &row.explain {
            inputs["explain"] = serde_json::json!(explain);
        }
        Self {
            row: row.name.clone(),
            repeat: split.repeat,
            fold: split.fold,
            seed,
            id: digest(inputs.to_string().as_bytes()),
        }
    }
}

/// Computes a cell. A model that refuses or panics makes a failed cell, never the end of the run.
pub fn compute(key: CellKey, row: &Row, table: &FeatureTable, split: &Split) -> CellRecord {
    let mut times = Times {
        train_rows: split.train.len(),
        test_rows: split.test.len(),
        columns: table.columns.len(),
        ..Times::default()
    };
    let mut told = Told::default();
    let attempt = guarded(|| attempt(&key, row, table, split, &mut times, &mut told));
    let outcome = match attempt {
        Ok(Ok(predictions)) => Outcome::Predicted(predictions),
        Ok(Err(error)) => Outcome::Failed { reason: error.to_string() },
        Err(panic) => Outcome::Failed { reason: format!("the model broke off: {panic}") },
    };
    times.peak_memory_mib = peak_memory_mib();
    let Told { notes, search, explanation } = told;
    CellRecord { key, outcome, times, notes, search, explanation }
}

/// What a cell tells beside its predictions.
#[derive(Default)]
struct Told {
    notes: Vec<String>,
    search: Option<SearchRecord>,
    explanation: Option<Explanation>,
}

fn attempt(
    key: &CellKey,
    row: &Row,
    table: &FeatureTable,
    split: &Split,
    times: &mut Times,
    told: &mut Told,
) -> Result<Predictions, ExperimentError> {
    let of_row = |source| ExperimentError::Model { row: row.name.clone(), source };
    let grouped = split.shared_groups == 0 && split.train.iter().all(|&row| table.groups[row].is_some());
    let side = TrainingSide { table, rows: &split.train, grouped };
    let ready = ready(row, &side, key.seed)?;
    told.notes.extend(ready.prepare.notes(&table.columns));

    let watch = Stopwatch::start();
    let fitted = ready.fit(row, key.seed)?;
    (times.fit_wall_seconds, times.fit_cpu_seconds) = (watch.wall_seconds(), watch.cpu_seconds());

    let classes = table.class_names();
    let indices = table.class_indices();
    let test = fitted.prepare.apply(table.values.select(Axis(0), &split.test).view());
    let watch = Stopwatch::start();
    let predicted = fitted.model.predict(test.view()).map_err(of_row)?;
    (times.predict_wall_seconds, times.predict_cpu_seconds) = (watch.wall_seconds(), watch.cpu_seconds());
    let probabilities = fitted.model.probabilities(test.view()).map_err(of_row)?;
    told.notes.extend(fitted.search.iter().map(SearchRecord::note));
    told.notes.extend(fitted.model.notes());
    told.explanation =
        row.explain.as_ref().map(|spec| explain(spec, &fitted, table, &split.test, key.seed)).transpose()?;
    told.search = fitted.search;

    Ok(Predictions {
        classes,
        clip_ids: split.test.iter().map(|&row| table.clip_ids[row].clone()).collect(),
        truth: split.test.iter().map(|&row| indices[row]).collect(),
        predicted,
        probabilities: probabilities.map(|table| table.outer_iter().map(|row| row.to_vec()).collect()),
    })
}
