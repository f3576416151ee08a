//! C = A·B on the vector unit at hand, with the rows of A and of B wherever lists of places say: the windows of an
//! image are such rows, and need not be copied one by one.
//!
//! A tile of C stays in registers while the whole depth runs by; nothing is packed, so that few rows of A cost no more
//! than many. Each value is one chain of fused multiply-adds in the order of B's rows, the same on every unit.

use pulp::{Simd, WithSimd};

use crate::audio::vectorised::arch;

/// Columns of a panel on the widest unit.
const WIDEST: usize = 32;
/// Rows of a tile.
const TALLEST: usize = 6;

/// C = A·B, or C += A·B where `add`.
pub struct Product<'a> {
    pub a: &'a [f32],
    /// Where each row of A begins; it is as long as B has rows.
    pub rows: &'a [usize],
    pub b: &'a [f32],
    /// Where each row of B begins.
    pub depth: &'a [usize],
    pub columns: usize,
    pub c: &'a mut [f32],
    pub c_step: usize,
    pub add: bool,
}

/// `count` places `step` apart.
pub fn places(first: usize, step: usize, count: usize) -> Vec<usize> {
    (0..count).map(|place| first + place * step).collect()
}

/// The distance of rows that hold `columns`: an odd number of cache lines, so that a column of rows does not fall
/// into a few sets of the cache, with room for a vector beyond the end.
pub fn row_step(columns: usize) -> usize {
    columns.next_multiple_of(WIDEST) + WIDEST / 2
}

impl Product<'_> {
    pub fn run(self) {
        arch().dispatch(self);
    }
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { a, rows, b, depth, columns, c, c_step, add } = self;
        let width = 2 * S::F32_LANES;
        let furthest = depth.iter().copied().max().unwrap_or(0);
        let tiles = rows.len().div_ceil(TALLEST);
        let (mut copy, mut copied) = (Vec::new(), Vec::new());
        for first in (0..columns).step_by(width) {
            let valid = width.min(columns - first);
            let mut panel = Panel { b, depth, shift: first, valid, add };
            if furthest + first + width > b.len() {
                // A whole vector at the end of the last rows would lie beyond the slice.
                copy.clear();
                copied.clear();
                for place in depth {
                    copied.push(copy.len());
                    copy.extend_from_slice(&b[place + first..][..valid]);
                    copy.resize(copy.len() + width - valid, 0.0);
                }
                panel = Panel { b: &copy, depth: &copied, shift: 0, valid, add };
            }
            let mut row = 0;
            for tile in 0..tiles {
                let height = (rows.len() - row).div_ceil(tiles - tile);
                let (rows, c) = (&rows[row..row + height], &mut c[row * c_step + first..]);
                match height {
                    6 => panel.tile::<S, 6>(simd, a, rows, c, c_step),
                    5 => panel.tile::<S, 5>(simd, a, rows, c, c_step),
                    4 => panel.tile::<S, 4>(simd, a, rows, c, c_step),
                    3 => panel.tile::<S, 3>(simd, a, rows, c, c_step),
                    2 => panel.tile::<S, 2>(simd, a, rows, c, c_step),
                    _ => panel.tile::<S, 1>(simd, a, rows, c, c_step),
                }
                row += height;
            }
        }
    }
}

#[inline(always)]
pub fn load<S: Simd>(values: &[f32]) -> S::f32s {
    S::as_simd_f32s(&values[..S::F32_LANES]).0[0]
}

#[inline(always)]
pub fn store<S: Simd>(values: &mut [f32], vector: S::f32s) {
    S::as_mut_simd_f32s(&mut values[..S::F32_LANES]).0[0] = vector;
}

/// Two vectors' width of B.
#[derive(Clone, Copy)]
struct Panel<'a> {
    b: &'a [f32],
    depth: &'a [usize],
    shift: usize,
    /// Columns that are part of C.
    valid: usize,
    add: bool,
}

impl Panel<'_> {
    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize>(
        self,
        simd: S,
        a: &[f32],
        rows: &[usize],
        c: &mut [f32],
        c_step: usize,
    ) {
        let lanes = S::F32_LANES;
        let deep = self.depth.len();
        let a: [&[f32]; ROWS] = core::array::from_fn(|row| &a[rows[row]..][..deep]);
        let mut sums = [[simd.splat_f32s(0.0); 2]; ROWS];
        for (k, place) in self.depth.iter().enumerate() {
            let seen = &self.b[place + self.shift..][..2 * lanes];
            let (low, high) = (load::<S>(seen), load::<S>(&seen[lanes..]));
            for row in 0..ROWS {
                let factor = simd.splat_f32s(a[row][k]);
                sums[row][0] = simd.mul_add_f32s(factor, low, sums[row][0]);
                sums[row][1] = simd.mul_add_f32s(factor, high, sums[row][1]);
            }
        }
        let mut edge = [0.0f32; WIDEST];
        for (row, [low, high]) in sums.into_iter().enumerate() {
            let c = &mut c[row * c_step..][..self.valid];
            if self.valid == 2 * lanes {
                let old = |at: usize, c: &[f32]| match self.add {
                    true => load::<S>(&c[at..]),
                    false => simd.splat_f32s(0.0),
                };
                let (low, high) = (simd.add_f32s(old(0, c), low), simd.add_f32s(old(lanes, c), high));
                store::<S>(c, low);
                store::<S>(&mut c[lanes..], high);
            } else {
                store::<S>(&mut edge, low);
                store::<S>(&mut edge[lanes..], high);
                for (slot, value) in c.iter_mut().zip(&edge) {
                    *slot = if self.add { *slot + value } else { *value };
                }
            }
        }
    }
}

/// Rows become columns: `to[j · to_step + i]` = `from[rows[i] + j]`.
pub fn transpose(from: &[f32], rows: &[usize], columns: usize, to: &mut [f32], to_step: usize) {
    const SIDE: usize = 16;
    for (block, rows) in rows.chunks(SIDE).enumerate() {
        for first in (0..columns).step_by(SIDE) {
            let width = SIDE.min(columns - first);
            for (i, row) in rows.iter().enumerate() {
                let values = &from[row + first..][..width];
                let to = &mut to[first * to_step + block * SIDE + i..];
                for (j, value) in values.iter().enumerate() {
                    to[j * to_step] = *value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    #[test]
    fn it_is_the_product_of_three_plain_loops_whatever_the_unit() {
        let mut draws = Draws::new(1, "products");
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (13, 37, 20), (6, 64, 3), (11, 32, 40), (4, 9, 0)] {
            let mut random = |count: usize| (0..count).map(|_| draws.normal() as f32).collect::<Vec<_>>();
            let (a, b, start) = (random(m * k + 2), random(k * (n + 3)), random(m * (n + 2)));
            let (rows, depth) = (places(2, k, m), places(0, n + 3, k));
            for add in [false, true] {
                let of = |run: &dyn Fn(Product<'_>)| {
                    let mut c = start.clone();
                    let (a, b) = (&a, &b);
                    run(Product {
                        a,
                        rows: &rows,
                        b,
                        depth: &depth,
                        columns: n,
                        c: &mut c,
                        c_step: n + 2,
                        add,
                    });
                    c
                };
                let c = of(&|product| product.run());
                let plain = of(&|product| product.with_simd(pulp::Scalar));
                assert_eq!(c, plain, "{m} {n} {k} {add}");
                for (i, row) in c.chunks(n + 2).enumerate() {
                    for (j, value) in row.iter().enumerate() {
                        let before = start[i * (n + 2) + j];
                        let sum: f32 = (0..k).map(|l| a[2 + i * k + l] * b[l * (n + 3) + j.min(n)]).sum();
                        let wanted = match j < n {
                            true => sum + if add { before } else { 0.0 },
                            false => before,
                        };
                        assert!((value - wanted).abs() < 1e-4, "{m} {n} {k} {add}: {value} for {wanted}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_transposed_matrix_has_its_rows_as_columns() {
        let from: Vec<f32> = (0..20 * 21).map(|value| value as f32).collect();
        let mut to = vec![-1.0; 19 * 25];
        transpose(&from, &places(1, 21, 20), 19, &mut to, 25);
        for j in 0..19 {
            for i in 0..25 {
                assert_eq!(to[j * 25 + i], if i < 20 { from[1 + i * 21 + j] } else { -1.0 });
            }
        }
    }
}
