//! A signal made worse on purpose, to see what a fitted model still says of it.
//!
//! * noise: white noise at a signal-to-noise ratio, of the whole clip's mean power
//! * gain: a factor in decibels; what leaves ±1 is cut off, as in a file
//! * low-pass: nothing above a frequency, by a linear-phase FIR of 255 taps (Hann-windowed sinc, −6 dB at the edge), of more
//!   where those would be less than four turns of the edge
//! * codec: a lossy codec imitated at a bit rate (see `codec_imitation`)
//! * seconds: the beginning of the clip only
//! * offset: the clip without its beginning

use serde::{Deserialize, Serialize};

use super::Waveform;
use super::codec_imitation::imitate;
use crate::random::Draws;

/// One way of making a signal worse, at one strength.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Perturbation {
    NoiseSnrDb(f64),
    GainDb(f64),
    LowPassHz(f64),
    CodecKbps(f64),
    Seconds(f64),
    OffsetSeconds(f64),
}

/// A kind of perturbation, for lists, messages and plots.
#[derive(Debug, Clone, Copy)]
pub struct PerturbationKind {
    pub name: &'static str,
    pub title: &'static str,
    pub range: (f64, f64),
    make: fn(f64) -> Perturbation,
}

/// Every kind, in the order in which they are listed.
pub const PERTURBATIONS: &[PerturbationKind] = &[
    PerturbationKind {
        name: "noise_snr_db",
        title: "white noise, signal to noise in dB",
        range: (-40.0, 120.0),
        make: Perturbation::NoiseSnrDb,
    },
    PerturbationKind {
        name: "gain_db",
        title: "gain in dB",
        range: (-120.0, 60.0),
        make: Perturbation::GainDb,
    },
    PerturbationKind {
        name: "low_pass_hz",
        title: "low-pass in Hz",
        range: (50.0, 100_000.0),
        make: Perturbation::LowPassHz,
    },
    PerturbationKind {
        name: "codec_kbps",
        title: "imitated codec in kbit/s",
        range: (4.0, 512.0),
        make: Perturbation::CodecKbps,
    },
    PerturbationKind {
        name: "seconds",
        title: "length of the clip in s",
        range: (0.1, 3600.0),
        make: Perturbation::Seconds,
    },
    PerturbationKind {
        name: "offset_seconds",
        title: "start left out, in s",
        range: (0.01, 3600.0),
        make: Perturbation::OffsetSeconds,
    },
];

/// Raised whenever a perturbation gives other samples: a part of every cache key.
pub const PERTURBATION_VERSION: u32 = 2;

const FEWEST_TAPS: usize = 255;

impl Perturbation {
    /// Of a kind by name and a strength.
    pub fn new(kind: &str, strength: f64) -> Result<Self, String> {
        let known = || PERTURBATIONS.iter().map(|kind| kind.name);
        let Some(found) = PERTURBATIONS.iter().find(|known| known.name == kind) else {
            let hint = crate::spelling::hint(kind, known());
            let names = known().collect::<Vec<_>>().join(", ");
            return Err(format!("no perturbation `{kind}`{hint}; there are {names}"));
        };
        let (low, high) = found.range;
        if !(low..=high).contains(&strength) {
            return Err(format!("{kind} = {strength} does not lie between {low} and {high}"));
        }
        Ok((found.make)(strength))
    }

    /// The kind's name and the strength.
    pub fn parts(&self) -> (&'static str, f64) {
        match *self {
            Self::NoiseSnrDb(strength) => ("noise_snr_db", strength),
            Self::GainDb(strength) => ("gain_db", strength),
            Self::LowPassHz(strength) => ("low_pass_hz", strength),
            Self::CodecKbps(strength) => ("codec_kbps", strength),
            Self::Seconds(strength) => ("seconds", strength),
            Self::OffsetSeconds(strength) => ("offset_seconds", strength),
        }
    }

    /// Its entry of [`PERTURBATIONS`].
    pub fn kind(&self) -> &'static PerturbationKind {
        let (name, _) = self.parts();
        PERTURBATIONS.iter().find(|kind| kind.name == name).unwrap_or(&PERTURBATIONS[0])
    }

    /// The worse signal, of the same rate; why not, where nothing would be left of it.
    pub fn apply(&self, wave: &Waveform, draws: &mut Draws) -> Result<Waveform, String> {
        let rate = f64::from(wave.rate_hz);
        let samples = match *self {
            Self::NoiseSnrDb(ratio) => noisy(&wave.samples, ratio, draws),
            Self::GainDb(gain) => {
                let factor = 10f64.powf(gain / 20.0) as f32;
                wave.samples.iter().map(|sample| (factor * sample).clamp(-1.0, 1.0)).collect()
            }
            Self::LowPassHz(edge) if edge >= rate / 2.0 => wave.samples.clone(),
            Self::LowPassHz(edge) => filtered(&wave.samples, &low_pass(edge / rate)),
            Self::CodecKbps(kbps) => imitate(&wave.samples, wave.rate_hz, kbps),
            Self::Seconds(seconds) => {
                let length = ((seconds * rate) as usize).clamp(1, wave.samples.len().max(1));
                wave.samples.iter().take(length).copied().collect()
            }
            Self::OffsetSeconds(seconds) => {
                let start = (seconds * rate) as usize;
                let left = wave.samples.get(start..).filter(|left| !left.is_empty());
                let nothing =
                    || format!("{:.2} s are not more than the offset of {seconds} s", wave.seconds());
                left.ok_or_else(nothing)?.to_vec()
            }
        };
        Ok(Waveform { samples, rate_hz: wave.rate_hz })
    }
}

/// `noise_snr_db = 10`
impl std::fmt::Display for Perturbation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, strength) = self.parts();
        write!(out, "{name} = {strength}")
    }
}

fn noisy(samples: &[f32], ratio_db: f64, draws: &mut Draws) -> Vec<f32> {
    let power: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let level = (power / samples.len().max(1) as f64).sqrt() * 10f64.powf(-ratio_db / 20.0);
    samples.iter().map(|sample| sample + (level * draws.normal()) as f32).collect()
}

/// Taps that pass what lies below `edge`, in cycles a sample; they sum to 1.
fn low_pass(edge: f64) -> Vec<f64> {
    let count = FEWEST_TAPS.max((4.0 / edge).ceil() as usize | 1);
    let middle = (count / 2) as f64;
    let taps: Vec<f64> = (0..count)
        .map(|tap| {
            let at = tap as f64 - middle;
            let turn = std::f64::consts::TAU * edge * at;
            let sinc = if at == 0.0 { 2.0 * edge } else { turn.sin() / (std::f64::consts::PI * at) };
            let window = 0.5 + 0.5 * (std::f64::consts::PI * at / (middle + 1.0)).cos();
            sinc * window
        })
        .collect();
    let sum: f64 = taps.iter().sum();
    taps.into_iter().map(|tap| tap / sum).collect()
}

fn filtered(samples: &[f32], taps: &[f64]) -> Vec<f32> {
    let half = taps.len() / 2;
    (0..samples.len())
        .map(|at| {
            let first = at.saturating_sub(half);
            let last = (at + half + 1).min(samples.len());
            let taps = &taps[first + half - at..];
            let sum: f64 =
                samples[first..last].iter().zip(taps).map(|(sample, tap)| f64::from(*sample) * tap).sum();
            sum as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64) -> Waveform {
        let samples =
            (0..22_050).map(|n| (std::f64::consts::TAU * hz * n as f64 / 22_050.0).sin() as f32 * 0.5);
        Waveform { samples: samples.collect(), rate_hz: 22_050 }
    }

    fn worse(wave: &Waveform, kind: &str, strength: f64) -> Waveform {
        let mut draws = Draws::new(1, "perturbation test");
        Perturbation::new(kind, strength).unwrap().apply(wave, &mut draws).unwrap()
    }

    fn level(samples: &[f32]) -> f64 {
        (samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
    }

    #[test]
    fn noise_has_the_level_that_the_ratio_says() {
        let clean = tone(440.0);
        for ratio in [20.0, 0.0] {
            let noisy = worse(&clean, "noise_snr_db", ratio);
            let noise: Vec<f32> = noisy.samples.iter().zip(&clean.samples).map(|(a, b)| a - b).collect();
            let found = 20.0 * (level(&clean.samples) / level(&noise)).log10();
            assert!((found - ratio).abs() < 0.2, "{found}");
        }
    }

    #[test]
    fn a_low_pass_keeps_what_lies_below_and_nothing_above() {
        let inside = |wave: &Waveform| level(&wave.samples[2000..20_000]);
        let (low, high) = (tone(500.0), tone(5000.0));
        assert!((inside(&worse(&low, "low_pass_hz", 2000.0)) / inside(&low) - 1.0).abs() < 1e-3);
        assert!(inside(&worse(&high, "low_pass_hz", 2000.0)) / inside(&high) < 1e-3);
        assert_eq!(worse(&high, "low_pass_hz", 20_000.0), high);
    }

    #[test]
    fn the_edge_is_where_it_says_however_low() {
        for hz in [50.0, 100.0, 1000.0] {
            let inside = |wave: &Waveform| level(&wave.samples[4000..18_000]);
            let clean = tone(hz);
            let lost = 20.0 * (inside(&worse(&clean, "low_pass_hz", hz)) / inside(&clean)).log10();
            assert!((lost + 6.0).abs() < 0.5, "{lost} dB at {hz} Hz");
        }
    }

    #[test]
    fn gain_clips_and_cuts_have_the_length_that_is_left() {
        let clean = tone(300.0);
        let loud = worse(&clean, "gain_db", 12.0);
        assert!(loud.samples.iter().all(|x| x.abs() <= 1.0) && loud.samples.contains(&1.0));
        let quiet = worse(&clean, "gain_db", -20.0);
        assert!((level(&quiet.samples) / level(&clean.samples) - 0.1).abs() < 1e-4);
        assert_eq!(worse(&clean, "seconds", 0.25).samples, clean.samples[..5512]);
        assert_eq!(worse(&clean, "seconds", 3.0), clean);
        assert_eq!(worse(&clean, "offset_seconds", 0.5).samples, clean.samples[11_025..]);
        let mut draws = Draws::new(1, "");
        assert!(Perturbation::OffsetSeconds(2.0).apply(&clean, &mut draws).unwrap_err().contains("1.00 s"));
    }

    #[test]
    fn names_and_ranges_are_checked_and_every_kind_has_its_own() {
        for kind in PERTURBATIONS {
            let one = Perturbation::new(kind.name, kind.range.1).unwrap();
            assert_eq!((one.parts(), one.kind().name), ((kind.name, kind.range.1), kind.name));
        }
        assert!(Perturbation::new("noise_db", 3.0).unwrap_err().contains("noise_snr_db"));
        assert!(Perturbation::new("gain_db", f64::NAN).is_err());
    }
}
