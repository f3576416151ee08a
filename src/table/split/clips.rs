//! The clips as a split sees them, and a division of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::table::error::TableError;
use crate::table::feature_table::FeatureTable;

/// What a split needs to know of a table (or a catalog): parallel slices, one entry a clip.
#[derive(Debug, Clone, Copy)]
pub struct ClipRows<'a> {
    pub ids: &'a [String],
    pub labels: &'a [String],
    pub groups: &'a [Option<String>],
    pub folds: &'a [Option<String>],
    /// Clips of the data set that cannot be used, each with its reason: a list may name them.
    pub left_out: &'a [(String, String)],
}

impl FeatureTable {
    pub fn clip_rows(&self) -> ClipRows<'_> {
        ClipRows {
            ids: &self.clip_ids,
            labels: &self.labels,
            groups: &self.groups,
            folds: &self.folds,
            left_out: &[],
        }
    }
}

/// One division of the rows. Both sides are row numbers in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    pub repeat: usize,
    pub fold: usize,
    pub train: Vec<usize>,
    pub test: Vec<usize>,
    /// Rows that the data set itself sets aside for validation: of the training rows or, where they are only to be
    /// watched, on neither side.
    pub watched: Vec<usize>,
    /// Groups (artists, sources) that stand on both sides: more than 0 flatters a classifier.
    pub shared_groups: usize,
    /// Rows on neither side and not watched.
    pub unused: usize,
    /// Listed ids that no row has, where the split was told to skip them.
    pub unknown_ids: usize,
}

impl Split {
    /// Of a split whose numbers are places among `rows`: makes them those rows, and sets aside those `watched` that it
    /// learns from or that are none of `rows`. Both ascend.
    pub fn become_part_of(&mut self, rows: &[usize], watched: &[usize]) {
        for side in [&mut self.train, &mut self.test] {
            side.iter_mut().for_each(|row| *row = rows[*row]);
        }
        let outside = |row: &usize| rows.binary_search(row).is_err();
        let train = &self.train;
        let set_aside = |row: &usize| train.binary_search(row).is_ok() || outside(row);
        self.watched = watched.iter().copied().filter(set_aside).collect();
    }

    /// Rows that are watched and not learned from.
    pub fn only_watched(&self) -> impl Iterator<Item = usize> {
        self.watched.iter().copied().filter(|row| self.train.binary_search(row).is_err())
    }

    /// Whether nothing of one artist or source stands on both sides, so that a division of the training side can and
    /// must keep them apart, too.
    pub fn keeps_apart(&self, groups: &[Option<String>]) -> bool {
        self.shared_groups == 0 && self.train.iter().all(|&row| groups[row].is_some())
    }
}

/// The clips in the order of their ids, whatever the order of the rows.
pub(super) struct Clips<'a> {
    pub rows: ClipRows<'a>,
    /// Row numbers by ascending id.
    pub order: Vec<usize>,
    pub classes: Vec<&'a str>,
    /// Each row's class.
    pub class_of: Vec<usize>,
}

impl<'a> Clips<'a> {
    pub fn new(rows: ClipRows<'a>) -> Result<Self, TableError> {
        for (what, found) in
            [("labels", rows.labels.len()), ("groups", rows.groups.len()), ("folds", rows.folds.len())]
        {
            if found != rows.ids.len() {
                return Err(TableError::Size { what: what.to_string(), found, wanted: rows.ids.len() });
            }
        }
        let mut order: Vec<usize> = (0..rows.ids.len()).collect();
        order.sort_by_key(|&row| &rows.ids[row]);
        if let Some(pair) = order.windows(2).find(|pair| rows.ids[pair[0]] == rows.ids[pair[1]]) {
            let (first, second) = (pair[0].min(pair[1]) + 1, pair[0].max(pair[1]) + 1);
            return Err(TableError::DuplicateId { id: rows.ids[pair[0]].clone(), first, second });
        }
        let names: BTreeSet<&str> = rows.labels.iter().map(String::as_str).collect();
        let classes: Vec<&str> = names.into_iter().collect();
        let places: BTreeMap<&str, usize> =
            classes.iter().enumerate().map(|(at, name)| (*name, at)).collect();
        let class_of = rows.labels.iter().map(|label| places[label.as_str()]).collect();
        match classes.as_slice() {
            [] => Err(refuse("there is no clip to split")),
            [one] => Err(refuse(format!(
                "all {} clips are of one class, '{one}': nothing can be told apart",
                order.len()
            ))),
            _ => Ok(Self { rows, order, classes, class_of }),
        }
    }

    /// Each class's rows, by ascending id.
    pub fn by_class(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.classes.len()];
        for &row in &self.order {
            members[self.class_of[row]].push(row);
        }
        members
    }
}

pub(super) fn refuse(message: impl Into<String>) -> TableError {
    TableError::Split { message: message.into() }
}

pub(super) fn new_split(repeat: usize, fold: usize, train: Vec<usize>, test: Vec<usize>) -> Split {
    Split { repeat, fold, train, test, watched: Vec::new(), shared_groups: 0, unused: 0, unknown_ids: 0 }
}

/// All rows that are not in `test` are learned from.
pub(super) fn split_off(clips: &Clips<'_>, repeat: usize, fold: usize, test: Vec<usize>) -> Split {
    let mut tested = vec![false; clips.order.len()];
    for &row in &test {
        tested[row] = true;
    }
    let train = (0..tested.len()).filter(|&row| !tested[row]).collect();
    new_split(repeat, fold, train, test)
}
