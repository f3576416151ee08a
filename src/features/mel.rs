//! The mel spectrogram: 128 bands of `|S|²` (librosa.feature.melspectrogram), (frames, 128).

use ndarray::Array2;

use super::analysis::Analysis;
use super::error::FeatureError;

pub(super) fn mel(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    Ok(analysis.mel().clone())
}
