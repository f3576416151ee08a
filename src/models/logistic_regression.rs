//! Logistic regression: multinomial or one versus rest, with an L2 penalty, an L1 penalty, both or none.
//!
//! Minimises C Σᵢ sᵢ (log Σc exp zᵢc − zᵢ,yᵢ) + ½ ‖W‖² with z = X W + b, the intercepts b not penalised; one versus
//! rest, each class has C Σᵢ sᵢc log(1 + exp(∓zᵢc)) + ½ ‖wc‖² of its own, and probabilities are their sigmoids divided
//! by their sum. An L1 penalty puts ‖W‖₁ in the place of ½ ‖W‖², and `elasticnet` l1_ratio ‖W‖₁ + (1 − l1_ratio) ½
//! ‖W‖². scikit-learn's `LogisticRegression`, alone or in a `OneVsRestClassifier`. `tol` bounds the largest gradient
//! component of the objective divided by C Σ sᵢ, as there (coordinate descent goes by what it gains); besides, the
//! search goes on until a further Newton step would gain less than 3e-8 of the value, so that the default `tol` already
//! gives the converged answer.
//!
//! With a list for `C`, each is tried on `cv` stratified inner folds of the training rows (`inner_folds`: where the split
//! keeps artists or sources apart, so do they), and the one with the best mean accuracy, the smallest of equals, is fitted
//! on all: scikit-learn's `LogisticRegressionCV`.

use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, check_rows, check_two_classes, unfinished};
use super::class_scores::{classes_of, softmax, spread};
use super::error::ModelError;
use super::inner_folds::{inner_folds, sides};
use super::logistic_path::{LogisticPath, Recipe, Solver};
use super::model::{Aside, Fitted, Model, ModelEntry, ParameterHelp, TrainingSet};
use super::parameters::{self, ClassWeight, OneOrMore};
use super::stored;

const NAME: &str = "logistic_regression";

const PARAMETERS: &[ParameterHelp] = &[
    ParameterHelp {
        name: "C",
        default: "1.0",
        meaning: "inverse strength of the penalty, above 0; of a list the best by cross-validation is taken",
    },
    ParameterHelp { name: "cv", default: "5", meaning: "inner folds, where C is a list" },
    ParameterHelp {
        name: "penalty",
        default: "\"l2\"",
        meaning: "\"l2\", \"l1\", \"elasticnet\" (both, by l1_ratio) or \"none\"",
    },
    ParameterHelp {
        name: "l1_ratio",
        default: "none",
        meaning: "the part of L1 in penalty = \"elasticnet\", 0 to 1; left out, 0.5",
    },
    ParameterHelp {
        name: "solver",
        default: "none",
        meaning: "\"lbfgs\", \"newton-cg\" or \"coordinate\", all with the same answer within tol; left out, coordinate \
                  descent for l1 and elasticnet, which need it, and L-BFGS else",
    },
    ParameterHelp {
        name: "multi_class",
        default: "\"multinomial\"",
        meaning: "\"multinomial\" or \"ovr\", each class against the rest",
    },
    ParameterHelp { name: "fit_intercept", default: "true", meaning: "whether scores have a constant" },
    ParameterHelp {
        name: "class_weight",
        default: "none",
        meaning: "\"balanced\": rows weigh in inverse proportion to the size of their class",
    },
    ParameterHelp { name: "max_iter", default: "100", meaning: "limit of iterations" },
    ParameterHelp {
        name: "tol",
        default: "1e-4",
        meaning: "largest gradient component to stop at; coordinate descent stops where a sweep gains less than 1e-5 of it \
                  of the value and those to come less than 1e-3 of it",
    },
];

pub const ENTRY: ModelEntry = ModelEntry {
    name: NAME,
    summary: "logistic regression: multinomial or one versus rest, L2, L1 or no penalty, C given or searched",
    parameters: PARAMETERS,
    parse: |table| {
        let model: LogisticRegression = parameters::parse(NAME, PARAMETERS, table)?;
        let refuse = |key: &str, reason: &str| {
            Err(ModelError::BadParameter {
                model: NAME.to_string(),
                key: key.to_string(),
                reason: reason.to_string(),
            })
        };
        let sparse = matches!(model.penalty, Penalty::L1 | Penalty::ElasticNet);
        if sparse && matches!(model.solver, Some(Solver::Lbfgs | Solver::NewtonCg)) {
            return refuse(
                "solver",
                "an L1 penalty needs solver = \"coordinate\", which leaving it out gives",
            );
        }
        if model.l1_ratio.is_some() && model.penalty != Penalty::ElasticNet {
            return refuse("l1_ratio", "only penalty = \"elasticnet\" has one");
        }
        if matches!(model.c, OneOrMore::One(_)) && model.cv != LogisticRegression::default().cv {
            return refuse("cv", "only a list for C is tried on inner folds");
        }
        Ok(Box::new(model))
    },
    load: |state| stored::unpack::<FittedLogisticRegression>(NAME, state),
};

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Penalty {
    L2,
    L1,
    ElasticNet,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum MultiClass {
    Multinomial,
    Ovr,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct LogisticRegression {
    #[serde(rename = "C", deserialize_with = "parameters::one_or_more_positive")]
    c: OneOrMore,
    #[serde(deserialize_with = "parameters::from_to::<_, 2, 1000>")]
    cv: usize,
    penalty: Penalty,
    #[serde(deserialize_with = "parameters::up_to_one_or_none")]
    l1_ratio: Option<f64>,
    solver: Option<Solver>,
    multi_class: MultiClass,
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
            c: OneOrMore::One(1.0),
            cv: 5,
            penalty: Penalty::L2,
            l1_ratio: None,
            solver: None,
            multi_class: MultiClass::Multinomial,
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
    one_vs_rest: bool,
    notes: Vec<String>,
}

impl Model for LogisticRegression {
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
        let (c, mut notes) = match &self.c {
            OneOrMore::One(c) => (*c, Vec::new()),
            OneOrMore::More(grid) => self.search(train, grid, aside, seed)?,
        };
        let (recipe, x) = (self.recipe(), train.x.as_standard_layout());
        let mut path = LogisticPath::new(recipe, x.view(), &present);
        let found = path.fit(c).ok_or(ModelError::Overflow { model: NAME })?.clone();
        if !found.converged {
            notes.push(unfinished(self.max_iter));
        }
        let one_vs_rest = recipe.one_vs_rest && present.classes.len() > 2;
        let (weights, intercepts) = (found.weights, found.intercepts.into());
        Ok(Box::new(FittedLogisticRegression { present, weights, intercepts, one_vs_rest, notes }))
    }

    fn parameters(&self) -> serde_json::Value {
        parameters::as_json(self)
    }
}

impl LogisticRegression {
    fn recipe(&self) -> Recipe {
        let (l1, l2) = match self.penalty {
            Penalty::L2 => (0.0, 1.0),
            Penalty::L1 => (1.0, 0.0),
            Penalty::ElasticNet => {
                let ratio = self.l1_ratio.unwrap_or(0.5);
                (ratio, 1.0 - ratio)
            }
            Penalty::None => (0.0, 0.0),
        };
        let usual = match self.penalty {
            Penalty::L1 | Penalty::ElasticNet => Solver::Coordinate,
            Penalty::L2 | Penalty::None => Solver::Lbfgs,
        };
        Recipe {
            solver: self.solver.unwrap_or(usual),
            one_vs_rest: self.multi_class == MultiClass::Ovr,
            balanced: self.class_weight == Some(ClassWeight::Balanced),
            intercept: self.fit_intercept,
            l1,
            l2,
            max_iter: self.max_iter,
            tol: self.tol,
        }
    }

    /// The best of `grid` on the inner folds, and notes of how each did and of the folds.
    fn search(
        &self,
        train: TrainingSet<'_>,
        grid: &[f64],
        aside: &Aside<'_>,
        seed: u64,
    ) -> Result<(f64, Vec<String>), ModelError> {
        let mut grid = grid.to_vec();
        grid.sort_by(f64::total_cmp);
        let (folds, torn) = inner_folds(train.y, self.cv, aside, seed, NAME)?;
        let rights: Vec<Vec<f64>> = (0..self.cv)
            .into_par_iter()
            .map(|fold| self.accuracies(train, &folds, fold, &grid))
            .collect::<Result<_, _>>()?;
        let mean = |place: usize| rights.iter().map(|rights| rights[place]).sum::<f64>() / self.cv as f64;
        let means: Vec<f64> = (0..grid.len()).map(mean).collect();
        let best = super::class_scores::argmax(&means);
        let tried: Vec<String> = grid.iter().zip(&means).map(|(c, mean)| format!("{c} {mean:.4}")).collect();
        let note = format!("C = {} by accuracy on {} inner folds: {}", grid[best], self.cv, tried.join(", "));
        Ok((grid[best], std::iter::once(note).chain(torn).collect()))
    }

    /// Of every C, smallest first, on the rows that `fold` holds out.
    fn accuracies(
        &self,
        train: TrainingSet<'_>,
        folds: &[usize],
        fold: usize,
        grid: &[f64],
    ) -> Result<Vec<f64>, ModelError> {
        let (learn, held) = sides(train, folds, fold);
        let present = check_two_classes(learn.training(train.classes), NAME)?;
        let mut path = LogisticPath::new(self.recipe(), learn.x.view(), &present);
        let accuracy = |c: &f64| {
            let found = path.fit(*c).ok_or(ModelError::Overflow { model: NAME })?;
            let scores = held.x.dot(&found.weights) + &Array1::from(found.intercepts.clone());
            let predicted = classes_of(&scores, &present);
            let right = predicted.iter().zip(&held.y).filter(|(predicted, truth)| predicted == truth).count();
            Ok(right as f64 / held.y.len() as f64)
        };
        grid.iter().map(accuracy).collect()
    }
}

impl FittedLogisticRegression {
    fn scores(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        check_rows(x, self.weights.nrows())?;
        Ok(x.dot(&self.weights) + &self.intercepts)
    }
}

/// Sigmoids divided by their sum, row by row; where all are too small to tell, what they tend to.
fn sigmoids(scores: &mut Array2<f64>) {
    for mut row in scores.rows_mut() {
        let sigmoids = row.mapv(|score| 1.0 / (1.0 + (-score).exp()));
        let total = sigmoids.sum();
        if total > 1e-290 {
            row.assign(&(sigmoids / total));
        } else {
            let mut alone = row.to_owned().insert_axis(ndarray::Axis(0));
            softmax(&mut alone);
            row.assign(&alone.row(0));
        }
    }
}

impl Fitted for FittedLogisticRegression {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        Ok(classes_of(&self.scores(x)?, &self.present))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        let mut scores = self.scores(x)?;
        if self.one_vs_rest {
            sigmoids(&mut scores)
        } else {
            softmax(&mut scores)
        }
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
mod tests;
