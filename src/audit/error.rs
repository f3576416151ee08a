//! What can be wrong with a claims file, a matrix file or the name of a paper.

use std::path::PathBuf;

use crate::datasets::DelimitedError;

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },

    #[error("{}, {source}", path.display())]
    Delimited { path: PathBuf, source: DelimitedError },

    #[error("{}{}: {message}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
    Mistake { path: PathBuf, line: Option<usize>, message: String },

    #[error("no row of the run is called as a system of {paper}; its systems: {systems}; the rows: {rows}")]
    NothingInCommon { paper: String, systems: String, rows: String },

    #[error("no paper called `{name}`{}; the built-in ones are {known}, or give the path of a claims file", suggestion.map(|known| format!(" (did you mean `{known}`?)")).unwrap_or_default())]
    UnknownPaper { name: String, suggestion: Option<&'static str>, known: String },
}
