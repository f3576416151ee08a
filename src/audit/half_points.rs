//! Points of a box in two halves: the sums of each half are listed, or a sample of them, and matched. See
//! `whole_point.rs`.

use std::ops::Range;

use super::region::{Region, Row, narrowed};
use crate::random::Draws;

/// More rows than any claim gives.
pub const MOST_ROWS: usize = 4;

/// Values of one half as one number, with its part of each row.
#[derive(Debug, Clone, Copy)]
pub struct Half {
    sums: [i128; MOST_ROWS],
    code: u128,
}

/// The rows, and how many variables belong to the first half.
pub struct Halves<'a> {
    pub rows: &'a [Row],
    pub half: usize,
}

impl Halves<'_> {
    /// Every choice of some variables that the rest could still complete; `None` where there are too many.
    pub fn list(&self, inside: &Region, over: Range<usize>, most: usize) -> Option<Vec<Half>> {
        codes(inside, &over)?;
        let rest: Vec<(i128, i128)> = self
            .rows
            .iter()
            .map(|row| {
                let (before, after) =
                    (inside.span(row, 0..over.start), inside.span(row, over.end..inside.low.len()));
                (before.0 + after.0, before.1 + after.1)
            })
            .collect();
        let mut found = Vec::new();
        let mut visits = 2 * most;
        let start = Half { sums: [0; MOST_ROWS], code: 0 };
        self.extend(inside, over, &rest, start, &mut found, &mut visits).then_some(found)
    }

    fn extend(
        &self,
        inside: &Region,
        over: Range<usize>,
        rest: &[(i128, i128)],
        chosen: Half,
        found: &mut Vec<Half>,
        visits: &mut usize,
    ) -> bool {
        if *visits == 0 {
            return false;
        }
        *visits -= 1;
        if over.is_empty() {
            found.push(chosen);
            return true;
        }
        // What the rows leave for this variable, whatever the later ones are.
        let (place, later) = (over.start, over.start + 1..over.end);
        let mut room = (i128::from(inside.low[place]), i128::from(inside.high[place]));
        for (index, row) in self.rows.iter().enumerate() {
            let open = inside.span(row, later.clone());
            let (least, most) = (open.0 + rest[index].0, open.1 + rest[index].1);
            room =
                narrowed(room, row.coefficients[place], row.low - most, row.high - least, chosen.sums[index]);
        }
        (room.0..=room.1).all(|value| {
            let next = self.with(chosen, inside, place, value as u64);
            self.extend(inside, later.clone(), rest, next, found, visits)
        })
    }

    fn with(&self, mut half: Half, inside: &Region, variable: usize, value: u64) -> Half {
        for (sum, row) in half.sums.iter_mut().zip(self.rows) {
            *sum += row.coefficients[variable] * i128::from(value);
        }
        half.code = half.code * u128::from(inside.high[variable] + 1) + u128::from(value);
        half
    }

    /// Random choices of some variables that fit the rows that are about them alone.
    pub fn sample(
        &self,
        inside: &Region,
        over: Range<usize>,
        near: Option<&[f64]>,
        count: usize,
        draws: &mut Draws,
    ) -> Vec<Half> {
        let mut found = Vec::new();
        let nothing = Half { sums: [0; MOST_ROWS], code: 0 };
        if over.is_empty() {
            return vec![nothing];
        }
        if codes(inside, &over).is_none() {
            return found;
        }
        let own: Vec<usize> = (0..self.rows.len())
            .filter(|&index| {
                let outside = (0..inside.low.len()).filter(|variable| !over.contains(variable));
                outside.into_iter().all(|variable| self.rows[index].coefficients[variable] == 0)
            })
            .collect();
        for _ in 0..count {
            let spread = 1 << draws.below(6);
            let close = near.filter(|_| draws.below(4) > 0);
            let mut half = nothing;
            let last = over.end - 1;
            for variable in over.start..last {
                let (low, high) = (inside.low[variable], inside.high[variable]);
                let value = match close {
                    Some(point) => {
                        let by = draws.below(2 * spread + 1) as f64 - spread as f64;
                        (point[variable] + by).round().clamp(low as f64, high as f64) as u64
                    }
                    None => low + draws.below((high - low + 1) as usize) as u64,
                };
                half = self.with(half, inside, variable, value);
            }
            // The last one is what the rows leave.
            let mut room = (i128::from(inside.low[last]), i128::from(inside.high[last]));
            for &index in &own {
                let row = &self.rows[index];
                room = narrowed(room, row.coefficients[last], row.low, row.high, half.sums[index]);
            }
            if room.0 <= room.1 {
                let value = room.0 + draws.below((room.1 - room.0 + 1) as usize) as i128;
                found.push(self.with(half, inside, last, value as u64));
            }
        }
        found
    }

    /// Two halves that together fit every row.
    pub fn matched(
        &self,
        inside: &Region,
        first: &[Half],
        mut second: Vec<Half>,
        steps: &mut u64,
    ) -> Option<Vec<u64>> {
        // By the row whose range is the smallest part of what the second half can give, of those about both halves.
        let narrowness = |index: &usize| {
            let row = &self.rows[*index];
            let (least, most) = inside.span(row, self.half..inside.low.len());
            (row.high - row.low + 1) as f64 / (most - least).max(1) as f64
        };
        let of_first = |index: &usize| {
            self.rows[*index].coefficients[..self.half].iter().any(|&coefficient| coefficient != 0)
        };
        let about_both = (0..self.rows.len()).filter(of_first);
        let narrowest = about_both.min_by(|a, b| narrowness(a).total_cmp(&narrowness(b)));
        let by = narrowest.unwrap_or(0);
        if self.rows.is_empty() {
            return None;
        }
        second.sort_by_key(|half| half.sums[by]);
        for one in first {
            let (low, high) = (self.rows[by].low - one.sums[by], self.rows[by].high - one.sums[by]);
            let start = second.partition_point(|half| half.sums[by] < low);
            for other in second[start..].iter().take_while(|half| half.sums[by] <= high) {
                *steps = steps.checked_sub(1)?;
                let fits = self.rows.iter().enumerate().all(|(index, row)| {
                    let sum = one.sums[index] + other.sums[index];
                    sum >= row.low && sum <= row.high
                });
                if fits {
                    let mut point = decoded(inside, 0..self.half, one.code);
                    point.extend(decoded(inside, self.half..inside.low.len(), other.code));
                    return Some(point);
                }
            }
        }
        None
    }
}

/// How many choices some variables have, where that is a number of 128 bits.
fn codes(inside: &Region, over: &Range<usize>) -> Option<u128> {
    over.clone().try_fold(1u128, |codes, variable| codes.checked_mul(u128::from(inside.high[variable]) + 1))
}

fn decoded(inside: &Region, over: Range<usize>, mut code: u128) -> Vec<u64> {
    let mut values: Vec<u64> = over
        .rev()
        .map(|variable| {
            let base = u128::from(inside.high[variable] + 1);
            let value = (code % base) as u64;
            code /= base;
            value
        })
        .collect();
    values.reverse();
    values
}
