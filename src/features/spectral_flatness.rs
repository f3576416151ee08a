//! Spectral flatness: the geometric over the arithmetic mean of `max(1e-10, |S|²)` over the bins
//! (librosa/feature/spectral.py:681, 794–797); 1 in a silent frame; (frames, 1).

use ndarray::Array2;

use super::analysis::Analysis;
use super::decibel::ln;
use super::error::FeatureError;
use crate::audio::vectorised::vectorised;

const SMALLEST_POWER: f64 = 1e-10;

pub(super) fn spectral_flatness(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let magnitude = analysis.magnitude();
    let mut answer = Array2::zeros((magnitude.nrows(), 1));
    for (slot, row) in answer.iter_mut().zip(magnitude.rows()) {
        *slot = flatness(row.to_slice().unwrap_or_default()) as f32;
    }
    Ok(answer)
}

vectorised! {
    fn flatness<'a>(row: &'a [f32]) -> f64 {
        const LANES: usize = 8;
        let mut logs = [0.0f64; LANES];
        let mut powers = [0.0f64; LANES];
        for chunk in row.chunks(LANES) {
            let mut values = [1.0f64; LANES];
            let mut counted = [0.0f64; LANES];
            for (lane, value) in chunk.iter().enumerate() {
                values[lane] = (f64::from(*value) * f64::from(*value)).max(SMALLEST_POWER);
                counted[lane] = values[lane];
            }
            for lane in 0..LANES {
                logs[lane] += ln(values[lane]);
                powers[lane] += counted[lane];
            }
        }
        let count = row.len().max(1) as f64;
        (logs.iter().sum::<f64>() / count).exp() / (powers.iter().sum::<f64>() / count)
    }
}
