//! VGGish's tensors under the names of TensorFlow (`vggish/conv1/weights`, with or without `:0`), torchvggish
//! (`features.0.weight`) or Keras (`conv1/kernel:0` anywhere in the path); the layout is told by the names.
//!
//! TensorFlow and Keras: [time, band, in, out] and [in, out]; PyTorch: [out, in, time, band] and [out, in]. The flattened
//! image runs time, band, channel in all of them.

use super::error::EmbeddingError;
use super::row_products::PackedWeights;
use crate::weights::WeightFile;

/// Packed weights and bias; a convolution's are in three lines, the first apart.
pub(super) struct Layer {
    pub weights: PackedWeights,
    pub more: Vec<PackedWeights>,
    pub bias: Vec<f32>,
}

/// Our name, TensorFlow's scope, torchvggish's prefix.
const NAMES: [(&str, &str, &str); 9] = [
    ("conv1", "vggish/conv1", "features.0"),
    ("conv2", "vggish/conv2", "features.3"),
    ("conv3_1", "vggish/conv3/conv3_1", "features.6"),
    ("conv3_2", "vggish/conv3/conv3_2", "features.8"),
    ("conv4_1", "vggish/conv4/conv4_1", "features.11"),
    ("conv4_2", "vggish/conv4/conv4_2", "features.13"),
    ("fc1_1", "vggish/fc1/fc1_1", "embeddings.0"),
    ("fc1_2", "vggish/fc1/fc1_2", "embeddings.2"),
    ("fc2", "vggish/fc2", "embeddings.4"),
];

pub(super) struct VggishWeights<'a> {
    file: &'a WeightFile,
}

impl<'a> VggishWeights<'a> {
    pub fn of(file: &'a WeightFile) -> Self {
        Self { file }
    }

    /// The name in the file of a layer's weights or biases, and whether it lies as PyTorch has it.
    fn name(&self, layer: &str, bias: bool) -> (String, bool) {
        let &(_, scope, prefix) = NAMES.iter().find(|(ours, ..)| *ours == layer).unwrap_or(&NAMES[0]);
        let torch = format!("{prefix}.{}", if bias { "bias" } else { "weight" });
        let flow = format!("{scope}/{}", if bias { "biases" } else { "weights" });
        let keras = format!("{layer}/{}:0", if bias { "bias" } else { "kernel" });
        let known = |wanted: &str| self.file.names().find(|name| *name == wanted).map(str::to_string);
        let ending = |wanted: &str| self.file.names().find(|name| name.ends_with(wanted)).map(str::to_string);
        if known(&torch).is_some() {
            return (torch, true);
        }
        match known(&flow).or_else(|| known(&format!("{flow}:0"))).or_else(|| ending(&keras)) {
            Some(name) => (name, false),
            // What is missing is named as the other tensors of the file are.
            None if self.file.names().any(|name| name.starts_with("vggish/")) => (flow, false),
            None => (torch, true),
        }
    }

    pub fn convolution(&self, layer: &str, from: usize, to: usize) -> Result<Layer, EmbeddingError> {
        let (name, torch) = self.name(layer, false);
        let shape = if torch { [to, from, 3, 3] } else { [3, 3, from, to] };
        let values = self.file.take(&name, &shape)?;
        // [line, column, in, out]
        let values = match torch {
            false => values,
            true => {
                let mut turned = vec![0.0; values.len()];
                for (at, &value) in values.iter().enumerate() {
                    let (column, line) = (at % 3, at / 3 % 3);
                    let (input, output) = (at / 9 % from, at / 9 / from);
                    turned[((line * 3 + column) * from + input) * to + output] = value;
                }
                turned
            }
        };
        let mut lines = values.chunks_exact(3 * from * to).map(|line| PackedWeights::new(line, 3 * from, to));
        let first = lines.next().unwrap_or_else(|| PackedWeights::new(&[], 0, to));
        Ok(Layer { weights: first, more: lines.collect(), bias: self.bias(layer, to)? })
    }

    pub fn dense(&self, layer: &str, from: usize, to: usize) -> Result<Layer, EmbeddingError> {
        let (name, torch) = self.name(layer, false);
        let weights = match torch {
            true => PackedWeights::transposed(&self.file.take(&name, &[to, from])?, from, to),
            false => PackedWeights::new(&self.file.take(&name, &[from, to])?, from, to),
        };
        Ok(Layer { weights, more: Vec::new(), bias: self.bias(layer, to)? })
    }

    fn bias(&self, layer: &str, to: usize) -> Result<Vec<f32>, EmbeddingError> {
        Ok(self.file.take(&self.name(layer, true).0, &[to])?)
    }
}

/// `E·(v − mean)`.
pub(super) struct Pca {
    vectors: Vec<f32>,
    means: Vec<f32>,
}

const SIZE: usize = 128;

impl Pca {
    /// From the weights themselves (`pproc.…`) or a file of their own.
    pub fn new(file: &WeightFile) -> Result<Self, EmbeddingError> {
        let prefix = if file.shape("pproc.pca_eigen_vectors").is_some() { "pproc." } else { "" };
        let means = format!("{prefix}pca_means");
        // torchvggish keeps them as a column.
        let column = file.shape(&means).is_some_and(|shape| shape == [SIZE, 1]);
        Ok(Self {
            vectors: file.take(&format!("{prefix}pca_eigen_vectors"), &[SIZE, SIZE])?,
            means: file.take(&means, if column { &[SIZE, 1] } else { &[SIZE] })?,
        })
    }

    pub fn project(&self, row: &[f32]) -> Vec<f32> {
        let centred: Vec<f32> = row.iter().zip(&self.means).map(|(value, mean)| value - mean).collect();
        let dot = |vector: &[f32]| {
            vector.iter().zip(&centred).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32
        };
        self.vectors.chunks_exact(SIZE).map(dot).collect()
    }
}
