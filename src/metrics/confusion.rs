//! The confusion matrix: how many clips of each true class (rows) were taken for each class (columns).

use serde::Serialize;

use super::predictions::Predictions;

/// Counts, true class × predicted class, with their sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Confusion {
    /// None in a redraw, of which only sums are asked for.
    counts: Vec<Vec<u64>>,
    #[serde(skip)]
    hits: Vec<u64>,
    #[serde(skip)]
    support: Vec<u64>,
    #[serde(skip)]
    taken: Vec<u64>,
    #[serde(skip)]
    clips: u64,
    /// In a redraw: of each class, whether there are clips of it to draw.
    #[serde(skip)]
    to_draw: Vec<bool>,
}

impl Confusion {
    pub fn new(classes: usize) -> Self {
        let none = vec![0; classes];
        Self {
            counts: vec![none.clone(); classes],
            hits: none.clone(),
            support: none.clone(),
            taken: none,
            clips: 0,
            to_draw: Vec::new(),
        }
    }

    /// Empty, for redraws of a test side's clips. `predictions` must have passed its check.
    pub fn redrawing(predictions: &Predictions) -> Self {
        let classes = predictions.classes.len();
        let mut confusion = Self { counts: Vec::new(), to_draw: vec![false; classes], ..Self::new(classes) };
        predictions.truth.iter().for_each(|truth| confusion.to_draw[*truth] = true);
        confusion
    }

    /// `predictions` must have passed its check.
    pub fn of(predictions: &Predictions) -> Self {
        let mut confusion = Self::new(predictions.classes.len());
        for (truth, predicted) in predictions.truth.iter().zip(&predictions.predicted) {
            confusion.add(*truth, *predicted, 1);
        }
        confusion
    }

    pub fn add(&mut self, truth: usize, predicted: usize, clips: u64) {
        if let Some(row) = self.counts.get_mut(truth) {
            row[predicted] += clips;
        }
        if truth == predicted {
            self.hits[truth] += clips;
        }
        self.support[truth] += clips;
        self.taken[predicted] += clips;
        self.clips += clips;
    }

    pub fn clear(&mut self) {
        self.counts.iter_mut().for_each(|row| row.fill(0));
        [&mut self.hits, &mut self.support, &mut self.taken].into_iter().for_each(|sums| sums.fill(0));
        self.clips = 0;
    }

    pub fn classes(&self) -> usize {
        self.support.len()
    }

    /// True class × predicted class; empty in a redraw.
    pub fn counts(&self) -> &[Vec<u64>] {
        &self.counts
    }

    pub fn clips(&self) -> u64 {
        self.clips
    }

    /// Clips of `class` that were taken for it.
    pub fn hits(&self, class: usize) -> u64 {
        self.hits[class]
    }

    /// Clips of `class`.
    pub fn support(&self, class: usize) -> u64 {
        self.support[class]
    }

    /// Clips taken for `class`.
    pub fn taken(&self, class: usize) -> u64 {
        self.taken[class]
    }

    /// Whether a mean over classes counts `class`: it occurs in truth or predictions. A redraw that happens to hold no clip
    /// of it says nothing of it; a class that never had one stays as wrongly predicted as it was.
    pub fn is_averaged(&self, class: usize) -> bool {
        let lost = self.to_draw.get(class).copied().unwrap_or(false);
        self.support(class) > 0 || (!lost && self.taken(class) > 0)
    }
}
