//! Is there a point of whole numbers in a box whose row sums all lie in their ranges? An integer program of few rows.
//!
//! First the relaxation (`relaxation.rs`): multipliers of the rows that prove, in integers, that not even fractions fit.
//! Then the variables are cut into two halves. Where the sums of both can be listed they are matched, which settles it;
//! where they are too many, a sample of each half nearly always holds a match if there is one. What is left is branch
//! and bound: the box is halved at a variable that the relaxation leaves broken, each part is narrowed row by row, and
//! parts that the relaxation excludes are dropped. A point is checked in integers, "none" rests on such proofs and on
//! single points alone, and a search that comes to its bound says so.

use super::half_points::{Half, Halves};
use super::region::{Region, Row};
use super::relaxation::{FloatRow, Relaxed, relax};
use crate::random::Draws;

/// Points listed for one half.
const MOST_LISTED: usize = 200_000;
/// Points drawn for one half, before and after listing is tried.
const FEW: usize = 500;
const MANY: usize = 60_000;
/// How often many are drawn.
const ROUNDS: u64 = 6;
/// What one relaxation costs beside a point that is looked at.
const RELAXATION: u64 = 30;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Point(Vec<u64>),
    Impossible {
        /// Not even fractions fit.
        even_in_fractions: bool,
    },
    CutShort,
}

/// Looks for whole numbers `0 ≤ x ≤ most` that fit all rows. The variables before `half` are one half of them. `steps`
/// is what the search may cost, and what it cost is taken off.
pub fn whole_point(most: &[u64], rows: &[Row], half: usize, steps: &mut u64) -> Answer {
    let impossible = Answer::Impossible { even_in_fractions: true };
    let Some(rows) = rows.iter().map(reduced).collect::<Option<Vec<Row>>>() else {
        return Answer::Impossible { even_in_fractions: false };
    };
    let mut whole = Region { low: vec![0; most.len()], high: most.to_vec() };
    let scales = rows.iter().map(scale).collect();
    let mut search = Search { rows: &rows, scales, cut_short: false };
    *steps = steps.saturating_sub(RELAXATION);
    let near = match search.relaxed(&whole) {
        Relaxed::Nowhere(multipliers) if search.proves(&multipliers, &whole) => return impossible,
        Relaxed::Point(point) => Some(point),
        _ => None,
    };
    if let Some(point) = near.as_ref().and_then(|point| search.rounded(point, &whole)) {
        return Answer::Point(point);
    }
    let halves = Halves { rows: &rows, half };
    if !whole.narrow(&rows) {
        return Answer::Impossible { even_in_fractions: false };
    }
    let mut draws = Draws::new(1, "audit whole point");
    // A few draws find what is easily found.
    let mut few = |over| halves.sample(&whole, over, near.as_deref(), FEW, &mut draws);
    let (first, second) = (few(0..half), few(half..most.len()));
    let found = halves.matched(&whole, &first, second, &mut (*steps).min(20 * FEW as u64));
    if let Some(point) = found {
        return Answer::Point(point);
    }
    let listed = MOST_LISTED.min(*steps as usize / 8);
    let (first, second) =
        (halves.list(&whole, 0..half, listed), halves.list(&whole, half..most.len(), listed));
    let cost = |points: &Option<Vec<Half>>| points.as_ref().map_or(listed, Vec::len) as u64 / 4;
    *steps = steps.saturating_sub(cost(&first) + cost(&second));
    if let (Some(first), Some(second)) = (&first, &second) {
        return match halves.matched(&whole, first, second.clone(), steps) {
            Some(point) => Answer::Point(point),
            None if *steps > 0 => Answer::Impossible { even_in_fractions: false },
            None => Answer::CutShort,
        };
    }
    for _ in 0..ROUNDS {
        let many = MANY.min(*steps as usize / 16);
        let mut or_drawn = |points: &Option<Vec<Half>>, over| {
            points.clone().unwrap_or_else(|| halves.sample(&whole, over, near.as_deref(), many, &mut draws))
        };
        let (first, second) = (or_drawn(&first, 0..half), or_drawn(&second, half..most.len()));
        let mut tries = *steps / ROUNDS;
        *steps -= tries;
        let found = halves.matched(&whole, &first, second, &mut tries);
        *steps += tries;
        *steps = steps.saturating_sub(many as u64);
        if let Some(point) = found {
            return Answer::Point(point);
        }
    }
    match search.branch(whole, steps) {
        Some(point) => Answer::Point(point),
        None if search.cut_short => Answer::CutShort,
        None => Answer::Impossible { even_in_fractions: false },
    }
}

/// The row divided by what its coefficients share; `None` where no whole numbers can be in its range.
fn reduced(row: &Row) -> Option<Row> {
    let shared = row.coefficients.iter().fold(0i128, |shared, &coefficient| gcd(shared, coefficient.abs()));
    if shared == 0 {
        return (row.low <= 0 && row.high >= 0).then(|| row.clone());
    }
    let low = -(-row.low).div_euclid(shared);
    let high = row.high.div_euclid(shared);
    let coefficients = row.coefficients.iter().map(|coefficient| coefficient / shared).collect();
    (low <= high).then_some(Row { coefficients, low, high })
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn scale(row: &Row) -> f64 {
    row.coefficients.iter().map(|coefficient| coefficient.unsigned_abs()).max().unwrap_or(1).max(1) as f64
}

struct Search<'a> {
    rows: &'a [Row],
    /// The largest coefficient of each row, by which the floats are divided.
    scales: Vec<f64>,
    cut_short: bool,
}

impl Search<'_> {
    fn relaxed(&self, inside: &Region) -> Relaxed {
        let bounds: Vec<(f64, f64)> =
            inside.low.iter().zip(&inside.high).map(|(&low, &high)| (low as f64, high as f64)).collect();
        let rows: Vec<FloatRow> = self
            .rows
            .iter()
            .zip(&self.scales)
            .map(|(row, scale)| FloatRow {
                coefficients: row.coefficients.iter().map(|&c| c as f64 / scale).collect(),
                low: row.low as f64 / scale,
                high: row.high as f64 / scale,
            })
            .collect();
        relax(&bounds, &rows)
    }

    /// Whether so many times each row, added up, is in no point of the box what the ranges ask for; in integers.
    fn proves(&self, multipliers: &[f64], inside: &Region) -> bool {
        let raw: Vec<f64> = multipliers.iter().zip(&self.scales).map(|(m, scale)| m / scale).collect();
        let largest = raw.iter().fold(0.0f64, |most, value| most.max(value.abs()));
        if largest <= 0.0 || !largest.is_finite() {
            return false;
        }
        let whole: Vec<i128> =
            raw.iter().map(|value| (value / largest * 2f64.powi(44)).round() as i128).collect();
        let reached = || -> Option<(i128, i128)> {
            let (mut most, mut least) = (0i128, 0i128);
            for variable in 0..inside.low.len() {
                let mut combined = 0i128;
                for (row, times) in self.rows.iter().zip(&whole) {
                    combined = combined.checked_add(row.coefficients[variable].checked_mul(*times)?)?;
                }
                let end = if combined > 0 { inside.high[variable] } else { inside.low[variable] };
                most = most.checked_add(combined.checked_mul(end.into())?)?;
            }
            for (row, times) in self.rows.iter().zip(&whole) {
                let end = if *times > 0 { row.low } else { row.high };
                least = least.checked_add(end.checked_mul(*times)?)?;
            }
            Some((most, least))
        };
        reached().is_some_and(|(most, least)| most < least)
    }

    fn fits(&self, point: &[u64]) -> bool {
        self.rows.iter().all(|row| {
            let sum: i128 = row.coefficients.iter().zip(point).map(|(c, &x)| c * i128::from(x)).sum();
            sum >= row.low && sum <= row.high
        })
    }

    /// The nearest whole point, where it fits.
    fn rounded(&self, point: &[f64], inside: &Region) -> Option<Vec<u64>> {
        let whole: Vec<u64> = point
            .iter()
            .enumerate()
            .map(|(variable, x)| (x.round() as u64).clamp(inside.low[variable], inside.high[variable]))
            .collect();
        self.fits(&whole).then_some(whole)
    }

    fn branch(&mut self, mut inside: Region, steps: &mut u64) -> Option<Vec<u64>> {
        if *steps < RELAXATION {
            self.cut_short = true;
            return None;
        }
        *steps -= RELAXATION;
        if !inside.narrow(self.rows) {
            return None;
        }
        if inside.is_point() {
            return self.fits(&inside.low).then_some(inside.low);
        }
        let widest =
            (0..inside.low.len()).max_by_key(|&variable| inside.high[variable] - inside.low[variable])?;
        let middle = |variable: usize| (inside.low[variable] + inside.high[variable]) as f64 / 2.0;
        let (variable, at) = match self.relaxed(&inside) {
            Relaxed::Nowhere(multipliers) if self.proves(&multipliers, &inside) => return None,
            Relaxed::Point(point) => {
                if let Some(whole) = self.rounded(&point, &inside) {
                    return Some(whole);
                }
                let broken = |variable: &usize| (point[*variable] - point[*variable].round()).abs();
                // What has one value left may be off it by the last bits of a float.
                let open = (0..point.len()).filter(|&variable| inside.low[variable] < inside.high[variable]);
                let most = open.max_by(|a, b| broken(a).total_cmp(&broken(b)))?;
                if broken(&most) > 1e-6 { (most, point[most]) } else { (widest, point[widest]) }
            }
            _ => (widest, middle(widest)),
        };
        let (low, high) = (inside.low[variable], inside.high[variable]);
        let cut = (at.floor().max(0.0) as u64).clamp(low, high - 1);
        let (mut lower, mut upper) = (inside.clone(), inside);
        (lower.high[variable], upper.low[variable]) = (cut, cut + 1);
        let parts = if at - cut as f64 <= 0.5 { [lower, upper] } else { [upper, lower] };
        parts.into_iter().find_map(|part| self.branch(part, steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_trying(most: &[u64], rows: &[Row]) -> bool {
        let choices: u64 = most.iter().map(|most| most + 1).product();
        (0..choices).any(|mut code| {
            let point: Vec<i128> = most
                .iter()
                .map(|most| {
                    let value = code % (most + 1);
                    code /= most + 1;
                    i128::from(value)
                })
                .collect();
            rows.iter().all(|row| {
                let sum: i128 = row.coefficients.iter().zip(&point).map(|(c, x)| c * x).sum();
                sum >= row.low && sum <= row.high
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn every_way_of_searching_says_what_trying_everything_says(
            rows in prop::collection::vec((prop::collection::vec(-30i128..40, 4), -20i128..200, 0i128..4), 1..5),
            most in prop::collection::vec(0u64..7, 4),
            half in 0usize..5,
        ) {
            let rows: Vec<Row> = rows
                .into_iter()
                .map(|(coefficients, low, width)| Row { coefficients, low, high: low + width })
                .collect();
            let known = by_trying(&most, &rows);
            let answer = whole_point(&most, &rows, half, &mut 10_000_000);
            prop_assert_eq!(matches!(answer, Answer::Point(_)), known, "{:?}", answer);
            prop_assert!(answer != Answer::CutShort);
            // Branch and bound alone, which larger boxes come to.
            if let Some(rows) = rows.iter().map(reduced).collect::<Option<Vec<Row>>>() {
                let scales = rows.iter().map(scale).collect();
                let mut search = Search { rows: &rows, scales, cut_short: false };
                let whole = Region { low: vec![0; most.len()], high: most.clone() };
                let found = search.branch(whole, &mut 10_000_000);
                prop_assert_eq!(found.is_some(), known);
                prop_assert!(!search.cut_short && found.is_none_or(|point| search.fits(&point)));
            }
        }
    }

    #[test]
    fn a_search_that_comes_to_its_bound_says_so() {
        // Even sums that must be odd, once the shared 2 is hidden behind a wide column.
        let row = Row { coefficients: vec![6; 12].into_iter().chain([9]).collect(), low: 100, high: 100 };
        let most = [vec![1_000_000; 12], vec![1]].concat();
        let answer = whole_point(&most, &[row], 6, &mut 5_000);
        assert_eq!(
            answer,
            Answer::Impossible { even_in_fractions: false },
            "3 divides every sum, and not 100"
        );
        let row = Row { coefficients: vec![6; 12].into_iter().chain([7]).collect(), low: 99, high: 99 };
        let answer = whole_point(&most, &[row], 6, &mut 5_000);
        assert_eq!(answer, Answer::CutShort);
    }
}
