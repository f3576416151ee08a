//! Root mean square of every Hann-windowed frame, taken from its spectrum (librosa.feature.rms(S=),
//! librosa/feature/spectral.py:886–910): `√(2·Σ|S|²/2048²)` with the first and the last bin halved; (frames, 1).
//! This is the `rms` of FMA's features; `rms_y` is the plain one.

use ndarray::Array2;

use super::analysis::{Analysis, FFT_SAMPLES};
use super::error::FeatureError;
use super::hpss::mean_square;

pub(super) fn rms(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let magnitude = analysis.magnitude();
    let mut levels = Array2::zeros((magnitude.nrows(), 1));
    for (slot, row) in levels.iter_mut().zip(magnitude.rows()) {
        let row = row.to_slice().unwrap_or_default();
        let all = mean_square(row) * row.len() as f64;
        let ends: f64 = [row.first(), row.last()].into_iter().flatten().map(|x| f64::from(*x).powi(2)).sum();
        *slot = (2.0 * (all - 0.5 * ends)).sqrt() as f32 / FFT_SAMPLES as f32;
    }
    Ok(levels)
}
