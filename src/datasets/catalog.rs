//! Clip, Finding and Catalog: what opening a data set of sound files gives.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::error::DatasetError;
use super::synth::SynthSpec;

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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClipSource {
    File(PathBuf),
    /// Rendered on demand by the synthetic corpus from this clip number.
    Synthetic(usize),
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Anything,
    /// Clips that the data set has and that are not there, or the other way round.
    Count,
    /// Clips that are known to be faulty wherever the data set is.
    KnownFaults,
}

/// Something about a data set that its user should know, with all that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub about_what: About,
    pub message: String,
    /// Clip ids, files or folders.
    pub about: Vec<String>,
}

impl Finding {
    pub fn new(message: impl Into<String>, about: Vec<String>) -> Self {
        Self { about_what: About::Anything, message: message.into(), about }
    }

    pub fn count(message: impl Into<String>, about: Vec<String>) -> Self {
        Self { about_what: About::Count, ..Self::new(message, about) }
    }

    pub fn known_faults(message: impl Into<String>, about: Vec<String>) -> Self {
        Self { about_what: About::KnownFaults, ..Self::new(message, about) }
    }
}

/// The message and the first five of what it is about.
impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        out.write_str(&self.message)?;
        if self.about.is_empty() {
            return Ok(());
        }
        write!(out, ": {}", self.about[..self.about.len().min(SHOWN)].join(", "))?;
        match self.about.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(out, " and {more} more"),
        }
    }
}

/// The clips of a data set, sorted by id.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    pub name: String,
    pub clips: Vec<Clip>,
    pub notes: Vec<Finding>,
    /// The recipe of invented sounds, which every report must name as such.
    pub synth: Option<SynthSpec>,
}

impl Catalog {
    /// Sorts by id and refuses duplicate ids, no clip at all, and a single class.
    pub fn new(name: &str, mut clips: Vec<Clip>, notes: Vec<Finding>) -> Result<Self, DatasetError> {
        clips.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| a.source_name().cmp(&b.source_name())));
        if let Some(pair) = clips.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(DatasetError::DuplicateId {
                id: pair[0].id.clone(),
                first: pair[0].source_name(),
                second: pair[1].source_name(),
            });
        }
        let catalog = Self { name: name.to_string(), clips, notes, synth: None };
        let counts = catalog.class_counts();
        match counts.len() {
            0 => Err(DatasetError::NoClips { dataset: name.to_string() }),
            1 => Err(DatasetError::OneClass {
                dataset: name.to_string(),
                class: counts.into_keys().next().unwrap_or_default(),
                clips: catalog.clips.len(),
            }),
            _ => Ok(catalog),
        }
    }

    /// Whether the sounds are invented.
    pub fn is_synthetic(&self) -> bool {
        self.synth.is_some()
    }

    /// Clips by class, in the order of the class names.
    pub fn class_counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for clip in &self.clips {
            *counts.entry(clip.label.clone()).or_insert(0) += 1;
        }
        counts
    }
}

impl Clip {
    pub(super) fn source_name(&self) -> String {
        match &self.source {
            ClipSource::File(path) => path.display().to_string(),
            ClipSource::Synthetic(number) => format!("synthetic clip {number}"),
        }
    }
}
