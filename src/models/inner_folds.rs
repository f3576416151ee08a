//! The folds that a model draws inside its own training rows: scikit-learn's `StratifiedKFold` without shuffling.

use ndarray::{Array2, Axis};

use super::error::ModelError;
use super::model::TrainingSet;

/// One a row: the fold that holds it out. Every class is dealt out as evenly as the others allow, its rows in order.
pub fn inner_folds(labels: &[usize], folds: usize, model: &'static str) -> Result<Vec<usize>, ModelError> {
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

    /// From scikit-learn 1.9.1: the test folds of `StratifiedKFold(3).split(x, y)`.
    #[test]
    fn the_folds_are_scikit_learns() {
        let y = [2, 2, 0, 1, 0, 0, 2, 1, 1, 1, 2, 2, 0, 1, 1, 2];
        assert_eq!(inner_folds(&y, 3, "m").unwrap(), [0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 2, 2, 2, 2, 2]);
        assert!(inner_folds(&y, 7, "m").unwrap_err().to_string().contains("7 inner folds"));
    }
}
