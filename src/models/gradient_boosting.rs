//! Gradient boosting of regression trees on the multinomial log-loss.
//!
//! Scores start at the log of the class frequencies. Every round takes the residuals rᵢc = [yᵢ = c] − pᵢc of a
//! fresh sample of rows, grows one tree a class on them (`residual_trees`), and moves the scores of a leaf by
//! learning_rate · (K − 1)/K · Σ r / (Σ |r| (1 − |r|) + l2), one Newton step; two classes share one tree and no
//! (K − 1)/K. Friedman, "Greedy function approximation: a gradient boosting machine", Ann. Statist. 29 (2001),
//! and "Stochastic gradient boosting" (2002): scikit-learn's `GradientBoostingClassifier`, except that cuts are
//! sought between at most `max_bins` bins of a column rather than between all values. With `gain = "newton"` rows count
//! by their curvature where a cut is chosen (Friedman, Hastie and Tibshirani, "Additive logistic regression",
//! Ann. Statist. 28, 2000; Chen and Guestrin, "XGBoost", 2016).

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::boosted_scores::{BoostedScores, by_class, outputs_of};
use super::checks::{PresentClasses, check_rows, check_two_classes};
use super::class_scores::{classes_of, softmax_spread};
use super::column_bins::{BinnedColumn, bin_columns, equal_counts};
use super::error::ModelError;
use super::held_out::{Stopping, divide};
use super::model::{Aside, Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::parameters;
use super::regression_tree::RegressionTree;
use super::residual_trees::{Gain, Grower, GrownTree, Limits, Node};
use super::row_blocks::score_blocks;
use super::stored;
use crate::random::Draws;

const NAME: &str = "gradient_boosting";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "learning_rate", default: "0.1", meaning: "share of a leaf's step that is taken" },
    ParameterHelp { name: "n_estimators", default: "100", meaning: "rounds, each with a tree a class" },
    ParameterHelp {
        name: "max_depth",
        default: "3",
        meaning: "cuts between a tree's root and a leaf at most",
    },
    ParameterHelp { name: "subsample", default: "1.0", meaning: "share of the rows that a round sees" },
    ParameterHelp { name: "min_samples_split", default: "2", meaning: "fewest rows of a node that is cut" },
    ParameterHelp { name: "min_samples_leaf", default: "1", meaning: "fewest rows of a leaf" },
    ParameterHelp { name: "max_bins", default: "128", meaning: "most bins of a column, 2 to 256" },
    ParameterHelp {
        name: "l2",
        default: "0.0",
        meaning: "added to the curvature of a leaf where its step is taken; cuts are chosen without it",
    },
    ParameterHelp {
        name: "gain",
        default: "\"residual\"",
        meaning: "what a cut is chosen by: \"residual\", the squares of the residuals, as scikit-learn does, or \
                  \"newton\", the loss that a Newton step in both parts takes away, as LightGBM and XGBoost do (without l2)",
    },
    ParameterHelp {
        name: "n_iter_no_change",
        default: "none",
        meaning: "stop after this many rounds without a better loss on rows held out",
    },
    ParameterHelp {
        name: "validation_fraction",
        default: "0.1",
        meaning: "share of each class held out, where n_iter_no_change is given; a data set's own validation side is \
                  held out instead",
    },
    ParameterHelp { name: "tol", default: "1e-4", meaning: "least change of the loss that counts as better" },
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "gradient boosting on the log-loss: one small regression tree a class and round",
    parameters: PARAMETERS,
    parse: |table| {
        let model: GradientBoosting = parameters::parse(NAME, PARAMETERS, table)?;
        if model.gain == Gain::Newton && model.min_samples_leaf > 1 {
            return Err(ModelError::BadParameter {
                model: NAME.to_string(),
                key: "min_samples_leaf".to_string(),
                reason: "gain = \"newton\" weighs rows instead of counting them; leave it at 1".to_string(),
            });
        }
        let usual = GradientBoosting::default();
        let of_stopping = [
            ("validation_fraction", model.validation_fraction != usual.validation_fraction),
            ("tol", model.tol != usual.tol),
        ];
        match of_stopping.iter().find(|(_, said)| *said) {
            Some((key, _)) if model.n_iter_no_change.is_none() => Err(ModelError::BadParameter {
                model: NAME.to_string(),
                key: key.to_string(),
                reason: "only n_iter_no_change holds rows out to stop by".to_string(),
            }),
            _ => Ok(Box::new(model)),
        }
    },
    load: |state| stored::unpack::<FittedGradientBoosting>(NAME, state),
};

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct GradientBoosting {
    #[serde(deserialize_with = "parameters::positive")]
    learning_rate: f64,
    #[serde(deserialize_with = "parameters::count")]
    n_estimators: usize,
    #[serde(deserialize_with = "parameters::count")]
    max_depth: usize,
    #[serde(deserialize_with = "parameters::share")]
    subsample: f64,
    #[serde(deserialize_with = "parameters::from_to::<_, 2, 1_000_000_000>")]
    min_samples_split: usize,
    #[serde(deserialize_with = "parameters::count")]
    min_samples_leaf: usize,
    #[serde(deserialize_with = "parameters::from_to::<_, 2, 256>")]
    max_bins: usize,
    #[serde(deserialize_with = "parameters::not_negative")]
    l2: f64,
    gain: Gain,
    #[serde(deserialize_with = "parameters::count_or_none")]
    n_iter_no_change: Option<usize>,
    #[serde(deserialize_with = "parameters::part")]
    validation_fraction: f64,
    #[serde(deserialize_with = "parameters::not_negative")]
    tol: f64,
}

impl Default for GradientBoosting {
    fn default() -> Self {
        Self {
            learning_rate: 0.1,
            n_estimators: 100,
            max_depth: 3,
            subsample: 1.0,
            min_samples_split: 2,
            min_samples_leaf: 1,
            max_bins: 128,
            l2: 0.0,
            gain: Gain::Residual,
            n_iter_no_change: None,
            validation_fraction: 0.1,
            tol: 1e-4,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FittedGradientBoosting {
    present: PresentClasses,
    columns: usize,
    start: Vec<f64>,
    /// Rounds, each with one tree an output.
    rounds: Vec<Vec<RegressionTree>>,
    importances: Vec<f64>,
    notes: Vec<String>,
}

impl Model for GradientBoosting {
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        self.fit_aside(train, &Aside::default(), seed)
    }

    fn fit_aside(
        &self,
        train: TrainingSet<'_>,
        aside: &Aside<'_>,
        seed: u64,
    ) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_two_classes(train, NAME)?;
        let fitted = match outputs_of(present.classes.len()) {
            1 => self.boost::<1>(train, aside, present, seed),
            2..=4 => self.boost::<4>(train, aside, present, seed),
            _ => self.boost::<8>(train, aside, present, seed),
        }?;
        Ok(Box::new(fitted))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

impl GradientBoosting {
    fn boost<const L: usize>(
        &self,
        train: TrainingSet<'_>,
        aside: &Aside<'_>,
        present: PresentClasses,
        seed: u64,
    ) -> Result<FittedGradientBoosting, ModelError> {
        let outputs = outputs_of(present.classes.len());
        let ((rows, held), torn) = match self.n_iter_no_change {
            None => (((0..train.x.nrows()).collect(), Vec::new()), None),
            Some(_) => {
                let draws = &mut Draws::new(seed, "held out");
                divide(&present, aside, self.validation_fraction, draws, NAME)?
            }
        };
        let x = train.x.select(ndarray::Axis(0), &rows);
        let targets: Vec<usize> = rows.iter().map(|row| present.dense[*row]).collect();
        let held_targets: Vec<usize> = held.iter().map(|row| present.dense[*row]).collect();
        let columns = bin_columns(x.view(), |values| equal_counts(values, self.max_bins));
        let start = start(&targets, &present);
        let mut scores: Vec<f64> = start.repeat(rows.len());
        let mut held_scores: Vec<f64> = start.repeat(held.len());
        let mut stopping =
            self.n_iter_no_change.map(|rounds| Stopping::new(rounds.min(self.n_estimators), self.tol));
        let limits = Limits {
            max_depth: self.max_depth,
            min_samples_split: self.min_samples_split,
            min_samples_leaf: self.min_samples_leaf,
            gain: self.gain,
        };
        let mut grower = Grower::<L>::new(&columns, rows.len(), limits);
        let mut draws = Draws::new(seed, "rounds");
        let sampled = ((self.subsample * rows.len() as f64) as usize).max(1);
        let mut importances = vec![0.0; train.x.ncols()];
        let mut rounds = Vec::new();
        let mut notes: Vec<String> = torn.into_iter().collect();
        for round in 0..self.n_estimators {
            let sample = sample(rows.len(), sampled, &mut draws);
            let now = BoostedScores { scores: &scores, targets: &targets, outputs };
            let residuals = residuals(&now, &sample);
            let grown = grower.grow(&sample, &residuals);
            let steps: Vec<Vec<f64>> = grown
                .par_iter()
                .zip(&residuals)
                .map(|(tree, residuals)| self.steps(tree, residuals, outputs))
                .collect();
            advance(&mut scores, &grown, &steps, &columns);
            for (column, gain) in grown.iter().flat_map(|tree| &tree.improvements) {
                importances[columns[*column as usize].column] += gain;
            }
            let trees: Vec<RegressionTree> = grown
                .iter()
                .zip(&steps)
                .map(|(tree, steps)| RegressionTree::new(tree, steps, &columns))
                .collect();
            let Some(stopping) = &mut stopping else {
                rounds.push(trees);
                continue;
            };
            for (row, scores) in held.iter().zip(held_scores.chunks_exact_mut(outputs)) {
                for (score, tree) in scores.iter_mut().zip(&trees) {
                    *score += tree.value(|column| train.x[[*row, column]]);
                }
            }
            rounds.push(trees);
            let now = BoostedScores { scores: &held_scores, targets: &held_targets, outputs };
            let loss = (0..held.len()).map(|row| now.loss(row, None)).sum::<f64>() / held.len() as f64;
            // As scikit-learn, which holds twice the loss of two classes against `tol`.
            let loss = if outputs == 1 { 2.0 * loss } else { loss };
            if stopping.should_stop(loss) {
                notes.push(format!("stopped early after {} of {} rounds", round + 1, self.n_estimators));
                break;
            }
        }
        let total: f64 = importances.iter().sum();
        if total > 0.0 {
            importances.iter_mut().for_each(|gain| *gain /= total);
        }
        Ok(FittedGradientBoosting { columns: train.x.ncols(), present, start, rounds, importances, notes })
    }

    /// What each leaf adds to the scores of its rows.
    fn steps(&self, tree: &GrownTree, residuals: &[f64], outputs: usize) -> Vec<f64> {
        let shared = if outputs == 1 { 1.0 } else { (outputs - 1) as f64 / outputs as f64 };
        let mut begin = 0;
        let step = |end: &usize| {
            let (mut sum, mut curvature) = (0.0, 0.0);
            for position in &tree.order[begin..*end] {
                let residual = residuals[*position as usize];
                sum += residual;
                curvature += residual.abs() * (1.0 - residual.abs());
            }
            begin = *end;
            // As scikit-learn: a leaf whose rows are all certain stays where it is.
            let below = curvature + self.l2;
            if below < 1e-150 { 0.0 } else { self.learning_rate * shared * sum / below }
        };
        tree.leaf_ends.iter().map(step).collect()
    }
}

/// Log of the class frequencies; with one output, the log of the second class's odds.
fn start(targets: &[usize], present: &PresentClasses) -> Vec<f64> {
    let mut counts = vec![0.0; present.classes.len()];
    targets.iter().for_each(|class| counts[*class] += 1.0);
    match counts.as_slice() {
        [first, second] => vec![f64::ln(second / first)],
        counts => counts.iter().map(|count| f64::ln(count / targets.len() as f64)).collect(),
    }
}

/// `wanted` of the rows 0..rows, ascending, every subset equally likely.
fn sample(rows: usize, wanted: usize, draws: &mut Draws) -> Vec<u32> {
    if wanted >= rows {
        return (0..rows as u32).collect();
    }
    let mut chosen = Vec::with_capacity(wanted);
    for row in 0..rows {
        if draws.unit() * ((rows - row) as f64) < (wanted - chosen.len()) as f64 {
            chosen.push(row as u32);
        }
    }
    chosen
}

/// [y = c] − p of the sampled rows, one vector an output.
fn residuals(rows: &BoostedScores<'_>, sample: &[u32]) -> Vec<Vec<f64>> {
    let outputs = rows.outputs;
    let mut by_row = vec![0.0; sample.len() * outputs];
    by_row.par_chunks_mut(256 * outputs).zip(sample.par_chunks(256)).for_each(|(residuals, sample)| {
        for (residuals, row) in residuals.chunks_exact_mut(outputs).zip(sample) {
            rows.residuals(*row as usize, residuals);
        }
    });
    (0..outputs)
        .into_par_iter()
        .map(|output| by_row[output..].iter().step_by(outputs).copied().collect())
        .collect()
}

/// Adds every tree's step to every row's score.
fn advance(scores: &mut [f64], trees: &[GrownTree], steps: &[Vec<f64>], columns: &[BinnedColumn]) {
    let outputs = trees.len();
    scores.par_chunks_mut(512 * outputs).enumerate().for_each(|(chunk, scores)| {
        for (output, (tree, steps)) in trees.iter().zip(steps).enumerate() {
            for (row, score) in scores[output..].iter_mut().step_by(outputs).enumerate() {
                let row = chunk * 512 + row;
                let mut at = 0;
                *score += loop {
                    match tree.nodes[at] {
                        Node::Leaf(leaf) => break steps[leaf as usize],
                        Node::Cut { column, bin, left } => {
                            at = left as usize + usize::from(columns[column as usize].bins[row] > bin);
                        }
                    }
                };
            }
        }
    });
}

impl FittedGradientBoosting {
    /// Rows × present classes.
    fn scores(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        check_rows(x, self.columns)?;
        let outputs = self.start.len();
        let sums = score_blocks(x, &self.start, |block, sums| {
            for trees in &self.rounds {
                for (output, tree) in trees.iter().enumerate() {
                    tree.add(block, &mut sums[output..], outputs);
                }
            }
        });
        Ok(by_class(&sums, outputs, self.present.classes.len()))
    }
}

impl Fitted for FittedGradientBoosting {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        Ok(classes_of(&self.scores(x)?, &self.present))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        Ok(Some(softmax_spread(self.scores(x)?, &self.present)))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// A column's share of the squares that its cuts improved.
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
    fn with_a_bin_a_value_the_training_loss_is_scikit_learns() {
        for (classes, losses) in [
            (2, [1.282280485987, 0.988533755268, 0.422608334786]),
            (4, [1.275170547047, 1.018722878825, 0.527704949947]),
        ] {
            for (rounds, loss) in [1, 5, 30].into_iter().zip(losses) {
                let parameters = format!("n_estimators = {rounds}\nmax_bins = 256");
                // scikit-learn reports twice the loss of two classes.
                let doubled = if classes == 2 { 2.0 } else { 1.0 };
                let found = doubled * training_loss("gradient_boosting", classes, &parameters);
                assert!((found / loss - 1.0).abs() < 1e-11, "{classes} {rounds} {found} {loss}");
            }
        }
    }

    #[test]
    fn by_newtons_gain_the_training_loss_is_lightgbms() {
        for (classes, losses) in
            [(2, [0.641140244, 0.494360019, 0.214464740]), (4, [1.275170548, 1.012069794, 0.531838919])]
        {
            for (rounds, loss) in [1, 5, 30].into_iter().zip(losses) {
                let parameters = format!("n_estimators = {rounds}\nmax_bins = 256\ngain = \"newton\"");
                let found = training_loss("gradient_boosting", classes, &parameters);
                // LightGBM keeps slopes in f32.
                assert!((found / loss - 1.0).abs() < 1e-6, "{classes} {rounds} {found} {loss}");
            }
        }
    }

    #[test]
    fn the_columns_that_matter_have_the_importance() {
        let importances = fit("gradient_boosting", 4, "n_estimators = 40").importances().unwrap();
        assert!((importances.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(importances[..4].iter().sum::<f64>() > 0.7, "{importances:?}");
        assert!(importances[..4].iter().all(|own| importances[4..].iter().all(|other| own > other)));
    }

    #[test]
    fn it_stops_early_and_says_so() {
        let fitted = fit("gradient_boosting", 2, "n_estimators = 2000\nn_iter_no_change = 5");
        assert!(fitted.notes()[0].starts_with("stopped early after"), "{:?}", fitted.notes());
        let whole = fit("gradient_boosting", 2, "n_estimators = 20\nn_iter_no_change = 50");
        assert!(whole.notes().is_empty());
    }
}
