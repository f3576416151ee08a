//! What can stop an experiment, and whether the file or the world is to blame.

use std::path::PathBuf;

use crate::audio::AudioError;
use crate::datasets::DatasetError;
use crate::disk::WriteError;
use crate::embeddings::EmbeddingError;
use crate::features::FeatureError;
use crate::models::{DeviceError, ModelError};
use crate::table::TableError;

/// Why an experiment cannot be read, run, fitted or verified; the message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },

    #[error("cannot read the experiment {}: {source}", path.display())]
    ReadExperiment { path: PathBuf, source: std::io::Error },

    #[error(
        "{} already holds {holds}; give this experiment a folder of its own with --out",
        path.display()
    )]
    Occupied { path: PathBuf, holds: String },

    #[error("{}{}: {message}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
    Mistake { path: PathBuf, line: Option<usize>, message: String },

    #[error("no experiment called `{name}`{}; `genrebench list experiments` shows the built-in ones, and no file or folder is called so", suggestion.map(|known| format!(" (did you mean `{known}`?)")).unwrap_or_default())]
    UnknownExperiment { name: String, suggestion: Option<&'static str> },

    #[error("no row called `{name}`; the rows are: {rows}")]
    UnknownRow { name: String, rows: String },

    #[error(
        "cannot use {} as the output folder: {source}; choose one you may write to with --out",
        path.display()
    )]
    Output { path: PathBuf, source: std::io::Error },

    #[error(transparent)]
    Write(#[from] WriteError),

    #[error(transparent)]
    Dataset(#[from] DatasetError),

    #[error(transparent)]
    Audio(#[from] AudioError),

    #[error(transparent)]
    Feature(#[from] FeatureError),

    #[error(transparent)]
    Embedding(#[from] EmbeddingError),

    #[error(transparent)]
    Device(#[from] DeviceError),

    #[error(transparent)]
    Table(#[from] TableError),

    #[error("row `{row}`: {source}")]
    Model { row: String, source: ModelError },

    #[error("{message}")]
    Choice { message: String },

    #[error(
        "one recording, artist or source stands on both sides of the split:{found}\nwhat to do: {advice}; \
         or say {allow}, and the report carries the note"
    )]
    AcrossSplit { found: String, advice: String, allow: String },

    #[error("none of the {clips} clips could be used; the first: {first}")]
    NothingUsable { clips: usize, first: String },

    #[error(
        "{unread} of {clips} clips could not be read (first: {first}); is the disk there? The same command goes on"
    )]
    Unread { unread: usize, clips: usize, first: String },

    #[error("{reason}")]
    NoFeatures { reason: String },

    #[error("`{}` is not a run: {reason}", path.display())]
    NotARun { path: PathBuf, reason: String },

    #[error("{}: {reason}", path.display())]
    ModelFile { path: PathBuf, reason: String },

    #[error("{what} cannot run with the data set `table`, whose features are already numbers")]
    NeedsAudio { what: &'static str },
}

impl ExperimentError {
    /// True where the command or the experiment file is wrong by itself, whatever the data (exit code 2).
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Mistake { .. }
                | Self::Choice { .. }
                | Self::ReadExperiment { .. }
                | Self::Occupied { .. }
                | Self::Feature(_)
                | Self::Dataset(DatasetError::NotUtf8 { .. })
                | Self::Device(DeviceError::NotBuilt(_))
                | Self::Embedding(EmbeddingError::Unknown { .. } | EmbeddingError::Choice { .. })
                | Self::UnknownExperiment { .. }
                | Self::UnknownRow { .. }
                | Self::NeedsAudio { .. }
        )
    }
}
