//! Chroma from the STFT: the power of each of the twelve pitch classes, C first (librosa
//! feature/spectral.py:1132, filters.py:266; after Ellis 2007). (frames, 12)
//!
//! Weight of bin k for pitch c: `exp(−½(2d/w)²)`, d the distance of `12·log2(f_k/27.5 Hz)` from c on the circle of
//! twelve (moved by the clip's tuning, measured on the power spectrum), w the bin's width in semitones, at least 1;
//! columns of length 1, times `exp(−½((octave − 5)/2)²)`. Weights times `|S|²`, divided by the frame's maximum.

use ndarray::Array2;
use pulp::{Simd, WithSimd};

use crate::audio::vectorised::arch;

use super::analysis::{Analysis, BINS, FFT_SAMPLES};
use super::chroma_scale::{Norm, PITCHES};
use super::error::FeatureError;
use super::tuning::{Peaks, Scale};

const CENTRE_OCTAVE: f64 = 5.0;
const OCTAVE_WIDTH: f64 = 2.0;

/// Partial sums of a weighted row, for the compiler to keep in vectors.
const LANES: usize = 16;

pub(super) fn chroma_stft(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let magnitude = analysis.magnitude();
    let rate_hz = analysis.rate_hz();
    let tuning = Peaks::of(magnitude, rate_hz, Scale::Power).tuning(PITCHES);
    let weights = weights(rate_hz, tuning);
    let mut chroma = Array2::zeros((magnitude.nrows(), PITCHES));
    let arch = arch();
    let mut power = vec![0.0f32; BINS];
    for (row, mut pitches) in magnitude.rows().into_iter().zip(chroma.rows_mut()) {
        if let (Some(row), Some(pitches)) = (row.as_slice(), pitches.as_slice_mut()) {
            arch.dispatch(Weigh { magnitudes: row, weights: &weights, power: &mut power, pitches });
        }
    }
    Norm::Maximum.scale(&mut chroma);
    Ok(chroma)
}

/// A frame's power weighted for each pitch.
struct Weigh<'a> {
    magnitudes: &'a [f32],
    weights: &'a [Vec<f32>],
    power: &'a mut [f32],
    pitches: &'a mut [f32],
}

impl WithSimd for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.power
            .iter_mut()
            .zip(self.magnitudes)
            .for_each(|(power, magnitude)| *power = magnitude * magnitude);
        for (pitch, weights) in self.pitches.iter_mut().zip(self.weights) {
            let mut sums = [0.0f32; LANES];
            let (power, weights) = (self.power.chunks_exact(LANES), weights.chunks_exact(LANES));
            let rest: f32 = power.remainder().iter().zip(weights.remainder()).map(|(p, w)| p * w).sum();
            for (power, weights) in power.zip(weights) {
                for lane in 0..LANES {
                    sums[lane] += power[lane] * weights[lane];
                }
            }
            *pitch = sums.iter().sum::<f32>() + rest;
        }
    }
}

/// The twelve rows of weights, 1025 bins each, from C.
fn weights(rate_hz: u32, tuning: f64) -> Vec<Vec<f32>> {
    let pitches = PITCHES as f64;
    let a0_hz = 440.0 * 2f64.powf(tuning / pitches) / 16.0;
    let bin_hz = f64::from(rate_hz) / FFT_SAMPLES as f64;
    // semitones above A0; the bin of 0 Hz counts as an octave and a half below the next
    let semitone = |bin: usize| match bin {
        0 => pitches * (bin_hz / a0_hz).log2() - 1.5 * pitches,
        _ => pitches * (bin as f64 * bin_hz / a0_hz).log2(),
    };
    let mut rows = vec![Vec::new(); PITCHES];
    for bin in 0..BINS {
        let at = semitone(bin);
        let width = (semitone(bin + 1) - at).max(1.0);
        let bumps: [f64; PITCHES] = std::array::from_fn(|pitch| {
            let apart = at - pitch as f64 + pitches / 2.0 + 10.0 * pitches;
            let distance = apart.rem_euclid(pitches) - pitches / 2.0;
            (-0.5 * (2.0 * distance / width).powi(2)).exp()
        });
        let length = bumps.iter().map(|bump| bump * bump).sum::<f64>().sqrt();
        let dominance = (-0.5 * ((at / pitches - CENTRE_OCTAVE) / OCTAVE_WIDTH).powi(2)).exp();
        for (pitch, bump) in bumps.iter().enumerate() {
            // counted from A above, from C here
            rows[(pitch + PITCHES - 3) % PITCHES].push((bump / length * dominance) as f32);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bin_of_a_note_weighs_most_for_its_pitch() {
        let rows = weights(22_050, 0.0);
        for (midi, hz) in [(69usize, 440.0), (72, 523.25), (76, 659.26), (90, 1479.98)] {
            let bin = (hz / (22_050.0 / 2048.0f64)).round() as usize;
            let most = (0..12).max_by(|&a, &b| rows[a][bin].total_cmp(&rows[b][bin])).unwrap();
            assert_eq!(most, midi % 12, "{hz} Hz");
        }
    }

    #[test]
    fn columns_have_the_dominance_as_length() {
        let rows = weights(22_050, 0.2);
        let length = rows.iter().map(|row| f64::from(row[41]).powi(2)).sum::<f64>().sqrt();
        let octave = (41.0 * 22_050.0 / 2048.0 / (27.5 * 2f64.powf(0.2 / 12.0))).log2();
        let wanted = (-0.5 * ((octave - 5.0) / 2.0).powi(2)).exp();
        assert!((length - wanted).abs() < 1e-6, "{length} {wanted}");
    }
}
