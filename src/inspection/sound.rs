//! What one clip sounds like: digest, length, levels, quiet share and fingerprint, as numbers that a cache can keep.

use ndarray::ArrayView2;

use super::fingerprint::Fingerprint;
use crate::audio::{Levels, Waveform};
use crate::disk::digest;

/// Blocks of this length are quiet or not.
const BLOCK_SECONDS: f64 = 0.05;
/// −60 dB below full scale.
const QUIET: f64 = 1e-3;

/// Of the part of a clip that is heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Hash of the decoded samples, after mixing and resampling: the same in any lossless container.
    pub digest: String,
    pub seconds: f64,
    pub peak: f32,
    /// Share of samples that stand in runs at full scale.
    pub clipped_share: f64,
    /// Several channels that are one.
    pub equal_channels: bool,
    /// The file ends before the sound does.
    pub cut_short: bool,
    /// Share of the time in which the level stays below −60 dB of full scale.
    pub quiet_share: f64,
    pub fingerprint: Fingerprint,
}

/// Numbers before the fingerprint's words.
const HEAD: usize = 10;

impl Sound {
    /// `magnitude` is the spectrogram of `wave`, where one of the kind that [`Fingerprint::fits`] is at hand.
    pub fn of(wave: &Waveform, levels: &Levels, cut_short: bool, magnitude: Option<ArrayView2<f32>>) -> Self {
        let bytes: Vec<u8> = wave.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        Self {
            digest: digest(&bytes),
            seconds: wave.seconds(),
            peak: levels.peak,
            clipped_share: levels.clipped_share(),
            equal_channels: levels.equal_channels,
            cut_short,
            quiet_share: quiet_share(wave),
            fingerprint: match magnitude {
                Some(magnitude) => Fingerprint::of_magnitude(magnitude),
                None => Fingerprint::of(wave),
            },
        }
    }

    /// All of it, for a cache.
    pub fn numbers(&self) -> Vec<f64> {
        let mut numbers = vec![
            self.seconds,
            f64::from(self.peak),
            self.clipped_share,
            f64::from(u8::from(self.equal_channels)),
            f64::from(u8::from(self.cut_short)),
            self.quiet_share,
        ];
        let words = self.digest.as_bytes().chunks(8).map(|eight| {
            let text = std::str::from_utf8(eight).unwrap_or_default();
            u32::from_str_radix(text, 16).unwrap_or_default()
        });
        numbers.extend(words.chain(self.fingerprint.words.iter().copied()).map(f64::from));
        numbers
    }

    /// What [`Self::numbers`] gave; `None` for anything else.
    pub fn from_numbers(numbers: &[f64]) -> Option<Self> {
        let (head, words) = numbers.split_at_checked(HEAD)?;
        let word = |value: &f64| (*value >= 0.0 && *value <= f64::from(u32::MAX)).then_some(*value as u32);
        let name: Option<Vec<String>> =
            head[6..].iter().map(|value| Some(format!("{:08x}", word(value)?))).collect();
        Some(Self {
            digest: name?.concat(),
            seconds: head[0],
            peak: head[1] as f32,
            clipped_share: head[2],
            equal_channels: head[3] != 0.0,
            cut_short: head[4] != 0.0,
            quiet_share: head[5],
            fingerprint: Fingerprint { words: words.iter().map(word).collect::<Option<_>>()? },
        })
    }
}

fn quiet_share(wave: &Waveform) -> f64 {
    let block = ((BLOCK_SECONDS * f64::from(wave.rate_hz)) as usize).max(1);
    let blocks = wave.samples.chunks(block);
    let (count, quiet) = blocks.fold((0usize, 0usize), |(count, quiet), block| {
        let power: f32 = block.iter().map(|sample| sample * sample).sum();
        let level = (f64::from(power) / block.len() as f64).sqrt();
        (count + 1, quiet + usize::from(level < QUIET))
    });
    if count == 0 { 1.0 } else { quiet as f64 / count as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    #[test]
    fn the_numbers_give_it_back() {
        let mut draws = Draws::new(1, "sound");
        let samples: Vec<f32> =
            (0..40_000).map(|n| if n < 20_000 { draws.between(-1.0, 1.0) as f32 } else { 0.0 }).collect();
        let wave = Waveform { samples, rate_hz: 22_050 };
        let levels = Levels { peak: 0.99, samples: 10, clipped: 1, equal_channels: true };
        let sound = Sound::of(&wave, &levels, true, None);
        assert!((sound.quiet_share - 0.5).abs() < 0.02);
        assert_eq!(Sound::from_numbers(&sound.numbers()), Some(sound.clone()));
        assert_eq!(Sound::from_numbers(&sound.numbers()[..5]), None);
        let mut wrong = sound.numbers();
        wrong[20] = -1.0;
        assert_eq!(Sound::from_numbers(&wrong), None);
    }
}
