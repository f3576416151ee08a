//! A table's file is read by its kind (content first, then extension) and written by its extension.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::columns::ReadTable;
use super::error::TableError;
use super::feature_table::FeatureTable;
use super::{csv, npz, parquet};
use crate::datasets::TableColumns;
use crate::disk::write_atomically;
use crate::spelling::nearest;

const EXTENSIONS: [&str; 3] = ["csv", "parquet", "npz"];

/// Reads CSV, Parquet, NPZ (arrays `X`, `y`, and `ids`, `groups`, `folds`, `columns` where there are) or
/// NPY (a matrix; `columns.labels` names the file of the labels).
pub fn read_table(path: &Path, columns: &TableColumns) -> Result<ReadTable, TableError> {
    let mut start = Vec::new();
    let opened = File::open(path).and_then(|file| file.take(6).read_to_end(&mut start));
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
    let fill = writer(path)?;
    Ok(write_atomically(path, |out| fill(table, out))?)
}

/// Whether a table can be written under that name.
pub fn check_table_path(path: &Path) -> Result<(), TableError> {
    writer(path).map(drop)
}

type Writer = fn(&FeatureTable, &mut io::BufWriter<File>) -> io::Result<()>;

fn writer(path: &Path) -> Result<Writer, TableError> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    match extension.as_str() {
        "csv" => Ok(csv::write),
        "parquet" => Ok(parquet::write),
        "npz" => Ok(npz::write),
        other => {
            let meant =
                nearest(other, EXTENSIONS).map(|e| format!(" (did you mean .{e}?)")).unwrap_or_default();
            let message = match other {
                "" => "end the name in .csv, .parquet or .npz to say how the table is written".to_string(),
                other => format!("a table is written as .csv, .parquet or .npz, not '.{other}'{meant}"),
            };
            Err(TableError::File { path: path.to_path_buf(), message })
        }
    }
}
