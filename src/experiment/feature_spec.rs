//! `features = { … }` of an experiment: which features, of which part of a clip.

use serde::{Deserialize, Serialize};

use crate::audio::Cut;

/// Which features, of which part of a clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeatureSpec {
    /// A named set (`genrebench list sets`).
    pub set: Option<String>,
    /// Or features by name (`genrebench list features`).
    pub list: Option<Vec<String>>,
    /// Statistics for `list`; all seven when silent.
    pub statistics: Option<Vec<String>>,
    /// The columns to use, of the set, list or table; all when silent. `mfcc*` takes every column that so begins.
    pub columns: Option<Vec<String>>,
    pub rate_hz: u32,
    pub offset_seconds: f64,
    /// Longer clips are cut to this length; shorter ones are used as they are.
    pub seconds: Option<f64>,
    /// Which part of a longer clip is kept.
    pub cut: Cut,
}

impl Default for FeatureSpec {
    fn default() -> Self {
        Self {
            set: None,
            list: None,
            statistics: None,
            columns: None,
            rate_hz: 22_050,
            offset_seconds: 0.0,
            seconds: None,
            cut: Cut::Start,
        }
    }
}
