//! The numbers of a network: what is learned, and the running statistics.

use serde::{Deserialize, Serialize};

/// In the order of the blueprint.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Weights {
    pub parameters: Vec<Vec<f32>>,
    pub buffers: Vec<Vec<f32>>,
}
