//! The structure of one oblivious tree: the same cut for every node of a level, as CatBoost grows it.
//!
//! A level takes the (column, border) with the best cosine between the leaves' mean residuals and the rows'
//! residuals: Σ S·S/(W + λ) / √(Σ S·S W/(W + λ)²), summed over both sides of every leaf, S the weighted sum of a
//! side's residuals in each class and W its weight. Before the best border of a column is taken, and again
//! before the best column is, normal noise is added (`random_strength`). Dorogush et al., "CatBoost: gradient
//! boosting with categorical features support" (2018).
//!
//! Histograms hold `L` classes as lanes in f32; each column is counted and searched by one thread in the order
//! of the rows, so the answer has the same bits for any number of threads.

use rayon::prelude::*;

use super::column_bins::{BinnedColumn, MOST_BINS};
use crate::random::Draws;

/// Rows go to the right side where the bin is above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelCut {
    pub column: u32,
    pub bin: u8,
}

/// Weighted residuals of the rows, as they are moved from leaf to leaf.
pub struct WeightedRows<const L: usize> {
    /// Place of the row in the training rows.
    pub order: Vec<u32>,
    pub weights: Vec<f32>,
    /// Groups of `L` classes.
    pub residuals: Vec<Vec<[f32; L]>>,
}

/// Standard normal numbers, drawn once a fit; each column of each level begins at a place of its own.
pub struct Noise {
    normals: Vec<f32>,
    draws: Draws,
}

const NORMALS: usize = 1 << 16;

impl Noise {
    pub fn new(mut draws: Draws) -> Self {
        Self { normals: (0..NORMALS + MOST_BINS).map(|_| draws.normal() as f32).collect(), draws }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct TreeRules {
    pub depth: usize,
    pub l2: f64,
    /// Standard deviation of the noise on scores.
    pub noise: f64,
}

/// The levels' cuts, first level first; shorter than `depth` where a cut parts nothing.
pub fn grow<const L: usize>(
    columns: &[BinnedColumn],
    mut rows: WeightedRows<L>,
    rules: TreeRules,
    noise: &mut Noise,
) -> Vec<LevelCut> {
    let mut leaves = vec![0..rows.order.len()];
    let mut cuts: Vec<LevelCut> = Vec::new();
    let mut paths = vec![0usize; rows.order.len()];
    while cuts.len() < rules.depth {
        let Some(cut) = best_cut(columns, &rows, &leaves, rules, noise) else { break };
        let bins = &columns[cut.column as usize].bins;
        paths.iter_mut().zip(bins).for_each(|(path, bin)| *path |= usize::from(*bin > cut.bin) << cuts.len());
        cuts.push(cut);
        if let Some(redundant) = redundant(&paths, cuts.len()) {
            cuts.remove(redundant);
            break;
        }
        if cuts.len() < rules.depth {
            leaves = part(&mut rows, &leaves, bins, cut.bin);
        }
    }
    cuts
}

/// The first level whose two sides are never both there.
fn redundant(paths: &[usize], levels: usize) -> Option<usize> {
    let mut taken = vec![false; 1 << levels];
    paths.iter().for_each(|path| taken[*path] = true);
    (0..levels).find(|level| (0..taken.len()).all(|path| !(taken[path] && taken[path ^ (1 << level)])))
}

/// The place of every row's leaf: bit `level` says which side of that level's cut.
pub fn leaf_places(columns: &[BinnedColumn], cuts: &[LevelCut], rows: usize) -> Vec<u32> {
    let mut places = vec![0; rows];
    for (level, cut) in cuts.iter().enumerate() {
        let bins = &columns[cut.column as usize].bins;
        places.iter_mut().zip(bins).for_each(|(place, bin)| *place |= u32::from(*bin > cut.bin) << level);
    }
    places
}

/// Each leaf's rows parted in place, their order kept; empty leaves are dropped.
fn part<const L: usize>(
    rows: &mut WeightedRows<L>,
    leaves: &[std::ops::Range<usize>],
    bins: &[u8],
    bin: u8,
) -> Vec<std::ops::Range<usize>> {
    let mut places: Vec<u32> = Vec::with_capacity(rows.order.len());
    let mut parted = Vec::with_capacity(2 * leaves.len());
    for leaf in leaves {
        for right in [false, true] {
            let start = places.len();
            let belongs = |place: &usize| (bins[rows.order[*place] as usize] > bin) == right;
            places.extend(leaf.clone().filter(belongs).map(|place| place as u32));
            if places.len() > start {
                parted.push(start..places.len());
            }
        }
    }
    rows.order = places.iter().map(|place| rows.order[*place as usize]).collect();
    rows.weights = places.iter().map(|place| rows.weights[*place as usize]).collect();
    for group in &mut rows.residuals {
        *group = places.iter().map(|place| group[*place as usize]).collect();
    }
    parted
}

/// `None` where there is no column to cut.
fn best_cut<const L: usize>(
    columns: &[BinnedColumn],
    rows: &WeightedRows<L>,
    leaves: &[std::ops::Range<usize>],
    rules: TreeRules,
    noise: &mut Noise,
) -> Option<LevelCut> {
    let totals: Vec<LeafTotals<L>> = leaves.iter().map(|leaf| LeafTotals::new(rows, leaf.clone())).collect();
    let places: Vec<usize> = columns.iter().map(|_| noise.draws.below(NORMALS)).collect();
    let Noise { normals, draws } = noise;
    let best: Vec<(f64, u8)> = columns
        .par_iter()
        .zip(places)
        .with_min_len(4)
        .map_init(Scratch::new, |scratch, (column, place)| {
            scratch.score(column, rows, &totals, rules.l2 as f32);
            let scores = scratch.scores(column.bin_count() - 1, rules.l2 > 0.0);
            // The border is chosen with the noise, and stands in the contest of columns without it.
            let mut best = (f64::NEG_INFINITY, 0.0, 0);
            for ((bin, score), normal) in scores.enumerate().zip(&normals[place..]) {
                let noisy = score + rules.noise * f64::from(*normal);
                if noisy > best.0 {
                    best = (noisy, score, bin as u8);
                }
            }
            (best.1, best.2)
        })
        .collect();
    let mut chosen: Option<(f64, LevelCut)> = None;
    for (column, (score, bin)) in best.into_iter().enumerate() {
        let noisy = score + if rules.noise > 0.0 { rules.noise * draws.normal() } else { 0.0 };
        if chosen.is_none_or(|(best, _)| noisy > best) {
            chosen = Some((noisy, LevelCut { column: column as u32, bin }));
        }
    }
    chosen.map(|(_, cut)| cut)
}

struct LeafTotals<const L: usize> {
    rows: std::ops::Range<usize>,
    weight: f32,
    residuals: Vec<[f32; L]>,
}

impl<const L: usize> LeafTotals<L> {
    fn new(rows: &WeightedRows<L>, leaf: std::ops::Range<usize>) -> Self {
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
struct Scratch<const L: usize> {
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

impl<const L: usize> Scratch<L> {
    fn new() -> Self {
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

    /// Fills `product` and `norm` for every border of the column.
    fn score(&mut self, column: &BinnedColumn, rows: &WeightedRows<L>, totals: &[LeafTotals<L>], l2: f32) {
        let bins = column.bin_count();
        self.product[..bins].fill([0.0; L]);
        self.norm[..bins].fill([0.0; L]);
        for block in totals.chunks(LEAVES) {
            for (sums, leaf) in self.weights.iter_mut().zip(block) {
                let (order, weights) = (&rows.order[leaf.rows.clone()], &rows.weights[leaf.rows.clone()]);
                pulp::Arch::new().dispatch(Weigh { sums, bins: &column.bins, order, weights });
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
        pulp::Arch::new().dispatch(Factors {
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
        pulp::Arch::new().dispatch(Count { histogram, bins: &column.bins, order, residuals });
    }

    fn add(&mut self, bins: usize, place: usize, total: &[f32; L], regularised: bool) {
        let histogram = &self.histogram[..bins];
        let (left, right) = (&self.left[..bins], &self.right[..bins]);
        pulp::Arch::new().dispatch(Add {
            histogram,
            left,
            right,
            place,
            total,
            sums: &mut self.product[..bins],
        });
        if regularised {
            let (left, right) = (&self.left_norm[..bins], &self.right_norm[..bins]);
            pulp::Arch::new().dispatch(Add {
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
    fn scores(&self, borders: usize, regularised: bool) -> impl Iterator<Item = f64> {
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
