//! The rows of a matrix whose cells may be any of a run of whole counts: counts that sum as they must, and the least and
//! the most that each cell can be.

use std::ops::RangeInclusive;

use super::claims::TestSet;

/// What is known of the cells of one row.
#[derive(Debug, Clone)]
pub struct Row {
    /// The least and the most of each cell.
    ranges: Vec<(u64, u64)>,
    /// Where the search begins: the count as printed.
    starts: Vec<u64>,
}

/// Counts of all rows.
pub struct Solved {
    pub counts: Vec<Vec<u64>>,
    pub unique: bool,
    pub hits: Vec<(u64, u64)>,
    pub rows_known: bool,
}

impl Row {
    /// Of each cell's counts with the number as printed; `None` where a cell has no count.
    pub fn of(cells: impl Iterator<Item = (RangeInclusive<u64>, f64)>) -> Option<Self> {
        let mut row = Self { ranges: Vec::new(), starts: Vec::new() };
        for (counts, printed) in cells {
            if counts.is_empty() {
                return None;
            }
            row.ranges.push((*counts.start(), *counts.end()));
            row.starts.push((printed.round() as u64).clamp(*counts.start(), *counts.end()));
        }
        Some(row)
    }

    fn sums(&self) -> (u64, u64) {
        self.ranges.iter().fold((0, 0), |sum, range| (sum.0 + range.0, sum.1 + range.1))
    }

    /// The least and the most of a cell where the row sums to one of `least ..= most`.
    fn of_cell(&self, cell: usize, (least, most): (u64, u64)) -> (u64, u64) {
        let ((low, high), own) = (self.sums(), self.ranges[cell]);
        (own.0.max(least.saturating_sub(high - own.1)), own.1.min(most.saturating_sub(low - own.0)))
    }

    /// Counts that sum to `total`, near the printed ones.
    fn counts(&self, total: u64) -> Vec<u64> {
        let mut counts = self.starts.clone();
        let mut sum: u64 = counts.iter().sum();
        for (count, range) in counts.iter_mut().zip(&self.ranges) {
            let near = if sum < total {
                (*count + (total - sum)).min(range.1)
            } else {
                count.saturating_sub(sum - total).max(range.0)
            };
            sum = sum - *count + near;
            *count = near;
        }
        counts
    }
}

/// Counts of every row over `runs`, or the row for which there are none. Without the clips of the classes each row is a
/// whole number of clips in every run, and all rows together are n.
pub fn solve(rows: &[Row], runs: u64, set: &TestSet) -> Result<Solved, String> {
    let mut clips: Vec<(u64, u64)> = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        let (low, high) = row.sums();
        let said = set.support.as_ref().map(|support| support[place]);
        let (least, most) = said.map_or((low.div_ceil(runs), high / runs), |clips| (clips, clips));
        if least > most || least * runs > high || most * runs < low {
            let what = said.map_or("a whole number of clips".into(), |clips| format!("{clips} clips"));
            return Err(format!(
                "row {} cannot sum to {what} a run (it sums to {low}…{high} over {runs})",
                place + 1
            ));
        }
        clips.push((least, most));
    }
    let mut chosen: Vec<u64> = rows
        .iter()
        .zip(&clips)
        .map(|(row, &(least, most))| {
            ((row.starts.iter().sum::<u64>() as f64 / runs as f64).round() as u64).clamp(least, most)
        })
        .collect();
    if let Some(n) = set.n.filter(|_| set.support.is_none()) {
        let (least, most): (u64, u64) = clips.iter().fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
        if !(least..=most).contains(&n) {
            return Err(format!("the rows sum to {least}…{most} clips a run, the set has {n}"));
        }
        for own in &mut clips {
            *own = (own.0.max(n.saturating_sub(most - own.1)), own.1.min(n - (least - own.0)));
        }
        let mut sum: u64 = chosen.iter().sum();
        for (chosen, &(least, most)) in chosen.iter_mut().zip(&clips) {
            let near = (*chosen + n.saturating_sub(sum)).saturating_sub(sum.saturating_sub(n));
            let near = near.clamp(least, most);
            sum = sum - *chosen + near;
            *chosen = near;
        }
    }
    let over_runs = |place: usize| (clips[place].0 * runs, clips[place].1 * runs);
    let rows_known = clips.iter().all(|(least, most)| least == most);
    let single = |place: usize| {
        (0..rows[place].ranges.len()).all(|cell| {
            let (least, most) = rows[place].of_cell(cell, over_runs(place));
            least == most
        })
    };
    Ok(Solved {
        counts: rows.iter().zip(&chosen).map(|(row, clips)| row.counts(clips * runs)).collect(),
        unique: rows_known && (0..rows.len()).all(single),
        hits: (0..rows.len()).map(|place| rows[place].of_cell(place, over_runs(place))).collect(),
        rows_known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_ends_are_those_of_every_choice(
            cells in prop::collection::vec((0u64..4, 0u64..4), 3),
            clips in 0u64..6,
            runs in 1u64..3,
        ) {
            let row = Row::of(cells.iter().map(|&(low, width)| (low..=low + width, low as f64))).unwrap();
            let mut all: Vec<[u64; 3]> = Vec::new();
            let range = |cell: usize| cells[cell].0..=cells[cell].0 + cells[cell].1;
            for a in range(0) {
                for b in range(1) {
                    for c in range(2) {
                        if a + b + c == clips * runs {
                            all.push([a, b, c]);
                        }
                    }
                }
            }
            let set = TestSet { support: Some(vec![clips]), ..TestSet::default() };
            match solve(&[row], runs, &set) {
                Err(_) => prop_assert!(all.is_empty()),
                Ok(solved) => {
                    prop_assert!(all.iter().any(|choice| solved.counts[0] == choice));
                    prop_assert_eq!(solved.unique, all.len() == 1);
                    let hits = all.iter().map(|choice| choice[0]);
                    prop_assert_eq!(solved.hits[0], (hits.clone().min().unwrap(), hits.max().unwrap()));
                }
            }
        }
    }
}
