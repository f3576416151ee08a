//! Histograms of residuals over a column's bins, and the best cut of a node by Friedman's improvement.
//!
//! A node that is cut into a left part of n_l rows with residual sum g_l improves its squares by
//! n (g_l − n_l g / n)² / (n_l (n − n_l)); scikit-learn's `friedman_mse` picks the same cut. By Newton's gain
//! g_l²/h_l + g_r²/h_r − g²/h, h being the sum of the rows' curvature |r| (1 − |r|), the same formula holds with h in the
//! place of n. Either needs two numbers a bin, and they share one u64, both in fixed point: n or h in the low bits and,
//! above it, the sum of residuals; with n each is raised by 1 so that it is never negative, with h the sum is in two's
//! complement. Adding and subtracting them is exact, whatever the order, which is why any number of threads gives
//! the same trees, and why a node's histogram is its parent's less its sibling's to the last bit.
//!
//! The trees of up to `L` classes grow side by side: a histogram holds one lane a class for each bin.

use serde::{Deserialize, Serialize};

/// The best cut of one node in what has been looked at so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// (g_l − n_l g / n)² / (n_l (n − n_l)) in fixed-point units; 0 where there is no cut.
    pub gain: f64,
    /// Place among the binned columns.
    pub column: u32,
    /// The left side has this bin and those below.
    pub bin: u8,
}

impl Cut {
    pub const NONE: Self = Self { gain: 0.0, column: u32::MAX, bin: 0 };

    /// Ties go to the lowest column.
    pub fn better(self, other: Self) -> Self {
        let take = other.gain > self.gain || (other.gain == self.gain && other.column < self.column);
        if take { other } else { self }
    }
}

/// What a cut is chosen by, and so what a row weighs: 1, or the curvature of its loss.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Gain {
    Residual,
    Newton,
}

/// How a residual in [−1, 1] and a weight become a u64.
#[derive(Debug, Clone, Copy)]
pub struct Packing {
    gain: Gain,
    weight_bits: u32,
    /// Fixed-point units in a residual of 1.
    unit: f64,
    /// Units in a weight of 1.
    weight_unit: f64,
    /// What makes a sum in two's complement positive.
    offset: u64,
}

/// Doubles hold whole numbers exactly up to 2^53; a bit is left for rounding.
const SUM_BITS: u32 = 51;

impl Packing {
    /// For sums of up to `rows` residuals.
    pub fn new(rows: usize, gain: Gain) -> Self {
        let count_bits = (rows as u64).checked_ilog2().unwrap_or(0) + 1;
        let power = |bits: u32| (1u64 << bits) as f64;
        match gain {
            Gain::Residual => {
                let unit_bits = SUM_BITS.min(64 - count_bits).saturating_sub(count_bits + 1);
                let unit = power(unit_bits);
                Self { gain, weight_bits: count_bits, unit, weight_unit: 1.0, offset: 0 }
            }
            Gain::Newton => {
                // A curvature is at most a quarter; of the sum of residuals one bit is the sign.
                let fractions = 64u32.saturating_sub(2 * count_bits + 2);
                let weight_fraction = (fractions / 2).min(SUM_BITS - count_bits);
                let residual_fraction = (fractions / 2).min(SUM_BITS.saturating_sub(count_bits + 2));
                let weight_bits = count_bits + weight_fraction;
                Self {
                    gain,
                    weight_bits,
                    unit: power(residual_fraction),
                    weight_unit: power(weight_fraction),
                    offset: 1 << (63 - weight_bits).min(SUM_BITS),
                }
            }
        }
    }

    pub fn pack(self, residual: f64) -> u64 {
        match self.gain {
            Gain::Residual => ((((residual + 1.0) * self.unit).round() as u64) << self.weight_bits) | 1,
            Gain::Newton => {
                let weight = (residual.abs() * (1.0 - residual.abs()) * self.weight_unit).round() as u64;
                let sum = (residual * self.unit).round() as i64;
                ((sum << self.weight_bits) as u64).wrapping_add(weight)
            }
        }
    }

    /// (sum of residuals in units, each raised by 1 where rows are counted; sum of weights in units).
    pub fn unpack(self, packed: u64) -> (f64, f64) {
        let raised = packed.wrapping_add(self.offset << self.weight_bits) >> self.weight_bits;
        (raised as f64 - self.offset as f64, (packed & self.mask()) as f64)
    }

    /// A cut's gain as a number, from that of `best_cuts` and the node's sum of weights in units.
    pub fn gain(self, cut: Cut, weight: f64) -> f64 {
        cut.gain * weight * self.weight_unit / (self.unit * self.unit)
    }

    fn mask(self) -> u64 {
        (1 << self.weight_bits) - 1
    }
}

/// What a cut must know of the nodes it parts, one a lane.
#[derive(Debug, Clone, Copy)]
pub struct NodeTotals<const L: usize> {
    /// Sum of residuals by sum of weights, as packed.
    pub mean: [f64; L],
    /// Sum of weights; of ones, where rows are counted.
    pub weight: [f64; L],
    /// Least weight of the left side; infinite for a lane without a node to cut.
    pub least: [f64; L],
    /// Most weight of the left side.
    pub most: [f64; L],
}

impl<const L: usize> NodeTotals<L> {
    pub const EMPTY: Self =
        Self { mean: [0.0; L], weight: [0.0; L], least: [f64::INFINITY; L], most: [0.0; L] };
}

/// Adds the rows of one lane: `positions` point into `bins`.
pub fn add_rows<const L: usize>(
    histogram: &mut [[u64; L]],
    lane: usize,
    bins: &[u8],
    positions: &[u32],
    values: &[u64],
) {
    if lane >= L {
        return;
    }
    for (position, value) in positions.iter().zip(values) {
        let sum = &mut histogram[usize::from(bins[*position as usize])][lane];
        *sum = sum.wrapping_add(*value);
    }
}

/// Adds every row to every lane.
pub fn add_all<const L: usize>(histogram: &mut [[u64; L]], bins: &[u8], values: &[[u64; L]]) {
    struct AddAll<'a, const L: usize>(&'a mut [[u64; L]], &'a [u8], &'a [[u64; L]]);
    impl<const L: usize> pulp::NullaryFnOnce for AddAll<'_, L> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self(histogram, bins, values) = self;
            for (bin, value) in bins.iter().zip(values) {
                let sums = &mut histogram[usize::from(*bin)];
                for lane in 0..L {
                    sums[lane] = sums[lane].wrapping_add(value[lane]);
                }
            }
        }
    }
    crate::audio::vectorised::arch().dispatch(AddAll(histogram, bins, values));
}

/// The sibling: what the parent has and `part` has not.
pub fn subtract<const L: usize>(parent: &[[u64; L]], part: &[[u64; L]], rest: &mut [[u64; L]]) {
    struct Subtract<'a, const L: usize>(&'a [[u64; L]], &'a [[u64; L]], &'a mut [[u64; L]]);
    impl<const L: usize> pulp::NullaryFnOnce for Subtract<'_, L> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self(parent, part, rest) = self;
            for ((parent, part), rest) in parent.iter().zip(part).zip(rest) {
                for lane in 0..L {
                    rest[lane] = parent[lane].wrapping_sub(part[lane]);
                }
            }
        }
    }
    crate::audio::vectorised::arch().dispatch(Subtract(parent, part, rest));
}

/// The best cut of every lane; ties go to the lowest bin.
pub fn best_cuts<const L: usize>(
    histogram: &[[u64; L]],
    packing: Packing,
    totals: &NodeTotals<L>,
    column: u32,
) -> [Cut; L] {
    struct Scan<'a, const L: usize>(&'a [[u64; L]], Packing, &'a NodeTotals<L>);
    impl<const L: usize> pulp::NullaryFnOnce for Scan<'_, L> {
        type Output = ([f64; L], [f64; L], [u64; L]);

        #[inline(always)]
        fn call(self) -> Self::Output {
            let Self(histogram, packing, totals) = self;
            let NodeTotals { mean, weight, least, most } = *totals;
            let (mask, shift) = (packing.mask(), packing.weight_bits);
            let (raise, offset) = (packing.offset << shift, packing.offset as f64);
            let mut left = [0u64; L];
            // Gains are compared as fractions, without dividing.
            let (mut above, mut below, mut place) = ([0.0; L], [1.0; L], [0u64; L]);
            let cuts = histogram.len().saturating_sub(1);
            for (bin, sums) in histogram[..cuts].iter().enumerate() {
                // Whole arrays at a time, so that they stay in registers.
                left = each(|lane| left[lane].wrapping_add(sums[lane]));
                let own: [f64; L] = each(|lane| whole(left[lane] & mask));
                let sums: [f64; L] = each(|lane| whole(left[lane].wrapping_add(raise) >> shift) - offset);
                let over: [f64; L] = each(|lane| sums[lane] - own[lane] * mean[lane]);
                let square: [f64; L] = each(|lane| over[lane] * over[lane]);
                let product: [f64; L] = each(|lane| own[lane] * (weight[lane] - own[lane]));
                let better: [u64; L] = each(|lane| {
                    let allowed = (own[lane] >= least[lane]) & (own[lane] <= most[lane]);
                    u64::from(allowed & (square[lane] * below[lane] > above[lane] * product[lane]))
                        .wrapping_neg()
                });
                above = each(|lane| pick(better[lane], square[lane], above[lane]));
                below = each(|lane| pick(better[lane], product[lane], below[lane]));
                place = each(|lane| (better[lane] & bin as u64) | (!better[lane] & place[lane]));
            }
            (above, below, place)
        }
    }
    let (above, below, place) = crate::audio::vectorised::arch().dispatch(Scan(histogram, packing, totals));
    std::array::from_fn(|lane| match above[lane] / below[lane] {
        gain if gain > 0.0 => Cut { gain, column, bin: place[lane] as u8 },
        _ => Cut::NONE,
    })
}

#[inline(always)]
fn each<T, const L: usize>(value: impl FnMut(usize) -> T) -> [T; L] {
    std::array::from_fn(value)
}

/// `yes` where `mask` is all ones, `no` where it is 0.
#[inline(always)]
fn pick(mask: u64, yes: f64, no: f64) -> f64 {
    f64::from_bits((mask & yes.to_bits()) | (!mask & no.to_bits()))
}

/// A whole number below 2^52 as f64, in operations that every vector unit has.
#[inline(always)]
fn whole(number: u64) -> f64 {
    const TWO_TO_52: f64 = 4_503_599_627_370_496.0;
    f64::from_bits(number | TWO_TO_52.to_bits()) - TWO_TO_52
}
