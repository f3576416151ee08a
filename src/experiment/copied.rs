//! How much of an experiment is copied: keys that rows take over by `like`, and what is said of all rows into each of them.
//! A file of a few kilobytes must not ask for gigabytes.

use super::FeatureSpec;
use super::ensemble_spec::MOST_MEMBERS;

/// Of an experiment, with the parts of its ablations and ensembles.
pub const MOST_ROWS: usize = 10_000;
/// Values of all rows together, with what they take over.
pub const MOST_COPIED: usize = 4_000_000;

/// Names in the lists of `features`, which are copied with every row and every part of one.
pub fn names_in(features: Option<&FeatureSpec>) -> usize {
    let of = |spec: &FeatureSpec| {
        let lists = [&spec.list, &spec.statistics, &spec.columns, &spec.groups, &spec.without];
        lists.into_iter().flatten().map(Vec::len).sum::<usize>() + names_in(spec.beside.as_deref())
    };
    features.map_or(0, of)
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

/// How many rows an `ablation` or `ensemble` makes of one, at the most.
pub fn parts_of(written: &toml::Value) -> usize {
    match written {
        toml::Value::Array(parts) => parts.len(),
        toml::Value::Table(table) => match (table.get("seeds"), table.get("checkpoints")) {
            // More are refused where they are read.
            (Some(seeds), _) => {
                seeds.as_integer().map_or(1, |seeds| seeds.clamp(1, MOST_MEMBERS as i64) as usize)
            }
            (None, epochs) => epochs.and_then(toml::Value::as_array).map_or(1, Vec::len),
        },
        // Groups of columns, without one and alone.
        _ => 100,
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows_for_tests::rows;

    #[test]
    fn wide_tables_have_room_and_multiplied_lists_have_not() {
        let names = "\"mfcc*\", ".repeat(20_000);
        let of = |rows: usize| {
            let columns = format!("features = {{ set = \"mipt\", columns = [{names}] }}\n");
            let row = |row: usize| match row {
                0 => format!("[[row]]\nname = \"0\"\nmodel = \"knn\"\n{columns}"),
                _ => format!("[[row]]\nname = \"{row}\"\nlike = \"0\"\n"),
            };
            (0..rows).map(row).collect::<String>()
        };
        assert_eq!(rows(&of(20)).unwrap().len(), 20);
        let error = rows(&of(200)).unwrap_err();
        assert!(error.contains("too many values"), "{error}");
        let many: String =
            (0..10_001).map(|row| format!("[[row]]\nname = \"{row}\"\nmodel = \"knn\"\n")).collect();
        assert!(rows(&many).unwrap_err().contains("more than 10000 rows"));
        let seeds = format!("{}ensemble = {{ seeds = {} }}\n", of(1), i64::MAX);
        assert!(rows(&seeds).unwrap_err().contains("say seeds = 2"));
    }
}
