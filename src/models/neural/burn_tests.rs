//! burn's own operators, on the processor, beside the layers that are written here; and what the tests on cards share.

use burn::backend::{Autodiff, Flex};

use super::blueprint::Blueprint;
use super::burn_engine::BurnEngine;
use super::burn_network::{BurnNetwork, values_of};
use super::cpu::{Batch, CpuNetwork};
use super::engine::{CpuEngine, Engine, Step};
use super::initialise::Initialisers;
use super::optimizer::{OptimizerState, Rule, ScaleState, Update};
use super::precision::Precision;
use super::small_networks::networks;
use super::training::Training;
use crate::disk::furthest_for_tests::furthest;
use crate::random::Draws;

pub fn batch(plan: &Blueprint, clips: usize) -> (Vec<f32>, Vec<f32>, Vec<usize>) {
    let mut draws = Draws::new(3, "batch");
    let mut random = |count: usize| (0..count).map(|_| draws.normal() as f32).collect::<Vec<_>>();
    let frames = random(clips * plan.input.len());
    let table = random(clips * plan.side_columns);
    (frames, table, (0..clips).map(|clip| clip * 2 % 3).collect())
}

/// Largest difference as a part of the largest value.
pub fn distance(a: &[f32], b: &[f32]) -> f64 {
    let largest = b.iter().fold(1e-3f32, |most, value| most.max(value.abs()));
    furthest(a, b) / f64::from(largest)
}

/// Of two directions: 1 where they are the same.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn the_processors_layers_are_burns_forward_and_back() {
    for (place, network) in networks().iter().enumerate() {
        let name = format!("{place} {}", network.name());
        let plan = network.plan();
        let weights = Initialisers::default().weights(&plan, 9);
        let (frames, table, truth) = batch(&plan, 6);
        let batch = Batch { frames: &frames, table: &table, clips: 6 };
        let mut ours = CpuNetwork::new(plan.clone(), weights.clone());
        let mut theirs = BurnNetwork::<Autodiff<Flex>>::new(plan.clone(), &weights, Default::default());
        assert!(distance(&ours.logits(batch), &theirs.logits(batch)) < 1e-4, "{name}: logits");
        let class_weights = [0.5, 1.0, 2.0];
        let loss = ours.learn(batch, &truth, Some(&class_weights), 5);
        let (oracle, gradients) = theirs.learn(batch, &truth, Some(&class_weights), 5, 1.0);
        assert!((loss.mean() / oracle.mean() - 1.0).abs() < 1e-4, "{name}: {loss:?} {oracle:?}");
        let gradients: Vec<Vec<f32>> = gradients.unwrap().into_iter().map(values_of).collect();
        let largest = |values: &[f32]| values.iter().fold(0.0f32, |most, g| most.max(g.abs()));
        let overall = largest(&gradients.concat());
        for (spec, (ours, theirs)) in plan.parameters.iter().zip(ours.gradients.iter().zip(&gradients)) {
            let far = furthest(ours, theirs);
            // Before a batch norm the true gradient of a bias is 0, and what is there instead is rounding.
            let (own, rounding) = (f64::from(largest(theirs)), 2e-5 * f64::from(overall));
            assert!(far < 2e-3 * own + rounding, "{name}: {} differs by {far} of {own}", spec.name);
        }
        for (ours, theirs) in ours.weights.buffers.iter().zip(&theirs.buffers) {
            assert!(distance(ours, theirs) < 1e-4, "{name}: running statistics");
        }
    }
}

#[test]
fn its_optimizers_are_those_of_the_processor() {
    let plan = networks()[1].plan();
    let weights = Initialisers::default().weights(&plan, 9);
    let (frames, table, truth) = batch(&plan, 6);
    let batch = Batch { frames: &frames, table: &table, clips: 6 };
    let decay: Vec<f32> = plan.parameters.iter().map(|_| 0.01).collect();
    for (rule, momentum, nesterov) in [
        (Rule::Sgd, 0.0, false),
        (Rule::Sgd, 0.9, true),
        (Rule::Adam, 0.0, false),
        (Rule::AdamW, 0.0, false),
        (Rule::RmsProp, 0.5, false),
    ] {
        let update = Update {
            rule,
            learning_rate: 1e-3,
            momentum,
            nesterov,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-3,
            alpha: 0.99,
            gradient_factor: 1.0,
        };
        let step = Step { update, decay: &decay, class_weights: None, seed: 4, clip_norm: Some(1.0) };
        let mut ours = CpuEngine::new(CpuNetwork::new(plan.clone(), weights.clone()), &update);
        let mut theirs =
            BurnEngine::<Autodiff<Flex>>::new(plan.clone(), &weights, &update, Default::default());
        for _ in 0..4 {
            ours.step(batch, &truth, &step);
            theirs.step(batch, &truth, &step);
        }
        for (a, b) in ours.weights().parameters.iter().zip(theirs.weights().parameters) {
            assert!(distance(a, &b) < 1e-3, "{rule:?} {momentum} {nesterov}: {}", distance(a, &b));
        }
    }
}

/// A step with products in half precision beside the same without. Through fifty layers of batch norm on six clips the
/// least rounding turns a gradient about, so that of those only the loss says anything.
pub fn hold_half_to_single(name: &str, plan: &Blueprint, half: &mut dyn Engine, single: &mut dyn Engine) {
    let is_deep = plan.parameters.len() > 100;
    let (loss_limit, least_cosine) = if is_deep { (0.1, -1.0) } else { (0.02, 0.98) };
    let (frames, table, truth) = batch(plan, 6);
    let batch = Batch { frames: &frames, table: &table, clips: 6 };
    let decay = vec![0.0; plan.parameters.len()];
    let training = Training { optimizer: Rule::Sgd, learning_rate: 0.05, ..Training::default() };
    let update = training.update(0, 1);
    let step = Step { update, decay: &decay, class_weights: None, seed: 4, clip_norm: Some(1.0) };
    let before = single.weights().parameters.concat();
    let known = single.step(batch, &truth, &step);
    let mut left_out = 0;
    // A step whose gradients overflow is left out, and the next is tried with a smaller factor.
    while half.optimizer().steps == 0 {
        let loss = half.step(batch, &truth, &step);
        let far = (loss.mean() / known.mean() - 1.0).abs();
        assert!(far < loss_limit && left_out < 20, "{name}: losses {loss:?} and {known:?}");
        left_out += usize::from(half.optimizer().steps == 0);
    }
    let change = |engine: &dyn Engine| {
        let after = engine.weights().parameters.concat();
        after.iter().zip(&before).map(|(new, old)| new - old).collect::<Vec<f32>>()
    };
    let alike = cosine(&change(half), &change(single));
    println!("{name}: in half precision {left_out} steps left out, cosine of the step {alike}");
    assert!(alike < 1.0 && alike > least_cosine, "{name}: cosine of the steps {alike}");
}

#[test]
fn products_in_half_precision_learn_nearly_the_same() {
    for (place, network) in networks().iter().enumerate() {
        let plan = network.plan();
        let weights = Initialisers::default().weights(&plan, 9);
        let update = Training { optimizer: Rule::Sgd, ..Training::default() }.update(0, 1);
        let with = |precision| {
            BurnEngine::<Autodiff<Flex>>::new(plan.clone(), &weights, &update, Default::default())
                .in_precision(precision)
        };
        let name = format!("{place} {}", network.name());
        let (mut half, mut single) = (with(Precision::Mixed), with(Precision::Single));
        hold_half_to_single(&name, &plan, &mut half, &mut single);
    }
}

#[test]
fn a_training_in_half_precision_is_taken_up_with_its_own_scale() {
    let plan = networks()[1].plan();
    let weights = Initialisers::default().weights(&plan, 9);
    let update = Training::default().update(0, 1);
    let mut engine = BurnEngine::<Autodiff<Flex>>::new(plan, &weights, &update, Default::default())
        .in_precision(Precision::Mixed);
    let begun = engine.optimizer();
    let later = OptimizerState { scale: Some(ScaleState { factor: 512.0, steady: 31 }), ..begun.clone() };
    engine.set_optimizer(later.clone());
    assert!(engine.optimizer() == later && begun.scale.is_some_and(|scale| scale.factor != 512.0));
    // A checkpoint of an earlier version says nothing of it.
    engine.set_optimizer(OptimizerState { scale: None, ..begun });
    assert_eq!(engine.optimizer().scale, later.scale);
}

#[test]
fn an_input_beyond_half_precision_ends_the_training_with_the_weights_as_they_were() {
    let plan = networks()[1].plan();
    let weights = Initialisers::default().weights(&plan, 9);
    let (mut frames, table, truth) = batch(&plan, 6);
    frames[0] = 1e5;
    let decay = vec![0.0; plan.parameters.len()];
    let update = Training::default().update(0, 1);
    let step = Step { update, decay: &decay, class_weights: None, seed: 4, clip_norm: None };
    let mut engine = BurnEngine::<Autodiff<Flex>>::new(plan, &weights, &update, Default::default())
        .in_precision(Precision::Mixed);
    let batch = Batch { frames: &frames, table: &table, clips: 6 };
    let losses: Vec<f64> = (0..40).map(|_| engine.step(batch, &truth, &step).sum).collect();
    assert!(losses.last().is_some_and(|loss| !loss.is_finite()), "{losses:?}");
    assert!(engine.weights().parameters == weights.parameters, "weights moved");
}
