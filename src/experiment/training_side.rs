//! The rows of a table that a row of the experiment may learn from, and the row's model.

use super::{ExperimentError, Row};
use crate::models::{self, Model};
use crate::table::FeatureTable;

/// The training rows of a table.
pub struct TrainingSide<'a> {
    pub table: &'a FeatureTable,
    pub rows: &'a [usize],
    /// Whether an inner division must keep the clips of a group together.
    pub grouped: bool,
}

/// The row's model with `parameters` in place of its own.
pub fn build(row: &Row, parameters: &toml::Table) -> Result<Box<dyn Model>, ExperimentError> {
    models::build(&row.model, parameters.clone())
        .map_err(|source| ExperimentError::Model { row: row.name.clone(), source })
}
