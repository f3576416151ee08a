//! A table's file that rows are written to as they are computed, so that a table need not be in memory as a whole.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{CsvWriter, SerWriter};

use super::error::TableError;
use super::feature_table::FeatureTable;
use super::growing_table::{GrowingTable, TableRow};
use super::{npz, parquet};
use crate::disk::write_atomically;
use crate::spelling::nearest;

const EXTENSIONS: [&str; 3] = ["csv", "parquet", "npz"];

/// Rows that become text at a time.
const CSV_ROWS: usize = 64;

/// Rows of a row group.
const PARQUET_ROWS: usize = 512;

#[derive(Clone, Copy)]
enum Kind {
    Csv,
    Parquet,
    Npz,
}

/// Writes `path` (`.csv`, `.parquet` or `.npz`) whole or not at all; `fill` hands the sink one row after another, at
/// most `rows`. An error of the sink is the writing's own, and `fill` should return it as it is. Columns: clip_id,
/// label, group, fold, features.
///
/// NPZ has its matrix's size in front of the matrix: it alone keeps every row until the end.
pub fn write_rows(
    path: &Path,
    columns: &[String],
    rows: usize,
    fill: impl FnOnce(&mut RowSink<'_>) -> io::Result<()>,
) -> Result<(), TableError> {
    let kind = kind(path)?;
    let mut waiting = GrowingTable::new(columns.to_vec())?;
    if matches!(kind, Kind::Npz) {
        waiting.reserve(rows);
    }
    write_atomically(path, |out| {
        let into = match kind {
            Kind::Csv => Format::Csv { out, begun: false },
            Kind::Parquet => Format::Parquet(parquet_sink(out, columns)?),
            Kind::Npz => Format::Npz(out),
        };
        let mut sink = RowSink { columns, waiting, seen: HashMap::new(), into };
        fill(&mut sink)?;
        sink.finish()
    })?;
    Ok(())
}

/// Whether a table can be written under that name.
pub fn check_table_path(path: &Path) -> Result<(), TableError> {
    kind(path).map(drop)
}

fn kind(path: &Path) -> Result<Kind, TableError> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    match extension.as_str() {
        "csv" => Ok(Kind::Csv),
        "parquet" => Ok(Kind::Parquet),
        "npz" => Ok(Kind::Npz),
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

/// Where [`write_rows`] puts the rows.
pub struct RowSink<'a> {
    columns: &'a [String],
    /// Rows that wait until there are enough to be written.
    waiting: GrowingTable,
    /// Clip ids and their rows.
    seen: HashMap<String, usize>,
    into: Format<'a>,
}

enum Format<'a> {
    Csv { out: &'a mut BufWriter<File>, begun: bool },
    Parquet(Box<BatchedWriter<&'a mut BufWriter<File>>>),
    Npz(&'a mut BufWriter<File>),
}

fn parquet_sink<'a>(
    out: &'a mut BufWriter<File>,
    columns: &[String],
) -> io::Result<Box<BatchedWriter<&'a mut BufWriter<File>>>> {
    let empty = GrowingTable::new(columns.to_vec()).and_then(GrowingTable::finish);
    let frame = parquet::data_frame(&empty.map_err(io::Error::other)?).map_err(io::Error::other)?;
    Ok(Box::new(parquet::writer(out).batched(frame.schema()).map_err(io::Error::other)?))
}

impl RowSink<'_> {
    pub fn push(&mut self, row: TableRow) -> io::Result<()> {
        let place = self.seen.len();
        if let Some(first) = self.seen.insert(row.clip_id.clone(), place) {
            let (first, second) = (first + 1, place + 1);
            return Err(io::Error::other(TableError::DuplicateId { id: row.clip_id, first, second }));
        }
        self.waiting.push(row).map_err(io::Error::other)?;
        let enough = match self.into {
            Format::Csv { .. } => CSV_ROWS,
            Format::Parquet(_) => PARQUET_ROWS,
            Format::Npz(_) => usize::MAX,
        };
        if self.waiting.len() >= enough {
            let group = self.take()?;
            self.write(&group)?;
        }
        Ok(())
    }

    fn take(&mut self) -> io::Result<FeatureTable> {
        let empty = GrowingTable::new(self.columns.to_vec()).map_err(io::Error::other)?;
        std::mem::replace(&mut self.waiting, empty).finish().map_err(io::Error::other)
    }

    fn write(&mut self, group: &FeatureTable) -> io::Result<()> {
        match &mut self.into {
            Format::Csv { out, begun } => {
                let mut frame = parquet::data_frame(group).map_err(io::Error::other)?;
                let header = !std::mem::replace(begun, true);
                CsvWriter::new(out).include_header(header).finish(&mut frame).map_err(io::Error::other)
            }
            Format::Parquet(writer) => {
                let frame = parquet::data_frame(group).map_err(io::Error::other)?;
                writer.write_batch(&frame).map_err(io::Error::other)
            }
            Format::Npz(out) => npz::write(group, out),
        }
    }

    fn finish(mut self) -> io::Result<()> {
        let rest = self.take()?;
        // a table without a row is a header, or an empty group
        if !rest.is_empty() || self.seen.is_empty() {
            self.write(&rest)?;
        }
        match self.into {
            Format::Parquet(writer) => writer.finish().map(drop).map_err(io::Error::other),
            Format::Csv { .. } | Format::Npz(_) => Ok(()),
        }
    }
}
