//! Floor 1: where the clips of a data set are, and what their labels, groups and official folds are.

pub mod synth;

use std::path::PathBuf;

/// One clip of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// Unique in its data set and stable across machines (a relative path with `/`, or a track id).
    pub id: String,
    pub label: String,
    /// Artist or source: clips of one group must not stand on two sides of a split.
    pub group: Option<String>,
    /// The data set's own fold or split name ("1"…"5", "train", "validation", "test").
    pub fold: Option<String>,
    pub source: ClipSource,
}

/// Where a clip's sound comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClipSource {
    File(PathBuf),
    /// Rendered on demand by the synthetic corpus from this clip number.
    Synthetic(usize),
}
