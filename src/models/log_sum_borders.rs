//! CatBoost's `GreedyLogSum` borders of one column.
//!
//! Begin with one bin of all values; again and again cut the bin whose cut gains most log n_l + log n_r − log n,
//! at whichever end of the run of its median value gains more, until there are enough borders or no bin can be
//! cut. A border lies halfway between its neighbours. (library/cpp/grid_creator of CatBoost, by description.)

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::column_bins::between;

/// At most `most` borders of `ascending` values, ascending.
pub fn log_sum_borders(ascending: &[f64], most: usize) -> Vec<f64> {
    let mut bins = BinaryHeap::new();
    bins.extend(Bin::new(ascending, 0, ascending.len()));
    let mut cuts = Vec::new();
    while cuts.len() < most
        && let Some(bin) = bins.pop()
    {
        cuts.push(bin.cut);
        bins.extend(Bin::new(ascending, bin.start, bin.cut));
        bins.extend(Bin::new(ascending, bin.cut, bin.end));
    }
    cuts.sort_unstable();
    cuts.into_iter().map(|cut| between(ascending[cut - 1], ascending[cut])).collect()
}

/// A run of values that can be cut.
struct Bin {
    start: usize,
    end: usize,
    cut: usize,
    gain: f64,
}

impl Bin {
    /// `None` where all values are equal.
    fn new(ascending: &[f64], start: usize, end: usize) -> Option<Self> {
        let values = ascending.get(start..end)?;
        let median = *values.get(values.len() / 2)?;
        let first = values.partition_point(|value| *value < median);
        let after = values.partition_point(|value| *value <= median);
        let gain = |cut: usize| match values.len() - cut {
            rest if cut == 0 || rest == 0 => f64::NEG_INFINITY,
            rest => log(cut) + log(rest) - log(values.len()),
        };
        let cut = if gain(first) >= gain(after) { first } else { after };
        (gain(cut) > f64::NEG_INFINITY).then(|| Self { start, end, cut: start + cut, gain: gain(cut) })
    }
}

fn log(count: usize) -> f64 {
    (count as f64 + 1e-8).ln()
}

// Of equal gains the lowest values are cut first.
impl Ord for Bin {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain.total_cmp(&other.gain).then(other.start.cmp(&self.start))
    }
}

impl PartialOrd for Bin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Bin {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Bin {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_halved_and_equal_values_stay_together() {
        let even: Vec<f64> = (0..16).map(f64::from).collect();
        assert_eq!(log_sum_borders(&even, 3), [3.5, 7.5, 11.5]);
        assert_eq!(log_sum_borders(&[1.0, 1.0, 1.0, 1.0, 2.0, 3.0], 9), [1.5, 2.5]);
        assert_eq!(log_sum_borders(&[4.0; 5], 9), Vec::<f64>::new());
        assert_eq!(log_sum_borders(&[], 9), Vec::<f64>::new());
    }
}
