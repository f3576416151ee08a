//! One row a clip: id, label, group, fold, and f64 columns.

use ndarray::Array2;

/// One row a clip. `values` is rows × columns; NaN means missing.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTable {
    pub clip_ids: Vec<String>,
    pub labels: Vec<String>,
    pub groups: Vec<Option<String>>,
    pub folds: Vec<Option<String>>,
    pub columns: Vec<String>,
    pub values: Array2<f64>,
}
