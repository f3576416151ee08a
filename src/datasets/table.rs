//! `table`: features that someone computed; names the file and its columns, which the table room then reads.

use std::path::PathBuf;

use serde::Deserialize;

use super::dataset::{Dataset, DatasetOption, Opened, parse, required_path};
use super::error::DatasetError;
use super::extensions::is_audio;
use super::table_source::{TableColumns, TableSource};

pub const DATASET: Dataset = Dataset {
    name: "table",
    summary: "features someone computed: a CSV, Parquet, NPZ or NPY file with a label column",
    options: &[
        DatasetOption::path(
            "path",
            "the file: .csv, .parquet, .npz with arrays X, y, and ids, groups, folds, columns where there are, or .npy",
        ),
        DatasetOption::new(
            "label",
            "column (or NPZ array) of the labels; unless told the first of label, labels, genre, class, target, y \
             (NPZ: y, labels, label, Y, genre, target)",
        ),
        DatasetOption::new(
            "id",
            "column of the clip ids; unless told clip_id, filename, file, track_id or id, else row numbers",
        ),
        DatasetOption::new(
            "group",
            "column of the groups (artist or source); unless told group or artist, if there is one. Or where they are in the ids: \
             \"before_last:.\" (the id up to its last . before any ending) or \"before: - \" (up to the first)",
        ),
        DatasetOption::new(
            "fold",
            "column of the official folds (or sides); unless told fold or split, if there is one",
        ),
        DatasetOption::new("drop", "list of columns to leave out"),
        DatasetOption::path(
            "labels",
            "the file of the labels, where they stand elsewhere: for .npy another .npy, text with one a line, or a CSV with a \
             line of names; for other kinds a CSV with the clips' names and labels (clip_id, label, group, fold)",
        ),
    ],
    check: |options| parse::<Table>("table", options).map(drop),
    open,
};

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
        let expected =
            "expected a .csv, .parquet, .npz or .npy file; say with --data FILE where it lies".to_string();
        return Err(DatasetError::NotFound { path, expected });
    }
    if is_audio(&path) {
        let message = "this is sound, not a table; use the data set 'folder' for sound files".to_string();
        return Err(DatasetError::Layout { path, message });
    }
    let Table { label, id, group, fold, drop, labels, .. } = spec;
    Ok(Opened::Table(TableSource {
        path,
        columns: TableColumns { label, id, group, fold, drop, labels, unlabelled: false },
    }))
}
