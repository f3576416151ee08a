//! Which part of a file is wanted, and what a decoder hands over of it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{AudioProblem, Fault, Levels};

/// Which part of a file is wanted, and at which rate.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LoadOptions {
    /// `None` keeps the file's own rate.
    pub rate_hz: Option<u32>,
    /// Sound to leave out at the start.
    pub offset_seconds: f64,
    /// The longest wanted sound; a shorter file is used as it is.
    pub max_seconds: Option<f64>,
    /// Which part is kept of a file longer than that.
    pub cut: Cut,
}

/// Which part of a longer file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// The first `max_seconds` after the offset.
    #[default]
    Start,
    /// The `max_seconds` in the middle of what follows the offset.
    Middle,
}

impl LoadOptions {
    /// The wanted frames of a file of `frames` frames; librosa truncates both times to whole frames.
    pub(super) fn window(&self, frames: u64, rate_hz: u32) -> Range<u64> {
        let whole = |seconds: f64| (seconds * f64::from(rate_hz)) as u64;
        let start = whole(self.offset_seconds).min(frames);
        let left = frames - start;
        let length = self.max_seconds.map_or(left, |seconds| whole(seconds).min(left));
        let start = match self.cut {
            Cut::Start => start,
            Cut::Middle => start + (left - length) / 2,
        };
        start..start + length
    }
}

/// What a decoder hands over: the mono mix of the wanted part at the native rate.
#[derive(Debug)]
pub(super) struct Decoded {
    pub samples: Vec<f32>,
    /// The number of the first of `samples` in the file.
    pub first_frame: u64,
    pub rate_hz: u32,
    pub channels: u32,
    /// Frames in the whole file.
    pub native_frames: u64,
    pub levels: Levels,
    pub faults: Vec<Fault>,
}

const LOWEST_RATE_HZ: u32 = 1_000;
const HIGHEST_RATE_HZ: u32 = 3_072_000;

/// Refuses rates that only a damaged header states, before anything is allocated by them.
pub(super) fn check_rate(rate_hz: u32) -> Result<(), AudioProblem> {
    if (LOWEST_RATE_HZ..=HIGHEST_RATE_HZ).contains(&rate_hz) {
        return Ok(());
    }
    Err(AudioProblem::Rate { rate_hz, lowest_hz: LOWEST_RATE_HZ, highest_hz: HIGHEST_RATE_HZ })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_cut_in_whole_native_frames() {
        let options = LoadOptions { offset_seconds: 0.25, max_seconds: Some(0.5), ..Default::default() };
        assert_eq!(options.window(1000, 1000), 250..750);
        assert_eq!(options.window(300, 1000), 250..300);
        assert_eq!(options.window(100, 1000), 100..100);
        let middle = LoadOptions { cut: Cut::Middle, ..options };
        assert_eq!(middle.window(1001, 1000), 375..875);
        assert_eq!(middle.window(300, 1000), 250..300);
        assert_eq!(LoadOptions::default().window(7, 1000), 0..7);
        let absurd =
            LoadOptions { offset_seconds: f64::NAN, max_seconds: Some(f64::INFINITY), ..Default::default() };
        assert_eq!(absurd.window(7, 1000), 0..7);
    }
}
