//! The models in the order `list models` shows them.

use super::error::ModelError;
use super::model::{Fitted, Model, ModelEntry};
use super::{
    adaboost, catboost, decision_tree, engines, extra_trees, gaussian_nb, gradient_boosting, knn, lda,
    linear_svc, logistic_regression, majority, nearest_centroid, neural, qda, random_forest, stacking, svc,
    voting,
};
use crate::spelling::nearest;

/// Every model that an experiment can name.
pub const MODELS: &[ModelEntry] = &[
    majority::ENTRY,
    knn::ENTRY,
    nearest_centroid::ENTRY,
    gaussian_nb::ENTRY,
    lda::ENTRY,
    qda::ENTRY,
    logistic_regression::ENTRY,
    decision_tree::ENTRY,
    random_forest::ENTRY,
    extra_trees::ENTRY,
    adaboost::ENTRY,
    gradient_boosting::ENTRY,
    catboost::ENTRY,
    svc::ENTRY,
    linear_svc::ENTRY,
    neural::mlp::ENTRY,
    // Made of other models, these two are handed the registry.
    ModelEntry {
        name: voting::MODEL,
        summary: voting::SUMMARY,
        parameters: voting::HELP,
        parse: |table| voting::read(table, build),
        load: |state| voting::load(state, load),
    },
    ModelEntry {
        name: stacking::MODEL,
        summary: stacking::SUMMARY,
        parameters: stacking::HELP,
        parse: |table| stacking::read(table, build),
        load: |state| stacking::load(state, load),
    },
];

/// Every network that takes frame matrices and no table alone; what holds for `MODELS` on tables does not for them.
pub const NETWORKS: &[ModelEntry] = &[
    neural::conv1d::ENTRY,
    neural::conv2d::ENTRY,
    neural::swapped_conv1d::ENTRY,
    neural::vgg::ENTRY,
    neural::resnet::ENTRY,
    neural::recurrent::LSTM,
    neural::recurrent::GRU,
    neural::crnn::ENTRY,
    neural::two_branch::ENTRY,
];

/// The model called `name` with `parameters` as an experiment's row gives them.
///
/// `engine = "…"` among them asks for the same model of another crate.
pub fn build(name: &str, mut parameters: toml::Table) -> Result<Box<dyn Model>, ModelError> {
    let native = entry(name)?;
    match engines::build(name, &mut parameters)? {
        Some(elsewhere) => Ok(elsewhere),
        None => (native.parse)(parameters),
    }
}

/// The fitted model called `name` from what its `Fitted::save` gave.
pub fn load(name: &str, state: &[u8]) -> Result<Box<dyn Fitted>, ModelError> {
    (entry(name)?.load)(state)
}

fn entry(name: &str) -> Result<&'static ModelEntry, ModelError> {
    let all = || MODELS.iter().chain(NETWORKS);
    all().find(|entry| entry.name == name).ok_or_else(|| ModelError::UnknownModel {
        name: name.to_string(),
        suggestion: nearest(name, all().map(|entry| entry.name)).map(str::to_string),
        known: all().map(|entry| entry.name).collect::<Vec<_>>().join(", "),
    })
}
