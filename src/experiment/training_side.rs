//! The rows of a table that a row of the experiment may learn from, and the row's model.

use super::{ExperimentError, Row};
use crate::models::{self, Aside, Model};
use crate::table::FeatureTable;

/// The training rows of a table.
pub struct TrainingSide<'a> {
    pub table: &'a FeatureTable,
    pub rows: &'a [usize],
    /// Whether an inner division must keep the clips of a group together.
    pub grouped: bool,
    /// Of the rows, those that the data set itself sets aside for validation, ascending.
    pub watched: &'a [usize],
}

impl<'a> TrainingSide<'a> {
    pub fn aside(&self) -> Aside<'a> {
        let watched = |place: &usize| self.watched.binary_search(&self.rows[*place]).is_ok();
        Aside {
            groups: self.rows.iter().map(|&row| self.table.groups[row].as_deref()).collect(),
            grouped: self.grouped,
            watched: (0..self.rows.len()).filter(watched).collect(),
        }
    }
}

/// The row's model before anything is searched.
pub fn unsearched(row: &Row) -> Result<Box<dyn Model>, ExperimentError> {
    row.unsearched_model().map_err(|source| ExperimentError::Model { row: row.name.clone(), source })
}

/// The row's model with `parameters` in place of its own.
pub fn build(row: &Row, parameters: &toml::Table) -> Result<Box<dyn Model>, ExperimentError> {
    models::build(&row.model, parameters.clone())
        .map_err(|source| ExperimentError::Model { row: row.name.clone(), source })
}
