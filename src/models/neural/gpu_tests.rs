//! Networks on the graphics cards that this test program was built for. Where there is none, a test says so and passes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use ndarray::Array2;

use super::burn_tests::{batch, distance, hold_half_to_single};
use super::cpu::Batch;
use super::engine::Step;
use super::engine_on::{engine_on, look_for};
use super::initialise::Initialisers;
use super::optimizer::{Rule, Update};
use super::precision::Precision;
use super::small_networks::networks;
use super::trained::TrainedNetwork;
use crate::disk::furthest_for_tests::furthest;
use crate::models::network::{Clips, Lesson, Trained, Workshop};
use crate::models::{DRIVERS, Device, DeviceError, Driver, ModelError, build};
use crate::random::Draws;

/// The first card of each driver that is built in and there.
fn cards() -> Vec<Device> {
    let built = DRIVERS.into_iter().filter(|driver| *driver != Driver::Cpu && driver.is_built_in());
    let there = built.map(|driver| Device { driver, card: 0 }).filter(|card| match look_for(*card) {
        Ok(name) => {
            println!("on {name}");
            true
        }
        Err(DeviceError::Absent { found, .. }) => {
            println!("skipped: no {card} device ({found})");
            false
        }
        Err(error) => panic!("{error}"),
    });
    there.collect()
}

const UPDATE: Update = Update {
    rule: Rule::Sgd,
    learning_rate: 0.05,
    momentum: 0.9,
    nesterov: true,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    alpha: 0.99,
    gradient_factor: 1.0,
};

/// Both engines with the same weights learn from the same batch. One step, for of a deep network the second says more of
/// rounding than of gradients.
#[test]
fn every_architecture_answers_and_learns_on_a_card_as_on_the_processor() {
    for card in cards() {
        for (place, network) in networks().iter().enumerate() {
            let name = format!("{card}: {place} {}", network.name());
            let plan = network.plan();
            let weights = Initialisers::default().weights(&plan, 9);
            let (frames, table, truth) = batch(&plan, 6);
            let batch = Batch { frames: &frames, table: &table, clips: 6 };
            let on = |device, precision| {
                engine_on(device, plan.clone(), weights.clone(), &UPDATE, precision).unwrap().0
            };
            let (mut ours, mut theirs) =
                (on(Device::default(), Precision::Single), on(card, Precision::Single));
            hold_half_to_single(
                &name,
                &plan,
                on(card, Precision::Mixed).as_mut(),
                on(card, Precision::Single).as_mut(),
            );
            let far = distance(&theirs.logits(batch), &ours.logits(batch));
            assert!(far < 1e-3, "{name}: logits differ by {far}");
            let decay: Vec<f32> = plan.parameters.iter().map(|_| 0.001).collect();
            let step =
                Step { update: UPDATE, decay: &decay, class_weights: None, seed: 5, clip_norm: Some(1.0) };
            let (here, there) = (ours.step(batch, &truth, &step), theirs.step(batch, &truth, &step));
            let apart = (there.mean() / here.mean() - 1.0).abs();
            assert!(apart < 1e-3, "{name}: losses {} and {}", there.mean(), here.mean());
            let (ours, theirs) = (ours.weights().parameters, theirs.weights().parameters);
            let largest = |a: &[Vec<f32>], b: &[Vec<f32>]| furthest(&a.concat(), &b.concat());
            let (apart, moved) = (largest(&theirs, &ours), largest(&ours, &weights.parameters));
            assert!(apart < 0.01 * moved, "{name}: weights differ by {apart} after a step of {moved}");
        }
    }
}

/// Noise, and in each class one band that is louder.
fn clips() -> (Vec<Array2<f32>>, Vec<usize>) {
    let mut draws = Draws::new(8, "clips");
    let y: Vec<usize> = (0..48).map(|clip| clip % 3).collect();
    let loud = |class: usize, band: usize| if band == 2 * class { 1.5 } else { 0.0 };
    let clip = |class: &usize| {
        Array2::from_shape_fn((12, 8), |(_, band)| draws.normal() as f32 + loud(*class, band))
    };
    (y.iter().map(clip).collect(), y)
}

fn learn(
    (model, options): (&str, &str),
    device: Device,
    folder: Option<&Path>,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Box<dyn Trained>, ModelError> {
    let text = format!("{options}\n[train]\nbatch = 8\nepochs = 8\nkeep = \"last\"\ndevice = \"{device}\"");
    let recipe = build(model, toml::from_str(&text).unwrap())?;
    let (clips, y) = clips();
    let clips = Clips { frames: clips.iter().map(|clip| clip.view()).collect(), table: None };
    let lesson = Lesson { clips, y: &y, classes: 3, ..Lesson::default() };
    let checkpoints = folder.map(|folder| (folder, "cell"));
    let between_checkpoints = Duration::ZERO;
    let workshop = Workshop { seed: 5, checkpoints, between_checkpoints, tell, warn: &|_| {} };
    recipe.network().unwrap().train(&lesson, &workshop)
}

const MODELS: [(&str, &str); 2] = [
    ("mlp", "hidden = [9]\nbatch_norm = true\ndropout = 0.2"),
    ("conv2d", "channels = [4, 6]\nkernel = 3\npool = 2\ndense = [6]\ndropout = 0.2"),
];

#[test]
fn what_a_card_learned_is_answered_by_the_processor() {
    for card in cards() {
        for model in MODELS {
            let trained = learn(model, card, None, &|_| {}).unwrap();
            let notes = trained.notes();
            assert!(notes.iter().any(|note| note.starts_with("trained on ")), "{notes:?}");
            let kept = TrainedNetwork::load(&trained.save().unwrap()).unwrap();
            let (matrices, _) = clips();
            let clips = Clips { frames: matrices.iter().map(|clip| clip.view()).collect(), table: None };
            let answer = |trained: &dyn Trained| trained.answer(&clips).unwrap().probabilities;
            let of_processor = learn(model, Device::default(), None, &|_| {}).unwrap();
            let known = answer(of_processor.as_ref());
            assert!(known.iter().any(|p| *p > 0.4), "{card} {model:?}: nothing was learned");
            let far = furthest(
                &answer(&kept).into_iter().collect::<Vec<_>>(),
                &known.into_iter().collect::<Vec<_>>(),
            );
            assert!(far < 0.02, "{card} {model:?}: probabilities differ by {far}");
        }
    }
}

#[test]
fn a_training_that_was_cut_off_on_a_card_goes_on_from_its_checkpoint() {
    for card in cards() {
        for model in MODELS {
            let losses = |trained: &dyn Trained| {
                let histories = trained.histories();
                histories[0].epochs.iter().map(|epoch| epoch.train_loss as f32).collect::<Vec<_>>()
            };
            let undisturbed = losses(learn(model, card, None, &|_| {}).unwrap().as_ref());
            let folder = tempfile::tempdir().unwrap();
            let cut_off = |text: &str| assert!(!text.starts_with("epoch 4/"), "cut off");
            let learned =
                catch_unwind(AssertUnwindSafe(|| learn(model, card, Some(folder.path()), &cut_off)));
            assert!(learned.is_err());
            let other = learn(model, Device::default(), None, &|_| {}).unwrap();
            let first = std::sync::Mutex::new(String::new());
            let note = |text: &str| {
                let mut first = first.lock().unwrap();
                if first.is_empty() {
                    *first = text.to_string();
                }
            };
            let resumed = losses(learn(model, card, Some(folder.path()), &note).unwrap().as_ref());
            assert!(first.lock().unwrap().starts_with("epoch 4/8"), "{card} {model:?} began anew");
            let far = distance(&resumed, &undisturbed);
            assert!(far < 1e-3, "{card} {model:?}: losses differ by {far}");
            let far = distance(&losses(other.as_ref()), &undisturbed);
            println!("{card} {model:?}: losses of a card and the processor differ by {far}");
        }
    }
}

#[test]
fn a_card_that_is_not_there_is_told_without_a_panic() {
    let built = DRIVERS.into_iter().filter(|driver| *driver != Driver::Cpu && driver.is_built_in());
    for driver in built {
        let device = Device { driver, card: 4000 };
        assert!(matches!(look_for(device), Err(DeviceError::Absent { .. })));
        let error = learn(MODELS[0], device, None, &|_| {}).err().unwrap();
        assert!(error.to_string().contains(&format!("there is no `{device}` here")), "{error}");
    }
}
