//! Logistic regression on one set of rows, for one C after another, each search starting where the last one ended.

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::checks::PresentClasses;
use super::elastic_net::{ElasticNet, Shape};
use super::lbfgs::{Limits, Minimum, Objective, minimise};
use super::linear_loss::{LinearLoss, Loss, Task};
use super::linear_preconditioner::spread;
use super::newton_cg::minimise_by_newton;

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
pub enum Solver {
    #[serde(rename = "lbfgs")]
    Lbfgs,
    #[serde(rename = "newton-cg")]
    NewtonCg,
    #[serde(rename = "coordinate")]
    Coordinate,
}

/// What is the same for every C.
#[derive(Debug, Clone, Copy)]
pub struct Recipe {
    pub solver: Solver,
    pub one_vs_rest: bool,
    pub balanced: bool,
    pub intercept: bool,
    /// The parts of the penalty that are |W| and ½ W².
    pub l1: f64,
    pub l2: f64,
    pub max_iter: usize,
    pub tol: f64,
}

/// Where a search ended.
#[derive(Debug, Clone)]
pub struct Linear {
    /// Columns × present classes; of two classes the first has zeros.
    pub weights: Array2<f64>,
    pub intercepts: Vec<f64>,
    /// What the searches minimise: the loss by the rows' weight, and the penalty.
    pub value: f64,
    pub converged: bool,
}

pub struct LogisticPath<'a> {
    recipe: Recipe,
    /// In standard layout.
    x: ArrayView2<'a, f64>,
    present: &'a PresentClasses,
    last: Option<Linear>,
}

impl<'a> LogisticPath<'a> {
    pub fn new(recipe: Recipe, x: ArrayView2<'a, f64>, present: &'a PresentClasses) -> Self {
        Self { recipe, x, present, last: None }
    }

    /// `None` where numbers overflow.
    pub fn fit(&mut self, c: f64) -> Option<&Linear> {
        let found = match (self.recipe.solver, self.present.classes.len()) {
            (Solver::Coordinate, _) => self.by_coordinates(c),
            (_, ..=4) => self.by_gradient::<4>(c)?,
            _ => self.by_gradient::<8>(c)?,
        };
        let finite = found.value.is_finite() && found.weights.iter().all(|weight| weight.is_finite());
        self.last = finite.then_some(found);
        self.last.as_ref()
    }

    /// One weight a class for its own rows and one for the others', which only stand against it one versus rest.
    fn row_weights(&self) -> (Vec<f64>, Vec<f64>) {
        let rows = self.present.dense.len() as f64;
        let classes = self.present.classes.len();
        let weights = |of: &dyn Fn(f64) -> f64| -> Vec<f64> {
            let weigh = |count: &usize| if self.recipe.balanced { of(*count as f64) } else { 1.0 };
            self.present.counts.iter().map(weigh).collect()
        };
        if self.recipe.one_vs_rest {
            (weights(&|count| rows / (2.0 * count)), weights(&|count| rows / (2.0 * (rows - count))))
        } else {
            (weights(&|count| rows / (classes as f64 * count)), vec![1.0; classes])
        }
    }

    fn by_gradient<const LANES: usize>(&self, c: f64) -> Option<Linear> {
        let (own, rest) = self.row_weights();
        let task = Task {
            x: self.x,
            targets: &self.present.dense,
            classes: self.present.classes.len(),
            loss: if self.recipe.one_vs_rest { Loss::Logistic } else { Loss::Softmax },
            own,
            rest,
            penalty: self.recipe.l2 / c,
            intercept: self.recipe.intercept.then_some(0.0),
        };
        let mut loss = LinearLoss::<LANES>::new(&task)?;
        let known = match &self.last {
            Some(last) => Some((last.weights.clone(), last.intercepts.clone())),
            None => from_sample::<LANES>(&task),
        };
        let start = match known {
            None => vec![0.0; loss.size()],
            Some((weights, intercepts)) => {
                let start = loss.pack(&weights, &intercepts);
                loss.refresh(&start);
                start
            }
        };
        // The default tol leaves up to 1e-6 of the value to gain on some tables; the decrease does not.
        let Recipe { max_iter: iterations, tol: gradient, .. } = self.recipe;
        let limits = Limits { iterations, gradient, decrease: 3e-8 };
        let found = match self.recipe.solver {
            Solver::NewtonCg => minimise_by_newton(&mut loss, start, limits),
            _ => minimise(&mut loss, start, limits),
        };
        let Minimum { at, value, converged } = found;
        let (weights, intercepts) = loss.unpack(&at);
        Some(Linear { weights, intercepts, value, converged })
    }

    fn by_coordinates(&self, c: f64) -> Linear {
        let (own, rest) = self.row_weights();
        let total: f64 = self.present.dense.iter().map(|class| own[*class]).sum();
        let shape = Shape {
            x: self.x,
            targets: &self.present.dense,
            classes: self.present.classes.len(),
            softmax: !self.recipe.one_vs_rest,
            own,
            rest,
            intercept: self.recipe.intercept,
        };
        let net = ElasticNet::new(shape, self.recipe.l1 / c, self.recipe.l2 / c);
        let start = self.last.as_ref().map(|last| (&last.weights, last.intercepts.as_slice()));
        // What is left to gain, not a slope, says when to stop: 1e-7 of the value at the usual tol.
        let found = net.solve(start, self.recipe.max_iter, 1e-5 * self.recipe.tol);
        let (weights, intercepts) = (found.weights, found.intercepts);
        Linear { weights, intercepts, value: found.value / total, converged: found.converged }
    }
}

/// Of very many rows a sample says nearly where the minimum is.
const SAMPLED_ROWS_A_COLUMN: usize = 32;
const ONE_OUT_OF: usize = 8;

/// Columns × classes and intercepts that fit one row out of `ONE_OUT_OF`; `None` where rows are not so many.
fn from_sample<const LANES: usize>(task: &Task<'_>) -> Option<(Array2<f64>, Vec<f64>)> {
    let rows = task.targets.len();
    if rows < ONE_OUT_OF * SAMPLED_ROWS_A_COLUMN * (task.x.ncols() + 1) {
        return None;
    }
    let chosen = spread(rows, ONE_OUT_OF);
    let x = task.x.select(Axis(0), &chosen);
    let targets: Vec<usize> = chosen.iter().map(|row| task.targets[*row]).collect();
    // Of a class that it hardly holds it says nothing.
    let count = |class: usize| targets.iter().filter(|target| **target == class).count();
    if (0..task.classes).any(|class| count(class) < ONE_OUT_OF) {
        return None;
    }
    let part = Task {
        x: x.view(),
        targets: &targets,
        own: task.own.clone(),
        rest: task.rest.clone(),
        penalty: task.penalty * chosen.len() as f64 / rows as f64,
        ..*task
    };
    let mut loss = LinearLoss::<LANES>::new(&part)?;
    let start = vec![0.0; loss.size()];
    let limits = Limits { iterations: 30, gradient: f64::INFINITY, decrease: 1e-5 };
    let found = minimise(&mut loss, start, limits);
    found.value.is_finite().then(|| loss.unpack(&found.at))
}
