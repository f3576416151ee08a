//! How weights start: He (Kaiming) and Glorot (Xavier), normal and uniform; PyTorch's own defaults; recurrent layers
//! always PyTorch's way. Each parameter draws from a stream of its own name.
//!
//! He: variance 2/fan_in; Glorot: 2/(fan_in + fan_out); a uniform's bound is √3 times its deviation. PyTorch's default
//! for linear and convolution layers is uniform within 1/√fan_in, biases as well; with the others biases start at 0.

use serde::{Deserialize, Serialize};

use super::blueprint::{Blueprint, ParameterSpec, Role};
use super::weights::Weights;
use crate::random::Draws;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Initialiser {
    /// PyTorch's own.
    #[default]
    Torch,
    HeNormal,
    HeUniform,
    XavierNormal,
    XavierUniform,
}

/// One for convolutions, one for linear layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Initialisers {
    pub convolution: Initialiser,
    pub linear: Initialiser,
}

impl Initialisers {
    pub fn weights(self, plan: &Blueprint, seed: u64) -> Weights {
        Weights {
            parameters: plan.parameters.iter().map(|spec| self.one(spec, seed)).collect(),
            buffers: plan.buffers.iter().map(|spec| vec![spec.start; spec.len]).collect(),
        }
    }

    fn one(self, spec: &ParameterSpec, seed: u64) -> Vec<f32> {
        let mut draws = Draws::new(seed, &format!("start/{}", spec.name));
        let kind = if spec.of_convolution { self.convolution } else { self.linear };
        let (fan_in, fan_out) = (spec.fan_in as f64, spec.fan_out as f64);
        let mut uniform = |bound: f64| (0..spec.len()).map(|_| draws.between(-bound, bound) as f32).collect();
        let torch = 1.0 / fan_in.max(1.0).sqrt();
        match (spec.role, kind) {
            (Role::Scale, _) => vec![1.0; spec.len()],
            (Role::Shift, _) => vec![0.0; spec.len()],
            (Role::RecurrentWeight | Role::RecurrentBias, _) => uniform(1.0 / fan_out.max(1.0).sqrt()),
            (_, Initialiser::Torch) => uniform(torch),
            (Role::Bias, _) => vec![0.0; spec.len()],
            (Role::Weight, Initialiser::HeUniform) => uniform((6.0 / fan_in).sqrt()),
            (Role::Weight, Initialiser::XavierUniform) => uniform((6.0 / (fan_in + fan_out)).sqrt()),
            (Role::Weight, Initialiser::HeNormal | Initialiser::XavierNormal) => {
                let variance =
                    if kind == Initialiser::HeNormal { 2.0 / fan_in } else { 2.0 / (fan_in + fan_out) };
                let deviation = variance.sqrt();
                (0..spec.len()).map(|_| (draws.normal() * deviation) as f32).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::neural::blueprint::{Node, Op, Shape};

    #[test]
    fn the_spread_is_what_the_formula_says() {
        let nodes = vec![Node::new("fc", Op::Linear { outputs: 300, bias: true })];
        let plan = Blueprint::new(nodes, vec![], vec![], Shape::flat(200), 0).unwrap();
        let cases = [
            (Initialiser::Torch, 1.0 / (3.0 * 200.0)),
            (Initialiser::HeNormal, 2.0 / 200.0),
            (Initialiser::HeUniform, 2.0 / 200.0),
            (Initialiser::XavierNormal, 2.0 / 500.0),
            (Initialiser::XavierUniform, 2.0 / 500.0),
        ];
        for (kind, variance) in cases {
            let start = Initialisers { convolution: kind, linear: kind }.weights(&plan, 5);
            let weight = &start.parameters[0];
            let found = weight.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>() / weight.len() as f64;
            assert!((found / variance - 1.0).abs() < 0.03, "{kind:?}: {found} for {variance}");
            assert_eq!(start.parameters[1].iter().all(|b| *b == 0.0), kind != Initialiser::Torch);
        }
    }
}
