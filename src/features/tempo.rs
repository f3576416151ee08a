//! Tempo in beats a minute: the lag at which the onset strength's autocorrelation, averaged over the clip, is best
//! under a log-normal prior around 120 (librosa/feature/rhythm.py:281, tempogram 24).
//!
//! Around every frame, 8 s of the envelope (344 frames at 22050 Hz; the clip's ends continued by a straight line to
//! 0) are windowed (periodic Hann), autocorrelated and divided by lag 0; A is the mean over frames. The answer is
//! `bpm(lag) = 60·rate/(512·lag)` at the largest `ln(1 + 1e6·A[lag]) − ½·(log2 bpm − log2 120)²` with bpm < 320; the
//! shortest lag among equals. Silence gives the prior's own best, 117.45 at 22050 Hz.
//!
//! Dividing by the energy before the transform makes the mean linear in the power spectra, so they are added up and
//! transformed back once; two windows share one complex transform, whose cross terms cancel in the real part.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::analysis::{Analysis, HOP_SAMPLES};
use super::error::FeatureError;
use super::onset_strength;
use crate::audio::stft::hann_periodic;
use crate::audio::vectorised::vectorised;

pub(super) const WINDOW_SECONDS: f64 = 8.0;
const FASTEST_BPM: f64 = 320.0;
const USUAL_BPM: f64 = 120.0;

pub(super) fn tempo(analysis: &Analysis) -> Result<Vec<f64>, FeatureError> {
    let rate_hz = f64::from(analysis.rate_hz());
    let lags = (WINDOW_SECONDS * rate_hz) as usize / HOP_SAMPLES;
    if lags < 2 {
        let needed_hz = (2.0 * HOP_SAMPLES as f64 / WINDOW_SECONDS) as u32;
        return Err(FeatureError::RateTooLow { feature: "tempo", rate_hz: analysis.rate_hz(), needed_hz });
    }
    let correlation = mean_autocorrelation(&onset_strength::envelope(analysis)?.0, lags);
    Ok(vec![best_tempo(&correlation, rate_hz)])
}

fn best_tempo(correlation: &[f64], rate_hz: f64) -> f64 {
    let bpm = |lag: usize| 60.0 * rate_hz / (HOP_SAMPLES as f64 * lag as f64);
    let mut best = (f64::NEG_INFINITY, bpm(1));
    for (lag, value) in correlation.iter().enumerate().skip(1) {
        let bpm = bpm(lag);
        let score = (1e6 * value).ln_1p() - 0.5 * (bpm.log2() - USUAL_BPM.log2()).powi(2);
        if bpm < FASTEST_BPM && score > best.0 {
            best = (score, bpm);
        }
    }
    best.1
}

/// The mean of the normalised autocorrelations, lags 0…lags−1.
fn mean_autocorrelation(envelope: &[f32], lags: usize) -> Vec<f64> {
    let window = hann_periodic(lags);
    let padded = with_ramps(envelope, lags / 2);
    let length = transform_length(2 * lags - 1);
    let mut planner = FftPlanner::new();
    let forward = planner.plan_fft_forward(length);
    let mut scratch = vec![Complex::default(); forward.get_inplace_scratch_len()];
    let mut pair = vec![Complex::default(); length];
    let mut spectrum = vec![Complex::default(); length];
    let frames = envelope.len();
    let mut first = vec![0.0f64; lags];
    let mut second = vec![0.0f64; lags];
    for frame in (0..frames).step_by(2) {
        normalised(&padded[frame..], &window, &mut first);
        if frame + 1 < frames {
            normalised(&padded[frame + 1..], &window, &mut second);
        } else {
            second.fill(0.0);
        }
        for ((slot, re), im) in pair.iter_mut().zip(&first).zip(&second) {
            *slot = Complex::new(*re, *im);
        }
        pair[lags..].fill(Complex::default());
        forward.process_with_scratch(&mut pair, &mut scratch);
        add_power(&mut spectrum, &pair);
    }
    planner.plan_fft_inverse(length).process(&mut spectrum);
    spectrum[..lags].iter().map(|value| value.re / (length as f64 * frames.max(1) as f64)).collect()
}

vectorised! {
    /// The windowed piece of the padded envelope, scaled to energy 1; zeros stay zeros.
    pub(super) fn normalised<'a>(piece: &'a [f64], window: &'a [f64], scaled: &'a mut [f64]) -> () {
        let mut parts = [0.0f64; 8];
        for ((slots, values), weights) in scaled.chunks_mut(8).zip(piece.chunks(8)).zip(window.chunks(8)) {
            for (((slot, value), weight), part) in slots.iter_mut().zip(values).zip(weights).zip(&mut parts) {
                *slot = value * weight;
                *part += *slot * *slot;
            }
        }
        let energy: f64 = parts.iter().sum();
        if energy >= f64::MIN_POSITIVE {
            let scale = 1.0 / energy.sqrt();
            scaled.iter_mut().for_each(|value| *value *= scale);
        }
    }
}

vectorised! {
    fn add_power<'a>(sums: &'a mut [Complex<f64>], bins: &'a [Complex<f64>]) -> () {
        for (sum, bin) in sums.iter_mut().zip(bins) {
            sum.re += bin.re * bin.re + bin.im * bin.im;
        }
    }
}

/// `pad` values on each side that run from 0 to the edge's own value in equal steps (numpy.pad's "linear_ramp").
pub(super) fn with_ramps(envelope: &[f32], pad: usize) -> Vec<f64> {
    let ramp = |edge: Option<&f32>| {
        let step = f64::from(edge.copied().unwrap_or_default()) / pad.max(1) as f64;
        (0..pad).map(move |i| i as f64 * step)
    };
    ramp(envelope.first())
        .chain(envelope.iter().map(|value| f64::from(*value)))
        .chain(ramp(envelope.last()).rev())
        .collect()
}

/// The next length of the form 2^a or 3·2^a, the quickest to transform.
pub(super) fn transform_length(at_least: usize) -> usize {
    let power = at_least.next_power_of_two();
    if power / 4 * 3 >= at_least { power / 4 * 3 } else { power }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_autocorrelation_is_the_plain_sum() {
        let mut draws = crate::random::Draws::new(5, "tempo test");
        for frames in [1usize, 2, 7, 50] {
            let envelope: Vec<f32> = (0..frames).map(|_| draws.unit() as f32).collect();
            let lags = 24;
            let window = hann_periodic(lags);
            let padded = with_ramps(&envelope, lags / 2);
            let mut plain = vec![0.0; lags];
            for frame in 0..frames {
                let piece: Vec<f64> = (0..lags).map(|i| padded[frame + i] * window[i]).collect();
                let energy: f64 = piece.iter().map(|x| x * x).sum();
                for (lag, slot) in plain.iter_mut().enumerate() {
                    let product: f64 = (lag..lags).map(|i| piece[i] * piece[i - lag]).sum();
                    *slot += product / energy / frames as f64;
                }
            }
            for (a, b) in mean_autocorrelation(&envelope, lags).iter().zip(&plain) {
                assert!((a - b).abs() < 1e-12, "{a} is not {b}");
            }
        }
    }

    #[test]
    fn silence_has_the_usual_tempo() {
        let best = best_tempo(&mean_autocorrelation(&[0.0; 9], 344), 22_050.0);
        assert!((best - 117.453_835_227_272_73).abs() < 1e-9);
    }
}
