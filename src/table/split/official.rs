//! The data set's own division: its folds, each tested in turn, or its own training and test sides.

use std::collections::BTreeMap;

use super::clips::{Clips, Split, new_split, refuse, split_off};
use super::side::{Side, side};
use super::spec::{Official, ValidationSide};
use crate::spelling::counted;
use crate::table::error::{TableError, first_few};

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
            "{} in no official fold: {}",
            counted(without.len(), "clip"),
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
        let mut watched = Vec::new();
        match spec.validation {
            ValidationSide::Train => {
                train.extend(&validation);
                watched = validation;
            }
            ValidationSide::Test => test.extend(validation),
            ValidationSide::Instead => test = validation,
            ValidationSide::Drop => {}
        }
        return Ok(vec![Split { watched, ..new_split(0, 0, train, test) }]);
    }
    if spec.validation != ValidationSide::Train {
        return Err(refuse(
            "`validation` goes with a data set that has a training, a validation and a test side; this one has folds, \
             each tested in turn",
        ));
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
