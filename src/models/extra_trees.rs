//! Extremely randomized trees (P. Geurts et al., Machine Learning 63, 2006), as scikit-learn's
//! `ExtraTreesClassifier`: each drawn column is cut at one random value, and the best of these cuts is taken.

use super::error::ModelError;
use super::forest_parameters::{self, ForestParameters};
use super::model::{Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::parameters;
use super::stored;
use super::tree_ensemble::FittedEnsemble;
use super::tree_rules::Splitter;

const NAME: &str = "extra_trees";

const PARAMETERS: &[ParameterHelp] = &forest_parameters::help("false");

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "extremely randomized trees: each drawn column is cut at a random value, the best cut is taken",
    parameters: PARAMETERS,
    parse: |table| Ok(Box::new(ExtraTrees(ForestParameters::read(NAME, PARAMETERS, table, false)?))),
    load: |state| stored::unpack::<FittedEnsemble>(NAME, state),
};

struct ExtraTrees(ForestParameters);

impl Model for ExtraTrees {
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        Ok(Box::new(self.0.ensemble(NAME, Splitter::Random).fit(train, seed)?))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(&self.0)
    }
}
