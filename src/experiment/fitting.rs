//! A row fitted on some rows of a table: the search, where there is one, then the preparation and the model.

use super::inner_search::{SearchRecord, search};
use super::search::overlaid;
use super::training_side::{Prepared, TrainingSide, build};
use super::{ExperimentError, Row};
use crate::models::{Aside, Fitted, Model, TrainingSet};
use crate::table::FittedPrepare;

/// A row that can predict.
pub struct FittedRow {
    /// The row's own and, where it searches, the winning ones.
    pub parameters: toml::Table,
    pub prepare: FittedPrepare,
    pub model: Box<dyn Fitted>,
    pub search: Option<SearchRecord>,
}

/// What is ready before the model is fitted, so that its time can be told from the rest.
pub struct Ready<'a> {
    pub model: Box<dyn Model>,
    parameters: toml::Table,
    pub prepare: FittedPrepare,
    x: ndarray::Array2<f64>,
    y: Vec<usize>,
    classes: usize,
    aside: Aside<'a>,
    search: Option<SearchRecord>,
}

/// Searches and prepares.
pub fn ready<'a>(row: &Row, side: &TrainingSide<'a>, seed: u64) -> Result<Ready<'a>, ExperimentError> {
    side.table.check_finite(row.prepare.imputes())?;
    let mut parameters = row.parameters.clone();
    let searched = row.search.as_ref().map(|spec| search(row, spec, side, seed)).transpose()?;
    if let Some((winner, _)) = &searched {
        parameters = overlaid(&parameters, winner);
    }
    let model = build(row, &parameters)?;
    let Prepared { prepare, x, y, aside } = side.prepared(row)?;
    let classes = side.table.class_names().len();
    let search = searched.map(|(_, record)| record);
    Ok(Ready { model, parameters, prepare, x, y, classes, aside, search })
}

impl Ready<'_> {
    pub fn fit(self, row: &Row, seed: u64) -> Result<FittedRow, ExperimentError> {
        let training = TrainingSet { x: self.x.view(), y: &self.y, classes: self.classes };
        let model = self
            .model
            .fit_aside(training, &self.aside, seed)
            .map_err(|source| ExperimentError::Model { row: row.name.clone(), source })?;
        Ok(FittedRow { parameters: self.parameters, prepare: self.prepare, model, search: self.search })
    }
}
