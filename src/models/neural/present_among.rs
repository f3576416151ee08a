//! The classes that training clips had, among all of a table.

use serde::{Deserialize, Serialize};

use crate::models::stored;

/// Which of `of` classes a network's answers are of, ascending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PresentAmong {
    pub classes: Vec<usize>,
    #[serde(deserialize_with = "stored::classes")]
    pub of: usize,
}

impl PresentAmong {
    /// The classes of `y`, and `y` with these numbered without gaps.
    pub fn of(y: &[usize], of: usize) -> (Self, Vec<usize>) {
        let mut classes = y.to_vec();
        classes.sort_unstable();
        classes.dedup();
        let dense = y.iter().map(|class| classes.partition_point(|known| known < class)).collect();
        (Self { classes, of }, dense)
    }

    /// Whether it can be of a network with so many answers.
    pub fn fits(&self, answers: usize) -> bool {
        let ascending = self.classes.is_sorted_by(|a, b| a < b);
        self.classes.len() == answers && ascending && self.classes.last().is_none_or(|last| *last < self.of)
    }

    /// 0 for the others.
    pub fn spread<T: Copy + Default>(&self, answers: &[T]) -> Vec<T> {
        let mut wide = vec![T::default(); self.of];
        for (class, answer) in self.classes.iter().zip(answers) {
            wide[*class] = *answer;
        }
        wide
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_without_clips_have_no_answer() {
        let (present, dense) = PresentAmong::of(&[4, 1, 4, 2], 6);
        assert_eq!(dense, [2, 0, 2, 1]);
        assert_eq!(present.spread(&[0.5, 0.2, 0.3]), [0.0, 0.5, 0.2, 0.0, 0.3, 0.0]);
        assert!(present.fits(3) && !present.fits(4));
        assert!(!PresentAmong { classes: vec![0, 7], of: 6 }.fits(2));
    }
}
