//! What was seen of one clip on the way to its features.

use serde::{Deserialize, Serialize};

/// What was seen of one clip on the way.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ClipReport {
    pub clip_id: String,
    /// Hash of the file as it is on disk, or of the recipe of a synthetic clip.
    pub audio: String,
    pub format: String,
    pub rate_hz: u32,
    pub channels: usize,
    pub seconds: f64,
    /// Damage that was worked around.
    pub faults: Vec<String>,
}
