//! The trees against plain sums over all cuts.

use ndarray::Array2;

use super::*;
use crate::models::column_bins::{bin_columns, equal_counts};
use crate::random::Draws;

/// g² / n of some rows, or g² / h.
fn score(residuals: &[f64], rows: &[u32], gain: Gain) -> f64 {
    let own = || rows.iter().map(|row| residuals[*row as usize]);
    let weight: f64 = match gain {
        Gain::Residual => rows.len() as f64,
        Gain::Newton => own().map(|residual| residual.abs() * (1.0 - residual.abs())).sum(),
    };
    own().sum::<f64>().powi(2) / weight
}

/// The best gain of any cut of `rows`, by its definition.
fn best_gain(columns: &[BinnedColumn], residuals: &[f64], rows: &[u32], limits: Limits) -> f64 {
    let fewest = limits.min_samples_leaf;
    let mut best: f64 = 0.0;
    for column in columns {
        for bin in 0..column.borders.len() {
            let below = |row: &&u32| usize::from(column.bins[**row as usize]) <= bin;
            let (left, right): (Vec<u32>, Vec<u32>) = rows.iter().partition(below);
            if left.len() < fewest || right.len() < fewest {
                continue;
            }
            let score = |rows: &[u32]| score(residuals, rows, limits.gain);
            best = best.max(score(&left) + score(&right) - score(rows));
        }
    }
    best
}

/// Walks down from `node`, checking every cut, and gives the leaf of every row.
fn check(tree: &GrownTree, columns: &[BinnedColumn], residuals: &[f64], limits: Limits, total: &mut f64) {
    let mut open = vec![(0usize, (0..residuals.len() as u32).collect::<Vec<u32>>(), 0)];
    while let Some((node, rows, depth)) = open.pop() {
        let best = best_gain(columns, residuals, &rows, limits);
        match tree.nodes[node] {
            Node::Leaf(leaf) => {
                let leaf = leaf as usize;
                let begin = if leaf == 0 { 0 } else { tree.leaf_ends[leaf - 1] };
                let mut own = tree.order[begin..tree.leaf_ends[leaf]].to_vec();
                own.sort_unstable();
                assert_eq!(own, rows);
                assert!(depth == limits.max_depth || rows.len() < limits.min_samples_split || best < 1e-9);
            }
            Node::Cut { column, bin, left } => {
                let above = |row: &u32| columns[column as usize].bins[*row as usize] > bin;
                let (right_rows, left_rows): (Vec<u32>, Vec<u32>) = rows.iter().partition(|row| above(row));
                assert!(left_rows.len().min(right_rows.len()) >= limits.min_samples_leaf);
                let score = |rows: &[u32]| score(residuals, rows, limits.gain);
                let gain = score(&left_rows) + score(&right_rows) - score(&rows);
                assert!((gain - best).abs() < 1e-5 * best.max(1e-3), "{gain} {best}");
                *total += gain;
                open.push((left as usize, left_rows, depth + 1));
                open.push((left as usize + 1, right_rows, depth + 1));
            }
        }
    }
}

#[test]
fn every_cut_is_the_best_there_is_in_shallow_and_in_deep_trees() {
    let mut draws = Draws::new(3, "residual trees");
    let x = Array2::from_shape_fn((700, 6), |_| draws.normal());
    // Few bins and many rows subtract histograms, many bins and small nodes count them.
    for (bins, limits) in [
        (8, Limits { max_depth: 4, min_samples_split: 2, min_samples_leaf: 1, gain: Gain::Residual }),
        (200, Limits { max_depth: 30, min_samples_split: 7, min_samples_leaf: 3, gain: Gain::Residual }),
        (8, Limits { max_depth: 4, min_samples_split: 2, min_samples_leaf: 1, gain: Gain::Newton }),
        (200, Limits { max_depth: 30, min_samples_split: 7, min_samples_leaf: 1, gain: Gain::Newton }),
    ] {
        let columns = bin_columns(x.view(), |values| equal_counts(values, bins));
        let residuals: Vec<Vec<f64>> = (0..10)
            .map(|class| {
                let noise = |row: usize| (x[[row, class % 6]] * 0.4 + draws.normal() * 0.3).tanh();
                (0..700).map(noise).collect()
            })
            .collect();
        let sample: Vec<u32> = (0..700).collect();
        let trees = Grower::<8>::new(&columns, 700, limits).grow(&sample, &residuals);
        for (tree, residuals) in trees.iter().zip(&residuals) {
            let mut total = 0.0;
            check(tree, &columns, residuals, limits, &mut total);
            let said: f64 = tree.improvements.iter().map(|(_, gain)| gain).sum();
            assert!((said - total).abs() < 1e-5 * total);
        }
    }
}

#[test]
fn equal_residuals_are_not_cut() {
    let x = Array2::from_shape_fn((40, 2), |(row, column)| ((row * (3 + column)) % 17) as f64);
    let columns = bin_columns(x.view(), |values| equal_counts(values, 255));
    for gain in [Gain::Residual, Gain::Newton] {
        let limits = Limits { max_depth: 3, min_samples_split: 2, min_samples_leaf: 1, gain };
        let sample: Vec<u32> = (0..40).collect();
        let trees = Grower::<1>::new(&columns, 40, limits).grow(&sample, &[vec![0.1234567; 40]]);
        assert_eq!(trees[0].nodes, [Node::Leaf(0)]);
        assert_eq!(trees[0].leaf_ends, [40]);
    }
}
