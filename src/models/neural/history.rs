//! What a training went through: the learning curves, kept with the cell.

use serde::{Deserialize, Serialize};

/// One epoch. Training figures are those of the epoch's own batches, in training mode.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Of the epoch's last step.
    pub learning_rate: f64,
    pub train_loss: f64,
    pub train_accuracy: f64,
    #[serde(default)]
    pub validation_loss: Option<f64>,
    #[serde(default)]
    pub validation_accuracy: Option<f64>,
}

/// The epochs of one network, in order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct History {
    /// Which network of an ensemble; empty where there is one only.
    #[serde(default)]
    pub member: String,
    /// How many numbers were learned.
    pub parameters: usize,
    pub epochs: Vec<Epoch>,
    /// The epoch whose weights predict.
    pub kept_epoch: usize,
    /// Whether patience ended it before its time.
    #[serde(default)]
    pub stopped_early: bool,
}
