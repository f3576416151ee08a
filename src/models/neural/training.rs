//! `train = { … }`: how a network is trained.

use serde::{Deserialize, Serialize};

use super::blueprint::{Blueprint, ParameterSpec, Role};
use super::initialise::{Initialiser, Initialisers};
use super::optimizer::{Rule, Update};
use super::precision::Precision;
use super::schedule::Schedule;
use crate::models::device::Device;
use crate::models::parameters::{self, ClassWeight};

/// The weights that predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Those of the best validation epoch (the first of equals).
    #[default]
    Best,
    Last,
}

/// What validation looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Watch {
    #[default]
    Loss,
    Accuracy,
}

/// How altered copies of a clip are learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Copies {
    /// All of them in every epoch, beside the clip itself (offline augmentation).
    #[default]
    All,
    /// One an epoch: the clip itself or one of its copies, drawn anew each time (online augmentation).
    OneAnEpoch,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Training {
    #[serde(deserialize_with = "parameters::count")]
    pub epochs: usize,
    /// End after so many of them, for the weights of that checkpoint; schedules go by `epochs` all the same.
    #[serde(deserialize_with = "parameters::count_or_none", skip_serializing_if = "Option::is_none")]
    pub until: Option<usize>,
    /// What it is trained on, which its weights depend on to the bit.
    #[serde(skip_serializing_if = "is_default")]
    pub device: Device,
    #[serde(skip_serializing_if = "is_default")]
    pub precision: Precision,
    #[serde(deserialize_with = "parameters::count")]
    pub batch: usize,
    pub optimizer: Rule,
    #[serde(deserialize_with = "parameters::positive")]
    pub learning_rate: f64,
    #[serde(deserialize_with = "parameters::not_negative")]
    pub momentum: f64,
    pub nesterov: bool,
    /// Keras's: the rate is divided by 1 + decay · step.
    #[serde(deserialize_with = "parameters::not_negative")]
    pub decay: f64,
    #[serde(deserialize_with = "parameters::part")]
    pub beta1: f64,
    #[serde(deserialize_with = "parameters::part")]
    pub beta2: f64,
    #[serde(deserialize_with = "parameters::part")]
    pub alpha: f64,
    #[serde(deserialize_with = "parameters::positive")]
    pub epsilon: f64,
    /// PyTorch's of the optimizer where silent: 0.01 of AdamW, 0 of the others.
    #[serde(deserialize_with = "parameters::not_negative_or_none")]
    pub weight_decay: Option<f64>,
    /// Only parameters whose name begins so decay; every weight matrix and kernel where silent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decay_layers: Vec<String>,
    /// Biases, scales and shifts decay as well.
    pub decay_biases: bool,
    pub schedule: Schedule,
    /// The largest norm of all gradients together.
    #[serde(deserialize_with = "parameters::positive_or_none", skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    #[serde(deserialize_with = "parameters::class_weight_or_none", skip_serializing_if = "Option::is_none")]
    pub class_weight: Option<ClassWeight>,
    /// Share of the training clips of each class (below 1), or a number of clips in all, held out for validation.
    #[serde(deserialize_with = "parameters::not_negative")]
    pub validation: f64,
    pub watch: Watch,
    /// Epochs without a gain before training stops.
    #[serde(deserialize_with = "parameters::count_or_none", skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    pub keep: Keep,
    /// Keep the weights of every so many epochs as files.
    #[serde(deserialize_with = "parameters::count_or_none", skip_serializing_if = "Option::is_none")]
    pub checkpoint_every: Option<usize>,
    pub shuffle: bool,
    /// Leave a last batch that is not full out of the epoch.
    pub drop_last: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub copies: Copies,
    /// Validation looks at the held-out clips' altered copies too.
    #[serde(skip_serializing_if = "is_default")]
    pub validate_copies: bool,
    pub initialise: Initialiser,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initialise_linear: Option<Initialiser>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Default for Training {
    fn default() -> Self {
        Self {
            epochs: 60,
            until: None,
            device: Device::default(),
            precision: Precision::Single,
            batch: 32,
            optimizer: Rule::Adam,
            learning_rate: 1e-3,
            momentum: 0.0,
            nesterov: false,
            decay: 0.0,
            beta1: 0.9,
            beta2: 0.999,
            alpha: 0.99,
            epsilon: 1e-8,
            weight_decay: None,
            decay_layers: Vec::new(),
            decay_biases: false,
            schedule: Schedule::Constant,
            clip_norm: None,
            class_weight: None,
            validation: 0.1,
            watch: Watch::Loss,
            patience: None,
            keep: Keep::Best,
            checkpoint_every: None,
            shuffle: true,
            drop_last: false,
            copies: Copies::All,
            validate_copies: false,
            initialise: Initialiser::Torch,
            initialise_linear: None,
        }
    }
}

impl Training {
    /// What serde cannot see key by key.
    pub fn check(&self) -> Result<(), String> {
        if self.nesterov && !(self.optimizer == Rule::Sgd && self.momentum > 0.0) {
            return Err("train.nesterov goes with optimizer = \"sgd\" and a momentum above 0".to_string());
        }
        if self.momentum >= 1.0 {
            return Err("train.momentum must be below 1".to_string());
        }
        if self.momentum > 0.0 && matches!(self.optimizer, Rule::Adam | Rule::AdamW) {
            return Err("train.momentum goes with sgd and rmsprop; Adam's is beta1".to_string());
        }
        if self.patience.is_some() && self.validation == 0.0 {
            return Err("train.patience needs clips to watch; set train.validation above 0".to_string());
        }
        if self.until.is_some_and(|until| until > self.epochs) {
            return Err("train.until lies beyond train.epochs".to_string());
        }
        if self.validation >= 1.0 && self.validation.fract() != 0.0 {
            return Err("train.validation is a share below 1 or a whole number of clips".to_string());
        }
        Ok(())
    }

    /// λ, said or usual.
    pub fn weight_decay(&self) -> f64 {
        self.weight_decay.unwrap_or(if self.optimizer == Rule::AdamW { 0.01 } else { 0.0 })
    }

    /// λ of each parameter.
    pub fn decays(&self, plan: &Blueprint) -> Vec<f32> {
        let layers = &self.decay_layers;
        let chosen =
            |name: &str| layers.is_empty() || layers.iter().any(|layer| name.starts_with(layer.as_str()));
        let matrix = |role: Role| matches!(role, Role::Weight | Role::RecurrentWeight);
        let decays = |spec: &ParameterSpec| chosen(&spec.name) && (self.decay_biases || matrix(spec.role));
        let one = |spec| if decays(spec) { self.weight_decay() as f32 } else { 0.0 };
        plan.parameters.iter().map(one).collect()
    }

    /// Whether all that `decay_layers` names is there.
    pub fn check_layers(&self, plan: &Blueprint) -> Result<(), String> {
        let there = |layer: &str| plan.parameters.iter().any(|spec| spec.name.starts_with(layer));
        let Some(unknown) = self.decay_layers.iter().find(|layer| !there(layer)) else { return Ok(()) };
        let names = plan.parameters.iter().filter_map(|spec| spec.name.rsplit_once('.'));
        let mut layers: Vec<&str> = names.map(|(layer, _)| layer).collect();
        layers.dedup();
        let layers = layers.join(", ");
        Err(format!("train.decay_layers: no layer's name begins with \"{unknown}\"; they are {layers}"))
    }

    pub fn initialisers(&self) -> Initialisers {
        Initialisers {
            convolution: self.initialise,
            linear: self.initialise_linear.unwrap_or(self.initialise),
        }
    }

    /// Before any clipping.
    pub fn update(&self, step: usize, an_epoch: usize) -> Update {
        let all = an_epoch * self.epochs;
        let rate = self.schedule.rate(self.learning_rate, step, an_epoch, all);
        Update {
            rule: self.optimizer,
            learning_rate: rate / (1.0 + self.decay * step as f64),
            momentum: self.momentum,
            nesterov: self.nesterov,
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
            alpha: self.alpha,
            gradient_factor: 1.0,
        }
    }
}
