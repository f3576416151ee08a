//! Tests whether two classifiers differ: the corrected resampled t-test over folds or repeats, and Holm's correction
//! where many pairs are tested. Exact McNemar over clips has its own file.

use serde::Serialize;

use super::distributions::{student_quantile, student_two_sided};
use super::equivalence::ROUNDING;
use super::intervals::mean_sd;

/// What a t-test over the cells of a split says of the mean difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TTest {
    pub mean: f64,
    /// 95 % interval of the mean.
    pub low: f64,
    pub high: f64,
    pub t: f64,
    pub degrees: usize,
    /// Two-sided.
    pub p: f64,
}

/// The corrected resampled t-test (C. Nadeau, Y. Bengio, Machine Learning 52, 2003): J differences of scores over
/// folds or repeats whose test sides are `test_over_train` times their training sides. Their mean's variance is
/// (1/J + test/train)·s², s² with ddof 1, since training sides overlap; J − 1 degrees of freedom. `None` for fewer
/// than two differences, and for differences that are all the same and not 0: scores move in steps of a clip, so that few
/// of them are equal by chance, and a spread of nothing says nothing.
pub fn corrected_t_test(differences: &[f64], test_over_train: f64) -> Option<TTest> {
    let over = mean_sd(differences)?;
    let sd = over.sd?;
    let degrees = over.count - 1;
    let error = ((1.0 / over.count as f64 + test_over_train) * sd * sd).sqrt();
    let (t, p) = match (sd > ROUNDING * over.mean.abs(), over.mean == 0.0) {
        (true, _) => (over.mean / error, student_two_sided(over.mean / error, degrees as f64)),
        (false, true) => (0.0, 1.0),
        (false, false) => return None,
    };
    let half = error * student_quantile(0.05, degrees as f64);
    Some(TTest { mean: over.mean, low: over.mean - half, high: over.mean + half, t, degrees, p })
}

/// Holm's step-down correction (S. Holm, Scandinavian Journal of Statistics 6, 1979): adjusted p values in the order
/// given; those below a level may be called different at that level, all together.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest = 0.0f64;
    for (place, &index) in order.iter().enumerate() {
        largest = largest.max((p_values.len() - place) as f64 * p_values[index]).min(1.0);
        adjusted[index] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accuracies of three test sides of 39 clips, each two clips apart: equal by chance, and no certainty.
    #[test]
    fn differences_that_are_all_the_same_give_no_answer() {
        let differences = [31.0, 30.0, 33.0].map(|hits| hits / 39.0 - (hits - 2.0) / 39.0);
        assert_eq!(corrected_t_test(&differences, 0.5), None);
        assert_eq!(corrected_t_test(&[0.0; 4], 0.5).unwrap().p, 1.0);
    }
}
