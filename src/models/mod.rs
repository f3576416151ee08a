//! Floor 4: the `Model` and `Fitted` traits and one file a model; `MODELS` is the registry.

use ndarray::{Array2, ArrayView2};

/// The training side: scaled, imputed features and class indices below `classes`.
#[derive(Debug, Clone, Copy)]
pub struct TrainingSet<'a> {
    pub x: ArrayView2<'a, f64>,
    pub y: &'a [usize],
    pub classes: usize,
}

/// A classifier's recipe: parameters, not yet fitted.
pub trait Model: Send + Sync {
    fn fit(&self, train: TrainingSet<'_>, seed: u64) -> Result<Box<dyn Fitted>, ModelError>;
}

/// A fitted classifier.
pub trait Fitted: Send + Sync {
    /// One class index a row; ties go to the lowest index.
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<usize>, ModelError>;

    /// Rows × classes, each row summing to 1; `None` where the method has none.
    fn probabilities(&self, _x: ArrayView2<'_, f64>) -> Result<Option<Array2<f64>>, ModelError> {
        Ok(None)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ModelError {}
