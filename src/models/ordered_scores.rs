//! Scores of rows for CatBoost's ordered boosting: each row's come from trees whose leaves never saw it.
//!
//! The rows stand in a random order, cut into growing parts: the rows before a cut (the body) set the leaves' steps for
//! themselves and for the rows up to the next cut (the tail), which is twice as far on. A row's residual is that of the
//! part in whose tail it stands. The structure of a tree is then sought on these residuals, by the same cosine as plain
//! boosting; CatBoost besides takes the cosine's own averages in order, which matters where rows are few. Three orders
//! are kept, as in CatBoost, and one is drawn for each tree. Prokhorenkova et al., "CatBoost: unbiased boosting with
//! categorical features", NeurIPS 2018, algorithm 2 and appendix B.

use rayon::prelude::*;

use super::boosted_scores::BoostedScores;
use super::leaf_steps::{StepRules, leaf_steps};
use crate::random::Draws;

const ORDERS: usize = 3;

struct Part {
    body: usize,
    /// Rows × outputs, up to the tail's end, in the order of the rows.
    scores: Vec<f64>,
}

struct Order {
    rows: Vec<usize>,
    targets: Vec<usize>,
    parts: Vec<Part>,
}

pub struct OrderedScores {
    orders: Vec<Order>,
    outputs: usize,
}

/// Rows of the first body, as CatBoost has it.
fn first_body(rows: usize) -> usize {
    if rows > 500 { (rows / 50).min(100) } else { 1 }
}

impl OrderedScores {
    pub fn new(targets: &[usize], outputs: usize, draws: &mut Draws) -> Self {
        let order = |_| {
            let mut rows: Vec<usize> = (0..targets.len()).collect();
            draws.shuffle(&mut rows);
            let mut parts = Vec::new();
            let mut body = first_body(rows.len());
            while body < rows.len() {
                let end = (2 * body).min(rows.len());
                parts.push(Part { body, scores: vec![0.0; end * outputs] });
                body = end;
            }
            Order { targets: rows.iter().map(|row| targets[*row]).collect(), rows, parts }
        };
        Self { orders: (0..ORDERS).map(order).collect(), outputs }
    }

    /// Rows × outputs: [y = c] − p by the scores of one order, drawn.
    pub fn residuals(&self, draws: &mut Draws) -> Vec<f64> {
        let order = &self.orders[draws.below(self.orders.len())];
        let mut residuals = vec![0.0; order.rows.len() * self.outputs];
        let mut start = 0;
        for part in &order.parts {
            let now = BoostedScores { scores: &part.scores, targets: &order.targets, outputs: self.outputs };
            let end = part.scores.len() / self.outputs;
            for (place, row) in order.rows[..end].iter().enumerate().skip(start) {
                now.residuals(place, &mut residuals[row * self.outputs..][..self.outputs]);
            }
            start = end;
        }
        residuals
    }

    /// One tree further: `places` has the leaf of every row.
    pub fn advance(&mut self, places: &[u32], leaves: usize, rules: StepRules, learning_rate: f64) {
        let outputs = self.outputs;
        self.orders.par_iter_mut().for_each(|Order { rows, targets, parts }| {
            let places: Vec<u32> = rows.iter().map(|row| places[*row]).collect();
            parts.par_iter_mut().for_each(|part| {
                let body = BoostedScores {
                    scores: &part.scores[..part.body * outputs],
                    targets: &targets[..part.body],
                    outputs,
                };
                let steps = leaf_steps(&body, &places[..part.body], leaves, rules);
                for (scores, leaf) in part.scores.chunks_exact_mut(outputs).zip(&places) {
                    let steps = &steps[*leaf as usize * outputs..][..outputs];
                    scores.iter_mut().zip(steps).for_each(|(score, step)| *score += learning_rate * step);
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::leaf_steps::Estimation;
    use super::*;

    #[test]
    fn a_rows_residual_does_not_depend_on_its_own_class_outside_the_first_body() {
        let rules = StepRules { estimation: Estimation::Newton, steps: 1, l2: 3.0 };
        let places: Vec<u32> = (0..200).map(|row| u32::from(row % 3 == 0)).collect();
        let residuals = |targets: &[usize]| {
            let mut scores = OrderedScores::new(targets, 1, &mut Draws::new(1, "order"));
            (0..5).for_each(|_| scores.advance(&places, 2, rules, 0.3));
            scores.residuals(&mut Draws::new(2, "which"))
        };
        let targets: Vec<usize> = (0..200).map(|row| row * row % 7 % 2).collect();
        let plain = residuals(&targets);
        let moved = |row: usize| {
            let mut other = targets.clone();
            other[row] = 1 - other[row];
            let changed = residuals(&other)[row];
            // The indicator itself flips; the probability is what the trees say.
            (changed - plain[row] - (other[row] as f64 - targets[row] as f64)).abs()
        };
        let depends = (0..200).filter(|row| moved(*row) > 1e-12).count();
        assert!(depends <= 1, "{depends}");
        assert!(plain.iter().any(|residual| (residual.abs() - 0.5).abs() > 0.05));
    }
}
