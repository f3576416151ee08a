//! A table's file is read by its kind (content first, then extension) and written by its extension.

use std::io::Read;
use std::path::Path;

use super::columns::ReadTable;
use super::error::TableError;
use super::feature_table::FeatureTable;
use super::growing_table::TableRow;
use super::row_sink::write_rows;
use super::{csv, npz, parquet};
use crate::datasets::TableColumns;
use crate::disk::open_regular;

/// Reads CSV, Parquet, NPZ (arrays `X`, `y`, and `ids`, `groups`, `folds`, `columns` where there are) or
/// NPY (a matrix; `columns.labels` names the file of the labels).
pub fn read_table(path: &Path, columns: &TableColumns) -> Result<ReadTable, TableError> {
    let mut start = Vec::new();
    let opened = open_regular(path).and_then(|file| file.take(6).read_to_end(&mut start));
    opened.map_err(|source| TableError::Read { path: path.to_path_buf(), source })?;
    match start.as_slice() {
        [] => {
            let message = "is empty; expected a CSV, Parquet, NPZ or NPY table".to_string();
            Err(TableError::File { path: path.to_path_buf(), message })
        }
        [b'P', b'A', b'R', b'1', ..] => parquet::read(path, columns),
        [b'P', b'K', ..] => npz::read(path, columns),
        start if start.starts_with(b"\x93NUMPY") => npz::read_matrix(path, columns),
        _ => csv::read(path, columns),
    }
}

/// Writes `.csv`, `.parquet` or `.npz`, whole or not at all. Columns: clip_id, label, group, fold, features.
pub fn write_table(table: &FeatureTable, path: &Path) -> Result<(), TableError> {
    write_rows(path, &table.columns, table.len(), |sink| {
        (0..table.len()).try_for_each(|row| {
            sink.push(TableRow {
                clip_id: table.clip_ids[row].clone(),
                label: table.labels[row].clone(),
                group: table.groups[row].clone(),
                fold: table.folds[row].clone(),
                values: table.row(row).to_vec(),
            })
        })
    })
}
