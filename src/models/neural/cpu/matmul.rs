//! C = A·B or C += A·B for strided f32 matrices: the one file of the networks with `unsafe` in it.
//!
//! The reason is the `gemm` crate's raw-pointer interface; every extent is checked here before a pointer is made, and
//! the tests hold the product to three plain loops. It always runs on the calling thread: who wants several threads
//! cuts the work into pieces of a fixed size, so that the bits do not depend on how many there are. For the same reason
//! long sums are cut here: left to itself the crate cuts them by the size of the processor's cache.
#![allow(unsafe_code)]

/// A matrix in a slice: element (i, j) lies at `i · row_step + j · column_step`.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_step: usize,
    column_step: usize,
}

pub struct MatrixMut<'a> {
    values: &'a mut [f32],
    rows: usize,
    columns: usize,
    row_step: usize,
}

fn check(len: usize, rows: usize, columns: usize, row_step: usize, column_step: usize) {
    if rows > 0 && columns > 0 {
        let last = (rows - 1) * row_step + (columns - 1) * column_step;
        assert!(last < len, "a matrix of {rows} × {columns} does not lie in {len} values");
    }
}

impl<'a> Matrix<'a> {
    /// Row after row.
    pub fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::strided(values, rows, columns, columns)
    }

    /// Rows that begin `row_step` apart.
    pub fn strided(values: &'a [f32], rows: usize, columns: usize, row_step: usize) -> Self {
        check(values.len(), rows, columns, row_step, 1);
        Self { values, rows, columns, row_step, column_step: 1 }
    }

    /// So many of the columns, which it has.
    fn columns_from(self, begin: usize, count: usize) -> Self {
        let values = &self.values[begin * self.column_step..];
        check(values.len(), self.rows, count, self.row_step, self.column_step);
        Self { values, columns: count, ..self }
    }

    pub fn t(self) -> Self {
        Self {
            values: self.values,
            rows: self.columns,
            columns: self.rows,
            row_step: self.column_step,
            column_step: self.row_step,
        }
    }
}

impl<'a> MatrixMut<'a> {
    pub fn new(values: &'a mut [f32], rows: usize, columns: usize) -> Self {
        Self::strided(values, rows, columns, columns)
    }

    pub fn strided(values: &'a mut [f32], rows: usize, columns: usize, row_step: usize) -> Self {
        check(values.len(), rows, columns, row_step, 1);
        assert!(rows <= 1 || row_step >= columns, "rows that overlap");
        Self { values, rows, columns, row_step }
    }
}

/// What the `gemm` crate adds up in one go with a cache of any size.
const LONGEST_SUM: usize = 512;

/// C = A·B, or C += A·B where `add`.
pub fn multiply(mut c: MatrixMut<'_>, a: Matrix<'_>, b: Matrix<'_>, add: bool) {
    assert!(a.rows == c.rows && b.columns == c.columns && a.columns == b.rows, "shapes do not fit");
    if c.rows == 0 || c.columns == 0 {
        return;
    }
    if a.columns == 0 {
        if !add {
            for row in 0..c.rows {
                c.values[row * c.row_step..][..c.columns].fill(0.0);
            }
        }
        return;
    }
    let length = a.columns.div_ceil(a.columns.div_ceil(LONGEST_SUM));
    for begin in (0..a.columns).step_by(length) {
        let count = length.min(a.columns - begin);
        multiply_piece(
            &mut c,
            a.columns_from(begin, count),
            b.t().columns_from(begin, count).t(),
            add || begin > 0,
        );
    }
}

/// The product of matrices with at least one element each.
fn multiply_piece(c: &mut MatrixMut<'_>, a: Matrix<'_>, b: Matrix<'_>, add: bool) {
    let [c_row, a_row, a_column, b_row, b_column] =
        [c.row_step, a.row_step, a.column_step, b.row_step, b.column_step].map(|step| step as isize);
    // SAFETY: `check` made sure that the last element of each matrix lies in its slice; the slices outlive the
    // call; C is borrowed mutably, so it overlaps neither A nor B, and its own rows do not overlap.
    unsafe {
        gemm::gemm(
            c.rows,
            c.columns,
            a.columns,
            c.values.as_mut_ptr(),
            1,
            c_row,
            add,
            a.values.as_ptr(),
            a_column,
            a_row,
            b.values.as_ptr(),
            b_column,
            b_row,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    #[test]
    fn it_is_the_product_of_three_plain_loops() {
        let mut draws = Draws::new(1, "matmul");
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (33, 17, 64), (64, 100, 1), (5, 3, 0)] {
            let mut random = |count: usize| (0..count).map(|_| draws.normal() as f32).collect::<Vec<_>>();
            let (a, bt, start) = (random(m * k), random(n * k), random(m * (n + 2)));
            for add in [false, true] {
                let mut c = start.clone();
                let out = MatrixMut::strided(&mut c, m, n, n + 2);
                multiply(out, Matrix::new(&a, m, k), Matrix::new(&bt, n, k).t(), add);
                for i in 0..m {
                    for j in 0..n + 2 {
                        let before = f64::from(start[i * (n + 2) + j]);
                        let sum: f64 = (0..if j < n { k } else { 0 })
                            .map(|l| f64::from(a[i * k + l]) * f64::from(bt[j * k + l]))
                            .sum();
                        let wanted = match j < n {
                            true => sum + if add { before } else { 0.0 },
                            false => before,
                        };
                        assert!((f64::from(c[i * (n + 2) + j]) - wanted).abs() < 1e-4, "{m} {n} {k} {add}");
                    }
                }
            }
        }
    }

    /// Left to itself the `gemm` crate would cut this sum at 512 or 1024, or not at all, by the processor's cache.
    #[test]
    fn long_sums_are_the_same_bits_whatever_the_cache() {
        let (m, n, k) = (128, 96, 1728);
        let mut draws = Draws::new(2, "matmul");
        let mut random = |count: usize| (0..count).map(|_| draws.normal() as f32).collect::<Vec<_>>();
        let (a, b) = (random(m * k), random(k * n));
        let mut c = vec![0.0; m * n];
        multiply(MatrixMut::new(&mut c, m, n), Matrix::new(&a, m, k), Matrix::new(&b, k, n), false);
        // Without fused multiplication every step is rounded twice.
        #[cfg(target_arch = "x86_64")]
        if !std::is_x86_feature_detected!("fma") {
            return;
        }
        for (place, value) in c.iter().enumerate() {
            let (row, column) = (place / n, place % n);
            let of_piece = |begin: usize| {
                (begin..begin + 432).fold(0.0f32, |sum, l| a[row * k + l].mul_add(b[l * n + column], sum))
            };
            let sum = (0..k).step_by(432).map(of_piece).reduce(|sum, piece| sum + piece);
            assert_eq!(Some(*value), sum, "{row} {column}");
        }
    }

    #[test]
    #[should_panic(expected = "does not lie in")]
    fn a_matrix_larger_than_its_slice_is_refused() {
        Matrix::new(&[0.0; 5], 2, 3);
    }
}
