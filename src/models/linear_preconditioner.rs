//! What stands for the Hessian of a linear classifier's objective where it is to be undone.
//!
//! The mean: one matrix for every class, [X 1]ᵀ D [X 1] + λ I, D being the mean curvature over classes: for softmax at
//! W = 0 that is the Hessian itself, elsewhere in the spirit of Böhning, "Multinomial logistic regression algorithm",
//! Ann. Inst. Statist. Math. 44 (1992). Jointly: all classes' Hessian as it is, where rows are so many that it costs
//! little beside one evaluation. Either is made of a sample of rows: it need only be near.

use ndarray::{Array2, ArrayView2, Axis};

use crate::algebra::{Cholesky, weighted_gram_with_constant};

/// Wider tables are preconditioned by the diagonal alone: the factor would cost more than it saves.
const COLUMNS_TO_FACTOR: usize = 1024;
/// Rows a column of the mean's sample, at most, and of the joint one's.
const ROWS_A_COLUMN: usize = 16;
const ROWS_A_COLUMN_JOINTLY: usize = 32;
/// The joint Hessian may cost as much as this many evaluations.
const EVALUATIONS: usize = 5;

pub struct Preconditioner(Kind);

enum Kind {
    /// One factor for every class.
    Factor(Cholesky),
    Diagonal(Vec<f64>),
    /// Columns × outputs at once.
    Joint {
        factor: Cholesky,
        outputs: usize,
    },
}

#[derive(Debug, Clone, Copy)]
pub struct Penalty {
    pub l2: f64,
    /// The part of it that the intercept has; `None` where there is no intercept.
    pub intercept: Option<f64>,
}

/// Rows of the joint sample, evenly spread.
pub fn sample_of_rows(rows: usize, columns: usize) -> Vec<usize> {
    spread(rows, rows / (ROWS_A_COLUMN_JOINTLY * (columns + 1)))
}

/// One row out of every `step`, not always the same one: labels may come in turn.
pub fn spread(rows: usize, step: usize) -> Vec<usize> {
    let step = step.max(1);
    (0..rows / step).map(|turn| turn * step + (turn.wrapping_mul(0x9E37_79B9) >> 7) % step).collect()
}

impl Preconditioner {
    /// For the time before there is one.
    pub fn none() -> Self {
        Self(Kind::Diagonal(Vec::new()))
    }

    /// By the mean `curvature` of each row; `None` where sums of squares overflow.
    pub fn mean(x: ArrayView2<'_, f64>, curvature: &[f64], penalty: Penalty) -> Option<Self> {
        let columns = x.ncols();
        if columns > COLUMNS_TO_FACTOR {
            return diagonal(x, curvature, penalty);
        }
        let step = curvature.len() / (ROWS_A_COLUMN * (columns + 1));
        let mut matrix = if step <= 1 {
            weighted_gram_with_constant(x, curvature)
        } else {
            let chosen = spread(curvature.len(), step);
            let weights: Vec<f64> = chosen.iter().map(|row| curvature[*row] * step as f64).collect();
            weighted_gram_with_constant(x.select(Axis(0), &chosen).view(), &weights)
        };
        match penalty.intercept {
            Some(ratio) => matrix[[columns, columns]] += ratio * penalty.l2,
            None => {
                // Cut loose from the columns, an intercept that has no slope stays at 0.
                let own = matrix[[columns, columns]];
                matrix.row_mut(columns).fill(0.0);
                matrix.column_mut(columns).fill(0.0);
                matrix[[columns, columns]] = own;
            }
        }
        matrix.diag_mut().iter_mut().take(columns).for_each(|value| *value += penalty.l2);
        Some(Self(Kind::Factor(factor(matrix, 1e-14)?)))
    }

    /// Whether the joint Hessian costs little beside the evaluations that it saves.
    pub fn joint_is_cheap(rows: usize, columns: usize, outputs: usize) -> bool {
        let (rows, wide, outputs) = (rows as f64, (columns + 1) as f64, outputs as f64);
        let pairs = outputs * (outputs + 1.0) / 2.0;
        let products = pairs * ROWS_A_COLUMN_JOINTLY as f64 * wide * wide * wide / 2.0;
        let factor = (wide * outputs).powi(3) / 6.0;
        products + factor <= EVALUATIONS as f64 * 2.0 * rows * wide * outputs
    }

    /// Softmax's Hessian, with the probabilities and weights of the rows of `x`.
    pub fn joint(
        x: ArrayView2<'_, f64>,
        probabilities: &Array2<f64>,
        weights: &[f64],
        penalty: Penalty,
    ) -> Option<Self> {
        let (columns, outputs) = (x.ncols(), probabilities.ncols());
        let mut matrix = Array2::zeros(((columns + 1) * outputs, (columns + 1) * outputs));
        for first in 0..outputs {
            for second in first..outputs {
                let own = probabilities.column(first).into_iter().zip(probabilities.column(second));
                let sign = if first == second { 1.0 } else { -1.0 };
                let curvature: Vec<f64> = own
                    .zip(weights)
                    .map(|((p, q), weight)| weight * p * if first == second { 1.0 - q } else { *q })
                    .collect();
                let gram = weighted_gram_with_constant(x, &curvature);
                for ((row, column), value) in gram.indexed_iter() {
                    let (row, column) = (row * outputs, column * outputs);
                    matrix[[row + first, column + second]] = sign * value;
                    matrix[[row + second, column + first]] = sign * value;
                }
            }
        }
        for column in 0..=columns {
            for output in 0..outputs {
                let place = column * outputs + output;
                match penalty.intercept {
                    _ if column < columns => matrix[[place, place]] += penalty.l2,
                    Some(ratio) => matrix[[place, place]] += ratio * penalty.l2,
                    None => {
                        matrix.row_mut(place).fill(0.0);
                        matrix.column_mut(place).fill(0.0);
                        matrix[[place, place]] = 1.0;
                    }
                }
            }
        }
        // Moving all classes alike changes no probability, so that intercepts without a penalty need the ridge.
        Some(Self(Kind::Joint { factor: factor(matrix, 1e-12)?, outputs }))
    }

    /// v ← P⁻¹ v; `v` is groups of `wide` columns, lanes being outputs.
    pub fn solve<const LANES: usize>(&self, v: &mut [[f64; LANES]], wide: usize) {
        match &self.0 {
            Kind::Factor(factor) => v.chunks_mut(wide).for_each(|v| factor.solve(v)),
            Kind::Diagonal(diagonal) => {
                for (v, diagonal) in v.chunks_mut(wide).flat_map(|v| v.iter_mut().zip(diagonal)) {
                    v.iter_mut().for_each(|value| *value /= diagonal);
                }
            }
            Kind::Joint { factor, outputs } => {
                let place = |at: usize| {
                    let (column, output) = (at / outputs, at % outputs);
                    ((output / LANES) * wide + column, output % LANES)
                };
                let mut all: Vec<[f64; 1]> =
                    (0..wide * outputs).map(|at| [v[place(at).0][place(at).1]]).collect();
                factor.solve(&mut all);
                for (at, [value]) in all.into_iter().enumerate() {
                    v[place(at).0][place(at).1] = value;
                }
            }
        }
    }
}

fn diagonal(x: ArrayView2<'_, f64>, curvature: &[f64], penalty: Penalty) -> Option<Preconditioner> {
    let columns = x.ncols();
    let mut diagonal = vec![penalty.l2; columns + 1];
    diagonal[columns] = curvature.iter().sum::<f64>() + penalty.intercept.unwrap_or(0.0) * penalty.l2;
    for (row, curvature) in x.rows().into_iter().zip(curvature) {
        diagonal.iter_mut().zip(row).for_each(|(sum, value)| *sum += curvature * value * value);
    }
    let least = diagonal.iter().fold(0.0, |most: f64, value| most.max(*value)) * 1e-8;
    diagonal.iter_mut().for_each(|value| *value = value.max(least));
    least.is_normal().then_some(Preconditioner(Kind::Diagonal(diagonal)))
}

/// With a ridge, for collinear columns without a penalty have no factor; it grows from `least` times the trace.
fn factor(mut matrix: Array2<f64>, least: f64) -> Option<Cholesky> {
    let trace = matrix.diag().sum();
    let mut ridge = trace * least;
    while trace.is_finite() && trace > 0.0 && ridge <= trace {
        matrix.diag_mut().iter_mut().for_each(|value| *value += ridge);
        if let Some(factor) = Cholesky::new(matrix.view()) {
            return Some(factor);
        }
        ridge *= 100.0;
    }
    None
}
