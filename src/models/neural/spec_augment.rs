//! SpecAugment (Park et al. 2019) without the time warp: stripes of bands and of frames are set to 0, which is the mean
//! of normalised input. Widths are uniform from 0 to the given most, places uniform where they fit.

use serde::{Deserialize, Serialize};

use crate::models::parameters;
use crate::random::Draws;

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpecAugment {
    #[serde(deserialize_with = "parameters::from_to::<_, 0, 1000>")]
    pub band_masks: usize,
    /// Bands of a stripe at most.
    pub bands: usize,
    #[serde(deserialize_with = "parameters::from_to::<_, 0, 1000>")]
    pub frame_masks: usize,
    pub frames: usize,
}

impl Default for SpecAugment {
    fn default() -> Self {
        Self { band_masks: 2, bands: 16, frame_masks: 2, frames: 24 }
    }
}

impl SpecAugment {
    /// On one segment, bands × frames.
    pub fn apply(&self, segment: &mut [f32], bands: usize, draws: &mut Draws) {
        let frames = segment.len() / bands.max(1);
        let mut stripe = |most: usize, size: usize| {
            let width = draws.below(most.min(size) + 1);
            let start = draws.below(size - width + 1);
            start..start + width
        };
        for _ in 0..self.band_masks {
            let stripe = stripe(self.bands, bands);
            segment[stripe.start * frames..stripe.end * frames].fill(0.0);
        }
        for _ in 0..self.frame_masks {
            let stripe = stripe(self.frames, frames);
            segment.chunks_mut(frames.max(1)).for_each(|row| row[stripe.clone()].fill(0.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_stripes_are_masked() {
        let mut draws = Draws::new(2, "stripes");
        let augment = SpecAugment { band_masks: 1, bands: 3, frame_masks: 1, frames: 5 };
        let mut masked = 0;
        for _ in 0..50 {
            let mut segment = vec![1.0; 8 * 20];
            augment.apply(&mut segment, 8, &mut draws);
            let bands = segment.chunks(20).filter(|row| row.iter().all(|value| *value == 0.0)).count();
            let frames = (0..20).filter(|frame| (0..8).all(|band| segment[band * 20 + frame] == 0.0)).count();
            assert!(bands <= 3 && frames <= 5);
            let zeros = segment.iter().filter(|value| **value == 0.0).count();
            assert_eq!(zeros, bands * 20 + frames * 8 - bands * frames);
            masked += zeros;
        }
        assert!(masked > 0);
    }
}
