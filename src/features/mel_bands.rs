//! 128 triangular mel bands over the power spectrum, Slaney's scale and area (librosa/filters.py:128, norm="slaney").
//!
//! Band i rises from f[i] to f[i+1] and falls to f[i+2], times `2/(f[i+2] − f[i])`, weights rounded to f32; the f are
//! 130 points equally spaced in mel from 0 to half the rate: `mel = 3·hz/200` below 1 kHz, above it one mel a step of
//! `ln(6.4)/27` in ln(hz). A weight is zero but for one run of bins, and only the run is kept.
//!
//! Sixteen frames are summed side by side, so that the sums vectorise and yet have one order on every machine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use ndarray::{Array2, s};
use realfft::num_complex::Complex;

use super::transpose::transpose;
use crate::audio::recycled;
use crate::audio::stft::Stft;
use crate::audio::vectorised::vectorised;

pub(super) const BANDS: usize = 128;
const LANES: usize = 16;
/// The transform the bands lie on; equal to the analysis's own.
const FFT_SAMPLES: usize = 2048;
const HOP_SAMPLES: usize = 512;
const BINS: usize = FFT_SAMPLES / 2 + 1;

/// The bands at one sample rate.
#[derive(Debug)]
pub(super) struct MelBands {
    bands: Vec<Band>,
}

#[derive(Debug)]
struct Band {
    first_bin: usize,
    weights: Vec<f32>,
}

impl MelBands {
    /// The bands at `rate_hz`, made once a process.
    pub(super) fn shared(rate_hz: u32) -> Arc<Self> {
        static MADE: OnceLock<Mutex<BTreeMap<u32, Arc<MelBands>>>> = OnceLock::new();
        let mut made = MADE.get_or_init(Mutex::default).lock().unwrap_or_else(|poison| poison.into_inner());
        Arc::clone(made.entry(rate_hz).or_insert_with(|| Arc::new(Self::new(rate_hz))))
    }

    fn new(rate_hz: u32) -> Self {
        let bands = triangles(rate_hz, FFT_SAMPLES, BANDS);
        Self { bands: bands.into_iter().map(|(first_bin, weights)| Band { first_bin, weights }).collect() }
    }

    /// The bands of `|S|²`, (frames, 128), from `|S|` (frames, 1025).
    pub(super) fn of_magnitude(&self, magnitude: &Array2<f32>) -> Array2<f32> {
        let mut mel = stale_rows(magnitude.nrows());
        let values = magnitude.as_slice().unwrap_or_default();
        let mut power = vec![[0.0f32; LANES]; BINS];
        for first in (0..magnitude.nrows()).step_by(LANES) {
            let last = (first + LANES).min(magnitude.nrows());
            turn_and_square(&values[first * BINS..last * BINS], power.as_flattened_mut());
            self.apply(&power, mel.slice_mut(s![first..last, ..]));
        }
        mel
    }

    /// The same straight from the samples, without a spectrogram in memory.
    pub(super) fn of_signal(&self, samples: &[f32]) -> Array2<f32> {
        let stft = Stft::new(FFT_SAMPLES, HOP_SAMPLES);
        let frames = stft.frames(samples.len());
        let mut mel = stale_rows(frames);
        let mut power = vec![[0.0f32; LANES]; BINS];
        stft.for_each_frame(samples, |frame, spectrum| {
            let lane = frame % LANES;
            power_into_lane(spectrum, lane, &mut power);
            if lane + 1 == LANES || frame + 1 == frames {
                self.apply(&power, mel.slice_mut(s![frame - lane..=frame, ..]));
            }
        });
        mel
    }

    /// Writes as many frames as `mel` has rows.
    fn apply(&self, power: &[[f32; LANES]], mut mel: ndarray::ArrayViewMut2<f32>) {
        let mut sums = [[0.0f32; LANES]; BANDS];
        weighted_sums(&self.bands, power, &mut sums);
        for (lane, mut row) in mel.rows_mut().into_iter().enumerate() {
            row.iter_mut().zip(&sums).for_each(|(slot, sum)| *slot = sum[lane]);
        }
    }
}

/// First bin and weights of each of `count` bands on a transform of `fft_samples`.
pub(super) fn triangles(rate_hz: u32, fft_samples: usize, count: usize) -> Vec<(usize, Vec<f32>)> {
    let rate_hz = f64::from(rate_hz);
    let top_mel = hz_to_mel(rate_hz / 2.0);
    let edges: Vec<f64> =
        (0..count + 2).map(|i| mel_to_hz(i as f64 * (top_mel / (count + 1) as f64))).collect();
    let bin_hz = 1.0 / (fft_samples as f64 * (1.0 / rate_hz));
    let bands = edges.windows(3).map(|edge| {
        let area = 2.0 / (edge[2] - edge[0]);
        let weight = |bin: usize| {
            let hz = bin as f64 * bin_hz;
            let rise = (hz - edge[0]) / (edge[1] - edge[0]);
            let fall = (edge[2] - hz) / (edge[2] - edge[1]);
            (f64::from(rise.min(fall).max(0.0) as f32) * area) as f32
        };
        let weights: Vec<f32> = (0..fft_samples / 2 + 1).map(weight).collect();
        let first_bin = weights.iter().position(|w| *w > 0.0).unwrap_or(0);
        let end = weights.iter().rposition(|w| *w > 0.0).map_or(0, |last| last + 1);
        (first_bin, weights[first_bin..end].to_vec())
    });
    bands.collect()
}

/// Room for every frame's bands, to be overwritten.
fn stale_rows(frames: usize) -> Array2<f32> {
    Array2::from_shape_vec((frames, BANDS), recycled::stale(frames * BANDS)).unwrap_or_default()
}

vectorised! {
    fn weighted_sums<'a>(bands: &'a [Band], power: &'a [[f32; LANES]], sums: &'a mut [[f32; LANES]]) -> () {
        for (slot, band) in sums.iter_mut().zip(bands) {
            let mut sum = [0.0f32; LANES];
            for (weight, lanes) in band.weights.iter().zip(&power[band.first_bin..]) {
                for lane in 0..LANES {
                    sum[lane] += weight * lanes[lane];
                }
            }
            *slot = sum;
        }
    }
}

vectorised! {
    fn turn_and_square<'a>(magnitude: &'a [f32], power: &'a mut [f32]) -> () {
        transpose(magnitude, BINS, power, LANES);
        for value in power {
            *value *= *value;
        }
    }
}

vectorised! {
    fn power_into_lane<'a>(spectrum: &'a [Complex<f64>], lane: usize, power: &'a mut [[f32; LANES]]) -> () {
        for (slot, bin) in power.iter_mut().zip(spectrum) {
            slot[lane % LANES] = (bin.re * bin.re + bin.im * bin.im) as f32;
        }
    }
}

const LINEAR_HZ_A_MEL: f64 = 200.0 / 3.0;
const LOG_FROM_HZ: f64 = 1000.0;

fn log_step() -> f64 {
    6.4f64.ln() / 27.0
}

fn hz_to_mel(hz: f64) -> f64 {
    if hz < LOG_FROM_HZ {
        hz / LINEAR_HZ_A_MEL
    } else {
        LOG_FROM_HZ / LINEAR_HZ_A_MEL + (hz / LOG_FROM_HZ).ln() / log_step()
    }
}

fn mel_to_hz(mel: f64) -> f64 {
    let log_from_mel = LOG_FROM_HZ / LINEAR_HZ_A_MEL;
    if mel < log_from_mel {
        LINEAR_HZ_A_MEL * mel
    } else {
        LOG_FROM_HZ * (log_step() * (mel - log_from_mel)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_and_the_plain_sum_agree() {
        let mut draws = crate::random::Draws::new(3, "mel test");
        let samples: Vec<f32> = (0..9000).map(|_| draws.between(-1.0, 1.0) as f32).collect();
        let bands = MelBands::shared(22_050);
        let magnitude = Stft::new(FFT_SAMPLES, HOP_SAMPLES).magnitude(&samples);
        let (a, b) = (bands.of_signal(&samples), bands.of_magnitude(&magnitude));
        for ((frame, band), value) in a.indexed_iter() {
            let kept = &bands.bands[band];
            let plain: f64 = kept
                .weights
                .iter()
                .zip(magnitude.row(frame).iter().skip(kept.first_bin))
                .map(|(w, m)| f64::from(*w) * f64::from(*m) * f64::from(*m))
                .sum();
            assert!((f64::from(*value) - plain).abs() < 1e-5 * plain);
            assert!((f64::from(b[[frame, band]]) - plain).abs() < 1e-5 * plain);
        }
    }

    #[test]
    fn a_low_rate_still_has_128_bands() {
        for rate_hz in [1, 8000, 192_000] {
            assert_eq!(MelBands::shared(rate_hz).bands.len(), BANDS);
        }
    }
}
