//! Split: which clips are learned from and which are judged.
//!
//! One file a rule. Every rule works on the clips in the order of their ids and draws from a stream named by
//! seed and repeat, so that a split depends neither on the order of a table's rows nor on threads.

mod clips;
mod grouped;
mod list;
mod list_table;
#[cfg(test)]
mod list_tests;
mod official;
mod parts;
mod side;
mod spec;
mod stratified;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::error::{TableError, first_few};
use crate::spelling::counted;
use clips::{Clips, refuse};

pub use clips::{ClipRows, Split};
pub use spec::{
    HoldOut, KFold, ListFiles, Official, SPLIT_KINDS, SplitKind, SplitSpec, Unknown, ValidationSide,
};

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
            split.watched.sort_unstable();
            split.shared_groups = shared_groups(rows.groups, split);
            split.unused =
                rows.ids.len() - split.train.len() - split.test.len() - split.only_watched().count();
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
        notes.push(format!("up to {} on neither side of a split", counted(unused, "clip")));
    }
    let unknown = most(|split| split.unknown_ids);
    if unknown > 0 {
        notes.push(format!("{unknown} listed ids are no clip of the table and were skipped"));
    }
    let only_watched = most(|split| split.only_watched().count());
    let watched = most(|split| split.watched.len());
    if only_watched > 0 {
        notes.push(format!(
            "{} of the validation side: only watched by networks, neither learned from nor tested",
            counted(only_watched, "clip")
        ));
    } else if watched > 0 {
        notes.push(format!(
            "{} of the validation side learned from; what watches clips while it learns (networks, boosting that stops \
             early) watches them instead",
            counted(watched, "clip")
        ));
    }
    notes
}

fn shared_groups(groups: &[Option<String>], split: &Split) -> usize {
    let side = |rows: &mut dyn Iterator<Item = usize>| {
        rows.filter_map(|row| groups[row].as_deref()).collect::<BTreeSet<_>>()
    };
    let seen = side(&mut split.train.iter().copied().chain(split.only_watched()));
    seen.intersection(&side(&mut split.test.iter().copied())).count()
}

fn check_sides(rows: ClipRows<'_>, split: &Split) -> Result<(), TableError> {
    let place = format!("repeat {}, fold {}", split.repeat, split.fold);
    if split.test.is_empty() || split.train.is_empty() {
        let side = if split.test.is_empty() { "test" } else { "training" };
        return Err(refuse(format!("the {side} side is empty ({place})")));
    }
    let classes = |side: &[usize]| side.iter().map(|&row| rows.labels[row].as_str()).collect::<BTreeSet<_>>();
    let trained = classes(&split.train);
    if let [one] = trained.iter().collect::<Vec<_>>().as_slice() {
        return Err(refuse(format!("the training side holds one class only, '{one}' ({place})")));
    }
    for (name, side) in [("test", &split.test), ("validation", &split.watched)] {
        let unlearned: Vec<_> = classes(side).difference(&trained).copied().collect();
        if !unlearned.is_empty() {
            let names = first_few(&unlearned);
            return Err(refuse(format!(
                "classes of the {name} side that no training clip has: {names} ({place})"
            )));
        }
    }
    Ok(())
}
