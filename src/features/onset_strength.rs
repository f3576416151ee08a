//! Onset strength: the mean over the 128 log-mel bands of their rise since the frame before, falls counted as 0,
//! delayed by the lag of 1 and by the 2 frames of half a window (librosa/onset.py:445, 581–639); (frames, 1).

use std::rc::Rc;

use ndarray::Array2;

use super::analysis::Analysis;
use super::error::FeatureError;
use crate::audio::vectorised::vectorised;

/// Frames by which the envelope is delayed: the lag and `2048/(2·512)`.
const DELAY_FRAMES: usize = 3;

/// The onset strength of every frame of a clip.
pub(super) struct OnsetEnvelope(pub(super) Vec<f32>);

pub(super) fn envelope(analysis: &Analysis) -> Result<Rc<OnsetEnvelope>, FeatureError> {
    analysis.shared(|| {
        let log_mel = analysis.log_mel();
        let mut strengths = vec![0.0f32; log_mel.nrows()];
        let bands = log_mel.ncols().max(1);
        let values = log_mel.as_slice().unwrap_or_default();
        for (at, slot) in strengths.iter_mut().enumerate().skip(DELAY_FRAMES) {
            let now = (at + 1 - DELAY_FRAMES) * bands;
            *slot = mean_rise(&values[now - bands..now], &values[now..now + bands]);
        }
        Ok(OnsetEnvelope(strengths))
    })
}

vectorised! {
    fn mean_rise<'a>(before: &'a [f32], now: &'a [f32]) -> f32 {
        let mut sums = [0.0f32; 16];
        for (before, now) in before.chunks_exact(16).zip(now.chunks_exact(16)) {
            for lane in 0..16 {
                sums[lane] += (now[lane] - before[lane]).max(0.0);
            }
        }
        (sums.iter().map(|sum| f64::from(*sum)).sum::<f64>() / before.len() as f64) as f32
    }
}

pub(super) fn onset_strength(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    let strengths = envelope(analysis)?.0.clone();
    Ok(Array2::from_shape_vec((strengths.len(), 1), strengths).unwrap_or_default())
}
