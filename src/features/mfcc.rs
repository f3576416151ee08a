//! Mel-frequency cepstral coefficients: the first 20 of the orthonormal DCT-II of the log-mel spectrum, no lifter
//! (librosa/feature/spectral.py:1834): `c[q] = √(2/128)·Σ_b L[b]·cos(πq(2b+1)/256)`, c[0] by √(1/128); (frames, 20).

use ndarray::Array2;
use pulp::Arch;

use super::analysis::Analysis;
use super::error::FeatureError;
use super::mel_bands::BANDS;

const COEFFICIENTS: usize = 20;

pub(super) fn mfcc(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let log_mel = analysis.log_mel();
    let basis = cosines();
    let mut answer = Array2::zeros((log_mel.nrows(), COEFFICIENTS));
    Arch::new().dispatch(|| {
        for (mut row, bands) in answer.rows_mut().into_iter().zip(log_mel.rows()) {
            let sums = transform(&basis, bands.iter().copied());
            row.iter_mut().zip(sums).for_each(|(slot, sum)| *slot = sum as f32);
        }
    });
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

#[inline(always)]
fn transform(basis: &[[f64; COEFFICIENTS]; BANDS], bands: impl Iterator<Item = f32>) -> [f64; COEFFICIENTS] {
    let mut sums = [0.0f64; COEFFICIENTS];
    for (weights, value) in basis.iter().zip(bands) {
        let value = f64::from(value);
        for order in 0..COEFFICIENTS {
            sums[order] += weights[order] * value;
        }
    }
    sums
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
