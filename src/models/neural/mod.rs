//! Neural networks. An architecture gives a `Blueprint`, the trainer learns its weights, and a `TrainedNetwork`
//! answers.
//!
//! On the processor `cpu` computes each layer forward and back by itself: faster than an autodiff graph there, and bit
//! for bit the same for any number of threads. `burn_network` carries the same blueprint out through burn: the oracle that
//! the tests hold `cpu` to and, in a program built for one, what trains on a graphics card.

mod alone;
mod architecture;
mod architectures;
mod blueprint;
#[cfg(any(test, feature = "gpu"))]
mod burn_engine;
#[cfg(any(test, feature = "gpu"))]
mod burn_network;
#[cfg(test)]
mod burn_tests;
mod checkpoint;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda_card;
mod engine;
mod engine_on;
#[cfg(all(test, feature = "gpu"))]
mod gpu_tests;
#[cfg(any(feature = "vulkan", feature = "wgpu"))]
mod graphics_card;
mod help;
mod history;
mod initialise;
#[cfg(any(test, feature = "gpu"))]
mod loss_scale;
mod model;
mod optimizer;
mod precision;
mod present_among;
mod pretrained;
mod samples;
mod schedule;
mod segments;
#[cfg(test)]
mod small_networks;
mod spec_augment;
mod teaching;
mod trained;
mod trainer;
mod training;
mod validation;
mod weights;

pub use alone::{LoneNetwork, Rows, Sizes};
pub(super) use architectures::{
    conv1d, conv2d, crnn, mlp, recurrent, resnet, swapped_conv1d, two_branch, vgg,
};
pub use engine_on::look_for;
pub use history::{Epoch, History};
pub(super) use validation::hold_out as hold_out_groups;

use super::error::ModelError;
use super::network::Trained;
use trained::TrainedNetwork;

/// A trained network from what its `Trained::save` gave.
pub fn load_network(state: &[u8]) -> Result<Box<dyn Trained>, ModelError> {
    Ok(Box::new(TrainedNetwork::load(state)?))
}
