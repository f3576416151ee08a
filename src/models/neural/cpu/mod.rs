//! Networks on the processor: each layer's forward and backward pass written out, ReLU folded into the layer before,
//! memory used again, and sums in an order that no number of threads changes. Held to burn's own in the tests.

mod backward;
mod batch_norm;
mod convolution;
#[cfg(test)]
mod convolution_tests;
mod dense;
mod forward;
mod gates;
mod loss;
mod matmul;
mod network;
mod patch_layout;
mod patches;
mod pointwise;
mod pooling;
mod products;
mod recurrent;
mod scratch;
mod tape;
mod winograd;
mod winograd_lanes;

#[cfg(any(test, feature = "gpu"))]
pub use forward::dropout_mask;
pub use loss::{Loss, softmax};
pub use network::{Batch, CpuNetwork, cross_entropy_of, logits};
pub use scratch::Scratch;
