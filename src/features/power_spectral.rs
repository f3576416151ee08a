//! Harmonic and percussive power in the spectrogram: the mean over all cells of `|S·mask|²` (two numbers a clip).

use super::analysis::Analysis;
use super::error::FeatureError;
use super::hpss::{Masks, harmonic_share, percussive_share};

pub(super) fn power_spectral(analysis: &Analysis) -> Result<Vec<f64>, FeatureError> {
    let magnitude = analysis.magnitude();
    let mut masks = Masks::new(magnitude);
    let mut sums = [0.0f64; 2];
    for (frame, row) in magnitude.rows().into_iter().enumerate() {
        for (mask, magnitude) in masks.row(frame).iter().zip(row) {
            sums[0] += f64::from(magnitude * harmonic_share(*mask)).powi(2);
            sums[1] += f64::from(magnitude * percussive_share(*mask)).powi(2);
        }
    }
    Ok(sums.map(|sum| sum / magnitude.len() as f64).to_vec())
}
