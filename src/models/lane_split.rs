//! The best split of a node over several columns at once, one a vector lane, by the Gini impurity.
//!
//! With aₖ and bₖ the weights of class k left and right of a cut, the impurity that a cut removes is largest
//! where Σ aₖ² / Σ aₖ + Σ bₖ² / Σ bₖ is (L. Breiman et al., "Classification and Regression Trees", 1984). Keys
//! are sorted lane by lane, then one walk down the rows keeps every lane's class counts in registers. Counts
//! are whole numbers below 2²⁴, exact in f32, and the sums are formed anew at each cut, so that no error grows
//! along the walk.

use super::lane_sort::{on_lanes, sort_lanes};

/// How a row's class and how often the row counts lie in the low 16 bits of a key; the rank lies above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyLayout {
    pub class_bits: u32,
}

impl KeyLayout {
    /// `None` where too few bits would be left for how often a row counts.
    pub fn for_classes(classes: usize) -> Option<Self> {
        let class_bits = classes.max(2).next_power_of_two().trailing_zeros();
        (class_bits <= 12).then_some(Self { class_bits })
    }

    pub fn largest_count(self) -> u32 {
        (1 << (16 - self.class_bits)) - 1
    }

    #[inline(always)]
    pub fn payload(self, class: usize, count: u32) -> u32 {
        class as u32 | count << self.class_bits
    }

    #[inline(always)]
    pub fn class(self, key: u32) -> u32 {
        key & ((1 << self.class_bits) - 1)
    }

    #[inline(always)]
    pub fn count(self, key: u32) -> u32 {
        (key & 0xffff) >> self.class_bits
    }
}

/// Where each lane is cut best: after row `after`, with the score above; −∞ where nothing can be cut.
#[derive(Debug, Clone, Copy)]
pub struct LaneCuts<const LANES: usize> {
    pub score: [f32; LANES],
    pub after: [u32; LANES],
}

/// A node's classes: how often each counts, and the weight of one count.
pub struct ClassTotals<'a> {
    pub counts: &'a [f32],
    pub weights: &'a [f32],
}

/// The most classes a node may hold for `cut_lanes`.
pub const MOST_CLASSES: usize = 16;

/// Sorts the lanes of `keys` and finds the best cut of each, ties going to the first.
///
/// The first `rows` keys are the node's, the rest pad them to whole blocks; a side holds `smallest_side` rows or
/// more.
pub fn cut_lanes<const LANES: usize>(
    arch: crate::audio::vectorised::Arch,
    keys: &mut [[u32; LANES]],
    rows: usize,
    layout: KeyLayout,
    totals: &ClassTotals<'_>,
    smallest_side: usize,
) -> LaneCuts<LANES> {
    macro_rules! with_classes {
        ($($classes:literal)*) => {
            match totals.counts.len() {
                $(..=$classes => on_lanes::<LANES, _>(
                    arch,
                    Cut::<LANES, $classes> { keys, rows, layout, totals, smallest_side },
                ),)*
                _ => LaneCuts { score: [f32::NEG_INFINITY; LANES], after: [0; LANES] },
            }
        };
    }
    with_classes!(2 3 4 6 8 12 16)
}

struct Cut<'a, const LANES: usize, const CLASSES: usize> {
    keys: &'a mut [[u32; LANES]],
    rows: usize,
    layout: KeyLayout,
    totals: &'a ClassTotals<'a>,
    smallest_side: usize,
}

impl<const LANES: usize, const CLASSES: usize> pulp::WithSimd for Cut<'_, LANES, CLASSES> {
    type Output = LaneCuts<LANES>;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> LaneCuts<LANES> {
        sort_lanes(simd, self.keys);
        if self.totals.weights.iter().all(|weight| *weight == 1.0) {
            self.walk::<true>()
        } else {
            self.walk::<false>()
        }
    }
}

impl<const LANES: usize, const CLASSES: usize> Cut<'_, LANES, CLASSES> {
    /// `UNIT`: every class weighs 1, and the products with weights are left out.
    #[inline(always)]
    fn walk<const UNIT: bool>(&self) -> LaneCuts<LANES> {
        // Classes that pad the node's to `CLASSES` have no rows.
        let (mut totals, mut weights) = ([0.0; CLASSES], [1.0; CLASSES]);
        for (class, (total, weight)) in
            self.totals.counts.iter().zip(self.totals.weights).enumerate().take(CLASSES)
        {
            (totals[class], weights[class]) = (*total, *weight);
        }
        let all: f32 = totals.iter().sum();
        let squares = weights.map(|weight| weight * weight);
        let mut left = [[0.0f32; LANES]; CLASSES];
        let mut counted = [0.0f32; LANES];
        let mut cuts = LaneCuts { score: [f32::NEG_INFINITY; LANES], after: [0; LANES] };
        let cuts_to_try = self.rows.saturating_sub(self.smallest_side);
        for (row, pair) in self.keys[..self.rows].windows(2).enumerate().take(cuts_to_try) {
            let (here, next) = (pair[0], pair[1]);
            let (mut classes, mut counts) = ([0u32; LANES], [0.0f32; LANES]);
            for lane in 0..LANES {
                classes[lane] = self.layout.class(here[lane]);
                counts[lane] = self.layout.count(here[lane]) as f32;
            }
            let (mut left_squares, mut right_squares) = ([0.0f32; LANES], [0.0f32; LANES]);
            let (mut left_weight, mut right_weight) = ([0.0f32; LANES], [0.0f32; LANES]);
            for class in 0..CLASSES {
                for lane in 0..LANES {
                    let added = if classes[lane] == class as u32 { counts[lane] } else { 0.0 };
                    let a = left[class][lane] + added;
                    let b = totals[class] - a;
                    left[class][lane] = a;
                    if UNIT {
                        left_squares[lane] += a * a;
                        right_squares[lane] += b * b;
                    } else {
                        left_squares[lane] += squares[class] * (a * a);
                        right_squares[lane] += squares[class] * (b * b);
                        left_weight[lane] += weights[class] * a;
                        right_weight[lane] += weights[class] * b;
                    }
                }
            }
            if UNIT {
                for lane in 0..LANES {
                    counted[lane] += counts[lane];
                    left_weight[lane] = counted[lane];
                    right_weight[lane] = all - counted[lane];
                }
            }
            let large_enough = row + 1 >= self.smallest_side;
            for lane in 0..LANES {
                let above = left_squares[lane] * right_weight[lane] + right_squares[lane] * left_weight[lane];
                let score = above / (left_weight[lane] * right_weight[lane]);
                let differ = here[lane] >> 16 != next[lane] >> 16;
                let better = large_enough & differ & (score > cuts.score[lane]);
                cuts.score[lane] = if better { score } else { cuts.score[lane] };
                cuts.after[lane] = if better { row as u32 } else { cuts.after[lane] };
            }
        }
        cuts
    }
}
