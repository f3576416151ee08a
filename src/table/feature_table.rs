//! One row a clip: id, label, group, fold, and f64 columns. NaN means missing.

use std::collections::HashMap;

use ndarray::{Array2, ArrayView1, Axis};

use super::error::{TableError, listed};
use crate::spelling::nearest;

/// Columns that a written table keeps for itself, in the order in which they are written.
pub(super) const OWN_COLUMNS: [&str; 4] = ["clip_id", "label", "group", "fold"];

/// One row a clip. `values` is rows × columns; NaN means missing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureTable {
    pub clip_ids: Vec<String>,
    pub labels: Vec<String>,
    pub groups: Vec<Option<String>>,
    pub folds: Vec<Option<String>>,
    pub columns: Vec<String>,
    pub values: Array2<f64>,
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub row: usize,
    pub clip_id: String,
    pub column: String,
}

impl FeatureTable {
    /// Refuses columns of unequal length and names that stand twice (rows are counted from 1 in messages).
    pub fn new(
        clip_ids: Vec<String>,
        labels: Vec<String>,
        groups: Vec<Option<String>>,
        folds: Vec<Option<String>>,
        columns: Vec<String>,
        values: Array2<f64>,
    ) -> Result<Self, TableError> {
        let wanted = clip_ids.len();
        for (what, found) in [
            ("labels", labels.len()),
            ("groups", groups.len()),
            ("folds", folds.len()),
            ("rows", values.nrows()),
        ] {
            same_size(what, found, wanted)?;
        }
        same_size("columns of values", values.ncols(), columns.len())?;
        check_columns(&columns)?;
        let mut seen = HashMap::with_capacity(wanted);
        for (row, id) in clip_ids.iter().enumerate() {
            if let Some(first) = seen.insert(id.as_str(), row) {
                return Err(TableError::DuplicateId { id: id.clone(), first: first + 1, second: row + 1 });
            }
        }
        Ok(Self { clip_ids, labels, groups, folds, columns, values })
    }

    pub fn len(&self) -> usize {
        self.clip_ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.clip_ids.is_empty()
    }

    pub fn row(&self, row: usize) -> ArrayView1<'_, f64> {
        self.values.row(row)
    }

    /// These columns, in this order.
    pub fn select_columns(&self, names: &[impl AsRef<str>]) -> Result<Self, TableError> {
        let places: HashMap<&str, usize> =
            self.columns.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
        let find = |name: &str| {
            places.get(name).copied().ok_or_else(|| TableError::NoColumn {
                column: name.to_string(),
                suggestion: nearest(name, self.columns.iter().map(String::as_str)).map(str::to_string),
                known: listed(&self.columns),
            })
        };
        let chosen = names.iter().map(|name| find(name.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let columns: Vec<_> = chosen.iter().map(|&place| self.columns[place].clone()).collect();
        check_columns(&columns)?;
        Ok(Self { columns, values: self.values.select(Axis(1), &chosen), ..self.clone_names() })
    }

    /// These rows, in this order.
    pub fn rows(&self, rows: &[usize]) -> Self {
        fn chosen<T: Clone>(all: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().map(|&row| all[row].clone()).collect()
        }
        Self {
            clip_ids: chosen(&self.clip_ids, rows),
            labels: chosen(&self.labels, rows),
            groups: chosen(&self.groups, rows),
            folds: chosen(&self.folds, rows),
            columns: self.columns.clone(),
            values: self.values.select(Axis(0), rows),
        }
    }

    /// The classes by name; a class's index is its place here.
    pub fn class_names(&self) -> Vec<String> {
        let mut names = self.labels.clone();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Each row's place in [`Self::class_names`].
    pub fn class_indices(&self) -> Vec<usize> {
        let names = self.class_names();
        // A label is always among the names, so the search cannot fail.
        self.labels.iter().map(|label| names.binary_search(label).unwrap_or_default()).collect()
    }

    /// The cells without a value.
    pub fn missing(&self) -> Vec<Cell> {
        self.cells(f64::is_nan)
    }

    fn cells(&self, which: impl Fn(f64) -> bool) -> Vec<Cell> {
        let cell = |(row, column): (usize, usize)| Cell {
            row,
            clip_id: self.clip_ids[row].clone(),
            column: self.columns[column].clone(),
        };
        self.values.indexed_iter().filter(|(_, value)| which(**value)).map(|(place, _)| cell(place)).collect()
    }

    /// Refuses infinite values, and missing ones where no step imputes them, naming the first such cell.
    pub fn check_finite(&self, imputed: bool) -> Result<(), TableError> {
        let wrong = |value: f64| if imputed { value.is_infinite() } else { !value.is_finite() };
        let mut cells = self.values.indexed_iter().filter(|(_, value)| wrong(**value));
        let Some(((row, column), value)) = cells.next() else { return Ok(()) };
        Err(TableError::NotFinite {
            clip: self.clip_ids[row].clone(),
            column: self.columns[column].clone(),
            value: *value,
            others: cells.count(),
        })
    }

    fn clone_names(&self) -> Self {
        Self {
            clip_ids: self.clip_ids.clone(),
            labels: self.labels.clone(),
            groups: self.groups.clone(),
            folds: self.folds.clone(),
            columns: Vec::new(),
            values: Array2::zeros((self.len(), 0)),
        }
    }
}

pub(super) fn same_size(what: &str, found: usize, wanted: usize) -> Result<(), TableError> {
    match found == wanted {
        true => Ok(()),
        false => Err(TableError::Size { what: what.to_string(), found, wanted }),
    }
}

fn check_columns(columns: &[String]) -> Result<(), TableError> {
    let mut seen = HashMap::with_capacity(columns.len());
    for (place, column) in columns.iter().enumerate() {
        if OWN_COLUMNS.contains(&column.as_str()) {
            return Err(TableError::ReservedColumn { column: column.clone() });
        }
        if let Some(first) = seen.insert(column.as_str(), place) {
            return Err(TableError::DuplicateColumn {
                column: column.clone(),
                first: first + 1,
                second: place + 1,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use ndarray::array;

    pub fn table() -> FeatureTable {
        let text = |names: [&str; 3]| names.map(str::to_string).to_vec();
        let values = array![[1.0, f64::NAN], [3.0, 4.0], [5.0, 6.0]];
        let columns = vec!["a".into(), "b".into()];
        let (ids, labels) = (text(["x", "y", "z"]), text(["rock", "jazz", "rock"]));
        FeatureTable::new(ids, labels, vec![None; 3], vec![None; 3], columns, values).unwrap()
    }

    #[test]
    fn classes_are_numbered_by_name() {
        assert_eq!(table().class_names(), ["jazz", "rock"]);
        assert_eq!(table().class_indices(), [1, 0, 1]);
    }

    #[test]
    fn rows_and_columns_are_chosen_in_the_order_asked_for() {
        let chosen = table().select_columns(&["b", "a"]).unwrap().rows(&[2, 1]);
        assert_eq!(chosen.clip_ids, ["z", "y"]);
        assert_eq!(chosen.values, array![[6.0, 5.0], [4.0, 3.0]]);
        let named = table().select_columns(&["B"]).unwrap_err().to_string();
        assert_eq!(named, "no column 'B' (did you mean `b`?); the columns are: a, b");
    }

    #[test]
    fn missing_and_infinite_cells_are_named() {
        let mut table = table();
        assert_eq!(table.missing(), [Cell { row: 0, clip_id: "x".into(), column: "b".into() }]);
        assert!(table.check_finite(true).is_ok());
        let error = table.check_finite(false).unwrap_err().to_string();
        assert!(
            error.starts_with("clip 'x' has no value (NaN) in column b; put \"impute\" first"),
            "{error}"
        );
        table.values[[2, 0]] = f64::INFINITY;
        let error = table.check_finite(true).unwrap_err().to_string();
        assert!(error.starts_with("clip 'z' has the value inf in column a; correct"), "{error}");
    }

    #[test]
    fn what_stands_twice_or_does_not_fit_is_refused() {
        let one = table();
        let mut ids = one.clip_ids.clone();
        ids[2] = "x".into();
        let new = |ids, columns: &[&str], values| {
            let columns = columns.iter().map(|name| name.to_string()).collect();
            FeatureTable::new(ids, one.labels.clone(), vec![None; 3], vec![None; 3], columns, values)
                .map(drop)
                .unwrap_err()
                .to_string()
        };
        let values = || one.values.clone();
        assert!(new(ids, &["a", "b"], values()).starts_with("clip id 'x' stands in rows 1 and 3"));
        assert!(
            new(one.clip_ids.clone(), &["a", "a"], values())
                .starts_with("column 'a' stands twice (columns 1 and 2)")
        );
        assert!(new(one.clip_ids.clone(), &["a", "fold"], values()).starts_with("'fold' is kept"));
        assert!(new(one.clip_ids.clone(), &["a"], values()).starts_with("columns of values: 2 where 1"));
    }
}
