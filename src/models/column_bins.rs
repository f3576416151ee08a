//! Columns cut into at most 256 bins, so that a tree asks a byte and not a number.
//!
//! A column keeps ascending borders; the bin of x is the number of borders below x, so "bin ≤ b" is
//! "x ≤ border b" exactly, for rows seen and unseen. A column without a border (constant) is dropped. The
//! bytes are held by column. How borders are chosen is the caller's: `equal_counts` here, or CatBoost's.

use ndarray::ArrayView2;
use rayon::prelude::*;

/// One more than the borders a column may have.
pub const MOST_BINS: usize = 256;

/// A column that tells rows apart.
pub struct BinnedColumn {
    /// Its place in the table.
    pub column: usize,
    /// Ascending, at most 255.
    pub borders: Vec<f64>,
    /// One a row.
    pub bins: Vec<u8>,
}

impl BinnedColumn {
    pub fn bin_count(&self) -> usize {
        self.borders.len() + 1
    }
}

/// Every column that has a border, in the table's order. `choose` gets the values ascending.
pub fn bin_columns(x: ArrayView2<'_, f64>, choose: impl Fn(&[f64]) -> Vec<f64> + Sync) -> Vec<BinnedColumn> {
    let columns: Vec<Option<BinnedColumn>> = (0..x.ncols())
        .into_par_iter()
        .map(|column| {
            let values = x.column(column).to_vec();
            let mut ascending = values.clone();
            ascending.sort_unstable_by(f64::total_cmp);
            let mut borders = choose(&ascending);
            borders.truncate(MOST_BINS - 1);
            let bins = values.iter().map(|value| bin_of(&borders, *value)).collect();
            (!borders.is_empty()).then_some(BinnedColumn { column, borders, bins })
        })
        .collect();
    columns.into_iter().flatten().collect()
}

/// How many of the ascending `borders` (at most 255) lie below `value`.
pub fn bin_of(borders: &[f64], value: f64) -> u8 {
    borders.partition_point(|border| *border < value) as u8
}

/// Borders that part `ascending` values into at most `most_bins` bins of as equal counts as ties allow; with
/// few distinct values, one bin each.
pub fn equal_counts(ascending: &[f64], most_bins: usize) -> Vec<f64> {
    let starts: Vec<usize> = (1..ascending.len()).filter(|at| ascending[at - 1] < ascending[*at]).collect();
    let border = |at: usize| between(ascending[at - 1], ascending[at]);
    if starts.len() < most_bins {
        return starts.into_iter().map(border).collect();
    }
    let mut borders = Vec::with_capacity(most_bins - 1);
    let mut begin = 0;
    for (place, at) in starts.iter().enumerate() {
        let left = most_bins - borders.len();
        if left == 1 {
            break;
        }
        // Cut before a value whose rows would carry the bin further past its fair share than it is short now.
        let share = (ascending.len() - begin) as f64 / left as f64;
        let next = starts.get(place + 1).copied().unwrap_or(ascending.len());
        if (next - begin) as f64 - share > share - (at - begin) as f64 {
            borders.push(border(*at));
            begin = *at;
        }
    }
    borders
}

/// A number that is at least `low` and below `high`, halfway where numbers allow.
pub fn between(low: f64, high: f64) -> f64 {
    let middle = low * 0.5 + high * 0.5;
    if low <= middle && middle < high { middle } else { low }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn few_values_get_a_bin_each_and_constant_columns_go() {
        let x = array![[3.0, 7.0, 0.0], [1.0, 7.0, -0.0], [2.0, 7.0, 1.0], [1.0, 7.0, 0.0]];
        let columns = bin_columns(x.view(), |values| equal_counts(values, 255));
        assert_eq!(columns.iter().map(|column| column.column).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(columns[0].borders, [1.5, 2.5]);
        assert_eq!(columns[0].bins, [2, 0, 1, 0]);
        assert_eq!(columns[1].bins, [0, 0, 1, 0]);
    }

    #[test]
    fn many_values_get_bins_of_equal_counts_also_beside_a_heavy_value() {
        let even: Vec<f64> = (0..1000).map(f64::from).collect();
        let borders = equal_counts(&even, 10);
        assert_eq!(borders, (1..10).map(|cut| f64::from(cut * 100) - 0.5).collect::<Vec<_>>());
        let mut heavy = vec![0.0; 600];
        heavy.extend((1..=400).map(f64::from));
        let borders = equal_counts(&heavy, 5);
        assert_eq!(borders, [0.5, 100.5, 200.5, 300.5]);
    }

    #[test]
    fn borders_part_numbers_of_any_size() {
        for (low, high) in [(-f64::MAX, f64::MAX), (0.0, 5e-324), (1.0, 1.0 + f64::EPSILON), (-5e-324, 0.0)] {
            let border = between(low, high);
            assert!(bin_of(&[border], low) == 0 && bin_of(&[border], high) == 1, "{low} {high}");
        }
    }
}
