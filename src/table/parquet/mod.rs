//! Parquet tables. Written through polars: zstd, with statistics, missing values as nulls; read by our own reader
//! (`file.rs` says why), whoever wrote them.

mod bits;
mod file;
mod rest;
#[cfg(test)]
mod tests;
mod thrift;
mod values;

use std::io::Write;
use std::path::Path;

use ndarray::{Array1, Array2};
use polars::prelude::*;

use self::file::ParquetFile;
use self::values::Values;
use super::columns::{ReadTable, Roles, row_id};
use super::error::{Place, TableError};
use super::feature_table::{FeatureTable, OWN_COLUMNS};
use crate::datasets::{TableColumns, given, no_label};
use crate::disk::read_regular;

/// Some rows of a table as polars has them: clip_id, label, group, fold, then the features.
pub(super) fn data_frame(rows: &FeatureTable) -> PolarsResult<DataFrame> {
    let mut columns = vec![
        Column::new(OWN_COLUMNS[0].into(), &rows.clip_ids),
        Column::new(OWN_COLUMNS[1].into(), &rows.labels),
        optional_text(OWN_COLUMNS[2], &rows.groups),
        optional_text(OWN_COLUMNS[3], &rows.folds),
    ];
    for (name, values) in rows.columns.iter().zip(rows.values.columns()) {
        let present = values.iter().map(|value| Some(*value).filter(|value| !value.is_nan()));
        columns.push(Float64Chunked::from_iter_options(name.as_str().into(), present).into_column());
    }
    DataFrame::new(rows.len(), columns)
}

fn optional_text(name: &str, values: &[Option<String>]) -> Column {
    StringChunked::from_iter_options(name.into(), values.iter().map(Option::as_deref)).into_column()
}

pub(super) fn writer<W: Write>(out: W) -> ParquetWriter<W> {
    ParquetWriter::new(out)
        .with_compression(ParquetCompression::Zstd(None))
        .with_statistics(StatisticsOptions::default())
}

pub(super) fn read(path: &Path, wanted: &TableColumns) -> Result<ReadTable, TableError> {
    let mut found = None;
    let choose = |names: &[String]| {
        let roles = Roles::of(path, names, wanted)?;
        let own = [roles.label, roles.id, roles.group, roles.fold].into_iter().flatten();
        let mut places: Vec<usize> = own.chain(roles.features.iter().copied()).collect();
        places.sort_unstable();
        places.dedup();
        found = Some(roles.among(&places));
        Ok(places)
    };
    let mut read = Vec::new();
    let rows = each_column(path, choose, |name, values| {
        read.push((name.to_string(), values));
        Ok(())
    })?;
    let file = |message: String| TableError::File { path: path.to_path_buf(), message };
    let roles = found.ok_or_else(|| file("has no columns".to_string()))?;
    if rows == 0 {
        return Err(file("has columns and no row".to_string()));
    }
    let columns: Vec<String> = roles.features.iter().map(|&place| read[place].0.clone()).collect();
    let mut text_columns = Vec::new();
    let mut values = Array2::from_elem((rows, columns.len()), f64::NAN);
    for (&place, mut into) in roles.features.iter().zip(values.columns_mut()) {
        let (name, column) = &read[place];
        match numbers_of(column) {
            Some(numbers) => into.assign(&Array1::from(numbers)),
            None => text_columns.push(name.clone()),
        }
    }
    if !text_columns.is_empty() {
        return Err(TableError::TextColumns { path: path.to_path_buf(), columns: text_columns });
    }
    let text = |place: usize| text_of(&read[place].1);
    // Of labels, groups and folds; an id is as it is.
    let trimmed = |cells: Vec<Option<String>>| -> Vec<Option<String>> {
        cells.into_iter().map(|cell| given(&cell?)).collect()
    };
    let required = |place: usize, cells: Vec<Option<String>>, what: fn(&str) -> String| {
        let cells = cells.into_iter().enumerate();
        cells
            .map(|(row, cell)| {
                let said = || text(place).swap_remove(row).unwrap_or_default();
                let message = || format!("column {}: {}", read[place].0, what(&said()));
                let place = Place::Row(row + 1);
                cell.ok_or_else(|| TableError::Row { path: path.to_path_buf(), place, message: message() })
            })
            .collect::<Result<Vec<_>, _>>()
    };
    let labels = match roles.label {
        Some(place) if wanted.unlabelled => {
            trimmed(text(place)).into_iter().map(Option::unwrap_or_default).collect()
        }
        Some(place) => required(place, trimmed(text(place)), no_label)?,
        None => vec![String::new(); rows],
    };
    let clip_ids = match roles.id {
        Some(place) => required(place, text(place), |_| "the clip id is missing".to_string())?,
        None => (0..rows).map(row_id).collect(),
    };
    let optional =
        |place: Option<usize>| place.map_or_else(|| vec![None; rows], |place| trimmed(text(place)));
    let (groups, folds) = (optional(roles.group), optional(roles.fold));
    let table = FeatureTable::new(clip_ids, labels, groups, folds, columns, values)
        .map_err(|error| file(error.to_string()))?;
    Ok(ReadTable { table, notes: roles.notes })
}

/// Hands out a file's columns that `choose` picks by place, one after the other, so that no two need to be in memory;
/// gives the number of rows.
pub(super) fn each_column(
    path: &Path,
    choose: impl FnOnce(&[String]) -> Result<Vec<usize>, TableError>,
    mut take: impl FnMut(&str, Values) -> Result<(), TableError>,
) -> Result<usize, TableError> {
    let file = |message: String| TableError::File { path: path.to_path_buf(), message };
    let damaged = |message: String| file(format!("is not a Parquet file that can be read: {message}"));
    let bytes = read_regular(path).map_err(|source| TableError::Read { path: path.to_path_buf(), source })?;
    let parquet = ParquetFile::open(&bytes).map_err(damaged)?;
    let names: Vec<String> = parquet.columns.iter().map(|column| column.name.clone()).collect();
    let chosen = choose(&names)?;
    for column in chosen.iter().map(|place| &parquet.columns[*place]) {
        if let Err(kind) = &column.kind {
            let name = &column.name;
            return Err(file(format!(
                "column {name} is of type {kind}, which is not read here; save it as float64, int64 or text, or leave it out with drop = [\"{name}\"]"
            )));
        }
    }
    let rows = parquet.rows_of(chosen.len()).map_err(damaged)?;
    let mut budget = parquet.budget();
    for &place in &chosen {
        take(&names[place], parquet.column(place, &mut budget).map_err(damaged)?)?;
    }
    Ok(rows)
}

/// Texts, or numbers as texts; an empty text is a missing one.
pub(super) fn text_of(column: &Values) -> Vec<Option<String>> {
    match column {
        Values::Text(texts) => {
            texts.iter().map(|text| text.clone().filter(|text| !text.is_empty())).collect()
        }
        Values::Real(numbers) => {
            numbers.iter().map(|number| (!number.is_nan()).then(|| as_text(*number))).collect()
        }
        Values::Whole(numbers) => numbers.iter().map(|number| number.map(|n| n.to_string())).collect(),
        Values::Truth(truths) => truths.iter().map(|truth| truth.map(|t| u8::from(t).to_string())).collect(),
    }
}

/// As it is written, but for one of so many digits that its power of ten is: the smallest has 326 letters.
fn as_text(number: f64) -> String {
    match number.abs() {
        0.0 | 1e-7..1e17 => number.to_string(),
        _ => format!("{number:e}"),
    }
}

/// Numbers, NaN where one is missing; none of a column of texts.
pub(super) fn numbers_of(column: &Values) -> Option<Vec<f64>> {
    Some(match column {
        Values::Text(_) => return None,
        Values::Real(numbers) => numbers.clone(),
        Values::Whole(numbers) => {
            numbers.iter().map(|number| number.map_or(f64::NAN, |number| number as f64)).collect()
        }
        Values::Truth(truths) => {
            truths.iter().map(|truth| truth.map_or(f64::NAN, |truth| f64::from(u8::from(truth)))).collect()
        }
    })
}
