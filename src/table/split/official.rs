//! The data set's own division: its folds, each tested in turn, or its own training and test sides.

use super::clips::{Clips, Split, refuse};
use super::parts::{Parts, in_turn, sides_of};
use super::side::side;
use super::spec::{Official, ValidationSide};
use crate::spelling::counted;
use crate::table::error::{TableError, first_few};

pub(super) fn splits(clips: &Clips<'_>, spec: &Official) -> Result<Vec<Split>, TableError> {
    let mut folds = Parts::new();
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
    if let Some(sides) = sides_of(&folds) {
        return Ok(vec![sides.split(spec.validation)?]);
    }
    if folds.keys().any(|name| side(name).is_some()) {
        let strangers: Vec<_> = folds.keys().filter(|name| side(name).is_none()).copied().collect();
        let (stand, are) = match strangers.len() {
            1 => ("stands", "is none itself"),
            _ => ("stand", "are none themselves"),
        };
        let message = format!("{stand} beside names of sides and {are} (train, validation, test)");
        return Err(refuse(format!("{} {message}", first_few(&strangers))));
    }
    if spec.validation != ValidationSide::Train {
        return Err(refuse(
            "`validation` goes with a data set that has a training, a validation and a test side; this one has folds, \
             each tested in turn",
        ));
    }
    if let [one] = folds.keys().collect::<Vec<_>>().as_slice() {
        return Err(refuse(format!("all clips stand in one official fold, '{one}'")));
    }
    in_turn(&folds)
}
