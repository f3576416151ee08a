//! What carries out a blueprint: the processor here, burn's devices in `burn_engine`.

use super::cpu::{Batch, CpuNetwork, Loss};
use super::optimizer::{OptimizerState, Update, gradient_norm};
use super::weights::Weights;

/// One training step's settings.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    pub update: Update,
    pub decay: &'a [f32],
    pub class_weights: Option<&'a [f32]>,
    /// Of the dropout draws.
    pub seed: u64,
    pub clip_norm: Option<f64>,
}

pub trait Engine {
    /// Learns from one batch; a loss that is no number leaves the weights as they were.
    fn step(&mut self, batch: Batch<'_>, truth: &[usize], step: &Step<'_>) -> Loss;
    fn logits(&self, batch: Batch<'_>) -> Vec<f32>;
    fn weights(&self) -> Weights;
    fn set_weights(&mut self, weights: Weights);
    fn optimizer(&self) -> OptimizerState;
    fn set_optimizer(&mut self, state: OptimizerState);
}

/// The processor.
pub struct CpuEngine {
    network: CpuNetwork,
    state: OptimizerState,
}

impl CpuEngine {
    pub fn new(network: CpuNetwork, update: &Update) -> Self {
        let lengths: Vec<usize> = network.weights.parameters.iter().map(Vec::len).collect();
        Self { state: OptimizerState::new(update, lengths.into_iter()), network }
    }
}

impl Engine for CpuEngine {
    fn step(&mut self, batch: Batch<'_>, truth: &[usize], step: &Step<'_>) -> Loss {
        let loss = self.network.learn(batch, truth, step.class_weights, step.seed);
        if !loss.sum.is_finite() {
            return loss;
        }
        let mut update = step.update;
        if let Some(most) = step.clip_norm {
            let norm = gradient_norm(&self.network.gradients);
            update.gradient_factor = (most / (norm + 1e-6)).min(1.0);
        }
        let CpuNetwork { weights, gradients, .. } = &mut self.network;
        self.state.apply(&update, &mut weights.parameters, gradients, step.decay);
        loss
    }

    fn logits(&self, batch: Batch<'_>) -> Vec<f32> {
        self.network.logits(batch)
    }

    fn weights(&self) -> Weights {
        self.network.weights.clone()
    }

    fn set_weights(&mut self, weights: Weights) {
        self.network.weights = weights;
    }

    fn optimizer(&self) -> OptimizerState {
        self.state.clone()
    }

    fn set_optimizer(&mut self, state: OptimizerState) {
        self.state = state;
    }
}
