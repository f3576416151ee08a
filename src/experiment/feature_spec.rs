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
    /// Of these, the columns to use; all when silent. `mfcc*` takes every column that so begins.
    pub columns: Option<Vec<String>>,
    /// Of these, the columns of these features (`mfcc`, `tonnetz`) to use; all when silent.
    pub groups: Option<Vec<String>>,
    /// The columns of these features are left out.
    pub without: Option<Vec<String>>,
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
            groups: None,
            without: None,
            rate_hz: 22_050,
            offset_seconds: 0.0,
            seconds: None,
            cut: Cut::Start,
        }
    }
}

impl FeatureSpec {
    /// The same features with every column.
    pub fn whole(&self) -> Self {
        Self { columns: None, groups: None, without: None, ..self.clone() }
    }
}
