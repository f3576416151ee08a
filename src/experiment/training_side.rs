//! The rows of a table that a row of the experiment may learn from, and the row's model.

use ndarray::{Array2, Axis};

use super::{ExperimentError, Row};
use crate::models::{self, Aside, Model};
use crate::table::{FeatureTable, FittedPrepare};

/// The training rows of a table.
pub struct TrainingSide<'a> {
    pub table: &'a FeatureTable,
    pub rows: &'a [usize],
    /// Whether an inner division must keep the clips of a group together.
    pub grouped: bool,
    /// What the data set itself sets aside for validation, ascending: some of the rows or, where nothing may learn from
    /// them, others.
    pub watched: &'a [usize],
}

/// What a row's model is fitted with.
pub struct Prepared<'a> {
    pub prepare: FittedPrepare,
    pub x: Array2<f64>,
    pub y: Vec<usize>,
    pub aside: Aside<'a>,
}

impl<'a> TrainingSide<'a> {
    /// Prepared as the row says, by what the training rows alone tell. A network is given clips that are only to be
    /// watched, too.
    pub fn prepared(&self, row: &Row) -> Result<Prepared<'a>, ExperimentError> {
        let Self { table, rows, grouped, watched } = *self;
        let indices = table.class_indices();
        let classes = |rows: &[usize]| -> Vec<usize> { rows.iter().map(|&row| indices[row]).collect() };
        let train = table.values.select(Axis(0), rows);
        let mut y = classes(rows);
        let prepare = row.prepare.fit(train.view(), &y)?;
        let mut x = prepare.apply(train.view());
        let mut given = rows.to_vec();
        let with_watched = with_watched(rows, watched);
        let watched_only = with_watched.len() > rows.len() && unsearched(row)?.network().is_some();
        if watched_only {
            given = with_watched;
            y = classes(&given);
            x = prepare.apply(table.values.select(Axis(0), &given).view());
        }
        let aside = Aside {
            groups: given.iter().map(|&row| table.groups[row].as_deref()).collect(),
            grouped,
            watched: places_of(watched, &given),
            watched_only,
        };
        Ok(Prepared { prepare, x, y, aside })
    }
}

/// Rows and what is watched beside them, ascending as both are.
pub fn with_watched(rows: &[usize], watched: &[usize]) -> Vec<usize> {
    let mut all = rows.to_vec();
    all.extend(watched.iter().filter(|row| rows.binary_search(row).is_err()));
    if all.len() > rows.len() {
        all.sort_unstable();
    }
    all
}

/// Where those that are `watched` (ascending) stand among `rows`.
pub fn places_of(watched: &[usize], rows: &[usize]) -> Vec<usize> {
    (0..rows.len()).filter(|&place| watched.binary_search(&rows[place]).is_ok()).collect()
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
