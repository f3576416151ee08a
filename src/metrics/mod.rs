//! Floor 3: Predictions in, Scores out. One file a metric family.

/// What a classifier said of a test side: parallel vectors, one entry a clip.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// Class names in index order.
    pub classes: Vec<String>,
    pub truth: Vec<usize>,
    pub predicted: Vec<usize>,
    /// Row-major clips × classes, where the model gives probabilities.
    pub probabilities: Option<Vec<Vec<f64>>>,
}
