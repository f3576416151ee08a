//! Parquet tables, through polars: zstd, with statistics, missing values as nulls.
//!
//! What polars knows of a foreign file is checked before it reads, since it panics on types it was built
//! without; a damaged file that makes it panic all the same is reported as damaged.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use ndarray::Array2;
use polars::prelude::*;

use super::columns::{ReadTable, Roles, given, row_id};
use super::error::{Place, TableError};
use super::feature_table::{FeatureTable, OWN_COLUMNS};
use crate::datasets::TableColumns;
use crate::guarded::guarded;

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
    let frame = read_frame(path, |names| {
        let roles = Roles::of(path, names, wanted)?;
        let own = [Some(roles.label), roles.id, roles.group, roles.fold].into_iter().flatten();
        let mut places: Vec<usize> = own.chain(roles.features.iter().copied()).collect();
        places.sort_unstable();
        places.dedup();
        found = Some(roles.among(&places));
        Ok(places)
    })?;
    let file = |message: String| TableError::File { path: path.to_path_buf(), message };
    let roles = found.ok_or_else(|| file("has no columns".to_string()))?;
    let names: Vec<String> = frame.columns().iter().map(|column| column.name().to_string()).collect();
    let rows = frame.height();
    if rows == 0 {
        return Err(file("has columns and no row".to_string()));
    }
    let columns: Vec<String> = roles.features.iter().map(|&place| names[place].clone()).collect();
    let text_columns: Vec<String> = roles
        .features
        .iter()
        .filter(|&&place| frame.columns()[place].dtype() == &DataType::String)
        .map(|&place| names[place].clone())
        .collect();
    if !text_columns.is_empty() {
        return Err(TableError::TextColumns { path: path.to_path_buf(), columns: text_columns });
    }
    let mut values = Array2::from_elem((rows, columns.len()), f64::NAN);
    for (&place, mut into) in roles.features.iter().zip(values.columns_mut()) {
        let column = frame.columns()[place]
            .cast(&DataType::Float64)
            .map_err(|error| file(format!("column {}: {error}", names[place])))?;
        let numbers = column.f64().map_err(|error| file(format!("column {}: {error}", names[place])))?;
        for (slot, value) in into.iter_mut().zip(numbers.iter()) {
            *slot = value.unwrap_or(f64::NAN);
        }
    }
    let text = |place: usize| text_of(path, &frame.columns()[place]);
    let required = |place: usize, what: &str| {
        let cells = text(place)?.into_iter().enumerate();
        cells
            .map(|(row, cell)| {
                let message = || format!("column {}: the {what} is missing", names[place]);
                let place = Place::Row(row + 1);
                cell.ok_or_else(|| TableError::Row { path: path.to_path_buf(), place, message: message() })
            })
            .collect::<Result<Vec<_>, _>>()
    };
    let labels = required(roles.label, "label")?;
    let clip_ids = match roles.id {
        Some(place) => required(place, "clip id")?,
        None => (0..rows).map(row_id).collect(),
    };
    let optional = |place: Option<usize>| place.map_or_else(|| Ok(vec![None; rows]), text);
    let (groups, folds) = (optional(roles.group)?, optional(roles.fold)?);
    let table = FeatureTable::new(clip_ids, labels, groups, folds, columns, values)
        .map_err(|error| file(error.to_string()))?;
    Ok(ReadTable { table, notes: roles.notes })
}

/// Reads the columns that `choose` picks by place.
pub(super) fn read_frame(
    path: &Path,
    choose: impl FnOnce(&[String]) -> Result<Vec<usize>, TableError>,
) -> Result<DataFrame, TableError> {
    let damaged = |message: String| TableError::File {
        path: path.to_path_buf(),
        message: format!("is not a Parquet file that can be read: {message}"),
    };
    let file = File::open(path).map_err(|source| TableError::Read { path: path.to_path_buf(), source })?;
    let mut reader = ParquetReader::new(file);
    let opened = guarded(|| {
        // Without the writer's own notes on types a pandas category is the text that it holds.
        let mut metadata = reader.get_metadata()?.as_ref().clone();
        metadata.key_value_metadata = None;
        reader.set_metadata(Arc::new(metadata));
        reader.schema()
    });
    let schema = opened
        .map_err(|_| damaged("its footer is damaged".to_string()))?
        .map_err(|error| damaged(error.to_string()))?;
    let names: Vec<String> = schema.iter_names().map(|name| name.to_string()).collect();
    let chosen = choose(&names)?;
    for (place, field) in schema.iter_values().enumerate().filter(|(place, _)| chosen.contains(place)) {
        let kind = field.dtype();
        if !is_readable(kind) {
            let name = &names[place];
            let message = format!(
                "column {name} is of type {kind:?}, which is not read here; save it as float64, int64 or text, or leave it out with drop = [\"{name}\"]"
            );
            return Err(TableError::File { path: path.to_path_buf(), message });
        }
    }
    guarded(|| reader.with_projection(Some(chosen)).read_parallel(ParallelStrategy::None).finish())
        .map_err(|_| damaged("its pages are damaged".to_string()))?
        .map_err(|error| damaged(error.to_string()))
}

fn is_readable(kind: &ArrowDataType) -> bool {
    use ArrowDataType as Kind;
    matches!(
        kind,
        Kind::Float32
            | Kind::Float64
            | Kind::Int32
            | Kind::Int64
            | Kind::UInt32
            | Kind::UInt64
            | Kind::Boolean
            | Kind::Utf8
            | Kind::LargeUtf8
            | Kind::Utf8View
    )
}

/// Texts, or whole numbers as texts; an empty text is a missing one.
pub(super) fn text_of(path: &Path, column: &Column) -> Result<Vec<Option<String>>, TableError> {
    let wrong = |error: PolarsError| TableError::File {
        path: path.to_path_buf(),
        message: format!("column {} cannot name anything: {error}", column.name()),
    };
    match column.dtype() {
        DataType::String => {
            let texts = column.str().map_err(wrong)?;
            Ok(texts.iter().map(|text| text.map(str::to_string).and_then(given)).collect())
        }
        DataType::Float32 | DataType::Float64 => {
            let numbers = column.cast(&DataType::Float64).map_err(wrong)?;
            let numbers = numbers.f64().map_err(wrong)?;
            Ok(numbers.iter().map(|number| number.filter(|n| !n.is_nan()).map(|n| n.to_string())).collect())
        }
        _ => {
            let whole = column.cast(&DataType::Int64).map_err(wrong)?;
            let whole = whole.i64().map_err(wrong)?;
            Ok(whole.iter().map(|number| number.map(|n| n.to_string())).collect())
        }
    }
}
