//! The k nearest of a set of rows, exactly, under any of five distances; ties go to the lowest row.
//!
//! Euclidean and cosine distances are first estimated for whole blocks by one matrix product in f32,
//! ‖t − q‖² = ‖t‖² − 2 t·q + ‖q‖², on centred and scaled values. The rounding error of that estimate is
//! bounded, every row within the bound of the k-th estimate is a candidate, and candidates are measured
//! again in f64 from the values as given. So the answer is that of the plain loop, at a third of its time.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How far two rows are apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Distance {
    Euclidean,
    Manhattan,
    Chebyshev,
    Minkowski(f64),
    /// 1 − cos of the angle; a row of zeros has cos 0 with every row.
    Cosine,
}

/// One of the rows found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    pub row: usize,
    pub distance: f64,
}

/// The rows to search among.
#[derive(Serialize, Deserialize)]
pub struct NeighbourSearch {
    distance: Distance,
    /// As given, or scaled to length 1 for the cosine.
    rows: Array2<f64>,
    estimate: Option<Estimate>,
}

/// What the matrix product needs.
#[derive(Serialize, Deserialize)]
struct Estimate {
    centre: Array1<f64>,
    scale: f64,
    rows: Array2<f32>,
    /// ‖t‖² of the scaled rows; 0 for the cosine, whose order is that of −t·q alone.
    norms: Vec<f32>,
    longest: f64,
}

const QUERIES_A_BLOCK: usize = 128;

impl NeighbourSearch {
    pub fn new(x: ArrayView2<'_, f64>, distance: Distance) -> Self {
        let mut rows = x.as_standard_layout().into_owned();
        if distance == Distance::Cosine {
            rows.rows_mut().into_iter().for_each(to_unit_length);
        }
        let estimate = match distance {
            Distance::Euclidean => Some(Estimate::new(&rows, true)),
            Distance::Cosine => Some(Estimate::new(&rows, false)),
            _ => None,
        };
        Self { distance, rows, estimate: estimate.flatten() }
    }

    pub fn columns(&self) -> usize {
        self.rows.ncols()
    }

    /// The `count` nearest of every query, nearest first. `count` must not exceed the rows.
    pub fn nearest(&self, queries: ArrayView2<'_, f64>, count: usize) -> Vec<Vec<Neighbour>> {
        let mut queries = queries.as_standard_layout().into_owned();
        if self.distance == Distance::Cosine {
            queries.rows_mut().into_iter().for_each(to_unit_length);
        }
        let starts: Vec<usize> = (0..queries.nrows()).step_by(QUERIES_A_BLOCK).collect();
        let blocks: Vec<Vec<Vec<Neighbour>>> = starts
            .into_par_iter()
            .map(|start| {
                let end = (start + QUERIES_A_BLOCK).min(queries.nrows());
                self.nearest_of_block(queries.slice(s![start..end, ..]), count)
            })
            .collect();
        blocks.into_iter().flatten().collect()
    }

    fn nearest_of_block(&self, queries: ArrayView2<'_, f64>, count: usize) -> Vec<Vec<Neighbour>> {
        let estimated = self.estimate.as_ref().and_then(|estimate| {
            let (estimates, bounds) = estimate.of(queries)?;
            Some((estimates, bounds))
        });
        let everything: Vec<usize> = (0..self.rows.nrows()).collect();
        let mut kept = Vec::with_capacity(count);
        (0..queries.nrows())
            .map(|query| {
                let values = queries.row(query).to_vec();
                match &estimated {
                    None => self.measure(&values, &everything, count),
                    Some((estimates, bounds)) => {
                        let estimates = estimates.row(query);
                        let estimates = estimates.as_slice().unwrap_or(&[]);
                        let limit = kth_smallest(estimates, count, &mut kept) + bounds[query];
                        let candidates: Vec<usize> =
                            (0..estimates.len()).filter(|row| estimates[*row] <= limit).collect();
                        self.measure(&values, &candidates, count)
                    }
                }
            })
            .collect()
    }

    fn measure(&self, query: &[f64], candidates: &[usize], count: usize) -> Vec<Neighbour> {
        let measure = |row: &usize| {
            let values = self.rows.row(*row);
            let values = values.as_slice().unwrap_or(&[]);
            Neighbour { row: *row, distance: self.rank(query, values) }
        };
        let mut found: Vec<Neighbour> = candidates.iter().map(measure).collect();
        let nearer = |a: &Neighbour, b: &Neighbour| a.distance.total_cmp(&b.distance).then(a.row.cmp(&b.row));
        if count < found.len() {
            found.select_nth_unstable_by(count, nearer);
            found.truncate(count);
        }
        found.sort_unstable_by(nearer);
        for neighbour in &mut found {
            neighbour.distance = self.distance_of(neighbour.distance);
        }
        found
    }

    /// A number in the order of the distance, cheaper than the distance.
    fn rank(&self, a: &[f64], b: &[f64]) -> f64 {
        let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
        match self.distance {
            Distance::Euclidean => gaps.map(|gap| gap * gap).sum(),
            Distance::Manhattan => gaps.sum(),
            Distance::Chebyshev => gaps.fold(0.0, f64::max),
            Distance::Minkowski(power) => gaps.map(|gap| gap.powf(power)).sum(),
            Distance::Cosine => {
                let cosine: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                (1.0 - cosine).clamp(0.0, 2.0)
            }
        }
    }

    fn distance_of(&self, rank: f64) -> f64 {
        match self.distance {
            Distance::Euclidean => rank.sqrt(),
            Distance::Minkowski(power) => rank.powf(power.recip()),
            _ => rank,
        }
    }
}

impl Estimate {
    /// `None` where the numbers are too large or too close to be scaled.
    fn new(rows: &Array2<f64>, euclidean: bool) -> Option<Self> {
        let centre = match euclidean {
            true => rows.mean_axis(Axis(0))?,
            false => Array1::zeros(rows.ncols()),
        };
        let largest = (rows - &centre).fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let scale = largest.recip();
        if !(largest.is_finite() && scale.is_normal()) {
            return None;
        }
        let scaled = (rows - &centre) * scale;
        let squares: Vec<f64> = scaled.rows().into_iter().map(|row| row.dot(&row)).collect();
        let longest = squares.iter().fold(0.0, |longest: f64, square| longest.max(*square)).sqrt();
        let norms = squares.iter().map(|square| if euclidean { *square as f32 } else { 0.0 }).collect();
        Some(Self { centre, scale, rows: scaled.mapv(|value| value as f32), norms, longest })
    }

    /// ‖t‖² − 2 t·q for every query and row, and how far above the k-th a row can be and still belong to
    /// the k nearest: twice the largest error. `None` where a query is too far out for f32.
    fn of(&self, queries: ArrayView2<'_, f64>) -> Option<(Array2<f32>, Vec<f32>)> {
        let scaled = (&queries - &self.centre) * self.scale;
        let lengths: Vec<f64> = scaled.rows().into_iter().map(|row| row.dot(&row).sqrt()).collect();
        if lengths.iter().any(|length| *length >= 1e15 || length.is_nan()) {
            return None;
        }
        let mut products = Array2::<f32>::zeros((queries.nrows(), self.rows.nrows()));
        let scaled = scaled.mapv(|value| value as f32);
        general_mat_mul(-2.0, &scaled, &self.rows.t(), 0.0, &mut products);
        for mut row in products.rows_mut() {
            row.iter_mut().zip(&self.norms).for_each(|(product, norm)| *product += norm);
        }
        let columns = queries.ncols() as f64;
        let unit = f64::from(f32::EPSILON);
        let bound = |length: &f64| {
            let product = 2.0 * (columns + 4.0) * unit * length * self.longest;
            let sums = 4.0 * unit * (self.longest * self.longest + 2.0 * length * self.longest);
            (2.0 * (product + sums) + columns * f64::from(f32::MIN_POSITIVE)) as f32
        };
        Some((products, lengths.iter().map(bound).collect()))
    }
}

fn to_unit_length(mut row: ndarray::ArrayViewMut1<'_, f64>) {
    // Scaled first, so that squares neither overflow nor vanish.
    let largest = row.fold(0.0, |largest: f64, value| largest.max(value.abs()));
    if largest > 0.0 {
        row.mapv_inplace(|value| value / largest);
        let length = row.dot(&row).sqrt();
        row.mapv_inplace(|value| value / length);
    }
}

/// The `count`-th smallest of `values`; `kept` is scratch space.
fn kth_smallest(values: &[f32], count: usize, kept: &mut Vec<f32>) -> f32 {
    kept.clear();
    if count > 64 {
        kept.extend_from_slice(values);
        let (_, kth, _) = kept.select_nth_unstable_by(count - 1, f32::total_cmp);
        return *kth;
    }
    let (first, rest) = values.split_at(count);
    kept.extend_from_slice(first);
    kept.sort_unstable_by(f32::total_cmp);
    let mut limit = kept[count - 1];
    for chunk in rest.chunks(16) {
        // Most chunks hold nothing new; one vector comparison settles that.
        if !chunk.iter().fold(false, |any, value| any | (*value < limit)) {
            continue;
        }
        for value in chunk.iter().filter(|value| **value < kept[count - 1]).copied().collect::<Vec<_>>() {
            if value < kept[count - 1] {
                let place = kept.partition_point(|other| *other <= value);
                kept.pop();
                kept.insert(place, value);
            }
        }
        limit = kept[count - 1];
    }
    limit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    fn drawn(rows: usize, columns: usize, label: &str) -> Array2<f64> {
        let mut draws = Draws::new(5, label);
        Array2::from_shape_fn((rows, columns), |_| draws.normal())
    }

    #[test]
    fn the_estimate_changes_nothing_even_far_from_zero_and_with_twins() {
        for (shift, scale, count) in [(0.0, 1.0, 5), (1e6, 1e-3, 5), (0.0, 1e150, 80), (-3.0, 1e-150, 1)] {
            let mut rows = drawn(300, 7, "rows") * scale + shift;
            let twin = rows.row(11).to_owned();
            rows.row_mut(203).assign(&twin);
            let queries = drawn(150, 7, "queries") * scale + shift;
            for distance in [Distance::Euclidean, Distance::Cosine] {
                let search = NeighbourSearch::new(rows.view(), distance);
                let fast = search.nearest(queries.view(), count);
                let plain = NeighbourSearch { estimate: None, ..search }.nearest(queries.view(), count);
                assert_eq!(fast, plain);
            }
        }
    }

    #[test]
    fn among_rows_equally_far_the_lowest_comes_first() {
        let rows = Array2::from_shape_fn((9, 2), |(row, _)| if row % 2 == 0 { 1.0 } else { -1.0 });
        let query = Array2::zeros((1, 2));
        for distance in [Distance::Euclidean, Distance::Manhattan, Distance::Chebyshev, Distance::Cosine] {
            let found = NeighbourSearch::new(rows.view(), distance).nearest(query.view(), 4);
            let order: Vec<usize> = found[0].iter().map(|neighbour| neighbour.row).collect();
            assert_eq!(order, [0, 1, 2, 3], "{distance:?}");
        }
    }

    #[test]
    fn kth_smallest_is_that_of_sorting() {
        let mut draws = Draws::new(1, "values");
        let values: Vec<f32> = (0..500).map(|_| (draws.unit() * 40.0).floor() as f32).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        for count in [1, 2, 15, 64, 65, 500] {
            assert_eq!(kth_smallest(&values, count, &mut Vec::new()), sorted[count - 1]);
        }
    }
}
