//! Harmonic and percussive level: the mean over frames of each part's frame RMS (two numbers a clip).

use super::analysis::Analysis;
use super::error::FeatureError;
use super::hpss::{harmonic, percussive};
use super::rms_y::frame_levels;

pub(super) fn power_rms(analysis: &Analysis) -> Result<Vec<f64>, FeatureError> {
    let mean_level = |samples: &[f32]| {
        let levels = frame_levels(samples);
        levels.iter().map(|level| f64::from(*level)).sum::<f64>() / levels.len() as f64
    };
    Ok(vec![mean_level(&harmonic(analysis)?.0), mean_level(&percussive(analysis)?.0)])
}
