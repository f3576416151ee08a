//! The folds that a model draws inside its own training rows: scikit-learn's `StratifiedKFold` without shuffling, or its
//! `StratifiedGroupKFold` where the rows' artists or sources are kept apart.

use ndarray::{Array2, Axis};

use super::error::ModelError;
use super::model::{Aside, TrainingSet};
use crate::table::{ClipRows, KFold, SplitSpec, TableError};

/// One a row, the fold that holds it out, and what is to be told of it: groups are kept whole as the split does, unless
/// they are too few.
pub fn inner_folds(
    labels: &[usize],
    folds: usize,
    aside: &Aside<'_>,
    seed: u64,
    model: &'static str,
) -> Result<(Vec<usize>, Option<String>), ModelError> {
    let (whole, note) = grouped_folds(labels, folds, aside, seed);
    match whole {
        Some(whole) => Ok((whole, note)),
        None => Ok((stratified_folds(labels, folds, model)?, note)),
    }
}

/// Folds that tear no group, where the split keeps groups apart; why not, where groups do not allow it.
pub fn grouped_folds(
    labels: &[usize],
    folds: usize,
    aside: &Aside<'_>,
    seed: u64,
) -> (Option<Vec<usize>>, Option<String>) {
    if !aside.grouped {
        return (None, None);
    }
    match by_group(labels, folds, &aside.groups, seed) {
        Ok(whole) => (Some(whole), None),
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.strip_prefix("split: ").unwrap_or(&reason);
            (None, Some(format!("the {folds} inner folds tear artists or sources apart: {reason}")))
        }
    }
}

/// The split `group_kfold` of these rows.
fn by_group(
    labels: &[usize],
    folds: usize,
    groups: &[Option<&str>],
    seed: u64,
) -> Result<Vec<usize>, TableError> {
    // Of one length, so that they sort as the numbers do.
    let ids: Vec<String> = (0..labels.len()).map(|row| format!("{row:020}")).collect();
    let labels: Vec<String> = labels.iter().map(usize::to_string).collect();
    let groups: Vec<Option<String>> = groups.iter().map(|group| group.map(str::to_string)).collect();
    let no_folds: Vec<Option<String>> = vec![None; ids.len()];
    let rows = ClipRows { ids: &ids, labels: &labels, groups: &groups, folds: &no_folds, left_out: &[] };
    let mut fold_of_row = vec![0; ids.len()];
    for split in SplitSpec::GroupKfold(KFold { folds, repeats: 1, seed }).splits(rows)? {
        split.test.iter().for_each(|&row| fold_of_row[row] = split.fold);
    }
    Ok(fold_of_row)
}

/// Every class is dealt out as evenly as the others allow, its rows in order.
fn stratified_folds(labels: &[usize], folds: usize, model: &'static str) -> Result<Vec<usize>, ModelError> {
    // Classes in the order in which they come, which decides who gets the odd rows.
    let mut order: Vec<usize> = Vec::new();
    let mut counts: Vec<usize> = Vec::new();
    for label in labels {
        match order.iter().position(|seen| seen == label) {
            Some(place) => counts[place] += 1,
            None => {
                order.push(*label);
                counts.push(1);
            }
        }
    }
    if counts.iter().all(|count| *count < folds) {
        return Err(ModelError::TooFewRows {
            model,
            needed: format!("a class of {folds} rows or more for its {folds} inner folds"),
            rows: labels.len(),
        });
    }
    // Sorted by class and dealt out in turn, fold i gets rows i, i + folds, …; so many of each class it holds.
    let mut start = 0;
    let mut fold_of_turn: Vec<std::vec::IntoIter<usize>> = Vec::new();
    for count in &counts {
        let mut held = vec![0; folds];
        (start..start + count).for_each(|turn| held[turn % folds] += 1);
        start += count;
        let turns: Vec<usize> = held.iter().enumerate().flat_map(|(fold, held)| vec![fold; *held]).collect();
        fold_of_turn.push(turns.into_iter());
    }
    let fold = |label: &usize| {
        let place = order.iter().position(|seen| seen == label)?;
        fold_of_turn[place].next()
    };
    Ok(labels.iter().map_while(fold).collect())
}

/// One side of a fold.
pub struct Side {
    pub x: Array2<f64>,
    pub y: Vec<usize>,
}

impl Side {
    pub fn training(&self, classes: usize) -> TrainingSet<'_> {
        TrainingSet { x: self.x.view(), y: &self.y, classes }
    }
}

/// (rows to learn from, rows held out) of `fold`.
pub fn sides(train: TrainingSet<'_>, folds: &[usize], fold: usize) -> (Side, Side) {
    let side = |held: bool| {
        let rows: Vec<usize> = (0..folds.len()).filter(|row| (folds[*row] == fold) == held).collect();
        let y = rows.iter().map(|row| train.y[*row]).collect();
        Side { x: train.x.select(Axis(0), &rows), y }
    };
    (side(false), side(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Fitted, build};
    use crate::random::Draws;

    /// From scikit-learn 1.9.1: the test folds of `StratifiedKFold(3).split(x, y)`.
    #[test]
    fn the_folds_are_scikit_learns() {
        let y = [2, 2, 0, 1, 0, 0, 2, 1, 1, 1, 2, 2, 0, 1, 1, 2];
        let folds = |folds| inner_folds(&y, folds, &Aside::default(), 1, "m");
        assert_eq!(folds(3).unwrap(), (vec![0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 2, 2, 2, 2, 2], None));
        assert!(folds(7).unwrap_err().to_string().contains("7 inner folds"));
    }

    #[test]
    fn groups_are_kept_whole_where_the_split_does_and_there_are_enough() {
        let y: Vec<usize> = (0..60).map(|row| row % 3).collect();
        let names: Vec<String> = (0..60).map(|row| format!("artist {}", row % 20)).collect();
        let groups: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
        let aside = Aside { groups, grouped: true, ..Aside::default() };
        let (folds, note) = inner_folds(&y, 4, &aside, 1, "m").unwrap();
        assert_eq!(note, None);
        assert!((0..4).all(|fold| folds.contains(&fold)), "{folds:?}");
        assert!((20..60).all(|row| folds[row] == folds[row % 20]), "{folds:?}");
        let free = Aside { grouped: false, ..aside.clone() };
        let (stratified, note) = inner_folds(&y, 4, &free, 1, "m").unwrap();
        assert!((20..60).any(|row| stratified[row] != stratified[row % 20]) && note.is_none());
        let one = Aside { groups: vec![Some("one artist"); 60], ..aside };
        let (folds, note) = inner_folds(&y, 4, &one, 1, "m").unwrap();
        assert_eq!(folds, stratified);
        assert!(note.unwrap().contains("inner folds tear artists or sources apart: all clips of class"));
    }

    #[test]
    fn models_that_divide_their_rows_keep_groups_whole_or_say_why_not() {
        let mut draws = Draws::new(2, "artists");
        let of_artists = Array2::from_shape_fn((20, 12), |_| draws.normal());
        let x = Array2::from_shape_fn((80, 12), |(row, column)| of_artists[[row % 20, column]]);
        let y: Vec<usize> = (0..80).map(|row| row % 20 % 2).collect();
        let names: Vec<String> = (0..80).map(|row| format!("artist {}", row % 20)).collect();
        let groups = names.iter().map(|name| Some(name.as_str())).collect();
        let apart = Aside { groups, grouped: true, ..Aside::default() };
        let one = Aside { groups: vec![Some("one artist"); 80], ..apart.clone() };
        for (model, parameters) in [
            ("stacking", "members = [{ model = \"knn\", n_neighbors = 1 }]"),
            ("logistic_regression", "C = [0.1, 1.0]"),
            ("gradient_boosting", "n_estimators = 20\nn_iter_no_change = 3"),
            ("svc", "probability = true"),
        ] {
            let recipe = build(model, parameters.parse().unwrap()).unwrap();
            let train = TrainingSet { x: x.view(), y: &y, classes: 2 };
            let fit = |aside: &Aside<'_>| recipe.fit_aside(train, aside, 1).unwrap();
            let (free, apart, torn) = (fit(&Aside::default()), fit(&apart), fit(&one));
            assert!(free.save().unwrap() != apart.save().unwrap(), "{model}");
            let says = |fitted: &dyn Fitted| fitted.notes().iter().any(|note| note.contains("sources apart"));
            assert!(says(&*torn) && !says(&*apart) && !says(&*free), "{model}: {:?}", torn.notes());
        }
    }
}
