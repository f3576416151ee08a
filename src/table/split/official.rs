//! The data set's own division: its folds, each tested in turn, or its own training and test sides.

use std::collections::BTreeMap;

use super::{Clips, Official, Split, ValidationSide, new_split, refuse, split_off};
use crate::table::TableError;
use crate::table::error::first_few;

/// A side by the names that data sets and lists use for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Train,
    Validation,
    Test,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

pub(super) fn side(name: &str) -> Option<Side> {
    match name.trim().to_lowercase().as_str() {
        "train" | "training" => Some(Side::Train),
        "validation" | "valid" | "val" | "dev" => Some(Side::Validation),
        "test" | "testing" => Some(Side::Test),
        _ => None,
    }
}

pub(super) fn splits(clips: &Clips<'_>, spec: &Official) -> Result<Vec<Split>, TableError> {
    let mut folds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut without = Vec::new();
    for &row in &clips.order {
        match clips.rows.folds[row].as_deref() {
            Some(fold) => folds.entry(fold).or_default().push(row),
            None => without.push(clips.rows.ids[row].as_str()),
        }
    }
    if folds.is_empty() {
        return Err(refuse("the data set has no folds of its own; name a fold column, or use another kind"));
    }
    if !without.is_empty() {
        return Err(refuse(format!(
            "{} clips stand in no official fold: {}",
            without.len(),
            first_few(&without)
        )));
    }
    let sides: Option<Vec<Side>> = folds.keys().map(|name| side(name)).collect();
    if let Some(sides) = sides {
        let rows_of = |wanted| -> Vec<usize> {
            folds
                .values()
                .zip(&sides)
                .filter(|(_, side)| **side == wanted)
                .flat_map(|(rows, _)| rows.clone())
                .collect()
        };
        let (mut train, validation, mut test) =
            (rows_of(Side::Train), rows_of(Side::Validation), rows_of(Side::Test));
        match spec.validation {
            ValidationSide::Train => train.extend(validation),
            ValidationSide::Test => test.extend(validation),
            ValidationSide::Drop => {}
        }
        return Ok(vec![new_split(0, 0, train, test)]);
    }
    let mut names: Vec<&str> = folds.keys().copied().collect();
    if let [one] = names.as_slice() {
        return Err(refuse(format!("all clips stand in one official fold, '{one}'")));
    }
    // Fold 10 comes after fold 9.
    names.sort_by_key(|name| (name.parse::<u64>().unwrap_or(u64::MAX), *name));
    let split = |(fold, name): (usize, &&str)| split_off(clips, 0, fold, folds[*name].clone());
    Ok(names.iter().enumerate().map(split).collect())
}
