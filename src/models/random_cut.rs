//! Extremely randomized cuts: one random value a column, between the node's lowest and highest.
//!
//! P. Geurts, D. Ernst and L. Wehenkel, "Extremely randomized trees", Machine Learning 63 (2006). Nothing is
//! sorted: one pass finds the ends of every lane, a second counts the classes on the left.

use super::lane_split::KeyLayout;
use super::node_cut::{Candidates, Cut, Found, Ground, Threshold};
use crate::random::Draws;

/// Offers one random cut of each candidate column that varies.
pub fn cut_at_random<const LANES: usize>(
    ground: &Ground<'_>,
    candidates: Candidates<'_, LANES>,
    draws: &mut Draws,
    found: &mut Found,
) {
    let Candidates { columns, keys, rows, counts, weights } = candidates;
    let keys = &keys[..rows];
    let (lowest, highest) = ground.arch.dispatch(Ends(keys));
    let mut thresholds = [0.0; LANES];
    let mut highest_left = [0u32; LANES];
    for (lane, column) in columns.iter().enumerate() {
        let ends = [lowest[lane], highest[lane]].map(|key| (key >> 16) as u16);
        if ends[0] < ends[1] {
            found.varied = true;
            let (threshold, rank) = ground.table.between(*column as usize, ends[0], ends[1], draws.unit());
            (thresholds[lane], highest_left[lane]) = (threshold, u32::from(rank));
        }
    }
    let mut left = vec![[0.0f32; LANES]; counts.len()];
    let rows_left =
        ground.arch.dispatch(CountLeft { keys, layout: ground.layout, highest_left, left: &mut left });
    for (lane, column) in columns.iter().enumerate() {
        let rows_left = rows_left[lane] as usize;
        let smallest = rows_left.min(keys.len() - rows_left);
        if lowest[lane] >> 16 == highest[lane] >> 16 || smallest < ground.rules.min_samples_leaf {
            continue;
        }
        let weigh = |(count, weight): (f32, &f32)| f64::from(count) * f64::from(*weight);
        let on_left = left.iter().map(|left| left[lane]).zip(weights).map(weigh);
        let on_right =
            left.iter().zip(counts).map(|(left, count)| count - left[lane]).zip(weights).map(weigh);
        let criterion = ground.rules.criterion;
        found.offer(Cut {
            score: -criterion.weighted(on_left) - criterion.weighted(on_right),
            column: *column as usize,
            highest_left: highest_left[lane] as u16,
            threshold: Threshold::At(thresholds[lane]),
        });
    }
}

struct Ends<'a, const LANES: usize>(&'a [[u32; LANES]]);

impl<const LANES: usize> pulp::NullaryFnOnce for Ends<'_, LANES> {
    type Output = ([u32; LANES], [u32; LANES]);

    #[inline(always)]
    fn call(self) -> Self::Output {
        let (mut lowest, mut highest) = ([u32::MAX; LANES], [0; LANES]);
        for keys in self.0 {
            for lane in 0..LANES {
                lowest[lane] = lowest[lane].min(keys[lane]);
                highest[lane] = highest[lane].max(keys[lane]);
            }
        }
        (lowest, highest)
    }
}

struct CountLeft<'a, const LANES: usize> {
    keys: &'a [[u32; LANES]],
    layout: KeyLayout,
    highest_left: [u32; LANES],
    left: &'a mut [[f32; LANES]],
}

impl<const LANES: usize> pulp::NullaryFnOnce for CountLeft<'_, LANES> {
    /// How many rows go left in each lane.
    type Output = [u32; LANES];

    #[inline(always)]
    fn call(self) -> Self::Output {
        let mut rows_left = [0; LANES];
        for keys in self.keys {
            // The lanes of a row are not sorted: they share its class and count.
            let count = self.layout.count(keys[0]) as f32;
            let left = &mut self.left[self.layout.class(keys[0]) as usize];
            for lane in 0..LANES {
                let goes_left = keys[lane] >> 16 <= self.highest_left[lane];
                left[lane] += if goes_left { count } else { 0.0 };
                rows_left[lane] += u32::from(goes_left);
            }
        }
        rows_left
    }
}
