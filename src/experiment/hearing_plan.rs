//! What a kept model hears of a song: columns, a matrix, or a matrix with columns beside it.

use super::frame_plan::FramePlan;
use super::{ExperimentError, ExtractionPlan, FeatureSpec};

/// A checked `features = { … }`, ready for any song.
pub struct HearingPlan {
    /// None where the model is fed with columns alone.
    pub frames: Option<FramePlan>,
    /// None where the model is fed with frames alone.
    pub columns: Option<ExtractionPlan>,
}

impl HearingPlan {
    /// What `spec` asks for, checked.
    pub fn new(spec: &FeatureSpec) -> Result<Self, ExperimentError> {
        match spec.has_frames() {
            true => Ok(Self {
                frames: Some(FramePlan::new(spec)?),
                columns: spec.beside.as_deref().map(ExtractionPlan::from_spec).transpose()?,
            }),
            false => Ok(Self { frames: None, columns: Some(ExtractionPlan::from_spec(spec)?) }),
        }
    }

    /// All that decides the numbers apart from the audio.
    pub fn definition(&self) -> String {
        let frames = self.frames.as_ref().map(|plan| plan.definition().to_string());
        let columns = self.columns.as_ref().map(ExtractionPlan::definition);
        frames.into_iter().chain(columns).collect::<Vec<_>>().join("\n")
    }
}
