//! A table that rows share, with the matrices of its clips, its hash, and where it came from.

use std::sync::Arc;

use super::column_choice::choose;
use super::frame_sets::{self, FrameSet};
use super::run::TableRecord;
use super::table_digest::table_digest;
use super::{ExperimentError, FeatureSpec};
use crate::datasets::Catalog;
use crate::disk::digest;
use crate::table::FeatureTable;

/// A table with its hash and where it came from.
#[derive(Clone)]
pub struct KeyedTable {
    /// Without columns where a row is fed with frames alone.
    pub table: FeatureTable,
    pub frames: Option<Arc<FrameSet>>,
    pub record: TableRecord,
    /// Why there are no numbers: the clips alone are in the table.
    pub failure: Option<String>,
}

impl KeyedTable {
    /// Numbers that took no time, unless its record is told otherwise.
    pub fn new(table: FeatureTable, frames: Option<Arc<FrameSet>>, definition: String) -> Self {
        let record = TableRecord {
            hash: keyed_digest(&table, frames.as_deref()),
            definition,
            columns: table.columns.len(),
            rows: table.clip_ids.len(),
            from_cache: 0,
            wall_seconds: 0.0,
            cpu_seconds: 0.0,
        };
        Self { table, frames, record, failure: None }
    }

    /// With the columns that `spec` chooses.
    pub fn chosen(&self, spec: &FeatureSpec) -> Result<Self, ExperimentError> {
        if self.failure.is_some() {
            return Ok(self.clone());
        }
        let Some(columns) = choose(spec, &self.table.columns)? else {
            let (table, frames) = (self.table.clone(), self.frames.clone());
            return Ok(Self { table, frames, record: self.record.clone(), failure: self.failure.clone() });
        };
        let table = self.table.select_columns(&columns)?;
        let definition = format!("{}\nof these {}", self.record.definition, columns.join(","));
        let record = TableRecord {
            hash: keyed_digest(&table, self.frames.as_deref()),
            definition,
            columns: table.columns.len(),
            ..self.record.clone()
        };
        Ok(Self { table, frames: self.frames.clone(), record, failure: None })
    }
}

/// A row whose embedding has no weights fails, and the others go on.
pub fn or_failure(
    outcome: Result<KeyedTable, ExperimentError>,
    catalog: &Catalog,
) -> Result<KeyedTable, ExperimentError> {
    let failure = match outcome {
        Err(error @ ExperimentError::Embedding(_)) if !error.is_usage() => error.to_string(),
        other => return other,
    };
    let table = frame_sets::bare_table(catalog, &(0..catalog.clips.len()).collect::<Vec<_>>())?;
    let record = TableRecord {
        hash: digest(failure.as_bytes()),
        definition: format!("not computed: {failure}"),
        columns: 0,
        rows: 0,
        from_cache: 0,
        wall_seconds: 0.0,
        cpu_seconds: 0.0,
    };
    Ok(KeyedTable { table, frames: None, record, failure: Some(failure) })
}

pub fn keyed_digest(table: &FeatureTable, frames: Option<&FrameSet>) -> String {
    match frames {
        Some(frames) => digest(format!("{} {}", table_digest(table), frames.digest()).as_bytes()),
        None => table_digest(table),
    }
}
