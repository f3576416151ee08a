//! A table's hash, so that a cell's name says what it was computed from.

use crate::disk::digest;
use crate::table::FeatureTable;

/// Hash of all that a table holds, labels and groups included.
pub fn table_digest(table: &FeatureTable) -> String {
    let names = serde_json::json!([table.clip_ids, table.labels, table.groups, table.folds, table.columns]);
    let mut bytes = names.to_string().into_bytes();
    bytes.extend(table.values.iter().flat_map(|value| value.to_le_bytes()));
    digest(&bytes)
}
