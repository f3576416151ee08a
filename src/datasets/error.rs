//! What can be wrong with a data set, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use super::delimited::DelimitedError;
use crate::spelling::did_you_mean;

#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    #[error("no data set is called '{name}'{}; there are: {known}", did_you_mean(suggestion))]
    UnknownDataset { name: String, suggestion: Option<String>, known: String },

    #[error(
        "a data set needs a name, such as dataset = {{ name = \"folder\", path = \"music\" }}; there are: {known}"
    )]
    NoName { known: String },

    #[error("data set {dataset} has no option '{option}'{}; it has: {known}", did_you_mean(suggestion))]
    UnknownOption { dataset: String, option: String, suggestion: Option<String>, known: String },

    #[error("data set {dataset}: {message}")]
    BadOption { dataset: String, message: String },

    #[error(
        "data set {dataset} does not know where its files are: give path = \"…\" in the experiment or --data DIR"
    )]
    NoPath { dataset: String },

    #[error(
        "the path {} is not UTF-8, which an experiment cannot name; give the folder another name, or a link to it",
        path.display()
    )]
    NotUtf8 { path: PathBuf },

    #[error("{} {}: {expected}", path.display(), what_is_there(path))]
    NotFound { path: PathBuf, expected: String },

    #[error("{} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error("{}, {source}", path.display())]
    Delimited { path: PathBuf, source: DelimitedError },

    #[error("{}, line {line}: {message}", path.display())]
    Row { path: PathBuf, line: u64, message: String },

    #[error(
        "{} has no column '{column}'{}; expected {expected}; its columns are: {found}",
        path.display(),
        meant_to_be_it(suggestion)
    )]
    MissingColumn {
        path: PathBuf,
        column: String,
        /// The heading that may have been meant to be it.
        suggestion: Option<String>,
        expected: String,
        found: String,
    },

    #[error("{}: {message}", path.display())]
    Layout { path: PathBuf, message: String },

    #[error("no sound file below {searched}; known endings are {}", super::extensions::AUDIO_EXTENSIONS.join(", "))]
    NoSound { searched: String },

    #[error("data set {dataset} has no clip")]
    NoClips { dataset: String },

    #[error(
        "data set {dataset} has one class only, '{class}' ({clips} clips): nothing can be told apart; add a second class"
    )]
    OneClass { dataset: String, class: String, clips: usize },

    #[error("clip id '{id}' stands twice: {first} and {second}; remove or rename one of them")]
    DuplicateId { id: String, first: String, second: String },
}

fn meant_to_be_it(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map(|heading| format!(" (is `{heading}` meant to be it?)")).unwrap_or_default()
}

/// Why what stands at `path` is not what was expected there.
fn what_is_there(path: &Path) -> &'static str {
    match path.metadata() {
        Ok(found) if found.is_dir() => "is a folder",
        Ok(_) => "is a file",
        Err(_) => "is not there",
    }
}
