//! What was predicted of some rows of a table, as a cell keeps it.

use ndarray::Array2;

use crate::metrics::Predictions;
use crate::table::FeatureTable;

/// `predicted` and `probabilities` are of `rows`, in that order.
pub fn predictions_of(
    table: &FeatureTable,
    rows: &[usize],
    predicted: Vec<usize>,
    probabilities: Option<Array2<f64>>,
) -> Predictions {
    let indices = table.class_indices();
    Predictions {
        classes: table.class_names(),
        clip_ids: rows.iter().map(|&row| table.clip_ids[row].clone()).collect(),
        truth: rows.iter().map(|&row| indices[row]).collect(),
        predicted,
        probabilities: probabilities.map(|table| table.outer_iter().map(|row| row.to_vec()).collect()),
    }
}
