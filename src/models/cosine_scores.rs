//! The cosine of every border of one column, from histograms of the rows' residuals.
//!
//! With S the weighted sum of a side's residuals in each class and W its weight, a cut scores
//! Σ S·S/(W + λ) / √(Σ S·S W/(W + λ)²), summed over both sides of every leaf: the cosine between what the sides
//! would predict and the residuals, times their norm. `L` classes are lanes, in f32; one thread counts a column in
//! the order of the rows.

use super::column_bins::{BinnedColumn, MOST_BINS};

/// Weighted residuals of the rows, as they are moved from leaf to leaf.
pub struct WeightedRows<const L: usize> {
    /// Place of the row in the training rows.
    pub order: Vec<u32>,
    pub weights: Vec<f32>,
    /// Groups of `L` classes.
    pub residuals: Vec<Vec<[f32; L]>>,
}

/// A leaf's rows and what they sum to.
pub struct LeafTotals<const L: usize> {
    rows: std::ops::Range<usize>,
    weight: f32,
    residuals: Vec<[f32; L]>,
}

impl<const L: usize> LeafTotals<L> {
    pub fn new(rows: &WeightedRows<L>, leaf: std::ops::Range<usize>) -> Self {
        let weight: f64 = rows.weights[leaf.clone()].iter().map(|weight| f64::from(*weight)).sum();
        let total = |group: &Vec<[f32; L]>| {
            let mut total = [0.0; L];
            for residual in &group[leaf.clone()] {
                for lane in 0..L {
                    total[lane] += f64::from(residual[lane]);
                }
            }
            total.map(|sum| sum as f32)
        };
        Self { weight: weight as f32, residuals: rows.residuals.iter().map(total).collect(), rows: leaf }
    }
}

/// Leaves whose weights are summed side by side.
const LEAVES: usize = 8;
/// A side with less than this share of its leaf's weight is rounding, and counts as empty.
const LEAST_SHARE: f32 = 1e-5;

/// What one thread needs to search one column.
pub struct CosineScores<const L: usize> {
    /// By leaf and bin.
    weights: [[f32; MOST_BINS]; LEAVES],
    /// What S·S of the left and of the right side are multiplied by, and the same for the square of the norm.
    left: Vec<[f32; LEAVES]>,
    right: Vec<[f32; LEAVES]>,
    left_norm: Vec<[f32; LEAVES]>,
    right_norm: Vec<[f32; LEAVES]>,
    histogram: Vec<[f32; L]>,
    /// By bin, the sums over leaves that make the score.
    product: Vec<[f32; L]>,
    norm: Vec<[f32; L]>,
}

impl<const L: usize> CosineScores<L> {
    pub fn new() -> Self {
        let leaves = || vec![[0.0; LEAVES]; MOST_BINS];
        let lanes = || vec![[0.0; L]; MOST_BINS];
        Self {
            weights: [[0.0; MOST_BINS]; LEAVES],
            left: leaves(),
            right: leaves(),
            left_norm: leaves(),
            right_norm: leaves(),
            histogram: lanes(),
            product: lanes(),
            norm: lanes(),
        }
    }

    /// Sums over the leaves, for every border of the column.
    pub fn sum(&mut self, column: &BinnedColumn, rows: &WeightedRows<L>, totals: &[LeafTotals<L>], l2: f32) {
        let bins = column.bin_count();
        self.product[..bins].fill([0.0; L]);
        self.norm[..bins].fill([0.0; L]);
        for block in totals.chunks(LEAVES) {
            for (sums, leaf) in self.weights.iter_mut().zip(block) {
                let (order, weights) = (&rows.order[leaf.rows.clone()], &rows.weights[leaf.rows.clone()]);
                crate::audio::vectorised::arch().dispatch(Weigh { sums, bins: &column.bins, order, weights });
            }
            self.factors(bins, block, l2);
            for (place, leaf) in block.iter().enumerate() {
                for (group, total) in rows.residuals.iter().zip(&leaf.residuals) {
                    let own = leaf.rows.clone();
                    self.count(column, &rows.order[own.clone()], &group[own]);
                    self.add(bins, place, total, l2 > 0.0);
                }
            }
        }
    }

    /// From the weights by bin to what the sides' squares are multiplied by.
    fn factors(&mut self, bins: usize, block: &[LeafTotals<L>], l2: f32) {
        let mut totals = [0.0f32; LEAVES];
        totals.iter_mut().zip(block).for_each(|(total, leaf)| *total = leaf.weight);
        crate::audio::vectorised::arch().dispatch(Factors {
            weights: &self.weights,
            left: &mut self.left[..bins],
            right: &mut self.right[..bins],
            left_norm: &mut self.left_norm[..bins],
            right_norm: &mut self.right_norm[..bins],
            totals,
            l2,
        });
    }

    fn count(&mut self, column: &BinnedColumn, order: &[u32], residuals: &[[f32; L]]) {
        let histogram = &mut self.histogram[..column.bin_count()];
        crate::audio::vectorised::arch().dispatch(Count { histogram, bins: &column.bins, order, residuals });
    }

    fn add(&mut self, bins: usize, place: usize, total: &[f32; L], regularised: bool) {
        let histogram = &self.histogram[..bins];
        let (left, right) = (&self.left[..bins], &self.right[..bins]);
        crate::audio::vectorised::arch().dispatch(Add {
            histogram,
            left,
            right,
            place,
            total,
            sums: &mut self.product[..bins],
        });
        if regularised {
            let (left, right) = (&self.left_norm[..bins], &self.right_norm[..bins]);
            crate::audio::vectorised::arch().dispatch(Add {
                histogram,
                left,
                right,
                place,
                total,
                sums: &mut self.norm[..bins],
            });
        }
    }

    /// One score a border; without λ the product is the square of the norm.
    pub fn scores(&self, borders: usize, regularised: bool) -> impl Iterator<Item = f64> {
        let norm = if regularised { &self.norm } else { &self.product };
        self.product[..borders].iter().zip(norm).map(move |(product, norm)| {
            let sum = |lanes: &[f32; L]| lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>();
            match sum(product) {
                product if regularised => product / (sum(norm) + 1e-100).sqrt(),
                product => product.sqrt(),
            }
        })
    }
}

struct Factors<'a> {
    weights: &'a [[f32; MOST_BINS]; LEAVES],
    left: &'a mut [[f32; LEAVES]],
    right: &'a mut [[f32; LEAVES]],
    left_norm: &'a mut [[f32; LEAVES]],
    right_norm: &'a mut [[f32; LEAVES]],
    totals: [f32; LEAVES],
    l2: f32,
}

impl pulp::NullaryFnOnce for Factors<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { weights, left, right, left_norm, right_norm, totals, l2 } = self;
        let mut sum = [0.0f32; LEAVES];
        let least: [f32; LEAVES] = each(|leaf| totals[leaf] * LEAST_SHARE);
        let sides = left.iter_mut().zip(right).zip(left_norm.iter_mut().zip(right_norm));
        for (bin, ((left, right), (left_norm, right_norm))) in (0..MOST_BINS).zip(sides) {
            sum = each(|leaf| sum[leaf] + weights[leaf][bin]);
            let rest: [f32; LEAVES] = each(|leaf| totals[leaf] - sum[leaf]);
            let inverse = |side: f32, least: f32| {
                let inverse = 1.0 / (side + l2);
                if side > least { inverse } else { 0.0 }
            };
            *left = each(|leaf| inverse(sum[leaf], least[leaf]));
            *right = each(|leaf| inverse(rest[leaf], least[leaf]));
            if l2 > 0.0 {
                *left_norm = each(|leaf| sum[leaf] * left[leaf] * left[leaf]);
                *right_norm = each(|leaf| rest[leaf] * right[leaf] * right[leaf]);
            }
        }
    }
}

/// sums = weight by bin.
struct Weigh<'a> {
    sums: &'a mut [f32; MOST_BINS],
    bins: &'a [u8],
    order: &'a [u32],
    weights: &'a [f32],
}

impl pulp::NullaryFnOnce for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { sums, bins, order, weights } = self;
        sums.fill(0.0);
        for (row, weight) in order.iter().zip(weights) {
            sums[usize::from(bins[*row as usize])] += weight;
        }
    }
}

/// histogram = residuals by bin.
struct Count<'a, const L: usize> {
    histogram: &'a mut [[f32; L]],
    bins: &'a [u8],
    order: &'a [u32],
    residuals: &'a [[f32; L]],
}

impl<const L: usize> pulp::NullaryFnOnce for Count<'_, L> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { histogram, bins, order, residuals } = self;
        histogram.fill([0.0; L]);
        for (row, residual) in order.iter().zip(residuals) {
            let sums = &mut histogram[usize::from(bins[*row as usize])];
            *sums = each(|lane| sums[lane] + residual[lane]);
        }
    }
}

/// sums += S² of each side times its factor.
struct Add<'a, const L: usize> {
    histogram: &'a [[f32; L]],
    left: &'a [[f32; LEAVES]],
    right: &'a [[f32; LEAVES]],
    place: usize,
    total: &'a [f32; L],
    sums: &'a mut [[f32; L]],
}

impl<const L: usize> pulp::NullaryFnOnce for Add<'_, L> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { histogram, left, right, place, total, sums } = self;
        if place >= LEAVES {
            return;
        }
        let (mut below, total) = ([0.0f32; L], *total);
        for (((bin, left), right), sums) in histogram.iter().zip(left).zip(right).zip(sums) {
            let (left, right) = (left[place], right[place]);
            below = each(|lane| below[lane] + bin[lane]);
            let above: [f32; L] = each(|lane| total[lane] - below[lane]);
            *sums = each(|lane| {
                sums[lane] + (below[lane] * below[lane] * left + above[lane] * above[lane] * right)
            });
        }
    }
}

#[inline(always)]
fn each<const N: usize>(value: impl FnMut(usize) -> f32) -> [f32; N] {
    std::array::from_fn(value)
}
