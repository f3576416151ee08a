//! The confusion matrix: how many clips of each true class (rows) were taken for each class (columns).

use serde::Serialize;

use super::predictions::Predictions;

/// Counts, true class × predicted class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Confusion {
    counts: Vec<Vec<u64>>,
    /// In a redraw: of each class, whether there are clips of it to draw.
    #[serde(skip)]
    to_draw: Vec<bool>,
}

impl Confusion {
    pub fn new(classes: usize) -> Self {
        Self { counts: vec![vec![0; classes]; classes], to_draw: Vec::new() }
    }

    /// Empty, for redraws of a test side's clips. `predictions` must have passed its check.
    pub fn redrawing(predictions: &Predictions) -> Self {
        let mut confusion = Self::new(predictions.classes.len());
        confusion.to_draw = vec![false; predictions.classes.len()];
        predictions.truth.iter().for_each(|truth| confusion.to_draw[*truth] = true);
        confusion
    }

    /// `predictions` must have passed its check.
    pub fn of(predictions: &Predictions) -> Self {
        let mut confusion = Self::new(predictions.classes.len());
        for (truth, predicted) in predictions.truth.iter().zip(&predictions.predicted) {
            confusion.counts[*truth][*predicted] += 1;
        }
        confusion
    }

    pub fn add(&mut self, truth: usize, predicted: usize, clips: u64) {
        self.counts[truth][predicted] += clips;
    }

    pub fn clear(&mut self) {
        self.counts.iter_mut().for_each(|row| row.fill(0));
    }

    pub fn classes(&self) -> usize {
        self.counts.len()
    }

    /// True class × predicted class.
    pub fn counts(&self) -> &[Vec<u64>] {
        &self.counts
    }

    pub fn clips(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// Clips of `class` that were taken for it.
    pub fn hits(&self, class: usize) -> u64 {
        self.counts[class][class]
    }

    /// Clips of `class`.
    pub fn support(&self, class: usize) -> u64 {
        self.counts[class].iter().sum()
    }

    /// Clips taken for `class`.
    pub fn taken(&self, class: usize) -> u64 {
        self.counts.iter().map(|row| row[class]).sum()
    }

    /// Whether a mean over classes counts `class`: it occurs in truth or predictions. A redraw that happens to hold no clip
    /// of it says nothing of it; a class that never had one stays as wrongly predicted as it was.
    pub fn is_averaged(&self, class: usize) -> bool {
        let lost = self.to_draw.get(class).copied().unwrap_or(false);
        self.support(class) > 0 || (!lost && self.taken(class) > 0)
    }
}
