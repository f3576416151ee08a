//! A table's file is read by its kind (content first, then extension) and written by its extension.

use std::io::Read;
use std::path::Path;

use super::columns::ReadTable;
use super::error::TableError;
use super::feature_table::FeatureTable;
use super::growing_table::TableRow;
use super::row_sink::write_rows;
use super::{csv, npz, parquet};
use crate::datasets::{ClipLabel, GroupRule, LabelList, TableColumns, found_groups};
use crate::disk::open_regular;

/// Reads CSV, Parquet, NPZ (arrays `X`, `y`, and `ids`, `groups`, `folds`, `columns` where there are) or
/// NPY (a matrix; `columns.labels` names the file of the labels, which for other kinds names its clips). A group that is
/// a rule, `before_last:.`, is read from the ids.
pub fn read_table(path: &Path, columns: &TableColumns) -> Result<ReadTable, TableError> {
    let rule = columns.group.as_deref().and_then(GroupRule::of_names);
    let mut wanted = columns.clone();
    if rule.is_some() {
        wanted.group = None;
    }
    let mut read = read_kind(path, &mut wanted)?;
    if let Some(labels) = &wanted.labels {
        read = labelled(read, labels)?;
    }
    if let Some(rule) = &rule {
        read.notes.push(grouped(path, rule, &mut read.table)?);
    }
    Ok(read)
}

/// A matrix takes the labels to itself; what else has a file of labels needs none of its own.
fn read_kind(path: &Path, wanted: &mut TableColumns) -> Result<ReadTable, TableError> {
    let mut start = Vec::new();
    let opened = open_regular(path).and_then(|file| file.take(6).read_to_end(&mut start));
    opened.map_err(|source| TableError::Read { path: path.to_path_buf(), source })?;
    if start.starts_with(b"\x93NUMPY") {
        let read = npz::read_matrix(path, wanted);
        wanted.labels = None;
        return read;
    }
    wanted.unlabelled |= wanted.labels.is_some();
    match start.as_slice() {
        [] => {
            let message = "is empty; expected a CSV, Parquet, NPZ or NPY table".to_string();
            Err(TableError::File { path: path.to_path_buf(), message })
        }
        [b'P', b'A', b'R', b'1', ..] => parquet::read(path, wanted),
        [b'P', b'K', ..] => npz::read(path, wanted),
        _ => csv::read(path, wanted),
    }
}

/// The rows that a list has labels for, with these and with its groups and folds where it has such.
fn labelled(read: ReadTable, list: &Path) -> Result<ReadTable, TableError> {
    let ReadTable { table, mut notes } = read;
    let ids = table.clip_ids.iter().map(String::as_str);
    let said = LabelList::read(list).and_then(|list| list.labels_of(ids)).map_err(Box::new)?;
    notes.extend(said.notes.iter().map(ToString::to_string));
    let (kept, says): (Vec<usize>, Vec<ClipLabel>) =
        said.of_clips.into_iter().enumerate().filter_map(|(row, says)| Some((row, says?))).unzip();
    let mut table = table.rows(&kept);
    for (row, says) in says.into_iter().enumerate() {
        table.labels[row] = says.label;
        table.groups[row] = says.group.or(table.groups[row].take());
        table.folds[row] = says.fold.or(table.folds[row].take());
    }
    Ok(ReadTable { table, notes })
}

/// Gives every row the group that its id tells; says which were found.
fn grouped(path: &Path, rule: &GroupRule, table: &mut FeatureTable) -> Result<String, TableError> {
    table.groups = table.clip_ids.iter().map(|id| rule.group("", id).or_else(|| Some(id.clone()))).collect();
    let found = found_groups(table.groups.iter().flatten().map(String::as_str));
    found.map(|found| found.to_string()).ok_or_else(|| {
        let message = format!(
            "`group` finds no two of the {} ids to be of one artist or source, so it keeps nothing apart; give another \
             rule, name a column, or leave `group` out",
            table.len()
        );
        TableError::File { path: path.to_path_buf(), message }
    })
}

/// Writes `.csv`, `.parquet` or `.npz`, whole or not at all. Columns: clip_id, label, group, fold, features.
pub fn write_table(table: &FeatureTable, path: &Path) -> Result<(), TableError> {
    write_rows(path, &table.columns, table.len(), |sink| {
        (0..table.len()).try_for_each(|row| {
            sink.push(TableRow {
                clip_id: table.clip_ids[row].clone(),
                label: table.labels[row].clone(),
                group: table.groups[row].clone(),
                fold: table.folds[row].clone(),
                values: table.row(row).to_vec(),
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_labels_from_a_list_and_groups_from_its_ids() {
        let folder = tempfile::tempdir().unwrap();
        let (table, list) = (folder.path().join("t.csv"), folder.path().join("l.csv"));
        std::fs::write(&table, "file,a\nx_1.wav,1\nx_2.wav,2\ny_1.wav,3\nz_1.wav,4\n").unwrap();
        std::fs::write(&list, "file,label,fold\nx_2,rock,2\nx_1.wav,rock,1\ny_1,pop,1\nw,pop,1\n").unwrap();
        let wanted = TableColumns {
            labels: Some(list.clone()),
            group: Some("before_last:_".to_string()),
            ..TableColumns::default()
        };
        let read = read_table(&table, &wanted).unwrap();
        assert_eq!(read.table.clip_ids, ["x_1.wav", "x_2.wav", "y_1.wav"]);
        assert_eq!(read.table.labels, ["rock", "rock", "pop"]);
        assert_eq!(read.table.groups.iter().flatten().collect::<Vec<_>>(), ["x", "x", "y"]);
        assert_eq!(read.table.folds.iter().flatten().collect::<Vec<_>>(), ["1", "2", "1"]);
        let notes = read.notes.join("\n");
        assert!(notes.contains("names no clip that is there: w"), "{notes}");
        assert!(notes.contains("left out: z_1.wav") && notes.contains("x (2), y (1)"), "{notes}");

        std::fs::write(&list, "file,label\nq,rock\n").unwrap();
        let said = read_table(&table, &wanted).unwrap_err().to_string();
        assert!(said.contains("l.csv: names no clip for certain in its 1 line"), "{said}");
        let bare = TableColumns { labels: None, ..wanted };
        assert!(read_table(&table, &bare).unwrap_err().to_string().contains("name theirs with label"));
    }
}
