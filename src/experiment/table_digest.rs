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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ndarray::array;

    use super::*;

    #[test]
    fn one_label_group_or_fold_makes_another_hash() {
        let names = |names: [&str; 2]| names.map(str::to_string).to_vec();
        let some = |names: [&str; 2]| names.map(|name| Some(name.to_string())).to_vec();
        let table = FeatureTable::new(
            names(["1", "2"]),
            names(["x", "y"]),
            some(["g", "h"]),
            some(["1", "2"]),
            names(["a", "b"]),
            array![[1.0, 2.0], [3.0, 4.0]],
        )
        .unwrap();
        let changed = |change: &dyn Fn(&mut FeatureTable)| {
            let mut table = table.clone();
            change(&mut table);
            table_digest(&table)
        };
        let all = [
            table_digest(&table),
            changed(&|table| table.clip_ids[1] = "3".to_string()),
            changed(&|table| table.labels[1] = "x".to_string()),
            changed(&|table| table.groups[1] = Some("g".to_string())),
            changed(&|table| table.groups[1] = None),
            changed(&|table| table.folds[1] = Some("1".to_string())),
            changed(&|table| table.columns[1] = "c".to_string()),
            changed(&|table| table.values[[1, 1]] = 4.0f64.next_up()),
            changed(&|table| table.values.swap([0, 0], [1, 0])),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
        assert_eq!(all[0], table_digest(&table));
    }
}
