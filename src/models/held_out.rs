//! Early stopping of boosting: which rows are held out, and when their loss says stop.

use super::checks::PresentClasses;
use super::error::ModelError;
use super::model::Aside;
use super::neural::hold_out_groups;
use crate::random::Draws;

/// Rows to learn from, and rows held out, each ascending.
type Division = (Vec<usize>, Vec<usize>);

/// The division, and what is to be told of it: held out are those that the data set itself sets aside, else whole
/// groups where the split keeps them apart, else a share of each class. A class keeps at least one row to learn from.
pub fn divide(
    present: &PresentClasses,
    aside: &Aside<'_>,
    fraction: f64,
    draws: &mut Draws,
    model: &'static str,
) -> Result<(Division, Option<String>), ModelError> {
    if !aside.watched.is_empty() {
        let mut left = present.counts.clone();
        aside.watched.iter().for_each(|row| left[present.dense[*row]] -= 1);
        let (held, kept): (Vec<usize>, Vec<usize>) = (0..present.dense.len()).partition(|row| {
            // A class of which every row is set aside has to be learned from all the same.
            left[present.dense[*row]] > 0 && aside.watched.binary_search(row).is_ok()
        });
        if !held.is_empty() {
            return Ok(((kept, held), None));
        }
    }
    if aside.grouped {
        let (kept, held) = hold_out_groups(&present.dense, &aside.groups, fraction, draws);
        if !held.is_empty() {
            return Ok(((kept, held), None));
        }
    }
    let note = "the rows held out tear artists or sources apart: there are too few of them";
    let division = hold_out(present, fraction, draws, model)?;
    Ok((division, aside.grouped.then(|| note.to_string())))
}

/// A share of each class is held out; a class keeps at least one row to learn from.
fn hold_out(
    present: &PresentClasses,
    fraction: f64,
    draws: &mut Draws,
    model: &'static str,
) -> Result<Division, ModelError> {
    let mut held = vec![false; present.dense.len()];
    for (class, count) in present.counts.iter().enumerate() {
        let mut rows: Vec<usize> =
            (0..present.dense.len()).filter(|row| present.dense[*row] == class).collect();
        draws.shuffle(&mut rows);
        let wanted = (fraction * *count as f64).round() as usize;
        rows.iter().take(wanted.min(count - 1)).for_each(|row| held[*row] = true);
    }
    let (out, kept): (Vec<usize>, Vec<usize>) = (0..held.len()).partition(|row| held[*row]);
    if out.is_empty() {
        return Err(ModelError::TooFewRows {
            model,
            needed: "rows enough that validation_fraction of a class is one or more".to_string(),
            rows: held.len(),
        });
    }
    Ok((kept, out))
}

/// scikit-learn's rule: stop where no loss of the last rounds is undercut by `tol`.
pub struct Stopping {
    recent: Vec<f64>,
    tol: f64,
    round: usize,
}

impl Stopping {
    pub fn new(rounds: usize, tol: f64) -> Self {
        Self { recent: vec![f64::INFINITY; rounds], tol, round: 0 }
    }

    pub fn should_stop(&mut self, loss: f64) -> bool {
        if !self.recent.iter().any(|recent| loss + self.tol < *recent) {
            return true;
        }
        let place = self.round % self.recent.len();
        self.recent[place] = loss;
        self.round += 1;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_held_out_in_its_share_and_none_wholly() {
        let dense: Vec<usize> =
            (0..110).map(|row| usize::from(row >= 100) + usize::from(row == 109)).collect();
        let present = PresentClasses { classes: vec![0, 1, 2], dense, counts: vec![100, 9, 1], of: 3 };
        let (kept, held) = hold_out(&present, 0.2, &mut Draws::new(1, "t"), "m").unwrap();
        let count = |rows: &[usize], class| rows.iter().filter(|row| present.dense[**row] == class).count();
        assert_eq!([count(&held, 0), count(&held, 1), count(&held, 2)], [20, 2, 0]);
        assert_eq!(kept.len() + held.len(), 110);
        assert!(hold_out(&present, 0.004, &mut Draws::new(1, "t"), "m").is_err());
    }

    #[test]
    fn what_is_set_aside_is_watched_and_groups_are_kept_whole() {
        let dense: Vec<usize> = (0..40).map(|row| row % 2).collect();
        let present = PresentClasses { classes: vec![0, 1], dense, counts: vec![20, 20], of: 2 };
        let divided = |aside: &Aside<'_>| divide(&present, aside, 0.2, &mut Draws::new(1, "t"), "m").unwrap();
        let watched = Aside { watched: vec![0, 3, 4], ..Aside::default() };
        assert_eq!(divided(&watched).0.1, [0, 3, 4]);
        let whole_class = (0..40).filter(|row| row % 2 == 1 || *row == 4).collect();
        let watched = Aside { watched: whole_class, ..Aside::default() };
        assert_eq!(divided(&watched).0.1, [4], "the other class is learned from");
        let names: Vec<String> = (0..40).map(|row| format!("artist {}", row / 4)).collect();
        let groups: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
        let grouped = Aside { groups, grouped: true, ..Aside::default() };
        let ((kept, held), note) = divided(&grouped);
        assert!(!held.is_empty() && note.is_none());
        assert!(held.iter().all(|row| kept.iter().all(|other| row / 4 != other / 4)), "{held:?}");
        let one = Aside { groups: vec![Some("one artist"); 40], ..grouped };
        let ((_, held), note) = divided(&one);
        assert!(held.len() == 8 && note.unwrap().contains("tear artists or sources apart"));
        assert_eq!(divided(&Aside::default()).1, None);
    }

    #[test]
    fn it_stops_after_as_many_rounds_without_gain() {
        let mut stopping = Stopping::new(2, 0.01);
        let losses = [1.0, 0.5, 0.495, 0.496, 0.1];
        assert_eq!(losses.map(|loss| stopping.should_stop(loss)), [false, false, false, true, false]);
    }
}
