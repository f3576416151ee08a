//! The Gram matrix XᵀX, computed once above the diagonal and mirrored below it.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, s};

const COLUMNS_A_BLOCK: usize = 96;

/// Columns × columns.
pub fn gram(x: ArrayView2<'_, f64>) -> Array2<f64> {
    let columns = x.ncols();
    let mut gram = Array2::zeros((columns, columns));
    for start in (0..columns).step_by(COLUMNS_A_BLOCK) {
        let end = (start + COLUMNS_A_BLOCK).min(columns);
        let left = x.slice(s![.., start..end]);
        general_mat_mul(1.0, &left.t(), &x.slice(s![.., start..]), 0.0, &mut gram.slice_mut(s![start..end, start..]));
    }
    for row in 0..columns {
        for column in 0..row {
            gram[[row, column]] = gram[[column, row]];
        }
    }
    gram
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_meet_and_the_matrix_is_symmetric() {
        let x = Array2::from_shape_fn((5, 200), |(row, column)| ((row * 7 + column * 3) % 11) as f64 - 5.0);
        assert_eq!(gram(x.view()), x.t().dot(&x));
    }
}
