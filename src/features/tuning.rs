//! How far a clip's pitches lie off A440, in fractions of a bin (librosa/core/pitch.py: piptrack, estimate_tuning).
//!
//! Peaks: bins from 150 Hz to 4 kHz that exceed a tenth of their frame's maximum and both neighbours, refined by a
//! parabola. The louder half of them (at least the median) is counted in a histogram of
//! `frac(bpo·log2(f/27.5 Hz))` on [−½, ½) with 100 bins; the tuning is the left edge of the first highest one.
//! No peaks, as in silence: 0. Roundings to f32 are where numpy has them, as a peak on an edge would tell.

use std::rc::Rc;

use ndarray::Array2;
use pulp::{Simd, WithSimd};

use crate::audio::vectorised::arch;

use super::analysis::{Analysis, FFT_SAMPLES};
use super::error::FeatureError;

const LEAST_HZ: f64 = 150.0;
const MOST_HZ: f64 = 4000.0;
const THRESHOLD: f32 = 0.1;
const STEPS: usize = 100;

/// 27.5 Hz, from which octaves are counted.
const A0_HZ: f32 = 27.5;

/// What the peaks are sought on, given magnitudes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    Magnitude,
    Power,
}

impl Scale {
    #[inline(always)]
    fn of(self, magnitude: f32) -> f32 {
        match self {
            Scale::Magnitude => magnitude,
            Scale::Power => magnitude * magnitude,
        }
    }

    /// A share of a frame's largest magnitude below which no bin passes the threshold.
    fn least_share(self) -> f32 {
        match self {
            Scale::Magnitude => 0.99 * THRESHOLD,
            Scale::Power => 0.99 * THRESHOLD.sqrt(),
        }
    }
}

/// The frequencies of the louder half of a spectrogram's peaks.
pub(super) struct Peaks(Vec<f32>);

/// The peaks of the clip's magnitude spectrogram.
pub(super) fn magnitude_peaks(analysis: &Analysis) -> Result<Rc<Peaks>, FeatureError> {
    analysis.shared(|| Ok(Peaks::of(analysis.magnitude(), analysis.rate_hz(), Scale::Magnitude)))
}

impl Peaks {
    /// The peaks of a magnitude spectrogram, (frames, 1025).
    pub(super) fn of(magnitudes: &Array2<f32>, rate_hz: u32, scale: Scale) -> Self {
        let bins = magnitudes.ncols();
        let rate = f64::from(rate_hz);
        let highest_hz = MOST_HZ.min(rate / 2.0);
        let bin_hz = |bin: usize| bin as f64 * rate / FFT_SAMPLES as f64;
        let wanted = |bin: &usize| bin_hz(*bin) >= LEAST_HZ && bin_hz(*bin) < highest_hz;
        let first = (1..bins).find(wanted).unwrap_or(bins);
        let end = (first..bins.saturating_sub(1)).find(|bin| !wanted(bin)).unwrap_or(bins.saturating_sub(1));
        let mut peaks: Vec<(f32, f32)> = Vec::new();
        let mut candidates = Vec::new();
        let arch = arch();
        for frame in magnitudes.rows() {
            let Some(frame) = frame.as_slice() else { continue };
            if first >= end {
                break;
            }
            candidates.clear();
            let loudest = arch.dispatch(Maximum(frame));
            let threshold = THRESHOLD * scale.of(loudest);
            // squares keep the order of magnitudes (rounding can only make equals): look for candidates before squaring
            let least = scale.least_share() * loudest;
            let values = &frame[first - 1..=end];
            arch.dispatch(LocalMaxima { values, least, found: &mut candidates });
            for bin in candidates.iter().map(|at| at + first) {
                let [left, middle, right] = [bin - 1, bin, bin + 1].map(|k| scale.of(frame[k]));
                if middle > threshold && middle > left && middle >= right {
                    let curve = f64::from(right + left) - 2.0 * f64::from(middle);
                    let slope = f64::from(right - left) / 2.0;
                    let shift = if slope.abs() >= curve.abs() { 0.0 } else { (-slope / curve) as f32 };
                    let hz = ((bin as f64 + f64::from(shift)) * rate / FFT_SAMPLES as f64) as f32;
                    let loudness = middle + 0.5 * ((right - left) / 2.0) * shift;
                    if hz > 0.0 {
                        peaks.push((hz, loudness));
                    }
                }
            }
        }
        let mut loudness: Vec<f32> = peaks.iter().map(|peak| peak.1).collect();
        let median = median(&mut loudness);
        Self(peaks.into_iter().filter(|peak| peak.1 >= median).map(|peak| peak.0).collect())
    }

    /// Tuning in fractions of a bin of an octave divided into `bins_per_octave`.
    pub(super) fn tuning(&self, bins_per_octave: usize) -> f64 {
        if self.0.is_empty() {
            return 0.0;
        }
        let mut counts = [0u64; STEPS];
        for hz in &self.0 {
            let position = bins_per_octave as f32 * (hz / A0_HZ).log2();
            let residual = position - position.floor();
            let residual = f64::from(if residual >= 0.5 { residual - 1.0 } else { residual });
            let mut step = (((residual + 0.5) * STEPS as f64) as usize).min(STEPS - 1);
            // the edges are rounded numbers: settle on which side of them the residual lies
            while step > 0 && residual < edge(step) {
                step -= 1;
            }
            while step + 1 < STEPS && residual >= edge(step + 1) {
                step += 1;
            }
            counts[step] += 1;
        }
        let highest = counts.iter().copied().max().unwrap_or(0);
        edge(counts.iter().position(|&count| count == highest).unwrap_or(0))
    }
}

fn edge(step: usize) -> f64 {
    step as f64 * (1.0 / STEPS as f64) - 0.5
}

/// The largest value, at least 0.
struct Maximum<'a>(&'a [f32]);

impl WithSimd for Maximum<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let mut lanes = [0.0f32; 16];
        let chunks = self.0.chunks_exact(16);
        let rest = chunks.remainder().iter().copied().fold(0.0, f32::max);
        for chunk in chunks {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                *lane = if *value > *lane { *value } else { *lane };
            }
        }
        lanes.into_iter().fold(rest, f32::max)
    }
}

/// Positions, counted without the outermost values, of values above `least` that no neighbour exceeds.
struct LocalMaxima<'a> {
    values: &'a [f32],
    least: f32,
    found: &'a mut Vec<usize>,
}

impl WithSimd for LocalMaxima<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        const RUN: usize = 16;
        let Self { values, least, found } = self;
        let count = values.len().saturating_sub(2);
        let whole = count / RUN * RUN;
        for at in (0..whole).step_by(RUN) {
            let window: &[f32] = &values[at..at + RUN + 2];
            let mut flags = [0u8; RUN];
            for k in 0..RUN {
                let middle = window[k + 1];
                flags[k] = u8::from((middle > least) & (middle >= window[k]) & (middle >= window[k + 2]));
            }
            if u128::from_ne_bytes(flags) != 0 {
                found.extend(flags.iter().enumerate().filter(|(_, flag)| **flag != 0).map(|(k, _)| at + k));
            }
        }
        for at in whole..count {
            let middle = values[at + 1];
            if middle > least && middle >= values[at] && middle >= values[at + 2] {
                found.push(at);
            }
        }
    }
}

/// The mean of the two middle values, or 0 of none.
fn median(values: &mut [f32]) -> f32 {
    let count = values.len();
    if count == 0 {
        return 0.0;
    }
    let (below, &mut upper, _) = values.select_nth_unstable_by(count / 2, f32::total_cmp);
    if count % 2 == 1 {
        return upper;
    }
    let lower = below.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (lower + upper) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::stft::Stft;

    fn tuning_of(hz: f64, bins_per_octave: usize) -> f64 {
        let step = 2.0 * std::f64::consts::PI * hz / 22_050.0;
        let samples: Vec<f32> = (0..22_050).map(|k| (step * f64::from(k)).sin() as f32).collect();
        Peaks::of(&Stft::new(2048, 512).magnitude(&samples), 22_050, Scale::Magnitude).tuning(bins_per_octave)
    }

    #[test]
    fn a_tone_off_pitch_is_measured() {
        for cents in [-30.0, -12.0, 0.0, 9.0, 41.0] {
            let hz = 880.0 * 2f64.powf(cents / 1200.0);
            // the parabola on a Hann window is off by up to 2 cents here
            assert!((tuning_of(hz, 12) - cents / 100.0).abs() < 0.035, "{cents}: {}", tuning_of(hz, 12));
        }
    }

    #[test]
    fn silence_is_in_tune() {
        assert_eq!(Peaks::of(&Array2::zeros((5, 1025)), 22_050, Scale::Magnitude).tuning(12), 0.0);
    }

    #[test]
    fn medians() {
        assert_eq!(median(&mut []), 0.0);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
