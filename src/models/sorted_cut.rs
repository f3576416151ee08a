//! The best split of a node column by column, for what the lanes of `lane_split` are not made for: entropy, and
//! nodes of very many classes. Sums in f64, moved along with each row.

use super::lane_sort::{on_lanes, sort_lanes};
use super::node_cut::{Candidates, Cut, Found, Ground, Threshold};
use super::tree_rules::Criterion;

/// Offers the best cut of each candidate column, ties going to the first.
pub fn cut_sorted<const LANES: usize>(
    ground: &Ground<'_>,
    candidates: Candidates<'_, LANES>,
    found: &mut Found,
) {
    let Candidates { columns, keys, rows, counts, weights } = candidates;
    on_lanes::<LANES, _>(ground.arch, Sort(keys));
    let smallest_side = ground.rules.min_samples_leaf;
    let whole: Vec<f64> =
        counts.iter().zip(weights).map(|(count, weight)| f64::from(count * weight)).collect();
    for (lane, column) in columns.iter().enumerate() {
        found.varied |= keys[0][lane] >> 16 != keys[rows - 1][lane] >> 16;
        let mut sides = Sides::new(ground.rules.criterion, &whole);
        let (mut best, mut after) = (f64::NEG_INFINITY, 0);
        for row in 0..rows.saturating_sub(smallest_side) {
            let (here, next) = (keys[row][lane], keys[row + 1][lane]);
            let class = ground.layout.class(here) as usize;
            sides.move_left(class, f64::from(ground.layout.count(here)) * f64::from(weights[class]));
            if here >> 16 != next >> 16 && row + 1 >= smallest_side && sides.score() > best {
                (best, after) = (sides.score(), row);
            }
        }
        if best > f64::NEG_INFINITY {
            let ranks = [after, after + 1].map(|row| (keys[row][lane] >> 16) as u16);
            let threshold = Threshold::Below(ranks[1]);
            found.offer(Cut { score: best, column: *column as usize, highest_left: ranks[0], threshold });
        }
    }
}

struct Sort<'a, const LANES: usize>(&'a mut [[u32; LANES]]);

impl<const LANES: usize> pulp::WithSimd for Sort<'_, LANES> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) {
        sort_lanes(simd, self.0);
    }
}

/// The classes on both sides of a cut. `sums` are Σ aₖ² for Gini and Σ aₖ ln aₖ for entropy.
struct Sides {
    criterion: Criterion,
    classes: [Vec<f64>; 2],
    weights: [f64; 2],
    sums: [f64; 2],
}

impl Sides {
    fn new(criterion: Criterion, whole: &[f64]) -> Self {
        Self {
            criterion,
            weights: [0.0, whole.iter().sum()],
            sums: [0.0, whole.iter().map(|weight| term(criterion, *weight)).sum()],
            classes: [vec![0.0; whole.len()], whole.to_vec()],
        }
    }

    fn move_left(&mut self, class: usize, weight: f64) {
        for (side, change) in [(0, weight), (1, -weight)] {
            let before = self.classes[side][class];
            let after = (before + change).max(0.0);
            self.classes[side][class] = after;
            self.sums[side] += term(self.criterion, after) - term(self.criterion, before);
            self.weights[side] += change;
        }
    }

    /// The larger, the less impurity is left.
    fn score(&self) -> f64 {
        match self.criterion {
            Criterion::Gini => self.sums[0] / self.weights[0] + self.sums[1] / self.weights[1],
            Criterion::Entropy => {
                self.sums[0] + self.sums[1]
                    - self.weights.map(|weight| term(self.criterion, weight)).iter().sum::<f64>()
            }
        }
    }
}

fn term(criterion: Criterion, weight: f64) -> f64 {
    match criterion {
        Criterion::Gini => weight * weight,
        Criterion::Entropy if weight > 0.0 => weight * weight.ln(),
        Criterion::Entropy => 0.0,
    }
}
