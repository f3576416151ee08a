//! SGD, Adam, AdamW and RMSProp, each parameter and its state in one pass; PyTorch's update rules and defaults, except that
//! biases, scales and shifts decay only where `decay_biases` says so.
//!
//! * `sgd`: b ← μ b + g; step by b, with Nesterov by g + μ b; Keras's `decay` divides the rate by 1 + decay · step
//! * `adam`: m, v moving means of g and g²; step by m̂/(√v̂ + ε)
//! * `adamw`: the same, and p ← p (1 − η λ) beforehand instead of g ← g + λ p
//! * `rmsprop`: v ← α v + (1 − α) g²; step by g/(√v + ε), through a momentum where there is one

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::audio::vectorised::vectorised;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    Sgd,
    #[default]
    Adam,
    AdamW,
    RmsProp,
}

/// All that decides a step apart from the gradients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update {
    pub rule: Rule,
    pub learning_rate: f64,
    pub momentum: f64,
    pub nesterov: bool,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    pub alpha: f64,
    /// Gradients are multiplied by it (clipping).
    pub gradient_factor: f64,
}

/// Moving means: one or two vectors a parameter, as the rule wants, and the number of steps taken.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OptimizerState {
    pub steps: u64,
    pub first: Vec<Vec<f32>>,
    pub second: Vec<Vec<f32>>,
    /// Where products are in half precision.
    #[serde(default)]
    pub scale: Option<ScaleState>,
}

/// What the loss is multiplied by, and for how many steps it has been so.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScaleState {
    pub factor: f32,
    pub steady: u32,
}

const PIECE: usize = 1 << 15;

impl OptimizerState {
    pub fn new(update: &Update, lengths: impl Iterator<Item = usize> + Clone) -> Self {
        let zeros = |wanted: bool| {
            lengths.clone().map(|len| if wanted { vec![0.0; len] } else { Vec::new() }).collect()
        };
        let adam = matches!(update.rule, Rule::Adam | Rule::AdamW);
        let second = adam || update.rule == Rule::RmsProp;
        Self { steps: 0, first: zeros(adam || update.momentum > 0.0), second: zeros(second), scale: None }
    }

    /// One step; `decay` holds λ of each parameter.
    pub fn apply(
        &mut self,
        update: &Update,
        parameters: &mut [Vec<f32>],
        gradients: &[Vec<f32>],
        decay: &[f32],
    ) {
        self.steps += 1;
        let first_step = self.steps == 1;
        let power = |beta: f64| 1.0 - beta.powf(self.steps as f64);
        let numbers = Numbers {
            rule: update.rule,
            rate: update.learning_rate as f32,
            momentum: update.momentum as f32,
            nesterov: update.nesterov,
            beta1: [update.beta1 as f32, (1.0 - update.beta1) as f32],
            beta2: [update.beta2 as f32, (1.0 - update.beta2) as f32],
            epsilon: update.epsilon as f32,
            alpha: [update.alpha as f32, (1.0 - update.alpha) as f32],
            factor: update.gradient_factor as f32,
            decay: 0.0,
            first_share: (update.learning_rate / power(update.beta1)) as f32,
            second_root: power(update.beta2).sqrt() as f32,
            first_step,
        };
        let state = self.first.iter_mut().zip(&mut self.second);
        for (((p, g), (first, second)), decay) in parameters.iter_mut().zip(gradients).zip(state).zip(decay) {
            let numbers = Numbers { decay: *decay, ..numbers };
            if p.len() <= PIECE {
                one(p, g, first, second, numbers);
                continue;
            }
            let count = p.len().div_ceil(PIECE);
            let (mut first, mut second) = (pieces(first, count), pieces(second, count));
            p.par_chunks_mut(PIECE)
                .zip(g.par_chunks(PIECE))
                .zip(first.par_iter_mut().zip(second.par_iter_mut()))
                .for_each(|((p, g), (first, second))| one(p, g, first, second, numbers));
        }
    }
}

/// `count` pieces; empty ones where the rule keeps nothing.
fn pieces(state: &mut [f32], count: usize) -> Vec<&mut [f32]> {
    let mut rest = state;
    let mut pieces = Vec::with_capacity(count);
    for _ in 0..count {
        let (piece, tail) = rest.split_at_mut(PIECE.min(rest.len()));
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

#[derive(Debug, Clone, Copy)]
struct Numbers {
    rule: Rule,
    rate: f32,
    momentum: f32,
    nesterov: bool,
    /// Each with what it leaves of 1.
    beta1: [f32; 2],
    beta2: [f32; 2],
    epsilon: f32,
    alpha: [f32; 2],
    factor: f32,
    decay: f32,
    first_share: f32,
    second_root: f32,
    first_step: bool,
}

vectorised! {
    fn one<'a>(p: &'a mut [f32], g: &'a [f32], first: &'a mut [f32], second: &'a mut [f32], n: Numbers) -> () {
        match n.rule {
            Rule::Sgd if n.momentum > 0.0 => {
                for ((p, g), b) in p.iter_mut().zip(g).zip(first) {
                    let g = n.decay.mul_add(*p, g * n.factor);
                    *b = if n.first_step { g } else { n.momentum.mul_add(*b, g) };
                    let step = if n.nesterov { n.momentum.mul_add(*b, g) } else { *b };
                    *p -= n.rate * step;
                }
            }
            Rule::Sgd => {
                for (p, g) in p.iter_mut().zip(g) {
                    *p -= n.rate * n.decay.mul_add(*p, g * n.factor);
                }
            }
            Rule::Adam | Rule::AdamW => {
                let coupled = if n.rule == Rule::Adam { n.decay } else { 0.0 };
                let shrink = if n.rule == Rule::AdamW { 1.0 - n.rate * n.decay } else { 1.0 };
                for ((p, g), (m, v)) in p.iter_mut().zip(g).zip(first.iter_mut().zip(second)) {
                    let g = coupled.mul_add(*p, g * n.factor);
                    *m = n.beta1[0].mul_add(*m, n.beta1[1] * g);
                    *v = n.beta2[0].mul_add(*v, n.beta2[1] * g * g);
                    *p = *p * shrink - n.first_share * *m / (v.sqrt() / n.second_root + n.epsilon);
                }
            }
            Rule::RmsProp if n.momentum > 0.0 => {
                for ((p, g), (b, v)) in p.iter_mut().zip(g).zip(first.iter_mut().zip(second)) {
                    let g = n.decay.mul_add(*p, g * n.factor);
                    *v = n.alpha[0].mul_add(*v, n.alpha[1] * g * g);
                    *b = n.momentum.mul_add(*b, g / (v.sqrt() + n.epsilon));
                    *p -= n.rate * *b;
                }
            }
            Rule::RmsProp => {
                for ((p, g), v) in p.iter_mut().zip(g).zip(second) {
                    let g = n.decay.mul_add(*p, g * n.factor);
                    *v = n.alpha[0].mul_add(*v, n.alpha[1] * g * g);
                    *p -= n.rate * g / (v.sqrt() + n.epsilon);
                }
            }
        }
    }
}

/// √Σ g² over all gradients, in their order.
pub fn gradient_norm(gradients: &[Vec<f32>]) -> f64 {
    let sum: f64 = gradients
        .iter()
        .map(|gradient| {
            let pieces: Vec<f64> = gradient
                .par_chunks(PIECE)
                .map(|piece| piece.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>())
                .collect();
            pieces.iter().sum::<f64>()
        })
        .sum();
    sum.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(rule: Rule, momentum: f64, nesterov: bool) -> Update {
        let epsilon = 1e-8;
        let (beta1, beta2, alpha) = (0.9, 0.999, 0.99);
        Update {
            rule,
            learning_rate: 0.1,
            momentum,
            nesterov,
            beta1,
            beta2,
            epsilon,
            alpha,
            gradient_factor: 1.0,
        }
    }

    /// Expected values from PyTorch 2.8.0: p = [1, −2], weight_decay = 0.01, three steps with g = p² (see
    /// tests/golden/make_neural.py).
    #[test]
    fn three_steps_are_pytorchs() {
        let cases: [(Rule, f64, bool, [f32; 2]); 6] = [
            (Rule::Sgd, 0.0, false, [0.7496688, -3.8501432]),
            (Rule::Sgd, 0.9, false, [0.5175344, -5.271_391]),
            (Rule::Sgd, 0.9, true, [0.4038048, -9.2874775]),
            (Rule::Adam, 0.0, false, [0.7041212, -2.300_494]),
            (Rule::AdamW, 0.0, false, [0.7015198, -2.294_198]),
            (Rule::RmsProp, 0.9, false, [-2.3352084, -7.369_568]),
        ];
        for (rule, momentum, nesterov, wanted) in cases {
            let update = update(rule, momentum, nesterov);
            let mut p = vec![vec![1.0f32, -2.0]];
            let mut state = OptimizerState::new(&update, [2].into_iter());
            for _ in 0..3 {
                let g = vec![p[0].iter().map(|p| p * p).collect::<Vec<_>>()];
                state.apply(&update, &mut p, &g, &[0.01]);
            }
            let near = p[0].iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 2e-6);
            assert!(near, "{rule:?} {momentum} {nesterov}: {:?} for {wanted:?}", p[0]);
        }
    }

    #[test]
    fn pieces_change_nothing() {
        let update = update(Rule::RmsProp, 0.9, false);
        let len = 2 * PIECE + 5;
        let start: Vec<f32> = (0..len).map(|i| (i as f32 * 0.37).sin()).collect();
        let mut whole = vec![start.clone()];
        let mut state = OptimizerState::new(&update, [len].into_iter());
        state.apply(&update, &mut whole, std::slice::from_ref(&start), &[0.1]);
        let mut alone = vec![vec![start[len - 1]]];
        let mut state = OptimizerState::new(&update, [1].into_iter());
        state.apply(&update, &mut alone, &[vec![start[len - 1]]], &[0.1]);
        assert_eq!(whole[0][len - 1].to_bits(), alone[0][0].to_bits());
    }
}
