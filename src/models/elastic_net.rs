//! Logistic regression with an L1 part in its penalty, by coordinate descent.
//!
//! Minimises Σᵢ sᵢ ℓᵢ + α Σ |W| + β/2 ‖W‖², the intercepts not penalised, ℓ being the softmax loss or that of each
//! class against the rest. One class at a time, as glmnet does (Friedman, Hastie & Tibshirani, "Regularization Paths
//! for Generalized Linear Models via Coordinate Descent", J. Stat. Softw. 33, 2010): as a function of that class's
//! scores alone the softmax loss is the logistic loss of z − log Σ exp of the others' scores. Its quadratic model is
//! minimised column by column, columns at 0 that stay there being skipped between full passes, and the step is
//! shortened until the objective itself falls (Yuan, Ho & Lin, "An improved GLMNET for L1-regularized logistic
//! regression", JMLR 13, 2012).

use ndarray::{Array2, ArrayView2};

pub struct ElasticNet<'a> {
    /// Columns × rows.
    columns: Array2<f64>,
    targets: &'a [usize],
    classes: usize,
    softmax: bool,
    own: Vec<f64>,
    rest: Vec<f64>,
    l1: f64,
    l2: f64,
    intercept: bool,
}

pub struct Found {
    /// Columns × classes.
    pub weights: Array2<f64>,
    pub intercepts: Vec<f64>,
    pub value: f64,
    pub converged: bool,
}

/// What stays the same for every fit of the same rows.
pub struct Shape<'a> {
    pub x: ArrayView2<'a, f64>,
    pub targets: &'a [usize],
    pub classes: usize,
    pub softmax: bool,
    /// As `linear_loss::Task`'s.
    pub own: Vec<f64>,
    pub rest: Vec<f64>,
    pub intercept: bool,
}

/// How many times the gain at which a search may stop it may leave behind.
const LEFT: f64 = 100.0;

/// Passes over the columns for one quadratic model.
const PASSES: usize = 50;

/// The scores, weights and intercept of one class.
#[derive(Clone)]
struct Class {
    scores: Vec<f64>,
    weights: Vec<f64>,
    constant: f64,
}

/// The quadratic model of one class's loss at its scores.
struct Model {
    slopes: Vec<f64>,
    curves: Vec<f64>,
    /// Σ curve · x² of each column.
    bends: Vec<f64>,
}

impl<'a> ElasticNet<'a> {
    pub fn new(shape: Shape<'a>, l1: f64, l2: f64) -> Self {
        let Shape { x, targets, classes, softmax, own, rest, intercept } = shape;
        let columns = x.t().as_standard_layout().into_owned();
        Self { columns, targets, classes, softmax, own, rest, l1, l2, intercept }
    }

    /// From `start` (columns × classes, intercepts) or from 0, until a sweep over the classes gains less than `gain`
    /// of the value and many more would not gain much, at most `sweeps` times.
    pub fn solve(&self, start: Option<(&Array2<f64>, &[f64])>, sweeps: usize, gain: f64) -> Found {
        let first = usize::from(self.classes == 2);
        let mut fitted: Vec<Class> = (first..self.classes).map(|class| self.start(class, start)).collect();
        let mut value = self.value(&fitted);
        let mut converged = false;
        let mut last = f64::INFINITY;
        for _ in 0..sweeps {
            for place in 0..fitted.len() {
                let others = self.others(&fitted, place);
                // Alone, a class is done when it is done; beside others one step is enough for now.
                self.step(&mut fitted[place], first + place, &others);
            }
            let now = self.value(&fitted);
            let gained = value - now;
            value = now;
            // A weak penalty makes for many sweeps that each gain nearly what the one before did: what is left is
            // the sum of that series.
            let rate = (gained / last).clamp(0.0, 0.9999);
            last = gained;
            let least = gain * value.abs();
            if !value.is_finite() || (gained <= least && gained * rate / (1.0 - rate) <= LEFT * least) {
                converged = value.is_finite();
                break;
            }
        }
        let mut weights = Array2::zeros((self.columns.nrows(), self.classes));
        let mut intercepts = vec![0.0; self.classes];
        for (place, class) in fitted.iter().enumerate() {
            weights
                .column_mut(first + place)
                .iter_mut()
                .zip(&class.weights)
                .for_each(|(to, from)| *to = *from);
            intercepts[first + place] = class.constant;
        }
        Found { weights, intercepts, value, converged }
    }

    fn start(&self, class: usize, start: Option<(&Array2<f64>, &[f64])>) -> Class {
        let rows = self.targets.len();
        let Some((weights, intercepts)) = start else {
            return Class {
                scores: vec![0.0; rows],
                weights: vec![0.0; self.columns.nrows()],
                constant: 0.0,
            };
        };
        let weights = weights.column(class).to_vec();
        let mut scores = vec![intercepts[class]; rows];
        for (column, weight) in self.columns.rows().into_iter().zip(&weights).filter(|(_, w)| **w != 0.0) {
            scores.iter_mut().zip(column).for_each(|(score, value)| *score += weight * value);
        }
        Class { scores, weights, constant: intercepts[class] }
    }

    /// log Σ exp of the other classes' scores, by row; nothing where classes stand alone.
    fn others(&self, fitted: &[Class], place: usize) -> Vec<f64> {
        if fitted.len() == 1 || !self.softmax {
            return vec![0.0; self.targets.len()];
        }
        let others = || fitted.iter().enumerate().filter(|(other, _)| *other != place);
        (0..self.targets.len())
            .map(|row| {
                let largest =
                    others().fold(f64::NEG_INFINITY, |most, (_, class)| most.max(class.scores[row]));
                largest + others().map(|(_, class)| (class.scores[row] - largest).exp()).sum::<f64>().ln()
            })
            .collect()
    }

    fn weight(&self, row: usize, class: usize) -> f64 {
        let target = self.targets[row];
        if self.classes == 2 || self.softmax || target == class { self.own[target] } else { self.rest[class] }
    }

    fn penalty(&self, weights: &[f64]) -> f64 {
        weights.iter().map(|weight| self.l1 * weight.abs() + 0.5 * self.l2 * weight * weight).sum()
    }

    fn value(&self, fitted: &[Class]) -> f64 {
        let penalty: f64 = fitted.iter().map(|class| self.penalty(&class.weights)).sum();
        if self.softmax && fitted.len() > 1 {
            // The loss in class 0's scores, and what that leaves out where the row is of another class.
            let others = self.others(fitted, 0);
            let rest: f64 = (0..self.targets.len())
                .filter(|row| self.targets[*row] != 0)
                .map(|row| {
                    self.own[self.targets[row]] * (others[row] - fitted[self.targets[row]].scores[row])
                })
                .sum();
            return penalty + rest + self.loss(&fitted[0].scores, 0, &others);
        }
        let first = self.classes - fitted.len();
        let others = vec![0.0; self.targets.len()];
        let loss = |(place, class): (usize, &Class)| self.loss(&class.scores, first + place, &others);
        penalty + fitted.iter().enumerate().map(loss).sum::<f64>()
    }

    /// Σ s log(1 + exp(∓ (z − others))).
    fn loss(&self, scores: &[f64], class: usize, others: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (row, (score, others)) in scores.iter().zip(others).enumerate() {
            let margin = if self.targets[row] == class { score - others } else { others - score };
            sum += self.weight(row, class) * ((-margin.abs()).exp().ln_1p() + (-margin).max(0.0));
        }
        sum
    }

    fn model(&self, own: &Class, class: usize, others: &[f64]) -> Model {
        let (mut slopes, mut curves) = (Vec::new(), Vec::new());
        for (row, (score, others)) in own.scores.iter().zip(others).enumerate() {
            let weight = self.weight(row, class);
            let power = (-(score - others).abs()).exp();
            let probability = if score > others { 1.0 } else { power } / (1.0 + power);
            slopes.push(weight * (probability - f64::from(u8::from(self.targets[row] == class))));
            curves.push((weight * power / (1.0 + power).powi(2)).max(1e-10 * weight));
        }
        let bend = |column: ndarray::ArrayView1<'_, f64>| {
            column.iter().zip(&curves).map(|(value, curve)| curve * value * value).sum()
        };
        let bends = self.columns.rows().into_iter().map(bend).collect();
        Model { slopes, curves, bends }
    }

    /// One class's step: its model's minimum, as far towards it as the objective falls.
    fn step(&self, own: &mut Class, class: usize, others: &[f64]) {
        let model = self.model(own, class, others);
        let (weights, constant, change) = self.descend(&model, own);
        let before = self.loss(&own.scores, class, others) + self.penalty(&own.weights);
        let slope: f64 = model.slopes.iter().zip(&change).map(|(slope, change)| slope * change).sum::<f64>()
            + self.penalty(&weights)
            - self.penalty(&own.weights);
        let mut length = 1.0;
        while length > 1e-8 {
            let blend = |from: f64, to: f64| if length == 1.0 { to } else { from + length * (to - from) };
            let next = Class {
                scores: own
                    .scores
                    .iter()
                    .zip(&change)
                    .map(|(score, change)| score + length * change)
                    .collect(),
                weights: own.weights.iter().zip(&weights).map(|(from, to)| blend(*from, *to)).collect(),
                constant: blend(own.constant, constant),
            };
            let after = self.loss(&next.scores, class, others) + self.penalty(&next.weights);
            if after <= before + 0.01 * length * slope.min(0.0) {
                *own = next;
                return;
            }
            length *= 0.5;
        }
    }

    /// The model's minimum: weights, intercept and the change of every row's score.
    fn descend(&self, model: &Model, own: &Class) -> (Vec<f64>, f64, Vec<f64>) {
        let (mut weights, mut constant) = (own.weights.clone(), own.constant);
        let mut change = vec![0.0; self.targets.len()];
        let total: f64 = model.curves.iter().sum();
        let (mut largest, mut full) = (0.0, true);
        for pass in 0..PASSES {
            let mut moved: f64 = 0.0;
            if self.intercept && total > 0.0 {
                let step = -slope(model, &change, None) / total;
                constant += step;
                change.iter_mut().for_each(|change| *change += step);
                moved = moved.max(total * step * step);
            }
            for (place, column) in self.columns.rows().into_iter().enumerate() {
                let bend = model.bends[place] + self.l2;
                if (!full && weights[place] == 0.0) || model.bends[place] <= 0.0 {
                    continue;
                }
                let column = column.to_slice().unwrap_or(&[]);
                let slope = slope(model, &change, Some(column)) + self.l2 * weights[place];
                let aim = bend * weights[place] - slope;
                let next = if aim.abs() <= self.l1 { 0.0 } else { (aim - self.l1 * aim.signum()) / bend };
                let step = next - weights[place];
                if step != 0.0 {
                    weights[place] = next;
                    change.iter_mut().zip(column).for_each(|(change, value)| *change += step * value);
                    moved = moved.max(bend * step * step);
                }
            }
            if pass == 0 {
                largest = moved;
            }
            match (moved <= 1e-4 * largest, full) {
                (true, true) => break,
                (settled, _) => full = settled,
            }
        }
        (weights, constant, change)
    }
}

/// Σ (slope + curve · change) · value, the values being 1 where there are none. Eight sums in a fixed order.
fn slope(model: &Model, change: &[f64], column: Option<&[f64]>) -> f64 {
    let mut sums = [0.0; 8];
    let rows = model.slopes.iter().zip(&model.curves).zip(change);
    match column {
        None => rows
            .enumerate()
            .for_each(|(row, ((slope, curve), change))| sums[row % 8] += slope + curve * change),
        Some(column) => {
            let whole = column.len() / 8 * 8;
            let blocks = model.slopes.chunks_exact(8).zip(model.curves.chunks_exact(8));
            for ((slope, curve), (change, value)) in
                blocks.zip(change.chunks_exact(8).zip(column.chunks_exact(8)))
            {
                for lane in 0..8 {
                    sums[lane] += (slope[lane] + curve[lane] * change[lane]) * value[lane];
                }
            }
            for row in whole..column.len() {
                sums[0] += (model.slopes[row] + model.curves[row] * change[row]) * column[row];
            }
        }
    }
    sums.iter().sum()
}
