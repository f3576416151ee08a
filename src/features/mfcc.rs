//! Mel-frequency cepstral coefficients: the first 20 of the orthonormal DCT-II of the log-mel spectrum, no lifter
//! (librosa/feature/spectral.py:1834): `c[q] = √(2/128)·Σ_b L[b]·cos(πq(2b+1)/256)`, c[0] by √(1/128); (frames, 20).

use ndarray::Array2;

use super::analysis::Analysis;
use super::error::FeatureError;
use super::mel_bands::BANDS;
use crate::audio::vectorised::vectorised;

const COEFFICIENTS: usize = 20;

pub(super) fn mfcc(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let log_mel = analysis.log_mel();
    let basis = cosines();
    let mut answer = Array2::zeros((log_mel.nrows(), COEFFICIENTS));
    if let (Some(answer), Some(log_mel)) = (answer.as_slice_mut(), log_mel.as_slice()) {
        transform(&basis, log_mel, answer);
    }
    Ok(answer)
}

/// `basis[band][coefficient]`.
fn cosines() -> [[f64; COEFFICIENTS]; BANDS] {
    let mut basis = [[0.0; COEFFICIENTS]; BANDS];
    for (band, row) in basis.iter_mut().enumerate() {
        for (order, slot) in row.iter_mut().enumerate() {
            let scale = if order == 0 { 1.0 } else { 2.0 } / BANDS as f64;
            let turn = std::f64::consts::PI * (order * (2 * band + 1)) as f64 / (2 * BANDS) as f64;
            *slot = scale.sqrt() * turn.cos();
        }
    }
    basis
}

vectorised! {
    fn transform<'a>(basis: &'a [[f64; COEFFICIENTS]; BANDS], log_mel: &'a [f32], answer: &'a mut [f32]) -> () {
        for (row, bands) in answer.chunks_exact_mut(COEFFICIENTS).zip(log_mel.chunks_exact(BANDS)) {
            let mut sums = [0.0f64; COEFFICIENTS];
            for (weights, value) in basis.iter().zip(bands) {
                let value = f64::from(*value);
                for order in 0..COEFFICIENTS {
                    sums[order] += weights[order] * value;
                }
            }
            for (slot, sum) in row.iter_mut().zip(sums) {
                *slot = sum as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_basis_is_orthonormal() {
        let basis = cosines();
        for a in 0..COEFFICIENTS {
            for b in 0..COEFFICIENTS {
                let product: f64 = basis.iter().map(|row| row[a] * row[b]).sum();
                assert!((product - f64::from(u8::from(a == b))).abs() < 1e-12);
            }
        }
    }
}
