//! Scores of rows while they are boosted: probabilities, residuals and the log-loss.
//!
//! With several classes a row has a score each and p = softmax; with two, one score, the log-odds of the second.

use ndarray::Array2;

/// The scores that a tree sets out from.
pub struct BoostedScores<'a> {
    /// Rows × outputs.
    pub scores: &'a [f64],
    /// Class of every row.
    pub targets: &'a [usize],
    pub outputs: usize,
}

/// How many scores a row of `classes` classes has.
pub fn outputs_of(classes: usize) -> usize {
    if classes == 2 { 1 } else { classes }
}

/// Rows × classes of the sums of rows' scores; with one score the first class has 0.
pub fn by_class(sums: &[f64], outputs: usize, classes: usize) -> Array2<f64> {
    let mut scores = Array2::zeros((sums.len() / outputs, classes));
    for (mut scores, sums) in scores.rows_mut().into_iter().zip(sums.chunks_exact(outputs)) {
        scores.iter_mut().skip(classes - outputs).zip(sums).for_each(|(score, sum)| *score = *sum);
    }
    scores
}

impl BoostedScores<'_> {
    /// [y = c]; with one score, whether the row is of the second class.
    pub fn indicator(&self, row: usize, output: usize) -> f64 {
        match self.outputs {
            1 => self.targets[row] as f64,
            _ => f64::from(u8::from(self.targets[row] == output)),
        }
    }

    /// p at the row's scores, moved by `step`.
    pub fn probabilities(&self, row: usize, step: Option<&[f64]>, parts: &mut [f64]) {
        parts.copy_from_slice(&self.scores[row * self.outputs..][..self.outputs]);
        if let Some(step) = step {
            parts.iter_mut().zip(step).for_each(|(part, step)| *part += step);
        }
        if let [odds] = parts {
            *odds = 1.0 / (1.0 + (-*odds).exp());
            return;
        }
        let largest = parts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        parts.iter_mut().for_each(|score| *score = (*score - largest).exp());
        let total: f64 = parts.iter().sum();
        parts.iter_mut().for_each(|part| *part /= total);
    }

    /// [y = c] − p of a row as it stands.
    pub fn residuals(&self, row: usize, parts: &mut [f64]) {
        self.probabilities(row, None, parts);
        parts.iter_mut().enumerate().for_each(|(output, part)| *part = self.indicator(row, output) - *part);
    }

    /// −log p of the row's class at its scores, moved by `step`.
    pub fn loss(&self, row: usize, step: Option<&[f64]>) -> f64 {
        let scores = &self.scores[row * self.outputs..][..self.outputs];
        let moved = |output: usize| scores[output] + step.map_or(0.0, |step| step[output]);
        if self.outputs == 1 {
            let against = if self.targets[row] == 1 { -moved(0) } else { moved(0) };
            return against.max(0.0) + (-against.abs()).exp().ln_1p();
        }
        let largest = (0..self.outputs).map(moved).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = (0..self.outputs).map(|output| (moved(output) - largest).exp()).sum();
        largest + total.ln() - moved(self.targets[row])
    }
}

/// The rows of tests/golden/make_boosting.py, and how well a model learns them.
#[cfg(test)]
pub mod golden {
    use ndarray::Array2;

    use crate::models::{Fitted, TrainingSet, build};

    pub fn rows(classes: usize) -> (Array2<f64>, Vec<usize>) {
        let x = Array2::from_shape_fn((600, 7), |(i, j)| {
            ((i * i * (2 * j + 3) + i * (31 * j + 7) + 5 * j) % 211) as f64
        });
        assert_eq!(x.sum(), 428_083.0);
        let class = |i: usize| {
            let row = x.row(i);
            let beyond = if row[3] > 90.0 { row[2] } else { 0.0 };
            let score = row[0] + 2.0 * (row[1] - 100.0).abs() - beyond + ((i * 37) % 101) as f64;
            (score.clamp(0.0, 399.0) * classes as f64 / 400.0) as usize
        };
        let y = (0..600).map(class).collect();
        (x, y)
    }

    pub fn fit(model: &str, classes: usize, parameters: &str) -> Box<dyn Fitted> {
        let (x, y) = rows(classes);
        let train = TrainingSet { x: x.view(), y: &y, classes };
        build(model, parameters.parse().unwrap()).unwrap().fit(train, 1).unwrap()
    }

    /// Mean −log p of the true class over the training rows.
    pub fn training_loss(model: &str, classes: usize, parameters: &str) -> f64 {
        let (x, y) = rows(classes);
        let parts = fit(model, classes, parameters).probabilities(x.view()).unwrap().unwrap();
        -y.iter().enumerate().map(|(row, class)| parts[[row, *class]].ln()).sum::<f64>() / 600.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residuals_are_the_falling_slope_of_the_loss() {
        for (scores, outputs) in [(vec![0.3, -1.2, 0.9], 3), (vec![-0.7], 1)] {
            for target in 0..outputs.max(2) {
                let at = BoostedScores { scores: &scores, targets: &[target], outputs };
                let mut residuals = vec![0.0; outputs];
                at.residuals(0, &mut residuals);
                for (output, residual) in residuals.iter().enumerate() {
                    let moved = |by: f64| {
                        let mut step = vec![0.0; outputs];
                        step[output] = by;
                        at.loss(0, Some(&step))
                    };
                    let slope = (moved(-1e-5) - moved(1e-5)) / 2e-5;
                    assert!((slope - residual).abs() < 1e-9, "{slope} {residual}");
                }
            }
        }
    }

    #[test]
    fn scores_of_any_size_have_probabilities_and_a_loss() {
        let at = BoostedScores { scores: &[1e300, -1e300, 0.0], targets: &[1], outputs: 3 };
        let mut parts = [0.0; 3];
        at.probabilities(0, None, &mut parts);
        assert_eq!(parts, [1.0, 0.0, 0.0]);
        assert_eq!(at.loss(0, None), 2e300);
    }
}
