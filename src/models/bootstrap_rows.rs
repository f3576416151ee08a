//! The rows that a tree learns from, and how much each class weighs there.
//!
//! A bootstrap draws as many rows as there are, with replacement (L. Breiman, "Bagging predictors", 1996); a row
//! drawn twice is kept once and counts twice. Classes are balanced as in scikit-learn 1.9: with a bootstrap,
//! `balanced` draws rows in inverse proportion to the size of their class (so that every class is drawn
//! equally often), and `balanced_subsample` draws all rows alike and weighs the classes that came of it;
//! without one, rows weigh.

use serde::{Deserialize, Serialize};

use super::checks::{PresentClasses, balanced_weights};
use super::lane_split::KeyLayout;
use super::node_cut::Member;
use crate::random::Draws;

/// How the classes are weighed.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    Balanced,
    BalancedSubsample,
}

#[derive(Debug, Clone, Copy)]
pub struct Sampling {
    pub bootstrap: bool,
    pub balance: Option<Balance>,
}

pub struct TreeSample {
    pub members: Vec<Member>,
    /// One a present class: the weight of one count.
    pub class_weights: Vec<f64>,
    /// Rows that were not drawn, ascending.
    pub left_out: Vec<u32>,
}

impl TreeSample {
    pub fn draw(sampling: Sampling, present: &PresentClasses, layout: KeyLayout, draws: &mut Draws) -> Self {
        let rows = present.dense.len();
        let counts = match sampling {
            Sampling { bootstrap: false, .. } => vec![1; rows],
            Sampling { balance: Some(Balance::Balanced), .. } => draw_classes_alike(present, draws),
            _ => {
                let mut counts = vec![0u32; rows];
                (0..rows).for_each(|_| counts[draws.below(rows)] += 1);
                counts
            }
        };
        let mut members = Vec::with_capacity(rows);
        let mut left_out = Vec::new();
        for (row, (count, class)) in (0..).zip(counts.iter().zip(&present.dense)) {
            if *count == 0 {
                left_out.push(row);
            }
            // A row that counts more often than a key can say stands there several times.
            let mut left = *count;
            while left > 0 {
                let count = left.min(layout.largest_count());
                members.push(Member { row, payload: layout.payload(*class, count) });
                left -= count;
            }
        }
        let weighs = match sampling.balance {
            Some(Balance::Balanced) => !sampling.bootstrap,
            Some(Balance::BalancedSubsample) => true,
            None => false,
        };
        let class_weights = match weighs {
            true => balanced_weights(&draws_of_classes(present, &counts)),
            false => vec![1.0; present.classes.len()],
        };
        Self { members, class_weights, left_out }
    }
}

/// Draws a class, then one of its rows.
fn draw_classes_alike(present: &PresentClasses, draws: &mut Draws) -> Vec<u32> {
    let mut rows_of: Vec<Vec<usize>> = vec![Vec::new(); present.classes.len()];
    present.dense.iter().enumerate().for_each(|(row, class)| rows_of[*class].push(row));
    let mut counts = vec![0; present.dense.len()];
    for _ in 0..counts.len() {
        let rows = &rows_of[draws.below(rows_of.len())];
        counts[rows[draws.below(rows.len())]] += 1;
    }
    counts
}

/// How often rows of each class were drawn, from how often each row was.
fn draws_of_classes(present: &PresentClasses, counts: &[u32]) -> Vec<usize> {
    let mut drawn = vec![0; present.classes.len()];
    for (class, count) in present.dense.iter().zip(counts) {
        drawn[*class] += *count as usize;
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 90 rows of class 0 and 10 of class 1.
    fn ten_to_one() -> PresentClasses {
        let dense: Vec<usize> = (0..100).map(|row| usize::from(row % 10 == 9)).collect();
        PresentClasses { classes: vec![0, 1], dense, counts: vec![90, 10], of: 2 }
    }

    fn draw(bootstrap: bool, balance: Option<Balance>) -> (TreeSample, [f64; 2]) {
        let layout = KeyLayout::for_classes(2).unwrap();
        let mut draws = Draws::new(2, "sample");
        let sample = TreeSample::draw(Sampling { bootstrap, balance }, &ten_to_one(), layout, &mut draws);
        let mut weights = [0.0; 2];
        for member in &sample.members {
            let class = layout.class(member.payload) as usize;
            weights[class] += f64::from(layout.count(member.payload)) * sample.class_weights[class];
        }
        (sample, weights)
    }

    #[test]
    fn a_bootstrap_draws_as_many_rows_as_there_are_and_leaves_some_out() {
        let (sample, weights) = draw(true, None);
        assert_eq!(weights[0] + weights[1], 100.0);
        assert_eq!(sample.members.len() + sample.left_out.len(), 100);
        assert!((25..50).contains(&sample.left_out.len()), "{}", sample.left_out.len());
        let (sample, weights) = draw(false, None);
        assert_eq!((weights, sample.left_out.len()), ([90.0, 10.0], 0));
    }

    #[test]
    fn balance_gives_both_classes_half() {
        let (_, weights) = draw(true, Some(Balance::Balanced));
        assert!((30.0..70.0).contains(&weights[1]) && weights[0] + weights[1] == 100.0, "{weights:?}");
        for bootstrap in [false, true] {
            let (_, weights) = draw(bootstrap, Some(Balance::BalancedSubsample));
            assert!(weights.iter().all(|weight| (weight - 50.0).abs() < 1e-9), "{weights:?}");
        }
        let (_, weights) = draw(false, Some(Balance::Balanced));
        assert!(weights.iter().all(|weight| (weight - 50.0).abs() < 1e-9), "{weights:?}");
    }

    #[test]
    fn a_row_drawn_more_often_than_a_key_can_count_stands_twice() {
        let present = PresentClasses {
            classes: (0..4096).collect(),
            dense: vec![0; 1].into_iter().chain(vec![1; 999]).collect(),
            counts: vec![1, 999],
            of: 4096,
        };
        let present = PresentClasses { classes: vec![0, 1], ..present };
        let layout = KeyLayout::for_classes(4096).unwrap();
        let sampling = Sampling { bootstrap: true, balance: Some(Balance::Balanced) };
        let sample = TreeSample::draw(sampling, &present, layout, &mut Draws::new(1, "often"));
        let counts: Vec<u32> = sample.members.iter().map(|member| layout.count(member.payload)).collect();
        assert_eq!((counts.iter().sum::<u32>(), counts[0]), (1000, 15));
        assert!(sample.members.iter().filter(|member| member.row == 0).count() > 20);
    }
}
