//! What the samples of a file say of how it was made, seen channel by channel before they are mixed: the loudest one,
//! runs at full scale (where a converter or a loud master cut the tops off), and whether two channels are one.

use super::vectorised::vectorised;

/// A 16-bit file's loudest value and more.
pub const FULL_SCALE: f32 = 32_766.5 / 32_768.0;
/// So many samples in a row at full scale are a top cut off, not a peak.
const RUN_SAMPLES: u32 = 3;

/// Of the wanted part of a file, at its own rate.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Levels {
    /// The largest magnitude of any channel.
    pub peak: f32,
    /// Samples, of all channels together.
    pub samples: u64,
    /// Of these, how many stand in runs of three or more at full scale.
    pub clipped: u64,
    /// Two channels or more, and every frame has the same value in all of them.
    pub equal_channels: bool,
}

impl Levels {
    /// The share of samples that stand in runs at full scale.
    pub fn clipped_share(&self) -> f64 {
        if self.samples == 0 { 0.0 } else { self.clipped as f64 / self.samples as f64 }
    }
}

/// Gathers [`Levels`] while frames go by.
#[derive(Debug, Default)]
pub(super) struct LevelMeter {
    peak: f32,
    samples: u64,
    clipped: u64,
    /// Of each channel, how long the run at full scale is that the last block ended in.
    runs: Vec<u32>,
    several: bool,
    different: bool,
}

impl LevelMeter {
    pub fn see(&mut self, interleaved: &[f32], channels: usize) {
        let peak = loudest(interleaved);
        self.peak = self.peak.max(peak);
        self.samples += interleaved.len() as u64;
        self.several |= channels > 1;
        if channels > 1 && !self.different {
            self.different = if channels == 2 {
                two_differ(interleaved.as_chunks::<2>().0)
            } else {
                interleaved.chunks_exact(channels).any(|frame| frame.iter().any(|x| *x != frame[0]))
            };
        }
        self.runs.resize(channels, 0);
        if peak < FULL_SCALE {
            self.runs.fill(0);
            return;
        }
        for frame in interleaved.chunks_exact(channels) {
            for (run, sample) in self.runs.iter_mut().zip(frame) {
                *run = if sample.abs() >= FULL_SCALE { run.saturating_add(1) } else { 0 };
                self.clipped += match *run {
                    0..RUN_SAMPLES => 0,
                    RUN_SAMPLES => u64::from(RUN_SAMPLES),
                    _ => 1,
                };
            }
        }
    }

    pub fn levels(&self) -> Levels {
        let Self { peak, samples, clipped, .. } = *self;
        Levels { peak, samples, clipped, equal_channels: self.several && !self.different }
    }
}

vectorised! {
    fn loudest<'a>(samples: &'a [f32]) -> f32 {
        let (blocks, rest) = samples.as_chunks::<16>();
        let mut most = [0.0f32; 16];
        for block in blocks {
            for (most, sample) in most.iter_mut().zip(block) {
                let size = sample.abs();
                *most = if size > *most { size } else { *most };
            }
        }
        rest.iter().map(|sample| sample.abs()).chain(most).fold(0.0, f32::max)
    }
}

vectorised! {
    fn two_differ<'a>(frames: &'a [[f32; 2]]) -> bool {
        frames.iter().fold(false, |differ, [left, right]| differ | (left != right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_at_full_scale_are_counted_in_each_channel_and_across_blocks() {
        let mut meter = LevelMeter::default();
        // left: a run of four over the border of the blocks; right: single peaks.
        meter.see(&[0.2, 1.0, 1.0, 0.0, -1.0, 1.0], 2);
        meter.see(&[1.0, 0.3, 1.0, 1.0, 0.1, 0.0], 2);
        let levels = meter.levels();
        assert_eq!((levels.clipped, levels.samples, levels.peak), (4, 12, 1.0));
        assert!(!levels.equal_channels);
        assert!((levels.clipped_share() - 4.0 / 12.0).abs() < 1e-12);
    }

    #[test]
    fn channels_are_one_where_every_frame_says_so() {
        let equal = |frames: &[f32], channels| {
            let mut meter = LevelMeter::default();
            meter.see(frames, channels);
            meter.levels().equal_channels
        };
        assert!(equal(&[0.1, 0.1, -0.2, -0.2], 2) && equal(&[0.5; 9], 3));
        assert!(!equal(&[0.1, 0.1, -0.2, 0.2], 2) && !equal(&[0.5, 0.5, 0.4], 3));
        assert!(!equal(&[0.1, 0.1], 1), "one channel is no pair");
        assert_eq!(LevelMeter::default().levels(), Levels::default());
    }
}
