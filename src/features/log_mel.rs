//! The mel spectrogram in decibels, floored 80 dB below the clip's loudest cell
//! (librosa.power_to_db of librosa.feature.melspectrogram), (frames, 128).

use ndarray::Array2;

use super::analysis::Analysis;
use super::error::FeatureError;

pub(super) fn log_mel(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    Ok(analysis.log_mel().clone())
}
