//! Floor 1: where the clips of a data set are, and what their labels, groups and official folds are.
//!
//! One file a data set and one line in [`DATASETS`]; opening one gives a [`Catalog`] (clips to listen to)
//! or, for features that someone else computed, a [`TableSource`].

mod catalog;
mod dataset;
mod delimited;
mod error;
mod esc10;
mod extensions;
mod files;
mod fma_small;
mod folder;
mod group_rule;
mod gtzan;
mod headed;
mod label_list;
mod loose;
mod missing;
mod names;
mod sides;
mod spec;
pub mod synth;
mod table;
mod table_source;

pub use catalog::{About, Catalog, Clip, ClipSource, Finding};
pub use dataset::{Dataset, DatasetOption, Opened};
pub use delimited::{DelimitedError, Record, Records};
pub use error::DatasetError;
pub use extensions::{AUDIO_EXTENSIONS, is_audio};
pub use group_rule::{GroupRule, found_groups};
pub use label_list::{ClipLabel, LabelList, Labelled};
pub use loose::loose_files;
pub use missing::{MISSING, given, no_label};
pub use names::{ClipNames, entries_of_clips, file_stem, without_extension};
pub use sides::side_of;
pub use spec::DatasetSpec;
pub use table_source::{TableColumns, TableSource};

use crate::download::Publication;

/// Every data set, in the order in which they are listed.
pub const DATASETS: &[Dataset] = &[
    synth::DATASET,
    folder::DATASET,
    table::DATASET,
    gtzan::DATASET,
    fma_small::DATASET,
    esc10::DATASET,
    esc10::ESC50,
];

/// What `genrebench data fetch` brings from the publishers, in the order in which it is listed.
pub const PUBLICATIONS: &[Publication] =
    &[fma_small::SOUNDS, fma_small::METADATA, gtzan::SOUNDS, esc10::ESC10_SOUNDS, esc10::ESC50_SOUNDS];

#[cfg(test)]
mod tests;
