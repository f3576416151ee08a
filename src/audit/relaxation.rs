//! The linear relaxation of `whole_point.rs`: is there a point, whole or not, in a box with all its row sums in range?
//!
//! A bounded simplex in floats that drives the sum of violations to 0. What it says is a hint and no verdict: a point
//! steers the search, and multipliers of the rows that seem to prove that there is none are checked in integers there.

/// Changes of basis before it gives up.
const MOST_PIVOTS: usize = 200;
const TINY: f64 = 1e-9;

/// `low ≤ coefficients · x ≤ high`.
#[derive(Debug, Clone)]
pub struct FloatRow {
    pub coefficients: Vec<f64>,
    pub low: f64,
    pub high: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Relaxed {
    Point(Vec<f64>),
    /// No point; with a multiplier of each row that should prove it.
    Nowhere(Vec<f64>),
    /// Too many changes of basis.
    Unclear,
}

/// Variables are 0 … v − 1 and the row sums v … v + m − 1; `basis` says which of them each line of the table holds, and
/// each line is that variable as a sum over the others.
struct Table {
    low: Vec<f64>,
    high: Vec<f64>,
    value: Vec<f64>,
    basis: Vec<usize>,
    others: Vec<usize>,
    lines: Vec<Vec<f64>>,
}

/// Looks for a point with `bounds.0 ≤ x ≤ bounds.1` in every variable.
pub fn relax(bounds: &[(f64, f64)], rows: &[FloatRow]) -> Relaxed {
    let variables = bounds.len();
    let mut table = Table {
        low: bounds.iter().map(|bound| bound.0).chain(rows.iter().map(|row| row.low)).collect(),
        high: bounds.iter().map(|bound| bound.1).chain(rows.iter().map(|row| row.high)).collect(),
        value: bounds.iter().map(|bound| bound.0).collect(),
        basis: (variables..variables + rows.len()).collect(),
        others: (0..variables).collect(),
        lines: rows.iter().map(|row| row.coefficients.clone()).collect(),
    };
    table.value.extend(rows.iter().map(|row| {
        row.coefficients.iter().zip(bounds).map(|(coefficient, bound)| coefficient * bound.0).sum::<f64>()
    }));
    for pivot in 0..MOST_PIVOTS {
        let pull = table.pull();
        if pull.iter().all(|&side| side == 0.0) {
            return Relaxed::Point(table.value[..variables].to_vec());
        }
        let slopes: Vec<f64> = (0..table.others.len())
            .map(|place| pull.iter().zip(&table.lines).map(|(side, line)| side * line[place]).sum())
            .collect();
        let Some(entering) = table.entering(&slopes, pivot > MOST_PIVOTS / 2) else {
            return Relaxed::Nowhere(table.multipliers(&pull, &slopes, variables));
        };
        table.advance(entering, slopes[entering].signum());
    }
    Relaxed::Unclear
}

impl Table {
    /// Whether each line's variable is too small (1), too large (−1) or in range (0).
    fn pull(&self) -> Vec<f64> {
        self.basis
            .iter()
            .map(|&of| match self.value[of] {
                value if value < self.low[of] - TINY => 1.0,
                value if value > self.high[of] + TINY => -1.0,
                _ => 0.0,
            })
            .collect()
    }

    /// The steepest variable that can move the way its slope asks; the first one where steepness may have cycled.
    fn entering(&self, slopes: &[f64], first: bool) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (place, slope) in slopes.iter().enumerate() {
            let of = self.others[place];
            let movable = if *slope > 0.0 {
                self.value[of] < self.high[of] - TINY
            } else {
                self.value[of] > self.low[of] + TINY
            };
            if slope.abs() <= TINY || !movable {
                continue;
            }
            let better = match best {
                None => true,
                Some(known) if first => of < self.others[known],
                Some(known) => slope.abs() > slopes[known].abs(),
            };
            if better {
                best = Some(place);
            }
        }
        best
    }

    /// Moves one variable until it or a line comes to a bound, and exchanges the two.
    fn advance(&mut self, place: usize, direction: f64) {
        let of = self.others[place];
        let mut step =
            if direction > 0.0 { self.high[of] - self.value[of] } else { self.value[of] - self.low[of] };
        let mut leaving: Option<(usize, f64)> = None;
        for (index, line) in self.lines.iter().enumerate() {
            let speed = direction * line[place];
            if speed.abs() <= TINY {
                continue;
            }
            let held = self.basis[index];
            let (value, low, high) = (self.value[held], self.low[held], self.high[held]);
            // What is out of range stops where it comes into range; what is in range where it would leave it.
            let stop = match speed > 0.0 {
                true if value < low - TINY => low,
                true if value > high + TINY => continue,
                true => high,
                false if value > high + TINY => high,
                false if value < low - TINY => continue,
                false => low,
            };
            let room = ((stop - value) / speed).max(0.0);
            if room < step {
                (step, leaving) = (room, Some((index, stop)));
            }
        }
        self.value[of] += direction * step;
        for (index, line) in self.lines.iter().enumerate() {
            self.value[self.basis[index]] += direction * step * line[place];
        }
        let Some((index, stop)) = leaving else { return };
        let held = self.basis[index];
        self.value[held] = stop;
        self.exchange(index, place);
        self.basis[index] = of;
        self.others[place] = held;
    }

    fn exchange(&mut self, index: usize, place: usize) {
        let mut line = std::mem::take(&mut self.lines[index]);
        let pivot = line[place];
        // held = … + pivot · of  ⇔  of = held / pivot − … / pivot
        line.iter_mut().for_each(|coefficient| *coefficient /= -pivot);
        line[place] = 1.0 / pivot;
        for other in &mut self.lines {
            if other.is_empty() {
                continue;
            }
            let factor = std::mem::replace(&mut other[place], 0.0);
            for (coefficient, own) in other.iter_mut().zip(&line) {
                *coefficient += factor * own;
            }
        }
        self.lines[index] = line;
    }

    /// Σ pull · line variable = Σ slope · other variable, whatever x is: the row sums' parts of it.
    fn multipliers(&self, pull: &[f64], slopes: &[f64], variables: usize) -> Vec<f64> {
        let mut found = vec![0.0; self.lines.len()];
        for (side, &of) in pull.iter().zip(&self.basis) {
            if of >= variables {
                found[of - variables] = *side;
            }
        }
        for (slope, &of) in slopes.iter().zip(&self.others) {
            if of >= variables {
                found[of - variables] = -slope;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_point_is_one_and_multipliers_prove_that_there_is_none(
            rows in prop::collection::vec((prop::collection::vec(-5i32..6, 4), -40i32..40, 0i32..6), 1..5),
            highs in prop::collection::vec(0i32..8, 4),
        ) {
            let bounds: Vec<(f64, f64)> = highs.iter().map(|&high| (0.0, f64::from(high))).collect();
            let rows: Vec<FloatRow> = rows
                .iter()
                .map(|(coefficients, low, width)| FloatRow {
                    coefficients: coefficients.iter().map(|&c| f64::from(c)).collect(),
                    low: f64::from(*low),
                    high: f64::from(low + width),
                })
                .collect();
            match relax(&bounds, &rows) {
                Relaxed::Point(point) => {
                    for row in &rows {
                        let sum: f64 = row.coefficients.iter().zip(&point).map(|(c, x)| c * x).sum();
                        prop_assert!(sum >= row.low - 1e-6 && sum <= row.high + 1e-6);
                    }
                    prop_assert!(point.iter().zip(&bounds).all(|(x, b)| *x >= b.0 - 1e-6 && *x <= b.1 + 1e-6));
                }
                Relaxed::Nowhere(multipliers) => {
                    // The most that the combined rows reach in the box is less than the least that their ranges allow.
                    let most: f64 = (0..4)
                        .map(|variable| {
                            let combined: f64 =
                                rows.iter().zip(&multipliers).map(|(row, m)| m * row.coefficients[variable]).sum();
                            (combined * bounds[variable].1).max(0.0)
                        })
                        .sum();
                    let least: f64 =
                        rows.iter().zip(&multipliers).map(|(row, m)| (m * row.low).min(m * row.high)).sum();
                    prop_assert!(most < least, "{most} {least}");
                }
                Relaxed::Unclear => prop_assert!(false, "cycled"),
            }
        }
    }
}
