//! The Gram matrices XᵀX and [X 1]ᵀ D [X 1], computed once above the diagonal and mirrored below it.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, s};

const COLUMNS_A_BLOCK: usize = 96;

const ROWS_A_BLOCK: usize = 512;

/// Columns × columns.
pub fn gram(x: ArrayView2<'_, f64>) -> Array2<f64> {
    let mut gram = Array2::zeros((x.ncols(), x.ncols()));
    add_upper(x, &mut gram);
    mirror(&mut gram);
    gram
}

/// (Columns + 1) × (columns + 1), the last column being a constant 1; `weights` ≥ 0, one a row.
pub fn weighted_gram_with_constant(x: ArrayView2<'_, f64>, weights: &[f64]) -> Array2<f64> {
    let columns = x.ncols();
    let mut gram = Array2::zeros((columns + 1, columns + 1));
    let mut block = Array2::ones((ROWS_A_BLOCK, columns + 1));
    for start in (0..x.nrows()).step_by(ROWS_A_BLOCK) {
        let rows = ROWS_A_BLOCK.min(x.nrows() - start);
        for row in 0..rows {
            let root = weights[start + row].sqrt();
            let mut scaled = block.row_mut(row);
            scaled.slice_mut(s![..columns]).assign(&x.row(start + row));
            scaled[columns] = 1.0;
            scaled *= root;
        }
        add_upper(block.slice(s![..rows, ..]), &mut gram);
    }
    mirror(&mut gram);
    gram
}

fn add_upper(x: ArrayView2<'_, f64>, gram: &mut Array2<f64>) {
    let columns = x.ncols();
    for start in (0..columns).step_by(COLUMNS_A_BLOCK) {
        let end = (start + COLUMNS_A_BLOCK).min(columns);
        let (left, right) = (x.slice(s![.., start..end]), x.slice(s![.., start..]));
        general_mat_mul(1.0, &left.t(), &right, 1.0, &mut gram.slice_mut(s![start..end, start..]));
    }
}

fn mirror(gram: &mut Array2<f64>) {
    for row in 0..gram.nrows() {
        for column in 0..row {
            gram[[row, column]] = gram[[column, row]];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_meet_and_the_matrix_is_symmetric() {
        let x = Array2::from_shape_fn((5, 200), |(row, column)| ((row * 7 + column * 3) % 11) as f64 - 5.0);
        assert_eq!(gram(x.view()), x.t().dot(&x));
    }

    #[test]
    fn weights_and_the_constant_column_count() {
        let x = Array2::from_shape_fn((700, 3), |(row, column)| ((row * 5 + column) % 7) as f64);
        let weights: Vec<f64> = (0..700).map(|row| (row % 3) as f64).collect();
        let found = weighted_gram_with_constant(x.view(), &weights);
        let sum = |a: usize, b: usize| -> f64 {
            let value = |row: usize, column: usize| if column == 3 { 1.0 } else { x[[row, column]] };
            (0..700).map(|row| weights[row] * value(row, a) * value(row, b)).sum()
        };
        assert!(
            found.indexed_iter().all(|((a, b), value)| (value - sum(a, b)).abs() < 1e-9 * (1.0 + sum(a, b)))
        );
    }
}
