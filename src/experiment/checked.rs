//! What `verify` is asked, and what it answers.

use std::path::PathBuf;

use serde::Serialize;

use super::FeatureCache;
use super::cell_key::CellKey;
use super::run::Run;

/// A run's folder, and how deep to look.
#[derive(Debug, Clone)]
pub struct VerifyRequest {
    /// The run's.
    pub folder: PathBuf,
    /// Where the data set lies, if not where it lay when the run was made.
    pub data: Option<PathBuf>,
    /// Where features of clips may be taken from.
    pub cache: Option<FeatureCache>,
    /// Compute every cell again instead of one.
    pub all: bool,
    /// Draws the one cell.
    pub seed: u64,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// Such as `files` or `cells`.
    pub name: &'static str,
    /// Whether nothing wrong was found.
    pub holds: bool,
    /// What was found, one line each.
    pub found: Vec<String>,
}

impl Check {
    pub fn of(name: &'static str, wrong: Vec<String>, right: String) -> Self {
        match wrong.is_empty() {
            true => Self { name, holds: true, found: vec![right] },
            false => Self { name, holds: false, found: wrong },
        }
    }
}

/// Whether the run has a sound record of the cell.
pub fn is_there(run: &Run, key: &CellKey) -> bool {
    run.cells.iter().any(|cell| cell.key == *key)
}

/// The cell as a person calls it.
pub fn place(key: &CellKey) -> String {
    format!("{} (repeat {}, fold {})", key.row, key.repeat, key.fold)
}
