//! Spectral roll-off: the frequency of the first bin at which the running sum of `|S|` reaches 85 % of the whole, in
//! Hz (librosa/feature/spectral.py:533, 667–677); 0 in a silent frame; (frames, 1).

use ndarray::Array2;

use super::analysis::Analysis;
use super::error::FeatureError;

const SHARE: f64 = 0.85;

pub(super) fn spectral_rolloff(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let magnitude = analysis.magnitude();
    let mut answer = Array2::zeros((magnitude.nrows(), 1));
    for (slot, row) in answer.iter_mut().zip(magnitude.rows()) {
        let row = row.to_slice().unwrap_or_default();
        *slot = analysis.bin_hz(rolloff_bin(row)) as f32;
    }
    Ok(answer)
}

fn rolloff_bin(row: &[f32]) -> usize {
    let total: f64 = row.iter().map(|value| f64::from(*value)).sum();
    let mut sum = 0.0f64;
    row.iter()
        .position(|value| {
            sum += f64::from(*value);
            sum >= SHARE * total
        })
        .unwrap_or(0)
}
