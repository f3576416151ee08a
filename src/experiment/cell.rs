//! One cell of the grid: prepare on the training side, fit, predict the test side, keep what was predicted.

use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::clock::{Stopwatch, peak_memory_mib};
use super::{ExperimentError, Row};
use crate::disk::digest;
use crate::guarded::guarded;
use crate::metrics::Predictions;
use crate::models::{self, Model, TrainingSet};
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
        let inputs = serde_json::json!({
            "cell_version": CELL_VERSION,
            "model": row.model,
            "parameters": parameters,
            "prepare": row.prepare,
            "table": table_digest,
            "train": split.train,
            "test": split.test,
            "seed": seed,
        });
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
    let mut notes = Vec::new();
    let attempt = guarded(|| attempt(&key, row, table, split, &mut times, &mut notes));
    let outcome = match attempt {
        Ok(Ok(predictions)) => Outcome::Predicted(predictions),
        Ok(Err(error)) => Outcome::Failed { reason: error.to_string() },
        Err(panic) => Outcome::Failed { reason: format!("the model broke off: {panic}") },
    };
    times.peak_memory_mib = peak_memory_mib();
    CellRecord { key, outcome, times, notes }
}

fn attempt(
    key: &CellKey,
    row: &Row,
    table: &FeatureTable,
    split: &Split,
    times: &mut Times,
    notes: &mut Vec<String>,
) -> Result<Predictions, ExperimentError> {
    let of_row = |source| ExperimentError::Model { row: row.name.clone(), source };
    table.check_finite(row.prepare.imputes())?;
    let model = model_of(row)?;
    let classes = table.class_names();
    let indices = table.class_indices();
    let sides = [&split.train, &split.test].map(|rows| table.values.select(Axis(0), rows));
    let y: Vec<usize> = split.train.iter().map(|&row| indices[row]).collect();
    let prepare = row.prepare.fit(sides[0].view(), &y)?;
    notes.extend(prepare.notes(&table.columns));
    let [train, test] = sides.map(|side| prepare.apply(side.view()));

    let watch = Stopwatch::start();
    let training = TrainingSet { x: train.view(), y: &y, classes: classes.len() };
    let fitted = model.fit(training, key.seed).map_err(of_row)?;
    (times.fit_wall_seconds, times.fit_cpu_seconds) = (watch.wall_seconds(), watch.cpu_seconds());

    let watch = Stopwatch::start();
    let predicted = fitted.predict(test.view()).map_err(of_row)?;
    (times.predict_wall_seconds, times.predict_cpu_seconds) = (watch.wall_seconds(), watch.cpu_seconds());
    let probabilities = fitted.probabilities(test.view()).map_err(of_row)?;
    notes.extend(fitted.notes());

    Ok(Predictions {
        classes,
        clip_ids: split.test.iter().map(|&row| table.clip_ids[row].clone()).collect(),
        truth: split.test.iter().map(|&row| indices[row]).collect(),
        predicted,
        probabilities: probabilities.map(|table| table.outer_iter().map(|row| row.to_vec()).collect()),
    })
}

/// The row's model; parameters were checked when the file was read.
pub fn model_of(row: &Row) -> Result<Box<dyn Model>, ExperimentError> {
    models::build(&row.model, row.parameters.clone())
        .map_err(|source| ExperimentError::Model { row: row.name.clone(), source })
}
