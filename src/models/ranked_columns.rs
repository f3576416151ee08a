//! Columns as ranks: what trees learn from.
//!
//! A split of a tree asks only which of two values of a column is larger, so every value is replaced, once a
//! fit, by the number of smaller distinct values in its column: 16 bits in place of 64. Ranks are exact up to
//! 65 536 distinct values a column; beyond that, neighbouring values share a rank, in groups as equal as they
//! can be. Columns that are constant over the training rows are left out, as if they were not there.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::column_bins::between;

const RANKS: usize = 1 << 16;

/// Of so many rows a few columns stay in the second-level cache.
const SHORT: usize = 16_384;

/// Ranks of a column that one cache line holds, about.
const A_LINE: usize = 32;

pub struct RankedColumns {
    /// Rows × columns kept, row by row: best where a node has few rows, all far apart.
    by_row: Vec<u16>,
    /// The same column by column: best where rows lie close together.
    by_column: Vec<u16>,
    /// One a column kept: its index in the table, and the values behind its ranks.
    columns: Vec<Column>,
    rows: usize,
}

struct Column {
    index: usize,
    /// One a rank: the lowest value that has it.
    lowest: Vec<f64>,
    /// One a rank: the highest value that has it; empty where every rank has one value.
    highest: Vec<f64>,
}

impl RankedColumns {
    pub fn new(x: ArrayView2<'_, f64>) -> Self {
        let rows = x.nrows();
        let ranked: Vec<(Column, Vec<u16>)> =
            (0..x.ncols()).into_par_iter().map(|column| rank(x, column)).collect();
        let (columns, ranks): (Vec<_>, Vec<_>) =
            ranked.into_iter().filter(|(column, _)| column.lowest.len() > 1).unzip();
        let mut by_row = vec![0; rows * columns.len()];
        if !columns.is_empty() {
            for (row, kept) in by_row.chunks_exact_mut(columns.len()).enumerate() {
                kept.iter_mut().zip(&ranks).for_each(|(rank, column)| *rank = column[row]);
            }
        }
        Self { by_row, by_column: ranks.concat(), columns, rows }
    }

    /// How many columns were kept.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Where in the table the kept `column` stands.
    pub fn index(&self, column: usize) -> usize {
        self.columns[column].index
    }

    /// The ranks of one row, one a kept column.
    #[inline(always)]
    pub fn row(&self, row: usize) -> &[u16] {
        let columns = self.columns.len();
        &self.by_row[row * columns..][..columns]
    }

    /// The ranks of one kept column, one a row.
    #[inline(always)]
    pub fn column(&self, column: usize) -> &[u16] {
        &self.by_column[column * self.rows..][..self.rows]
    }

    /// Whether a node of so many rows is better read column by column than row by row.
    #[inline(always)]
    pub fn read_by_column(&self, rows: usize) -> bool {
        rows >= 256 && (self.rows <= SHORT || rows * A_LINE >= self.rows)
    }

    /// The middle between the values of two ranks: no less than the lower, below the higher.
    pub fn threshold(&self, column: usize, lower: u16, higher: u16) -> f64 {
        let Column { lowest, highest, .. } = &self.columns[column];
        let below = highest.get(usize::from(lower)).unwrap_or(&lowest[usize::from(lower)]);
        between(*below, lowest[usize::from(higher)])
    }

    /// A value `part` of the way from the value of `lowest` to that of `highest`, and the highest rank that is
    /// not above it; it is never `highest`.
    pub fn between(&self, column: usize, lowest: u16, highest: u16, part: f64) -> (f64, u16) {
        let values = &self.columns[column].lowest[usize::from(lowest)..=usize::from(highest)];
        let (low, high) = (values[0], values[values.len() - 1]);
        let threshold = low * (1.0 - part) + high * part;
        // Rounding may reach either end; a split must leave a row on both sides.
        let threshold = if threshold >= low && threshold < high { threshold } else { low };
        let below = lowest + (values.partition_point(|value| *value <= threshold) - 1) as u16;
        // Values that share a rank go the same way.
        let most = self.columns[column].highest.get(usize::from(below));
        (most.map_or(threshold, |most| threshold.max(*most)), below)
    }
}

fn rank(x: ArrayView2<'_, f64>, column: usize) -> (Column, Vec<u16>) {
    // + 0.0 makes one zero of the two.
    let mut order: Vec<(f64, u32)> = x.column(column).iter().map(|value| value + 0.0).zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let distinct = 1 + order.windows(2).filter(|pair| pair[0].0 != pair[1].0).count();
    let mut ranks = vec![0; order.len()];
    let (mut lowest, mut highest) = (Vec::with_capacity(distinct.min(RANKS)), Vec::new());
    let (mut place, mut before) = (0, f64::NAN);
    for (value, row) in order {
        if value != before && !before.is_nan() {
            place += 1;
        }
        before = value;
        let rank = if distinct <= RANKS { place } else { place * RANKS / distinct };
        if rank == lowest.len() {
            lowest.push(value);
            highest.push(value);
        }
        highest[rank] = value;
        ranks[row as usize] = rank as u16;
    }
    if distinct <= RANKS {
        highest.clear();
        highest.shrink_to_fit();
    }
    (Column { index: column, lowest, highest }, ranks)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn ranks_number_the_distinct_values_and_constant_columns_are_left_out() {
        let x = array![[3.0, 7.0, -0.0], [1.0, 7.0, 0.0], [3.0, 7.0, -1.0]];
        let ranked = RankedColumns::new(x.view());
        assert_eq!((ranked.columns(), ranked.column(0)), (2, &[1, 0, 1][..]));
        assert_eq!([ranked.index(0), ranked.index(1)], [0, 2]);
        assert_eq!([ranked.row(0), ranked.row(1), ranked.row(2)], [[1, 1], [0, 1], [1, 0]]);
        assert_eq!(ranked.threshold(0, 0, 1), 2.0);
    }

    #[test]
    fn a_threshold_lies_below_the_higher_value_even_where_nothing_is_between() {
        let next = 1.0f64.next_up();
        let ranked = RankedColumns::new(array![[1.0], [next]].view());
        assert_eq!(ranked.threshold(0, 0, 1), 1.0);
        for part in [0.0, 0.5, 1.0] {
            assert_eq!(ranked.between(0, 0, 1, part), (1.0, 0));
        }
        let huge = RankedColumns::new(array![[-f64::MAX], [f64::MAX]].view());
        assert_eq!(huge.threshold(0, 0, 1), 0.0);
    }

    #[test]
    fn a_random_threshold_names_the_rank_below_it() {
        let ranked = RankedColumns::new(array![[0.0], [1.0], [2.0], [10.0]].view());
        assert_eq!(ranked.between(0, 0, 3, 0.15), (1.5, 1));
        assert_eq!(ranked.between(0, 1, 3, 0.5), (5.5, 2));
    }

    #[test]
    fn more_distinct_values_than_ranks_share_them_in_order() {
        let rows = 200_000;
        let x = Array2::from_shape_fn((rows, 1), |(row, _)| ((row * 7919) % rows) as f64);
        let ranked = RankedColumns::new(x.view());
        let mut pairs: Vec<(u64, u16)> =
            (0..rows).map(|row| (x[[row, 0]] as u64, ranked.row(row)[0])).collect();
        pairs.sort_unstable();
        assert!(pairs.windows(2).all(|pair| pair[1].1 - pair[0].1 <= 1));
        assert_eq!((pairs[0].1, pairs[rows - 1].1), (0, u16::MAX));
        let threshold = ranked.threshold(0, 9, 10);
        assert_eq!(pairs.iter().filter(|(value, _)| (*value as f64) <= threshold).count(), 31);
    }
}
