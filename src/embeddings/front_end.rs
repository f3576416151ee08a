//! A network's front end: the signal becomes patches of log-mel frames, or of samples.
//!
//! Frames of `window` samples every `hop`, times the periodic Hann window, filled with zeros up to `fft`;
//! `|X|^power`, triangular mel bands, `log(gain·m + offset)`, and patches of `patch` frames every `patch_hop`. What is
//! left at the end is dropped. The numbers of musicnn and VGGish are instances of this, and so are those of most
//! networks that users bring (the TOML beside an ONNX file).

use realfft::RealFftPlanner;
use serde::Deserialize;

use super::error::EmbeddingError;
use super::mel_triangles::{Bands, MelScale, Triangles};
use crate::audio::Waveform;
use crate::audio::stft::hann_periodic;

/// Louder samples have no meaning and their power could not be held.
const LOUDEST: f32 = 1e6;
/// What the sizes of a spectrum, and a hop, go up to.
const LONGEST: usize = 1 << 16;
/// Samples that a patch may take, and numbers that it may have. A short clip is repeated until it fills one.
const MOST_OF_A_PATCH: usize = 1 << 24;
/// The largest finite number of IEEE binary16.
const LARGEST_HALF: f64 = 65_504.0;

/// What the network's input is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Input {
    #[default]
    LogMel,
    Waveform,
}

/// How the signal goes on beyond its ends, by half a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Padding {
    #[default]
    None,
    /// Mirrored at the first and last sample, which are not repeated.
    Reflect,
    Zeros,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Logarithm {
    None,
    #[default]
    Ln,
    Log10,
    /// 10·log10, nothing below −100.
    Decibel,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FrontEnd {
    pub input: Input,
    pub rate_hz: u32,
    pub window: usize,
    pub fft: usize,
    pub hop: usize,
    pub padding: Padding,
    /// 1: magnitude, 2: power.
    pub power: u32,
    pub mels: usize,
    pub scale: MelScale,
    pub low_hz: f64,
    pub high_hz: f64,
    /// Triangles straight on the mel scale, not in Hz.
    pub straight_in_mel: bool,
    /// Divide each triangle by half its width in Hz.
    pub slaney_norm: bool,
    /// Round the mel power to IEEE binary16 before the logarithm.
    pub half_precision: bool,
    pub log: Logarithm,
    pub gain: f64,
    pub offset: f64,
    /// Taken off, and divided by, after the logarithm.
    pub mean: f64,
    pub deviation: f64,
    /// Frames a patch, or samples where the input is the waveform.
    pub patch: usize,
    pub patch_hop: usize,
}

impl Default for FrontEnd {
    fn default() -> Self {
        Self {
            input: Input::LogMel,
            rate_hz: 16_000,
            window: 400,
            fft: 512,
            hop: 160,
            padding: Padding::None,
            power: 2,
            mels: 64,
            scale: MelScale::Htk,
            low_hz: 0.0,
            high_hz: 8000.0,
            straight_in_mel: false,
            slaney_norm: false,
            half_precision: false,
            log: Logarithm::Ln,
            gain: 1.0,
            offset: 0.01,
            mean: 0.0,
            deviation: 1.0,
            patch: 96,
            patch_hop: 96,
        }
    }
}

/// Patches one after another, each in C order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Patches {
    pub values: Vec<f32>,
    /// Numbers of one patch.
    pub size: usize,
}

impl Patches {
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.size)
    }
}

impl FrontEnd {
    /// Refuses what cannot be computed, by the names of the keys.
    pub fn check(&self) -> Result<(), String> {
        let refuse = |message: &str| Err(message.to_string());
        if !(1000..=192_000).contains(&self.rate_hz) {
            return refuse("rate_hz must lie between 1000 and 192000");
        }
        let whole = 1..=MOST_OF_A_PATCH;
        if !whole.contains(&self.patch) || !whole.contains(&self.patch_hop) {
            return refuse("patch and patch_hop must lie between 1 and 16777216");
        }
        if self.input == Input::Waveform {
            return Ok(());
        }
        if !(2..=LONGEST).contains(&self.fft) || !(2..=self.fft).contains(&self.window) {
            return refuse("window must be 2 or more, and fft between window and 65536");
        }
        if !(1..=LONGEST).contains(&self.hop) {
            return refuse("hop must lie between 1 and 65536");
        }
        if self.padding != Padding::None && self.fft % 2 == 1 {
            return refuse("fft must be even where padding is \"reflect\" or \"zeros\"");
        }
        if !(1..=2).contains(&self.power) {
            return refuse("power is 1 (magnitude) or 2");
        }
        if !(1..=1024).contains(&self.mels) {
            return refuse("mels must lie between 1 and 1024");
        }
        let fits = |size: Option<usize>| size.is_some_and(|size| size <= MOST_OF_A_PATCH);
        if !fits(self.needed_samples()) || !fits(self.patch.checked_mul(self.mels)) {
            return refuse("a patch must not take or make more than 16777216 numbers: lower patch");
        }
        let nyquist_hz = f64::from(self.rate_hz) / 2.0;
        if !(self.low_hz >= 0.0 && self.low_hz < self.high_hz && self.high_hz <= nyquist_hz) {
            return refuse("low_hz and high_hz must rise from 0 to half of rate_hz");
        }
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let above_nothing = self.offset > 0.0 || matches!(self.log, Logarithm::None | Logarithm::Decibel);
        if !(positive(self.gain) && self.offset.is_finite() && self.mean.is_finite() && above_nothing) {
            return refuse(
                "gain must be above 0, and offset too, since the logarithm of 0 is taken otherwise",
            );
        }
        if !positive(self.deviation) {
            return refuse("deviation must be above 0");
        }
        Ok(())
    }

    /// Samples that one patch takes; `None` where they are more than can be counted.
    pub fn needed_samples(&self) -> Option<usize> {
        let hops = (self.patch - 1).checked_mul(self.hop);
        match (self.input, self.padding) {
            (Input::Waveform, _) => Some(self.patch),
            (_, Padding::None) => hops?.checked_add(self.window),
            // 1 + ⌊n/hop⌋ frames, the fft being even; a mirror needs more than half a window.
            _ => Some(hops?.max(self.fft / 2 + 1)),
        }
    }

    /// The patches of a signal; `repeat` says to repeat one that is too short for the first patch.
    pub fn patches(&self, name: &str, wave: &Waveform, repeat: bool) -> Result<Patches, EmbeddingError> {
        if wave.rate_hz != self.rate_hz {
            let (found_hz, wanted_hz) = (wave.rate_hz, self.rate_hz);
            return Err(EmbeddingError::Rate { name: name.to_string(), found_hz, wanted_hz });
        }
        if let Some(sample) = wave.samples.iter().position(|x| x.is_nan() || x.abs() > LOUDEST) {
            return Err(EmbeddingError::Sample { sample, value: wave.samples[sample] });
        }
        let (found, wanted) = (wave.samples.len(), self.needed_samples().unwrap_or(usize::MAX));
        let repeated: Vec<f32>;
        let samples = if found >= wanted {
            &wave.samples
        } else if repeat && found > 0 && wanted <= MOST_OF_A_PATCH {
            repeated = wave.samples.iter().copied().cycle().take(wanted).collect();
            &repeated
        } else {
            let rate_hz = self.rate_hz;
            return Err(EmbeddingError::TooShort { name: name.to_string(), found, wanted, rate_hz });
        };
        Ok(match self.input {
            Input::Waveform => cut(samples, 1, self.patch, self.patch_hop),
            Input::LogMel => cut(&self.log_mel(samples), self.mels, self.patch, self.patch_hop),
        })
    }

    /// Frames × mels.
    pub fn log_mel(&self, samples: &[f32]) -> Vec<f32> {
        let padded;
        let samples = match self.padding {
            Padding::None => samples,
            Padding::Zeros => {
                let zeros = vec![0.0; self.fft / 2];
                padded = [zeros.as_slice(), samples, &zeros].concat();
                &padded
            }
            Padding::Reflect => {
                let half = (self.fft / 2).min(samples.len().saturating_sub(1));
                let before = samples[1..=half].iter().rev();
                let after = samples[samples.len() - 1 - half..samples.len() - 1].iter().rev();
                padded = before.chain(samples).chain(after).copied().collect::<Vec<f32>>();
                &padded
            }
        };
        let triangles = Triangles::new(&Bands {
            rate_hz: self.rate_hz,
            fft: self.fft,
            count: self.mels,
            scale: self.scale,
            low_hz: self.low_hz,
            high_hz: self.high_hz,
            straight_in_mel: self.straight_in_mel,
            slaney_norm: self.slaney_norm,
        });
        // A padded window is centred in its transform, another stands at its start.
        let lead = if self.padding == Padding::None { 0 } else { (self.fft - self.window) / 2 };
        let reach = if self.padding == Padding::None { self.window } else { self.fft };
        let fft = RealFftPlanner::<f64>::new().plan_fft_forward(self.fft);
        let window = hann_periodic(self.window);
        let (mut frame, mut spectrum) = (fft.make_input_vec(), fft.make_output_vec());
        let mut scratch = fft.make_scratch_vec();
        let mut values = Vec::new();
        for start in (0..samples.len().saturating_sub(reach - 1)).step_by(self.hop) {
            frame.fill(0.0);
            let piece = &samples[start + lead..][..self.window];
            for ((slot, &sample), weight) in frame[lead..].iter_mut().zip(piece).zip(&window) {
                *slot = f64::from(sample) * weight;
            }
            // The buffers come from the plan itself, so their lengths are right by construction.
            let done = fft.process_with_scratch(&mut frame, &mut spectrum, &mut scratch);
            debug_assert!(done.is_ok());
            let strength = |bin: usize| match self.power {
                1 => spectrum[bin].norm(),
                _ => spectrum[bin].norm_sqr(),
            };
            triangles.apply(strength, |band| values.push(self.compress(band)));
        }
        values
    }

    /// The logarithm in single precision, as every peer takes it.
    fn compress(&self, band: f64) -> f32 {
        let band = if self.half_precision { to_half(band) } else { band };
        let value = (self.gain * band + self.offset) as f32;
        let value = match self.log {
            Logarithm::None => value,
            Logarithm::Ln => value.ln(),
            Logarithm::Log10 => value.log10(),
            Logarithm::Decibel => 10.0 * value.max(1e-10).log10(),
        };
        match (self.mean, self.deviation) {
            (0.0, 1.0) => value,
            (mean, deviation) => (value - mean as f32) / deviation as f32,
        }
    }
}

fn cut(frames: &[f32], width: usize, patch: usize, hop: usize) -> Patches {
    let size = patch * width;
    let starts = (0..frames.len() / width).step_by(hop).map(|frame| frame * width);
    let whole = starts.take_while(|start| start + size <= frames.len());
    Patches { values: whole.flat_map(|start| &frames[start..start + size]).copied().collect(), size }
}

/// A number of 0 or more rounded to IEEE binary16: nearest, ties to even, small ones kept.
fn to_half(value: f64) -> f64 {
    // 10 bits after the first; below 2⁻¹⁴ the step stays the same.
    let exponent = (((value.to_bits() >> 52) & 0x7ff) as i32 - 1023).max(-14);
    let step = f64::from_bits(((exponent - 10 + 1023) as u64) << 52);
    ((value / step).round_ties_even() * step).min(LARGEST_HALF)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: numpy 2.4.6, `np.float64(x).astype(np.float16)`.
    #[test]
    fn halves_round_as_numpy_does() {
        for (value, half) in [
            (0.0, 0.0),
            (1.0, 1.0),
            (0.1, 0.0999755859375),
            (2049.0, 2048.0),
            (2051.0, 2052.0),
            (1e-7, 1.1920928955078125e-7),
            (2e-8, 0.0),
            (6.1e-5, 6.097555160522461e-5),
            (1e9, 65504.0),
        ] {
            assert_eq!(to_half(value), half, "{value}");
        }
    }

    #[test]
    fn a_signal_that_just_suffices_gives_one_patch_and_a_shorter_one_none() {
        let front = FrontEnd::default();
        let wave = |samples: usize| Waveform { samples: vec![0.1; samples], rate_hz: 16_000 };
        assert_eq!(front.needed_samples(), Some(15_600));
        let patches = |samples, repeat| front.patches("x", &wave(samples), repeat);
        assert_eq!(patches(15_600, false).unwrap().iter().count(), 1);
        assert_eq!(patches(15_599, true).unwrap().iter().count(), 1);
        assert!(patches(15_599, false).unwrap_err().to_string().contains("short = \"repeat\""));
        assert!(patches(0, true).is_err());
        assert_eq!(patches(480_000, false).unwrap().iter().count(), 31);
    }

    #[test]
    fn whatever_front_end_is_taken_gives_a_patch_of_the_samples_that_it_asks_for() {
        let mut taken = 0;
        for padding in [Padding::None, Padding::Reflect, Padding::Zeros] {
            for (fft, window) in [(512, 400), (511, 400), (401, 401), (400, 399), (3, 2), (2, 2)] {
                for (hop, patch) in [(160, 5), (1, 3), (700, 2), (160, 1)] {
                    let sizes = FrontEnd { padding, fft, window, hop, patch, mels: 4, ..FrontEnd::default() };
                    if padding != Padding::None && fft % 2 == 1 {
                        assert!(sizes.check().unwrap_err().contains("fft must be even"));
                        continue;
                    }
                    sizes.check().unwrap();
                    let samples = vec![0.1; sizes.needed_samples().unwrap()];
                    let wave = Waveform { samples, rate_hz: 16_000 };
                    let patches = sizes.patches("x", &wave, false).unwrap();
                    assert!(patches.iter().count() >= 1, "{sizes:?}");
                    taken += 1;
                }
            }
        }
        assert_eq!(taken, 48);
    }

    #[test]
    fn sizes_beyond_all_memory_are_refused_by_name() {
        let said = |sizes: FrontEnd| sizes.check().unwrap_err();
        let usual = FrontEnd::default;
        assert!(said(FrontEnd { hop: 1_000_000_000_000, ..usual() }).contains("hop"));
        assert!(said(FrontEnd { hop: 0, ..usual() }).contains("hop"));
        assert!(said(FrontEnd { fft: 1 << 20, ..usual() }).contains("fft"));
        assert!(said(FrontEnd { patch: 1 << 20, hop: 65_536, ..usual() }).contains("lower patch"));
        assert!(said(FrontEnd { patch: 1 << 20, hop: 1, mels: 128, ..usual() }).contains("lower patch"));
        assert!(said(FrontEnd { patch_hop: usize::MAX, ..usual() }).contains("patch_hop"));
        let endless = FrontEnd { hop: usize::MAX, ..usual() };
        assert_eq!(endless.needed_samples(), None);
        let wave = Waveform { samples: vec![0.1; 100], rate_hz: 16_000 };
        assert!(matches!(endless.patches("x", &wave, true), Err(EmbeddingError::TooShort { .. })));
    }
}
