//! Clips by the name of the part that they belong to: sides, or folds of which each is tested in turn.

use std::collections::BTreeMap;

use super::clips::{Split, new_split, refuse};
use super::side::{Side, side};
use super::spec::ValidationSide;
use crate::table::error::TableError;

/// Row numbers by the name of their part.
pub(super) type Parts<'a> = BTreeMap<&'a str, Vec<usize>>;

/// The clips of each side.
#[derive(Default)]
pub(super) struct Sides {
    train: Vec<usize>,
    validation: Vec<usize>,
    test: Vec<usize>,
}

/// The sides, where all names are names of sides.
pub(super) fn sides_of(parts: &Parts<'_>) -> Option<Sides> {
    let mut sides = Sides::default();
    for (name, rows) in parts {
        let own = match side(name)? {
            Side::Train => &mut sides.train,
            Side::Validation => &mut sides.validation,
            Side::Test => &mut sides.test,
        };
        own.extend(rows);
    }
    Some(sides)
}

impl Sides {
    /// The one division, with the validation side where it is to go.
    pub fn split(self, to: ValidationSide) -> Result<Split, TableError> {
        let Self { mut train, validation, mut test } = self;
        let mut watched = Vec::new();
        match to {
            ValidationSide::Train => {
                train.extend(&validation);
                watched = validation;
            }
            ValidationSide::Watch if validation.is_empty() => {
                return Err(refuse("there is no clip on the validation side that networks are to watch"));
            }
            ValidationSide::Watch => watched = validation,
            ValidationSide::Test => test.extend(validation),
            ValidationSide::Instead => test = validation,
            ValidationSide::Drop => {}
        }
        Ok(Split { watched, ..new_split(0, 0, train, test) })
    }
}

/// Rows over all divisions.
const MOST_ROWS: usize = 1 << 27;

/// Each part is tested in turn, and all others are learned from.
pub(super) fn in_turn(parts: &Parts<'_>) -> Result<Vec<Split>, TableError> {
    let rows: usize = parts.values().map(Vec::len).sum();
    if parts.len().saturating_mul(rows) > MOST_ROWS {
        return Err(refuse(format!(
            "{} folds of {rows} clips are too many to be tested in turn",
            parts.len()
        )));
    }
    let mut names: Vec<&str> = parts.keys().copied().collect();
    // Fold 10 comes after fold 9.
    names.sort_by_key(|name| (name.parse::<u64>().unwrap_or(u64::MAX), *name));
    let split = |(fold, tested): (usize, &&str)| {
        let others = parts.iter().filter(|(name, _)| *name != tested);
        let train = others.flat_map(|(_, rows)| rows.iter().copied()).collect();
        new_split(0, fold, train, parts[*tested].clone())
    };
    Ok(names.iter().enumerate().map(split).collect())
}
