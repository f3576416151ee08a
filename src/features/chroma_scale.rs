//! Scaling the twelve values of a chroma frame by a norm (librosa/util/utils.py:792): a frame whose norm is below the
//! smallest normal f32 is left as it is, so that silence stays 0.

use ndarray::Array2;

pub(super) const PITCHES: usize = 12;

/// What a frame is divided by.
#[derive(Clone, Copy)]
pub(super) enum Norm {
    Maximum,
    Sum,
    Euclidean,
}

impl Norm {
    fn of(self, frame: &[f32]) -> f32 {
        let sizes = frame.iter().map(|value| value.abs());
        match self {
            Norm::Maximum => sizes.fold(0.0, f32::max),
            Norm::Sum => sizes.sum(),
            Norm::Euclidean => sizes.map(|size| size * size).sum::<f32>().sqrt(),
        }
    }

    /// Scales every row.
    pub(super) fn scale(self, frames: &mut Array2<f32>) {
        for mut row in frames.rows_mut() {
            if let Some(frame) = row.as_slice_mut() {
                let norm = self.of(frame);
                if norm >= f32::MIN_POSITIVE {
                    frame.iter_mut().for_each(|value| *value /= norm);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_norm_becomes_one_and_silence_stays() {
        for norm in [Norm::Maximum, Norm::Sum, Norm::Euclidean] {
            let mut frames = ndarray::arr2(&[[3.0f32, 4.0, 0.0], [0.0, 0.0, 0.0], [1e-39, 0.0, 0.0]]);
            norm.scale(&mut frames);
            assert!((norm.of(frames.row(0).as_slice().unwrap()) - 1.0).abs() < 1e-6);
            assert_eq!(frames.row(1).to_vec(), [0.0; 3]);
            assert_eq!(frames[(2, 0)], 1e-39);
        }
    }
}
