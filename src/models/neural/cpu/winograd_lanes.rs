//! The small transforms of Winograd's F(4×4, 3×3), a vector of tiles at a time, and a plane's rows taken apart for them.
//!
//! Lavin & Gray 2016: a tile of 4×4 outputs is Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A for a 6×6 tile d of the input and a 3×3
//! kernel g, with 36 products for the 144 of the definition. What follows from it backwards are the same matrices the
//! other way round. The points are 0, ±1, ±2 and ∞.
// Rows and columns of small matrices are called by their numbers here.
#![allow(clippy::needless_range_loop)]

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::products::{load, store};

/// Values of a transformed tile.
pub const POINTS: usize = 36;
/// Outputs along a tile's side.
pub const SIDE: usize = 4;
/// Beyond a row's end a whole vector may be read or written.
pub const BEYOND: usize = 16;

#[inline(always)]
fn sum<S: Simd, const N: usize>(simd: S, terms: [(f32, S::f32s); N]) -> S::f32s {
    let mut total = simd.mul_f32s(simd.splat_f32s(terms[0].0), terms[0].1);
    for (factor, value) in &terms[1..] {
        total = simd.mul_add_f32s(simd.splat_f32s(*factor), *value, total);
    }
    total
}

/// Bᵀ d.
#[inline(always)]
fn input_to_points<S: Simd>(simd: S, d: [S::f32s; 6]) -> [S::f32s; 6] {
    let [d0, d1, d2, d3, d4, d5] = d;
    let (even, odd) = (sum(simd, [(-4.0, d2), (1.0, d4)]), sum(simd, [(-4.0, d1), (1.0, d3)]));
    let (near, far) = (simd.sub_f32s(d4, d2), simd.sub_f32s(d3, d1));
    [
        sum(simd, [(4.0, d0), (-5.0, d2), (1.0, d4)]),
        simd.add_f32s(even, odd),
        simd.sub_f32s(even, odd),
        simd.mul_add_f32s(simd.splat_f32s(2.0), far, near),
        simd.mul_add_f32s(simd.splat_f32s(-2.0), far, near),
        sum(simd, [(4.0, d1), (-5.0, d3), (1.0, d5)]),
    ]
}

/// B m.
#[inline(always)]
fn points_to_input<S: Simd>(simd: S, m: [S::f32s; 6]) -> [S::f32s; 6] {
    let [m0, m1, m2, m3, m4, m5] = m;
    let (ones, twos) = (simd.add_f32s(m1, m2), simd.add_f32s(m3, m4));
    let (one, two) = (simd.sub_f32s(m1, m2), simd.sub_f32s(m3, m4));
    [
        sum(simd, [(4.0, m0)]),
        sum(simd, [(-4.0, one), (-2.0, two), (4.0, m5)]),
        sum(simd, [(-5.0, m0), (-4.0, ones), (-1.0, twos)]),
        sum(simd, [(1.0, one), (2.0, two), (-5.0, m5)]),
        simd.add_f32s(m0, simd.add_f32s(ones, twos)),
        m5,
    ]
}

/// Aᵀ m.
#[inline(always)]
fn points_to_output<S: Simd>(simd: S, m: [S::f32s; 6]) -> [S::f32s; 4] {
    let [m0, m1, m2, m3, m4, m5] = m;
    let (ones, twos) = (simd.add_f32s(m1, m2), simd.add_f32s(m3, m4));
    let (one, two) = (simd.sub_f32s(m1, m2), simd.sub_f32s(m3, m4));
    [
        simd.add_f32s(m0, simd.add_f32s(ones, twos)),
        simd.mul_add_f32s(simd.splat_f32s(2.0), two, one),
        simd.mul_add_f32s(simd.splat_f32s(4.0), twos, ones),
        simd.add_f32s(m5, simd.mul_add_f32s(simd.splat_f32s(8.0), two, one)),
    ]
}

/// A y.
#[inline(always)]
fn output_to_points<S: Simd>(simd: S, y: [S::f32s; 4]) -> [S::f32s; 6] {
    let [y0, y1, y2, y3] = y;
    let (even, odd) = (simd.add_f32s(y0, y2), simd.add_f32s(y1, y3));
    let (even2, odd2) = (sum(simd, [(1.0, y0), (4.0, y2)]), sum(simd, [(2.0, y1), (8.0, y3)]));
    [
        y0,
        simd.add_f32s(even, odd),
        simd.sub_f32s(even, odd),
        simd.add_f32s(even2, odd2),
        simd.sub_f32s(even2, odd2),
        y3,
    ]
}

/// Rows and columns of one channel, by phase: the values at columns 0, 4, 8, … of a row, then those at 1, 5, 9, …
#[derive(Debug, Default)]
pub struct Phases {
    values: Vec<f32>,
    line: Vec<f32>,
    width: usize,
}

impl Phases {
    /// Room for `rows` rows of `tiles` tiles and what the last tile sees beyond them; all zero.
    pub fn clear(&mut self, rows: usize, tiles: usize) {
        self.width = tiles + 1 + BEYOND;
        self.values.clear();
        self.values.resize(rows * SIDE * self.width, 0.0);
        self.line.clear();
        self.line.resize(SIDE * (tiles + 1), 0.0);
    }

    fn at(&self, row: usize, phase: usize) -> usize {
        (row * SIDE + phase) * self.width
    }

    /// Takes an image row, whose first value has column `margin`.
    pub fn put(&mut self, row: usize, margin: usize, values: &[f32]) {
        let count = values.len().min(self.line.len() - margin);
        self.line[margin..margin + count].copy_from_slice(&values[..count]);
        self.line[margin + count..].fill(0.0);
        let start = self.at(row, 0);
        let (zero, rest) = self.values[start..][..SIDE * self.width].split_at_mut(self.width);
        let (one, rest) = rest.split_at_mut(self.width);
        let (two, three) = rest.split_at_mut(self.width);
        let slots = zero.iter_mut().zip(one).zip(two.iter_mut().zip(three));
        for (four, ((a, b), (c, d))) in self.line.as_chunks::<SIDE>().0.iter().zip(slots) {
            [*a, *b, *c, *d] = *four;
        }
    }

    /// The values of a row from column `margin` on.
    pub fn row(&mut self, row: usize, margin: usize, count: usize) -> &[f32] {
        let start = self.at(row, 0);
        let (zero, rest) = self.values[start..][..SIDE * self.width].split_at(self.width);
        let (one, rest) = rest.split_at(self.width);
        let (two, three) = rest.split_at(self.width);
        let slots = zero.iter().zip(one).zip(two.iter().zip(three));
        for (four, ((a, b), (c, d))) in self.line.as_chunks_mut::<SIDE>().0.iter_mut().zip(slots) {
            *four = [*a, *b, *c, *d];
        }
        &self.line[margin..margin + count]
    }
}

/// One channel's tile rows, and where their tiles lie: row `point` of `points` begins at `point · step`.
pub struct Run<'a> {
    pub phases: &'a mut Phases,
    /// Tile rows.
    pub tile_rows: Range<usize>,
    pub tiles: usize,
    /// Place of the first tile.
    pub first: usize,
    pub step: usize,
}

/// 6×6 windows of the input to points.
pub struct InputToPoints<'a>(pub Run<'a>, pub &'a mut [f32]);

/// 4×4 blocks of the output to points.
pub struct OutputToPoints<'a>(pub Run<'a>, pub &'a mut [f32]);

/// Points to 4×4 blocks of the output; rows of points begin at the places of the list instead.
pub struct PointsToOutput<'a>(pub Run<'a>, pub &'a [f32]);

/// Points added to 6×6 windows of the input.
pub struct PointsToInput<'a>(pub Run<'a>, pub &'a [f32]);

impl WithSimd for InputToPoints<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self(run, points) = self;
        let values = &run.phases.values;
        for (place, tile_row) in run.tile_rows.enumerate() {
            for tile in (0..run.tiles).step_by(S::F32_LANES) {
                let mut half = [[simd.splat_f32s(0.0); 6]; 6];
                for column in 0..6 {
                    let from = |row: usize| {
                        let at = ((SIDE * tile_row + row) * SIDE + column % SIDE) * run.phases.width;
                        load::<S>(&values[at + tile + column / SIDE..])
                    };
                    let rows = [from(0), from(1), from(2), from(3), from(4), from(5)];
                    half[column] = input_to_points(simd, rows);
                }
                let to = &mut points[run.first + place * run.tiles + tile..];
                for a in 0..6 {
                    let line = [half[0][a], half[1][a], half[2][a], half[3][a], half[4][a], half[5][a]];
                    for (b, value) in input_to_points(simd, line).into_iter().enumerate() {
                        store::<S>(&mut to[(a * 6 + b) * run.step..], value);
                    }
                }
            }
        }
    }
}

impl WithSimd for OutputToPoints<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self(run, points) = self;
        let values = &run.phases.values;
        for (place, tile_row) in run.tile_rows.enumerate() {
            for tile in (0..run.tiles).step_by(S::F32_LANES) {
                let mut half = [[simd.splat_f32s(0.0); 6]; 4];
                for column in 0..4 {
                    let from = |row: usize| {
                        let at = ((SIDE * tile_row + row) * SIDE + column) * run.phases.width;
                        load::<S>(&values[at + tile..])
                    };
                    half[column] = output_to_points(simd, [from(0), from(1), from(2), from(3)]);
                }
                let to = &mut points[run.first + place * run.tiles + tile..];
                for a in 0..6 {
                    let line = [half[0][a], half[1][a], half[2][a], half[3][a]];
                    for (b, value) in output_to_points(simd, line).into_iter().enumerate() {
                        store::<S>(&mut to[(a * 6 + b) * run.step..], value);
                    }
                }
            }
        }
    }
}

impl WithSimd for PointsToOutput<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self(run, points) = self;
        for (place, tile_row) in run.tile_rows.enumerate() {
            for tile in (0..run.tiles).step_by(S::F32_LANES) {
                let from = &points[run.first + place * run.tiles + tile..];
                let mut half = [[simd.splat_f32s(0.0); 4]; 6];
                for b in 0..6 {
                    let at = |a: usize| load::<S>(&from[(a * 6 + b) * run.step..]);
                    half[b] = points_to_output(simd, [at(0), at(1), at(2), at(3), at(4), at(5)]);
                }
                for row in 0..SIDE {
                    let line =
                        [half[0][row], half[1][row], half[2][row], half[3][row], half[4][row], half[5][row]];
                    for (column, value) in points_to_output(simd, line).into_iter().enumerate() {
                        let at = ((SIDE * tile_row + row) * SIDE + column) * run.phases.width + tile;
                        store::<S>(&mut run.phases.values[at..], value);
                    }
                }
            }
        }
    }
}

impl WithSimd for PointsToInput<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self(run, points) = self;
        let lanes = S::F32_LANES;
        for (place, tile_row) in run.tile_rows.enumerate() {
            for tile in (0..run.tiles).step_by(lanes) {
                let from = &points[run.first + place * run.tiles + tile..];
                let valid = lanes.min(run.tiles - tile);
                let mut half = [[simd.splat_f32s(0.0); 6]; 6];
                for b in 0..6 {
                    let at = |a: usize| load::<S>(&from[(a * 6 + b) * run.step..]);
                    half[b] = points_to_input(simd, [at(0), at(1), at(2), at(3), at(4), at(5)]);
                }
                for row in 0..6 {
                    let line =
                        [half[0][row], half[1][row], half[2][row], half[3][row], half[4][row], half[5][row]];
                    for (column, value) in points_to_input(simd, line).into_iter().enumerate() {
                        let at = ((SIDE * tile_row + row) * SIDE + column % SIDE) * run.phases.width
                            + tile
                            + column / SIDE;
                        let slot = &mut run.phases.values[at..];
                        if valid == lanes {
                            let total = simd.add_f32s(load::<S>(slot), value);
                            store::<S>(slot, total);
                        } else {
                            // Tiles beyond the row's end are somebody else's.
                            let mut some = [0.0f32; BEYOND];
                            store::<S>(&mut some, value);
                            slot.iter_mut().zip(&some[..valid]).for_each(|(slot, value)| *slot += value);
                        }
                    }
                }
            }
        }
    }
}

/// G g Gᵀ.
pub fn kernel_to_points(g: &[f32; 9]) -> [f32; POINTS] {
    let line = |g: [f32; 3]| {
        let (ends, middle) = (-(g[0] + g[2]) / 6.0, -g[1] / 6.0);
        let (ends2, middle2) = (g[0] / 24.0 + g[2] / 6.0, g[1] / 12.0);
        [g[0] / 4.0, ends + middle, ends - middle, ends2 + middle2, ends2 - middle2, g[2]]
    };
    let half: [[f32; 6]; 3] = std::array::from_fn(|j| line([g[j], g[3 + j], g[6 + j]]));
    let mut points = [0.0; POINTS];
    for (a, six) in points.as_chunks_mut::<6>().0.iter_mut().enumerate() {
        *six = line([half[0][a], half[1][a], half[2][a]]);
    }
    points
}

/// Gᵀ u G.
pub fn points_to_kernel(u: &[f32; POINTS]) -> [f32; 9] {
    let line = |u: [f32; 6]| {
        let (ones, twos) = ((u[1] + u[2]) / 6.0, u[3] + u[4]);
        let one = (u[2] - u[1]) / 6.0 + (u[3] - u[4]) / 12.0;
        [u[0] / 4.0 - ones + twos / 24.0, one, twos / 6.0 - ones + u[5]]
    };
    let half: [[f32; 3]; 6] = std::array::from_fn(|b| line(std::array::from_fn(|a| u[a * 6 + b])));
    let mut g = [0.0; 9];
    for (i, three) in g.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        *three = line(std::array::from_fn(|b| half[b][i]));
    }
    g
}
