//! One octave of constant-Q filters in the frequency domain (librosa/filters.py:847, core/constantq.py:1047).
//!
//! Filter k: `w[m]·e^(2πi·m·f_k/rate)` for `m = ⌊−l/2⌋ … ⌊l/2⌋ − 1`, `l = Q·rate/f_k`, `Q = 1/α`,
//! `α = (2^(2/bpo) − 1)/(2^(2/bpo) + 1)`, w the periodic Hann window divided by its sum; times `l/n_fft`, centred in
//! `n_fft` (the power of two that holds the longest), transformed, and its smallest values that hold less than 1 %
//! of the sum of magnitudes set to 0. Octaves an octave apart at half the rate have the same filters, so one serves all.
//!
//! librosa keeps and transforms the filters in single precision whatever the signal's, so they carry the rounding
//! noise of scipy's transform, and so do these: beside digital silence that noise is heard.

use std::f64::consts::PI;
use std::sync::{Arc, Mutex};

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use crate::audio::single_fft::SingleFft;
use crate::audio::stft::hann_periodic;

/// The share of a filter's magnitude that may be dropped.
const SPARSITY: f32 = 0.01;

/// Bases kept for the tunings and rates met last.
const BASES_KEPT: usize = 16;

/// What is left of one filter: `gains` at the bins from `from` on, counted from the basis's first bin.
pub(super) struct Filter {
    pub(super) from: usize,
    pub(super) gains: Vec<Complex<f64>>,
}

pub(super) struct OctaveBasis {
    key: Key,
    pub(super) fft_samples: usize,
    /// The bins that any filter reads: `first_bin .. first_bin + bins`.
    pub(super) first_bin: usize,
    pub(super) bins: usize,
    /// By rising frequency.
    pub(super) filters: Vec<Filter>,
    pub(super) forward: Arc<dyn Fft<f64>>,
}

#[derive(Clone, Copy, PartialEq)]
struct Key {
    lowest_hz: f64,
    rate_hz: f64,
    bins_per_octave: usize,
}

static KEPT: Mutex<Vec<Arc<OctaveBasis>>> = Mutex::new(Vec::new());
static PLANNER: Mutex<Option<FftPlanner<f64>>> = Mutex::new(None);

/// Q, the ratio of a filter's frequency to its bandwidth.
pub(super) fn quality(bins_per_octave: usize) -> f64 {
    let octave_step = 2f64.powf(2.0 / bins_per_octave as f64);
    (octave_step + 1.0) / (octave_step - 1.0)
}

impl OctaveBasis {
    /// The octave upwards of `lowest_hz` at `rate_hz`.
    pub(super) fn shared(lowest_hz: f64, rate_hz: f64, bins_per_octave: usize) -> Arc<Self> {
        let key = Key { lowest_hz, rate_hz, bins_per_octave };
        let kept = || KEPT.lock().unwrap_or_else(|poison| poison.into_inner());
        if let Some(found) = kept().iter().find(|basis| basis.key == key) {
            return Arc::clone(found);
        }
        // not locked meanwhile: two threads may build the same basis, which is harmless
        let made = Arc::new(Self::build(key));
        let mut kept = kept();
        if kept.len() == BASES_KEPT {
            kept.remove(0);
        }
        kept.push(Arc::clone(&made));
        made
    }

    fn build(key: Key) -> Self {
        let quality = quality(key.bins_per_octave);
        let frequency = |k: usize| key.lowest_hz * 2f64.powf(k as f64 / key.bins_per_octave as f64);
        let fft_samples = ((quality * key.rate_hz / key.lowest_hz).ceil() as usize).next_power_of_two();
        let forward = PLANNER
            .lock()
            .unwrap_or_else(|poison| poison.into_inner())
            .get_or_insert_with(FftPlanner::new)
            .plan_fft_forward(fft_samples);
        let transform = SingleFft::new(fft_samples);
        let mut spare = Vec::new();
        let mut filters: Vec<Filter> = (0..key.bins_per_octave)
            .map(|k| {
                let mut spectrum = wavelet(frequency(k), key.rate_hz, quality, fft_samples);
                transform.forward(&mut spectrum, &mut spare);
                sparse(&spectrum[..=fft_samples / 2])
            })
            .collect();
        let first_bin = filters.iter().map(|filter| filter.from).min().unwrap_or(0);
        let end = filters.iter().map(|filter| filter.from + filter.gains.len()).max().unwrap_or(0);
        filters.iter_mut().for_each(|filter| filter.from -= first_bin);
        Self { key, fft_samples, first_bin, bins: end - first_bin, filters, forward }
    }
}

/// The filter of a frequency, centred in `fft_samples`, rounded as librosa stores it.
fn wavelet(hz: f64, rate_hz: f64, quality: f64, fft_samples: usize) -> Vec<Complex<f32>> {
    let length = quality * rate_hz / hz;
    let first = (-length / 2.0).floor();
    let count = ((length / 2.0).floor() - first) as usize;
    let window = hann_periodic(count);
    let values: Vec<Complex<f64>> = (0..count)
        .map(|m| Complex::from_polar(1.0, (first + m as f64) * 2.0 * PI * hz / rate_hz) * window[m])
        .collect();
    let sum: f64 = values.iter().map(|value| value.norm()).sum();
    let scale = length / fft_samples as f64;
    // two roundings, of the filter and of the scaled filter
    let rounded = |part: f64| (f64::from((part / sum) as f32) * scale) as f32;
    let mut filter = vec![Complex::default(); fft_samples];
    for (slot, value) in filter[(fft_samples - count) / 2..].iter_mut().zip(&values) {
        *slot = Complex::new(rounded(value.re), rounded(value.im));
    }
    filter
}

/// The bins left when the smallest that hold less than [`SPARSITY`] of the magnitude are dropped.
fn sparse(spectrum: &[Complex<f32>]) -> Filter {
    let wide = |bin: &Complex<f32>| Complex::new(f64::from(bin.re), f64::from(bin.im));
    let magnitudes: Vec<f32> = spectrum.iter().map(|bin| wide(bin).norm() as f32).collect();
    let norm = magnitudes.iter().map(|&magnitude| f64::from(magnitude)).sum::<f64>() as f32;
    let mut sorted = magnitudes.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let mut dropped = 0.0f32;
    let threshold = sorted.iter().find(|&&magnitude| {
        dropped += magnitude / norm;
        dropped >= SPARSITY
    });
    let threshold = threshold.copied().unwrap_or(0.0);
    let kept = |k: &usize| magnitudes[*k] >= threshold;
    let from = (0..magnitudes.len()).find(kept).unwrap_or(0);
    let last = (0..magnitudes.len()).rfind(kept).unwrap_or(0);
    let gains =
        (from..=last).map(|k| if kept(&k) { wide(&spectrum[k]) } else { Complex::default() }).collect();
    Filter { from, gains }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semitone_filters_at_22050_hz() {
        assert!((quality(12) - 17.817_154).abs() < 1.0);
        let basis = OctaveBasis::shared(2093.0045, 22_050.0, 12);
        assert_eq!(basis.fft_samples, 256);
        assert_eq!(basis.filters.len(), 12);
        // each filter answers loudest to its own frequency
        for (k, filter) in basis.filters.iter().enumerate() {
            let loudest = filter
                .gains
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.norm_sqr().total_cmp(&b.1.norm_sqr()))
                .map_or(0, |(at, _)| at + filter.from + basis.first_bin);
            let hz = 2093.0045 * 2f64.powf(k as f64 / 12.0);
            assert!((loudest as f64 - hz * 256.0 / 22_050.0).abs() <= 0.51, "{k}: bin {loudest}");
        }
    }

    #[test]
    fn the_same_basis_is_built_once() {
        let first = OctaveBasis::shared(1000.0, 16_000.0, 12);
        assert!(Arc::ptr_eq(&first, &OctaveBasis::shared(1000.0, 16_000.0, 12)));
    }

    #[test]
    fn the_hundredth_part_is_dropped() {
        let mut spectrum = vec![Complex::new(0.0, 0.0); 100];
        spectrum[50] = Complex::new(99.5, 0.0);
        spectrum[20] = Complex::new(0.3, 0.0);
        spectrum[21] = Complex::new(0.2, 0.0);
        let filter = sparse(&spectrum);
        assert_eq!((filter.from, filter.gains.len()), (50, 1));
        spectrum[20].re = 3.0;
        assert_eq!(sparse(&spectrum).from, 20);
    }
}
