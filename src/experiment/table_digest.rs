//! A table's hash: all that it holds, labels and groups included, so that a cell's name says what it was computed from.

use super::frame_sets::FrameSet;
use crate::disk::digest;
use crate::table::FeatureTable;

/// The same with the matrices beside it.
pub fn keyed_digest(table: &FeatureTable, frames: Option<&FrameSet>) -> String {
    match frames {
        Some(frames) => digest(format!("{} {}", table_digest(table), frames.digest()).as_bytes()),
        None => table_digest(table),
    }
}

/// Hash of all that a table holds, labels and groups included.
pub fn table_digest(table: &FeatureTable) -> String {
    let names = serde_json::json!([table.clip_ids, table.labels, table.groups, table.folds, table.columns]);
    let mut bytes = names.to_string().into_bytes();
    bytes.extend(table.values.iter().flat_map(|value| value.to_le_bytes()));
    digest(&bytes)
}
