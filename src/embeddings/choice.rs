//! Which embedding, with which weights and options, and how a clip's patches become one row.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How a clip's patches become one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pool {
    #[default]
    Mean,
    Max,
    /// Means, then standard deviations (of all patches: divided by their number).
    MeanStd,
}

/// What becomes of a clip that is too short for one patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Short {
    #[default]
    Refuse,
    /// Its sound is repeated until it fills one.
    Repeat,
}

/// What is applied to VGGish's last layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    #[default]
    None,
    Relu,
}

/// What becomes of VGGish's 128 numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Postprocess {
    #[default]
    None,
    /// PCA, clipped to ±2, cut off to whole numbers from 0 to 255 (TensorFlow).
    PcaU8,
    /// The same, rounded (torchvggish).
    PcaRound,
}

/// An embedding as a user asks for it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choice {
    pub name: String,
    pub weights: Option<PathBuf>,
    pub layer: Option<String>,
    pub pool: Pool,
    pub short: Short,
    pub legacy: bool,
    pub activation: Activation,
    pub postprocess: Postprocess,
    /// VGGish's PCA, where it is not part of the weights.
    pub pca: Option<PathBuf>,
    /// The TOML of an ONNX network's front end.
    pub front_end: Option<PathBuf>,
}
