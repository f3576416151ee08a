//! The power of a check: the share of values of the same precision that would have passed it.
//!
//! Where the outcomes can be walked through, every value that one of them prints as is marked (`Printable`). Else values
//! are put in the figure's place and the check is made again (`redrawn`): all of them where they are few, a fixed draw
//! where they are many, and then it says so.

use super::finding::Finding;
use super::printed::{Printed, Rounding};
use crate::random::Draws;

/// Values that are put in a figure's place; more are drawn from.
const TRIED: usize = 101;
/// More values than this are not marked.
const MOST_VALUES: i128 = 4_000_000;

/// A share, or why there is none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Power {
    pub share: Option<f64>,
    /// How the share was found where not every value was counted, or why there is none.
    pub words: Option<String>,
}

impl Power {
    pub fn counted(share: f64) -> Self {
        Self { share: Some(share.clamp(0.0, 1.0)), words: None }
    }

    pub fn none(words: impl Into<String>) -> Self {
        Self { share: None, words: Some(words.into()) }
    }

    /// There would be a share, but for this.
    pub fn uncounted(why: &str) -> Self {
        Self::none(format!("how many such values would pass was not counted: {why}"))
    }

    /// Of several figures, each held against the others: the mean of those that have one.
    pub fn mean(parts: &[Self]) -> Self {
        let shares: Vec<f64> = parts.iter().filter_map(|part| part.share).collect();
        let words = parts.iter().find_map(|part| part.words.clone());
        if shares.is_empty() {
            return Self { share: None, words };
        }
        let share = shares.iter().sum::<f64>() / shares.len() as f64;
        let mut found = Self::counted(share);
        if shares.len() < parts.len() {
            found.words = Some(format!("over {} of the {} figures", shares.len(), parts.len()));
        } else if words.is_some() {
            found.words = words;
        }
        found
    }

    pub fn of(self, finding: &mut Finding) {
        finding.would_pass = self.share;
        finding.power = self.words;
    }
}

/// Which values of a figure's precision some outcome prints as.
pub struct Printable {
    /// For each value the way to the first value from it on that is not marked: itself, if it is not.
    next: Vec<u32>,
    marked: usize,
    /// Digits of the first value.
    least: i128,
    scale: f64,
    rounding: Rounding,
}

impl Printable {
    /// For a figure that lies in `range`; `None` where that has no end, or too many values.
    pub fn new(figure: &Printed, rounding: Rounding, range: (i64, Option<i64>)) -> Option<Self> {
        let (least, most) = (i128::from(range.0) * figure.scale(), i128::from(range.1?) * figure.scale());
        (most - least < MOST_VALUES).then(|| Self {
            next: (0..=(most - least + 1) as u32).collect(),
            marked: 0,
            least,
            scale: figure.scale() as f64,
            rounding,
        })
    }

    /// The first and the last digits as which `value` is printed under the allowed roundings.
    fn digits(&self, value: f64) -> (i128, i128) {
        let scaled = value * self.scale;
        // What is a whole number or a tie but for the last bits of a float is one.
        let halves = (2.0 * scaled).round();
        let scaled =
            if (2.0 * scaled - halves).abs() < 1e-9 * scaled.abs().max(1.0) { halves / 2.0 } else { scaled };
        let towards_zero = if scaled < 0.0 { scaled.ceil() } else { scaled.floor() };
        let half_up = scaled.signum() * (scaled.abs() + 0.5).floor();
        let (first, last) = match self.rounding {
            Rounding::Any => (scaled.floor(), scaled.ceil()),
            Rounding::HalfUp => (half_up, half_up),
            Rounding::HalfEven => (scaled.round_ties_even(), scaled.round_ties_even()),
            Rounding::Nearest => ((scaled - 0.5).ceil(), (scaled + 0.5).floor()),
            Rounding::Truncate => (towards_zero, towards_zero),
            Rounding::Ceil => (scaled.ceil(), scaled.ceil()),
        };
        (first as i128, last as i128)
    }

    /// An outcome that gives this score.
    pub fn mark(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        let (first, last) = self.digits(value);
        for digits in first..=last {
            let place = digits - self.least;
            if place >= 0 && place < self.values() as i128 && self.next[place as usize] == place as u32 {
                self.next[place as usize] = place as u32 + 1;
                self.marked += 1;
            }
        }
    }

    fn values(&self) -> usize {
        self.next.len() - 1
    }

    /// Whether every value from `first` to `last` is marked.
    fn all_marked(&mut self, first: i128, last: i128) -> bool {
        let first = (first - self.least).clamp(0, self.values() as i128) as u32;
        let mut place = first;
        while self.next[place as usize] != place {
            // Each step halves the way for the next time.
            self.next[place as usize] = self.next[self.next[place as usize] as usize];
            place = self.next[place as usize];
        }
        i128::from(place) > last - self.least
    }

    /// Outcomes `first ..= last` whose score moves one way; false when looking at them cost all of `steps`.
    pub fn mark_run(&mut self, first: u64, last: u64, of: &dyn Fn(u64) -> f64, steps: &mut u64) -> bool {
        if *steps < 2 {
            return false;
        }
        *steps -= 2;
        let ends = [of(first), of(last)];
        ends.iter().for_each(|&value| self.mark(value));
        let finite = ends.iter().all(|end| end.is_finite());
        let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        if last - first < 2 || finite && self.all_marked(self.digits(low).0, self.digits(high).1) {
            return true;
        }
        let middle = first + (last - first) / 2;
        self.mark_run(first, middle, of, steps) && self.mark_run(middle, last, of, steps)
    }

    pub fn is_full(&self) -> bool {
        self.marked == self.values()
    }

    pub fn share(&self) -> f64 {
        self.marked as f64 / self.values() as f64
    }
}

/// Values put in the figure's place: the share with which the check passes. `passes` is `None` where the check is cut
/// short.
pub fn redrawn(
    figure: &Printed,
    range: (i64, Option<i64>),
    mut passes: impl FnMut(&Printed) -> Option<bool>,
) -> Power {
    let Some(largest) = range.1 else {
        return Power::none("the score has no largest value, so no share of its values is defined");
    };
    redrawn_between(
        figure,
        i128::from(range.0) * figure.scale(),
        i128::from(largest) * figure.scale(),
        &mut passes,
    )
}

/// The same for values from `least` to `most`, in units of the last digit.
pub fn redrawn_between(
    figure: &Printed,
    least: i128,
    most: i128,
    passes: &mut dyn FnMut(&Printed) -> Option<bool>,
) -> Power {
    let values = (most - least + 1).max(1);
    let all = values <= TRIED as i128;
    let mut draws = Draws::new(1, "audit power");
    let tried = if all { values as usize } else { TRIED };
    let (mut passing, mut cut_short) = (0usize, 0usize);
    for step in 0..tried {
        let digits = least
            + if all {
                step as i128
            } else {
                draws.below(usize::try_from(values).unwrap_or(usize::MAX)) as i128
            };
        match passes(&figure.with_digits(digits)) {
            Some(true) => passing += 1,
            Some(false) => {}
            None => cut_short += 1,
        }
    }
    if cut_short > tried / 20 {
        return Power::uncounted("the search was cut short on some");
    }
    // The printed value itself passes, drawn or not.
    let share = (passing as f64 / (tried - cut_short) as f64).max(1.0 / values as f64);
    let mut found = Power::counted(share);
    found.words = (!all).then(|| format!("of {tried} values drawn"));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::printed::Unit;

    #[test]
    fn marks_are_what_each_value_s_own_interval_holds() {
        use crate::audit::exact::Exact;
        let figure = Printed::parse("0.00", Unit::Fraction).unwrap();
        for rounding in [
            Rounding::Any,
            Rounding::HalfUp,
            Rounding::HalfEven,
            Rounding::Nearest,
            Rounding::Truncate,
            Rounding::Ceil,
        ] {
            for n in [7i128, 8, 40] {
                let mut printable = Printable::new(&figure, rounding, (-1, Some(1))).unwrap();
                let run = |k: u64| (k as f64 - n as f64) / n as f64;
                assert!(printable.mark_run(0, 2 * n as u64, &run, &mut 10_000));
                let held = (-100..=100i128)
                    .filter(|&digits| {
                        let interval = figure.with_digits(digits).interval(rounding);
                        (-n..=n).any(|k| interval.holds_exact(&Exact::new(k, n)))
                    })
                    .count();
                assert_eq!(printable.marked, held, "{rounding:?} {n}");
            }
        }
    }

    #[test]
    fn few_values_are_all_tried_and_many_drawn() {
        let figure = Printed::parse("0.50", Unit::Fraction).unwrap();
        let even = |value: &Printed| Some(value.digits % 2 == 0);
        assert_eq!(redrawn(&figure, (0, Some(1)), even), Power::counted(51.0 / 101.0));
        let figure = Printed::parse("0.5000", Unit::Fraction).unwrap();
        let drawn = redrawn(&figure, (0, Some(1)), even);
        assert!(
            (drawn.share.unwrap() - 0.5).abs() < 0.11 && drawn.words.unwrap().contains("101 values drawn")
        );
        assert_eq!(redrawn(&figure, (0, None), even).share, None);
        assert_eq!(redrawn(&figure, (0, Some(1)), |_| None).share, None);
    }
}
