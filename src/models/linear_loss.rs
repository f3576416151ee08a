//! The objective of linear classifiers, its gradient and its curvature.
//!
//! f(W, b) = Σᵢ Σc sᵢc ℓ(zᵢ, c) / S + λ/2 ‖W‖² + μ/2 ‖b‖², z = X W + b, with one of the losses
//! - softmax: log Σc exp zc − zy, one a row
//! - logistic: log(1 + exp(−yc zc)), yc = ±1, one a class against the rest
//! - squared hinge: max(0, 1 − yc zc)², likewise
//!
//! and S the rows' weight. Classes against the rest do not touch each other, so that the sum's minimum is that of
//! each. With two classes one column of W tells the second from the first, and softmax is the logistic loss.
//!
//! Weights are held as groups of `LANES` classes, columns (with the intercept last), lanes; X is read in blocks of
//! rows small enough to stay in cache, and chunks are summed in their order, whichever thread had them.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::lbfgs::Objective;
use super::linear_preconditioner::{Penalty, Preconditioner, sample_of_rows};
use super::linear_products::{accumulate, multiply};
use super::newton_cg::Curved;

const ROWS_A_CHUNK: usize = 1024;
const ROWS_A_BLOCK: usize = 64;
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loss {
    Softmax,
    Logistic,
    SquaredHinge,
}

/// What is to be fitted; `x` in standard layout.
pub struct Task<'a> {
    pub x: ArrayView2<'a, f64>,
    pub targets: &'a [usize],
    pub classes: usize,
    pub loss: Loss,
    /// One a class: the weight of its rows, against the rest or of all (softmax).
    pub own: Vec<f64>,
    /// One a class: the weight of the others' rows where it stands against the rest.
    pub rest: Vec<f64>,
    /// λ · S, 1 / C or 0.
    pub penalty: f64,
    /// μ / λ, 0 for an intercept that is not penalised; `None` fits no intercept.
    pub intercept: Option<f64>,
}

pub struct LinearLoss<'a, const LANES: usize> {
    task: &'a Task<'a>,
    x: &'a [f64],
    columns: usize,
    loss: Loss,
    /// Columns of W: one for two classes, else one a class.
    outputs: usize,
    weight_sum: f64,
    l2: f64,
    preconditioner: Preconditioner,
    /// Groups × rows: what the Hessian at the point held needs (`curve`).
    held: Vec<Vec<[f64; LANES]>>,
}

/// One chunk's loss and sums over its rows.
type Part<const LANES: usize> = (f64, Vec<[f64; LANES]>);

impl<'a, const LANES: usize> LinearLoss<'a, LANES> {
    /// `None` where sums of squares overflow.
    pub fn new(task: &'a Task<'a>) -> Option<Self> {
        let loss = match (task.loss, task.classes) {
            (Loss::Softmax, 2) => Loss::Logistic,
            (loss, _) => loss,
        };
        let outputs = if task.classes == 2 { 1 } else { task.classes };
        let weight_sum = match loss {
            Loss::SquaredHinge => task.targets.len() as f64,
            _ => task.targets.iter().map(|class| task.own[*class]).sum(),
        };
        let mut new = Self {
            task,
            x: task.x.to_slice()?,
            columns: task.x.ncols(),
            loss,
            outputs,
            weight_sum,
            l2: task.penalty / weight_sum,
            preconditioner: Preconditioner::none(),
            held: Vec::new(),
        };
        let level = match loss {
            Loss::Softmax => 1.0 / task.classes as f64,
            Loss::Logistic => 0.25,
            Loss::SquaredHinge => 2.0,
        };
        let weight = |row: usize| match loss {
            Loss::Softmax => task.own[task.targets[row]],
            _ => (0..outputs).map(|output| new.weight(row, output)).sum::<f64>() / outputs as f64,
        };
        let start: Vec<f64> = (0..task.targets.len()).map(|row| level * weight(row) / weight_sum).collect();
        new.preconditioner = new.precondition_by(&start)?;
        Some(new)
    }

    fn positive(&self, output: usize) -> usize {
        output + self.task.classes - self.outputs
    }

    /// Of a row's loss for `output` against the rest.
    fn weight(&self, row: usize, output: usize) -> f64 {
        let (target, class) = (self.task.targets[row], self.positive(output));
        if target == class {
            self.task.own[class]
        } else if self.outputs == 1 {
            self.task.own[target]
        } else {
            self.task.rest[class]
        }
    }

    fn groups(&self) -> usize {
        self.outputs.div_ceil(LANES)
    }

    fn starts(&self) -> Vec<usize> {
        (0..self.task.targets.len()).step_by(ROWS_A_CHUNK).collect()
    }

    /// Values in the vector that is fitted.
    pub fn size(&self) -> usize {
        self.groups() * (self.columns + 1) * LANES
    }

    /// Columns × classes and one intercept a class, from the fitted vector; of two classes the first has zeros.
    pub fn unpack(&self, at: &[f64]) -> (Array2<f64>, Vec<f64>) {
        let place = |column: usize, output: usize| {
            ((output / LANES) * (self.columns + 1) + column) * LANES + output % LANES
        };
        let mut weights = Array2::zeros((self.columns, self.task.classes));
        let mut intercepts = vec![0.0; self.task.classes];
        for output in 0..self.outputs {
            for column in 0..self.columns {
                weights[[column, self.positive(output)]] = at[place(column, output)];
            }
            intercepts[self.positive(output)] = at[place(self.columns, output)];
        }
        (weights, intercepts)
    }

    /// The other way round.
    pub fn pack(&self, weights: &Array2<f64>, intercepts: &[f64]) -> Vec<f64> {
        let mut at = vec![0.0; self.size()];
        for output in 0..self.outputs {
            let (group, lane, class) = (output / LANES, output % LANES, self.positive(output));
            for column in 0..=self.columns {
                let value = weights.get([column, class]).copied().unwrap_or(intercepts[class]);
                at[(group * (self.columns + 1) + column) * LANES + lane] = value;
            }
        }
        at
    }

    /// X W of a chunk's rows by blocks, `change` of each row's scores, and Xᵀ of what that left.
    fn chunk(
        &self,
        start: usize,
        at: &[[f64; LANES]],
        change: impl Fn(usize, &mut [[f64; LANES]], usize) -> f64,
    ) -> Part<LANES> {
        let end = (start + ROWS_A_CHUNK).min(self.task.targets.len());
        let mut sums = vec![[0.0; LANES]; at.len()];
        let mut scores = vec![[0.0; LANES]; ROWS_A_BLOCK * self.groups()];
        let mut loss = 0.0;
        let wide = self.columns + 1;
        for first in (start..end).step_by(ROWS_A_BLOCK) {
            let last = (first + ROWS_A_BLOCK).min(end);
            let rows = last - first;
            let x = &self.x[first * self.columns..last * self.columns];
            self.scores(first, rows, at, &mut scores);
            for row in 0..rows {
                loss += change(first + row, &mut scores, row);
            }
            for group in 0..self.groups() {
                let residuals = &scores[group * ROWS_A_BLOCK..][..rows];
                accumulate(x, self.columns, residuals, &mut sums[group * wide..(group + 1) * wide]);
            }
        }
        (loss, sums)
    }

    /// Replaces the scores of one row by the slope of its loss and gives the loss.
    fn slopes(&self, row: usize, scores: &mut [[f64; LANES]], place: usize) -> f64 {
        let at = |output: usize| ((output / LANES) * ROWS_A_BLOCK + place, output % LANES);
        if self.loss == Loss::Softmax {
            let target = self.task.targets[row];
            let own = scores[at(target).0][at(target).1];
            let log_sum = self.softmax(scores, place);
            let weight = self.task.own[target];
            for output in 0..self.outputs {
                scores[at(output).0][at(output).1] *= weight;
            }
            scores[at(target).0][at(target).1] -= weight;
            return weight * (log_sum - own);
        }
        let mut loss = 0.0;
        for output in 0..self.outputs {
            let score = &mut scores[at(output).0][at(output).1];
            let sign = if self.task.targets[row] == self.positive(output) { 1.0 } else { -1.0 };
            let (weight, margin) = (self.weight(row, output), sign * *score);
            if self.loss == Loss::Logistic {
                let power = (-margin.abs()).exp();
                loss += weight * (power.ln_1p() + (-margin).max(0.0));
                let wrong = if margin > 0.0 { power } else { 1.0 } / (1.0 + power);
                *score = -sign * weight * wrong;
            } else {
                let gap = (1.0 - margin).max(0.0);
                loss += weight * gap * gap;
                *score = -2.0 * sign * weight * gap;
            }
        }
        loss
    }

    /// Replaces the scores of one row by probabilities and gives log Σ exp.
    fn softmax(&self, scores: &mut [[f64; LANES]], place: usize) -> f64 {
        let mut largest = f64::NEG_INFINITY;
        for output in 0..self.outputs {
            largest = f64::max(largest, scores[(output / LANES) * ROWS_A_BLOCK + place][output % LANES]);
        }
        let mut total = 0.0;
        for output in 0..self.outputs {
            let score = &mut scores[(output / LANES) * ROWS_A_BLOCK + place][output % LANES];
            *score = (*score - largest).exp();
            total += *score;
        }
        let factor = 1.0 / total;
        for output in 0..self.outputs {
            scores[(output / LANES) * ROWS_A_BLOCK + place][output % LANES] *= factor;
        }
        largest + total.ln()
    }

    /// Of one chunk's rows, by groups: probabilities for softmax, else the second slope of each output's loss.
    fn curve(&self, start: usize, at: &[[f64; LANES]]) -> Vec<Vec<[f64; LANES]>> {
        let end = (start + ROWS_A_CHUNK).min(self.task.targets.len());
        let mut curves = vec![Vec::with_capacity(end - start); self.groups()];
        let mut scores = vec![[0.0; LANES]; self.groups() * ROWS_A_BLOCK];
        for first in (start..end).step_by(ROWS_A_BLOCK) {
            let rows = ROWS_A_BLOCK.min(end - first);
            self.scores(first, rows, at, &mut scores);
            for place in 0..rows {
                if self.loss == Loss::Softmax {
                    self.softmax(&mut scores, place);
                } else {
                    self.second_slopes(first + place, &mut scores, place);
                }
            }
            for (group, curve) in curves.iter_mut().enumerate() {
                curve.extend_from_slice(&scores[group * ROWS_A_BLOCK..][..rows]);
            }
        }
        curves
    }

    /// X W of one block's rows.
    fn scores(&self, first: usize, rows: usize, at: &[[f64; LANES]], scores: &mut [[f64; LANES]]) {
        let x = &self.x[first * self.columns..(first + rows) * self.columns];
        for (group, weights) in at.chunks(self.columns + 1).enumerate() {
            multiply(x, self.columns, weights, &mut scores[group * ROWS_A_BLOCK..][..rows]);
        }
    }

    /// Replaces the scores of one row by the second slope of each output's loss.
    fn second_slopes(&self, row: usize, scores: &mut [[f64; LANES]], place: usize) {
        for output in 0..self.outputs {
            let score = &mut scores[(output / LANES) * ROWS_A_BLOCK + place][output % LANES];
            let positive = self.task.targets[row] == self.positive(output);
            let margin = if positive { *score } else { -*score };
            let power = (-margin.abs()).exp();
            *score = self.weight(row, output)
                * match self.loss {
                    Loss::SquaredHinge => 2.0 * f64::from(u8::from(margin < 1.0)),
                    _ => power / (1.0 + power).powi(2),
                };
        }
    }

    /// The mean over classes of a row's curvature, from what `curve` gave.
    fn mean_curvature(&self, row: usize, curve: &[Vec<[f64; LANES]>], place: usize) -> f64 {
        let values = (0..self.outputs).map(|output| curve[output / LANES][place][output % LANES]);
        let mean = match self.loss {
            // Probabilities sum to 1, which takes one class's worth of freedom.
            Loss::Softmax => {
                let sum: f64 = values.map(|p| p * (1.0 - p)).sum();
                self.task.own[self.task.targets[row]] * sum / (self.outputs - 1) as f64
            }
            _ => values.sum::<f64>() / self.outputs as f64,
        };
        mean / self.weight_sum
    }

    fn penalty(&self) -> Penalty {
        Penalty { l2: self.l2, intercept: self.task.intercept }
    }

    /// The whole Hessian at `at` by a sample of rows, where that costs no more than a few evaluations.
    fn joint(&self, at: &[[f64; LANES]]) -> Option<Preconditioner> {
        let rows = self.task.targets.len();
        if self.loss != Loss::Softmax || !Preconditioner::joint_is_cheap(rows, self.columns, self.outputs) {
            return None;
        }
        let x = ArrayView2::from_shape((rows, self.columns), self.x).ok()?;
        let chosen = sample_of_rows(rows, self.columns);
        let scale = rows as f64 / chosen.len() as f64 / self.weight_sum;
        let mut scores = vec![[0.0; LANES]; self.groups() * ROWS_A_BLOCK];
        let mut probabilities = Array2::zeros((chosen.len(), self.outputs));
        for (row, mut parts) in chosen.iter().zip(probabilities.rows_mut()) {
            self.scores(*row, 1, at, &mut scores);
            self.softmax(&mut scores, 0);
            for (output, part) in parts.iter_mut().enumerate() {
                *part = scores[(output / LANES) * ROWS_A_BLOCK][output % LANES];
            }
        }
        let weights: Vec<f64> =
            chosen.iter().map(|row| scale * self.task.own[self.task.targets[*row]]).collect();
        Preconditioner::joint(x.select(Axis(0), &chosen).view(), &probabilities, &weights, self.penalty())
    }

    /// `None` where sums of squares overflow. `curvature` is one a row.
    fn precondition_by(&self, curvature: &[f64]) -> Option<Preconditioner> {
        let x = ArrayView2::from_shape((curvature.len(), self.columns), self.x).ok()?;
        Preconditioner::mean(x, curvature, self.penalty())
    }

    /// Sums the parts, divides them, and adds the penalty's slope at `at`; gives loss and squared length of the penalised.
    fn finish(&self, parts: &[Part<LANES>], at: &[f64], sums: &mut [f64]) -> (f64, f64) {
        sums.fill(0.0);
        let mut loss = 0.0;
        for (part_loss, part) in parts {
            loss += part_loss;
            sums.iter_mut().zip(part.as_flattened()).for_each(|(sum, part)| *sum += part);
        }
        sums.iter_mut().for_each(|part| *part /= self.weight_sum);
        let wide = (self.columns + 1) * LANES;
        let mut squares = 0.0;
        for (at, sums) in at.chunks(wide).zip(sums.chunks_mut(wide)) {
            let penalised = self.columns * LANES;
            for (at, sum) in at[..penalised].iter().zip(&mut sums[..penalised]) {
                squares += at * at;
                *sum += self.l2 * at;
            }
            for (at, sum) in at[penalised..].iter().zip(&mut sums[penalised..]) {
                match self.task.intercept {
                    None => *sum = 0.0,
                    Some(ratio) => {
                        squares += ratio * at * at;
                        *sum += ratio * self.l2 * at;
                    }
                }
            }
        }
        (loss / self.weight_sum, squares)
    }
}

impl<const LANES: usize> Objective for LinearLoss<'_, LANES> {
    fn evaluate(&self, at: &[f64], gradient: &mut [f64]) -> f64 {
        let (lanes, _) = at.as_chunks::<LANES>();
        let slopes = |row: usize, scores: &mut [[f64; LANES]], place: usize| self.slopes(row, scores, place);
        let parts: Vec<Part<LANES>> =
            self.starts().into_par_iter().map(|start| self.chunk(start, lanes, slopes)).collect();
        let (loss, squares) = self.finish(&parts, at, gradient);
        loss + 0.5 * self.l2 * squares
    }

    fn refresh(&mut self, at: &[f64]) {
        let (at, _) = at.as_chunks::<LANES>();
        if let Some(fresh) = self.joint(at) {
            self.preconditioner = fresh;
            return;
        }
        let curvature = |start: usize| -> Vec<f64> {
            let curve = self.curve(start, at);
            (0..curve[0].len()).map(|place| self.mean_curvature(start + place, &curve, place)).collect()
        };
        let parts: Vec<Vec<f64>> = self.starts().into_par_iter().map(curvature).collect();
        if let Some(fresh) = self.precondition_by(&parts.concat()) {
            self.preconditioner = fresh;
        }
    }

    fn precondition(&self, v: &mut [f64]) {
        let (v, _) = v.as_chunks_mut::<LANES>();
        self.preconditioner.solve(v, self.columns + 1);
    }
}

impl<const LANES: usize> Curved for LinearLoss<'_, LANES> {
    fn hold(&mut self, at: &[f64]) {
        let (at, _) = at.as_chunks::<LANES>();
        let parts: Vec<Vec<Vec<[f64; LANES]>>> =
            self.starts().into_par_iter().map(|start| self.curve(start, at)).collect();
        self.held = (0..self.groups())
            .map(|group| parts.iter().flat_map(|part| part[group].iter().copied()).collect())
            .collect();
    }

    fn hessian(&self, v: &[f64], product: &mut [f64]) {
        let (lanes, _) = v.as_chunks::<LANES>();
        let change = |row: usize, scores: &mut [[f64; LANES]], place: usize| {
            if self.loss == Loss::Softmax {
                let weight = self.task.own[self.task.targets[row]];
                let mut mean = 0.0;
                for (group, held) in self.held.iter().enumerate() {
                    let scores = &scores[group * ROWS_A_BLOCK + place];
                    (0..LANES).for_each(|lane| mean += held[row][lane] * scores[lane]);
                }
                for (group, held) in self.held.iter().enumerate() {
                    let scores = &mut scores[group * ROWS_A_BLOCK + place];
                    (0..LANES)
                        .for_each(|lane| scores[lane] = weight * held[row][lane] * (scores[lane] - mean));
                }
            } else {
                for (group, held) in self.held.iter().enumerate() {
                    let scores = &mut scores[group * ROWS_A_BLOCK + place];
                    (0..LANES).for_each(|lane| scores[lane] *= held[row][lane]);
                }
            }
            0.0
        };
        let parts: Vec<Part<LANES>> =
            self.starts().into_par_iter().map(|start| self.chunk(start, lanes, change)).collect();
        self.finish(&parts, v, product);
    }
}

#[cfg(test)]
mod tests;
