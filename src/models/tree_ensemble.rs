//! Trees grown side by side, whose class parts are averaged; `random_forest`, `extra_trees` and `decision_tree`
//! are such, under rules of their own.
//!
//! Each tree has a stream of draws of its own, named by its number, so it grows the same on any thread.
//! Sums over trees run in the order of the trees.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bootstrap_rows::{Sampling, TreeSample};
use super::checks::{PresentClasses, check_rows, check_two_classes};
use super::class_scores::{argmax, classes_of, spread};
use super::error::ModelError;
use super::lane_split::KeyLayout;
use super::model::{ClassesAndProbabilities, Fitted, TrainingSet};
use super::node_cut::Ground;
use super::ranked_columns::RankedColumns;
use super::stored;
use super::tree_growth::{Workspace, grow};
use super::tree_nodes::Tree;
use super::tree_parameters::MaxFeatures;
use super::tree_rules::Rules;
use crate::random::Draws;

/// Rows that are asked together, so that a tree is read once for all of them.
const ROWS_A_BLOCK: usize = 256;

/// What makes one ensemble differ from another.
pub struct Ensemble {
    pub model: &'static str,
    pub trees: usize,
    pub sampling: Sampling,
    pub max_features: MaxFeatures,
    /// All but `columns_to_try`, which the table decides.
    pub rules: Rules,
    pub oob_score: bool,
}

#[derive(Serialize, Deserialize)]
pub struct FittedEnsemble {
    present: PresentClasses,
    trees: Vec<Tree>,
    columns: usize,
    importances: Vec<f64>,
    notes: Vec<String>,
}

impl Ensemble {
    pub fn fit(mut self, train: TrainingSet<'_>, seed: u64) -> Result<FittedEnsemble, ModelError> {
        let present = check_two_classes(train, self.model)?;
        let classes = present.classes.len();
        let layout = KeyLayout::for_classes(classes).ok_or_else(|| ModelError::BadParameters {
            model: self.model.to_string(),
            reason: format!("trees tell at most 4096 classes apart, and there are {classes}"),
        })?;
        let table = RankedColumns::new(train.x);
        self.rules.columns_to_try = self.max_features.of(table.columns());
        let ground = Ground {
            table: &table,
            layout,
            classes,
            rules: &self.rules,
            arch: crate::audio::vectorised::arch(),
        };
        let grown: Vec<(Tree, Vec<f64>, Vec<u32>)> = (0..self.trees)
            .into_par_iter()
            .map_init(Workspace::default, |workspace, tree| {
                let mut draws = Draws::new(seed, &format!("tree/{tree}"));
                let sample = TreeSample::draw(self.sampling, &present, layout, &mut draws);
                let TreeSample { mut members, class_weights, left_out } = sample;
                let (tree, removed) = grow(&ground, &mut members, &class_weights, draws, workspace);
                (tree, removed, if self.oob_score { left_out } else { Vec::new() })
            })
            .collect();
        let mut importances = vec![0.0; train.x.ncols()];
        for (_, removed, _) in &grown {
            let total: f64 = removed.iter().sum();
            for (column, removed) in removed.iter().enumerate().filter(|_| total > 0.0) {
                importances[table.index(column)] += removed / total;
            }
        }
        let total: f64 = importances.iter().sum();
        importances.iter_mut().filter(|_| total > 0.0).for_each(|importance| *importance /= total);
        let notes = if self.oob_score { vec![out_of_bag(train.x, &present, &grown)] } else { Vec::new() };
        let trees = grown.into_iter().map(|(tree, _, _)| tree).collect();
        Ok(FittedEnsemble { present, trees, columns: train.x.ncols(), importances, notes })
    }
}

/// Each row's class by the trees that did not see it; how often it is right.
fn out_of_bag(
    x: ArrayView2<'_, f64>,
    present: &PresentClasses,
    grown: &[(Tree, Vec<f64>, Vec<u32>)],
) -> String {
    let classes = present.classes.len();
    let counts: Vec<(usize, usize)> = (0..x.nrows())
        .step_by(ROWS_A_BLOCK)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|start| {
            let end = x.nrows().min(start + ROWS_A_BLOCK);
            let rows: Vec<Vec<f64>> = x
                .slice_axis(Axis(0), (start..end).into())
                .rows()
                .into_iter()
                .map(|row| row.to_vec())
                .collect();
            let mut sums = vec![0.0; rows.len() * classes];
            for (tree, _, left_out) in grown {
                let first = left_out.partition_point(|row| (*row as usize) < start);
                for row in left_out[first..].iter().map(|row| *row as usize).take_while(|row| *row < end) {
                    let place = row - start;
                    tree.add_outcome(tree.leaf(&rows[place]), &mut sums[place * classes..][..classes]);
                }
            }
            let judged = sums.chunks_exact(classes).zip(&present.dense[start..end]);
            judged
                .filter(|(sums, _)| sums.iter().any(|sum| *sum > 0.0))
                .fold((0, 0), |(right, all), (sums, class)| {
                    (right + usize::from(argmax(sums) == *class), all + 1)
                })
        })
        .collect();
    let (right, all) = counts.into_iter().fold((0, 0), |sum, next| (sum.0 + next.0, sum.1 + next.1));
    match all {
        0 => "no training row was out of bag; raise n_estimators".to_string(),
        _ => format!("out-of-bag accuracy {:.4} ({right} of {all} rows)", right as f64 / all as f64),
    }
}

impl FittedEnsemble {
    /// Rows × present classes: the average of what the trees say.
    fn parts(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>, ModelError> {
        check_rows(x, self.columns)?;
        let classes = self.present.classes.len();
        let x = x.as_standard_layout();
        let values = x.as_slice().unwrap_or_default();
        let mut parts = Array2::zeros((x.nrows(), classes));
        let sums = parts.as_slice_mut().unwrap_or_default();
        let trees = self.trees.len() as f64;
        values
            .par_chunks(ROWS_A_BLOCK * self.columns)
            .zip(sums.par_chunks_mut(ROWS_A_BLOCK * classes))
            .for_each(|(rows, sums)| {
                self.trees.iter().for_each(|tree| tree.add_parts(rows, self.columns, sums));
                sums.iter_mut().for_each(|sum| *sum /= trees);
            });
        Ok(parts)
    }
}

impl Fitted for FittedEnsemble {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError> {
        Ok(classes_of(&self.parts(x)?, &self.present))
    }

    fn probabilities(&self, x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        Ok(Some(spread(&self.parts(x)?, &self.present)))
    }

    fn answer(&self, x: ArrayView2<'_, f64>) -> Result<Option<ClassesAndProbabilities>, ModelError> {
        let parts = self.parts(x)?;
        Ok(Some((classes_of(&parts, &self.present), Some(spread(&parts, &self.present)))))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn importances(&self) -> Option<Vec<f64>> {
        Some(self.importances.clone())
    }

    fn save(&self) -> Result<Vec<u8>, ModelError> {
        stored::pack(self)
    }
}
