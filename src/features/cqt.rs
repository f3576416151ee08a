//! The constant-Q transform, seven octaves up from C1, as librosa 0.11.0 computes it (core/constantq.py:760).
//!
//! Octaves from the top: spectra of rectangular windows times the octave's filters, then the signal is halved and the
//! hop with it, so that every octave has the same frames and filters. Cell (t, k) is
//! `|Σ_j B_k[j]·X_t[j]|·√(rate/octave rate)/√l_k`, `l_k = Q·rate/f_k`, `f_k = 32.703 Hz·2^((k + tuning)/bpo)`.
//! Spectra and sums are in double precision, as librosa has them for a signal of doubles; the resampler's input and
//! output are singles there too.
//! At high rates the signal is first halved as often as leaves the top octave whole (constantq.py:1149).

use std::sync::Arc;

use ndarray::Array2;
use pulp::{Simd, WithSimd};

use crate::audio::vectorised::arch;
use rustfft::num_complex::Complex;

use super::analysis::HOP_SAMPLES;
use super::cqt_basis::{Filter, OctaveBasis, quality};
use super::cqt_spectra::{BandSpectra, Framing, LANES, Tile};
use super::error::FeatureError;
use crate::audio::resample::{quietness_of_one_in, resample};

pub(super) const OCTAVES: usize = 7;

/// C1.
const LOWEST_HZ: f64 = 32.703_195_662_574_83;

/// Equivalent noise bandwidth of the Hann window in bins, as librosa states it.
const HANN_BANDWIDTH: f64 = 1.500_183_105_468_75;

/// How often a hop of 512 samples can be halved.
const HOP_HALVINGS: usize = HOP_SAMPLES.trailing_zeros() as usize;

/// `|CQT|`, (frames, 7·bins_per_octave), hop 512. `tuning` in bins; `feature` is named where the rate is too low.
pub(super) fn magnitudes(
    samples: &[f32],
    rate_hz: u32,
    bins_per_octave: usize,
    tuning: f64,
    feature: &'static str,
) -> Result<Array2<f32>, FeatureError> {
    let bins = OCTAVES * bins_per_octave;
    let lowest_hz = LOWEST_HZ * 2f64.powf(tuning / bins_per_octave as f64);
    let frequency = |k: usize| lowest_hz * 2f64.powf(k as f64 / bins_per_octave as f64);
    let quality = quality(bins_per_octave);
    let cutoff_hz = frequency(bins - 1) * (1.0 + 0.5 * HANN_BANDWIDTH / quality);
    let nyquist_hz = f64::from(rate_hz) / 2.0;
    if cutoff_hz > nyquist_hz {
        return Err(FeatureError::RateTooLow {
            feature,
            rate_hz,
            needed_hz: (2.0 * cutoff_hz).floor() as u32,
        });
    }

    let room = (nyquist_hz / cutoff_hz).log2().ceil() as usize;
    let halvings = room.saturating_sub(2).min((HOP_HALVINGS + 1).saturating_sub(OCTAVES));
    let factor = 1u32 << halvings;
    let mut hop = HOP_SAMPLES >> halvings;
    let rate = f64::from(rate_hz) / f64::from(factor);
    let mut decimated = (factor > 1).then(|| resample(samples, factor, 1));
    // what the decimated signal is yet to be divided by
    let mut quietness = quietness_of_one_in(factor);

    let basis = OctaveBasis::shared(frequency(bins - bins_per_octave), rate, bins_per_octave);
    let arch = arch();
    let mut spectra = BandSpectra::new(Arc::clone(&basis.forward));
    let mut result = Array2::zeros((0, bins));
    for octave in 0..OCTAVES {
        let signal = decimated.as_deref().unwrap_or(samples);
        let framing = Framing {
            fft_samples: basis.fft_samples,
            hop_samples: hop,
            first_bin: basis.first_bin,
            bins: basis.bins,
        };
        // the octaves' frames may differ by one at the end: the fewest count
        let frames = framing.frames(signal.len());
        if octave == 0 {
            result = Array2::zeros((frames, bins));
        } else if frames < result.nrows() {
            result = result.slice(ndarray::s![..frames, ..]).to_owned();
        }
        let first = bins - (octave + 1) * bins_per_octave;
        let loudness = f64::from(1u32 << octave).sqrt() / quietness;
        let gains: Vec<f64> = (first..first + bins_per_octave)
            .map(|k| loudness / (quality * rate / frequency(k)).sqrt())
            .collect();
        if let Some(cells) = result.as_slice_mut() {
            let mut rows = cells.chunks_mut(LANES * bins);
            spectra.for_each_tile(signal, framing, |tile| {
                let rows = rows.next().unwrap_or_default();
                let filters = &basis.filters;
                arch.dispatch(Project { tile, filters, gains: &gains, rows, stride: bins, first });
            });
        }
        if octave + 1 < OCTAVES {
            if let Some(signal) = &mut decimated {
                signal.iter_mut().for_each(|sample| *sample = (f64::from(*sample) / quietness) as f32);
            }
            decimated = Some(resample(decimated.as_deref().unwrap_or(samples), 2, 1));
            quietness = quietness_of_one_in(2);
            hop /= 2;
        }
    }
    Ok(result)
}

/// The filters' magnitudes in a tile's frames, into the columns from `first` of rows of `stride` cells.
struct Project<'a> {
    tile: &'a Tile,
    filters: &'a [Filter],
    gains: &'a [f64],
    rows: &'a mut [f32],
    stride: usize,
    first: usize,
}

impl WithSimd for Project<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for ((k, filter), gain) in self.filters.iter().enumerate().zip(self.gains) {
            let bins = filter.from..filter.from + filter.gains.len();
            let magnitude = answer(&filter.gains, &self.tile.re[bins.clone()], &self.tile.im[bins]);
            for (row, value) in self.rows.chunks_exact_mut(self.stride).zip(magnitude) {
                row[self.first + k] = (gain * value) as f32;
            }
        }
    }
}

/// One filter's magnitude in each frame of a tile.
#[inline(always)]
fn answer(filter: &[Complex<f64>], re: &[[f64; LANES]], im: &[[f64; LANES]]) -> [f64; LANES] {
    let (mut sum_re, mut sum_im) = ([0.0; LANES], [0.0; LANES]);
    for ((gain, re), im) in filter.iter().zip(re).zip(im) {
        for lane in 0..LANES {
            sum_re[lane] += gain.re * re[lane] - gain.im * im[lane];
            sum_im[lane] += gain.re * im[lane] + gain.im * re[lane];
        }
    }
    std::array::from_fn(|lane| (sum_re[lane] * sum_re[lane] + sum_im[lane] * sum_im[lane]).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate_hz: u32, count: usize) -> Vec<f32> {
        let step = 2.0 * std::f64::consts::PI * hz / f64::from(rate_hz);
        (0..count).map(|k| (step * k as f64).sin() as f32).collect()
    }

    #[test]
    fn a_tone_is_loudest_in_its_own_bin_at_any_rate() {
        for rate_hz in [16_000, 22_050, 44_100, 96_000, 192_000] {
            for (note, bins_per_octave) in [(33, 12), (57, 12), (20, 12), (33, 36)] {
                let hz = LOWEST_HZ * 2f64.powf(f64::from(note) / 12.0);
                let samples = tone(hz, rate_hz, 2 * rate_hz as usize);
                let cqt = magnitudes(&samples, rate_hz, bins_per_octave, 0.0, "chroma_cqt").unwrap();
                let row = cqt.row(cqt.nrows() / 2);
                let loudest = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
                assert_eq!(
                    loudest,
                    note as usize * bins_per_octave / 12,
                    "{rate_hz} {note} {bins_per_octave}"
                );
                // a sine of amplitude 1 has magnitude ½·√length
                let length = quality(bins_per_octave) * f64::from(rate_hz) / hz;
                let ratio = f64::from(row[loudest]) / (0.5 * length.sqrt());
                assert!((ratio - 1.0).abs() < 0.02, "{rate_hz} {note}: {ratio}");
            }
        }
    }

    #[test]
    fn a_rate_too_low_is_refused_with_the_least_that_works() {
        let error = magnitudes(&[0.1; 100], 8_000, 36, 0.0, "chroma_cqt").unwrap_err();
        let FeatureError::RateTooLow { needed_hz, .. } = error else { panic!("{error}") };
        assert!(magnitudes(&[0.1; 100], needed_hz + 1, 36, 0.0, "chroma_cqt").is_ok());
        assert!(magnitudes(&[0.1; 100], needed_hz, 36, 0.0, "chroma_cqt").is_err());
    }

    #[test]
    fn short_signals_have_finite_frames() {
        for count in [1, 2, 3, 500, 511, 512, 3000] {
            let cqt = magnitudes(&vec![0.5; count], 22_050, 36, 0.0, "chroma_cqt").unwrap();
            assert_eq!(cqt.dim(), (1 + count / 512, 252));
            assert!(cqt.iter().all(|cell| cell.is_finite()));
        }
    }
}
