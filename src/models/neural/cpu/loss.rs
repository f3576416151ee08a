//! Softmax and cross-entropy: −Σ w(y) log p(y) / Σ w(y), as PyTorch's CrossEntropyLoss with class weights.

use crate::models::argmax;

/// Rows of probabilities from rows of logits.
pub fn softmax(logits: &[f32], classes: usize) -> Vec<f32> {
    let mut probabilities = logits.to_vec();
    for row in probabilities.chunks_mut(classes) {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0f64;
        for value in row.iter_mut() {
            *value = (*value - largest).exp();
            sum += f64::from(*value);
        }
        row.iter_mut().for_each(|value| *value = (f64::from(*value) / sum) as f32);
    }
    probabilities
}

/// Σ of weighted losses and of weights, and how many rows are right; where `gradient` is there, dloss/dlogits of the
/// mean loss.
pub fn cross_entropy(
    logits: &[f32],
    truth: &[usize],
    class_weights: Option<&[f32]>,
    classes: usize,
    gradient: Option<&mut Vec<f32>>,
) -> Loss {
    let weight = |class: usize| class_weights.map_or(1.0, |weights| weights[class]);
    let mut loss = Loss::default();
    for (row, class) in logits.chunks(classes).zip(truth) {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = row.iter().map(|value| f64::from(*value - largest).exp()).sum();
        let w = f64::from(weight(*class));
        loss.sum += w * (sum.ln() - f64::from(row[*class] - largest));
        loss.weight += w;
        loss.right += usize::from(argmax(row) == *class);
        loss.rows += 1;
    }
    if let Some(gradient) = gradient {
        *gradient = softmax(logits, classes);
        for (row, class) in gradient.chunks_mut(classes).zip(truth) {
            row[*class] -= 1.0;
            let share = (f64::from(weight(*class)) / loss.weight) as f32;
            row.iter_mut().for_each(|value| *value *= share);
        }
    }
    loss
}

/// Sums that add up over batches.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Loss {
    pub sum: f64,
    pub weight: f64,
    pub right: usize,
    pub rows: usize,
}

impl Loss {
    pub fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.weight += other.weight;
        self.right += other.right;
        self.rows += other.rows;
    }

    pub fn mean(self) -> f64 {
        self.sum / self.weight
    }

    pub fn accuracy(self) -> f64 {
        self.right as f64 / self.rows.max(1) as f64
    }
}
