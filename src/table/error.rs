//! What can be wrong with a table, a split or a preparation, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::datasets::{DatasetError, DelimitedError};
use crate::disk::WriteError;
use crate::spelling::did_you_mean;

/// Where in a file: a line of text, a row of a binary table (from 1), or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Line(u64),
    Row(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(out, "line {line}"),
            Self::Row(row) => write!(out, "row {row}"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("clip id '{id}' stands in rows {first} and {second}; ids must be unique")]
    DuplicateId { id: String, first: usize, second: usize },

    #[error("column '{column}' stands twice (columns {first} and {second}); column names must be unique")]
    DuplicateColumn { column: String, first: usize, second: usize },

    #[error("'{column}' is kept for the table itself and cannot name a feature; rename that column")]
    ReservedColumn { column: String },

    #[error("{what}: {found} where {wanted} are expected")]
    Size { what: String, found: usize, wanted: usize },

    #[error("no column '{column}'{}; the columns are: {known}", did_you_mean(suggestion))]
    NoColumn { column: String, suggestion: Option<String>, known: String },

    #[error("clip '{clip}' has {} in column {column}{}; {}", number(*value), more(*others), remedy(*value))]
    NotFinite { clip: String, column: String, value: f64, others: usize },

    #[error("{}: {message}", path.display())]
    File { path: PathBuf, message: String },

    #[error("{} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error("{}, {source}", path.display())]
    Delimited { path: PathBuf, source: DelimitedError },

    #[error("{}, {place}: {message}", path.display())]
    Row { path: PathBuf, place: Place, message: String },

    #[error("{}, {place}, column {column}: '{text}' is not a number", path.display())]
    NotANumber { path: PathBuf, place: Place, column: String, text: String },

    #[error("{}: {} not of numbers: {}; leave them out with drop = [{}], or say what they are with label, id, group or fold",
        path.display(), if columns.len() == 1 { "a column is" } else { "columns are" }, columns.join(", "), quoted(columns))]
    TextColumns { path: PathBuf, columns: Vec<String> },

    #[error("{} has no {role} column '{column}'{}; its columns are: {known}", path.display(), did_you_mean(suggestion))]
    MissingColumn {
        path: PathBuf,
        role: &'static str,
        column: String,
        suggestion: Option<String>,
        known: String,
    },

    #[error("{}: the labels are in none of the columns ({known}); name theirs with label = \"…\"", path.display())]
    NoLabelColumn { path: PathBuf, known: String },

    /// Of a list of labels.
    #[error(transparent)]
    Labels(#[from] Box<DatasetError>),

    #[error(transparent)]
    Write(#[from] WriteError),

    #[error("split: {message}")]
    SplitSpec { message: String },

    #[error("split: {message}")]
    Split { message: String },

    #[error("prepare: no step is called '{step}'{}; there are: {known}", did_you_mean(suggestion))]
    UnknownStep { step: String, suggestion: Option<String>, known: String },

    #[error("prepare: step '{step}': {message}")]
    PrepareStep { step: String, message: String },
}

fn number(value: f64) -> String {
    match value.is_nan() {
        true => "no value (NaN)".to_string(),
        false => format!("the value {value}"),
    }
}

fn more(others: usize) -> String {
    match others {
        0 => String::new(),
        _ => format!(" (and {others} more such cells)"),
    }
}

fn remedy(value: f64) -> &'static str {
    match value.is_nan() {
        true => "put \"impute\" first in prepare, or leave such clips or columns out",
        false => "correct the file, or leave such clips or columns out",
    }
}

fn quoted(columns: &[String]) -> String {
    columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ")
}

/// The first few of a long list, for a message.
pub(super) fn first_few(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// All columns of a narrow table, the first of a wide one.
pub(super) fn listed(columns: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 30;
    let shown: Vec<_> = columns.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match columns.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{}, … ({more} more)", shown.join(", ")),
    }
}
