//! A table's hash, so that a cell's name says what it was computed from.

use crate::disk::Digester;
use crate::table::FeatureTable;

/// Hash of all that a table holds, labels and groups included.
pub fn table_digest(table: &FeatureTable) -> String {
    let names = serde_json::json!([table.clip_ids, table.labels, table.groups, table.folds, table.columns]);
    let mut digester = Digester::default();
    digester.add(names.to_string().as_bytes());
    let mut bytes = Vec::new();
    for row in table.values.rows() {
        bytes.clear();
        bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
        digester.add(&bytes);
    }
    digester.digest()
}
