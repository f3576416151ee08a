//! Random forest (L. Breiman, "Random Forests", Machine Learning 45, 2001), as scikit-learn's
//! `RandomForestClassifier`: trees on bootstrap samples, the best cut among a few columns drawn at each node,
//! and the average of the trees' class parts.

use super::error::ModelError;
use super::forest_parameters::{self, ForestParameters};
use super::model::{Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::parameters;
use super::stored;
use super::tree_ensemble::FittedEnsemble;
use super::tree_rules::Splitter;

const NAME: &str = "random_forest";

const PARAMETERS: &[ParameterHelp] = &forest_parameters::help("true");

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "random forest: trees on drawn rows, cut at the best of a few drawn columns",
    parameters: PARAMETERS,
    parse: |table| Ok(Box::new(RandomForest(ForestParameters::read(NAME, PARAMETERS, table, true)?))),
    load: |state| stored::unpack::<FittedEnsemble>(NAME, state),
};

struct RandomForest(ForestParameters);

impl Model for RandomForest {
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        Ok(Box::new(self.0.ensemble(NAME, Splitter::Best).fit(train, seed)?))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(&self.0)
    }
}
