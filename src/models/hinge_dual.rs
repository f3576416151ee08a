//! The linear support vector machine with the hinge loss, in its dual, one row at a time.
//!
//! min ½ ‖w‖² + Σ Cᵢ max(0, 1 − yᵢ w·xᵢ) through αᵢ ∈ [0, Cᵢ], w = Σ αᵢ yᵢ xᵢ: each step solves for one αᵢ, in an order
//! drawn anew for each pass, and rows settled at a bound are left out until the end. Hsieh et al., "A dual coordinate
//! descent method for large-scale linear SVM", ICML 2008, which is liblinear's. The intercept is the weight of a
//! column of the constant `bias`, and is penalised like any other.

use ndarray::ArrayView2;

use crate::random::Draws;

pub struct HingeDual<'a> {
    /// In standard layout.
    pub x: ArrayView2<'a, f64>,
    /// ±1, one a row.
    pub signs: &'a [f64],
    /// Cᵢ, one a row.
    pub bounds: &'a [f64],
    /// 0 for no intercept.
    pub bias: f64,
    /// Largest gap between projected slopes to stop at.
    pub tol: f64,
    pub max_iter: usize,
}

pub struct Separator {
    pub weights: Vec<f64>,
    pub intercept: f64,
    pub converged: bool,
}

impl HingeDual<'_> {
    pub fn solve(&self, draws: &mut Draws) -> Separator {
        let (rows, columns) = self.x.dim();
        let mut weights = vec![0.0; columns + 1];
        let mut alphas = vec![0.0; rows];
        let squares: Vec<f64> =
            self.x.rows().into_iter().map(|row| row.dot(&row) + self.bias * self.bias).collect();
        let mut order: Vec<usize> = (0..rows).collect();
        let mut active = rows;
        // Bounds of the last pass's projected slopes: beyond them a row at its bound is left out.
        let (mut above, mut below) = (f64::INFINITY, f64::NEG_INFINITY);
        for _ in 0..self.max_iter {
            let (mut largest, mut smallest) = (f64::NEG_INFINITY, f64::INFINITY);
            draws.shuffle(&mut order[..active]);
            let mut place = 0;
            while place < active {
                let row = order[place];
                let slope = self.slope(row, &weights);
                let projected = if alphas[row] == 0.0 {
                    if slope > above {
                        active -= 1;
                        order.swap(place, active);
                        continue;
                    }
                    slope.min(0.0)
                } else if alphas[row] == self.bounds[row] {
                    if slope < below {
                        active -= 1;
                        order.swap(place, active);
                        continue;
                    }
                    slope.max(0.0)
                } else {
                    slope
                };
                (largest, smallest) = (largest.max(projected), smallest.min(projected));
                if projected != 0.0 {
                    let next = match squares[row] {
                        0.0 => self.bounds[row],
                        square => (alphas[row] - slope / square).clamp(0.0, self.bounds[row]),
                    };
                    self.add(row, (next - alphas[row]) * self.signs[row], &mut weights);
                    alphas[row] = next;
                }
                place += 1;
            }
            if largest - smallest <= self.tol {
                if active == rows {
                    return self.separator(weights, true);
                }
                (active, above, below) = (rows, f64::INFINITY, f64::NEG_INFINITY);
                continue;
            }
            above = if largest > 0.0 { largest } else { f64::INFINITY };
            below = if smallest < 0.0 { smallest } else { f64::NEG_INFINITY };
        }
        self.separator(weights, false)
    }

    fn separator(&self, mut weights: Vec<f64>, converged: bool) -> Separator {
        let intercept = weights.pop().unwrap_or(0.0) * self.bias;
        Separator { weights, intercept, converged }
    }

    fn slope(&self, row: usize, weights: &[f64]) -> f64 {
        let row_values = self.x.row(row);
        let values = row_values.as_slice().unwrap_or(&[]);
        let mut sums = [0.0; 8];
        let (blocks, own) = (values.chunks_exact(8), weights.chunks_exact(8));
        let done = values.len() / 8 * 8;
        for (values, weights) in blocks.zip(own) {
            (0..8).for_each(|lane| sums[lane] += values[lane] * weights[lane]);
        }
        let tail: f64 =
            values[done..].iter().zip(&weights[done..]).map(|(value, weight)| value * weight).sum();
        let score = sums.iter().sum::<f64>() + tail + weights[values.len()] * self.bias;
        self.signs[row] * score - 1.0
    }

    fn add(&self, row: usize, step: f64, weights: &mut [f64]) {
        weights.iter_mut().zip(self.x.row(row)).for_each(|(weight, value)| *weight += step * value);
        if let Some(last) = weights.last_mut() {
            *last += step * self.bias;
        }
    }
}
