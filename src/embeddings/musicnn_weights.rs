//! musicnn's tensors by name, from the Keras port's HDF5 file or from a safetensors copy of it.
//!
//! Short names (`front.timbral38.weight`, `mid.conv1.bn.gamma`, `back.out.bias`) stand in the copy; in the HDF5 file
//! they are Keras's layers, `model_weights/conv2d/conv2d/kernel_1:0`.

use super::error::EmbeddingError;
use super::lane_blocks::Norm;
use crate::weights::WeightFile;

const EPSILON: f32 = 0.001;

/// Our name, Keras's layer, its batch norm's layer.
const KERAS: &[(&str, &str, &str)] = &[
    ("input_bn", "", "batch_normalization"),
    ("front.timbral38", "conv2d", "batch_normalization_1"),
    ("front.timbral67", "conv2d_1", "batch_normalization_2"),
    ("front.temporal128", "conv2d_2", "batch_normalization_3"),
    ("front.temporal64", "conv2d_3", "batch_normalization_4"),
    ("front.temporal32", "conv2d_4", "batch_normalization_5"),
    ("mid.conv1", "midend_conv1", "bn_midend_conv1"),
    ("mid.conv2", "midend_conv2", "bn_midend_conv2"),
    ("mid.conv3", "midend_conv3", "bn_midend_conv3"),
    ("back.pool_bn", "", "bn_flatpool"),
    ("back.dense", "dense", "bn_dense"),
    ("back.out", "dense_1", ""),
];

pub(super) struct MusicnnWeights<'a> {
    file: &'a WeightFile,
    keras: bool,
}

impl<'a> MusicnnWeights<'a> {
    pub fn of(file: &'a WeightFile) -> Self {
        Self { file, keras: file.names().any(|name| name.starts_with("model_weights/")) }
    }

    /// A tensor of a layer: `weight`, `bias`, or one of its batch norm.
    pub fn take(&self, layer: &str, part: &str, shape: &[usize]) -> Result<Vec<f32>, EmbeddingError> {
        let is_norm = !matches!(part, "weight" | "bias");
        let name = match KERAS.iter().find(|(ours, ..)| *ours == layer).filter(|_| self.keras) {
            Some(&(_, own, norm)) => keras_name(if is_norm { norm } else { own }, part),
            None if is_norm && !layer.ends_with("_bn") => format!("{layer}.bn.{part}"),
            None => format!("{layer}.{part}"),
        };
        Ok(self.file.take(&name, shape)?)
    }

    /// The batch norm of a layer with its bias; a norm that stands alone has none.
    pub fn norm(&self, layer: &str, bias: Option<Vec<f32>>, channels: usize) -> Result<Norm, EmbeddingError> {
        let part = |part: &str| self.take(layer, part, &[channels]);
        let bias = bias.map_or_else(|| part("bias"), Ok)?;
        Ok(Norm::new(bias, [part("gamma")?, part("beta")?, part("mean")?, part("var")?], EPSILON))
    }
}

fn keras_name(layer: &str, part: &str) -> String {
    let part = match part {
        "weight" => "kernel",
        "mean" => "moving_mean",
        "var" => "moving_variance",
        other => other,
    };
    // Layers that were named by hand have no number behind their variables.
    let by_hand = layer.starts_with("midend") || layer.starts_with("bn_");
    let number = if by_hand { "" } else { "_1" };
    format!("model_weights/{layer}/{layer}/{part}{number}:0")
}
