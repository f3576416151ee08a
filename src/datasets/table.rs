//! `table`: features that someone computed; names the file and its columns, which the table room then reads.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::spec::{Dataset, DatasetOption, Opened, parse, required_path};
use super::{DatasetError, files};

pub const DATASET: Dataset = Dataset {
    name: "table",
    summary: "features someone computed: a CSV, Parquet, NPZ or NPY file with a label column",
    options: &[
        DatasetOption::path("path", "the file (.csv, .parquet, .npz or .npy)"),
        DatasetOption::new("label", "column (or NPZ array) of the labels; \"label\" unless told"),
        DatasetOption::new("id", "column of the clip ids; row numbers unless told"),
        DatasetOption::new("group", "column of the groups (artist or source)"),
        DatasetOption::new("fold", "column of the official folds"),
        DatasetOption::new("drop", "list of columns to leave out"),
        DatasetOption::path("labels", "for .npy: the file of the labels (.npy, or text with one a line)"),
    ],
    check: |options| parse::<Table>("table", options).map(drop),
    open,
};

/// Which column means what in a table that someone else made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableColumns {
    /// Where not named: `label`, `labels`, `genre`, `class`, `target` or `y`, whichever comes first.
    pub label: Option<String>,
    /// Where not named: `clip_id`, or else the row number.
    pub id: Option<String>,
    /// Where not named: `group`, if there is one.
    pub group: Option<String>,
    /// Where not named: `fold`, if there is one.
    pub fold: Option<String>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// NPY only: the file that holds the labels.
    pub labels: Option<PathBuf>,
}

/// A table to be read, and its columns' meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSource {
    pub path: PathBuf,
    pub columns: TableColumns,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    path: Option<PathBuf>,
    label: Option<String>,
    id: Option<String>,
    group: Option<String>,
    fold: Option<String>,
    #[serde(default)]
    drop: Vec<String>,
    labels: Option<PathBuf>,
}

fn open(options: toml::Table) -> Result<Opened, DatasetError> {
    let spec: Table = parse("table", options)?;
    let path = required_path("table", spec.path)?;
    if !path.is_file() {
        let expected = "expected a .csv, .parquet, .npz or .npy file".to_string();
        return Err(DatasetError::NotFound { path, expected });
    }
    if files::is_audio(&path) {
        let message = "this is sound, not a table; use the data set 'folder' for sound files".to_string();
        return Err(DatasetError::Layout { path, message });
    }
    let Table { label, id, group, fold, drop, labels, .. } = spec;
    Ok(Opened::Table(TableSource { path, columns: TableColumns { label, id, group, fold, drop, labels } }))
}
