//! Check 12, two classes: is there any pair of true positives and true negatives that gives every printed score?
//!
//! For each number of true positives, the true negatives that fit a score are one run of integers, because every score
//! moves one way with them; bisection finds its ends. A score can be 0 / 0 only where a column is empty, and so only with
//! none or all of the negatives right: those two are tried by themselves.

use super::binary_score::{BinaryScore, Counts};
use super::printed::{Interval, Printed, Rounding};

/// More rows than this and the search says that it was cut short.
const MOST_POSITIVES: u64 = 2_000_000;

/// One printed score of a two-class matrix.
#[derive(Debug, Clone)]
pub struct BinaryFigure {
    pub score: &'static BinaryScore,
    pub interval: Interval,
    /// β as a fraction.
    pub beta: (i128, i128),
    /// The figure behind the interval.
    pub printed: Printed,
    pub rounding: Rounding,
}

impl BinaryFigure {
    /// What is 0 / 0 is printed as 0 or as 1, if at all; of markedness the precision of an empty column may be 0.
    pub fn fits(&self, counts: Counts) -> bool {
        if self.score.compare(counts, self.beta, (0, 1)).is_none() {
            let Counts { tp, tn, p, n } = counts;
            // Nothing taken for negatives leaves p / (p + n) − 1, nothing for positives n / (p + n) − 1, and without − 1
            // if the other precision is taken to be 1.
            let other = match (self.score.name, (tp, tn)) {
                ("mk", (_, 0)) if tp == p => Some(n),
                ("mk", (0, _)) if tn == n => Some(p),
                _ => None,
            };
            let all = i128::from(p + n);
            let one_sided = |left_out: u64| {
                let left_out = i128::from(left_out);
                self.interval.holds(-left_out, all) || self.interval.holds(all - left_out, all)
            };
            return self.interval.holds(0, 1) || self.interval.holds(1, 1) || other.is_some_and(one_sided);
        }
        !self.below(counts) && !self.above(counts)
    }

    fn below(&self, counts: Counts) -> bool {
        let bound = (self.interval.low, self.interval.denominator);
        self.score
            .compare(counts, self.beta, bound)
            .is_some_and(|order| order.is_lt() || order.is_eq() && !self.interval.low_closed)
    }

    fn above(&self, counts: Counts) -> bool {
        let bound = (self.interval.high, self.interval.denominator);
        self.score
            .compare(counts, self.beta, bound)
            .is_some_and(|order| order.is_gt() || order.is_eq() && !self.interval.high_closed)
    }

    /// The true negatives of `first ..= last` that fit; the score is defined in all of them.
    fn run(&self, counts: impl Fn(u64) -> Counts, first: u64, last: u64) -> (u64, u64) {
        let first_where = |holds: &dyn Fn(u64) -> bool| {
            let (mut low, mut high) = (first, last + 1);
            while low < high {
                let middle = low + (high - low) / 2;
                if holds(middle) { high = middle } else { low = middle + 1 }
            }
            low
        };
        if self.score.grows_with_tn {
            (first_where(&|tn| !self.below(counts(tn))), first_where(&|tn| self.above(counts(tn))))
        } else {
            (first_where(&|tn| !self.above(counts(tn))), first_where(&|tn| self.below(counts(tn))))
        }
    }
}

/// What a search over all pairs found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs {
    pub witness: Option<Counts>,
    pub fitting: u128,
    /// The search was cut short; without a witness nothing is known.
    pub cut_short: bool,
}

/// All pairs of `p` > 0 positives and `n` > 0 negatives that fit every figure; `each` sees runs of true negatives
/// (true positives, first, last) and says whether to go on.
pub fn pairs(p: u64, n: u64, figures: &[BinaryFigure], mut each: impl FnMut(u64, u64, u64) -> bool) -> Pairs {
    let mut found = Pairs { witness: None, fitting: 0, cut_short: p > MOST_POSITIVES };
    if found.cut_short {
        return found;
    }
    for tp in 0..=p {
        let counts = |tn| Counts { tp, tn, p, n };
        let fits = |tn| figures.iter().all(|figure| figure.fits(counts(tn)));
        let mut runs: Vec<(u64, u64)> = Vec::new();
        if n < 2 {
            runs.extend((0..=n).filter(|&tn| fits(tn)).map(|tn| (tn, tn)));
        } else {
            let (mut first, mut end) = (1, n);
            for figure in figures {
                if first < end {
                    let run = figure.run(counts, first, end - 1);
                    (first, end) = (first.max(run.0), end.min(run.1));
                }
            }
            runs.extend(fits(0).then_some((0, 0)));
            runs.extend((first < end).then(|| (first, end - 1)));
            runs.extend(fits(n).then_some((n, n)));
        }
        for (first, last) in runs {
            found.fitting += u128::from(last - first + 1);
            found.witness.get_or_insert(counts(first + (last - first) / 2));
            if !each(tp, first, last) {
                return found;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::binary_score::{BINARY_SCORES, find_binary};
    use crate::audit::printed::Unit;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_runs_are_what_trying_every_pair_finds(
            p in 1u64..9, n in 1u64..9, first in 0usize..27, second in 0usize..27, tp in 0u64..9, tn in 0u64..9,
        ) {
            let truth = Counts { tp: tp.min(p), tn: tn.min(n), p, n };
            let figures: Vec<BinaryFigure> = [first, second]
                .iter()
                .filter_map(|&index| {
                    let score = &BINARY_SCORES[index];
                    let value = score.value(truth, (2, 1));
                    let text = format!("{value:.2}");
                    let printed = Printed::parse(&text, Unit::Fraction).ok()?;
                    let (interval, rounding) = (printed.interval(Rounding::Nearest), Rounding::Nearest);
                    Some(BinaryFigure { score, interval, beta: (2, 1), printed, rounding })
                })
                .collect();
            let found = pairs(p, n, &figures, |_, _, _| true);
            let mut slow = 0u128;
            for tp in 0..=p {
                for tn in 0..=n {
                    slow += u128::from(figures.iter().all(|figure| figure.fits(Counts { tp, tn, p, n })));
                }
            }
            prop_assert_eq!(found.fitting, slow);
            prop_assert!(found.witness.is_some_and(|counts| figures.iter().all(|figure| figure.fits(counts))));
        }
    }

    #[test]
    fn a_hundred_million_negatives_are_one_run_even_where_no_positive_is_found() {
        let n = 100_000_000;
        let printed = Printed::parse("0", Unit::Fraction).unwrap();
        let (interval, rounding) = (printed.interval(Rounding::HalfUp), Rounding::HalfUp);
        let score = find_binary("sens").unwrap();
        let figure = BinaryFigure { score, interval, beta: (1, 1), printed, rounding };
        let mut seen = 0;
        let found = pairs(3, n, &[figure], |_, _, _| {
            seen += 1;
            true
        });
        // None of three and one of three print so; each has its two ends and what lies between.
        assert_eq!((found.fitting, found.cut_short, seen), (2 * (u128::from(n) + 1), false, 6));
    }
}
