//! Permutation importances that the cells of a row may carry, averaged over its cells.

use std::collections::BTreeMap;

use serde_json::Value;

use super::carried::carried;
use crate::experiment::Run;
use crate::metrics::mean_sd;

/// What a row loses, group by group.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    pub row: String,
    /// Its place in the table.
    pub index: usize,
    pub metric: String,
    pub groups: Vec<GroupImportance>,
}

/// Score lost when the group is shuffled; `sd` over cells, or over shuffles of the only cell.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupImportance {
    pub name: String,
    pub mean: f64,
    pub sd: Option<f64>,
}

pub fn importances(run: &Run) -> Vec<Importance> {
    let rows = run.rows.iter().enumerate();
    rows.filter_map(|(index, row)| {
        let mut of_groups: BTreeMap<String, Vec<(f64, Option<f64>)>> = BTreeMap::new();
        let mut metric = "accuracy".to_string();
        for cell in run.cells_of(&row.name) {
            let Some(found) = carried(cell, &["explanation", "importances"]) else { continue };
            if let Some(named) = found.get("metric").and_then(Value::as_str) {
                metric = super::words::metric_title(named);
            }
            for (name, mean, sd) in groups(&found) {
                of_groups.entry(name).or_default().push((mean, sd));
            }
        }
        let groups: Vec<GroupImportance> = of_groups
            .into_iter()
            .filter_map(|(name, cells)| {
                let means: Vec<f64> = cells.iter().map(|(mean, _)| *mean).collect();
                let over = mean_sd(&means)?;
                Some(GroupImportance { name, mean: over.mean, sd: over.sd.or(cells[0].1) })
            })
            .collect();
        (!groups.is_empty()).then(|| Importance { row: row.name.clone(), index, metric, groups })
    })
    .collect()
}

/// (group, mean, sd) of a list of objects, which may stand under `groups`.
fn groups(found: &Value) -> Vec<(String, f64, Option<f64>)> {
    let list = found.get("groups").unwrap_or(found).as_array().cloned().unwrap_or_default();
    list.iter()
        .filter_map(|group| {
            let name = ["group", "name", "feature"].iter().find_map(|key| group.get(key)?.as_str())?;
            let mean = ["mean", "drop", "importance"].iter().find_map(|key| group.get(key)?.as_f64())?;
            Some((name.to_string(), mean, group.get("sd").and_then(Value::as_f64)))
        })
        .collect()
}
