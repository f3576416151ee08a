//! The two loops that SMO spends its time in, compiled once for each vector unit.
//!
//! Every lane keeps its own best, the lanes are compared at the end, and ties go to the lowest place, so that
//! the answer does not depend on the width of the vector unit.

use pulp::NullaryFnOnce;

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
        let mut highest = [f64::NEG_INFINITY; LANES];
        let mut lowest = [f64::INFINITY; LANES];
        let mut at = [0u64; LANES];
        let (slack, slack_rest) = self.slack.as_chunks_mut::<LANES>();
        let (rise, rise_rest) = self.may_rise.as_chunks::<LANES>();
        let (fall, fall_rest) = self.may_fall.as_chunks::<LANES>();
        let (left, left_rest) = self.left.as_chunks::<LANES>();
        let (right, right_rest) = self.right.as_chunks::<LANES>();
        let chunks = slack.len();
        let all = slack.iter_mut().zip(rise).zip(fall).zip(left).zip(right).enumerate();
        for (chunk, ((((slack, rise), fall), left), right)) in all {
            for lane in 0..LANES {
                let now = slack[lane] - self.step * (f64::from(left[lane]) - f64::from(right[lane]));
                slack[lane] = now;
                let (up, down) = (now + f64::from(rise[lane]), now + f64::from(fall[lane]));
                let better = up > highest[lane];
                highest[lane] = if better { up } else { highest[lane] };
                at[lane] = if better { chunk as u64 } else { at[lane] };
                lowest[lane] = if down < lowest[lane] { down } else { lowest[lane] };
            }
        }
        let mut found = Extremes { top: usize::MAX, highest: f64::NEG_INFINITY, lowest: f64::INFINITY };
        for lane in 0..LANES {
            found.take(at[lane] as usize * LANES + lane, highest[lane], lowest[lane]);
        }
        let all = slack_rest.iter_mut().zip(rise_rest).zip(fall_rest).zip(left_rest).zip(right_rest);
        for (place, ((((slack, rise), fall), left), right)) in all.enumerate() {
            *slack -= self.step * (f64::from(*left) - f64::from(*right));
            found.take(chunks * LANES + place, *slack + f64::from(*rise), *slack + f64::from(*fall));
        }
        found
    }
}

impl Extremes {
    fn take(&mut self, place: usize, up: f64, down: f64) {
        if up > self.highest || (up == self.highest && place < self.top) {
            (self.highest, self.top) = (up, place);
        }
        self.lowest = if down < self.lowest { down } else { self.lowest };
    }
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

impl Partner<'_> {
    #[inline(always)]
    fn gain(&self, slack: f64, fall: f32, kernel: f32, diagonal: f32) -> f32 {
        let gap = (self.highest - (slack + f64::from(fall))) as f32;
        let gap = if gap > 0.0 { gap } else { 0.0 };
        let curvature = self.diagonal_of_top + diagonal - 2.0 * kernel;
        let curvature = if curvature > LEAST_CURVATURE as f32 { curvature } else { LEAST_CURVATURE as f32 };
        gap * gap / curvature
    }
}

impl NullaryFnOnce for Partner<'_> {
    /// `None` where nothing may fall below the top.
    type Output = Option<usize>;

    #[inline(always)]
    fn call(self) -> Option<usize> {
        const WIDE: usize = 16;
        let mut best = [0f32; WIDE];
        let mut at = [u32::MAX; WIDE];
        let (slack, slack_rest) = self.slack.as_chunks::<WIDE>();
        let (fall, fall_rest) = self.may_fall.as_chunks::<WIDE>();
        let (row, row_rest) = self.row.as_chunks::<WIDE>();
        let (diagonal, diagonal_rest) = self.diagonal.as_chunks::<WIDE>();
        let all = slack.iter().zip(fall).zip(row).zip(diagonal).enumerate();
        for (chunk, (((slack, fall), row), diagonal)) in all {
            for lane in 0..WIDE {
                let gain = self.gain(slack[lane], fall[lane], row[lane], diagonal[lane]);
                let better = gain > best[lane];
                best[lane] = if better { gain } else { best[lane] };
                at[lane] = if better { chunk as u32 } else { at[lane] };
            }
        }
        let (mut found, mut largest) = (usize::MAX, 0f32);
        for lane in 0..WIDE {
            let place = at[lane] as usize * WIDE + lane;
            if best[lane] > largest || (best[lane] == largest && best[lane] > 0.0 && place < found) {
                (found, largest) = (place, best[lane]);
            }
        }
        let rest = slack_rest.iter().zip(fall_rest).zip(row_rest).zip(diagonal_rest);
        for (place, (((slack, fall), row), diagonal)) in rest.enumerate() {
            let gain = self.gain(*slack, *fall, *row, *diagonal);
            if gain > largest {
                (found, largest) = (self.slack.len() - slack_rest.len() + place, gain);
            }
        }
        (largest > 0.0).then_some(found)
    }
}
