//! Chroma from the constant-Q transform: the energy of each of the twelve pitch classes, C first (librosa
//! feature/spectral.py:1289). (frames, 12)
//!
//! `Σ |C[t, k]|` over the bins nearest to each pitch class, in all seven octaves, divided by the frame's maximum.
//! The transform starts at C1 moved by the clip's tuning. librosa since 0.8 takes 36 bins an octave; the FMA data set
//! (librosa 0.5) took 12.

use std::rc::Rc;

use ndarray::Array2;

use super::analysis::{Analysis, FFT_SAMPLES, HOP_SAMPLES};
use super::chroma_scale::{Norm, PITCHES};
use super::cqt;
use super::error::FeatureError;
use super::harmonic_signal::harmonic_signal;
use super::tuning::{Peaks, Scale, magnitude_peaks};
use crate::audio::stft::Stft;

/// Unscaled chroma of 36 bins an octave.
struct Raw36(Array2<f32>);

/// Unscaled chroma of 12 bins an octave.
struct Raw12(Array2<f32>);

pub(super) fn chroma_cqt(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let mut chroma = raw(analysis, "chroma_cqt")?;
    Norm::Maximum.scale(&mut chroma);
    Ok(chroma)
}

pub(super) fn fma_chroma_cqt(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let mut chroma = fma_raw(analysis, "fma_chroma_cqt")?;
    Norm::Maximum.scale(&mut chroma);
    Ok(chroma)
}

/// Unscaled chroma with librosa's defaults, for `feature`.
pub(super) fn raw(analysis: &Analysis, feature: &'static str) -> Result<Array2<f32>, FeatureError> {
    let shared: Rc<Raw36> = analysis.shared(|| {
        let tuning = magnitude_peaks(analysis)?.tuning(36);
        Ok(Raw36(of_signal(analysis.samples(), analysis.rate_hz(), 36, tuning, feature)?))
    })?;
    Ok(shared.0.clone())
}

/// Unscaled chroma with 12 bins an octave, for `feature`.
pub(super) fn fma_raw(analysis: &Analysis, feature: &'static str) -> Result<Array2<f32>, FeatureError> {
    let shared: Rc<Raw12> = analysis.shared(|| {
        let tuning = magnitude_peaks(analysis)?.tuning(12);
        Ok(Raw12(of_signal(analysis.samples(), analysis.rate_hz(), 12, tuning, feature)?))
    })?;
    Ok(shared.0.clone())
}

/// Unscaled chroma of the clip's harmonic part, tuned by that part's own peaks.
pub(super) fn harmonic_raw(analysis: &Analysis, feature: &'static str) -> Result<Array2<f32>, FeatureError> {
    let harmonic = harmonic_signal(analysis.samples());
    let magnitude = Stft::new(FFT_SAMPLES, HOP_SAMPLES).magnitude(&harmonic);
    let tuning = Peaks::of(&magnitude, analysis.rate_hz(), Scale::Magnitude).tuning(36);
    of_signal(&harmonic, analysis.rate_hz(), 36, tuning, feature)
}

fn of_signal(
    samples: &[f32],
    rate_hz: u32,
    bins_per_octave: usize,
    tuning: f64,
    feature: &'static str,
) -> Result<Array2<f32>, FeatureError> {
    let cqt = cqt::magnitudes(samples, rate_hz, bins_per_octave, tuning, feature)?;
    let merged = bins_per_octave / PITCHES;
    let mut chroma = Array2::zeros((cqt.nrows(), PITCHES));
    for (row, mut pitches) in cqt.rows().into_iter().zip(chroma.rows_mut()) {
        for (bin, magnitude) in row.iter().enumerate() {
            pitches[(bin + merged / 2) / merged % PITCHES] += magnitude;
        }
    }
    Ok(chroma)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Waveform;
    use crate::features::analysis::Spectrum;

    fn chroma_of(midi: i32, cents: f64) -> Vec<f32> {
        let hz = 440.0 * 2f64.powf((f64::from(midi - 69) + cents / 100.0) / 12.0);
        let step = 2.0 * std::f64::consts::PI * hz / 22_050.0;
        let samples = (0..44_100).map(|k| (0.5 * (step * f64::from(k)).sin()) as f32).collect();
        let waveform = Waveform { samples, rate_hz: 22_050 };
        let analysis = Analysis::new(&waveform, Spectrum::Magnitude).unwrap();
        chroma_cqt(&analysis).unwrap().row(40).to_vec()
    }

    #[test]
    fn a_note_is_its_own_pitch_class_even_out_of_tune() {
        for (midi, cents) in [(69, 0.0), (60, 0.0), (59, 20.0), (73, -12.0)] {
            let chroma = chroma_of(midi, cents);
            assert_eq!(chroma[midi as usize % 12], 1.0, "{midi}");
            assert!(
                chroma.iter().enumerate().all(|(k, &v)| k == midi as usize % 12 || v < 0.5),
                "{chroma:?}"
            );
        }
    }
}
