//! Altered copies of a signal for training: white noise, circular shift, time stretch, gain.
//!
//! * noise: standard normal samples times a level are added
//! * shift: the signal turned round by a number of samples, as numpy.roll
//! * stretch: a phase vocoder as librosa.effects.time_stretch has it: STFT 2048/512, magnitudes interpolated at every
//!   `rate`-th frame, phases run on by the difference that the frames there show
//! * gain: a factor in decibels

use realfft::num_complex::Complex;
use serde::{Deserialize, Serialize};

use super::Waveform;
use super::stft::Stft;
use crate::random::Draws;

/// What is done to a copy, each with an intensity drawn for the clip. gtzan8-2020's is noise = 0.0025,
/// shift_seconds = 0.5, stretch = [0.8, 0.9, 1.0, 1.1].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augmentation {
    /// Level of the white noise; with `random_noise` the most there may be.
    pub noise: f64,
    pub random_noise: bool,
    /// The signal is turned to the right by up to so many seconds.
    pub shift_seconds: f64,
    /// Rates to choose from; above 1 is faster.
    pub stretch: Vec<f64>,
    /// Louder or softer by up to so many decibels.
    pub gain_db: f64,
    /// Altered copies of each training clip.
    pub copies: usize,
}

impl Default for Augmentation {
    fn default() -> Self {
        let stretch = Vec::new();
        Self { noise: 0.0, random_noise: false, shift_seconds: 0.0, stretch, gain_db: 0.0, copies: 1 }
    }
}

const FFT_SAMPLES: usize = 2048;
const HOP_SAMPLES: usize = 512;
const MOST_COPIES: usize = 100;
/// 40 dB above full scale, as [`PERTURBATIONS`](super::PERTURBATIONS) go; and their longest time and largest gain.
const MOST_NOISE: f64 = 100.0;
const MOST_SECONDS: f64 = 3600.0;
const MOST_GAIN_DB: f64 = 60.0;

impl Augmentation {
    /// Why the settings cannot be used.
    pub fn check(&self) -> Result<(), String> {
        for (name, amount, most) in [
            ("noise", self.noise, MOST_NOISE),
            ("shift_seconds", self.shift_seconds, MOST_SECONDS),
            ("gain_db", self.gain_db, MOST_GAIN_DB),
        ] {
            if !(0.0..=most).contains(&amount) {
                return Err(format!("{name} = {amount} does not lie between 0 and {most}"));
            }
        }
        if self.stretch.iter().any(|rate| !(0.25..=4.0).contains(rate)) {
            return Err("stretch rates must lie between 0.25 and 4".to_string());
        }
        if !(1..=MOST_COPIES).contains(&self.copies) {
            return Err(format!("copies must be a number from 1 to {MOST_COPIES}"));
        }
        Ok(())
    }

    /// One altered copy.
    pub fn apply(&self, wave: &Waveform, draws: &mut Draws) -> Waveform {
        let mut samples = wave.samples.clone();
        if self.noise > 0.0 {
            let level = if self.random_noise { draws.between(0.0, self.noise) } else { self.noise };
            samples.iter_mut().for_each(|sample| *sample += (level * draws.normal()) as f32);
        }
        let most = (self.shift_seconds * f64::from(wave.rate_hz)) as usize;
        if most > 0 && !samples.is_empty() {
            let by = draws.below(most) % samples.len();
            samples.rotate_right(by);
        }
        if !self.stretch.is_empty() {
            let rate = self.stretch[draws.below(self.stretch.len())];
            if rate != 1.0 {
                samples = stretched(&samples, rate);
            }
        }
        if self.gain_db > 0.0 {
            let factor = 10f64.powf(draws.between(-self.gain_db, self.gain_db) / 20.0) as f32;
            samples.iter_mut().for_each(|sample| *sample *= factor);
        }
        Waveform { samples, rate_hz: wave.rate_hz }
    }
}

/// The signal at `rate` times its speed, at the same pitch.
pub fn stretched(samples: &[f32], rate: f64) -> Vec<f32> {
    let stft = Stft::new(FFT_SAMPLES, HOP_SAMPLES);
    let spectra = stft.complex(samples);
    let (frames, bins) = spectra.dim();
    let length = (samples.len() as f64 / rate).round_ties_even() as usize;
    let steps = (frames as f64 / rate).ceil() as usize;
    let advance: Vec<f64> = (0..bins)
        .map(|bin| std::f64::consts::TAU * HOP_SAMPLES as f64 * bin as f64 / FFT_SAMPLES as f64)
        .collect();
    let at = |frame: usize, bin: usize| -> Complex<f64> {
        match frame < frames {
            true => Complex::new(f64::from(spectra[[frame, bin]].re), f64::from(spectra[[frame, bin]].im)),
            false => Complex::new(0.0, 0.0),
        }
    };
    let mut phase: Vec<f64> = (0..bins).map(|bin| at(0, bin).arg()).collect();
    stft.inverse(steps, length, |step, spectrum| {
        let place = step as f64 * rate;
        let (frame, share) = (place.floor() as usize, place.fract());
        for bin in 0..bins {
            let (left, right) = (at(frame, bin), at(frame + 1, bin));
            let magnitude = (1.0 - share) * left.norm() + share * right.norm();
            spectrum[bin] = Complex::from_polar(magnitude, phase[bin]);
            let turn = right.arg() - left.arg() - advance[bin];
            let turn = turn - std::f64::consts::TAU * (turn / std::f64::consts::TAU).round();
            phase[bin] += advance[bin] + turn;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, seconds: f64) -> Waveform {
        let count = (22_050.0 * seconds) as usize;
        let sample = |n: usize| (0.5 * (std::f64::consts::TAU * hz * n as f64 / 22_050.0).sin()) as f32;
        Waveform { samples: (0..count).map(sample).collect(), rate_hz: 22_050 }
    }

    /// Upward zero crossings a second, away from the ends.
    fn pitch(samples: &[f32]) -> f64 {
        let middle = &samples[samples.len() / 4..3 * samples.len() / 4];
        let crossings = middle.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        crossings as f64 * 22_050.0 / middle.len() as f64
    }

    #[test]
    fn a_stretched_tone_is_longer_and_of_the_same_pitch_and_loudness() {
        let wave = tone(440.0, 2.0);
        // The powers are those of librosa 0.11.0's time_stretch, whose phases drift apart at 0.8.
        for (rate, of_librosa) in [(0.8, 0.103_201), (1.1, 0.124_997)] {
            let slow = stretched(&wave.samples, rate);
            assert_eq!(slow.len(), (wave.samples.len() as f64 / rate).round_ties_even() as usize);
            assert!((pitch(&slow) - 440.0).abs() < 3.0, "{}", pitch(&slow));
            let middle = &slow[slow.len() / 4..3 * slow.len() / 4];
            let power = middle.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / middle.len() as f64;
            assert!((power - of_librosa).abs() < 1e-4, "{power}");
        }
    }

    #[test]
    fn half_a_sample_goes_to_the_even_length_as_python_rounds() {
        let wave = tone(440.0, 1.0);
        let lengths = [4097, 4099].map(|count| stretched(&wave.samples[..count], 2.0).len());
        assert_eq!(lengths, [2048, 2050]);
    }

    #[test]
    fn a_copy_depends_on_its_draws_alone() {
        let wave = tone(300.0, 0.5);
        let augmentation = Augmentation {
            noise: 0.0025,
            shift_seconds: 0.5,
            stretch: vec![0.8, 0.9, 1.0, 1.1],
            gain_db: 6.0,
            ..Augmentation::default()
        };
        let copy = |seed| augmentation.apply(&wave, &mut Draws::new(seed, "copy"));
        assert_eq!(copy(1), copy(1));
        assert_ne!(copy(1), copy(2));
        assert!(Augmentation { stretch: vec![0.0], ..augmentation }.check().is_err());
    }

    #[test]
    fn amounts_beyond_all_sense_are_refused_by_name() {
        let none = Augmentation::default;
        let said = |augmentation: Augmentation| augmentation.check().unwrap_err();
        assert_eq!(Augmentation { noise: 0.1, shift_seconds: 5.0, gain_db: 60.0, ..none() }.check(), Ok(()));
        let gain = Augmentation { gain_db: 20_000.0, ..none() };
        assert_eq!(said(gain), "gain_db = 20000 does not lie between 0 and 60");
        assert!(said(Augmentation { noise: 1e30, ..none() }).contains("noise"));
        assert!(said(Augmentation { shift_seconds: f64::NAN, ..none() }).contains("shift_seconds"));
        assert!(said(Augmentation { noise: -0.1, ..none() }).contains("noise"));
    }
}
