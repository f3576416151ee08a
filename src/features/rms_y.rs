//! Root mean square of the samples of every frame, zeros beyond the signal (librosa.feature.rms(y=),
//! librosa/feature/spectral.py:876–885): `√(Σx²/2048)`; (frames, 1). See `rms` for the windowed kind.

use ndarray::Array2;

use super::analysis::{Analysis, FFT_SAMPLES, HOP_SAMPLES};
use super::error::FeatureError;
use super::hpss::mean_square;

pub(super) fn rms_y(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let levels = frame_levels(analysis.samples());
    Ok(Array2::from_shape_vec((levels.len(), 1), levels).unwrap_or_default())
}

/// The level of each frame. A frame is four whole hops, so every hop is summed once.
pub(super) fn frame_levels(samples: &[f32]) -> Vec<f32> {
    const HOPS: usize = FFT_SAMPLES / HOP_SAMPLES;
    let hops: Vec<f64> = samples.chunks(HOP_SAMPLES).map(|hop| mean_square(hop) * hop.len() as f64).collect();
    (0..=samples.len() / HOP_SAMPLES)
        .map(|frame| {
            let first = frame.saturating_sub(HOPS / 2).min(hops.len());
            let last = (frame + HOPS / 2).min(hops.len());
            (hops[first..last].iter().sum::<f64>() / FFT_SAMPLES as f64).sqrt() as f32
        })
        .collect()
}
