//! AdaBoost for several classes (SAMME) on small trees.
//!
//! Every round grows a tree on weighted rows (`weighted_tree`), takes its weighted error e, gives it the say
//! α = learning_rate · (log((1 − e) / e) + log(K − 1)), and multiplies the weights of the rows it got wrong by exp(α).
//! A row's class is the one with the largest sum of α; probabilities are the softmax of
//! (Σ α [tree says c] − Σ α [tree says other] / (K − 1)) / (Σ α (K − 1)). Zhu et al., "Multi-class AdaBoost", Statistics
//! and Its Interface 2 (2009), as scikit-learn's `AdaBoostClassifier` over `DecisionTreeClassifier`.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, check_rows, check_two_classes};
use super::class_scores::{classes_of, softmax_spread};
use super::error::ModelError;
use super::model::{Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::parameters;
use super::stored;
use super::tree_nodes::Tree;
use super::weighted_tree::{SortedColumns, TreeLimits};

const NAME: &str = "adaboost";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "n_estimators", default: "50", meaning: "how many trees at most" },
    ParameterHelp { name: "learning_rate", default: "1.0", meaning: "share of a tree's say that it gets" },
    ParameterHelp {
        name: "max_depth",
        default: "1",
        meaning: "cuts between a tree's root and a leaf at most",
    },
    ParameterHelp { name: "min_samples_leaf", default: "1", meaning: "fewest rows of a leaf" },
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "AdaBoost (SAMME): small trees, each on rows weighed by the errors before",
    parameters: PARAMETERS,
    parse: |table| Ok(Box::new(parameters::parse::<AdaBoost>(NAME, PARAMETERS, table)?)),
    load: |state| stored::unpack::<FittedAdaBoost>(NAME, state),
};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct AdaBoost {
    #[serde(deserialize_with = "parameters::count")]
    n_estimators: usize,
    #[serde(deserialize_with = "parameters::positive")]
    learning_rate: f64,
    #[serde(deserialize_with = "parameters::count")]
    max_depth: usize,
    #[serde(deserialize_with = "parameters::count")]
    min_samples_leaf: usize,
}

impl Default for AdaBoost {
    fn default() -> Self {
        Self { n_estimators: 50, learning_rate: 1.0, max_depth: 1, min_samples_leaf: 1 }
    }
}

#[derive(Serialize, Deserialize)]
struct FittedAdaBoost {
    present: PresentClasses,
    columns: usize,
    trees: Vec<Tree>,
    /// α, one a tree.
    says: Vec<f64>,
    importances: Vec<f64>,
    notes: Vec<String>,
}

impl Model for AdaBoost {
    fn fit(&self, train: TrainingSet<'_>, _seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_two_classes(train, NAME)?;
        let (rows, classes) = (train.x.nrows(), present.classes.len());
        let sorted = SortedColumns::new(train.x);
        let limits = TreeLimits { max_depth: self.max_depth, min_samples_leaf: self.min_samples_leaf };
        let mut weights = vec![1.0 / rows as f64; rows];
        let mut importances = vec![0.0; train.x.ncols()];
        let (mut trees, mut says, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..self.n_estimators {
            let grown = sorted.grow(train.x, &present.dense, &weights, classes, limits);
            let wrong: Vec<bool> =
                grown.classes.iter().zip(&present.dense).map(|(said, truth)| said != truth).collect();
            let total: f64 = weights.iter().sum();
            let missed: f64 =
                weights.iter().zip(&wrong).map(|(w, wrong)| if *wrong { *w } else { 0.0 }).sum();
            let error = missed / total;
            let guess = error >= 1.0 - 1.0 / classes as f64;
            if guess && round > 0 {
                notes.push(format!("stopped after {round} trees: the next was no better than a guess"));
                break;
            }
            let odds = ((1.0 - error) / error).ln() + (classes as f64 - 1.0).ln();
            // A tree without error has all the say there is, and one no better than a guess cannot have less.
            let say = if error <= 0.0 || guess { 1.0 } else { self.learning_rate * odds };
            let removed: f64 = grown.removed.iter().map(|(_, removed)| removed).sum();
            for (column, removed_here) in grown.removed.iter().filter(|_| removed > 0.0) {
                importances[*column] += say * removed_here / removed;
            }
            trees.push(grown.tree);
            says.push(say);
            if guess {
                notes.push("the first tree was no better than a guess, and the only one".to_string());
            }
            if error <= 0.0 || guess {
                break;
            }
            for (weight, wrong) in weights.iter_mut().zip(&wrong) {
                *weight = (weight.ln() + if *wrong { say } else { 0.0 }).exp();
            }
            let total: f64 = weights.iter().sum();
            if !(total.is_finite() && total > 0.0) {
                notes.push(format!("stopped after {} trees: the weights overflowed", round + 1));
                break;
            }
            // As scikit-learn: no row is ever quite forgotten.
            weights.iter_mut().for_each(|weight| *weight = (*weight / total).max(f64::EPSILON));
        }
        let total: f64 = importances.iter().sum();
        importances.iter_mut().filter(|_| total > 0.0).for_each(|importance| *importance /= total);
        Ok(Box::new(FittedAdaBoost { present, columns: train.x.ncols(), trees, says, importances, notes }))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

impl FittedAdaBoost {
    /// Rows × present classes: Σ α of the trees that say the class.
    fn votes(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        check_rows(x, self.columns)?;
        let x = x.as_standard_layout();
        let classes = self.present.classes.len();
        let of_row = |row: usize| {
            let row = x.row(row);
            let values = row.as_slice().unwrap_or_default();
            let (mut votes, mut said) = (vec![0.0; classes], vec![0.0; classes]);
            for (tree, say) in self.trees.iter().zip(&self.says) {
                said.fill(0.0);
                tree.add_outcome(tree.leaf(values), &mut said);
                votes.iter_mut().zip(&said).for_each(|(vote, said)| *vote += say * said);
            }
            votes
        };
        let votes: Vec<Vec<f64>> = (0..x.nrows()).into_par_iter().map(of_row).collect();
        Ok(Array2::from_shape_fn((x.nrows(), classes), |(row, class)| votes[row][class]))
    }
}

impl Fitted for FittedAdaBoost {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        Ok(classes_of(&self.votes(x)?, &self.present))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        let mut scores = self.votes(x)?;
        let (all, others) = (self.says.iter().sum::<f64>(), self.present.classes.len() as f64 - 1.0);
        scores.mapv_inplace(|vote| (vote - (all - vote) / others) / (all * others));
        Ok(Some(softmax_spread(scores, &self.present)))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// The trees' own, by their say.
    fn importances(&self) -> Option<Vec<f64>> {
        Some(self.importances.clone())
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(self)
    }
}
