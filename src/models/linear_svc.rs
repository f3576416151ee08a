//! Linear support vector classification, each class against the rest.
//!
//! For each class: min ½ ‖w‖² + ½ (b / intercept_scaling)² + Σ Cᵢ max(0, 1 − yᵢ (w·xᵢ + b))², yᵢ = ±1, or the same
//! with the hinge unsquared. The class of the largest w·x + b is taken, ties going to the lowest; two classes share one
//! such machine. liblinear's and scikit-learn's `LinearSVC`, its way with class weights included: of C, a class's
//! weight is its own rows' only, the rest's is 1. The squared hinge is minimised by Newton's method (`newton_cg`; Lin,
//! Weng & Keerthi, "Trust region Newton method for large-scale logistic regression", JMLR 9, 2008), the hinge in its
//! dual (`hinge_dual`). There are no probabilities.

use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, check_rows, check_two_classes, unfinished};
use super::class_scores::{classes_of, spread_decisions};
use super::error::ModelError;
use super::hinge_dual::{HingeDual, Separator};
use super::lbfgs::Limits;
use super::linear_loss::{self, LinearLoss, Task};
use super::model::{Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::newton_cg::minimise_by_newton;
use super::parameters::{self, ClassWeight};
use super::stored;
use crate::random::Draws;

const NAME: &str = "linear_svc";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp { name: "C", default: "1.0", meaning: "inverse strength of the penalty, above 0" },
    ParameterHelp {
        name: "loss",
        default: "\"squared_hinge\"",
        meaning: "\"squared_hinge\" or \"hinge\", as in svc",
    },
    ParameterHelp { name: "fit_intercept", default: "true", meaning: "whether scores have a constant" },
    ParameterHelp {
        name: "intercept_scaling",
        default: "1.0",
        meaning: "the constant is penalised; the larger this, the less",
    },
    ParameterHelp {
        name: "class_weight",
        default: "none",
        meaning: "\"balanced\": C of a class's rows in inverse proportion to its size",
    },
    ParameterHelp { name: "max_iter", default: "1000", meaning: "limit of iterations" },
    ParameterHelp {
        name: "tol",
        default: "1e-4",
        meaning: "slope to stop at: of the objective's mean over rows, or of the hinge's dual",
    },
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "linear support vector machine, one versus rest",
    parameters: PARAMETERS,
    parse: |table| Ok(Box::new(parameters::parse::<LinearSvc>(NAME, PARAMETERS, table)?)),
    load: |state| stored::unpack::<FittedLinearSvc>(NAME, state),
};

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Loss {
    SquaredHinge,
    Hinge,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct LinearSvc {
    #[serde(rename = "C", deserialize_with = "parameters::positive")]
    c: f64,
    loss: Loss,
    fit_intercept: bool,
    #[serde(deserialize_with = "parameters::positive")]
    intercept_scaling: f64,
    class_weight: Option<ClassWeight>,
    #[serde(deserialize_with = "parameters::count")]
    max_iter: usize,
    #[serde(deserialize_with = "parameters::positive")]
    tol: f64,
}

impl Default for LinearSvc {
    fn default() -> Self {
        Self {
            c: 1.0,
            loss: Loss::SquaredHinge,
            fit_intercept: true,
            intercept_scaling: 1.0,
            class_weight: None,
            max_iter: 1000,
            tol: 1e-4,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FittedLinearSvc {
    present: PresentClasses,
    /// Columns × present classes; of two classes the first has zeros.
    weights: Array2<f64>,
    intercepts: Array1<f64>,
    notes: Vec<String>,
}

/// Weights, intercepts and whether all had converged.
type Found = (Array2<f64>, Vec<f64>, bool);

impl Model for LinearSvc {
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError> {
        let present = check_two_classes(train, NAME)?;
        let x = train.x.as_standard_layout();
        let (weights, intercepts, converged) = match (self.loss, present.classes.len()) {
            (Loss::Hinge, _) => Some(self.by_dual(x.view(), &present, seed)),
            (Loss::SquaredHinge, ..=4) => self.by_newton::<4>(x.view(), &present),
            (Loss::SquaredHinge, _) => self.by_newton::<8>(x.view(), &present),
        }
        .filter(|(weights, intercepts, _)| weights.iter().chain(intercepts).all(|value| value.is_finite()))
        .ok_or(ModelError::Overflow { model: NAME })?;
        let unfinished = unfinished(self.max_iter);
        let notes = if converged { Vec::new() } else { vec![unfinished] };
        Ok(Box::new(FittedLinearSvc { present, weights, intercepts: intercepts.into(), notes }))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

impl LinearSvc {
    fn by_newton<const LANES: usize>(
        &self,
        x: ArrayView2<'_, f64>,
        present: &PresentClasses,
    ) -> Option<Found> {
        let task = Task {
            x,
            targets: &present.dense,
            classes: present.classes.len(),
            loss: linear_loss::Loss::SquaredHinge,
            own: present.weights(self.class_weight),
            rest: vec![1.0; present.classes.len()],
            penalty: self.c.recip(),
            intercept: self.fit_intercept.then_some(self.intercept_scaling.powi(-2)),
        };
        let mut loss = LinearLoss::<LANES>::new(&task)?;
        let start = vec![0.0; loss.size()];
        let limits = Limits { iterations: self.max_iter, gradient: self.tol, decrease: 1e-8 };
        let found = minimise_by_newton(&mut loss, start, limits);
        let (weights, intercepts) = loss.unpack(&found.at);
        found.value.is_finite().then_some((weights, intercepts, found.converged))
    }

    fn by_dual(&self, x: ArrayView2<'_, f64>, present: &PresentClasses, seed: u64) -> Found {
        let class_weights = present.weights(self.class_weight);
        let classes = present.classes.len();
        let first = usize::from(classes == 2);
        let machine = |class: usize| {
            let signs: Vec<f64> =
                present.dense.iter().map(|own| if *own == class { 1.0 } else { -1.0 }).collect();
            let bound = |own: &usize| match *own == class || classes == 2 {
                true => self.c * class_weights[*own],
                false => self.c,
            };
            let bounds: Vec<f64> = present.dense.iter().map(bound).collect();
            let bias = if self.fit_intercept { self.intercept_scaling } else { 0.0 };
            let (signs, bounds) = (&signs, &bounds);
            HingeDual { x, signs, bounds, bias, tol: self.tol, max_iter: self.max_iter }
                .solve(&mut Draws::new(seed, &format!("class/{class}")))
        };
        let machines: Vec<Separator> = (first..classes).into_par_iter().map(machine).collect();
        let mut weights = Array2::zeros((x.ncols(), classes));
        let mut intercepts = vec![0.0; classes];
        for (class, machine) in (first..classes).zip(&machines) {
            weights.column_mut(class).assign(&ndarray::ArrayView1::from(&machine.weights));
            intercepts[class] = machine.intercept;
        }
        (weights, intercepts, machines.iter().all(|machine| machine.converged))
    }
}

impl Fitted for FittedLinearSvc {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        check_rows(x, self.weights.nrows())?;
        Ok(classes_of(&(x.dot(&self.weights) + &self.intercepts), &self.present))
    }

    /// w·x + b; of two classes the first has the second's, negated.
    fn decisions(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        check_rows(x, self.weights.nrows())?;
        let mut decisions = x.dot(&self.weights) + &self.intercepts;
        if decisions.ncols() == 2 {
            let first = decisions.column(1).mapv(|decision| -decision);
            decisions.column_mut(0).assign(&first);
        }
        Ok(Some(spread_decisions(&decisions, &self.present)))
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

    /// Both losses against the objective a little beside the answer.
    #[test]
    fn no_step_beside_the_answer_is_lower() {
        let mut draws = Draws::new(5, "linear svc");
        let y: Vec<usize> = (0..150).map(|row| row % 3).collect();
        let x = Array2::from_shape_fn((150, 6), |(row, column)| {
            draws.normal() + f64::from(u8::from(column % 3 == y[row]))
        });
        let train = TrainingSet { x: x.view(), y: &y, classes: 3 };
        let present = check_two_classes(train, NAME).unwrap();
        for loss in [Loss::SquaredHinge, Loss::Hinge] {
            let model = LinearSvc { loss, c: 0.7, tol: 1e-9, max_iter: 100_000, ..Default::default() };
            let (weights, intercepts, converged) = match loss {
                Loss::Hinge => model.by_dual(x.view(), &present, 3),
                Loss::SquaredHinge => model.by_newton::<4>(x.view(), &present).unwrap(),
            };
            assert!(converged);
            let objective = |weights: &Array2<f64>, intercepts: &[f64]| {
                let scores = x.dot(weights) + &Array1::from(intercepts.to_vec());
                let penalty = weights.iter().chain(intercepts).map(|w| w * w).sum::<f64>() / 2.0;
                scores.indexed_iter().fold(penalty, |sum, ((row, class), score)| {
                    let gap = (1.0 - if y[row] == class { *score } else { -score }).max(0.0);
                    sum + 0.7 * if loss == Loss::Hinge { gap } else { gap * gap }
                })
            };
            let best = objective(&weights, &intercepts);
            for _ in 0..200 {
                let near = weights.mapv(|weight| weight + 1e-3 * draws.normal());
                let constants: Vec<f64> = intercepts.iter().map(|b| b + 1e-3 * draws.normal()).collect();
                assert!(objective(&near, &constants) > best, "{loss:?}");
            }
        }
    }

    #[test]
    fn stopping_early_is_noted() {
        let x = Array2::from_shape_fn((40, 3), |(row, column)| ((row * 5 + column * 7) % 11) as f64);
        let y: Vec<usize> = (0..40).map(|row| usize::from(x[[row, 0]] + x[[row, 1]] > 9.0)).collect();
        let train = TrainingSet { x: x.view(), y: &y, classes: 2 };
        for loss in [Loss::SquaredHinge, Loss::Hinge] {
            let model = LinearSvc { c: 1e6, max_iter: 1, loss, ..Default::default() };
            assert!(model.fit(train, 0).unwrap().notes()[0].contains("max_iter = 1"));
        }
    }
}
