//! The parameters of `random_forest` and `extra_trees`, which differ in how they cut and in whether they draw rows.

use serde::{Deserialize, Serialize};

use super::bootstrap_rows::{Balance, Sampling};
use super::error::ModelError;
use super::model::ParameterHelp;
use super::parameters;
use super::tree_ensemble::Ensemble;
use super::tree_parameters::{self as shared, MaxFeatures, two_or_more};
use super::tree_rules::{Criterion, Rules, Splitter};

pub const fn help(bootstrap: &'static str) -> [ParameterHelp; 10] {
    [
        ParameterHelp { name: "n_estimators", default: "100", meaning: "how many trees" },
        shared::CRITERION,
        shared::max_features("\"sqrt\""),
        ParameterHelp {
            name: "bootstrap",
            default: bootstrap,
            meaning: "whether each tree draws its rows with replacement or learns from all",
        },
        ParameterHelp {
            name: "class_weight",
            default: "none",
            meaning: "\"balanced\": every class counts alike; \"balanced_subsample\": so weighed tree by tree",
        },
        shared::MAX_DEPTH,
        shared::MIN_SAMPLES_SPLIT,
        shared::MIN_SAMPLES_LEAF,
        shared::MIN_IMPURITY_DECREASE,
        ParameterHelp {
            name: "oob_score",
            default: "false",
            meaning: "note the accuracy on rows that trees did not draw; needs bootstrap",
        },
    ]
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForestParameters {
    // Room for all trees is made at once.
    #[serde(deserialize_with = "parameters::from_to::<_, 1, 1_000_000>")]
    n_estimators: usize,
    criterion: Criterion,
    max_features: MaxFeatures,
    /// Filled in when the parameters are read.
    bootstrap: Option<bool>,
    class_weight: Option<Balance>,
    #[serde(deserialize_with = "parameters::count_or_none")]
    max_depth: Option<usize>,
    #[serde(deserialize_with = "two_or_more")]
    min_samples_split: usize,
    #[serde(deserialize_with = "parameters::count")]
    min_samples_leaf: usize,
    #[serde(deserialize_with = "parameters::not_negative")]
    min_impurity_decrease: f64,
    oob_score: bool,
}

impl Default for ForestParameters {
    fn default() -> Self {
        Self {
            n_estimators: 100,
            criterion: Criterion::Gini,
            max_features: MaxFeatures::Sqrt,
            bootstrap: None,
            class_weight: None,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            min_impurity_decrease: 0.0,
            oob_score: false,
        }
    }
}

impl ForestParameters {
    /// The keys of a row of `model`, which draws rows unless told otherwise where `bootstrap` is true.
    pub fn read(
        model: &'static str,
        help: &[ParameterHelp],
        table: toml::Table,
        bootstrap: bool,
    ) -> Result<Self, ModelError> {
        let mut read: Self = parameters::parse(model, help, table)?;
        let bootstrap = *read.bootstrap.get_or_insert(bootstrap);
        if read.oob_score && !bootstrap {
            return Err(ModelError::BadParameter {
                model: model.to_string(),
                key: "oob_score".to_string(),
                reason: "without bootstrap = true every tree learns from every row".to_string(),
            });
        }
        Ok(read)
    }

    pub fn ensemble(&self, model: &'static str, splitter: Splitter) -> Ensemble {
        Ensemble {
            model,
            trees: self.n_estimators,
            sampling: Sampling { bootstrap: self.bootstrap == Some(true), balance: self.class_weight },
            max_features: self.max_features,
            rules: Rules {
                criterion: self.criterion,
                splitter,
                columns_to_try: 0,
                max_depth: self.max_depth.unwrap_or(usize::MAX),
                min_samples_split: self.min_samples_split,
                min_samples_leaf: self.min_samples_leaf,
                min_impurity_decrease: self.min_impurity_decrease,
            },
            oob_score: self.oob_score,
        }
    }
}
