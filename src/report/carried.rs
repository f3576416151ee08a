//! What a cell's record may carry beside its predictions and times, by name: a model that has no epochs and a run that
//! asked for no importances leave nothing.

use serde_json::Value;

use crate::experiment::{CellRecord, Outcome};

/// The first of `keys` that the record has, if it holds anything.
pub fn carried(cell: &CellRecord, keys: &[&str]) -> Option<Value> {
    // Without the predictions, which are most of a record and are not asked for.
    let rest = CellRecord { outcome: Outcome::Failed { reason: String::new() }, ..cell.clone() };
    let record = serde_json::to_value(&rest).ok()?;
    let found = keys.iter().find_map(|key| record.get(key))?;
    let empty = match found {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    (!empty).then(|| found.clone())
}
