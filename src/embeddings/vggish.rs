//! VGGish (Hershey et al., "CNN architectures for large-scale audio classification", ICASSP 2017): 64 log-mel bands at
//! 16 kHz, examples of 96 frames (0.96 s), six 3×3 convolutions with four poolings, three dense layers, 128 numbers.
//!
//! `activation`: none (the present TensorFlow code) or relu (torchvggish, the graph of 2017). `postprocess`: none, or
//! PCA, clipped to ±2 and quantised to 0…255, cut off as TensorFlow (`pca_u8`) or rounded as torchvggish (`pca_round`).

use ndarray::Array2;

use super::choice::Postprocess;
use super::embedding::Embedding;
use super::error::EmbeddingError;
use super::front_end::FrontEnd;
use super::vggish_weights::{Layer, Pca, VggishWeights};
use crate::audio::Waveform;
use crate::weights::WeightFile;

const TIME: usize = 96;
const BANDS: usize = 64;
const OUTPUTS: usize = 128;
/// Examples at a time, so that the large dense layers are read once for all of them.
const BATCH: usize = 8;

/// Channels in and out of the convolutions, and whether a pooling of 2×2 follows.
pub(super) const CONVOLUTIONS: [(&str, usize, usize, bool); 6] = [
    ("conv1", 1, 64, true),
    ("conv2", 64, 128, true),
    ("conv3_1", 128, 256, false),
    ("conv3_2", 256, 256, true),
    ("conv4_1", 256, 512, false),
    ("conv4_2", 512, 512, true),
];
pub(super) const DENSE: [(&str, usize, usize); 3] =
    [("fc1_1", 6 * 4 * 512, 4096), ("fc1_2", 4096, 4096), ("fc2", 4096, OUTPUTS)];

pub(super) struct Vggish {
    front: FrontEnd,
    convolutions: Vec<Layer>,
    dense: Vec<Layer>,
    relu: bool,
    pca: Option<(Pca, Postprocess)>,
    repeat: bool,
}

pub(super) fn front_end() -> FrontEnd {
    // The defaults of a front end are VGGish's but for the kind of spectrum and of triangles.
    FrontEnd { power: 1, low_hz: 125.0, high_hz: 7500.0, straight_in_mel: true, ..FrontEnd::default() }
}

impl Vggish {
    pub fn new(
        file: &WeightFile,
        relu: bool,
        pca: Option<(Pca, Postprocess)>,
        repeat: bool,
    ) -> Result<Self, EmbeddingError> {
        let weights = VggishWeights::of(file);
        let convolutions =
            CONVOLUTIONS.iter().map(|&(name, from, to, _)| weights.convolution(name, from, to));
        let dense = DENSE.iter().map(|&(name, from, to)| weights.dense(name, from, to));
        Ok(Self {
            front: front_end(),
            convolutions: convolutions.collect::<Result<_, _>>()?,
            dense: dense.collect::<Result<_, _>>()?,
            relu,
            pca,
            repeat,
        })
    }

    /// Examples × 128, before any activation or post-processing.
    pub fn forward(&self, examples: &[&[f32]]) -> Vec<f32> {
        let mut rows: Vec<f32> = examples.iter().flat_map(|example| self.convolve(example)).collect();
        let last = self.dense.len() - 1;
        for (place, layer) in self.dense.iter().enumerate() {
            let size = rows.len() / examples.len();
            let starts: Vec<usize> = (0..examples.len()).map(|row| row * size).collect();
            rows = layer.weights.multiply(&rows, &starts, &layer.bias);
            if place < last {
                rows.iter_mut().for_each(|value| *value = value.max(0.0));
            }
        }
        rows
    }

    /// The convolutions: time × band × channel, flattened.
    fn convolve(&self, example: &[f32]) -> Vec<f32> {
        let (mut image, mut height, mut width) = (example.to_vec(), TIME, BANDS);
        for (layer, (.., channels, outputs, pool)) in self.convolutions.iter().zip(CONVOLUTIONS) {
            image = convolution(&image, [height, width, channels], layer);
            if pool {
                image = pooled(&image, [height, width, outputs]);
                (height, width) = (height / 2, width / 2);
            }
        }
        image
    }

    fn finish(&self, row: &[f32]) -> Vec<f32> {
        let row: Vec<f32> = row.iter().map(|&v| if self.relu { v.max(0.0) } else { v }).collect();
        match &self.pca {
            None => row,
            Some((pca, kind)) => pca.project(&row).into_iter().map(|value| quantised(value, *kind)).collect(),
        }
    }
}

/// ±2 becomes 0…255.
pub(super) fn quantised(value: f32, kind: Postprocess) -> f32 {
    let code = (value.clamp(-2.0, 2.0) + 2.0) * (255.0 / 4.0);
    if kind == Postprocess::PcaU8 { code.trunc() } else { code.round_ties_even() }
}

/// 3×3, zeros around, bias, ReLU.
fn convolution(image: &[f32], [height, width, channels]: [usize; 3], layer: &Layer) -> Vec<f32> {
    let row = (width + 2) * channels;
    let mut padded = vec![0.0f32; (height + 2) * row];
    for (y, line) in image.chunks_exact(width * channels).enumerate() {
        padded[(y + 1) * row + channels..][..line.len()].copy_from_slice(line);
    }
    let starts: Vec<usize> =
        (0..height).flat_map(|y| (0..width).map(move |x| y * row + x * channels)).collect();
    let outputs = layer.weights.outputs();
    let mut sums = layer.weights.sums(starts.len());
    // One line of the filter at a time: its three columns lie side by side in the image.
    for (line, weights) in std::iter::once(&layer.weights).chain(&layer.more).enumerate() {
        weights.add(&padded[line * row..], &starts, &mut sums);
    }
    // All numbers of channels here are whole panels, so that the sums are the image.
    for pixel in sums.chunks_exact_mut(outputs) {
        for (value, bias) in pixel.iter_mut().zip(&layer.bias) {
            *value = (*value + bias).max(0.0);
        }
    }
    sums
}

/// The largest of each 2×2.
fn pooled(image: &[f32], [height, width, channels]: [usize; 3]) -> Vec<f32> {
    let mut small = Vec::with_capacity(image.len() / 4);
    for y in (0..height - 1).step_by(2) {
        for x in (0..width - 1).step_by(2) {
            let pixel = |dy: usize, dx: usize| &image[((y + dy) * width + x + dx) * channels..][..channels];
            let [a, b, c, d] = [pixel(0, 0), pixel(0, 1), pixel(1, 0), pixel(1, 1)];
            small.extend((0..channels).map(|k| a[k].max(b[k]).max(c[k].max(d[k]))));
        }
    }
    small
}

impl Embedding for Vggish {
    fn rate_hz(&self) -> u32 {
        self.front.rate_hz
    }

    fn columns(&self) -> Vec<String> {
        (0..OUTPUTS).map(|n| format!("embedding.{n:03}")).collect()
    }

    fn patches(&self, name: &str, wave: &Waveform) -> Result<Array2<f32>, EmbeddingError> {
        let patches = self.front.patches(name, wave, self.repeat)?;
        let examples: Vec<&[f32]> = patches.iter().collect();
        let rows = examples.chunks(BATCH).flat_map(|batch| self.forward(batch)).collect::<Vec<f32>>();
        let finished: Vec<f32> = rows.chunks_exact(OUTPUTS).flat_map(|row| self.finish(row)).collect();
        Ok(Array2::from_shape_vec((examples.len(), OUTPUTS), finished).unwrap_or_default())
    }
}
