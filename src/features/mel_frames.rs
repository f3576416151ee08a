//! Mel spectrograms of any size, for networks: librosa.feature.melspectrogram with n_fft, hop_length, n_mels and window
//! as given (power 2, centred, Slaney bands), then decibels (librosa.power_to_db), ln(S + 1e-6),
//! log10(S + 1), or nothing.
//!
//! gtzan8-2020 takes 96 bands of 1024/512 at 16 kHz in decibels; cntk-2020 128 bands of 2048/512 with a Hamming window
//! and the natural logarithm; tuiasi-2018 the power itself.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::analysis::check_samples;
use super::decibel::power_to_db;
use super::error::FeatureError;
use super::mel_bands::triangles;
use crate::audio::Waveform;
use crate::audio::stft::Stft;

/// `mel = { … }` of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MelFrames {
    pub bands: usize,
    pub fft: usize,
    pub hop: usize,
    pub window: Window,
    pub scale: Scale,
}

/// What a frame is weighted with before its transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    #[default]
    Hann,
    Hamming,
}

/// On which scale the energies of the bands stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Decibels, floored 80 dB below the clip's loudest cell.
    #[default]
    Db,
    /// ln(S + 1e-6).
    Ln,
    /// log10(S + 1).
    Log10,
    Power,
}

impl Default for MelFrames {
    fn default() -> Self {
        Self { bands: 128, fft: 2048, hop: 512, window: Window::Hann, scale: Scale::Db }
    }
}

/// Raised whenever the numbers change.
pub const MEL_FRAMES_VERSION: u32 = 1;

impl MelFrames {
    /// Why the sizes cannot be used.
    pub fn check(&self) -> Result<(), String> {
        if !(32..=65_536).contains(&self.fft)
            || !(1..=65_536).contains(&self.hop)
            || !(1..=512).contains(&self.bands)
        {
            return Err(
                "mel: fft must lie between 32 and 65536, hop between 1 and 65536, bands between 1 and 512"
                    .into(),
            );
        }
        Ok(())
    }

    /// (frames, bands).
    pub fn compute(&self, wave: &Waveform) -> Result<Array2<f32>, FeatureError> {
        check_samples(wave)?;
        let mut stft = Stft::new(self.fft, self.hop);
        if self.window == Window::Hamming {
            let turn = std::f64::consts::TAU / self.fft as f64;
            stft = stft.with_window((0..self.fft).map(|m| 0.54 - 0.46 * (turn * m as f64).cos()).collect());
        }
        let bands = triangles(wave.rate_hz, self.fft, self.bands);
        let mut mel = Array2::zeros((stft.frames(wave.samples.len()), self.bands));
        let mut power = vec![0.0f32; stft.bins()];
        stft.for_each_frame(&wave.samples, |frame, spectrum| {
            power.iter_mut().zip(spectrum).for_each(|(slot, bin)| *slot = bin.norm_sqr() as f32);
            for (slot, (first, weights)) in mel.row_mut(frame).iter_mut().zip(&bands) {
                *slot = weights.iter().zip(&power[*first..]).map(|(weight, power)| weight * power).sum();
            }
        });
        Ok(match self.scale {
            Scale::Db => power_to_db(&mel),
            Scale::Ln => mel.mapv(|power| (power + 1e-6).ln()),
            Scale::Log10 => mel.mapv(|power| (power + 1.0).log10()),
            Scale::Power => mel,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::frames;
    use crate::random::Draws;

    #[test]
    fn the_usual_sizes_give_the_usual_features() {
        let mut draws = Draws::new(4, "mel frames");
        let samples = (0..30_000).map(|_| draws.between(-0.5, 0.5) as f32).collect();
        let wave = Waveform { samples, rate_hz: 22_050 };
        for (feature, scale) in [("mel", Scale::Power), ("log_mel", Scale::Db)] {
            let usual = frames(&wave, feature).unwrap();
            let ours = MelFrames { scale, ..MelFrames::default() }.compute(&wave).unwrap();
            assert_eq!(ours.dim(), usual.dim());
            let near = ours.iter().zip(&usual).all(|(a, b)| (a - b).abs() <= 1e-5 * b.abs().max(1.0));
            assert!(near, "{feature}");
        }
    }

    #[test]
    fn samples_without_a_finite_power_are_refused() {
        let refused = |sample: f32| {
            let wave = Waveform { samples: vec![0.1, sample, 0.1], rate_hz: 22_050 };
            MelFrames::default().compute(&wave).unwrap_err()
        };
        assert_eq!(refused(1e20), FeatureError::TooLoud { sample: 1, value: 1e20 });
        assert_eq!(refused(f32::INFINITY), FeatureError::NotFinite { sample: 1, value: f32::INFINITY });
        assert!(matches!(refused(f32::NAN), FeatureError::NotFinite { sample: 1, .. }));
    }

    /// The sum over all cells and some cells of frame 16 by librosa 0.11.0 (tests/golden/make_neural.py) of a 0.5-s
    /// 440-Hz tone at 16 kHz.
    #[test]
    fn other_sizes_are_librosas() {
        let turn = std::f64::consts::TAU * 440.0 / 16_000.0;
        let samples = (0..8000).map(|n| (0.5 * (turn * n as f64).sin()) as f32).collect();
        let wave = Waveform { samples, rate_hz: 16_000 };
        let power =
            MelFrames { bands: 96, fft: 1024, hop: 256, window: Window::Hamming, scale: Scale::Power };
        let found = power.compute(&wave).unwrap();
        assert_eq!(found.dim(), (32, 96));
        assert!((f64::from(found.sum()) / 26_032.431_64 - 1.0).abs() < 1e-5, "{}", found.sum());
        for (band, wanted) in [(10, 0.011_981_682), (24, 0.001_421_165_7), (60, 5.636_770_2e-5)] {
            assert!((f64::from(found[[16, band]]) / wanted - 1.0).abs() < 1e-4, "{band}");
        }
    }
}
