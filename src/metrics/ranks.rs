//! Classifiers over several data sets: mean ranks, Friedman's test and Nemenyi's critical difference (J. Demšar,
//! "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006). Of one data set it says nothing,
//! whatever the number of folds, since folds are no independent data sets.

use serde::Serialize;

use super::distributions::{chi_square_above, f_above, studentised_range_quantile};

/// Below this many data sets no ranks are compared.
pub const FEWEST_DATA_SETS: usize = 3;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranks {
    /// Mean rank of each classifier, 1 the best; ties share the mean of their places.
    pub mean_ranks: Vec<f64>,
    pub data_sets: usize,
    /// Friedman's statistic, corrected for ties, and its χ² tail.
    pub chi_square: f64,
    pub p: f64,
    /// Iman and Davenport's less conservative F and its tail.
    pub f: f64,
    pub p_f: f64,
    /// Mean ranks further apart than this differ at 5 % (Nemenyi).
    pub critical_difference: f64,
}

/// `scores[data set][classifier]`; `None` for fewer than three data sets or two classifiers, unequal lengths or NaN.
pub fn friedman(scores: &[Vec<f64>], higher_is_better: bool) -> Option<Ranks> {
    let (n, k) = (scores.len(), scores.first()?.len());
    let whole = scores.iter().all(|row| row.len() == k && row.iter().all(|score| score.is_finite()));
    if n < FEWEST_DATA_SETS || k < 2 || !whole {
        return None;
    }
    let mut sums = vec![0.0; k];
    let mut ties = 0.0;
    for row in scores {
        for (sum, rank) in sums.iter_mut().zip(ranks(row, higher_is_better, &mut ties)) {
            *sum += rank;
        }
    }
    let (sets, classifiers) = (n as f64, k as f64);
    let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
    let untied =
        12.0 / (sets * classifiers * (classifiers + 1.0)) * squares - 3.0 * sets * (classifiers + 1.0);
    let room = 1.0 - ties / (sets * classifiers * (classifiers * classifiers - 1.0));
    let chi_square = if room > 0.0 { untied / room } else { 0.0 };
    let below = sets * (classifiers - 1.0) - chi_square;
    let f = if below > 0.0 { (sets - 1.0) * chi_square / below } else { f64::INFINITY };
    let degrees = classifiers - 1.0;
    Some(Ranks {
        mean_ranks: sums.iter().map(|sum| sum / sets).collect(),
        data_sets: n,
        chi_square,
        p: chi_square_above(chi_square, degrees),
        f,
        p_f: if f.is_finite() { f_above(f, degrees, degrees * (sets - 1.0)) } else { 0.0 },
        critical_difference: studentised_range_quantile(0.05, k) / 2f64.sqrt()
            * (classifiers * (classifiers + 1.0) / (6.0 * sets)).sqrt(),
    })
}

/// Ranks of one data set; Σ(t³ − t) over its tied runs is added to `ties`.
fn ranks(scores: &[f64], higher_is_better: bool, ties: &mut f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = if higher_is_better { (b, a) } else { (a, b) };
        scores[a].total_cmp(&scores[b])
    });
    let mut ranks = vec![0.0; scores.len()];
    let mut place = 0;
    for run in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let length = run.len() as f64;
        run.iter().for_each(|&item| ranks[item] = place as f64 + (length + 1.0) / 2.0);
        *ties += length.powi(3) - length;
        place += run.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_the_best_where_less_is_better() {
        let scores = vec![vec![0.1, 0.2, 0.3]; 3];
        let ranks = |higher_is_better: bool| friedman(&scores, higher_is_better).unwrap().mean_ranks;
        assert_eq!([ranks(false), ranks(true)], [[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]);
    }
}
