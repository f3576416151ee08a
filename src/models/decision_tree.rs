//! One classification tree (CART; L. Breiman et al., 1984), as scikit-learn's `DecisionTreeClassifier`, with its
//! open end tied down: among cuts that are equally good, the lowest column's lowest wins.

use serde::{Deserialize, Serialize};

use super::bootstrap_rows::{Balance, Sampling};
use super::error::ModelError;
use super::model::{Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::parameters::{self, ClassWeight};
use super::stored;
use super::tree_ensemble::{Ensemble, FittedEnsemble};
use super::tree_parameters::{self as shared, MaxFeatures, two_or_more};
use super::tree_rules::{Criterion, Rules, Splitter};

const NAME: &str = "decision_tree";

const PARAMETERS: &[ParameterHelp] = &[
    shared::CRITERION,
    ParameterHelp {
        name: "splitter",
        default: "\"best\"",
        meaning: "columns are cut at their \"best\" value or at a \"random\" one",
    },
    shared::max_features("\"all\""),
    ParameterHelp {
        name: "class_weight",
        default: "none",
        meaning: "\"balanced\": rows weigh in inverse proportion to the size of their class",
    },
    shared::MAX_DEPTH,
    shared::MIN_SAMPLES_SPLIT,
    shared::MIN_SAMPLES_LEAF,
    shared::MIN_IMPURITY_DECREASE,
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "one classification tree (CART)",
    parameters: PARAMETERS,
    parse: |table| Ok(Box::new(parameters::parse::<DecisionTree>(NAME, PARAMETERS, table)?)),
    load: |state| stored::unpack::<FittedEnsemble>(NAME, state),
};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct DecisionTree {
    criterion: Criterion,
    splitter: Splitter,
    max_features: MaxFeatures,
    class_weight: Option<ClassWeight>,
    #[serde(deserialize_with = "parameters::count_or_none")]
    max_depth: Option<usize>,
    #[serde(deserialize_with = "two_or_more")]
    min_samples_split: usize,
    #[serde(deserialize_with = "parameters::count")]
    min_samples_leaf: usize,
    #[serde(deserialize_with = "parameters::not_negative")]
    min_impurity_decrease: f64,
}

impl Default for DecisionTree {
    fn default() -> Self {
        Self {
            criterion: Criterion::Gini,
            splitter: Splitter::Best,
            max_features: MaxFeatures::All,
            class_weight: None,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            min_impurity_decrease: 0.0,
        }
    }
}

impl Model for DecisionTree {
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let balance = self.class_weight.map(|ClassWeight::Balanced| Balance::Balanced);
        let ensemble = Ensemble {
            model: NAME,
            trees: 1,
            sampling: Sampling { bootstrap: false, balance },
            max_features: self.max_features,
            rules: Rules {
                criterion: self.criterion,
                splitter: self.splitter,
                columns_to_try: 0,
                max_depth: self.max_depth.unwrap_or(usize::MAX),
                min_samples_split: self.min_samples_split,
                min_samples_leaf: self.min_samples_leaf,
                min_impurity_decrease: self.min_impurity_decrease,
            },
            oob_score: false,
        };
        Ok(Box::new(ensemble.fit(train, seed)?))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}
