//! From a Waveform to a row of numbers, or to one feature's matrix of frames.

use ndarray::Array2;

use super::analysis::Analysis;
use super::error::FeatureError;
use super::moments::moments;
use super::plan::FeaturePlan;
use super::registry::{Output, find};
use crate::audio::Waveform;

/// One number for each of `plan.columns()`, in that order. Always finite.
pub fn extract(waveform: &Waveform, plan: &FeaturePlan) -> Result<Vec<f64>, FeatureError> {
    if waveform.rate_hz != plan.rate_hz {
        return Err(FeatureError::WrongRate { found_hz: waveform.rate_hz, wanted_hz: plan.rate_hz });
    }
    extract_from(&Analysis::new(waveform, plan.spectrum())?, plan)
}

/// The same of a clip that is being analysed for others too; its spectrum must be as rich as the plan's.
pub fn extract_from(analysis: &Analysis, plan: &FeaturePlan) -> Result<Vec<f64>, FeatureError> {
    let mut row = Vec::new();
    for entry in plan.entries() {
        match entry.feature.output {
            Output::Frames { compute, .. } => {
                row.extend(moments(&compute(analysis)?, &entry.statistics));
            }
            Output::Scalars { compute, .. } => row.extend(compute(analysis)?),
        }
    }
    Ok(row)
}

/// The matrix (frames, rows) of one feature.
pub fn frames(waveform: &Waveform, feature: &str) -> Result<Array2<f32>, FeatureError> {
    let feature = find(feature)?;
    match feature.output {
        Output::Frames { compute, .. } => compute(&Analysis::new(waveform, feature.spectrum)?),
        Output::Scalars { .. } => Err(FeatureError::NoFrames { feature: feature.name }),
    }
}
