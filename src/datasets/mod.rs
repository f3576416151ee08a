//! Floor 1: where the clips of a data set are, and what their labels, groups and official folds are.
//!
//! One file a data set and one line in [`DATASETS`]; opening one gives a [`Catalog`] (clips to listen to)
//! or, for features that someone else computed, a [`TableSource`].

mod catalog;
mod delimited;
mod error;
mod esc10;
mod files;
mod fma_small;
mod folder;
mod gtzan;
mod loose;
mod names;
mod spec;
mod table;
pub mod synth;

pub use catalog::{Catalog, Clip, ClipSource, Finding};
pub use delimited::{DelimitedError, Record, Records};
pub use error::DatasetError;
pub use files::{AUDIO_EXTENSIONS, is_audio};
pub use loose::loose_files;
pub use names::{ClipNames, file_stem};
pub use spec::{Dataset, DatasetOption, DatasetSpec, Opened};
pub use table::{TableColumns, TableSource};

/// Every data set, in the order in which they are listed.
pub const DATASETS: &[Dataset] =
    &[synth::DATASET, folder::DATASET, table::DATASET, gtzan::DATASET, fma_small::DATASET, esc10::DATASET];

#[cfg(test)]
mod tests;
