//! `random-conv`: filters that nobody has trained, drawn once and for all. No more than a demonstration of the way an
//! embedding goes, and a floor that a trained one has to beat.
//!
//! musicnn's front end, then 48 filters of 7 frames × 38 bands, 48 of 7 × 67 and 16 each of 128, 64 and 32 frames, all
//! normal with mean 0 and variance 2/(their size), ReLU, the largest over the bands, and the largest and the mean over
//! the patch: 288 numbers, brought to the size of a trained embedding's.

use ndarray::Array2;

use super::band_filters::BandFilters;
use super::embedding::Embedding;
use super::error::EmbeddingError;
use super::front_end::FrontEnd;
use super::lane_blocks::Norm;
use super::musicnn::{BANDS, FRAMES, front_end};
use super::time_filters::TimeFilters;
use crate::audio::Waveform;
use crate::random::Draws;

const TALL: [usize; 2] = [38, 67];
const TALL_CHANNELS: usize = 48;
const TAPS: usize = 7;
const LONG: [usize; 3] = [128, 64, 32];
const LONG_CHANNELS: usize = 16;
const CHANNELS: usize = 2 * TALL_CHANNELS + 3 * LONG_CHANNELS;
const SEED: u64 = 1;

/// What the filters usually give, and four standard deviations of it.
struct Size {
    usual: f32,
    span: f32,
}

/// On the synthetic corpus and ESC-10, in round numbers. A network that takes numbers as they come (a trained embedding's lie
/// about 0) loses every ReLU to ones that are all large.
const SIZE_OF_LARGEST: Size = Size { usual: 4.5, span: 4.0 };
const SIZE_OF_MEAN: Size = Size { usual: 1.7, span: 2.0 };

impl Size {
    fn scaled(&self, value: f32) -> f32 {
        (value - self.usual) / self.span
    }
}

pub(super) struct RandomConv {
    front: FrontEnd,
    tall: Vec<BandFilters>,
    long: TimeFilters,
    repeat: bool,
}

impl RandomConv {
    pub fn new(repeat: bool) -> Self {
        let mut draws = Draws::new(SEED, "random-conv");
        // A filter that sums to nothing sees shapes, not loudness.
        let mut filters = |size: usize, channels: usize| -> Vec<f32> {
            let deviation = (2.0 / size as f64).sqrt();
            let mut weights: Vec<f64> = (0..size * channels).map(|_| deviation * draws.normal()).collect();
            for channel in 0..channels {
                let own = || (channel..size * channels).step_by(channels);
                let mean = own().map(|at| weights[at]).sum::<f64>() / size as f64;
                own().for_each(|at| weights[at] -= mean);
            }
            weights.into_iter().map(|weight| weight as f32).collect()
        };
        let tall = TALL.map(|height| {
            let weights = filters(TAPS * height, TALL_CHANNELS);
            BandFilters::new(&weights, [TAPS, height], BANDS, Norm::plain(TALL_CHANNELS))
        });
        let long = LONG.map(|taps| (filters(taps, LONG_CHANNELS), taps));
        let long: Vec<(&[f32], usize)> =
            long.iter().map(|(weights, taps)| (weights.as_slice(), *taps)).collect();
        let norm = Norm::plain(LONG.len() * LONG_CHANNELS);
        Self { front: front_end(), tall: tall.into(), long: TimeFilters::new(&long, FRAMES, norm), repeat }
    }

    fn forward(&self, patch: &[f32]) -> Vec<f32> {
        let spectra = BandFilters::paired_spectra(patch, BANDS, TAPS);
        let mut features = vec![0.0f32; FRAMES * CHANNELS];
        let mut column = 0;
        for filters in &self.tall {
            filters.apply(&spectra, &mut features, CHANNELS, column);
            column += filters.channels();
        }
        self.long.apply(patch, BANDS, &mut features, CHANNELS, column);
        debug_assert_eq!(column + self.long.channels(), CHANNELS);
        let mut pooled = vec![0.0f32; 2 * CHANNELS];
        for channel in 0..CHANNELS {
            let values = || features.iter().skip(channel).step_by(CHANNELS).copied();
            let mean = (values().map(f64::from).sum::<f64>() / FRAMES as f64) as f32;
            pooled[channel] = SIZE_OF_LARGEST.scaled(values().fold(0.0, f32::max));
            pooled[CHANNELS + channel] = SIZE_OF_MEAN.scaled(mean);
        }
        pooled
    }
}

impl Embedding for RandomConv {
    fn rate_hz(&self) -> u32 {
        self.front.rate_hz
    }

    fn columns(&self) -> Vec<String> {
        let of = |kind: &'static str| (0..CHANNELS).map(move |channel| format!("{kind}.{channel:03}"));
        of("max").chain(of("mean")).collect()
    }

    fn patches(&self, name: &str, wave: &Waveform) -> Result<Array2<f32>, EmbeddingError> {
        let patches = self.front.patches(name, wave, self.repeat)?;
        let rows: Vec<Vec<f32>> = patches.iter().map(|patch| self.forward(patch)).collect();
        Ok(Array2::from_shape_vec((rows.len(), 2 * CHANNELS), rows.concat()).unwrap_or_default())
    }
}
