//! The robustness view: the features of altered clips, and what a model that was fitted on clean ones says of them.

use std::collections::HashMap;

use ndarray::Axis;
use serde::{Deserialize, Serialize};

use super::answers::predictions_of;
use super::column_choice::choose;
use super::every_clip::check_disk;
use super::extraction::{Inspecting, extract_clips};
use super::fitting::FittedRow;
use super::table_digest::table_digest;
use super::{ExperimentError, ExtractionPlan, FeatureCache, FeatureSpec, Observer, Row};
use crate::audio::Perturbation;
use crate::datasets::Catalog;
use crate::metrics::Predictions;
use crate::models::{ModelError, answers};
use crate::table::FeatureTable;

/// What was predicted of the test clips under one condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Perturbed {
    pub condition: Perturbation,
    pub predictions: Predictions,
}

/// The features of every clip under one condition, with the columns of the row that asked.
pub struct PerturbedTable {
    pub condition: Perturbation,
    pub table: FeatureTable,
    pub hash: String,
    spec: FeatureSpec,
}

impl PerturbedTable {
    /// What a cell is named by. Two conditions may leave the same clips, such as two cuts beyond the end of each, and are
    /// still two answers.
    pub fn identity(&self) -> String {
        format!("{} {}", self.condition, self.hash)
    }

    /// The fitted row on the altered `test` rows of the clean `table`.
    pub fn tried(
        &self,
        fitted: &FittedRow,
        table: &FeatureTable,
        test: &[usize],
    ) -> Result<Perturbed, ModelError> {
        let x = fitted.prepare.apply(self.table.values.select(Axis(0), test).view());
        let (predicted, probabilities) = answers(&*fitted.model, x.view())?;
        let predictions = predictions_of(table, test, predicted, probabilities);
        Ok(Perturbed { condition: self.condition, predictions })
    }
}

/// The row of each clip.
pub fn places_of(ids: &[String]) -> HashMap<&str, usize> {
    ids.iter().enumerate().map(|(row, id)| (id.as_str(), row)).collect()
}

/// The tables of all conditions that any row asks for.
#[derive(Default)]
pub struct PerturbedTables {
    tables: Vec<PerturbedTable>,
    /// Of each row, places in `tables`.
    of_rows: Vec<Vec<usize>>,
}

impl PerturbedTables {
    /// Extracts what the rows ask for; also gives id and reason of clips that a condition leaves nothing of.
    pub fn extract(
        rows: &[Row],
        catalog: &Catalog,
        seed: u64,
        cache: Option<&FeatureCache>,
        observer: &dyn Observer,
    ) -> Result<(Self, Vec<(String, String)>), ExperimentError> {
        let (mut found, mut unusable) = (Self::default(), Vec::new());
        for row in rows {
            let mut places = Vec::new();
            // An ensemble puts together what its members say.
            for condition in row.perturb.iter().filter(|_| row.ensemble.is_none()) {
                let spec = row.features.clone().unwrap_or_default();
                let known =
                    found.tables.iter().position(|known| known.condition == *condition && known.spec == spec);
                places.push(match known {
                    Some(place) => place,
                    None => {
                        let mut plan = match ExtractionPlan::from_spec(&spec.whole()) {
                            // A row without its weights fails by itself, clean and altered.
                            Err(ExperimentError::Embedding(_)) => break,
                            plan => plan?,
                        };
                        plan.perturb = Some((*condition, seed));
                        let extraction = extract_clips(catalog, &plan, cache, Inspecting::No, observer)?;
                        check_disk(catalog, &extraction.unusable)?;
                        let reasons = extraction.unusable.into_iter();
                        unusable
                            .extend(reasons.map(|(clip, reason)| (clip, format!("{reason} ({condition})"))));
                        let table = match choose(&spec, &extraction.table.columns)? {
                            Some(columns) => extraction.table.select_columns(&columns)?,
                            None => extraction.table,
                        };
                        let hash = table_digest(&table);
                        found.tables.push(PerturbedTable { condition: *condition, table, hash, spec });
                        found.tables.len() - 1
                    }
                });
            }
            found.of_rows.push(places);
        }
        Ok((found, unusable))
    }

    /// Keeps the clips of `ids`, in their order; clips that a condition left nothing of are not among them.
    pub fn keep(&mut self, ids: &[String]) {
        for worse in &mut self.tables {
            if worse.table.clip_ids == ids {
                continue;
            }
            let places = places_of(&worse.table.clip_ids);
            let rows: Vec<usize> = ids.iter().filter_map(|id| places.get(id.as_str()).copied()).collect();
            worse.table = worse.table.rows(&rows);
            worse.hash = table_digest(&worse.table);
        }
    }

    /// The tables that a row is tried on, in the order of its conditions.
    pub fn of_row(&self, row: usize) -> Vec<&PerturbedTable> {
        self.of_rows.get(row).into_iter().flatten().map(|&place| &self.tables[place]).collect()
    }
}
