//! From decision values to probabilities: Platt's sigmoid of a pair of classes, and the coupling of all pairs.
//!
//! P(first | f) = 1 / (1 + exp(A f + B)) with A, B of largest likelihood under Platt's softened targets, by
//! Newton's method with backtracking (Lin, Lin & Weng, "A Note on Platt's Probabilistic Outputs for Support
//! Vector Machines", Machine Learning 68, 2007). Pairs are coupled by the second method of Wu, Lin & Weng,
//! "Probability Estimates for Multi-class Classification by Pairwise Coupling", JMLR 5, 2004. Both as libsvm. Of two
//! classes the sigmoid's answer stands as it is, as in newer versions of libsvm; the older one in scikit-learn sends it
//! through the coupling, which stops at a tolerance and so gives ties, and now and then less to a larger decision.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// A pair's A and B.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sigmoid {
    a: f64,
    b: f64,
}

/// log(1 + exp(z)) − (1 − t) z … written so that neither exponential overflows.
fn loss(z: f64, target: f64) -> f64 {
    if z >= 0.0 { target * z + (-z).exp().ln_1p() } else { (target - 1.0) * z + z.exp().ln_1p() }
}

impl Sigmoid {
    /// The sigmoid that fits decision values and whether each row is of the first class.
    pub fn fit(decisions: &[f64], first: &[bool]) -> Self {
        let firsts = first.iter().filter(|first| **first).count() as f64;
        let seconds = first.len() as f64 - firsts;
        let (high, low) = ((firsts + 1.0) / (firsts + 2.0), 1.0 / (seconds + 2.0));
        let targets: Vec<f64> = first.iter().map(|first| if *first { high } else { low }).collect();
        let value = |a: f64, b: f64| -> f64 {
            decisions.iter().zip(&targets).map(|(f, target)| loss(f * a + b, *target)).sum()
        };
        let (mut a, mut b) = (0.0, ((seconds + 1.0) / (firsts + 1.0)).ln());
        let mut reached = value(a, b);
        for _ in 0..100 {
            let (mut h11, mut h22, mut h21) = (1e-12, 1e-12, 0.0);
            let (mut g1, mut g2) = (0.0, 0.0);
            for (f, target) in decisions.iter().zip(&targets) {
                let p = complement_of_logistic(f * a + b);
                let spread = p * (1.0 - p);
                h11 += f * f * spread;
                h22 += spread;
                h21 += f * spread;
                g1 += f * (target - p);
                g2 += target - p;
            }
            if g1.abs() < 1e-5 && g2.abs() < 1e-5 {
                break;
            }
            let determinant = h11 * h22 - h21 * h21;
            let (da, db) = (-(h22 * g1 - h21 * g2) / determinant, -(h11 * g2 - h21 * g1) / determinant);
            let slope = g1 * da + g2 * db;
            let mut step = 1.0;
            let lower = loop {
                if step < 1e-10 {
                    break None;
                }
                let there = value(a + step * da, b + step * db);
                if there < reached + 1e-4 * step * slope {
                    break Some(there);
                }
                step /= 2.0;
            };
            let Some(there) = lower else { break };
            (a, b, reached) = (a + step * da, b + step * db, there);
        }
        Self { a, b }
    }

    /// P(first), kept off 0 and 1 as libsvm keeps it.
    pub fn of(self, decision: f64) -> f64 {
        complement_of_logistic(decision * self.a + self.b).clamp(1e-7, 1.0 - 1e-7)
    }
}

/// 1 / (1 + exp(z)).
fn complement_of_logistic(z: f64) -> f64 {
    if z >= 0.0 { (-z).exp() / (1.0 + (-z).exp()) } else { 1.0 / (1.0 + z.exp()) }
}

/// The probabilities p that minimise Σa Σb≠a (P(b | a or b) pa − P(a | a or b) pb)²; `between[[a, b]]` is
/// P(a | a or b), and its diagonal is not read.
pub fn couple(between: &Array2<f64>) -> Vec<f64> {
    let classes = between.nrows();
    if classes == 2 {
        return vec![between[[0, 1]], between[[1, 0]]];
    }
    let q = Array2::from_shape_fn((classes, classes), |(a, b)| {
        if a == b {
            (0..classes).filter(|other| *other != a).map(|other| between[[other, a]].powi(2)).sum()
        } else {
            -between[[b, a]] * between[[a, b]]
        }
    });
    let mut p = vec![1.0 / classes as f64; classes];
    for _ in 0..classes.max(100) {
        let mut qp: Vec<f64> =
            q.rows().into_iter().map(|row| row.iter().zip(&p).map(|(q, p)| q * p).sum()).collect();
        let mut pqp: f64 = p.iter().zip(&qp).map(|(p, qp)| p * qp).sum();
        if qp.iter().all(|qp| (qp - pqp).abs() < 0.005 / classes as f64) {
            break;
        }
        for a in 0..classes {
            let gap = (pqp - qp[a]) / q[[a, a]];
            p[a] += gap;
            pqp = (pqp + gap * (gap * q[[a, a]] + 2.0 * qp[a])) / (1.0 + gap).powi(2);
            for b in 0..classes {
                qp[b] = (qp[b] + gap * q[[a, b]]) / (1.0 + gap);
                p[b] /= 1.0 + gap;
            }
        }
    }
    let total: f64 = p.iter().sum();
    p.into_iter().map(|p| p / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Draws;

    #[test]
    fn a_sigmoid_that_made_the_labels_is_found_again() {
        let mut draws = Draws::new(1, "platt");
        let decisions: Vec<f64> = (0..20_000).map(|_| 2.0 * draws.normal()).collect();
        let first: Vec<bool> =
            decisions.iter().map(|f| draws.unit() < complement_of_logistic(-1.5 * f + 0.4)).collect();
        let found = Sigmoid::fit(&decisions, &first);
        assert!((found.a + 1.5).abs() < 0.06 && (found.b - 0.4).abs() < 0.06, "{found:?}");
    }

    #[test]
    fn of_two_classes_the_sigmoid_has_the_last_word() {
        for step in 1..1000 {
            let first = f64::from(step) / 1000.0;
            let between = Array2::from_shape_fn((2, 2), |(a, _)| if a == 0 { first } else { 1.0 - first });
            assert_eq!(couple(&between), [first, 1.0 - first]);
        }
    }

    #[test]
    fn pairs_that_agree_with_one_distribution_give_it_back() {
        let truth = [0.5, 0.3, 0.15, 0.05];
        let between = Array2::from_shape_fn((4, 4), |(a, b)| truth[a] / (truth[a] + truth[b]));
        for (found, truth) in couple(&between).iter().zip(truth) {
            assert!((found - truth).abs() < 0.01, "{found} {truth}");
        }
    }
}
