//! TableSource: a table that someone else made, and what its columns mean.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Which column means what in a table that someone else made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableColumns {
    /// Where not named: `label`, `labels`, `genre`, `class`, `target` or `y`, whichever comes first.
    pub label: Option<String>,
    /// Where not named: `clip_id`, or else the row number.
    pub id: Option<String>,
    /// Where not named: `group`, if there is one. Or a rule that takes it from the ids.
    pub group: Option<String>,
    /// Where not named: `fold`, if there is one.
    pub fold: Option<String>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// The file that holds the labels, for NPY one a row, for other kinds by the clips' names.
    pub labels: Option<PathBuf>,
    /// Whether a table without labels will do, because the clips' own are known.
    #[serde(default)]
    pub unlabelled: bool,
}

/// A table to be read, and its columns' meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSource {
    pub path: PathBuf,
    pub columns: TableColumns,
}
