//! `train.precision`: what a graphics card rounds the factors of a network's products to.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    #[default]
    Single,
    /// Convolutions and matrix products in half precision; sums over a batch, activations, weights and their updates in
    /// single.
    Mixed,
}
