//! CatBoost's boosting of oblivious trees for several classes, on numeric columns.
//!
//! All scores start at 0. An iteration takes the residuals [y = c] − p, weighs the rows by
//! (−log U)^bagging_temperature (Bayesian bootstrap), finds one tree for all classes (`oblivious_tree`), lets each of
//! its leaves take a step in all classes on the unweighted rows (`leaf_steps`), and adds learning_rate times
//! that. The noise on the search's scores has standard deviation random_strength · √(Σ r² / n) · m / (1 + m) with
//! m = n / exp(iteration · learning_rate). Columns are cut at `GreedyLogSum` borders. Two classes share one score
//! with the logistic loss. Prokhorenkova et al., "CatBoost: unbiased boosting with categorical features" (2018),
//! and CatBoost 1.2 on one CPU, whose defaults for more than two classes these are (of two it draws 80 % of the rows by
//! their gradients, `MVS`, unless told `bootstrap_type = "Bayesian"`).

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::boosted_scores::{BoostedScores, by_class, outputs_of};
use super::checks::{PresentClasses, check_rows, check_two_classes};
use super::class_scores::{classes_of, softmax_spread};
use super::column_bins::{BinnedColumn, bin_columns};
use super::cosine_scores::WeightedRows;
use super::error::ModelError;
use super::leaf_steps::{Estimation, StepRules, leaf_steps};
use super::log_sum_borders::log_sum_borders;
use super::model::{Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::oblivious_leaves::ObliviousTree;
use super::oblivious_tree::{LevelCut, Noise, TreeRules, grow, leaf_places};
use super::ordered_scores::OrderedScores;
use super::parameters;
use super::row_blocks::score_blocks;
use super::stored;
use super::value_changes::add_changes;
use crate::random::Draws;

const NAME: &str = "catboost";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "iterations", default: "1000", meaning: "trees" },
    ParameterHelp { name: "depth", default: "6", meaning: "levels of a tree, 1 to 16" },
    ParameterHelp {
        name: "learning_rate",
        default: "none",
        meaning: "share of a leaf's step that is taken; left out, CatBoost's rule from rows and iterations, or \
                  0.03 where l2_leaf_reg or a leaf_estimation parameter is given, as there",
    },
    ParameterHelp {
        name: "l2_leaf_reg",
        default: "none",
        meaning: "weight added to a leaf's, 0 or more; left out, 3",
    },
    ParameterHelp { name: "border_count", default: "254", meaning: "most borders of a column, 1 to 255" },
    ParameterHelp {
        name: "bagging_temperature",
        default: "1.0",
        meaning: "spread of the rows' random weights; 0 weighs all rows alike (for two classes too, where CatBoost draws rows by MVS)",
    },
    ParameterHelp { name: "random_strength", default: "1.0", meaning: "noise on the scores of cuts" },
    ParameterHelp {
        name: "leaf_estimation_method",
        default: "none",
        meaning: "\"Newton\" or \"Gradient\"; left out, Newton",
    },
    ParameterHelp {
        name: "leaf_estimation_iterations",
        default: "none",
        meaning: "steps of a tree's leaves; left out, 1, or 10 Newton steps for two classes",
    },
    ParameterHelp {
        name: "boosting_type",
        default: "\"Plain\"",
        meaning: "\"Plain\", to which CatBoost itself resolves on a CPU, or \"Ordered\": trees are sought on \
                  residuals of leaves that never saw the row, at about four times the cost",
    },
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "CatBoost's boosting: oblivious trees for all classes at once",
    parameters: PARAMETERS,
    parse: |table| Ok(Box::new(parameters::parse::<CatBoost>(NAME, PARAMETERS, table)?)),
    load: |state| stored::unpack::<FittedCatBoost>(NAME, state),
};

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
enum BoostingType {
    Plain,
    Ordered,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct CatBoost {
    #[serde(deserialize_with = "parameters::count")]
    iterations: usize,
    #[serde(deserialize_with = "parameters::from_to::<_, 1, 16>")]
    depth: usize,
    #[serde(deserialize_with = "parameters::positive_or_none")]
    learning_rate: Option<f64>,
    #[serde(deserialize_with = "parameters::not_negative_or_none")]
    l2_leaf_reg: Option<f64>,
    #[serde(deserialize_with = "parameters::from_to::<_, 1, 255>")]
    border_count: usize,
    #[serde(deserialize_with = "parameters::not_negative")]
    bagging_temperature: f64,
    #[serde(deserialize_with = "parameters::not_negative")]
    random_strength: f64,
    leaf_estimation_method: Option<Estimation>,
    #[serde(deserialize_with = "parameters::count_or_none")]
    leaf_estimation_iterations: Option<usize>,
    boosting_type: BoostingType,
}

impl Default for CatBoost {
    fn default() -> Self {
        Self {
            iterations: 1000,
            depth: 6,
            learning_rate: None,
            l2_leaf_reg: None,
            border_count: 254,
            bagging_temperature: 1.0,
            random_strength: 1.0,
            leaf_estimation_method: None,
            leaf_estimation_iterations: None,
            boosting_type: BoostingType::Plain,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FittedCatBoost {
    present: PresentClasses,
    columns: usize,
    outputs: usize,
    trees: Vec<ObliviousTree>,
    importances: Vec<f64>,
    notes: Vec<String>,
}

impl Model for CatBoost {
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_two_classes(train, NAME)?;
        let fitted = match outputs_of(present.classes.len()) {
            1 => self.boost::<1>(train, present, seed),
            2..=4 => self.boost::<4>(train, present, seed),
            _ => self.boost::<8>(train, present, seed),
        };
        Ok(Box::new(fitted))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

impl CatBoost {
    fn boost<const L: usize>(
        &self,
        train: TrainingSet<'_>,
        present: PresentClasses,
        seed: u64,
    ) -> FittedCatBoost {
        let (rows, outputs) = (train.x.nrows(), outputs_of(present.classes.len()));
        let columns = bin_columns(train.x, |values| log_sum_borders(values, self.border_count));
        let learning_rate = self.learning_rate.unwrap_or_else(|| self.silent_learning_rate(rows, outputs));
        let step_rules = self.step_rules(train.x.ncols(), outputs);
        let mut weights = Draws::new(seed, "weights");
        let mut noise = Noise::new(Draws::new(seed, "noise"));
        let mut scores = vec![0.0; rows * outputs];
        let mut orders = Draws::new(seed, "orders");
        let mut ordered = (self.boosting_type == BoostingType::Ordered)
            .then(|| OrderedScores::new(&present.dense, outputs, &mut orders));
        let mut importances = vec![0.0; train.x.ncols()];
        let mut trees = Vec::new();
        for iteration in 0..self.iterations {
            let now = BoostedScores { scores: &scores, targets: &present.dense, outputs };
            let residuals = match &ordered {
                None => residuals(&now),
                Some(ordered) => ordered.residuals(&mut orders),
            };
            let spread =
                (residuals.iter().map(|residual| residual * residual).sum::<f64>() / rows as f64).sqrt();
            let left = rows as f64 * (-(iteration as f64) * learning_rate).exp();
            let rules = TreeRules {
                depth: self.depth,
                l2: step_rules.l2,
                noise: self.random_strength * spread * left / (1.0 + left),
            };
            let weighted = self.weigh::<L>(&residuals, outputs, &mut weights);
            let cuts = grow(&columns, weighted, rules, &mut noise);
            let places = leaf_places(&columns, &cuts, rows);
            let mut steps = leaf_steps(&now, &places, 1 << cuts.len(), step_rules);
            steps.iter_mut().for_each(|step| *step *= learning_rate);
            if let Some(ordered) = &mut ordered {
                ordered.advance(&places, 1 << cuts.len(), step_rules, learning_rate);
            }
            for (scores, leaf) in scores.chunks_exact_mut(outputs).zip(&places) {
                let steps = &steps[*leaf as usize * outputs..];
                scores.iter_mut().zip(steps).for_each(|(score, step)| *score += step);
            }
            let cuts = on_numbers(&cuts, &columns);
            let cut: Vec<usize> = cuts.iter().map(|(column, _)| *column).collect();
            add_changes(&mut importances, &cut, &steps, outputs, &places);
            trees.push(ObliviousTree { cuts, steps });
        }
        let total: f64 = importances.iter().sum();
        importances.iter_mut().filter(|_| total > 0.0).for_each(|importance| *importance /= total);
        let notes = match self.learning_rate {
            Some(_) => Vec::new(),
            None => vec![format!("learning_rate {learning_rate}, by CatBoost's rule")],
        };
        FittedCatBoost { columns: train.x.ncols(), present, outputs, trees, importances, notes }
    }

    /// CatBoost's rule: log-linear in rows and in iterations, at most 0.5, to six places.
    fn silent_learning_rate(&self, rows: usize, outputs: usize) -> f64 {
        let silent = self.l2_leaf_reg.is_none()
            && self.leaf_estimation_method.is_none()
            && self.leaf_estimation_iterations.is_none();
        if !silent {
            return 0.03;
        }
        let (by_rows, constant, by_iterations) =
            if outputs == 1 { (0.427, -7.525, -0.917) } else { (0.051, -2.889, -0.845) };
        let at_a_thousand = f64::exp(by_rows * f64::ln(rows as f64) + constant);
        let rate = at_a_thousand * f64::exp(by_iterations * f64::ln(self.iterations as f64 / 1000.0));
        (rate.min(0.5) * 1e6).round() / 1e6
    }

    fn step_rules(&self, columns: usize, outputs: usize) -> StepRules {
        let estimation = self.leaf_estimation_method.unwrap_or(Estimation::Newton);
        // CatBoost's defaults; it calls fewer than 200 iterations on fewer than 20 columns small.
        let small = self.iterations < 200 && columns < 20;
        let steps = match (outputs, estimation) {
            (1, Estimation::Newton) if !small => 10,
            _ => 1,
        };
        StepRules {
            estimation,
            steps: self.leaf_estimation_iterations.unwrap_or(steps),
            l2: self.l2_leaf_reg.unwrap_or(3.0),
        }
    }

    /// The rows with fresh weights, in their own order.
    fn weigh<const L: usize>(&self, residuals: &[f64], outputs: usize, draws: &mut Draws) -> WeightedRows<L> {
        let rows = residuals.len() / outputs;
        let weights: Vec<f32> = if self.bagging_temperature == 0.0 {
            vec![1.0; rows]
        } else {
            let weight = |uniform: f64| (-(uniform + 1e-100).ln()).powf(self.bagging_temperature) as f32;
            (0..rows).map(|_| weight(draws.unit())).collect()
        };
        let group = |first: usize| {
            let lanes = (L).min(outputs - first);
            let rows = residuals.chunks_exact(outputs).zip(&weights);
            rows.map(|(residuals, weight)| {
                let mut weighted = [0.0; L];
                let own = weighted.iter_mut().zip(&residuals[first..first + lanes]);
                own.for_each(|(weighted, residual)| *weighted = *residual as f32 * weight);
                weighted
            })
            .collect()
        };
        let residuals = (0..outputs).step_by(L).map(group).collect();
        WeightedRows { order: (0..rows as u32).collect(), weights, residuals }
    }
}

/// Rows × outputs.
fn residuals(rows: &BoostedScores<'_>) -> Vec<f64> {
    let mut residuals = vec![0.0; rows.scores.len()];
    residuals.par_chunks_mut(256 * rows.outputs).enumerate().for_each(|(chunk, residuals)| {
        for (row, residuals) in residuals.chunks_exact_mut(rows.outputs).enumerate() {
            rows.residuals(chunk * 256 + row, residuals);
        }
    });
    residuals
}

fn on_numbers(cuts: &[LevelCut], columns: &[BinnedColumn]) -> Vec<(usize, f64)> {
    let place = |cut: &LevelCut| {
        let column = &columns[cut.column as usize];
        (column.column, column.borders[usize::from(cut.bin)])
    };
    cuts.iter().map(place).collect()
}

impl FittedCatBoost {
    /// Rows × present classes.
    fn scores(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        check_rows(x, self.columns)?;
        let sums = score_blocks(x, &vec![0.0; self.outputs], |block, sums| {
            for tree in &self.trees {
                tree.add(block, sums, self.outputs);
            }
        });
        Ok(by_class(&sums, self.outputs, self.present.classes.len()))
    }
}

impl Fitted for FittedCatBoost {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        Ok(classes_of(&self.scores(x)?, &self.present))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        Ok(Some(softmax_spread(self.scores(x)?, &self.present)))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// A column's share of the changes that its cuts make to the scores: CatBoost's `PredictionValuesChange`.
    fn importances(&self) -> Option<Vec<f64>> {
        Some(self.importances.clone())
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::boosted_scores::golden::{fit, training_loss};

    #[test]
    fn without_draws_the_training_loss_is_catboosts() {
        let small = "l2_leaf_reg = 0\nlearning_rate = 0.05\ndepth = 3\n";
        let gradient =
            "leaf_estimation_method = \"Gradient\"\nleaf_estimation_iterations = 3\nlearning_rate = 0.2\n";
        for (classes, parameters, losses) in [
            (2, "learning_rate = 0.206388\n", [0.5990370563083439, 0.3977589256268639, 0.17023702367034999]),
            (2, small, [0.6687753783622361, 0.5913399965044406, 0.36163608197862024]),
            (2, gradient, [0.6196165991732873, 0.43857416054539783, 0.20389230461882912]),
            (4, "learning_rate = 0.5\n", [1.0440354432825647, 0.6223997760450203, 0.40334364338041206]),
            (4, small, [1.3489126352214897, 1.232944293321254, 0.890556186819978]),
            (4, gradient, [1.2539841795359177, 0.9153776686251679, 0.4961963881972517]),
        ] {
            for (iterations, loss) in [1, 5, 30].into_iter().zip(losses) {
                let all = format!(
                    "{parameters}iterations = {iterations}\nrandom_strength = 0\nbagging_temperature = 0"
                );
                let found = training_loss("catboost", classes, &all);
                // CatBoost keeps rates in f32.
                assert!((found / loss - 1.0).abs() < 2e-8, "{classes} {all} {found} {loss}");
            }
        }
    }

    /// `get_feature_importance` of the same fits.
    #[test]
    fn importances_are_catboosts() {
        let small = "l2_leaf_reg = 0\nlearning_rate = 0.05\ndepth = 3\niterations = 30";
        for (classes, known) in [
            (2, [0.336499647, 0.195692573, 0.178093209, 0.289714571, 0.0, 0.0, 0.0]),
            (4, [0.322840028, 0.167875336, 0.220724485, 0.265188016, 0.004258085, 0.005799174, 0.013314877]),
        ] {
            let all = format!("{small}\nrandom_strength = 0\nbagging_temperature = 0");
            let found = fit("catboost", classes, &all).importances().unwrap();
            for (found, known) in found.iter().zip(known) {
                assert!((found - known).abs() < 1e-6, "{classes} {found} {known}");
            }
        }
    }

    /// CatBoost's own, over six seeds and without other draws than the orders: 0.192 … 0.202 and 0.535 … 0.551.
    #[test]
    fn ordered_boosting_learns_as_much_as_catboosts() {
        let all =
            "iterations = 30\nlearning_rate = 0.2\ndepth = 4\nrandom_strength = 0\nbagging_temperature = 0";
        for (classes, low, high) in [(2, 0.187, 0.207), (4, 0.53, 0.56)] {
            let ordered = training_loss("catboost", classes, &format!("{all}\nboosting_type = \"Ordered\""));
            assert!((low..high).contains(&ordered), "{classes} {ordered}");
        }
    }

    #[test]
    fn a_silent_learning_rate_is_catboosts_and_is_noted() {
        for (classes, parameters, rate) in [
            (2, "iterations = 30", "0.206388"),
            (4, "iterations = 30", "0.5"),
            (4, "iterations = 30\nl2_leaf_reg = 0", "0.03"),
        ] {
            let notes = fit("catboost", classes, parameters).notes();
            assert!(notes[0].contains(&format!("learning_rate {rate},")), "{notes:?}");
        }
    }
}
