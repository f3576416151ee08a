//! GrowingTable: a feature table that rows are added to as they are computed.

use std::collections::HashMap;

use ndarray::Array2;

use super::error::TableError;
use super::feature_table::{FeatureTable, same_size};

/// A row on its way into a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    pub clip_id: String,
    pub label: String,
    pub group: Option<String>,
    pub fold: Option<String>,
    pub values: Vec<f64>,
}

/// A table that rows are added to one at a time; holds the numbers once.
#[derive(Debug)]
pub struct GrowingTable {
    table: FeatureTable,
    values: Vec<f64>,
    seen: HashMap<String, usize>,
}

impl GrowingTable {
    pub fn new(columns: Vec<String>) -> Result<Self, TableError> {
        let values = Array2::zeros((0, columns.len()));
        let none = Vec::new;
        let table = FeatureTable::new(none(), none(), Vec::new(), Vec::new(), columns, values)?;
        Ok(Self { table, values: Vec::new(), seen: HashMap::new() })
    }

    /// Makes room for `rows` more, so that growing never holds the numbers twice.
    pub fn reserve(&mut self, rows: usize) {
        self.values.reserve_exact(rows.saturating_mul(self.table.columns.len()));
    }

    pub fn push(&mut self, row: TableRow) -> Result<(), TableError> {
        same_size("values of a row", row.values.len(), self.table.columns.len())?;
        let place = self.table.len();
        if let Some(first) = self.seen.insert(row.clip_id.clone(), place) {
            return Err(TableError::DuplicateId { id: row.clip_id, first: first + 1, second: place + 1 });
        }
        self.table.clip_ids.push(row.clip_id);
        self.table.labels.push(row.label);
        self.table.groups.push(row.group);
        self.table.folds.push(row.fold);
        self.values.extend(row.values);
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    pub fn finish(self) -> Result<FeatureTable, TableError> {
        let (rows, columns) = (self.table.len(), self.table.columns.len());
        let found = self.values.len();
        let values = Array2::from_shape_vec((rows, columns), self.values).map_err(|_| TableError::Size {
            what: "values".into(),
            found,
            wanted: rows * columns,
        })?;
        Ok(FeatureTable { values, ..self.table })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::feature_table::tests::table;

    #[test]
    fn a_growing_table_ends_as_the_same_table() {
        let one = table();
        let mut growing = GrowingTable::new(one.columns.clone()).unwrap();
        let row = |at: usize| TableRow {
            clip_id: one.clip_ids[at].clone(),
            label: one.labels[at].clone(),
            group: None,
            fold: None,
            values: one.row(at).to_vec(),
        };
        for at in 0..3 {
            growing.push(row(at)).unwrap();
        }
        assert!(growing.push(row(1)).unwrap_err().to_string().contains("rows 2 and 4"));
        assert!(growing.push(TableRow { clip_id: "w".into(), values: vec![1.0], ..row(0) }).is_err());
        let grown = growing.finish().unwrap();
        assert_eq!(grown.clip_ids, one.clip_ids);
        assert_eq!(grown.values.row(1), one.values.row(1));
    }
}
