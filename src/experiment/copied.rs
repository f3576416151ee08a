//! How much of an experiment is copied: keys that rows take over by `like`, and what is said of all rows into each of them.
//! A file of a few kilobytes must not ask for gigabytes.

use super::FeatureSpec;

/// Of an experiment, with the parts of its ablations and ensembles.
pub const MOST_ROWS: usize = 10_000;
/// Values of all rows as they are written, with what they take over.
pub const MOST_COPIED: usize = 4_000_000;
/// Names in one list.
const LONGEST_LIST: usize = 1000;

/// Refuses lists that are longer than any table is wide.
pub fn check_lists(features: Option<&FeatureSpec>) -> Result<(), String> {
    let Some(spec) = features else { return Ok(()) };
    let lists = [&spec.list, &spec.statistics, &spec.columns, &spec.groups, &spec.without];
    match lists.into_iter().flatten().any(|list| list.len() > LONGEST_LIST) {
        true => Err(format!("a list of more than {LONGEST_LIST} names")),
        false => check_lists(spec.beside.as_deref()),
    }
}

/// How much is copied with a row.
pub fn values_in(table: &toml::Table) -> usize {
    fn of(value: &toml::Value) -> usize {
        1 + match value {
            toml::Value::Array(values) => values.iter().map(of).sum(),
            toml::Value::Table(table) => values_in(table),
            toml::Value::String(text) => text.len() / 64,
            _ => 0,
        }
    }
    table.values().map(of).sum()
}
