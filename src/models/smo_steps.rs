//! The two loops that SMO spends its time in, compiled once for each vector unit.
//!
//! Each looks for a largest value block by block and only at the end for the place in the block that has it: to carry
//! places along in every lane takes three to four times as long with AVX2. Ties go to the lowest place, so that the
//! answer does not depend on the width of the vector unit.

use std::array::from_fn;

use pulp::NullaryFnOnce;

const BLOCK: usize = 64;
const LANES: usize = 8;

/// Where the two ends of the violated conditions stand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremes {
    /// The place of the largest slack among those that may rise.
    pub top: usize,
    pub highest: f64,
    /// The smallest slack among those that may fall.
    pub lowest: f64,
}

/// slack[t] −= step · (left[t] − right[t]), then the extremes.
///
/// `may_rise` holds 0 for those that may rise and −∞ for the rest, `may_fall` 0 or +∞.
pub struct Update<'a> {
    pub slack: &'a mut [f64],
    pub may_rise: &'a [f32],
    pub may_fall: &'a [f32],
    pub step: f64,
    pub left: &'a [f32],
    pub right: &'a [f32],
}

impl NullaryFnOnce for Update<'_> {
    type Output = Extremes;

    #[inline(always)]
    fn call(self) -> Extremes {
        let step = self.step;
        let (slack, slack_rest) = self.slack.as_chunks_mut::<BLOCK>();
        let (rise, rise_rest) = self.may_rise.as_chunks::<BLOCK>();
        let (fall, fall_rest) = self.may_fall.as_chunks::<BLOCK>();
        let (left, left_rest) = self.left.as_chunks::<BLOCK>();
        let (right, right_rest) = self.right.as_chunks::<BLOCK>();
        let mut found = Extremes { top: usize::MAX, highest: f64::NEG_INFINITY, lowest: f64::INFINITY };
        let mut lowest = [f64::INFINITY; LANES];
        let mut best = None;
        let blocks = slack.iter_mut().zip(rise).zip(fall).zip(left).zip(right);
        for (block, ((((slack, rise), fall), left), right)) in blocks.enumerate() {
            let mut highest = [f64::NEG_INFINITY; LANES];
            for start in (0..BLOCK).step_by(LANES) {
                // All is read before anything is written: the compiler cannot know that the slices lie apart.
                let now: [f64; LANES] = from_fn(|lane| {
                    let at = start + lane;
                    slack[at] - step * (f64::from(left[at]) - f64::from(right[at]))
                });
                let up: [f64; LANES] = from_fn(|lane| now[lane] + f64::from(rise[start + lane]));
                let down: [f64; LANES] = from_fn(|lane| now[lane] + f64::from(fall[start + lane]));
                slack[start..start + LANES].copy_from_slice(&now);
                for lane in 0..LANES {
                    highest[lane] = larger(up[lane], highest[lane]);
                    lowest[lane] = smaller(down[lane], lowest[lane]);
                }
            }
            let highest = highest.into_iter().fold(f64::NEG_INFINITY, |most, next| larger(next, most));
            if highest > found.highest {
                (found.highest, best) = (highest, Some(block));
            }
        }
        found.lowest = lowest.into_iter().fold(found.lowest, |least, next| smaller(next, least));
        if let Some(block) = best {
            let mut ups = slack[block].iter().zip(&rise[block]).map(|(slack, rise)| slack + f64::from(*rise));
            found.top = block * BLOCK + ups.position(|up| up == found.highest).unwrap_or(0);
        }
        let whole = slack.len() * BLOCK;
        let rest = slack_rest.iter_mut().zip(rise_rest).zip(fall_rest).zip(left_rest).zip(right_rest);
        for (place, ((((slack, rise), fall), left), right)) in rest.enumerate() {
            *slack -= step * (f64::from(*left) - f64::from(*right));
            let up = *slack + f64::from(*rise);
            if up > found.highest {
                (found.highest, found.top) = (up, whole + place);
            }
            found.lowest = smaller(*slack + f64::from(*fall), found.lowest);
        }
        found
    }
}

/// As one vector instruction does it, unlike `f64::max`: `so_far` where `next` is not a number.
#[inline(always)]
fn larger<F: PartialOrd>(next: F, so_far: F) -> F {
    if next > so_far { next } else { so_far }
}

#[inline(always)]
fn smaller<F: PartialOrd>(next: F, so_far: F) -> F {
    if next < so_far { next } else { so_far }
}

/// The partner of the row at the top with the largest second-order gain (highest − slack[t])² / a[t], where
/// a[t] = K(top, top) + K(t, t) − 2 K(top, t), among those that may fall.
pub struct Partner<'a> {
    pub slack: &'a [f64],
    pub may_fall: &'a [f32],
    pub highest: f64,
    pub row: &'a [f32],
    pub diagonal: &'a [f32],
    pub diagonal_of_top: f32,
}

/// libsvm's TAU: what a curvature that is not positive counts as.
pub const LEAST_CURVATURE: f64 = 1e-12;

impl NullaryFnOnce for Partner<'_> {
    /// `None` where nothing may fall below the top.
    type Output = Option<usize>;

    #[inline(always)]
    fn call(self) -> Option<usize> {
        let (highest, diagonal_of_top) = (self.highest, self.diagonal_of_top);
        let gain = |slack: f64, fall: f32, kernel: f32, diagonal: f32| {
            let gap = larger((highest - (slack + f64::from(fall))) as f32, 0.0);
            let curvature = larger(diagonal_of_top + diagonal - 2.0 * kernel, LEAST_CURVATURE as f32);
            gap * gap / curvature
        };
        let (slack, slack_rest) = self.slack.as_chunks::<BLOCK>();
        let (fall, fall_rest) = self.may_fall.as_chunks::<BLOCK>();
        let (row, row_rest) = self.row.as_chunks::<BLOCK>();
        let (diagonal, diagonal_rest) = self.diagonal.as_chunks::<BLOCK>();
        let (mut largest, mut best) = (0f32, None);
        let blocks = slack.iter().zip(fall).zip(row).zip(diagonal);
        for (block, (((slack, fall), row), diagonal)) in blocks.enumerate() {
            let mut of_lanes = [0f32; LANES];
            for start in (0..BLOCK).step_by(LANES) {
                for (lane, most) in of_lanes.iter_mut().enumerate() {
                    let at = start + lane;
                    *most = larger(gain(slack[at], fall[at], row[at], diagonal[at]), *most);
                }
            }
            let of_block = of_lanes.into_iter().fold(0.0, |most, next| larger(next, most));
            if of_block > largest {
                (largest, best) = (of_block, Some(block));
            }
        }
        let mut found = best.map(|block| {
            let (slack, fall, row, diagonal) = (slack[block], fall[block], row[block], diagonal[block]);
            let has_it = |at: &usize| gain(slack[*at], fall[*at], row[*at], diagonal[*at]) == largest;
            block * BLOCK + (0..BLOCK).find(has_it).unwrap_or(0)
        });
        let whole = slack.len() * BLOCK;
        let rest = slack_rest.iter().zip(fall_rest).zip(row_rest).zip(diagonal_rest);
        for (place, (((slack, fall), row), diagonal)) in rest.enumerate() {
            let gain = gain(*slack, *fall, *row, *diagonal);
            if gain > largest {
                (largest, found) = (gain, Some(whole + place));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::kernel::vector_unit;
    use crate::random::Draws;

    /// The lowest place of the largest value, if one is above `least`.
    fn first_largest<F: PartialOrd + Copy>(values: &[F], least: F) -> Option<usize> {
        let mut found = None;
        for (place, value) in values.iter().enumerate() {
            if *value > found.map_or(least, |found: usize| values[found]) {
                found = Some(place);
            }
        }
        found
    }

    #[test]
    fn blocks_and_rest_find_what_a_plain_loop_finds_and_ties_go_to_the_lowest_place() {
        let mut draws = Draws::new(3, "smo");
        for rows in [0, 1, 2, 7, 63, 64, 65, 127, 128, 200, 1000] {
            for values in [2, 3, 1000] {
                let mut slack: Vec<f64> = (0..rows).map(|_| draws.below(values) as f64).collect();
                let bound = |draws: &mut Draws, value: f32| if draws.below(3) == 0 { value } else { 0.0 };
                let may_rise: Vec<f32> = (0..rows).map(|_| bound(&mut draws, f32::NEG_INFINITY)).collect();
                let may_fall: Vec<f32> = (0..rows).map(|_| bound(&mut draws, f32::INFINITY)).collect();
                let left: Vec<f32> = (0..rows).map(|_| draws.below(4) as f32 / 4.0).collect();
                let right: Vec<f32> = (0..rows).map(|_| draws.below(4) as f32 / 4.0).collect();
                let diagonal = vec![1f32; rows];

                let moved: Vec<f64> = (0..rows)
                    .map(|row| slack[row] - 0.5 * (f64::from(left[row]) - f64::from(right[row])))
                    .collect();
                let ups: Vec<f64> = (0..rows).map(|row| moved[row] + f64::from(may_rise[row])).collect();
                let downs = (0..rows).map(|row| moved[row] + f64::from(may_fall[row]));
                let update = Update {
                    slack: &mut slack,
                    may_rise: &may_rise,
                    may_fall: &may_fall,
                    step: 0.5,
                    left: &left,
                    right: &right,
                };
                let found = vector_unit().dispatch(update);
                assert_eq!(slack, moved);
                assert_eq!(found.lowest, downs.fold(f64::INFINITY, f64::min));
                assert_eq!(
                    (found.top, found.highest),
                    first_largest(&ups, f64::NEG_INFINITY)
                        .map_or((usize::MAX, f64::NEG_INFINITY), |top| (top, ups[top])),
                    "{rows}"
                );

                let gains: Vec<f32> = (0..rows)
                    .map(|row| {
                        let gap = (found.highest - (slack[row] + f64::from(may_fall[row]))) as f32;
                        gap.max(0.0).powi(2) / (2.0 - 2.0 * left[row])
                    })
                    .collect();
                let partner = Partner {
                    slack: &slack,
                    may_fall: &may_fall,
                    highest: found.highest,
                    row: &left,
                    diagonal: &diagonal,
                    diagonal_of_top: 1.0,
                };
                assert_eq!(vector_unit().dispatch(partner), first_largest(&gains, 0.0), "{rows}");
            }
        }
    }
}
