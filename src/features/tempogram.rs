//! Tempogram: around every frame, the autocorrelation of 8 s of the onset strength, lag by lag, divided by lag 0
//! (P. Grosche, M. Müller, F. Kurth, ICASSP 2010; librosa/feature/rhythm.py:36 with norm = inf); (frames, lags). Lag
//! k is a tempo of 60·rate/(512·k) beats a minute.

use ndarray::Array2;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::analysis::{Analysis, HOP_SAMPLES};
use super::error::FeatureError;
use super::onset_strength;
use super::tempo::{WINDOW_SECONDS, normalised, transform_length, with_ramps};
use crate::audio::stft::hann_periodic;

pub(super) fn tempogram(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let lags = (WINDOW_SECONDS * f64::from(analysis.rate_hz())) as usize / HOP_SAMPLES;
    let envelope = &onset_strength::envelope(analysis)?.0;
    let mut matrix = Array2::zeros((envelope.len(), lags));
    if lags < 2 {
        return Ok(matrix);
    }
    let window = hann_periodic(lags);
    let padded = with_ramps(envelope, lags / 2);
    let length = transform_length(2 * lags - 1);
    let mut planner = FftPlanner::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let mut piece = vec![0.0f64; lags];
    for (frame, mut row) in matrix.outer_iter_mut().enumerate() {
        normalised(&padded[frame..], &window, &mut piece);
        let mut spectrum: Vec<Complex<f64>> = piece.iter().map(|value| Complex::new(*value, 0.0)).collect();
        spectrum.resize(length, Complex::default());
        forward.process(&mut spectrum);
        spectrum.iter_mut().for_each(|bin| *bin = Complex::new(bin.norm_sqr() / length as f64, 0.0));
        inverse.process(&mut spectrum);
        row.iter_mut().zip(&spectrum).for_each(|(slot, value)| *slot = value.re as f32);
    }
    Ok(matrix)
}
