//! Training on burn's devices: the step of `optimizer` in tensor arithmetic, state and weights on the device.

use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Tensor, TensorData};

use super::blueprint::Blueprint;
use super::burn_network::{BurnNetwork, values_of};
use super::cpu::{Batch, Loss};
use super::engine::{Engine, Step};
use super::loss_scale::LossScale;
use super::optimizer::{OptimizerState, Rule, Update};
use super::precision::Precision;
use super::weights::Weights;

pub struct BurnEngine<B: AutodiffBackend> {
    network: BurnNetwork<B>,
    steps: u64,
    first: Vec<Option<Inner<B>>>,
    second: Vec<Option<Inner<B>>>,
    scale: Option<LossScale>,
    device: B::Device,
}

type Inner<B> = Tensor<<B as AutodiffBackend>::InnerBackend, 1>;

impl<B: AutodiffBackend> BurnEngine<B> {
    pub fn new(plan: Blueprint, weights: &Weights, update: &Update, device: B::Device) -> Self {
        let network = BurnNetwork::new(plan, weights, device.clone());
        let lengths: Vec<usize> = weights.parameters.iter().map(Vec::len).collect();
        let mut engine =
            Self { network, steps: 0, first: Vec::new(), second: Vec::new(), scale: None, device };
        engine.set_optimizer(OptimizerState::new(update, lengths.into_iter()));
        engine
    }

    pub fn in_precision(mut self, precision: Precision) -> Self {
        self.network.precision = precision;
        self.scale = LossScale::new(precision);
        self
    }

    fn state(&self, kept: &[Option<Inner<B>>]) -> Vec<Vec<f32>> {
        kept.iter().map(|tensor| tensor.clone().map(values_of).unwrap_or_default()).collect()
    }

    fn tensors(&self, vectors: Vec<Vec<f32>>) -> Vec<Option<Inner<B>>> {
        let on = |values: Vec<f32>| {
            let len = values.len();
            (len > 0).then(|| Tensor::from_data(TensorData::new(values, [len]), &self.device))
        };
        vectors.into_iter().map(on).collect()
    }

    /// What is taken off parameter `place`.
    fn change(&mut self, place: usize, p: Inner<B>, g: Inner<B>, decay: f32, u: &Update) -> Inner<B> {
        let rate = u.learning_rate as f32;
        let coupled = if u.rule == Rule::AdamW { 0.0 } else { decay };
        let g = g * u.gradient_factor as f32;
        let g = if coupled > 0.0 { g + p.clone() * coupled } else { g };
        let moving = |old: Inner<B>, new: Inner<B>, beta: f64| old * beta as f32 + new * (1.0 - beta) as f32;
        let (first, second) = (self.first[place].take(), self.second[place].take());
        match (u.rule, first, second) {
            (Rule::Sgd, Some(b), _) => {
                let b = if self.steps == 1 { g.clone() } else { b * u.momentum as f32 + g.clone() };
                self.first[place] = Some(b.clone());
                let step = if u.nesterov { b * u.momentum as f32 + g } else { b };
                step * rate
            }
            (Rule::Adam | Rule::AdamW, Some(m), Some(v)) => {
                let m = moving(m, g.clone(), u.beta1);
                let v = moving(v, g.powi_scalar(2), u.beta2);
                (self.first[place], self.second[place]) = (Some(m.clone()), Some(v.clone()));
                let power = |beta: f64| 1.0 - beta.powf(self.steps as f64);
                let share = (u.learning_rate / power(u.beta1)) as f32;
                let step = m * share / (v.sqrt() / power(u.beta2).sqrt() as f32 + u.epsilon as f32);
                let shrink = if u.rule == Rule::AdamW { rate * decay } else { 0.0 };
                if shrink > 0.0 { step + p * shrink } else { step }
            }
            (Rule::RmsProp, b, Some(v)) => {
                let v = moving(v, g.clone().powi_scalar(2), u.alpha);
                self.second[place] = Some(v.clone());
                let step = g / (v.sqrt() + u.epsilon as f32);
                let step = match b {
                    Some(b) => {
                        let b = b * u.momentum as f32 + step;
                        self.first[place] = Some(b.clone());
                        b
                    }
                    None => step,
                };
                step * rate
            }
            _ => g * rate,
        }
    }
}

/// Zero times what is no finite number is none either.
fn all_finite<B: Backend>(gradients: &[Tensor<B, 1>]) -> bool {
    let nothing = gradients.iter().map(|g| (g.clone() * 0.0).sum()).reduce(|a, b| a + b);
    nothing.is_none_or(|sum| values_of(sum)[0] == 0.0)
}

/// Whether a device reckons in half precision.
#[cfg(feature = "gpu")]
pub fn knows_half<B: AutodiffBackend>(device: &B::Device) -> bool {
    B::supports_dtype(device, burn::tensor::DType::F16)
}

/// Whether a device adds as it should.
#[cfg(feature = "gpu")]
pub fn computes<B: AutodiffBackend>(device: &B::Device) -> bool {
    let one: Tensor<B, 1> = Tensor::from_data(TensorData::new(vec![1.0f32], [1]), device);
    values_of(one.clone() + one) == [2.0]
}

impl<B: AutodiffBackend> Engine for BurnEngine<B> {
    fn step(&mut self, batch: Batch<'_>, truth: &[usize], step: &Step<'_>) -> Loss {
        let scale = self.scale.map_or(1.0, LossScale::factor);
        let (mut loss, gradients) = self.network.learn(batch, truth, step.class_weights, step.seed, scale);
        let Some(gradients) = gradients else { return loss };
        if let Some(scale) = &mut self.scale {
            let finite = all_finite(&gradients);
            scale.judge(finite);
            if scale.is_spent() {
                loss.sum = f64::NAN;
            }
            if !finite {
                return loss;
            }
        }
        self.steps += 1;
        let mut update = step.update;
        update.gradient_factor /= f64::from(scale);
        if let Some(most) = step.clip_norm {
            let norm_of = |g: &Inner<B>| f64::from(values_of((g.clone() / scale).powi_scalar(2).sum())[0]);
            let norm = gradients.iter().map(norm_of).sum::<f64>().sqrt();
            update.gradient_factor *= (most / (norm + 1e-6)).min(1.0);
        }
        for (place, g) in gradients.into_iter().enumerate() {
            let p = self.network.parameters[place].clone().inner();
            let change = self.change(place, p.clone(), g, step.decay[place], &update);
            self.network.parameters[place] = Tensor::from_inner(p - change);
        }
        loss
    }

    fn logits(&self, batch: Batch<'_>) -> Vec<f32> {
        self.network.logits(batch)
    }

    fn weights(&self) -> Weights {
        self.network.weights()
    }

    fn set_weights(&mut self, weights: Weights) {
        self.network.set_weights(&weights);
    }

    fn optimizer(&self) -> OptimizerState {
        let (first, second) = (self.state(&self.first), self.state(&self.second));
        OptimizerState { steps: self.steps, first, second, scale: self.scale.map(LossScale::state) }
    }

    fn set_optimizer(&mut self, state: OptimizerState) {
        self.steps = state.steps;
        if let (Some(scale), Some(kept)) = (&mut self.scale, state.scale) {
            *scale = LossScale::of(kept);
        }
        self.first = self.tensors(state.first);
        self.second = self.tensors(state.second);
    }
}
