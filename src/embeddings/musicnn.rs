//! musicnn (Pons and Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR 2019
//! late-breaking), MSD and MTT: 96 log-mel bands at 16 kHz, patches of 187 frames (3 s), timbral and temporal filters,
//! three convolutions with shortcuts, pooling over time, a dense layer of 200, 50 tags.
//!
//! `max_pool` and `mean_pool` are 753 numbers a patch, `penultimate` 200, `tags` 50 sigmoids. Order everywhere:
//! convolution, bias, ReLU, batch norm (ε = 0.001). Zero padding follows the input's batch norm.
//!
//! `legacy`: the published package (0.1.0) appends the first patch's penultimate vector again for every patch.

use ndarray::Array2;

use super::band_filters::BandFilters;
use super::embedding::Embedding;
use super::error::EmbeddingError;
use super::front_end::{FrontEnd, Logarithm, Padding};
use super::lane_blocks::Norm;
use super::mel_triangles::MelScale;
use super::musicnn_weights::MusicnnWeights;
use super::row_products::PackedWeights;
use super::time_filters::TimeFilters;
use crate::audio::Waveform;
use crate::weights::WeightFile;

pub(super) const FRAMES: usize = 187;
pub(super) const BANDS: usize = 96;
const TIMBRAL: [(&str, usize); 2] = [("timbral38", 38), ("timbral67", 67)];
const TIMBRAL_CHANNELS: usize = 204;
const TIMBRAL_TAPS: usize = 7;
const TEMPORAL: [(&str, usize); 3] = [("temporal128", 128), ("temporal64", 64), ("temporal32", 32)];
const TEMPORAL_CHANNELS: usize = 51;
const FRONT: usize = 2 * TIMBRAL_CHANNELS + 3 * TEMPORAL_CHANNELS;
const MIDDLE: usize = 64;
const MIDDLE_TAPS: usize = 7;
const POOLED: usize = FRONT + 3 * MIDDLE;
const PENULTIMATE: usize = 200;
const TAGS: usize = 50;

pub(super) const LAYERS: &[&str] = &["max_pool", "mean_pool", "penultimate", "tags"];

/// What the network gives for one patch.
#[derive(Debug, Clone)]
pub(super) struct Outputs {
    pub max_pool: Vec<f32>,
    pub mean_pool: Vec<f32>,
    pub penultimate: Vec<f32>,
    pub tags: Vec<f32>,
}

pub(super) struct Musicnn {
    front: FrontEnd,
    input_scale: f32,
    input_shift: f32,
    timbral: Vec<BandFilters>,
    temporal: TimeFilters,
    middle: Vec<(PackedWeights, Norm)>,
    pool_scale: Vec<f32>,
    pool_shift: Vec<f32>,
    dense: (PackedWeights, Norm),
    out: (PackedWeights, Vec<f32>),
    layer: String,
    legacy: bool,
    repeat: bool,
    tags: &'static [&'static str],
}

/// The published front end.
pub(super) fn front_end() -> FrontEnd {
    FrontEnd {
        window: 512,
        hop: 256,
        padding: Padding::Reflect,
        mels: BANDS,
        scale: MelScale::Slaney,
        slaney_norm: true,
        half_precision: true,
        log: Logarithm::Log10,
        gain: 10_000.0,
        offset: 1.0,
        patch: FRAMES,
        patch_hop: FRAMES,
        ..FrontEnd::default()
    }
}

impl Musicnn {
    pub fn new(
        file: &WeightFile,
        layer: &str,
        legacy: bool,
        repeat: bool,
        tags: &'static [&'static str],
    ) -> Result<Self, EmbeddingError> {
        let weights = MusicnnWeights::of(file);
        let input = weights.norm("input_bn", Some(vec![0.0]), 1)?;
        let timbral = TIMBRAL.iter().map(|&(name, height)| {
            let name = format!("front.{name}");
            let weight = weights.take(&name, "weight", &[TIMBRAL_TAPS, height, 1, TIMBRAL_CHANNELS])?;
            let norm = weights.norm(&name, None, TIMBRAL_CHANNELS)?;
            Ok(BandFilters::new(&weight, [TIMBRAL_TAPS, height], BANDS, norm))
        });
        let mut kernels = Vec::new();
        let mut norms = Vec::new();
        for (name, taps) in TEMPORAL {
            let name = format!("front.{name}");
            kernels.push((weights.take(&name, "weight", &[taps, 1, 1, TEMPORAL_CHANNELS])?, taps));
            norms.push(weights.norm(&name, None, TEMPORAL_CHANNELS)?);
        }
        let kernels: Vec<(&[f32], usize)> = kernels.iter().map(|(w, taps)| (w.as_slice(), *taps)).collect();
        let middle = [FRONT, MIDDLE, MIDDLE].iter().enumerate().map(|(place, &channels)| {
            let name = format!("mid.conv{}", place + 1);
            let weight = weights.take(&name, "weight", &[MIDDLE_TAPS, channels, 1, MIDDLE])?;
            let packed = PackedWeights::new(&weight, MIDDLE_TAPS * channels, MIDDLE);
            Ok((packed, weights.norm(&name, None, MIDDLE)?))
        });
        let pool = weights.norm("back.pool_bn", Some(vec![0.0; 2 * POOLED]), 2 * POOLED)?;
        let dense = weights.take("back.dense", "weight", &[2 * POOLED, PENULTIMATE])?;
        let out = weights.take("back.out", "weight", &[PENULTIMATE, TAGS])?;
        Ok(Self {
            front: front_end(),
            input_scale: input.scale[0],
            input_shift: input.shift[0],
            timbral: timbral.collect::<Result<_, EmbeddingError>>()?,
            temporal: TimeFilters::new(&kernels, FRAMES, Norm::joined(&norms)),
            middle: middle.collect::<Result<_, EmbeddingError>>()?,
            pool_scale: pool.scale,
            pool_shift: pool.shift,
            dense: (
                PackedWeights::new(&dense, 2 * POOLED, PENULTIMATE),
                weights.norm("back.dense", None, PENULTIMATE)?,
            ),
            out: (PackedWeights::new(&out, PENULTIMATE, TAGS), weights.take("back.out", "bias", &[TAGS])?),
            layer: layer.to_string(),
            legacy,
            repeat,
            tags,
        })
    }

    /// The network on one log-mel patch, frames × bands.
    pub fn forward(&self, patch: &[f32]) -> Outputs {
        let input: Vec<f32> = patch.iter().map(|x| x * self.input_scale + self.input_shift).collect();
        let mut features = vec![0.0f32; FRAMES * POOLED];
        let spectra = BandFilters::paired_spectra(&input, BANDS, TIMBRAL_TAPS);
        let mut column = 0;
        for filters in &self.timbral {
            filters.apply(&spectra, &mut features, POOLED, column);
            column += filters.channels();
        }
        self.temporal.apply(&input, BANDS, &mut features, POOLED, column);
        for (place, layer) in self.middle.iter().enumerate() {
            self.convolve(place, layer, &mut features);
        }

        let mut max_pool = vec![f32::NEG_INFINITY; POOLED];
        let mut sums = vec![0.0f64; POOLED];
        for frame in features.chunks_exact(POOLED) {
            for ((value, largest), sum) in frame.iter().zip(&mut max_pool).zip(&mut sums) {
                *largest = largest.max(*value);
                *sum += f64::from(*value);
            }
        }
        let mean_pool: Vec<f32> = sums.iter().map(|sum| (sum / FRAMES as f64) as f32).collect();

        let pooled = max_pool.iter().zip(&mean_pool).flat_map(|(max, mean)| [*max, *mean]);
        let pooled: Vec<f32> = pooled
            .zip(self.pool_scale.iter().zip(&self.pool_shift))
            .map(|(value, (scale, shift))| value * scale + shift)
            .collect();
        let (dense, norm) = &self.dense;
        let penultimate: Vec<f32> = dense
            .multiply(&pooled, &[0], &vec![0.0; PENULTIMATE])
            .iter()
            .enumerate()
            .map(|(channel, &value)| norm.apply(channel, value))
            .collect();
        let (out, bias) = &self.out;
        let logits = out.multiply(&penultimate, &[0], bias);
        let tags = logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect();
        Outputs { max_pool, mean_pool, penultimate, tags }
    }

    /// One convolution of the middle over time, its shortcut, and its place among the features.
    fn convolve(&self, place: usize, (weights, norm): &(PackedWeights, Norm), features: &mut [f32]) {
        let (from, channels) = if place == 0 { (0, FRONT) } else { (FRONT + (place - 1) * MIDDLE, MIDDLE) };
        let before = MIDDLE_TAPS / 2;
        let mut padded = vec![0.0f32; (FRAMES + MIDDLE_TAPS - 1) * channels];
        for (row, frame) in padded.chunks_exact_mut(channels).skip(before).zip(features.chunks_exact(POOLED))
        {
            row.copy_from_slice(&frame[from..from + channels]);
        }
        let starts: Vec<usize> = (0..FRAMES).map(|t| t * channels).collect();
        let mut sums = weights.sums(FRAMES);
        weights.add(&padded, &starts, &mut sums);
        let into = FRONT + place * MIDDLE;
        for (frame, sums) in features.chunks_exact_mut(POOLED).zip(sums.chunks_exact(MIDDLE)) {
            for (channel, &sum) in sums.iter().enumerate() {
                let shortcut = if place == 0 { 0.0 } else { frame[into - MIDDLE + channel] };
                frame[into + channel] = norm.apply(channel, sum) + shortcut;
            }
        }
    }
}

impl Embedding for Musicnn {
    fn rate_hz(&self) -> u32 {
        self.front.rate_hz
    }

    fn columns(&self) -> Vec<String> {
        let numbered = |count: usize| (0..count).map(|n| format!("{}.{n:03}", self.layer)).collect();
        match self.layer.as_str() {
            "tags" => self.tags.iter().map(|tag| format!("tags.{tag}")).collect(),
            "penultimate" => numbered(PENULTIMATE),
            _ => numbered(POOLED),
        }
    }

    fn patches(&self, name: &str, wave: &Waveform) -> Result<Array2<f32>, EmbeddingError> {
        let patches = self.front.patches(name, wave, self.repeat)?;
        let mut rows: Vec<Vec<f32>> = patches
            .iter()
            .map(|patch| {
                let outputs = self.forward(patch);
                match self.layer.as_str() {
                    "max_pool" => outputs.max_pool,
                    "mean_pool" => outputs.mean_pool,
                    "penultimate" => outputs.penultimate,
                    _ => outputs.tags,
                }
            })
            .collect();
        if self.legacy && self.layer == "penultimate" {
            let first = rows[0].clone();
            rows.iter_mut().for_each(|row| row.clone_from(&first));
        }
        let width = rows[0].len();
        Ok(Array2::from_shape_vec((rows.len(), width), rows.concat()).unwrap_or_default())
    }
}
