//! The structure of one oblivious tree: the same cut for every node of a level, as CatBoost grows it.
//!
//! A level takes the (column, border) of the best cosine (`cosine_scores`). Before the best border of a column is
//! taken, and again before the best column is, normal noise is added (`random_strength`); ties go to the lowest
//! column and border. Dorogush et al., "CatBoost: gradient boosting with categorical features support" (2018).

use std::ops::Range;

use rayon::prelude::*;

use super::column_bins::{BinnedColumn, MOST_BINS};
use super::cosine_scores::{CosineScores, LeafTotals, WeightedRows};
use crate::random::Draws;

/// Rows go to the right side where the bin is above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelCut {
    pub column: u32,
    pub bin: u8,
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
    let mut leaves: Vec<Range<usize>> = std::iter::once(0..rows.order.len()).collect();
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
    leaves: &[Range<usize>],
    bins: &[u8],
    bin: u8,
) -> Vec<Range<usize>> {
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
    leaves: &[Range<usize>],
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
        .map_init(CosineScores::new, |scratch, (column, place)| {
            scratch.sum(column, rows, &totals, rules.l2 as f32);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::column_bins::bin_columns;
    use crate::models::log_sum_borders::log_sum_borders;
    use ndarray::Array2;

    /// The cosine by its definition, in f64, of one cut on top of others.
    fn cosine(paths: &[usize], weights: &[f64], residuals: &[[f64; 4]], l2: f64) -> f64 {
        let sides = paths.iter().max().map_or(0, |most| most + 1);
        let (mut product, mut norm) = (0.0, 0.0);
        for side in 0..sides {
            let rows = (0..paths.len()).filter(|row| paths[*row] == side);
            let weight: f64 = rows.clone().map(|row| weights[row]).sum();
            for lane in [0, 1, 2, 3] {
                let sum: f64 = rows.clone().map(|row| residuals[row][lane] * weights[row]).sum();
                if weight > 0.0 {
                    product += sum * sum / (weight + l2);
                    norm += sum * sum * weight / (weight + l2).powi(2);
                }
            }
        }
        product / norm.sqrt()
    }

    #[test]
    fn every_level_takes_the_best_cosine_of_all_columns_and_borders() {
        let mut draws = Draws::new(5, "oblivious");
        let x = Array2::from_shape_fn((150, 4), |_| (draws.normal() * 3.0).round());
        let columns = bin_columns(x.view(), |values| log_sum_borders(values, 254));
        let weights: Vec<f64> = (0..150).map(|_| f64::from(-draws.unit().ln() as f32)).collect();
        let residuals: Vec<[f64; 4]> =
            (0..150).map(|row| std::array::from_fn(|lane| (draws.normal() + x[[row, lane]]) / 8.0)).collect();
        for l2 in [0.0, 3.0] {
            let rows = WeightedRows::<4> {
                order: (0..150).collect(),
                weights: weights.iter().map(|weight| *weight as f32).collect(),
                residuals: vec![
                    residuals.iter().zip(&weights).map(|(r, w)| r.map(|r| (r * w) as f32)).collect(),
                ],
            };
            let rules = TreeRules { depth: 4, l2, noise: 0.0 };
            let cuts = grow(&columns, rows, rules, &mut Noise::new(Draws::new(1, "noise")));
            assert_eq!(cuts.len(), 4);
            for level in 0..4 {
                let before = leaf_places(&columns, &cuts[..level], 150);
                let score = |cut: LevelCut| {
                    let bins = &columns[cut.column as usize].bins;
                    let side = |(path, bin): (&u32, &u8)| *path as usize * 2 + usize::from(*bin > cut.bin);
                    let paths: Vec<usize> = before.iter().zip(bins).map(side).collect();
                    cosine(&paths, &weights, &residuals, l2)
                };
                let all = (0..columns.len()).flat_map(|column| {
                    let bins = 0..columns[column].borders.len() as u8;
                    bins.map(move |bin| LevelCut { column: column as u32, bin })
                });
                let best = all.map(score).fold(f64::NEG_INFINITY, f64::max);
                assert!(score(cuts[level]) > best * (1.0 - 1e-6), "{l2} {level}");
            }
        }
    }

    #[test]
    fn a_level_that_parts_nothing_is_dropped_and_ends_the_tree() {
        let x = Array2::from_shape_fn((8, 1), |(row, _)| f64::from(row >= 4));
        let columns = bin_columns(x.view(), |values| log_sum_borders(values, 254));
        let rows = WeightedRows::<1> {
            order: (0..8).collect(),
            weights: vec![1.0; 8],
            residuals: vec![(0..8).map(|row| [if row >= 4 { 0.5 } else { -0.5 }]).collect()],
        };
        let rules = TreeRules { depth: 6, l2: 3.0, noise: 0.0 };
        let cuts = grow(&columns, rows, rules, &mut Noise::new(Draws::new(1, "noise")));
        assert_eq!(cuts, [LevelCut { column: 0, bin: 0 }]);
    }
}
