//! Zero-crossing rate: the share of a frame's 2048 samples whose sign differs from the sample before them in the
//! frame, `|x| ≤ 1e-10` counting as +0, the signal's end samples repeated beyond it
//! (librosa/feature/spectral.py:1058, core/audio.py:1138); (frames, 1).

use ndarray::Array2;

use super::analysis::{Analysis, FFT_SAMPLES, HOP_SAMPLES};
use super::error::FeatureError;

const ZERO_BELOW: f32 = 1e-10;

pub(super) fn zcr(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let samples = analysis.samples();
    // crossings[i]: how many of samples 1…i have another sign than the one before.
    let mut crossings = vec![0u32; samples.len()];
    for i in 1..samples.len() {
        let crosses = is_negative(samples[i]) != is_negative(samples[i - 1]);
        crossings[i] = crossings[i - 1] + u32::from(crosses);
    }
    let last = samples.len() - 1; // an Analysis is never empty
    Ok(Array2::from_shape_fn((analysis.frames(), 1), |(frame, _)| {
        let start = (frame * HOP_SAMPLES).saturating_sub(FFT_SAMPLES / 2).min(last);
        let end = (frame * HOP_SAMPLES + FFT_SAMPLES / 2 - 1).min(last);
        (crossings[end] - crossings[start]) as f32 / FFT_SAMPLES as f32
    }))
}

fn is_negative(sample: f32) -> bool {
    sample < -ZERO_BELOW
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Waveform;
    use crate::features::analysis::Spectrum;

    #[test]
    fn counts_sign_changes_of_the_frame() -> Result<(), FeatureError> {
        let alternating: Vec<f32> = (0..4096).map(|i| if i % 2 == 0 { 0.5 } else { -0.5 }).collect();
        let waveform = Waveform { samples: alternating, rate_hz: 22_050 };
        let rates = zcr(&Analysis::new(&waveform, Spectrum::Unused)?)?;
        assert_eq!(rates[[0, 0]], 1023.0 / 2048.0); // the first half of frame 0 repeats sample 0
        assert_eq!(rates[[4, 0]], 2047.0 / 2048.0);
        Ok(())
    }
}
