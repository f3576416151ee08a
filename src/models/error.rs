//! What can go wrong between an experiment's `model = …` and its predictions.

use super::device::DeviceError;
use crate::spelling::did_you_mean;

/// Says what is wrong and what to do; rows and columns count from 0, as in the table that was handed in.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    #[error("there is no model called `{name}`{}; the models are {known}", did_you_mean(suggestion))]
    UnknownModel { name: String, suggestion: Option<String>, known: String },

    #[error("model `{model}` has no parameter `{key}`{}; {known}", did_you_mean(suggestion))]
    UnknownParameter { model: String, key: String, suggestion: Option<String>, known: String },

    #[error("model `{model}`: parameter `{key}`: {reason}")]
    BadParameter { model: String, key: String, reason: String },

    #[error("model `{model}`: {reason}")]
    BadParameters { model: String, reason: String },

    #[error(
        "row {row}, column {column} holds {value}; fill or drop such values first (prepare = [\"impute\"])"
    )]
    NotFinite { row: usize, column: usize, value: f64 },

    #[error("model `{model}`, member {place} of `members`: {source}")]
    Member { model: &'static str, place: usize, source: Box<ModelError> },

    #[error("there are no rows to learn from")]
    NoRows,

    #[error("there are no columns to learn from")]
    NoColumns,

    #[error("{rows} rows came with {labels} labels")]
    RowsAndLabels { rows: usize, labels: usize },

    #[error("row {row} has class {label}, but there are {classes} classes")]
    LabelOutOfRange { row: usize, label: usize, classes: usize },

    #[error(
        "model `{model}` needs two classes or more among its training rows, and all are of class {class}"
    )]
    OneClass { model: &'static str, class: usize },

    #[error("model `{model}` needs {needed}, and there are {rows} training rows")]
    TooFewRows { model: &'static str, needed: String, rows: usize },

    #[error("model `{model}`: every column is constant, so nothing tells the classes apart")]
    AllConstant { model: &'static str },

    #[error("the model was fitted on {expected} columns and is asked about {found}")]
    WrongColumns { expected: usize, found: usize },

    #[error("{engine}'s `{model}`: {reason}")]
    Engine { engine: &'static str, model: &'static str, reason: String },

    #[error("a fitted model could not be turned into bytes: {reason}")]
    NotPacked { reason: String },

    #[error("what was saved of a fitted `{model}` does not make one: {reason}")]
    BrokenState { model: String, reason: String },

    #[error("model `{model}`: {reason}")]
    Network { model: String, reason: String },

    #[error("model `{model}`: {source}")]
    Device { model: String, source: DeviceError },

    #[error(
        "model `{model}`: the loss is no number any more at step {step} (epoch {epoch}, learning rate {learning_rate:e}); lower train.learning_rate, set train.clip_norm, or normalise the input"
    )]
    Diverged { model: &'static str, epoch: usize, step: usize, learning_rate: f64 },

    #[error(
        "model `{model}`: numbers overflowed while fitting; standardize the columns first (prepare = [\"standardize\"])"
    )]
    Overflow { model: &'static str },
}
