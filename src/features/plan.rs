//! What to extract: which features, which statistics of each, at which sample rate.

use super::analysis::Spectrum;
use super::error::FeatureError;
use super::moments::Statistic;
use super::registry::{Feature, Output, find};
use super::sets::SETS;
use crate::spelling::nearest;

/// librosa's default, at which every named set is defined.
pub const RATE_HZ: u32 = 22_050;

/// An ordered list of features with their statistics.
#[derive(Debug, Clone)]
pub struct FeaturePlan {
    /// The rate signals are to be resampled to before [`super::extract`].
    pub rate_hz: u32,
    entries: Vec<PlanEntry>,
}

/// One feature of a plan.
#[derive(Debug, Clone)]
pub struct PlanEntry {
    pub feature: &'static Feature,
    /// Empty for a feature of clip-level scalars.
    pub statistics: Vec<Statistic>,
}

impl FeaturePlan {
    /// The plan of a named set.
    pub fn from_set(name: &str) -> Result<Self, FeatureError> {
        let set = SETS.iter().find(|set| set.name == name).ok_or_else(|| FeatureError::UnknownSet {
            name: name.to_owned(),
            suggestion: nearest(name, SETS.iter().map(|set| set.name)),
        })?;
        Self::from_entries(set.entries.iter().map(|(name, statistics)| (*name, *statistics)))
    }

    /// The same statistics of each named feature; scalar features have none.
    pub fn from_list<S: AsRef<str>>(names: &[S], statistics: &[Statistic]) -> Result<Self, FeatureError> {
        Self::from_entries(names.iter().map(|name| (name.as_ref(), statistics)))
    }

    fn from_entries<'a>(
        asked: impl Iterator<Item = (&'a str, &'a [Statistic])>,
    ) -> Result<Self, FeatureError> {
        let mut entries: Vec<PlanEntry> = Vec::new();
        for (name, statistics) in asked {
            let feature = find(name)?;
            if entries.iter().any(|entry| entry.feature.name == feature.name) {
                return Err(FeatureError::AskedTwice { name: feature.name });
            }
            let statistics = match feature.output {
                Output::Frames { .. } if statistics.is_empty() => return Err(FeatureError::NothingAsked),
                Output::Frames { .. } => {
                    let mut once: Vec<Statistic> = Vec::new();
                    for statistic in statistics {
                        if !once.contains(statistic) {
                            once.push(*statistic);
                        }
                    }
                    once
                }
                Output::Scalars { .. } => Vec::new(),
            };
            entries.push(PlanEntry { feature, statistics });
        }
        if entries.is_empty() {
            return Err(FeatureError::NothingAsked);
        }
        Ok(Self { rate_hz: RATE_HZ, entries })
    }

    /// The same plan at another sample rate.
    pub fn at_rate_hz(mut self, rate_hz: u32) -> Self {
        self.rate_hz = rate_hz;
        self
    }

    /// Its features, in the order of their columns.
    pub fn entries(&self) -> &[PlanEntry] {
        &self.entries
    }

    /// The richest form of the spectrum that any of its features reads.
    pub fn spectrum(&self) -> Spectrum {
        self.entries.iter().map(|entry| entry.feature.spectrum).max().unwrap_or(Spectrum::Unused)
    }

    /// The name of every number [`super::extract`] gives: `mfcc.mean.03`, `tempo`, `power.harmonic`.
    pub fn columns(&self) -> Vec<String> {
        let mut columns = Vec::new();
        for entry in &self.entries {
            match entry.feature.output {
                Output::Scalars { names, .. } => columns.extend(names.iter().map(|name| (*name).to_owned())),
                Output::Frames { rows, .. } => {
                    for statistic in &entry.statistics {
                        columns.extend(
                            (0..rows)
                                .map(|row| format!("{}.{}.{row:02}", entry.feature.name, statistic.name())),
                        );
                    }
                }
            }
        }
        columns
    }

    /// The plan as one canonical text with every definition's version: equal texts give equal numbers.
    pub fn definition(&self) -> String {
        let mut text = format!("rate_hz={}", self.rate_hz);
        for entry in &self.entries {
            let statistics: Vec<&str> = entry.statistics.iter().map(|statistic| statistic.name()).collect();
            text += &format!("\n{} v{} {}", entry.feature.name, entry.feature.version, statistics.join(","));
        }
        text
    }
}
