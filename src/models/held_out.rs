//! Early stopping of boosting: which rows are held out, and when their loss says stop.

use super::checks::PresentClasses;
use super::error::ModelError;
use crate::random::Draws;

/// (rows to learn from, rows held out), each ascending; a class keeps at least one row to learn from.
pub fn hold_out(
    present: &PresentClasses,
    fraction: f64,
    draws: &mut Draws,
    model: &'static str,
) -> Result<(Vec<usize>, Vec<usize>), ModelError> {
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
    fn it_stops_after_as_many_rounds_without_gain() {
        let mut stopping = Stopping::new(2, 0.01);
        let losses = [1.0, 0.5, 0.495, 0.496, 0.1];
        assert_eq!(losses.map(|loss| stopping.should_stop(loss)), [false, false, false, true, false]);
    }
}
