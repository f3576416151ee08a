//! A signal made in memory, cut and resampled by the rules of a file.

use super::levels::LevelMeter;
use super::wanted::check_rate;
use super::{AudioProblem, LoadOptions, Loaded, Waveform, resample};

/// What [`super::load`] would give of a lossless mono file of this signal.
pub fn from_waveform(wave: Waveform, options: &LoadOptions) -> Result<Loaded, AudioProblem> {
    let native_rate_hz = wave.rate_hz;
    let native_seconds = wave.seconds();
    let window = options.window(wave.samples.len() as u64, native_rate_hz);
    let wanted = &wave.samples[window.start as usize..window.end as usize];
    let mut meter = LevelMeter::default();
    meter.see(wanted, 1);
    let rate_hz = options.rate_hz.unwrap_or(native_rate_hz);
    check_rate(native_rate_hz)?;
    check_rate(rate_hz)?;
    let samples = resample(wanted, native_rate_hz, rate_hz);
    Ok(Loaded {
        wave: Waveform { samples, rate_hz },
        native_rate_hz,
        channels: 1,
        native_seconds,
        format: "synthetic",
        levels: meter.levels(),
        faults: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Cut;

    #[test]
    fn the_middle_of_a_longer_signal_is_kept() {
        let wave = Waveform { samples: (0..100).map(|n| n as f32).collect(), rate_hz: 1000 };
        let options = LoadOptions { max_seconds: Some(0.02), cut: Cut::Middle, ..LoadOptions::default() };
        let loaded = from_waveform(wave, &options).unwrap();
        assert_eq!(loaded.wave.samples, (40..60).map(|n| n as f32).collect::<Vec<_>>());
        assert_eq!(loaded.native_seconds, 0.1);
    }

    /// Resampling to such a rate would ask for more memory than there is.
    #[test]
    fn rates_that_no_file_has_are_refused() {
        let wave = |rate_hz| Waveform { samples: vec![0.5; 100], rate_hz };
        for rate_hz in [0, 999, 4_000_000_000] {
            let wanted = LoadOptions { rate_hz: Some(rate_hz), ..LoadOptions::default() };
            let refused = from_waveform(wave(8000), &wanted).unwrap_err();
            assert!(matches!(refused, AudioProblem::Rate { .. }), "{refused}");
            assert!(from_waveform(wave(rate_hz), &LoadOptions::default()).is_err());
        }
    }
}
