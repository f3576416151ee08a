//! Interleaved frames in, the mono mix of the wanted window out.
//!
//! The mix is librosa's: `numpy.mean` over the channels in f32, which adds fewer than eight channels in
//! order and more of them in eight strands (numpy's pairwise summation), then divides by their number.

use std::ops::Range;

use super::levels::{LevelMeter, Levels};

/// Collects the mono mix of the frames inside a window.
#[derive(Debug)]
pub(super) struct Mono {
    pub samples: Vec<f32>,
    window: Range<u64>,
    position: u64,
    meter: LevelMeter,
}

/// No file's header is believed further than this; longer sound grows the buffer as it comes.
const LARGEST_RESERVATION: u64 = 1 << 22;

impl Mono {
    /// Collects the frames of `window`, the next pushed frame being number `position`.
    pub fn new(window: Range<u64>, position: u64) -> Self {
        let expected = window.end.saturating_sub(window.start).min(LARGEST_RESERVATION);
        Self {
            samples: Vec::with_capacity(expected as usize),
            window,
            position,
            meter: LevelMeter::default(),
        }
    }

    /// The number of frames pushed so far, wanted or not.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Of the wanted frames so far.
    pub fn levels(&self) -> Levels {
        self.meter.levels()
    }

    pub fn is_complete(&self) -> bool {
        self.position >= self.window.end
    }

    /// Which of the next `frames` frames are wanted; moves past all of them.
    fn advance(&mut self, frames: usize) -> Range<usize> {
        let clip = |edge: u64| edge.saturating_sub(self.position).min(frames as u64) as usize;
        let wanted = clip(self.window.start)..clip(self.window.end);
        self.position += frames as u64;
        wanted
    }

    pub fn push(&mut self, interleaved: &[f32], channels: usize) {
        let wanted = self.advance(interleaved.len() / channels);
        if wanted.start >= wanted.end {
            return;
        }
        let interleaved = &interleaved[wanted.start * channels..wanted.end * channels];
        self.meter.see(interleaved, channels);
        match channels {
            1 => self.samples.extend_from_slice(interleaved),
            2 => {
                let (pairs, _) = interleaved.as_chunks::<2>();
                self.samples.extend(pairs.iter().map(|[left, right]| (left + right) * 0.5));
            }
            _ => {
                let count = channels as f32;
                self.samples.extend(interleaved.chunks_exact(channels).map(|frame| sum(frame) / count));
            }
        }
    }

    pub fn push_silence(&mut self, frames: usize) {
        let wanted = self.advance(frames);
        self.samples.resize(self.samples.len() + wanted.len(), 0.0);
    }
}

/// numpy's pairwise summation.
fn sum(values: &[f32]) -> f32 {
    match values.len() {
        0..8 => values.iter().fold(-0.0, |total, value| total + value),
        8..=128 => {
            let (eights, rest) = values.as_chunks::<8>();
            let mut strands = eights[0];
            for eight in &eights[1..] {
                for (strand, value) in strands.iter_mut().zip(eight) {
                    *strand += value;
                }
            }
            let [a, b, c, d, e, f, g, h] = strands;
            rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |total, value| total + value)
        }
        count => {
            let half = count / 2 - count / 2 % 8;
            sum(&values[..half]) + sum(&values[half..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: numpy 2.4.6, `np.mean(np.float32(frame))` printed with `repr`.
    #[test]
    fn mixes_round_as_numpy_does() {
        let frame = |channels: usize| -> Vec<f32> { (0..channels).map(|c| 1.0 / (c as f32 + 3.0)).collect() };
        for (channels, expected) in EXPECTED {
            let mut mono = Mono::new(0..1, 0);
            mono.push(&frame(channels), channels);
            assert_eq!(mono.samples, [expected], "{channels} channels");
        }
    }

    const EXPECTED: [(usize, f32); 7] = [
        (1, 0.33333334),
        (2, 0.2916667),
        (3, 0.2611111),
        (6, 0.20297621),
        (8, 0.17862104),
        (21, 0.106394835),
        (200, 0.021939782),
    ];

    #[test]
    fn only_the_window_is_kept_across_pushes() {
        let mut mono = Mono::new(3..7, 0);
        for start in [0.0f32, 2.0, 4.0, 6.0] {
            mono.push(&[start, start, start + 1.0, start + 1.0], 2);
        }
        assert_eq!(mono.samples, [3.0, 4.0, 5.0, 6.0]);
        assert!(mono.is_complete());
        let mut mono = Mono::new(1..4, 0);
        mono.push_silence(3);
        mono.push(&[9.0; 5], 1);
        assert_eq!(mono.samples, [0.0, 0.0, 9.0]);
        assert_eq!(mono.position(), 8);
    }
}
