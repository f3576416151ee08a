//! The exact median of every 31 neighbours along one axis of a matrix, edges mirrored (…b a | a b … z | z y…), as
//! scipy.ndimage.median_filter(mode="reflect") gives it. Many columns are done side by side in vector lanes.
//!
//! Eight neighbouring windows p…p+7 share 24 elements, which are three aligned groups of eight. Every group is sorted
//! once, neighbouring groups are merged once for two blocks of windows, and of the 24 only the 8 in the middle can
//! still be a median (7 elements are to come). Then the windows part in halves: four windows share 4 more elements
//! and leave 4 candidates, two share 2 more and leave 2, and the last element decides:
//!
//! ```text
//! 24 shared → middle 8 ─┬ +4 → middle 4 ─┬ +2 → middle 2 ─┬ +1 → median of window 0
//!                       │                │                └ +1 → median of window 1
//!                       …                …
//! ```
//!
//! All of it is minima and maxima, about 32 a median, without a branch; so every vector width gives the same bits.
//! Values must not be NaN.

use std::ops::Range;

use pulp::Simd;

/// Neighbours in a window.
const WINDOW: usize = 31;
const HALF: usize = WINDOW / 2;
/// Windows that share one core.
const BLOCK: usize = 8;
/// Two blocks are done at once; a part of an axis may start where two blocks do.
pub(super) const ALIGNED: usize = 2 * BLOCK;

/// Where the elements of the mirrored, padded axis come from: entry q is the index of padded element q − 1. The
/// extra element in front makes the shared cores start at multiples of eight.
pub(super) fn mirrored(length: usize) -> Vec<usize> {
    let blocks = length.div_ceil(2 * BLOCK) * 2;
    let period = 2 * length.max(1);
    (0..(blocks + 4) * BLOCK)
        .map(|q| {
            // Padded element i is at i − 15; a whole number of periods keeps the difference positive.
            let at = (q + period * (HALF / period + 2) - 1 - HALF) % period;
            if at < length { at } else { period - 1 - at }
        })
        .collect()
}

/// The medians along the first axis of as many neighbouring columns as a vector has lanes: `store(i, medians)` for
/// i in `rows`, with `load(i)` the lanes of row i and [`mirrored`] of the axis's whole length. `rows` starts at a
/// multiple of [`ALIGNED`].
#[inline(always)]
pub(super) fn medians<S: Simd>(
    simd: S,
    rows: Range<usize>,
    mirrored: &[usize],
    load: impl Fn(usize) -> S::f32s,
    mut store: impl FnMut(usize, S::f32s),
) {
    debug_assert!(rows.start.is_multiple_of(ALIGNED));
    let start = rows.start / BLOCK;
    let (mut left, mut core) = (group::<S>(mirrored, start, &load), group::<S>(mirrored, start + 1, &load));
    let (mut b, mut c) = (group::<S>(mirrored, start + 2, &load), group::<S>(mirrored, start + 3, &load));
    let (mut core_sorted, mut b_sorted) = (sort_8(simd, core), sort_8(simd, b));
    for first in (start..rows.end.div_ceil(BLOCK)).step_by(2) {
        let (d, right) = (group::<S>(mirrored, first + 4, &load), group::<S>(mirrored, first + 5, &load));
        let (c_sorted, d_sorted) = (sort_8(simd, c), sort_8(simd, d));
        let merged = merge_8(simd, b_sorted, c_sorted);
        let low = part(simd, middle_8(simd, &merged, &core_sorted), &left, &d);
        let high = part(simd, middle_8(simd, &merged, &d_sorted), &core, &right);
        for (offset, median) in [low, high].as_flattened().iter().enumerate() {
            if first * BLOCK + offset < rows.end {
                store(first * BLOCK + offset, *median);
            }
        }
        (left, core, b, c) = (b, c, d, right);
        (core_sorted, b_sorted) = (c_sorted, d_sorted);
    }
}

#[inline(always)]
fn group<S: Simd>(mirrored: &[usize], index: usize, load: &impl Fn(usize) -> S::f32s) -> [S::f32s; BLOCK] {
    let at = &mirrored[index * BLOCK..(index + 1) * BLOCK];
    [load(at[0]), load(at[1]), load(at[2]), load(at[3]), load(at[4]), load(at[5]), load(at[6]), load(at[7])]
}

/// The eight medians of a block from the middle 8 of its core, the group left of the core (its window starts at
/// `left[1]`) and the group right of it.
#[inline(always)]
fn part<S: Simd>(
    simd: S,
    core: [S::f32s; 8],
    left: &[S::f32s; BLOCK],
    right: &[S::f32s; BLOCK],
) -> [S::f32s; BLOCK] {
    let early = middle_4(simd, &core, &sort_4(simd, [left[4], left[5], left[6], left[7]]));
    let late = middle_4(simd, &core, &sort_4(simd, [right[0], right[1], right[2], right[3]]));
    let pairs = [
        middle_2(simd, &early, left[2], left[3]),
        middle_2(simd, &early, right[0], right[1]),
        middle_2(simd, &late, left[6], left[7]),
        middle_2(simd, &late, right[4], right[5]),
    ];
    [
        middle_1(simd, pairs[0], left[1]),
        middle_1(simd, pairs[0], right[0]),
        middle_1(simd, pairs[1], left[3]),
        middle_1(simd, pairs[1], right[2]),
        middle_1(simd, pairs[2], left[5]),
        middle_1(simd, pairs[2], right[4]),
        middle_1(simd, pairs[3], left[7]),
        middle_1(simd, pairs[3], right[6]),
    ]
}

/// Puts each named pair of elements in order.
macro_rules! order {
    ($simd:ident, $v:ident; $($a:literal $b:literal),*) => {
        $({
            let (low, high) = ($simd.min_f32s($v[$a], $v[$b]), $simd.max_f32s($v[$a], $v[$b]));
            $v[$a] = low;
            $v[$b] = high;
        })*
    };
}

#[inline(always)]
fn sort_4<S: Simd>(simd: S, mut v: [S::f32s; 4]) -> [S::f32s; 4] {
    order!(simd, v; 0 1, 2 3, 0 2, 1 3, 1 2);
    v
}

/// Batcher's odd-even merge sort.
#[inline(always)]
fn sort_8<S: Simd>(simd: S, mut v: [S::f32s; 8]) -> [S::f32s; 8] {
    order!(simd, v; 0 1, 2 3, 4 5, 6 7, 0 2, 1 3, 4 6, 5 7, 1 2, 5 6);
    order!(simd, v; 0 4, 1 5, 2 6, 3 7, 2 4, 3 5, 1 2, 3 4, 5 6);
    v
}

/// Two sorted eights into one sorted sixteen: Batcher's odd-even merge.
#[inline(always)]
fn merge_8<S: Simd>(simd: S, a: [S::f32s; 8], b: [S::f32s; 8]) -> [S::f32s; 16] {
    let mut v =
        [a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]];
    order!(simd, v; 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15);
    order!(simd, v; 4 8, 5 9, 6 10, 7 11, 2 4, 3 5, 6 8, 7 9, 10 12, 11 13);
    order!(simd, v; 1 2, 3 4, 5 6, 7 8, 9 10, 11 12, 13 14);
    v
}

/// Sorts eight values that first fall and then rise, or first rise and then fall.
#[inline(always)]
fn sort_bitonic_8<S: Simd>(simd: S, mut v: [S::f32s; 8]) -> [S::f32s; 8] {
    order!(simd, v; 0 4, 1 5, 2 6, 3 7, 0 2, 1 3, 4 6, 5 7, 0 1, 2 3, 4 5, 6 7);
    v
}

#[inline(always)]
fn sort_bitonic_4<S: Simd>(simd: S, mut v: [S::f32s; 4]) -> [S::f32s; 4] {
    order!(simd, v; 0 2, 1 3, 0 1, 2 3);
    v
}

/// Ranks 9…16 of the 24 values of a sorted sixteen and a sorted eight: drop the lowest 8, then the highest 8.
#[inline(always)]
fn middle_8<S: Simd>(simd: S, a: &[S::f32s; 16], b: &[S::f32s; 8]) -> [S::f32s; 8] {
    let mut v = *b;
    for i in 0..8 {
        v[i] = simd.max_f32s(a[i], b[7 - i]);
    }
    let mut v = sort_bitonic_8(simd, v);
    for i in 0..8 {
        v[i] = simd.min_f32s(v[i], a[15 - i]);
    }
    sort_bitonic_8(simd, v)
}

/// Ranks 5…8 of the 12 values of a sorted eight and a sorted four.
#[inline(always)]
fn middle_4<S: Simd>(simd: S, a: &[S::f32s; 8], b: &[S::f32s; 4]) -> [S::f32s; 4] {
    let mut v = *b;
    for i in 0..4 {
        v[i] = simd.max_f32s(a[i], b[3 - i]);
    }
    let mut v = sort_bitonic_4(simd, v);
    for i in 0..4 {
        v[i] = simd.min_f32s(v[i], a[7 - i]);
    }
    sort_bitonic_4(simd, v)
}

/// Ranks 3 and 4 of the 6 values of a sorted four and two more.
#[inline(always)]
fn middle_2<S: Simd>(simd: S, a: &[S::f32s; 4], x: S::f32s, y: S::f32s) -> [S::f32s; 2] {
    let mut v = [simd.min_f32s(x, y), simd.max_f32s(x, y)];
    v = [simd.max_f32s(a[0], v[1]), simd.max_f32s(a[1], v[0])];
    order!(simd, v; 0 1);
    v = [simd.min_f32s(v[0], a[3]), simd.min_f32s(v[1], a[2])];
    order!(simd, v; 0 1);
    v
}

/// The middle of a sorted pair and one more.
#[inline(always)]
fn middle_1<S: Simd>(simd: S, pair: [S::f32s; 2], x: S::f32s) -> S::f32s {
    simd.max_f32s(pair[0], simd.min_f32s(pair[1], x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::vectorised::Arch;
    use pulp::{Scalar, Scalar128b, WithSimd};

    struct Columns<'a> {
        values: &'a [f32],
        columns: usize,
    }

    impl WithSimd for Columns<'_> {
        type Output = Vec<f32>;

        fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
            let length = self.values.len() / self.columns;
            let mut out = vec![f32::NAN; self.values.len()];
            for first in (0..self.columns).step_by(S::F32_LANES) {
                assert!(first + S::F32_LANES <= self.columns);
                let at = |row: usize| row * self.columns + first;
                for start in (0..length).step_by(3 * ALIGNED) {
                    medians(
                        simd,
                        start..length.min(start + 3 * ALIGNED),
                        &mirrored(length),
                        |row| S::as_simd_f32s(&self.values[at(row)..][..S::F32_LANES]).0[0],
                        |row, m| S::as_mut_simd_f32s(&mut out[at(row)..][..S::F32_LANES]).0[0] = m,
                    );
                }
            }
            out
        }
    }

    /// scipy's definition: sort the 31 neighbours, edges mirrored.
    fn plain(values: &[f32], columns: usize) -> Vec<f32> {
        let length = (values.len() / columns) as i64;
        let mut out = Vec::new();
        for row in 0..length {
            for column in 0..columns {
                let mut near: Vec<f32> = (row - 15..=row + 15)
                    .map(|at| {
                        let at = at.rem_euclid(2 * length);
                        let at = if at < length { at } else { 2 * length - 1 - at };
                        values[at as usize * columns + column]
                    })
                    .collect();
                near.sort_by(f32::total_cmp);
                out.push(near[15]);
            }
        }
        out
    }

    #[test]
    fn every_vector_width_gives_the_sorted_median() {
        let columns = 16;
        let mut draws = crate::random::Draws::new(11, "median test");
        for length in (1..70).chain([257]) {
            // Few distinct values, many distinct values, and mostly zeros.
            for kind in 0..3 {
                let mut draw = || match kind {
                    0 => draws.below(4) as f32,
                    1 => draws.unit() as f32,
                    _ => (draws.unit() - 0.6).max(0.0) as f32,
                };
                let values: Vec<f32> = (0..length * columns).map(|_| draw()).collect();
                let expected = plain(&values, columns);
                let input = || Columns { values: &values, columns };
                assert_eq!(Arch::new().dispatch(input()), expected, "dispatched, {length} rows");
                assert_eq!(input().with_simd(Scalar), expected, "scalar, {length} rows");
                assert_eq!(input().with_simd(Scalar128b), expected, "portable vectors, {length} rows");
            }
        }
    }
}
