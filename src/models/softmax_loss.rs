//! The objective of multinomial logistic regression, its gradient, and a preconditioner.
//!
//! f(W, b) = Σᵢ sᵢ (log Σc exp zᵢc − zᵢ,yᵢ) / Σᵢ sᵢ + λ/2 ‖W‖², z = X W + b. With two classes the first has
//! z = 0 and only the second has weights, as in scikit-learn. The preconditioner is one matrix for every
//! class, [X 1]ᵀ D [X 1] + λ I with dᵢ = sᵢ Σc πᵢc (1 − πᵢc) / (classes − 1) / Σ s: at W = 0 that is the Hessian
//! itself, elsewhere in the spirit of Böhning, "Multinomial logistic regression algorithm", Ann. Inst.
//! Statist. Math. 44 (1992).
//!
//! Weights are held as groups of `LANES` classes, columns (with the intercept last), lanes; the two products
//! with X are done on blocks of rows small enough to stay in cache, four rows at a time, without fused
//! multiply-add, so that every machine and any number of threads gives the same bits.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::lbfgs::Objective;
use crate::algebra::{Cholesky, weighted_gram_with_constant};

const ROWS_A_CHUNK: usize = 1024;
const ROWS_A_BLOCK: usize = 64;
/// Wider tables are preconditioned by the diagonal alone: the factor would cost more than it saves.
const COLUMNS_TO_FACTOR: usize = 1024;

pub struct SoftmaxLoss<'a, const LANES: usize> {
    x: &'a [f64],
    columns: usize,
    /// Classes, of which the first is fixed at z = 0 when there are two.
    classes: usize,
    targets: &'a [usize],
    weights: Option<&'a [f64]>,
    weight_sum: f64,
    l2: f64,
    intercept: bool,
    preconditioner: Preconditioner,
}

enum Preconditioner {
    Factor(Cholesky),
    Diagonal(Vec<f64>),
}

/// What is to be fitted; `x` in standard layout.
pub struct Task<'a> {
    pub x: ArrayView2<'a, f64>,
    pub targets: &'a [usize],
    pub classes: usize,
    pub weights: Option<&'a [f64]>,
    /// 1 / C, or 0.
    pub penalty: f64,
    pub intercept: bool,
}

impl<'a, const LANES: usize> SoftmaxLoss<'a, LANES> {
    /// `None` where sums of squares overflow.
    pub fn new(task: &Task<'a>) -> Option<Self> {
        let weight_sum = task.weights.map_or(task.targets.len() as f64, |weights| weights.iter().sum());
        let l2 = task.penalty / weight_sum;
        let level = 1.0 / if task.classes == 2 { 4.0 } else { task.classes as f64 };
        let weight = |row: usize| task.weights.map_or(1.0, |weights| weights[row]);
        let start: Vec<f64> = (0..task.targets.len()).map(|row| level * weight(row) / weight_sum).collect();
        Some(Self {
            x: task.x.to_slice()?,
            columns: task.x.ncols(),
            classes: task.classes,
            targets: task.targets,
            weights: task.weights,
            weight_sum,
            l2,
            intercept: task.intercept,
            preconditioner: Preconditioner::new(task.x, &start, l2, task.intercept)?,
        })
    }

    fn outputs(&self) -> usize {
        if self.classes == 2 { 1 } else { self.classes }
    }

    fn groups(&self) -> usize {
        self.outputs().div_ceil(LANES)
    }

    /// Values in the vector that is fitted.
    pub fn size(&self) -> usize {
        self.groups() * (self.columns + 1) * LANES
    }

    /// Columns × classes and one intercept a class, from the fitted vector.
    pub fn unpack(&self, at: &[f64]) -> (Array2<f64>, Vec<f64>) {
        let first = self.classes - self.outputs();
        let place = |column: usize, output: usize| {
            ((output / LANES) * (self.columns + 1) + column) * LANES + output % LANES
        };
        let mut weights = Array2::zeros((self.columns, self.classes));
        let mut intercepts = vec![0.0; self.classes];
        for output in 0..self.outputs() {
            for column in 0..self.columns {
                weights[[column, first + output]] = at[place(column, output)];
            }
            intercepts[first + output] = at[place(self.columns, output)];
        }
        (weights, intercepts)
    }

    /// Loss and gradient of one chunk of rows, not yet divided.
    fn chunk(&self, start: usize, at: &[[f64; LANES]]) -> (f64, Vec<[f64; LANES]>) {
        let end = (start + ROWS_A_CHUNK).min(self.targets.len());
        let mut gradient = vec![[0.0; LANES]; at.len()];
        let mut scores = vec![[0.0; LANES]; ROWS_A_BLOCK * self.groups()];
        let mut loss = 0.0;
        let wide = self.columns + 1;
        for first in (start..end).step_by(ROWS_A_BLOCK) {
            let last = (first + ROWS_A_BLOCK).min(end);
            let rows = last - first;
            let x = &self.x[first * self.columns..last * self.columns];
            for group in 0..self.groups() {
                let weights = &at[group * wide..(group + 1) * wide];
                multiply(x, self.columns, weights, &mut scores[group * ROWS_A_BLOCK..][..rows]);
            }
            for row in 0..rows {
                loss += self.residuals(first + row, row, &mut scores);
            }
            for group in 0..self.groups() {
                let residuals = &scores[group * ROWS_A_BLOCK..][..rows];
                accumulate(x, self.columns, residuals, &mut gradient[group * wide..(group + 1) * wide]);
            }
        }
        (loss, gradient)
    }

    /// dᵢ of one chunk of rows.
    fn curvature(&self, start: usize, at: &[[f64; LANES]]) -> Vec<f64> {
        let end = (start + ROWS_A_CHUNK).min(self.targets.len());
        let mut scores = vec![[0.0; LANES]; self.groups() * ROWS_A_BLOCK];
        let wide = self.columns + 1;
        let mut curvature = Vec::with_capacity(end - start);
        for row in start..end {
            let x = &self.x[row * self.columns..(row + 1) * self.columns];
            for group in 0..self.groups() {
                let place = group * ROWS_A_BLOCK;
                multiply(x, self.columns, &at[group * wide..(group + 1) * wide], &mut scores[place..=place]);
            }
            self.residuals(row, 0, &mut scores);
            let fixed = self.classes - self.outputs();
            let weight = self.weights.map_or(1.0, |weights| weights[row]);
            let mut sum = 0.0;
            for output in 0..self.outputs() {
                let residual = scores[(output / LANES) * ROWS_A_BLOCK][output % LANES] / weight;
                let own = f64::from(u8::from(self.targets[row] == output + fixed));
                let probability = (residual + own).clamp(0.0, 1.0);
                sum += probability * (1.0 - probability);
            }
            let share = if fixed == 1 { 1.0 } else { (self.classes - 1) as f64 };
            curvature.push(weight * sum / (share * self.weight_sum));
        }
        curvature
    }

    /// Replaces the scores of one row by sᵢ (π − 1[y]) and gives its loss.
    fn residuals(&self, row: usize, place: usize, scores: &mut [[f64; LANES]]) -> f64 {
        let fixed = self.classes - self.outputs();
        let at = |output: usize| ((output / LANES) * ROWS_A_BLOCK + place, output % LANES);
        let outputs = self.outputs();
        let mut largest = if fixed == 1 { 0.0 } else { f64::NEG_INFINITY };
        for output in 0..outputs {
            let (block, lane) = at(output);
            largest = f64::max(largest, scores[block][lane]);
        }
        let target = self.targets[row];
        let own = match target.checked_sub(fixed) {
            Some(output) => scores[at(output).0][at(output).1],
            None => 0.0,
        };
        let mut total = if fixed == 1 { (-largest).exp() } else { 0.0 };
        for output in 0..outputs {
            let (block, lane) = at(output);
            let part = (scores[block][lane] - largest).exp();
            scores[block][lane] = part;
            total += part;
        }
        let weight = self.weights.map_or(1.0, |weights| weights[row]);
        let factor = weight / total;
        for output in 0..outputs {
            let (block, lane) = at(output);
            scores[block][lane] *= factor;
        }
        if let Some(output) = target.checked_sub(fixed) {
            let (block, lane) = at(output);
            scores[block][lane] -= weight;
        }
        weight * (largest - own + total.ln())
    }
}

/// scores = x weights, the last row of `weights` being the intercept.
fn multiply<const LANES: usize>(
    x: &[f64],
    columns: usize,
    weights: &[[f64; LANES]],
    scores: &mut [[f64; LANES]],
) {
    struct Multiply<'a, const LANES: usize>(&'a [f64], usize, &'a [[f64; LANES]], &'a mut [[f64; LANES]]);
    impl<const LANES: usize> pulp::NullaryFnOnce for Multiply<'_, LANES> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self(x, columns, weights, scores) = self;
            let Some((intercept, weights)) = weights.split_last() else { return };
            let mut four_x = x.chunks_exact(4 * columns);
            let mut four_scores = scores.chunks_exact_mut(4);
            for (x, scores) in four_x.by_ref().zip(four_scores.by_ref()) {
                let (a, rest) = x.split_at(columns);
                let (b, rest) = rest.split_at(columns);
                let (c, d) = rest.split_at(columns);
                let (mut p, mut q, mut r, mut s) = (*intercept, *intercept, *intercept, *intercept);
                for ((((weights, a), b), c), d) in weights.iter().zip(a).zip(b).zip(c).zip(d) {
                    for lane in 0..LANES {
                        p[lane] += a * weights[lane];
                        q[lane] += b * weights[lane];
                        r[lane] += c * weights[lane];
                        s[lane] += d * weights[lane];
                    }
                }
                scores.copy_from_slice(&[p, q, r, s]);
            }
            let rest = four_x.remainder().chunks_exact(columns);
            for (x, score) in rest.zip(four_scores.into_remainder()) {
                *score = *intercept;
                for (weights, value) in weights.iter().zip(x) {
                    for lane in 0..LANES {
                        score[lane] += value * weights[lane];
                    }
                }
            }
        }
    }
    pulp::Arch::new().dispatch(Multiply(x, columns, weights, scores));
}

/// gradient += xᵀ residuals, the last row of `gradient` being the intercept's.
fn accumulate<const LANES: usize>(
    x: &[f64],
    columns: usize,
    residuals: &[[f64; LANES]],
    gradient: &mut [[f64; LANES]],
) {
    struct Accumulate<'a, const LANES: usize>(&'a [f64], usize, &'a [[f64; LANES]], &'a mut [[f64; LANES]]);
    impl<const LANES: usize> pulp::NullaryFnOnce for Accumulate<'_, LANES> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self(x, columns, residuals, gradient) = self;
            let Some((intercept, gradient)) = gradient.split_last_mut() else { return };
            for residual in residuals {
                for lane in 0..LANES {
                    intercept[lane] += residual[lane];
                }
            }
            let four_x = x.chunks_exact(4 * columns);
            let four_residuals = residuals.chunks_exact(4);
            let rest = four_x.remainder().chunks_exact(columns).zip(four_residuals.remainder());
            for (x, residuals) in four_x.zip(four_residuals) {
                let (p, q, r, s) = (residuals[0], residuals[1], residuals[2], residuals[3]);
                let (a, others) = x.split_at(columns);
                let (b, others) = others.split_at(columns);
                let (c, d) = others.split_at(columns);
                for ((((gradient, a), b), c), d) in gradient.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    for lane in 0..LANES {
                        gradient[lane] += (a * p[lane] + b * q[lane]) + (c * r[lane] + d * s[lane]);
                    }
                }
            }
            for (x, residual) in rest {
                for (gradient, value) in gradient.iter_mut().zip(x) {
                    for lane in 0..LANES {
                        gradient[lane] += value * residual[lane];
                    }
                }
            }
        }
    }
    pulp::Arch::new().dispatch(Accumulate(x, columns, residuals, gradient));
}

impl<const LANES: usize> Objective for SoftmaxLoss<'_, LANES> {
    fn evaluate(&self, at: &[f64], gradient: &mut [f64]) -> f64 {
        let (at_lanes, _) = at.as_chunks::<LANES>();
        let starts: Vec<usize> = (0..self.targets.len()).step_by(ROWS_A_CHUNK).collect();
        let parts: Vec<(f64, Vec<[f64; LANES]>)> =
            starts.into_par_iter().map(|start| self.chunk(start, at_lanes)).collect();
        gradient.fill(0.0);
        let mut loss = 0.0;
        // Chunks are summed in their order, whichever thread had them.
        for (part_loss, part) in &parts {
            loss += part_loss;
            gradient.iter_mut().zip(part.as_flattened()).for_each(|(sum, part)| *sum += part);
        }
        loss /= self.weight_sum;
        gradient.iter_mut().for_each(|part| *part /= self.weight_sum);
        let wide = (self.columns + 1) * LANES;
        let mut squares = 0.0;
        for (at, gradient) in at.chunks(wide).zip(gradient.chunks_mut(wide)) {
            let penalised = self.columns * LANES;
            for (at, gradient) in at[..penalised].iter().zip(&mut gradient[..penalised]) {
                squares += at * at;
                *gradient += self.l2 * at;
            }
            if !self.intercept {
                gradient[penalised..].fill(0.0);
            }
        }
        loss + 0.5 * self.l2 * squares
    }

    fn refresh(&mut self, at: &[f64]) {
        let (at, _) = at.as_chunks::<LANES>();
        let starts: Vec<usize> = (0..self.targets.len()).step_by(ROWS_A_CHUNK).collect();
        let parts: Vec<Vec<f64>> = starts.into_par_iter().map(|start| self.curvature(start, at)).collect();
        let x = ArrayView2::from_shape((self.targets.len(), self.columns), self.x);
        let fresh = x.ok().and_then(|x| Preconditioner::new(x, &parts.concat(), self.l2, self.intercept));
        if let Some(fresh) = fresh {
            self.preconditioner = fresh;
        }
    }

    fn precondition(&self, v: &mut [f64]) {
        let wide = self.columns + 1;
        let (v, _) = v.as_chunks_mut::<LANES>();
        for v in v.chunks_mut(wide) {
            match &self.preconditioner {
                Preconditioner::Factor(factor) => factor.solve(v),
                Preconditioner::Diagonal(diagonal) => {
                    for (v, diagonal) in v.iter_mut().zip(diagonal) {
                        v.iter_mut().for_each(|value| *value /= diagonal);
                    }
                }
            }
        }
    }
}

impl Preconditioner {
    /// `None` where sums of squares overflow. `curvature` is one dᵢ a row.
    fn new(x: ArrayView2<'_, f64>, curvature: &[f64], l2: f64, intercept: bool) -> Option<Self> {
        let columns = x.ncols();
        if columns > COLUMNS_TO_FACTOR {
            let mut diagonal = vec![l2; columns + 1];
            diagonal[columns] = curvature.iter().sum();
            for (row, curvature) in x.rows().into_iter().zip(curvature) {
                diagonal.iter_mut().zip(row).for_each(|(sum, value)| *sum += curvature * value * value);
            }
            let least = diagonal.iter().fold(0.0, |most: f64, value| most.max(*value)) * 1e-8;
            diagonal.iter_mut().for_each(|value| *value = value.max(least));
            return least.is_normal().then_some(Self::Diagonal(diagonal));
        }
        let mut matrix = weighted_gram_with_constant(x, curvature);
        if !intercept {
            // Cut loose from the columns, an intercept that has no slope stays at 0.
            let own = matrix[[columns, columns]];
            matrix.row_mut(columns).fill(0.0);
            matrix.column_mut(columns).fill(0.0);
            matrix[[columns, columns]] = own;
        }
        matrix.diag_mut().iter_mut().take(columns).for_each(|value| *value += l2);
        // Collinear columns without a penalty need a ridge to have a factor at all.
        let trace = matrix.diag().sum();
        let mut ridge = trace * 1e-14;
        while trace.is_finite() && trace > 0.0 && ridge <= trace {
            matrix.diag_mut().iter_mut().for_each(|value| *value += ridge);
            if let Some(factor) = Cholesky::new(matrix.view()) {
                return Some(Self::Factor(factor));
            }
            ridge *= 100.0;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    #[test]
    fn the_gradient_is_the_slope_of_the_value() {
        let mut draws = Draws::new(4, "gradient");
        let x = Array2::from_shape_fn((203, 5), |_| draws.normal());
        for classes in [2, 3, 5, 11] {
            let targets: Vec<usize> = (0..203).map(|_| draws.below(classes)).collect();
            let weights: Vec<f64> = (0..203).map(|_| draws.between(0.5, 2.0)).collect();
            let task = Task {
                x: x.view(),
                targets: &targets,
                classes,
                weights: Some(&weights),
                penalty: 3.0,
                intercept: true,
            };
            let loss = SoftmaxLoss::<4>::new(&task).unwrap();
            // Lanes beyond the last class stay at 0.
            let held = |place: usize| (place / (4 * 6)) * 4 + place % 4 < loss.outputs();
            let at: Vec<f64> =
                (0..loss.size()).map(|place| if held(place) { draws.normal() } else { 0.0 }).collect();
            let mut gradient = vec![0.0; at.len()];
            loss.evaluate(&at, &mut gradient);
            assert!((0..at.len()).all(|place| held(place) || gradient[place] == 0.0));
            for place in (0..at.len()).filter(|place| held(*place)) {
                let value = |gap: f64| {
                    let mut there = at.clone();
                    there[place] += gap;
                    loss.evaluate(&there, &mut vec![0.0; at.len()])
                };
                let slope = (value(1e-5) - value(-1e-5)) / 2e-5;
                assert!((slope - gradient[place]).abs() < 1e-8, "{classes} {place}");
            }
        }
    }
}
