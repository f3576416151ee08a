//! A signal made in memory, cut and resampled by the rules of a file.

use super::levels::LevelMeter;
use super::{LoadOptions, Loaded, Waveform, resample};

/// What [`super::load`] would give of a lossless mono file of this signal.
pub fn from_waveform(wave: Waveform, options: &LoadOptions) -> Loaded {
    let native_rate_hz = wave.rate_hz;
    let native_seconds = wave.seconds();
    let window = options.window(wave.samples.len() as u64, native_rate_hz);
    let wanted = &wave.samples[window.start as usize..window.end as usize];
    let mut meter = LevelMeter::default();
    meter.see(wanted, 1);
    let rate_hz = options.rate_hz.unwrap_or(native_rate_hz);
    let samples = resample(wanted, native_rate_hz, rate_hz);
    Loaded {
        wave: Waveform { samples, rate_hz },
        native_rate_hz,
        channels: 1,
        native_seconds,
        format: "synthetic",
        levels: meter.levels(),
        faults: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Cut;

    #[test]
    fn the_middle_of_a_longer_signal_is_kept() {
        let wave = Waveform { samples: (0..100).map(|n| n as f32).collect(), rate_hz: 10 };
        let options = LoadOptions { max_seconds: Some(2.0), cut: Cut::Middle, ..LoadOptions::default() };
        let loaded = from_waveform(wave, &options);
        assert_eq!(loaded.wave.samples, (40..60).map(|n| n as f32).collect::<Vec<_>>());
        assert_eq!(loaded.native_seconds, 10.0);
    }
}
