//! What a forward pass leaves for the way back.

use std::sync::Arc;

use super::batch_norm::Moments;
use super::recurrent::Kept;

/// Activations are shared between the layer that gave them and the one that takes them.
pub type Values = Arc<Vec<f32>>;

/// One executed node, or two where a ReLU was done along with it.
#[derive(Debug)]
pub struct Entry {
    pub node: usize,
    /// The input.
    pub x: Values,
    /// The output, where a ReLU came with the layer.
    pub rectified: Option<Values>,
    pub kept: Extra,
}

#[derive(Debug)]
pub enum Extra {
    Nothing,
    Moments(Moments),
    Places(Vec<u32>),
    /// The factor of every value: 0 or 1/(1 − share).
    Mask(Vec<f32>),
    Recurrent(Vec<SequenceLayer>),
    Residual {
        body: Vec<Entry>,
        shortcut: Vec<Entry>,
    },
}

/// One recurrent layer, all its ways, time-major.
#[derive(Debug)]
pub struct SequenceLayer {
    pub x: Vec<f32>,
    pub h: Vec<f32>,
    pub ways: Vec<Kept>,
    /// Dropout of `x`, which is the output of the layer before.
    pub mask: Option<Vec<f32>>,
}

/// New running statistics, which count once the step does.
#[derive(Debug, Clone, PartialEq)]
pub struct BufferUpdate {
    pub buffer: usize,
    pub values: Vec<f32>,
}
