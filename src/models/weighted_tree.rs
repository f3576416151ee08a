//! Small classification trees on rows that each have a weight of their own, for boosting by weights.
//!
//! The columns are sorted once; then a whole level of the tree is cut in one walk down every column, each open node
//! keeping its class weights left of the walk (Mehta, Agrawal & Rissanen, "SLIQ", EDBT 1996). A cut maximises
//! Σ aₖ² / Σ aₖ + Σ bₖ² / Σ bₖ, a and b being the class weights on either side, which removes the most Gini impurity;
//! among equals the lowest column's lowest wins. A leaf says the class of most weight.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::class_scores::argmax;
use super::column_bins::between;
use super::tree_nodes::Tree;

pub struct SortedColumns {
    columns: Vec<SortedColumn>,
}

/// One column that varies: its rows and values from the lowest value to the highest.
struct SortedColumn {
    index: usize,
    rows: Vec<u32>,
    values: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
pub struct TreeLimits {
    pub max_depth: usize,
    pub min_samples_leaf: usize,
}

pub struct GrownTree {
    pub tree: Tree,
    /// One a row: the class that the tree gives it.
    pub classes: Vec<usize>,
    /// (column, weighted impurity that a cut removed).
    pub removed: Vec<(usize, f64)>,
}

#[derive(Debug, Clone, Copy)]
struct Cut {
    score: f64,
    column: usize,
    threshold: f64,
}

/// A node that may yet be cut.
struct Open {
    place: usize,
    totals: Vec<f64>,
    rows: usize,
}

/// What a walk down a column knows of one node.
struct Walk {
    left: Vec<f64>,
    seen: usize,
    last: f64,
}

/// The node of a row that has come to a leaf.
const SETTLED: u32 = u32::MAX;

impl SortedColumns {
    pub fn new(x: ArrayView2<'_, f64>) -> Self {
        let sorted = |index: usize| {
            let column = x.column(index);
            let mut rows: Vec<u32> = (0..x.nrows() as u32).collect();
            rows.sort_by(|a, b| column[*a as usize].total_cmp(&column[*b as usize]));
            let values = rows.iter().map(|row| column[*row as usize]).collect();
            SortedColumn { index, rows, values }
        };
        let all: Vec<SortedColumn> = (0..x.ncols()).into_par_iter().map(sorted).collect();
        Self {
            columns: all.into_iter().filter(|column| column.values.first() < column.values.last()).collect(),
        }
    }

    pub fn grow(
        &self,
        x: ArrayView2<'_, f64>,
        targets: &[usize],
        weights: &[f64],
        classes: usize,
        limits: TreeLimits,
    ) -> GrownTree {
        let mut tree = Tree::root(classes);
        let mut node_of_row = vec![0u32; targets.len()];
        let mut leaf_of_row = vec![0usize; targets.len()];
        let mut removed = Vec::new();
        let mut open = vec![node(0, 0..targets.len(), targets, weights, classes)];
        for depth in 0.. {
            let cuttable = |node: &Open| {
                let several = node.totals.iter().filter(|weight| **weight > 0.0).count() > 1;
                depth < limits.max_depth && several && node.rows >= 2 * limits.min_samples_leaf
            };
            let wanted: Vec<bool> = open.iter().map(cuttable).collect();
            let cuts = if wanted.contains(&true) {
                self.best_cuts(&open, &wanted, &node_of_row, targets, weights, limits)
            } else {
                vec![None; open.len()]
            };
            let mut next = Vec::new();
            let mut children = vec![None; open.len()];
            for (number, (node, cut)) in open.iter().zip(&cuts).enumerate() {
                let Some(cut) = cut else {
                    let mut outcome = vec![0.0; classes];
                    outcome[argmax(&node.totals)] = 1.0;
                    tree.conclude(node.place, &outcome);
                    continue;
                };
                let total: f64 = node.totals.iter().sum();
                let before: f64 = node.totals.iter().map(|weight| weight * weight).sum::<f64>() / total;
                removed.push((cut.column, cut.score - before));
                let (left, right) = tree.split(node.place, cut.column);
                tree.set_threshold(node.place, cut.threshold);
                children[number] = Some((next.len() as u32, *cut));
                next.extend([(left, Vec::new()), (right, Vec::new())]);
            }
            for (row, number) in node_of_row.iter_mut().enumerate().filter(|(_, node)| **node != SETTLED) {
                match children[*number as usize] {
                    None => {
                        leaf_of_row[row] = argmax(&open[*number as usize].totals);
                        *number = SETTLED;
                    }
                    Some((first, cut)) => {
                        *number = first + u32::from(x[[row, cut.column]] > cut.threshold);
                        next[*number as usize].1.push(row);
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            open = next
                .into_iter()
                .map(|(place, rows)| node(place, rows.into_iter(), targets, weights, classes))
                .collect();
        }
        GrownTree { tree, classes: leaf_of_row, removed }
    }

    /// The best cut of every wanted node, over all columns.
    fn best_cuts(
        &self,
        open: &[Open],
        wanted: &[bool],
        node_of_row: &[u32],
        targets: &[usize],
        weights: &[f64],
        limits: TreeLimits,
    ) -> Vec<Option<Cut>> {
        let of_column = |column: &SortedColumn| {
            let mut best: Vec<Option<Cut>> = vec![None; open.len()];
            let mut walks: Vec<Walk> = open.iter().map(Walk::new).collect();
            for (row, value) in column.rows.iter().zip(&column.values) {
                let row = *row as usize;
                let number = node_of_row[row];
                if number == SETTLED || !wanted[number as usize] {
                    continue;
                }
                let number = number as usize;
                let (walk, rows) = (&mut walks[number], open[number].rows);
                let sides =
                    walk.seen >= limits.min_samples_leaf && rows - walk.seen >= limits.min_samples_leaf;
                if walk.seen > 0 && *value > walk.last && sides {
                    let score = walk.score(&open[number].totals);
                    if best[number].is_none_or(|best| score > best.score) && score.is_finite() {
                        let threshold = between(walk.last, *value);
                        best[number] = Some(Cut { score, column: column.index, threshold });
                    }
                }
                walk.pass(targets[row], weights[row], *value);
            }
            best
        };
        let by_column: Vec<Vec<Option<Cut>>> = self.columns.par_iter().map(of_column).collect();
        let better = |best: Option<Cut>, next: Option<Cut>| match (best, next) {
            (Some(best), Some(next)) if next.score > best.score => Some(next),
            (None, next) => next,
            (best, _) => best,
        };
        (0..open.len()).map(|number| by_column.iter().map(|cuts| cuts[number]).fold(None, better)).collect()
    }
}

fn node(
    place: usize,
    rows: impl Iterator<Item = usize>,
    targets: &[usize],
    weights: &[f64],
    classes: usize,
) -> Open {
    let mut open = Open { place, totals: vec![0.0; classes], rows: 0 };
    for row in rows {
        open.totals[targets[row]] += weights[row];
        open.rows += 1;
    }
    open
}

impl Walk {
    fn new(node: &Open) -> Self {
        Self { left: vec![0.0; node.totals.len()], seen: 0, last: f64::NEG_INFINITY }
    }

    fn pass(&mut self, class: usize, weight: f64, value: f64) {
        self.left[class] += weight;
        self.seen += 1;
        self.last = value;
    }

    /// Summed anew at each cut: late in boosting most weights are tiny, and what a running sum of squares has lost by
    /// then is more than the right side weighs.
    fn score(&self, totals: &[f64]) -> f64 {
        let [mut left_squares, mut left_weight, mut right_squares, mut right_weight] = [0.0; 4];
        for (left, total) in self.left.iter().zip(totals) {
            let right = (total - left).max(0.0);
            left_squares += left * left;
            left_weight += left;
            right_squares += right * right;
            right_weight += right;
        }
        left_squares / left_weight + right_squares / right_weight
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::random::Draws;

    /// The best score of any cut of all rows, each side summed by itself.
    fn best(x: &Array2<f64>, y: &[usize], weights: &[f64], classes: usize) -> f64 {
        let mut best = 0.0;
        for column in x.columns() {
            for at in &column {
                let mut sides = [vec![0.0; classes], vec![0.0; classes]];
                for (row, value) in column.iter().enumerate() {
                    sides[usize::from(value > at)][y[row]] += weights[row];
                }
                let pure = |side: &Vec<f64>| {
                    let sum: f64 = side.iter().sum();
                    if sum > 0.0 { side.iter().map(|w| w * w).sum::<f64>() / sum } else { 0.0 }
                };
                best = f64::max(best, sides.iter().map(pure).sum());
            }
        }
        best
    }

    #[test]
    fn tiny_weights_at_a_column_s_end_are_cut_where_they_should_be() {
        let mut draws = Draws::new(5, "weights");
        for case in 0..40 {
            let x = Array2::from_shape_fn((60, 3), |_| draws.normal());
            let y: Vec<usize> = (0..60).map(|row| row % 3).collect();
            let weights: Vec<f64> = (0..60).map(|_| 10f64.powf(-16.0 * draws.unit())).collect();
            let limits = TreeLimits { max_depth: 1, min_samples_leaf: 1 };
            let grown = SortedColumns::new(x.view()).grow(x.view(), &y, &weights, 3, limits);
            let mut totals = [0.0; 3];
            y.iter().zip(&weights).for_each(|(class, weight)| totals[*class] += weight);
            let before = totals.iter().map(|w| w * w).sum::<f64>() / totals.iter().sum::<f64>();
            let (removed, wanted) = (grown.removed[0].1, best(&x, &y, &weights, 3) - before);
            assert!((removed - wanted).abs() < 1e-12, "{case}: {removed} {wanted}");
        }
    }
}
