//! Spectral centroid: `Σ f·|S| / Σ |S|` in Hz, 0 in a silent frame (librosa/feature/spectral.py:45); (frames, 1).

use ndarray::Array2;

use super::analysis::Analysis;
use super::error::FeatureError;
use super::spectral_sums::spectral_sums;

pub(super) fn spectral_centroid(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let sums = spectral_sums(analysis)?;
    Ok(Array2::from_shape_fn((sums.0.len(), 1), |(frame, _)| {
        (sums.0[frame].mean_bin() * analysis.bin_hz(1)) as f32
    }))
}
