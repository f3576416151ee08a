//! The Cholesky factor of a symmetric positive definite matrix, A = L Lᵀ, and solving with it.

use ndarray::{Array2, ArrayView2};

use super::dot::dot;

/// The lower triangle row by row, and again column by column, so that both solves run along memory.
#[derive(Debug, Clone)]
pub struct Cholesky {
    lower: Array2<f64>,
    upper: Array2<f64>,
}

impl Cholesky {
    /// `None` where the matrix is not positive definite to working precision.
    pub fn new(matrix: ArrayView2<'_, f64>) -> Option<Self> {
        let size = matrix.nrows();
        let mut lower: Vec<Vec<f64>> = Vec::with_capacity(size);
        for row in 0..size {
            let mut values = Vec::with_capacity(row + 1);
            for column in 0..row {
                let above: &[f64] = &lower[column];
                let sum = dot(&values, &above[..column]);
                values.push((matrix[[row, column]] - sum) / above[column]);
            }
            let pivot = matrix[[row, row]] - dot(&values, &values);
            if !(pivot > matrix[[row, row]] * f64::EPSILON && pivot.is_finite()) {
                return None;
            }
            values.push(pivot.sqrt());
            lower.push(values);
        }
        let full = |row: usize, column: usize| lower[row].get(column).copied().unwrap_or(0.0);
        let lower = Array2::from_shape_fn((size, size), |(row, column)| full(row, column));
        let upper = lower.t().as_standard_layout().into_owned();
        Some(Self { lower, upper })
    }

    /// x ← A⁻¹ x for `LANES` right sides at once, held as size × lanes.
    pub fn solve<const LANES: usize>(&self, x: &mut [[f64; LANES]]) {
        for row in 0..x.len() {
            let (done, rest) = x.split_at_mut(row);
            substitute(&mut rest[0], done, self.lower.row(row).as_slice().unwrap_or(&[]));
            let pivot = self.lower[[row, row]];
            rest[0].iter_mut().for_each(|value| *value /= pivot);
        }
        for row in (0..x.len()).rev() {
            let (rest, done) = x.split_at_mut(row + 1);
            let factors = self.upper.row(row);
            substitute(&mut rest[row], done, &factors.as_slice().unwrap_or(&[])[row + 1..]);
            let pivot = self.lower[[row, row]];
            rest[row].iter_mut().for_each(|value| *value /= pivot);
        }
    }
}

fn substitute<const LANES: usize>(value: &mut [f64; LANES], done: &[[f64; LANES]], factors: &[f64]) {
    let mut sum = *value;
    for (done, factor) in done.iter().zip(factors) {
        for lane in 0..LANES {
            sum[lane] -= factor * done[lane];
        }
    }
    *value = sum;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    #[test]
    fn solving_undoes_multiplying() {
        let mut draws = Draws::new(8, "cholesky");
        let x = Array2::from_shape_fn((40, 23), |_| draws.normal());
        let matrix = x.t().dot(&x);
        let mut answer: Vec<[f64; 2]> = (0..23).map(|_| [draws.normal(), draws.normal()]).collect();
        let known = answer.clone();
        for lane in 0..2 {
            let column: ndarray::Array1<f64> = known.iter().map(|pair| pair[lane]).collect();
            matrix.dot(&column).iter().zip(&mut answer).for_each(|(value, pair)| pair[lane] = *value);
        }
        Cholesky::new(matrix.view()).unwrap().solve(&mut answer);
        for (answer, known) in answer.iter().flatten().zip(known.iter().flatten()) {
            assert!((answer - known).abs() < 1e-10);
        }
    }

    #[test]
    fn a_singular_matrix_is_refused() {
        assert!(Cholesky::new(Array2::ones((3, 3)).view()).is_none());
        assert!(Cholesky::new(Array2::from_elem((1, 1), f64::NAN).view()).is_none());
    }
}
