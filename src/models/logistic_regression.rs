//! Multinomial logistic regression with an L2 penalty.
//!
//! Minimises C Σᵢ sᵢ (log Σc exp zᵢc − zᵢ,yᵢ) + ½ ‖W‖² with z = X W + b, the intercepts b not penalised:
//! scikit-learn's `LogisticRegression(solver="lbfgs")`. `tol` bounds the largest gradient component of the
//! objective divided by C Σ sᵢ, as there; besides, the search goes on until a further Newton step would gain
//! less than 3e-8 of the value, so that the default `tol` already gives the converged answer.

use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, check_rows, check_two_classes};
use super::class_scores::{classes_of, softmax, spread};
use super::error::ModelError;
use super::lbfgs::{Limits, Minimum, minimise};
use super::model::{Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::parameters::{self, ClassWeight};
use super::softmax_loss::{SoftmaxLoss, Task};
use super::stored;

const NAME: &str = "logistic_regression";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "C", default: "1.0", meaning: "inverse strength of the penalty, above 0" },
    ParameterHelp { name: "penalty", default: "\"l2\"", meaning: "\"l2\" or \"none\"" },
    ParameterHelp { name: "fit_intercept", default: "true", meaning: "whether scores have a constant" },
    ParameterHelp {
        name: "class_weight",
        default: "none",
        meaning: "\"balanced\": rows weigh in inverse proportion to the size of their class",
    },
    ParameterHelp { name: "max_iter", default: "100", meaning: "limit of iterations" },
    ParameterHelp { name: "tol", default: "1e-4", meaning: "largest gradient component to stop at" },
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "multinomial logistic regression with an L2 penalty, by L-BFGS",
    parameters: PARAMETERS,
    parse: |table| Ok(Box::new(parameters::parse::<LogisticRegression>(NAME, PARAMETERS, table)?)),
    load: |state| stored::unpack::<FittedLogisticRegression>(NAME, state),
};

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Penalty {
    L2,
    None,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct LogisticRegression {
    #[serde(rename = "C", deserialize_with = "parameters::positive")]
    c: f64,
    penalty: Penalty,
    fit_intercept: bool,
    class_weight: Option<ClassWeight>,
    #[serde(deserialize_with = "parameters::count")]
    max_iter: usize,
    #[serde(deserialize_with = "parameters::positive")]
    tol: f64,
}

impl Default for LogisticRegression {
    fn default() -> Self {
        Self {
            c: 1.0,
            penalty: Penalty::L2,
            fit_intercept: true,
            class_weight: None,
            max_iter: 100,
            tol: 1e-4,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FittedLogisticRegression {
    present: PresentClasses,
    /// Columns × present classes.
    weights: Array2<f64>,
    intercepts: Array1<f64>,
    notes: Vec<String>,
}

impl Model for LogisticRegression {
    fn fit(&self, train: TrainingSet<'_>, _seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_two_classes(train, NAME)?;
        let x = train.x.as_standard_layout();
        let row_weights = self.class_weight.map(|ClassWeight::Balanced| balanced(&present));
        let task = Task {
            x: x.view(),
            targets: &present.dense,
            classes: present.classes.len(),
            weights: row_weights.as_deref(),
            penalty: if self.penalty == Penalty::L2 { self.c.recip() } else { 0.0 },
            intercept: self.fit_intercept,
        };
        let (weights, intercepts, found) = match present.classes.len() {
            ..=4 => self.search::<4>(&task),
            _ => self.search::<8>(&task),
        }
        .filter(|(_, _, found)| found.value.is_finite())
        .ok_or(ModelError::Overflow { model: NAME })?;
        let notes = if found.converged {
            Vec::new()
        } else {
            vec![format!("stopped at max_iter = {} before it had converged; raise it", self.max_iter)]
        };
        Ok(Box::new(FittedLogisticRegression { present, weights, intercepts: intercepts.into(), notes }))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

impl LogisticRegression {
    fn search<const LANES: usize>(&self, task: &Task<'_>) -> Option<(Array2<f64>, Vec<f64>, Minimum)> {
        let mut loss = SoftmaxLoss::<LANES>::new(task)?;
        let start = vec![0.0; loss.size()];
        let limits = Limits { iterations: self.max_iter, gradient: self.tol, decrease: 3e-8 };
        let found = minimise(&mut loss, start, limits);
        let (weights, intercepts) = loss.unpack(&found.at);
        Some((weights, intercepts, found))
    }
}

/// sᵢ = rows / (classes · rows of the class of i).
fn balanced(present: &PresentClasses) -> Vec<f64> {
    let rows = present.dense.len() as f64;
    let classes = present.classes.len() as f64;
    present.dense.iter().map(|class| rows / (classes * present.counts[*class] as f64)).collect()
}

impl FittedLogisticRegression {
    fn scores(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        check_rows(x, self.weights.nrows())?;
        Ok(x.dot(&self.weights) + &self.intercepts)
    }
}

impl Fitted for FittedLogisticRegression {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        Ok(classes_of(&self.scores(x)?, &self.present))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        let mut scores = self.scores(x)?;
        softmax(&mut scores);
        Ok(Some(spread(&scores, &self.present)))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    #[test]
    fn the_default_tolerance_reaches_the_converged_value() {
        let mut draws = Draws::new(6, "logistic");
        for (rows, columns, classes) in [(300, 10, 2), (400, 30, 5), (60, 100, 9)] {
            let y: Vec<usize> = (0..rows).map(|row| row % classes).collect();
            // Columns of very different size, except where there are more columns than rows.
            let scale = |column: usize| if columns < rows { 10f64.powi(column as i32 % 4) } else { 1.0 };
            let x = Array2::from_shape_fn((rows, columns), |(row, column)| {
                (draws.normal() + if column % classes == y[row] { 0.7 } else { 0.0 }) * scale(column)
            });
            let task = |c: f64| Task {
                x: x.view(),
                targets: &y,
                classes,
                weights: None,
                penalty: 1.0 / c,
                intercept: true,
            };
            for c in [0.01, 1.0, 100.0] {
                let value = |tol: f64, max_iter: usize| {
                    let model = LogisticRegression { c, tol, max_iter, ..Default::default() };
                    let (_, _, found) = model.search::<8>(&task(c)).unwrap();
                    assert!(found.converged, "{rows} {c} {tol}");
                    found.value
                };
                let (usual, tight) = (value(1e-4, 100), value(1e-9, 2000));
                assert!((usual - tight).abs() <= 1e-6 * tight, "{rows} {c}: {usual} {tight}");
            }
        }
    }

    #[test]
    fn stopping_early_is_noted() {
        let x = Array2::from_shape_fn((40, 3), |(row, column)| ((row * 5 + column * 7) % 11) as f64);
        let y: Vec<usize> = (0..40).map(|row| usize::from(x[[row, 0]] + x[[row, 1]] > 9.0)).collect();
        let train = TrainingSet { x: x.view(), y: &y, classes: 2 };
        let model = LogisticRegression { c: 1e6, max_iter: 2, ..Default::default() };
        assert!(model.fit(train, 0).unwrap().notes()[0].contains("max_iter = 2"));
    }
}
