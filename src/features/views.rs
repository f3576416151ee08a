//! The matrices of one clip that are looked at rather than learned from: spectrogram, its harmonic and percussive
//! parts, chroma, tempogram. All have a row a frame.

use ndarray::Array2;

use super::analysis::{Analysis, HOP_SAMPLES, Spectrum};
use super::chroma_cqt::chroma_cqt;
use super::decibel::power_to_db;
use super::error::FeatureError;
use super::hpss::{Masks, harmonic_share, percussive_share};
use super::tempo::tempo;
use super::tempogram::tempogram;
use crate::audio::Waveform;

/// One clip to be looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipViews {
    pub rate_hz: u32,
    pub hop_samples: usize,
    /// Decibels below the clip's loudest cell, from −80 to 0; (frames, 1025) as the two parts.
    pub spectrogram: Array2<f32>,
    pub harmonic: Array2<f32>,
    pub percussive: Array2<f32>,
    /// The twelve pitch classes from C, each frame's largest 1.
    pub chroma: Array2<f32>,
    /// Autocorrelation of the onset strength by lag in frames.
    pub tempogram: Array2<f32>,
    /// Beats a minute of the whole clip.
    pub tempo: f64,
}

/// All views of a clip.
pub fn clip_views(waveform: &Waveform) -> Result<ClipViews, FeatureError> {
    let analysis = Analysis::new(waveform, Spectrum::Magnitude)?;
    let magnitude = analysis.magnitude();
    let loudest = magnitude.iter().copied().fold(0.0f32, f32::max);
    let (mut harmonic, mut percussive) = (magnitude.clone(), magnitude.clone());
    let mut masks = Masks::new(magnitude);
    for (frame, (mut tonal, mut struck)) in
        harmonic.outer_iter_mut().zip(percussive.outer_iter_mut()).enumerate()
    {
        for ((mask, tonal), struck) in masks.row(frame).iter().zip(&mut tonal).zip(&mut struck) {
            *tonal *= harmonic_share(*mask);
            *struck *= percussive_share(*mask);
        }
    }
    drop(masks);
    Ok(ClipViews {
        rate_hz: waveform.rate_hz,
        hop_samples: HOP_SAMPLES,
        spectrogram: below(magnitude, loudest),
        harmonic: below(&harmonic, loudest),
        percussive: below(&percussive, loudest),
        chroma: chroma_cqt(&analysis)?,
        tempogram: tempogram(&analysis)?,
        tempo: tempo(&analysis)?.first().copied().unwrap_or_default(),
    })
}

/// Decibels below `loudest`, no less than −80; all −80 in silence.
fn below(magnitude: &Array2<f32>, loudest: f32) -> Array2<f32> {
    if loudest <= 0.0 {
        return Array2::from_elem(magnitude.dim(), -80.0);
    }
    // Never below the floor that `power_to_db` sets on powers, so that a quiet clip is seen too.
    power_to_db(&magnitude.mapv(|value| (value / loudest).powi(2))).mapv(|db| db.clamp(-80.0, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(rate_hz: u32, seconds: f64, bpm: f64) -> Waveform {
        let period = (60.0 * f64::from(rate_hz) / bpm) as usize;
        let samples = (0..(seconds * f64::from(rate_hz)) as usize)
            .map(|n| if n % period < 200 { (n as f32 * 0.7).sin() } else { 0.0 })
            .collect();
        Waveform { samples, rate_hz }
    }

    #[test]
    fn the_parts_add_up_and_the_beat_is_seen() {
        let views = clip_views(&pulses(22050, 12.0, 120.0)).unwrap();
        let linear = |db: f32| 10f32.powf(db / 20.0);
        for ((all, tonal), struck) in views.spectrogram.iter().zip(&views.harmonic).zip(&views.percussive) {
            assert!((linear(*all) - linear(*tonal) - linear(*struck)).abs() < 4e-4);
        }
        let middle = views.tempogram.row(views.tempogram.nrows() / 2);
        let lag = (60.0 * 22050.0 / (512.0 * 120.0f64)).round() as usize;
        assert!(middle[0] > 0.999 && middle[lag] > 0.6 && middle[lag + lag / 2] < 0.3, "{middle}");
    }

    #[test]
    fn silence_and_one_sample_have_views() {
        let silence = Waveform { samples: vec![0.0; 30_000], rate_hz: 22050 };
        assert!(clip_views(&silence).unwrap().spectrogram.iter().all(|db| *db == -80.0));
        let one = Waveform { samples: vec![0.5], rate_hz: 22050 };
        assert_eq!(clip_views(&one).unwrap().tempogram.nrows(), 1);
    }
}
