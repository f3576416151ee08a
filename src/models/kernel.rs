//! Kernel functions of two rows, and blocks of them by matrix products.
//!
//! - linear: a·b
//! - poly: (γ a·b + coef0)^degree
//! - rbf: exp(−γ ‖a − b‖²)
//! - sigmoid: tanh(γ a·b + coef0)
//!
//! Rows are scaled by √γ (rbf: √(2γ), after the training mean is taken off, which leaves distances as they
//! are), so that a block is one product in f32 and one pass over it; rbf is exp(a·b − ½‖a‖² − ½‖b‖²). Where
//! scaled rows are so long that a curved kernel would lose digits, the product is taken in f64. An entry has
//! the same bits whatever block it is computed in, and K(a, b) has those of K(b, a).

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, s};
use pulp::NullaryFnOnce;
use rayon::prelude::*;

use crate::audio::vectorised::Arch;
use serde::{Deserialize, Serialize};

/// A kernel with its parameters in effect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Kernel {
    Linear,
    Poly { gamma: f64, coef0: f64, degree: i32 },
    Rbf { gamma: f64 },
    Sigmoid { gamma: f64, coef0: f64 },
}

impl Kernel {
    fn scale(self) -> f64 {
        match self {
            Self::Linear => 1.0,
            Self::Poly { gamma, .. } | Self::Sigmoid { gamma, .. } => gamma.sqrt(),
            Self::Rbf { gamma } => (2.0 * gamma).sqrt(),
        }
    }

    /// From the product of two scaled rows and half of each squared length.
    fn of(self, product: f64, halves: (f64, f64)) -> f64 {
        match self {
            Self::Linear => product,
            Self::Poly { coef0, degree, .. } => (product + coef0).powi(degree),
            Self::Rbf { .. } => (product - (halves.0 + halves.1)).min(0.0).exp(),
            Self::Sigmoid { coef0, .. } => (product + coef0).tanh(),
        }
    }
}

/// Half of a squared length beyond which f32 products lose digits of a curved kernel that matter.
const LONG: f64 = 64.0;

const ROWS_A_TILE: usize = 128;

/// How rows are made ready for a kernel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KernelSpace {
    kernel: Kernel,
    centre: Array1<f64>,
    double: bool,
}

/// Rows made ready.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KernelRows {
    values: Values,
    /// ½‖a‖² of the values as stored.
    halves: Vec<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Values {
    Single(Array2<f32>),
    Double(Array2<f64>),
}

impl KernelRows {
    pub fn len(&self) -> usize {
        self.halves.len()
    }

    /// A copy of the rows `chosen`, in that order.
    pub fn select(&self, chosen: &[usize]) -> Self {
        let values = match &self.values {
            Values::Single(values) => Values::Single(values.select(Axis(0), chosen)),
            Values::Double(values) => Values::Double(values.select(Axis(0), chosen)),
        };
        Self { values, halves: chosen.iter().map(|row| self.halves[*row]).collect() }
    }
}

impl KernelSpace {
    /// The space of the training rows `x`, which are made ready in it; `None` where numbers overflow.
    pub fn new(kernel: Kernel, x: ArrayView2<'_, f64>) -> Option<(Self, KernelRows)> {
        let centre = match kernel {
            // With a constant in the decision a shift of all rows changes nothing but the rounding.
            Kernel::Rbf { .. } | Kernel::Linear => x.mean_axis(Axis(0))?,
            _ => Array1::zeros(x.ncols()),
        };
        let mut space = Self { kernel, centre, double: false };
        let mut rows = space.rows(x);
        let longest = rows.halves.iter().fold(0.0, |longest: f64, half| longest.max(*half));
        if kernel != Kernel::Linear && longest.partial_cmp(&LONG) != Some(std::cmp::Ordering::Less) {
            space.double = true;
            rows = space.rows(x);
        }
        // f32 holds the entries, and sums of entries must not overflow either.
        let fits = |row: usize| space.diagonal(&rows, row).abs() < 1e30 && rows.halves[row] < 1e30;
        (kernel.scale().is_finite() && (0..rows.len()).all(fits)).then_some((space, rows))
    }

    /// `x` made ready.
    pub fn rows(&self, x: ArrayView2<'_, f64>) -> KernelRows {
        let scale = self.kernel.scale();
        if self.double {
            let ready = (&x - &self.centre) * scale;
            let halves = ready.rows().into_iter().map(|row| row.dot(&row) / 2.0).collect();
            return KernelRows { values: Values::Double(ready), halves };
        }
        let (rows, columns) = x.dim();
        let (mut values, mut halves) = (Array2::zeros((rows, columns)), vec![0.0; rows]);
        let blocks = values.as_slice_mut().unwrap_or_default().par_chunks_mut((ROWS_A_TILE * columns).max(1));
        blocks.zip(halves.par_chunks_mut(ROWS_A_TILE)).enumerate().for_each(|(block, (values, halves))| {
            let from = x.slice(s![block * ROWS_A_TILE.., ..]);
            for ((values, half), row) in values.chunks_exact_mut(columns).zip(halves).zip(from.rows()) {
                for ((value, from), centre) in values.iter_mut().zip(row).zip(&self.centre) {
                    *value = ((from - centre) * scale) as f32;
                }
                let square = |value: &f32| f64::from(*value) * f64::from(*value);
                *half = values.iter().map(square).sum::<f64>() / 2.0;
            }
        });
        KernelRows { values: Values::Single(values), halves }
    }

    /// K(a, a) of one row.
    pub fn diagonal(&self, rows: &KernelRows, row: usize) -> f64 {
        let half = rows.halves[row];
        self.kernel.of(2.0 * half, (half, half))
    }

    /// `out` = K(a, b) for the rows `left` of `a` and the rows `right` of `b`.
    pub fn block(
        &self,
        (a, left): (&KernelRows, Range<usize>),
        (b, right): (&KernelRows, Range<usize>),
        mut out: ArrayViewMut2<'_, f32>,
    ) {
        for start in (0..left.len()).step_by(ROWS_A_TILE) {
            let end = (start + ROWS_A_TILE).min(left.len());
            let tile = left.start + start..left.start + end;
            self.tile((a, tile), (b, right.clone()), out.slice_mut(s![start..end, ..]));
        }
    }

    /// K(a, a) of the rows `range`, computed above the diagonal and mirrored below it.
    pub fn symmetric_block(&self, rows: &KernelRows, range: Range<usize>, mut out: ArrayViewMut2<'_, f32>) {
        for start in (0..range.len()).step_by(ROWS_A_TILE) {
            let end = (start + ROWS_A_TILE).min(range.len());
            let (tile, rest) = (range.start + start..range.start + end, range.start + start..range.end);
            self.tile((rows, tile), (rows, rest), out.slice_mut(s![start..end, start..]));
            let (above, below) = out.multi_slice_mut((s![start..end, end..], s![end.., start..end]));
            transpose(above.view(), below);
        }
    }

    fn tile(
        &self,
        (a, left): (&KernelRows, Range<usize>),
        (b, right): (&KernelRows, Range<usize>),
        mut out: ArrayViewMut2<'_, f32>,
    ) {
        let (a_halves, b_halves) = (&a.halves[left.clone()], &b.halves[right.clone()]);
        match (&a.values, &b.values) {
            (Values::Single(a), Values::Single(b)) => {
                let (a, b) = (a.slice(s![left, ..]), b.slice(s![right, ..]));
                general_mat_mul(1.0, &a, &b.t(), 0.0, &mut out);
                if let Kernel::Rbf { .. } = self.kernel {
                    let b_halves: Vec<f32> = b_halves.iter().map(|half| *half as f32).collect();
                    for (mut row, half) in out.rows_mut().into_iter().zip(a_halves) {
                        if let Some(products) = row.as_slice_mut() {
                            vector_unit().dispatch(Gaussian {
                                products,
                                half: *half as f32,
                                halves: &b_halves,
                            });
                        }
                    }
                } else if self.kernel != Kernel::Linear {
                    out.mapv_inplace(|product| self.kernel.of(f64::from(product), (0.0, 0.0)) as f32);
                }
            }
            (Values::Double(a), Values::Double(b)) => {
                let products = a.slice(s![left, ..]).dot(&b.slice(s![right, ..]).t());
                for ((row, column), product) in products.indexed_iter() {
                    out[[row, column]] = self.kernel.of(*product, (a_halves[row], b_halves[column])) as f32;
                }
            }
            // Rows of one space are all of one kind.
            _ => out.fill(0.0),
        }
    }
}

/// `to` = `from` transposed, by way of squares that stay in the first cache.
pub fn transpose(from: ArrayView2<'_, f32>, mut to: ArrayViewMut2<'_, f32>) {
    const SIDE: usize = 32;
    let mut square = [[0f32; SIDE]; SIDE];
    for row in (0..from.nrows()).step_by(SIDE) {
        let rows = SIDE.min(from.nrows() - row);
        for column in (0..from.ncols()).step_by(SIDE) {
            let columns = SIDE.min(from.ncols() - column);
            for (line, square) in square.iter_mut().enumerate().take(rows) {
                if let Some(line) = from.row(row + line).to_slice() {
                    square[..columns].copy_from_slice(&line[column..column + columns]);
                }
            }
            for line in 0..columns {
                if let Some(to) = to.row_mut(column + line).into_slice() {
                    for (to, square) in to[row..row + rows].iter_mut().zip(&square) {
                        *to = square[line];
                    }
                }
            }
        }
    }
}

/// The vector unit of this machine.
pub fn vector_unit() -> Arch {
    static UNIT: std::sync::OnceLock<Arch> = std::sync::OnceLock::new();
    *UNIT.get_or_init(Arch::new)
}

/// products[j] = exp(products[j] − (half + halves[j])), at most 1; compiled once for each vector unit.
struct Gaussian<'a> {
    products: &'a mut [f32],
    half: f32,
    halves: &'a [f32],
}

impl NullaryFnOnce for Gaussian<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (product, half) in self.products.iter_mut().zip(self.halves) {
            *product = exp_of_negative(*product - (self.half + half));
        }
    }
}

/// exp(x) for x ≤ 0 (above 0 it is 1) to 1e-7 relative; below e⁻⁸⁷ it stays there. Cephes' expf; `neural/cpu/gates.rs`
/// has the same function with fused multiply-adds: one in the place of both would change the last bits of fitted
/// machines or of trained networks.
#[inline(always)]
#[allow(clippy::excessive_precision)]
fn exp_of_negative(x: f32) -> f32 {
    // Adding 1.5 · 2²³ rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // No number is infinitely far minus infinitely far: farther than anything.
    let x = if x > 0.0 { 0.0 } else { x };
    let x = if x > -87.0 { x } else { -87.0 };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = (x - whole * 0.693_359_375) - whole * -2.121_944_4e-4;
    let mut p = 1.987_569_15e-4;
    for next in [1.398_199_95e-3, 8.333_451_9e-3, 4.166_579_6e-2, 1.666_666_55e-1, 5.000_000_1e-1] {
        p = p * r + next;
    }
    let p = p * (r * r) + r + 1.0;
    p * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    #[test]
    fn the_fast_exponential_is_the_exponential() {
        for step in 0..=86_000 {
            let x = -(step as f32) / 1000.0;
            let (ours, exact) = (f64::from(exp_of_negative(x)), f64::from(x).exp());
            assert!((ours - exact).abs() <= 2e-7 * exact, "{x}: {ours} {exact}");
        }
        assert_eq!(exp_of_negative(0.0), 1.0);
        assert!(exp_of_negative(f32::NEG_INFINITY) < 1e-37 && exp_of_negative(f32::NAN) < 1e-37);
    }

    #[test]
    fn blocks_are_the_formula_and_symmetric_to_the_bit() {
        let mut draws = Draws::new(1, "kernel");
        for (shift, spread, tolerance) in [(3.0, 1.0, 1e-6), (3.0, 100.0, 1e-6), (1000.0, 1.0, 1e-6)] {
            let x = Array2::from_shape_fn((300, 7), |_| shift + spread * draws.normal());
            for kernel in [
                Kernel::Linear,
                Kernel::Poly { gamma: 0.1, coef0: 0.5, degree: 3 },
                Kernel::Rbf { gamma: 0.05 },
                Kernel::Sigmoid { gamma: 0.01, coef0: -0.3 },
                // Long rows whose products are near 0 once the constant is taken off.
                Kernel::Sigmoid { gamma: 0.01, coef0: -0.07 * shift * shift },
            ] {
                let (space, rows) = KernelSpace::new(kernel, x.view()).unwrap();
                let (mut whole, mut parts) = (Array2::zeros((300, 300)), Array2::zeros((300, 300)));
                space.symmetric_block(&rows, 0..300, whole.view_mut());
                let (mut left, mut right) = parts.view_mut().split_at(Axis(1), 77);
                space.block((&rows, 0..300), (&rows, 0..77), left.view_mut());
                space.block((&rows, 0..300), (&rows, 77..300), right.view_mut());
                assert_eq!(whole, parts);
                assert_eq!(whole, whole.t());
                // The straight kernel is of rows about their mean.
                let mean = x.mean_axis(Axis(0)).unwrap();
                let of = if matches!(kernel, Kernel::Linear) { &x - &mean } else { x.clone() };
                for ((a, b), value) in whole.indexed_iter() {
                    let (a, b) = (of.row(a), of.row(b));
                    let (dot, far) = (a.dot(&b), (&a - &b).mapv(|gap| gap * gap).sum());
                    let exact = match kernel {
                        Kernel::Linear => dot,
                        Kernel::Poly { gamma, coef0, degree } => (gamma * dot + coef0).powi(degree),
                        Kernel::Rbf { gamma } => (-gamma * far).exp(),
                        Kernel::Sigmoid { gamma, coef0 } => (gamma * dot + coef0).tanh(),
                    };
                    let size = a.dot(&a).max(b.dot(&b));
                    let allowed = match kernel {
                        Kernel::Linear => size,
                        Kernel::Poly { .. } => (0.1 * size + 0.5).powi(3),
                        Kernel::Rbf { .. } => 1.0,
                        Kernel::Sigmoid { .. } => 1.0,
                    } * tolerance;
                    assert!((f64::from(*value) - exact).abs() <= allowed, "{kernel:?} {value} {exact}");
                }
            }
        }
    }
}
