//! CSV tables. Written (row_sink.rs) through polars with the shortest digits that read back to the same f64, missing
//! values empty; read a row at a time, so that whatever is wrong is named with its line and column.

use std::path::Path;

use super::columns::{ReadTable, Roles, row_id};
use super::error::{Place, TableError};
use super::fma_header::{self, fma_clip, fma_names};
use super::growing_table::{GrowingTable, TableRow};
use crate::datasets::{MISSING, Record, Records, TableColumns, given, no_label};

pub(super) fn read(path: &Path, wanted: &TableColumns) -> Result<ReadTable, TableError> {
    let delimited = |source| TableError::Delimited { path: path.to_path_buf(), source };
    let file = |message: &str| TableError::File { path: path.to_path_buf(), message: message.to_string() };
    let mut records =
        Records::open(path).map_err(|source| TableError::Read { path: path.to_path_buf(), source })?;
    let mut header = Record::default();
    if !records.read(&mut header).map_err(delimited)? {
        return Err(file("is empty; expected a line of column names and a row a clip"));
    }
    let of_fma = fma_names(path);
    let is_of_fma = of_fma.is_some();
    let names: Vec<String> = match of_fma {
        Some(names) => {
            let mut line = Record::default();
            for _ in 1..fma_header::LINES {
                records.read(&mut line).map_err(delimited)?;
            }
            names
        }
        None => header.fields.iter().map(|name| name.trim().to_string()).collect(),
    };
    let roles = Roles::of(path, &names, wanted)?;
    let mut features = Features::new(path, &names, &roles.features);
    let mut table = GrowingTable::new(roles.features.iter().map(|&place| names[place].clone()).collect())
        .map_err(|error| file(&error.to_string()))?;
    let mut lines = Vec::new();
    let mut record = Record::default();
    while records.read(&mut record).map_err(delimited)? {
        let place = Place::Line(record.line);
        let row = |message: String| TableError::Row { path: path.to_path_buf(), place, message };
        if record.fields.len() != names.len() {
            let (found, wanted) = (record.fields.len(), names.len());
            return Err(row(format!("{found} fields where the line of column names has {wanted}")));
        }
        let said = |role: Option<usize>| given(&record.fields[role?]);
        let label = said(roles.label);
        if let Some(place) = roles.label.filter(|_| label.is_none() && !wanted.unlabelled) {
            return Err(row(format!("column {}: {}", names[place], no_label(&record.fields[place]))));
        }
        let clip_id = roles.id.map_or_else(|| row_id(table.len()), |place| record.fields[place].clone());
        if clip_id.trim().is_empty() {
            return Err(row("the clip id is empty".to_string()));
        }
        let clip_id = if is_of_fma { fma_clip(&clip_id) } else { clip_id };
        let values = features.read(&record)?;
        let (label, group, fold) = (label.unwrap_or_default(), said(roles.group), said(roles.fold));
        lines.push(record.line);
        table.push(TableRow { clip_id, label, group, fold, values }).map_err(|error| match error {
            TableError::DuplicateId { id, first, .. } => {
                row(format!("clip id '{id}' stands in line {} already; ids must be unique", lines[first - 1]))
            }
            other => other,
        })?;
    }
    features.finish()?;
    if table.is_empty() {
        return Err(file("has a line of column names and no row"));
    }
    Ok(ReadTable { table: table.finish()?, notes: roles.notes })
}

/// Reads the numbers of a row, and tells a column of text (nothing in it is a number) from a wrong cell.
struct Features<'a> {
    path: &'a Path,
    names: &'a [String],
    places: &'a [usize],
    numbers_seen: Vec<bool>,
    /// The first cell of each column that is neither a number nor missing.
    text_seen: Vec<Option<(u64, String)>>,
}

impl<'a> Features<'a> {
    fn new(path: &'a Path, names: &'a [String], places: &'a [usize]) -> Self {
        let count = places.len();
        Self { path, names, places, numbers_seen: vec![false; count], text_seen: vec![None; count] }
    }

    fn read(&mut self, record: &Record) -> Result<Vec<f64>, TableError> {
        let mut values = Vec::with_capacity(self.places.len());
        for (column, &place) in self.places.iter().enumerate() {
            let text = record.fields[place].trim();
            let value = match text.parse::<f64>() {
                Ok(value) => {
                    self.numbers_seen[column] = true;
                    value
                }
                Err(_) if MISSING.contains(&text) => f64::NAN,
                Err(_) => {
                    self.text_seen[column].get_or_insert_with(|| (record.line, text.to_string()));
                    f64::NAN
                }
            };
            if self.numbers_seen[column] && self.text_seen[column].is_some() {
                return Err(self.wrong_cell(column));
            }
            values.push(value);
        }
        Ok(values)
    }

    fn wrong_cell(&self, column: usize) -> TableError {
        let (line, text) = self.text_seen[column].clone().unwrap_or_default();
        let column = self.names[self.places[column]].clone();
        TableError::NotANumber { path: self.path.to_path_buf(), place: Place::Line(line), column, text }
    }

    fn finish(&self) -> Result<(), TableError> {
        let text: Vec<_> =
            (0..self.places.len()).filter(|&column| self.text_seen[column].is_some()).collect();
        if text.is_empty() {
            return Ok(());
        }
        let columns = text.into_iter().map(|column| self.names[self.places[column]].clone()).collect();
        Err(TableError::TextColumns { path: self.path.to_path_buf(), columns })
    }
}
