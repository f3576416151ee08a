//! Chroma energy normalised statistics (Müller & Ewert 2011; librosa/feature/spectral.py:1419). (frames, 12)
//!
//! Unscaled constant-Q chroma divided by the frame's sum, in steps (¼ for each of 0.4, 0.2, 0.1, 0.05 exceeded),
//! smoothed over 41 frames by a Hann window of sum 1 with zeros beyond the ends, divided by the frame's length.

use ndarray::Array2;

use super::analysis::Analysis;
use super::chroma_cqt;
use super::chroma_scale::{Norm, PITCHES};
use super::error::FeatureError;

const STEPS: [f32; 4] = [0.4, 0.2, 0.1, 0.05];

/// Frames on either side that the smoothing reaches; librosa's window of 43 ends in zeros.
const REACH: usize = 20;

pub(super) fn chroma_cens(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    Ok(of_raw(chroma_cqt::raw(analysis, "chroma_cens")?))
}

pub(super) fn fma_chroma_cens(analysis: &Analysis) -> Result<Array2<f32>, FeatureError> {
    Ok(of_raw(chroma_cqt::fma_raw(analysis, "fma_chroma_cens")?))
}

pub(super) fn of_raw(mut chroma: Array2<f32>) -> Array2<f32> {
    Norm::Sum.scale(&mut chroma);
    chroma.mapv_inplace(|share| STEPS.iter().map(|&step| if share > step { 0.25 } else { 0.0 }).sum());
    let mut smooth = smoothed(&chroma);
    Norm::Euclidean.scale(&mut smooth);
    smooth
}

fn smoothed(chroma: &Array2<f32>) -> Array2<f32> {
    let window: Vec<f64> = (1..=2 * REACH + 1)
        .map(|k| 0.5 - 0.5 * (2.0 * std::f64::consts::PI * k as f64 / (2 * REACH + 2) as f64).cos())
        .collect();
    let sum: f64 = window.iter().sum();
    let frames = chroma.nrows();
    let mut smooth = Array2::zeros((frames, PITCHES));
    for (frame, mut row) in smooth.rows_mut().into_iter().enumerate() {
        let mut totals = [0.0f64; PITCHES];
        for at in frame.saturating_sub(REACH)..frames.min(frame + REACH + 1) {
            let weight = window[at + REACH - frame] / sum;
            for (total, value) in totals.iter_mut().zip(chroma.row(at)) {
                *total += weight * f64::from(*value);
            }
        }
        row.iter_mut().zip(totals).for_each(|(slot, total)| *slot = total as f32);
    }
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_chord_is_itself_and_silence_is_zero() {
        let mut chroma = Array2::zeros((60, PITCHES));
        chroma.column_mut(0).fill(3.0);
        chroma.column_mut(7).fill(3.0);
        let cens = of_raw(chroma);
        assert!(cens.column(0).iter().chain(cens.column(7)).all(|v| (v - 0.5f32.sqrt()).abs() < 1e-6));
        assert!(cens.column(1).iter().all(|&v| v == 0.0));
        assert!(of_raw(Array2::zeros((5, PITCHES))).iter().all(|&v| v == 0.0));
    }

    #[test]
    fn one_frame_spreads_over_forty_one() {
        let mut chroma = Array2::zeros((101, PITCHES));
        chroma[(50, 4)] = 1.0;
        let smooth = smoothed(&chroma);
        assert!((smooth.sum() - 1.0).abs() < 1e-6);
        assert_eq!(smooth.column(4).iter().filter(|&&v| v > 0.0).count(), 41);
    }
}
