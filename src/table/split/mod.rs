//! Split: which clips are learned from and which are judged.
//!
//! One file a rule. Every rule works on the clips in the order of their ids and draws from a stream named by
//! seed and repeat, so that a split depends neither on the order of a table's rows nor on threads.

mod grouped;
mod list;
mod official;
mod spec;
mod stratified;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::error::first_few;
use super::{FeatureTable, TableError};

pub use spec::{
    HoldOut, KFold, ListFiles, Official, SPLIT_KINDS, SplitKind, SplitSpec, Unknown, ValidationSide,
};

/// What a split needs to know of a table (or a catalog): parallel slices, one entry a clip.
#[derive(Debug, Clone, Copy)]
pub struct ClipRows<'a> {
    pub ids: &'a [String],
    pub labels: &'a [String],
    pub groups: &'a [Option<String>],
    pub folds: &'a [Option<String>],
}

impl FeatureTable {
    pub fn clip_rows(&self) -> ClipRows<'_> {
        ClipRows { ids: &self.clip_ids, labels: &self.labels, groups: &self.groups, folds: &self.folds }
    }
}

/// One division of the rows. Both sides are row numbers in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    pub repeat: usize,
    pub fold: usize,
    pub train: Vec<usize>,
    pub test: Vec<usize>,
    /// Groups (artists, sources) that stand on both sides: more than 0 flatters a classifier.
    pub shared_groups: usize,
    /// Rows on neither side.
    pub unused: usize,
    /// Listed ids that no row has, where the split was told to skip them.
    pub unknown_ids: usize,
}

impl SplitSpec {
    /// All splits, repeat by repeat and fold by fold.
    pub fn splits(&self, rows: ClipRows<'_>) -> Result<Vec<Split>, TableError> {
        let clips = Clips::new(rows)?;
        let mut splits = match self {
            Self::Stratified(spec) => stratified::hold_out(&clips, spec)?,
            Self::StratifiedKfold(spec) => stratified::k_fold(&clips, spec)?,
            Self::Group(spec) => grouped::hold_out(&clips, spec)?,
            Self::GroupKfold(spec) => grouped::k_fold(&clips, spec)?,
            Self::Official(spec) => official::splits(&clips, spec)?,
            Self::List(spec) => list::splits(&clips, spec)?,
        };
        for split in &mut splits {
            split.train.sort_unstable();
            split.test.sort_unstable();
            split.shared_groups = shared_groups(rows.groups, split);
            split.unused = rows.ids.len() - split.train.len() - split.test.len();
            check_sides(rows, split)?;
        }
        Ok(splits)
    }
}

/// What the report must say of these splits.
pub fn split_notes(splits: &[Split]) -> Vec<String> {
    let mut notes = Vec::new();
    let most = |count: fn(&Split) -> usize| splits.iter().map(count).max().unwrap_or(0);
    let shared = most(|split| split.shared_groups);
    if shared > 0 {
        notes.push(format!(
            "up to {shared} groups (artists or sources) stand on both sides of a split, which flatters every classifier; split kinds group and group_kfold keep them apart"
        ));
    }
    let unused = most(|split| split.unused);
    if unused > 0 {
        notes.push(format!("up to {unused} clips stand on neither side of a split"));
    }
    let unknown = most(|split| split.unknown_ids);
    if unknown > 0 {
        notes.push(format!("{unknown} listed ids are no clip of the table and were skipped"));
    }
    notes
}

/// The clips in the order of their ids, whatever the order of the rows.
struct Clips<'a> {
    rows: ClipRows<'a>,
    /// Row numbers by ascending id.
    order: Vec<usize>,
    classes: Vec<&'a str>,
    /// Each row's class.
    class_of: Vec<usize>,
}

impl<'a> Clips<'a> {
    fn new(rows: ClipRows<'a>) -> Result<Self, TableError> {
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
    fn by_class(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.classes.len()];
        for &row in &self.order {
            members[self.class_of[row]].push(row);
        }
        members
    }
}

fn refuse(message: impl Into<String>) -> TableError {
    TableError::Split { message: message.into() }
}

fn new_split(repeat: usize, fold: usize, train: Vec<usize>, test: Vec<usize>) -> Split {
    Split { repeat, fold, train, test, shared_groups: 0, unused: 0, unknown_ids: 0 }
}

/// All rows that are not in `test` are learned from.
fn split_off(clips: &Clips<'_>, repeat: usize, fold: usize, test: Vec<usize>) -> Split {
    let mut tested = vec![false; clips.order.len()];
    for &row in &test {
        tested[row] = true;
    }
    let train = (0..tested.len()).filter(|&row| !tested[row]).collect();
    new_split(repeat, fold, train, test)
}

fn shared_groups(groups: &[Option<String>], split: &Split) -> usize {
    let side =
        |rows: &[usize]| rows.iter().filter_map(|&row| groups[row].as_deref()).collect::<BTreeSet<_>>();
    side(&split.train).intersection(&side(&split.test)).count()
}

fn check_sides(rows: ClipRows<'_>, split: &Split) -> Result<(), TableError> {
    let place = format!("repeat {}, fold {}", split.repeat + 1, split.fold + 1);
    if split.test.is_empty() || split.train.is_empty() {
        let side = if split.test.is_empty() { "test" } else { "training" };
        return Err(refuse(format!("the {side} side is empty ({place})")));
    }
    let classes = |side: &[usize]| side.iter().map(|&row| rows.labels[row].as_str()).collect::<BTreeSet<_>>();
    let trained = classes(&split.train);
    if let [one] = trained.iter().collect::<Vec<_>>().as_slice() {
        return Err(refuse(format!("the training side holds one class only, '{one}' ({place})")));
    }
    let unlearned: Vec<_> = classes(&split.test).difference(&trained).copied().collect();
    if !unlearned.is_empty() {
        let names = first_few(&unlearned);
        return Err(refuse(format!("classes of the test side that no training clip has: {names} ({place})")));
    }
    Ok(())
}
