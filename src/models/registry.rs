//! The models in the order `list models` shows them.

use super::error::ModelError;
use super::model::{Fitted, Model, ModelEntry};
use super::parameters::nearest;
use super::{
    catboost, decision_tree, extra_trees, gaussian_nb, gradient_boosting, knn, lda, linear_svc,
    logistic_regression, majority, nearest_centroid, random_forest, svc,
};

/// Every model that an experiment can name.
pub const MODELS: &[ModelEntry] = &[
    majority::ENTRY,
    knn::ENTRY,
    nearest_centroid::ENTRY,
    gaussian_nb::ENTRY,
    lda::ENTRY,
    logistic_regression::ENTRY,
    decision_tree::ENTRY,
    random_forest::ENTRY,
    extra_trees::ENTRY,
    gradient_boosting::ENTRY,
    catboost::ENTRY,
    svc::ENTRY,
    linear_svc::ENTRY,
];

/// The model called `name` with `parameters` as an experiment's row gives them.
pub fn build(name: &str, parameters: toml::Table) -> Result<Box<dyn Model>, ModelError> {
    (entry(name)?.parse)(parameters)
}

/// The fitted model called `name` from what its `Fitted::save` gave.
pub fn load(name: &str, state: &[u8]) -> Result<Box<dyn Fitted>, ModelError> {
    (entry(name)?.load)(state)
}

fn entry(name: &str) -> Result<&'static ModelEntry, ModelError> {
    MODELS.iter().find(|entry| entry.name == name).ok_or_else(|| ModelError::UnknownModel {
        name: name.to_string(),
        suggestion: nearest(name, MODELS.iter().map(|entry| entry.name)),
        known: MODELS.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", "),
    })
}
